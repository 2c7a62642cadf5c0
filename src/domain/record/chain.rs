//! The JSON of a record with its chain of hashes, and whether a file is still what was written.
//!
//! Each hash is SHA-256, in hex, over the hash before it, a line feed, and the compact JSON of what it covers: first
//! everything but the timeline, then entry by entry. The last one stands in the incident's events and below the
//! Markdown, so that whoever changes the file has to change what they cannot reach.

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::Record;

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

/// The record as JSON, each entry with its hash.
pub fn json(record: &Record) -> Value {
    let mut whole = serde_json::to_value(record).unwrap_or(Value::Null);
    let entries = whole.as_object_mut().and_then(|map| map.shift_remove("timeline"));
    let entries = entries.and_then(|value| value.as_array().cloned()).unwrap_or_default();
    let head = link("", &whole);
    let mut last = head.clone();
    let mut chained = Vec::with_capacity(entries.len());
    for mut entry in entries {
        last = link(&last, &entry);
        if let Some(map) = entry.as_object_mut() {
            map.insert("hash".to_owned(), json!(last));
        }
        chained.push(entry);
    }
    if let Some(map) = whole.as_object_mut() {
        map.insert("timeline".to_owned(), Value::Array(chained));
        map.insert("chain".to_owned(), json!({ "algorithm": ALGORITHM, "head": head, "last": last }));
    }
    whole
}

/// The last hash of a record's chain.
pub fn last(record: &Record) -> String {
    json(record)["chain"]["last"].as_str().unwrap_or_default().to_owned()
}

/// Whether a file is as it was written; its last hash.
pub fn verify(text: &str) -> Result<String, Broken> {
    let no = |why: &str| Broken::NoRecord(why.to_owned());
    let whole: Value = serde_json::from_str(text).map_err(|error| Broken::NoRecord(error.to_string()))?;
    let Value::Object(mut whole) = whole else { return Err(no("there is no object")) };
    let chain = whole.shift_remove("chain").ok_or_else(|| no("it has no \"chain\""))?;
    if chain["algorithm"] != ALGORITHM {
        return Err(no("its chain is of another algorithm"));
    }
    let entries = whole.shift_remove("timeline");
    let Some(Value::Array(entries)) = entries else { return Err(no("it has no \"timeline\"")) };
    let mut last = link("", &Value::Object(whole));
    if chain["head"] != json!(last) {
        return Err(Broken::Head);
    }
    for (nth, entry) in entries.into_iter().enumerate() {
        let broken =
            |at: &Value| Broken::Entry { number: nth + 1, at: at.as_str().unwrap_or("?").to_owned() };
        let Value::Object(mut map) = entry else { return Err(broken(&Value::Null)) };
        let told = map.shift_remove("hash");
        last = link(&last, &Value::Object(map.clone()));
        if told != Some(json!(last)) {
            return Err(broken(map.get("at").unwrap_or(&Value::Null)));
        }
    }
    if chain["last"] != json!(last) {
        return Err(Broken::End);
    }
    Ok(last)
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
