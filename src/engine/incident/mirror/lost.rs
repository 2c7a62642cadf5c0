//! Where nobody can know any more: spans in which events did not reach us, or may not have.

use std::time::Duration;

use super::{Source, Work};
use crate::domain::time::Timestamp;
use crate::domain::timeline::Gap;
use crate::limits::{MIRROR_REDELIVERY, MIRROR_SETTLED};
use crate::store::mirror::Mirror;
use crate::store::{StoreError, mirror};

/// Why: each is the end of "it cannot be known what was both said and deleted, or changed in between, because …".
pub const NOT_RUNNING: &str = "Firebell was not running";
pub const NOT_CONNECTED: &str = "Firebell was not connected to Slack";
pub(super) const TOO_MANY: &str = "Slack dropped events: there were more than 30,000 in an hour";
pub(super) const SILENT: &str = "Slack did not tell of everything that happened";
pub(super) const NOT_IN_CHANNEL: &str = "Firebell was not in the channel";
pub(super) const UNREADABLE: &str = "Firebell was not allowed to read the channel";
pub(super) const BEFORE_US: &str = "Firebell came into the channel only then";
pub(super) const HIDDEN: &str = "Slack does not show older messages on this plan";

/// Something was learned that an event should have told: at `at` (none: nobody knows), and not before `since`, when
/// all was as it was known. Whether it counts.
pub(super) fn missed(
    work: &mut Work<'_>,
    m: &Mirror,
    ts: &str,
    what: &str,
    at: Option<Timestamp>,
    since: Timestamp,
    source: Source,
) -> Result<bool, StoreError> {
    // Before the channel was kept; and what was said while it began to be, clocks differing, its first reading brings.
    let begun = if m.full_at == Timestamp::default() { m.started_at + MIRROR_SETTLED } else { m.started_at };
    if at.is_some_and(|at| at < begun) {
        return Ok(false);
    }
    let until = match source {
        Source::Read(began) => began,
        Source::Told | Source::Implied => work.now,
    };
    let since = since.max(m.started_at);
    let from = at.map_or(since, |at| since.min(at));
    let to = until.max(at.unwrap_or(from)).max(from);
    let deaf = m.deaf_from.filter(|deaf_from| {
        let deaf_to = m.deaf_to.unwrap_or(until);
        match at {
            Some(at) => at + MIRROR_SETTLED >= *deaf_from && at <= deaf_to + MIRROR_SETTLED,
            None => from <= deaf_to && to >= *deaf_from,
        }
    });
    let (from, to, reason) = match deaf {
        Some(deaf_from) => (deaf_from.max(m.started_at), m.deaf_to.unwrap_or(until), m.deaf_reason.as_str()),
        None => (from, to, SILENT),
    };
    let gap = mirror::mark_gap(work.tx, &gap(m, from, to.max(from), reason, false, work.now))?;
    mirror::found(work.tx, &m.channel_id, ts, what, gap)?;
    work.tally.add("mirror_missed", 1);
    Ok(true)
}

pub(super) fn gap(
    m: &Mirror,
    from: Timestamp,
    to: Timestamp,
    reason: &str,
    certain: bool,
    now: Timestamp,
) -> Gap {
    Gap {
        id: 0,
        incident_id: m.incident_id,
        channel_id: m.channel_id.clone(),
        from,
        to,
        reason: reason.to_owned(),
        certain,
        found_at: now,
    }
}

/// Slack's events did not reach us in this span; they do again. If it was short, Slack tells all of it once more;
/// if not, everything is read, and what came and went in between nobody can know.
pub fn deaf(work: &mut Work<'_>, from: Timestamp, to: Timestamp, reason: &str) -> Result<(), StoreError> {
    let lost = to.since(from) > MIRROR_REDELIVERY;
    let now = work.now;
    for channel in mirror::alive(work.tx)? {
        span(work, &channel, from, to, reason, lost, now)?;
    }
    Ok(())
}

/// Slack dropped this minute's events, ours or those of other channels.
pub fn rate_limited(work: &mut Work<'_>, minute: Timestamp) -> Result<(), StoreError> {
    let to = minute + Duration::from_secs(60);
    let at = work.now.max(to);
    for channel in mirror::alive(work.tx)? {
        span(work, &channel, minute, to, TOO_MANY, true, at)?;
    }
    Ok(())
}

fn span(
    work: &mut Work<'_>,
    channel: &str,
    from: Timestamp,
    to: Timestamp,
    reason: &str,
    lost: bool,
    read_at: Timestamp,
) -> Result<(), StoreError> {
    let Some(mut m) = mirror::of_channel(work.tx, channel)? else { return Ok(()) };
    if m.started_at >= to {
        return Ok(());
    }
    let from = from.max(m.started_at);
    if m.deaf_from.is_none() || m.deaf_to.is_some() {
        m.deaf_from = Some(m.deaf_from.map_or(from, |known| known.min(from)));
        m.deaf_to = Some(m.deaf_to.map_or(to, |known| known.max(to)));
        reason.clone_into(&mut m.deaf_reason);
        mirror::save(work.tx, &m)?;
    }
    if lost {
        mirror::mark_gap(work.tx, &gap(&m, from, to, reason, true, work.now))?;
    }
    mirror::want(work.tx, channel, lost, reason, read_at)
}
