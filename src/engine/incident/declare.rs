//! The beginning of an incident.

use serde_json::json;

use super::{By, Done, event, permit, steps, timers, words};
use crate::domain::actor::{Actor, Via};
use crate::domain::group::Group;
use crate::domain::incident::{Facts, Incident, Mark, Refusal, ShownTo, State, one_line};
use crate::domain::label::Labels;
use crate::domain::rights::{Denied, Right, Unknown};
use crate::engine::{Work, journal};
use crate::limits::{
    DECLARED_BY_ROUTES_MAX, DECLARED_BY_ROUTES_WITHIN, DECLARED_LOOKED_AT, INCIDENT_TEXT_CHARS,
    INCIDENT_TITLE_CHARS,
};
use crate::store::{StoreError, groups, incidents, people};

/// What somebody wants to declare.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Wish {
    /// Empty: that of the first alert group.
    pub title: String,
    pub severity: Option<String>,
    pub description: String,
    pub labels: Labels,
    pub private: bool,
    pub drill: bool,
    /// The ids of the alert groups it is about.
    pub groups: Vec<i64>,
    /// Of the route that declares it: its open incident takes later groups in.
    pub group_key: Option<String>,
    /// Who is to be shown the way to its channel.
    pub shown_to: Option<ShownTo>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Declared {
    New(Incident),
    /// The open incident of this group key took the groups in.
    Attached(Incident),
    No(Refusal),
    Denied(Denied),
}

pub fn declare(work: &mut Work<'_>, wish: Wish, by: &By) -> Result<Declared, StoreError> {
    if let Some(key) = &wish.group_key
        && let Some(open) = incidents::open_of_key(work.tx, key)?
    {
        for group in &wish.groups {
            super::attach_group(work, open.id, by, *group)?;
        }
        return Ok(Declared::Attached(incidents::by_id(work.tx, open.id)?.unwrap_or(open)));
    }
    let declared = begin(work, &wish, by, None, &[Right::Declare])?;
    if let Declared::New(incident) = &declared {
        steps::open_channel(work, incident)?;
    }
    Ok(declared)
}

/// A group spoke that its route declares incidents for: a new one, or the open one of its key takes it in.
pub(in crate::engine) fn by_route(work: &mut Work<'_>, group: &Group) -> Result<(), StoreError> {
    let rules = work.rules;
    let Some(severity) = rules.tree.by_id(&group.route).and_then(|route| route.declare.clone()) else {
        return Ok(());
    };
    if group.facts.test {
        return Ok(());
    }
    // What follows reads it back: its thread is told only once it has spoken.
    groups::save(work.tx, group)?;
    let by = By { actor: Actor::Integration(group.integration.clone()), via: Via::Source };
    let key = incidents::open_of_key(work.tx, &group.group_key)?;
    if key.is_none()
        && let Some(storm) = enough(work, &severity)?
    {
        return join_storm(work, group, storm, &by);
    }
    let wish = Wish {
        severity: Some(severity),
        description: super::look::known(work.tx, rules, group, work.now)?,
        groups: vec![group.id],
        group_key: Some(group.group_key.clone()),
        ..Wish::default()
    };
    if let Declared::No(refusal) = declare(work, wish, &by)? {
        let data = json!({ "refusal": format!("{refusal:?}") });
        let reason = "its route declares an incident, which was refused";
        journal::group(work, group.id, "not_declared", &by.actor, by.via, reason, &data)?;
        work.tally.add("incidents_not_declared", 1);
    }
    Ok(())
}

/// What a route's next incident joins instead of being one, if routes have declared enough of its severity just now.
/// An outage breaks many things at once, and nobody can lead a hundred incidents.
enum Storm {
    /// The last of them that is open.
    Joins(i64),
    /// They have all ended already.
    IsOver,
}

fn enough(work: &mut Work<'_>, severity: &str) -> Result<Option<Storm>, StoreError> {
    let since = work.now - DECLARED_BY_ROUTES_WITHIN;
    let mut recent = incidents::newest(work.tx, 0, DECLARED_LOOKED_AT)?;
    recent.retain(|one| {
        one.group_key.is_some() && one.severity.eq_ignore_ascii_case(severity) && one.created_at > since
    });
    if recent.len() < DECLARED_BY_ROUTES_MAX {
        return Ok(None);
    }
    Ok(Some(recent.iter().find(|one| one.is_open()).map_or(Storm::IsOver, |one| Storm::Joins(one.id))))
}

