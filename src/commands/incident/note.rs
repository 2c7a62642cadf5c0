//! The incident's part of `note`: an entry of its timeline, at another time if one is given.

use jiff::tz::TimeZone;

use super::super::reply::by;
use super::super::{Said, typed};
use super::{reply, when};
use crate::actions::Answer;
use crate::domain::incident::Incident;
use crate::domain::say::IncidentForm;
use crate::engine::{Work, incident};
use crate::store::{StoreError, people};
use crate::views::answer::next;
use crate::views::incident::answer::{moment, name};

pub(in crate::commands) fn note(
    work: &mut Work<'_>,
    said: &Said<'_>,
    one: Incident,
    words: &str,
) -> Result<Answer, StoreError> {
    let text = typed::plain(words);
    let known = people::by_id(work.tx, said.user)?
        .and_then(|one| one.zone)
        .and_then(|name| TimeZone::get(&name).ok());
    let zone = known.clone().unwrap_or(TimeZone::UTC);
    let (at, text) = match when::read(&text, &zone, work.now) {
        Some((at, rest)) => (Some(at), rest),
        None => (None, text.as_str()),
    };
    if text.trim().is_empty() {
        return reply::form(work, said, &one, IncidentForm::Note, "note");
    }
    let done = incident::note(work, one.id, &by(said), text.trim(), at)?;
    Ok(reply::done(work, done, |one, command| {
        let text = match at {
            Some(at) => moment(name(one).raw(": noted for "), at),
            None => name(one).raw(": noted"),
        };
        let text = match (at, &known) {
            (Some(_), None) => text.raw(" (taken as UTC: your time zone is not known)"),
            _ => text,
        };
        next(text.raw(". All of it: "), command, &format!("timeline INC-{}", one.number))
    }))
}
