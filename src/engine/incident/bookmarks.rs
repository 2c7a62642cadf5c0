//! The links in the bar of an incident's channel: its alerts, what they lead to, what people added.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::step;
use crate::domain::group::Group;
use crate::domain::incident::news::Step;
use crate::domain::incident::{Bookmark, Incident};
use crate::domain::say::Urgency;
use crate::engine::say::card_name;
use crate::engine::{Work, look};
use crate::store::{StoreError, groups, incidents, outbox};

/// Of everything that belongs to it: its channel is new.
pub(super) fn all(work: &mut Work<'_>, incident: &Incident) -> Result<(), StoreError> {
    for group in incidents::groups_of(work.tx, incident.id)? {
        if let Some(group) = groups::by_id(work.tx, group)? {
            of_group(work, incident, group)?;
        }
    }
    for link in incidents::links(work.tx, incident.id)? {
        let bookmark =
            Step::Bookmark { title: link.title, url: link.url, emoji: ":link:".to_owned(), group: None };
        step(work, incident, bookmark, Urgency::Chatter)?;
    }
    Ok(())
}

/// Of an alert group: its message, and what that leads to. What is there already is not added again, nor more than the
/// bar shows; that is decided when it is sent.
pub(super) fn of_group(work: &mut Work<'_>, incident: &Incident, group: Group) -> Result<(), StoreError> {
    let (id, number) = (group.id, group.number);
    step(work, incident, Step::AlertBookmark { group: id, number }, Urgency::Chatter)?;
    for (title, url) in leads_to(work, group)? {
        let emoji = if title.to_lowercase().contains("runbook") { ":book:" } else { ":bar_chart:" };
        let bookmark = Step::Bookmark { title, url, emoji: emoji.to_owned(), group: Some(id) };
        step(work, incident, bookmark, Urgency::Chatter)?;
    }
    Ok(())
}

fn leads_to(work: &mut Work<'_>, group: Group) -> Result<Vec<(String, String)>, StoreError> {
    let (now, rules) = (work.now, work.rules);
    let links = look::group(work.tx, rules, group, now)?.links;
    Ok(links.into_iter().map(|link| (link.name, link.url)).collect())
}

/// A group's message was posted anew: the bookmark that led to the old one goes, and one to the new is added.
pub(super) fn alert_stands(
    work: &mut Work<'_>,
    incident: &mut Incident,
    group: &Group,
) -> Result<(), StoreError> {
    let mut place = None;
    for channel in &group.channels {
        place = outbox::place(work.tx, &card_name(group.id, channel))?;
        if place.is_some() {
            break;
        }
    }
    if let Some(place) = place {
        let end = format!("/archives/{}/p{}", place.channel_id, place.ts.replace('.', ""));
        let title = alert_title(group.number);
        let is_old =
            |one: &Bookmark| one.group == Some(group.id) && one.title == title && !one.url.ends_with(&end);
        let (old, kept) = std::mem::take(&mut incident.facts.bookmarks).into_iter().partition(is_old);
        incident.facts.bookmarks = kept;
        let old: Vec<Bookmark> = old;
        if !old.is_empty() {
            incidents::save(work.tx, incident)?;
        }
        for one in old {
            step(work, incident, Step::Unbookmark { bookmark: one.id }, Urgency::Chatter)?;
        }
    }
    let alert = Step::AlertBookmark { group: group.id, number: group.number };
    step(work, incident, alert, Urgency::Chatter)
}

/// The title of the bookmark that leads to an alert group's message.
pub fn alert_title(number: i64) -> String {
    format!("Alert #{number}")
}

/// Slack added it, and says under which id.
pub(super) fn added(
    work: &mut Work<'_>,
    incident: &mut Incident,
    group: Option<i64>,
    answer: &Value,
) -> Result<(), StoreError> {
    // One that was looked for after an unclear end is the answer itself.
    let bookmark = if answer["bookmark"].is_object() { &answer["bookmark"] } else { answer };
    let text = |key: &str| bookmark[key].as_str().unwrap_or_default().to_owned();
    let new = Bookmark { id: text("id"), title: text("title"), url: text("link"), group };
    if new.id.is_empty() {
        return Ok(());
    }
    if let Some(group) = group
        && !incidents::groups_of(work.tx, incident.id)?.contains(&group)
    {
        // It was detached meanwhile.
        return step(work, incident, Step::Unbookmark { bookmark: new.id }, Urgency::Chatter);
    }
    incident.facts.bookmarks.push(new);
    incidents::save(work.tx, incident)
}

/// A group was detached: what only came with it goes.
pub(super) fn without_group(
    work: &mut Work<'_>,
    incident: &mut Incident,
    group: i64,
) -> Result<(), StoreError> {
    let mut others = BTreeMap::new();
    for id in incidents::groups_of(work.tx, incident.id)? {
        if let Some(other) = groups::by_id(work.tx, id)? {
            others.extend(leads_to(work, other)?.into_iter().map(|(_, url)| (url, id)));
        }
    }
    let links: BTreeSet<String> =
        incidents::links(work.tx, incident.id)?.into_iter().map(|link| link.url).collect();
    let mut kept = Vec::new();
    for mut one in std::mem::take(&mut incident.facts.bookmarks) {
        if one.group == Some(group) {
            one.group = others.get(&one.url).copied();
            if one.group.is_none() && !links.contains(&one.url) {
                step(work, incident, Step::Unbookmark { bookmark: one.id }, Urgency::Chatter)?;
                continue;
            }
        }
        kept.push(one);
    }
    incident.facts.bookmarks = kept;
    incidents::save(work.tx, incident)
}
