//! What is old enough goes, a bounded number of rows at a time: they are listed beside the writer, in the order of their
//! age, and removed in short transactions. Incidents never go, on purpose: their record is what people look up years later,
//! so nothing that it shows goes either: the events of an incident, its messages, and the alert groups that ever belonged to
//! it with their alerts, events and places.

use std::collections::HashSet;

use super::value::id_list;
use super::{Arg, Dialect, StoreError, Tx};
use crate::args;
use crate::domain::time::Timestamp;
use crate::limits::{RETENTION_ALERTS, STORE_FREE_PAGES_KEPT};

/// What is forgotten, in this order: the places of messages go once their group has gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Resolved groups with their alerts.
    Groups,
    Events,
    /// Where messages stand in Slack.
    Places,
    /// Messages that were given up.
    Outbox,
    /// Inputs that were set aside or were odd.
    Inbox,
    /// Silences that ended.
    Silences,
    /// Storms whose groups have all gone.
    Storms,
}

pub const KINDS: [Kind; 7] =
    [Kind::Groups, Kind::Events, Kind::Places, Kind::Outbox, Kind::Inbox, Kind::Silences, Kind::Storms];

impl Kind {
    pub const fn table(self) -> &'static str {
        match self {
            Self::Groups => "alert_group",
            Self::Events => "event",
            Self::Places => "message_ref",
            Self::Outbox => "outbox",
            Self::Inbox => "inbox",
            Self::Silences => "silence",
            Self::Storms => "storm",
        }
    }
}

/// How far a kind has been looked through: rows that are kept are looked at once, not again for every batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    at: Timestamp,
    id: i64,
    name: String,
}

/// The beginning.
impl Default for Place {
    fn default() -> Self {
        Self { at: Timestamp::from_ms(i64::MIN), id: i64::MIN, name: String::new() }
    }
}

/// Rows that are old enough.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Old {
    rows: Vec<Row>,
    /// Where the list goes on.
    pub end: Place,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Row {
    id: i64,
    /// Of a place its name, of an event its subject.
    name: String,
}

/// The next rows of before `before`; `None` when there are no more. Only to be read.
pub fn list(
    tx: &mut dyn Tx,
    kind: Kind,
    before: Timestamp,
    after: &Place,
    limit: i64,
) -> Result<Option<Old>, StoreError> {
    let sql = match kind {
        Kind::Groups => {
            "SELECT resolved_ms, id, '' FROM alert_group WHERE state = 'resolved' AND resolved_ms < ?1 \
             AND (resolved_ms, id) > (?2, ?3) ORDER BY resolved_ms, id LIMIT ?4"
        }
        Kind::Events => {
            "SELECT at_ms, id, subject FROM event WHERE at_ms < ?1 AND (at_ms, id) > (?2, ?3) \
             AND subject NOT LIKE 'incident:%' ORDER BY at_ms, id LIMIT ?4"
        }
        Kind::Places => {
            "SELECT posted_ms, 0, name FROM message_ref WHERE posted_ms < ?1 AND (posted_ms, name) > (?2, ?3) \
             AND name NOT LIKE 'incident%' AND name NOT LIKE 'announcement:%' ORDER BY posted_ms, name LIMIT ?4"
        }
        Kind::Outbox => {
            "SELECT created_ms, id, '' FROM outbox WHERE state = 'dead' AND created_ms < ?1 \
             AND (created_ms, id) > (?2, ?3) ORDER BY created_ms, id LIMIT ?4"
        }
        Kind::Inbox => {
            "SELECT received_ms, id, '' FROM inbox WHERE state IN ('failed', 'odd') AND received_ms < ?1 \
             AND (received_ms, id) > (?2, ?3) ORDER BY received_ms, id LIMIT ?4"
        }
        Kind::Storms => {
            "SELECT began_ms, id, '' FROM storm WHERE began_ms < ?1 AND (began_ms, id) > (?2, ?3) \
             AND NOT EXISTS (SELECT 1 FROM storm_group m WHERE m.storm_id = storm.id) ORDER BY began_ms, id LIMIT ?4"
        }
        Kind::Silences => {
            "SELECT ends_ms, id, '' FROM silence WHERE ends_ms < ?1 AND (ends_ms, id) > (?2, ?3) \
             ORDER BY ends_ms, id LIMIT ?4"
        }
    };
    let second = if kind == Kind::Places { Arg::T(&after.name) } else { Arg::I(after.id) };
    let rows = tx.query(sql, &[before.into(), after.at.into(), second, limit.into()])?;
    let Some(last) = rows.last() else { return Ok(None) };
    let end = Place { at: last.get(0)?, id: last.get(1)?, name: last.get(2)? };
    let rows = rows.iter().map(|row| Ok(Row { id: row.get(1)?, name: row.get(2)? }));
    Ok(Some(Old { rows: rows.collect::<Result<_, StoreError>>()?, end }))
}

