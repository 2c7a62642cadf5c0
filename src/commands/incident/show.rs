//! `show` and `status` alone: an incident as its card shows it, with its buttons.

use super::super::Said;
use crate::actions::Answer;
use crate::domain::incident::Incident;
use crate::engine::Work;
use crate::engine::incident::look;
use crate::store::StoreError;
use crate::views;

/// The incident's part of `show`.
pub(in crate::commands) fn show(
    work: &mut Work<'_>,
    _said: &Said<'_>,
    incident: Incident,
) -> Result<Answer, StoreError> {
    card(work, incident)
}

pub(super) fn card(work: &mut Work<'_>, incident: Incident) -> Result<Answer, StoreError> {
    let picture = look::picture(work.tx, work.rules, incident, work.now)?;
    Ok(Answer::PrivateMessage(views::incident::card(&picture)))
}
