//! The chain of hashes of a record, and whether a file is still what was written.
//!
//! The chain covers hashes of the words, not the words: each entry's core (when, who, of what kind) holds
//! `words_hash`, SHA-256 over a salt, a line feed, and the words. A text that is taken out leaves its `words_hash`
//! behind, without the salt (so that nobody can find out a short text by trying), and every hash stays what it was.
//!
//! Each hash is SHA-256, in hex, over the hash before it, a line feed, and compact JSON with sorted keys. `head` covers
//! everything but the timeline; each entry's `hash` its core and all entries before it; `last` the last of these, the
//! head, and which entries were redacted. It stands in the incident's events and below the Markdown, so that whoever
//! changes the file has to change what they cannot reach.
//!
//! Format 1 chained the words themselves, after the head; files of it are still verified.

use std::fmt;
use std::io::{self, Read};

use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::{Entry, FORMAT, Record, What};

const ALGORITHM: &str = "sha256";

/// Hex digits of a salt: 128 bits.
const SALT_DIGITS: usize = 32;

/// The format whose chain covered the words themselves.
const WITH_WORDS: u64 = 1;

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

/// What a file says that is as it was written.
#[derive(Clone, Debug, PartialEq)]
pub struct Verified {
    pub last: String,
    /// Everything but the timeline and the chain.
    pub head: Map<String, Value>,
    pub entries: usize,
}

/// A chain that grows entry by entry, so that a record of any length takes the memory of one entry.
#[derive(Clone, Debug)]
pub struct Chain {
    format: u64,
    head: String,
    last: String,
    entries: usize,
    /// Which entries were redacted, by whom and when.
    redacted: Vec<Value>,
}

impl Chain {
    /// Begins with everything of the record but its timeline.
    pub fn begin(record: &Record) -> Self {
        Self::over(&serde_json::to_value(record).unwrap_or(Value::Null), u64::from(FORMAT))
    }

    fn over(head: &Value, format: u64) -> Self {
        let head = link("", head);
        let last = if format == WITH_WORDS { head.clone() } else { String::new() };
        Self { format, head, last, entries: 0, redacted: Vec::new() }
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
        if self.format == WITH_WORDS {
            self.last = link(&self.last, entry);
        } else {
            let (core, redacted) = core_of(entry);
            self.last = link(&self.last, &core);
            if !redacted.is_null() {
                self.redacted.push(json!([self.entries, redacted]));
            }
        }
        self.entries += 1;
    }

    /// Whether this is the next entry as it was written; it is `hash` that says so.
    fn holds(&mut self, entry: &Value, hash: Option<&Value>) -> bool {
        self.cover(entry);
        hash == Some(&json!(self.last)) && (self.format == WITH_WORDS || words_hold(entry))
    }

    /// What the JSON says of it, after the timeline.
    pub fn closing(&self) -> Value {
        json!({ "algorithm": ALGORITHM, "head": self.head, "last": self.last() })
    }

    /// The last hash, over all of it.
    pub fn last(&self) -> String {
        match self.format {
            WITH_WORDS => self.last.clone(),
            _ => link(&self.last, &json!({ "head": self.head, "redacted": self.redacted })),
        }
    }

    /// How many entries it covers.
    pub fn entries(&self) -> usize {
        self.entries
    }
}

/// The salt of an entry (`event:12`, `message:C1:1700000000.000100`), from the secret of its incident.
pub fn salt(key: &str, entry: &str) -> String {
    hex(&[key, "\n", entry]).chars().take(SALT_DIGITS).collect()
}

/// The hash of an entry's words under its salt; `None` for a gap, which has none.
pub fn words_hash(salt: &str, what: &What) -> Option<String> {
    let entry = serde_json::to_value(what).ok()?;
    let words = words_of(entry.as_object()?)?;
    Some(hash_words(salt, &words))
}

/// The keys that hold an entry's words, and what stands there when they were taken out.
fn keys_of_words(kind: &Value) -> &'static [(&'static str, Empty)] {
    match kind.as_str() {
        Some("message") => &[
            ("text", Empty::Text),
            ("plain", Empty::Text),
            ("files", Empty::List),
            ("versions", Empty::List),
        ],
        Some("event") => &[("text", Empty::Text), ("data", Empty::Null)],
        _ => &[],
    }
}

#[derive(Clone, Copy)]
enum Empty {
    Text,
    List,
    Null,
}

impl Empty {
    fn is(self, value: &Value) -> bool {
        match self {
            Self::Text => value.as_str() == Some(""),
            Self::List => value.as_array().is_some_and(Vec::is_empty),
            Self::Null => value.is_null(),
        }
    }
}

fn words_of(entry: &Map<String, Value>) -> Option<Value> {
    let keys = keys_of_words(entry.get("entry")?);
    let words = keys.iter().map(|(key, _)| ((*key).to_owned(), entry.get(*key).cloned().unwrap_or_default()));
    (!keys.is_empty()).then(|| Value::Object(words.collect()))
}

