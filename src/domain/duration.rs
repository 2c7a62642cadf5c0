//! Durations as Prometheus and Alertmanager write them: `1h30m`, `5d`, `0`.

use std::time::Duration;

/// A text that is no duration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct DurationError {
    /// What is wrong, in Prometheus' words.
    pub what: String,
    /// How to mend it.
    pub hint: String,
}

/// The units in the order in which they must stand, in milliseconds. A year is 365 days.
const UNITS: [(&str, u64); 7] = [
    ("y", 365 * 24 * 3_600_000),
    ("w", 7 * 24 * 3_600_000),
    ("d", 24 * 3_600_000),
    ("h", 3_600_000),
    ("m", 60_000),
    ("s", 1_000),
    ("ms", 1),
];

/// Go counts nanoseconds in 63 bits: about 292 years.
const MAX_MS: u64 = i64::MAX as u64 / 1_000_000;

/// Reads `1h30m`: numbers with the units y, w, d, h, m, s, ms, from large to small, each once; or `0`.
pub fn parse(text: &str) -> Result<Duration, DurationError> {
    match text {
        "0" => return Ok(Duration::ZERO),
        "" => {
            return Err(DurationError {
                what: "empty duration string".to_owned(),
                hint: "write a number and a unit, as in 30s, 5m or 1h30m".to_owned(),
            });
        }
        _ => {}
    }
    let wrong = || DurationError { what: format!("not a valid duration string: {text:?}"), hint: hint(text) };
    let too_long = || DurationError {
        what: "duration out of range".to_owned(),
        hint: "the longest duration is 292 years".to_owned(),
    };
    let mut total_ms: u64 = 0;
    let mut rest = text;
    let mut next_unit = 0;
    while !rest.is_empty() {
        let digits_end = rest.find(|c: char| !c.is_ascii_digit()).ok_or_else(wrong)?;
        let (digits, after) = rest.split_at(digits_end);
        let unit_end = after.find(|c: char| c.is_ascii_digit()).unwrap_or(after.len());
        let (unit, after) = after.split_at(unit_end);
        let place = UNITS.iter().position(|(name, _)| *name == unit).filter(|place| *place >= next_unit);
        let Some((place, (_, unit_ms))) = place.and_then(|place| Some((place, UNITS.get(place)?))) else {
            return Err(wrong());
        };
        if digits.is_empty() {
            return Err(wrong());
        }
        let part = digits
            .parse::<u64>()
            .ok()
            .and_then(|number| number.checked_mul(*unit_ms))
            .ok_or_else(too_long)?;
        total_ms = total_ms.checked_add(part).filter(|total| *total <= MAX_MS).ok_or_else(too_long)?;
        next_unit = place + 1;
        rest = after;
    }
    Ok(Duration::from_millis(total_ms))
}

/// Guesses what was meant.
fn hint(text: &str) -> String {
    let general =
        "write numbers with units from large to small, as in 30s, 5m, 1h30m or 2d (y, w, d, h, m, s, ms)";
    let compact: String = text.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_lowercase();
    if compact.starts_with('-') {
        return format!("a duration cannot be negative; {general}");
    }
    if !compact.is_empty() && compact.bytes().all(|byte| byte.is_ascii_digit()) {
        return format!("the unit is missing: write {compact}s or {compact}m");
    }
    if compact.contains(['.', ',']) {
        return "fractions are not possible: write 1h30m for one and a half hours".to_owned();
    }
    let end = compact.find(|c: char| !c.is_ascii_digit()).unwrap_or(0);
    let (number, word) = compact.split_at(end);
    let unit = match word {
        _ if number.is_empty() => return general.to_owned(),
        "sec" | "secs" | "second" | "seconds" | "s" => "s",
        "min" | "mins" | "minute" | "minutes" | "m" => "m",
        "hr" | "hrs" | "hour" | "hours" | "h" => "h",
        "day" | "days" | "d" => "d",
        "week" | "weeks" | "w" => "w",
        "year" | "years" | "y" => "y",
        "msec" | "millis" | "milliseconds" | "ms" => "ms",
        _ => return general.to_owned(),
    };
    format!("write {number}{unit}")
}

/// The shortest text that [`parse`] reads back, as Prometheus writes it (whole milliseconds).
pub fn canonical(duration: Duration) -> String {
    let mut left = whole_ms(duration);
    if left == 0 {
        return "0s".to_owned();
    }
    let mut text = String::new();
    for (unit, unit_ms) in UNITS {
        // 90d reads better than 12w6d.
        if matches!(unit, "y" | "w") && !left.is_multiple_of(unit_ms) {
            continue;
        }
        if left >= unit_ms {
            text.push_str(&format!("{}{unit}", left / unit_ms));
            left %= unit_ms;
        }
    }
    text
}

/// For people: `1 h 30 min`.
pub fn human(duration: Duration) -> String {
    const WORDS: [(&str, u64); 5] =
        [("d", 24 * 3_600_000), ("h", 3_600_000), ("min", 60_000), ("s", 1_000), ("ms", 1)];
    let mut left = whole_ms(duration);
    let mut parts = Vec::new();
    for (word, word_ms) in WORDS {
        if left >= word_ms {
            parts.push(format!("{} {word}", left / word_ms));
            left %= word_ms;
        }
    }
    if parts.is_empty() { "0 s".to_owned() } else { parts.join(" ") }
}

fn whole_ms(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn read_and_shown() {
        for (text, ms, shown, for_people) in [
            ("0", 0, "0s", "0 s"),
            ("0s", 0, "0s", "0 s"),
            ("1ms", 1, "1ms", "1 ms"),
            ("90s", 90_000, "1m30s", "1 min 30 s"),
            ("1h30m", 5_400_000, "1h30m", "1 h 30 min"),
            ("4h", 14_400_000, "4h", "4 h"),
            ("5d", 432_000_000, "5d", "5 d"),
            ("1w", 604_800_000, "1w", "7 d"),
            ("90d", 7_776_000_000, "90d", "90 d"),
            ("1y2w3d4h5m6s7ms", 33_019_506_007, "382d4h5m6s7ms", "382 d 4 h 5 min 6 s 7 ms"),
            ("010s", 10_000, "10s", "10 s"),
        ] {
            let duration = parse(text).unwrap();
            assert_eq!(duration, Duration::from_millis(ms), "{text}");
            assert_eq!(canonical(duration), shown);
            assert_eq!(human(duration), for_people);
        }
    }

    #[test]
    fn refused_with_a_hint() {
        for (text, hint) in [
            ("", "as in 30s"),
            ("5 min", "write 5m"),
            ("5M", "write 5m"),
            ("1.5h", "1h30m"),
            ("90", "90s or 90m"),
            ("-5m", "negative"),
            ("m", "numbers with units"),
            ("30m1h", "from large to small"),
            ("1h1h", "from large to small"),
            ("1h 30m", "numbers with units"),
            ("٣s", "numbers with units"),
            ("300y", "292 years"),
            ("99999999999999999999s", "292 years"),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.hint.contains(hint), "{text}: {} ({})", error.what, error.hint);
        }
    }

    proptest! {
        #[test]
        fn shown_and_read_again(ms in 0..MAX_MS) {
            let duration = Duration::from_millis(ms);
            prop_assert_eq!(parse(&canonical(duration)).unwrap(), duration);
        }

        #[test]
        fn no_text_breaks_it(text in "\\PC{0,12}|[0-9ymwdhs]{0,12}") {
            let _ = parse(&text);
        }
    }
}
