//! Time intervals: "on weekdays from nine to five, in Sydney". As in Alertmanager 0.33.
//!
//! An interval is written as a [`TimeIntervalSpec`] of texts and checked by [`TimeInterval::parse`].
//! [`TimeInterval::next_change`] says when to look again, so that nobody has to look every minute.

mod named;
mod parse;

use jiff::civil::{DateTime, Time, Weekday};
use jiff::tz::{AmbiguousOffset, TimeZone};
use serde::{Deserialize, Serialize};

use super::time::Timestamp;
use crate::limits::TIME_INTERVAL_LOOKAHEAD_DAYS;

pub use named::{Quiet, TimeIntervals};

/// An interval as it is written. What is absent does not restrict; an empty list never holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TimeIntervalSpec {
    /// Of the day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<Vec<TimeRangeSpec>>,
    /// `monday:friday`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weekdays: Option<Vec<String>>,
    /// `1:7`, `-3:-1` from the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub days_of_month: Option<Vec<String>>,
    /// `january:march` or `1:3`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub months: Option<Vec<String>>,
    /// `2024:2026`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub years: Option<Vec<String>>,
    /// A name such as `Europe/Berlin`; UTC if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
}

/// From one time of the day to another, the latter not included.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TimeRangeSpec {
    /// `HH:MM`
    #[serde(default)]
    pub start_time: String,
    /// `HH:MM`, up to `24:00`.
    #[serde(default)]
    pub end_time: String,
}

/// Something wrong with one part of an interval.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {what}")]
pub struct TimeIntervalError {
    /// Which part, as in `weekdays[0]`.
    pub path: String,
    /// What is wrong, in Alertmanager's words.
    pub what: String,
    /// How to mend it.
    pub hint: String,
}

/// From `begin` to `end`, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Range {
    begin: i64,
    end: i64,
}

impl Range {
    const fn contains(self, value: i64) -> bool {
        self.begin <= value && value <= self.end
    }
}

/// A checked interval.
#[derive(Clone, Debug)]
pub struct TimeInterval {
    /// Minutes of the day, the end not included.
    minutes: Option<Vec<Range>>,
    /// 0 is Sunday.
    weekdays: Option<Vec<Range>>,
    days_of_month: Option<Vec<Range>>,
    months: Option<Vec<Range>>,
    years: Option<Vec<Range>>,
    zone: TimeZone,
}

impl TimeInterval {
    /// What is allowed, as in Alertmanager, but surely not meant: the place, what is odd and a hint.
    pub fn oddities(&self) -> Vec<(String, String, &'static str)> {
        let months = self.months.iter().flatten().enumerate();
        let outside = months.filter(|(_, range)| range.begin < 1 || range.end > 12);
        let odd = outside.map(|(nth, range)| {
            let never = range.begin > 12 || range.end < 1;
            let what =
                if never { "there is no such month: this never holds" } else { "months go from 1 to 12" };
            (format!("months[{nth}]"), what.to_owned(), "write january to december, or 1 to 12")
        });
        odd.collect()
    }

    /// Checks everything; on failure says all that is wrong. `local` is what the location `Local` means.
    pub fn parse(spec: &TimeIntervalSpec, local: &TimeZone) -> Result<Self, Vec<TimeIntervalError>> {
        parse::parse(spec, local)
    }

    /// Whether `now` is within it.
    pub fn contains(&self, now: Timestamp) -> bool {
        self.contains_local(self.zone.to_datetime(instant(now)))
    }

    /// The next moment after `now` at which it begins or ends, or a far moment at which to ask again; `None` if it never
    /// changes.
    pub fn next_change(&self, now: Timestamp) -> Option<Timestamp> {
        let is_unrestricted = self.minutes.is_none()
            && self.weekdays.is_none()
            && self.days_of_month.is_none()
            && self.months.is_none()
            && self.years.is_none();
        if is_unrestricted {
            return None;
        }
        let is_within = self.contains(now);
        let far = now + TIME_INTERVAL_LOOKAHEAD_DAYS;
        let mut at = instant(now);
        loop {
            at = self.next_edge(at)?;
            let next = Timestamp::from_ms(at.as_millisecond());
            if next >= far || self.contains_local(self.zone.to_datetime(at)) != is_within {
                return Some(next);
            }
        }
    }

    fn contains_local(&self, local: DateTime) -> bool {
        let within = |ranges: &Option<Vec<Range>>, value: i64| {
            ranges.as_ref().is_none_or(|ranges| ranges.iter().any(|range| range.contains(value)))
        };
        let minute = i64::from(local.hour()) * 60 + i64::from(local.minute());
        let in_time = self
            .minutes
            .as_ref()
            .is_none_or(|all| all.iter().any(|range| range.begin <= minute && minute < range.end));
        in_time
            && self.contains_day_of_month(local)
            && within(&self.months, i64::from(local.month()))
            && within(&self.weekdays, i64::from(local.weekday().to_sunday_zero_offset()))
            && within(&self.years, i64::from(local.year()))
    }

    fn contains_day_of_month(&self, local: DateTime) -> bool {
        let Some(ranges) = &self.days_of_month else {
            return true;
        };
        let last = i64::from(local.days_in_month());
        let from_start = |day: i64| if day < 0 { last + day + 1 } else { day };
        ranges.iter().any(|range| {
            let (begin, end) = (from_start(range.begin), from_start(range.end));
            // A range that begins after the month ends is not moved into it.
            begin <= last && begin <= i64::from(local.day()) && i64::from(local.day()) <= end.min(last)
        })
    }

    /// The next moment after `at` at which a local minute of interest, a day, or another offset from UTC begins.
    fn next_edge(&self, at: jiff::Timestamp) -> Option<jiff::Timestamp> {
        let today = self.zone.to_datetime(at).date();
        let days = std::iter::once(today).chain(today.tomorrow());
        let mut edges = Vec::new();
        for day in days {
            let minutes = self.minutes.iter().flatten().flat_map(|range| [range.begin, range.end]);
            for minute in std::iter::once(0).chain(minutes) {
                let time = i8::try_from(minute / 60).ok().zip(i8::try_from(minute % 60).ok());
                // 24:00 is the next day's first minute.
                let Some(time) = time.and_then(|(hour, minute)| Time::new(hour, minute, 0, 0).ok()) else {
                    continue;
                };
                let local = day.to_datetime(time);
                let (first, second) = match self.zone.to_ambiguous_timestamp(local).offset() {
                    AmbiguousOffset::Unambiguous { offset } => (offset, offset),
                    AmbiguousOffset::Gap { before, after } | AmbiguousOffset::Fold { before, after } => {
                        (before, after)
                    }
                };
                edges
                    .extend([first, second].into_iter().filter_map(|offset| offset.to_timestamp(local).ok()));
            }
        }
        edges.extend(self.zone.following(at).next().map(|transition| transition.timestamp()));
        edges.into_iter().filter(|edge| *edge > at).min()
    }
}

/// A moment for the calendar; what is beyond the year 9999 is its end.
fn instant(at: Timestamp) -> jiff::Timestamp {
    let end = if at < Timestamp::from_ms(0) { jiff::Timestamp::MIN } else { jiff::Timestamp::MAX };
    jiff::Timestamp::from_millisecond(at.as_ms()).unwrap_or(end)
}

/// Sunday is 0, as in Go.
fn weekday_number(day: Weekday) -> i64 {
    i64::from(day.to_sunday_zero_offset())
}

#[cfg(test)]
mod tests;
