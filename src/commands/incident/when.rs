//! A time of day at the beginning of a note: `14:05 failover began`.

use jiff::civil::Time;
use jiff::tz::TimeZone;

use super::super::typed;
use crate::domain::time::Timestamp;

/// What a note begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum When<'t> {
    /// Words.
    Now,
    /// A moment, and the words after it.
    At(Timestamp, &'t str),
    /// It looks like a time of day, and is none: `99:99`.
    NoTime(&'t str),
}

/// The last moment before `now` at which a clock in this zone showed the time that the text begins with, and the words
/// after it. A `Z` or `UTC` behind the time takes the place of the zone.
pub(super) fn read<'t>(text: &'t str, zone: &TimeZone, now: Timestamp) -> When<'t> {
    let (first, after) = typed::first(text);
    let word = first.trim_end_matches([',', ';', '.']);
    let word = word.strip_suffix(':').unwrap_or(word);
    let (clock, is_utc) = match word.strip_suffix(['Z', 'z']) {
        Some(clock) => (clock, true),
        None => match word.to_lowercase().strip_suffix("utc") {
            Some(clock) => (&word[..clock.len()], true),
            None => (word, false),
        },
    };
    let Some((hours, minutes)) = clock.split_once(':') else { return When::Now };
    let is_digits = |text: &str, most: usize| {
        !text.is_empty() && text.len() <= most && text.bytes().all(|byte| byte.is_ascii_digit())
    };
    if !is_digits(hours, 2) || !is_digits(minutes, 2) || minutes.len() != 2 {
        return When::Now;
    }
    let time = match (hours.parse(), minutes.parse()) {
        (Ok(hours), Ok(minutes)) => Time::new(hours, minutes, 0, 0).ok(),
        _ => None,
    };
    let Some(time) = time else { return When::NoTime(word) };
    let (next, behind) = typed::first(after);
    let (is_utc, words) = match next.eq_ignore_ascii_case("utc") {
        true => (true, behind),
        false => (is_utc, after),
    };
    let zone = if is_utc { TimeZone::UTC } else { zone.clone() };
    last(time, zone, now).map_or(When::NoTime(word), |at| When::At(at, words))
}

fn last(time: Time, zone: TimeZone, now: Timestamp) -> Option<Timestamp> {
    let here = jiff::Timestamp::from_millisecond(now.as_ms()).ok()?.to_zoned(zone.clone());
    let today = here.date();
    // Where the clock is put forward a time may be missing for a day: then it is that of the day before.
    [Some(today), today.yesterday().ok()].into_iter().flatten().find_map(|day| {
        let at = day.to_datetime(time).to_zoned(zone.clone()).ok()?.timestamp().as_millisecond();
        (at <= now.as_ms()).then_some(Timestamp::from_ms(at))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2025-11-21 04:40 UTC, 05:40 in Berlin.
    const NOW: Timestamp = Timestamp::from_ms(1_763_700_000_000);

    #[test]
    fn a_note_may_begin_with_its_time() {
        let berlin = TimeZone::get("Europe/Berlin").unwrap();
        for (text, zone, at, words) in [
            ("04:05 failover began", &TimeZone::UTC, "2025-11-21T04:05:00Z", "failover began"),
            ("4:05: failover", &TimeZone::UTC, "2025-11-21T04:05:00Z", "failover"),
            ("23:50 it began", &TimeZone::UTC, "2025-11-20T23:50:00Z", "it began"),
            ("05:30 failover", &berlin, "2025-11-21T04:30:00Z", "failover"),
            ("05:50 failover", &berlin, "2025-11-20T04:50:00Z", "failover"),
            ("04:05Z failover", &berlin, "2025-11-21T04:05:00Z", "failover"),
            ("04:05utc failover", &berlin, "2025-11-21T04:05:00Z", "failover"),
            ("04:05 UTC failover", &berlin, "2025-11-21T04:05:00Z", "failover"),
            ("04:05", &TimeZone::UTC, "2025-11-21T04:05:00Z", ""),
        ] {
            let When::At(found, rest) = read(text, zone, NOW) else { panic!("{text}") };
            assert_eq!((found.to_string().as_str(), rest), (at, words), "{text}");
        }
        for text in ["", "failover began", "14:5 x", "1405 x", "14:05:06:07 x", "a:05 x", "Z x", "utc x"] {
            assert_eq!(read(text, &TimeZone::UTC, NOW), When::Now, "{text}");
        }
        for text in ["24:00", "99:99", "7:60"] {
            assert_eq!(read(&format!("{text} x"), &TimeZone::UTC, NOW), When::NoTime(text), "{text}");
        }
    }
}
