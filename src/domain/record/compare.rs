//! A record that was written against what is known now. Much may have changed rightly since: messages are edited,
//! deleted and redacted, reactions come and go. What may not: an entry that never was, one that says something else
//! than it did, and one that is left out.
//!
//! Both are gone through entry by entry; of the database's, only hashes are held.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::chain::digest;

/// What a comparison found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Comparison {
    /// Entries that the database has, and that say the same.
    pub same: usize,
    /// Messages that were edited since.
    pub edited: usize,
    /// Texts that were deleted or redacted since, and whose hash is still the same.
    pub taken_out: usize,
    /// Texts that are gone from the database, so that nobody can say any more whether they were so.
    pub unknown: usize,
    /// What does not fit, in words.
    pub wrong: Vec<String>,
}

/// Whether the head of a file is of this incident (the head of its record of now), and not of another one of its number.
pub fn is_same_incident(file: &Map<String, Value>, now: &Value) -> bool {
    let declared = |times: Option<&Value>| times.map(|times| times["declared"].clone());
    file.get("number") == now.get("number") && declared(file.get("times")) == declared(now.get("times"))
}

/// What the database has.
#[derive(Debug, Default)]
pub struct Known {
    events: BTreeMap<i64, Event>,
    messages: BTreeMap<String, Message>,
    /// When each message was first known (RFC 3339), by its timestamp.
    pub seen: BTreeMap<String, String>,
}

#[derive(Debug)]
struct Event {
    at: String,
    kind: String,
    of_group: bool,
    /// When, who and of what kind.
    core: String,
    /// None: its words were taken out.
    data: Option<String>,
    words_hash: Value,
}

#[derive(Debug)]
struct Message {
    at: String,
    user_id: Value,
    thread_ts: Value,
    ours: bool,
    deleted: bool,
    /// Of all its versions; none: its words were taken out.
    texts: Option<Vec<String>>,
    words_hash: Value,
}

impl Known {
    /// Starts with the times at which messages were first known.
    pub fn new(seen: BTreeMap<String, String>) -> Self {
        Self { seen, ..Self::default() }
    }

    /// Adds an entry of the database's, in full.
    pub fn add(&mut self, entry: &Value) {
        match text(entry, "entry") {
            "event" => {
                let event = Event {
                    at: text(entry, "at").to_owned(),
                    kind: text(entry, "kind").to_owned(),
                    of_group: !entry["alert_group"].is_null(),
                    core: core(entry),
                    data: entry["salt"].is_string().then(|| data(entry)),
                    words_hash: entry["words_hash"].clone(),
                };
                self.events.insert(entry["id"].as_i64().unwrap_or_default(), event);
            }
            "message" => {
                let versions = entry["versions"].as_array().into_iter().flatten();
                let texts = std::iter::once(entry).chain(versions).map(|one| digest(&one["text"])).collect();
                let message = Message {
                    at: text(entry, "at").to_owned(),
                    user_id: entry["user_id"].clone(),
                    thread_ts: entry["thread_ts"].clone(),
                    ours: entry["ours"] == true,
                    deleted: entry["deleted_at"].is_string(),
                    texts: entry["salt"].is_string().then_some(texts),
                    words_hash: entry["words_hash"].clone(),
                };
                self.messages.insert(text(entry, "ts").to_owned(), message);
            }
            _ => {}
        }
    }
}

fn text<'v>(entry: &'v Value, key: &str) -> &'v str {
    entry[key].as_str().unwrap_or_default()
}

fn core(entry: &Value) -> String {
    let keys = ["at", "kind", "actor", "source", "alert_group"];
    digest(&Value::Array(keys.iter().map(|key| entry[*key].clone()).collect()))
}

/// Marks of key moments once kept the words of their message; a posted record that was taken away says so.
fn data(entry: &Value) -> String {
    let mut data = entry["data"].clone();
    if let Some(map) = data.as_object_mut() {
        match text(entry, "kind") {
            "key_moment" | "key_moment_off" => drop(map.shift_remove("text")),
            "recorded" => drop(map.shift_remove("removed")),
            _ => {}
        }
    }
    digest(&data)
}

