//! The alerts of groups, and which of them may hush others.

use super::{Row, StoreError, Tx};
use crate::args;
use crate::domain::time::Timestamp;

/// An alert in a group. `labels` and `data` are JSON, read only where they are needed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertRow {
    pub group_id: i64,
    pub fingerprint: String,
    pub integration: String,
    pub firing: bool,
    pub priority: u32,
    pub starts: Timestamp,
    pub ended: Option<Timestamp>,
    pub expires: Option<Timestamp>,
    pub seen: Timestamp,
    /// The status its group's thread has told.
    pub told: String,
    pub labels: String,
    pub data: String,
}

const COLUMNS: &str = "group_id, fingerprint, integration, status, priority, starts_ms, ended_ms, expires_ms, seen_ms, \
                       told, labels, data";

fn alert(row: &Row) -> Result<AlertRow, StoreError> {
    let status: String = row.get(3)?;
    Ok(AlertRow {
        group_id: row.get(0)?,
        fingerprint: row.get(1)?,
        integration: row.get(2)?,
        firing: status == "firing",
        priority: row.get(4)?,
        starts: row.get(5)?,
        ended: row.get(6)?,
        expires: row.get(7)?,
        seen: row.get(8)?,
        told: row.get(9)?,
        labels: row.get(10)?,
        data: row.get(11)?,
    })
}

pub fn get(tx: &mut dyn Tx, group_id: i64, fingerprint: &str) -> Result<Option<AlertRow>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM alert WHERE group_id = ?1 AND fingerprint = ?2");
    tx.query_one(&sql, args![group_id, fingerprint])?.as_ref().map(alert).transpose()
}

/// The groups in which this alert fires now.
pub fn groups_firing(tx: &mut dyn Tx, integration: &str, fingerprint: &str) -> Result<Vec<i64>, StoreError> {
    tx.query(
        "SELECT group_id FROM alert WHERE integration = ?1 AND fingerprint = ?2 AND status = 'firing' ORDER BY group_id",
        args![integration, fingerprint],
    )?
    .iter()
    .map(|row| row.get(0))
    .collect()
}

/// The alert in each group in which it fires now.
pub fn firing(tx: &mut dyn Tx, integration: &str, fingerprint: &str) -> Result<Vec<AlertRow>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM alert WHERE integration = ?1 AND fingerprint = ?2 AND status = 'firing' ORDER BY group_id"
    );
    tx.query(&sql, args![integration, fingerprint])?.iter().map(alert).collect()
}

/// Adds the alert or replaces what was known of it.
pub fn put(tx: &mut dyn Tx, row: &AlertRow) -> Result<(), StoreError> {
    tx.exec(
        "INSERT INTO alert (group_id, fingerprint, integration, status, priority, starts_ms, ended_ms, expires_ms, \
         seen_ms, told, labels, data) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12) \
         ON CONFLICT (group_id, fingerprint) DO UPDATE SET integration = excluded.integration, \
         status = excluded.status, priority = excluded.priority, starts_ms = excluded.starts_ms, \
         ended_ms = excluded.ended_ms, expires_ms = excluded.expires_ms, seen_ms = excluded.seen_ms, \
         told = excluded.told, labels = excluded.labels, data = excluded.data",
        args![
            row.group_id,
            &row.fingerprint,
            &row.integration,
            if row.firing { "firing" } else { "resolved" },
            row.priority,
            row.starts,
            row.ended,
            row.expires,
            row.seen,
            &row.told,
            &row.labels,
            &row.data
        ],
    )?;
    Ok(())
}

/// Heard of again: in every group in which it fires, also those it would not be routed to today.
pub fn seen_again(
    tx: &mut dyn Tx,
    integration: &str,
    fingerprint: &str,
    seen: Timestamp,
    expires: Option<Timestamp>,
) -> Result<(), StoreError> {
    tx.exec(
        "UPDATE alert SET seen_ms = ?3, expires_ms = ?4 \
         WHERE integration = ?1 AND fingerprint = ?2 AND status = 'firing'",
        args![integration, fingerprint, seen, expires],
    )?;
    Ok(())
}

