//! Who does what, and who is called in.

use serde_json::Value;

use super::{about, field, form};
use crate::domain::picture::incident::{IncidentDialogue, IncidentPicture};
use crate::limits::RESPONDERS_AT_ONCE_MAX;
use crate::slack::blocks::{
    Choice, Mrkdwn, SlackBlock, button, input, multi_static_select, multi_user_select, section_with,
    static_select, user_select,
};

/// Each role, what it does, and who has it; below, giving one.
pub(super) fn roles(dialogue: &IncidentDialogue) -> Value {
    let picture = &dialogue.picture;
    let id = picture.incident.id;
    let mut blocks = vec![about(dialogue)];
    for (nth, role) in picture.known_roles.iter().enumerate() {
        let is_held = picture.roles.iter().any(|held| held.role == role.name);
        let text = Mrkdwn::markup("*").text(&role.name).raw(if is_held { "*" } else { "* — _nobody yet_" });
        let text = text.line().text(&role.description);
        let word = if is_held && !role.many { "Take over" } else { "Take it" };
        let take = button("incident_take", word, &format!("{id}:{}", role.name));
        blocks.push(section_with(&format!("role_{nth}"), text, take));
        blocks.extend(held(picture, |known| known == role.name));
    }
    // What the config knew once.
    blocks.extend(held(picture, |known| picture.known_roles.iter().all(|role| role.name != known)));
    let choices: Vec<Choice> =
        picture.known_roles.iter().map(|role| Choice::new(role.name.as_str(), role.name.as_str())).collect();
    let menu = static_select(field::ROLE, "Which role?", &choices, None);
    blocks.push(input(field::ROLE, "Give a role", menu).into());
    blocks.push(input(field::PERSON, "To", user_select(field::PERSON, "Whom?", None)).into());
    form(dialogue, "incident_role", "Roles", blocks).submit("Give it").close("Close").to_value()
}

/// Who has these roles, each with a button that ends it.
fn held(picture: &IncidentPicture, which: impl Fn(&str) -> bool) -> Vec<SlackBlock> {
    let held = picture.roles.iter().enumerate().filter(|(_, held)| which(&held.role));
    held.map(|(nth, held)| {
        let text = Mrkdwn::markup(":bust_in_silhouette: ").user(&held.user_id).raw(" is ").text(&held.role);
        let value = format!("{}:{}:{}", picture.incident.id, held.user_id, held.role);
        section_with(&format!("held_{nth}"), text, button("incident_leave", "Remove", &value))
    })
    .collect()
}

pub(super) fn invite(dialogue: &IncidentDialogue) -> Value {
    let people = multi_user_select(field::PEOPLE, "Who should come?", &[])
        .with_max_selected_items(RESPONDERS_AT_ONCE_MAX as u64);
    let mut blocks = vec![about(dialogue), input(field::PEOPLE, "People", people).with_optional(true).into()];
    if !dialogue.usergroups.is_empty() {
        let choices: Vec<Choice> = dialogue
            .usergroups
            .iter()
            .map(|(id, handle)| Choice::new(format!("@{handle}"), id.as_str()))
            .collect();
        let groups = multi_static_select(field::USERGROUPS, "Whole user groups", &choices, &[]);
        blocks.push(input(field::USERGROUPS, "User groups", groups).with_optional(true).into());
    }
    form(dialogue, "incident_invite", "Invite", blocks).submit("Invite").to_value()
}
