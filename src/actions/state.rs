//! The buttons that change a group's state with one tap.

use super::{Act, Answer, unreadable};
use crate::engine::Work;
use crate::engine::deeds::{self, By, Done};
use crate::store::{StoreError, groups};
use crate::views::answer::still_quiet;

type Deed = fn(&mut Work<'_>, i64, &By) -> Result<Done, StoreError>;

fn run(work: &mut Work<'_>, act: &Act<'_>, deed: Deed) -> Result<Answer, StoreError> {
    let Some(group) = act.group() else { return Ok(unreadable()) };
    let done = deed(work, group, &act.by())?;
    super::answer(work, act, &done)
}

pub(super) fn acknowledge(work: &mut Work<'_>, act: &Act<'_>) -> Result<Answer, StoreError> {
    run(work, act, deeds::acknowledge)
}

pub(super) fn unacknowledge(work: &mut Work<'_>, act: &Act<'_>) -> Result<Answer, StoreError> {
    run(work, act, deeds::unacknowledge)
}

/// The button has asked where alerts still fire; what fixed it can be told afterwards.
pub(super) fn resolve(work: &mut Work<'_>, act: &Act<'_>) -> Result<Answer, StoreError> {
    run(work, act, |work, group, by| deeds::resolve(work, group, by, None))
}

pub(super) fn unresolve(work: &mut Work<'_>, act: &Act<'_>) -> Result<Answer, StoreError> {
    run(work, act, deeds::unresolve)
}

pub(super) fn unsilence(work: &mut Work<'_>, act: &Act<'_>) -> Result<Answer, StoreError> {
    let Some(id) = act.group() else { return Ok(unreadable()) };
    let rule = groups::by_id(work.tx, id)?.and_then(|group| group.facts.silenced).and_then(|one| one.rule);
    let done = deeds::unsilence(work, id, &act.by())?;
    if let Done::Yes(group) = &done
        && let Some(reason) = deeds::still_quiet(work, group)?
    {
        let text = still_quiet(group, &reason, rule, &work.rules.slack.command);
        return Ok(Answer::Private(text.into_string()));
    }
    super::answer(work, act, &done)
}

/// "Still yours?" — yes.
pub(super) fn confirm(work: &mut Work<'_>, act: &Act<'_>) -> Result<Answer, StoreError> {
    run(work, act, deeds::confirm)
}
