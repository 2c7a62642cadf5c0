//! An incident as people are shown it.

use std::collections::BTreeMap;

use crate::domain::group::Group;
use crate::domain::incident::settings::{Role, Severity, Status};
use crate::domain::incident::{Incident, Link, RoleHolder, Task};
use crate::domain::priority::Priority;
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
    /// What its channel would be called by its title, if it is called otherwise.
    pub rename_to: Option<String>,
    pub now: Timestamp,
}

impl IncidentPicture {
    /// The role that leads, while it is open and nobody has it.
    pub fn without_lead(&self) -> Option<&str> {
        let lead = self.known_roles.first().filter(|_| self.incident.is_open())?;
        let is_held = self.roles.iter().any(|held| held.role == lead.name);
        (!is_held).then_some(lead.name.as_str())
    }
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
    /// The priority of the alert that suggests it.
    pub suggested_by: Option<Priority>,
    /// It was asked for in the channel of this one, which is open.
    pub inside: Option<Named>,
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
    /// Alert groups that can be attached or detached, or incidents it can be merged into.
    pub choices: Vec<Named>,
    /// Of a page of the timeline: its lines, oldest first, and whether there are earlier ones.
    pub lines: Vec<Line>,
    pub has_earlier: bool,
}

/// Where a text stands that could be redacted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextPlace {
    /// "A message", "The title".
    pub what: &'static str,
    /// Who wrote it; empty if that is not known.
    pub by: String,
    pub at: Option<Timestamp>,
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