fn hash_words(salt: &str, words: &Value) -> String {
    hex(&[salt, "\n", &sorted(words).to_string()])
}

/// What the chain covers of an entry, and what is said about its redaction.
fn core_of(entry: &Value) -> (Value, Value) {
    let mut core = entry.as_object().cloned().unwrap_or_default();
    for (key, _) in keys_of_words(&entry["entry"]) {
        core.shift_remove(*key);
    }
    core.shift_remove("salt");
    let redacted = core.shift_remove("redacted").unwrap_or_default();
    (Value::Object(core), redacted)
}

/// Whether the words are those of the hash; where there is no salt they were taken out, and nothing may stand there.
fn words_hold(entry: &Value) -> bool {
    let keys = keys_of_words(&entry["entry"]);
    let words = entry.as_object().and_then(words_of);
    match (words, &entry["salt"]) {
        (None, salt) => salt.is_null() && entry["redacted"].is_null(),
        (Some(words), Value::String(salt)) => entry["words_hash"] == json!(hash_words(salt, &words)),
        (Some(words), Value::Null) => keys.iter().all(|(key, empty)| empty.is(&words[*key])),
        (Some(_), _) => false,
    }
}

/// Checks whether a text is as it was written.
pub fn verify(text: &str) -> Result<Verified, Broken> {
    verify_read(|| Ok(text.as_bytes()))
}

/// Checks whether a file is as it was written. It is read twice, for another program may have written it
/// anew with the timeline in front of what the chain begins with. Only one entry of the timeline is in memory at a time.
pub fn verify_read<R: Read>(open: impl Fn() -> io::Result<R>) -> Result<Verified, Broken> {
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
    let format = head.get("format").and_then(Value::as_u64).unwrap_or_default();
    if format != WITH_WORDS && format != u64::from(FORMAT) {
        return Err(no("it is of a format that this version does not know"));
    }
    let chain = Chain::over(&Value::Object(head.clone()), format);
    if closing["head"] != json!(chain.head) {
        return Err(Broken::Head);
    }
    let mut second = Outermost { chain: Some(chain), ..Outermost::default() };
    parse(&open, &mut second)?;
    match second.chain {
        Some(chain) if closing == chain.closing() => {
            Ok(Verified { last: chain.last(), head, entries: chain.entries })
        }
        _ => Err(Broken::End),
    }
}

/// Goes through the entries of a file that was verified, one by one.
pub fn entries_of<R: Read>(
    open: impl Fn() -> io::Result<R>,
    each: &mut dyn FnMut(&Value),
) -> Result<(), Broken> {
    parse(&open, &mut Outermost { each: Some(each), ..Outermost::default() })
}

fn parse<R: Read>(open: impl Fn() -> io::Result<R>, into: &mut Outermost<'_>) -> Result<(), Broken> {
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
struct Outermost<'e> {
    head: Option<Map<String, Value>>,
    timelines: usize,
    chain: Option<Chain>,
    each: Option<&'e mut dyn FnMut(&Value)>,
    broken: Option<Broken>,
}

impl<'de> Visitor<'de> for &mut Outermost<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            let is_timeline = key == "timeline";
            self.timelines += usize::from(is_timeline);
            match (&mut self.head, &mut self.chain, &mut self.each) {
                (Some(head), ..) if !is_timeline => drop(head.insert(key, map.next_value()?)),
                (_, Some(chain), _) if is_timeline => {
                    map.next_value_seed(Entries { with: With::Chain(chain), broken: &mut self.broken })?;
                }
                (_, _, Some(each)) if is_timeline => {
                    map.next_value_seed(Entries { with: With::Each(each), broken: &mut self.broken })?;
                }
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }
}

/// Follows the chain through the timeline, up to the first entry that is not as it was written; or shows each entry.
struct Entries<'a> {
    with: With<'a>,
    broken: &'a mut Option<Broken>,
}

enum With<'a> {
    Chain(&'a mut Chain),
    Each(&'a mut dyn FnMut(&Value)),
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
        let mut with = self.with;
        while let Some(mut entry) = entries.next_element::<Value>()? {
            let told = entry.as_object_mut().and_then(|map| map.shift_remove("hash"));
            match &mut with {
                With::Each(each) => each(&entry),
                With::Chain(chain) => {
                    if !chain.holds(&entry, told.as_ref()) {
                        let at = entry["at"].as_str().unwrap_or("?").to_owned();
                        *self.broken = Some(Broken::Entry { number: chain.entries, at });
                        return Err(A::Error::custom("an entry was changed"));
                    }
                }
            }
        }
        Ok(())
    }
}

fn link(before: &str, what: &Value) -> String {
    hex(&[before, "\n", &sorted(what).to_string()])
}

/// What a value is, whatever the order of its keys.
pub(super) fn digest(what: &Value) -> String {
    link("", what)
}

fn hex(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    parts.iter().for_each(|part| hash.update(part.as_bytes()));
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
