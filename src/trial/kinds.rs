//! Values of a test file that have a grammar of their own.

use std::time::Duration;

use serde_json::{Map, Value as Json, json};

use crate::domain::actor::Actor;
use crate::domain::duration;
use crate::domain::label::Labels;
use crate::domain::matcher::Matchers;
use crate::domain::priority::Priority;
use crate::domain::time::Timestamp;
use crate::yaml::schema::Definitions;
use crate::yaml::{Kind, Node, Parsed, Problem, Reading, Text, Value};

/// A moment, as the time since the start: `0s`, `5m`, `1d12h`.
pub(super) fn moment() -> Parsed<Duration> {
    Parsed {
        what: "a time since the start",
        parse: |text| duration::parse(text).map_err(|e| Problem::new(e.what).hint(e.hint)),
        schema: || json!({"pattern": "^([0-9]+(ms|[smhdwy]))+$|^0$", "examples": ["0s", "5m", "1d12h"]}),
    }
}

/// A duration that is not zero.
pub(super) fn span() -> Parsed<Duration> {
    Parsed {
        what: "a duration above zero",
        parse: |text| match (moment().parse)(text)? {
            Duration::ZERO => Err(Problem::new("it must be longer than zero")),
            span => Ok(span),
        },
        schema: moment().schema,
    }
}

/// A date with time and zone.
pub(super) fn date() -> Parsed<Timestamp> {
    Parsed {
        what: "a date with time and zone",
        parse: |text| {
            let hint = "write for example 2026-01-05T03:00:00Z or 2026-01-05T04:00:00+01:00";
            match text.parse::<jiff::Timestamp>() {
                Ok(at) => Ok(Timestamp::from_ms(at.as_millisecond())),
                Err(_) => Err(Problem::new("").hint(hint)),
            }
        },
        schema: || json!({"format": "date-time", "examples": ["2026-01-05T03:00:00Z"]}),
    }
}

/// `severity="critical"`, or several in braces.
pub(super) fn matchers() -> Parsed<Matchers> {
    Parsed {
        what: "a matcher",
        parse: |text| {
            Matchers::parse(text).map_err(|e| Problem {
                part: e
                    .column
                    .and_then(|c| text.char_indices().nth(c.saturating_sub(1)))
                    .map(|(at, c)| at..at + c.len_utf8()),
                hint: Some(e.hint.unwrap_or_else(|| "write for example severity=\"critical\"".to_owned())),
                message: e.what,
            })
        },
        schema: || json!({"examples": ["severity=\"critical\""]}),
    }
}

/// P1 to P5.
pub(super) fn priority() -> Parsed<Priority> {
    Parsed {
        what: "a priority",
        parse: |text| text.parse().map_err(|_| Problem::new("write P1 (most urgent), P2, P3, P4 or P5")),
        schema: || json!({"enum": ["P1", "P2", "P3", "P4", "P5"]}),
    }
}

/// A Slack channel, with or without its #.
pub(super) fn channel() -> Parsed<String> {
    Parsed {
        what: "a channel",
        parse: |text| match text {
            "" => Err(Problem::new("").hint("write \"#alerts\" in quotes, or YAML takes it for a comment")),
            text => Ok(channel_name(text)),
        },
        schema: || json!({"examples": ["#alerts"]}),
    }
}

/// Channels are compared by this form: `#name`, or an id as it is.
pub(super) fn channel_name(text: &str) -> String {
    let is_id = text.len() >= 9
        && text.starts_with(['C', 'G', 'D'])
        && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
    if is_id || text.starts_with('#') { text.to_owned() } else { format!("#{text}") }
}

/// Labels or annotations: name → value. An empty value may be written as nothing.
#[derive(Clone, Copy)]
pub(super) struct LabelMap;

impl Kind for LabelMap {
    type Out = Labels;

    fn read(&self, reading: &mut Reading<'_>, node: &Node) -> Option<Labels> {
        let Value::Map(entries) = &node.value else {
            reading.wrong_kind(node, "a map such as {alertname: DiskFull, severity: critical}");
            return None;
        };
        let all: Vec<_> = entries
            .iter()
            .map(|entry| {
                let value = match &entry.node.value {
                    Value::Null => Some(String::new()),
                    _ => Text.read(reading, &entry.node),
                };
                Some((entry.key.clone(), value?))
            })
            .collect();
        all.into_iter().collect()
    }

    fn schema(&self, _: &mut Definitions) -> Json {
        json!({"type": "object", "additionalProperties": {"type": ["string", "number", "boolean", "null"]}})
    }
}

/// Any YAML, as the JSON it stands for.
pub(super) struct AnyJson;

impl Kind for AnyJson {
    type Out = Json;

    fn read(&self, _: &mut Reading<'_>, node: &Node) -> Option<Json> {
        Some(to_json(node))
    }

    fn schema(&self, _: &mut Definitions) -> Json {
        json!({})
    }
}

fn to_json(node: &Node) -> Json {
    match &node.value {
        Value::Null => Json::Null,
        Value::List(items) => items.iter().map(to_json).collect(),
        Value::Map(entries) => {
            Json::Object(entries.iter().map(|e| (e.key.clone(), to_json(&e.node))).collect::<Map<_, _>>())
        }
        // An unquoted number, true or false is JSON as it stands; any other text is text.
        Value::Scalar(scalar) if scalar.plain => match serde_json::from_str(&scalar.text) {
            Ok(value @ (Json::Number(_) | Json::Bool(_))) => value,
            _ => json!(scalar.text),
        },
        Value::Scalar(scalar) => json!(scalar.text),
    }
}

/// Which alert group is meant: by number, by title, or by its labels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GroupRef {
    Number(i64),
    Title(String),
    /// All of these, among the group's labels or among those of one of its alerts.
    Labels(Labels),
}

pub(super) struct GroupRefKind;

impl Kind for GroupRefKind {
    type Out = GroupRef;

    fn read(&self, reading: &mut Reading<'_>, node: &Node) -> Option<GroupRef> {
        if matches!(node.value, Value::Map(_)) {
            return LabelMap.read(reading, node).map(GroupRef::Labels);
        }
        let text = Text.read(reading, node)?;
        Some(match text.trim_start_matches('#').parse() {
            Ok(number) => GroupRef::Number(number),
            Err(_) => GroupRef::Title(text),
        })
    }

    fn schema(&self, definitions: &mut Definitions) -> Json {
        json!({"anyOf": [{"type": ["string", "integer"]}, LabelMap.schema(definitions)]})
    }
}

/// Who did it: a name from the config's `users` becomes that person's Slack id.
pub(super) fn person(name: &str, known: impl Iterator<Item = (String, Option<String>)>) -> Actor {
    let mut known = known.filter(|(user, _)| user == name);
    let id = known.next().and_then(|(_, id)| id);
    Actor::Person(id.unwrap_or_else(|| name.trim_start_matches('@').to_owned()))
}