/// Goes through a file's entries.
#[derive(Debug)]
pub struct Comparing {
    known: Known,
    found: Comparison,
    entries: usize,
    events: BTreeSet<i64>,
    messages: BTreeSet<String>,
}

impl Comparing {
    pub fn with(known: Known) -> Self {
        let (events, messages) = (BTreeSet::new(), BTreeSet::new());
        Self { known, found: Comparison::default(), entries: 0, events, messages }
    }

    /// Compares the next entry.
    pub fn entry(&mut self, entry: &Value) {
        self.entries += 1;
        let place = format!("entry {} ({})", self.entries, text(entry, "at"));
        match text(entry, "entry") {
            "event" => match self.event_of(entry) {
                Some(id) => {
                    self.events.insert(id);
                    if let Some(stands) = self.known.events.get(&id) {
                        event(&mut self.found, &place, entry, stands);
                    }
                }
                None => self.found.wrong.push(format!("{place}: the database has no such event")),
            },
            "message" => {
                self.messages.insert(text(entry, "ts").to_owned());
                match self.known.messages.get(text(entry, "ts")) {
                    Some(stands) => message(&mut self.found, &place, entry, stands),
                    None => self.found.wrong.push(format!("{place}: the database has no such message")),
                }
            }
            // Gaps grow, and go when what was missing comes after all.
            _ => self.found.same += 1,
        }
    }

    /// The event of this entry: by its id; in a file of format 1, which has none, by what it is.
    fn event_of(&self, entry: &Value) -> Option<i64> {
        if let Some(id) = entry["id"].as_i64() {
            return self.known.events.contains_key(&id).then_some(id);
        }
        let (core, data) = (core(entry), data(entry));
        let is_it = |one: &Event| one.core == core && one.data.as_ref().is_none_or(|known| *known == data);
        let mut all = self.known.events.iter();
        all.find(|(id, one)| !self.events.contains(id) && is_it(one)).map(|(id, _)| *id)
    }

    /// Ends it with what the database had when the file was written, and the file does not tell of.
    pub fn end(mut self) -> Comparison {
        let newest = self.events.last().copied().unwrap_or_default();
        for (id, one) in self.known.events.range(..newest) {
            if !self.events.contains(id) && !one.of_group {
                let told = format!("the file leaves out an event of {}: {}", one.at, one.kind);
                self.found.wrong.push(told);
            }
        }
        // An event's time is when it was written down, so the file is younger than all of them.
        let written =
            self.known.events.get(&newest).filter(|one| one.kind != "note").map(|one| moment(&one.at));
        for (ts, one) in &self.known.messages {
            let first_known = self.known.seen.get(ts).map(|at| moment(at));
            if !self.messages.contains(ts) && first_known.is_some() && first_known < written {
                self.found.wrong.push(format!("the file leaves out a message of {}", one.at));
            }
        }
        self.found
    }
}

fn event(found: &mut Comparison, place: &str, entry: &Value, stands: &Event) {
    let is_wordless = entry["salt"].is_null() && entry["words_hash"].is_string();
    if core(entry) != stands.core {
        found.wrong.push(format!("{place}: the database has another event there"));
        return;
    }
    match &stands.data {
        Some(known) if !is_wordless => {
            if *known == data(entry) {
                found.same += 1;
            } else {
                found.wrong.push(format!("{place}: the event reads otherwise in the database"));
            }
        }
        _ => gone(found, place, entry, &stands.words_hash),
    }
}

/// The words are not in one of both: their hashes tell, where there are two.
fn gone(found: &mut Comparison, place: &str, entry: &Value, words_hash: &Value) {
    if !entry["words_hash"].is_string() {
        found.unknown += 1;
    } else if entry["words_hash"] == *words_hash {
        found.taken_out += 1;
    } else if text(entry, "entry") == "event" {
        found.wrong.push(format!("{place}: its words were others, by their hash"));
    } else {
        // It may have been edited before it was taken out.
        found.unknown += 1;
    }
}

