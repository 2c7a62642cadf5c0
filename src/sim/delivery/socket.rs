//! Socket Mode (DOC apis/events-api/using-socket-mode): tickets, hello, envelopes, acks, pings, refreshes.

use std::collections::HashMap;

use axum::extract::ws::{Message, WebSocket};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot};

use super::super::core::{Sim, lock};
use super::super::unrest::Held;
use super::{Asking, Failure};
use crate::limits;

enum Frame {
    Text(String),
    /// The client was told to move: the connection lives a little longer, so that nothing is lost on the way.
    Retire,
    Close,
}

struct Socket {
    id: u64,
    to: mpsc::UnboundedSender<Frame>,
    /// Told to move: used only while there is no other.
    retiring: bool,
    /// Told to end, and about to.
    ending: bool,
}

struct Ticket {
    created_ms: i64,
    debug: bool,
}

struct Pending {
    socket: u64,
    answer: oneshot::Sender<Result<Value, Failure>>,
}

/// The app's open connections, the tickets for new ones, and the envelopes not yet acknowledged.
#[derive(Default)]
pub(in crate::sim) struct Sockets {
    open: Vec<Socket>,
    tickets: HashMap<String, Ticket>,
    pending: HashMap<String, Pending>,
    opened: u64,
}

impl Sim {
    /// A ticket for one connection (apps.connections.open).
    pub(in crate::sim) fn new_ticket(&self) -> String {
        let now_ms = self.0.clock.now_ms();
        let ticket = self.0.random.uuid(now_ms).to_string();
        let mut sockets = lock(&self.0.sockets);
        sockets.tickets.retain(|_, t| now_ms - t.created_ms <= limits::SIM_TICKET_LIFE_MS);
        sockets.tickets.insert(ticket.clone(), Ticket { created_ms: now_ms, debug: false });
        ticket
    }

    /// Uses a ticket up; its life in milliseconds, or `None` when it is unknown, used or old.
    pub(in crate::sim) fn use_ticket(&self, ticket: &str, debug: bool) -> Option<i64> {
        let now_ms = self.0.clock.now_ms();
        let ticket = lock(&self.0.sockets).tickets.remove(ticket)?;
        let life_ms =
            if debug || ticket.debug { limits::SIM_SOCKET_DEBUG_LIFE_MS } else { limits::SIM_SOCKET_LIFE_MS };
        (now_ms - ticket.created_ms <= limits::SIM_TICKET_LIFE_MS).then_some(life_ms)
    }

    /// How many Socket Mode connections are open.
    pub fn sockets_open(&self) -> usize {
        lock(&self.0.sockets).open.len()
    }

    /// How many of them were told to end and have not yet.
    pub(in crate::sim) fn sockets_ending(&self) -> usize {
        lock(&self.0.sockets).open.iter().filter(|socket| socket.ending).count()
    }

    /// How many Socket Mode connections there have been.
    pub fn sockets_opened(&self) -> u64 {
        lock(&self.0.sockets).opened
    }

    /// Tells every connection to move: a warning ten seconds before, then the refresh (as Slack does every few hours).
    pub fn refresh_sockets(&self, warn: bool) {
        self.each_socket(|socket| {
            if warn {
                let _ = socket.to.send(Frame::Text(disconnect("warning")));
            }
            let _ = socket.to.send(Frame::Text(disconnect("refresh_requested")));
            let _ = socket.to.send(Frame::Retire);
            socket.retiring = true;
        });
    }

    /// Only the ten-second warning.
    pub fn warn_sockets(&self) {
        self.each_socket(|socket| {
            let _ = socket.to.send(Frame::Text(disconnect("warning")));
        });
    }

    /// Socket Mode switched off in the app's settings.
    pub fn disable_sockets(&self) {
        self.each_socket(|socket| {
            let _ = socket.to.send(Frame::Text(disconnect("link_disabled")));
            let _ = socket.to.send(Frame::Close);
            socket.ending = true;
        });
    }

    /// Cuts every connection without a word, as a failing network does.
    pub fn drop_sockets(&self) {
        self.each_socket(|socket| {
            let _ = socket.to.send(Frame::Close);
            socket.ending = true;
        });
    }

