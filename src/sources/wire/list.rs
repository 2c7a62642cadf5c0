//! The list of alerts in a body: each is read for itself, and no more are kept than one request may have.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::alert::WireAlert;
use crate::limits::ALERTS_PER_REQUEST_MAX;

/// The alerts of a body.
#[derive(Debug, Default)]
pub(crate) struct AlertList<'a> {
    /// The first ones, as many as are taken.
    pub(crate) alerts: Vec<WireAlert<'a>>,
    /// How many there are.
    pub(crate) count: usize,
    /// What stood there instead of a list.
    pub(crate) instead: Option<&'static str>,
}

impl<'de: 'a, 'a> Deserialize<'de> for AlertList<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ListVisitor)
    }
}

struct ListVisitor;

fn instead<'a, E>(what: &'static str) -> Result<AlertList<'a>, E> {
    Ok(AlertList { instead: Some(what), ..AlertList::default() })
}

impl<'de> Visitor<'de> for ListVisitor {
    type Value = AlertList<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of alerts")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<AlertList<'de>, A::Error> {
        let mut list = AlertList::default();
        while list.count < ALERTS_PER_REQUEST_MAX {
            let Some(raw) = access.next_element::<Element<'de>>()? else { return Ok(list) };
            list.alerts.push(raw.0);
            list.count += 1;
        }
        while access.next_element::<IgnoredAny>()?.is_some() {
            list.count += 1;
        }
        Ok(list)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<AlertList<'de>, A::Error> {
        while access.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        instead("an object")
    }

    fn visit_unit<E: Error>(self) -> Result<AlertList<'de>, E> {
        instead("null")
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<AlertList<'de>, E> {
        instead("a flag")
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<AlertList<'de>, E> {
        instead("a number")
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<AlertList<'de>, E> {
        instead("a number")
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<AlertList<'de>, E> {
        instead("a number")
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<AlertList<'de>, E> {
        instead("a text")
    }
}

/// One alert, cut out before it is read: what cannot be read (nested too deeply) then stops at its own end.
struct Element<'a>(WireAlert<'a>);

impl<'de: 'a, 'a> Deserialize<'de> for Element<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw: &'de RawValue = Deserialize::deserialize(deserializer)?;
        Ok(Self(serde_json::from_str(raw.get()).unwrap_or_else(|error| WireAlert::unreadable(&error))))
    }
}
