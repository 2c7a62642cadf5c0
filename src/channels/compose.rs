//! What a row says, in the words of now.

use serde_json::{Value, json};

use crate::domain::actor::Actor;
use crate::domain::rules::Rules;
use crate::domain::say::{GroupNote, Say};
use crate::domain::time::Timestamp;
use crate::engine::look;
use crate::engine::say::card_name;
use crate::store::outbox::{self, Place};
use crate::store::{StoreError, Tx, groups, incidents, people};
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
        Say::GroupNote { group, note, .. } => {
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
            Some(views::note::note(&group, note, name.as_deref()))
        }
        Say::Page { group, by, importance, .. } => {
            let Some(group) = groups::by_id(tx, *group)? else { return Ok(None) };
            let mut link = None;
            for channel in &group.channels {
                if let Some(place) = outbox::place(tx, &card_name(group.id, channel))? {
                    link = permalink(&place);
                    break;
                }
            }
            let picture = look::group(tx, rules, group, now)?;
            Some(views::page::page(&picture, by, *importance, link.as_deref()))
        }
        Say::IncidentCard { .. }
        | Say::IncidentNote { .. }
        | Say::Announcement { .. }
        | Say::IncidentPage { .. }
        | Say::IncidentStep { .. }
        | Say::IncidentRecord { .. } => None, // `incident` has its own
        Say::Whisper { text, message, .. } => {
            Some(message.clone().unwrap_or_else(|| json!({ "text": text })))
        }
        Say::Post { text, .. } => Some(json!({ "text": text })),
        Say::Respond { text, message, .. } => {
            let mut body = message.clone().unwrap_or_else(|| json!({ "text": text }));
            body["response_type"] = json!("ephemeral");
            Some(body)
        }
        Say::OpenView { view, .. } | Say::UpdateView { view, .. } => {
            look::dialogue(tx, rules, view, now)?.map(|dialogue| views::modal::draw(&dialogue))
        }
        Say::Home { user } => Some(views::home::home(&look::home(tx, user, now)?, rules)),
        Say::React { .. } | Say::Unreact { .. } => Some(json!({})),
    })
}
