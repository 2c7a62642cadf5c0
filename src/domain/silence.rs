//! Silences: for a while, alerts that match are not spoken of.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::label::{Labels, is_utf8_name};
use super::matcher::Matchers;
use super::time::Timestamp;

/// A silence as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Silence {
    /// Its name in the database and in commands.
    pub id: String,
    /// All must hold.
    pub matchers: Matchers,
    /// From then on.
    pub starts_at: Timestamp,
    /// Until then, that moment no longer included.
    pub ends_at: Timestamp,
    /// Who made it.
    pub created_by: String,
    /// Why.
    pub comment: String,
}

/// Where a silence is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SilenceState {
    /// It has not begun.
    Pending,
    /// It holds.
    Active,
    /// It is over.
    Expired,
}

/// Which silences an alert may be covered by, found by one of its labels: of a thousand, few need to be asked.
#[derive(Clone, Debug, Default)]
pub struct Index {
    /// Those that want one of a few values of a label.
    by_label: HashMap<String, HashMap<String, Vec<usize>>>,
    /// Those that no label finds.
    others: Vec<usize>,
}

impl Index {
    /// Adds the silence with this place.
    pub fn add(&mut self, place: usize, matchers: &Matchers) {
        // A missing label is the empty text, which no label of an alert finds.
        let finding = matchers
            .iter()
            .filter_map(|matcher| Some((matcher.name(), matcher.choices()?)))
            .filter(|(_, choices)| choices.iter().all(|choice| !choice.is_empty()))
            .min_by_key(|(_, choices)| choices.len());
        let Some((name, choices)) = finding else { return self.others.push(place) };
        let values = self.by_label.entry(name.to_owned()).or_default();
        for choice in choices {
            let places = values.entry(choice.clone()).or_default();
            if places.last() != Some(&place) {
                places.push(place);
            }
        }
    }

    /// The places of those that may cover such an alert, the first added first.
    pub fn candidates(&self, labels: &Labels) -> Vec<usize> {
        let mut places = self.others.clone();
        if !self.by_label.is_empty() {
            for (name, value) in labels.iter() {
                places.extend(
                    self.by_label.get(name).and_then(|values| values.get(value)).into_iter().flatten(),
                );
            }
        }
        places.sort_unstable();
        places
    }
}

/// Why a silence cannot be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SilenceError {
    /// It would hush everything.
    #[error("a silence needs at least one matcher, as in alertname=\"DiskFull\"")]
    NoMatcher,
    /// It would hush everything.
    #[error(
        "at least one matcher must not match the empty string: {matchers} would also silence alerts without these labels, \
         so everything; add one such as alertname=\"DiskFull\""
    )]
    MatchesEverything {
        /// As shown to people.
        matchers: String,
    },
    /// A matcher without a label.
    #[error("a matcher needs the name of a label before its operator")]
    NoLabelName,
    /// Its end is not after its beginning.
    #[error("a silence must end after it begins: it would begin {starts_at} and end {ends_at}")]
    EndsBeforeStart {
        /// Its beginning.
        starts_at: Timestamp,
        /// Its end.
        ends_at: Timestamp,
    },
}

impl Silence {
    /// Where it is in its life.
    pub fn state(&self, now: Timestamp) -> SilenceState {
        if now < self.starts_at {
            SilenceState::Pending
        } else if now < self.ends_at {
            SilenceState::Active
        } else {
            SilenceState::Expired
        }
    }

    /// Whether it hushes such an alert now.
    pub fn mutes(&self, labels: &Labels, now: Timestamp) -> bool {
        self.state(now) == SilenceState::Active && self.matchers.matches(labels)
    }

    /// When its state changes next.
    pub fn next_change(&self, now: Timestamp) -> Option<Timestamp> {
        match self.state(now) {
            SilenceState::Pending => Some(self.starts_at),
            SilenceState::Active => Some(self.ends_at),
            SilenceState::Expired => None,
        }
    }

    /// Alertmanager's rules for a new silence.
    pub fn validate(&self) -> Result<(), SilenceError> {
        if self.matchers.is_empty() {
            return Err(SilenceError::NoMatcher);
        }
        if !self.matchers.iter().all(|matcher| is_utf8_name(matcher.name())) {
            return Err(SilenceError::NoLabelName);
        }
        if self.matchers.iter().all(|matcher| !matcher.op().is_negative() && matcher.matches_value("")) {
            return Err(SilenceError::MatchesEverything { matchers: self.matchers.to_string() });
        }
        if self.ends_at <= self.starts_at {
            return Err(SilenceError::EndsBeforeStart { starts_at: self.starts_at, ends_at: self.ends_at });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn silence(matchers: &str, starts_ms: i64, ends_ms: i64) -> Silence {
        Silence {
            id: "1".to_owned(),
            matchers: Matchers::parse(matchers).unwrap(),
            starts_at: Timestamp::from_ms(starts_ms),
            ends_at: Timestamp::from_ms(ends_ms),
            created_by: "ada".to_owned(),
            comment: "moving the rack".to_owned(),
        }
    }

    #[test]
    fn its_life() {
        let silence = silence("team=db", 10, 20);
        let labels: Labels = [("team", "db")].into_iter().collect();
        for (now_ms, state, mutes, next) in [
            (9, SilenceState::Pending, false, Some(10)),
            (10, SilenceState::Active, true, Some(20)),
            (19, SilenceState::Active, true, Some(20)),
            (20, SilenceState::Expired, false, None),
        ] {
            let now = Timestamp::from_ms(now_ms);
            assert_eq!(silence.state(now), state, "{now_ms}");
            assert_eq!(silence.mutes(&labels, now), mutes);
            assert_eq!(silence.next_change(now), next.map(Timestamp::from_ms));
        }
        assert!(!silence.mutes(&Labels::new(), Timestamp::from_ms(10)));
        let json = serde_json::to_string(&silence).unwrap();
        assert_eq!(serde_json::from_str::<Silence>(&json).unwrap(), silence);
    }

    #[test]
    fn what_would_hush_everything_is_refused() {
        for (matchers, is_valid) in [
            ("{}", false),
            ("a=~\".*\"", false),
            ("a=\"\"", false),
            ("a=\"\", b=~\"x?\"", false),
            ("a=~\".+\"", true),
            ("a=\"\", b=x", true),
            ("a!=x", true),
            ("\"\"=x", false),
        ] {
            assert_eq!(silence(matchers, 1, 2).validate().is_ok(), is_valid, "{matchers}");
        }
        assert!(matches!(silence("a=b", 2, 2).validate(), Err(SilenceError::EndsBeforeStart { .. })));
    }

    proptest! {
        #[test]
        fn the_index_finds_every_silence_that_covers(
            texts in prop::collection::vec("[ab](=|!=|=~|!~)(x|y|x\\|y|x\\||x.\\*|\\.\\+|)", 0..12),
            a in "[xyz]?", b in "[xyz]?",
        ) {
            let silences: Vec<Matchers> = texts.iter().filter_map(|text| Matchers::parse(text).ok()).collect();
            let mut index = Index::default();
            silences.iter().enumerate().for_each(|(place, matchers)| index.add(place, matchers));
            let labels: Labels = [("a", a.as_str()), ("b", b.as_str())].into_iter().filter(|(_, v)| !v.is_empty()).collect();
            let candidates = index.candidates(&labels);
            prop_assert!(candidates.is_sorted());
            for (place, matchers) in silences.iter().enumerate() {
                prop_assert!(!matchers.matches(&labels) || candidates.contains(&place), "{matchers} on {labels}");
            }
        }
    }
}
