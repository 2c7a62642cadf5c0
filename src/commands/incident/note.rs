//! The incident's part of `note`: an entry of its timeline, at another time if one is given.

use jiff::tz::TimeZone;

use super::super::reply::{by, private};
use super::super::{Said, typed};
use super::reply;
use super::when::{self, When};
use crate::actions::Answer;
use crate::domain::incident::Incident;
use crate::domain::say::IncidentForm;
use crate::engine::{Work, incident};
use crate::limits::NOTE_BEFORE_INCIDENT_MAX;
use crate::store::{StoreError, people};
use crate::views::answer::{how_long, next};
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
    let command = &work.rules.slack.command;
    let (at, text) = match when::read(&text, &zone, work.now) {
        When::At(at, rest) => (Some(at), rest),
        When::Now => (None, text.as_str()),
        When::NoTime(word) => {
            let text = name(&one).raw(": nothing is noted, because ").code(word);
            let text = text.raw(" is no time of day. Write it as in ");
            return Ok(private(next(text, command, "note 14:05 what happened")));
        }
    };
    if let Some(at) = at.filter(|at| *at + NOTE_BEFORE_INCIDENT_MAX < one.began_at()) {
        let long = how_long(one.began_at().since(at));
        let text = moment(name(&one).raw(": nothing is noted, because that would be "), at);
        let text = text.raw(&format!(", {long} before it began. If it was so, the form takes a day, too: "));
        return Ok(private(next(text, command, &format!("note INC-{}", one.number))));
    }
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
