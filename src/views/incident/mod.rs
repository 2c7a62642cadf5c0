//! What is said about an incident: in its channel, to other channels, to one person.

mod bar;

use serde_json::Value;

use super::words::{at, who};
use crate::domain::incident::State;
use crate::domain::incident::news::{Note, Page};
use crate::domain::picture::incident::IncidentPicture;
use crate::slack::blocks::{Message, Mrkdwn};

pub use bar::{purpose, topic};

fn headline(picture: &IncidentPicture) -> Mrkdwn {
    let one = &picture.incident;
    let text = Mrkdwn::markup(format!(":{}: *INC-{}* ", picture.severity.emoji, one.number));
    let text = text.text(&one.severity).raw(" ").bold(&one.title);
    if one.drill { text.raw(" (drill)") } else { text }
}

fn state(picture: &IncidentPicture) -> &str {
    match picture.incident.state {
        State::Open => &picture.incident.status,
        ended => ended.as_str(),
    }
}

/// The status card in the incident's channel.
pub fn card(picture: &IncidentPicture) -> Value {
    Message::new(headline(picture).line().raw("Status: ").text(state(picture))).to_value()
}

/// What another channel is told.
pub fn announcement(picture: &IncidentPicture) -> Value {
    let text = headline(picture).raw(" — ").text(state(picture));
    let text = match &picture.incident.channel_id {
        Some(channel) => text.raw(" in ").channel(channel),
        None => text,
    };
    Message::new(match &picture.incident.facts.last_update {
        Some(last) => text.line().text(&last.text),
        None => text,
    })
    .to_value()
}

/// A message in the incident's channel; nothing where there is nothing to say.
pub fn note(picture: &IncidentPicture, note: &Note) -> Value {
    let new = Mrkdwn::new;
    let text = match note {
        Note::Opening => {
            let text = headline(picture).raw(": declared by ");
            who(text, &picture.incident.facts.declared.by).line().text(&picture.incident.facts.description)
        }
        Note::Alike => return Value::Null,
        Note::Trouble { what, reason, mend, again } => trouble(what, reason, mend, *again),
        Note::AlertsOver => new().raw("All its alerts are resolved. Is it over?"),
        Note::UpdateDue { since, whom } => {
            let text = at(new().raw("Those outside have heard nothing since "), *since);
            whom.as_ref().map_or(text.clone(), |user| text.raw(" ").user(user))
        }
        Note::ArchiveSoon { at: moment } => {
            at(new().raw("This channel will be archived "), *moment).raw(" unless the incident is reopened.")
        }
        Note::Update { text, by } => who(new().raw("Update by "), by).raw(": ").text(text),
        Note::Words { text, by, .. } => who(new().raw("Note by "), by).raw(": ").text(text),
        Note::Changed { change, by, .. } => who(new().text(change.kind()).raw(" by "), by),
        other => new().text(&serde_json::to_string(other).unwrap_or_default()),
    };
    Message::new(text).to_value()
}

/// A direct message about it.
pub fn page(picture: &IncidentPicture, page: &Page) -> Value {
    let text = headline(picture).line();
    let text = match page {
        Page::RoleTaken { role, by } => who(text.raw("You are ").text(role).raw(" by "), by),
        Page::TaskAssigned { text: task, by, .. } => who(text.raw("Your task, by "), by).raw(": ").text(task),
        Page::Called { by } => who(text, by).raw(" calls you"),
        Page::UpdateDue { since } => at(text.raw("An update is due; the last was "), *since),
        Page::Trouble { what, reason, mend, again } => text.append(&trouble(what, reason, mend, *again)),
    };
    Message::new(text).to_value()
}

fn trouble(what: &str, reason: &str, mend: &str, again: bool) -> Mrkdwn {
    let text = Mrkdwn::markup(":warning: ").text(what).raw(" failed: ").text(reason).raw(". ").text(mend);
    if again { text.raw(" It is tried again every few minutes.") } else { text }
}
