//! How much one integration may send, and how much is logged about it: GCRA in one atomic number.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use crate::limits::REFUSALS_LOGGED_PER_MINUTE;

/// Microseconds by which time must go back to count as a clock that was set.
const CLOCK_SET_BACK_US: i64 = 1_000_000;

/// So many a minute, and so many at once.
#[derive(Debug)]
pub(super) struct Limiter {
    /// Microseconds one takes; 0: no limit.
    each_us: i64,
    burst_us: i64,
    paid_until_us: AtomicI64,
    /// The latest time it was asked at: what is before it was asked after the clock was set back.
    asked_us: AtomicI64,
}

impl Limiter {
    pub(super) fn new(per_minute: u64, burst: u64) -> Self {
        let each_us = 60_000_000_i64.checked_div(i64::try_from(per_minute).unwrap_or(i64::MAX)).unwrap_or(0);
        let each_us = if per_minute == 0 { 0 } else { each_us.max(1) };
        let burst_us = each_us.saturating_mul(i64::try_from(burst.max(1)).unwrap_or(i64::MAX));
        Self { each_us, burst_us, paid_until_us: AtomicI64::new(0), asked_us: AtomicI64::new(i64::MIN) }
    }

    /// Takes `count`, or says after how many seconds to try again.
    pub(super) fn take(&self, count: u64, now_ms: i64) -> Result<(), i64> {
        if self.each_us == 0 || count == 0 {
            return Ok(());
        }
        let now_us = now_ms.saturating_mul(1_000);
        let cost_us = self.each_us.saturating_mul(i64::try_from(count).unwrap_or(i64::MAX));
        let asked_us = self.asked_us.swap(now_us, Ordering::Relaxed);
        // Requests overtake each other by a little; a clock that was set back must not close the door for as long.
        if asked_us > now_us.saturating_add(CLOCK_SET_BACK_US) {
            self.paid_until_us.fetch_sub(asked_us - now_us, Ordering::Relaxed);
        }
        let mut paid = self.paid_until_us.load(Ordering::Relaxed);
        loop {
            let base = paid.max(now_us);
            let ahead = base - now_us;
            // Who asks for more than a burst at once gets it when everything before is paid back.
            if ahead > 0 && ahead.saturating_add(cost_us) > self.burst_us {
                let wait_us = (ahead.saturating_add(cost_us) - self.burst_us).min(ahead);
                return Err(wait_us / 1_000_000 + 1);
            }
            let next = base.saturating_add(cost_us);
            match self.paid_until_us.compare_exchange_weak(paid, next, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => return Ok(()),
                Err(changed) => paid = changed,
            }
        }
    }
}

/// Which log lines about refusals are written: so many a minute, each with the number of those left out before it.
#[derive(Debug)]
pub(super) struct LogLimiter {
    lines: Limiter,
    left_out: AtomicU64,
}

impl Default for LogLimiter {
    fn default() -> Self {
        let lines = Limiter::new(REFUSALS_LOGGED_PER_MINUTE, REFUSALS_LOGGED_PER_MINUTE);
        Self { lines, left_out: AtomicU64::new(0) }
    }
}

impl LogLimiter {
    /// Whether a line may be written now, and then how many were left out since the last one.
    pub(super) fn take(&self, now_ms: i64) -> Option<u64> {
        match self.lines.take(1, now_ms) {
            Ok(()) => Some(self.left_out.swap(0, Ordering::Relaxed)),
            Err(_) => {
                self.left_out.fetch_add(1, Ordering::Relaxed);
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_passes_then_the_pace_counts() {
        let limiter = Limiter::new(60, 3);
        for _ in 0..3 {
            assert_eq!(limiter.take(1, 1_000), Ok(()));
        }
        assert!(limiter.take(1, 1_000).is_err());
        assert_eq!(limiter.take(1, 2_000), Ok(()));
        assert!(limiter.take(1, 2_000).is_err());
    }

    #[test]
    fn what_is_not_logged_is_counted() {
        let limiter = LogLimiter::default();
        let written = (0..1_000).filter(|_| limiter.take(1_000) == Some(0)).count() as u64;
        assert_eq!(written, REFUSALS_LOGGED_PER_MINUTE);
        assert_eq!(limiter.take(61_000), Some(1_000 - REFUSALS_LOGGED_PER_MINUTE));
        assert_eq!(limiter.take(61_000), Some(0));
    }

    #[test]
    fn no_limit_is_none() {
        let limiter = Limiter::new(0, 0);
        assert!((0..10_000).all(|_| limiter.take(1_000_000, 1).is_ok()));
    }

    #[test]
    fn a_clock_that_is_set_back_closes_nothing() {
        let limiter = Limiter::new(60, 3);
        let (late_ms, early_ms) = (7_200_000, 3_600_000);
        assert!((0..3).all(|_| limiter.take(1, late_ms).is_ok()));
        assert!(limiter.take(1, late_ms).is_err());
        assert_eq!(limiter.take(1, early_ms), Err(2), "what was taken stays taken, and no more");
        assert_eq!(limiter.take(1, early_ms + 1_000), Ok(()));
    }

    #[test]
    fn more_than_a_burst_at_once_is_taken_from_rest() {
        let limiter = Limiter::new(60, 10);
        assert_eq!(limiter.take(100, 1_000), Ok(()));
        assert!(limiter.take(1, 1_000).unwrap_err() > 30);
    }
}
