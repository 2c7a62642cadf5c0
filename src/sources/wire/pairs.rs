//! Maps of names to texts: labels and annotations.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::text::{Text, clean};
use crate::domain::label::Labels;
use crate::limits::{LABEL_NAME_MAX_BYTES, PAIRS_READ_MAX};

/// A map of names to texts, as it came.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pairs<'a> {
    /// In the order of the body.
    pub(crate) pairs: Vec<(Cow<'a, str>, Cow<'a, str>)>,
    /// Pairs that were not read, because there are too many.
    unread: usize,
    /// There was something that is no map.
    pub(crate) is_no_map: bool,
}

impl<'a> Pairs<'a> {
    /// The value of a name; the last one counts.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.pairs.iter().rev().find(|(at, _)| at == name).map(|(_, value)| &**value)
    }

    /// The label set of it: see [`labels_from`].
    pub(crate) fn into_labels(self, max_pairs: usize, max_value_bytes: usize) -> (Labels, usize) {
        let (labels, left_out) = labels_from(self.pairs, max_pairs, max_value_bytes);
        (labels, left_out + self.unread)
    }
}

/// A clean label set of `pairs`, and how many were left out because there are too many. Of one name, the last counts;
/// empty values and empty names are no labels, as in Alertmanager.
pub(crate) fn labels_from(
    mut pairs: Vec<(Cow<'_, str>, Cow<'_, str>)>,
    max_pairs: usize,
    max_value_bytes: usize,
) -> (Labels, usize) {
    for (name, value) in &mut pairs {
        clean_in_place(name, LABEL_NAME_MAX_BYTES);
        clean_in_place(value, max_value_bytes);
    }
    // Stable: of equal names the later in the body stays later.
    pairs.sort_by(|a, b| a.0.cmp(&b.0));
    let mut kept: Vec<(Cow<'_, str>, Cow<'_, str>)> = Vec::with_capacity(pairs.len());
    for pair in pairs {
        match kept.last_mut() {
            Some(last) if last.0 == pair.0 => *last = pair,
            _ => kept.push(pair),
        }
    }
    kept.retain(|(name, value)| !name.is_empty() && !value.is_empty());
    let left_out = kept.len().saturating_sub(max_pairs);
    if left_out > 0 {
        // The name of the alert is never the one that goes.
        kept.sort_by_key(|(name, _)| {
            !matches!(&**name, "alertname" | "severity" | "summary" | "description")
        });
        kept.truncate(max_pairs);
        kept.sort_by(|a, b| a.0.cmp(&b.0));
    }
    (Labels::encode(kept.into_iter()), left_out)
}

fn clean_in_place(text: &mut Cow<'_, str>, max_bytes: usize) {
    if let Cow::Owned(cleaned) = clean(text, max_bytes) {
        *text = Cow::Owned(cleaned);
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Pairs<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(PairsVisitor)
    }
}

struct PairsVisitor;

impl PairsVisitor {
    fn no_map<'a, E>() -> Result<Pairs<'a>, E> {
        Ok(Pairs { is_no_map: true, ..Pairs::default() })
    }
}

impl<'de> Visitor<'de> for PairsVisitor {
    type Value = Pairs<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map of names to texts")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Pairs<'de>, A::Error> {
        // Most alerts have fewer labels than this.
        let mut pairs = Vec::with_capacity(8);
        let mut unread = 0;
        while let Some(Text(name)) = access.next_key::<Text<'de>>()? {
            if pairs.len() >= PAIRS_READ_MAX {
                access.next_value::<IgnoredAny>()?;
                unread += 1;
                continue;
            }
            let Text(value) = access.next_value::<Text<'de>>()?;
            if let (Some(name), Some(value)) = (name, value) {
                pairs.push((name, value));
            }
        }
        Ok(Pairs { pairs, unread, is_no_map: false })
    }

    fn visit_unit<E: Error>(self) -> Result<Pairs<'de>, E> {
        Ok(Pairs::default())
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Pairs<'de>, E> {
        Self::no_map()
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Pairs<'de>, E> {
        Self::no_map()
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Pairs<'de>, E> {
        Self::no_map()
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Pairs<'de>, E> {
        Self::no_map()
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<Pairs<'de>, E> {
        Self::no_map()
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Pairs<'de>, A::Error> {
        while access.next_element::<IgnoredAny>()?.is_some() {}
        Self::no_map()
    }
}
