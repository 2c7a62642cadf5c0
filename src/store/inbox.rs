//! The inbox rows: what came in, before it is acknowledged.

use super::{Row, StoreError, Tx};
use crate::args;
use crate::domain::time::Timestamp;

/// Which worker an input is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    Alerts,
    Slack,
}

impl Kind {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Alerts => "alerts",
            Self::Slack => "slack",
        }
    }
}

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
    kind: Kind,
    origin: &str,
    dedup_key: Option<&str>,
    body: &str,
    now: Timestamp,
) -> Result<Option<i64>, StoreError> {
    tx.query_one(
        "INSERT INTO inbox (kind, origin, dedup_key, body, received_ms, state) VALUES (?1, ?2, ?3, ?4, ?5, 'new') \
         ON CONFLICT (dedup_key) DO NOTHING RETURNING id",
        args![kind.as_str(), origin, dedup_key, body, now],
    )?
    .map(|row| row.get(0))
    .transpose()
}

/// The oldest inputs nobody has dealt with, locked for this transaction on PostgreSQL: at most `limit`, and no more
/// than `bytes` of bodies together, but one at least.
pub fn waiting(tx: &mut dyn Tx, kind: Kind, limit: i64, bytes: usize) -> Result<Vec<InboxRow>, StoreError> {
    let Some(last) = list_oldest(tx, kind, limit, bytes)?.pop() else { return Ok(Vec::new()) };
    tx.query(
        "SELECT id, origin, body, received_ms, attempts FROM inbox WHERE kind = ?1 AND state = 'new' AND id <= ?2 \
         ORDER BY id /*skip locked*/",
        args![kind.as_str(), last.id],
    )?
    .iter()
    .map(row)
    .collect()
}

/// Whether there are more of them.
pub fn any_waiting(tx: &mut dyn Tx, kind: Kind) -> Result<bool, StoreError> {
    let one = "SELECT 1 FROM inbox WHERE kind = ?1 AND state = 'new' LIMIT 1";
    Ok(tx.query_one(one, args![kind.as_str()])?.is_some())
}

/// An input by its number only: its body may be large.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    pub id: i64,
    pub origin: String,
}

/// Those that [`waiting`] gives, for a look only; [`take`] each before dealing with it.
pub fn list_oldest(tx: &mut dyn Tx, kind: Kind, limit: i64, bytes: usize) -> Result<Vec<Listed>, StoreError> {
    let rows = tx.query(
        "SELECT id, origin, OCTET_LENGTH(body) FROM inbox WHERE kind = ?1 AND state = 'new' ORDER BY id LIMIT ?2",
        args![kind.as_str(), limit],
    )?;
    let (mut listed, mut sum) = (Vec::new(), 0_usize);
    for row in &rows {
        sum = sum.saturating_add(usize::try_from(row.get::<i64>(2)?).unwrap_or(usize::MAX));
        if sum > bytes && !listed.is_empty() {
            break;
        }
        listed.push(Listed { id: row.get(0)?, origin: row.get(1)? });
    }
    Ok(listed)
}

/// One that was listed, locked for this transaction on PostgreSQL; `None` when another worker was faster.
pub fn take(tx: &mut dyn Tx, id: i64) -> Result<Option<InboxRow>, StoreError> {
    tx.query_one(
        "SELECT id, origin, body, received_ms, attempts FROM inbox WHERE id = ?1 AND state = 'new' /*for update*/",
        args![id],
    )?
    .as_ref()
    .map(row)
    .transpose()
}

/// Inputs that came in before `received_before` and wait, for a look only; [`claim`] each before dealing with it.
pub fn list_waiting(
    tx: &mut dyn Tx,
    kind: Kind,
    received_before: Timestamp,
    limit: i64,
) -> Result<Vec<InboxRow>, StoreError> {
    tx.query(
        "SELECT id, origin, body, received_ms, attempts FROM inbox WHERE kind = ?1 AND state = 'new' \
         AND received_ms <= ?2 ORDER BY id LIMIT ?3",
        args![kind.as_str(), received_before, limit],
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
    Ok(tx
        .query_one("SELECT 1 FROM inbox WHERE id = ?1 AND state = 'new' /*for update*/", args![id])?
        .is_some())
}

/// Alerts have no second delivery to recognise: their row goes.
pub fn remove(tx: &mut dyn Tx, id: i64) -> Result<(), StoreError> {
    tx.exec("DELETE FROM inbox WHERE id = ?1", args![id])?;
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
