//! Do we speak? Alertmanager's answer for a group and a receiver, with its reason.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::time::Timestamp;

/// What the last notification of a group to a receiver said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastNotification<A: Ord> {
    /// The alerts that it named as firing.
    pub firing: BTreeSet<A>,
    /// The alerts that it named as resolved.
    pub resolved: BTreeSet<A>,
    /// When it was; `None` counts as long ago.
    pub at: Option<Timestamp>,
}

/// A group as it is now.
#[derive(Clone, Debug)]
pub struct Now<'a, A: Ord> {
    /// The alerts that fire.
    pub firing: &'a BTreeSet<A>,
    /// The alerts that have ended.
    pub resolved: &'a BTreeSet<A>,
    /// What time it is.
    pub at: Timestamp,
}

/// How the receiver wants it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Manner {
    /// After how long an unchanged group is spoken of again.
    pub repeat_interval: Duration,
    /// Whether single ends are told while others still fire.
    pub send_resolved: bool,
}

/// Whether to speak, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Speak {
    /// The group fires and was never spoken of, or was over when it last was.
    First,
    /// An alert fires that was not named before.
    NewFiring,
    /// Nothing fires any more. (Said even where ends are not told, so that the record is cleared.)
    AllResolved,
    /// Some alert has ended, others fire on.
    NewResolved,
    /// Nothing has changed for the whole repeat interval.
    Repeat,
    /// No: nothing has changed since.
    Unchanged,
    /// No: it came and went before anything was said.
    NeverTold,
}

impl Speak {
    /// Whether it is a yes.
    pub const fn is_yes(self) -> bool {
        !matches!(self, Self::Unchanged | Self::NeverTold)
    }
}

/// The decision of Alertmanager's deduplication, as a function.
pub fn decide<A: Ord>(last: Option<&LastNotification<A>>, now: &Now<'_, A>, manner: Manner) -> Speak {
    let Some(last) = last else {
        return if now.firing.is_empty() { Speak::NeverTold } else { Speak::First };
    };
    if !now.firing.is_subset(&last.firing) {
        return if last.firing.is_empty() { Speak::First } else { Speak::NewFiring };
    }
    if now.firing.is_empty() {
        return if last.firing.is_empty() { Speak::NeverTold } else { Speak::AllResolved };
    }
    if manner.send_resolved && !now.resolved.is_subset(&last.resolved) {
        return Speak::NewResolved;
    }
    let is_long_ago = last.at.is_none_or(|at| at < now.at - manner.repeat_interval);
    if is_long_ago { Speak::Repeat } else { Speak::Unchanged }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_once() {
        let set = |ids: &[u8]| ids.iter().copied().collect::<BTreeSet<u8>>();
        let at = Timestamp::from_ms(1_000_000);
        let manner = Manner { repeat_interval: Duration::from_secs(100), send_resolved: true };
        let last = |firing: &[u8], resolved: &[u8], age_ms: i64| {
            Some(LastNotification {
                firing: set(firing),
                resolved: set(resolved),
                at: Some(Timestamp::from_ms(1_000_000 - age_ms)),
            })
        };
        for (last, firing, resolved, expected) in [
            (None, set(&[1]), set(&[]), Speak::First),
            (None, set(&[]), set(&[1]), Speak::NeverTold),
            (last(&[], &[1], 5), set(&[1]), set(&[]), Speak::First),
            (last(&[1], &[], 5), set(&[1, 2]), set(&[]), Speak::NewFiring),
            (last(&[1], &[], 5), set(&[]), set(&[1]), Speak::AllResolved),
            (last(&[], &[1], 5), set(&[]), set(&[2]), Speak::NeverTold),
            (last(&[1, 2], &[], 5), set(&[1]), set(&[2]), Speak::NewResolved),
            (last(&[1], &[], 100_000), set(&[1]), set(&[]), Speak::Unchanged),
            (last(&[1], &[], 100_001), set(&[1]), set(&[]), Speak::Repeat),
        ] {
            let now = Now { firing: &firing, resolved: &resolved, at };
            assert_eq!(decide(last.as_ref(), &now, manner), expected, "{last:?} {firing:?} {resolved:?}");
        }
    }
}
