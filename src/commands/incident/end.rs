//! `resolve`, `cancel` and `reopen`: it is over, it was none, it is not over.

use super::super::reply::by;
use super::super::{Command, Said, resolve as alerts, typed};
use super::{reply, which};
use crate::actions::Answer;
use crate::domain::incident::{Incident, Summary};
use crate::domain::rights::Right;
use crate::domain::say::IncidentForm;
use crate::engine::incident::look;
use crate::engine::{Work, incident};
use crate::slack::blocks::Mrkdwn;
use crate::store::StoreError;
use crate::views::answer::next;
use crate::views::help::{About, Entry};
use crate::views::incident::answer::name;
use crate::views::incident::ask;

pub(in crate::commands) const CANCEL: Command = Command {
    entry: Entry {
        word: "cancel",
        aliases: &[],
        usage: &["cancel reason", "cancel INC-12 reason"],
        help: "it was none: a false alarm",
        about: About::Incidents,
    },
    run: cancel,
};

pub(in crate::commands) const REOPEN: Command = Command {
    entry: Entry {
        word: "reopen",
        aliases: &[],
        usage: &["reopen", "reopen INC-12", "reopen 5"],
        help: "it is not over",
        about: About::Incidents,
    },
    run: alerts::unresolve,
};

/// The incident's part of `resolve`: what is said of it is what fixed it; a form asks for all of it.
pub(in crate::commands) fn resolve(
    work: &mut Work<'_>,
    said: &Said<'_>,
    one: Incident,
    words: &str,
) -> Result<Answer, StoreError> {
    let fix = typed::plain(words);
    let fix = fix.trim();
    if fix.is_empty() {
        return reply::form(work, said, &one, IncidentForm::Resolve, "resolve");
    }
    let summary = Summary { fix: fix.to_owned(), ..one.facts.summary.clone() };
    if !one.is_open() {
        return written_anew(work, said, &one, summary);
    }
    if let Err(answer) = reply::may(work, said, Some(Right::Resolve))? {
        return Ok(answer);
    }
    // What the form would say before it.
    let picture = look::picture(work.tx, work.rules, one.clone(), work.now)?;
    let firing = picture.groups.iter().filter(|group| group.firing > 0).count();
    let tasks = picture.tasks.iter().filter(|task| task.done.is_none() && !task.follow_up).count();
    if firing + tasks > 0 {
        return Ok(Answer::PrivateMessage(ask::resolve(&one, firing, tasks, fix)));
    }
    let done = incident::resolve(work, one.id, &by(said), summary)?;
    Ok(reply::done(work, done, |one, command| {
        let text = name(one).raw(" is resolved. Its record is coming into its channel. If it is not over: ");
        next(text, command, &format!("reopen INC-{}", one.number))
    }))
}

/// It has ended: the words go into its summary, as the form would put them there.
fn written_anew(
    work: &mut Work<'_>,
    said: &Said<'_>,
    one: &Incident,
    summary: Summary,
) -> Result<Answer, StoreError> {
    let before = one.facts.summary.fix.clone();
    let done = incident::summarize(work, one.id, &by(said), summary)?;
    Ok(reply::done(work, done, |one, command| {
        let text = name(one).raw(&format!(" is {} already. What fixed it is written ", one.state.as_str()));
        let text = if before.is_empty() {
            text.raw("into its summary now; ")
        } else {
            text.raw("anew in its summary (it was: ").text(&before).raw("); ")
        };
        let text = text.raw("its record is made anew. If it is not over: ");
        next(text, command, &format!("reopen INC-{}", one.number))
    }))
}

/// The incident's part of `reopen` and `unresolve`.
pub(in crate::commands) fn reopen(
    work: &mut Work<'_>,
    said: &Said<'_>,
    one: &Incident,
) -> Result<Answer, StoreError> {
    let was_archived = one.facts.archived_at.is_some();
    let done = incident::reopen(work, one.id, &by(said))?;
    Ok(reply::done(work, done, |one, command| {
        let text = name(one).raw(" is open again, ").text(&one.status).raw(".");
        let text = match (&one.channel_id, was_archived) {
            (Some(channel), true) => text
                .raw(" A bot cannot unarchive: please do it in ")
                .channel(channel)
                .raw(" (its details → Settings)."),
            _ => text,
        };
        next(text.raw(" When it is over: "), command, &format!("resolve INC-{} what fixed it", one.number))
    }))
}

fn cancel(work: &mut Work<'_>, said: &Said<'_>, rest: &str) -> Result<Answer, StoreError> {
    let (one, words) = match which::incident(work, said, &CANCEL, rest)? {
        Ok(found) => found,
        Err(answer) => return Ok(answer),
    };
    let reason = typed::plain(words).trim().to_owned();
    if reason.is_empty() {
        return reply::form(work, said, &one, IncidentForm::Cancel, "cancel");
    }
    let done = incident::cancel(work, one.id, &by(said), reason)?;
    Ok(reply::done(work, done, |one, command| {
        let text = Mrkdwn::new().append(&name(one)).raw(" is cancelled; its channel and timeline stay. ");
        next(text.raw("If it was one after all: "), command, &format!("reopen INC-{}", one.number))
    }))
}
