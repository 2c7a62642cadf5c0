//! `update`: words for those who are not in the channel.

use super::super::reply::by;
use super::super::{Command, Said, typed};
use super::{reply, which};
use crate::actions::Answer;
use crate::domain::say::IncidentForm;
use crate::engine::{Work, incident};
use crate::store::StoreError;
use crate::views::help::{About, Entry};
use crate::views::incident::answer::name;

pub(in crate::commands) const UPDATE: Command = Command {
    entry: Entry {
        word: "update",
        aliases: &["announce"],
        usage: &["update text", "update INC-12 text"],
        help: "tell those who are not in its channel",
        about: About::Incidents,
    },
    run: update,
};

fn update(work: &mut Work<'_>, said: &Said<'_>, rest: &str) -> Result<Answer, StoreError> {
    let (one, words) = match which::incident(work, said, &UPDATE, rest)? {
        Ok(found) => found,
        Err(answer) => return Ok(answer),
    };
    let text = typed::plain(words);
    if text.trim().is_empty() {
        return reply::form(work, said, &one, IncidentForm::Update, "update");
    }
    let done = incident::update(work, one.id, &by(said), &text)?;
    let every = work.rules.incidents.update_every(&one.severity).map(crate::views::answer::how_long);
    let outside = !one.private && work.rules.incidents.announce.iter().any(|to| to.filter.holds(&one));
    Ok(reply::done(work, done, |one, _| {
        let text = if outside {
            name(one).raw(": told in its channel and where it is announced.")
        } else {
            name(one).raw(": told in its channel. It is announced nowhere else.")
        };
        match every {
            Some(every) => text.raw(&format!(" The next one is due in {every}.")),
            None => text,
        }
    }))
}