fn message(found: &mut Comparison, place: &str, entry: &Value, stands: &Message) {
    let known = |key: &str, stands: &Value| entry[key].is_null() || entry[key] == *stands;
    let is_it = known("user_id", &stands.user_id) && known("thread_ts", &stands.thread_ts);
    if !is_it || entry["ours"] != json!(stands.ours) {
        found.wrong.push(format!("{place}: the message is of somebody else, or of another thread"));
        return;
    }
    if entry["deleted_at"].is_string() && !stands.deleted && entry["deleted_by"] != "inferred" {
        found.wrong.push(format!("{place}: the message was not deleted, says the database"));
        return;
    }
    let is_wordless = entry["salt"].is_null() && text(entry, "text").is_empty();
    let said = digest(&entry["text"]);
    match &stands.texts {
        Some(texts) if !is_wordless => {
            if texts.first() == Some(&said) {
                found.same += 1;
            } else if stands.ours || texts.contains(&said) {
                found.edited += 1;
            } else {
                found.wrong.push(format!("{place}: the message never read so, says the database"));
            }
        }
        _ => gone(found, place, entry, &stands.words_hash),
    }
}

/// In an order: RFC 3339 with and without fractions does not sort as text.
fn moment(text: &str) -> (String, String) {
    let (seconds, rest) = text.split_at(text.len().min(19));
    (seconds.to_owned(), rest.trim_end_matches('Z').to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::tests::{json_of, record, sealed};
    use super::super::{Entry, Record, What};
    use super::*;

    fn compared(file: &Value, now: &Value) -> Comparison {
        let seen = BTreeMap::from([("1.4".to_owned(), "2026-03-02T09:00:00Z".to_owned())]);
        let mut known = Known { seen, ..Known::default() };
        now["timeline"].as_array().unwrap().iter().for_each(|entry| known.add(entry));
        let mut comparing = Comparing::with(known);
        file["timeline"].as_array().unwrap().iter().for_each(|entry| comparing.entry(entry));
        comparing.end()
    }

    /// The file as somebody would forge it who knows how: changed, and chained anew.
    fn forged(change: impl FnOnce(&mut Record, &mut Vec<Entry>)) -> Value {
        let (mut record, mut timeline) = record();
        change(&mut record, &mut timeline);
        let whole = json_of(&record, &timeline);
        super::super::chain::verify(&whole.to_string()).unwrap();
        whole
    }

    #[test]
    fn a_file_is_held_against_the_database() {
        let now = forged(|_, _| {});
        assert_eq!(compared(&now, &now).wrong, Vec::<String>::new());
        let reworded = |timeline: &mut Vec<Entry>| {
            let mut entry = timeline[1].clone();
            if let What::Message(message) = &mut entry.what {
                message.text = "it is the network".to_owned();
            }
            timeline[1] = sealed(&entry.at, entry.what);
        };
        let invented = |timeline: &mut Vec<Entry>| {
            let mut entry = timeline[1].clone();
            if let What::Message(message) = &mut entry.what {
                message.ts = "7.7".to_owned();
            }
            timeline.insert(2, entry);
        };
        let by_another = |timeline: &mut Vec<Entry>| {
            if let What::Event(event) = &mut timeline[0].what {
                event.actor = "slack:U9".to_owned();
            }
        };
        for (told, file) in [
            ("never read so", forged(|_, timeline| reworded(timeline))),
            ("no such message", forged(|_, timeline| invented(timeline))),
            ("another event there", forged(|_, timeline| by_another(timeline))),
            ("leaves out a message", forged(|_, timeline| drop(timeline.remove(3)))),
            ("leaves out an event", forged(|_, timeline| drop(timeline.remove(0)))),
        ] {
            let found = compared(&file, &now);
            assert!(found.wrong.iter().any(|one| one.contains(told)), "{told}: {found:?}");
        }
        let head = |value: &Value| value.as_object().unwrap().clone();
        let other = forged(|record, _| record.times.declared = "2020-01-01T00:00:00Z".to_owned());
        assert!(is_same_incident(&head(&now), &now) && !is_same_incident(&head(&now), &other));
    }
}
