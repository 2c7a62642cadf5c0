//! Label sets: what an alert is called, in one small allocation.
//!
//! A set is one shared text: for each label, sorted by name, the length of the name, the name, the
//! length of the value, the value. So a clone is a counter, equality and hashing are those of a text,
//! and 100,000 active alerts cost little more than their letters.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::fingerprint::Fingerprint;
use super::matcher::quote::go_quote;

/// A sorted set of labels. A label that is missing reads as the empty text, as in Alertmanager.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Labels(Arc<str>);

/// Bits of a length in one byte of its code; the next bit says that another byte follows.
const LENGTH_BITS: u32 = 6;
const LENGTH_MORE: usize = 1 << LENGTH_BITS;

impl Labels {
    /// No label at all.
    pub fn new() -> Self {
        Self(Arc::from(""))
    }

    /// The value of `name`, or the empty text.
    pub fn get(&self, name: &str) -> &str {
        self.find(name).unwrap_or_default()
    }

    /// The value of `name`, if the set has that label (its value may be empty).
    pub fn find(&self, name: &str) -> Option<&str> {
        for (at, value) in self {
            match at.cmp(name) {
                std::cmp::Ordering::Less => {}
                std::cmp::Ordering::Equal => return Some(value),
                std::cmp::Ordering::Greater => return None,
            }
        }
        None
    }

    /// How many labels there are.
    pub fn len(&self) -> usize {
        self.iter().count()
    }

    /// Whether there is no label at all.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The labels in the order of their names.
    pub fn iter(&self) -> Iter<'_> {
        Iter { rest: &self.0 }
    }

    /// Sets one label. It rebuilds the set: to set many, collect them.
    pub fn insert(&mut self, name: impl Into<String>, value: impl Into<String>) {
        let mut map: BTreeMap<String, String> =
            self.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        map.insert(name.into(), value.into());
        *self = Self::encode(map.iter());
    }

    /// The set without the labels whose value is empty: what Alertmanager keeps of a posted alert.
    #[must_use]
    pub fn without_empty(&self) -> Self {
        if self.iter().all(|(_, value)| !value.is_empty()) {
            return self.clone();
        }
        Self::encode(self.iter().filter(|(_, value)| !value.is_empty()))
    }

    /// The labels that `keep` wants.
    #[must_use]
    pub fn filtered(&self, mut keep: impl FnMut(&str) -> bool) -> Self {
        Self::encode(self.iter().filter(|(name, _)| keep(name)))
    }

    /// Alertmanager's fingerprint of the set.
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of_sorted(self)
    }

    /// `sorted` must be in the order of the names, each once.
    pub(crate) fn encode<N: AsRef<str>, V: AsRef<str>>(sorted: impl Iterator<Item = (N, V)>) -> Self {
        let mut text = String::new();
        for (name, value) in sorted {
            push_counted(&mut text, name.as_ref());
            push_counted(&mut text, value.as_ref());
        }
        Self(Arc::from(text))
    }
}

fn push_counted(text: &mut String, part: &str) {
    let mut length = part.len();
    while length >= LENGTH_MORE {
        text.push(char::from((LENGTH_MORE | (length % LENGTH_MORE)) as u8));
        length >>= LENGTH_BITS;
    }
    text.push(char::from(length as u8));
    text.push_str(part);
}

fn take_counted<'a>(rest: &mut &'a str) -> Option<&'a str> {
    let mut length = 0;
    for (index, byte) in rest.bytes().enumerate() {
        let byte = usize::from(byte);
        length |= (byte % LENGTH_MORE) << (LENGTH_BITS as usize * index);
        if byte < LENGTH_MORE {
            let (part, after) = rest[index + 1..].split_at_checked(length)?;
            *rest = after;
            return Some(part);
        }
    }
    None
}

/// The labels of a set, by name.
#[derive(Clone, Debug)]
pub struct Iter<'a> {
    rest: &'a str,
}

impl<'a> Iterator for Iter<'a> {
    type Item = (&'a str, &'a str);

    fn next(&mut self) -> Option<Self::Item> {
        let name = take_counted(&mut self.rest)?;
        let value = take_counted(&mut self.rest)?;
        Some((name, value))
    }
}

impl<'a> IntoIterator for &'a Labels {
    type Item = (&'a str, &'a str);
    type IntoIter = Iter<'a>;

    fn into_iter(self) -> Iter<'a> {
        self.iter()
    }
}

/// Of two labels with one name, the later one counts.
impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for Labels {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(labels: I) -> Self {
        let map: BTreeMap<String, String> =
            labels.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        Self::encode(map.iter())
    }
}

impl Default for Labels {
    fn default() -> Self {
        Self::new()
    }
}

/// As Alertmanager prints a label set (in group keys, for one): `{a="b", c="d"}`.
impl fmt::Display for Labels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("{")?;
        for (index, (name, value)) in self.iter().enumerate() {
            let comma = if index > 0 { ", " } else { "" };
            write!(f, "{comma}{name}={}", go_quote(value))?;
        }
        f.write_str("}")
    }
}

impl fmt::Debug for Labels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self).finish()
    }
}

impl Serialize for Labels {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self)
    }
}

impl<'de> Deserialize<'de> for Labels {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct LabelsVisitor;
        impl<'de> Visitor<'de> for LabelsVisitor {
            type Value = Labels;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map of label names to texts")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Labels, A::Error> {
                let mut map = BTreeMap::new();
                while let Some((name, value)) = access.next_entry::<String, String>()? {
                    map.insert(name, value);
                }
                Ok(Labels::encode(map.iter()))
            }
        }
        deserializer.deserialize_map(LabelsVisitor)
    }
}

/// A name that Prometheus has always taken: `[a-zA-Z_][a-zA-Z0-9_]*`.
pub fn is_classic_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes.next().is_some_and(|first| first.is_ascii_alphabetic() || first == b'_')
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// A name that Alertmanager takes today: any text but the empty one.
pub fn is_utf8_name(name: &str) -> bool {
    !name.is_empty()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn sorted_found_and_missing() {
        let labels: Labels =
            [("severity", "page"), ("alertname", "Disk"), ("severity", "warning")].into_iter().collect();
        assert_eq!(labels.iter().collect::<Vec<_>>(), [("alertname", "Disk"), ("severity", "warning")]);
        assert_eq!(labels.get("severity"), "warning");
        assert_eq!(labels.get("team"), "");
        assert_eq!(labels.find("team"), None);
        assert_eq!(labels.to_string(), r#"{alertname="Disk", severity="warning"}"#);
    }

    #[test]
    fn empty_values_can_be_dropped() {
        let labels: Labels = [("a", ""), ("b", "1")].into_iter().collect();
        assert_eq!(labels.find("a"), Some(""));
        assert_eq!(labels.without_empty().iter().collect::<Vec<_>>(), [("b", "1")]);
    }

    proptest! {
        #[test]
        fn a_set_is_what_a_map_is(map in prop::collection::btree_map("\\PC{0,3}", "\\PC{0,200}", 0..6), extra in "\\PC{0,3}") {
            let mut labels: Labels = map.clone().into_iter().collect();
            let pairs: Vec<_> = map.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
            prop_assert_eq!(labels.iter().collect::<Vec<_>>(), pairs);
            prop_assert_eq!(labels.find(&extra), map.get(&extra).map(String::as_str));
            let json = serde_json::to_string(&labels).unwrap();
            prop_assert_eq!(&serde_json::from_str::<Labels>(&json).unwrap(), &labels);
            labels.insert(extra.clone(), "x");
            prop_assert_eq!(labels.get(&extra), "x");
        }
    }
}
