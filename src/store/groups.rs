//! Alert groups and their responders.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Row, StoreError, Tx};
use crate::args;
use crate::domain::group::{Group, State};
use crate::domain::priority::Priority;
use crate::domain::say::Importance;
use crate::domain::time::Timestamp;

pub(super) const COLUMNS: &str = "id, number, integration, kind, receiver, route, group_key, group_labels, channels, title, \
                       priority, state, facts, firing, resolved, notified_ms, flushed_ms, created_ms, updated_ms, \
                       resolved_ms, attached_to";

fn from_json<T: DeserializeOwned>(row: &Row, index: usize) -> Result<T, StoreError> {
    let text: String = row.get(index)?;
    serde_json::from_str(&text).map_err(|error| StoreError::Inconsistent(format!("column {index}: {error}")))
}

fn to_json<T: Serialize>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::Inconsistent(error.to_string()))
}

/// Reads a row. What a newer version may have written and this one does not know is taken for the worse: a state for
/// firing, a priority for the most urgent.
pub(super) fn group(row: &Row) -> Result<Group, StoreError> {
    let id: i64 = row.get(0)?;
    let (state, priority): (String, i64) = (row.get(11)?, row.get(10)?);
    Ok(Group {
        id,
        number: row.get(1)?,
        integration: row.get(2)?,
        kind: row.get(3)?,
        receiver: row.get(4)?,
        route: row.get(5)?,
        group_key: row.get(6)?,
        group_labels: from_json(row, 7)?,
        channels: from_json(row, 8)?,
        title: row.get(9)?,
        priority: u8::try_from(priority).ok().and_then(Priority::from_number).unwrap_or_else(|| {
            tracing::warn!(
                group = id,
                priority,
                "an alert group has a priority that is not known: taken for P1"
            );
            Priority::P1
        }),
        state: State::parse(&state).unwrap_or_else(|| {
            tracing::warn!(
                group = id,
                state,
                "an alert group has a state that is not known: taken for firing"
            );
            State::Firing
        }),
        facts: from_json(row, 12)?,
        firing: row.get(13)?,
        resolved: row.get(14)?,
        notified_at: row.get(15)?,
        flushed_at: row.get(16)?,
        created_at: row.get(17)?,
        updated_at: row.get(18)?,
        resolved_at: row.get(19)?,
        attached_to: row.get(20)?,
    })
}

/// The rows of a list. One that cannot be read is left out, with a word in the log: it hides none of the others.
pub(super) fn readable(rows: &[Row]) -> Vec<Group> {
    let read = |row: &Row| match group(row) {
        Ok(group) => Some(group),
        Err(error) => {
            let id: Option<i64> = row.get(0).ok();
            tracing::error!(group = id, %error, "an alert group cannot be read; lists leave it out");
            None
        }
    };
    rows.iter().filter_map(read).collect()
}

/// The silence by matchers that holds it, for [`super::lists::of_silence`].
fn silence_id(group: &Group) -> Option<i64> {
    group.facts.silenced.as_ref().and_then(|silenced| silenced.rule)
}

/// Adds a group under the next number; `id` and `number` of the argument are ignored.
pub fn add(tx: &mut dyn Tx, new: &Group) -> Result<Group, StoreError> {
    let number = super::counters::next(tx, "alert_group")?;
    let row = tx.query_one(
        "INSERT INTO alert_group (number, integration, kind, receiver, route, group_key, group_labels, channels, title, \
         priority, state, facts, firing, resolved, notified_ms, flushed_ms, created_ms, updated_ms, resolved_ms, \
         attached_to, silence_id) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, \
         ?19, ?20, ?21) \
         RETURNING id",
        args![
            number,
            &new.integration,
            &new.kind,
            &new.receiver,
            &new.route,
            &new.group_key,
            &to_json(&new.group_labels)?,
            &to_json(&new.channels)?,
            &new.title,
            new.priority.as_number(),
            new.state.as_str(),
            &to_json(&new.facts)?,
            i64::from(new.firing),
            i64::from(new.resolved),
            new.notified_at,
            new.flushed_at,
            new.created_at,
            new.updated_at,
            new.resolved_at,
            new.attached_to,
            silence_id(new)
        ],
    )?;
    let id = row.ok_or_else(|| StoreError::Inconsistent("a new group has no id".to_owned()))?.get(0)?;
    Ok(Group { id, number, ..new.clone() })
}

/// Writes back everything that may change.
pub fn save(tx: &mut dyn Tx, group: &Group) -> Result<(), StoreError> {
    tx.exec(
        "UPDATE alert_group SET receiver = ?2, channels = ?3, title = ?4, priority = ?5, state = ?6, facts = ?7, \
         firing = ?8, resolved = ?9, notified_ms = ?10, flushed_ms = ?11, updated_ms = ?12, resolved_ms = ?13, \
         attached_to = ?14, silence_id = ?15 WHERE id = ?1",
        args![
            group.id,
            &group.receiver,
            &to_json(&group.channels)?,
            &group.title,
            group.priority.as_number(),
            group.state.as_str(),
            &to_json(&group.facts)?,
            i64::from(group.firing),
            i64::from(group.resolved),
            group.notified_at,
            group.flushed_at,
            group.updated_at,
            group.resolved_at,
            group.attached_to,
            silence_id(group)
        ],
    )?;
    Ok(())
}

