//! What is said about an incident, as meaning: in its channel, to one person, and the steps that make its channel.

use serde::{Deserialize, Serialize};

use super::Change;
use crate::domain::actor::{Actor, Via};
use crate::domain::time::Timestamp;

/// A message in the incident's channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "news", rename_all = "snake_case")]
pub enum Note {
    /// The first one: what is known, what can be done.
    Opening,
    /// Past incidents that look alike, with what fixed them; nothing if there are none.
    Alike,
    Changed {
        change: Change,
        by: Actor,
        via: Via,
    },
    RoleTaken {
        role: String,
        user: String,
        by: Actor,
    },
    RoleLeft {
        role: String,
        user: String,
        by: Actor,
    },
    Task {
        task: i64,
        text: String,
        change: TaskNews,
        by: Actor,
    },
    /// What was learned was written down, after its end.
    Summary {
        by: Actor,
    },
    /// Words for those outside, told here too.
    Update {
        text: String,
        by: Actor,
    },
    /// An entry of the timeline in somebody's words; `at` if it happened at another time.
    Words {
        text: String,
        by: Actor,
        at: Option<Timestamp>,
    },
    Link {
        title: String,
        url: String,
        by: Actor,
    },
    Invited {
        users: Vec<String>,
        /// By their ids.
        #[serde(default)]
        usergroups: Vec<String>,
        by: Actor,
    },
    GroupAttached {
        group: i64,
        by: Actor,
    },
    GroupDetached {
        number: i64,
        title: String,
        by: Actor,
    },
    /// All its alert groups are resolved: is it over?
    AlertsOver,
    /// Something of the channel's making failed: what, why, how to mend it, and whether it is tried again by itself.
    Trouble {
        what: String,
        reason: String,
        mend: String,
        again: bool,
    },
    /// Those outside have not heard for long.
    UpdateDue {
        since: Timestamp,
        whom: Option<String>,
    },
    /// Nobody can know what was said or changed here.
    Gap {
        from: Timestamp,
        to: Timestamp,
        reason: String,
    },
    /// The channel is archived at this time unless somebody reopens the incident.
    ArchiveSoon {
        at: Timestamp,
    },
    /// Another incident was merged into this one.
    TookIn {
        number: i64,
        title: String,
        by: Actor,
    },
    /// Somebody who was called says whether they come; `caller` wants to know.
    CallAnswered {
        by: Actor,
        coming: bool,
        caller: Option<String>,
    },
    /// Somebody took words out of the timeline.
    Redacted {
        texts: usize,
        by: Actor,
    },
    /// This channel is kept from now on; how much was read of what stood here before.
    Adopted {
        messages: u64,
        by: Actor,
    },
}

impl Note {
    /// Who hears of it by a direct message: the channel names them, and does not ring them a second time.
    pub fn told_directly(&self) -> Vec<&str> {
        match self {
            Self::RoleTaken { user, .. } => vec![user],
            Self::Task { change: TaskNews::Added { assignee: to } | TaskNews::Assigned { to }, .. } => {
                to.iter().map(String::as_str).collect()
            }
            Self::Invited { users, .. } => users.iter().map(String::as_str).collect(),
            Self::UpdateDue { whom, .. } => whom.iter().map(String::as_str).collect(),
            _ => Vec::new(),
        }
    }

    /// Whose deed it tells of: they know, and need not be rung.
    pub fn by(&self) -> Option<&Actor> {
        match self {
            Self::Changed { by, .. }
            | Self::RoleTaken { by, .. }
            | Self::RoleLeft { by, .. }
            | Self::Task { by, .. }
            | Self::Summary { by }
            | Self::Update { by, .. }
            | Self::Words { by, .. }
            | Self::Link { by, .. }
            | Self::Invited { by, .. }
            | Self::GroupAttached { by, .. }
            | Self::GroupDetached { by, .. }
            | Self::TookIn { by, .. }
            | Self::Redacted { by, .. }
            | Self::CallAnswered { by, .. }
            | Self::Adopted { by, .. } => Some(by),
            Self::Opening
            | Self::Alike
            | Self::AlertsOver
            | Self::Trouble { .. }
            | Self::UpdateDue { .. }
            | Self::Gap { .. }
            | Self::ArchiveSoon { .. } => None,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "task_news", rename_all = "snake_case")]
pub enum TaskNews {
    Added { assignee: Option<String> },
    Assigned { to: Option<String> },
    Done,
    Reopened,
}

/// A direct message to one person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "page", rename_all = "snake_case")]
pub enum Page {
    /// With what the role does.
    RoleTaken {
        role: String,
        by: Actor,
    },
    TaskAssigned {
        task: i64,
        text: String,
        by: Actor,
    },
    /// They are called to the incident.
    Called {
        by: Actor,
    },
    UpdateDue {
        since: Timestamp,
    },
    /// There is no channel to tell it in.
    Trouble {
        what: String,
        reason: String,
        mend: String,
        again: bool,
    },
}

/// One call that makes or keeps the channel. What Slack answers decides on what follows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "snake_case")]
pub enum Step {
    /// Made under the name that [`super::naming`] gives for `facts.name_attempt`.
    CreateChannel,
    /// The bot enters a public channel that was there before.
    Join,
    Topic,
    Purpose,
    Bookmark {
        title: String,
        url: String,
        emoji: String,
        /// The alert group it comes from, by its id: it goes with it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        group: Option<i64>,
    },
    /// To an alert group's message; its address is known once it stands in Slack.
    AlertBookmark {
        group: i64,
        number: i64,
    },
    /// A bookmark of ours, by Slack's id.
    Unbookmark {
        bookmark: String,
    },
    Invite {
        users: Vec<String>,
        /// Who asked for it just now: they are told each time what did not work.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        asked_by: Option<String>,
    },
    /// The members of a user group (its id or handle) are asked for, then invited.
    InviteGroup {
        group: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        asked_by: Option<String>,
    },
    PinCard,
    /// The channel gets this name.
    Rename {
        name: String,
    },
    Archive,
    /// What kind of channel it is now: a public one may be made private.
    CheckChannel,
}

impl Step {
    /// For lanes, logs and events.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::CreateChannel => "create_channel",
            Self::Join => "join",
            Self::Topic => "topic",
            Self::Purpose => "purpose",
            Self::Bookmark { .. } => "bookmark",
            Self::AlertBookmark { .. } => "alert_bookmark",
            Self::Unbookmark { .. } => "unbookmark",
            Self::Invite { .. } => "invite",
            Self::InviteGroup { .. } => "invite_group",
            Self::PinCard => "pin_card",
            Self::Rename { .. } => "rename",
            Self::Archive => "archive",
            Self::CheckChannel => "check_channel",
        }
    }
}
