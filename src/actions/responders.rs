//! Calling people in, and letting them go.

use super::{Act, Answer, answer, error_at, form_answer, unreadable};
use crate::domain::say::{Importance, Say, Urgency, View};
use crate::engine::deeds::{self, Done};
use crate::engine::{Work, incident, say};
use crate::limits::RESPONDERS_AT_ONCE_MAX;
use crate::store::StoreError;
use crate::views::modal::field;

pub(super) fn open(work: &mut Work<'_>, act: &Act<'_>) -> Result<Answer, StoreError> {
    match act.group() {
        Some(group) => super::open(work, act, group, View::Responders { group }),
        None => Ok(unreadable()),
    }
}

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

/// "On my way", "Can't": the value is `group:yes:caller`.
pub(super) fn answered(work: &mut Work<'_>, act: &Act<'_>) -> Result<Answer, StoreError> {
    let (Some(group), Some((said, caller))) = (act.group(), act.rest().split_once(':')) else {
        return Ok(unreadable());
    };
    let (coming, caller) = (said == "yes", Some(caller).filter(|caller| !caller.is_empty()));
    Ok(match deeds::answer_call(work, group, &act.by(), coming, caller)? {
        Some(done @ Done::Yes(_)) => match answer(work, act, &done)? {
            Answer::Nothing => Answer::Private(TOLD[usize::from(coming)].to_owned()),
            other => other,
        },
        Some(done) => answer(work, act, &done)?,
        None => Answer::Private(NOT_CALLED.to_owned()),
    })
}

/// What whoever answered a call is told.
pub(super) const TOLD: [&str; 2] =
    ["The others know that you can't come.", "The others know that you are on the way."];
pub(super) const NOT_CALLED: &str = "You are not called to this any more.";

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
