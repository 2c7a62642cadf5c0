//! The team's own words for incidents: severities, statuses, roles, and what follows from them.

use std::time::Duration;

use super::{Incident, Refusal};
use crate::domain::label::Labels;
use crate::domain::matcher::Matchers;
use crate::domain::priority::Priority;

/// Everything of the configuration about incidents.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `inc-{number}-{slug}`; see [`super::naming`].
    pub channel_name: String,
    /// From the worst to the mildest.
    pub severities: Vec<Severity>,
    /// In their order; the first is that of a new incident. "resolved" is none of them: it is an end.
    pub statuses: Vec<Status>,
    pub roles: Vec<Role>,
    pub announce: Vec<Announcement>,
    pub invite: Vec<Invitation>,
    /// Private ones call in the same people: an invitation tells only the invited. Else only who has a part in it.
    pub invite_to_private: bool,
    /// The channel of an ended incident is archived after this rest.
    pub archive_after: Option<Duration>,
    /// The text of a deleted message is not kept. If it is, it is only exported, never published.
    pub redact_deleted: bool,
    /// Names under which `POST /api/v1/incidents` may be used stand in the web server; here only who they are.
    pub default_severity: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Severity {
    pub name: String,
    pub description: String,
    /// `:red_circle:`, without colons.
    pub emoji: String,
    /// Remind the commander when the last update is this old.
    pub update_every: Option<Duration>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    pub name: String,
    pub description: String,
    /// Reaching it means that users are no longer hurt.
    pub mitigated: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Role {
    pub name: String,
    /// What the role does: sent to the one who takes it.
    pub description: String,
    /// Whether several people may have it at once.
    pub many: bool,
}

/// Which incidents something is about.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Empty: all.
    pub severities: Vec<String>,
    pub matchers: Matchers,
    pub drills: Drills,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Drills {
    #[default]
    Not,
    Also,
    Only,
}

impl Filter {
    pub fn holds(&self, incident: &Incident) -> bool {
        self.holds_for(&incident.severity, &incident.labels, incident.drill)
    }

    pub fn holds_for(&self, severity: &str, labels: &Labels, drill: bool) -> bool {
        let drills = match self.drills {
            Drills::Not => !drill,
            Drills::Also => true,
            Drills::Only => drill,
        };
        let severe = self.severities.is_empty() || self.severities.iter().any(|one| same(one, severity));
        drills && severe && self.matchers.matches(labels)
    }
}

/// A channel that is told of incidents.
#[derive(Clone, Debug)]
pub struct Announcement {
    pub channel: String,
    pub filter: Filter,
    /// What is told below it shows in the channel, too, for these severities; none: for the worst two.
    pub broadcast: Option<Vec<String>>,
}

/// Who is invited to the channels of which incidents: users (`U…`) and user groups (`S…`, or a handle).
#[derive(Clone, Debug)]
pub struct Invitation {
    pub who: Vec<String>,
    pub filter: Filter,
}

impl Default for Settings {
    fn default() -> Self {
        let minutes = |n: u64| Some(Duration::from_secs(n * 60));
        let severity = |name: &str, description: &str, emoji: &str, update_every| Severity {
            name: name.to_owned(),
            description: description.to_owned(),
            emoji: emoji.to_owned(),
            update_every,
        };
        let status = |name: &str, description: &str, mitigated| Status {
            name: name.to_owned(),
            description: description.to_owned(),
            mitigated,
        };
        let role = |name: &str, description: &str, many| Role {
            name: name.to_owned(),
            description: description.to_owned(),
            many,
        };
        Self {
            channel_name: "inc-{number}-{slug}".to_owned(),
            severities: vec![
                severity(
                    "SEV1",
                    "Down for all or most users, or data is being lost",
                    "red_circle",
                    minutes(30),
                ),
                severity(
                    "SEV2",
                    "An important part is broken for many users",
                    "large_orange_circle",
                    minutes(60),
                ),
                severity(
                    "SEV3",
                    "Something is broken for some, or there is a way around it",
                    "large_yellow_circle",
                    None,
                ),
                severity("SEV4", "Nobody is hurt yet, but it needs work", "large_blue_circle", None),
            ],
            statuses: vec![
                status("investigating", "We look for what is wrong", false),
                status("identified", "We know what is wrong and work on it", false),
                status("monitoring", "It is mended; we watch whether it stays so", true),
            ],
            roles: vec![
                role(
                    "Commander",
                    "Leads: decides what is done next and by whom, keeps severity and status true, and hands over when tired. Does not dig.",
                    false,
                ),
                role(
                    "Communications",
                    "Tells those outside: posts updates in time, answers questions, keeps them out of the way of the others.",
                    false,
                ),
                role(
                    "Scribe",
                    "Writes down what the channel does not show: calls, decisions, times. A note or a :pushpin: does it.",
                    false,
                ),
                role(
                    "Investigator",
                    "Looks for the cause and mends it; says in the channel what is tried before it is tried.",
                    true,
                ),
            ],
            announce: Vec::new(),
            invite: Vec::new(),
            invite_to_private: true,
            archive_after: None,
            redact_deleted: true,
            default_severity: "SEV3".to_owned(),
        }
    }
}

impl Settings {
    /// By its name, in any case; a mere number counts from the worst (`2` is the second).
    pub fn severity(&self, said: &str) -> Option<&Severity> {
        let said = said.trim();
        let by_name = self.severities.iter().find(|one| same(&one.name, said));
        by_name.or_else(|| {
            let place: usize = said.parse().ok()?;
            self.severities.get(place.checked_sub(1)?)
        })
    }

    pub fn status(&self, said: &str) -> Option<&Status> {
        find_by_start(&self.statuses, said, |one| &one.name)
    }

    pub fn role(&self, said: &str) -> Option<&Role> {
        find_by_start(&self.roles, said, |one| &one.name)
    }

    pub fn first_status(&self) -> Status {
        self.statuses.first().cloned().unwrap_or_else(|| Status {
            name: "investigating".to_owned(),
            description: String::new(),
            mitigated: false,
        })
    }

    pub fn unknown_severity(&self, said: &str) -> Refusal {
        unknown("severity", said, self.severities.iter().map(|one| &one.name))
    }

    pub fn unknown_status(&self, said: &str) -> Refusal {
        unknown("status", said, self.statuses.iter().map(|one| &one.name))
    }

    pub fn unknown_role(&self, said: &str) -> Refusal {
        unknown("role", said, self.roles.iter().map(|one| &one.name))
    }

    /// Whether what is told below an announcement shows in its channel, too.
    pub fn shows_in_channel(&self, channel: &str, severity: &str) -> bool {
        let worst = || self.severities.iter().take(WORST).any(|one| same(&one.name, severity));
        self.announce.iter().filter(|one| one.channel == channel).any(|one| match &one.broadcast {
            Some(named) => named.iter().any(|one| same(one, severity)),
            None => worst(),
        })
    }

    /// What an alert of this priority suggests: P1 the worst, P2 the next, and so on.
    pub fn suggested(&self, priority: Priority) -> &str {
        let place = usize::from(priority.as_number().saturating_sub(1));
        let found = self.severities.get(place).or(self.severities.last());
        found.map_or(self.default_severity.as_str(), |one| one.name.as_str())
    }

    /// How often those outside are to hear of it.
    pub fn update_every(&self, severity: &str) -> Option<Duration> {
        self.severity(severity).and_then(|one| one.update_every)
    }
}

/// So many severities are bad enough to show in a channel what is told below an announcement.
const WORST: usize = 2;

fn same(a: &str, b: &str) -> bool {
    a.to_lowercase() == b.to_lowercase()
}

/// By the whole name, or by its beginning where only one begins so ("comm" is Commander and Communications: none).
fn find_by_start<'a, T>(all: &'a [T], said: &str, name: impl Fn(&T) -> &String) -> Option<&'a T> {
    let said = said.trim().to_lowercase();
    if let Some(found) = all.iter().find(|one| name(one).to_lowercase() == said) {
        return Some(found);
    }
    let mut starts = all.iter().filter(|one| said.len() >= 3 && name(one).to_lowercase().starts_with(&said));
    match (starts.next(), starts.next()) {
        (Some(one), None) => Some(one),
        _ => None,
    }
}

fn unknown<'a>(what: &'static str, said: &str, known: impl Iterator<Item = &'a String>) -> Refusal {
    Refusal::Unknown { what, said: said.to_owned(), known: known.cloned().collect() }
}
