//! What a row says, in the words of now.

use serde_json::{Value, json};

use crate::domain::actor::Actor;
use crate::domain::group::Group;
use crate::domain::rules::Rules;
use crate::domain::say::{GroupNote, Say};
use crate::domain::time::Timestamp;
use crate::engine::say::{card_name, storm_name};
use crate::engine::{listed, look, storm};
use crate::store::outbox::{self, Place};
use crate::store::{StoreError, Tx, groups, incidents, people, storms};
use crate::views;

/// The message, dialogue or home of a row; `None` when what it is about is gone.
pub(super) fn content(
    tx: &mut dyn Tx,
    rules: &Rules,
    say: &Say,
    now: Timestamp,
    permalink: &dyn Fn(&Place) -> Option<String>,
) -> Result<Option<Value>, StoreError> {
    Ok(match say {
        Say::GroupCard { group, .. } => {
            let Some(group) = groups::by_id(tx, *group)? else { return Ok(None) };
            Some(views::group::card(&look::group(tx, rules, group, now)?))
        }
        Say::Storm { storm, .. } => {
            storm::picture(tx, rules, *storm, now)?.map(|picture| views::storm::card(&picture))
        }
        Say::StormNote { storm, note, .. } => {
            let Some(picture) = storm::picture(tx, rules, *storm, now)? else { return Ok(None) };
            let name = match views::storm::doer_of(note).and_then(Actor::slack_id) {
                Some(user) => people::name(tx, user)?,
                None => None,
            };
            Some(views::storm::note(&picture, note, name.as_deref()))
        }
        Say::GroupNote { group, note, broadcast, .. } => {
            let Some(group) = groups::by_id(tx, *group)? else { return Ok(None) };
            if let GroupNote::Incident { number, .. } = note
                && incidents::by_number(tx, *number)?.is_none_or(|one| one.private)
            {
                return Ok(None);
            }
            let name = match note.by().and_then(Actor::slack_id) {
                Some(user) => people::name(tx, user)?,
                None => None,
            };
            if *broadcast {
                let picture = look::group(tx, rules, group, now)?;
                return Ok(Some(views::note::to_channel(&picture, note, name.as_deref())));
            }
            Some(views::note::note(&group, note, name.as_deref()))
        }
        Say::Page { group, by, importance, .. } => {
            let Some(group) = groups::by_id(tx, *group)? else { return Ok(None) };
            let link = link_to(tx, &group, permalink)?;
            let picture = look::group(tx, rules, group, now)?;
            Some(views::page::page(&picture, by, *importance, link.as_deref()))
        }
        Say::PageUpdate { group, user } => {
            let Some(group) = groups::by_id(tx, *group)? else { return Ok(None) };
            let link = link_to(tx, &group, permalink)?;
            let called = groups::responders(tx, group.id)?.into_iter().find(|one| one.user_id == *user);
            let called = called.map(|one| (Actor::parse(&one.added_by), one.importance));
            let called = called.as_ref().map(|(by, importance)| (by, *importance));
            let picture = look::group(tx, rules, group, now)?;
            Some(views::page::page_now(&picture, called, link.as_deref()))
        }
        Say::IncidentCard { .. }
        | Say::IncidentNote { .. }
        | Say::Announcement { .. }
        | Say::AnnouncementNote { .. }
        | Say::IncidentLink { .. }
        | Say::IncidentPage { .. }
        | Say::IncidentStep { .. }
        | Say::IncidentRecord { .. } => None, // `incident` has its own
        Say::Whisper { text, message, .. } | Say::Post { text, message, .. } => {
            Some(message.clone().unwrap_or_else(|| json!({ "text": text })))
        }
        Say::Respond { text, message, .. } => {
            let mut body = message.clone().unwrap_or_else(|| json!({ "text": text }));
            body["response_type"] = json!("ephemeral");
            Some(body)
        }
        Say::BulkReport { url, report, .. } => {
            let text = views::bulk::report(report, &rules.slack.command).into_string();
            Some(match url {
                Some(_) => json!({ "text": text, "response_type": "ephemeral" }),
                None => json!({ "text": text }),
            })
        }
        Say::OpenView { view, .. } | Say::UpdateView { view, .. } => {
            look::dialogue(tx, rules, view, now)?.map(|dialogue| views::modal::draw(&dialogue))
        }
        Say::Home { user } => Some(views::home::home(&listed::home(tx, rules, user, now)?, rules)),
        Say::Retract { .. } => {
            Some(json!({ "text": views::incident::RETRACTED, "blocks": [], "attachments": [] }))
        }
        Say::React { .. } | Say::Unreact { .. } | Say::DeleteFile { .. } => Some(json!({})),
    })
}

/// The way to a group's message, in the first channel where it stands.
fn link_to(
    tx: &mut dyn Tx,
    group: &Group,
    permalink: &dyn Fn(&Place) -> Option<String>,
) -> Result<Option<String>, StoreError> {
    for channel in &group.channels {
        if let Some(place) = outbox::place(tx, &card_name(group.id, channel))? {
            return Ok(permalink(&place));
        }
    }
    for one in storms::of_group(tx, group.id)? {
        if let Some(place) = outbox::place(tx, &storm_name(one.storm, &one.channel))? {
            return Ok(permalink(&place));
        }
    }
    Ok(None)
}
