//! From what is to be said to an outbox row: which lane, how urgent, what it replaces, when it is useless.

use std::collections::BTreeSet;
use std::time::Duration;

use super::{Work, storm, undelivered};
use crate::domain::actor::Actor;
use crate::domain::group::{Change, Group};
use crate::domain::incident::news::{Note, Step};
use crate::domain::say::{GroupNote, Importance, Say, Urgency};
use crate::domain::time::Timestamp;
use crate::limits::{FIND_GROUPS_AT_ONCE, RESPONSE_URL_LIFE, TRIGGER_LIFE, WHISPER_LIFE};
use crate::store::lists::{self, Wanted};
use crate::store::outbox::{self, NewRow, Put};
use crate::store::{StoreError, groups, storms};

/// The name of a group's message in a channel, as `message_ref` knows it.
pub fn card_name(group: i64, channel: &str) -> String {
    format!("group:{group}@{channel}")
}

/// The group and channel of a card's name.
pub fn card_of(name: &str) -> Option<(i64, &str)> {
    let (group, channel) = name.strip_prefix("group:")?.split_once('@')?;
    Some((group.parse().ok()?, channel))
}

/// The name of the direct message that called somebody to a group.
pub fn page_name(group: i64, user: &str) -> String {
    format!("page:{group}@{user}")
}

/// The name of a storm's message, as `message_ref` knows it.
pub fn storm_name(storm: i64, channel: &str) -> String {
    format!("storm:{storm}@{channel}")
}

/// The storm and channel of its message's name.
pub fn storm_of(name: &str) -> Option<(i64, &str)> {
    let (storm, channel) = name.strip_prefix("storm:")?.split_once('@')?;
    Some((storm.parse().ok()?, channel))
}

/// The group of a message that is its card or called somebody to it.
pub fn group_of(name: &str) -> Option<i64> {
    let (group, _) = name.strip_prefix("group:").or_else(|| name.strip_prefix("page:"))?.split_once('@')?;
    group.parse().ok()
}

/// The name of an incident's status card, as `message_ref` knows it.
pub fn incident_card_name(incident: i64) -> String {
    format!("incident:{incident}")
}

/// The name of the first message in an incident's channel.
pub fn incident_opening_name(incident: i64) -> String {
    format!("incident_opening:{incident}")
}

/// The name of what another channel is told of an incident.
pub fn announcement_name(incident: i64, channel: &str) -> String {
    format!("announcement:{incident}@{channel}")
}

/// The name of what was said below that about an event.
pub fn announcement_note_name(incident: i64, event: i64, channel: &str) -> String {
    format!("announcement:{incident}/{event}@{channel}")
}

fn page_lane(group: i64, user: &str, importance: Importance) -> String {
    format!("page:{user}:{group}:{}", importance.as_str())
}

fn incident_lane(incident: i64) -> String {
    format!("incident:{incident}")
}

/// The method of Slack's a step calls.
pub const fn step_method(step: &Step) -> &'static str {
    match step {
        Step::CreateChannel => "conversations.create",
        Step::Join => "conversations.join",
        Step::Topic => "conversations.setTopic",
        Step::Purpose => "conversations.setPurpose",
        Step::Bookmark { .. } | Step::AlertBookmark { .. } => "bookmarks.add",
        Step::Unbookmark { .. } => "bookmarks.remove",
        Step::Invite { .. } => "conversations.invite",
        Step::InviteGroup { .. } => "usergroups.users.list",
        Step::PinCard => "pins.add",
        Step::Rename { .. } => "conversations.rename",
        Step::Archive => "conversations.archive",
        Step::CheckChannel => "conversations.info",
    }
}

/// Puts it into the outbox, not before `not_before`.
pub fn say_at(
    work: &mut Work<'_>,
    what: &Say,
    urgency: Urgency,
    not_before: Timestamp,
) -> Result<(), StoreError> {
    let key = work.random.uuid(work.now.as_ms()).to_string();
    let form = Form::of(work, what, &key)?;
    let text = undelivered::to_row(what, work.asker.as_ref())?;
    let row = NewRow {
        key: &key,
        lane: &form.lane,
        channel: "slack",
        destination: &form.destination,
        method: form.method,
        priority: urgency.as_i64(),
        say: &text,
        merge_key: form.merge_key.as_deref(),
        now: work.now,
        not_before,
        expires: form.life.map(|life| work.now + life),
    };
    match outbox::put(work.tx, &row)? {
        Put::Added => work.tally.add("messages_queued", 1),
        Put::Merged => work.tally.add("messages_merged", 1),
    }
    work.tx.wake("outbox");
    Ok(())
}

pub fn say(work: &mut Work<'_>, what: &Say, urgency: Urgency) -> Result<(), StoreError> {
    let now = work.now;
    say_at(work, what, urgency, now)
}

/// Of the row that shows an incident's record.
fn record_name(incident: i64) -> String {
    format!("incident:{incident}:record")
}

/// The incident's channel was read to its end by a reading that began then: a record that waits for it may go.
pub fn record_may_go(work: &mut Work<'_>, incident: i64, began: Timestamp) -> Result<(), StoreError> {
    if outbox::go(work.tx, &record_name(incident), began, work.now)? {
        work.tx.wake("outbox");
    }
    Ok(())
}

