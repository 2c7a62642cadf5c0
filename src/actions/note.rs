//! Notes: typed into a form, or a message of the thread taken as one.

use super::{Act, Answer, answer, bounded, error_at, form_answer, group_at, plain};
use crate::domain::actor::Actor;
use crate::domain::incident::Incident;
use crate::domain::timeline::moment;
use crate::engine::Work;
use crate::engine::deeds::{self, Done};
use crate::engine::incident;
use crate::limits::{INCIDENT_TEXT_CHARS, NOTE_CHARS};
use crate::store::{StoreError, incidents, people};
use crate::views::answer::next;
use crate::views::incident::answer::{denied, name, refused};
use crate::views::modal::field;

pub(super) fn sent(work: &mut Work<'_>, act: &Act<'_>) -> Result<Answer, StoreError> {
    let Some(group) = act.group() else { return form_answer(work, act, &Done::Unknown) };
    let text = bounded(act.typed(field::NOTE), NOTE_CHARS);
    if text.is_empty() {
        return Ok(error_at(field::NOTE, "A note needs words."));
    }
    let done = deeds::add_note(work, group, &act.by(), &text)?;
    form_answer(work, act, &done)
}

/// The words are the author's, whoever took them in.
pub(super) fn from_message(work: &mut Work<'_>, act: &Act<'_>) -> Result<Answer, StoreError> {
    // The alert's own message begins the thread; it is no reply in it.
    let thread = act.from.thread_ts().filter(|thread| Some(*thread) != act.from.message_ts());
    let found = match (act.from.channel_id(), thread) {
        (Some(channel), Some(thread)) => group_at(work, channel, thread)?,
        _ => None,
    };
    if found.is_none()
        && let Some(channel) = act.from.channel_id()
        && let Some(one) = incidents::by_channel(work.tx, channel)?
    {
        return of_incident(work, act, &one);
    }
    let Some(group) = found else {
        let text = "Only messages in the channel of an incident and replies in the thread of an alert can become notes; this message is none.";
        return Ok(Answer::Private(text.to_owned()));
    };
    let message = act.from.message();
    let part = |name: &str| message.and_then(|message| message[name].as_str()).unwrap_or_default();
    let text = plain::with_names(work.tx, part("text"))?;
    let text = bounded(&plain::message(&text), NOTE_CHARS);
    if text.is_empty() {
        return Ok(Answer::Private("This message has no text to keep as a note.".to_owned()));
    }
    let author = Some(part("user")).filter(|author| !author.is_empty()).unwrap_or(act.user);
    let author = Actor::Person(author.to_owned());
    let done = deeds::take_as_note(work, group.id, &act.by(), &author, &text)?;
    answer(work, act, &done)
}

/// In an incident's channel it is a note of the incident, at the time when it was said.
fn of_incident(work: &mut Work<'_>, act: &Act<'_>, one: &Incident) -> Result<Answer, StoreError> {
    let message = act.from.message();
    let part = |name: &str| message.and_then(|message| message[name].as_str()).unwrap_or_default();
    let text = plain::with_names(work.tx, part("text"))?;
    let text = plain::message(&text);
    if text.trim().is_empty() {
        return Ok(Answer::Private("This message has no text to keep as a note.".to_owned()));
    }
    let author = people::name(work.tx, part("user"))?.unwrap_or_else(|| part("user").to_owned());
    let text = if author.is_empty() { text } else { format!("{author}: {}", text.trim()) };
    let text = bounded(&text, INCIDENT_TEXT_CHARS);
    let ts = act.from.message_ts().unwrap_or_default();
    let done = incident::note_of_message(work, one.id, &act.by(), &text, moment(ts), ts)?;
    Ok(Answer::Private(match done {
        incident::Done::Yes(one) => {
            let text = name(&one).raw(": noted, at the time it was said. All of it: ");
            next(text, &work.rules.slack.command, &format!("timeline INC-{}", one.number)).into_string()
        }
        incident::Done::No(one, refusal) => refused(&one, &refusal, &work.rules.slack.command).into_string(),
        incident::Done::Denied(why) => denied(&why).into_string(),
        incident::Done::Unknown => super::GONE.to_owned(),
    }))
}
