//! Storms and the groups that are told in their messages.

use super::groups::{self, COLUMNS};
use super::{Row, StoreError, Tx};
use crate::args;
use crate::domain::group::Group;
use crate::domain::picture::storm::StormTotals;
use crate::domain::storm::Raging;
use crate::domain::time::Timestamp;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Storm {
    pub id: i64,
    /// As configured.
    pub channel: String,
    pub urgent: bool,
    pub raging: Raging,
    /// When the channel last heard of those that joined.
    pub rung: Timestamp,
    /// It takes in no more since then.
    pub ended: Option<Timestamp>,
}

const STORM: &str = "id, channel, urgent, began_ms, joined_ms, rung_ms, ended_ms";

fn storm(row: &Row) -> Result<Storm, StoreError> {
    let urgent: i64 = row.get(2)?;
    Ok(Storm {
        id: row.get(0)?,
        channel: row.get(1)?,
        urgent: urgent != 0,
        raging: Raging { began: row.get(3)?, joined: row.get(4)? },
        rung: row.get(5)?,
        ended: row.get(6)?,
    })
}

/// Notes that a group begins to speak in a channel, forgets those that did before `since`, and gives those that are left.
pub fn watch(
    tx: &mut dyn Tx,
    channel: &str,
    urgent: bool,
    group: i64,
    now: Timestamp,
    since: Timestamp,
) -> Result<Vec<i64>, StoreError> {
    let urgent = i64::from(urgent);
    tx.exec(
        "INSERT INTO storm_watch (channel, urgent, group_id, at_ms) VALUES (?1, ?2, ?3, ?4) \
         ON CONFLICT (channel, urgent, group_id) DO UPDATE SET at_ms = excluded.at_ms",
        args![channel, urgent, group, now],
    )?;
    // A clock that was set back leaves nothing behind that would count for ever.
    tx.exec(
        "DELETE FROM storm_watch WHERE channel = ?1 AND urgent = ?2 AND (at_ms <= ?3 OR at_ms > ?4)",
        args![channel, urgent, since, now],
    )?;
    tx.query(
        "SELECT group_id FROM storm_watch WHERE channel = ?1 AND urgent = ?2 ORDER BY group_id",
        args![channel, urgent],
    )?
    .iter()
    .map(|row| row.get(0))
    .collect()
}

/// A storm has taken them in.
pub fn forget_watch(tx: &mut dyn Tx, channel: &str, urgent: bool) -> Result<(), StoreError> {
    tx.exec("DELETE FROM storm_watch WHERE channel = ?1 AND urgent = ?2", args![channel, i64::from(urgent)])?;
    Ok(())
}

/// A new storm; its id.
pub fn add(tx: &mut dyn Tx, channel: &str, urgent: bool, now: Timestamp) -> Result<i64, StoreError> {
    tx.query_i64(
        "INSERT INTO storm (channel, urgent, began_ms, joined_ms, rung_ms) VALUES (?1, ?2, ?3, ?3, ?3) RETURNING id",
        args![channel, i64::from(urgent), now],
    )
}

/// A group is told in its message from now on; `told` if the channel hears of it with the message itself.
pub fn join(tx: &mut dyn Tx, id: i64, group: i64, told: bool, now: Timestamp) -> Result<(), StoreError> {
    tx.exec(
        "INSERT INTO storm_group (storm_id, group_id, joined_ms, told) VALUES (?1, ?2, ?3, ?4) \
         ON CONFLICT (storm_id, group_id) DO UPDATE SET joined_ms = excluded.joined_ms, told = excluded.told",
        args![id, group, now, i64::from(told)],
    )?;
    tx.exec("UPDATE storm SET joined_ms = ?2 WHERE id = ?1 AND joined_ms < ?2", args![id, now])?;
    Ok(())
}

/// The storm of a channel that takes in what comes.
pub fn raging(tx: &mut dyn Tx, channel: &str, urgent: bool) -> Result<Option<Storm>, StoreError> {
    let sql = format!(
        "SELECT {STORM} FROM storm WHERE channel = ?1 AND urgent = ?2 AND ended_ms IS NULL ORDER BY id DESC LIMIT 1"
    );
    tx.query_one(&sql, args![channel, i64::from(urgent)])?.as_ref().map(storm).transpose()
}

pub fn by_id(tx: &mut dyn Tx, id: i64) -> Result<Option<Storm>, StoreError> {
    let sql = format!("SELECT {STORM} FROM storm WHERE id = ?1");
    tx.query_one(&sql, args![id])?.as_ref().map(storm).transpose()
}

pub fn end(tx: &mut dyn Tx, id: i64, now: Timestamp) -> Result<(), StoreError> {
    tx.exec("UPDATE storm SET ended_ms = ?2 WHERE id = ?1 AND ended_ms IS NULL", args![id, now])?;
    Ok(())
}

/// The channel has heard of all that joined.
pub fn rung(tx: &mut dyn Tx, id: i64, now: Timestamp) -> Result<(), StoreError> {
    tx.exec("UPDATE storm_group SET told = 1 WHERE storm_id = ?1 AND told = 0", args![id])?;
    tx.exec("UPDATE storm SET rung_ms = ?2 WHERE id = ?1", args![id, now])?;
    Ok(())
}

/// The message that was sent at `sent` told of all that had joined by then.
pub fn told_before(tx: &mut dyn Tx, id: i64, sent: Timestamp) -> Result<(), StoreError> {
    tx.exec(
        "UPDATE storm_group SET told = 1 WHERE storm_id = ?1 AND told = 0 AND joined_ms < ?2",
        args![id, sent],
    )?;
    tx.exec("UPDATE storm SET rung_ms = ?2 WHERE id = ?1 AND rung_ms < ?2", args![id, sent])?;
    Ok(())
}

