//! The channels whose messages are kept: up to where they are known, what is to be read, and where there are gaps.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::incidents::to_json;
use super::{Row, StoreError, Tx};
use crate::args;
use crate::domain::time::Timestamp;
use crate::domain::timeline::Gap;
use crate::limits::{MIRROR_DEBOUNCE, MIRROR_DOUBTFUL_FIRST, MIRROR_RECENT, MIRROR_RECENT_FIRST};

/// A channel that is kept.
#[derive(Clone, Debug, PartialEq)]
pub struct Mirror {
    pub channel_id: String,
    pub incident_id: i64,
    /// Since when its events are listened to.
    pub started_at: Timestamp,
    pub active_at: Timestamp,
    pub known_ts: String,
    pub window_ts: String,
    pub checked_at: Timestamp,
    /// Zero: it was never read as a whole.
    pub full_at: Timestamp,
    pub wanted_at: Option<Timestamp>,
    pub full_wanted: bool,
    pub reason: String,
    pub attempts: u32,
    /// The last span in which events may not have reached us; it goes on while it has no end.
    pub deaf_from: Option<Timestamp>,
    pub deaf_to: Option<Timestamp>,
    pub deaf_reason: String,
    pub reading: Option<Reading>,
    pub ended_at: Option<Timestamp>,
}

/// How far a reading has come: it goes on where it was after a crash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    pub full: bool,
    pub began: Timestamp,
    /// The channel's history is read from the newest message down to this one.
    pub down_to: Option<String>,
    pub history_done: bool,
    /// The newest message that was seen.
    pub newest: String,
    /// The thread that is read, and up to which reply.
    pub thread: Option<(String, String)>,
    /// Things that no event had told of.
    pub found: u32,
    /// Something that was heard of just before was not there: Slack's answer may only have lagged.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub doubtful: bool,
    /// A call is under way, and somebody else's turn is not before then.
    #[serde(default)]
    pub claimed_until: Option<Timestamp>,
    /// Whose call it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holder: Option<String>,
}

const COLUMNS: &str = "channel_id, incident_id, started_ms, active_ms, known_ts, window_ts, checked_ms, full_ms, \
                       wanted_ms, full_wanted, reason, attempts, deaf_from_ms, deaf_to_ms, deaf_reason, reading, \
                       ended_ms";

fn mirror(row: &Row) -> Result<Mirror, StoreError> {
    let full_wanted: i64 = row.get(9)?;
    let reading: Option<String> = row.get(15)?;
    Ok(Mirror {
        channel_id: row.get(0)?,
        incident_id: row.get(1)?,
        started_at: row.get(2)?,
        active_at: row.get(3)?,
        known_ts: row.get(4)?,
        window_ts: row.get(5)?,
        checked_at: row.get(6)?,
        full_at: row.get(7)?,
        wanted_at: row.get(8)?,
        full_wanted: full_wanted != 0,
        reason: row.get(10)?,
        attempts: row.get(11)?,
        deaf_from: row.get(12)?,
        deaf_to: row.get(13)?,
        deaf_reason: row.get(14)?,
        reading: reading
            .map(|text| serde_json::from_str(&text))
            .transpose()
            .map_err(|error| StoreError::Inconsistent(format!("mirror.reading: {error}")))?,
        ended_at: row.get(16)?,
    })
}

/// The messages of this channel are kept from now on; what stands in it is read at once.
pub fn start(tx: &mut dyn Tx, channel_id: &str, incident_id: i64, now: Timestamp) -> Result<(), StoreError> {
    tx.exec(
        "INSERT INTO mirror (channel_id, incident_id, started_ms, active_ms, checked_ms, wanted_ms, full_wanted, reason) \
         VALUES (?1, ?2, ?3, ?3, ?3, ?3, 1, 'it is new') ON CONFLICT (channel_id) DO UPDATE SET \
         incident_id = excluded.incident_id, ended_ms = NULL, wanted_ms = excluded.wanted_ms, full_wanted = 1",
        args![channel_id, incident_id, now],
    )?;
    tx.wake("mirror");
    Ok(())
}

