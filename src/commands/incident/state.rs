//! `severity` and `status`: how bad it is, and how far.

use super::super::reply::by;
use super::super::{Command, Said, show as alerts_show, typed, which as alerts};
use super::{reply, show, which};
use crate::actions::Answer;
use crate::domain::say::IncidentForm;
use crate::engine::Work;
use crate::engine::incident;
use crate::store::{StoreError, incidents};
use crate::views::answer::next;
use crate::views::help::{About, Entry};
use crate::views::incident::answer::name;
use crate::views::incident::open_tasks;

pub(in crate::commands) const SEVERITY: Command = Command {
    entry: Entry {
        word: "severity",
        aliases: &["sev"],
        usage: &["severity SEV2", "severity INC-12 SEV2"],
        help: "how bad it is",
        about: About::Incidents,
    },
    run: severity,
};

pub(in crate::commands) const STATUS: Command = Command {
    entry: Entry {
        word: "status",
        aliases: &[],
        usage: &["status [identified]", "status INC-12 monitoring", "status 5"],
        help: "how far it is; alone: where it stands",
        about: About::Incidents,
    },
    run: status,
};

fn severity(work: &mut Work<'_>, said: &Said<'_>, rest: &str) -> Result<Answer, StoreError> {
    let (incident, words) = match which::incident(work, said, &SEVERITY, rest)? {
        Ok(found) => found,
        Err(answer) => return Ok(answer),
    };
    let to = typed::plain(words);
    let to = to.trim().trim_start_matches("to ").trim();
    if to.is_empty() {
        return reply::form(work, said, &incident, IncidentForm::Severity, "severity");
    }
    let done = incident::severity(work, incident.id, &by(said), to)?;
    Ok(reply::done(work, done, |one, command| {
        let text = name(one).raw(" is ").text(&one.severity).raw(" now. To tell those outside: ");
        next(text, command, "update what it means for them")
    }))
}

fn status(work: &mut Work<'_>, said: &Said<'_>, rest: &str) -> Result<Answer, StoreError> {
    if rest.trim().is_empty()
        && which::here(work, said)?.is_none()
        && alerts::of_thread(work, said)?.is_none()
    {
        // Nothing is guessed: not even that an alert is meant.
        return reply::which(work, said, "status", "");
    }
    match which::subject(work, said, "status", rest, false)? {
        which::Subject::Unclear(answer) => Ok(answer),
        which::Subject::Alert => {
            let (word, _) = typed::first(rest);
            let is_status = work.rules.incidents.status(&typed::plain(word)).is_some();
            if is_status || typed::plain(word).eq_ignore_ascii_case("resolved") {
                // No alert has such a status: an incident is meant.
                return match which::incident(work, said, &STATUS, rest)? {
                    Ok((incident, words)) => set(work, said, incident, words),
                    Err(answer) => Ok(answer),
                };
            }
            alerts_show::alert(work, said, "status", rest)
        }
        which::Subject::Incident(incident, words) => set(work, said, *incident, words),
    }
}

fn set(
    work: &mut Work<'_>,
    said: &Said<'_>,
    one: crate::domain::incident::Incident,
    words: &str,
) -> Result<Answer, StoreError> {
    let to = typed::plain(words);
    let to = to.trim().trim_start_matches("to ").trim();
    if to.is_empty() {
        return show::card(work, one);
    }
    // "resolved" is no status but an end, with a summary.
    if matches!(to.to_lowercase().as_str(), "resolved" | "resolve" | "done" | "closed") {
        return super::end::resolve(work, said, one, "");
    }
    let done = incident::status(work, one.id, &by(said), to)?;
    let tasks = incidents::tasks(work.tx, one.id)?;
    let open = tasks.iter().filter(|task| task.done.is_none() && !task.follow_up).count();
    Ok(reply::done(work, done, |one, command| {
        let text = name(one).raw(" is ").text(&one.status).raw(" now.");
        let text = match open {
            0 => text,
            count => next(text.raw(" ").raw(&open_tasks(count)).raw(" "), command, "task"),
        };
        let text = text.raw(" When it is over: ");
        next(text, command, "resolve what fixed it")
    }))
}