/// What removing a list came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Removed {
    pub rows: u64,
    /// There is more to remove of the same list.
    pub more: bool,
}

/// Removes what was listed, as far as it is still old enough and nothing of an incident's record.
pub fn remove(tx: &mut dyn Tx, kind: Kind, before: Timestamp, old: &Old) -> Result<Removed, StoreError> {
    let ids: Vec<i64> = old.rows.iter().map(|row| row.id).collect();
    let done = |rows| Removed { rows, more: false };
    match kind {
        Kind::Groups => groups(tx, before, &ids),
        Kind::Events => {
            let of = |row: &Row| row.name.strip_prefix("group:").and_then(|id| id.parse().ok());
            let kept = of_incidents(tx, old.rows.iter().filter_map(of))?;
            let gone = old.rows.iter().filter(|row| of(row).is_none_or(|group| !kept.contains(&group)));
            by_id(tx, "DELETE FROM event WHERE TRUE", &gone.map(|row| row.id).collect::<Vec<_>>()).map(done)
        }
        Kind::Places => places(tx, before, &old.rows).map(done),
        Kind::Outbox => by_id(tx, "DELETE FROM outbox WHERE state = 'dead'", &ids).map(done),
        Kind::Inbox => by_id(tx, "DELETE FROM inbox WHERE state IN ('failed', 'odd')", &ids).map(done),
        Kind::Silences => by_id(tx, "DELETE FROM silence WHERE TRUE", &ids).map(done),
        Kind::Storms => by_id(tx, "DELETE FROM storm WHERE TRUE", &ids).map(done),
    }
}

fn by_id(tx: &mut dyn Tx, delete: &str, ids: &[i64]) -> Result<u64, StoreError> {
    if ids.is_empty() {
        return Ok(0);
    }
    let (places, args) = id_list(ids);
    tx.exec(&format!("{delete} AND id IN ({places})"), &args)
}

/// Those of these groups that ever belonged to an incident.
fn of_incidents(tx: &mut dyn Tx, groups: impl Iterator<Item = i64>) -> Result<HashSet<i64>, StoreError> {
    let groups: Vec<i64> = groups.collect::<HashSet<_>>().into_iter().collect();
    if groups.is_empty() {
        return Ok(HashSet::new());
    }
    let (places, args) = id_list(&groups);
    let sql = format!("SELECT DISTINCT group_id FROM incident_group WHERE group_id IN ({places})");
    tx.query(&sql, &args)?.iter().map(|row| row.get(0)).collect()
}

