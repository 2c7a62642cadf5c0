//! One tap, one deed.

use super::super::responders::{NOT_CALLED, TOLD};
use super::super::{Act, Answer, unreadable};
use super::forms::redrawn;
use super::{incident, to_click};
use crate::domain::incident::{Refusal, Summary};
use crate::domain::say::IncidentForm;
use crate::engine::Work;
use crate::engine::incident::{self as deeds, Done};
use crate::store::{StoreError, incidents};

/// "Be Commander"
pub(in crate::actions) fn take(work: &mut Work<'_>, act: &Act<'_>) -> Result<Answer, StoreError> {
    let Some(id) = incident(act) else { return Ok(unreadable()) };
    let done = deeds::take_role(work, id, &act.by(), act.rest(), act.user)?;
    if let Done::No(_, Refusal::Same(role)) = &done {
        return Ok(Answer::Private(format!("You are {role} already.")));
    }
    redrawn(work, act, &done, IncidentForm::Roles)
}

/// The value is `incident:user:role`.
pub(in crate::actions) fn leave(work: &mut Work<'_>, act: &Act<'_>) -> Result<Answer, StoreError> {
    let (Some(id), Some((user, role))) = (incident(act), act.rest().split_once(':')) else {
        return Ok(unreadable());
    };
    let done = deeds::leave_role(work, id, &act.by(), role, user)?;
    redrawn(work, act, &done, IncidentForm::Roles)
}

/// The value is `incident:task:1`, or `0` if it is not done after all.
pub(in crate::actions) fn task_done(work: &mut Work<'_>, act: &Act<'_>) -> Result<Answer, StoreError> {
    let parts = act.rest().split_once(':').and_then(|(number, to)| Some((number.parse().ok()?, to == "1")));
    let (Some(id), Some((number, to))) = (incident(act), parts) else { return Ok(unreadable()) };
    let done = deeds::task_done(work, id, &act.by(), number, to)?;
    redrawn(work, act, &done, IncidentForm::Tasks)
}

/// Whoever reads the announcement comes in by themselves.
pub(in crate::actions) fn join(work: &mut Work<'_>, act: &Act<'_>) -> Result<Answer, StoreError> {
    let Some(id) = incident(act) else { return Ok(unreadable()) };
    let done = deeds::join(work, id, &act.by(), act.user)?;
    if let Done::Yes(incident) = &done
        && let Some(channel) = &incident.channel_id
    {
        return Ok(Answer::Private(format!("You are invited: it goes on in <#{channel}>.")));
    }
    Ok(to_click(work, &done))
}

pub(in crate::actions) fn reopen(work: &mut Work<'_>, act: &Act<'_>) -> Result<Answer, StoreError> {
    let Some(id) = incident(act) else { return Ok(unreadable()) };
    let done = deeds::reopen(work, id, &act.by())?;
    Ok(to_click(work, &done))
}

/// "On my way", "Can't": the value is `incident:yes:caller`.
pub(in crate::actions) fn answered_call(work: &mut Work<'_>, act: &Act<'_>) -> Result<Answer, StoreError> {
    let (Some(id), Some((said, caller))) = (incident(act), act.rest().split_once(':')) else {
        return Ok(unreadable());
    };
    let (coming, caller) = (said == "yes", Some(caller).filter(|caller| !caller.is_empty()));
    Ok(match deeds::answer_call(work, id, &act.by(), coming, caller)? {
        Some(Done::Yes(_)) => Answer::Private(TOLD[usize::from(coming)].to_owned()),
        Some(done) => to_click(work, &done),
        None => Answer::Private(NOT_CALLED.to_owned()),
    })
}

/// Its channel follows its title.
pub(in crate::actions) fn rename(work: &mut Work<'_>, act: &Act<'_>) -> Result<Answer, StoreError> {
    let Some(id) = incident(act) else { return Ok(unreadable()) };
    let done = deeds::rename(work, id, &act.by())?;
    Ok(to_click(work, &done))
}

/// Alerts fire or tasks are open, and it is over all the same: the value is `incident:what fixed it`.
pub(in crate::actions) fn resolve_anyway(work: &mut Work<'_>, act: &Act<'_>) -> Result<Answer, StoreError> {
    let Some(id) = incident(act) else { return Ok(unreadable()) };
    let known = incidents::by_id(work.tx, id)?.map(|one| one.facts.summary).unwrap_or_default();
    let summary = Summary { fix: act.rest().to_owned(), ..known };
    let done = deeds::resolve(work, id, &act.by(), summary)?;
    Ok(to_click(work, &done))
}
