//! What falls due in an incident's life: a word to those outside, the rest of its channel.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::json;

use super::{By, event, step, steps, tell};
use crate::domain::actor::{Actor, Via};
use crate::domain::incident::news::{Note, Page, Step};
use crate::domain::incident::{Change, Incident, RoleHolder};
use crate::domain::say::{Say, Urgency};
use crate::domain::time::Timestamp;
use crate::engine::Work;
use crate::engine::say::say;
use crate::limits::{INCIDENT_ARCHIVE_TOLD_BEFORE, UPDATE_ASKED_MAX};
use crate::store::due::Due;
use crate::store::{StoreError, due, incidents};

/// Those outside have not heard for as long as its severity allows. Subject: the incident's id.
pub const UPDATE_DUE: &str = "incident_update";
/// Its channel is to be archived, or that is to be told before. Subject: the incident's id.
pub const ARCHIVE: &str = "incident_archive";

/// Something that Slack refused is tried again. Subject: the incident's id and a hash; data: the [`Say`].
pub const STEP_RETRY: &str = "incident_retry";

/// Does what is due of an incident. Whether it was of one.
pub fn carry_out(work: &mut Work<'_>, one: &Due) -> Result<bool, StoreError> {
    match one.kind.as_str() {
        UPDATE_DUE => {
            if let Some(incident) = load(work, one)? {
                remind_of_update(work, &incident)?;
            }
        }
        ARCHIVE => {
            if let Some(incident) = load(work, one)? {
                archive(work, &incident, one)?;
            }
        }
        STEP_RETRY => steps::try_again(work, &one.data)?,
        _ => return Ok(false),
    }
    Ok(true)
}

fn load(work: &mut Work<'_>, one: &Due) -> Result<Option<Incident>, StoreError> {
    let Ok(id) = one.subject.parse() else { return Ok(None) };
    incidents::by_id(work.tx, id)
}

/// Those outside wait for a word: the channel is told, and whoever leads.
fn remind_of_update(work: &mut Work<'_>, incident: &Incident) -> Result<(), StoreError> {
    let every = work.rules.incidents.update_every(&incident.severity);
    let Some(every) = every.filter(|_| incident.is_open()) else { return Ok(()) };
    let since = incident.facts.last_update.as_ref().map_or(incident.facts.declared.at, |last| last.at);
    // The severity, or the config, may be another than when this was set.
    if since + every > work.now {
        return due::set(work.tx, UPDATE_DUE, &incident.id.to_string(), since + every, "{}");
    }
    let whom = who_updates(work, incident)?;
    tell(work, incident, Note::UpdateDue { since, whom: whom.first().cloned() }, Urgency::First)?;
    for user in whom {
        let page = Page::UpdateDue { since };
        say(work, &Say::IncidentPage { incident: incident.id, user, page }, Urgency::First)?;
    }
    due::set(work.tx, UPDATE_DUE, &incident.id.to_string(), work.now + every, "{}")
}

/// Who is asked for it: who leads (the first role); else who has another role, who declared it, who has its alerts or was
/// called to them. Nobody at all: then the channel is rung.
fn who_updates(work: &mut Work<'_>, incident: &Incident) -> Result<Vec<String>, StoreError> {
    let leads = work.rules.incidents.roles.first().map(|role| role.name.clone()).unwrap_or_default();
    let (leading, others): (Vec<_>, Vec<_>) =
        incidents::roles(work.tx, incident.id)?.into_iter().partition(|one| one.role == leads);
    let users = |list: Vec<RoleHolder>| list.into_iter().map(|one| one.user_id).collect::<BTreeSet<_>>();
    let mut whom = users(leading);
    if whom.is_empty() {
        whom = users(others);
    }
    if whom.is_empty() {
        whom.extend(incident.facts.declared.by.slack_id().map(str::to_owned));
    }
    if whom.is_empty() {
        for group in incidents::groups_of(work.tx, incident.id)? {
            whom.extend(steps::of_alert(work, group)?);
        }
    }
    Ok(whom.into_iter().take(UPDATE_ASKED_MAX).collect())
}