/// It ended, if it began by `of`. Labels, values and texts of when it fired stay.
pub fn end(
    tx: &mut dyn Tx,
    group_id: i64,
    fingerprint: &str,
    ended: Timestamp,
    of: Timestamp,
) -> Result<bool, StoreError> {
    let changed = tx.exec(
        "UPDATE alert SET status = 'resolved', ended_ms = ?3, expires_ms = NULL \
         WHERE group_id = ?1 AND fingerprint = ?2 AND status = 'firing' AND starts_ms <= ?4",
        args![group_id, fingerprint, ended, of],
    )?;
    Ok(changed > 0)
}

/// Every alert of the group ended; how many that were.
pub fn end_all(tx: &mut dyn Tx, group_id: i64, ended: Timestamp) -> Result<u32, StoreError> {
    let changed = tx.exec(
        "UPDATE alert SET status = 'resolved', ended_ms = ?2, expires_ms = NULL \
         WHERE group_id = ?1 AND status = 'firing'",
        args![group_id, ended],
    )?;
    Ok(u32::try_from(changed).unwrap_or(u32::MAX))
}

/// The most important alerts of a group: firing first, then by priority and age.
pub fn top(tx: &mut dyn Tx, group_id: i64, limit: i64) -> Result<Vec<AlertRow>, StoreError> {
    let mut found = top_of(tx, group_id, "firing", limit)?;
    let left = limit - i64::try_from(found.len()).unwrap_or(limit);
    if left > 0 {
        found.extend(top_of(tx, group_id, "resolved", left)?);
    }
    Ok(found)
}

fn top_of(tx: &mut dyn Tx, group_id: i64, status: &str, limit: i64) -> Result<Vec<AlertRow>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM alert WHERE group_id = ?1 AND status = ?2 \
         ORDER BY priority, starts_ms, fingerprint LIMIT ?3"
    );
    tx.query(&sql, args![group_id, status, limit])?.iter().map(alert).collect()
}

/// The labels of every firing alert of a group.
pub fn firing_labels(tx: &mut dyn Tx, group_id: i64) -> Result<Vec<(String, String)>, StoreError> {
    tx.query(
        "SELECT fingerprint, labels FROM alert WHERE group_id = ?1 AND status = 'firing' ORDER BY fingerprint",
        args![group_id],
    )?
    .iter()
    .map(|row| Ok((row.get(0)?, row.get(1)?)))
    .collect()
}

/// The labels of firing alerts of a group, in the order of their fingerprints, from behind `after` on.
pub fn firing_labels_after(
    tx: &mut dyn Tx,
    group_id: i64,
    after: &str,
    limit: i64,
) -> Result<Vec<(String, String)>, StoreError> {
    tx.query(
        "SELECT fingerprint, labels FROM alert WHERE group_id = ?1 AND fingerprint > ?2 AND status = 'firing' \
         ORDER BY fingerprint LIMIT ?3",
        args![group_id, after, limit],
    )?
    .iter()
    .map(|row| Ok((row.get(0)?, row.get(1)?)))
    .collect()
}

/// The labels of every alert of a group, firing or not.
pub fn labels(tx: &mut dyn Tx, group_id: i64) -> Result<Vec<(String, String)>, StoreError> {
    tx.query(
        "SELECT fingerprint, labels FROM alert WHERE group_id = ?1 ORDER BY fingerprint",
        args![group_id],
    )?
    .iter()
    .map(|row| Ok((row.get(0)?, row.get(1)?)))
    .collect()
}

/// The priority and labels of firing alerts that are more urgent than this: the most urgent first.
pub fn more_urgent(
    tx: &mut dyn Tx,
    group_id: i64,
    than: u8,
    limit: i64,
) -> Result<Vec<(u32, String)>, StoreError> {
    tx.query(
        "SELECT priority, labels FROM alert WHERE group_id = ?1 AND status = 'firing' AND priority < ?2 \
         ORDER BY priority, starts_ms, fingerprint LIMIT ?3",
        args![group_id, than, limit],
    )?
    .iter()
    .map(|row| Ok((row.get(0)?, row.get(1)?)))
    .collect()
}

