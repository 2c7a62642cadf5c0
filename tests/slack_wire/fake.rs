//! A fake Slack: it writes down every call, answers as the test says, and hands its websockets to the test.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{any, post};
use firebell::slack::api::{SlackApi, Tokens};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

pub(crate) const BOT: &str = "xoxb-1-secret";
pub(crate) const APP: &str = "xapp-1-secret";

#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) method: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Call {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

type Answer = dyn Fn(&Call, usize) -> Response + Send + Sync;

#[derive(Clone)]
struct Shared {
    base: String,
    calls: Arc<Mutex<Vec<Call>>>,
    answer: Arc<Answer>,
    sockets: mpsc::UnboundedSender<WebSocket>,
}

pub(crate) struct Fake {
    pub(crate) base: String,
    calls: Arc<Mutex<Vec<Call>>>,
    sockets: mpsc::UnboundedReceiver<WebSocket>,
}

pub(crate) fn ok(answer: Value) -> Response {
    let mut fields = json!({"ok": true});
    for (name, value) in answer.as_object().unwrap() {
        fields[name] = value.clone();
    }
    axum::Json(fields).into_response()
}

pub(crate) fn error(code: &str) -> Response {
    axum::Json(json!({"ok": false, "error": code})).into_response()
}

pub(crate) fn status(code: u16, body: &str) -> Response {
    (StatusCode::from_u16(code).unwrap(), body.to_owned()).into_response()
}

impl Fake {
    /// `answer` is given the call and how many came before it.
    pub(crate) async fn start(answer: impl Fn(&Call, usize) -> Response + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("127.0.0.1:{}", listener.local_addr().unwrap().port());
        let (sender, sockets) = mpsc::unbounded_channel();
        let calls = Arc::new(Mutex::new(Vec::new()));
        let shared =
            Shared { base: base.clone(), calls: calls.clone(), answer: Arc::new(answer), sockets: sender };
        let router = Router::new()
            .route("/api/{method}", post(call))
            .route("/link", any(link))
            .with_state(shared)
            .layer(axum::extract::DefaultBodyLimit::disable());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { base, calls, sockets }
    }

    /// A fake that opens sockets and answers `{"ok":true}` to all else.
    pub(crate) async fn with_sockets() -> Self {
        Self::start(|_, _| ok(json!({}))).await
    }

    pub(crate) fn api(&self) -> SlackApi {
        self.api_with(Tokens::fixed(Some(BOT.into()), Some(APP.into())))
    }

    pub(crate) fn api_with(&self, tokens: Tokens) -> SlackApi {
        SlackApi::with_timeout(&self.url("/api"), tokens, Duration::from_secs(10)).unwrap()
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.base)
    }

    pub(crate) fn calls(&self) -> Vec<Call> {
        self.calls.lock().unwrap().clone()
    }

    /// The next connection, before its hello.
    pub(crate) async fn socket(&mut self) -> Peer {
        Peer(soon(self.sockets.recv()).await.unwrap())
    }

    /// The next connection, after its hello.
    pub(crate) async fn ready_socket(&mut self) -> Peer {
        let mut peer = self.socket().await;
        peer.send(json!({"type": "hello", "num_connections": 1})).await;
        peer
    }

    pub(crate) fn has_no_new_socket(&mut self) -> bool {
        self.sockets.try_recv().is_err()
    }
}

async fn call(
    State(shared): State<Shared>,
    Path(method): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let call = Call { method, headers, body: String::from_utf8_lossy(&body).into_owned() };
    let before = {
        let mut calls = shared.calls.lock().unwrap();
        calls.push(call.clone());
        calls.len() - 1
    };
    let answer = (shared.answer)(&call, before);
    if call.method == "apps.connections.open" && answer.status() == StatusCode::OK {
        let bytes = axum::body::to_bytes(answer.into_body(), usize::MAX).await.unwrap();
        let mut value: Value = serde_json::from_slice(&bytes).unwrap();
        if value["ok"] == true && value["url"].is_null() {
            value["url"] = json!(format!("ws://{}/link?ticket=t", shared.base));
        }
        return axum::Json(value).into_response();
    }
    answer
}

async fn link(State(shared): State<Shared>, upgrade: WebSocketUpgrade) -> Response {
    upgrade.on_upgrade(async move |socket| {
        let _ = shared.sockets.send(socket);
    })
}

/// The Slack side of a websocket.
pub(crate) struct Peer(WebSocket);

impl Peer {
    pub(crate) async fn send(&mut self, frame: Value) {
        self.0.send(Message::Text(frame.to_string().into())).await.unwrap();
    }

    pub(crate) async fn event(&mut self, id: &str) {
        self.send(json!({"envelope_id": id, "type": "events_api", "accepts_response_payload": false,
            "payload": {"type": "event_callback", "event_id": format!("Ev{id}"), "team_id": "T1",
                "event": {"type": "message", "channel": "C1", "ts": "1.1"}}}))
            .await;
    }

    pub(crate) async fn command(&mut self, id: &str, takes_answer: bool) {
        self.send(
            json!({"envelope_id": id, "type": "slash_commands", "accepts_response_payload": takes_answer,
            "payload": {"command": "/firebell", "trigger_id": id}}),
        )
        .await;
    }

    pub(crate) async fn disconnect(&mut self, reason: &str) {
        self.send(json!({"type": "disconnect", "reason": reason, "debug_info": {}})).await;
    }

    /// The next text frame; pings and pongs are passed over.
    pub(crate) async fn text(&mut self) -> Value {
        loop {
            match soon(self.0.recv()).await {
                Some(Ok(Message::Text(text))) => return serde_json::from_str(&text).unwrap(),
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                other => panic!("no text but {other:?}"),
            }
        }
    }

    pub(crate) async fn ack_of(&mut self, id: &str) {
        assert_eq!(self.text().await, json!({"envelope_id": id}));
    }

    pub(crate) async fn ping_seen(&mut self) {
        match soon(self.0.recv()).await {
            Some(Ok(Message::Ping(_))) => {}
            other => panic!("no ping but {other:?}"),
        }
    }

    /// Whether our side closes the connection next.
    pub(crate) async fn closed(&mut self) {
        loop {
            match soon(self.0.recv()).await {
                None | Some(Err(_)) | Some(Ok(Message::Close(_))) => return,
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                other => panic!("not closed but {other:?}"),
            }
        }
    }
}

/// A bound to what the test waits for, far above what it takes.
pub(crate) async fn soon<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(20), work).await.expect("it did not happen in 20 seconds")
}
