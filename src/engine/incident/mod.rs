//! What people and rules do with incidents. Each deed is the same way: load → may they → ask the rules → write,
//! journal, tell.

pub mod alike;
mod answers;
pub mod bookmarks;
mod declare;
mod deeds;
pub mod look;
pub mod mirror;
pub mod record;
pub mod redact;
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

pub use answers::{answer_call, rename};
pub(super) use declare::by_route;
pub use declare::{Declared, Wish, adopt, declare};
pub use deeds::{
    attach_group, cancel, detach_group, groups_changed, invite, join, leave_role, link, merge, note,
    note_of_message, reopen, resolve, severity, status, summarize, take_role, title, update,
};
pub use tasks::{add_task, assign_task, task_done};
pub use trouble::Refused;

use super::deeds::By;
use super::say::{announcement_name, say};
use super::{Work, journal, sight};
use crate::domain::actor::Actor;
use crate::domain::incident::news::{Note, Step};
use crate::domain::incident::{Incident, Refusal};
use crate::domain::rights::{Denied, Right, Rights, Standing};
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

/// Loads it and asks whether they may, and may know of it at all; or what they are told instead.
fn load(
    work: &mut Work<'_>,
    id: i64,
    by: &By,
    right: Option<Right>,
) -> Result<Result<Incident, Done>, StoreError> {
    if let Err(denied) = permit(work, &by.actor, right)? {
        return Ok(Err(Done::Denied(denied)));
    }
    Ok(seen(work, id, &by.actor)?.ok_or(Done::Unknown))
}

/// The incident, if there is one and they may know of it.
pub fn seen(work: &mut Work<'_>, id: i64, by: &Actor) -> Result<Option<Incident>, StoreError> {
    let Some(incident) = incidents::by_id(work.tx, id)? else { return Ok(None) };
    Ok(sight::sees_incident(work, by, &incident)?.then_some(incident))
}

/// Whether they may: rules, senders and tokens were let in before; people are asked about. Of whom Slack has not told
/// what it depends on, it is [`StoreError::Unknown`], which undoes the transaction.
pub fn permit(
    work: &mut Work<'_>,
    by: &Actor,
    right: Option<Right>,
) -> Result<Result<(), Denied>, StoreError> {
    let Some(user) = by.slack_id() else { return Ok(Ok(())) };
    let asker = people::asker(work.tx, user, work.now)?;
    let verdict = match right {
        Some(right) => work.rules.rights.may(&asker, right),
        None => Rights::may_work(&asker),
    };
    verdict.map_err(StoreError::Unknown)
}

/// Why some of these cannot be called in, in a sentence: they are bots, or nobody.
pub fn uncallable(work: &mut Work<'_>, users: &[String]) -> Result<Option<String>, StoreError> {
    let (mut bots, mut nobody) = (Vec::new(), Vec::new());
    for user in users {
        let Err(standing) = people::can_be_called(work.tx, user)? else { continue };
        let name = people::name(work.tx, user)?.unwrap_or_else(|| user.clone());
        if standing == Standing::Bot { bots.push(name) } else { nobody.push(name) }
    }
    let said = |names: &[String], one: &str, many: &str| match names {
        [] => None,
        [name] => Some(format!("{name} {one}.")),
        names => Some(format!("{} {many}.", names.join(", "))),
    };
    let sentences = [
        said(&bots, "is a bot and reads no messages", "are bots and read no messages"),
        said(&nobody, "has no active account here", "have no active accounts here"),
    ];
    let text = sentences.into_iter().flatten().collect::<Vec<_>>().join(" ");
    Ok(Some(text).filter(|text| !text.is_empty()))
}

/// Whoever cannot be called in gets nothing to do either.
fn refuses(
    work: &mut Work<'_>,
    incident: &Incident,
    field: &'static str,
    users: &[String],
) -> Result<Option<Done>, StoreError> {
    let problem = uncallable(work, users)?;
    Ok(problem.map(|problem| Done::No(incident.clone(), Refusal::Text { field, problem })))
}

/// Writes the event of it; its id.
pub(super) fn event(
    work: &mut Work<'_>,
    incident: i64,
    kind: &str,
    by: &By,
    reason: &str,
    data: &Value,
) -> Result<i64, StoreError> {
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
    for channel in announced_in(work, incident)? {
        say(work, &Say::Announcement { incident: incident.id, channel }, urgency)?;
    }
    Ok(())
}

/// What an event means for those outside is told below each announcement: an edit rings nobody.
pub(super) fn tell_outside(
    work: &mut Work<'_>,
    incident: &Incident,
    event: i64,
    note: &Note,
) -> Result<(), StoreError> {
    for channel in announced_in(work, incident)? {
        let note = Say::AnnouncementNote { incident: incident.id, channel, event, note: note.clone() };
        say(work, &note, Urgency::Deed)?;
    }
    Ok(())
}

fn announced_in(work: &mut Work<'_>, incident: &Incident) -> Result<Vec<String>, StoreError> {
    if incident.private {
        return Ok(Vec::new());
    }
    let configured = work.rules.incidents.announce.iter().filter(|one| one.filter.holds(incident));
    let mut channels: Vec<String> = configured.map(|one| one.channel.clone()).collect();
    let prefix = announcement_name(incident.id, "");
    for name in outbox::placed_names(work.tx, &prefix)? {
        channels.extend(name.strip_prefix(&prefix).map(str::to_owned));
    }
    channels.sort();
    channels.dedup();
    Ok(channels)
}
