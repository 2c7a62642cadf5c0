//! What keeps alerts quiet now: silences by matchers, and inhibition.
//!
//! A storm is many alerts and a long outage many silences: an alert finds its silences by a label, and one transaction
//! looks at a bounded number of alerts. A group that has more is looked at on in the next ([`Checked::Unfinished`]).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use super::Work;
use crate::domain::group::Group;
use crate::domain::inhibit::{Choice, Known};
use crate::domain::label::Labels;
use crate::domain::matcher::Matchers;
use crate::domain::silence::Index;
use crate::domain::time::Timestamp;
use crate::limits::{SILENCES_MAX, SILENCES_REGEXES_MAX_BYTES, SUPPRESSION_PAGE};
use crate::store::silences::SilenceRow;
use crate::store::{StoreError, Tx, alerts, groups, inhibitors, silences};

/// A silence by matchers that holds now.
#[derive(Clone, Debug)]
pub struct Holding {
    pub row: SilenceRow,
    pub matchers: Arc<Matchers>,
}

impl Holding {
    fn reason(&self) -> String {
        format!("silenced by {} until {}", self.row.matchers, self.row.ends)
    }
}

/// The silences by matchers that hold now, found by an alert's labels.
#[derive(Debug, Default)]
pub struct Silences {
    holding: Vec<Holding>,
    index: Index,
}

impl Silences {
    /// Those of now; read once for a transaction.
    pub fn now(work: &mut Work<'_>) -> Result<Arc<Self>, StoreError> {
        if let Some((at, known)) = &work.silences
            && *at == work.now
        {
            return Ok(Arc::clone(known));
        }
        let this = Arc::new(Self::read(work)?);
        work.silences = Some((work.now, Arc::clone(&this)));
        Ok(this)
    }

    /// One was made or ended: they are read anew.
    pub(super) fn changed(work: &mut Work<'_>) {
        work.silences = None;
    }

    fn read(work: &mut Work<'_>) -> Result<Self, StoreError> {
        let mut this = Self::default();
        for row in silences::not_ended(work.tx, work.now)? {
            if row.starts > work.now {
                continue;
            }
            match compiled(&row.matchers) {
                Some(matchers) => {
                    this.index.add(this.holding.len(), &matchers);
                    this.holding.push(Holding { row, matchers });
                }
                None => work.tally.add("silences_unreadable", 1),
            }
        }
        Ok(this)
    }

    pub fn is_empty(&self) -> bool {
        self.holding.is_empty()
    }

    /// The first of them that covers such an alert.
    pub fn covering(&self, labels: &Labels) -> Option<&Holding> {
        let candidates = self.index.candidates(labels).into_iter();
        candidates.filter_map(|at| self.holding.get(at)).find(|one| one.matchers.matches(labels))
    }
}

/// The compiled form of a silence, kept while there are silences: compiling is what takes long.
fn compiled(text: &str) -> Option<Arc<Matchers>> {
    static KEPT: Mutex<Option<HashMap<String, Arc<Matchers>>>> = Mutex::new(None);
    let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    let kept = kept.get_or_insert_default();
    if let Some(known) = kept.get(text) {
        return Some(Arc::clone(known));
    }
    let matchers = Arc::new(Matchers::typed(text).ok()?);
    if kept.len() >= 2 * SILENCES_MAX {
        kept.clear();
    }
    kept.insert(text.to_owned(), Arc::clone(&matchers));
    Some(matchers)
}

/// Compiles the silences there are, before anything waits for them; the ids of those that cannot be read.
pub fn prepare(tx: &mut dyn Tx, now: Timestamp) -> Result<Vec<i64>, StoreError> {
    let rows = silences::not_ended(tx, now)?;
    Ok(rows.iter().filter(|row| compiled(&row.matchers).is_none()).map(|row| row.id).collect())
}

/// Why no further silence with these matchers can be made, if so.
pub fn no_room_for(work: &mut Work<'_>, matchers: &Matchers) -> Result<Option<String>, StoreError> {
    let rows = silences::not_ended(work.tx, work.now)?;
    if rows.len() >= SILENCES_MAX {
        return Ok(Some(format!(
            "There are {} silences already, and more than {SILENCES_MAX} cannot be. End some first, or mute such alerts in \
             the config.",
            rows.len()
        )));
    }
    let taken: usize =
        rows.iter().filter_map(|row| compiled(&row.matchers)).map(|one| one.typed_bytes()).sum();
    let full = matchers.typed_bytes() > 0 && taken + matchers.typed_bytes() > SILENCES_REGEXES_MAX_BYTES;
    Ok(full.then(|| {
        "The regular expressions of all silences together are too large. Write this one with `=`, or end others first."
            .to_owned()
    }))
}

