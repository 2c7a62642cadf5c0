//! `ack` and `unack`: somebody takes it, or gives it back.

use super::{Command, Said, reply, which};
use crate::actions::Answer;
use crate::domain::group::State;
use crate::engine::{Work, deeds};
use crate::store::StoreError;
use crate::views::answer::{name, next};
use crate::views::help::{About, Entry};

pub(super) const ACK: Command = Command {
    entry: Entry {
        word: "ack",
        aliases: &["acknowledge", "take"],
        usage: &["ack #24"],
        help: "you have it; reminders stop",
        about: About::Alerts,
    },
    run: ack,
};

pub(super) const UNACK: Command = Command {
    entry: Entry {
        word: "unack",
        aliases: &["unacknowledge"],
        usage: &["unack #24"],
        help: "nobody has it any more",
        about: About::Alerts,
    },
    run: unack,
};

fn ack(work: &mut Work<'_>, said: &Said<'_>, rest: &str) -> Result<Answer, StoreError> {
    let (group, _) = match which::group(work, said, "ack", rest, false)? {
        Ok(found) => found,
        Err(answer) => return Ok(answer),
    };
    let was_silenced = group.state == State::Silenced;
    let done = deeds::acknowledge(work, group.id, &reply::by(said))?;
    reply::done(work, said, done, |group, command| {
        let text = name(group).raw(" is yours now");
        let text = if was_silenced { text.raw(", and its silence is lifted") } else { text };
        let text = text.raw(". When it is fixed: ");
        next(text, command, &format!("resolve #{} what fixed it", group.number))
    })
}

fn unack(work: &mut Work<'_>, said: &Said<'_>, rest: &str) -> Result<Answer, StoreError> {
    let (group, _) = match which::group(work, said, "unack", rest, false)? {
        Ok(found) => found,
        Err(answer) => return Ok(answer),
    };
    let done = deeds::unacknowledge(work, group.id, &reply::by(said))?;
    reply::done(work, said, done, |group, command| {
        let text = name(group).raw(" is nobody's now; its thread says so. To call somebody: ");
        next(text, command, &format!("call #{} @somebody", group.number))
    })
}
