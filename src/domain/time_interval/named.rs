//! The `time_intervals` of a config by their names, and what they mean for a route.

use std::collections::BTreeMap;

use serde::Serialize;

use super::TimeInterval;
use crate::domain::time::Timestamp;

/// All named intervals. A name holds when one of its intervals does.
#[derive(Clone, Debug, Default)]
pub struct TimeIntervals(pub BTreeMap<String, Vec<TimeInterval>>);

/// Why a route is not spoken of now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "why")]
pub enum Quiet {
    /// These of its `mute_time_intervals` hold.
    Muted {
        /// Their names.
        by: Vec<String>,
    },
    /// None of its `active_time_intervals` holds.
    NotActive {
        /// Their names.
        none_of: Vec<String>,
    },
}

impl TimeIntervals {
    /// Those of `names` that hold now. A name that is not known never does.
    pub fn holding<'a>(&self, names: &'a [String], now: Timestamp) -> Vec<&'a str> {
        let holds = |name: &&String| {
            self.0.get(*name).is_some_and(|intervals| intervals.iter().any(|interval| interval.contains(now)))
        };
        names.iter().filter(holds).map(String::as_str).collect()
    }

    /// Whether a route with these intervals is quiet now.
    pub fn quiet(&self, mute: &[String], active: &[String], now: Timestamp) -> Option<Quiet> {
        if !active.is_empty() && self.holding(active, now).is_empty() {
            return Some(Quiet::NotActive { none_of: active.to_vec() });
        }
        let by: Vec<String> = self.holding(mute, now).into_iter().map(str::to_owned).collect();
        (!by.is_empty()).then_some(Quiet::Muted { by })
    }

    /// The next moment at which one of `names` may begin or end.
    pub fn next_change<'a>(
        &self,
        names: impl IntoIterator<Item = &'a String>,
        now: Timestamp,
    ) -> Option<Timestamp> {
        names
            .into_iter()
            .filter_map(|name| self.0.get(name))
            .flatten()
            .filter_map(|one| one.next_change(now))
            .min()
    }
}
