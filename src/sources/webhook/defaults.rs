//! The mapping for bodies that nobody wrote a mapping for: what senders usually call things. Names are compared without
//! case and punctuation (`alert_name`, `alertName`, `AlertName`); `a.b` is `b` inside `a`. The first that is there counts.

use std::borrow::Cow;
use std::io;

use serde_json::Value as Json;

use super::fields::{Fields, plain};
use super::names::{
    DASHBOARD_URL, ENDS_AT, HAPPENED_AT, IMAGE_URL, KEY, LABELS, MESSAGE, ON, OVER, RUNBOOK_URL, SEVERITY,
    SOURCE_URL, STARTS_AT, STATUS, TITLE,
};
use super::{sns, state_words};
use crate::domain::alert::Links;
use crate::domain::time::Timestamp;
use crate::limits::{ANNOTATION_MAX_BYTES, TITLE_MAX_BYTES};
use crate::sources::wire::{clean, json_text};

/// What the default mapping finds in one alert.
#[derive(Debug, Default)]
pub(in crate::sources) struct Found {
    pub(in crate::sources) title: Option<String>,
    pub(in crate::sources) message: Option<String>,
    pub(in crate::sources) severity: Option<String>,
    pub(in crate::sources) key: Option<String>,
    pub(in crate::sources) resolved: bool,
    /// Whether it is known by a name of its own what anything of it is: a title, a state, a key.
    pub(in crate::sources) is_recognised: bool,
    pub(in crate::sources) starts_at: Option<Timestamp>,
    pub(in crate::sources) ends_at: Option<Timestamp>,
    pub(in crate::sources) source_url: Option<Box<str>>,
    pub(in crate::sources) links: Links,
    pub(in crate::sources) labels: Vec<(Cow<'static, str>, Cow<'static, str>)>,
    pub(in crate::sources) annotations: Vec<(Cow<'static, str>, Cow<'static, str>)>,
}

impl Found {
    /// Looks through one alert.
    pub(in crate::sources) fn in_item(item: &Json) -> Self {
        match item {
            Json::Object(_) => Self::in_object(sns::unwrap(item).as_ref().unwrap_or(item)),
            other => {
                let mut found = Self::in_text(&json_text(other));
                let title_says = found.without_state();
                found.is_recognised = title_says.is_some();
                found.resolved = title_says.unwrap_or(false);
                found
            }
        }
    }

    /// Takes the state from the begin of the title, which stays the same then when the state changes; tells whether it is
    /// the end.
    fn without_state(&mut self) -> Option<bool> {
        let title = self.title.as_mut()?;
        let (rest, is_over) = state_words::split(title)?;
        *title = rest.to_owned();
        Some(is_over)
    }

    /// A text is its own message, and its first line the title.
    fn in_text(text: &str) -> Self {
        let first = text.lines().map(str::trim).find(|line| !line.is_empty());
        Self {
            title: first.map(|line| clean(line, TITLE_MAX_BYTES).into_owned()),
            message: Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
            ..Self::default()
        }
    }

    fn in_object(item: &Json) -> Self {
        let mut fields = Fields::of(item);
        let title = fields.text(TITLE);
        let message = fields.text(MESSAGE).filter(|message| Some(message) != title.as_ref());
        let title = title.or_else(|| if message.is_none() { fields.text_inside(TITLE) } else { None });
        let message =
            message.or_else(|| fields.text_inside(MESSAGE).filter(|message| Some(message) != title.as_ref()));
        let has_text = title.is_some() || message.is_some();
        // Without a title, the begin of the message is one.
        let title = title.or_else(|| Self::in_text(message.as_deref().unwrap_or_default()).title);
        let mut found = Self {
            title,
            message,
            severity: fields.text_anywhere(SEVERITY).filter(|word| !OVER.contains(&plain(word).as_str())),
            key: fields.text_anywhere(KEY),
            source_url: fields.url_anywhere(SOURCE_URL),
            starts_at: fields.time_anywhere(STARTS_AT),
            ends_at: fields.time_anywhere(ENDS_AT),
            ..Self::default()
        };
        found.is_recognised = has_text || found.key.is_some() || found.severity.is_some();
        let title_says = found.without_state();
        let state = is_over(&mut fields).or(title_says);
        found.is_recognised |= state.is_some();
        found.resolved = state.unwrap_or(false);
        let happened_at = fields.time(HAPPENED_AT);
        if found.resolved {
            found.ends_at = found.ends_at.or(happened_at);
        } else {
            found.starts_at = found.starts_at.or(happened_at);
        }
        found.links = Links {
            image_url: fields.url(IMAGE_URL),
            runbook_url: fields.url(RUNBOOK_URL),
            dashboard_url: fields.url(DASHBOARD_URL),
            ..Links::default()
        };
        for (label, names) in LABELS {
            if let Some(text) = fields.text(names) {
                found.labels.push(((*label).into(), text.into()));
            }
        }
        found.labels.extend(given_pairs(item, &["labels", "tags"]));
        found.annotations = rest(&fields, item);
        found.annotations.extend(given_pairs(item, &["annotations"]));
        if !found.is_recognised {
            // The whole is all there is to see; its parts would only be repeated.
            let whole = serde_json::to_string(item).unwrap_or_default();
            found.message = Some(clean(&whole, ANNOTATION_MAX_BYTES).into_owned());
            return found;
        }
        let has_more = item
            .as_object()
            .is_some_and(|map| map.values().any(|value| value.is_object() || value.is_array()));
        if found.message.is_none() && found.annotations.is_empty() && (found.title.is_none() || has_more) {
            let whole = pretty(item).unwrap_or_else(|| item.to_string());
            found.message = Some(clean(&whole, ANNOTATION_MAX_BYTES).into_owned());
        }
        found
    }
}

