//! What people are shown of an alert group: everything a message, a dialogue or a list needs, gathered once.

pub mod incident;
pub mod storm;

use std::collections::BTreeMap;
use std::time::Duration;

use super::alert::{Alert, Kind};
use super::bulk::Deed;
use super::group::Group;
use super::say::Importance;
use super::time::Timestamp;

/// A group as its message shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct GroupPicture {
    pub group: Group,
    /// The most important ones, firing first; `group.firing` and `group.resolved` count all.
    pub alerts: Vec<AlertPicture>,
    pub responders: Vec<Called>,
    pub history: History,
    /// Buttons that lead somewhere: runbook, dashboard, source …
    pub links: Vec<Button>,
    /// The receiver's own words, where it has templates for them.
    pub summary: Option<String>,
    pub text: Option<String>,
    /// Who is mentioned with the first message.
    pub mention: Option<String>,
    /// The receiver's own colour of what fires; by default it follows the priority.
    pub color: Option<String>,
    /// Groups attached to this one, and the one it is attached to.
    pub attached: Vec<Named>,
    pub root: Option<Named>,
    pub silence_presets: Vec<Option<Duration>>,
    /// The incident it belongs to; a private one is not told.
    pub incident: Option<incident::Brief>,
    pub now: Timestamp,
}

impl GroupPicture {
    /// In a sentence: the receiver's own words, or what all of its alerts say alike.
    pub fn told_summary(&self) -> Option<&str> {
        self.summary.as_deref().or_else(|| self.shared(&["summary", "title"]))
    }

    /// The first line that says more than the title does: what all say, else what the most important alert says.
    pub fn first_summary(&self) -> Option<&str> {
        let own = |name: &str| self.alerts.first().map(|one| one.alert.annotations.get(name));
        let all = [
            self.told_summary(),
            own("summary"),
            self.told_description(),
            own("description"),
            own("message"),
            own("title"),
        ];
        let texts = all.into_iter().flatten();
        texts
            .filter_map(|text| text.lines().map(str::trim).find(|line| !line.is_empty()))
            .find(|line| *line != self.group.title)
    }

    /// What everything that fires in it is, if it is one thing.
    pub fn kind_firing(&self) -> Kind {
        Kind::of_all(self.alerts.iter().filter(|one| one.firing).map(|one| one.alert.kind))
    }

    /// At more length.
    pub fn told_description(&self) -> Option<&str> {
        self.text.as_deref().or_else(|| self.shared(&["description", "message", "Error"]))
    }

    /// The first of these annotations that all of its alerts have alike: what only one says stands in its own line.
    pub fn shared(&self, names: &[&str]) -> Option<&str> {
        let (first, rest) = self.alerts.split_first()?;
        names.iter().find_map(|name| {
            let text = first.alert.annotations.get(name);
            let alike = rest.iter().all(|other| other.alert.annotations.get(name) == text);
            (alike && !text.trim().is_empty()).then_some(text)
        })
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct AlertPicture {
    pub alert: Alert,
    pub firing: bool,
    pub since: Timestamp,
    pub ended: Option<Timestamp>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Called {
    pub user_id: String,
    pub importance: Importance,
}

/// "Seen 4 times in 30 days; last #12, 3 days ago, fixed by: …".
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    /// Earlier groups of the same kind within the span.
    pub count: u32,
    pub last: Option<Earlier>,
    /// The newest note of what fixed it, which may be of an older one than the last.
    pub fix: Option<Fix>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Earlier {
    pub number: i64,
    pub at: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    pub number: i64,
    pub note: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Button {
    pub name: String,
    pub url: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    pub id: i64,
    pub number: i64,
    pub title: String,
}

/// One line of a timeline or of "why here?".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Happened {
    pub at: Timestamp,
    pub kind: String,
    pub actor: super::actor::Actor,
    pub source: String,
    pub reason: String,
    pub data: serde_json::Value,
}

/// What a list shows of a group beside what the group tells of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listed {
    /// The address of its message in each of its channels, in the order of `group.channels`.
    pub links: Vec<Option<String>>,
    /// What everything that fires in it is.
    pub kind: Kind,
    /// What tells it from another of the same title.
    pub told_apart: Option<String>,
}

/// By the group's id.
pub type ListedGroups = BTreeMap<i64, Listed>;

/// Somebody's App Home.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HomePicture {
    pub user: String,
    /// Groups this person has, then those that nobody has, then the others.
    pub mine: Vec<Group>,
    pub waiting: Vec<Group>,
    pub others: Vec<Group>,
    /// Of all of them.
    pub listed: ListedGroups,
    pub more: u32,
    pub silences: u32,
    /// Open ones, newest first; private ones only of those who have a part in them.
    pub incidents: Vec<super::incident::Incident>,
    /// The address of an incident's card, by the incident's id.
    pub incident_links: BTreeMap<i64, String>,
    /// Open ones that are not listed.
    pub more_incidents: usize,
    /// The incident's number and the role.
    pub my_roles: Vec<(i64, String)>,
    /// The incident's number and the task.
    pub my_tasks: Vec<(i64, super::incident::Task)>,
}

/// What a dialogue shows: everything it needs, gathered once.
#[derive(Clone, Debug, PartialEq)]
pub enum Dialogue {
    /// What fixed it; of a group that is not resolved yet, sending it resolves it.
    Fix {
        group: Named,
        resolved: bool,
        note: Option<String>,
    },
    /// For how long, or until when.
    Silence {
        group: Named,
    },
    /// The same for several at once.
    Several {
        what: Deed,
        groups: Vec<Group>,
    },
    /// Who is called, and whom else to call.
    Responders {
        group: Named,
        called: Vec<Called>,
    },
    /// Which of the open groups it belongs to.
    Attach {
        group: Named,
        open: Vec<Named>,
    },
    Note {
        group: Named,
    },
    Timeline {
        group: Named,
        page: u32,
        has_earlier: bool,
        lines: Vec<Happened>,
    },
    Why(Box<WhyHere>),
    Details(Box<GroupPicture>),
    Storm(Box<storm::StormPage>),
    Declare(Box<incident::DeclareForm>),
    Incident(Box<incident::IncidentDialogue>),
}

/// How a group came to be and what keeps it quiet.
#[derive(Clone, Debug, PartialEq)]
pub struct WhyHere {
    pub group: Group,
    /// The event of its making: path, grouping, timers, priority, version of the configuration.
    pub created: Option<Happened>,
    /// Later decisions to speak or to keep quiet, oldest first.
    pub decided: Vec<Happened>,
    /// What keeps it quiet at this moment, in words.
    pub quiet: Vec<String>,
    /// The configuration of now.
    pub config: String,
}
