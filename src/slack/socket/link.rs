//! One connection, from the request for its address to its end.

use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use reqwest::Url;
use serde_json::Value;
use tokio::sync::{mpsc, watch};
use tokio::task::{JoinError, JoinSet};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};
use tokio_tungstenite::{Connector, MaybeTlsStream, WebSocketStream, client_async_tls_with_config};

use super::frame::{self, Frame};
use super::status::{ProblemKind, count};
use super::way::{self, Way};
use super::{Ack, Shared, raised};
use crate::limits::{
    SLACK_CONNECT_TIMEOUT_MS, SLACK_SOCKET_DRAIN_MS, SLACK_SOCKET_FRAME_BYTES, SLACK_SOCKET_HELLO_MS,
    SLACK_SOCKET_IN_HAND, SLACK_SOCKET_IN_HAND_BYTES, SLACK_SOCKET_PINGS_UNANSWERED, SLACK_SOCKET_SEND_MS,
};
use crate::slack::api::{ApiError, ErrorClass, redact};
use crate::slack::types::Inbound;

/// An open websocket.
pub(super) type Socket = WebSocketStream<MaybeTlsStream<Way>>;

/// Why there is no connection (any more).
#[derive(Debug)]
pub(super) struct Trouble {
    pub(super) kind: ProblemKind,
    pub(super) text: String,
    /// What Slack asked us to wait.
    pub(super) wait_ms: Option<u64>,
}

impl Trouble {
    pub(super) fn new(kind: ProblemKind, text: impl Into<String>) -> Self {
        Self { kind, text: text.into(), wait_ms: None }
    }
}

/// What a connection tells the one who keeps it open.
#[derive(Debug)]
pub(super) enum News {
    /// Open another; this one is still read.
    Replace(Trouble),
    /// This one is over.
    Ended(Trouble),
}

/// Asks Slack for an address, connects to it and waits for the hello.
pub(super) async fn open(shared: &Shared) -> Result<Socket, Trouble> {
    let answer =
        shared.api.call("apps.connections.open", Value::Null).await.map_err(|error| refused(&error))?;
    let url = answer.get("url").and_then(Value::as_str).and_then(|url| Url::parse(url).ok());
    let encrypted_enough =
        |url: &Url| url.scheme() == "wss" || (url.scheme() == "ws" && shared.api.is_plain());
    let mut url = url
        .filter(encrypted_enough)
        .ok_or_else(|| Trouble::new(ProblemKind::Protocol, "apps.connections.open gave no wss:// address"))?;
    if shared.options.debug_reconnects {
        url.query_pairs_mut().append_pair("debug_reconnects", "true");
    }
    let config = WebSocketConfig::default()
        .max_message_size(Some(SLACK_SOCKET_FRAME_BYTES))
        .max_frame_size(Some(SLACK_SOCKET_FRAME_BYTES));
    let connector = connector(&url)?;
    let connecting = async {
        let way = way::to(&shared.api, &url).await?;
        let opened = client_async_tls_with_config(url.as_str(), way, Some(config), Some(connector)).await;
        opened.map_err(|error| network(&error))
    };
    let late = "the websocket did not open in time";
    let (mut socket, _) = within(SLACK_CONNECT_TIMEOUT_MS, late, connecting).await??;
    within(SLACK_SOCKET_HELLO_MS, "Slack did not say hello in time", hello(&mut socket)).await??;
    Ok(socket)
}

fn connector(url: &Url) -> Result<Connector, Trouble> {
    match url.scheme() {
        "wss" => way::tls_config().map(Connector::Rustls),
        _ => Ok(Connector::Plain),
    }
}

async fn within<T>(limit_ms: u64, late: &str, work: impl Future<Output = T>) -> Result<T, Trouble> {
    let late = |_| Trouble::new(ProblemKind::Network, late);
    timeout(Duration::from_millis(limit_ms), work).await.map_err(late)
}

/// Only a connection that said hello gets frames; what comes before it is not acknowledged and so comes again.
async fn hello(socket: &mut Socket) -> Result<(), Trouble> {
    while let Some(message) = socket.next().await {
        match message.map_err(|error| network(&error))? {
            Message::Text(text) => match frame::read(&text) {
                Frame::Hello => return Ok(()),
                Frame::Disconnect { kind, reason } => return Err(farewell(kind, &reason)),
                Frame::Envelope { .. } => {}
            },
            Message::Close(_) => break,
            _ => {}
        }
    }
    Err(Trouble::new(ProblemKind::Network, "Slack closed the websocket before its hello"))
}

