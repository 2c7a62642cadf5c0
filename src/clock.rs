//! The only file that reads time, and the only one that waits for it.
//!
//! All times are milliseconds since 1970 (UTC). Whoever needs the time is given a [`Clock`]; whoever decides
//! is given the time itself. Tests and the demo's simulated weeks use [`ManualClock`].

#![expect(clippy::disallowed_methods, reason = "this is the file where time is read and waited for")]

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
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

/// A clock that stands still until it is told the time. It knows who waits, so that whoever moves it can go from one
/// awaited moment to the next and see that everybody who was to wake has woken.
#[derive(Clone, Debug)]
pub struct ManualClock(Arc<Manual>);

#[derive(Debug)]
struct Manual {
    now_ms: AtomicI64,
    changed: watch::Sender<()>,
    waiters: Mutex<Waiters>,
}

/// The moments that are waited for, by a number of each wait.
#[derive(Debug, Default)]
struct Waiters {
    moments: BTreeMap<u64, i64>,
    last: u64,
}

impl ManualClock {
    pub fn new(start_ms: i64) -> Self {
        let (now_ms, changed) = (AtomicI64::new(start_ms), watch::Sender::new(()));
        Self(Arc::new(Manual { now_ms, changed, waiters: Mutex::default() }))
    }

    pub fn advance_ms(&self, by_ms: i64) {
        self.0.now_ms.fetch_add(by_ms, Ordering::SeqCst);
        self.0.changed.send_replace(());
    }

    pub fn set_ms(&self, now_ms: i64) {
        self.0.now_ms.store(now_ms, Ordering::SeqCst);
        self.0.changed.send_replace(());
    }

    /// The earliest moment that somebody waits for; one that is not in the future means that they have yet to wake.
    pub fn next_awaited_ms(&self) -> Option<i64> {
        self.waiters().moments.values().min().copied()
    }

    fn waiters(&self) -> MutexGuard<'_, Waiters> {
        self.0.waiters.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Strikes a wait off when it is over or dropped.
struct Waiting<'a>(&'a ManualClock, u64);

impl<'a> Waiting<'a> {
    fn new(clock: &'a ManualClock, at_ms: i64) -> Self {
        let mut waiters = clock.waiters();
        waiters.last += 1;
        let number = waiters.last;
        waiters.moments.insert(number, at_ms);
        drop(waiters);
        Self(clock, number)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.waiters().moments.remove(&self.1);
    }
}

impl Clock for ManualClock {
    fn now_ms(&self) -> i64 {
        self.0.now_ms.load(Ordering::SeqCst)
    }

    fn wait_until_ms(&self, at_ms: i64) -> Wait<'_> {
        let mut changed = self.0.changed.subscribe();
        Box::pin(async move {
            // Only now: a branch of a `select!` that is switched off is made, but nobody waits in it.
            let _waiting = Waiting::new(self, at_ms);
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
    use futures_util::FutureExt as _;

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
    async fn a_manual_clock_knows_who_waits() {
        let clock = ManualClock::new(1_000);
        assert_eq!(clock.next_awaited_ms(), None);
        let (mut late, mut early) = (clock.wait_until_ms(9_000), clock.wait_until_ms(5_000));
        assert_eq!(clock.next_awaited_ms(), None, "nobody waits yet");
        assert!((&mut late).now_or_never().is_none() && (&mut early).now_or_never().is_none());
        assert_eq!(clock.next_awaited_ms(), Some(5_000));
        clock.set_ms(6_000);
        assert_eq!(clock.next_awaited_ms(), Some(5_000), "it has not woken yet");
        early.await;
        assert_eq!(clock.next_awaited_ms(), Some(9_000));
        drop(late);
        assert_eq!(clock.next_awaited_ms(), None);
    }

    #[tokio::test]
    async fn waiting_for_the_past_is_no_wait() {
        SystemClock.wait_until_ms(0).await;
        ManualClock::new(7).wait_until_ms(7).await;
    }
}
