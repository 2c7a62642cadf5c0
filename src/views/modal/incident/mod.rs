//! Dialogues about incidents. One form a file where it is more than a field or two.

mod declare;
mod parts;
mod people;
mod tasks;
mod words;

use serde_json::Value;

use crate::domain::picture::incident::IncidentDialogue;
use crate::domain::say::IncidentForm;
use crate::slack::blocks::{Modal, Mrkdwn, SlackBlock, section};
use crate::views::incident::mark;

pub(super) use declare::draw as declare;

/// Block ids of inputs, which are their action ids too.
pub mod field {
    pub const TITLE: &str = "inc_title";
    pub const SEVERITY: &str = "inc_severity";
    pub const STATUS: &str = "inc_status";
    pub const DESCRIPTION: &str = "inc_description";
    pub const LABELS: &str = "inc_labels";
    /// Private, drill.
    pub const FLAGS: &str = "inc_flags";
    /// An open incident that takes the alert group in instead.
    pub const INTO: &str = "inc_into";
    pub const ROLE: &str = "inc_role";
    pub const PERSON: &str = "inc_person";
    pub const PEOPLE: &str = "inc_people";
    pub const USERGROUPS: &str = "inc_usergroups";
    pub const TASK: &str = "inc_task";
    pub const TEXT: &str = "inc_text";
    pub const WHEN: &str = "inc_when";
    pub const HAPPENED: &str = "inc_happened";
    pub const CAUSE: &str = "inc_cause";
    pub const FIX: &str = "inc_fix";
    /// Alert groups to attach or detach.
    pub const GROUPS: &str = "inc_groups";
    pub const URL: &str = "inc_url";
    pub const LINK_TITLE: &str = "inc_link_title";

    /// What is ticked among [`FLAGS`].
    pub const PRIVATE: &str = "private";
    pub const DRILL: &str = "drill";
    /// Of a task.
    pub const FOLLOW_UP: &str = "follow_up";
}

pub(super) fn draw(dialogue: &IncidentDialogue) -> Value {
    match dialogue.form {
        IncidentForm::Menu => words::menu(dialogue),
        IncidentForm::Severity => words::severity(dialogue),
        IncidentForm::Status => words::status(dialogue),
        IncidentForm::Title => words::title(dialogue),
        IncidentForm::Update => words::update(dialogue),
        IncidentForm::Note => words::note(dialogue),
        IncidentForm::Resolve => words::resolve(dialogue),
        IncidentForm::Cancel => words::cancel(dialogue),
        IncidentForm::Attach => parts::attach(dialogue),
        IncidentForm::Detach => parts::detach(dialogue),
        IncidentForm::Link => parts::link(dialogue),
        IncidentForm::Merge => parts::merge(dialogue),
        IncidentForm::Roles => people::roles(dialogue),
        IncidentForm::Invite => people::invite(dialogue),
        IncidentForm::Tasks => tasks::draw(dialogue),
        IncidentForm::Timeline { page } => words::timeline(dialogue, page),
    }
}

/// Which incident it is about.
fn about(dialogue: &IncidentDialogue) -> SlackBlock {
    let one = &dialogue.picture.incident;
    let mark = mark(one.state, &dialogue.picture.severity.emoji);
    let text = Mrkdwn::markup(format!(":{mark}: *INC-{}* ", one.number));
    section(text.text(&one.title))
}

/// A form that comes back with the incident's id.
fn form(dialogue: &IncidentDialogue, callback_id: &str, title: &str, blocks: Vec<SlackBlock>) -> Modal {
    Modal::new(callback_id, title, blocks)
        .close("Cancel")
        .private_metadata(&dialogue.picture.incident.id.to_string())
}
