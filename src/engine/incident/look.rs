//! Gathers what people are shown of an incident. Reads only.

use crate::domain::incident::Incident;
use crate::domain::incident::settings::Severity;
use crate::domain::picture::incident::IncidentPicture;
use crate::domain::rules::Rules;
use crate::domain::time::Timestamp;
use crate::store::{StoreError, Tx, groups, incidents};

/// An incident as its card shows it.
pub fn picture(
    tx: &mut dyn Tx,
    rules: &Rules,
    incident: Incident,
    now: Timestamp,
) -> Result<IncidentPicture, StoreError> {
    let mut about = Vec::new();
    for id in incidents::groups_of(tx, incident.id)? {
        about.extend(groups::by_id(tx, id)?);
    }
    Ok(IncidentPicture {
        severity: severity(rules, &incident.severity),
        roles: incidents::roles(tx, incident.id)?,
        tasks: incidents::tasks(tx, incident.id)?,
        groups: about,
        incident,
        now,
    })
}

/// A severity by its name; one that the config no longer has has its name only.
pub fn severity(rules: &Rules, name: &str) -> Severity {
    rules.incidents.severity(name).cloned().unwrap_or_else(|| Severity {
        name: name.to_owned(),
        description: String::new(),
        emoji: "rotating_light".to_owned(),
        update_every: None,
    })
}
