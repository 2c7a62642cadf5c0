//! Storms: so many groups begin to speak in a channel that a message each would bury what matters. From then on one
//! message tells of all of them, until it is calm again.
//!
//! A storm takes nothing away: each group keeps its number, its alerts, its owner and its timeline, can be acknowledged in
//! the list or all at once, and gets a message of its own when somebody opens it.

use std::time::Duration;

use super::priority::Priority;
use super::time::Timestamp;
use crate::limits::{
    STORM_CALM_DEFAULT, STORM_GROUPS_DEFAULT, STORM_LASTS_MAX, STORM_RINGS_EVERY, STORM_RINGS_URGENT_EVERY,
    STORM_WITHIN_DEFAULT,
};

/// `alert_groups.storm`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StormSettings {
    /// So many groups that begin to speak in a channel …
    pub groups: u32,
    /// … within this time are a storm.
    pub within: Duration,
    /// Without a new one for this long it is over.
    pub calm_after: Duration,
}

impl Default for StormSettings {
    fn default() -> Self {
        Self { groups: STORM_GROUPS_DEFAULT, within: STORM_WITHIN_DEFAULT, calm_after: STORM_CALM_DEFAULT }
    }
}

/// Which storm of a channel a group belongs to: what is urgent is never taken in by what is not.
pub fn is_urgent(priority: Priority) -> bool {
    priority <= Priority::P2
}

/// A storm that takes in what comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Raging {
    pub began: Timestamp,
    /// When the last group joined.
    pub joined: Timestamp,
}

/// How a group that begins to speak is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// With a message of its own.
    Alone,
    /// It and those before it are a storm from now on.
    Begins,
    /// It joins the storm that rages.
    Joins,
}

impl StormSettings {
    /// `recent` counts the groups that began to speak within [`Self::within`], this one among them.
    pub fn decide(&self, raging: Option<Raging>, recent: usize, now: Timestamp) -> Told {
        match raging {
            Some(storm) if !self.is_over(storm, now) => Told::Joins,
            _ if u32::try_from(recent).is_ok_and(|recent| recent < self.groups) => Told::Alone,
            _ => Told::Begins,
        }
    }

    /// It was calm for a while; or it lasts so long that what comes needs a message of its own again.
    pub fn is_over(&self, storm: Raging, now: Timestamp) -> bool {
        now >= self.ends_at(storm)
    }

    /// When it is over if nothing more joins.
    pub fn ends_at(&self, storm: Raging) -> Timestamp {
        (storm.joined + self.calm_after).min(storm.began + STORM_LASTS_MAX)
    }
}

/// When the channel hears of those that joined: soon of what is urgent, and not of each.
pub fn rings_at(urgent: bool, last: Timestamp, now: Timestamp) -> Timestamp {
    let pause = if urgent { STORM_RINGS_URGENT_EVERY } else { STORM_RINGS_EVERY };
    (last + pause).max(now)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(s: u64) -> Timestamp {
        Timestamp::from_ms(1_700_000_000_000) + Duration::from_secs(s)
    }

    #[test]
    fn a_storm_begins_with_its_tenth_group_and_ends_in_the_calm() {
        let settings = StormSettings::default();
        assert_eq!(settings.decide(None, 1, at(0)), Told::Alone);
        assert_eq!(settings.decide(None, 9, at(0)), Told::Alone);
        assert_eq!(settings.decide(None, 10, at(0)), Told::Begins);
        let raging = Raging { began: at(0), joined: at(100) };
        assert_eq!(settings.decide(Some(raging), 1, at(399)), Told::Joins);
        assert_eq!(settings.decide(Some(raging), 1, at(400)), Told::Alone);
        assert_eq!(settings.decide(Some(raging), 10, at(400)), Told::Begins, "another one");
    }

    #[test]
    fn no_storm_lasts_for_ever() {
        let settings = StormSettings::default();
        let raging = Raging { began: at(0), joined: at(3_599) };
        assert!(!settings.is_over(raging, at(3_599)));
        assert!(settings.is_over(raging, at(3_600)));
    }

    #[test]
    fn the_urgent_ring_sooner_and_never_in_the_past() {
        assert_eq!(rings_at(true, at(0), at(10)), at(60));
        assert_eq!(rings_at(false, at(0), at(10)), at(300));
        assert_eq!(rings_at(false, at(0), at(900)), at(900));
    }
}