/// Why an alert with these labels is kept quiet now, in words.
pub fn why(work: &mut Work<'_>, labels: &Labels, silences: &Silences) -> Result<Option<String>, StoreError> {
    if let Some(by) = silences.covering(labels) {
        return Ok(Some(by.reason()));
    }
    inhibited(work, labels, &mut HashMap::new())
}

type Inhibitors = HashMap<(String, String), Option<inhibitors::Inhibitor>>;

/// The rule that inhibits it, with the alert it does so for; `asked` remembers what the database said.
fn inhibited(
    work: &mut Work<'_>,
    labels: &Labels,
    asked: &mut Inhibitors,
) -> Result<Option<String>, StoreError> {
    let rules = work.rules;
    for question in rules.inhibit.questions(labels) {
        let key = (question.rule.key.clone(), question.equal_key.clone());
        let source = match asked.get(&key) {
            Some(known) => known.clone(),
            None => {
                let source = inhibitors::of(work.tx, &question.rule.key, &question.equal_key)?;
                asked.insert(key, source.clone());
                source
            }
        };
        let last_heard = source.map(|source| Known { is_target: source.both, source, is_active: true });
        if let Some(source) = question.answer(last_heard, Choice::LastHeard) {
            let name = source_name(work, &source)?;
            let rule =
                question.rule.name.as_deref().map(|name| format!(" (rule {name})")).unwrap_or_default();
            return Ok(Some(format!("inhibited by {name}{rule}")));
        }
    }
    Ok(None)
}

fn source_name(work: &mut Work<'_>, source: &inhibitors::Inhibitor) -> Result<String, StoreError> {
    for id in alerts::groups_firing(work.tx, &source.integration, &source.fingerprint)? {
        if let Some(group) = groups::by_id(work.tx, id)? {
            return Ok(format!("#{} {}", group.number, group.title));
        }
    }
    Ok(format!("alert {}", source.fingerprint))
}

/// What keeps a group's firing alerts quiet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Checked {
    /// One of them may be told.
    Open,
    /// Every one of them is kept quiet, the first for this reason.
    Quiet(String),
    /// All that were looked at are; the others wait for the next transaction.
    Unfinished(Cursor),
}

/// Where a look goes on, and why the first alert is kept quiet; stands in the data of a due row.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    after: String,
    reason: Option<String>,
}

impl Cursor {
    /// Of a due row; anything else is the beginning.
    pub(super) fn of_due(data: &str) -> Self {
        serde_json::from_str(data).unwrap_or_default()
    }

    pub(super) fn to_due(&self) -> Result<String, StoreError> {
        serde_json::to_string(self).map_err(|error| StoreError::Inconsistent(error.to_string()))
    }
}

/// Looks at the firing alerts until one is found that may be told, or this transaction has looked at enough.
pub fn check_group(work: &mut Work<'_>, group: &Group, from: Cursor) -> Result<Checked, StoreError> {
    let silences = Silences::now(work)?;
    if silences.is_empty() && work.rules.inhibit.iter().next().is_none() {
        return Ok(Checked::Open);
    }
    let (mut cursor, mut asked) = (from, Inhibitors::new());
    loop {
        if work.looks_left == 0 {
            return Ok(Checked::Unfinished(cursor));
        }
        let page = alerts::firing_labels_after(work.tx, group.id, &cursor.after, SUPPRESSION_PAGE)?;
        let is_last = page.len() as i64 != SUPPRESSION_PAGE;
        for (fingerprint, labels) in page {
            let labels: Labels = serde_json::from_str(&labels).unwrap_or_default();
            work.looks_left = work.looks_left.saturating_sub(1);
            let found = match silences.covering(&labels) {
                Some(silence) if cursor.reason.is_none() => Some(silence.reason()),
                Some(_) => None,
                None => match inhibited(work, &labels, &mut asked)? {
                    Some(reason) => Some(reason),
                    None => return Ok(Checked::Open),
                },
            };
            cursor.reason = cursor.reason.or(found);
            cursor.after = fingerprint;
        }
        if is_last {
            return Ok(cursor.reason.map_or(Checked::Open, Checked::Quiet));
        }
    }
}

/// The same for somebody who only asks, without an end: where nobody waits for the transaction.
pub fn check_whole_group(work: &mut Work<'_>, group: &Group) -> Result<Option<String>, StoreError> {
    let mut cursor = Cursor::default();
    loop {
        match check_group(work, group, cursor)? {
            Checked::Open => return Ok(None),
            Checked::Quiet(reason) => return Ok(Some(reason)),
            Checked::Unfinished(next) => {
                cursor = next;
                work.looks_left = crate::limits::SUPPRESSION_LOOKS_MAX;
            }
        }
    }
}
