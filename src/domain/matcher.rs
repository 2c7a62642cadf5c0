//! Matchers: what routes, inhibition rules and silences ask of labels.
//!
//! Two grammars exist, an old one (`classic`) and a newer one (`utf8`). By default Alertmanager lets
//! both read a text; where only the old one understands it, or both understand different things, the old one
//! counts, so that nobody's file changes its meaning. The tests compare with what amtool answers.

mod classic;
pub(crate) mod forms;
mod pattern;
pub(crate) mod quote;
pub mod regexp;
mod utf8;

use std::cell::Cell;
use std::cmp::Ordering;
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::label::Labels;
use crate::limits::{TYPED_MATCHERS_MAX, TYPED_REGEXES_MAX_BYTES};
use pattern::Pattern;

/// How a matcher compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Op {
    /// `=`
    Equal,
    /// `!=`
    NotEqual,
    /// `=~`
    Regexp,
    /// `!~`
    NotRegexp,
}

impl Op {
    /// As it is written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::NotEqual => "!=",
            Self::Regexp => "=~",
            Self::NotRegexp => "!~",
        }
    }

    /// `!=` and `!~`.
    pub const fn is_negative(self) -> bool {
        matches!(self, Self::NotEqual | Self::NotRegexp)
    }
}

impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Which grammar reads a text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Only the old one (Alertmanager's `classic-mode`).
    Classic,
    /// Only the new one (Alertmanager's `utf8-strict-mode`).
    Utf8,
    /// Both; the old one counts where they differ. Alertmanager's default.
    #[default]
    Fallback,
}

/// A text that is no matcher.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct MatcherError {
    /// What is wrong, in Alertmanager's words where it has some.
    pub what: String,
    /// Where in the text, in characters from 1, if that is known.
    pub column: Option<usize>,
    /// How to mend it.
    pub hint: Option<String>,
}

/// What the expressions of one text may take together, in bytes.
struct Allowance(Option<Cell<usize>>);

impl Allowance {
    /// Each by itself is bounded.
    #[allow(clippy::declare_interior_mutable_const, reason = "there is no cell in it")]
    const CONFIG: Self = Self(None);

    fn typed() -> Self {
        Self(Some(Cell::new(TYPED_REGEXES_MAX_BYTES)))
    }

    fn left(&self) -> Option<usize> {
        self.0.as_ref().map(Cell::get)
    }

    fn take(&self, bytes: usize) {
        if let Some(left) = &self.0 {
            left.set(left.get().saturating_sub(bytes));
        }
    }
}

/// One condition on one label.
#[derive(Clone, Debug)]
pub struct Matcher {
    name: String,
    op: Op,
    value: String,
    pattern: Option<Pattern>,
}

impl Matcher {
    /// Fails only for a regular expression that Go would not take.
    pub fn new(op: Op, name: impl Into<String>, value: impl Into<String>) -> Result<Self, MatcherError> {
        Self::within(op, name.into(), value.into(), &Allowance::CONFIG)
    }

    fn within(op: Op, name: String, value: String, allowance: &Allowance) -> Result<Self, MatcherError> {
        let pattern = match op {
            Op::Equal | Op::NotEqual => None,
            Op::Regexp | Op::NotRegexp => Some(Pattern::new(&value, allowance)?),
        };
        Ok(Self { name, op, value, pattern })
    }

    /// `name="value"`, which cannot fail.
    pub fn equal(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self { name: name.into(), op: Op::Equal, value: value.into(), pattern: None }
    }

    /// Reads exactly one matcher; braces around it are not allowed (except in classic mode).
    pub fn parse(text: &str, mode: Mode) -> Result<Self, MatcherError> {
        let no_braces = || {
            if text.starts_with('{') || text.ends_with('}') {
                return Err(MatcherError {
                    what: format!("unexpected open or close brace: {text}"),
                    column: Some(if text.starts_with('{') { 1 } else { text.chars().count() }),
                    hint: Some(
                        "write one matcher without braces here, as in severity=\"critical\"".to_owned(),
                    ),
                });
            }
            Ok(())
        };
        match mode {
            Mode::Classic => classic::parse_one(text, &Allowance::CONFIG),
            Mode::Utf8 => no_braces().and_then(|()| utf8::parse_one(text, &Allowance::CONFIG)),
            Mode::Fallback => {
                no_braces()?;
                fall_back(
                    utf8::parse_one(text, &Allowance::CONFIG),
                    classic::parse_one(text, &Allowance::CONFIG),
                )
            }
        }
    }