/// It is to be read again, not before `at`: what is new, or everything if `full`.
pub fn want(
    tx: &mut dyn Tx,
    channel_id: &str,
    full: bool,
    reason: &str,
    at: Timestamp,
) -> Result<(), StoreError> {
    let changed = tx.exec(
        "UPDATE mirror SET wanted_ms = CASE WHEN wanted_ms < ?2 THEN wanted_ms ELSE ?2 END, \
         full_wanted = CASE WHEN ?3 = 1 THEN 1 ELSE full_wanted END, \
         reason = CASE WHEN wanted_ms < ?2 THEN reason ELSE ?4 END \
         WHERE channel_id = ?1 AND (wanted_ms IS NULL OR wanted_ms > ?2 OR (?3 = 1 AND full_wanted = 0))",
        args![channel_id, at, i64::from(full), reason],
    )?;
    if changed > 0 {
        tx.wake("mirror");
    }
    Ok(())
}

/// Nothing more happens in it: what is left to be read is read once more.
pub fn end(tx: &mut dyn Tx, channel_id: &str, now: Timestamp) -> Result<(), StoreError> {
    tx.exec(
        "UPDATE mirror SET ended_ms = ?2 WHERE channel_id = ?1 AND ended_ms IS NULL",
        args![channel_id, now],
    )?;
    want(tx, channel_id, true, "it was archived", now)
}

/// The channel, locked for this transaction on PostgreSQL.
pub fn of_channel(tx: &mut dyn Tx, channel_id: &str) -> Result<Option<Mirror>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM mirror WHERE channel_id = ?1 /*for update*/");
    tx.query_one(&sql, args![channel_id])?.as_ref().map(mirror).transpose()
}

/// Whether messages of this channel are kept.
pub fn is_kept(tx: &mut dyn Tx, channel_id: &str) -> Result<bool, StoreError> {
    Ok(tx.query_one("SELECT 1 FROM mirror WHERE channel_id = ?1", args![channel_id])?.is_some())
}

/// The channels of an incident: a reopened one may have a second.
pub fn of_incident(tx: &mut dyn Tx, incident_id: i64) -> Result<Vec<Mirror>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM mirror WHERE incident_id = ?1 ORDER BY started_ms");
    tx.query(&sql, args![incident_id])?.iter().map(mirror).collect()
}

/// Those in which something may still happen.
pub fn alive(tx: &mut dyn Tx) -> Result<Vec<String>, StoreError> {
    tx.query("SELECT channel_id FROM mirror WHERE ended_ms IS NULL ORDER BY active_ms DESC", &[])?
        .iter()
        .map(|row| row.get(0))
        .collect()
}

/// The one that is to be read first; its row is locked on PostgreSQL, and left to others if it is locked. Those that
/// something is doubtful of come first, then those in which somebody spoke not long ago, then those that wait longest.
/// Waiting makes up for the rest after a while, so that no channel waits for ever.
pub fn wanted(tx: &mut dyn Tx, now: Timestamp) -> Result<Option<Mirror>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM mirror WHERE wanted_ms <= ?1 ORDER BY \
         wanted_ms - CASE WHEN {IS_DOUBTFUL} THEN ?2 ELSE 0 END - CASE WHEN active_ms > ?3 THEN ?4 ELSE 0 END, \
         active_ms DESC, channel_id LIMIT 1 /*skip locked*/"
    );
    let of = |span: Duration| i64::try_from(span.as_millis()).unwrap_or(i64::MAX);
    let recent = now - MIRROR_RECENT;
    tx.query_one(&sql, args![now, of(MIRROR_DOUBTFUL_FIRST), recent, of(MIRROR_RECENT_FIRST)])?
        .as_ref()
        .map(mirror)
        .transpose()
}

/// There is a sign that an event was lost: a change of what is not known, or a mark at it.
const IS_DOUBTFUL: &str = "EXISTS (SELECT 1 FROM mirror_early e WHERE e.channel_id = mirror.channel_id) \
                           OR EXISTS (SELECT 1 FROM mirror_found f WHERE f.channel_id = mirror.channel_id)";

/// No call is under way any more: the program that made them has ended.
pub fn abandon(tx: &mut dyn Tx, now: Timestamp) -> Result<(), StoreError> {
    unclaim(tx, |_| true, now)
}

/// This process makes no call any more that it is written down for.
pub fn release(tx: &mut dyn Tx, holder: &str, now: Timestamp) -> Result<(), StoreError> {
    unclaim(tx, |reading| reading.holder.as_deref() == Some(holder), now)
}

