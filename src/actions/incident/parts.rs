//! Forms about what belongs to an incident: alerts, links, and the incident it goes on in.

use super::super::{Act, Answer, error_at};
use super::{incident, to_form};
use crate::engine::Work;
use crate::engine::incident::{self as deeds, Done};
use crate::store::StoreError;
use crate::views::modal::incident::field;

fn chosen(act: &Act<'_>) -> Vec<i64> {
    let list = act.from.state_of(field::GROUPS).map(|field| field.list()).unwrap_or_default();
    list.into_iter().filter_map(|id| id.parse().ok()).collect()
}

/// One after the other; the first that cannot be ends it.
fn each(
    work: &mut Work<'_>,
    act: &Act<'_>,
    deed: impl Fn(&mut Work<'_>, i64, i64) -> Result<Done, StoreError>,
) -> Result<Answer, StoreError> {
    let Some(id) = incident(act) else { return Ok(to_form(work, &Done::Unknown)) };
    let groups = chosen(act);
    if groups.is_empty() {
        return Ok(error_at(field::GROUPS, "Choose at least one alert."));
    }
    let mut done = Done::Unknown;
    for group in groups {
        done = deed(work, id, group)?;
        if !matches!(done, Done::Yes(_)) {
            break;
        }
    }
    Ok(to_form(work, &done))
}

pub(in crate::actions) fn attach(work: &mut Work<'_>, act: &Act<'_>) -> Result<Answer, StoreError> {
    each(work, act, |work, id, group| deeds::attach_group(work, id, &act.by(), group))
}

pub(in crate::actions) fn detach(work: &mut Work<'_>, act: &Act<'_>) -> Result<Answer, StoreError> {
    each(work, act, |work, id, group| deeds::detach_group(work, id, &act.by(), group))
}

pub(in crate::actions) fn link(work: &mut Work<'_>, act: &Act<'_>) -> Result<Answer, StoreError> {
    let Some(id) = incident(act) else { return Ok(to_form(work, &Done::Unknown)) };
    let done = deeds::link(work, id, &act.by(), act.typed(field::URL), act.typed(field::LINK_TITLE))?;
    Ok(to_form(work, &done))
}

pub(in crate::actions) fn merge(work: &mut Work<'_>, act: &Act<'_>) -> Result<Answer, StoreError> {
    let Some(id) = incident(act) else { return Ok(to_form(work, &Done::Unknown)) };
    let Ok(into) = act.typed(field::INTO).parse() else {
        return Ok(error_at(field::INTO, "Choose the incident it goes on in."));
    };
    let done = deeds::merge(work, id, &act.by(), into)?;
    Ok(to_form(work, &done))
}