    /// The label it looks at.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How it compares.
    pub const fn op(&self) -> Op {
        self.op
    }

    /// What it compares with, as written.
    pub fn value(&self) -> &str {
        &self.value
    }

    /// Whether a label with this value satisfies it.
    pub fn matches_value(&self, value: &str) -> bool {
        match (&self.pattern, self.op) {
            (None, Op::Equal | Op::Regexp) => self.value == value,
            (None, Op::NotEqual | Op::NotRegexp) => self.value != value,
            (Some(pattern), op) => pattern.matches(value) != op.is_negative(),
        }
    }

    /// Whether an alert satisfies it; a missing label is the empty text.
    pub fn matches(&self, labels: &Labels) -> bool {
        self.matches_value(labels.get(&self.name))
    }

    /// How dear it is to ask, in steps; a walk over many asks the cheap ones first.
    pub(crate) fn cost(&self) -> u8 {
        match &self.pattern {
            None => 0,
            Some(Pattern::Compiled(..)) => 2,
            Some(_) => 1,
        }
    }

    /// All the values that satisfy it, if they are few and known.
    pub(crate) fn choices(&self) -> Option<&[String]> {
        match self.op {
            Op::Equal => Some(std::slice::from_ref(&self.value)),
            Op::Regexp => self.pattern.as_ref().and_then(Pattern::choices),
            Op::NotEqual | Op::NotRegexp => None,
        }
    }

    /// Whether every value that satisfies `other` satisfies this one too (`false` when in doubt).
    pub fn is_implied_by(&self, other: &Self) -> bool {
        if self.name != other.name {
            return false;
        }
        if self == other {
            return true;
        }
        match other.op {
            Op::Equal => self.matches_value(&other.value),
            Op::Regexp => match other.pattern.as_ref().and_then(Pattern::choices) {
                Some(choices) => choices.iter().all(|choice| self.matches_value(choice)),
                None => false,
            },
            Op::NotEqual | Op::NotRegexp => false,
        }
    }
}

impl PartialEq for Matcher {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Matcher {}

impl PartialOrd for Matcher {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// By name, value, operator: the order in which Alertmanager shows them.
impl Ord for Matcher {
    fn cmp(&self, other: &Self) -> Ordering {
        self.name
            .cmp(&other.name)
            .then_with(|| self.value.cmp(&other.value))
            .then_with(|| self.op.cmp(&other.op))
    }
}

impl std::hash::Hash for Matcher {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        (&self.name, self.op, &self.value).hash(state);
    }
}

/// As Alertmanager shows it: `severity="critical"`; odd names are quoted.
impl fmt::Display for Matcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.name.contains(quote::is_reserved) {
            write!(f, "{}{}{}", quote::go_quote(&self.name), self.op, quote::go_quote(&self.value))
        } else {
            write!(f, "{}{}\"{}\"", self.name, self.op, quote::open_metrics_escape(&self.value))
        }
    }
}

/// Several matchers that must all hold; none at all holds always.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Matchers(Vec<Matcher>);

impl Matchers {
    /// In the order of Alertmanager: by name, value, operator.
    pub fn new(mut matchers: Vec<Matcher>) -> Self {
        matchers.sort();
        Self(matchers)
    }

    /// Reads a list with or without braces, `{a="1", b=~"x|y"}`, as Alertmanager does by default.
    pub fn parse(text: &str) -> Result<Self, MatcherError> {
        Self::parse_in(text, Mode::default())
    }

