//! What people and rules do with incidents. Each deed is the same way: load → may they → ask the rules → write,
//! journal, tell.

pub mod alike;
pub mod bookmarks;
mod declare;
mod deeds;
pub mod look;
pub mod mirror;
pub mod record;
pub mod search;
pub mod steps;
mod tasks;
pub mod timeline;
pub mod timers;
mod trouble;
pub mod words;

#[cfg(test)]
mod tests;

use serde_json::Value;

pub(super) use declare::by_route;
pub use declare::{Declared, Wish, adopt, declare};
pub use deeds::{
    attach_group, cancel, detach_group, groups_changed, invite, join, leave_role, link, merge, note, reopen,
    resolve, severity, status, summarize, take_role, title, update,
};
pub use tasks::{add_task, assign_task, task_done};
pub use trouble::Refused;

use super::deeds::By;
use super::say::{announcement_name, say};
use super::{Work, journal};
use crate::domain::actor::Actor;
use crate::domain::incident::news::{Note, Step};
use crate::domain::incident::{Incident, Refusal};
use crate::domain::rights::{Denied, Right, Rights};
use crate::domain::say::{Say, Urgency};
use crate::store::{StoreError, incidents, outbox, people};

/// What came of a wish about an incident.
#[derive(Clone, Debug, PartialEq)]
pub enum Done {
    Yes(Incident),
    /// Not granted; the incident is as it was.
    No(Incident, Refusal),
    /// They may not.
    Denied(Denied),
    /// There is no such incident.
    Unknown,
}

/// Loads it and asks whether they may; or what they are told instead.
fn load(
    work: &mut Work<'_>,
    id: i64,
    by: &By,
    right: Option<Right>,
) -> Result<Result<Incident, Done>, StoreError> {
    if let Err(denied) = permit(work, &by.actor, right)? {
        return Ok(Err(Done::Denied(denied)));
    }
    Ok(incidents::by_id(work.tx, id)?.ok_or(Done::Unknown))
}

/// Whether they may: rules, senders and tokens were let in before; people are asked about.
pub fn permit(
    work: &mut Work<'_>,
    by: &Actor,
    right: Option<Right>,
) -> Result<Result<(), Denied>, StoreError> {
    let Some(user) = by.slack_id() else { return Ok(Ok(())) };
    let asker = people::asker(work.tx, user)?;
    Ok(match right {
        Some(right) => work.rules.rights.may(&asker, right),
        None => Rights::may_work(&asker),
    })
}

/// Writes the event of it.
pub(super) fn event(
    work: &mut Work<'_>,
    incident: i64,
    kind: &str,
    by: &By,
    reason: &str,
    data: &Value,
) -> Result<(), StoreError> {
    journal::write(work, &format!("incident:{incident}"), kind, &by.actor, by.via, reason, data)
}

/// A message in its channel.
pub(super) fn tell(
    work: &mut Work<'_>,
    incident: &Incident,
    note: Note,
    urgency: Urgency,
) -> Result<(), StoreError> {
    say(work, &Say::IncidentNote { incident: incident.id, note }, urgency)
}

/// A call that keeps its channel. An archived channel is left alone.
pub(super) fn step(
    work: &mut Work<'_>,
    incident: &Incident,
    step: Step,
    urgency: Urgency,
) -> Result<(), StoreError> {
    say(work, &Say::IncidentStep { incident: incident.id, step }, urgency)
}

/// Everything that shows its state is drawn anew: the card, the announcements, the channel's topic.
pub(super) fn redraw(work: &mut Work<'_>, incident: &Incident, urgency: Urgency) -> Result<(), StoreError> {
    if incident.channel_id.is_some() && incident.facts.archived_at.is_none() {
        say(work, &Say::IncidentCard { incident: incident.id }, urgency)?;
        if !incident.facts.adopted {
            step(work, incident, Step::Topic, Urgency::Chatter)?;
        }
    }
    announce(work, incident, urgency)
}

/// Tells the channels that want to know, and those that were told before.
pub(super) fn announce(work: &mut Work<'_>, incident: &Incident, urgency: Urgency) -> Result<(), StoreError> {
    if incident.private {
        return Ok(());
    }
    let configured = work.rules.incidents.announce.iter().filter(|one| one.filter.holds(incident));
    let mut channels: Vec<String> = configured.map(|one| one.channel.clone()).collect();
    let prefix = announcement_name(incident.id, "");
    for name in outbox::placed_names(work.tx, &prefix)? {
        channels.extend(name.strip_prefix(&prefix).map(str::to_owned));
    }
    channels.sort();
    channels.dedup();
    for channel in channels {
        say(work, &Say::Announcement { incident: incident.id, channel }, urgency)?;
    }
    Ok(())
}
