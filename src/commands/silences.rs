//! `silences`: what is silenced, by whom and until when.

use super::{Command, Said, reply, which};
use crate::actions::Answer;
use crate::domain::actor::Actor;
use crate::engine::{Work, find, listed};
use crate::store::{StoreError, silences};
use crate::views::help::{About, Entry};
use crate::views::lists::{self, ListedSilence};

pub(super) const SILENCES: Command = Command {
    entry: Entry {
        word: "silences",
        aliases: &["silenced"],
        usage: &["silences"],
        help: "what is silenced, by whom, until when",
        about: About::Alerts,
    },
    run: |work, said, rest| match reply::too_much(work, "silences", rest) {
        Some(answer) => Ok(answer),
        None => list(work, said),
    },
};

pub(super) fn list(work: &mut Work<'_>, said: &Said<'_>) -> Result<Answer, StoreError> {
    let viewer = which::viewer(work, said)?;
    // What a silence by matchers is about and why, only members need to know.
    let rows = if viewer.is_member()? { silences::not_ended(work.tx, work.now)? } else { Vec::new() };
    let by_matchers: Vec<ListedSilence> = rows
        .into_iter()
        .map(|row| ListedSilence {
            id: row.id,
            matchers: row.matchers,
            by: Actor::parse(&row.created_by),
            starts: row.starts,
            ends: row.ends,
            comment: row.comment,
        })
        .collect();
    let one_by_one = find::silenced_by_hand(work.tx, &viewer)?;
    let listed = listed::groups(work.tx, work.rules, &one_by_one.first, work.now)?;
    let command = &work.rules.slack.command;
    let silenced = (one_by_one.first.as_slice(), one_by_one.count);
    Ok(Answer::PrivateMessage(lists::silences(&by_matchers, silenced, &listed, work.now, command)))
}
