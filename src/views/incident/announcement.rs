//! What channels outside are told: one message, kept true until the end.

use serde_json::Value;
use slack_morphism::blocks::SlackActionBlockElement;

use super::{color, group_line, headline, holders, state};
use crate::domain::picture::incident::IncidentPicture;
use crate::limits::{CARD_DESCRIPTION_CHARS, INCIDENT_ANNOUNCED_GROUPS};
use crate::slack::blocks::{Message, Mrkdwn, SlackButtonStyle, actions, button, context, section, truncate};
use crate::views::words::{at, who};

/// Instead of what was told of one that has become private.
pub fn withdrawn(number: i64) -> Value {
    Message::new(Mrkdwn::markup(format!(":lock: *INC-{number}* is private now."))).to_value()
}

pub fn announcement(picture: &IncidentPicture) -> Value {
    let one = &picture.incident;
    let mut text = Mrkdwn::new();
    let summary = &one.facts.summary;
    if !one.is_open() && !summary.is_empty() {
        text = super::card::summary(summary);
    } else if let Some(last) = &one.facts.last_update {
        text =
            at(text.raw("*Update* "), last.at).raw(": ").text(&truncate(&last.text, CARD_DESCRIPTION_CHARS));
    } else if !one.facts.description.is_empty() {
        text = text.text(&truncate(&one.facts.description, CARD_DESCRIPTION_CHARS));
    }
    for group in picture.groups.iter().take(INCIDENT_ANNOUNCED_GROUPS) {
        text = if text.is_blank() { text } else { text.line() };
        text = group_line(text, picture, group);
    }
    let mut blocks = Vec::new();
    if !text.is_blank() {
        blocks.push(section(text));
    }
    let mut line =
        at(who(Mrkdwn::markup("Declared by "), &one.facts.declared.by).raw(" "), one.facts.declared.at);
    if let Some(lead) = picture.known_roles.first() {
        for user in holders(picture, &lead.name) {
            line = line.raw("  ·  ").text(&lead.name).raw(" ").user(user);
        }
    }
    // Of one that was merged, where it goes on.
    let into = picture.merged_into.as_ref().and_then(|other| other.channel_id.as_ref());
    if let Some(channel) = into.or(one.channel_id.as_ref()) {
        line = line.raw("  ·  ").channel(channel);
    }
    blocks.extend(context([line]));
    if one.is_open() {
        let join = button("incident_join", "Join", &one.id.to_string()).with_style(SlackButtonStyle::Primary);
        let row: [SlackActionBlockElement; 1] = [join.into()];
        blocks.extend(actions(&format!("announced_{}", one.id), row));
    }
    let text = headline(picture).raw(" — ").text(&state(picture));
    Message::new(text).attachment(color(picture), blocks).to_value()
}
