//! Reading a channel: which call is next, and what follows from its answer. Each answer is one transaction, and how
//! far the reading has come stands in the channel's row, so that it goes on after a crash.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::Value;

use super::heard::early;
use super::lost::{BEFORE_US, HIDDEN, NOT_IN_CHANNEL, UNREADABLE, gap};
use super::seen::Seen;
use super::take::{delete, take};
use super::{Source, Us, Work, marks};
use crate::domain::incident::Incident;
use crate::domain::incident::news::{Note, Step};
use crate::domain::say::Urgency;
use crate::domain::time::Timestamp;
use crate::domain::timeline::{Kind, Message, moment, ts_of};
use crate::engine::incident::{step, tell};
use crate::engine::say::record_may_go;
use crate::limits::{
    MIRROR_CHANNEL_EVERY, MIRROR_CHECK_ENDED_MAX, MIRROR_CHECK_ENDED_MIN, MIRROR_CHECK_MAX, MIRROR_CHECK_MIN,
    MIRROR_CLAIM, MIRROR_DOUBT_WAIT, MIRROR_FULL_EVERY, MIRROR_HOLE_WAIT, MIRROR_REDELIVERY,
    MIRROR_RETRY_MAX, MIRROR_RETRY_MIN, MIRROR_SETTLED,
};
use crate::store::mirror::{Mirror, Reading};
use crate::store::{StoreError, incidents, messages, mirror};

/// After every timestamp there is.
const END: &str = "99999999999.999999";

/// A call that is to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    /// A page of what was said before `latest`, newest first.
    History { channel_id: String, latest: Option<String> },
    /// A page of a thread after this reply, oldest first.
    Replies { channel_id: String, thread_ts: String, after: Option<String> },
}

impl Ask {
    pub fn channel_id(&self) -> &str {
        match self {
            Self::History { channel_id, .. } | Self::Replies { channel_id, .. } => channel_id,
        }
    }

    pub const fn method(&self) -> &'static str {
        match self {
            Self::History { .. } => "conversations.history",
            Self::Replies { .. } => "conversations.replies",
        }
    }
}

/// What Slack answered.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Page {
    pub messages: Vec<Value>,
    pub more: bool,
    /// There are older ones that this workspace's plan does not show.
    pub limited: bool,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The thread is gone.
    NoThread,
    NotInChannel,
    /// Somebody has to mend it: a scope, a token.
    Forbidden,
    /// Again after this time.
    Later(Duration),
    Other,
}

/// The next call, if there is one to be made now; it is in the hands of `holder` for a while then.
pub fn next(work: &mut Work<'_>, holder: &str) -> Result<Option<Ask>, StoreError> {
    loop {
        let Some(mut m) = mirror::wanted(work.tx, work.now)? else { return Ok(None) };
        let mut reading = match m.reading.take() {
            Some(reading) => reading,
            None => begin(work, &mut m)?,
        };
        if let Some(until) = reading.claimed_until.filter(|until| *until > work.now) {
            // It is wanted anew while somebody reads it: what was wanted is remembered, the reading goes on.
            (m.reading, m.wanted_at) = (Some(reading), Some(until));
            mirror::save(work.tx, &m)?;
            continue;
        }
        let ask = if !reading.history_done {
            Some(Ask::History { channel_id: m.channel_id.clone(), latest: reading.down_to.clone() })
        } else {
            if reading.thread.is_none() {
                let thread = mirror::wanted_thread(work.tx, &m.channel_id)?;
                reading.thread = thread.map(|thread| (thread, String::new()));
            }
            reading.thread.clone().map(|(thread_ts, after)| Ask::Replies {
                channel_id: m.channel_id.clone(),
                thread_ts,
                after: Some(after).filter(|after| !after.is_empty()),
            })
        };
        let claim = ask.is_some().then_some(work.now + MIRROR_CLAIM);
        reading.claimed_until = claim;
        reading.holder = Some(holder.to_owned());
        m.reading = Some(reading);
        match ask {
            Some(ask) => {
                m.wanted_at = claim;
                mirror::save(work.tx, &m)?;
                return Ok(Some(ask));
            }
            None => finish(work, m)?,
        }
    }
}

fn begin(work: &mut Work<'_>, m: &mut Mirror) -> Result<Reading, StoreError> {
    let full = m.full_wanted || m.full_at == Timestamp::default();
    m.full_wanted = false;
    m.reason.clear();
    if full {
        for thread in messages::threads(work.tx, &m.channel_id)? {
            mirror::want_thread(work.tx, &m.channel_id, &thread)?;
        }
    }
    Ok(Reading {
        full,
        began: work.now,
        down_to: None,
        history_done: false,
        newest: String::new(),
        thread: None,
        found: 0,
        doubtful: false,
        claimed_until: None,
        holder: None,
    })
}

