//! How long to wait before the next try.

use std::time::Duration;

use crate::limits::{ASK_AGAIN_FIRST_MS, OUTBOX_REACH_LONGEST_MS, RETRY_FIRST_MS, RETRY_LONGEST_MS};

/// Doubles from one try to the next, up to a bound; `chance` (any number) spreads it by ±20 %, so that what
/// failed together does not come back together.
pub(super) fn after(attempts: u32, chance: u64) -> Duration {
    let doubled = RETRY_FIRST_MS.saturating_mul(1_u64 << attempts.saturating_sub(1).min(20));
    spread(doubled.min(RETRY_LONGEST_MS), chance)
}

/// The same for the question whether the other side can be reached at all, with a bound of its own.
pub(super) fn question(vain: u32, chance: u64) -> Duration {
    let doubled = RETRY_FIRST_MS.saturating_mul(1_u64 << vain.saturating_sub(1).min(20));
    spread(doubled.min(OUTBOX_REACH_LONGEST_MS), chance)
}

/// The longer a question has had no answer, the longer until it is asked again, up to a bound.
pub(super) fn by_age(age: Duration, chance: u64) -> Duration {
    let quarter = u64::try_from(age.as_millis() / 4).unwrap_or(u64::MAX);
    spread(quarter.clamp(ASK_AGAIN_FIRST_MS, RETRY_LONGEST_MS), chance)
}

fn spread(base_ms: u64, chance: u64) -> Duration {
    let spread = base_ms * 2 / 5;
    Duration::from_millis(base_ms - spread / 2 + if spread == 0 { 0 } else { chance % (spread + 1) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_doubles_within_its_spread_and_stops_growing() {
        for (attempts, expected_ms) in [(1, 1_000), (2, 2_000), (4, 8_000), (30, RETRY_LONGEST_MS)] {
            for chance in [0, 1, 77, u64::MAX] {
                let ms = after(attempts, chance).as_millis() as u64;
                assert!(ms >= expected_ms * 8 / 10 && ms <= expected_ms * 12 / 10, "{attempts}: {ms}");
            }
        }
    }

    #[test]
    fn old_questions_are_asked_less_often() {
        for (age_s, expected_ms) in [(0, ASK_AGAIN_FIRST_MS), (100, 25_000), (86_400, RETRY_LONGEST_MS)] {
            for chance in [0, 1, 77, u64::MAX] {
                let ms = by_age(Duration::from_secs(age_s), chance).as_millis() as u64;
                assert!(ms >= expected_ms * 8 / 10 && ms <= expected_ms * 12 / 10, "{age_s}: {ms}");
            }
        }
    }
}