/// When it is told before the archiving: a day, or half of a short rest.
fn told_before(rest: Duration) -> Duration {
    INCIDENT_ARCHIVE_TOLD_BEFORE.min(rest / 2)
}

/// The rest after its end is over, or nearly: told first, then done. Whoever still speaks there gives it more time.
fn archive(work: &mut Work<'_>, incident: &Incident, one: &Due) -> Result<(), StoreError> {
    let Some(rest) = work.rules.incidents.archive_after else { return Ok(()) };
    let Some(ended) = incident.ended_at else { return Ok(()) };
    if !incident.has_live_channel() || incident.facts.adopted {
        return Ok(());
    }
    let quiet_since = incidents::last_said(work.tx, incident.id)?.map_or(ended, |said| said.max(ended));
    let at = quiet_since + rest;
    let tell_at = at - told_before(rest);
    if tell_at > work.now {
        return due::set(work.tx, ARCHIVE, &one.subject, tell_at, "{}");
    }
    let told_for: Option<i64> =
        serde_json::from_str(&one.data).ok().and_then(|data: serde_json::Value| data["archive_ms"].as_i64());
    // What was told stands, unless somebody spoke since; after a long stop of ours it is told first, too.
    match told_for.map(Timestamp::from_ms) {
        Some(announced) if announced <= work.now && announced >= at => {
            let by = By { actor: Actor::Firebell, via: Via::Timer };
            let data = json!({ "quiet_since": quiet_since });
            event(work, incident.id, "archiving", &by, "the rest after its end is over", &data)?;
            step(work, incident, Step::Archive, Urgency::Chatter)
        }
        Some(announced) if announced > work.now && announced >= at => {
            due::set(work.tx, ARCHIVE, &one.subject, announced, &one.data)
        }
        _ => {
            let at = at.max(work.now + told_before(rest));
            tell(work, incident, Note::ArchiveSoon { at }, Urgency::Update)?;
            due::set(work.tx, ARCHIVE, &one.subject, at, &json!({ "archive_ms": at }).to_string())
        }
    }
}

/// It was declared.
pub(super) fn begin(work: &mut Work<'_>, incident: &Incident) -> Result<(), StoreError> {
    updated(work, incident)
}

/// Somebody told those outside; or it is as new.
pub(super) fn updated(work: &mut Work<'_>, incident: &Incident) -> Result<(), StoreError> {
    let subject = incident.id.to_string();
    let every = work.rules.incidents.update_every(&incident.severity).filter(|_| incident.is_open());
    match every {
        Some(every) => due::set(work.tx, UPDATE_DUE, &subject, work.now + every, "{}"),
        None => due::clear(work.tx, UPDATE_DUE, &subject),
    }
}

/// What follows from a change for what is due.
pub(super) fn changed(work: &mut Work<'_>, incident: &Incident, change: &Change) -> Result<(), StoreError> {
    let subject = incident.id.to_string();
    match change {
        Change::Severity { .. } => {
            // Counted from the last word, so that a higher severity may be due at once.
            let since =
                incident.facts.last_update.as_ref().map_or(incident.facts.declared.at, |last| last.at);
            match work.rules.incidents.update_every(&incident.severity) {
                Some(every) => due::set(work.tx, UPDATE_DUE, &subject, work.now.max(since + every), "{}"),
                None => due::clear(work.tx, UPDATE_DUE, &subject),
            }
        }
        Change::Reopened { .. } => {
            due::clear(work.tx, ARCHIVE, &subject)?;
            updated(work, incident)
        }
        Change::Resolved { .. } | Change::Cancelled { .. } | Change::Merged { .. } => {
            due::clear(work.tx, UPDATE_DUE, &subject)?;
            match work.rules.incidents.archive_after.filter(|_| !incident.facts.adopted) {
                Some(rest) => {
                    let at = work.now + (rest - told_before(rest));
                    due::set(work.tx, ARCHIVE, &subject, at, "{}")
                }
                None => Ok(()),
            }
        }
        Change::Status { .. } | Change::Title { .. } => Ok(()),
    }
}
