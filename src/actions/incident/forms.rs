//! Opening the forms of an incident, and what comes back from them.

use super::super::{Act, Answer, error_at, too_late, unreadable};
use super::{incident, said, to_form};
use crate::domain::actor::Actor;
use crate::domain::incident::Summary;
use crate::domain::say::{IncidentForm, Say, Urgency, View};
use crate::domain::time::Timestamp;
use crate::engine::incident::{self as deeds, Done};
use crate::engine::{Work, say};
use crate::limits::{RESPONDERS_AT_ONCE_MAX, TIMELINE_PAGES_MAX};
use crate::store::{StoreError, incidents};
use crate::views::modal::incident::field;

/// A button that opens a form; within a dialogue it takes the dialogue's place.
pub(in crate::actions) fn opened(work: &mut Work<'_>, act: &Act<'_>) -> Result<Answer, StoreError> {
    let (Some(id), Some(form)) = (incident(act), form_of(act.rest())) else { return Ok(unreadable()) };
    let right = match form {
        IncidentForm::Resolve | IncidentForm::Cancel => Some(crate::domain::rights::Right::Resolve),
        IncidentForm::Merge => Some(crate::domain::rights::Right::Admin),
        _ => None,
    };
    // Everybody who sees the channel may look.
    if !matches!(form, IncidentForm::Timeline { .. } | IncidentForm::Menu) {
        let actor = Actor::Person(act.user.to_owned());
        if let Err(denied) = deeds::permit(work, &actor, right)? {
            return Ok(super::to_click(work, &Done::Denied(denied)));
        }
    }
    if deeds::seen(work, id, &Actor::Person(act.user.to_owned()))?.is_none() {
        return Ok(super::to_click(work, &Done::Unknown));
    }
    show(work, act, View::Incident { incident: id, form })
}

fn show(work: &mut Work<'_>, act: &Act<'_>, view: View) -> Result<Answer, StoreError> {
    let what = match (act.from.view_id(), act.from.trigger_id()) {
        // A Home tab is a view, too, but none that becomes a form.
        (Some(view_id), _) if act.from.view_type() == Some("modal") => {
            Say::UpdateView { view_id: view_id.to_owned(), view }
        }
        (_, Some(trigger_id)) => Say::OpenView { trigger_id: trigger_id.to_owned(), view },
        (None, None) if act.from.kind() == "block_actions" => return Ok(too_late()),
        _ => return Ok(unreadable()),
    };
    say::say(work, &what, Urgency::Answer)?;
    Ok(Answer::Nothing)
}

fn form_of(name: &str) -> Option<IncidentForm> {
    Some(match name {
        "menu" => IncidentForm::Menu,
        "severity" => IncidentForm::Severity,
        "status" => IncidentForm::Status,
        "roles" => IncidentForm::Roles,
        "tasks" => IncidentForm::Tasks,
        "update" => IncidentForm::Update,
        "note" => IncidentForm::Note,
        "invite" => IncidentForm::Invite,
        "title" => IncidentForm::Title,
        "resolve" => IncidentForm::Resolve,
        "cancel" => IncidentForm::Cancel,
        "attach" => IncidentForm::Attach,
        "detach" => IncidentForm::Detach,
        "link" => IncidentForm::Link,
        "merge" => IncidentForm::Merge,
        "timeline" => IncidentForm::Timeline { page: 0 },
        _ => return None,
    })
}

/// A page of the timeline.
pub(in crate::actions) fn turned(work: &mut Work<'_>, act: &Act<'_>) -> Result<Answer, StoreError> {
    let page = act.rest().parse().ok().filter(|page| *page <= TIMELINE_PAGES_MAX);
    let (Some(id), Some(page)) = (incident(act), page) else { return Ok(unreadable()) };
    if deeds::seen(work, id, &Actor::Person(act.user.to_owned()))?.is_none() {
        return Ok(super::to_click(work, &Done::Unknown));
    }
    show(work, act, View::Incident { incident: id, form: IncidentForm::Timeline { page } })
}

/// The dialogue stays open and shows what is so now.
pub(super) fn redrawn(
    work: &mut Work<'_>,
    act: &Act<'_>,
    done: &Done,
    form: IncidentForm,
) -> Result<Answer, StoreError> {
    if let (Done::Yes(incident), Some(view_id), Some("modal")) =
        (done, act.from.view_id(), act.from.view_type())
    {
        let view = View::Incident { incident: incident.id, form };
        say::say(work, &Say::UpdateView { view_id: view_id.to_owned(), view }, Urgency::Answer)?;
    }
    Ok(super::to_click(work, done))
}

pub(in crate::actions) fn severity(work: &mut Work<'_>, act: &Act<'_>) -> Result<Answer, StoreError> {
    let Some(id) = incident(act) else { return Ok(to_form(work, &Done::Unknown)) };
    let done = deeds::severity(work, id, &act.by(), act.typed(field::SEVERITY))?;
    Ok(to_form(work, &unless_same(done)))
}

pub(in crate::actions) fn status(work: &mut Work<'_>, act: &Act<'_>) -> Result<Answer, StoreError> {
    let Some(id) = incident(act) else { return Ok(to_form(work, &Done::Unknown)) };
    let done = deeds::status(work, id, &act.by(), act.typed(field::STATUS))?;
    Ok(to_form(work, &unless_same(done)))
}

