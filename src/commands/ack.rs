//! `ack` and `unack`: somebody takes it, or gives it back.

use super::{Command, Said, bulk, reply, which};
use crate::actions::Answer;
use crate::domain::bulk::Deed;
use crate::domain::group::State;
use crate::engine::{Work, deeds};
use crate::store::StoreError;
use crate::views::answer::{name, next};
use crate::views::help::{About, Entry};

pub(super) const ACK: Command = Command {
    entry: Entry {
        word: "ack",
        aliases: &["acknowledge", "take"],
        usage: &["ack 5", "ack 5 looking at it", "ack all", "ack severity=warning", "ack 5 6 7"],
        help: "you have it; reminders stop",
        about: About::Alerts,
    },
    run: ack,
};

pub(super) const UNACK: Command = Command {
    entry: Entry {
        word: "unack",
        aliases: &["unacknowledge"],
        usage: &["unack 5", "unack mine"],
        help: "nobody has it any more",
        about: About::Alerts,
    },
    run: unack,
};

fn ack(work: &mut Work<'_>, said: &Said<'_>, rest: &str) -> Result<Answer, StoreError> {
    let is_implied = which::of_thread(work, said)?.is_some();
    if let Some(answer) = bulk::asked(work, said, Deed::Ack, rest, is_implied)? {
        return Ok(answer);
    }
    let (group, words) = match which::group(work, said, "ack", rest, false)? {
        Ok(found) => found,
        Err(answer) => return Ok(answer),
    };
    let was_silenced = group.state == State::Silenced;
    let done = deeds::acknowledge(work, group.id, &reply::by(said))?;
    reply::done_noting(work, said, done, words, |group, command| {
        let text = name(group).raw(" is yours now");
        let text = if was_silenced { text.raw(", and its silence is lifted") } else { text };
        let text = text.raw(". When it is fixed: ");
        next(text, command, &format!("resolve {} what fixed it", group.number))
    })
}

fn unack(work: &mut Work<'_>, said: &Said<'_>, rest: &str) -> Result<Answer, StoreError> {
    let is_implied = which::of_thread(work, said)?.is_some();
    if let Some(answer) = bulk::asked(work, said, Deed::Unack, rest, is_implied)? {
        return Ok(answer);
    }
    let (group, words) = match which::group(work, said, "unack", rest, false)? {
        Ok(found) => found,
        Err(answer) => return Ok(answer),
    };
    let done = deeds::unacknowledge(work, group.id, &reply::by(said))?;
    reply::done_noting(work, said, done, words, |group, command| {
        let text = name(group).raw(" is nobody's now; its thread says so. To call somebody: ");
        next(text, command, &format!("call {} @somebody", group.number))
    })
}
