//! What is written about an incident can be looked up by its words: each text is put into the index when it is
//! written, and taken out again when it is replaced.
//!
//! A private incident is indexed as any other; who may find it is decided in [`super::search`].

use std::collections::BTreeMap;

use crate::domain::incident::{Incident, Summary};
use crate::domain::timeline::{Kind, Message};
use crate::domain::words::indexed;
use crate::store::{StoreError, Tx, words};

/// How much a word says about an incident, by where it stands.
const TITLE: i64 = 8;
const LABEL: i64 = 4;
const SUMMARY: i64 = 4;
const DESCRIPTION: i64 = 4;
const NOTE: i64 = 2;
const MESSAGE: i64 = 1;

/// A new incident is found by its title, description and labels.
pub(super) fn declared(tx: &mut dyn Tx, incident: &Incident) -> Result<(), StoreError> {
    let mut all = BTreeMap::new();
    weigh(&mut all, &incident.title, TITLE);
    weigh(&mut all, &incident.facts.description, DESCRIPTION);
    for (_, value) in incident.labels.iter() {
        weigh(&mut all, value, LABEL);
    }
    words::change(tx, incident.id, &all)
}

pub(super) fn retitled(tx: &mut dyn Tx, incident: i64, from: &str, to: &str) -> Result<(), StoreError> {
    replace(tx, incident, &[from], &[to], TITLE)
}

pub(super) fn summarized(
    tx: &mut dyn Tx,
    incident: i64,
    from: &Summary,
    to: &Summary,
) -> Result<(), StoreError> {
    let texts = |one: &Summary| [one.happened.clone(), one.cause.clone(), one.fix.clone()];
    let (from, to) = (texts(from), texts(to));
    replace(tx, incident, &from.each_ref().map(String::as_str), &to.each_ref().map(String::as_str), SUMMARY)
}

/// Words of the timeline that stay as they are: a note, an update, a task.
pub(super) fn noted(tx: &mut dyn Tx, incident: i64, text: &str) -> Result<(), StoreError> {
    replace(tx, incident, &[], &[text], NOTE)
}

/// Words of the timeline are forgotten.
pub(super) fn unsaid(tx: &mut dyn Tx, incident: i64, text: &str) -> Result<(), StoreError> {
    replace(tx, incident, &[text], &[], NOTE)
}

/// The description is forgotten.
pub(super) fn undescribed(tx: &mut dyn Tx, incident: i64, text: &str) -> Result<(), StoreError> {
    replace(tx, incident, &[text], &[], DESCRIPTION)
}

/// A message is new.
pub fn index_message(tx: &mut dyn Tx, message: &Message) -> Result<(), StoreError> {
    replace(tx, message.incident_id, &[], &[said(message)], MESSAGE)
}

/// A message reads otherwise now.
pub fn reindex_message(tx: &mut dyn Tx, before: &Message, now: &Message) -> Result<(), StoreError> {
    replace(tx, now.incident_id, &[said(before)], &[said(now)], MESSAGE)
}

/// The words of a message are forgotten.
pub fn unindex_message(tx: &mut dyn Tx, message: &Message) -> Result<(), StoreError> {
    replace(tx, message.incident_id, &[said(message)], &[], MESSAGE)
}

/// What somebody said in it. The bot's own messages repeat what is indexed already.
fn said(message: &Message) -> &str {
    if message.ours || message.kind != Kind::Said { "" } else { &message.plain }
}

fn weigh(all: &mut BTreeMap<String, i64>, text: &str, weight: i64) {
    for (word, count) in indexed(text) {
        *all.entry(word).or_default() += count * weight;
    }
}

fn replace(
    tx: &mut dyn Tx,
    incident: i64,
    from: &[&str],
    to: &[&str],
    weight: i64,
) -> Result<(), StoreError> {
    if from == to {
        return Ok(());
    }
    let mut all = BTreeMap::new();
    from.iter().for_each(|text| weigh(&mut all, text, -weight));
    to.iter().for_each(|text| weigh(&mut all, text, weight));
    words::change(tx, incident, &all)
}
