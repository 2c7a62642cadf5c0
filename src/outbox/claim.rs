//! Claiming: which rows go now, each in the words of now, all in one transaction.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use tracing::warn;

use super::{Channel, Composed, Message};
use crate::domain::time::Timestamp;
use crate::limits::OUTBOX_LEASE;
use crate::store::outbox::{self, OutboxRow};
use crate::store::{StoreError, Tx};

pub(super) type Channels = HashMap<&'static str, Arc<dyn Channel>>;

/// What a round does.
#[derive(Default)]
pub(super) struct Claimed {
    pub(super) jobs: Vec<Job>,
    pub(super) settled: Vec<Settled>,
    /// When to look again, if there was nothing to do.
    pub(super) next: Option<Timestamp>,
}

pub(super) enum Job {
    Send(Claim),
    Ask(Claim),
}

/// A row in this worker's hands, until its lease ends.
pub(super) struct Claim {
    pub(super) row: OutboxRow,
    pub(super) message: Message,
    pub(super) lease: Timestamp,
}

/// A row that ended in the claiming transaction itself.
pub(super) struct Settled {
    pub(super) channel: String,
    pub(super) method: String,
    pub(super) outcome: &'static str,
    pub(super) detail: String,
}

impl Settled {
    fn new(row: &OutboxRow, outcome: &'static str, detail: String) -> Self {
        Self { channel: row.channel.clone(), method: row.method.clone(), outcome, detail }
    }
}

/// Claims at most `limit` rows for `holder`.
pub(super) fn claim(
    tx: &mut dyn Tx,
    channels: &Channels,
    holder: &str,
    now: Timestamp,
    limit: usize,
) -> Result<Claimed, StoreError> {
    let mut claimed = Claimed::default();
    let lease = now + OUTBOX_LEASE;
    let sql_limit = i64::try_from(limit).unwrap_or(i64::MAX);
    for row in outbox::unclear(tx, now, sql_limit)? {
        let Some(channel) = channels.get(row.channel.as_str()) else { continue };
        match compose(tx, channel.as_ref(), &row, now)? {
            Ok(message) => {
                outbox::take_unclear(tx, row.id, holder, lease)?;
                claimed.jobs.push(Job::Ask(Claim { row, message, lease }));
            }
            Err(one) => claimed.settled.push(one),
        }
    }
    if claimed.jobs.len() < limit {
        for row in outbox::sendable(tx, now, sql_limit)? {
            if claimed.jobs.len() >= limit {
                break;
            }
            let Some(channel) = channels.get(row.channel.as_str()) else {
                let reason = format!("this program has no channel '{}'", row.channel);
                outbox::bury(tx, row.id, &reason)?;
                claimed.settled.push(Settled::new(&row, "dead", reason));
                continue;
            };
            if row.expires.is_some_and(|expires| expires <= now) {
                outbox::remove(tx, row.id)?;
                claimed.settled.push(Settled::new(&row, "expired", "too late to be of use".to_owned()));
                continue;
            }
            if !take_tokens(tx, channel.as_ref(), &row, now)? {
                continue;
            }
            match compose(tx, channel.as_ref(), &row, now)? {
                Ok(message) => {
                    outbox::take(tx, row.id, holder, now, lease)?;
                    let row = OutboxRow { attempts: row.attempts + 1, sent: Some(now), ..row };
                    claimed.jobs.push(Job::Send(Claim { row, message, lease }));
                }
                Err(one) => claimed.settled.push(one),
            }
        }
    }
    if claimed.jobs.is_empty() && claimed.settled.is_empty() {
        claimed.next = outbox::next_at(tx, now)?;
    }
    Ok(claimed)
}

/// What to send for a row, or what became of it.
fn compose(
    tx: &mut dyn Tx,
    channel: &dyn Channel,
    row: &OutboxRow,
    now: Timestamp,
) -> Result<Result<Message, Settled>, StoreError> {
    let composed = its_own_fault(|| channel.compose(tx, row, now))?;
    Ok(match composed.unwrap_or_else(Composed::Impossible) {
        Composed::Send(message) => Ok(message),
        Composed::Moot(reason) => {
            outbox::remove(tx, row.id)?;
            Err(Settled::new(row, "moot", reason.to_owned()))
        }
        Composed::Impossible(reason) => {
            bury(tx, channel, row, &reason, now)?;
            Err(Settled::new(row, "dead", reason))
        }
    })
}

/// Keeps a row as a dead letter, and tells its channel.
pub(super) fn bury(
    tx: &mut dyn Tx,
    channel: &dyn Channel,
    row: &OutboxRow,
    reason: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    outbox::bury(tx, row.id, reason)?;
    if let Err(error) = its_own_fault(|| channel.buried(tx, row, reason, now))? {
        warn!(key = row.key, error, "what follows from a message that could not be sent was not done");
    }
    Ok(())
}

/// Does a channel's part for one row. That a row cannot be dealt with (a bug, something odd in the database) is
/// `Ok(Err(reason))`: it is this row's end, and must not be the others' too. The database's own failures are errors.
pub(super) fn its_own_fault<T>(
    part: impl FnOnce() -> Result<T, StoreError>,
) -> Result<Result<T, String>, StoreError> {
    use StoreError::{Column, Inconsistent, Panicked};
    let done = catch_unwind(AssertUnwindSafe(part))
        .unwrap_or_else(|panic| Err(StoreError::panicked(panic.as_ref())));
    match done {
        Ok(done) => Ok(Ok(done)),
        Err(error @ (Inconsistent(_) | Column { .. } | Panicked(_))) => Ok(Err(error.to_string())),
        Err(error) => Err(error),
    }
}

/// Takes one token of the destination and one of the method, or none of either.
fn take_tokens(
    tx: &mut dyn Tx,
    channel: &dyn Channel,
    row: &OutboxRow,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let mut taken = Vec::new();
    for name in [row.destination.as_str(), row.method.as_str()] {
        if name.is_empty() {
            continue;
        }
        let Some(rate) = channel.rate(name) else { continue };
        let bucket = outbox::bucket(tx, name)?;
        if bucket.free > now.as_ms() {
            return Ok(false);
        }
        taken.push((name, rate.taken(bucket, now)));
    }
    for (name, bucket) in taken {
        outbox::set_bucket(tx, name, bucket)?;
    }
    Ok(true)
}
