//! The chain of hashes of a record, and whether a file is still what was written.
//!
//! Each hash is SHA-256, in hex, over the hash before it, a line feed, and the compact JSON of what it covers: first
//! everything but the timeline, then entry by entry. The last one stands in the incident's events and below the
//! Markdown, so that whoever changes the file has to change what they cannot reach.

use std::fmt;
use std::io::{self, Read};

use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::{Entry, Record};

const ALGORITHM: &str = "sha256";

/// Why a file is not what was written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    #[error("it is no record of Firebell's: {0}")]
    NoRecord(String),
    #[error("something before the timeline was changed: title, times, people, tasks or the like")]
    Head,
    #[error("entry {number} of the timeline ({at}) was changed, or one before it was added or taken out")]
    Entry { number: usize, at: String },
    #[error("the end was changed: the last hash is not that of the last entry")]
    End,
}

/// A chain that grows entry by entry, so that a record of any length takes the memory of one entry.
#[derive(Clone, Debug)]
pub struct Chain {
    head: String,
    last: String,
    entries: usize,
}

impl Chain {
    /// Begins with everything of the record but its timeline.
    pub fn begin(record: &Record) -> Self {
        Self::over(&serde_json::to_value(record).unwrap_or(Value::Null))
    }

    fn over(head: &Value) -> Self {
        let head = link("", head);
        Self { last: head.clone(), head, entries: 0 }
    }

    /// Adds the next entry of the timeline; its JSON with its hash.
    pub fn add(&mut self, entry: &Entry) -> Value {
        let mut entry = serde_json::to_value(entry).unwrap_or(Value::Null);
        self.cover(&entry);
        if let Some(map) = entry.as_object_mut() {
            map.insert("hash".to_owned(), json!(self.last));
        }
        entry
    }

    fn cover(&mut self, entry: &Value) {
        self.last = link(&self.last, entry);
        self.entries += 1;
    }

    /// What the JSON says of it, after the timeline.
    pub fn closing(&self) -> Value {
        json!({ "algorithm": ALGORITHM, "head": self.head, "last": self.last })
    }

    pub fn last(&self) -> &str {
        &self.last
    }

    /// How many entries it covers.
    pub fn entries(&self) -> usize {
        self.entries
    }
}

/// Checks whether a text is as it was written; its last hash.
pub fn verify(text: &str) -> Result<String, Broken> {
    verify_read(|| Ok(text.as_bytes()))
}

/// Checks whether a file is as it was written; its last hash. It is read twice, for another program may have written it
/// anew with the timeline in front of what the chain begins with. Only one entry of the timeline is in memory at a time.
pub fn verify_read<R: Read>(open: impl Fn() -> io::Result<R>) -> Result<String, Broken> {
    let no = |why: &str| Broken::NoRecord(why.to_owned());
    let mut first = Outermost { head: Some(Map::new()), ..Outermost::default() };
    parse(&open, &mut first)?;
    let mut head = first.head.unwrap_or_default();
    let closing = head.shift_remove("chain").ok_or_else(|| no("it has no \"chain\""))?;
    if closing["algorithm"] != ALGORITHM {
        return Err(no("its chain is of another algorithm"));
    }
    if first.timelines != 1 {
        return Err(no("it has no \"timeline\", or more than one"));
    }
    let chain = Chain::over(&Value::Object(head));
    if closing["head"] != json!(chain.head) {
        return Err(Broken::Head);
    }
    let mut second = Outermost { chain: Some(chain), ..Outermost::default() };
    parse(&open, &mut second)?;
    match second.chain {
        Some(chain) if closing["last"] == json!(chain.last) => Ok(chain.last),
        _ => Err(Broken::End),
    }
}

fn parse<R: Read>(open: impl Fn() -> io::Result<R>, into: &mut Outermost) -> Result<(), Broken> {
    let no = |error: &dyn fmt::Display| Broken::NoRecord(error.to_string());
    let mut reader = serde_json::Deserializer::from_reader(open().map_err(|error| no(&error))?);
    let read = reader.deserialize_map(&mut *into).and_then(|()| reader.end());
    match into.broken.take() {
        Some(broken) => Err(broken),
        None => read.map_err(|error| no(&error)),
    }
}

/// Goes through the outermost object of a file: keeps what is not the timeline, or checks the timeline against a chain.
#[derive(Default)]
struct Outermost {
    head: Option<Map<String, Value>>,
    timelines: usize,
    chain: Option<Chain>,
    broken: Option<Broken>,
}

impl<'de> Visitor<'de> for &mut Outermost {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            let is_timeline = key == "timeline";
            self.timelines += usize::from(is_timeline);
            match (&mut self.head, &mut self.chain) {
                (Some(head), _) if !is_timeline => drop(head.insert(key, map.next_value()?)),
                (_, Some(chain)) if is_timeline => {
                    map.next_value_seed(Entries { chain, broken: &mut self.broken })?;
                }
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }
}

/// Follows the chain through the timeline, up to the first entry that is not as it was written.
struct Entries<'a> {
    chain: &'a mut Chain,
    broken: &'a mut Option<Broken>,
}

impl<'de> DeserializeSeed<'de> for Entries<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Entries<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of entries")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        while let Some(mut entry) = entries.next_element::<Value>()? {
            let told = entry.as_object_mut().and_then(|map| map.shift_remove("hash"));
            self.chain.cover(&entry);
            if told != Some(json!(self.chain.last)) {
                let at = entry["at"].as_str().unwrap_or("?").to_owned();
                *self.broken = Some(Broken::Entry { number: self.chain.entries, at });
                return Err(A::Error::custom("an entry was changed"));
            }
        }
        Ok(())
    }
}

fn link(before: &str, what: &Value) -> String {
    let mut hash = Sha256::new();
    hash.update(before.as_bytes());
    hash.update(b"\n");
    hash.update(sorted(what).to_string().as_bytes());
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// With sorted keys: who rewrites the file in another order has changed nothing.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut keys: Vec<&String> = map.keys().collect();
            keys.sort();
            let pairs = keys.into_iter().filter_map(|key| Some((key.clone(), sorted(map.get(key)?))));
            Value::Object(pairs.collect::<Map<_, _>>())
        }
        Value::Array(items) => Value::Array(items.iter().map(sorted).collect()),
        plain => plain.clone(),
    }
}
