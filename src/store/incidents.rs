//! Incidents with their alert groups, roles, tasks and links.

use super::{Row, StoreError, Tx};
use crate::args;
use crate::domain::actor::Actor;
use crate::domain::incident::{Incident, Link, Mark, RoleHolder, State, Task};
use crate::domain::time::Timestamp;

const COLUMNS: &str = "id, number, title, severity, status, state, private, drill, labels, group_key, channel_id, \
                       channel_name, facts, created_ms, updated_ms, ended_ms";

fn incident(row: &Row) -> Result<Incident, StoreError> {
    let state: String = row.get(5)?;
    let (private, drill): (i64, i64) = (row.get(6)?, row.get(7)?);
    Ok(Incident {
        id: row.get(0)?,
        number: row.get(1)?,
        title: row.get(2)?,
        severity: row.get(3)?,
        status: row.get(4)?,
        state: State::parse(&state).ok_or_else(|| StoreError::Inconsistent(format!("no state '{state}'")))?,
        private: private != 0,
        drill: drill != 0,
        labels: json_at(row, 8)?,
        group_key: row.get(9)?,
        channel_id: row.get(10)?,
        channel_name: row.get(11)?,
        facts: json_at(row, 12)?,
        created_at: row.get(13)?,
        updated_at: row.get(14)?,
        ended_at: row.get(15)?,
    })
}

pub(super) fn json_at<T: serde::de::DeserializeOwned>(row: &Row, index: usize) -> Result<T, StoreError> {
    let text: String = row.get(index)?;
    serde_json::from_str(&text).map_err(|error| StoreError::Inconsistent(format!("column {index}: {error}")))
}

pub(super) fn to_json<T: serde::Serialize>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::Inconsistent(error.to_string()))
}

/// Adds an incident under the next number; `id` and `number` of the argument are ignored. `chain_key` is drawn by chance.
pub fn add(tx: &mut dyn Tx, new: &Incident, chain_key: &str) -> Result<Incident, StoreError> {
    let number = super::counters::next(tx, "incident")?;
    let (labels, facts) = (to_json(&new.labels)?, to_json(&new.facts)?);
    let id = tx.query_i64(
        "INSERT INTO incident (number, title, severity, status, state, private, drill, labels, group_key, channel_id, \
         channel_name, facts, created_ms, updated_ms, ended_ms, chain_key) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16) RETURNING id",
        args![
            number,
            &new.title,
            &new.severity,
            &new.status,
            new.state.as_str(),
            i64::from(new.private),
            i64::from(new.drill),
            &labels,
            new.group_key.as_deref(),
            new.channel_id.as_deref(),
            new.channel_name.as_deref(),
            &facts,
            new.created_at,
            new.updated_at,
            new.ended_at,
            chain_key
        ],
    )?;
    Ok(Incident { id, number, ..new.clone() })
}

pub fn save(tx: &mut dyn Tx, one: &Incident) -> Result<(), StoreError> {
    let (labels, facts) = (to_json(&one.labels)?, to_json(&one.facts)?);
    tx.exec(
        "UPDATE incident SET title = ?2, severity = ?3, status = ?4, state = ?5, private = ?6, drill = ?7, \
         labels = ?8, group_key = ?9, channel_id = ?10, channel_name = ?11, facts = ?12, updated_ms = ?13, \
         ended_ms = ?14 WHERE id = ?1",
        args![
            one.id,
            &one.title,
            &one.severity,
            &one.status,
            one.state.as_str(),
            i64::from(one.private),
            i64::from(one.drill),
            &labels,
            one.group_key.as_deref(),
            one.channel_id.as_deref(),
            one.channel_name.as_deref(),
            &facts,
            one.updated_at,
            one.ended_at
        ],
    )?;
    Ok(())
}

pub fn by_id(tx: &mut dyn Tx, id: i64) -> Result<Option<Incident>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM incident WHERE id = ?1");
    tx.query_one(&sql, args![id])?.as_ref().map(incident).transpose()
}

