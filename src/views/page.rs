//! The direct message to somebody who is called.

use serde_json::Value;
use slack_morphism::blocks::SlackActionBlockElement;

use super::group::headline;
use super::words::who;
use crate::domain::actor::Actor;
use crate::domain::group::State;
use crate::domain::picture::GroupPicture;
use crate::domain::say::Importance;
use crate::limits::CARD_SUMMARY_CHARS;
use crate::slack::blocks::{
    Message, Mrkdwn, SlackButtonStyle, actions, button, context, link_button, section, truncate,
};

/// What burns, who asks, and the way there.
pub fn page(picture: &GroupPicture, by: &Actor, importance: Importance, permalink: Option<&str>) -> Value {
    let group = &picture.group;
    let asks = match importance {
        Importance::Default => who(Mrkdwn::markup(":wave: "), by).raw(" asks you to look at this"),
        Importance::Important => {
            who(Mrkdwn::markup(":rotating_light: *Important:* "), by).raw(" needs you here now")
        }
    };
    let headline = headline(&GroupPicture { mention: None, ..picture.clone() });
    let mut row: Vec<SlackActionBlockElement> = Vec::new();
    if group.state == State::Firing {
        let id = group.id.to_string();
        row.push(button("group_ack", "Acknowledge", &id).with_style(SlackButtonStyle::Primary).into());
    }
    if group.state != State::Resolved {
        // Who called hears of it.
        let value = |answer: &str| format!("{}:{answer}:{}", group.id, by.slack_id().unwrap_or_default());
        row.push(button("responder_coming", "On my way", &value("yes")).into());
        row.push(button("responder_cant", "Can't", &value("no")).into());
    }
    if let Some(link) = permalink.and_then(|url| link_button("link_group", "Go to the alert", url)) {
        row.push(link.into());
    }
    let summary = picture
        .told_summary()
        .or_else(|| picture.alerts.first().map(|one| one.alert.annotations.get("summary")))
        .unwrap_or_default();
    let summary = truncate(summary.trim(), CARD_SUMMARY_CHARS);
    Message::new(asks.clone().raw(": ").append(&headline))
        .blocks([section(asks.line().append(&headline))])
        .blocks(context([Mrkdwn::new().text(&summary)]))
        .blocks(actions("page", row))
        .to_value()
}
