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
