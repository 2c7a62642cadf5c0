//! What fixed it: told with the resolve or after it.

use super::{Act, Answer, bounded, error_at, form_answer, unreadable};
use crate::domain::group::Refusal;
use crate::domain::say::View;
use crate::engine::Work;
use crate::engine::deeds::{self, Done};
use crate::limits::FIX_CHARS;
use crate::store::StoreError;
use crate::views::modal::field;

pub(super) fn open(work: &mut Work<'_>, act: &Act<'_>) -> Result<Answer, StoreError> {
    match act.group() {
        Some(group) => super::open(work, act, group, View::Resolve { group }),
        None => Ok(unreadable()),
    }
}

pub(super) fn sent(work: &mut Work<'_>, act: &Act<'_>) -> Result<Answer, StoreError> {
    let Some(group) = act.group() else { return form_answer(work, act, &Done::Unknown) };
    let note = bounded(act.typed(field::NOTE), FIX_CHARS);
    let by = act.by();
    if act.rest() == "resolve" {
        let told = (!note.is_empty()).then(|| note.clone());
        let done = deeds::resolve(work, group, &by, told)?;
        // Somebody or the source was faster; what fixed it is welcome all the same.
        if !matches!(&done, Done::No(_, Refusal::AlreadyResolved(_))) || note.is_empty() {
            return form_answer(work, act, &done);
        }
    } else if note.is_empty() {
        return Ok(error_at(field::NOTE, "A few words, please: they are shown when this happens again."));
    }
    let done = deeds::explain_fix(work, group, &by, &note)?;
    form_answer(work, act, &done)
}