/// Slack's answer. One to a question that nobody asks any more changes nothing that is not so.
pub fn answered(work: &mut Work<'_>, ask: &Ask, us: &Us, page: &Page) -> Result<(), StoreError> {
    let Some(mut m) = mirror::of_channel(work.tx, ask.channel_id())? else { return Ok(()) };
    let Some(mut reading) = m.reading.take() else { return Ok(()) };
    reading.claimed_until = None;
    m.attempts = 0;
    m.wanted_at = Some(work.now);
    if m.deaf_from.is_some() && m.deaf_to.is_none() {
        // We are in it, or may read it, again: only now is it certain that the reading misses nothing.
        m.deaf_to = Some(work.now);
        let from = m.deaf_from.unwrap_or(work.now);
        mirror::mark_gap(work.tx, &gap(&m, from, work.now, &m.deaf_reason.clone(), true, work.now))?;
        reading.full = true;
        reading.began = work.now;
        for thread in messages::threads(work.tx, &m.channel_id)? {
            mirror::want_thread(work.tx, &m.channel_id, &thread)?;
        }
    }
    match ask {
        Ask::History { latest, .. } if *latest == reading.down_to && !reading.history_done => {
            history(work, &m, &mut reading, us, page)?;
        }
        Ask::Replies { thread_ts, after, .. }
            if reading.thread.as_ref().is_some_and(|(thread, to)| {
                thread == thread_ts && to == after.as_deref().unwrap_or_default()
            }) =>
        {
            replies(work, &m, &mut reading, us, thread_ts, after.as_deref(), page)?;
        }
        _ => {}
    }
    m.reading = Some(reading);
    mirror::save(work.tx, &m)?;
    work.tx.wake("mirror");
    Ok(())
}

fn history(
    work: &mut Work<'_>,
    m: &Mirror,
    reading: &mut Reading,
    us: &Us,
    page: &Page,
) -> Result<(), StoreError> {
    let upper = reading.down_to.clone().unwrap_or_else(|| END.to_owned());
    let mut there = BTreeSet::new();
    for shown in &page.messages {
        let Some(seen) = one(work, m, reading, us, shown)? else { continue };
        let replies = shown["reply_count"].as_i64().unwrap_or(0);
        if replies > 0 && seen.thread_ts.is_none() {
            let known = messages::replies_known(work.tx, &m.channel_id, &seen.ts)?;
            if reading.full || known != (replies, shown["latest_reply"].as_str().map(str::to_owned)) {
                mirror::want_thread(work.tx, &m.channel_id, &seen.ts)?;
            }
        } else if seen.thread_ts.is_none() && messages::replies_known(work.tx, &m.channel_id, &seen.ts)?.0 > 0
        {
            mirror::want_thread(work.tx, &m.channel_id, &seen.ts)?;
        }
        there.insert(seen.ts);
    }
    let bottom = there.first().cloned();
    let lower = match &bottom {
        Some(bottom) if page.more || page.limited => bottom.clone(),
        None if page.more || page.limited => upper.clone(),
        _ => String::new(),
    };
    let standing = messages::standing(work.tx, &m.channel_id, &lower, &upper)?;
    gone(work, m, reading, standing, &there)?;
    if let Some(top) = there.last().filter(|top| **top > reading.newest) {
        reading.newest.clone_from(top);
    }
    let reached = bottom.as_ref().is_some_and(|bottom| *bottom <= m.known_ts);
    if !page.more || bottom.is_none() || (!reading.full && reached) {
        reading.history_done = true;
    }
    if page.limited && !page.more && m.full_at == Timestamp::default() {
        let oldest = bottom.as_deref().or(Some(&upper)).and_then(moment).unwrap_or(m.started_at);
        let oldest = oldest.min(m.started_at);
        mirror::mark_gap(work.tx, &gap(m, oldest, oldest, HIDDEN, true, work.now))?;
    }
    reading.down_to = bottom.or(reading.down_to.take());
    Ok(())
}

fn replies(
    work: &mut Work<'_>,
    m: &Mirror,
    reading: &mut Reading,
    us: &Us,
    thread_ts: &str,
    after: Option<&str>,
    page: &Page,
) -> Result<(), StoreError> {
    let mut there = BTreeSet::new();
    for shown in &page.messages {
        if let Some(seen) = one(work, m, reading, us, shown)?
            && seen.ts != thread_ts
        {
            there.insert(seen.ts);
        }
    }
    let lower = after.unwrap_or(thread_ts).to_owned();
    let last = there.last().cloned();
    // A page that leads nowhere is the last one.
    let more = page.more && last.as_ref().is_some_and(|last| *last > lower);
    let upper = match &last {
        Some(last) if more => last.clone(),
        _ => END.to_owned(),
    };
    let standing = messages::standing_replies(work.tx, &m.channel_id, thread_ts, &lower, &upper)?;
    gone(work, m, reading, standing, &there)?;
    if more {
        reading.thread = last.map(|last| (thread_ts.to_owned(), last));
    } else {
        let known = last.or_else(|| after.map(str::to_owned)).unwrap_or_default();
        mirror::thread_read(work.tx, &m.channel_id, thread_ts, &known, reading.began)?;
        reading.thread = None;
    }
    Ok(())
}