fn join_storm(work: &mut Work<'_>, group: &Group, storm: Storm, by: &By) -> Result<(), StoreError> {
    let joined = match storm {
        Storm::Joins(id) => matches!(super::attach_group(work, id, by, group.id)?, Done::Yes(_)),
        Storm::IsOver => false,
    };
    let (kind, counted, reason) = if joined {
        (
            "declared_together",
            "incidents_declared_together",
            "routes declare too many incidents at once: it joined the last one",
        )
    } else {
        (
            "not_declared",
            "incidents_not_declared",
            "routes declare too many incidents at once, and none is open to join",
        )
    };
    let data = json!({ "most": DECLARED_BY_ROUTES_MAX, "within_s": DECLARED_BY_ROUTES_WITHIN.as_secs() });
    journal::group(work, group.id, kind, &by.actor, by.via, reason, &data)?;
    work.tally.add(counted, 1);
    Ok(())
}

/// Makes an incident of a channel that is there already: it is read from its beginning.
pub fn adopt(work: &mut Work<'_>, wish: Wish, channel_id: &str, by: &By) -> Result<Declared, StoreError> {
    if let Some(known) = incidents::by_channel(work.tx, channel_id)? {
        let problem = format!("This channel is that of INC-{} already.", known.number);
        return Ok(Declared::No(Refusal::Text { field: "channel", problem }));
    }
    let rights = [Right::Declare, Right::Admin];
    for right in rights {
        if let Err(denied) = permit(work, &by.actor, Some(right))? {
            return Ok(Declared::Denied(denied));
        }
    }
    // Not everything that asks for it says what kind of channel it is: whoever may not make private ones waits for Slack.
    if let Err(denied) = permit(work, &by.actor, Some(Right::Private))? {
        let known = people::is_private(work.tx, channel_id, work.now)?;
        let unknown = || StoreError::Unknown(Unknown::Channel(channel_id.to_owned()));
        if wish.private || known.ok_or_else(unknown)? {
            return Ok(Declared::Denied(denied));
        }
    }
    let declared = begin(work, &wish, by, Some(channel_id), &rights)?;
    if let Declared::New(incident) = &declared {
        steps::enter_channel(work, incident)?;
    }
    Ok(declared)
}

fn begin(
    work: &mut Work<'_>,
    wish: &Wish,
    by: &By,
    adopted: Option<&str>,
    rights: &[Right],
) -> Result<Declared, StoreError> {
    let private = wish.private.then_some(Right::Private);
    for right in rights.iter().copied().chain(private) {
        if let Err(denied) = permit(work, &by.actor, Some(right))? {
            return Ok(Declared::Denied(denied));
        }
    }
    let mut about = Vec::new();
    for id in &wish.groups {
        about.extend(groups::by_id(work.tx, *id)?);
    }
    let mut incident = match picture(work, wish, by, &about) {
        Ok(incident) => incident,
        Err(refusal) => return Ok(Declared::No(refusal)),
    };
    incident.channel_id = adopted.map(str::to_owned);
    incident.facts.adopted = adopted.is_some();
    // What kind of channel it is, Slack tells when it is entered; not everything that asks for it says so.
    incident.private |= adopted.is_some();
    let key = format!("{:016x}{:016x}", work.random.next_u64(), work.random.next_u64());
    let incident = incidents::add(work.tx, &incident, &key)?;
    words::declared(work.tx, &incident)?;
    let data = json!({
        "number": incident.number,
        "title": incident.title,
        "severity": incident.severity,
        "status": incident.status,
        "description": incident.facts.description,
        "labels": incident.labels,
        "private": incident.private,
        "drill": incident.drill,
        "groups": about.iter().map(|group| group.number).collect::<Vec<_>>(),
    });
    let reason = match (&by.actor, adopted) {
        (_, Some(_)) => "a channel was made an incident",
        (Actor::Firebell | Actor::Integration(_), None) => "the route of an alert declares incidents",
        _ => "an incident was declared",
    };
    event(work, incident.id, if adopted.is_some() { "adopted" } else { "declared" }, by, reason, &data)?;
    work.tally.add("incidents_declared", 1);
    for group in &about {
        join(work, &incident, group, by)?;
    }
    timers::begin(work, &incident)?;
    Ok(Declared::New(incident))
}

