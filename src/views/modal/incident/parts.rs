//! What belongs to an incident: alerts and links; and the other incident that it goes on in.

use serde_json::Value;

use super::{about, field, form};
use crate::domain::picture::incident::IncidentDialogue;
use crate::limits::INCIDENT_TITLE_CHARS;
use crate::slack::blocks::{
    Choice, Modal, Mrkdwn, context, input, multi_static_select, placeholder, section, static_select,
    text_input,
};

pub(super) fn attach(dialogue: &IncidentDialogue) -> Value {
    let none = "Every alert that is open belongs to it already.";
    choose_alerts(dialogue, "attach", "Attach alerts", none)
}

pub(super) fn detach(dialogue: &IncidentDialogue) -> Value {
    choose_alerts(dialogue, "detach", "Detach alerts", "No alert belongs to it.")
}

fn choose_alerts(dialogue: &IncidentDialogue, name: &str, title: &str, none: &str) -> Value {
    if dialogue.choices.is_empty() {
        return nothing(dialogue, title, none);
    }
    let choices: Vec<Choice> = dialogue
        .choices
        .iter()
        .map(|one| Choice::new(format!("#{} {}", one.number, one.title), one.id.to_string()))
        .collect();
    let menu = multi_static_select(field::GROUPS, "Choose alerts", &choices, &[]);
    let blocks = vec![about(dialogue), input(field::GROUPS, "Alerts", menu).into()];
    form(dialogue, &format!("incident_{name}"), title, blocks).submit(title).to_value()
}

pub(super) fn link(dialogue: &IncidentDialogue) -> Value {
    let url = text_input(field::URL, "", false).with_placeholder(placeholder("https://…"));
    let title = text_input(field::LINK_TITLE, "", false)
        .with_placeholder(placeholder("The dashboard, the call, the document"))
        .with_max_length(INCIDENT_TITLE_CHARS as u64);
    let mut blocks = vec![
        about(dialogue),
        input(field::URL, "Address", url).into(),
        input(field::LINK_TITLE, "Title", title).with_optional(true).into(),
    ];
    blocks.extend(context([Mrkdwn::markup("It stands on the card and among the channel's bookmarks.")]));
    form(dialogue, "incident_link", "Add a link", blocks).submit("Add").to_value()
}

pub(super) fn merge(dialogue: &IncidentDialogue) -> Value {
    if dialogue.choices.is_empty() {
        let none = match dialogue.picture.incident.private {
            true => "A private incident is merged by typing into which one: `merge INC-3`.",
            false => "No other incident is open, so there is none that it could go on in.",
        };
        return nothing(dialogue, "Merge", none);
    }
    let choices: Vec<Choice> = dialogue
        .choices
        .iter()
        .map(|one| Choice::new(format!("INC-{} {}", one.number, one.title), one.id.to_string()))
        .collect();
    let menu = static_select(field::INTO, "Choose an open incident", &choices, None);
    let mut blocks = vec![about(dialogue), input(field::INTO, "It goes on in", menu).into()];
    blocks.extend(context([Mrkdwn::markup(
        "Its alerts, open tasks and links move there; this channel stays, and says where it goes on.",
    )]));
    form(dialogue, "incident_merge", "Merge", blocks).submit("Merge").to_value()
}

fn nothing(dialogue: &IncidentDialogue, title: &str, text: &str) -> Value {
    let blocks = vec![about(dialogue), section(Mrkdwn::markup(text))];
    Modal::new("notice", title, blocks).close("Close").to_value()
}
