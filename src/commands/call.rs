//! `call`: people are called to an alert.

use super::incident::{self, Subject};
use super::{Command, Said, reply, typed, which};
use crate::actions::Answer;
use crate::domain::say::{Importance, View};
use crate::engine::{Work, deeds, incident as about};
use crate::slack::blocks::Mrkdwn;
use crate::store::{StoreError, groups, people};
use crate::views::answer::name;
use crate::views::help::{About, Entry};

pub(super) const CALL: Command = Command {
    entry: Entry {
        word: "call",
        aliases: &["page", "responders"],
        usage: &["call 5 @ann @bob [important]", "call INC-12 @ann @dba"],
        help: "ask people to look at it",
        about: About::Alerts,
    },
    run: call,
};

pub(super) fn call(work: &mut Work<'_>, said: &Said<'_>, rest: &str) -> Result<Answer, StoreError> {
    match incident::subject(work, said, "call", rest, false)? {
        Subject::Incident(one, words) => return incident::invite(work, said, *one, words),
        Subject::Unclear(answer) => return Ok(answer),
        Subject::Alert => {}
    }
    let (group, words) = match which::group(work, said, "call", rest, false)? {
        Ok(found) => found,
        Err(answer) => return Ok(answer),
    };
    let users = typed::users(words);
    let text = typed::plain(words);
    if users.is_empty() {
        if text.trim().is_empty() {
            return reply::dialogue(work, said, View::Responders { group: group.id }, "call");
        }
        let text = Mrkdwn::markup("I do not know who ").code(text.trim());
        return Ok(reply::private(text.raw(
            " is. Type @ and pick people from Slack's list; user groups cannot be called, their people can.",
        )));
    }
    // One who cannot be called does not keep the others from being called.
    let problem = about::uncallable(work, &users)?;
    let mut can = Vec::new();
    for user in users {
        if people::can_be_called(work.tx, &user)?.is_ok() {
            can.push(user);
        }
    }
    if can.is_empty() {
        let text = Mrkdwn::markup("Nobody was called. ").text(&problem.unwrap_or_default());
        return Ok(reply::private(text));
    }
    let is_important = text.split_whitespace().any(|word| word.eq_ignore_ascii_case("important"));
    let importance = if is_important { Importance::Important } else { Importance::Default };
    let before = groups::responders(work.tx, group.id)?;
    let is_known =
        |user: &str| before.iter().any(|known| known.user_id == user && known.importance == importance);
    let (known, new): (Vec<String>, Vec<String>) = can.into_iter().partition(|user| is_known(user));
    let note: Vec<String> = typed::without_references(words)
        .split_whitespace()
        .filter(|word| !word.eq_ignore_ascii_case("important") && *word != "and" && *word != ",")
        .map(str::to_owned)
        .collect();
    let done = deeds::call(work, group.id, &reply::by(said), &new, importance)?;
    reply::done_noting(work, said, done, &note.join(" "), |group, _| {
        let mut text = name(group).raw(":");
        if !new.is_empty() {
            text = new.iter().fold(text.raw(" called "), |text, user| text.user(user).raw(" "));
            text = text.raw("in the thread and by a direct message.");
        }
        if !known.is_empty() {
            text = known.iter().fold(text.raw(" Called before: "), |text, user| text.user(user).raw(" "));
        }
        match &problem {
            Some(problem) => text.raw(" Not called: ").text(problem),
            None => text,
        }
    })
}
