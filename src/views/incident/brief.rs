//! Where it stands, for one person: who comes later, and who has just declared it.

use serde_json::Value;

use super::{headline, holders, state};
use crate::domain::picture::incident::IncidentPicture;
use crate::domain::timeline::Message as Said;
use crate::limits::{CARD_DESCRIPTION_CHARS, CARD_LINE_CHARS, INCIDENT_CARD_TASKS};
use crate::slack::blocks::{Message, Mrkdwn, section, truncate};
use crate::views::words::{at, time};

/// Status, severity, who leads, the last update, key moments and open tasks.
pub fn brief(picture: &IncidentPicture, keys: &[Said]) -> Value {
    let one = &picture.incident;
    let mut text = Mrkdwn::markup(":wave: Where it stands: ").append(&headline(picture)).line();
    text = at(text.raw("*Status:* ").text(&state(picture)).raw(", declared "), one.facts.declared.at);
    if let Some(lead) = picture.known_roles.first() {
        let who = holders(picture, &lead.name);
        text = text.raw("  ·  *").text(&lead.name).raw(":*");
        if who.is_empty() {
            text = text.raw(" _nobody yet_");
        }
        text = who.into_iter().fold(text, |text, user| text.raw(" ").user(user));
    }
    if let Some(last) = &one.facts.last_update {
        text = at(text.line().raw("*Last update* "), last.at).raw(": ");
        text = text.text(&truncate(&last.text, CARD_DESCRIPTION_CHARS));
    } else if !one.facts.description.is_empty() {
        text = text.line().quote(&truncate(&one.facts.description, CARD_DESCRIPTION_CHARS));
    }
    for (nth, key) in keys.iter().enumerate() {
        if nth == 0 {
            text = text.line().raw("*Key moments*");
        }
        let line = key.plain.split_whitespace().collect::<Vec<_>>().join(" ");
        text = time(text.line().raw(":pushpin: "), key.at).raw(" ").bold(&key.author);
        text = text.raw(": ").text(&truncate(&line, CARD_LINE_CHARS));
    }
    let open: Vec<_> = picture.tasks.iter().filter(|task| task.done.is_none()).collect();
    for (nth, task) in open.iter().take(INCIDENT_CARD_TASKS).enumerate() {
        if nth == 0 {
            text = text.line().raw(&format!("*Open tasks: {}*", open.len()));
        }
        text = text.line().raw(&format!("☐ {}  ", task.number)).text(&truncate(&task.text, CARD_LINE_CHARS));
        text = task.assignee.iter().fold(text, |text, user| text.raw("  ").user(user));
    }
    Message::new(text.clone()).blocks([section(text)]).to_value()
}

/// The way to its channel, for who declared it.
pub fn way(picture: &IncidentPicture) -> Value {
    let text = Mrkdwn::markup(":rotating_light: ").append(&super::answer::name(&picture.incident));
    let text = match &picture.incident.channel_id {
        Some(channel) => text.raw(": its channel is ").channel(channel).raw("."),
        None => text.raw(" is declared."),
    };
    Message::new(text).to_value()
}
