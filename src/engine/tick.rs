//! What is due is done: in order, and at once if it fell due while nobody looked.

use super::flush::{self, ACK_REMINDER, ACK_TIMEOUT, FLUSH, QUIET, REPEAT, UNSILENCE};
use super::intake::Batch;
use super::say::{self, card_of, storm_of};
use super::suppress::Cursor;
use super::{Work, again, bulk, deeds, hush, incident, storm};
use crate::domain::group::State;
use crate::domain::say::{Say, Urgency};
use crate::domain::time::Timestamp;
use crate::limits::{CARD_RETRY_AFTER, DUE_RETRY, TICK_BATCH};
use crate::store::due::Due;
use crate::store::{StoreError, Tx, alerts, due, groups, storms};

/// A group's or storm's message could not be posted; the subject is its name (`group:24@#ops`).
const CARD_RETRY: &str = "card_retry";

/// Does a bounded number of due things; whether there may be more.
pub fn tick(work: &mut Work<'_>) -> Result<bool, StoreError> {
    let taken = due::take(work.tx, work.now, TICK_BATCH)?;
    for one in &taken {
        carry_out(work, one)?;
    }
    let ended = expire(work)?;
    work.tally.add("due_done", taken.len() as u64);
    Ok(taken.len() as i64 == TICK_BATCH || ended as i64 == TICK_BATCH)
}

/// One thing that is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum One {
    Due(Due),
    /// An alert that nobody repeated in time.
    Expiry {
        integration: String,
        fingerprint: String,
        at: Timestamp,
    },
}

/// After a round failed: the things that are due, to be done one by one.
pub fn list(tx: &mut dyn Tx, now: Timestamp) -> Result<Vec<One>, StoreError> {
    let mut all: Vec<One> = due::list(tx, now, TICK_BATCH)?.into_iter().map(One::Due).collect();
    let expired = alerts::expired(tx, now, TICK_BATCH)?.into_iter();
    all.extend(expired.map(|(integration, fingerprint, at)| One::Expiry { integration, fingerprint, at }));
    Ok(all)
}

/// Does one of them.
pub fn tick_one(work: &mut Work<'_>, one: &One) -> Result<(), StoreError> {
    match one {
        One::Due(one) => {
            if due::claim(work.tx, one, work.now)? {
                work.tally.add("due_done", 1);
                carry_out(work, one)?;
            }
            Ok(())
        }
        One::Expiry { integration, fingerprint, at } => {
            let mut batch = Batch::default();
            batch.end(work, integration, fingerprint, *at, Timestamp::MAX)?;
            work.tally.add("alerts_expired", 1);
            batch.settle(work)
        }
    }
}

/// One of them cannot be done: it is put off, so that it is tried again but holds up nothing else.
pub fn put_off(work: &mut Work<'_>, one: &One) -> Result<(), StoreError> {
    work.tally.add("due_put_off", 1);
    let later = work.now + DUE_RETRY;
    match one {
        One::Due(one) => due::set(work.tx, &one.kind, &one.subject, later, &one.data),
        One::Expiry { integration, fingerprint, .. } => {
            alerts::put_off_expiry(work.tx, integration, fingerprint, work.now, later)
        }
    }
}

/// When the next thing is due.
pub fn next_at(tx: &mut dyn Tx) -> Result<Option<Timestamp>, StoreError> {
    Ok(match (due::next_at(tx)?, alerts::next_expiry(tx)?) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    })
}

/// Alerts that nobody repeated in time end.
fn expire(work: &mut Work<'_>) -> Result<usize, StoreError> {
    let expired = alerts::expired(work.tx, work.now, TICK_BATCH)?;
    let mut batch = Batch::default();
    for (integration, fingerprint, at) in &expired {
        batch.end(work, integration, fingerprint, *at, Timestamp::MAX)?;
        work.tally.add("alerts_expired", 1);
    }
    batch.settle(work)?;
    Ok(expired.len())
}

fn carry_out(work: &mut Work<'_>, one: &Due) -> Result<(), StoreError> {
    if one.kind == hush::SILENCE_STARTS || one.kind == hush::SILENCE_ENDS {
        return hush::silence_due(work, one);
    }
    if incident::timers::carry_out(work, one)? {
        return Ok(());
    }
    if storm::carry_out(work, one)? {
        return Ok(());
    }
    if one.kind == bulk::BULK {
        return bulk::due(work, &one.data);
    }
    if one.kind == CARD_RETRY {
        return post_again(work, &one.subject);
    }
    let Some(mut group) = flush::load(work, &one.subject)? else { return Ok(()) };
    match one.kind.as_str() {
        FLUSH => flush::flush_from(work, &mut group, Cursor::of_due(&one.data))?,
        REPEAT => flush::repeat(work, &mut group, Cursor::of_due(&one.data))?,
        again::AGAIN => again::due(work, &mut group)?,
        UNSILENCE => deeds::silence_ran_out(work, &mut group)?,
        ACK_REMINDER => deeds::remind_owner(work, &group)?,
        ACK_TIMEOUT => deeds::owner_is_silent(work, &mut group)?,
        QUIET => flush::quiet(work, &mut group)?,
        _ => work.tally.add("due_unknown", 1),
    }
    groups::save(work.tx, &group)
}

/// A message that Slack refused (no such channel, the bot is not in it) is tried again while the group is open:
/// somebody may have mended it.
pub fn retry_card(tx: &mut dyn Tx, name: &str, now: Timestamp) -> Result<(), StoreError> {
    due::set(tx, CARD_RETRY, name, now + CARD_RETRY_AFTER, "{}")
}

fn post_again(work: &mut Work<'_>, name: &str) -> Result<(), StoreError> {
    if let Some((storm, channel)) = storm_of(name) {
        let is_open = storms::totals(work.tx, storm)?;
        if is_open.groups > is_open.resolved {
            say::say(work, &Say::Storm { storm, channel: channel.to_owned() }, Urgency::First)?;
        }
        return Ok(());
    }
    let Some((id, channel)) = card_of(name) else { return Ok(()) };
    match groups::by_id(work.tx, id)? {
        Some(group)
            if group.state != State::Resolved && group.channels.iter().any(|known| known == channel) =>
        {
            say::say(work, &Say::GroupCard { group: id, channel: channel.to_owned() }, Urgency::First)
        }
        _ => Ok(()),
    }
}