/// Takes one message of a page, with its reactions.
fn one(
    work: &mut Work<'_>,
    m: &Mirror,
    reading: &mut Reading,
    us: &Us,
    shown: &Value,
) -> Result<Option<Seen>, StoreError> {
    let Some(seen) = Seen::of(shown, us) else { return Ok(None) };
    let stamp = ts_of(work.now);
    let mut taken = take(work, m, &seen, Source::Read(reading.began), &stamp)?;
    reading.found += u32::from(taken.missed);
    if taken.is_new {
        early(work, &mut taken.message, us)?;
    }
    if taken.message.deleted_at.is_none() {
        marks::read(work, &mut taken.message, shown, us, reading.began)?;
    }
    Ok(Some(seen))
}

/// What stood in the span that was read and is not there any more was deleted.
fn gone(
    work: &mut Work<'_>,
    m: &Mirror,
    reading: &mut Reading,
    standing: Vec<Message>,
    there: &BTreeSet<String>,
) -> Result<(), StoreError> {
    let settled = |at: Timestamp| at + MIRROR_SETTLED < reading.began;
    let mut found = 0;
    for mut message in standing {
        if message.kind == Kind::Other || there.contains(&message.ts) {
            continue;
        }
        if settled(message.at) && settled(message.seen_at) {
            found += u32::from(delete(work, m, &mut message, Source::Read(reading.began))?);
        } else {
            reading.doubtful = true;
        }
    }
    reading.found += found;
    Ok(())
}

/// There was no answer.
pub fn failed(work: &mut Work<'_>, ask: &Ask, failure: &Failure) -> Result<(), StoreError> {
    let Some(mut m) = mirror::of_channel(work.tx, ask.channel_id())? else { return Ok(()) };
    unclaim(&mut m);
    if let (Failure::NoThread, Ask::Replies { thread_ts, after, .. }) = (failure, ask) {
        let Some(mut reading) = m.reading.take() else { return Ok(()) };
        let lower = after.as_deref().unwrap_or(thread_ts);
        let standing = messages::standing_replies(work.tx, &m.channel_id, thread_ts, lower, END)?;
        gone(work, &m, &mut reading, standing, &BTreeSet::new())?;
        mirror::thread_read(work.tx, &m.channel_id, thread_ts, lower, reading.began)?;
        reading.thread = None;
        m.reading = Some(reading);
        m.wanted_at = Some(work.now);
        work.tx.wake("mirror");
        return mirror::save(work.tx, &m);
    }
    let deaf = match failure {
        Failure::NotInChannel => Some(NOT_IN_CHANNEL),
        Failure::Forbidden => Some(UNREADABLE),
        _ => None,
    };
    if let Some(reason) = deaf
        && !(m.deaf_from.is_some() && m.deaf_to.is_none())
    {
        m.deaf_from = Some(m.deaf_from.unwrap_or(m.checked_at));
        m.deaf_to = None;
        reason.clone_into(&mut m.deaf_reason);
    }
    m.attempts = m.attempts.saturating_add(1);
    let wait = match failure {
        Failure::Later(wait) => *wait,
        _ => (MIRROR_RETRY_MIN * 2_u32.saturating_pow(m.attempts.min(16) - 1)).min(MIRROR_RETRY_MAX),
    };
    m.wanted_at = if m.ended_at.is_some() && !matches!(failure, Failure::Later(_) | Failure::Other) {
        // An archived channel that cannot be read any more: what is known of it is all there will be.
        m.reading = None;
        None
    } else {
        Some(work.now + wait)
    };
    mirror::save(work.tx, &m)
}

fn unclaim(m: &mut Mirror) {
    if let Some(reading) = &mut m.reading {
        reading.claimed_until = None;
    }
}

/// Not now: Slack's pace does not allow it.
pub fn put_off(work: &mut Work<'_>, ask: &Ask, until: Timestamp) -> Result<(), StoreError> {
    let Some(mut m) = mirror::of_channel(work.tx, ask.channel_id())? else { return Ok(()) };
    unclaim(&mut m);
    m.wanted_at = Some(until);
    mirror::save(work.tx, &m)
}

