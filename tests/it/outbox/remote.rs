//! The other side: a model with state, and a channel that translates to it.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use firebell::domain::time::Timestamp;
use firebell::engine::Work;
use firebell::outbox::{Asked, Channel, Composed, Message, Outcome, Rate, Receipt, Sending, WhenUnclear};
use firebell::random::{Random, SeededRandom};
use firebell::store::StoreError;
use firebell::store::outbox::{OutboxRow, Place};
use serde_json::json;
use tokio::sync::watch;

/// How often, of 100 calls, something goes wrong.
#[derive(Clone, Copy)]
pub(super) struct Chances {
    failed: u64,
    too_fast: u64,
    unclear_done: u64,
    unclear_undone: u64,
    refused: u64,
    /// The work is done, and then no answer comes until the program ends.
    hangs_after: u64,
}

impl Chances {
    pub(super) const FINE: Self =
        Self { failed: 0, too_fast: 0, unclear_done: 0, unclear_undone: 0, refused: 0, hangs_after: 0 };
    pub(super) const BAD_DAY: Self =
        Self { failed: 10, too_fast: 10, unclear_done: 12, unclear_undone: 12, refused: 4, hangs_after: 0 };
    pub(super) const BAD_DAY_WITH_CRASHES: Self = Self { hangs_after: 12, ..Self::BAD_DAY };
}

#[derive(Clone)]
pub(super) struct Remote(Arc<Inner>);

struct Inner {
    chance: SeededRandom,
    chances: Chances,
    state: Mutex<State>,
    /// Calls that hang wait for this to move.
    gone: watch::Sender<u64>,
}

#[derive(Default)]
struct State {
    /// Lane, key and words of every message, in the order of arrival.
    arrived: Vec<(String, String, String)>,
    refused: BTreeSet<String>,
    hanging: u32,
}

impl Remote {
    pub(super) fn new(seed: u64, chances: Chances) -> Self {
        Self(Arc::new(Inner {
            chance: SeededRandom::new(seed),
            chances,
            state: Mutex::default(),
            gone: watch::Sender::new(0),
        }))
    }

    pub(super) fn arrived(&self) -> Vec<(String, String)> {
        self.0
            .state
            .lock()
            .unwrap()
            .arrived
            .iter()
            .map(|(lane, key, _)| (lane.clone(), key.clone()))
            .collect()
    }

    pub(super) fn said(&self) -> Vec<String> {
        self.0.state.lock().unwrap().arrived.iter().map(|(_, _, words)| words.clone()).collect()
    }

    pub(super) fn refused(&self) -> BTreeSet<String> {
        self.0.state.lock().unwrap().refused.clone()
    }

    /// A call hangs: the moment for a crash has come.
    pub(super) fn wants_a_crash(&self) -> bool {
        self.0.state.lock().unwrap().hanging > 0
    }

    /// Hanging calls end; their callers are gone or learn nothing.
    pub(super) fn let_go(&self) {
        self.0.state.lock().unwrap().hanging = 0;
        self.0.gone.send_modify(|count| *count += 1);
    }

    fn take(&self, message: &Message) {
        let text = |name: &str| message.body[name].as_str().unwrap().to_owned();
        self.0.state.lock().unwrap().arrived.push((text("lane"), text("key"), text("say")));
    }

    async fn send(&self, message: Message) -> Outcome {
        let chances = self.0.chances;
        let mut left = self.0.chance.below(100);
        let mut hit = |share: u64| {
            let hit = left < share;
            left = left.saturating_sub(share);
            if !hit && left == 0 && share > 0 {
                left = 0
            }
            hit
        };
        if hit(chances.failed) {
            return Outcome::Failed("not reached".to_owned());
        }
        if hit(chances.too_fast) {
            return Outcome::TooFast { retry_after_ms: 3_000, whole_method: false };
        }
        if hit(chances.unclear_undone) {
            return Outcome::Unclear("no answer".to_owned());
        }
        if hit(chances.refused) {
            self.0.state.lock().unwrap().refused.insert(message.body["key"].as_str().unwrap().to_owned());
            return Outcome::Refused("channel_not_found".to_owned());
        }
        if hit(chances.unclear_done) {
            self.take(&message);
            return Outcome::Unclear("no answer".to_owned());
        }
        if hit(chances.hangs_after) {
            self.take(&message);
            let mut gone = self.0.gone.subscribe();
            self.0.state.lock().unwrap().hanging += 1;
            let _changed = gone.changed().await;
            return Outcome::Unclear("the line went dead".to_owned());
        }
        self.take(&message);
        Outcome::Sent(Receipt {
            place: Some(Place { channel_id: "C1".to_owned(), ts: "1.0".to_owned() }),
            answer: None,
        })
    }

    fn has(&self, key: &str) -> bool {
        self.0.state.lock().unwrap().arrived.iter().any(|(_, arrived, _)| arrived == key)
    }
}

pub(super) struct FakeChannel(pub(super) Remote);

impl Channel for FakeChannel {
    fn name(&self) -> &'static str {
        "fake"
    }

    fn compose(&self, _: &mut Work<'_>, row: &OutboxRow) -> Result<Composed, StoreError> {
        Ok(Composed::Send(Message {
            method: row.method.clone(),
            destination: row.destination.clone(),
            body: json!({ "lane": row.lane, "key": row.key, "say": row.say }),
            when_unclear: WhenUnclear::Ask,
        }))
    }

    fn send(&self, message: Message) -> Sending<'_, Outcome> {
        Box::pin(self.0.send(message))
    }

    fn ask_method(&self, _: &Message) -> &'static str {
        "ask"
    }

    fn ask(&self, _: Message, key: String, _: Timestamp) -> Sending<'_, Asked> {
        Box::pin(async move {
            match self.0.0.chance.below(100) {
                0..15 => Asked::Unknown("no answer to that either".to_owned()),
                _ if self.0.has(&key) => Asked::Arrived(Receipt::default()),
                _ => Asked::Absent,
            }
        })
    }

    fn arrived(&self, _: &mut Work<'_>, _: &OutboxRow, _: &Receipt) -> Result<(), StoreError> {
        Ok(())
    }

    fn buried(&self, _: &mut Work<'_>, _: &OutboxRow, _: &str) -> Result<(), StoreError> {
        Ok(())
    }

    fn rate(&self, bucket: &str) -> Option<Rate> {
        (bucket != "post" && bucket != "update" && bucket != "open")
            .then_some(Rate { interval_ms: 1_000, burst: 1 })
    }
}
