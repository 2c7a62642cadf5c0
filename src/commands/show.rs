//! `show`: one alert as its message shows it, with its buttons.

use super::{Command, Said, which};
use crate::actions::Answer;
use crate::engine::{Work, look};
use crate::store::StoreError;
use crate::views;
use crate::views::help::Entry;

pub(super) const SHOW: Command = Command {
    entry: Entry {
        word: "show",
        aliases: &["status", "info"],
        usage: &["show #24"],
        help: "one alert with its buttons",
    },
    run: show,
};

fn show(work: &mut Work<'_>, said: &Said<'_>, rest: &str) -> Result<Answer, StoreError> {
    let (group, _) = match which::group(work, said, "show", rest, false)? {
        Ok(found) => found,
        Err(answer) => return Ok(answer),
    };
    let mut picture = look::group(work.tx, work.rules, group, work.now)?;
    picture.mention = None;
    Ok(Answer::PrivateMessage(views::group::card(&picture)))
}
