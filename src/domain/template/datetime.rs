//! Moments and spans for templates, printed and formatted as Python's datetime and timedelta are.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use jiff::fmt::strtime;
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Zoned};
use minijinja::value::{DynObject, Object, ObjectRepr, ValueKind, from_args};
use minijinja::{Error, ErrorKind, State, Value};

use super::meter;
use crate::domain::time::Timestamp;

/// OnCall's default format.
pub(super) const DEFAULT_FORMAT: &str = "%H:%M / %d-%m-%Y";

/// A moment with the offset it was written in.
#[derive(Debug, Clone)]
pub(super) struct DateTime(Zoned);

/// A span; what `timedeltaparse` makes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Delta(SignedDuration);

impl DateTime {
    pub(super) fn value(at: Timestamp) -> Value {
        jiff::Timestamp::from_millisecond(at.as_ms())
            .map_or(Value::UNDEFINED, |at| Value::from_object(Self(at.to_zoned(TimeZone::UTC))))
    }

    /// Reads a moment from whatever a template may hand over: one of ours, ISO 8601 text, unix seconds.
    pub(super) fn of(value: &Value) -> Option<Self> {
        if let Some(moment) = value.downcast_object_ref::<Self>() {
            return Some(moment.clone());
        }
        match value.kind() {
            ValueKind::String => Self::parse_iso(value.as_str()?),
            ValueKind::Number => Self::from_seconds(f64::try_from(value.clone()).ok()?),
            _ => None,
        }
    }

    pub(super) fn parse_iso(text: &str) -> Option<Self> {
        let text = text.trim();
        let pieces = jiff::fmt::temporal::DateTimeParser::new().parse_pieces(text).ok()?;
        let civil = pieces.date().to_datetime(pieces.time().unwrap_or_default());
        let offset = pieces.to_numeric_offset().unwrap_or(Offset::UTC);
        civil.to_zoned(TimeZone::fixed(offset)).ok().map(Self)
    }

    pub(super) fn from_seconds(seconds: f64) -> Option<Self> {
        // Milliseconds hold every year a payload can mean; a value out of range becomes none.
        let ms = (seconds * 1_000.0).round();
        if !ms.is_finite() || ms.abs() > 9e15 {
            return None;
        }
        let at = jiff::Timestamp::from_millisecond(ms as i64).ok()?;
        Some(Self(at.to_zoned(TimeZone::UTC)))
    }

    /// As Python's `strptime`; without a zone in the text it is UTC.
    pub(super) fn parse_with(text: &str, format: &str) -> Option<Self> {
        let parsed = strtime::parse(format, text).ok()?;
        if let Ok(zoned) = parsed.to_zoned() {
            return Some(Self(zoned));
        }
        let civil = parsed
            .to_datetime()
            .or_else(|_| parsed.to_date().map(|date| date.to_datetime(jiff::civil::Time::midnight())))
            .ok()?;
        civil.to_zoned(TimeZone::UTC).ok().map(Self)
    }

    pub(super) fn format(&self, state: &mut State<'_, '_>, format: &str) -> Result<String, Error> {
        // `%255Y` is the longest that so few letters make.
        const SPREAD: usize = 64;
        meter::make(state, format.len().saturating_mul(SPREAD))?;
        strtime::format(format, &self.0)
            .map_err(|error| invalid(format!("`{format}` is no time format: {error}")))
    }

    pub(super) fn in_zone(&self, zone: &str) -> Result<Self, Error> {
        let zone = TimeZone::get(zone)
            .map_err(|_| invalid(format!("`{zone}` is no time zone; write one like Europe/Berlin")))?;
        Ok(Self(self.0.with_time_zone(zone)))
    }

    fn moved(&self, delta: Delta) -> Result<Value, Error> {
        let moved =
            self.0.checked_add(delta.0).map_err(|_| invalid("the moment is out of range".to_owned()))?;
        Ok(Value::from_object(Self(moved)))
    }

    fn seconds(&self) -> f64 {
        self.0.timestamp().as_millisecond() as f64 / 1_000.0
    }
}

