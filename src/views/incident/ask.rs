//! Questions before something is done, and offers after it: to the one who typed it.

use serde_json::Value;
use slack_morphism::blocks::SlackActionBlockElement;

use super::answer::name;
use super::{open_tasks, still_firing};
use crate::domain::incident::Incident;
use crate::limits::FIX_IN_BUTTON_CHARS;
use crate::slack::blocks::{Message, Mrkdwn, SlackButtonStyle, actions, button, section};

/// It is to be resolved, and something speaks against it: alerts that fire, tasks that are open.
pub fn resolve(one: &Incident, firing: usize, tasks: usize, fix: &str) -> Value {
    let mut text = name(one).raw(" is *not* resolved yet:");
    if firing > 0 {
        text = text.line().raw(&still_firing(firing));
    }
    if tasks > 0 {
        text = text.line().raw(&open_tasks(tasks));
    }
    let form = button("incident_form_resolve", "Open the form", &format!("{}:resolve", one.id));
    let mut row: Vec<SlackActionBlockElement> = vec![form.into()];
    if fix.chars().count() <= FIX_IN_BUTTON_CHARS {
        let anyway = button("incident_resolve_anyway", "Resolve anyway", &format!("{}:{fix}", one.id));
        row.push(anyway.with_style(SlackButtonStyle::Danger).into());
    }
    Message::new(text.clone()).blocks([section(text)]).blocks(actions("resolve", row)).to_value()
}

/// It has a new title; its channel could have a new name, too.
pub fn retitled(one: &Incident, rename_to: &str) -> Value {
    let text =
        Mrkdwn::markup("Its title is now ").append(&name(one)).raw(". Its channel still has the old name.");
    let rename = button("incident_rename", "Rename the channel", &one.id.to_string());
    let row: [SlackActionBlockElement; 1] = [rename.into()];
    let text = text.raw(" It would be ").code(&format!("#{rename_to}")).raw(".");
    Message::new(text.clone()).blocks([section(text)]).blocks(actions("rename", row)).to_value()
}
