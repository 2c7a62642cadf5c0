//! Webhooks that came in and wait to be sorted into alert groups; one that cannot be is set aside in the inbox.

use super::{Row, StoreError, Tx};
use crate::args;
use crate::domain::time::Timestamp;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Webhook {
    pub id: i64,
    /// The integration's name.
    pub origin: String,
    pub body: String,
}

/// Adds one. It has no key: a sender's second try is another webhook, and its alerts are known.
pub fn add(tx: &mut dyn Tx, origin: &str, body: &str, now: Timestamp) -> Result<(), StoreError> {
    let sql = "INSERT INTO webhook (origin, body, received_ms) VALUES (?1, ?2, ?3)";
    tx.exec(sql, args![origin, body, now]).map(drop)
}

/// The oldest, locked for this transaction on PostgreSQL: at most `limit`, and no more than `bytes` of bodies together,
/// but one at least.
pub fn oldest(tx: &mut dyn Tx, limit: i64, bytes: usize) -> Result<Vec<Webhook>, StoreError> {
    let Some(last) = list_oldest(tx, limit, bytes)?.pop() else { return Ok(Vec::new()) };
    let sql = "SELECT id, origin, body FROM webhook WHERE id <= ?1 ORDER BY id /*skip locked*/";
    tx.query(sql, args![last.id])?.iter().map(webhook).collect()
}

/// A webhook by its number only: its body may be large.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    pub id: i64,
    pub origin: String,
}

/// Those that [`oldest`] gives, for a look only; [`take`] each before dealing with it.
pub fn list_oldest(tx: &mut dyn Tx, limit: i64, bytes: usize) -> Result<Vec<Listed>, StoreError> {
    let rows =
        tx.query("SELECT id, origin, OCTET_LENGTH(body) FROM webhook ORDER BY id LIMIT ?1", args![limit])?;
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

/// One that was listed, locked for this transaction on PostgreSQL; `None` when somebody else was faster.
pub fn take(tx: &mut dyn Tx, id: i64) -> Result<Option<Webhook>, StoreError> {
    let sql = "SELECT id, origin, body FROM webhook WHERE id = ?1 /*for update*/";
    tx.query_one(sql, args![id])?.as_ref().map(webhook).transpose()
}

/// Whether there is any.
pub fn any(tx: &mut dyn Tx) -> Result<bool, StoreError> {
    Ok(tx.query_one("SELECT 1 FROM webhook LIMIT 1", &[])?.is_some())
}

/// When the one that waits longest came in.
pub fn oldest_received(tx: &mut dyn Tx) -> Result<Option<Timestamp>, StoreError> {
    let row = tx.query_one("SELECT received_ms FROM webhook ORDER BY id LIMIT 1", &[])?;
    row.map(|row| row.get(0)).transpose()
}

pub fn count(tx: &mut dyn Tx) -> Result<i64, StoreError> {
    tx.query_i64("SELECT COUNT(*) FROM webhook", &[])
}

/// Its alerts are sorted in.
pub fn done(tx: &mut dyn Tx, id: i64) -> Result<(), StoreError> {
    tx.exec("DELETE FROM webhook WHERE id = ?1", args![id]).map(drop)
}

/// It cannot be dealt with: kept whole in the inbox, with the reason.
pub fn set_aside(tx: &mut dyn Tx, id: i64, error: &str) -> Result<(), StoreError> {
    tx.exec(
        "INSERT INTO inbox (kind, origin, body, received_ms, state, attempts, error) \
         SELECT 'alerts', origin, body, received_ms, 'failed', 1, ?2 FROM webhook WHERE id = ?1",
        args![id, error],
    )?;
    done(tx, id)
}

fn webhook(row: &Row) -> Result<Webhook, StoreError> {
    Ok(Webhook { id: row.get(0)?, origin: row.get(1)?, body: row.get(2)? })
}
