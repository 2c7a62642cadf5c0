//! Past incidents that look like a new one, with what fixed them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::search::rarity;
use crate::domain::incident::{Incident, State};
use crate::domain::picture::incident::Alike;
use crate::domain::words::indexed;
use crate::limits::{ALIKE_CANDIDATES, ALIKE_WORDS};
use crate::store::{StoreError, Tx, incidents, words};

/// How much of what a new incident says of itself a past one must say, too.
const ALIKE_ENOUGH: f64 = 0.2;

/// The most alike of the resolved ones, the best first. Private ones are told to nobody, and an exercise is compared
/// with exercises only.
pub fn alike(tx: &mut dyn Tx, incident: &Incident, limit: usize) -> Result<Vec<Alike>, StoreError> {
    let all = incidents::count(tx)?;
    let mine = terms(incident);
    // What it says of itself, the rarest first: those lead to its like.
    let mut asked: Vec<(f64, &str, Vec<i64>)> = Vec::new();
    for word in words_of(&mine) {
        let hits = words::with(tx, word)?;
        let others: Vec<i64> =
            hits.iter().map(|hit| hit.incident_id).filter(|id| *id != incident.id).collect();
        asked.push((rarity(all, hits.len()), word, others));
    }
    asked.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
    let rarities: BTreeMap<&str, f64> = asked.iter().map(|(rarity, word, _)| (*word, *rarity)).collect();
    let mut scores: HashMap<i64, f64> = HashMap::new();
    for (rarity, _, others) in asked.iter().take(ALIKE_WORDS) {
        for id in others {
            *scores.entry(*id).or_default() += rarity;
        }
    }
    let mut order: Vec<(i64, f64)> = scores.into_iter().collect();
    order.sort_by(|a, b| b.1.total_cmp(&a.1).then(b.0.cmp(&a.0)));
    // Most of the hits may be open, private or only have the word in passing.
    let ids: Vec<i64> = order.into_iter().take(ALIKE_CANDIDATES).map(|(id, _)| id).collect();
    let own: f64 = mine.iter().map(|(term, weight)| weight * worth(term, &rarities)).sum();
    let mut found: Vec<(f64, Incident)> = Vec::new();
    for past in incidents::by_ids(tx, &ids)? {
        if past.state != State::Resolved || past.private || past.drill != incident.drill {
            continue;
        }
        let theirs = terms(&past);
        let summary = summary_words(&past);
        let common: f64 = mine
            .iter()
            .map(|(term, weight)| {
                let said = theirs.get(term).copied().unwrap_or(0.0).min(*weight);
                let told = if summary.contains(term) { weight / 2.0 } else { 0.0 };
                said.max(told) * worth(term, &rarities)
            })
            .sum();
        let likeness = if own > 0.0 { common / own } else { 0.0 };
        if likeness >= ALIKE_ENOUGH {
            // Of two that are as alike, the one that tells what fixed it is of use.
            let told = if past.facts.summary.fix.is_empty() { 1.0 } else { 1.1 };
            found.push((likeness * told, past));
        }
    }
    found.sort_by(|a, b| b.0.total_cmp(&a.0).then(b.1.id.cmp(&a.1.id)));
    Ok(found.into_iter().take(limit).map(|(_, past)| told(past)).collect())
}

fn told(past: Incident) -> Alike {
    Alike {
        number: past.number,
        severity: past.severity,
        ended_at: past.ended_at.unwrap_or(past.updated_at),
        fix: past.facts.summary.fix,
        channel_id: past.channel_id,
        title: past.title,
    }
}

/// What an incident says of itself: the words of its title and description, and its labels as a whole.
fn terms(one: &Incident) -> BTreeMap<String, f64> {
    let mut terms = BTreeMap::new();
    let mut add = |term: String, weight: f64| {
        let known = terms.entry(term).or_insert(0.0_f64);
        *known = known.max(weight);
    };
    indexed(&one.title).into_keys().for_each(|word| add(word, 1.0));
    indexed(&one.facts.description).into_keys().for_each(|word| add(word, 0.3));
    for (name, value) in one.labels.iter() {
        add(format!("{name}={value}"), 0.7);
    }
    terms
}

/// The words to look for: of a label those of its value.
fn words_of(terms: &BTreeMap<String, f64>) -> BTreeSet<&str> {
    let mut words = BTreeSet::new();
    for term in terms.keys() {
        match term.split_once('=') {
            Some((_, value)) => words.extend(value_word(value)),
            None => {
                words.insert(term.as_str());
            }
        }
    }
    words
}

/// A label's value, where it is a word of the index as it stands: most are.
fn value_word(value: &str) -> Option<&str> {
    indexed(value).contains_key(value).then_some(value)
}

/// A rare word is worth more; a label as much as its value.
fn worth(term: &str, rarities: &BTreeMap<&str, f64>) -> f64 {
    let word = term.split_once('=').map_or(term, |(_, value)| value);
    rarities.get(word).copied().unwrap_or(std::f64::consts::LN_2)
}

fn summary_words(one: &Incident) -> BTreeSet<String> {
    let summary = &one.facts.summary;
    [&summary.happened, &summary.cause, &summary.fix]
        .into_iter()
        .flat_map(|text| indexed(text).into_keys())
        .collect()
}
