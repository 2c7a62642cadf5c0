//! The only file that reads time, and the only one that waits for it.
//!
//! All times are milliseconds since 1970 (UTC). Whoever needs the time is given a [`Clock`]; whoever decides
//! is given the time itself. Tests and the demo's simulated weeks use [`ManualClock`].

#![expect(clippy::disallowed_methods, reason = "this is the file where time is read and waited for")]

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tokio::sync::watch;

pub type Wait<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

pub trait Clock: Send + Sync + 'static {
    /// Milliseconds since 1970-01-01T00:00:00Z.
    fn now_ms(&self) -> i64;

    /// Completes once `now_ms() >= at_ms`. May be dropped at any time.
    fn wait_until_ms(&self, at_ms: i64) -> Wait<'_>;

    fn wait_ms(&self, duration_ms: i64) -> Wait<'_> {
        self.wait_until_ms(self.now_ms().saturating_add(duration_ms))
    }
}

pub type SharedClock = Arc<dyn Clock>;

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

/// The longest single sleep: a clock that was set (or a laptop that slept) is noticed within this time.
const LONGEST_NAP: Duration = Duration::from_secs(1);

impl Clock for SystemClock {
    fn now_ms(&self) -> i64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    }

    fn wait_until_ms(&self, at_ms: i64) -> Wait<'_> {
        Box::pin(async move {
            loop {
                let left_ms = at_ms.saturating_sub(self.now_ms());
                let Ok(left_ms @ 1..) = u64::try_from(left_ms) else { return };
                tokio::time::sleep(Duration::from_millis(left_ms).min(LONGEST_NAP)).await;
            }
        })
    }
}

/// A clock that stands still until it is told the time.
#[derive(Clone, Debug)]
pub struct ManualClock {
    now_ms: Arc<AtomicI64>,
    changed: watch::Sender<()>,
}

impl ManualClock {
    pub fn new(start_ms: i64) -> Self {
        Self { now_ms: Arc::new(AtomicI64::new(start_ms)), changed: watch::Sender::new(()) }
    }

    pub fn advance_ms(&self, by_ms: i64) {
        self.now_ms.fetch_add(by_ms, Ordering::SeqCst);
        self.changed.send_replace(());
    }

    pub fn set_ms(&self, now_ms: i64) {
        self.now_ms.store(now_ms, Ordering::SeqCst);
        self.changed.send_replace(());
    }
}

impl Clock for ManualClock {
    fn now_ms(&self) -> i64 {
        self.now_ms.load(Ordering::SeqCst)
    }

    fn wait_until_ms(&self, at_ms: i64) -> Wait<'_> {
        let mut changed = self.changed.subscribe();
        Box::pin(async move {
            while self.now_ms() < at_ms {
                if changed.changed().await.is_err() {
                    std::future::pending::<()>().await;
                }
            }
        })
    }
}

/// Measures how long something took, for metrics and logs only: no decision may depend on it.
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    pub fn start() -> Self {
        Self(Instant::now())
    }

    pub fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }

    pub fn elapsed_s(&self) -> f64 {
        self.0.elapsed().as_secs_f64()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_manual_clock_wakes_its_waiters_when_it_is_moved() {
        let clock = ManualClock::new(1_000);
        let waiter = tokio::spawn({
            let clock = clock.clone();
            async move {
                clock.wait_until_ms(5_000).await;
                clock.now_ms()
            }
        });
        clock.advance_ms(1_000);
        clock.set_ms(5_000);
        assert_eq!(waiter.await.unwrap(), 5_000);
    }

    #[tokio::test]
    async fn waiting_for_the_past_is_no_wait() {
        SystemClock.wait_until_ms(0).await;
        ManualClock::new(7).wait_until_ms(7).await;
    }
}
