//! What falls due in an incident's life: a word to those outside, the rest of its channel.

use crate::domain::incident::{Change, Incident};
use crate::engine::Work;
use crate::store::{StoreError, due};

/// Those outside have not heard for as long as its severity allows. Subject: the incident's id.
pub const UPDATE_DUE: &str = "incident_update";
/// Its channel is to be archived, or that is to be told before. Subject: the incident's id.
pub const ARCHIVE: &str = "incident_archive";

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
                // Told half-way, so that nobody is surprised.
                Some(rest) => due::set(work.tx, ARCHIVE, &subject, work.now + rest / 2, "{}"),
                None => Ok(()),
            }
        }
        Change::Status { .. } | Change::Title { .. } => Ok(()),
    }
}