/// The secret from which the salts of its record's chain are made.
pub fn chain_key(tx: &mut dyn Tx, id: i64) -> Result<String, StoreError> {
    let row = tx.query_one("SELECT chain_key FROM incident WHERE id = ?1", args![id])?;
    row.map_or_else(|| Ok(String::new()), |row| row.get(0))
}

pub fn by_number(tx: &mut dyn Tx, number: i64) -> Result<Option<Incident>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM incident WHERE number = ?1");
    tx.query_one(&sql, args![number])?.as_ref().map(incident).transpose()
}

/// Whose channel this is: the newest, should a channel have been used again.
pub fn by_channel(tx: &mut dyn Tx, channel_id: &str) -> Result<Option<Incident>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM incident WHERE channel_id = ?1 ORDER BY id DESC LIMIT 1");
    tx.query_one(&sql, args![channel_id])?.as_ref().map(incident).transpose()
}

/// The open incident that this group key declared.
pub fn open_of_key(tx: &mut dyn Tx, group_key: &str) -> Result<Option<Incident>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM incident WHERE state = 'open' AND group_key = ?1 ORDER BY id DESC LIMIT 1"
    );
    tx.query_one(&sql, args![group_key])?.as_ref().map(incident).transpose()
}

/// Open ones, newest first.
pub fn open(tx: &mut dyn Tx, limit: i64) -> Result<Vec<Incident>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM incident WHERE state = 'open' ORDER BY id DESC LIMIT ?1");
    tx.query(&sql, args![limit])?.iter().map(incident).collect()
}

/// All of them, newest first, from `skip` on.
pub fn newest(tx: &mut dyn Tx, skip: i64, limit: i64) -> Result<Vec<Incident>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM incident ORDER BY id DESC LIMIT ?1 OFFSET ?2");
    tx.query(&sql, args![limit, skip])?.iter().map(incident).collect()
}

/// These, in any order; those that are gone are left out.
pub fn by_ids(tx: &mut dyn Tx, ids: &[i64]) -> Result<Vec<Incident>, StoreError> {
    const TOGETHER: usize = 64;
    let places = (1..=TOGETHER).map(|place| format!("?{place}")).collect::<Vec<_>>().join(", ");
    let sql = format!("SELECT {COLUMNS} FROM incident WHERE id IN ({places})");
    let mut found = Vec::new();
    for some in ids.chunks(TOGETHER) {
        // One text for every number of ids: no incident has the id 0.
        let mut args = [super::Arg::I(0); TOGETHER];
        args.iter_mut().zip(some).for_each(|(arg, id)| *arg = super::Arg::I(*id));
        for row in &tx.query(&sql, &args)? {
            found.push(incident(row)?);
        }
    }
    Ok(found)
}

pub fn count(tx: &mut dyn Tx) -> Result<i64, StoreError> {
    tx.query_i64("SELECT COUNT(*) FROM incident", &[])
}

/// The ids of those in which somebody has a role or a task.
pub fn parts_of_user(tx: &mut dyn Tx, user_id: &str) -> Result<std::collections::BTreeSet<i64>, StoreError> {
    tx.query(
        "SELECT incident_id FROM incident_role WHERE user_id = ?1 \
         UNION SELECT incident_id FROM incident_task WHERE assignee = ?1",
        args![user_id],
    )?
    .iter()
    .map(|row| row.get(0))
    .collect()
}

/// When somebody last said something in its channel.
pub fn last_said(tx: &mut dyn Tx, incident_id: i64) -> Result<Option<Timestamp>, StoreError> {
    tx.query_one("SELECT MAX(at_ms) FROM message WHERE incident_id = ?1 AND ours = 0", args![incident_id])?
        .map_or(Ok(None), |row| row.get(0))
}

