//! Gathers what people are shown of an incident. Reads only.

use std::collections::BTreeMap;

use crate::domain::group::Group;
use crate::domain::incident::settings::Severity;
use crate::domain::incident::{Incident, Settings, naming};
use crate::domain::picture::incident::{Brief, DeclareForm, IncidentDialogue, IncidentPicture, Merged};
use crate::domain::picture::{HomePicture, Named};
use crate::domain::rules::Rules;
use crate::domain::say::IncidentForm;
use crate::domain::time::Timestamp;
use crate::engine::sight::Viewer;
use crate::limits::{
    HOME_INCIDENTS_MAX, HOME_TASKS_MAX, INCIDENT_TEXT_CHARS, OPEN_INCIDENTS_LOOKED_AT, SLACK_OPTIONS,
};
use crate::store::{StoreError, Tx, groups, incidents, people};

/// An incident as its card shows it.
pub fn picture(
    tx: &mut dyn Tx,
    rules: &Rules,
    incident: Incident,
    now: Timestamp,
) -> Result<IncidentPicture, StoreError> {
    let settings = &rules.incidents;
    let mut about = Vec::new();
    for id in incidents::groups_of(tx, incident.id)? {
        about.extend(groups::by_id(tx, id)?);
    }
    let merged_into = match incident.facts.merged_into {
        Some(id) => incidents::by_id(tx, id)?
            .map(|other| Merged { number: other.number, channel_id: other.channel_id }),
        None => None,
    };
    let rank = settings.severities.iter().position(|one| one.name == incident.severity);
    Ok(IncidentPicture {
        severity: severity(rules, &incident.severity),
        severity_rank: rank.unwrap_or(settings.severities.len()),
        roles: incidents::roles(tx, incident.id)?,
        known_roles: settings.roles.clone(),
        tasks: incidents::tasks(tx, incident.id)?,
        groups: about,
        links: incidents::links(tx, incident.id)?,
        merged_into,
        alike: Vec::new(),
        alert_links: BTreeMap::new(),
        names: BTreeMap::new(),
        command: rules.slack.command.clone(),
        rename_to: rename_to(settings, &incident),
        incident,
        now,
    })
}

