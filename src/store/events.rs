//! The append-only events: what was decided, by whom and why. Timeline, audit log and "why?" read them.

use super::value::id_list;
use super::{Row, StoreError, Tx};
use crate::args;
use crate::domain::time::Timestamp;

/// An event to be written.
#[derive(Clone, Copy, Debug)]
pub struct NewEvent<'a> {
    pub at: Timestamp,
    /// What it is about: `group:24`, `incident:3`, `config` …
    pub subject: &'a str,
    /// What happened: `group.acknowledged` …
    pub kind: &'a str,
    /// Who did it: a Slack user id, or `firebell`.
    pub actor: &'a str,
    /// Where it came from: `slack`, `grafana`, `timer` …
    pub source: &'a str,
    /// Why, in words a person reads.
    pub reason: &'a str,
    /// Everything else, as JSON text.
    pub data: &'a str,
}

/// An event as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Grows with every event; the order of what happened.
    pub id: i64,
    pub at: Timestamp,
    pub subject: String,
    pub kind: String,
    pub actor: String,
    pub source: String,
    pub reason: String,
    pub data: String,
}

/// Writes an event; its id.
pub fn append(tx: &mut dyn Tx, event: &NewEvent<'_>) -> Result<i64, StoreError> {
    tx.query_i64(
        "INSERT INTO event (at_ms, subject, kind, actor, source, reason, data)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) RETURNING id",
        args![event.at, event.subject, event.kind, event.actor, event.source, event.reason, event.data],
    )
}

/// The events of a subject after the one with the id `after` (0: from the beginning), oldest first.
pub fn list_by_subject(
    tx: &mut dyn Tx,
    subject: &str,
    after: i64,
    limit: u32,
) -> Result<Vec<Event>, StoreError> {
    let rows = tx.query(
        "SELECT id, at_ms, subject, kind, actor, source, reason, data FROM event
         WHERE subject = ?1 AND id > ?2 ORDER BY id LIMIT ?3",
        args![subject, after, limit],
    )?;
    rows.iter().map(event).collect()
}

/// Where an event stands in a timeline; of a note with its data, which may give it another time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventPlace {
    pub id: i64,
    pub at: Timestamp,
    pub note: Option<String>,
}

/// Where a subject's events after the one with the id `after` stand (0: from the beginning), oldest first.
pub fn places(tx: &mut dyn Tx, subject: &str, after: i64, limit: i64) -> Result<Vec<EventPlace>, StoreError> {
    tx.query(
        "SELECT id, at_ms, CASE WHEN kind = 'note' THEN data END FROM event \
         WHERE subject = ?1 AND id > ?2 ORDER BY id LIMIT ?3",
        args![subject, after, limit],
    )?
    .iter()
    .map(|row| Ok(EventPlace { id: row.get(0)?, at: row.get(1)?, note: row.get(2)? }))
    .collect()
}

/// Events by their ids, in any order.
pub fn by_ids(tx: &mut dyn Tx, ids: &[i64]) -> Result<Vec<Event>, StoreError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let (places, args) = id_list(ids);
    let sql = format!(
        "SELECT id, at_ms, subject, kind, actor, source, reason, data FROM event WHERE id IN ({places})"
    );
    tx.query(&sql, &args)?.iter().map(event).collect()
}

pub fn by_id(tx: &mut dyn Tx, id: i64) -> Result<Option<Event>, StoreError> {
    tx.query_one(
        "SELECT id, at_ms, subject, kind, actor, source, reason, data FROM event WHERE id = ?1",
        args![id],
    )?
    .as_ref()
    .map(event)
    .transpose()
}

/// Events of a subject in whose data this may stand (letters in either case), oldest first.
pub fn holding(tx: &mut dyn Tx, subject: &str, text: &str, limit: i64) -> Result<Vec<Event>, StoreError> {
    // As it stands in JSON.
    let quoted = serde_json::Value::from(text).to_string();
    let like = super::messages::like(quoted.get(1..quoted.len() - 1).unwrap_or_default());
    let rows = tx.query(
        "SELECT id, at_ms, subject, kind, actor, source, reason, data FROM event
         WHERE subject = ?1 AND LOWER(data) LIKE ?2 ESCAPE '!' ORDER BY id LIMIT ?3",
        args![subject, &like, limit],
    )?;
    rows.iter().map(event).collect()
}

/// Takes words out of an event: the only way in which one is ever changed.
pub fn set_data(tx: &mut dyn Tx, id: i64, data: &str) -> Result<(), StoreError> {
    tx.exec("UPDATE event SET data = ?2 WHERE id = ?1", args![id, data])?;
    Ok(())
}

/// A page of a subject's events, newest first.
pub fn newest_by_subject(
    tx: &mut dyn Tx,
    subject: &str,
    skip: i64,
    limit: i64,
) -> Result<Vec<Event>, StoreError> {
    let rows = tx.query(
        "SELECT id, at_ms, subject, kind, actor, source, reason, data FROM event
         WHERE subject = ?1 ORDER BY id DESC LIMIT ?2 OFFSET ?3",
        args![subject, limit, skip],
    )?;
    rows.iter().map(event).collect()
}

/// How many events a subject has up to this moment.
pub fn count_by_subject(tx: &mut dyn Tx, subject: &str, until: Timestamp) -> Result<i64, StoreError> {
    tx.query_i64("SELECT COUNT(*) FROM event WHERE subject = ?1 AND at_ms <= ?2", args![subject, until])
}

/// The newest events of these kinds, newest first.
pub fn newest_of_kinds(
    tx: &mut dyn Tx,
    subject: &str,
    kinds: [&str; 2],
    limit: i64,
) -> Result<Vec<Event>, StoreError> {
    let [one, other] = kinds;
    let rows = tx.query(
        "SELECT id, at_ms, subject, kind, actor, source, reason, data FROM event
         WHERE subject = ?1 AND kind IN (?2, ?3) ORDER BY id DESC LIMIT ?4",
        args![subject, one, other, limit],
    )?;
    rows.iter().map(event).collect()
}

fn event(row: &Row) -> Result<Event, StoreError> {
    Ok(Event {
        id: row.get(0)?,
        at: row.get(1)?,
        subject: row.get(2)?,
        kind: row.get(3)?,
        actor: row.get(4)?,
        source: row.get(5)?,
        reason: row.get(6)?,
        data: row.get(7)?,
    })
}