/// The workspace's address, for links to messages; the bot writes it down when Slack has told it.
pub fn workspace_url(tx: &mut dyn Tx) -> Result<Option<String>, StoreError> {
    meta(tx, "workspace_url")
}

pub fn set_workspace_url(tx: &mut dyn Tx, url: &str) -> Result<(), StoreError> {
    set_meta(tx, "workspace_url", url)
}

/// The workspace our token belonged to when Slack last told.
pub fn workspace_team(tx: &mut dyn Tx) -> Result<Option<String>, StoreError> {
    meta(tx, "workspace_team")
}

pub fn set_workspace_team(tx: &mut dyn Tx, team: &str) -> Result<(), StoreError> {
    set_meta(tx, "workspace_team", team)
}

pub(super) fn meta(tx: &mut dyn Tx, key: &str) -> Result<Option<String>, StoreError> {
    tx.query_one("SELECT value FROM meta WHERE key = ?1", args![key])?.map(|row| row.get(0)).transpose()
}

pub(super) fn set_meta(tx: &mut dyn Tx, key: &str, value: &str) -> Result<(), StoreError> {
    tx.exec(
        "INSERT INTO meta (key, value) VALUES (?1, ?2) \
         ON CONFLICT (key) DO UPDATE SET value = excluded.value WHERE meta.value <> excluded.value",
        args![key, value],
    )?;
    Ok(())
}

// Alert groups.

/// Puts a group under an incident; whether it was not there.
pub fn attach(
    tx: &mut dyn Tx,
    incident_id: i64,
    group_id: i64,
    by: &Actor,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let by = by.to_string();
    let changed = tx.exec(
        "INSERT INTO incident_group (incident_id, group_id, attached_ms, attached_by) VALUES (?1, ?2, ?3, ?4) \
         ON CONFLICT (incident_id, group_id) DO UPDATE SET detached_ms = NULL, attached_ms = excluded.attached_ms, \
         attached_by = excluded.attached_by WHERE incident_group.detached_ms IS NOT NULL",
        args![incident_id, group_id, now, &by],
    )?;
    Ok(changed > 0)
}

/// Takes a group from an incident; whether it was there.
pub fn detach(tx: &mut dyn Tx, incident_id: i64, group_id: i64, now: Timestamp) -> Result<bool, StoreError> {
    let changed = tx.exec(
        "UPDATE incident_group SET detached_ms = ?3 WHERE incident_id = ?1 AND group_id = ?2 AND detached_ms IS NULL",
        args![incident_id, group_id, now],
    )?;
    Ok(changed > 0)
}

/// The ids of its groups now, in the order they came.
pub fn groups_of(tx: &mut dyn Tx, incident_id: i64) -> Result<Vec<i64>, StoreError> {
    tx.query(
        "SELECT group_id FROM incident_group WHERE incident_id = ?1 AND detached_ms IS NULL \
         ORDER BY attached_ms, group_id",
        args![incident_id],
    )?
    .iter()
    .map(|row| row.get(0))
    .collect()
}