fn finish(work: &mut Work<'_>, mut m: Mirror) -> Result<(), StoreError> {
    let Some(reading) = m.reading.take() else { return Ok(()) };
    let now = work.now;
    let incident = incidents::by_id(work.tx, m.incident_id)?;
    let first = m.full_at == Timestamp::default();
    if first && let Some(incident) = incident.as_ref().filter(|incident| incident.facts.adopted) {
        adopted(work, &m, incident)?;
    }
    let every = i64::try_from(MIRROR_CHANNEL_EVERY.as_millis()).unwrap_or(i64::MAX);
    let ask_of_channel = m.checked_at.as_ms() / every != reading.began.as_ms() / every;
    m.checked_at = reading.began;
    if reading.newest > m.known_ts {
        m.known_ts.clone_from(&reading.newest);
    }
    m.window_ts = if reading.full { String::new() } else { reading.down_to.unwrap_or_default() };
    let heard_all = m.deaf_to.is_some_and(|to| to <= reading.began);
    let settled = reading.began - MIRROR_SETTLED;
    if reading.full {
        m.full_at = reading.began;
        mirror::forget_early(work.tx, &m.channel_id, settled)?;
    }
    if heard_all && (reading.full || m.deaf_to.is_some_and(|to| to + MIRROR_REDELIVERY < reading.began)) {
        m.deaf_from = None;
        m.deaf_to = None;
        m.deaf_reason.clear();
    }
    work.tally.add(if reading.full { "mirror_readings_full" } else { "mirror_readings" }, 1);
    tell_gaps(work, &m, incident.as_ref())?;
    if reading.full
        && let Some(ended) = incident.as_ref().filter(|incident| !incident.is_open())
    {
        record_may_go(work, ended.id, reading.began)?;
    }
    // No event tells for certain that a channel was made private.
    if let Some(incident) = incident.as_ref().filter(|one| ask_of_channel && one.has_live_channel()) {
        step(work, incident, Step::CheckChannel, Urgency::Chatter)?;
    }
    let open = incident.is_some_and(|incident| incident.is_open());
    if reading.found > 0 && !reading.full {
        m.full_wanted = true;
    }
    // A mark at a message that is not among the newest: it is in a thread.
    let waits = !reading.full && mirror::has_early(work.tx, &m.channel_id, reading.began)?;
    let wait = rest(&m, open, now);
    if m.active_at > m.full_at && now.since(m.full_at) > MIRROR_FULL_EVERY {
        m.full_wanted = true;
    }
    m.full_wanted |= waits;
    m.wanted_at = match () {
        () if waits => Some(now),
        () if m.full_wanted && reading.found > 0 => Some(now),
        () if !m.reason.is_empty() => Some(now + MIRROR_HOLE_WAIT),
        () if m.ended_at.is_some() => None,
        () if reading.doubtful => Some(now + MIRROR_DOUBT_WAIT),
        () => Some(now + wait),
    };
    mirror::save(work.tx, &m)
}

/// How long until it is looked at again: the longer nothing happens, the longer.
fn rest(m: &Mirror, open: bool, now: Timestamp) -> Duration {
    let quiet = now.since(m.active_at);
    if open {
        quiet.clamp(MIRROR_CHECK_MIN, MIRROR_CHECK_MAX)
    } else {
        quiet.clamp(MIRROR_CHECK_ENDED_MIN, MIRROR_CHECK_ENDED_MAX)
    }
}

/// A channel that was there before has been read as a whole: what was deleted before, and how its messages read
/// before they were edited, was never known.
fn adopted(work: &mut Work<'_>, m: &Mirror, incident: &Incident) -> Result<(), StoreError> {
    let count = messages::count_before(work.tx, incident.id, m.started_at)?;
    if let Some(first) =
        messages::in_order(work.tx, incident.id, "", 1)?.first().filter(|first| first.at < m.started_at)
    {
        let id = mirror::mark_gap(work.tx, &gap(m, first.at, m.started_at, BEFORE_US, true, work.now))?;
        mirror::gap_told(work.tx, id, work.now)?;
    }
    let by = incident.facts.declared.by.clone();
    tell(work, incident, Note::Adopted { messages: u64::try_from(count).unwrap_or(0), by }, Urgency::Update)
}

/// The channel is told of gaps, once they are certain or no late event can close them any more.
fn tell_gaps(work: &mut Work<'_>, m: &Mirror, incident: Option<&Incident>) -> Result<(), StoreError> {
    let now = work.now;
    for gap in mirror::untold_gaps(work.tx, &m.channel_id, now - MIRROR_REDELIVERY)? {
        mirror::gap_told(work.tx, gap.id, now)?;
        work.tally.add("mirror_gaps", 1);
        if let Some(incident) = incident.filter(|incident| incident.is_open() && m.ended_at.is_none()) {
            let note = Note::Gap { from: gap.from, to: gap.to, reason: gap.reason };
            tell(work, incident, note, Urgency::Chatter)?;
        }
    }
    Ok(())
}
