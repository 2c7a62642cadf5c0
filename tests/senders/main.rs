//! The real `firebell serve`, a process of its own, among other real processes: Debian's Prometheus and Alertmanager
//! (`PROMETHEUS` and `ALERTMANAGER` name others), PostgreSQL, and `kill -9`. Slack is the local one, in the test.
//!
//! The wall clock runs here: what is expected is waited for, with a deadline.

#![allow(clippy::unwrap_used, reason = "a test that cannot prepare itself must fail")]
#![allow(clippy::print_stderr, reason = "the logs of other processes are shown when a test fails")]

mod bot;
mod kill;
mod memory;
mod postgres;
mod programs;
mod real;
mod relay;
mod slack;

use std::time::Duration;

use firebell::clock::{Clock as _, SystemClock};

/// Two slow cores that compile at the same time.
const PATIENCE: Duration = Duration::from_secs(90);

/// How often something is looked at that does not ring.
const LOOK_EVERY_MS: i64 = 50;

/// Waits until `look` finds something; panics with `what` when it takes too long.
async fn until<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let looking = async {
        loop {
            if let Some(found) = look().await {
                return found;
            }
            SystemClock.wait_ms(LOOK_EVERY_MS).await;
        }
    };
    tokio::time::timeout(PATIENCE, looking).await.unwrap_or_else(|_| panic!("it takes too long: {what}"))
}
