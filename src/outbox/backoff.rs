//! How long to wait before the next try.

use std::time::Duration;

use crate::limits::{RETRY_FIRST_MS, RETRY_LONGEST_MS};

/// Doubles from one try to the next, up to a bound; `chance` (any number) spreads it by ±20 %, so that what
/// failed together does not come back together.
pub(super) fn after(attempts: u32, chance: u64) -> Duration {
    let doubled = RETRY_FIRST_MS.saturating_mul(1_u64 << attempts.saturating_sub(1).min(20));
    let base = doubled.min(RETRY_LONGEST_MS);
    let spread = base * 2 / 5;
    Duration::from_millis(base - spread / 2 + if spread == 0 { 0 } else { chance % (spread + 1) })
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
}
