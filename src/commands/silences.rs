//! `silences`: what is silenced, by whom and until when.

use super::{Command, Said, reply};
use crate::actions::Answer;
use crate::domain::actor::Actor;
use crate::domain::group::State;
use crate::engine::{Work, listed};
use crate::limits::{OPEN_GROUPS_LOOKED_AT, SILENCES_SHOWN};
use crate::store::{StoreError, groups, silences};
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

pub(super) fn list(work: &mut Work<'_>, _said: &Said<'_>) -> Result<Answer, StoreError> {
    let by_matchers: Vec<ListedSilence> = silences::not_ended(work.tx, work.now)?
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
    let mut one_by_one = groups::open(work.tx, OPEN_GROUPS_LOOKED_AT)?;
    one_by_one.retain(|group| {
        let by_rule = group.facts.silenced.as_ref().is_some_and(|silenced| silenced.rule.is_some());
        group.state == State::Silenced && !by_rule
    });
    let shown = one_by_one.iter().take(SILENCES_SHOWN);
    let listed = listed::groups(work.tx, work.rules, shown, work.now)?;
    let command = &work.rules.slack.command;
    Ok(Answer::PrivateMessage(lists::silences(&by_matchers, &one_by_one, &listed, work.now, command)))
}