    fn each_socket(&self, tell: impl Fn(&mut Socket)) {
        lock(&self.0.sockets).open.iter_mut().for_each(tell);
    }

    /// Puts an envelope on any one of the connections.
    pub(super) fn place(
        &self,
        kind: &str,
        payload: &Value,
        accepts: bool,
        retry: Option<(usize, &str)>,
    ) -> Result<oneshot::Receiver<Result<Value, Failure>>, Failure> {
        let envelope_id = self.0.random.uuid(self.0.clock.now_ms()).to_string();
        let mut envelope = json!({"envelope_id": envelope_id, "type": kind, "payload": payload, "accepts_response_payload": accepts});
        if let Some((attempt, reason)) = retry {
            envelope["retry_attempt"] = json!(attempt);
            envelope["retry_reason"] = json!(reason);
        }
        let mut sockets = lock(&self.0.sockets);
        if sockets.open.is_empty() {
            return Err(Failure::Nobody);
        }
        let staying: Vec<&Socket> = sockets.open.iter().filter(|s| !s.retiring).collect();
        let from = if staying.is_empty() { sockets.open.iter().collect() } else { staying };
        let at = usize::try_from(self.0.random.below(from.len() as u64)).unwrap_or(0);
        let Some(socket) = from.get(at) else { return Err(Failure::Nobody) };
        let id = socket.id;
        socket.to.send(Frame::Text(envelope.to_string())).map_err(|_| Failure::Connection)?;
        let (answer, answered) = oneshot::channel();
        // Those nobody waits for any more (three seconds are over).
        sockets.pending.retain(|_, p| !p.answer.is_closed());
        sockets.pending.insert(envelope_id, Pending { socket: id, answer });
        Ok(answered)
    }

    /// Waits for the acknowledgement, three seconds at most.
    pub(super) async fn await_answer(
        &self,
        answer: oneshot::Receiver<Result<Value, Failure>>,
    ) -> Result<Value, Failure> {
        tokio::select! {
            biased;
            answer = answer => answer.unwrap_or(Err(Failure::Connection)),
            () = self.0.clock.wait_ms(limits::SIM_ACK_MS) => Err(Failure::Timeout),
        }
    }

    /// Waits until a connection is open, three seconds at most.
    pub(super) async fn wait_for_a_socket(&self) -> Result<(), Failure> {
        tokio::select! {
            biased;
            () = self.wait_for_sockets(1) => Ok(()),
            () = self.hold(Held::Event, self.0.clock.now_ms() + limits::SIM_ACK_MS) => Err(Failure::Nobody),
        }
    }

    pub(super) async fn ask_socket(&self, asking: Asking, payload: Value) -> Result<Value, Failure> {
        let kind = if asking == Asking::Command { "slash_commands" } else { "interactive" };
        let answer = self.place(kind, &payload, true, None)?;
        self.await_answer(answer).await
    }

    fn open_socket(&self) -> Option<(u64, usize, mpsc::UnboundedReceiver<Frame>)> {
        let mut sockets = lock(&self.0.sockets);
        if sockets.open.len() >= limits::SIM_SOCKETS {
            return None;
        }
        sockets.opened += 1;
        let (to, frames) = mpsc::unbounded_channel();
        let id = sockets.opened;
        sockets.open.push(Socket { id, to, retiring: false, ending: false });
        Some((id, sockets.open.len(), frames))
    }

    fn retire_socket(&self, id: u64) {
        self.each_socket(|socket| socket.retiring |= socket.id == id);
    }

    fn close_socket(&self, id: u64) {
        let mut sockets = lock(&self.0.sockets);
        sockets.open.retain(|s| s.id != id);
        // Dropping a sender tells its waiter that the connection failed.
        sockets.pending.retain(|_, p| p.socket != id);
        let left = sockets.open.len();
        drop(sockets);
        self.connection_news(left);
    }

