//! How much it matters: P1 (wake somebody) to P5 (nice to know), by rules over labels.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::label::Labels;
use super::matcher::Matchers;

/// P1 is the most urgent and the smallest, so `min()` of several is what a group has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Priority {
    /// Wake somebody.
    P1,
    /// Look at it now.
    P2,
    /// Look at it today; what nobody said anything about.
    P3,
    /// For information.
    P4,
    /// Nice to know.
    P5,
}

impl Priority {
    /// All of them, the most urgent first.
    pub const ALL: [Self; 5] = [Self::P1, Self::P2, Self::P3, Self::P4, Self::P5];

    /// 1 to 5, for a database column and for sorting.
    pub const fn as_number(self) -> u8 {
        match self {
            Self::P1 => 1,
            Self::P2 => 2,
            Self::P3 => 3,
            Self::P4 => 4,
            Self::P5 => 5,
        }
    }

    /// The other way round.
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|priority| priority.as_number() == number)
    }

    /// What a word of a `severity` label means to most people; `None` for a word nobody agreed on.
    pub fn from_severity(severity: &str) -> Option<Self> {
        Some(match severity.trim().to_ascii_lowercase().as_str() {
            "critical" | "crit" | "page" | "pager" | "emergency" | "emerg" | "fatal" | "disaster" => Self::P1,
            "error" | "err" | "high" | "major" | "alert" => Self::P2,
            "warning" | "warn" | "medium" | "minor" => Self::P3,
            "info" | "information" | "informational" | "notice" | "low" => Self::P4,
            "none" | "debug" | "ok" => Self::P5,
            other => return other.parse().ok(),
        })
    }
}

impl fmt::Display for Priority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "P{}", self.as_number())
    }
}

/// A text that is no priority.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a priority: write P1 (most urgent), P2, P3, P4 or P5")]
pub struct PriorityError(String);

/// `P1`, `p1` and `1` are the same.
impl FromStr for Priority {
    type Err = PriorityError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let trimmed = text.trim();
        let digits = trimmed.strip_prefix(['p', 'P']).unwrap_or(trimmed);
        let number = if digits.len() == 1 { digits.parse().ok() } else { None };
        number.and_then(Self::from_number).ok_or_else(|| PriorityError(text.to_owned()))
    }
}

impl Serialize for Priority {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Priority {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct PriorityVisitor;
        impl serde::de::Visitor<'_> for PriorityVisitor {
            type Value = Priority;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a priority from P1 to P5")
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Priority, E> {
                text.parse().map_err(E::custom)
            }
            fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<Priority, E> {
                self.visit_str(&number.to_string())
            }
            fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<Priority, E> {
                self.visit_str(&number.to_string())
            }
        }
        deserializer.deserialize_any(PriorityVisitor)
    }
}

/// "Alerts like this are that urgent."
#[derive(Clone, Debug)]
pub struct PriorityRule {
    /// All must hold.
    pub matchers: Matchers,
    /// What the alert then is.
    pub priority: Priority,
}

/// The rules in their order; the first that holds decides, then the `severity` label.
#[derive(Clone, Debug, Default)]
pub struct PriorityRules(pub Vec<PriorityRule>);

/// Why an alert has its priority, for "why here?".
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "by")]
pub enum PriorityReason {
    /// The rule at this place of the list (from 0).
    Rule {
        /// Its place in the list.
        index: usize,
    },
    /// The word in the `severity` label.
    Severity {
        /// That word.
        value: String,
    },
    /// Nothing said anything.
    Default,
}

impl PriorityRules {
    /// The priority of an alert and why.
    pub fn decide(&self, labels: &Labels) -> (Priority, PriorityReason) {
        if let Some((index, rule)) = self.0.iter().enumerate().find(|(_, rule)| rule.matchers.matches(labels))
        {
            return (rule.priority, PriorityReason::Rule { index });
        }
        let severity = labels.get("severity");
        match Priority::from_severity(severity) {
            Some(priority) => (priority, PriorityReason::Severity { value: severity.to_owned() }),
            None => (Priority::P3, PriorityReason::Default),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parsing_forgives() {
        for (text, priority) in
            [("P1", Priority::P1), ("p2", Priority::P2), (" 3 ", Priority::P3), ("P5", Priority::P5)]
        {
            assert_eq!(text.parse(), Ok(priority), "{text}");
        }
        for text in ["", "P", "P0", "6", "P11", "urgent", "+1"] {
            assert!(text.parse::<Priority>().is_err(), "{text}");
        }
        assert_eq!(serde_json::from_str::<Priority>("1").unwrap(), Priority::P1);
        assert_eq!(serde_json::from_str::<Priority>("\"p4\"").unwrap(), Priority::P4);
        assert!(Priority::P1 < Priority::P5);
    }

    #[test]
    fn first_rule_then_severity_then_p3() {
        let rules = PriorityRules(vec![PriorityRule {
            matchers: Matchers::parse("env=staging").unwrap(),
            priority: Priority::P5,
        }]);
        let of = |pairs: &[(&str, &str)]| rules.decide(&pairs.iter().copied().collect());
        assert_eq!(
            of(&[("env", "staging"), ("severity", "critical")]),
            (Priority::P5, PriorityReason::Rule { index: 0 })
        );
        assert_eq!(of(&[("severity", "Critical")]).0, Priority::P1);
        assert_eq!(of(&[("severity", "page")]).0, Priority::P1);
        assert_eq!(of(&[("severity", "p2")]).0, Priority::P2);
        assert_eq!(of(&[("severity", "odd")]), (Priority::P3, PriorityReason::Default));
        assert_eq!(of(&[]).0, Priority::P3);
    }
}
