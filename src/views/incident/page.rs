//! Direct messages: what somebody has to do in an incident, and why.

use serde_json::Value;
use slack_morphism::blocks::SlackActionBlockElement;

use super::headline;
use super::note::trouble;
use crate::domain::incident::news::Page;
use crate::domain::picture::incident::IncidentPicture;
use crate::slack::blocks::{Message, Mrkdwn, actions, button, section};
use crate::views::words::{at, who};

pub fn page(picture: &IncidentPicture, page: &Page) -> Value {
    let one = &picture.incident;
    let own = |actor: &crate::domain::actor::Actor, user: &str| actor.slack_id() == Some(user);
    let text = headline(picture).line();
    let text = match page {
        Page::RoleTaken { role, by } => {
            let text = Mrkdwn::markup("You are *").text(role).raw("* of ").append(&text);
            let me = picture.roles.iter().find(|held| held.role == *role).map(|held| held.user_id.as_str());
            let text = if me.is_some_and(|me| own(by, me)) {
                text
            } else {
                who(text.raw("Given by "), by).raw(". ")
            };
            let known = picture.known_roles.iter().find(|known| known.name == *role);
            text.text(known.map_or("", |known| known.description.as_str()))
        }
        Page::TaskAssigned { task, text: words, by } => {
            let text = who(text.raw(&format!("Task {task} is yours (given by ")), by);
            text.raw("): ").text(words)
        }
        Page::Called { by } => who(text, by).raw(" asks you to come and help."),
        Page::UpdateDue { since } => {
            let text = at(text.raw(":mega: Those outside have heard nothing since "), *since);
            let text = text.raw(". Two sentences are enough: what is hurt, what you do about it.");
            match picture.without_lead() {
                Some(lead) => text.raw(" You are asked because nobody is *").text(lead).raw("* yet."),
                None => text,
            }
        }
        Page::Trouble { what, reason, mend, again } => text.append(&trouble(what, reason, mend, *again)),
    };
    let text = match &one.channel_id {
        Some(channel) => text.line().raw("→ ").channel(channel),
        None => text,
    };
    let row: Vec<SlackActionBlockElement> = match page {
        Page::UpdateDue { .. } => {
            vec![button("incident_form_update", "Write an update", &format!("{}:update", one.id)).into()]
        }
        Page::Called { by } if one.is_open() => {
            // Who called hears of it.
            let value = |answer: &str| format!("{}:{answer}:{}", one.id, by.slack_id().unwrap_or_default());
            vec![
                button("incident_coming", "On my way", &value("yes")).into(),
                button("incident_cant", "Can't", &value("no")).into(),
            ]
        }
        Page::TaskAssigned { task, .. } => {
            vec![button("incident_task_done", "Done", &format!("{}:{task}:1", one.id)).into()]
        }
        _ => Vec::new(),
    };
    let message = Message::new(text.clone());
    if row.is_empty() {
        return message.to_value();
    }
    message.blocks([section(text)]).blocks(actions("incident_page", row)).to_value()
}
