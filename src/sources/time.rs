//! Times as senders write them.

use serde_json::Value as Json;

use crate::domain::time::Timestamp;

/// A time field of a body.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum WireTime {
    /// Not there, null, empty, or Go's zero time.
    #[default]
    None,
    /// A moment.
    At(Timestamp),
    /// Something that is no time.
    Bad(Box<str>),
}

impl WireTime {
    /// The moment, if there is one.
    pub(super) fn at(&self) -> Option<Timestamp> {
        match self {
            Self::At(at) => Some(*at),
            Self::None | Self::Bad(_) => None,
        }
    }

    /// RFC 3339 with any offset and up to nanoseconds; without a zone it is UTC; unix seconds or more as text too.
    pub(super) fn parse(text: &str) -> Self {
        let text = text.trim();
        if text.is_empty() || text.starts_with("0001-01-01") {
            return Self::None;
        }
        if let Ok(at) = text.parse::<jiff::Timestamp>() {
            return Self::At(Timestamp::from_ms(at.as_millisecond()));
        }
        if let Ok(number) = text.parse::<f64>() {
            return Self::from_number(number);
        }
        if let Ok(local) = text.parse::<jiff::civil::DateTime>()
            && let Ok(zoned) = local.to_zoned(jiff::tz::TimeZone::UTC)
        {
            return Self::At(Timestamp::from_ms(zoned.timestamp().as_millisecond()));
        }
        if let Ok(at) = jiff::fmt::rfc2822::parse(text) {
            return Self::At(Timestamp::from_ms(at.timestamp().as_millisecond()));
        }
        Self::Bad(text.chars().take(60).collect())
    }

    /// Unix time; its size tells seconds, milli-, micro- and nanoseconds apart (the next million years).
    pub(super) fn from_number(number: f64) -> Self {
        let ms = match number.abs() {
            0.0 => return Self::None,
            size if size < 1e11 => number * 1e3,
            size if size < 1e14 => number,
            size if size < 1e17 => number / 1e3,
            size if size < 1e20 => number / 1e6,
            _ => return Self::Bad(number.to_string().into()),
        };
        Self::At(Timestamp::from_ms(ms as i64))
    }

    /// Any JSON value.
    pub(super) fn from_json(json: &Json) -> Self {
        match json {
            Json::Null => Self::None,
            Json::String(text) => Self::parse(text),
            Json::Number(number) => number.as_f64().map_or(Self::None, Self::from_number),
            other => Self::Bad(other.to_string().chars().take(60).collect()),
        }
    }
}