    fn connection_news(&self, open: usize) {
        self.0.sockets_open.send_replace(self.sockets_open());
        self.bump();
        let (bot, detail) = match open {
            0 => ("down", "no Socket Mode connection".to_owned()),
            n => ("connected", format!("{n} Socket Mode connection{}", if n == 1 { "" } else { "s" })),
        };
        let _ = self
            .0
            .pushes
            .send(super::super::push::Push::all("connection", json!({"bot": bot, "detail": detail})));
    }

    fn take_ack(&self, text: &str) {
        let Ok(frame) = serde_json::from_str::<Value>(text) else { return };
        let Some(envelope_id) = frame["envelope_id"].as_str() else { return };
        let pending = lock(&self.0.sockets).pending.remove(envelope_id);
        if let Some(pending) = pending {
            let payload = frame.get("payload").cloned().unwrap_or(Value::Null);
            let empty = payload.as_object().is_some_and(serde_json::Map::is_empty);
            let _ = pending.answer.send(Ok(if empty { Value::Null } else { payload }));
        }
    }
}

fn disconnect(reason: &str) -> String {
    json!({"type": "disconnect", "reason": reason, "debug_info": {"host": "sim"}}).to_string()
}

/// One connection, from hello to close.
pub(in crate::sim) async fn serve_socket(sim: Sim, mut socket: WebSocket, life_ms: i64) {
    let app_id = sim.read(|state| state.app.id.clone());
    let Some((id, count, mut frames)) = sim.open_socket() else {
        let _ = socket.send(Message::Text(disconnect("too_many_websockets").into())).await;
        let _ = socket.send(Message::Close(None)).await;
        return;
    };
    let hello = json!({
        "type": "hello", "num_connections": count, "connection_info": {"app_id": app_id},
        "debug_info": {"host": "sim", "build_number": 1, "approximate_connection_time": life_ms / 1000},
    });
    let (mut to, mut from) = socket.split();
    if to.send(Message::Text(hello.to_string().into())).await.is_err() {
        sim.close_socket(id);
        return;
    }
    sim.connection_news(count);
    let opened_ms = sim.0.clock.now_ms();
    let (mut next_ping_ms, mut warned) = (opened_ms + limits::SIM_PING_MS, false);
    let mut close_ms = i64::MAX;
    loop {
        let end_ms = opened_ms + life_ms;
        let age_ms = if warned { end_ms } else { end_ms - limits::SIM_SOCKET_WARNING_MS };
        tokio::select! {
            () = sim.stopped() => break,
            frame = frames.recv() => {
                let text = match frame {
                    Some(Frame::Text(text)) => text,
                    Some(Frame::Retire) => {
                        close_ms = sim.0.clock.now_ms() + limits::SIM_SOCKET_RETIRING_MS;
                        continue;
                    }
                    Some(Frame::Close) | None => {
                        let _ = to.send(Message::Close(None)).await;
                        break;
                    }
                };
                if to.send(Message::Text(text.into())).await.is_err() {
                    break;
                }
            }
            got = from.next() => match got {
                Some(Ok(Message::Text(text))) => sim.take_ack(&text),
                // Pings are answered by the WebSocket layer itself.
                Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Binary(_))) => {}
                Some(Ok(Message::Close(_)) | Err(_)) | None => break,
            },
            () = sim.0.clock.wait_until_ms(next_ping_ms) => {
                next_ping_ms = sim.0.clock.now_ms() + limits::SIM_PING_MS;
                if to.send(Message::Ping(b"Ping from sim".as_slice().into())).await.is_err() {
                    break;
                }
            }
            () = sim.0.clock.wait_until_ms(close_ms) => {
                let _ = to.send(Message::Close(None)).await;
                break;
            }
            () = sim.0.clock.wait_until_ms(age_ms), if close_ms == i64::MAX => {
                let reason = if warned { "refresh_requested" } else { "warning" };
                if to.send(Message::Text(disconnect(reason).into())).await.is_err() {
                    break;
                }
                if warned {
                    sim.retire_socket(id);
                    close_ms = sim.0.clock.now_ms() + limits::SIM_SOCKET_RETIRING_MS;
                }
                warned = true;
            }
        }
    }
    sim.close_socket(id);
    // Answers the closing handshake; the peer may be gone already.
    let _ = to.close().await;
}
