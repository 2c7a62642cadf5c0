//! Who does what, and who is called in.

use serde_json::Value;

use super::{about, field, form};
use crate::domain::picture::incident::IncidentDialogue;
use crate::limits::RESPONDERS_AT_ONCE_MAX;
use crate::slack::blocks::{
    Choice, Mrkdwn, button, input, multi_static_select, multi_user_select, section_with, static_select,
    user_select,
};

/// Each role with who has it; below, giving one.
pub(super) fn roles(dialogue: &IncidentDialogue) -> Value {
    let picture = &dialogue.picture;
    let id = picture.incident.id;
    let mut blocks = vec![about(dialogue)];
    for (nth, role) in picture.known_roles.iter().enumerate() {
        let holders: Vec<&str> = picture
            .roles
            .iter()
            .filter(|held| held.role == role.name)
            .map(|held| held.user_id.as_str())
            .collect();
        let mut text = Mrkdwn::markup("*").text(&role.name).raw("* — ");
        if holders.is_empty() {
            text = text.raw("_nobody_");
        }
        for user in &holders {
            text = text.user(user).raw(" ");
        }
        let text = text.line().text(&role.description);
        let take = button("incident_take", "Take it", &format!("{id}:{}", role.name));
        blocks.push(section_with(&format!("role_{nth}"), text, take));
    }
    for (nth, held) in picture.roles.iter().enumerate() {
        let text = Mrkdwn::new().user(&held.user_id).raw(" is ").text(&held.role);
        let leave =
            button("incident_leave", "Take it from them", &format!("{id}:{}:{}", held.user_id, held.role));
        blocks.push(section_with(&format!("held_{nth}"), text, leave));
    }
    let choices: Vec<Choice> =
        picture.known_roles.iter().map(|role| Choice::new(role.name.as_str(), role.name.as_str())).collect();
    let menu = static_select(field::ROLE, "Which role?", &choices, None);
    blocks.push(input(field::ROLE, "Give a role", menu).into());
    blocks.push(input(field::PERSON, "To", user_select(field::PERSON, "Whom?", None)).into());
    form(dialogue, "incident_role", "Roles", blocks).submit("Give it").close("Close").to_value()
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
