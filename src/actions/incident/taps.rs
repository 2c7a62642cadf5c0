//! One tap, one deed.

use super::super::{Act, Answer, unreadable};
use super::forms::redrawn;
use super::{incident, to_click};
use crate::domain::incident::Refusal;
use crate::domain::say::IncidentForm;
use crate::engine::Work;
use crate::engine::incident::{self as deeds, Done};
use crate::store::StoreError;

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