fn groups(tx: &mut dyn Tx, before: Timestamp, ids: &[i64]) -> Result<Removed, StoreError> {
    let kept = of_incidents(tx, ids.iter().copied())?;
    let ids: Vec<i64> = ids.iter().copied().filter(|id| !kept.contains(id)).collect();
    if ids.is_empty() {
        return Ok(Removed { rows: 0, more: false });
    }
    let (places, mut args) = id_list(&ids);
    let at = args.len() + 1;
    args.push(before.into());
    let sql = format!(
        "SELECT id, firing + resolved FROM alert_group WHERE id IN ({places}) AND state = 'resolved' \
         AND resolved_ms < ?{at} AND NOT EXISTS (SELECT 1 FROM alert a WHERE a.group_id = alert_group.id \
         AND a.status = 'firing') ORDER BY id"
    );
    let rows = tx.query(&sql, &args)?;
    let (mut gone, mut alerts) = (Vec::new(), 0);
    for row in &rows {
        let (id, count): (i64, i64) = (row.get(0)?, row.get(1)?);
        alerts += count;
        if alerts > RETENTION_ALERTS && !gone.is_empty() {
            break;
        }
        if count > RETENTION_ALERTS {
            let removed = some_alerts(tx, id)?;
            if i64::try_from(removed).is_ok_and(|removed| removed >= RETENTION_ALERTS) {
                return Ok(Removed { rows: removed, more: true });
            }
        }
        gone.push(id);
    }
    let more = gone.len() < rows.len();
    if gone.is_empty() {
        return Ok(Removed { rows: 0, more: false });
    }
    // What was attached to a group that goes stands for itself.
    let (places, args) = id_list(&gone);
    tx.exec(&format!("UPDATE alert_group SET attached_to = NULL WHERE attached_to IN ({places})"), &args)?;
    Ok(Removed { rows: by_id(tx, "DELETE FROM alert_group WHERE TRUE", &gone)?, more })
}

/// A group of thousands of alerts goes piece by piece.
fn some_alerts(tx: &mut dyn Tx, group: i64) -> Result<u64, StoreError> {
    tx.exec(
        "DELETE FROM alert WHERE group_id = ?1 AND fingerprint IN \
         (SELECT fingerprint FROM alert WHERE group_id = ?1 ORDER BY fingerprint LIMIT ?2)",
        args![group, RETENTION_ALERTS],
    )
}

/// A group that is there, open or of an incident, keeps its messages.
fn places(tx: &mut dyn Tx, before: Timestamp, rows: &[Row]) -> Result<u64, StoreError> {
    let of = |name: &str| -> Option<i64> {
        let rest = name.strip_prefix("group:").or_else(|| name.strip_prefix("page:"))?;
        rest.split_once('@')?.0.parse().ok()
    };
    let groups: HashSet<i64> = rows.iter().filter_map(|row| of(&row.name)).collect();
    let mut there: HashSet<i64> = HashSet::new();
    if !groups.is_empty() {
        let (places, args) = id_list(&groups.into_iter().collect::<Vec<_>>());
        let sql = format!("SELECT id FROM alert_group WHERE id IN ({places})");
        there = tx.query(&sql, &args)?.iter().map(|row| row.get(0)).collect::<Result<_, _>>()?;
    }
    let mut removed = 0;
    for row in rows.iter().filter(|row| of(&row.name).is_none_or(|group| !there.contains(&group))) {
        let sql = "DELETE FROM message_ref WHERE name = ?1 AND posted_ms < ?2";
        removed += tx.exec(sql, args![&row.name, before])?;
    }
    Ok(removed)
}

/// Gives some pages of the file that nothing stands on any more back to the disk; how many are left to give. A few are kept:
/// what comes next needs them. PostgreSQL does that by itself.
pub fn give_back(tx: &mut dyn Tx, pages: i64) -> Result<i64, StoreError> {
    if tx.dialect() == Dialect::Postgres {
        return Ok(0);
    }
    let free = |tx: &mut dyn Tx| tx.query_i64("PRAGMA freelist_count", &[]);
    let before = free(tx)? - STORE_FREE_PAGES_KEPT;
    if before <= 0 {
        return Ok(0);
    }
    tx.query(&format!("PRAGMA incremental_vacuum({})", pages.min(before)), &[])?;
    let after = free(tx)? - STORE_FREE_PAGES_KEPT;
    // A file that was made without it gives nothing back.
    Ok(if after < before { after.max(0) } else { 0 })
}
