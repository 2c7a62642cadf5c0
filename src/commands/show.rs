//! `show`: one alert as its message shows it, with its buttons.

use super::incident::{self, Subject};
use super::{Command, Said, reply, which};
use crate::actions::Answer;
use crate::engine::{Work, look};
use crate::store::StoreError;
use crate::views;
use crate::views::help::{About, Entry};

pub(super) const SHOW: Command = Command {
    entry: Entry {
        word: "show",
        aliases: &["info"],
        usage: &["show 5", "show INC-12"],
        help: "one alert with its buttons",
        about: About::Both("show", "where it stands, with its buttons"),
    },
    run: show,
};

pub(super) fn show(work: &mut Work<'_>, said: &Said<'_>, rest: &str) -> Result<Answer, StoreError> {
    match incident::subject(work, said, "show", rest, false)? {
        Subject::Incident(one, _) => incident::show(work, said, *one),
        Subject::Unclear(answer) => Ok(answer),
        Subject::Alert => alert(work, said, "show", rest),
    }
}

/// An alert that was asked for by this word.
pub(super) fn alert(
    work: &mut Work<'_>,
    said: &Said<'_>,
    word: &str,
    rest: &str,
) -> Result<Answer, StoreError> {
    let (group, extra) = match which::group(work, said, word, rest, false)? {
        Ok(found) => found,
        Err(answer) => return Ok(answer),
    };
    if let Some(answer) = reply::too_much(work, word, extra) {
        return Ok(answer);
    }
    let mut picture = look::group(work.tx, work.rules, group, work.now)?;
    picture.mention = None;
    Ok(Answer::PrivateMessage(views::group::card(&picture)))
}
