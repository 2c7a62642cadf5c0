//! How long to wait before the next connection. Pure, so that "never a tight loop" can be tested as a table.

use super::status::ProblemKind;
use crate::limits::{
    SLACK_SOCKET_BACKOFF_MAX_MS, SLACK_SOCKET_BACKOFF_MS, SLACK_SOCKET_REFUSED_MS, SLACK_SOCKET_STABLE_MS,
};
use crate::random::Random;

/// Counts what went wrong in a row.
#[derive(Debug, Default)]
pub(super) struct Backoff {
    failures: u32,
}

impl Backoff {
    /// An attempt failed. The wait in milliseconds; `asked_ms` is what Slack asked for, if it did.
    pub(super) fn failed(&mut self, kind: ProblemKind, asked_ms: Option<u64>, random: &dyn Random) -> u64 {
        self.failures = self.failures.saturating_add(1);
        let wait_ms = self.wait_ms(kind, random);
        // Not before the time Slack asks for, and not all of us at that very moment.
        asked_ms.map_or(wait_ms, |asked_ms| wait_ms.max(asked_ms + random.below(SLACK_SOCKET_BACKOFF_MS)))
    }

    /// A connection is to be replaced (`kind` is why) after it was open for so long. One that is replaced in good order
    /// after a good life is followed at once; one that opens and drops is a failure however politely it ends.
    pub(super) fn ended(&mut self, kind: ProblemKind, lived_ms: i64, random: &dyn Random) -> u64 {
        let stable = lived_ms >= SLACK_SOCKET_STABLE_MS;
        if stable {
            self.failures = 0;
            if kind == ProblemKind::Refresh {
                return 0;
            }
        }
        self.failures = self.failures.saturating_add(1);
        self.wait_ms(kind, random)
    }

    fn wait_ms(&self, kind: ProblemKind, random: &dyn Random) -> u64 {
        let base_ms = if kind.needs_a_person() {
            SLACK_SOCKET_REFUSED_MS
        } else {
            let doublings = self.failures.saturating_sub(1).min(16);
            (SLACK_SOCKET_BACKOFF_MS << doublings).min(SLACK_SOCKET_BACKOFF_MAX_MS)
        };
        base_ms / 2 + random.below(base_ms / 2 + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::SeededRandom;

    #[test]
    fn waits_grow_to_a_limit_and_vary() {
        let random = SeededRandom::new(1);
        let mut backoff = Backoff::default();
        for (number, most_ms) in
            [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000].into_iter().enumerate()
        {
            let wait_ms = backoff.failed(ProblemKind::Network, None, &random);
            assert!((most_ms / 2..=most_ms).contains(&wait_ms), "attempt {number}: {wait_ms}");
        }
        for _ in 0..100 {
            assert!(backoff.failed(ProblemKind::Network, None, &random) >= 15_000);
        }
    }

    #[test]
    fn a_connection_that_opens_and_drops_is_a_failure() {
        let random = SeededRandom::new(1);
        let mut backoff = Backoff::default();
        let waits: Vec<u64> = (0..8).map(|_| backoff.ended(ProblemKind::Refresh, 100, &random)).collect();
        assert!(waits[0] >= 250 && waits[7] >= 15_000, "{waits:?}");
    }

    #[test]
    fn a_good_connection_is_followed_at_once() {
        let random = SeededRandom::new(1);
        let mut backoff = Backoff { failures: 9 };
        assert_eq!(backoff.ended(ProblemKind::Refresh, 3_600_000, &random), 0);
        assert!(backoff.ended(ProblemKind::Network, 3_600_000, &random) <= 500);
    }

    #[test]
    fn what_a_person_must_mend_is_tried_slowly() {
        let random = SeededRandom::new(1);
        for kind in [ProblemKind::Auth, ProblemKind::LinkDisabled, ProblemKind::TooManySockets] {
            assert!(Backoff::default().failed(kind, None, &random) >= SLACK_SOCKET_REFUSED_MS / 2);
            assert!(Backoff::default().ended(kind, 3_600_000, &random) >= SLACK_SOCKET_REFUSED_MS / 2);
        }
    }

    #[test]
    fn what_slack_asks_for_is_kept() {
        let random = SeededRandom::new(1);
        let wait_ms = Backoff::default().failed(ProblemKind::RateLimited, Some(45_000), &random);
        assert!((45_000..45_500).contains(&wait_ms));
    }
}
