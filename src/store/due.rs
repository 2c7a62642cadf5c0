//! Every moment at which something is due is a row here. Whoever sets one wakes the driver, which waits for the next.

use super::{Row, StoreError, Tx};
use crate::args;
use crate::domain::time::Timestamp;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    pub kind: String,
    pub subject: String,
    pub at: Timestamp,
    pub data: String,
}

/// Sets the moment, replacing an earlier one of the same kind and subject.
pub fn set(tx: &mut dyn Tx, kind: &str, subject: &str, at: Timestamp, data: &str) -> Result<(), StoreError> {
    tx.exec(
        "INSERT INTO due (kind, subject, at_ms, data) VALUES (?1, ?2, ?3, ?4) \
         ON CONFLICT (kind, subject) DO UPDATE SET at_ms = excluded.at_ms, data = excluded.data",
        args![kind, subject, at, data],
    )?;
    tx.wake("engine");
    Ok(())
}

/// Sets the moment unless an earlier one stands already. What was begun at that one begins anew: its data goes.
pub fn set_earlier(tx: &mut dyn Tx, kind: &str, subject: &str, at: Timestamp) -> Result<(), StoreError> {
    tx.exec(
        "INSERT INTO due (kind, subject, at_ms) VALUES (?1, ?2, ?3) \
         ON CONFLICT (kind, subject) DO UPDATE SET at_ms = \
         CASE WHEN due.at_ms < excluded.at_ms THEN due.at_ms ELSE excluded.at_ms END, data = excluded.data",
        args![kind, subject, at],
    )?;
    tx.wake("engine");
    Ok(())
}

pub fn clear(tx: &mut dyn Tx, kind: &str, subject: &str) -> Result<(), StoreError> {
    tx.exec("DELETE FROM due WHERE kind = ?1 AND subject = ?2", args![kind, subject])?;
    Ok(())
}

/// When it is due, if it is.
pub fn at(tx: &mut dyn Tx, kind: &str, subject: &str) -> Result<Option<Timestamp>, StoreError> {
    tx.query_one("SELECT at_ms FROM due WHERE kind = ?1 AND subject = ?2", args![kind, subject])?
        .map(|row| row.get(0))
        .transpose()
}

/// The earliest due moments, in their order; for a look only.
pub fn list(tx: &mut dyn Tx, now: Timestamp, limit: i64) -> Result<Vec<Due>, StoreError> {
    tx.query(DUE, args![now, limit])?.iter().map(due).collect()
}

/// Takes one out that was listed. Whether it was still there.
pub fn claim(tx: &mut dyn Tx, one: &Due, now: Timestamp) -> Result<bool, StoreError> {
    let taken = tx.exec(
        "DELETE FROM due WHERE kind = ?1 AND subject = ?2 AND at_ms <= ?3",
        args![&one.kind, &one.subject, now],
    )?;
    Ok(taken > 0)
}

/// Takes the earliest due moments out, in their order.
pub fn take(tx: &mut dyn Tx, now: Timestamp, limit: i64) -> Result<Vec<Due>, StoreError> {
    let rows = tx.query(&format!("{DUE} /*skip locked*/"), args![now, limit])?;
    let mut taken = Vec::with_capacity(rows.len());
    for row in &rows {
        let due = due(row)?;
        clear(tx, &due.kind, &due.subject)?;
        taken.push(due);
    }
    Ok(taken)
}

const DUE: &str =
    "SELECT kind, subject, at_ms, data FROM due WHERE at_ms <= ?1 ORDER BY at_ms, kind, subject LIMIT ?2";

fn due(row: &Row) -> Result<Due, StoreError> {
    Ok(Due { kind: row.get(0)?, subject: row.get(1)?, at: row.get(2)?, data: row.get(3)? })
}

pub fn next_at(tx: &mut dyn Tx) -> Result<Option<Timestamp>, StoreError> {
    tx.query_one("SELECT MIN(at_ms) FROM due", &[])?.map_or(Ok(None), |row| row.get(0))
}