fn network(error: &tokio_tungstenite::tungstenite::Error) -> Trouble {
    Trouble::new(ProblemKind::Network, redact(&error.to_string()))
}

fn farewell(kind: ProblemKind, reason: &str) -> Trouble {
    let text = match kind {
        ProblemKind::LinkDisabled => {
            "Socket Mode is switched off: switch it on under Settings > Socket Mode of the Slack app"
                .to_owned()
        }
        ProblemKind::TooManySockets => {
            "more than 10 Socket Mode connections of this app: is another copy of the bot running?".to_owned()
        }
        _ => format!("Slack asks for a new connection ({})", redact(reason)),
    };
    Trouble::new(kind, text)
}

fn refused(error: &ApiError) -> Trouble {
    let kind = match error {
        ApiError::RateLimited { .. } => ProblemKind::RateLimited,
        _ if error.class() == ErrorClass::AuthBroken || error.is_slack(&["forbidden_team"]) => {
            ProblemKind::Auth
        }
        ApiError::Slack { .. } | ApiError::Http { .. } => ProblemKind::Protocol,
        _ => ProblemKind::Network,
    };
    let hint = if kind == ProblemKind::Auth {
        "; Socket Mode needs an app-level token (xapp-…) with connections:write in slack.app_token"
    } else {
        ""
    };
    let wait_ms = match error {
        ApiError::RateLimited { retry_after_s, .. } => Some(retry_after_s.saturating_mul(1_000)),
        _ => None,
    };
    Trouble { kind, text: format!("{error}{hint}"), wait_ms }
}

/// A frame whose handler has answered.
struct Done {
    bytes: usize,
    envelope_id: Option<String>,
    takes_answer: bool,
    ack: Ack,
}

/// A connection that is being read.
pub(super) struct Link {
    shared: Shared,
    socket: Socket,
    in_hand: JoinSet<Done>,
    /// Bytes of the frames in hand.
    bytes_in_hand: usize,
    news: mpsc::Sender<News>,
    pings_unanswered: u32,
    replacement_asked: bool,
    full_told: bool,
}

impl Link {
    /// The sender must have room for two pieces of news.
    pub(super) fn new(shared: Shared, socket: Socket, news: mpsc::Sender<News>) -> Self {
        Self {
            shared,
            socket,
            in_hand: JoinSet::new(),
            bytes_in_hand: 0,
            news,
            pings_unanswered: 0,
            replacement_asked: false,
            full_told: false,
        }
    }

    /// Reads until the connection is over, `retire` is raised and its time is up, or `stop` is raised.
    pub(super) async fn run(mut self, mut retire: watch::Receiver<bool>, mut stop: watch::Receiver<bool>) {
        let clock = self.shared.clock.clone();
        let mut ping_at_ms = clock.now_ms().saturating_add(self.shared.options.ping_every_ms);
        let mut retire_at_ms = None;
        let end = loop {
            tokio::select! {
                message = self.socket.next() => {
                    if let Err(trouble) = self.received(message) {
                        break trouble;
                    }
                }
                Some(done) = self.in_hand.join_next() => {
                    if let Err(trouble) = self.answer(done).await {
                        break trouble;
                    }
                }
                () = clock.wait_until_ms(ping_at_ms) => {
                    ping_at_ms = clock.now_ms().saturating_add(self.shared.options.ping_every_ms);
                    if let Err(trouble) = self.ping().await {
                        break trouble;
                    }
                }
                () = raised(&mut retire), if retire_at_ms.is_none() => {
                    retire_at_ms = Some(clock.now_ms().saturating_add(self.shared.options.retire_ms));
                }
                () = clock.wait_until_ms(retire_at_ms.unwrap_or(i64::MAX)), if retire_at_ms.is_some() => {
                    break Trouble::new(ProblemKind::Refresh, "replaced");
                }
                () = raised(&mut stop) => break Trouble::new(ProblemKind::Refresh, "stopping"),
            }
        };
        self.shared.status.send_modify(|status| status.ended(clock.now_ms()));
        // Nobody listens any more once the connection was replaced.
        let _ = self.news.try_send(News::Ended(end));
        self.finish().await;
    }

