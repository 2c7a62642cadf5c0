//! What is wrong with one rule of the config, and where.

/// Something wrong with, or odd about, one route or rule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {what}")]
pub struct RuleError {
    /// The `origin` of the spec.
    pub origin: usize,
    /// Where, as in `route.routes[1].matchers[0]`.
    pub path: String,
    /// What is wrong, in Alertmanager's words where it has some.
    pub what: String,
    /// Where in the text at `path`, in characters from 1, if that is known.
    pub column: Option<usize>,
    /// How to mend it.
    pub hint: Option<String>,
}
