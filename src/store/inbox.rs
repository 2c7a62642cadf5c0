//! The inbox rows: what came in from Slack, before it is acknowledged, and what could not be dealt with.

use super::{Row, StoreError, Tx};
use crate::args;
use crate::domain::time::Timestamp;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InboxRow {
    pub id: i64,
    pub origin: String,
    pub body: String,
    pub received: Timestamp,
    pub attempts: u32,
}

/// Adds an input; `None` when its key was there already: a second delivery does nothing.
pub fn put(
    tx: &mut dyn Tx,
    origin: &str,
    dedup_key: &str,
    body: &str,
    now: Timestamp,
) -> Result<Option<i64>, StoreError> {
    tx.query_one(
        "INSERT INTO inbox (kind, origin, dedup_key, body, received_ms, state) VALUES ('slack', ?1, ?2, ?3, ?4, 'new') \
         ON CONFLICT (dedup_key) DO NOTHING RETURNING id",
        args![origin, dedup_key, body, now],
    )?
    .map(|row| row.get(0))
    .transpose()
}

/// Inputs that came in before `received_before` and wait, for a look only; [`claim`] each before dealing with it.
pub fn list_waiting(
    tx: &mut dyn Tx,
    received_before: Timestamp,
    limit: i64,
) -> Result<Vec<InboxRow>, StoreError> {
    tx.query(
        "SELECT id, origin, body, received_ms, attempts FROM inbox WHERE kind = 'slack' AND state = 'new' \
         AND received_ms <= ?1 ORDER BY id LIMIT ?2",
        args![received_before, limit],
    )?
    .iter()
    .map(row)
    .collect()
}

fn row(row: &Row) -> Result<InboxRow, StoreError> {
    Ok(InboxRow {
        id: row.get(0)?,
        origin: row.get(1)?,
        body: row.get(2)?,
        received: row.get(3)?,
        attempts: row.get(4)?,
    })
}

/// Whether it still waits (another worker may have been faster), locking it on PostgreSQL.
pub fn claim(tx: &mut dyn Tx, id: i64) -> Result<bool, StoreError> {
    let sql = "SELECT 1 FROM inbox WHERE id = ?1 AND state IN ('new', 'held') /*for update*/";
    Ok(tx.query_one(sql, args![id])?.is_some())
}

/// An input that waits until Slack has told who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    pub id: i64,
    pub body: String,
    /// Since when.
    pub held: Timestamp,
    /// When Slack is asked again.
    pub retry: Timestamp,
}

/// Holds an input back until then; whether it still waited.
pub fn hold(tx: &mut dyn Tx, id: i64, now: Timestamp, retry: Timestamp) -> Result<bool, StoreError> {
    let changed = tx.exec(
        "UPDATE inbox SET state = 'held', held_ms = COALESCE(held_ms, ?2), retry_ms = ?3 \
         WHERE id = ?1 AND state IN ('new', 'held')",
        args![id, now, retry],
    )?;
    tx.wake("held");
    Ok(changed > 0)
}

/// Inputs that are held back, the oldest first, for a look only; [`claim`] each before dealing with it.
pub fn list_held(tx: &mut dyn Tx, limit: i64) -> Result<Vec<Held>, StoreError> {
    tx.query(
        "SELECT id, body, held_ms, retry_ms FROM inbox WHERE state = 'held' ORDER BY id LIMIT ?1",
        args![limit],
    )?
    .iter()
    .map(|row| Ok(Held { id: row.get(0)?, body: row.get(1)?, held: row.get(2)?, retry: row.get(3)? }))
    .collect()
}

pub fn count_held(tx: &mut dyn Tx) -> Result<i64, StoreError> {
    tx.query_i64("SELECT COUNT(*) FROM inbox WHERE state = 'held'", &[])
}

/// Slack has told something: whatever is held back is tried again now.
pub fn retry_held(tx: &mut dyn Tx, now: Timestamp) -> Result<(), StoreError> {
    if tx.exec("UPDATE inbox SET retry_ms = ?1 WHERE state = 'held' AND retry_ms > ?1", args![now])? > 0 {
        tx.wake("held");
    }
    Ok(())
}

/// Done; the key stays so that a second delivery does nothing.
pub fn done(tx: &mut dyn Tx, id: i64, now: Timestamp) -> Result<(), StoreError> {
    tx.exec("UPDATE inbox SET state = 'done', body = '', done_ms = ?2 WHERE id = ?1", args![id, now])?;
    Ok(())
}

/// Done, though nobody knew what it was: kept whole until `store.retention`, so that somebody can look.
pub fn odd(tx: &mut dyn Tx, id: i64, now: Timestamp) -> Result<(), StoreError> {
    tx.exec("UPDATE inbox SET state = 'odd', done_ms = ?2 WHERE id = ?1", args![id, now])?;
    Ok(())
}

/// It failed once more and stays.
pub fn tried(tx: &mut dyn Tx, id: i64) -> Result<(), StoreError> {
    tx.exec("UPDATE inbox SET attempts = attempts + 1 WHERE id = ?1", args![id])?;
    Ok(())
}

/// It cannot be dealt with: kept whole, with the reason.
pub fn failed(tx: &mut dyn Tx, id: i64, error: &str) -> Result<(), StoreError> {
    tx.exec(
        "UPDATE inbox SET state = 'failed', attempts = attempts + 1, error = ?2 WHERE id = ?1",
        args![id, error],
    )?;
    Ok(())
}

/// How many rows stand in each state that is not done.
pub fn count_by_state(tx: &mut dyn Tx) -> Result<Vec<(String, i64)>, StoreError> {
    tx.query("SELECT state, COUNT(*) FROM inbox WHERE state <> 'done' GROUP BY state ORDER BY state", &[])?
        .iter()
        .map(|row| Ok((row.get(0)?, row.get(1)?)))
        .collect()
}

/// Forgets keys that no second delivery will bring any more.
pub fn forget_done(tx: &mut dyn Tx, before: Timestamp) -> Result<u64, StoreError> {
    tx.exec("DELETE FROM inbox WHERE state = 'done' AND done_ms < ?1", args![before])
}
