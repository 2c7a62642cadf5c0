//! The three forms in which a config writes matchers: `matchers`, `match` and `match_re`.

use std::collections::BTreeMap;

use super::{Matcher, MatcherError, Matchers, Mode, Op, parse_list};
use crate::domain::label::is_classic_name;
use crate::domain::rule_error::RuleError;

/// One place in a config that asks something of labels.
pub(crate) struct Forms<'a> {
    /// Given back in errors.
    pub(crate) origin: usize,
    /// The path of the rule, as in `inhibit_rules[0]`.
    pub(crate) path: &'a str,
    /// What stands before the names of the keys: nothing, `source_` or `target_`.
    pub(crate) prefix: &'a str,
    pub(crate) matchers: &'a [String],
    pub(crate) match_equal: &'a BTreeMap<String, String>,
    pub(crate) match_re: &'a BTreeMap<String, String>,
}

impl Forms<'_> {
    /// All three together; what cannot be read becomes an error.
    pub(crate) fn gather(&self, mode: Mode, errors: &mut Vec<RuleError>) -> Matchers {
        let mut all = Vec::new();
        let mut wrong = |key: String, error: MatcherError| {
            let MatcherError { what, column, hint } = error;
            let path = format!("{}.{}{key}", self.path, self.prefix);
            errors.push(RuleError { origin: self.origin, path, what, column, hint });
        };
        for (nth, text) in self.matchers.iter().enumerate() {
            match parse_list(text, mode) {
                Ok(matchers) => all.extend(matchers),
                Err(error) => wrong(format!("matchers[{nth}]"), error),
            }
        }
        for (key, op, map) in
            [("match", Op::Equal, self.match_equal), ("match_re", Op::Regexp, self.match_re)]
        {
            for (name, value) in map {
                match old_form(op, name, value) {
                    Ok(matcher) => all.push(matcher),
                    Err(error) => wrong(format!("{key}.{name}"), error),
                }
            }
        }
        Matchers::new(all)
    }
}

/// An entry of `match` or `match_re`, whose names are of the old kind.
fn old_form(op: Op, name: &str, value: &str) -> Result<Matcher, MatcherError> {
    if !is_classic_name(name) {
        return Err(MatcherError {
            what: format!("invalid label name {name:?}"),
            column: None,
            hint: Some("such a name can only be written in the newer form, in a list of matchers".to_owned()),
        });
    }
    match op {
        // Alertmanager shows these with the anchors, and so do its keys; anchored twice they mean the same.
        Op::Regexp | Op::NotRegexp => {
            Matcher::new(op, name, value)?;
            Matcher::new(op, name, format!("^(?:{value})$"))
        }
        Op::Equal | Op::NotEqual => Matcher::new(op, name, value),
    }
}
