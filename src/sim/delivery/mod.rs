//! Telling the app: changes become events, and Socket Mode or signed HTTP carries them.

mod dispatch;
mod events;
mod http;
mod socket;

use serde_json::Value;

pub(super) use dispatch::run;
pub(super) use events::{event_callback, events_of};
pub(super) use socket::{Sockets, serve_socket};

use super::core::{Sim, lock};
use super::state::Manifest;

/// Where the app listens when it is told by HTTP.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HttpTargets {
    pub events: Option<String>,
    pub commands: Option<String>,
    pub interactivity: Option<String>,
    /// The Options Load URL; without it `block_suggestion` cannot be answered.
    pub options: Option<String>,
}

impl HttpTargets {
    /// Firebell's own four paths, and those of every app that keeps to one base address.
    pub fn under(base: &str) -> Self {
        let at = |path: &str| Some(format!("{}/slack/{path}", base.trim_end_matches('/')));
        Self {
            events: at("events"),
            commands: at("commands"),
            interactivity: at("interactions"),
            options: at("options"),
        }
    }

    /// One address for everything, as Bolt listens.
    pub fn one(url: &str) -> Self {
        let at = || Some(url.to_owned());
        Self { events: at(), commands: at(), interactivity: at(), options: at() }
    }
}

/// How the app is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Transport {
    Socket,
    Http(HttpTargets),
}

impl Transport {
    /// What the manifest says.
    pub(super) fn of(manifest: &Manifest) -> Self {
        if manifest.socket_mode() {
            return Self::Socket;
        }
        let url = |url: Option<&str>| url.map(str::to_owned);
        Self::Http(HttpTargets {
            events: url(manifest.events_url()),
            commands: None,
            interactivity: url(manifest.interactivity_url()),
            options: url(manifest.options_url()),
        })
    }
}

/// An event on its way to the app: the whole `event_callback`.
#[derive(Clone, Debug)]
pub(super) struct Outgoing {
    pub payload: Value,
}

/// Why the app could not be told, in Slack's words (`x-slack-retry-reason`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    Timeout,
    Connection,
    Status,
    /// The app asked not to be tried again.
    NoRetry,
    /// Nobody is there: no socket is open, or no address is set.
    Nobody,
}

impl Failure {
    pub(super) fn reason(self, http: bool) -> &'static str {
        match self {
            Self::Timeout if http => "http_timeout",
            Self::Timeout => "timeout",
            Self::Connection | Self::Nobody => "connection_failed",
            Self::Status | Self::NoRetry => "http_error",
        }
    }
}

/// The three kinds of payload that a person's doing sends, and expects an answer to within three seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asking {
    Command,
    Interaction,
    Options,
}

impl Sim {
    /// Changes how the app is told (the bot's port may be known only after it started).
    pub fn set_transport(&self, transport: Transport) {
        *lock(&self.0.transport) = transport;
        self.bump();
    }

    pub fn transport(&self) -> Transport {
        lock(&self.0.transport).clone()
    }

    /// Sends a command or an interaction and waits for the app's answer: JSON, or a string when it answered plain text.
    pub(super) async fn ask(&self, asking: Asking, payload: Value) -> Result<Value, Failure> {
        if self.is_out() {
            return Err(Failure::Nobody);
        }
        match self.transport() {
            Transport::Socket => self.ask_socket(asking, payload).await,
            Transport::Http(targets) => self.ask_http(asking, &targets, payload).await,
        }
    }
}