/// Every group that ever was in it: id, from when, until when.
pub fn groups_ever(
    tx: &mut dyn Tx,
    incident_id: i64,
) -> Result<Vec<(i64, Timestamp, Option<Timestamp>)>, StoreError> {
    tx.query(
        "SELECT group_id, attached_ms, detached_ms FROM incident_group WHERE incident_id = ?1 \
         ORDER BY attached_ms, group_id",
        args![incident_id],
    )?
    .iter()
    .map(|row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
    .collect()
}

/// The incidents a group is in now, open ones first, then the newest.
pub fn of_group(tx: &mut dyn Tx, group_id: i64) -> Result<Vec<Incident>, StoreError> {
    let columns = COLUMNS.split(", ").map(|column| format!("i.{column}")).collect::<Vec<_>>().join(", ");
    let sql = format!(
        "SELECT {columns} FROM incident i JOIN incident_group g ON g.incident_id = i.id \
         WHERE g.group_id = ?1 AND g.detached_ms IS NULL \
         ORDER BY CASE WHEN i.state = 'open' THEN 0 ELSE 1 END, i.id DESC"
    );
    tx.query(&sql, args![group_id])?.iter().map(incident).collect()
}

/// Moves everything of one incident that goes on to another: groups, open tasks, links.
pub fn move_parts(tx: &mut dyn Tx, from: i64, to: i64, by: &Actor, now: Timestamp) -> Result<(), StoreError> {
    for group in groups_of(tx, from)? {
        attach(tx, to, group, by, now)?;
        detach(tx, from, group, now)?;
    }
    for task in tasks(tx, from)?.into_iter().filter(|task| task.done.is_none()) {
        add_task(tx, &Task { incident_id: to, ..task })?;
    }
    for link in links(tx, from)? {
        add_link(tx, to, &link)?;
    }
    Ok(())
}

// Roles.

/// Gives a role; whether they did not have it.
pub fn give_role(tx: &mut dyn Tx, incident_id: i64, new: &RoleHolder) -> Result<bool, StoreError> {
    let by = new.given_by.to_string();
    let changed = tx.exec(
        "INSERT INTO incident_role (incident_id, role, user_id, given_by, since_ms) VALUES (?1, ?2, ?3, ?4, ?5) \
         ON CONFLICT (incident_id, role, user_id) DO NOTHING",
        args![incident_id, &new.role, &new.user_id, &by, new.since],
    )?;
    Ok(changed > 0)
}

pub fn take_role(tx: &mut dyn Tx, incident_id: i64, role: &str, user_id: &str) -> Result<bool, StoreError> {
    let changed = tx.exec(
        "DELETE FROM incident_role WHERE incident_id = ?1 AND role = ?2 AND user_id = ?3",
        args![incident_id, role, user_id],
    )?;
    Ok(changed > 0)
}

pub fn roles(tx: &mut dyn Tx, incident_id: i64) -> Result<Vec<RoleHolder>, StoreError> {
    tx.query(
        "SELECT role, user_id, given_by, since_ms FROM incident_role WHERE incident_id = ?1 \
         ORDER BY since_ms, role, user_id",
        args![incident_id],
    )?
    .iter()
    .map(|row| {
        let by: String = row.get(2)?;
        Ok(RoleHolder {
            role: row.get(0)?,
            user_id: row.get(1)?,
            given_by: Actor::parse(&by),
            since: row.get(3)?,
        })
    })
    .collect()
}

/// The open incidents somebody has a role in, and which.
pub fn roles_of_user(tx: &mut dyn Tx, user_id: &str) -> Result<Vec<(i64, String)>, StoreError> {
    tx.query(
        "SELECT r.incident_id, r.role FROM incident_role r JOIN incident i ON i.id = r.incident_id \
         WHERE r.user_id = ?1 AND i.state = 'open' ORDER BY r.incident_id DESC, r.role",
        args![user_id],
    )?
    .iter()
    .map(|row| Ok((row.get(0)?, row.get(1)?)))
    .collect()
}

// Tasks.

const TASK: &str =
    "id, incident_id, number, text, assignee, follow_up, created_by, created_ms, done_by, done_ms";

fn task(row: &Row) -> Result<Task, StoreError> {
    let (follow_up, created_by): (i64, String) = (row.get(5)?, row.get(6)?);
    let (done_by, done_ms): (Option<String>, Option<Timestamp>) = (row.get(8)?, row.get(9)?);
    Ok(Task {
        id: row.get(0)?,
        incident_id: row.get(1)?,
        number: row.get(2)?,
        text: row.get(3)?,
        assignee: row.get(4)?,
        follow_up: follow_up != 0,
        created_by: Actor::parse(&created_by),
        created_at: row.get(7)?,
        done: done_ms.map(|at| Mark { by: Actor::parse(done_by.as_deref().unwrap_or_default()), at }),
    })
}

/// Adds a task under its incident's next number; `id` and `number` of the argument are ignored.
pub fn add_task(tx: &mut dyn Tx, new: &Task) -> Result<Task, StoreError> {
    let number = tx.query_i64(
        "SELECT COALESCE(MAX(number), 0) + 1 FROM incident_task WHERE incident_id = ?1",
        args![new.incident_id],
    )?;
    let by = new.created_by.to_string();
    let id = tx.query_i64(
        "INSERT INTO incident_task (incident_id, number, text, assignee, follow_up, created_by, created_ms) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) RETURNING id",
        args![
            new.incident_id,
            number,
            &new.text,
            new.assignee.as_deref(),
            i64::from(new.follow_up),
            &by,
            new.created_at
        ],
    )?;
    Ok(Task { id, number, ..new.clone() })
}

pub fn save_task(tx: &mut dyn Tx, one: &Task) -> Result<(), StoreError> {
    let (by, at) = (one.done.as_ref().map(|done| done.by.to_string()), one.done.as_ref().map(|done| done.at));
    tx.exec(
        "UPDATE incident_task SET text = ?2, assignee = ?3, follow_up = ?4, done_by = ?5, done_ms = ?6 WHERE id = ?1",
        args![one.id, &one.text, one.assignee.as_deref(), i64::from(one.follow_up), by.as_deref(), at],
    )?;
    Ok(())
}

/// In the order of their numbers.
pub fn tasks(tx: &mut dyn Tx, incident_id: i64) -> Result<Vec<Task>, StoreError> {
    let sql = format!("SELECT {TASK} FROM incident_task WHERE incident_id = ?1 ORDER BY number");
    tx.query(&sql, args![incident_id])?.iter().map(task).collect()
}

/// Somebody's open tasks in open incidents, oldest first.
pub fn tasks_of_user(tx: &mut dyn Tx, user_id: &str, limit: i64) -> Result<Vec<Task>, StoreError> {
    let columns = TASK.split(", ").map(|column| format!("t.{column}")).collect::<Vec<_>>().join(", ");
    let sql = format!(
        "SELECT {columns} FROM incident_task t JOIN incident i ON i.id = t.incident_id \
         WHERE t.assignee = ?1 AND t.done_ms IS NULL AND (i.state = 'open' OR t.follow_up = 1) \
         ORDER BY t.id LIMIT ?2"
    );
    tx.query(&sql, args![user_id, limit])?.iter().map(task).collect()
}

// Links.

/// Adds a link; whether it was not there.
pub fn add_link(tx: &mut dyn Tx, incident_id: i64, new: &Link) -> Result<bool, StoreError> {
    let by = new.added_by.to_string();
    let changed = tx.exec(
        "INSERT INTO incident_link (incident_id, url, title, added_by, added_ms) VALUES (?1, ?2, ?3, ?4, ?5) \
         ON CONFLICT (incident_id, url) DO NOTHING",
        args![incident_id, &new.url, &new.title, &by, new.added_at],
    )?;
    Ok(changed > 0)
}

pub fn remove_link(tx: &mut dyn Tx, incident_id: i64, url: &str) -> Result<(), StoreError> {
    tx.exec("DELETE FROM incident_link WHERE incident_id = ?1 AND url = ?2", args![incident_id, url])?;
    Ok(())
}

pub fn links(tx: &mut dyn Tx, incident_id: i64) -> Result<Vec<Link>, StoreError> {
    tx.query(
        "SELECT url, title, added_by, added_ms FROM incident_link WHERE incident_id = ?1 ORDER BY added_ms, url",
        args![incident_id],
    )?
    .iter()
    .map(|row| {
        let by: String = row.get(2)?;
        Ok(Link {
            url: row.get(0)?,
            title: row.get(1)?,
            added_by: Actor::parse(&by),
            added_at: row.get(3)?,
        })
    })
    .collect()
}