/// The group's message in each of its channels: posted, or drawn anew.
pub fn card(
    work: &mut Work<'_>,
    group: &Group,
    urgency: Urgency,
    not_before: Timestamp,
) -> Result<(), StoreError> {
    let storms = storms::of_group(work.tx, group.id)?;
    for channel in &group.channels {
        if !storm::is_held(work.tx, &storms, group.id, channel)? {
            say_at(work, &Say::GroupCard { group: group.id, channel: channel.clone() }, urgency, not_before)?;
        }
    }
    storm::draw(work, storms, urgency.max(Urgency::Deed))
}

/// Every open group's message is posted anew: Slack has forgotten them (the demo's Slack is made anew each time).
pub fn all_cards_anew(work: &mut Work<'_>) -> Result<(), StoreError> {
    outbox::forget_all_places(work.tx)?;
    let mut place = None;
    loop {
        let (open, end) = lists::after(work.tx, &Wanted::default(), place, FIND_GROUPS_AT_ONCE)?;
        for group in open.iter().filter(|group| group.notified_at.is_some()) {
            let now = work.now;
            card(work, group, Urgency::First, now)?;
        }
        place = end;
        if place.is_none() {
            return Ok(());
        }
    }
}

/// A reply in the group's thread, in each of its channels.
pub fn note(
    work: &mut Work<'_>,
    group: &Group,
    note: &GroupNote,
    urgency: Urgency,
) -> Result<(), StoreError> {
    reply(work, group, note, urgency, false)
}

/// The same, and the channels themselves are notified.
pub fn note_to_channel(
    work: &mut Work<'_>,
    group: &Group,
    note: &GroupNote,
    urgency: Urgency,
) -> Result<(), StoreError> {
    work.tally.add("groups_notified_again", 1);
    reply(work, group, note, urgency, true)
}

fn reply(
    work: &mut Work<'_>,
    group: &Group,
    note: &GroupNote,
    urgency: Urgency,
    broadcast: bool,
) -> Result<(), StoreError> {
    if group.notified_at.is_none() {
        return Ok(());
    }
    let quiet: &[String] = match note {
        GroupNote::Changed(told)
            if matches!(told.change, Change::Resolved { .. }) && matches!(told.by, Actor::Integration(_)) =>
        {
            work.rules.receiver(&group.receiver).map_or(&[], |receiver| &receiver.resolved_quietly)
        }
        _ => &[],
    };
    for channel in group.channels.iter().filter(|channel| !quiet.contains(channel)) {
        if storm::instead_of_note(work, group, channel, note, broadcast)? {
            continue;
        }
        let channel = channel.clone();
        let what = Say::GroupNote { group: group.id, channel, note: note.clone(), broadcast };
        say(work, &what, urgency)?;
    }
    Ok(())
}

/// The direct messages to a group's responders tell how it stands now, also those to whom was let go.
pub fn pages_anew(work: &mut Work<'_>, group: &Group) -> Result<(), StoreError> {
    let called = groups::responders(work.tx, group.id)?.into_iter().map(|one| one.user_id);
    let mut users: BTreeSet<String> = called.collect();
    let prefix = page_name(group.id, "");
    let placed = outbox::placed_names(work.tx, &prefix)?;
    users.extend(placed.iter().filter_map(|name| name.strip_prefix(&prefix)).map(str::to_owned));
    for user in users {
        say(work, &Say::PageUpdate { group: group.id, user }, Urgency::Update)?;
    }
    Ok(())
}

struct Form {
    lane: String,
    destination: String,
    method: &'static str,
    merge_key: Option<String>,
    life: Option<Duration>,
}

