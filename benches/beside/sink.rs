//! Where both tell what they have to tell: Alertmanager's webhook, and a Slack that says yes to everything.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::Bytes;
use axum::http::Uri;
use firebell::clock::{Clock as _, Stopwatch, SystemClock};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

pub(crate) struct Sink {
    pub(crate) address: SocketAddr,
    seen: Arc<Seen>,
    server: JoinHandle<()>,
}

struct Seen {
    watch: Stopwatch,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// When an alert was first told of.
    alerts: HashMap<usize, Duration>,
    /// When each call came, and when one said how many fire in all.
    calls: Vec<Duration>,
    counted: HashMap<usize, Duration>,
    bytes: usize,
}

impl Drop for Sink {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Sink {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Seen { watch: Stopwatch::start(), state: Mutex::default() });
        let app = {
            let seen = Arc::clone(&seen);
            axum::Router::new().fallback(async move |uri: Uri, body: Bytes| seen.take(&uri, &body))
        };
        let app = app.layer(axum::extract::DefaultBodyLimit::disable());
        let server = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { address, seen, server }
    }

    pub(crate) fn elapsed(&self) -> Duration {
        self.seen.watch.elapsed()
    }

    fn look<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        look(&self.seen.state.lock().unwrap())
    }

    pub(crate) fn seen_at(&self, alert: usize) -> Option<Duration> {
        self.look(|state| state.alerts.get(&alert).copied())
    }

    pub(crate) fn calls(&self) -> usize {
        self.look(|state| state.calls.len())
    }

    pub(crate) fn first(&self) -> Duration {
        self.look(|state| state.calls[0])
    }

    pub(crate) fn mib(&self) -> f64 {
        self.look(|state| state.bytes as f64 / f64::from(1 << 20))
    }

    /// Waits until so many alerts were told of.
    pub(crate) async fn wait_for_alerts(&self, count: usize, patience: Duration) {
        self.wait(patience, |state| (state.alerts.len() >= count).then_some(())).await;
    }

    /// When the last of so many alerts was told of: named, or counted in its group's message.
    pub(crate) async fn wait_for_all(&self, alerts: usize, groups: usize, patience: Duration) -> Duration {
        self.wait(patience, |state| {
            let named = (state.alerts.len() >= alerts).then(|| state.alerts.values().max().copied());
            named.flatten().or_else(|| state.counted.get(&(alerts / groups)).copied().filter(|_| groups == 1))
        })
        .await
    }

    pub(crate) async fn wait_until_quiet(&self, quiet: Duration) {
        while self.look(|state| state.calls.last().is_some_and(|last| self.elapsed() - *last < quiet)) {
            SystemClock.wait_ms(100).await;
        }
    }

    async fn wait<T>(&self, patience: Duration, found: impl Fn(&State) -> Option<T>) -> T {
        let until = self.elapsed() + patience;
        loop {
            if let Some(found) = self.look(&found) {
                return found;
            }
            assert!(self.elapsed() < until, "not everything was told in {patience:?}");
            SystemClock.wait_ms(10).await;
        }
    }
}

impl Seen {
    fn take(&self, uri: &Uri, body: &[u8]) -> axum::Json<serde_json::Value> {
        let at = self.watch.elapsed();
        let of_the_load = crate::load::find(body, crate::alerts::WAKING.as_bytes()).is_none();
        if of_the_load && !uri.path().ends_with("auth.test") {
            let mut state = self.state.lock().unwrap();
            state.calls.push(at);
            state.bytes += body.len();
            for n in numbers_after(body, b"bid-") {
                state.alerts.entry(n).or_insert(at);
            }
            for n in numbers_after(body, "— ".as_bytes()) {
                state.counted.entry(n).or_insert(at);
            }
        }
        let ts = format!("{}.{:06}", at.as_secs() + 1_700_000_000, at.subsec_micros());
        axum::Json(json!({
            "ok": true, "channel": "C0BENCH001", "ts": ts, "url": "https://bench.slack.com/", "team": "Bench",
            "user": "firebell", "team_id": "T0BENCH", "user_id": "U0BENCH", "bot_id": "B0BENCH",
        }))
    }
}

fn numbers_after<'t>(text: &'t [u8], word: &'t [u8]) -> impl Iterator<Item = usize> + 't {
    let mut rest = text;
    std::iter::from_fn(move || {
        let at = crate::load::find(rest, word)?;
        rest = &rest[at + word.len()..];
        let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        Some(std::str::from_utf8(&rest[..digits]).ok().and_then(|text| text.parse().ok()))
    })
    .flatten()
}