    /// Reads what somebody typed: few matchers, whose expressions together stay small, since they are compiled and asked
    /// while others wait. What the config says has larger bounds.
    pub fn typed(text: &str) -> Result<Self, MatcherError> {
        let (new, old) = (Allowance::typed(), Allowance::typed());
        let matchers = fall_back(utf8::parse_many(text, &new), classic::parse_many(text, &old))?;
        if matchers.len() > TYPED_MATCHERS_MAX {
            return Err(MatcherError {
                what: format!("{} matchers are more than {TYPED_MATCHERS_MAX}", matchers.len()),
                column: None,
                hint: Some("several values of one label are one matcher: team=~\"a|b\"".to_owned()),
            });
        }
        Ok(Self::new(matchers))
    }

    /// What the expressions of typed matchers take, in bytes.
    pub fn typed_bytes(&self) -> usize {
        self.0.iter().filter_map(|matcher| matcher.pattern.as_ref()).map(Pattern::typed_bytes).sum()
    }

    /// Reads a list in the given grammar.
    pub fn parse_in(text: &str, mode: Mode) -> Result<Self, MatcherError> {
        parse_list(text, mode).map(Self::new)
    }

    /// All must hold; a missing label is the empty text.
    pub fn matches(&self, labels: &Labels) -> bool {
        self.0.iter().all(|matcher| matcher.matches(labels))
    }

    /// The first that does not hold.
    pub fn first_failing(&self, labels: &Labels) -> Option<&Matcher> {
        self.0.iter().find(|matcher| !matcher.matches(labels))
    }

    /// The one at this place.
    pub fn get(&self, place: usize) -> Option<&Matcher> {
        self.0.get(place)
    }

    /// In order.
    pub fn iter(&self) -> std::slice::Iter<'_, Matcher> {
        self.0.iter()
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// None: everything matches.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<'a> IntoIterator for &'a Matchers {
    type Item = &'a Matcher;
    type IntoIter = std::slice::Iter<'a, Matcher>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl fmt::Display for Matchers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("{")?;
        for (index, matcher) in self.0.iter().enumerate() {
            let comma = if index > 0 { "," } else { "" };
            write!(f, "{comma}{matcher}")?;
        }
        f.write_str("}")
    }
}

/// Reads one entry of a `matchers:` list (which may hold several), in the order as written.
pub fn parse_list(text: &str, mode: Mode) -> Result<Vec<Matcher>, MatcherError> {
    match mode {
        Mode::Classic => classic::parse_many(text, &Allowance::CONFIG),
        Mode::Utf8 => utf8::parse_many(text, &Allowance::CONFIG),
        Mode::Fallback => fall_back(
            utf8::parse_many(text, &Allowance::CONFIG),
            classic::parse_many(text, &Allowance::CONFIG),
        ),
    }
}

/// Old and new reading of one text: the old one counts, unless only the new one understands it.
fn fall_back<T>(new: Result<T, MatcherError>, old: Result<T, MatcherError>) -> Result<T, MatcherError> {
    match (new, old) {
        (_, Ok(old)) => Ok(old),
        (Ok(new), Err(_)) => Ok(new),
        // Alertmanager reports the old reading's error; where it is and how to mend it the new one knows better.
        (Err(new), Err(old)) => Err(MatcherError {
            what: old.what,
            column: old.column.or(new.column),
            hint: old.hint.or(new.hint),
        }),
    }
}

/// The shape of Alertmanager's API, which silences are stored in too.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wire {
    name: String,
    value: String,
    #[serde(default)]
    is_regex: bool,
    #[serde(default = "yes")]
    is_equal: bool,
}

const fn yes() -> bool {
    true
}

impl Serialize for Matcher {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Wire {
            name: self.name.clone(),
            value: self.value.clone(),
            is_regex: matches!(self.op, Op::Regexp | Op::NotRegexp),
            is_equal: !self.op.is_negative(),
        }
        .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Matcher {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let wire = Wire::deserialize(deserializer)?;
        let op = match (wire.is_regex, wire.is_equal) {
            (false, true) => Op::Equal,
            (false, false) => Op::NotEqual,
            (true, true) => Op::Regexp,
            (true, false) => Op::NotRegexp,
        };
        Self::new(op, wire.name, wire.value).map_err(serde::de::Error::custom)
    }
}

impl Serialize for Matchers {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Matchers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Vec::deserialize(deserializer).map(Self::new)
    }
}

#[cfg(test)]
mod tests;
