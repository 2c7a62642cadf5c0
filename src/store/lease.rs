//! Named leases: work that one replica does at a time, such as the ticking. Whoever holds the lease renews it
//! well before its time; a replica that died loses it when the time is over.

use std::time::Duration;

use super::{StoreError, Tx};
use crate::args;
use crate::domain::time::Timestamp;

/// Takes or renews the lease until `now + time`; whether `holder` has it now. The replicas' clocks must agree
/// to well within `time`.
pub fn acquire(
    tx: &mut dyn Tx,
    name: &str,
    holder: &str,
    now: Timestamp,
    time: Duration,
) -> Result<bool, StoreError> {
    let changed = tx.exec(
        "INSERT INTO lease (name, holder, until_ms) VALUES (?1, ?2, ?3)
         ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until_ms = excluded.until_ms
         WHERE lease.holder = excluded.holder OR lease.until_ms <= ?4",
        args![name, holder, now + time, now],
    )?;
    Ok(changed == 1)
}

/// Renews the lease; false if it was lost meanwhile (then stop the work it stands for).
pub fn renew(
    tx: &mut dyn Tx,
    name: &str,
    holder: &str,
    now: Timestamp,
    time: Duration,
) -> Result<bool, StoreError> {
    let changed = tx.exec(
        "UPDATE lease SET until_ms = ?3 WHERE name = ?1 AND holder = ?2 AND until_ms > ?4",
        args![name, holder, now + time, now],
    )?;
    Ok(changed == 1)
}

/// Gives the lease back, so that another may have it at once; false if it was not held.
pub fn release(tx: &mut dyn Tx, name: &str, holder: &str) -> Result<bool, StoreError> {
    Ok(tx.exec("DELETE FROM lease WHERE name = ?1 AND holder = ?2", args![name, holder])? == 1)
}

/// Who holds the lease at `now`.
pub fn holder(tx: &mut dyn Tx, name: &str, now: Timestamp) -> Result<Option<String>, StoreError> {
    let row = tx.query_one("SELECT holder FROM lease WHERE name = ?1 AND until_ms > ?2", args![name, now])?;
    row.map(|row| row.get(0)).transpose()
}
