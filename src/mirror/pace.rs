//! How many calls Slack allows: a method's tier counts by the minute (docs.slack.dev/apis/web-api/rate-limits).

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use crate::domain::time::Timestamp;
use crate::limits::MIRROR_CALLS_A_MINUTE;

const MINUTE: Duration = Duration::from_secs(60);

/// The calls of the last minute, by method.
#[derive(Debug, Default)]
pub(super) struct Calls {
    made: HashMap<&'static str, VecDeque<Timestamp>>,
    blocked: HashMap<&'static str, Timestamp>,
}

impl Calls {
    /// When the next call of this method may be made.
    pub(super) fn free_at(&mut self, method: &'static str, now: Timestamp) -> Timestamp {
        let blocked = self.blocked.get(method).copied().filter(|until| *until > now).unwrap_or(now);
        let made = self.made.entry(method).or_default();
        while made.front().is_some_and(|at| now.since(*at) >= MINUTE || *at > now) {
            made.pop_front();
        }
        let paced = match made.front() {
            Some(first) if made.len() >= MIRROR_CALLS_A_MINUTE => *first + MINUTE,
            _ => now,
        };
        blocked.max(paced)
    }

    pub(super) fn made(&mut self, method: &'static str, now: Timestamp) {
        self.made.entry(method).or_default().push_back(now);
    }

    /// Slack says: not before then.
    pub(super) fn blocked(&mut self, method: &'static str, until: Timestamp) {
        self.blocked.insert(method, until);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minute_has_so_many_calls() {
        let at = |s: i64| Timestamp::from_ms(s * 1_000);
        let mut calls = Calls::default();
        for n in 0..MIRROR_CALLS_A_MINUTE {
            let now = at(100 + i64::from(n > 0));
            assert_eq!(calls.free_at("a", now), now);
            calls.made("a", now);
        }
        assert_eq!(calls.free_at("a", at(101)), at(160));
        assert_eq!(calls.free_at("b", at(101)), at(101), "each method has a tier of its own");
        assert_eq!(calls.free_at("a", at(160)), at(160));
        calls.blocked("a", at(200));
        assert_eq!(calls.free_at("a", at(160)), at(200));
        assert_eq!(calls.free_at("a", at(300)), at(300));
    }
}
