//! `resolve` and `unresolve`: it is over, or it is not.

use super::incident::{self, Subject};
use super::{Command, Said, bulk, reply, typed, which};
use crate::actions::Answer;
use crate::domain::bulk::Deed;
use crate::domain::group::State;
use crate::engine::{Work, deeds};
use crate::store::StoreError;
use crate::views::answer::{self, name, next};
use crate::views::help::{About, Entry};

pub(super) const RESOLVE: Command = Command {
    entry: Entry {
        word: "resolve",
        aliases: &["fix", "fixed", "done", "close"],
        usage: &[
            "resolve 5 [what fixed it]",
            "resolve INC-12 [what fixed it]",
            "resolve all",
            "resolve severity=warning [what fixed it]",
            "resolve 5, 6, 7 [what fixed it]",
        ],
        help: "it is over; what fixed it is shown next time",
        about: About::Both("resolve [what fixed it]", "it is over; alone: a form for what happened"),
    },
    run: resolve,
};

pub(super) const UNRESOLVE: Command = Command {
    entry: Entry {
        word: "unresolve",
        aliases: &[],
        usage: &["unresolve 5", "unresolve 5 6 7"],
        help: "it is not over after all",
        about: About::Alerts,
    },
    run: unresolve,
};

fn resolve(work: &mut Work<'_>, said: &Said<'_>, rest: &str) -> Result<Answer, StoreError> {
    let is_implied = incident::is_place_of_one(work, said)?;
    if let Some(answer) = bulk::asked(work, said, Deed::Resolve, rest, is_implied)? {
        return Ok(answer);
    }
    match incident::subject(work, said, "resolve", rest, true)? {
        Subject::Incident(one, words) => return incident::resolve(work, said, *one, words),
        Subject::Unclear(answer) => return Ok(answer),
        Subject::Alert => {}
    }
    let (group, words) = match which::group(work, said, "resolve", rest, true)? {
        Ok(found) => found,
        Err(answer) => return Ok(answer),
    };
    let note = Some(typed::plain(words)).filter(|note| !note.trim().is_empty());
    let told_how = note.is_some();
    let done = deeds::resolve(work, group.id, &reply::by(said), note)?;
    reply::done(work, said, done, |group, command| {
        let text = name(group).raw(" is resolved.");
        if told_how {
            return text.raw(" What fixed it will be shown when it happens again.");
        }
        let text = text.raw(" What fixed it? Press the button below its message. If it is not over: ");
        next(text, command, &format!("unresolve {}", group.number))
    })
}

pub(super) fn unresolve(work: &mut Work<'_>, said: &Said<'_>, rest: &str) -> Result<Answer, StoreError> {
    let is_implied = incident::is_place_of_one(work, said)?;
    if let Some(answer) = bulk::asked(work, said, Deed::Unresolve, rest, is_implied)? {
        return Ok(answer);
    }
    match incident::subject(work, said, "reopen", rest, false)? {
        Subject::Incident(one, _) => return incident::reopen(work, said, &one),
        Subject::Unclear(answer) => return Ok(answer),
        Subject::Alert => {}
    }
    let (group, words) = match which::group(work, said, "unresolve", rest, false)? {
        Ok(found) => found,
        Err(answer) => return Ok(answer),
    };
    let done = deeds::unresolve(work, group.id, &reply::by(said))?;
    reply::done_noting(work, said, done, words, |group, command| {
        if group.state == State::Silenced {
            let text = answer::state(name(group).raw(" is open again, and still "), group);
            return next(text.raw(". To lift that: "), command, &format!("unsilence {}", group.number));
        }
        if group.is_open_and_calm() {
            let text = name(group).raw(" is open again; nothing of it fires. When it is over: ");
            return next(text, command, &format!("resolve {}", group.number));
        }
        let text = name(group).raw(" is open again and nobody has it. To take it: ");
        next(text, command, &format!("ack {}", group.number))
    })
}
