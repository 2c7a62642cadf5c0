//! Forms of a field or two.

use serde_json::Value;
use slack_morphism::blocks::SlackActionBlockElement;

use super::{about, field, form};
use crate::domain::picture::incident::IncidentDialogue;
use crate::limits::{INCIDENT_TEXT_CHARS, INCIDENT_TITLE_CHARS, TIMELINE_PAGES_MAX};
use crate::slack::blocks::{
    Choice, Modal, Mrkdwn, SlackBlock, actions, button, context, date_time_picker, input, placeholder,
    radio_buttons, section, text_input,
};
use crate::views::modal::timeline::paragraphs;
use crate::views::words::at;

/// Everything that can be done, a tap each.
pub(super) fn menu(dialogue: &IncidentDialogue) -> Value {
    let id = dialogue.picture.incident.id;
    let open = [
        ("severity", "Severity"),
        ("status", "Status"),
        ("roles", "Roles"),
        ("tasks", "Tasks"),
        ("update", "Update"),
        ("note", "Note"),
        ("invite", "Invite people"),
        ("title", "Title"),
        ("attach", "Attach alerts"),
        ("detach", "Detach alerts"),
        ("link", "Add a link"),
        ("timeline", "Timeline"),
        ("merge", "Merge"),
        ("resolve", "Resolve"),
        ("cancel", "Cancel incident"),
    ];
    let ended = [
        ("resolve", "Summary"),
        ("tasks", "Tasks"),
        ("note", "Note"),
        ("title", "Title"),
        ("timeline", "Timeline"),
    ];
    let entries: &[(&str, &str)] = if dialogue.picture.incident.is_open() { &open } else { &ended };
    let mut blocks = vec![about(dialogue)];
    // Five in a row are what a phone shows without scrolling sideways.
    for (nth, row) in entries.chunks(3).enumerate() {
        let row = row.iter().map(|(name, text)| -> SlackActionBlockElement {
            button(&format!("incident_form_{name}"), text, &format!("{id}:{name}")).into()
        });
        blocks.extend(actions(&format!("menu_{nth}"), row));
    }
    let command = &dialogue.picture.command;
    let text = Mrkdwn::markup("All of it can be typed, too: ").code(&format!("{command} help"));
    blocks.extend(context([text]));
    Modal::new("incident_menu", &format!("INC-{}", dialogue.picture.incident.number), blocks)
        .close("Close")
        .to_value()
}

pub(super) fn severity(dialogue: &IncidentDialogue) -> Value {
    let choices = dialogue
        .severities
        .iter()
        .map(|one| Choice::new(one.name.as_str(), one.name.as_str()).described(one.description.as_str()));
    choose(dialogue, "severity", "Severity", choices.collect(), &dialogue.picture.incident.severity)
}

pub(super) fn status(dialogue: &IncidentDialogue) -> Value {
    let choices = dialogue
        .statuses
        .iter()
        .map(|one| Choice::new(one.name.as_str(), one.name.as_str()).described(one.description.as_str()));
    choose(dialogue, "status", "Status", choices.collect(), &dialogue.picture.incident.status)
}

fn choose(dialogue: &IncidentDialogue, name: &str, label: &str, choices: Vec<Choice>, now: &str) -> Value {
    let id = if name == "severity" { field::SEVERITY } else { field::STATUS };
    let blocks = vec![about(dialogue), input(id, label, radio_buttons(id, &choices, Some(now))).into()];
    form(dialogue, &format!("incident_{name}"), label, blocks).submit("Set").to_value()
}

pub(super) fn title(dialogue: &IncidentDialogue) -> Value {
    let typed = text_input(field::TITLE, &dialogue.picture.incident.title, false)
        .with_max_length(INCIDENT_TITLE_CHARS as u64);
    let blocks = vec![about(dialogue), input(field::TITLE, "Title", typed).into()];
    form(dialogue, "incident_title", "Title", blocks).submit("Save").to_value()
}

pub(super) fn update(dialogue: &IncidentDialogue) -> Value {
    let typed = text_input(field::TEXT, "", true)
        .with_placeholder(placeholder("Who is hurt, what we do, when you hear more"))
        .with_max_length(INCIDENT_TEXT_CHARS as u64);
    let mut blocks = vec![about(dialogue)];
    if let Some(last) = &dialogue.picture.incident.facts.last_update {
        let text = at(Mrkdwn::markup("The last one, "), last.at).raw(": ").text(&last.text);
        blocks.extend(context([text.truncated(INCIDENT_TEXT_CHARS)]));
    }
    blocks.push(input(field::TEXT, "For those who are not in the channel", typed).into());
    form(dialogue, "incident_update", "Update", blocks).submit("Tell them").to_value()
}

