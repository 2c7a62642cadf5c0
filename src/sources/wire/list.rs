//! The list of alerts in a body: each is cut out and read for itself, and no more than one request may have.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::alert::WireAlert;
use crate::limits::ALERTS_PER_REQUEST_MAX;

/// The alerts of a body.
#[derive(Debug, Default)]
pub(crate) struct AlertList<'a> {
    /// The texts of the first ones, as many as are taken. Only one at a time is read, so that a long list costs little.
    alerts: Vec<&'a RawValue>,
    /// How many there are.
    pub(crate) count: usize,
    /// What stood there instead of a list.
    pub(crate) instead: Option<&'static str>,
}

impl<'a> AlertList<'a> {
    /// No list, but something else.
    pub(crate) fn instead_of_a_list(what: &'static str) -> Self {
        Self { instead: Some(what), ..Self::default() }
    }

    /// Reads the alerts, one after the other: what cannot be read (nested too deeply) stops at its own end.
    pub(crate) fn into_alerts(self) -> impl ExactSizeIterator<Item = WireAlert<'a>> {
        self.alerts
            .into_iter()
            .map(|raw| serde_json::from_str(raw.get()).unwrap_or_else(|error| WireAlert::unreadable(&error)))
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for AlertList<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ListVisitor)
    }
}

struct ListVisitor;

fn instead<'a, E>(what: &'static str) -> Result<AlertList<'a>, E> {
    Ok(AlertList::instead_of_a_list(what))
}

impl<'de> Visitor<'de> for ListVisitor {
    type Value = AlertList<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of alerts")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<AlertList<'de>, A::Error> {
        let mut list = AlertList::default();
        while list.count < ALERTS_PER_REQUEST_MAX {
            let Some(raw) = access.next_element::<&'de RawValue>()? else { return Ok(list) };
            list.alerts.push(raw);
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