fn unclaim(tx: &mut dyn Tx, whose: impl Fn(&Reading) -> bool, now: Timestamp) -> Result<(), StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM mirror WHERE reading IS NOT NULL");
    for row in tx.query(&sql, &[])? {
        let mut one = mirror(&row)?;
        let claimed = |reading: &&mut Reading| reading.claimed_until.is_some() && whose(reading);
        if let Some(reading) = one.reading.as_mut().filter(claimed) {
            reading.claimed_until = None;
            one.wanted_at = Some(now);
            save(tx, &one)?;
        }
    }
    Ok(())
}

/// When the next one is to be read.
pub fn next_at(tx: &mut dyn Tx) -> Result<Option<Timestamp>, StoreError> {
    match tx.query_one("SELECT MIN(wanted_ms) FROM mirror WHERE wanted_ms IS NOT NULL", &[])? {
        Some(row) => row.get(0),
        None => Ok(None),
    }
}

pub fn save(tx: &mut dyn Tx, one: &Mirror) -> Result<(), StoreError> {
    let reading = one.reading.as_ref().map(to_json).transpose()?;
    tx.exec(
        "UPDATE mirror SET active_ms = ?2, known_ts = ?3, window_ts = ?4, checked_ms = ?5, full_ms = ?6, wanted_ms = ?7, \
         full_wanted = ?8, reason = ?9, attempts = ?10, deaf_from_ms = ?11, deaf_to_ms = ?12, deaf_reason = ?13, \
         reading = ?14, ended_ms = ?15 WHERE channel_id = ?1",
        args![
            &one.channel_id,
            one.active_at,
            &one.known_ts,
            &one.window_ts,
            one.checked_at,
            one.full_at,
            one.wanted_at,
            i64::from(one.full_wanted),
            &one.reason,
            one.attempts,
            one.deaf_from,
            one.deaf_to,
            &one.deaf_reason,
            reading.as_deref(),
            one.ended_at
        ],
    )?;
    Ok(())
}

/// Something was heard of it: it is looked at again before long. Written once a minute at most.
pub fn heard(tx: &mut dyn Tx, one: &Mirror, now: Timestamp, next: Timestamp) -> Result<(), StoreError> {
    if now.since(one.active_at) < MIRROR_DEBOUNCE {
        return Ok(());
    }
    let sooner = one.ended_at.is_none() && one.wanted_at.is_none_or(|at| at > next);
    tx.exec(
        "UPDATE mirror SET active_ms = ?2, wanted_ms = ?3 WHERE channel_id = ?1",
        args![&one.channel_id, now, if sooner { Some(next) } else { one.wanted_at }],
    )?;
    if sooner {
        tx.wake("mirror");
    }
    Ok(())
}

// Threads.

/// A thread of a kept channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Thread {
    pub thread_ts: String,
    pub known_ts: String,
    /// When it was last read to its end; zero: never.
    pub read_at: Timestamp,
}

/// The reading under way is to read this thread too.
pub fn want_thread(tx: &mut dyn Tx, channel_id: &str, thread_ts: &str) -> Result<(), StoreError> {
    tx.exec(
        "INSERT INTO mirror_thread (channel_id, thread_ts, wanted) VALUES (?1, ?2, 1) \
         ON CONFLICT (channel_id, thread_ts) DO UPDATE SET wanted = 1",
        args![channel_id, thread_ts],
    )?;
    Ok(())
}

/// The first thread that is to be read.
pub fn wanted_thread(tx: &mut dyn Tx, channel_id: &str) -> Result<Option<String>, StoreError> {
    tx.query_one(
        "SELECT thread_ts FROM mirror_thread WHERE channel_id = ?1 AND wanted = 1 ORDER BY thread_ts LIMIT 1",
        args![channel_id],
    )?
    .map(|row| row.get(0))
    .transpose()
}

pub fn thread(tx: &mut dyn Tx, channel_id: &str, thread_ts: &str) -> Result<Option<Thread>, StoreError> {
    tx.query_one(
        "SELECT thread_ts, known_ts, read_ms FROM mirror_thread WHERE channel_id = ?1 AND thread_ts = ?2",
        args![channel_id, thread_ts],
    )?
    .map(|row| Ok(Thread { thread_ts: row.get(0)?, known_ts: row.get(1)?, read_at: row.get(2)? }))
    .transpose()
}

