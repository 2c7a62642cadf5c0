//! The buttons that change a group's state with one tap.

use super::{Act, Answer, answer, unreadable};
use crate::engine::Work;
use crate::engine::deeds::{self, By, Done};
use crate::store::StoreError;

type Deed = fn(&mut Work<'_>, i64, &By) -> Result<Done, StoreError>;

fn run(work: &mut Work<'_>, act: &Act<'_>, deed: Deed) -> Result<Answer, StoreError> {
    let Some(group) = act.group() else { return Ok(unreadable()) };
    let done = deed(work, group, &act.by())?;
    answer(work, act, &done)
}

pub(super) fn acknowledge(work: &mut Work<'_>, act: &Act<'_>) -> Result<Answer, StoreError> {
    run(work, act, deeds::acknowledge)
}

pub(super) fn unacknowledge(work: &mut Work<'_>, act: &Act<'_>) -> Result<Answer, StoreError> {
    run(work, act, deeds::unacknowledge)
}

/// At once, without a question; what fixed it can be told afterwards.
pub(super) fn resolve(work: &mut Work<'_>, act: &Act<'_>) -> Result<Answer, StoreError> {
    run(work, act, |work, group, by| deeds::resolve(work, group, by, None))
}

pub(super) fn unresolve(work: &mut Work<'_>, act: &Act<'_>) -> Result<Answer, StoreError> {
    run(work, act, deeds::unresolve)
}

pub(super) fn unsilence(work: &mut Work<'_>, act: &Act<'_>) -> Result<Answer, StoreError> {
    run(work, act, deeds::unsilence)
}

/// "Still yours?" — yes.
pub(super) fn confirm(work: &mut Work<'_>, act: &Act<'_>) -> Result<Answer, StoreError> {
    run(work, act, deeds::confirm)
}
