//! A new incident. At night only the severity is to be chosen; the rest stands there already or can wait.

use serde_json::{Value, json};

use super::field;
use crate::domain::picture::incident::DeclareForm;
use crate::limits::{INCIDENT_TEXT_CHARS, INCIDENT_TITLE_CHARS};
use crate::slack::blocks::{
    Choice, Modal, Mrkdwn, checkboxes, context, input, placeholder, section, static_select, text_input,
};

pub(in crate::views::modal) fn draw(form: &DeclareForm) -> Value {
    let mut blocks = Vec::new();
    if let Some(here) = &form.inside {
        let text = Mrkdwn::markup(format!(":warning: This is the channel of *INC-{}* ", here.number));
        blocks.push(section(
            text.text(&here.title).raw(", which is open. You are about to declare *another* one."),
        ));
    }
    if let Some(group) = &form.group {
        blocks.push(section(Mrkdwn::markup(format!("About alert *#{}* ", group.number)).text(&group.title)));
    }
    let title = text_input(field::TITLE, &form.title, false)
        .with_placeholder(placeholder("Checkout fails for everybody"))
        .with_max_length(INCIDENT_TITLE_CHARS as u64);
    // Nothing is needed where an open incident takes the alert in.
    let may_be_empty = !form.open.is_empty();
    blocks.push(input(field::TITLE, "What burns?", title).with_optional(may_be_empty).into());
    let choices: Vec<Choice> = form
        .severities
        .iter()
        .map(|one| Choice::new(one.name.as_str(), one.name.as_str()).described(one.description.as_str()))
        .collect();
    let menu = static_select(field::SEVERITY, "How bad?", &choices, Some(&form.severity));
    blocks.push(input(field::SEVERITY, "Severity", menu).into());
    if let Some(priority) = form.suggested_by {
        let text = format!("{} is what the alert suggests, which is {priority}.", form.severity);
        blocks.extend(context([Mrkdwn::new().text(&text)]));
    }
    if !form.open.is_empty() {
        let choices: Vec<Choice> = form
            .open
            .iter()
            .map(|one| Choice::new(format!("INC-{} {}", one.number, one.title), one.id.to_string()))
            .collect();
        let menu = static_select(field::INTO, "None: it is a new one", &choices, None);
        blocks.push(
            input(field::INTO, "Or does it belong to an open incident?", menu).with_optional(true).into(),
        );
    }
    let description = text_input(field::DESCRIPTION, &form.description, true)
        .with_placeholder(placeholder("Who is hurt and how; what is known so far"))
        .with_max_length(INCIDENT_TEXT_CHARS as u64);
    blocks.push(input(field::DESCRIPTION, "What is known", description).with_optional(true).into());
    let labels = text_input(field::LABELS, "", false).with_placeholder(placeholder("team=shop region=eu"));
    blocks.push(input(field::LABELS, "Labels", labels).with_optional(true).into());
    let flags = [
        Choice::new("Private", field::PRIVATE)
            .described("a private channel; nothing of it is told elsewhere"),
        Choice::new("Drill", field::DRILL).described("an exercise; marked as such everywhere"),
    ];
    let ticked: Vec<&str> = [(form.private, field::PRIVATE), (form.drill, field::DRILL)]
        .into_iter()
        .filter_map(|(is_ticked, value)| is_ticked.then_some(value))
        .collect();
    let options = checkboxes(field::FLAGS, &flags, &ticked);
    blocks.push(input(field::FLAGS, "Options", options).with_optional(true).into());
    blocks.extend(context([Mrkdwn::markup(
        "A channel is made for it, you and those who are needed are invited, and all that is said there is kept.",
    )]));
    let keeps = json!({ "group": form.group.as_ref().map(|group| group.id), "channel": form.channel });
    Modal::new("incident_declare", "Declare an incident", blocks)
        .submit("Declare")
        .close("Cancel")
        .private_metadata(&keeps.to_string())
        .to_value()
}
