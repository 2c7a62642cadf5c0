//! What is due is done: in order, and at once if it fell due while nobody looked.

use super::flush::{self, ACK_REMINDER, ACK_TIMEOUT, FLUSH, QUIET, REPEAT, UNSILENCE};
use super::intake::Batch;
use super::say::{self, card_name, card_of};
use super::{Work, deeds, hush};
use crate::domain::group::State;
use crate::domain::say::{Say, Urgency};
use crate::domain::time::Timestamp;
use crate::limits::{CARD_RETRY_AFTER, DUE_RETRY, TICK_BATCH};
use crate::store::due::Due;
use crate::store::{StoreError, Tx, alerts, due, groups};

/// A group's message could not be posted; the subject is its name (`group:24@#ops`).
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

/// After a round failed: does one due thing, the earliest. Whether there was one.
pub fn tick_one(work: &mut Work<'_>) -> Result<bool, StoreError> {
    let taken = due::take(work.tx, work.now, 1)?;
    for one in &taken {
        carry_out(work, one)?;
    }
    Ok(!taken.is_empty())
}

/// The earliest due thing cannot be done: it is put off, so that it holds up nothing else. What it was.
pub fn put_off_one(work: &mut Work<'_>) -> Result<Option<Due>, StoreError> {
    let Some(one) = due::take(work.tx, work.now, 1)?.pop() else { return Ok(None) };
    due::set(work.tx, &one.kind, &one.subject, work.now + DUE_RETRY, &one.data)?;
    work.tally.add("due_put_off", 1);
    Ok(Some(one))
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
        batch.end(work, integration, fingerprint, *at)?;
        work.tally.add("alerts_expired", 1);
    }
    batch.settle(work)?;
    Ok(expired.len())
}

fn carry_out(work: &mut Work<'_>, one: &Due) -> Result<(), StoreError> {
    if one.kind == hush::SILENCE_STARTS || one.kind == hush::SILENCE_ENDS {
        return hush::silence_due(work, one);
    }
    if one.kind == CARD_RETRY {
        return post_again(work, &one.subject);
    }
    let Some(mut group) = flush::load(work, &one.subject)? else { return Ok(()) };
    match one.kind.as_str() {
        FLUSH => flush::flush(work, &mut group)?,
        REPEAT => flush::repeat(work, &mut group)?,
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
pub fn retry_card(tx: &mut dyn Tx, group: i64, channel: &str, now: Timestamp) -> Result<(), StoreError> {
    due::set(tx, CARD_RETRY, &card_name(group, channel), now + CARD_RETRY_AFTER, "{}")
}

fn post_again(work: &mut Work<'_>, name: &str) -> Result<(), StoreError> {
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
