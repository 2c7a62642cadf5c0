//! The timeline: events of the incident and of its alert groups, messages with their versions, and gaps, in time order.

use std::collections::HashMap;

use serde_json::Value;

use crate::domain::time::Timestamp;
use crate::domain::timeline::{Gap, Message, Version};
use crate::limits::{TIMELINE_EVENTS_MAX, TIMELINE_INDEX_BATCH};
use crate::store::events::{self, Event};
use crate::store::{StoreError, Tx, incidents, messages, mirror};

/// One entry.
#[derive(Clone, Debug, PartialEq)]
pub enum Entry {
    /// Of the incident (`incident:3`) or of one of its alert groups (`group:24`).
    Event(Event),
    /// As it stands, with its earlier versions, the first one first.
    Message(Message, Vec<Version>),
    Gap(Gap),
}

impl Entry {
    /// When it happened: of a note with a time of its own, that one.
    pub fn at(&self) -> Timestamp {
        match self {
            Self::Event(event) => at(event),
            Self::Message(message, _) => message.at,
            Self::Gap(gap) => gap.from,
        }
    }

    /// Their order: by time; what was decided before what was said in the same moment.
    fn place(&self) -> (Timestamp, u8, i64, &str) {
        match self {
            Self::Gap(gap) => (gap.from, 0, gap.id, ""),
            Self::Event(event) => (at(event), 1, event.id, ""),
            Self::Message(message, _) => (message.at, 2, 0, &message.ts),
        }
    }
}

/// When it happened, which for a note may be another time than when it was written.
fn at(event: &Event) -> Timestamp {
    let note = (event.kind == "note").then_some(&event.data);
    note.and_then(|data| dated(data)).unwrap_or(event.at)
}

/// The time that a note's data gives it, if any.
fn dated(data: &str) -> Option<Timestamp> {
    let data: Value = serde_json::from_str(data).ok()?;
    data["at"].as_i64().map(Timestamp::from_ms)
}

/// A page, newest first, of what happened and what people said. The bot's own messages are left out: the events tell
/// the same.
pub fn page(tx: &mut dyn Tx, incident: i64, skip: i64, limit: i64) -> Result<Vec<Entry>, StoreError> {
    let (skip, limit) = (skip.max(0), limit.max(0));
    let most = skip.saturating_add(limit);
    let mut entries: Vec<Entry> = events_of(tx, incident, most)?.into_iter().map(Entry::Event).collect();
    let spoken = messages::newest(tx, incident, false, most)?;
    entries.extend(spoken.into_iter().map(|message| Entry::Message(message, Vec::new())));
    entries.extend(mirror::gaps(tx, incident)?.into_iter().map(Entry::Gap));
    entries.sort_by(|a, b| b.place().cmp(&a.place()));
    let skip = usize::try_from(skip).unwrap_or(usize::MAX);
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let mut page: Vec<Entry> = entries.into_iter().skip(skip).take(limit).collect();
    with_versions(tx, &mut page)?;
    Ok(page)
}

/// Where an entry stands, and how to load it: a timeline of any length takes the memory of these, not of its texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mark {
    at: Timestamp,
    what: Kind,
    /// Among those of one kind and moment.
    order: i64,
    id: i64,
    /// It may be a key moment.
    key: bool,
}

/// In the order in which they stand when they are of the same moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Kind {
    Gap,
    Event,
    Message,
}

impl Mark {
    pub fn may_be_key(&self) -> bool {
        self.key
    }
}

