//! How Socket Mode fares.

use std::sync::atomic::{AtomicU64, Ordering};

/// The kind of trouble a connection had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProblemKind {
    /// The app token is missing, refused or lacks `connections:write`.
    Auth,
    /// Socket Mode is switched off in the app's settings.
    LinkDisabled,
    /// More than 10 connections of this app: is another copy of the bot running?
    TooManySockets,
    /// Slack asks us to wait.
    RateLimited,
    /// Slack was not reached, or the connection broke.
    Network,
    /// Slack answered something we do not understand.
    Protocol,
    /// Slack wants the connection replaced: no trouble, but the reason of a reconnection.
    Refresh,
}

impl ProblemKind {
    /// A short word for metrics.
    pub fn name(self) -> &'static str {
        match self {
            Self::Auth => "auth",
            Self::LinkDisabled => "link_disabled",
            Self::TooManySockets => "too_many_sockets",
            Self::RateLimited => "rate_limited",
            Self::Network => "network",
            Self::Protocol => "protocol",
            Self::Refresh => "refresh",
        }
    }

    /// Whether only a person can mend it: then it is tried again, but slowly.
    pub fn needs_a_person(self) -> bool {
        matches!(self, Self::Auth | Self::LinkDisabled | Self::TooManySockets)
    }
}

/// Trouble, fit to be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SocketProblem {
    pub kind: ProblemKind,
    /// What happened and, where we know, how to mend it. No secrets.
    pub text: String,
    pub at_ms: i64,
}

/// How Socket Mode fares now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SocketStatus {
    /// Connections we want.
    pub wanted: usize,
    /// Connections that said hello and are read; briefly more than wanted, while one is replaced.
    pub ready: usize,
    /// Connections that are being made now.
    pub opening: usize,
    /// Since when we are connected, or are not.
    pub since_ms: i64,
    /// The last trouble, also if it is over.
    pub last_problem: Option<SocketProblem>,
}

impl SocketStatus {
    pub(super) fn new(wanted: usize, now_ms: i64) -> Self {
        Self { wanted, ready: 0, opening: 0, since_ms: now_ms, last_problem: None }
    }

    /// Whether Slack can reach us.
    pub fn connected(&self) -> bool {
        self.ready > 0
    }

    pub(super) fn opened(&mut self, now_ms: i64) {
        if self.ready == 0 {
            self.since_ms = now_ms;
        }
        self.ready += 1;
    }

    pub(super) fn ended(&mut self, now_ms: i64) {
        self.ready = self.ready.saturating_sub(1);
        if self.ready == 0 {
            self.since_ms = now_ms;
        }
    }
}

macro_rules! counters {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {
        /// Totals since the start.
        #[derive(Debug, Default)]
        pub struct SocketCounters { $(pub(super) $name: AtomicU64),* }

        impl SocketCounters {
            $($(#[$doc])* pub fn $name(&self) -> u64 { self.$name.load(Ordering::Relaxed) })*

            /// All of them, by name.
            pub fn all(&self) -> Vec<(&'static str, u64)> {
                vec![$((stringify!($name), self.$name())),*]
            }
        }
    };
}

counters! {
    /// Connections that became ready.
    opened,
    /// Attempts that did not.
    failed,
    /// Frames from Slack, without hello, disconnect and pings.
    frames,
    /// Frames that Slack says it sent before.
    repeated,
    /// Frames acknowledged.
    acknowledged,
    /// Frames left for Slack to send again.
    refused,
    /// Acknowledgements that did not get through; Slack sends those frames again.
    lost_acks,
    /// Frames that could not be read.
    odd,
}

pub(super) fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}