impl Object for DateTime {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
        Some(match key {
            "year" => Value::from(self.0.year()),
            "month" => Value::from(self.0.month()),
            "day" => Value::from(self.0.day()),
            "hour" => Value::from(self.0.hour()),
            "minute" => Value::from(self.0.minute()),
            "second" => Value::from(self.0.second()),
            "microsecond" => Value::from(self.0.subsec_nanosecond() / 1_000),
            _ => return None,
        })
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.get_value_by_str(key.as_str()?)
    }

    fn custom_cmp(self: &Arc<Self>, other: &DynObject) -> Option<Ordering> {
        Some(self.0.cmp(&other.downcast_ref::<Self>()?.0))
    }

    /// As Python's `str(datetime)`.
    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.iso(' '))
    }

    fn call_method(
        self: &Arc<Self>,
        state: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        match method {
            "strftime" => {
                let (format,): (&str,) = from_args(args)?;
                self.format(state, format).map(Value::from)
            }
            "isoformat" => Ok(Value::from(self.iso('T'))),
            "timestamp" => Ok(Value::from(self.seconds())),
            "weekday" => Ok(Value::from(self.0.weekday().to_monday_zero_offset())),
            "isoweekday" => Ok(Value::from(self.0.weekday().to_monday_one_offset())),
            "astimezone" => {
                let (zone,): (&str,) = from_args(args)?;
                Ok(Value::from_object(self.in_zone(zone)?))
            }
            "add" => {
                let (delta,): (&Value,) = from_args(args)?;
                self.moved(Delta::of(delta)?)
            }
            "sub" => {
                let (other,): (&Value,) = from_args(args)?;
                if let Some(other) = other.downcast_object_ref::<Self>() {
                    return Ok(Value::from_object(Delta(self.0.duration_since(&other.0))));
                }
                self.moved(Delta(-Delta::of(other)?.0))
            }
            _ => Err(Error::from(ErrorKind::UnknownMethod)),
        }
    }
}

impl DateTime {
    fn iso(&self, between: char) -> String {
        let fraction = if self.0.subsec_nanosecond() == 0 { "" } else { "%.6f" };
        strtime::format(format!("%Y-%m-%d{between}%H:%M:%S{fraction}%:z"), &self.0).unwrap_or_default()
    }
}

impl Delta {
    /// OnCall's form: a sign, a number, one of s m h d w.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (negative, rest) = match text.as_bytes().first()? {
            b'-' => (true, &text[1..]),
            b'+' => (false, &text[1..]),
            _ => (false, text),
        };
        let unit_at = rest.find(|c: char| !c.is_ascii_digit())?;
        let amount: i64 = rest[..unit_at].parse().ok()?;
        let unit_s = match &rest[unit_at..] {
            "s" => 1,
            "m" => 60,
            "h" => 3_600,
            "d" => 86_400,
            "w" => 604_800,
            _ => return None,
        };
        let seconds = amount.checked_mul(unit_s)?;
        Some(Self(SignedDuration::from_secs(if negative { -seconds } else { seconds })))
    }

    fn of(value: &Value) -> Result<Self, Error> {
        if let Some(delta) = value.downcast_object_ref::<Self>() {
            return Ok(*delta);
        }
        value
            .as_str()
            .and_then(Self::parse)
            .or_else(|| value.as_i64().map(|seconds| Self(SignedDuration::from_secs(seconds))))
            .ok_or_else(|| invalid(format!("`{value}` is no span of time; write one like 30m, 2h, 1d")))
    }
}

impl Object for Delta {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
        match key {
            "days" => Some(Value::from(self.0.as_secs().div_euclid(86_400))),
            "seconds" => Some(Value::from(self.0.as_secs().rem_euclid(86_400))),
            _ => None,
        }
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.get_value_by_str(key.as_str()?)
    }

    fn custom_cmp(self: &Arc<Self>, other: &DynObject) -> Option<Ordering> {
        Some(self.0.cmp(&other.downcast_ref::<Self>()?.0))
    }

    /// As Python's `str(timedelta)`: `1 day, 2:03:04`.
    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let days = self.0.as_secs().div_euclid(86_400);
        let rest = self.0.as_secs().rem_euclid(86_400);
        if days != 0 {
            write!(f, "{days} day{}, ", if days.abs() == 1 { "" } else { "s" })?;
        }
        write!(f, "{}:{:02}:{:02}", rest / 3_600, rest % 3_600 / 60, rest % 60)
    }

    fn call_method(
        self: &Arc<Self>,
        _state: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        match method {
            "total_seconds" => {
                let () = from_args(args)?;
                Ok(Value::from(self.0.as_millis() as f64 / 1_000.0))
            }
            _ => Err(Error::from(ErrorKind::UnknownMethod)),
        }
    }
}

fn invalid(what: String) -> Error {
    Error::new(ErrorKind::InvalidOperation, what)
}