/// A thread was read to its end.
pub fn thread_read(
    tx: &mut dyn Tx,
    channel_id: &str,
    thread_ts: &str,
    known_ts: &str,
    at: Timestamp,
) -> Result<(), StoreError> {
    tx.exec(
        "UPDATE mirror_thread SET wanted = 0, known_ts = ?3, read_ms = ?4 WHERE channel_id = ?1 AND thread_ts = ?2",
        args![channel_id, thread_ts, known_ts, at],
    )?;
    Ok(())
}

// Gaps.

const GAP: &str = "id, incident_id, channel_id, from_ms, to_ms, reason, certain, found_ms";

fn gap(row: &Row) -> Result<Gap, StoreError> {
    let certain: i64 = row.get(6)?;
    Ok(Gap {
        id: row.get(0)?,
        incident_id: row.get(1)?,
        channel_id: row.get(2)?,
        from: row.get(3)?,
        to: row.get(4)?,
        reason: row.get(5)?,
        certain: certain != 0,
        found_at: row.get(7)?,
    })
}

/// Marks a gap, or widens the one that touches it and has the same reason; its id.
pub fn mark_gap(tx: &mut dyn Tx, new: &Gap) -> Result<i64, StoreError> {
    let known = tx.query_one(
        "SELECT id, from_ms, to_ms FROM mirror_gap WHERE channel_id = ?1 AND reason = ?2 AND from_ms <= ?4 AND to_ms >= ?3 \
         ORDER BY to_ms DESC LIMIT 1",
        args![&new.channel_id, &new.reason, new.from, new.to],
    )?;
    let Some(row) = known else {
        return tx.query_i64(
            "INSERT INTO mirror_gap (incident_id, channel_id, from_ms, to_ms, reason, certain, found_ms) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) RETURNING id",
            args![
                new.incident_id,
                &new.channel_id,
                new.from,
                new.to,
                &new.reason,
                i64::from(new.certain),
                new.found_at
            ],
        );
    };
    let (id, from, to): (i64, Timestamp, Timestamp) = (row.get(0)?, row.get(1)?, row.get(2)?);
    if new.from < from || new.to > to || new.certain {
        tx.exec(
            "UPDATE mirror_gap SET from_ms = ?2, to_ms = ?3, certain = CASE WHEN ?4 = 1 THEN 1 ELSE certain END \
             WHERE id = ?1",
            args![id, from.min(new.from), to.max(new.to), i64::from(new.certain)],
        )?;
    }
    Ok(id)
}

/// The gaps of an incident, in order.
pub fn gaps(tx: &mut dyn Tx, incident_id: i64) -> Result<Vec<Gap>, StoreError> {
    let sql = format!("SELECT {GAP} FROM mirror_gap WHERE incident_id = ?1 ORDER BY from_ms, id");
    tx.query(&sql, args![incident_id])?.iter().map(gap).collect()
}

/// Gaps that nobody in the channel was told of, found before `before` or certain.
pub fn untold_gaps(tx: &mut dyn Tx, channel_id: &str, before: Timestamp) -> Result<Vec<Gap>, StoreError> {
    let sql = format!(
        "SELECT {GAP} FROM mirror_gap WHERE channel_id = ?1 AND told_ms IS NULL AND (certain = 1 OR found_ms < ?2) \
         ORDER BY from_ms, id"
    );
    tx.query(&sql, args![channel_id, before])?.iter().map(gap).collect()
}

pub fn gap_told(tx: &mut dyn Tx, id: i64, now: Timestamp) -> Result<(), StoreError> {
    tx.exec("UPDATE mirror_gap SET told_ms = ?2 WHERE id = ?1", args![id, now])?;
    Ok(())
}

/// Something was found that no event has told of; it proves this gap until one does.
pub fn found(tx: &mut dyn Tx, channel_id: &str, ts: &str, what: &str, gap_id: i64) -> Result<(), StoreError> {
    tx.exec(
        "INSERT INTO mirror_found (channel_id, ts, what, gap_id) VALUES (?1, ?2, ?3, ?4) \
         ON CONFLICT (channel_id, ts, what) DO NOTHING",
        args![channel_id, ts, what, gap_id],
    )?;
    Ok(())
}

