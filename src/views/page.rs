//! The direct message to somebody who is called; it tells later how the group stands.

use serde_json::Value;
use slack_morphism::blocks::SlackActionBlockElement;

use super::group::{headline, notice};
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
    page_now(picture, Some((by, importance)), permalink)
}

/// The same as things stand now; `called` is empty for somebody who was let go.
pub fn page_now(
    picture: &GroupPicture,
    called: Option<(&Actor, Importance)>,
    permalink: Option<&str>,
) -> Value {
    let group = &picture.group;
    let quiet = GroupPicture { mention: None, ..picture.clone() };
    let is_over = group.state == State::Resolved || called.is_none();
    let asks = match called {
        _ if group.state == State::Resolved => {
            Mrkdwn::markup(":white_check_mark: It is over: nobody has to look any more")
        }
        None => Mrkdwn::markup(":white_check_mark: You need not look any more"),
        Some((by, Importance::Default)) => {
            who(Mrkdwn::markup(":wave: "), by).raw(" asks you to look at this")
        }
        Some((by, Importance::Important)) => {
            who(Mrkdwn::markup(":rotating_light: *Important:* "), by).raw(" needs you here now")
        }
    };
    let mut row: Vec<SlackActionBlockElement> = Vec::new();
    if group.state == State::Firing && !is_over {
        let id = group.id.to_string();
        row.push(button("group_ack", "Acknowledge", &id).with_style(SlackButtonStyle::Primary).into());
    }
    if let Some((by, _)) = called
        && group.state != State::Resolved
    {
        // Who called hears of it.
        let value = |answer: &str| format!("{}:{answer}:{}", group.id, by.slack_id().unwrap_or_default());
        row.push(button("responder_coming", "On my way", &value("yes")).into());
        row.push(button("responder_cant", "Can't", &value("no")).into());
    }
    if let Some(link) = permalink.and_then(|url| link_button("link_group", "Go to the alert", url)) {
        row.push(link.into());
    }
    let summary = picture.first_summary().filter(|_| !is_over).unwrap_or_default();
    Message::new(notice(&quiet).raw(" — ").append(&asks))
        .blocks([section(asks.line().append(&headline(&quiet)))])
        .blocks(context([Mrkdwn::new().text(&truncate(summary, CARD_SUMMARY_CHARS))]))
        .blocks(actions("page", row))
        .to_value()
}