    fn received(
        &mut self,
        message: Option<Result<Message, tokio_tungstenite::tungstenite::Error>>,
    ) -> Result<(), Trouble> {
        let closed = || Trouble::new(ProblemKind::Network, "Slack closed the connection");
        self.pings_unanswered = 0;
        match message.ok_or_else(closed)?.map_err(|error| network(&error))? {
            Message::Text(text) => self.read(&text),
            Message::Close(_) => return Err(closed()),
            Message::Binary(bytes) => {
                tracing::info!(
                    bytes = bytes.len(),
                    "Slack sent a binary frame, which nobody knows; it is left"
                );
                count(&self.shared.counters.odd);
            }
            // The library answers pings itself with the next read.
            Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => {}
        }
        Ok(())
    }

    fn read(&mut self, text: &str) {
        let counters = &self.shared.counters;
        match frame::read(text) {
            Frame::Hello => {}
            Frame::Disconnect { kind, reason } => {
                if !self.replacement_asked {
                    self.replacement_asked = true;
                    let _ = self.news.try_send(News::Replace(farewell(kind, &reason)));
                }
            }
            Frame::Envelope { envelope_id, takes_answer, inbound } => {
                count(&counters.frames);
                if envelope_id.is_none() {
                    count(&counters.odd);
                }
                if matches!(&inbound, Inbound::Event(event) if event.retry.is_some()) {
                    count(&counters.repeated);
                }
                let bytes = text.len();
                let fits =
                    self.bytes_in_hand == 0 || self.bytes_in_hand + bytes <= SLACK_SOCKET_IN_HAND_BYTES;
                if self.in_hand.len() >= SLACK_SOCKET_IN_HAND || !fits {
                    if !self.full_told {
                        self.full_told = true;
                        let in_hand = self.in_hand.len();
                        tracing::warn!(
                            in_hand,
                            "too many frames in hand; Slack is left to send the others again"
                        );
                    }
                    count(&counters.refused);
                    return;
                }
                let handler = self.shared.handler.clone();
                self.bytes_in_hand += bytes;
                self.in_hand.spawn(async move {
                    Done { bytes, envelope_id, takes_answer, ack: handler(inbound).await }
                });
            }
        }
    }

    /// Sends the acknowledgement of a handled frame, if there is to be one.
    async fn answer(&mut self, done: Result<Done, JoinError>) -> Result<(), Trouble> {
        let counters = self.shared.counters.clone();
        let Done { bytes, envelope_id, takes_answer, ack } = match done {
            Ok(done) => done,
            Err(error) => {
                tracing::error!(%error, "handling a frame from Slack failed; Slack will send it again");
                count(&counters.refused);
                // How large it was went with it: the connection takes that much less.
                if self.in_hand.is_empty() {
                    self.bytes_in_hand = 0;
                }
                return Ok(());
            }
        };
        self.bytes_in_hand = self.bytes_in_hand.saturating_sub(bytes);
        let payload = match ack {
            Ack::Refuse => {
                count(&counters.refused);
                return Ok(());
            }
            Ack::Payload(payload) if takes_answer => Some(payload),
            Ack::Payload(_) | Ack::Empty => None,
        };
        let Some(envelope_id) = envelope_id else { return Ok(()) };
        let text = frame::ack(&envelope_id, payload);
        let sent = self.send(Message::Text(Utf8Bytes::from(text))).await;
        count(if sent.is_ok() { &counters.acknowledged } else { &counters.lost_acks });
        sent
    }

    async fn ping(&mut self) -> Result<(), Trouble> {
        if self.pings_unanswered >= SLACK_SOCKET_PINGS_UNANSWERED {
            return Err(Trouble::new(
                ProblemKind::Network,
                "Slack has been silent, not even our pings are answered",
            ));
        }
        self.pings_unanswered += 1;
        self.send(Message::Ping(Vec::new().into())).await
    }

    async fn send(&mut self, message: Message) -> Result<(), Trouble> {
        within(SLACK_SOCKET_SEND_MS, "the connection takes no data any more", self.socket.send(message))
            .await?
            .map_err(|error| network(&error))
    }

    /// Lets the frames in hand finish and closes the connection.
    async fn finish(mut self) {
        let finishing = async {
            while let Some(done) = self.in_hand.join_next().await {
                // The connection may be dead; the work still is to be done.
                let _ = self.answer(done).await;
            }
            self.socket.close(None).await
        };
        if timeout(Duration::from_millis(SLACK_SOCKET_DRAIN_MS), finishing).await.is_err() {
            tracing::warn!(
                frames = self.in_hand.len(),
                "frames from Slack were still in hand when their time was up"
            );
        }
        self.in_hand.detach_all();
    }
}