pub fn by_id(tx: &mut dyn Tx, id: i64) -> Result<Option<Group>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM alert_group WHERE id = ?1");
    tx.query_one(&sql, args![id])?.as_ref().map(group).transpose()
}

pub fn number(tx: &mut dyn Tx, id: i64) -> Result<Option<i64>, StoreError> {
    tx.query_one("SELECT number FROM alert_group WHERE id = ?1", args![id])?.map(|row| row.get(0)).transpose()
}

pub fn by_number(tx: &mut dyn Tx, number: i64) -> Result<Option<Group>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM alert_group WHERE number = ?1");
    tx.query_one(&sql, args![number])?.as_ref().map(group).transpose()
}

/// The newest group of a key, open or not.
pub fn latest_of_key(tx: &mut dyn Tx, group_key: &str) -> Result<Option<Group>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM alert_group WHERE group_key = ?1 ORDER BY id DESC LIMIT 1");
    tx.query_one(&sql, args![group_key])?.as_ref().map(group).transpose()
}

/// Groups of the same key before this one, newest first: "seen 4 times in 30 days".
pub fn earlier_of_key(
    tx: &mut dyn Tx,
    group_key: &str,
    before_id: i64,
    since: Timestamp,
    limit: i64,
) -> Result<Vec<Group>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM alert_group WHERE group_key = ?1 AND id < ?2 AND created_ms >= ?3 \
         ORDER BY id DESC LIMIT ?4"
    );
    tx.query(&sql, args![group_key, before_id, since, limit])?.iter().map(group).collect()
}

/// Groups that are not resolved: most urgent first, then newest. See [`super::lists`] for more than the first few.
pub fn open(tx: &mut dyn Tx, limit: i64) -> Result<Vec<Group>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM alert_group WHERE state <> 'resolved' ORDER BY priority, id DESC LIMIT ?1"
    );
    Ok(readable(&tx.query(&sql, args![limit])?))
}

/// Open groups that another may be attached to, newest first.
pub fn roots_for(tx: &mut dyn Tx, id: i64, limit: i64) -> Result<Vec<Group>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM alert_group WHERE state <> 'resolved' AND attached_to IS NULL AND id <> ?1 \
         ORDER BY id DESC LIMIT ?2"
    );
    Ok(readable(&tx.query(&sql, args![id, limit])?))
}

/// Groups attached to this one.
pub fn attached(tx: &mut dyn Tx, root: i64) -> Result<Vec<Group>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM alert_group WHERE attached_to = ?1 ORDER BY id");
    tx.query(&sql, args![root])?.iter().map(group).collect()
}

pub fn count_by_state(tx: &mut dyn Tx) -> Result<Vec<(String, i64)>, StoreError> {
    tx.query(
        "SELECT state, COUNT(*) FROM alert_group WHERE state <> 'resolved' GROUP BY state ORDER BY state",
        &[],
    )?
    .iter()
    .map(|row| Ok((row.get(0)?, row.get(1)?)))
    .collect()
}

/// A person called to a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Responder {
    pub user_id: String,
    pub importance: Importance,
    pub added_by: String,
    pub added: Timestamp,
}

/// Calls somebody; `false` when they were called already with this importance.
pub fn add_responder(tx: &mut dyn Tx, group_id: i64, new: &Responder) -> Result<bool, StoreError> {
    let changed = tx.exec(
        "INSERT INTO responder (group_id, user_id, importance, added_by, added_ms) VALUES (?1, ?2, ?3, ?4, ?5) \
         ON CONFLICT (group_id, user_id) DO UPDATE SET importance = excluded.importance \
         WHERE responder.importance <> excluded.importance",
        args![group_id, &new.user_id, new.importance.as_str(), &new.added_by, new.added],
    )?;
    Ok(changed > 0)
}

pub fn remove_responder(tx: &mut dyn Tx, group_id: i64, user_id: &str) -> Result<bool, StoreError> {
    Ok(tx.exec("DELETE FROM responder WHERE group_id = ?1 AND user_id = ?2", args![group_id, user_id])? > 0)
}

pub fn responders(tx: &mut dyn Tx, group_id: i64) -> Result<Vec<Responder>, StoreError> {
    tx.query(
        "SELECT user_id, importance, added_by, added_ms FROM responder WHERE group_id = ?1 ORDER BY added_ms, user_id",
        args![group_id],
    )?
    .iter()
    .map(|row| {
        let importance: String = row.get(1)?;
        Ok(Responder {
            user_id: row.get(0)?,
            importance: Importance::parse(&importance),
            added_by: row.get(2)?,
            added: row.get(3)?,
        })
    })
    .collect()
}