pub(super) fn note(dialogue: &IncidentDialogue) -> Value {
    let typed = text_input(field::TEXT, "", true)
        .with_placeholder(placeholder("Failover to the second region began"))
        .with_max_length(INCIDENT_TEXT_CHARS as u64);
    let blocks = vec![
        about(dialogue),
        input(field::TEXT, "What happened?", typed).into(),
        input(field::WHEN, "When, if not now?", date_time_picker(field::WHEN, None))
            .with_optional(true)
            .into(),
    ];
    form(dialogue, "incident_note", "Note", blocks).submit("Note").to_value()
}

/// Of one that has ended, sending it writes the summary anew.
pub(super) fn resolve(dialogue: &IncidentDialogue) -> Value {
    let one = &dialogue.picture.incident;
    let known = &one.facts.summary;
    let typed = |id: &str, label: &str, hint: &str, words: &str| -> SlackBlock {
        let typed = text_input(id, words, true)
            .with_placeholder(placeholder(hint))
            .with_max_length(INCIDENT_TEXT_CHARS as u64);
        input(id, label, typed).with_optional(true).into()
    };
    let mut blocks = vec![about(dialogue)];
    let firing = dialogue.picture.groups.iter().filter(|group| group.firing > 0).count();
    if one.is_open() && firing > 0 {
        blocks.push(section(Mrkdwn::markup(crate::views::incident::still_firing(firing))));
    }
    let tasks = dialogue.picture.tasks.iter().filter(|task| task.done.is_none() && !task.follow_up).count();
    if one.is_open() && tasks > 0 {
        blocks.push(section(Mrkdwn::markup(crate::views::incident::open_tasks(tasks))));
    }
    blocks.extend([
        typed(
            field::HAPPENED,
            "What happened?",
            "Checkout failed for everybody from 02:10 to 03:05",
            &known.happened,
        ),
        typed(field::CAUSE, "What was the cause?", "A migration locked the orders table", &known.cause),
        typed(field::FIX, "What fixed it?", "Cancelled the migration, restarted pgbouncer", &known.fix),
    ]);
    if one.is_open() {
        blocks.extend(context([Mrkdwn::markup("All of it can wait: the card asks for it after the end.")]));
    }
    let (title, submit) = if one.is_open() { ("Resolve", "Resolve") } else { ("Summary", "Save") };
    form(dialogue, "incident_resolve", title, blocks).submit(submit).to_value()
}

pub(super) fn cancel(dialogue: &IncidentDialogue) -> Value {
    let typed = text_input(field::TEXT, "", false)
        .with_placeholder(placeholder("A test that looked real"))
        .with_max_length(INCIDENT_TEXT_CHARS as u64);
    let blocks = vec![
        about(dialogue),
        section(Mrkdwn::markup(
            "For a false alarm or one that was declared by mistake. Its channel and timeline stay.",
        )),
        input(field::TEXT, "Why?", typed).with_optional(true).into(),
    ];
    form(dialogue, "incident_cancel", "Cancel the incident", blocks)
        .submit("Cancel incident")
        .close("Back")
        .to_value()
}

/// A page of the timeline, the newest at the end.
pub(super) fn timeline(dialogue: &IncidentDialogue, page: u32) -> Value {
    let one = &dialogue.picture.incident;
    let mut blocks = vec![about(dialogue)];
    if dialogue.lines.is_empty() {
        blocks.push(section(Mrkdwn::markup("Nothing more happened.")));
    }
    blocks.extend(paragraphs(crate::views::incident::lines(&dialogue.lines)));
    let mut turn: Vec<SlackActionBlockElement> = Vec::new();
    if dialogue.has_earlier && page < TIMELINE_PAGES_MAX {
        turn.push(button("incident_earlier", "← Earlier", &format!("{}:{}", one.id, page + 1)).into());
    }
    if page > 0 {
        turn.push(button("incident_later", "Later →", &format!("{}:{}", one.id, page - 1)).into());
    }
    blocks.extend(actions(&format!("page_{page}"), turn));
    Modal::new("incident_timeline", &format!("Timeline of INC-{}", one.number), blocks)
        .close("Close")
        .to_value()
}