/// A storm that a group is told in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Membership {
    pub storm: i64,
    pub channel: String,
    /// It has, or gets, a message of its own.
    pub opened: bool,
}

/// The storms that tell of a group, the newest first.
pub fn of_group(tx: &mut dyn Tx, group: i64) -> Result<Vec<Membership>, StoreError> {
    tx.query(
        "SELECT m.storm_id, s.channel, m.opened FROM storm_group m JOIN storm s ON s.id = m.storm_id \
         WHERE m.group_id = ?1 ORDER BY m.storm_id DESC",
        args![group],
    )?
    .iter()
    .map(|row| {
        let opened: i64 = row.get(2)?;
        Ok(Membership { storm: row.get(0)?, channel: row.get(1)?, opened: opened != 0 })
    })
    .collect()
}

/// A group gets a message of its own in this channel.
pub fn open(tx: &mut dyn Tx, group: i64, channel: &str) -> Result<(), StoreError> {
    tx.exec(
        "UPDATE storm_group SET opened = 1 WHERE group_id = ?1 \
         AND storm_id IN (SELECT id FROM storm WHERE channel = ?2)",
        args![group, channel],
    )?;
    Ok(())
}

/// What a storm's groups are, counted.
pub fn totals(tx: &mut dyn Tx, id: i64) -> Result<StormTotals, StoreError> {
    let rows = tx.query(
        "SELECT g.state, COUNT(*), CAST(SUM(g.firing) AS BIGINT), \
         CAST(SUM(CASE WHEN g.firing > 0 THEN 1 ELSE 0 END) AS BIGINT) \
         FROM storm_group m JOIN alert_group g ON g.id = m.group_id WHERE m.storm_id = ?1 GROUP BY g.state",
        args![id],
    )?;
    let mut totals = StormTotals::default();
    for row in &rows {
        let state: String = row.get(0)?;
        let (groups, firing, burning): (u32, u32, u32) = (row.get(1)?, row.get(2)?, row.get(3)?);
        totals.groups += groups;
        match state.as_str() {
            "acknowledged" => totals.acknowledged = groups,
            "silenced" => totals.silenced = groups,
            "resolved" => totals.resolved = groups,
            _ => totals.waiting = burning,
        }
        if state != "resolved" {
            totals.firing += firing;
        }
    }
    Ok(totals)
}

/// A page of a storm's groups: what nobody has first, then the most urgent.
pub fn page(tx: &mut dyn Tx, id: i64, skip: i64, limit: i64) -> Result<Vec<Group>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM alert_group WHERE id IN (SELECT group_id FROM storm_group WHERE storm_id = ?1) \
         ORDER BY CASE state WHEN 'firing' THEN 0 WHEN 'acknowledged' THEN 1 WHEN 'silenced' THEN 2 ELSE 3 END, \
         priority, id LIMIT ?2 OFFSET ?3"
    );
    tx.query(&sql, args![id, limit, skip])?.iter().map(groups::group).collect()
}

const WAITING: &str = "state = 'firing' AND firing > 0 AND attached_to IS NULL";

/// Groups of a storm that fire and nobody has, and that joined by `until`.
pub fn waiting(tx: &mut dyn Tx, id: i64, until: Timestamp, limit: i64) -> Result<Vec<Group>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM alert_group WHERE {WAITING} AND id IN \
         (SELECT group_id FROM storm_group WHERE storm_id = ?1 AND joined_ms <= ?2) ORDER BY priority, id LIMIT ?3"
    );
    tx.query(&sql, args![id, until, limit])?.iter().map(groups::group).collect()
}

pub fn count_waiting(tx: &mut dyn Tx, id: i64) -> Result<u32, StoreError> {
    let sql = format!(
        "SELECT COUNT(*) FROM alert_group WHERE {WAITING} AND id IN \
         (SELECT group_id FROM storm_group WHERE storm_id = ?1)"
    );
    Ok(u32::try_from(tx.query_i64(&sql, args![id])?).unwrap_or(u32::MAX))
}

/// Those of them that the channel has not heard of: the first `limit`, and how many there are.
pub fn untold(tx: &mut dyn Tx, id: i64, limit: i64) -> Result<(Vec<Group>, u32), StoreError> {
    let theirs =
        format!("{WAITING} AND id IN (SELECT group_id FROM storm_group WHERE storm_id = ?1 AND told = 0)");
    let sql = format!("SELECT {COLUMNS} FROM alert_group WHERE {theirs} ORDER BY priority, id LIMIT ?2");
    let named = tx.query(&sql, args![id, limit])?.iter().map(groups::group).collect::<Result<_, _>>()?;
    let count = tx.query_i64(&format!("SELECT COUNT(*) FROM alert_group WHERE {theirs}"), args![id])?;
    Ok((named, u32::try_from(count).unwrap_or(u32::MAX)))
}

/// The receivers of its groups that fire and nobody has.
pub fn receivers_waiting(tx: &mut dyn Tx, id: i64) -> Result<Vec<String>, StoreError> {
    tx.query(
        "SELECT DISTINCT g.receiver FROM storm_group m JOIN alert_group g ON g.id = m.group_id \
         WHERE m.storm_id = ?1 AND g.state = 'firing' AND g.firing > 0 ORDER BY g.receiver",
        args![id],
    )?
    .iter()
    .map(|row| row.get(0))
    .collect()
}