/// What its channel would be called by its title of now, if that is not its name.
pub(super) fn rename_to(settings: &Settings, incident: &Incident) -> Option<String> {
    if incident.facts.adopted || !incident.has_live_channel() {
        return None;
    }
    let name = naming::channel_name(&settings.channel_name, incident, 0);
    (incident.channel_name.as_deref() != Some(name.as_str())).then_some(name)
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

/// The form of a new incident.
pub fn declare_form(
    tx: &mut dyn Tx,
    rules: &Rules,
    group: Option<i64>,
    title: &str,
    description: &str,
    channel: &str,
    now: Timestamp,
) -> Result<DeclareForm, StoreError> {
    let Settings { severities, default_severity, .. } = &rules.incidents;
    let group = match group {
        Some(id) => groups::by_id(tx, id)?,
        None => None,
    };
    let open = match &group {
        // A private one is not offered to those who may not know of it.
        Some(_) => incidents::open(tx, i64::try_from(SLACK_OPTIONS).unwrap_or(i64::MAX))?
            .into_iter()
            .filter(|one| !one.private)
            .map(|one| Named { id: one.id, number: one.number, title: one.title })
            .collect(),
        None => Vec::new(),
    };
    let told = group.as_ref().map(|group| group.title.clone()).unwrap_or_default();
    let severity = match &group {
        Some(group) => rules.incidents.suggested(group.priority).to_owned(),
        None => default_severity.clone(),
    };
    let suggested_by = group.as_ref().map(|group| group.priority);
    let inside = incidents::by_channel(tx, channel)?.filter(Incident::is_open);
    let description = match &group {
        Some(group) if description.is_empty() => known(tx, rules, group, now)?,
        _ => description.to_owned(),
    };
    Ok(DeclareForm {
        group: group.map(|group| Named { id: group.id, number: group.number, title: group.title }),
        title: if title.is_empty() { told } else { title.to_owned() },
        description,
        severities: severities.clone(),
        severity,
        suggested_by,
        inside: inside.map(|one| Named { id: one.id, number: one.number, title: one.title }),
        open,
        channel: channel.to_owned(),
        private: false,
        drill: false,
    })
}

/// What its alerts say of themselves: what is known when an incident begins.
pub(super) fn known(
    tx: &mut dyn Tx,
    rules: &Rules,
    group: &Group,
    now: Timestamp,
) -> Result<String, StoreError> {
    let picture = crate::engine::look::group(tx, rules, group.clone(), now)?;
    let told = [picture.told_summary(), picture.told_description()];
    let mut lines: Vec<&str> = Vec::new();
    for text in told.into_iter().flatten().map(str::trim) {
        if text != group.title && !lines.contains(&text) {
            lines.push(text);
        }
    }
    Ok(lines.join("\n").chars().take(INCIDENT_TEXT_CHARS).collect())
}

/// A form about an incident; `None` when it is gone.
pub fn dialogue(
    tx: &mut dyn Tx,
    rules: &Rules,
    incident: i64,
    form: IncidentForm,
    now: Timestamp,
) -> Result<Option<IncidentDialogue>, StoreError> {
    let Some(incident) = incidents::by_id(tx, incident)? else { return Ok(None) };
    let usergroups = match form {
        IncidentForm::Invite => {
            people::usergroups(tx)?.into_iter().map(|group| (group.group_id, group.handle)).collect()
        }
        _ => Vec::new(),
    };
    let choices = choices(tx, &incident, form)?;
    let (lines, has_earlier) = match form {
        IncidentForm::Timeline { page } => super::record::lines(tx, incident.id, page)?,
        _ => (Vec::new(), false),
    };
    Ok(Some(IncidentDialogue {
        picture: picture(tx, rules, incident, now)?,
        form,
        severities: rules.incidents.severities.clone(),
        statuses: rules.incidents.statuses.clone(),
        usergroups,
        choices,
        lines,
        has_earlier,
    }))
}

/// What a form offers: alert groups to attach, or incidents to go on in.
fn choices(tx: &mut dyn Tx, incident: &Incident, form: IncidentForm) -> Result<Vec<Named>, StoreError> {
    let limit = i64::try_from(SLACK_OPTIONS).unwrap_or(i64::MAX);
    let of_group = |one: Group| Named { id: one.id, number: one.number, title: one.title };
    Ok(match form {
        IncidentForm::Attach => {
            let there = incidents::groups_of(tx, incident.id)?;
            let open = groups::open(tx, limit.saturating_mul(2))?.into_iter();
            open.filter(|one| !there.contains(&one.id)).take(SLACK_OPTIONS).map(of_group).collect()
        }
        IncidentForm::Detach => {
            let mut there = Vec::new();
            for id in incidents::groups_of(tx, incident.id)?.into_iter().take(SLACK_OPTIONS) {
                there.extend(groups::by_id(tx, id)?.map(of_group));
            }
            there
        }
        // Private ones are not offered to those who may not know of them.
        IncidentForm::Merge if !incident.private => incidents::open(tx, limit)?
            .into_iter()
            .filter(|one| !one.private && one.id != incident.id)
            .map(|one| Named { id: one.id, number: one.number, title: one.title })
            .collect(),
        _ => Vec::new(),
    })
}

/// The incident a group belongs to, for its message: the open one first. Nothing of a private one is told.
pub fn brief_of_group(tx: &mut dyn Tx, group: i64) -> Result<Option<Brief>, StoreError> {
    let found = incidents::of_group(tx, group)?.into_iter().find(|one| !one.private);
    Ok(found.map(|one| Brief {
        number: one.number,
        is_open: one.is_open(),
        title: one.title,
        severity: one.severity,
        channel_id: one.channel_id,
    }))
}

/// The incidents' part of somebody's App Home.
pub fn home(tx: &mut dyn Tx, viewer: &Viewer, home: &mut HomePicture) -> Result<(), StoreError> {
    let roles = incidents::roles_of_user(tx, &home.user)?;
    let tasks = incidents::tasks_of_user(tx, &home.user, HOME_TASKS_MAX)?;
    for one in incidents::open(tx, OPEN_INCIDENTS_LOOKED_AT)? {
        if !viewer.lists_incident(tx, &one)? {
            continue;
        }
        if home.incidents.len() < HOME_INCIDENTS_MAX {
            home.incidents.push(one);
        } else {
            home.more_incidents += 1;
        }
    }
    for (id, role) in roles {
        if let Some(one) = incidents::by_id(tx, id)? {
            home.my_roles.push((one.number, role));
        }
    }
    for task in tasks {
        if let Some(one) = incidents::by_id(tx, task.incident_id)? {
            home.my_tasks.push((one.number, task));
        }
    }
    Ok(())
}
