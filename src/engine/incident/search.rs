//! Finding incidents by what was said about them. Of what the asker may not see ([`crate::engine::sight`]) nothing is
//! found.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value;

use crate::domain::incident::Incident;
use crate::domain::search::{Query, Term};
use crate::domain::words::{self as split, Snippet};
use crate::engine::sight::Viewer;
use crate::limits::{INCIDENTS_LOOKED_AT, SEARCH_CANDIDATES_MAX, SEARCH_LINES_READ, SEARCH_SNIPPET_CHARS};
use crate::store::words::{self, Hit};
use crate::store::{StoreError, Tx, events, incidents, messages};

/// An incident that was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    pub incident: Incident,
    /// Where the words stand, if not in its title.
    pub snippet: Option<Snippet>,
}

/// A page of what was found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Results {
    pub found: Vec<Found>,
    /// On all pages.
    pub total: usize,
}

/// What the query holds for and the asker may see: by words the best first, without words the newest.
pub fn search(
    tx: &mut dyn Tx,
    query: &Query,
    viewer: &Viewer,
    skip: usize,
    limit: usize,
) -> Result<Results, StoreError> {
    let candidates = if query.has_no_words() {
        incidents::newest(tx, 0, INCIDENTS_LOOKED_AT)?
    } else {
        ranked(tx, query)?
    };
    let mut found = Vec::new();
    for one in candidates {
        if (viewer.has_part(&one) || !query.mine)
            && query.filters_hold(&one)
            && viewer.lists_incident(tx, &one)?
            && says_all(tx, &one, &query.phrases)?
        {
            found.push(one);
        }
    }
    let total = found.len();
    let mut page = Vec::new();
    for incident in found.into_iter().skip(skip).take(limit) {
        let snippet = snippet(tx, &incident, query)?;
        page.push(Found { incident, snippet });
    }
    Ok(Results { found: page, total })
}

/// How much less a word says the more incidents it is said of.
pub(super) fn rarity(all: i64, with_it: usize) -> f64 {
    let with_it = i64::try_from(with_it).unwrap_or(i64::MAX);
    (1.0 + as_f64(all.max(1)) / as_f64(with_it.max(1))).ln()
}

/// Counts and weights are far from where this loses anything.
#[allow(clippy::cast_precision_loss, reason = "a rank, not an account")]
pub(super) const fn as_f64(n: i64) -> f64 {
    n as f64
}

/// Those about which every word is said, the best first.
fn ranked(tx: &mut dyn Tx, query: &Query) -> Result<Vec<Incident>, StoreError> {
    let all = incidents::count(tx)?;
    let mut scores: Option<HashMap<i64, f64>> = None;
    for (index, term) in query.terms.iter().enumerate() {
        let goes_on = query.goes_on && index + 1 == query.terms.len();
        let hits =
            if goes_on { words::beginning_with(tx, &term.folded)? } else { words::with(tx, &term.folded)? };
        let rarity = rarity(all, hits.len());
        let points = |hit: &Hit| {
            // The word itself says more than one that begins so.
            rarity * (1.0 + as_f64(hit.exact) + as_f64(hit.all - hit.exact) / 4.0).ln()
        };
        scores = Some(match scores {
            None => hits.iter().map(|hit| (hit.incident_id, points(hit))).collect(),
            Some(before) => hits
                .iter()
                .filter_map(|hit| Some((hit.incident_id, before.get(&hit.incident_id)? + points(hit))))
                .collect(),
        });
    }
    let mut order: Vec<(i64, f64)> = scores.unwrap_or_default().into_iter().collect();
    order.sort_by(|a, b| b.1.total_cmp(&a.1).then(b.0.cmp(&a.0)));
    order.truncate(SEARCH_CANDIDATES_MAX);
    let ids: Vec<i64> = order.into_iter().map(|(id, _)| id).collect();
    let mut known: BTreeMap<i64, Incident> =
        incidents::by_ids(tx, &ids)?.into_iter().map(|one| (one.id, one)).collect();
    Ok(ids.into_iter().filter_map(|id| known.remove(&id)).collect())
}

/// Whether each phrase stands in what was written, or was said.
fn says_all(tx: &mut dyn Tx, one: &Incident, phrases: &[String]) -> Result<bool, StoreError> {
    for phrase in phrases {
        let wanted = phrase.to_lowercase();
        let mut texts = vec![one.title.clone()];
        texts.extend(written(one));
        texts.extend(one.labels.iter().map(|(_, value)| value.to_owned()));
        let mut is_said = texts.iter().any(|text| text.to_lowercase().contains(&wanted));
        is_said = is_said || !messages::saying(tx, one.id, phrase, 1)?.is_empty();
        is_said = is_said || notes(tx, one.id)?.iter().any(|text| text.to_lowercase().contains(&wanted));
        if !is_said {
            return Ok(false);
        }
    }
    Ok(true)
}

fn written(one: &Incident) -> Vec<String> {
    let summary = &one.facts.summary;
    [&summary.fix, &summary.cause, &summary.happened, &one.facts.description]
        .into_iter()
        .filter(|text| !text.is_empty())
        .cloned()
        .collect()
}

/// Notes and updates, newest first.
fn notes(tx: &mut dyn Tx, incident: i64) -> Result<Vec<String>, StoreError> {
    let found =
        events::newest_of_kinds(tx, &format!("incident:{incident}"), ["note", "update"], SEARCH_LINES_READ)?;
    let text = |data: &str| {
        let data: Value = serde_json::from_str(data).unwrap_or_default();
        data["text"].as_str().map(str::to_owned)
    };
    Ok(found.iter().filter_map(|event| text(&event.data)).collect())
}

/// The line that says most of what was looked for; none where the title says it all.
fn snippet(tx: &mut dyn Tx, one: &Incident, query: &Query) -> Result<Option<Snippet>, StoreError> {
    let terms: Vec<&str> = query.terms.iter().map(|term| term.folded.as_str()).collect();
    let mut best = Best { terms: &terms, goes_on: query.goes_on, found: 0, snippet: None };
    best.offer("", &one.title);
    best.snippet = None;
    for text in written(one) {
        best.offer("", &text);
    }
    if best.is_complete() {
        return Ok(best.snippet);
    }
    for text in notes(tx, one.id)? {
        best.offer("", &text);
    }
    // The longest words are the rarest, most likely.
    let mut order: Vec<&Term> = query.terms.iter().collect();
    order.sort_by_key(|term| std::cmp::Reverse(term.typed.len()));
    for term in order.into_iter().take(2) {
        if best.is_complete() {
            break;
        }
        for (author, text) in messages::saying(tx, one.id, &term.typed, SEARCH_LINES_READ)? {
            best.offer(&author, &text);
        }
    }
    Ok(best.snippet)
}

struct Best<'a> {
    terms: &'a [&'a str],
    goes_on: bool,
    found: usize,
    snippet: Option<Snippet>,
}

impl Best<'_> {
    fn is_complete(&self) -> bool {
        self.found == self.terms.len()
    }

    fn offer(&mut self, author: &str, text: &str) {
        let (found, pieces) = split::marked(text, self.terms, self.goes_on, SEARCH_SNIPPET_CHARS);
        if found > self.found {
            self.found = found;
            self.snippet = Some(Snippet { author: author.to_owned(), pieces });
        }
    }
}
