//! Gathers what lists show of groups and incidents beside what these tell of themselves: the way to their messages, what
//! kind of alert it is, and what tells two of the same title apart.

use std::collections::BTreeMap;

use super::look;
use super::say::{card_name, incident_card_name, storm_name};
use crate::domain::alert::Alert;
use crate::domain::group::Group;
use crate::domain::incident::Incident;
use crate::domain::label::Labels;
use crate::domain::particulars::{common, particulars};
use crate::domain::picture::{GroupPicture, HomePicture, Listed, ListedGroups};
use crate::domain::rules::Rules;
use crate::domain::time::Timestamp;
use crate::store::outbox::{self, Place};
use crate::store::{StoreError, Tx, incidents, storms};

/// What a list of these shows.
pub fn groups<'g>(
    tx: &mut dyn Tx,
    rules: &Rules,
    groups: impl IntoIterator<Item = &'g Group>,
    now: Timestamp,
) -> Result<ListedGroups, StoreError> {
    let workspace = incidents::workspace_url(tx)?;
    let mut pictures = Vec::new();
    for group in groups {
        pictures.push(look::group(tx, rules, group.clone(), now)?);
    }
    let mut listed = BTreeMap::new();
    for picture in &pictures {
        let group = &picture.group;
        let mut links = Vec::new();
        for channel in &group.channels {
            let place = place(tx, group, channel)?;
            links.push(place.zip(workspace.as_deref()).map(|(place, site)| place.link(site)));
        }
        let alike: Vec<&GroupPicture> =
            pictures.iter().filter(|other| other.group.title == group.title).collect();
        let told_apart = if alike.len() > 1 { told_apart(picture, &alike) } else { None };
        listed.insert(group.id, Listed { links, kind: picture.kind_firing(), told_apart });
    }
    Ok(listed)
}

/// Where a channel tells of it: its own message, or that of a storm.
fn place(tx: &mut dyn Tx, group: &Group, channel: &str) -> Result<Option<Place>, StoreError> {
    if let Some(own) = outbox::place(tx, &card_name(group.id, channel))? {
        return Ok(Some(own));
    }
    let storms = storms::of_group(tx, group.id)?;
    match storms.iter().find(|one| one.channel == channel) {
        Some(one) => outbox::place(tx, &storm_name(one.storm, channel)),
        None => Ok(None),
    }
}

/// Its summary, or where those of its namesakes say the same, the labels it does not have in common with them.
fn told_apart(picture: &GroupPicture, alike: &[&GroupPicture]) -> Option<String> {
    let summary = |one: &GroupPicture| one.told_summary().map(|text| text.trim().to_owned());
    let others = || alike.iter().filter(|other| other.group.id != picture.group.id);
    if let Some(own) = summary(picture)
        && others().all(|other| summary(other).as_deref() != Some(own.as_str()))
    {
        return Some(own);
    }
    let first = |one: &GroupPicture| -> Option<Alert> { one.alerts.first().map(|first| first.alert.clone()) };
    let alerts: Vec<Alert> = alike.iter().filter_map(|one| first(one)).collect();
    let own = particulars(&first(picture)?, Some(&common(&alerts)), &Labels::new());
    Some(own).filter(|own| *own != picture.group.title)
}

/// The addresses of their cards, by the incident's id.
pub fn incident_links<'i>(
    tx: &mut dyn Tx,
    incidents: impl IntoIterator<Item = &'i Incident>,
) -> Result<BTreeMap<i64, String>, StoreError> {
    let Some(site) = incidents::workspace_url(tx)? else { return Ok(BTreeMap::new()) };
    let mut links = BTreeMap::new();
    for one in incidents {
        if let Some(place) = outbox::place(tx, &incident_card_name(one.id))? {
            links.insert(one.id, place.link(&site));
        }
    }
    Ok(links)
}

/// Somebody's App Home with all that its lists show.
pub fn home(tx: &mut dyn Tx, rules: &Rules, user: &str, now: Timestamp) -> Result<HomePicture, StoreError> {
    let mut home = look::home(tx, user, now)?;
    home.listed = groups(tx, rules, home.mine.iter().chain(&home.waiting).chain(&home.others), now)?;
    home.incident_links = incident_links(tx, &home.incidents)?;
    Ok(home)
}
