//! A channel that does what the test says, call by call.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex};

use firebell::domain::time::Timestamp;
use firebell::engine::Work;
use firebell::outbox::{Asked, Channel, Composed, Message, Outcome, Rate, Receipt, Sending, WhenUnclear};
use firebell::store::StoreError;
use firebell::store::outbox::OutboxRow;
use serde_json::json;

/// What the next call comes to.
pub(super) enum Act<T> {
    Answer(T),
    /// No answer, ever.
    Hang,
}

#[derive(Clone, Default)]
pub(super) struct Scripted(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    sends: VecDeque<Act<Outcome>>,
    asks: VecDeque<Act<Asked>>,
    sent: Vec<String>,
    asked: Vec<String>,
    rates: HashMap<String, Rate>,
    claim_fails: bool,
}

impl Scripted {
    /// The next call that is not told yet ends so; without a word it is sent.
    pub(super) fn on_send(&self, act: Act<Outcome>) {
        self.0.lock().unwrap().sends.push_back(act);
    }

    /// The same for questions; without a word it is absent.
    pub(super) fn on_ask(&self, act: Act<Asked>) {
        self.0.lock().unwrap().asks.push_back(act);
    }

    /// The database fails during the next claim.
    pub(super) fn fail_claim(&self) {
        self.0.lock().unwrap().claim_fails = true;
    }

    pub(super) fn set_rate(&self, bucket: &str, interval_ms: i64, burst: u32) {
        self.0.lock().unwrap().rates.insert(bucket.to_owned(), Rate { interval_ms, burst });
    }

    /// The keys of rows that calls were made for, in order.
    pub(super) fn sent(&self) -> Vec<String> {
        self.0.lock().unwrap().sent.clone()
    }

    pub(super) fn asked(&self) -> Vec<String> {
        self.0.lock().unwrap().asked.clone()
    }
}

async fn play<T>(act: Option<Act<T>>, otherwise: T) -> T {
    match act {
        Some(Act::Answer(answer)) => answer,
        Some(Act::Hang) => std::future::pending().await,
        None => otherwise,
    }
}

/// What a row says may be which steps of it fail, and how: `panic:compose,bury`, `odd:arrive`.
fn trouble(row: &OutboxRow, step: &str) -> Result<(), StoreError> {
    match row.say.split_once(':') {
        Some(("panic", steps)) if steps.contains(step) => panic!("a view does not like {}", row.key),
        Some(("odd", steps)) if steps.contains(step) => {
            Err(StoreError::Inconsistent("an old row".to_owned()))
        }
        _ => Ok(()),
    }
}

impl Channel for Scripted {
    fn name(&self) -> &'static str {
        "fake"
    }

    fn compose(&self, _: &mut Work<'_>, row: &OutboxRow) -> Result<Composed, StoreError> {
        trouble(row, "compose")?;
        if std::mem::take(&mut self.0.lock().unwrap().claim_fails) {
            return Err(StoreError::CommitUnknown("the disk failed".into()));
        }
        Ok(Composed::Send(Message {
            method: row.method.clone(),
            destination: row.destination.clone(),
            body: json!({ "key": row.key }),
            when_unclear: WhenUnclear::Ask,
        }))
    }

    fn send(&self, message: Message) -> Sending<'_, Outcome> {
        let mut state = self.0.lock().unwrap();
        state.sent.push(message.body["key"].as_str().unwrap().to_owned());
        let act = state.sends.pop_front();
        Box::pin(play(act, Outcome::Sent(Receipt::default())))
    }

    fn ask_method(&self, _: &Message) -> &'static str {
        "ask"
    }

    fn ask(&self, _: Message, key: String, _: Timestamp) -> Sending<'_, Asked> {
        let mut state = self.0.lock().unwrap();
        state.asked.push(key);
        let act = state.asks.pop_front();
        Box::pin(play(act, Asked::Absent))
    }

    fn arrived(&self, _: &mut Work<'_>, row: &OutboxRow, _: &Receipt) -> Result<(), StoreError> {
        trouble(row, "arrive")
    }

    fn buried(&self, _: &mut Work<'_>, row: &OutboxRow, _: &str) -> Result<(), StoreError> {
        trouble(row, "bury")
    }

    fn rate(&self, bucket: &str) -> Option<Rate> {
        self.0.lock().unwrap().rates.get(bucket).copied()
    }
}
