//! What was seen: the groups and alerts at a moment, and the messages that were sent.

use std::time::Duration;

use super::expect::MessageKind;
use crate::domain::group::{Group, State};
use crate::domain::incident::Incident;
use crate::domain::label::Labels;
use crate::domain::rules::Rules;
use crate::engine::suppress::{self, Silences};
use crate::engine::{Work, hush};
use crate::limits::{OPEN_INCIDENTS_LOOKED_AT, TRIAL_ALERTS_MAX};
use crate::store::{StoreError, Tx, alerts, groups, incidents};

/// Everything that came of a test.
#[derive(Clone, Debug, Default)]
pub struct Record {
    /// One for each moment of which something is expected, in their order.
    pub seen: Vec<World>,
    /// What was said, in order.
    pub said: Vec<Said>,
    /// What happened otherwise, for people who ask for it.
    pub happened: Vec<(Duration, String)>,
    /// What the test wanted to do and could not.
    pub troubles: Vec<Trouble>,
}

/// Something that a test wanted to do did not work.
#[derive(Clone, Debug)]
pub struct Trouble {
    pub at: Duration,
    pub span: crate::yaml::Span,
    pub what: String,
    /// What to look at.
    pub more: Vec<String>,
}

/// A message that was sent.
#[derive(Clone, Debug)]
pub struct Said {
    pub at: Duration,
    pub kind: MessageKind,
    /// `#channel`, or nothing for a direct message.
    pub channel: Option<String>,
    /// The person's Slack id, for a direct message.
    pub to: Option<String>,
    /// Everything that is to be read in it, line by line.
    pub text: String,
    /// The number of the group it is about.
    pub group: Option<i64>,
}

/// The state of things at a moment.
#[derive(Clone, Debug, Default)]
pub struct World {
    pub groups: Vec<SeenGroup>,
    /// Every firing alert once.
    pub alerts: Vec<SeenAlert>,
    /// The open ones, oldest first.
    pub incidents: Vec<SeenIncident>,
}

#[derive(Clone, Debug)]
pub struct SeenIncident {
    pub incident: Incident,
    /// The numbers of the alert groups under it.
    pub groups: Vec<i64>,
}

#[derive(Clone, Debug)]
pub struct SeenGroup {
    pub group: Group,
    pub firing: Vec<Labels>,
    pub responders: Vec<String>,
}

/// A firing alert and what hushes it.
#[derive(Clone, Debug)]
pub struct SeenAlert {
    pub labels: Labels,
    pub integration: String,
    pub inhibited: Option<String>,
    pub silenced: Option<String>,
    /// Everywhere it goes.
    pub muted: Option<String>,
}

impl World {
    /// Looks at everything there is.
    pub(super) fn look(work: &mut Work<'_>) -> Result<Self, StoreError> {
        let mut world = Self::default();
        let silences = Silences::now(work)?;
        let rules: &Rules = work.rules;
        // Numbers count from 1 without a gap.
        for number in 1.. {
            let Some(group) = groups::by_number(work.tx, number)? else { break };
            let responders =
                groups::responders(work.tx, group.id)?.into_iter().map(|one| one.user_id).collect();
            let muted = rules
                .tree
                .by_id(&group.route)
                .and_then(|route| hush::muted_now(rules, route, work.now))
                .map(|muted| muted.reason);
            let mut firing = Vec::new();
            for row in alerts::top(work.tx, group.id, TRIAL_ALERTS_MAX)?.into_iter().filter(|row| row.firing)
            {
                let labels: Labels = serde_json::from_str(&row.labels)
                    .map_err(|error| StoreError::Inconsistent(error.to_string()))?;
                firing.push(labels.clone());
                if let Some(known) = world
                    .alerts
                    .iter_mut()
                    .find(|one| one.labels == labels && one.integration == row.integration)
                {
                    known.muted = known.muted.take().filter(|_| muted.is_some());
                    continue;
                }
                world.alerts.push(SeenAlert {
                    inhibited: suppress::why(work, &labels, &Silences::default())?,
                    silenced: silences
                        .covering(&labels)
                        .map(|one| format!("silenced by {}", one.row.matchers)),
                    muted: muted.clone(),
                    integration: row.integration,
                    labels,
                });
            }
            world.groups.push(SeenGroup { group, firing, responders });
        }
        let mut open = incidents::open(work.tx, OPEN_INCIDENTS_LOOKED_AT)?;
        open.sort_by_key(|one| one.number);
        for incident in open {
            let ids = incidents::groups_of(work.tx, incident.id)?;
            let of = world.groups.iter().filter(|one| ids.contains(&one.group.id));
            let groups = of.map(|one| one.group.number).collect();
            world.incidents.push(SeenIncident { incident, groups });
        }
        Ok(world)
    }

    pub fn open(&self) -> impl Iterator<Item = &SeenGroup> {
        self.groups.iter().filter(|one| one.group.state != State::Resolved)
    }
}

/// All groups there are, oldest first.
pub(super) fn every_group(tx: &mut dyn Tx) -> Result<Vec<Group>, StoreError> {
    let mut all = Vec::new();
    for number in 1.. {
        match groups::by_number(tx, number)? {
            Some(group) => all.push(group),
            None => break,
        }
    }
    Ok(all)
}
