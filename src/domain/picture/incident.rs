//! An incident as people are shown it.

use std::collections::BTreeMap;

use crate::domain::group::Group;
use crate::domain::incident::settings::{Role, Severity, Status};
use crate::domain::incident::{Incident, Link, RoleHolder, Task};
use crate::domain::say::IncidentForm;
use crate::domain::time::Timestamp;

use super::Named;

#[derive(Clone, Debug, PartialEq)]
pub struct IncidentPicture {
    pub incident: Incident,
    /// As configured; one that the config no longer has has its name only.
    pub severity: Severity,
    /// Its place from the worst on; what the config no longer has comes last.
    pub severity_rank: usize,
    pub roles: Vec<RoleHolder>,
    /// Those that can be taken.
    pub known_roles: Vec<Role>,
    pub tasks: Vec<Task>,
    pub groups: Vec<Group>,
    pub links: Vec<Link>,
    /// The one it was merged into.
    pub merged_into: Option<Merged>,
    /// Past ones that look alike; only gathered where they are told.
    pub alike: Vec<Alike>,
    /// Where the messages of its alert groups stand, by the groups' ids, as far as that is known.
    pub alert_links: BTreeMap<i64, String>,
    /// Names of people by their ids: of those whom a direct message rings, so that a mention in the channel would be
    /// a second ring. Only gathered where such is told.
    pub names: BTreeMap<String, String>,
    /// How the bot is called: `/firebell`.
    pub command: String,
    pub now: Timestamp,
}

/// Where a merged incident goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Merged {
    pub number: i64,
    pub channel_id: Option<String>,
}

/// A past incident that looks alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alike {
    pub number: i64,
    pub title: String,
    pub severity: String,
    pub ended_at: Timestamp,
    pub fix: String,
    pub channel_id: Option<String>,
}

/// The form of a new incident.
#[derive(Clone, Debug, PartialEq)]
pub struct DeclareForm {
    /// What it is about, if it began with an alert.
    pub group: Option<Named>,
    pub title: String,
    pub description: String,
    pub severities: Vec<Severity>,
    /// The one that is chosen already.
    pub severity: String,
    /// Open incidents that may take the alert group in instead.
    pub open: Vec<Named>,
    /// Where it was asked for.
    pub channel: String,
    /// What is ticked already.
    pub private: bool,
    pub drill: bool,
}

/// A form about an incident that is there.
#[derive(Clone, Debug, PartialEq)]
pub struct IncidentDialogue {
    pub picture: IncidentPicture,
    pub form: IncidentForm,
    pub severities: Vec<Severity>,
    pub statuses: Vec<Status>,
    /// User groups that can be invited: id and handle.
    pub usergroups: Vec<(String, String)>,
    /// Of a page of the timeline: its lines, oldest first, and whether there are earlier ones.
    pub lines: Vec<Line>,
    pub has_earlier: bool,
}

/// A line of the timeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub at: Timestamp,
    /// Who did or said it.
    pub name: String,
    pub text: String,
    pub kind: LineKind,
    /// Marked as a key moment.
    pub key: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineKind {
    Event,
    Said,
    /// Nobody knows what happened from here on until then.
    Gap {
        until: Timestamp,
    },
}

/// An incident in one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Brief {
    pub number: i64,
    pub title: String,
    pub severity: String,
    pub is_open: bool,
    pub channel_id: Option<String>,
}
