//! `note`: words for the timeline and the thread.

use super::incident::{self, Subject};
use super::{Command, Said, reply, typed, which};
use crate::actions::Answer;
use crate::domain::say::View;
use crate::engine::{Work, deeds};
use crate::store::StoreError;
use crate::views::answer::{name, next};
use crate::views::help::{About, Entry};

pub(super) const NOTE: Command = Command {
    entry: Entry {
        word: "note",
        aliases: &["comment"],
        usage: &["note 5 text", "note INC-12 text", "note 14:05 text (in an incident's channel)"],
        help: "keep words in its timeline and thread",
        about: About::Both(
            "note [14:05] text",
            "keep words in its timeline, at another time if you give one",
        ),
    },
    run: note,
};

fn note(work: &mut Work<'_>, said: &Said<'_>, rest: &str) -> Result<Answer, StoreError> {
    match incident::subject(work, said, "note", rest, true)? {
        Subject::Incident(one, words) => return incident::note(work, said, *one, words),
        Subject::Unclear(answer) => return Ok(answer),
        Subject::Alert => {}
    }
    let (group, words) = match which::group(work, said, "note", rest, true)? {
        Ok(found) => found,
        Err(answer) => return Ok(answer),
    };
    let text = typed::plain(words);
    if text.trim().is_empty() {
        return reply::dialogue(work, said, View::Note { group: group.id }, "note");
    }
    let done = deeds::add_note(work, group.id, &reply::by(said), text.trim())?;
    reply::done(work, said, done, |group, command| {
        let text = name(group).raw(": noted. All of it: ");
        next(text, command, &format!("timeline {}", group.number))
    })
}
