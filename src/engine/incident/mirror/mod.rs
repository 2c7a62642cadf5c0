//! What is said in the channels of incidents is kept: told by events, found by reading, never twice.
//!
//! Events may come late, twice, out of order or not at all. So a message is known by its place, a version by the
//! timestamp of its edit, a mark by its event's, and whatever comes is only taken if it is newer than what is known.
//! What a reading finds that no event has told of proves that events were lost: where things may have happened of
//! which nobody can know any more, a gap is marked ([`lost`]). It goes again if the events come after all.
//!
//! The bot's own messages are kept as such; no message starts anything.

pub mod heard;
pub mod lost;
mod marks;
pub mod read;
mod seen;
mod take;

#[cfg(test)]
mod tests;

use serde_json::Value;

use super::{Work, words};
use crate::domain::readable::{self, Mentions, Names};
use crate::domain::time::Timestamp;
use crate::limits::MESSAGES_NAMED_LATE;
use crate::store::mirror::Mirror;
use crate::store::{StoreError, Tx, incidents, messages, people};

pub use lost::{deaf, rate_limited};

/// Who we are in Slack, so that our own messages are known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Us {
    pub user_id: String,
    pub bot_id: Option<String>,
    pub app_id: Option<String>,
}

/// How something came to be known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    /// An event said so.
    Told,
    /// It was not told, but another event shows that it was.
    Implied,
    /// It was found when the channel was read; the reading began then.
    Read(Timestamp),
}

/// Whose names are needed to keep this event or message.
pub fn who_is_in(value: &Value) -> Mentions {
    let mut all = Mentions::default();
    let one = |message: &Value, all: &mut Mentions| {
        // Slackbot stands for whoever a deleted message was of.
        if let Some(user) = message["user"].as_str().filter(|user| *user != "USLACKBOT") {
            add(&mut all.users, user.to_owned());
        }
        let found = readable::mentions(&seen::written(message));
        found.users.into_iter().for_each(|id| add(&mut all.users, id));
        found.channels.into_iter().for_each(|id| add(&mut all.channels, id));
        found.groups.into_iter().for_each(|id| add(&mut all.groups, id));
    };
    one(value, &mut all);
    for key in ["message", "previous_message"] {
        if value[key].is_object() {
            one(&value[key], &mut all);
        }
    }
    all
}

fn add(list: &mut Vec<String>, id: String) {
    if !list.contains(&id) {
        list.push(id);
    }
}

/// The text with names, as far as they are known.
fn plain(tx: &mut dyn Tx, text: &str) -> Result<String, StoreError> {
    let mentions = readable::mentions(text);
    let mut names = Names::default();
    for id in mentions.users {
        if let Some(name) = people::name(tx, &id)? {
            names.users.insert(id, name);
        }
    }
    for id in mentions.channels {
        let own = incidents::by_channel(tx, &id)?.and_then(|incident| incident.channel_name);
        let name = match own {
            Some(name) => Some(name),
            None => people::channel(tx, &id)?.map(|(name, _)| name),
        };
        if let Some(name) = name {
            names.channels.insert(id, name);
        }
    }
    for id in mentions.groups {
        if let Some(handle) = people::usergroup_handle(tx, &id)? {
            names.groups.insert(id, handle);
        }
    }
    Ok(readable::plain(text, &names))
}

/// The name of this user, channel or group was learned after messages had been kept without it.
pub fn named(tx: &mut dyn Tx, id: &str) -> Result<(), StoreError> {
    for mut message in messages::unnamed(tx, id, MESSAGES_NAMED_LATE)? {
        let before = message.clone();
        if message.author == id
            && let Some(name) = people::name(tx, id)?
        {
            message.author = name;
        }
        message.plain = plain(tx, &message.text)?;
        messages::save(tx, &message)?;
        words::reindex_message(tx, &before, &message)?;
    }
    Ok(())
}

/// When it was last seen that this message stood: the last reading that looked at it, or at its thread's count.
fn stood_at(tx: &mut dyn Tx, m: &Mirror, thread: Option<&str>, ts: &str) -> Result<Timestamp, StoreError> {
    let counted = thread.unwrap_or(ts);
    if counted >= m.window_ts.as_str() {
        return Ok(m.checked_at.max(m.started_at));
    }
    verified_at(tx, m, thread, ts)
}

/// When it was last seen that this message read as it is known.
fn verified_at(tx: &mut dyn Tx, m: &Mirror, thread: Option<&str>, ts: &str) -> Result<Timestamp, StoreError> {
    let at = match thread {
        None if ts >= m.window_ts.as_str() => m.checked_at,
        None => m.full_at,
        Some(thread) => {
            let read = crate::store::mirror::thread(tx, &m.channel_id, thread)?.map(|thread| thread.read_at);
            read.unwrap_or(m.full_at).max(m.full_at)
        }
    };
    Ok(at.max(m.started_at))
}
