//! The pages of a timeline.

use super::{Act, Answer, GONE, sees, unreadable};
use crate::domain::say::{Say, Urgency, View};
use crate::engine::{Work, say};
use crate::limits::TIMELINE_PAGES_MAX;
use crate::store::StoreError;

pub(super) fn turn(work: &mut Work<'_>, act: &Act<'_>) -> Result<Answer, StoreError> {
    let page = act.rest().parse().ok().filter(|page| *page <= TIMELINE_PAGES_MAX);
    let (Some(group), Some(page), Some(view_id)) = (act.group(), page, act.from.view_id()) else {
        return Ok(unreadable());
    };
    if !sees(work, act, group)? {
        return Ok(Answer::Private(GONE.to_owned()));
    }
    let view = View::TimelinePage { group, page };
    say::say(work, &Say::UpdateView { view_id: view_id.to_owned(), view }, Urgency::Answer)?;
    Ok(Answer::Nothing)
}

/// From what happened to why it came here.
pub(super) fn why(work: &mut Work<'_>, act: &Act<'_>) -> Result<Answer, StoreError> {
    let (Some(group), Some(view_id)) = (act.group(), act.from.view_id()) else { return Ok(unreadable()) };
    if !sees(work, act, group)? {
        return Ok(Answer::Private(GONE.to_owned()));
    }
    let view = View::Why { group };
    say::say(work, &Say::UpdateView { view_id: view_id.to_owned(), view }, Urgency::Answer)?;
    Ok(Answer::Nothing)
}
