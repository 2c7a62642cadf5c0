//! `merge`: an incident goes on in another one.

use super::super::reply::{by, usage};
use super::super::{Command, Said, typed};
use super::which::Named;
use super::{reply, which};
use crate::actions::Answer;
use crate::domain::say::IncidentForm;
use crate::engine::{Work, incident};
use crate::store::StoreError;
use crate::views::answer::next;
use crate::views::help::{About, Entry};
use crate::views::incident::answer::name;

pub(in crate::commands) const MERGE: Command = Command {
    entry: Entry {
        word: "merge",
        aliases: &[],
        usage: &["merge INC-3", "merge INC-12 into INC-3"],
        help: "it goes on in INC-3, with its alerts, tasks and links",
        about: About::Incidents,
    },
    run: merge,
};

fn merge(work: &mut Work<'_>, said: &Said<'_>, rest: &str) -> Result<Answer, StoreError> {
    let (from, into) = match which::named(work, said, into(rest))? {
        Named::Incident(first, after) => match which::named(work, said, into(after))? {
            Named::Incident(second, _) => (*first, *second),
            Named::NoIncident(answer) => return Ok(answer),
            Named::Alert(number, after) => {
                return reply::only_incidents(work, said, "merge", number, after);
            }
            // Only where it goes is named: what goes is that of the channel.
            Named::Nothing => match which::here(work, said)? {
                Some(here) => (here, *first),
                None => return reply::which(work, said, "merge", &format!("into INC-{}", first.number)),
            },
        },
        Named::NoIncident(answer) => return Ok(answer),
        Named::Alert(number, after) => return reply::only_incidents(work, said, "merge", number, after),
        Named::Nothing => {
            return match which::here(work, said)? {
                Some(here) => reply::form(work, said, &here, IncidentForm::Merge, "merge"),
                None => Ok(usage(work, "merge")),
            };
        }
    };
    let number = into.number;
    let done = incident::merge(work, from.id, &by(said), into.id)?;
    Ok(reply::done(work, done, |one, command| {
        let text =
            name(one).raw(&format!(" goes on in INC-{number}, with its alerts, open tasks and links. "));
        next(text.raw("To take it apart again: "), command, &format!("reopen INC-{}", one.number))
    }))
}

/// "into INC-3", "with INC-3".
fn into(text: &str) -> &str {
    let (first, after) = typed::first(text);
    if matches!(first.to_lowercase().as_str(), "into" | "to" | "with" | "in" | "and") { after } else { text }
}
