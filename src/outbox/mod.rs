//! From due rows to sent messages: rate → order, merge → send → record; retry.
//!
//! The worker takes the heads of lanes in a transaction, sends outside any transaction, and records the result
//! in another one. What was sent but not recorded is *unclear*: the channel is asked before it is sent again.

mod backoff;
mod claim;
mod hands;
mod rate;
mod reach;
mod worker;

use std::future::Future;
use std::pin::Pin;

use serde_json::Value;

use crate::domain::time::Timestamp;
use crate::engine::Work;
use crate::store::StoreError;
use crate::store::outbox::{OutboxRow, Place};

pub use rate::Rate;
pub use worker::{Outbox, Parts};

pub type Sending<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// How a notification leaves. One file each in `src/channels`, one line in `CHANNELS`.
pub trait Channel: Send + Sync + 'static {
    fn name(&self) -> &'static str;

    /// What to send for this row, in the words of now. Reads only; runs inside the claiming transaction. A panic, or
    /// something odd in the database, makes this row a dead letter.
    fn compose(&self, work: &mut Work<'_>, row: &OutboxRow) -> Result<Composed, StoreError>;

    /// Sends it. Called outside any transaction.
    fn send(&self, message: Message) -> Sending<'_, Outcome>;

    /// The method it asks with, which has a rate of its own.
    fn ask_method(&self, message: &Message) -> &'static str;

    /// Asks whether a message that was sent at `sent` has arrived.
    fn ask(&self, message: Message, key: String, sent: Timestamp) -> Sending<'_, Asked>;

    /// What follows from its arrival; runs in the transaction that removes the row.
    fn arrived(&self, work: &mut Work<'_>, row: &OutboxRow, receipt: &Receipt) -> Result<(), StoreError>;

    /// What follows from its never arriving; runs in the transaction that buries the row.
    fn buried(&self, work: &mut Work<'_>, row: &OutboxRow, reason: &str) -> Result<(), StoreError>;

    /// What follows from its being too late; runs in the transaction that removes the row.
    fn expired(&self, _work: &mut Work<'_>, _row: &OutboxRow) -> Result<(), StoreError> {
        Ok(())
    }

    /// Whether the other side can be reached at all: a question that changes nothing. Asked after calls without an answer.
    fn reach(&self) -> Sending<'_, bool> {
        Box::pin(async { true })
    }

    /// How often a destination or a method may be used; `None`: as often as one likes.
    fn rate(&self, bucket: &str) -> Option<Rate>;
}

/// What a row became when it was composed.
#[derive(Clone, Debug, PartialEq)]
pub enum Composed {
    Send(Message),
    /// It needs not be said any more, for this reason.
    Moot(&'static str),
    /// It can never be said, for this reason.
    Impossible(String),
}

/// One call of the channel's, ready to go.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    pub method: String,
    /// Its rate bucket besides the method; empty for none.
    pub destination: String,
    pub body: Value,
    /// What to do when nobody knows whether it arrived.
    pub when_unclear: WhenUnclear,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhenUnclear {
    /// Ask the channel, then send again if it is not there.
    Ask,
    /// Doing it twice is the same as doing it once.
    Repeat,
    /// Better never than twice.
    Drop,
}

/// Where the message stands now; empty for what leaves nothing behind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Receipt {
    pub place: Option<Place>,
    pub answer: Option<Value>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    Sent(Receipt),
    /// Not done: too fast. Everything of `whole_method` has to wait, else only this destination.
    TooFast {
        retry_after_ms: i64,
        whole_method: bool,
    },
    /// Not done; worth another try.
    Failed(String),
    /// Done or not, nobody knows.
    Unclear(String),
    /// Not done, and never will be.
    Refused(String),
}

#[derive(Clone, Debug, PartialEq)]
pub enum Asked {
    Arrived(Receipt),
    Absent,
    /// Not in the part that was looked through; the same question goes on with the next part.
    NotYetFound,
    /// Not answered: too fast. All questions by this method have to wait.
    TooFast {
        retry_after_ms: i64,
    },
    /// No answer to that either.
    Unknown(String),
}
