//! Whether Slack's events reach us, and since when they did not.

use tokio::sync::watch;
use tracing::{info, warn};

use crate::activity::Activity;
use crate::domain::time::Timestamp;
use crate::engine::incident::mirror::{deaf, lost};
use crate::limits::{DRIVER_RETRY, MIRROR_HEARTBEAT};
use crate::runner::Runner;
use crate::slack::socket::SocketStatus;
use crate::store::{StoreError, mirror};

/// Listens to whether we listen.
pub struct Ears {
    pub runner: Runner,
    pub activity: Activity,
    /// Over HTTP nothing tells whether Slack reaches us: then it does whenever we run.
    pub socket: Option<watch::Receiver<SocketStatus>>,
    /// When events last reached a process of ours, asked before this one listened.
    pub heard_before: Option<Timestamp>,
}

impl Ears {
    /// Runs until told to stop.
    pub async fn run(mut self, mut stop: watch::Receiver<bool>) {
        let mut deaf_since = self.heard_before;
        let mut reason = lost::NOT_RUNNING;
        while !*stop.borrow() {
            if !self.wait_until(true, &mut stop).await {
                break;
            }
            self.hears_again(deaf_since, reason, &mut stop).await;
            if !self.wait_until(false, &mut stop).await {
                break;
            }
            deaf_since = Some(self.deaf_since());
            reason = lost::NOT_CONNECTED;
            warn!("Slack's events do not reach us");
        }
        if self.connected() {
            self.beat().await;
        }
    }

    fn connected(&self) -> bool {
        self.socket.as_ref().is_none_or(|socket| socket.borrow().connected())
    }

    fn deaf_since(&self) -> Timestamp {
        let known = self.socket.as_ref().map(|socket| socket.borrow().since_ms);
        known.map_or_else(|| self.now(), Timestamp::from_ms)
    }

    /// Waits until events reach us, or do not; false when it is time to stop. While they do, it is written down.
    async fn wait_until(&mut self, connected: bool, stop: &mut watch::Receiver<bool>) -> bool {
        loop {
            if *stop.borrow() {
                return false;
            }
            if self.connected() == connected {
                return true;
            }
            let changed = async {
                match &mut self.socket {
                    Some(socket) => drop(socket.changed().await),
                    None => std::future::pending().await,
                }
            };
            let heartbeat = i64::try_from(MIRROR_HEARTBEAT.as_millis()).unwrap_or(i64::MAX);
            tokio::select! {
                () = changed => {}
                () = self.runner.clock.wait_ms(heartbeat), if !connected => self.beat().await,
                _ = stop.changed() => {}
            }
        }
    }

    /// Written down so that a crash can be dated.
    async fn beat(&self) {
        let _in_hand = self.activity.begin();
        let now = self.now();
        let written = self.runner.store.write(move |tx| mirror::hears(tx, now)).await;
        if let Err(error) = written {
            info!(%error, "it could not be written down that Slack's events reach us");
        }
    }

    /// Events reach us again, or for the first time. What was missed is to be read.
    async fn hears_again(
        &self,
        since: Option<Timestamp>,
        reason: &'static str,
        stop: &mut watch::Receiver<bool>,
    ) {
        loop {
            let in_hand = self.activity.begin();
            let done = self
                .runner
                .write(move |work| {
                    // Another replica may have listened meanwhile.
                    let heard = mirror::heartbeat(work.tx)?;
                    let now = work.now;
                    if let Some(from) = heard.max(since) {
                        deaf(work, from.min(now), now, reason)?;
                    }
                    mirror::hears(work.tx, now)
                })
                .await;
            drop(in_hand);
            match done {
                Ok(()) => return,
                Err(StoreError::Closed) => return,
                Err(error) => warn!(%error, "what was missed cannot be marked for reading; trying again"),
            }
            tokio::select! {
                () = self.runner.clock.wait_ms(i64::try_from(DRIVER_RETRY.as_millis()).unwrap_or(1_000)) => {}
                _ = stop.changed() => return,
            }
        }
    }

    fn now(&self) -> Timestamp {
        self.runner.now()
    }
}
