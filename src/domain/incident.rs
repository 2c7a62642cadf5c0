//! An incident and what may become of it: declared, worked on, resolved; reopened, cancelled, merged.
//!
//! Severities, statuses and roles are the team's own words ([`Settings`]). What is decided here is what may follow
//! on what; who may do it is [`super::rights`].

pub mod naming;
pub mod news;
pub mod settings;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::actor::{Actor, Via};
use super::label::Labels;
use super::time::Timestamp;
pub use settings::Settings;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    Open,
    Resolved,
    /// It was none: a false alarm, declared by mistake.
    Cancelled,
    /// It goes on in another one.
    Merged,
}

impl State {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Resolved => "resolved",
            Self::Cancelled => "cancelled",
            Self::Merged => "merged",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::Open, Self::Resolved, Self::Cancelled, Self::Merged]
            .into_iter()
            .find(|state| state.as_str() == text)
    }
}

/// What is known at its end, in the words of whoever resolved it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Summary {
    pub happened: String,
    pub cause: String,
    pub fix: String,
}

impl Summary {
    pub fn is_empty(&self) -> bool {
        self.happened.is_empty() && self.cause.is_empty() && self.fix.is_empty()
    }
}

/// Who did it and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    pub by: Actor,
    pub at: Timestamp,
}

/// The part of an incident that no query looks into.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    pub declared: Mark,
    pub via: Via,
    /// When the first of its alerts began to fire, if that was before it was declared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detected_at: Option<Timestamp>,
    /// When somebody first took one of its alert groups, or a role.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acknowledged: Option<Mark>,
    /// When a status that means so was first reached.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mitigated: Option<Mark>,
    /// When it ended, however it did; none while it is open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<Mark>,
    #[serde(default, skip_serializing_if = "Summary::is_empty")]
    pub summary: Summary,
    /// The id of the incident it was merged into.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub merged_into: Option<i64>,
    /// The last words told to those who are not in the channel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_update: Option<Update>,
    /// The channel was there before; it is not ours to archive.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub adopted: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub archived_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "is_zero")]
    pub reopened: u32,
    /// Those in the channel were told that all its alerts are resolved; until one fires again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub alerts_over: bool,
    /// How many names were taken when its channel was made.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub name_attempt: u32,
    /// Of its channel, as it was last set: setting it anew is a message to everybody.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub topic: String,
    /// Those in its channel's bar that we put there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bookmarks: Vec<Bookmark>,
    /// Who declared it and is to be shown the way to its channel, once there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shown_to: Option<ShownTo>,
    /// What failed and was told, until it works again.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub troubles: BTreeSet<String>,
}

/// Where somebody waits for an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShownTo {
    pub user: String,
    /// A response URL of Slack's; none: by a direct message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

/// A link in the channel's bar.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bookmark {
    /// Slack's.
    pub id: String,
    pub title: String,
    pub url: String,
    /// The alert group it came with, by its id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<i64>,
}

