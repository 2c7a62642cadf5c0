//! Calling people in, and letting them go.

use super::{Act, Answer, answer, error_at, form_answer, unreadable};
use crate::domain::say::{Importance, Say, Urgency, View};
use crate::engine::deeds::{self, Done};
use crate::engine::{Work, incident, say};
use crate::limits::RESPONDERS_AT_ONCE_MAX;
use crate::store::StoreError;
use crate::views::modal::field;

pub(super) fn sent(work: &mut Work<'_>, act: &Act<'_>) -> Result<Answer, StoreError> {
    let Some(group) = act.group() else { return form_answer(work, act, &Done::Unknown) };
    let chosen = act.from.state_of(field::PEOPLE).map(|field| field.list()).unwrap_or_default();
    let mut users: Vec<String> = Vec::new();
    for user in chosen {
        if !users.iter().any(|known| known == user) {
            users.push(user.to_owned());
        }
    }
    if users.is_empty() {
        return Ok(error_at(field::PEOPLE, "Choose at least one person."));
    }
    if users.len() > RESPONDERS_AT_ONCE_MAX {
        let text = format!("At most {RESPONDERS_AT_ONCE_MAX} people at once; these are {}.", users.len());
        return Ok(error_at(field::PEOPLE, text));
    }
    if let Some(problem) = incident::uncallable(work, &users)? {
        return Ok(error_at(field::PEOPLE, problem));
    }
    let importance = Importance::parse(act.typed(field::IMPORTANCE));
    let done = deeds::call(work, group, &act.by(), &users, importance)?;
    form_answer(work, act, &done)
}

/// The dialogue stays open and shows who is left.
pub(super) fn remove(work: &mut Work<'_>, act: &Act<'_>) -> Result<Answer, StoreError> {
    let (Some(group), user) = (act.group(), act.rest()) else { return Ok(unreadable()) };
    let done = deeds::uncall(work, group, &act.by(), user)?;
    if let (Done::Yes(_), Some(view_id)) = (&done, act.from.view_id()) {
        let view = View::Responders { group };
        say::say(work, &Say::UpdateView { view_id: view_id.to_owned(), view }, Urgency::Answer)?;
    }
    answer(work, act, &done)
}