/// Alerts whose thread was told something else than what is: the first `limit` of them by importance.
pub fn untold(tx: &mut dyn Tx, group_id: i64, firing: bool, limit: i64) -> Result<Vec<AlertRow>, StoreError> {
    let status = if firing { "firing" } else { "resolved" };
    let sql = format!(
        "SELECT {COLUMNS} FROM alert WHERE group_id = ?1 AND status = ?2 AND told <> ?2 AND (?2 = 'firing' OR told <> '') \
         ORDER BY priority, starts_ms, fingerprint LIMIT ?3"
    );
    tx.query(&sql, args![group_id, status, limit])?.iter().map(alert).collect()
}

pub fn count_untold(tx: &mut dyn Tx, group_id: i64, firing: bool) -> Result<u32, StoreError> {
    let status = if firing { "firing" } else { "resolved" };
    let count = tx.query_i64(
        "SELECT COUNT(*) FROM alert WHERE group_id = ?1 AND status = ?2 AND told <> ?2 AND (?2 = 'firing' OR told <> '')",
        args![group_id, status],
    )?;
    Ok(u32::try_from(count).unwrap_or(u32::MAX))
}

/// The thread has been told what is.
pub fn tell(tx: &mut dyn Tx, group_id: i64) -> Result<(), StoreError> {
    tx.exec("UPDATE alert SET told = status WHERE group_id = ?1 AND told <> status", args![group_id])?;
    Ok(())
}

/// When the newest sign of a firing alert of the group came in.
pub fn last_seen(tx: &mut dyn Tx, group_id: i64) -> Result<Option<Timestamp>, StoreError> {
    tx.query_one("SELECT MAX(seen_ms) FROM alert WHERE group_id = ?1 AND status = 'firing'", args![group_id])?
        .map_or(Ok(None), |row| row.get(0))
}

/// Firing alerts that nobody repeated in time.
pub fn expired(
    tx: &mut dyn Tx,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<(String, String, Timestamp)>, StoreError> {
    tx.query(
        "SELECT integration, fingerprint, MIN(expires_ms) FROM alert \
         WHERE status = 'firing' AND expires_ms IS NOT NULL AND expires_ms <= ?1 \
         GROUP BY integration, fingerprint ORDER BY MIN(expires_ms), fingerprint LIMIT ?2",
        args![now, limit],
    )?
    .iter()
    .map(|row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
    .collect()
}

/// It did not end when it should have: the next try is `later`.
pub fn put_off_expiry(
    tx: &mut dyn Tx,
    integration: &str,
    fingerprint: &str,
    now: Timestamp,
    later: Timestamp,
) -> Result<(), StoreError> {
    tx.exec(
        "UPDATE alert SET expires_ms = ?4 WHERE integration = ?1 AND fingerprint = ?2 AND status = 'firing' \
         AND expires_ms <= ?3",
        args![integration, fingerprint, now, later],
    )?;
    Ok(())
}

pub fn next_expiry(tx: &mut dyn Tx) -> Result<Option<Timestamp>, StoreError> {
    tx.query_one("SELECT MIN(expires_ms) FROM alert WHERE status = 'firing' AND expires_ms IS NOT NULL", &[])?
        .map_or(Ok(None), |row| row.get(0))
}

/// A firing alert, whatever groups it stands in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Firing {
    pub integration: String,
    pub fingerprint: String,
    pub labels: String,
    pub seen: Timestamp,
    pub expires: Option<Timestamp>,
}

/// Every firing alert once, the one last heard of last: for a new inhibition rule.
pub fn all_firing(tx: &mut dyn Tx) -> Result<Vec<Firing>, StoreError> {
    tx.query(
        "SELECT integration, fingerprint, labels, MAX(seen_ms), MAX(expires_ms) FROM alert WHERE status = 'firing' \
         GROUP BY integration, fingerprint, labels ORDER BY MAX(seen_ms), integration, fingerprint",
        &[],
    )?
    .iter()
    .map(|row| {
        Ok(Firing {
            integration: row.get(0)?,
            fingerprint: row.get(1)?,
            labels: row.get(2)?,
            seen: row.get(3)?,
            expires: row.get(4)?,
        })
    })
    .collect()
}
