//! From texts to a checked interval.

use std::borrow::Cow;

use jiff::civil::Weekday;
use jiff::tz::{TimeZone, TimeZoneDatabase};

use super::{Range, TimeInterval, TimeIntervalError, TimeIntervalSpec, TimeRangeSpec, weekday_number};

const WEEKDAYS: [(&str, Weekday); 7] = [
    ("sunday", Weekday::Sunday),
    ("monday", Weekday::Monday),
    ("tuesday", Weekday::Tuesday),
    ("wednesday", Weekday::Wednesday),
    ("thursday", Weekday::Thursday),
    ("friday", Weekday::Friday),
    ("saturday", Weekday::Saturday),
];

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

/// What is wrong and how to mend it.
type Wrong = (String, Cow<'static, str>);

pub(super) fn parse(
    spec: &TimeIntervalSpec,
    local: &TimeZone,
) -> Result<TimeInterval, Vec<TimeIntervalError>> {
    let mut errors = Vec::new();
    let interval = TimeInterval {
        minutes: each("times", spec.times.as_deref(), minutes, &mut errors),
        weekdays: each("weekdays", spec.weekdays.as_deref(), |text: &String| weekdays(text), &mut errors),
        days_of_month: each(
            "days_of_month",
            spec.days_of_month.as_deref(),
            |text: &String| days_of_month(text),
            &mut errors,
        ),
        months: each("months", spec.months.as_deref(), |text: &String| months(text), &mut errors),
        years: each("years", spec.years.as_deref(), |text: &String| years(text), &mut errors),
        zone: match zone(spec.location.as_deref(), local) {
            Ok(zone) => zone,
            Err((what, hint)) => {
                errors.push(TimeIntervalError { path: "location".to_owned(), what, hint: hint.into_owned() });
                TimeZone::UTC
            }
        },
    };
    if errors.is_empty() { Ok(interval) } else { Err(errors) }
}

fn each<T>(
    key: &str,
    written: Option<&[T]>,
    read: impl Fn(&T) -> Result<Range, Wrong>,
    errors: &mut Vec<TimeIntervalError>,
) -> Option<Vec<Range>> {
    let mut ranges = Vec::new();
    for (nth, text) in written?.iter().enumerate() {
        match read(text) {
            Ok(range) => ranges.push(range),
            Err((what, hint)) => {
                errors.push(TimeIntervalError {
                    path: format!("{key}[{nth}]"),
                    what,
                    hint: hint.into_owned(),
                });
            }
        }
    }
    Some(ranges)
}

/// `a` or `a:b`; capitals do not matter.
fn range(text: &str, member: impl Fn(&str) -> Result<i64, Wrong>) -> Result<Range, Wrong> {
    let text = text.to_lowercase();
    match text.split_once(':') {
        None => member(&text).map(|value| Range { begin: value, end: value }),
        Some((_, end)) if end.contains(':') => Err((
            format!("couldn't parse range {text}, invalid format"),
            "write one value, or two with a colon between".into(),
        )),
        Some((begin, end)) => Ok(Range { begin: member(begin)?, end: member(end)? }),
    }
}

fn weekdays(text: &str) -> Result<Range, Wrong> {
    let range = range(text, |name| {
        WEEKDAYS.iter().find(|(known, _)| *known == name).map(|(_, day)| weekday_number(*day)).ok_or_else(
            || {
                (
                    format!("{name} is not a valid weekday"),
                    "write the English name in full, as in monday:friday".into(),
                )
            },
        )
    })?;
    if range.begin > range.end {
        // Alertmanager's words are the wrong way round; people paste them into search boxes.
        let hint = "the week begins with sunday: write friday:saturday and sunday:monday as two entries";
        return Err(("start day cannot be before end day".to_owned(), hint.into()));
    }
    Ok(range)
}

fn days_of_month(text: &str) -> Result<Range, Wrong> {
    let hint = "days go from 1 to 31, or from -31 to -1 counted from the end of the month";
    let range = range(text, |day| {
        number(day).ok_or_else(|| (format!("{day} is not a valid day of the month"), hint.into()))
    })?;
    for day in [range.begin, range.end] {
        if day == 0 || !(-31..=31).contains(&day) {
            return Err((format!("{day} is not a valid day of the month: out of range"), hint.into()));
        }
    }
    if range.begin < 0 && range.end > 0 {
        let hint = "write two entries, one for the end of the month and one for its beginning";
        return Err(("end day must be negative if start day is negative".to_owned(), hint.into()));
    }
    // Every month has 28 days at least.
    let in_shortest = |day: i64| if day < 0 { 28 + day } else { day };
    if in_shortest(range.begin) > in_shortest(range.end) {
        let what = format!("end day {} is always before start day {}", range.end, range.begin);
        return Err((what, "swap the two".into()));
    }
    Ok(range)
}

fn months(text: &str) -> Result<Range, Wrong> {
    let range = range(text, |name| {
        let place =
            MONTHS.iter().position(|month| *month == name).and_then(|place| i64::try_from(place + 1).ok());
        place.or_else(|| number(name)).ok_or_else(|| {
            (
                format!("{name} is not a valid month"),
                "write the English name in full or a number, as in january:march or 1:3".into(),
            )
        })
    })?;
    if range.begin > range.end {
        let name = |month: i64| {
            let place = usize::try_from(month - 1).ok();
            place
                .and_then(|place| MONTHS.get(place))
                .map_or_else(|| month.to_string(), |name| (*name).to_owned())
        };
        let what = format!("end month {} is before start month {}", name(range.end), name(range.begin));
        return Err((
            what,
            "a range stays within the year: write november:december and january:march as two entries".into(),
        ));
    }
    Ok(range)
}

fn years(text: &str) -> Result<Range, Wrong> {
    let range = range(text, |year| {
        number(year)
            .ok_or_else(|| (format!("{year} is not a valid year"), "write a number, as in 2024:2026".into()))
    })?;
    if range.begin > range.end {
        let what = format!("end year {} is before start year {}", range.end, range.begin);
        return Err((what, "swap the two".into()));
    }
    Ok(range)
}

/// Go's Atoi: decimal digits with an optional sign.
fn number(text: &str) -> Option<i64> {
    text.parse().ok()
}

fn minutes(spec: &TimeRangeSpec) -> Result<Range, Wrong> {
    if spec.start_time.is_empty() || spec.end_time.is_empty() {
        let hint = "write {start_time: \"09:00\", end_time: \"17:00\"}";
        return Err(("both start and end times must be provided".to_owned(), hint.into()));
    }
    let (begin, end) = (minute(&spec.start_time)?, minute(&spec.end_time)?);
    if begin >= end {
        let hint = match (begin, end) {
            (same, end) if same == end => "it would be empty: the end is not included".into(),
            (begin, 0) => format!("write the end of the day as 24:00: from {} to 24:00", clock(begin)).into(),
            (begin, end) => format!(
                "a range stays within the day: write two entries, {} to 24:00 and 00:00 to {}",
                clock(begin),
                clock(end)
            )
            .into(),
        };
        return Err(("start time cannot be equal or greater than end time".to_owned(), hint));
    }
    Ok(Range { begin, end })
}

fn clock(minute: i64) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

/// `HH:MM` from `00:00` to `24:00`.
fn minute(text: &str) -> Result<i64, Wrong> {
    let read = || -> Option<i64> {
        let (hour, minute) = text.split_once(':')?;
        let two = |digits: &str| {
            (digits.len() == 2 && digits.bytes().all(|byte| byte.is_ascii_digit())).then_some(())
        };
        two(hour).and(two(minute))?;
        let (hour, minute): (i64, i64) = (hour.parse().ok()?, minute.parse().ok()?);
        let is_time = (hour < 24 && minute < 60) || (hour == 24 && minute == 0);
        is_time.then_some(hour * 60 + minute)
    };
    read().ok_or_else(|| {
        (
            format!("couldn't parse timestamp {text}, invalid format"),
            "write HH:MM with four digits, from 00:00 to 24:00".into(),
        )
    })
}

fn zone(name: Option<&str>, local: &TimeZone) -> Result<TimeZone, Wrong> {
    match name {
        None | Some("" | "UTC") => Ok(TimeZone::UTC),
        Some("Local") => Ok(local.clone()),
        // The database takes any capitals; Alertmanager, which looks for a file of that name, does not.
        Some(name) => TimeZoneDatabase::bundled()
            .get(name)
            .ok()
            .filter(|zone| zone.iana_name() == Some(name))
            .ok_or_else(|| {
                (
                    format!("unknown time zone {name}"),
                    "write a name of the IANA database, with its capitals, as in Europe/Berlin or Asia/Tokyo"
                        .into(),
                )
            }),
    }
}