/// All of a timeline, the oldest first, the bot's own messages too.
pub fn index(tx: &mut dyn Tx, incident: i64) -> Result<Vec<Mark>, StoreError> {
    let mut marks = Vec::new();
    let mut subjects = vec![(format!("incident:{incident}"), Timestamp::MAX, true)];
    for (group, _, until) in incidents::groups_ever(tx, incident)? {
        subjects.push((format!("group:{group}"), until.unwrap_or(Timestamp::MAX), false));
    }
    for (subject, until, own) in subjects {
        let mut after = 0;
        loop {
            let batch = events::places(tx, &subject, after, TIMELINE_INDEX_BATCH)?;
            let Some(last) = batch.last() else { break };
            after = last.id;
            for event in batch.into_iter().filter(|event| event.at <= until) {
                let at = event.note.as_deref().and_then(dated).unwrap_or(event.at);
                let key = own && event.note.is_some();
                marks.push(Mark { at, what: Kind::Event, order: event.id, id: event.id, key });
            }
        }
    }
    let (mut after, mut order) = (String::new(), 0);
    loop {
        let batch = messages::places(tx, incident, &after, TIMELINE_INDEX_BATCH)?;
        let Some(last) = batch.last() else { break };
        after.clone_from(&last.ts);
        for message in batch {
            order += 1;
            marks.push(Mark { at: message.at, what: Kind::Message, order, id: message.id, key: message.key });
        }
    }
    for gap in mirror::gaps(tx, incident)? {
        marks.push(Mark { at: gap.from, what: Kind::Gap, order: gap.id, id: gap.id, key: false });
    }
    marks.sort_unstable();
    Ok(marks)
}

/// The entries at these marks, in their order.
pub fn load(tx: &mut dyn Tx, incident: i64, marks: &[Mark]) -> Result<Vec<Entry>, StoreError> {
    let ids = |what: Kind| -> Vec<i64> {
        marks.iter().filter(|mark| mark.what == what).map(|mark| mark.id).collect()
    };
    let mut found: HashMap<(Kind, i64), Entry> = HashMap::new();
    for event in events::by_ids(tx, &ids(Kind::Event))? {
        found.insert((Kind::Event, event.id), Entry::Event(event));
    }
    for message in messages::by_ids(tx, &ids(Kind::Message))? {
        found.insert((Kind::Message, message.id), Entry::Message(message, Vec::new()));
    }
    if marks.iter().any(|mark| mark.what == Kind::Gap) {
        for gap in mirror::gaps(tx, incident)? {
            found.insert((Kind::Gap, gap.id), Entry::Gap(gap));
        }
    }
    let mut entries: Vec<Entry> =
        marks.iter().filter_map(|mark| found.remove(&(mark.what, mark.id))).collect();
    with_versions(tx, &mut entries)?;
    Ok(entries)
}

/// How many entries [`page`] could show.
pub fn count(tx: &mut dyn Tx, incident: i64) -> Result<i64, StoreError> {
    let subject = format!("incident:{incident}");
    let mut count = events::count_by_subject(tx, &subject, Timestamp::MAX)?;
    for (group, _, until) in incidents::groups_ever(tx, incident)? {
        let (subject, until) = (format!("group:{group}"), until.unwrap_or(Timestamp::MAX));
        count += events::count_by_subject(tx, &subject, until)?;
    }
    count += messages::count(tx, incident)?;
    Ok(count + i64::try_from(mirror::gaps(tx, incident)?.len()).unwrap_or(0))
}

/// The newest events of the incident, and of its alert groups from their first alert until they were detached. Notes
/// about another time may be of any place, so all of them are there.
fn events_of(tx: &mut dyn Tx, incident: i64, limit: i64) -> Result<Vec<Event>, StoreError> {
    let subject = format!("incident:{incident}");
    let mut found = events::newest_by_subject(tx, &subject, 0, limit)?;
    let dated = events::newest_of_kinds(tx, &subject, ["note", "note"], i64::from(TIMELINE_EVENTS_MAX))?;
    let oldest = found.last().map_or(i64::MAX, |event| event.id);
    found.extend(dated.into_iter().filter(|event| event.id < oldest && at(event) != event.at));
    for (group, _, until) in incidents::groups_ever(tx, incident)? {
        let of_group = events::newest_by_subject(tx, &format!("group:{group}"), 0, limit)?;
        found.extend(of_group.into_iter().filter(|event| until.is_none_or(|until| event.at <= until)));
    }
    Ok(found)
}

fn with_versions(tx: &mut dyn Tx, entries: &mut [Entry]) -> Result<(), StoreError> {
    for entry in entries {
        if let Entry::Message(message, versions) = entry
            && message.versions > 1
        {
            *versions = messages::versions(tx, message.id)?;
        }
    }
    Ok(())
}
