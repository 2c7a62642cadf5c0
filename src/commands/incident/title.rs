//! `title`: what it is called.

use super::super::reply::by;
use super::super::{Command, Said, typed};
use super::{reply, which};
use crate::actions::Answer;
use crate::domain::say::IncidentForm;
use crate::engine::incident::{Done, look};
use crate::engine::{Work, incident};
use crate::slack::blocks::Mrkdwn;
use crate::store::StoreError;
use crate::views::help::{About, Entry};
use crate::views::incident::answer::name;
use crate::views::incident::ask;

pub(in crate::commands) const TITLE: Command = Command {
    entry: Entry {
        word: "title",
        aliases: &["rename"],
        usage: &["title new title", "title INC-12 new title"],
        help: "what it is called",
        about: About::Incidents,
    },
    run: title,
};

fn title(work: &mut Work<'_>, said: &Said<'_>, rest: &str) -> Result<Answer, StoreError> {
    let (one, words) = match which::incident(work, said, &TITLE, rest)? {
        Ok(found) => found,
        Err(answer) => return Ok(answer),
    };
    let to = typed::plain(words);
    if to.trim().is_empty() {
        return reply::form(work, said, &one, IncidentForm::Title, "title");
    }
    let done = incident::title(work, one.id, &by(said), &to)?;
    if let Done::Yes(one) = &done
        && let Some(to) = look::picture(work.tx, work.rules, one.clone(), work.now)?.rename_to
    {
        return Ok(Answer::PrivateMessage(ask::retitled(one, &to)));
    }
    Ok(reply::done(work, done, |one, _| Mrkdwn::markup("Its title is now ").append(&name(one)).raw(".")))
}
