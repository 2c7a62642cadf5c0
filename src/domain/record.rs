//! The record of an incident: everything that was said and done, in two forms. The Markdown is for people, the JSON for
//! programs; its entries are chained by hashes, so that a later change shows ([`chain`]). Both are written piece by piece,
//! for a timeline may be longer than memory should be.
//!
//! What is published (the file in the channel) holds what Slack shows, and nothing that was taken back: no text of a
//! deleted message and no earlier version ([`Shown`]). What was redacted is nowhere.

pub mod chain;
pub mod compare;
pub mod markdown;
pub mod story;
mod text;

#[cfg(test)]
mod tests;

use serde::Serialize;
use serde_json::Value;

use super::incident::Summary;
use super::label::Labels;
use super::timeline::File;

/// The shape of the JSON; it grows when a key changes its meaning.
pub const FORMAT: u32 = 2;

/// What is shown of words that people took back, where the database still holds them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shown {
    /// The text of deleted messages.
    pub deleted: bool,
    /// How messages read before they were edited.
    pub earlier: bool,
}

impl Shown {
    /// For others to read.
    pub const PUBLISHED: Self = Self { deleted: false, earlier: false };
}

/// Everything but the timeline, whose entries follow one by one.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Record {
    pub format: u32,
    pub number: i64,
    pub title: String,
    pub severity: String,
    pub status: String,
    /// `open`, `resolved`, `cancelled`, `merged`.
    pub state: String,
    pub private: bool,
    pub drill: bool,
    pub description: String,
    pub labels: Labels,
    pub channel_id: Option<String>,
    pub channel_name: Option<String>,
    pub merged_into: Option<i64>,
    pub summary: Summary,
    pub times: Times,
    pub roles: Vec<Role>,
    /// Everybody who said or did something, by name.
    pub people: Vec<Person>,
    pub alert_groups: Vec<AlertGroup>,
    pub links: Vec<Link>,
    pub tasks: Vec<Task>,
}

/// Moments in RFC 3339 (UTC), lengths in seconds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Times {
    pub detected: Option<String>,
    pub declared: String,
    pub acknowledged: Option<String>,
    pub mitigated: Option<String>,
    pub resolved: Option<String>,
    pub detected_to_declared_s: Option<u64>,
    pub began_to_acknowledged_s: Option<u64>,
    pub began_to_mitigated_s: Option<u64>,
    pub began_to_resolved_s: Option<u64>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Role {
    pub role: String,
    pub user_id: String,
    pub name: String,
    pub since: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Person {
    pub user_id: String,
    pub name: String,
    pub messages: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AlertGroup {
    pub number: i64,
    pub title: String,
    pub state: String,
    pub priority: String,
    pub began: String,
    pub resolved: Option<String>,
    pub fixed_by: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Link {
    pub title: String,
    pub url: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Task {
    pub number: i64,
    pub text: String,
    pub assignee: Option<String>,
    pub follow_up: bool,
    pub done_at: Option<String>,
}

/// One entry of the timeline, the oldest first.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Entry {
    pub at: String,
    #[serde(flatten)]
    pub what: What,
    /// Of its words, which a gap has none of; see [`chain`].
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub seal: Option<Seal>,
}

/// What the chain knows of an entry's words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Seal {
    /// None: the words are not here.
    pub salt: Option<String>,
    pub words_hash: String,
    pub redacted: Option<Redaction>,
}

/// Who took words out for good.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Redaction {
    pub at: String,
    /// `slack:U1`
    pub by: String,
    pub name: String,
}

impl Entry {
    /// Who redacted it, if somebody did.
    pub fn redaction(&self) -> Option<&Redaction> {
        self.seal.as_ref().and_then(|seal| seal.redacted.as_ref())
    }
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "entry", rename_all = "snake_case")]
pub enum What {
    Event(Event),
    Message(Box<Message>),
    /// Nobody can know any more what was said or changed here.
    Gap {
        until: String,
        reason: String,
    },
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Event {
    /// Its id in the database.
    pub id: i64,
    /// `declared`, `severity`, `note` …
    pub kind: String,
    /// Of an alert group: its number.
    pub alert_group: Option<i64>,
    /// `slack:U1`, `firebell`, `integration:grafana`, `api:deploy`.
    pub actor: String,
    pub name: String,
    pub source: String,
    /// In a sentence; empty if it was redacted.
    pub text: String,
    pub data: Value,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Message {
    pub ts: String,
    pub thread_ts: Option<String>,
    /// `said`, `joined`, `topic` …
    pub kind: String,
    pub user_id: Option<String>,
    pub author: String,
    /// Firebell's own.
    pub ours: bool,
    /// As written, in Slack's markup; empty if it is not shown.
    pub text: String,
    /// To be read.
    pub plain: String,
    pub files: Vec<File>,
    /// Emoji → user ids.
    pub reactions: std::collections::BTreeMap<String, Vec<String>>,
    /// Where it was edited: all versions that are known, the first one first, the last one as it stands.
    pub versions: Vec<Version>,
    /// When Slack told so, or when it was found to be gone.
    pub deleted_at: Option<String>,
    /// `event` or `inferred` (it was gone when the channel was read).
    pub deleted_by: Option<String>,
    pub pinned: bool,
    /// Marked as a key moment, and by whom if that is known.
    pub key_at: Option<String>,
    pub key_by: Option<String>,
    pub permalink: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Version {
    /// From when on it read so.
    pub at: String,
    /// As written.
    pub text: String,
    /// To be read.
    pub plain: String,
}
