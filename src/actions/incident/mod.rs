//! Buttons and forms of incidents.

mod begin;
mod forms;
mod parts;
mod redact;
mod taps;

pub(super) use begin::{from_group, from_message, open_empty, sent as declare_sent};
pub(super) use forms::{
    cancel, invite, note, opened, resolve, role, severity, status, task, title, turned, update,
};
pub(super) use parts::{attach, detach, link, merge};
pub(super) use redact::{confirmed as redact_confirmed, from_message as redact_message};
pub(super) use taps::{answered_call, join, leave, rename, reopen, resolve_anyway, take, task_done};

use super::{Act, Answer, error_at};
use crate::domain::incident::Refusal;
use crate::engine::Work;
use crate::engine::incident::Done;
use crate::slack::blocks::Mrkdwn;
use crate::views::incident::answer;
use crate::views::modal::{self, incident::field};

/// Why it was not done; nothing if it was, because everybody in the channel sees it.
fn said(work: &Work<'_>, done: &Done) -> Option<Mrkdwn> {
    match done {
        Done::Yes(_) => None,
        Done::No(incident, refusal) => Some(answer::refused(incident, refusal, &work.rules.slack.command)),
        Done::Denied(denied) => Some(answer::denied(denied)),
        Done::Unknown => Some(Mrkdwn::markup(answer::GONE)),
    }
}

/// For the one who clicked.
fn to_click(work: &Work<'_>, done: &Done) -> Answer {
    said(work, done).map_or(Answer::Nothing, |text| Answer::Private(text.into_string()))
}

/// For the one who sent a form: what is wrong with a field stands at it, everything else takes the form's place.
fn to_form(work: &Work<'_>, done: &Done) -> Answer {
    if let Done::No(_, Refusal::Text { field, problem }) = done
        && let Some(id) = field_of(field)
    {
        return error_at(id, problem.clone());
    }
    said(work, done).map_or(Answer::Nothing, |text| Answer::Update(modal::notice("Not done", text)))
}

/// The input of a form in which this part of an incident is typed.
fn field_of(part: &str) -> Option<&'static str> {
    Some(match part {
        "title" => field::TITLE,
        "description" => field::DESCRIPTION,
        "task" => field::TASK,
        "people" => field::PEOPLE,
        "person" => field::PERSON,
        "happened" => field::HAPPENED,
        "cause" => field::CAUSE,
        "fix" => field::FIX,
        "update" | "note" | "reason" => field::TEXT,
        "url" => field::URL,
        _ => return None,
    })
}

/// The incident, where the value is its id or begins with it (`7:status`).
fn incident(act: &Act<'_>) -> Option<i64> {
    act.group()
}
