//! Reactions and pins, and the key moments they mark.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Us, Work};
use crate::domain::actor::{Actor, Via};
use crate::domain::say::{Say, Urgency};
use crate::domain::time::Timestamp;
use crate::domain::timeline::{KEY_REACTIONS, Message, moment};
use crate::engine::deeds::By;
use crate::engine::incident::event;
use crate::engine::say::say;
use crate::limits::MIRROR_SETTLED;
use crate::store::{StoreError, messages};

/// The mark of the bot that a key moment is kept.
const RECEIPT: &str = "white_check_mark";

/// In a message's marks: who pinned it.
const PIN: &str = "pin";

/// Somebody reacted or took it back.
pub(super) fn reaction(
    work: &mut Work<'_>,
    message: &mut Message,
    us: &Us,
    (user, name, added): (&str, &str, bool),
    event_ts: &str,
) -> Result<(), StoreError> {
    if user == us.user_id || !is_newer(work, message.id, &format!("{name} {user}"), event_ts)? {
        return Ok(());
    }
    let users = message.reactions.entry(name.to_owned()).or_default();
    users.retain(|known| known != user);
    if added {
        users.push(user.to_owned());
    }
    if users.is_empty() {
        message.reactions.remove(name);
    }
    settle(work, message, user, moment(event_ts))?;
    messages::save(work.tx, message)
}

/// Somebody pinned it or took the pin off. What the bot pins itself (its card) marks nothing.
pub(super) fn pin(
    work: &mut Work<'_>,
    message: &mut Message,
    us: &Us,
    user: &str,
    added: bool,
    event_ts: &str,
) -> Result<(), StoreError> {
    if !is_newer(work, message.id, PIN, event_ts)? {
        return Ok(());
    }
    message.pinned = added && user != us.user_id;
    settle(work, message, user, moment(event_ts))?;
    messages::save(work.tx, message)
}

/// Whether this is the newest that was heard of this mark; then it is remembered.
fn is_newer(work: &mut Work<'_>, id: i64, mark: &str, event_ts: &str) -> Result<bool, StoreError> {
    let mut marks = messages::marks(work.tx, id)?;
    if marks.get(mark).is_some_and(|known| known.as_str() >= event_ts) {
        return Ok(false);
    }
    marks.insert(mark.to_owned(), event_ts.to_owned());
    messages::set_marks(work.tx, id, &marks)?;
    Ok(true)
}

/// Reactions and pin as the channel's history shows them. What events told since shortly before the reading began is
/// newer than what it shows.
pub(super) fn read(
    work: &mut Work<'_>,
    message: &mut Message,
    shown: &Value,
    us: &Us,
    began: Timestamp,
) -> Result<(), StoreError> {
    let mut now: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for reaction in shown["reactions"].as_array().into_iter().flatten() {
        let Some(name) = reaction["name"].as_str() else { continue };
        let listed = reaction["users"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let mut users: Vec<String> = listed.map(str::to_owned).collect();
        // Of many, Slack lists only some; the count is right.
        let count = reaction["count"].as_u64().and_then(|count| usize::try_from(count).ok()).unwrap_or(0);
        for known in message.reactions.get(name).into_iter().flatten() {
            if users.len() < count && !users.contains(known) {
                users.push(known.clone());
            }
        }
        users.retain(|user| *user != us.user_id);
        if !users.is_empty() {
            now.insert(name.to_owned(), users);
        }
    }
    let pinned_by = shown["pinned_to"]
        .as_array()
        .is_some_and(|to| !to.is_empty())
        .then(|| shown["pinned_info"]["pinned_by"].as_str().unwrap_or_default().to_owned());
    let pinned = pinned_by.as_ref().is_some_and(|by| *by != us.user_id);
    if now == message.reactions && pinned == message.pinned {
        return Ok(());
    }
    let fresh_from = began - MIRROR_SETTLED;
    let marks = messages::marks(work.tx, message.id)?;
    let is_fresh = |mark: &str| marks.get(mark).and_then(|ts| moment(ts)).is_some_and(|at| at >= fresh_from);
    let mut merged = now.clone();
    for (mark, _) in marks.iter().filter(|(mark, _)| is_fresh(mark)) {
        let Some((name, user)) = mark.split_once(' ') else { continue };
        let stands = message.reactions.get(name).is_some_and(|users| users.iter().any(|known| known == user));
        let users = merged.entry(name.to_owned()).or_default();
        users.retain(|known| known != user);
        if stands {
            users.push(user.to_owned());
        }
    }
    merged.retain(|_, users| !users.is_empty());
    let before = (message.reactions.clone(), message.pinned);
    message.reactions = merged;
    if !is_fresh(PIN) {
        message.pinned = pinned;
    }
    if before != (message.reactions.clone(), message.pinned) {
        let by = pinned_by.filter(|_| message.pinned).or_else(|| key_user(message).map(str::to_owned));
        settle(work, message, by.as_deref().unwrap_or_default(), None)?;
        messages::save(work.tx, message)?;
    }
    Ok(())
}

fn key_user(message: &Message) -> Option<&str> {
    KEY_REACTIONS.iter().find_map(|name| message.reactions.get(*name)?.first()).map(String::as_str)
}

/// Whether it is a key moment now; the incident's timeline is told when that changes, and a ✅ confirms it.
fn settle(
    work: &mut Work<'_>,
    message: &mut Message,
    user: &str,
    at: Option<Timestamp>,
) -> Result<(), StoreError> {
    let is_key = message.pinned || key_user(message).is_some();
    if is_key == message.key_at.is_some() {
        return Ok(());
    }
    let by = By {
        actor: if user.is_empty() { Actor::Firebell } else { Actor::Person(user.to_owned()) },
        via: Via::Reaction,
    };
    message.key_at = is_key.then(|| at.unwrap_or(work.now));
    message.key_by = is_key.then(|| user.to_owned()).filter(|user| !user.is_empty());
    // Not its words: they stand in the message, and go when that goes.
    let data = json!({
        "channel": message.channel_id, "ts": message.ts, "thread_ts": message.thread_ts, "author": message.author,
    });
    let (kind, reason) = match is_key {
        true => ("key_moment", "the message was marked"),
        false => ("key_moment_off", "the mark was taken off"),
    };
    event(work, message.incident_id, kind, &by, reason, &data)?;
    let (channel, ts, name) = (message.channel_id.clone(), message.ts.clone(), RECEIPT.to_owned());
    let receipt = match is_key {
        true => Say::React { channel, ts, name },
        false => Say::Unreact { channel, ts, name },
    };
    say(work, &receipt, Urgency::Chatter)
}
