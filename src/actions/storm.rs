//! A storm's buttons: acknowledge all, the list, and what is chosen in it.

use super::{Act, Answer, answer, unreadable};
use crate::domain::say::{Say, Urgency, View};
use crate::engine::deeds::{self, Done};
use crate::engine::{Work, say, storm};
use crate::store::{StoreError, storms};

/// Guests may, too: whoever sees a fire may say that they have it.
pub(super) fn acknowledge_all(work: &mut Work<'_>, act: &Act<'_>) -> Result<Answer, StoreError> {
    let Some(id) = act.group() else { return Ok(unreadable()) };
    Ok(match storm::acknowledge_all(work, id, &act.by())? {
        Some(0) => Answer::Private("Nothing in this storm is without somebody any more.".to_owned()),
        Some(_) => Answer::Nothing,
        None => Answer::Private(super::GONE.to_owned()),
    })
}

pub(super) fn list(work: &mut Work<'_>, act: &Act<'_>) -> Result<Answer, StoreError> {
    let (Some(storm), Some(trigger_id)) = (act.group(), act.from.trigger_id()) else {
        return Ok(unreadable());
    };
    if storms::by_id(work.tx, storm)?.is_none() {
        return Ok(Answer::Private(super::GONE.to_owned()));
    }
    let view = View::Storm { storm, page: 0 };
    say::say(work, &Say::OpenView { trigger_id: trigger_id.to_owned(), view }, Urgency::Answer)?;
    Ok(Answer::Nothing)
}

pub(super) fn turn(work: &mut Work<'_>, act: &Act<'_>) -> Result<Answer, StoreError> {
    let (Some(storm), Ok(page)) = (act.group(), act.rest().parse()) else { return Ok(unreadable()) };
    redraw(work, act, View::Storm { storm, page })
}

/// What was chosen at one of its groups: `ack:24:7:0` is group 24 on the first page of storm 7.
pub(super) fn chosen(work: &mut Work<'_>, act: &Act<'_>) -> Result<Answer, StoreError> {
    let mut parts = act.value.split(':');
    let verb = parts.next().unwrap_or_default();
    let mut number = || parts.next().and_then(|part| part.parse::<i64>().ok());
    let (Some(group), Some(storm), Some(page)) = (number(), number(), number()) else {
        return Ok(unreadable());
    };
    let view = View::Storm { storm, page: u32::try_from(page).unwrap_or(0) };
    match verb {
        "ack" => {
            let done = deeds::acknowledge(work, group, &act.by())?;
            if !matches!(done, Done::Yes(_)) {
                return answer(work, act, &done);
            }
        }
        "open" => {
            storm::open(work, storm, group)?;
        }
        "details" => return redraw(work, act, View::Details { group }),
        _ => return Ok(unreadable()),
    }
    redraw(work, act, view)
}

fn redraw(work: &mut Work<'_>, act: &Act<'_>, view: View) -> Result<Answer, StoreError> {
    let Some(view_id) = act.from.view_id() else { return Ok(unreadable()) };
    say::say(work, &Say::UpdateView { view_id: view_id.to_owned(), view }, Urgency::Answer)?;
    Ok(Answer::Nothing)
}
