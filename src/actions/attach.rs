//! Putting a group under another one, and taking it out again.

use super::{Act, Answer, GONE, answer, error_at, form_answer, unreadable};
use crate::domain::group::{Refusal, State, Unattachable};
use crate::domain::say::View;
use crate::engine::Work;
use crate::engine::deeds::{self, Done};
use crate::store::{StoreError, groups};
use crate::views::modal::field;

/// Says at once why it cannot be, instead of after the form.
pub(super) fn open(work: &mut Work<'_>, act: &Act<'_>, id: i64) -> Result<Answer, StoreError> {
    let Some(group) = groups::by_id(work.tx, id)? else {
        return Ok(Answer::Private(GONE.to_owned()));
    };
    if let Err(denied) = super::may_work(work, act.user)? {
        return Ok(denied);
    }
    let refusal = match group.attached_to {
        Some(root) => Some(Refusal::Attached(root)),
        None if group.state == State::Resolved => {
            Some(Refusal::Unattachable(Unattachable::Resolved { number: group.number }))
        }
        None => None,
    };
    if let Some(refusal) = refusal {
        return answer(work, act, &Done::No(group, refusal));
    }
    if let Some(child) = groups::attached(work.tx, id)?.first() {
        return Ok(Answer::Private(has_others(group.number, child.number)));
    }
    super::open(work, act, id, View::Attach { group: id })
}

fn has_others(number: i64, child: i64) -> String {
    format!("#{child} is attached to #{number}. Detach what is attached to it first.")
}

pub(super) fn sent(work: &mut Work<'_>, act: &Act<'_>) -> Result<Answer, StoreError> {
    let Some(id) = act.group() else { return form_answer(work, act, &Done::Unknown) };
    let Ok(root) = act.typed(field::ROOT).parse() else {
        return Ok(error_at(field::ROOT, "Choose the alert group to attach it to."));
    };
    let Some(target) = groups::by_id(work.tx, root)? else {
        return Ok(error_at(field::ROOT, "That alert group is gone. Choose another one."));
    };
    let number = target.number;
    if root == id {
        return Ok(error_at(field::ROOT, "It cannot be attached to itself."));
    }
    if target.state == State::Resolved {
        return Ok(error_at(field::ROOT, format!("#{number} was resolved meanwhile. Choose another one.")));
    }
    if target.attached_to.is_some() {
        let text = format!("#{number} was itself attached to another one meanwhile. Choose another one.");
        return Ok(error_at(field::ROOT, text));
    }
    if let (Some(group), Some(child)) = (groups::by_id(work.tx, id)?, groups::attached(work.tx, id)?.first())
    {
        return Ok(error_at(field::ROOT, has_others(group.number, child.number)));
    }
    let done = deeds::attach(work, id, root, &act.by())?;
    form_answer(work, act, &done)
}

pub(super) fn detach(work: &mut Work<'_>, act: &Act<'_>) -> Result<Answer, StoreError> {
    let Some(group) = act.group() else { return Ok(unreadable()) };
    let done = deeds::detach(work, group, &act.by())?;
    answer(work, act, &done)
}