fn is_zero(n: &u32) -> bool {
    *n == 0
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Update {
    pub text: String,
    pub by: Actor,
    pub at: Timestamp,
}

impl Facts {
    pub fn new(by: Actor, via: Via, at: Timestamp) -> Self {
        Self {
            description: String::new(),
            declared: Mark { by, at },
            via,
            detected_at: None,
            acknowledged: None,
            mitigated: None,
            ended: None,
            summary: Summary::default(),
            merged_into: None,
            last_update: None,
            adopted: false,
            archived_at: None,
            reopened: 0,
            alerts_over: false,
            name_attempt: 0,
            topic: String::new(),
            bookmarks: Vec::new(),
            shown_to: None,
            troubles: BTreeSet::new(),
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Incident {
    pub id: i64,
    pub number: i64,
    pub title: String,
    /// One of the configured names, as it was spelled when it was set.
    pub severity: String,
    pub status: String,
    pub state: State,
    /// Only who is in its channel may learn of it.
    pub private: bool,
    /// An exercise.
    pub drill: bool,
    pub labels: Labels,
    /// Of the alert group whose route declared it: one open incident each.
    pub group_key: Option<String>,
    /// Its channel's id, once it is made; a channel is known by its id, its name may change.
    pub channel_id: Option<String>,
    pub channel_name: Option<String>,
    pub facts: Facts,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub ended_at: Option<Timestamp>,
}

/// What happened to an incident; told in its channel and kept as an event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "snake_case")]
pub enum Change {
    Severity { from: String, to: String },
    Status { from: String, to: String },
    Title { from: String, to: String },
    Resolved { summary: Summary },
    Reopened { from: State },
    Cancelled { reason: String },
    Merged { into: i64 },
}

impl Change {
    /// The kind of its event row.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Severity { .. } => "severity",
            Self::Status { .. } => "status",
            Self::Title { .. } => "title",
            Self::Resolved { .. } => "resolved",
            Self::Reopened { .. } => "reopened",
            Self::Cancelled { .. } => "cancelled",
            Self::Merged { .. } => "merged",
        }
    }
}

/// Why a wish about an incident is not granted. The incident is as it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It has ended.
    Ended(State),
    /// It has not ended.
    StillOpen,
    /// It is so already.
    Same(String),
    /// There is no such word; these are.
    Unknown { what: &'static str, said: String, known: Vec<String> },
    /// Into itself, or into one that was merged or has ended.
    CannotMerge(String),
    /// A field has too little or too much in it.
    Text { field: &'static str, problem: String },
}

impl Incident {
    pub fn is_open(&self) -> bool {
        self.state == State::Open
    }

    /// Whether there is a channel that can be spoken in.
    pub fn has_live_channel(&self) -> bool {
        self.channel_id.is_some() && self.facts.archived_at.is_none()
    }

    /// When the first sign of it was.
    pub fn began_at(&self) -> Timestamp {
        let declared = self.facts.declared.at;
        self.facts.detected_at.map_or(declared, |detected| detected.min(declared))
    }

    pub fn set_severity(&mut self, settings: &Settings, to: &str, now: Timestamp) -> Result<Change, Refusal> {
        self.must_be_open()?;
        let to = settings.severity(to).ok_or_else(|| settings.unknown_severity(to))?.name.clone();
        if self.severity == to {
            return Err(Refusal::Same(to));
        }
        let from = std::mem::replace(&mut self.severity, to.clone());
        self.updated_at = now;
        Ok(Change::Severity { from, to })
    }

    pub fn set_status(
        &mut self,
        settings: &Settings,
        to: &str,
        by: &Actor,
        now: Timestamp,
    ) -> Result<Change, Refusal> {
        self.must_be_open()?;
        let status = settings.status(to).ok_or_else(|| settings.unknown_status(to))?;
        if self.status == status.name {
            return Err(Refusal::Same(status.name.clone()));
        }
        if status.mitigated && self.facts.mitigated.is_none() {
            self.facts.mitigated = Some(Mark { by: by.clone(), at: now });
        }
        let from = std::mem::replace(&mut self.status, status.name.clone());
        self.updated_at = now;
        Ok(Change::Status { from, to: status.name.clone() })
    }

    pub fn set_title(&mut self, to: &str, now: Timestamp) -> Result<Change, Refusal> {
        let to = one_line(to);
        if to.is_empty() {
            return Err(Refusal::Text { field: "title", problem: "A title needs words.".to_owned() });
        }
        if self.title == to {
            return Err(Refusal::Same(to));
        }
        let from = std::mem::replace(&mut self.title, to.clone());
        self.updated_at = now;
        Ok(Change::Title { from, to })
    }

    pub fn resolve(&mut self, by: &Actor, summary: Summary, now: Timestamp) -> Result<Change, Refusal> {
        self.must_be_open()?;
        self.end(State::Resolved, by, now);
        if !summary.is_empty() {
            self.facts.summary = summary;
        }
        Ok(Change::Resolved { summary: self.facts.summary.clone() })
    }

    pub fn cancel(&mut self, by: &Actor, reason: String, now: Timestamp) -> Result<Change, Refusal> {
        self.must_be_open()?;
        self.end(State::Cancelled, by, now);
        Ok(Change::Cancelled { reason })
    }

    /// Its own part of a merge; its groups, tasks and links move with it.
    pub fn merge(&mut self, into: &Self, by: &Actor, now: Timestamp) -> Result<Change, Refusal> {
        self.must_be_open()?;
        if into.id == self.id {
            return Err(Refusal::CannotMerge("An incident cannot be merged into itself.".to_owned()));
        }
        if !into.is_open() {
            return Err(Refusal::CannotMerge(format!("INC-{} is {}.", into.number, into.state.as_str())));
        }
        if into.private != self.private {
            let text = "A private incident and a public one stay apart: merging would tell what is private.";
            return Err(Refusal::CannotMerge(text.to_owned()));
        }
        self.end(State::Merged, by, now);
        self.facts.merged_into = Some(into.id);
        Ok(Change::Merged { into: into.number })
    }

    pub fn reopen(&mut self, settings: &Settings, now: Timestamp) -> Result<Change, Refusal> {
        if self.is_open() {
            return Err(Refusal::StillOpen);
        }
        let from = std::mem::replace(&mut self.state, State::Open);
        self.facts.ended = None;
        self.facts.mitigated = None;
        self.facts.merged_into = None;
        self.facts.reopened += 1;
        self.ended_at = None;
        self.status.clone_from(&settings.first_status().name);
        self.updated_at = now;
        Ok(Change::Reopened { from })
    }

    fn must_be_open(&self) -> Result<(), Refusal> {
        if self.is_open() { Ok(()) } else { Err(Refusal::Ended(self.state)) }
    }

    fn end(&mut self, state: State, by: &Actor, now: Timestamp) {
        self.state = state;
        self.facts.ended = Some(Mark { by: by.clone(), at: now });
        self.ended_at = Some(now);
        self.updated_at = now;
    }
}

/// A title or task in one line, without blank ends and control characters.
pub fn one_line(text: &str) -> String {
    let words = text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ")
}

/// Somebody's part in an incident.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleHolder {
    pub role: String,
    pub user_id: String,
    pub given_by: Actor,
    pub since: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    pub id: i64,
    pub incident_id: i64,
    /// Within its incident.
    pub number: i64,
    pub text: String,
    /// A Slack user id.
    pub assignee: Option<String>,
    /// For after the incident.
    pub follow_up: bool,
    pub created_by: Actor,
    pub created_at: Timestamp,
    pub done: Option<Mark>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    pub url: String,
    pub title: String,
    pub added_by: Actor,
    pub added_at: Timestamp,
}
