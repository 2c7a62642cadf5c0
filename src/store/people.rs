//! People and user groups, as Slack last told of them.

use super::incidents::{json_at, to_json};
use super::{Row, StoreError, Tx};
use crate::args;
use crate::domain::rights::{Asker, Standing};
use crate::domain::time::Timestamp;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    pub user_id: String,
    /// What others see.
    pub name: String,
    pub handle: String,
    pub email: Option<String>,
    pub standing: Standing,
    /// The name of their time zone, if Slack told it: `Europe/Berlin`.
    pub zone: Option<String>,
    pub fetched_at: Timestamp,
}

fn person(row: &Row) -> Result<Person, StoreError> {
    let kind: String = row.get(4)?;
    Ok(Person {
        user_id: row.get(0)?,
        name: row.get(1)?,
        handle: row.get(2)?,
        email: row.get(3)?,
        standing: Standing::parse(&kind),
        zone: row.get(5)?,
        fetched_at: row.get(6)?,
    })
}

pub fn put(tx: &mut dyn Tx, one: &Person) -> Result<(), StoreError> {
    tx.exec(
        "INSERT INTO person (user_id, name, handle, email, kind, zone, fetched_ms) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) \
         ON CONFLICT (user_id) DO UPDATE SET name = excluded.name, handle = excluded.handle, email = excluded.email, \
         kind = excluded.kind, zone = excluded.zone, fetched_ms = excluded.fetched_ms",
        args![
            &one.user_id,
            &one.name,
            &one.handle,
            one.email.as_deref(),
            one.standing.as_str(),
            one.zone.as_deref(),
            one.fetched_at
        ],
    )?;
    Ok(())
}

/// Slack has told somebody's name with what they did; what was asked for knows better.
pub fn learn(tx: &mut dyn Tx, user_id: &str, name: &str) -> Result<(), StoreError> {
    tx.exec(
        "INSERT INTO person (user_id, name, handle, kind, fetched_ms) VALUES (?1, ?2, ?2, 'member', 0) \
         ON CONFLICT (user_id) DO UPDATE SET name = excluded.name, handle = excluded.handle \
         WHERE person.fetched_ms = 0 AND person.name <> excluded.name",
        args![user_id, name],
    )?;
    Ok(())
}

pub fn by_id(tx: &mut dyn Tx, user_id: &str) -> Result<Option<Person>, StoreError> {
    tx.query_one(
        "SELECT user_id, name, handle, email, kind, zone, fetched_ms FROM person WHERE user_id = ?1",
        args![user_id],
    )?
    .as_ref()
    .map(person)
    .transpose()
}

/// Their name, if it is known.
pub fn name(tx: &mut dyn Tx, user_id: &str) -> Result<Option<String>, StoreError> {
    tx.query_one("SELECT name FROM person WHERE user_id = ?1", args![user_id])?
        .map(|row| row.get(0))
        .transpose()
}

/// Whom the rules of [`crate::domain::rights`] are asked about.
pub fn asker(tx: &mut dyn Tx, user_id: &str) -> Result<Asker, StoreError> {
    let known = by_id(tx, user_id)?;
    let mut groups = Vec::new();
    for group in usergroups(tx)? {
        if group.members.iter().any(|member| member == user_id) {
            groups.push(group.group_id);
            groups.push(group.handle);
        }
    }
    Ok(Asker {
        user_id: user_id.to_owned(),
        email: known.as_ref().and_then(|known| known.email.clone()),
        standing: known.map(|known| known.standing).unwrap_or_default(),
        groups,
    })
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Usergroup {
    pub group_id: String,
    /// Without the @.
    pub handle: String,
    pub name: String,
    pub members: Vec<String>,
    pub fetched_at: Timestamp,
}

pub fn put_usergroup(tx: &mut dyn Tx, one: &Usergroup) -> Result<(), StoreError> {
    let members = to_json(&one.members)?;
    tx.exec(
        "INSERT INTO usergroup (group_id, handle, name, members, fetched_ms) VALUES (?1, ?2, ?3, ?4, ?5) \
         ON CONFLICT (group_id) DO UPDATE SET handle = excluded.handle, name = excluded.name, \
         members = excluded.members, fetched_ms = excluded.fetched_ms",
        args![&one.group_id, &one.handle, &one.name, &members, one.fetched_at],
    )?;
    Ok(())
}

pub fn usergroups(tx: &mut dyn Tx) -> Result<Vec<Usergroup>, StoreError> {
    tx.query("SELECT group_id, handle, name, members, fetched_ms FROM usergroup ORDER BY group_id", &[])?
        .iter()
        .map(|row| {
            Ok(Usergroup {
                group_id: row.get(0)?,
                handle: row.get(1)?,
                name: row.get(2)?,
                members: json_at(row, 3)?,
                fetched_at: row.get(4)?,
            })
        })
        .collect()
}

/// The handle of a user group, if it is known.
pub fn usergroup_handle(tx: &mut dyn Tx, group_id: &str) -> Result<Option<String>, StoreError> {
    tx.query_one("SELECT handle FROM usergroup WHERE group_id = ?1", args![group_id])?
        .map(|row| row.get(0))
        .transpose()
}

/// When user groups were last fetched; none if there are none.
pub fn usergroups_fetched(tx: &mut dyn Tx) -> Result<Option<Timestamp>, StoreError> {
    match tx.query_one("SELECT MIN(fetched_ms) FROM usergroup", &[])? {
        Some(row) => row.get(0),
        None => Ok(None),
    }
}

/// A user group that Slack does not list any more.
pub fn remove_usergroup(tx: &mut dyn Tx, group_id: &str) -> Result<(), StoreError> {
    tx.exec("DELETE FROM usergroup WHERE group_id = ?1", args![group_id])?;
    Ok(())
}

pub fn put_channel(tx: &mut dyn Tx, channel_id: &str, name: &str, now: Timestamp) -> Result<(), StoreError> {
    tx.exec(
        "INSERT INTO channel_name (channel_id, name, fetched_ms) VALUES (?1, ?2, ?3) \
         ON CONFLICT (channel_id) DO UPDATE SET name = excluded.name, fetched_ms = excluded.fetched_ms",
        args![channel_id, name, now],
    )?;
    Ok(())
}

/// The name of a channel and when it was fetched.
pub fn channel(tx: &mut dyn Tx, channel_id: &str) -> Result<Option<(String, Timestamp)>, StoreError> {
    tx.query_one("SELECT name, fetched_ms FROM channel_name WHERE channel_id = ?1", args![channel_id])?
        .map(|row| Ok((row.get(0)?, row.get(1)?)))
        .transpose()
}
