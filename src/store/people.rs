//! People and user groups, as Slack last told of them.

use std::collections::BTreeSet;

use super::incidents::{json_at, meta, set_meta, to_json};
use super::{Row, StoreError, Tx};
use crate::args;
use crate::domain::rights::{Asker, Standing};
use crate::domain::time::Timestamp;
use crate::limits::{CHANNELS_FRESH, PERSON_TRUSTED, USERGROUPS_TRUSTED};

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

/// Writes down that somebody is a full member, where there is no Slack to ask. A name that is known stays.
pub fn put_member(tx: &mut dyn Tx, user_id: &str, name: &str, now: Timestamp) -> Result<(), StoreError> {
    tx.exec(
        "INSERT INTO person (user_id, name, handle, kind, fetched_ms) VALUES (?1, ?2, ?2, 'member', ?3) \
         ON CONFLICT (user_id) DO UPDATE SET kind = excluded.kind, fetched_ms = excluded.fetched_ms",
        args![user_id, name, now],
    )?;
    Ok(())
}

/// Slack has told somebody's name with what they did; what was asked for knows better.
pub fn learn(tx: &mut dyn Tx, user_id: &str, name: &str) -> Result<(), StoreError> {
    tx.exec(
        "INSERT INTO person (user_id, name, handle, kind, fetched_ms) VALUES (?1, ?2, ?2, 'unknown', 0) \
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

/// Whom the rules of [`crate::domain::rights`] are asked about. What Slack told too long ago is not known.
pub fn asker(tx: &mut dyn Tx, user_id: &str, now: Timestamp) -> Result<Asker, StoreError> {
    let known = by_id(tx, user_id)?.filter(|known| now.since(known.fetched_at) < PERSON_TRUSTED);
    let groups = match usergroups_read(tx)? {
        Some(read) if now.since(read) < USERGROUPS_TRUSTED => Some(groups_of(tx, user_id)?),
        _ => None,
    };
    Ok(Asker {
        user_id: user_id.to_owned(),
        email: known.as_ref().and_then(|known| known.email.clone()),
        standing: known.map(|known| known.standing).unwrap_or_default(),
        groups,
    })
}

/// The ids and handles of the user groups somebody is in.
fn groups_of(tx: &mut dyn Tx, user_id: &str) -> Result<Vec<String>, StoreError> {
    let all = usergroups(tx)?.into_iter().filter(|group| group.members.iter().any(|one| one == user_id));
    Ok(all.flat_map(|group| [group.group_id, group.handle]).collect())
}

/// Whether somebody can be called: a bot, a deactivated account or an unknown id cannot. Whoever is not known is: a
/// call that may not arrive is better than none.
pub fn can_be_called(tx: &mut dyn Tx, user_id: &str) -> Result<Result<(), Standing>, StoreError> {
    let standing = by_id(tx, user_id)?.map(|known| known.standing).unwrap_or_default();
    Ok(if matches!(standing, Standing::Bot | Standing::Gone) { Err(standing) } else { Ok(()) })
}

/// The channels somebody is in, of those the bot may know of, if Slack has told that since then.
pub fn channels_of(
    tx: &mut dyn Tx,
    user_id: &str,
    since: Timestamp,
) -> Result<Option<BTreeSet<String>>, StoreError> {
    let row = tx.query_one(
        "SELECT channels, channels_ms FROM person WHERE user_id = ?1 AND channels IS NOT NULL",
        args![user_id],
    )?;
    let Some(row) = row else { return Ok(None) };
    let asked: Timestamp = row.get(1)?;
    if asked > since { json_at(&row, 0).map(Some) } else { Ok(None) }
}

/// Writes down which channels somebody is in.
pub fn put_channels(
    tx: &mut dyn Tx,
    user_id: &str,
    channels: &BTreeSet<String>,
    now: Timestamp,
) -> Result<(), StoreError> {
    tx.exec(
        "INSERT INTO person (user_id, name, handle, kind, fetched_ms, channels, channels_ms) \
         VALUES (?1, ?1, ?1, 'unknown', 0, ?2, ?3) \
         ON CONFLICT (user_id) DO UPDATE SET channels = excluded.channels, channels_ms = excluded.channels_ms",
        args![user_id, &to_json(channels)?, now],
    )?;
    Ok(())
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

/// When Slack last told all user groups; there may be none.
pub fn usergroups_read(tx: &mut dyn Tx) -> Result<Option<Timestamp>, StoreError> {
    let read = meta(tx, "usergroups_read_ms")?.and_then(|text| text.parse().ok());
    Ok(read.map(Timestamp::from_ms))
}

pub fn set_usergroups_read(tx: &mut dyn Tx, at: Timestamp) -> Result<(), StoreError> {
    set_meta(tx, "usergroups_read_ms", &at.as_ms().to_string())
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

/// Writes down a channel's name, and whether it is private.
pub fn put_channel_kind(
    tx: &mut dyn Tx,
    channel_id: &str,
    name: &str,
    private: bool,
    now: Timestamp,
) -> Result<(), StoreError> {
    put_channel(tx, channel_id, name, now)?;
    tx.exec(
        "UPDATE channel_name SET private = ?2, kind_ms = ?3 WHERE channel_id = ?1",
        args![channel_id, i64::from(private), now],
    )?;
    Ok(())
}

/// Whether a channel is private, if Slack has told that a moment ago.
pub fn is_private(tx: &mut dyn Tx, channel_id: &str, now: Timestamp) -> Result<Option<bool>, StoreError> {
    let row = tx.query_one(
        "SELECT private, kind_ms FROM channel_name WHERE channel_id = ?1 AND private IS NOT NULL",
        args![channel_id],
    )?;
    let Some(row) = row else { return Ok(None) };
    let (private, asked): (i64, Timestamp) = (row.get(0)?, row.get(1)?);
    Ok((now.since(asked) < CHANNELS_FRESH).then_some(private != 0))
}
