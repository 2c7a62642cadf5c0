//! When channels are notified again after a group's first message: an edited message and a reply in a thread ring nobody.

use super::priority::Priority;
use super::time::Timestamp;
use crate::limits::NOTIFY_AGAIN_AT_MOST_EVERY;

/// `alert_groups.notify_again`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NotifyAgain {
    /// Whatever it is.
    Always,
    /// P1 and P2, and what nobody has.
    #[default]
    Urgent,
    /// Never: the thread hears of it.
    Never,
}

/// Whether the channel hears of it, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Again {
    Now,
    /// It heard of the group a moment ago: then, if nobody has it by then.
    At(Timestamp),
    /// Only the thread does.
    Not,
}

impl NotifyAgain {
    /// Whether a group of this priority, with or without somebody who looks after it, is for the channel again.
    pub fn wants(self, priority: Priority, is_owned: bool) -> bool {
        match self {
            Self::Always => true,
            Self::Urgent => priority <= Priority::P2 || !is_owned,
            Self::Never => false,
        }
    }

    /// The same for what may come and go all night: what flaps rings no more often than
    /// [`NOTIFY_AGAIN_AT_MOST_EVERY`], and is not forgotten in between.
    pub fn decide(
        self,
        priority: Priority,
        is_owned: bool,
        last: Option<Timestamp>,
        now: Timestamp,
    ) -> Again {
        if !self.wants(priority, is_owned) {
            return Again::Not;
        }
        match last.map(|last| last + NOTIFY_AGAIN_AT_MOST_EVERY) {
            // A clock that was set back must not keep it quiet.
            Some(at) if now < at && at.since(now) <= NOTIFY_AGAIN_AT_MOST_EVERY => Again::At(at),
            _ => Again::Now,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn urgent_or_unowned_rings_again() {
        for (setting, priority, owned, rings) in [
            (NotifyAgain::Urgent, Priority::P1, true, true),
            (NotifyAgain::Urgent, Priority::P2, true, true),
            (NotifyAgain::Urgent, Priority::P3, true, false),
            (NotifyAgain::Urgent, Priority::P5, false, true),
            (NotifyAgain::Always, Priority::P5, true, true),
            (NotifyAgain::Never, Priority::P1, false, false),
        ] {
            assert_eq!(setting.wants(priority, owned), rings, "{setting:?} {priority:?} {owned}");
        }
    }

    #[test]
    fn what_flaps_rings_now_and_then() {
        let at = |s: u64| Timestamp::from_ms(1_700_000_000_000) + Duration::from_secs(s);
        let decide = |last, now| NotifyAgain::Urgent.decide(Priority::P1, true, last, now);
        assert_eq!(decide(None, at(0)), Again::Now);
        assert_eq!(decide(Some(at(0)), at(60)), Again::At(at(300)));
        assert_eq!(decide(Some(at(0)), at(300)), Again::Now);
        assert_eq!(decide(Some(at(9_000)), at(0)), Again::Now, "the clock was set back");
        let never = NotifyAgain::Never.decide(Priority::P1, false, None, at(0));
        assert_eq!(never, Again::Not);
    }
}