/// An event told of it after all. A gap that nothing proves any more goes.
pub fn told_late(tx: &mut dyn Tx, channel_id: &str, ts: &str, what: &str) -> Result<(), StoreError> {
    let row = tx.query_one(
        "DELETE FROM mirror_found WHERE channel_id = ?1 AND ts = ?2 AND what = ?3 RETURNING gap_id",
        args![channel_id, ts, what],
    )?;
    if let Some(row) = row {
        let gap: i64 = row.get(0)?;
        tx.exec(
            "DELETE FROM mirror_gap WHERE id = ?1 AND certain = 0 AND told_ms IS NULL \
             AND NOT EXISTS (SELECT 1 FROM mirror_found f WHERE f.gap_id = ?1)",
            args![gap],
        )?;
    }
    Ok(())
}

// Events about messages that are not known yet.

/// Keeps an event for when its message comes.
pub fn put_early(
    tx: &mut dyn Tx,
    channel_id: &str,
    ts: &str,
    event_ts: &str,
    event: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    tx.exec(
        "INSERT INTO mirror_early (channel_id, ts, event_ts, event, seen_ms) VALUES (?1, ?2, ?3, ?4, ?5) \
         ON CONFLICT (channel_id, ts, event_ts) DO NOTHING",
        args![channel_id, ts, event_ts, event, now],
    )?;
    Ok(())
}

/// Takes out what came before its message did, in order.
pub fn take_early(tx: &mut dyn Tx, channel_id: &str, ts: &str) -> Result<Vec<String>, StoreError> {
    let rows = tx.query(
        "SELECT event FROM mirror_early WHERE channel_id = ?1 AND ts = ?2 ORDER BY event_ts",
        args![channel_id, ts],
    )?;
    if !rows.is_empty() {
        tx.exec("DELETE FROM mirror_early WHERE channel_id = ?1 AND ts = ?2", args![channel_id, ts])?;
    }
    rows.iter().map(|row| row.get(0)).collect()
}

/// Whether events wait for messages since before `before`.
pub fn has_early(tx: &mut dyn Tx, channel_id: &str, before: Timestamp) -> Result<bool, StoreError> {
    let row = tx.query_one(
        "SELECT 1 FROM mirror_early WHERE channel_id = ?1 AND seen_ms < ?2 LIMIT 1",
        args![channel_id, before],
    )?;
    Ok(row.is_some())
}

/// Everything was read: what is not known now never will be.
pub fn forget_early(tx: &mut dyn Tx, channel_id: &str, before: Timestamp) -> Result<(), StoreError> {
    tx.exec("DELETE FROM mirror_early WHERE channel_id = ?1 AND seen_ms < ?2", args![channel_id, before])?;
    Ok(())
}

// Hearing.

/// In `meta`: until when Slack's events certainly reached a process of ours.
const HEARD: &str = "mirror_heard_ms";

/// Events reach us now.
pub fn hears(tx: &mut dyn Tx, now: Timestamp) -> Result<(), StoreError> {
    let value = now.as_ms().to_string();
    tx.exec(
        "INSERT INTO meta (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        args![HEARD, &value],
    )?;
    Ok(())
}

/// When it was last written down that events reach one of our processes.
pub fn heartbeat(tx: &mut dyn Tx) -> Result<Option<Timestamp>, StoreError> {
    let known = tx.query_one("SELECT value FROM meta WHERE key = ?1", args![HEARD])?;
    let known: Option<String> = known.map(|row| row.get(0)).transpose()?;
    Ok(known.and_then(|text| text.parse().ok()).map(Timestamp::from_ms))
}

/// When events last certainly reached us: the last heartbeat, or the last event that was stored. Asked before this
/// process listens.
pub fn heard_until(tx: &mut dyn Tx) -> Result<Option<Timestamp>, StoreError> {
    let Some(known) = heartbeat(tx)? else { return Ok(None) };
    let last = tx.query_one("SELECT MAX(received_ms) FROM inbox WHERE kind = 'slack'", &[])?;
    let last: Option<Timestamp> = last.map(|row| row.get(0)).transpose()?.flatten();
    Ok(Some(last.map_or(known, |last| last.max(known))))
}
