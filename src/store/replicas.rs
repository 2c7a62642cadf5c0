//! The replicas at work on this database (PostgreSQL): each says every second that it lives.

use super::{StoreError, Tx};
use crate::args;
use crate::domain::time::Timestamp;

/// One of them, as it last spoke.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replica {
    pub holder: String,
    /// The newest schema it knows.
    pub schema: i64,
    /// How often it spoke: whether that grows tells whether it lives, whatever its clock says.
    pub beats: i64,
}

/// This one lives. False if it was not known: it is new, or was taken for dead.
pub fn beat(tx: &mut dyn Tx, holder: &str, schema: i64, now: Timestamp) -> Result<bool, StoreError> {
    let known =
        tx.exec("UPDATE replica SET beats = beats + 1, beat_ms = ?2 WHERE holder = ?1", args![holder, now])?;
    if known == 0 {
        tx.exec(
            "INSERT INTO replica (holder, schema_version, beats, beat_ms) VALUES (?1, ?2, 1, ?3)",
            args![holder, schema, now],
        )?;
    }
    Ok(known > 0)
}

pub fn all(tx: &mut dyn Tx) -> Result<Vec<Replica>, StoreError> {
    tx.query("SELECT holder, schema_version, beats FROM replica ORDER BY holder", &[])?
        .iter()
        .map(|row| Ok(Replica { holder: row.get(0)?, schema: row.get(1)?, beats: row.get(2)? }))
        .collect()
}

/// It ends in good order.
pub fn leave(tx: &mut dyn Tx, holder: &str) -> Result<(), StoreError> {
    tx.exec("DELETE FROM replica WHERE holder = ?1", args![holder]).map(drop)
}

/// It is dead, unless it has spoken since: its leases are free. Whether it was.
pub fn bury(tx: &mut dyn Tx, dead: &Replica) -> Result<bool, StoreError> {
    let buried =
        tx.exec("DELETE FROM replica WHERE holder = ?1 AND beats = ?2", args![&dead.holder, dead.beats])?;
    if buried > 0 {
        tx.exec("DELETE FROM lease WHERE holder = ?1", args![&dead.holder])?;
    }
    Ok(buried > 0)
}

/// In `meta`: the schema that a newer replica wants to migrate to, and when it said so.
pub const UPGRADE: &str = "upgrade_wanted";

/// The newest schema that the database has, or is about to get by a replica that asked since `since`.
pub fn schema(tx: &mut dyn Tx, since: Timestamp) -> Result<i64, StoreError> {
    let has = tx.query_i64("SELECT COALESCE(MAX(version), 0) FROM schema_migration", &[])?;
    let wanted = tx.query_one("SELECT value FROM meta WHERE key = ?1", args![UPGRADE])?;
    let wanted: Option<String> = wanted.map(|row| row.get(0)).transpose()?;
    let wanted = wanted.as_deref().and_then(|text| {
        let (version, at_ms) = text.split_once('@')?;
        let at = Timestamp::from_ms(at_ms.parse().ok()?);
        version.parse::<i64>().ok().filter(|_| at >= since)
    });
    Ok(has.max(wanted.unwrap_or(0)))
}
