//! Socket Mode: Slack's events over websockets that we open, so that no public address is needed
//! (docs.slack.dev/apis/events-api/using-socket-mode).
//!
//! Several connections are held; Slack sends each thing over any one of them. A connection that Slack wants replaced is
//! read on until its successor is ready. Every frame is handled in a task of its own, and acknowledged when the
//! handler says that it is safe: what is not acknowledged, Slack sends again.

mod backoff;
mod frame;
mod link;
mod slot;
mod status;
mod way;

use std::sync::Arc;

use futures_util::future::BoxFuture;
use serde_json::Value;
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

pub use self::status::{ProblemKind, SocketCounters, SocketProblem, SocketStatus};
use super::api::SlackApi;
use super::types::Inbound;
use crate::clock::SharedClock;
use crate::limits::{
    SLACK_SOCKET_CONNECTIONS, SLACK_SOCKET_CONNECTIONS_MAX, SLACK_SOCKET_PING_MS, SLACK_SOCKET_RETIRE_MS,
};
use crate::random::SharedRandom;

/// What a handler says when it is done with a frame. Slack waits 3 seconds for it.
#[derive(Clone, Debug, PartialEq)]
pub enum Ack {
    /// It is safe with us.
    Empty,
    /// It is safe with us, and this is the answer (a message, a `response_action`, options).
    Payload(Value),
    /// It is not safe: Slack shall send it again.
    Refuse,
}

/// Takes what comes in. It may be called many times at once.
pub type Handler = Arc<dyn Fn(Inbound) -> BoxFuture<'static, Ack> + Send + Sync>;

/// How to hold the connections.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SocketOptions {
    /// How many at once, 1 to 5.
    pub connections: usize,
    /// Milliseconds between our pings.
    pub ping_every_ms: i64,
    /// Milliseconds a replaced connection is still read.
    pub retire_ms: i64,
    /// Asks Slack to end connections after 6 minutes, to try the reconnection out.
    pub debug_reconnects: bool,
}

impl Default for SocketOptions {
    fn default() -> Self {
        Self {
            connections: SLACK_SOCKET_CONNECTIONS,
            ping_every_ms: SLACK_SOCKET_PING_MS,
            retire_ms: SLACK_SOCKET_RETIRE_MS,
            debug_reconnects: false,
        }
    }
}

/// What all connections share.
#[derive(Clone)]
struct Shared {
    api: SlackApi,
    options: SocketOptions,
    clock: SharedClock,
    random: SharedRandom,
    handler: Handler,
    status: Arc<watch::Sender<SocketStatus>>,
    counters: Arc<SocketCounters>,
}

/// Starts Socket Mode.
#[derive(Debug)]
pub struct SocketMode;

impl SocketMode {
    /// Opens the connections and keeps them open until [`SocketHandle::shutdown`], or until the handle is dropped.
    pub fn start(
        api: SlackApi,
        options: SocketOptions,
        clock: SharedClock,
        random: SharedRandom,
        handler: Handler,
    ) -> SocketHandle {
        let wanted = options.connections.clamp(1, SLACK_SOCKET_CONNECTIONS_MAX);
        let (status, status_seen) = watch::channel(SocketStatus::new(wanted, clock.now_ms()));
        let counters = Arc::new(SocketCounters::default());
        let (stop, stopped) = watch::channel(false);
        let shared = Shared {
            api,
            options,
            clock,
            random,
            handler,
            status: Arc::new(status),
            counters: counters.clone(),
        };
        let task = tokio::spawn(async move {
            let mut slots = JoinSet::new();
            for _ in 0..wanted {
                slots.spawn(slot::keep_open(shared.clone(), stopped.clone()));
            }
            slots.join_all().await;
        });
        SocketHandle { stop, status: status_seen, counters, task }
    }
}

/// The running Socket Mode.
#[derive(Debug)]
pub struct SocketHandle {
    stop: watch::Sender<bool>,
    status: watch::Receiver<SocketStatus>,
    counters: Arc<SocketCounters>,
    task: JoinHandle<()>,
}

impl SocketHandle {
    /// For readiness, metrics and doctor; it changes only when a connection does.
    pub fn status(&self) -> watch::Receiver<SocketStatus> {
        self.status.clone()
    }

    /// Numbers for metrics.
    pub fn counters(&self) -> Arc<SocketCounters> {
        self.counters.clone()
    }

    /// Waits until a connection is ready. It waits for ever if none ever is: bound it.
    pub async fn connected(&self) {
        // An error means that Socket Mode has ended.
        let _ = self.status.clone().wait_for(SocketStatus::connected).await;
    }

    /// Stops reading, lets what is in hand finish (a few seconds), acknowledges it and closes.
    pub async fn shutdown(self) {
        self.stop.send_replace(true);
        if let Err(error) = self.task.await {
            tracing::error!(%error, "Socket Mode did not end in order");
        }
    }
}

/// Completes when the flag is raised, or when nobody is left to raise it.
async fn raised(flag: &mut watch::Receiver<bool>) {
    let _ = flag.wait_for(|raised| *raised).await;
}
