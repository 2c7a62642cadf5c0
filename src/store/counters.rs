//! Numbers that are never used twice: alert groups, incidents.

use super::{StoreError, Tx};
use crate::args;

/// The next number, from 1 on. Rolled back with its transaction, so there are no holes either.
pub fn next(tx: &mut dyn Tx, name: &str) -> Result<i64, StoreError> {
    tx.query_one(
        "INSERT INTO counter (name, value) VALUES (?1, 1) \
         ON CONFLICT (name) DO UPDATE SET value = counter.value + 1 RETURNING value",
        args![name],
    )?
    .ok_or_else(|| StoreError::Inconsistent(format!("counter '{name}' gave nothing")))?
    .get(0)
}

/// Of alert groups.
pub const ALERT_GROUP: &str = "alert_group";
/// Of incidents.
pub const INCIDENT: &str = "incident";

/// The last number that was given; 0: none.
pub fn last(tx: &mut dyn Tx, name: &str) -> Result<i64, StoreError> {
    tx.query_one("SELECT value FROM counter WHERE name = ?1", args![name])?.map_or(Ok(0), |row| row.get(0))
}

/// Numbers up to this one were given elsewhere.
pub fn raise(tx: &mut dyn Tx, name: &str, to: i64) -> Result<(), StoreError> {
    tx.exec(
        "INSERT INTO counter (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = \
         CASE WHEN counter.value < excluded.value THEN excluded.value ELSE counter.value END",
        args![name, to],
    )?;
    Ok(())
}