/// A value over several lines, unless that is longer than what is kept: deep nesting is mostly blanks then.
fn pretty(item: &Json) -> Option<String> {
    struct AtMost(Vec<u8>);
    impl io::Write for AtMost {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if self.0.len() + bytes.len() > ANNOTATION_MAX_BYTES {
                return Err(io::ErrorKind::WriteZero.into());
            }
            self.0.extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut out = AtMost(Vec::new());
    serde_json::to_writer_pretty(&mut out, item).ok()?;
    String::from_utf8(out.0).ok()
}

/// `labels` and `tags` in the three forms that are about: a map, a list of `name:value`, a text of them.
fn given_pairs(item: &Json, names: &[&str]) -> Vec<(Cow<'static, str>, Cow<'static, str>)> {
    let mut pairs = Vec::new();
    let mut put =
        |name: &str, value: &str| pairs.push((name.trim().to_owned().into(), value.trim().to_owned().into()));
    let split = |text: &str| -> Option<(String, String)> {
        let (name, value) = text.split_once([':', '='])?;
        Some((name.to_owned(), value.to_owned()))
    };
    for name in names {
        match item.get(name) {
            Some(Json::Object(map)) => map.iter().for_each(|(name, value)| put(name, &json_text(value))),
            Some(Json::Array(items)) => {
                let (with, without): (Vec<&str>, Vec<&str>) =
                    items.iter().filter_map(Json::as_str).partition(|text| split(text).is_some());
                with.iter().filter_map(|text| split(text)).for_each(|(name, value)| put(&name, &value));
                if !without.is_empty() {
                    put(name, &without.join(","));
                }
            }
            Some(Json::String(text)) if text.split(',').all(|part| split(part).is_some()) => {
                text.split(',').filter_map(split).for_each(|(name, value)| put(&name, &value));
            }
            Some(Json::String(text)) => put(name, text),
            _ => {}
        }
    }
    pairs
}

/// Whether the sender says that it is over, or goes on. Uptime Kuma's heartbeat has numbers, others have flags; else the
/// first field with a word that is known decides.
fn is_over(fields: &mut Fields<'_>) -> Option<bool> {
    if let Some(number) = fields.at("heartbeat.status").and_then(Json::as_i64) {
        return Some(number == 1);
    }
    for (name, when_true) in [
        ("resolved", true),
        ("isresolved", true),
        ("recovered", true),
        ("firing", false),
        ("isfiring", false),
        ("isup", true),
        ("up", true),
        ("isdown", false),
    ] {
        if let Some(flag) = fields.at(name).and_then(Json::as_bool) {
            return Some(flag == when_true);
        }
    }
    let word_of = |json: &Json| {
        let word = plain(json.as_str()?);
        let over = OVER.contains(&word.as_str());
        (over || ON.contains(&word.as_str())).then_some(over)
    };
    let said = fields.first(STATUS, word_of);
    // Zabbix: the value of the event is 1 for a problem, 0 for its end.
    said.or_else(|| fields.first(&["eventvalue", "triggervalue"], |json| Some(json_text(json) == "0")))
}

/// The plain fields at the top that nothing was made of, by their own names: a message rather says too much.
fn rest(fields: &Fields<'_>, item: &Json) -> Vec<(Cow<'static, str>, Cow<'static, str>)> {
    item.as_object()
        .into_iter()
        .flatten()
        .filter(|(_, value)| {
            matches!(value, Json::String(_) | Json::Number(_) | Json::Bool(_)) && !fields.is_used(value)
        })
        .map(|(name, value)| (name.clone().into(), json_text(value).into_owned().into()))
        .collect()
}
