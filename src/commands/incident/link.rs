//! `link`: a page that matters.

use super::super::reply::{by, private};
use super::super::{Command, Said, typed};
use super::{reply, which};
use crate::actions::Answer;
use crate::domain::incident::Incident;
use crate::domain::say::IncidentForm;
use crate::engine::{Work, incident};
use crate::store::{StoreError, incidents};
use crate::views::answer::next;
use crate::views::help::{About, Entry};
use crate::views::incident::answer::name;

pub(in crate::commands) const LINK: Command = Command {
    entry: Entry {
        word: "link",
        aliases: &["links", "bookmark"],
        usage: &["link https://… [title]", "link INC-12 https://… [title]"],
        help: "keep a link: a document, a dashboard, a call; alone: those there are",
        about: About::Incidents,
    },
    run: link,
};

fn link(work: &mut Work<'_>, said: &Said<'_>, rest: &str) -> Result<Answer, StoreError> {
    let (one, words) = match which::incident(work, said, &LINK, rest)? {
        Ok(found) => found,
        Err(answer) => return Ok(answer),
    };
    if words.trim().is_empty() {
        return all(work, said, &one);
    }
    let (url, title) = typed::url(words);
    let title = typed::plain(title);
    let done = incident::link(work, one.id, &by(said), &url, &title)?;
    let title = if title.trim().is_empty() { url.clone() } else { title };
    Ok(reply::done(work, done, |one, _| {
        name(one)
            .raw(": kept ")
            .link(&url, title.trim())
            .raw(" on its card and among the channel's bookmarks.")
    }))
}

fn all(work: &mut Work<'_>, said: &Said<'_>, one: &Incident) -> Result<Answer, StoreError> {
    let links = incidents::links(work.tx, one.id)?;
    if links.is_empty() {
        return reply::form(work, said, one, IncidentForm::Link, "link");
    }
    let text = links
        .iter()
        .fold(name(one).raw(":"), |text, link| text.line().raw("• ").link(&link.url, &link.title));
    Ok(private(next(text.line().raw("One more: "), &work.rules.slack.command, "link https://… title")))
}
