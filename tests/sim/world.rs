//! A served simulator with a clock that stands still, and a client that knows nothing of our code.

use std::sync::Arc;
use std::time::Duration;

use firebell::clock::ManualClock;
use firebell::random::SeededRandom;
use firebell::sim::{Actor, RateLimits, Sim, SimBuilder, SimHandle, User};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

pub(crate) const START_MS: i64 = 1_700_000_000_000;

pub(crate) struct World {
    pub(crate) sim: Sim,
    pub(crate) clock: ManualClock,
    pub(crate) handle: SimHandle,
    pub(crate) http: reqwest::Client,
}

/// Nothing in these tests takes longer than this on any machine.
pub(crate) async fn soon<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(20), what).await.expect("it never happened")
}

pub(crate) fn builder(clock: &ManualClock) -> SimBuilder {
    Sim::builder()
        .clock(Arc::new(clock.clone()))
        .random(Arc::new(SeededRandom::new(1)))
        .rate_limits(RateLimits::OFF)
        .user(User::person("ann").tz("Europe/London"))
        .user(User::person("ben"))
        .user(User::person("gus").guest())
        .user(User::person("old").deactivated())
        .channel("ops", &["ann", "ben", "@app"])
        .channel("lobby", &["ann"])
        .private_channel("secret", &["ann"])
        .group("oncall", "On call", &["ann"])
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(|b| b).await
    }

    pub(crate) async fn with(change: impl FnOnce(SimBuilder) -> SimBuilder) -> Self {
        let clock = ManualClock::new(START_MS);
        let sim = change(builder(&clock)).build();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let handle = sim.serve(listener).unwrap();
        Self { sim, clock, handle, http: reqwest::Client::new() }
    }

    pub(crate) fn ann(&self) -> Actor {
        self.sim.actor("ann").unwrap()
    }

    pub(crate) fn id(&self, who: &str) -> String {
        self.sim.read(|s| s.user(who).unwrap().id.clone())
    }

    pub(crate) fn channel(&self, name: &str) -> String {
        self.sim.read(|s| s.channel(name).unwrap().id.clone())
    }

    pub(crate) async fn send(
        &self,
        method: &str,
        token: &str,
        args: &Value,
    ) -> reqwest::Result<reqwest::Response> {
        let request = self.http.post(format!("{}{method}", self.handle.api_url())).bearer_auth(token);
        let request = request.header("Content-Type", "application/json; charset=utf-8");
        request.body(args.to_string()).send().await
    }

    /// Calls a method that takes JSON.
    pub(crate) async fn json(&self, method: &str, args: Value) -> Value {
        self.send(method, "xoxb-test", &args).await.unwrap().json().await.unwrap()
    }

    /// Calls a method with a form.
    pub(crate) async fn form(&self, method: &str, args: &[(&str, &str)]) -> Value {
        let url = format!("{}{method}", self.handle.api_url());
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(args).finish();
        let request = self.http.post(url).bearer_auth("xoxb-test");
        let request = request.header("Content-Type", "application/x-www-form-urlencoded").body(body);
        request.send().await.unwrap().json().await.unwrap()
    }

    /// Posts as the app; the ts.
    pub(crate) async fn post(&self, channel: &str, text: &str) -> String {
        let answer = self.json("chat.postMessage", json!({"channel": channel, "text": text})).await;
        assert_eq!(answer["ok"], true, "{answer}");
        answer["ts"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn socket(&self) -> Socket {
        let answer: Value =
            self.send("apps.connections.open", "xapp-test", &json!({})).await.unwrap().json().await.unwrap();
        let (stream, _) = tokio_tungstenite::connect_async(answer["url"].as_str().unwrap()).await.unwrap();
        let mut socket = Socket(stream);
        assert_eq!(socket.frame().await["type"], "hello");
        socket
    }
}

/// A Socket Mode connection, by hand.
pub(crate) struct Socket(pub(crate) WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Socket {
    /// The next JSON frame; null when the connection ended.
    pub(crate) async fn frame(&mut self) -> Value {
        soon(async {
            loop {
                match self.0.next().await {
                    Some(Ok(Message::Text(text))) => return serde_json::from_str(&text).unwrap(),
                    Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                    _ => return Value::Null,
                }
            }
        })
        .await
    }

    pub(crate) async fn ack(&mut self, envelope: &Value, payload: Value) {
        let mut ack = json!({"envelope_id": envelope["envelope_id"]});
        if !payload.is_null() {
            ack["payload"] = payload;
        }
        self.0.send(Message::Text(ack.to_string().into())).await.unwrap();
    }

    /// The next envelope, acknowledged.
    pub(crate) async fn next(&mut self) -> Value {
        let envelope = self.frame().await;
        self.ack(&envelope, Value::Null).await;
        envelope
    }

    /// The next event of that type (and subtype), everything acknowledged on the way.
    pub(crate) async fn event(&mut self, kind: &str, subtype: Option<&str>) -> Value {
        loop {
            let envelope = self.next().await;
            assert!(!envelope.is_null(), "the connection ended before {kind}");
            let event = &envelope["payload"]["event"];
            if event["type"] == kind && event["subtype"].as_str() == subtype {
                return event.clone();
            }
        }
    }
}
