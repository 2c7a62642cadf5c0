//! What is to be done, and a new task.

use serde_json::Value;

use super::{about, field, form};
use crate::domain::picture::incident::IncidentDialogue;
use crate::limits::{INCIDENT_TASK_CHARS, INCIDENT_TASKS_LISTED};
use crate::slack::blocks::{
    Choice, Mrkdwn, button, checkboxes, context, input, placeholder, section_with, text_input, user_select,
};

pub(super) fn draw(dialogue: &IncidentDialogue) -> Value {
    let picture = &dialogue.picture;
    let id = picture.incident.id;
    let mut blocks = vec![about(dialogue)];
    // What is still to be done first, then what was done last.
    let (open, mut done): (Vec<_>, Vec<_>) = picture.tasks.iter().partition(|task| task.done.is_none());
    done.reverse();
    let all: Vec<_> = open.into_iter().chain(done).collect();
    for task in all.iter().take(INCIDENT_TASKS_LISTED) {
        let text = Mrkdwn::markup(format!("*{}*  ", task.number));
        let text = if task.done.is_some() { text.strike(&task.text) } else { text.text(&task.text) };
        let text = match &task.assignee {
            Some(user) => text.raw("  → ").user(user),
            None => text,
        };
        let text = if task.follow_up { text.raw("  _(follow-up)_") } else { text };
        let (word, to) = if task.done.is_some() { ("Not done", 0) } else { ("Done", 1) };
        let act = button("incident_task_done", word, &format!("{id}:{}:{to}", task.number));
        blocks.push(section_with(&format!("task_{}", task.number), text, act));
    }
    if all.len() > INCIDENT_TASKS_LISTED {
        let more = all.len() - INCIDENT_TASKS_LISTED;
        blocks.extend(context([Mrkdwn::markup(format!("and {more} more"))]));
    }
    let typed = text_input(field::TASK, "", false)
        .with_placeholder(placeholder("Ask the provider for their status"))
        .with_max_length(INCIDENT_TASK_CHARS as u64);
    blocks.push(input(field::TASK, "New task", typed).into());
    blocks.push(
        input(field::PERSON, "For", user_select(field::PERSON, "Nobody yet", None))
            .with_optional(true)
            .into(),
    );
    let later = [Choice::new("After the incident", field::FOLLOW_UP).described("a follow-up")];
    blocks
        .push(input(field::FLAGS, "When", checkboxes(field::FLAGS, &later, &[])).with_optional(true).into());
    form(dialogue, "incident_task", "Tasks", blocks).submit("Add").close("Close").to_value()
}