impl Form {
    fn of(work: &mut Work<'_>, what: &Say, key: &str) -> Result<Self, StoreError> {
        let post = |lane: String, destination: &str| Self {
            lane,
            destination: format!("slack:{destination}"),
            method: "chat.postMessage",
            merge_key: None,
            life: None,
        };
        let call = |lane: String, method: &'static str| Self {
            lane,
            destination: String::new(),
            method,
            merge_key: None,
            life: None,
        };
        Ok(match what {
            Say::GroupCard { group, channel } => {
                let lane = card_name(*group, channel);
                let form = match outbox::place(work.tx, &lane)? {
                    Some(_) => call(lane.clone(), "chat.update"),
                    None => post(lane.clone(), channel),
                };
                Self { merge_key: Some(lane), ..form }
            }
            Say::Storm { storm, channel } => {
                let lane = storm_name(*storm, channel);
                let form = match outbox::place(work.tx, &lane)? {
                    Some(_) => call(lane.clone(), "chat.update"),
                    None => post(lane.clone(), channel),
                };
                Self { merge_key: Some(lane), ..form }
            }
            Say::StormNote { storm, channel, .. } => post(storm_name(*storm, channel), channel),
            Say::GroupNote { group, channel, .. } => post(card_name(*group, channel), channel),
            Say::Page { group, user, importance, .. } => post(page_lane(*group, user, *importance), user),
            Say::PageUpdate { group, user } => {
                // Behind the message itself, if that still waits.
                let called =
                    groups::responders(work.tx, *group)?.into_iter().find(|one| one.user_id == *user);
                let importance = called.map_or(Importance::Default, |one| one.importance);
                let form = call(page_lane(*group, user, importance), "chat.update");
                Self { merge_key: Some(page_name(*group, user)), ..form }
            }
            Say::IncidentCard { incident } => {
                let name = incident_card_name(*incident);
                let form = match outbox::place(work.tx, &name)? {
                    Some(_) => call(incident_lane(*incident), "chat.update"),
                    None => post(incident_lane(*incident), &name),
                };
                Self { merge_key: Some(name), ..form }
            }
            // Drawn anew when more is known of its alerts' messages.
            Say::IncidentNote { incident, note: Note::Opening } => {
                let name = incident_opening_name(*incident);
                let form = match outbox::place(work.tx, &name)? {
                    Some(_) => call(incident_lane(*incident), "chat.update"),
                    None => post(incident_lane(*incident), &incident_card_name(*incident)),
                };
                Self { merge_key: Some(name), ..form }
            }
            // One lane for all that goes into the channel: first it is made, then it is spoken in.
            Say::IncidentNote { incident, .. } => {
                post(incident_lane(*incident), &incident_card_name(*incident))
            }
            Say::IncidentStep { incident, step } => {
                // What only decorates the channel holds up nothing that is said in it.
                let lane = match step {
                    Step::Topic
                    | Step::Purpose
                    | Step::Bookmark { .. }
                    | Step::AlertBookmark { .. }
                    | Step::Unbookmark { .. }
                    | Step::CheckChannel => format!("incident:{incident}:bar"),
                    _ => incident_lane(*incident),
                };
                let form = call(lane, step_method(step));
                // A topic that waits is set once, to the one of then.
                let once = matches!(step, Step::Topic | Step::Purpose | Step::PinCard | Step::CheckChannel);
                Self { merge_key: once.then(|| format!("incident:{incident}:{}", step.name())), ..form }
            }
            Say::IncidentRecord { incident } => {
                // It may wait for a reading, and holds up nothing meanwhile.
                let lane = record_name(*incident);
                Self { merge_key: Some(lane.clone()), ..call(lane, "files.completeUploadExternal") }
            }
            Say::Announcement { incident, channel } => {
                let lane = announcement_name(*incident, channel);
                let form = match outbox::place(work.tx, &lane)? {
                    Some(_) => call(lane.clone(), "chat.update"),
                    None => post(lane.clone(), channel),
                };
                Self { merge_key: Some(lane), ..form }
            }
            // Behind the announcement, in whose thread it stands.
            Say::AnnouncementNote { incident, channel, .. } => {
                post(announcement_name(*incident, channel), channel)
            }
            Say::IncidentLink { url: Some(_), .. } => {
                Self { life: Some(RESPONSE_URL_LIFE), ..call(format!("respond:{key}"), "response_url") }
            }
            Say::IncidentLink { user, .. } => post(format!("incident_link:{user}:{key}"), user),
            Say::IncidentPage { incident, user, .. } => {
                post(format!("incident_page:{incident}:{user}:{key}"), user)
            }
            Say::Whisper { channel, user, .. } => {
                let form = post(format!("whisper:{user}:{key}"), channel);
                Self { method: "chat.postEphemeral", life: Some(WHISPER_LIFE), ..form }
            }
            Say::BulkReport { url: None, user, .. } => post(format!("post:{user}"), user),
            Say::Respond { .. } | Say::BulkReport { .. } => {
                Self { life: Some(RESPONSE_URL_LIFE), ..call(format!("respond:{key}"), "response_url") }
            }
            Say::OpenView { .. } => {
                Self { life: Some(TRIGGER_LIFE), ..call(format!("view:{key}"), "views.open") }
            }
            Say::UpdateView { view_id, .. } => {
                let lane = format!("view:{view_id}");
                Self { merge_key: Some(lane.clone()), ..call(lane, "views.update") }
            }
            Say::Home { user } => {
                let lane = format!("home:{user}");
                Self { merge_key: Some(lane.clone()), ..call(lane, "views.publish") }
            }
            Say::Post { channel, .. } => post(format!("post:{channel}"), channel),
            Say::Retract { channel, ts } => call(format!("retract:{channel}:{ts}"), "chat.update"),
            Say::DeleteFile { file } => call(format!("file:{file}"), "files.delete"),
            Say::React { channel, ts, .. } => call(format!("react:{channel}:{ts}"), "reactions.add"),
            Say::Unreact { channel, ts, .. } => call(format!("react:{channel}:{ts}"), "reactions.remove"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cards_name_can_be_read_back() {
        let name = card_name(24, "#ops@night");
        assert_eq!(card_of(&name), Some((24, "#ops@night")));
        assert_eq!(card_of("post:#ops"), None);
        assert_eq!((group_of(&name), group_of(&page_name(7, "U1"))), (Some(24), Some(7)));
        assert_eq!(group_of("page:U1:7:default"), None);
    }
}