/// Puts a group under it, in the events of both. Whether it was not there.
pub(super) fn join(
    work: &mut Work<'_>,
    incident: &Incident,
    group: &Group,
    by: &By,
) -> Result<bool, StoreError> {
    let now = work.now;
    if !incidents::attach(work.tx, incident.id, group.id, &by.actor, now)? {
        return Ok(false);
    }
    let data = json!({ "group": group.number, "title": group.title, "state": group.state });
    event(work, incident.id, "attached", by, "an alert group belongs to it", &data)?;
    words::noted(work.tx, incident.id, &group.title)?;
    // A private incident is known to its channel alone: the group's timeline does not tell its title.
    let data = if incident.private {
        json!({ "incident": incident.number, "private": true })
    } else {
        json!({ "incident": incident.number, "title": incident.title, "severity": incident.severity })
    };
    journal::group(work, group.id, "incident", &by.actor, by.via, "it belongs to an incident", &data)?;
    Ok(true)
}

fn picture(work: &Work<'_>, wish: &Wish, by: &By, about: &[Group]) -> Result<Incident, Refusal> {
    let now = work.now;
    let settings = &work.rules.incidents;
    let mut title = one_line(&wish.title);
    if title.is_empty() {
        title = about.first().map(|group| one_line(&group.title)).unwrap_or_default();
        title = title.chars().take(INCIDENT_TITLE_CHARS).collect();
    }
    let long = |field: &'static str, most: usize| Refusal::Text {
        field,
        problem: format!("At most {most} characters, please."),
    };
    if title.is_empty() {
        return Err(Refusal::Text { field: "title", problem: "A title needs words.".to_owned() });
    }
    if title.chars().count() > INCIDENT_TITLE_CHARS {
        return Err(long("title", INCIDENT_TITLE_CHARS));
    }
    if wish.description.chars().count() > INCIDENT_TEXT_CHARS {
        return Err(long("description", INCIDENT_TEXT_CHARS));
    }
    let suggested = about.iter().map(|group| group.priority).min().map(|most| settings.suggested(most));
    let said = wish.severity.as_deref().or(suggested).unwrap_or(&settings.default_severity);
    let severity = settings.severity(said).ok_or_else(|| settings.unknown_severity(said))?;
    // What all its groups have in common, under what was said of it.
    let mut labels = about.first().map(|group| group.group_labels.clone()).unwrap_or_default();
    labels = labels.filtered(|name| {
        about.iter().all(|group| {
            group.group_labels.get(name) == about.first().map_or("", |one| one.group_labels.get(name))
        })
    });
    for (name, value) in wish.labels.iter() {
        labels.insert(name, value);
    }
    let mut facts = Facts::new(by.actor.clone(), by.via, now);
    facts.shown_to.clone_from(&wish.shown_to);
    facts.description = wish.description.trim().to_owned();
    facts.detected_at = about.iter().map(|group| group.created_at).min().filter(|at| *at < now);
    facts.acknowledged = about
        .iter()
        .filter_map(|group| group.facts.acknowledged.as_ref())
        .min_by_key(|taken| taken.at)
        .map(|taken| Mark { by: taken.by.clone(), at: taken.at });
    Ok(Incident {
        id: 0,
        number: 0,
        title,
        severity: severity.name.clone(),
        status: settings.first_status().name,
        state: State::Open,
        private: wish.private,
        drill: wish.drill,
        labels,
        group_key: wish.group_key.clone(),
        channel_id: None,
        channel_name: None,
        facts,
        created_at: now,
        updated_at: now,
        ended_at: None,
    })
}

impl Declared {
    /// As the deeds on an incident answer.
    pub fn into_done(self) -> Option<Done> {
        match self {
            Self::New(incident) | Self::Attached(incident) => Some(Done::Yes(incident)),
            Self::Denied(denied) => Some(Done::Denied(denied)),
            Self::No(_) => None,
        }
    }
}
