//! Silences by matchers.

use super::{Row, StoreError, Tx};
use crate::args;
use crate::domain::time::Timestamp;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SilenceRow {
    pub id: i64,
    /// As a person writes them: `{severity="warning", team=~"a|b"}`.
    pub matchers: String,
    pub starts: Timestamp,
    pub ends: Timestamp,
    pub created_by: String,
    pub comment: String,
    pub created: Timestamp,
}

const COLUMNS: &str = "id, matchers, starts_ms, ends_ms, created_by, comment, created_ms";

fn silence(row: &Row) -> Result<SilenceRow, StoreError> {
    Ok(SilenceRow {
        id: row.get(0)?,
        matchers: row.get(1)?,
        starts: row.get(2)?,
        ends: row.get(3)?,
        created_by: row.get(4)?,
        comment: row.get(5)?,
        created: row.get(6)?,
    })
}

pub fn add(tx: &mut dyn Tx, new: &SilenceRow) -> Result<i64, StoreError> {
    tx.query_i64(
        "INSERT INTO silence (matchers, starts_ms, ends_ms, created_by, comment, created_ms) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6) RETURNING id",
        args![&new.matchers, new.starts, new.ends, &new.created_by, &new.comment, new.created],
    )
}

/// Active and pending ones, the next to end first.
pub fn not_ended(tx: &mut dyn Tx, now: Timestamp) -> Result<Vec<SilenceRow>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM silence WHERE ends_ms > ?1 ORDER BY ends_ms, id");
    tx.query(&sql, args![now])?.iter().map(silence).collect()
}

pub fn count_not_ended(tx: &mut dyn Tx, now: Timestamp) -> Result<i64, StoreError> {
    tx.query_i64("SELECT COUNT(*) FROM silence WHERE ends_ms > ?1", args![now])
}

pub fn by_id(tx: &mut dyn Tx, id: i64) -> Result<Option<SilenceRow>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM silence WHERE id = ?1");
    tx.query_one(&sql, args![id])?.as_ref().map(silence).transpose()
}

/// Ends it now; `false` if it had ended already.
pub fn end(tx: &mut dyn Tx, id: i64, now: Timestamp) -> Result<bool, StoreError> {
    Ok(tx.exec("UPDATE silence SET ends_ms = ?2 WHERE id = ?1 AND ends_ms > ?2", args![id, now])? > 0)
}