pub(in crate::actions) fn title(work: &mut Work<'_>, act: &Act<'_>) -> Result<Answer, StoreError> {
    let Some(id) = incident(act) else { return Ok(to_form(work, &Done::Unknown)) };
    let done = deeds::title(work, id, &act.by(), act.typed(field::TITLE))?;
    Ok(to_form(work, &unless_same(done)))
}

/// Sending a form without a change is no mistake.
fn unless_same(done: Done) -> Done {
    match done {
        Done::No(incident, crate::domain::incident::Refusal::Same(_)) => Done::Yes(incident),
        done => done,
    }
}

pub(in crate::actions) fn update(work: &mut Work<'_>, act: &Act<'_>) -> Result<Answer, StoreError> {
    let Some(id) = incident(act) else { return Ok(to_form(work, &Done::Unknown)) };
    let done = deeds::update(work, id, &act.by(), act.typed(field::TEXT))?;
    Ok(to_form(work, &done))
}

pub(in crate::actions) fn note(work: &mut Work<'_>, act: &Act<'_>) -> Result<Answer, StoreError> {
    let Some(id) = incident(act) else { return Ok(to_form(work, &Done::Unknown)) };
    let when = act.from.state_of(field::WHEN).and_then(|field| field.date_time_s());
    let when = when.map(|s| Timestamp::from_ms(s.saturating_mul(1_000)));
    if when.is_some_and(|when| when > work.now) {
        return Ok(error_at(field::WHEN, "That is still to come; a note tells what happened."));
    }
    let done = deeds::note(work, id, &act.by(), act.typed(field::TEXT), when)?;
    Ok(to_form(work, &done))
}

/// Resolves it; of one that has ended, it writes the summary anew.
pub(in crate::actions) fn resolve(work: &mut Work<'_>, act: &Act<'_>) -> Result<Answer, StoreError> {
    let Some(id) = incident(act) else { return Ok(to_form(work, &Done::Unknown)) };
    let summary = Summary {
        happened: act.typed(field::HAPPENED).to_owned(),
        cause: act.typed(field::CAUSE).to_owned(),
        fix: act.typed(field::FIX).to_owned(),
    };
    let ended = incidents::by_id(work.tx, id)?.is_some_and(|incident| !incident.is_open());
    let done = if ended {
        deeds::summarize(work, id, &act.by(), summary)?
    } else {
        deeds::resolve(work, id, &act.by(), summary)?
    };
    Ok(to_form(work, &done))
}

pub(in crate::actions) fn cancel(work: &mut Work<'_>, act: &Act<'_>) -> Result<Answer, StoreError> {
    let Some(id) = incident(act) else { return Ok(to_form(work, &Done::Unknown)) };
    let done = deeds::cancel(work, id, &act.by(), act.typed(field::TEXT).to_owned())?;
    Ok(to_form(work, &done))
}

pub(in crate::actions) fn invite(work: &mut Work<'_>, act: &Act<'_>) -> Result<Answer, StoreError> {
    let Some(id) = incident(act) else { return Ok(to_form(work, &Done::Unknown)) };
    let chosen = |name: &str| -> Vec<String> {
        let list = act.from.state_of(name).map(|field| field.list()).unwrap_or_default();
        list.into_iter().map(str::to_owned).collect()
    };
    let (people, groups) = (chosen(field::PEOPLE), chosen(field::USERGROUPS));
    if people.len() > RESPONDERS_AT_ONCE_MAX {
        let text = format!("At most {RESPONDERS_AT_ONCE_MAX} people at once; these are {}.", people.len());
        return Ok(error_at(field::PEOPLE, text));
    }
    let done = deeds::invite(work, id, &act.by(), &people, &groups)?;
    Ok(to_form(work, &done))
}

pub(in crate::actions) fn role(work: &mut Work<'_>, act: &Act<'_>) -> Result<Answer, StoreError> {
    let Some(id) = incident(act) else { return Ok(to_form(work, &Done::Unknown)) };
    let (role, person) = (act.typed(field::ROLE), act.typed(field::PERSON));
    if person.is_empty() {
        return Ok(error_at(field::PERSON, "Choose somebody."));
    }
    let done = deeds::take_role(work, id, &act.by(), role, person)?;
    if let Done::No(_, crate::domain::incident::Refusal::Same(_)) = &done {
        return Ok(error_at(field::PERSON, "They have this role already."));
    }
    Ok(to_form(work, &done))
}

pub(in crate::actions) fn task(work: &mut Work<'_>, act: &Act<'_>) -> Result<Answer, StoreError> {
    let Some(id) = incident(act) else { return Ok(to_form(work, &Done::Unknown)) };
    let person = Some(act.typed(field::PERSON)).filter(|person| !person.is_empty());
    let later = act.from.state_of(field::FLAGS).map(|field| field.list()).unwrap_or_default();
    let follow_up = later.contains(&field::FOLLOW_UP);
    let (done, _) = deeds::add_task(work, id, &act.by(), act.typed(field::TASK), person, follow_up)?;
    Ok(match said(work, &done) {
        Some(_) => to_form(work, &done),
        None => Answer::Nothing,
    })
}
