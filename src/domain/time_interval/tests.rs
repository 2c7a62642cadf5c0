use std::time::Duration;

use proptest::prelude::*;

use super::*;

fn at(text: &str) -> Timestamp {
    Timestamp::from_ms(text.parse::<jiff::Timestamp>().unwrap().as_millisecond())
}

fn interval(yaml: &str) -> TimeInterval {
    let spec: TimeIntervalSpec = serde_saphyr::from_str(yaml).unwrap();
    TimeInterval::parse(&spec, &TimeZone::UTC).unwrap()
}

#[test]
fn all_that_is_wrong_at_once() {
    let spec: TimeIntervalSpec =
        serde_saphyr::from_str("{weekdays: [moon], days_of_month: [1, 40], years: [a], location: Moon/Sea, times: [{start_time: '9:00', end_time: '10:00'}]}")
            .unwrap();
    let errors = TimeInterval::parse(&spec, &TimeZone::UTC).unwrap_err();
    let shown: Vec<String> = errors.iter().map(ToString::to_string).collect();
    assert_eq!(
        shown,
        [
            "times[0]: couldn't parse timestamp 9:00, invalid format",
            "weekdays[0]: moon is not a valid weekday",
            "days_of_month[1]: 40 is not a valid day of the month: out of range",
            "years[0]: a is not a valid year",
            "location: unknown time zone Moon/Sea",
        ]
    );
}

#[test]
fn zones_are_those_of_alertmanager() {
    for (name, is_known) in [
        ("Europe/Berlin", true),
        ("US/Eastern", true),
        ("Etc/GMT+5", true),
        ("CET", true),
        ("Local", true),
        ("", true),
        ("europe/berlin", false),
        ("utc", false),
        ("CEST", false),
    ] {
        let spec = TimeIntervalSpec { location: Some(name.to_owned()), ..TimeIntervalSpec::default() };
        assert_eq!(TimeInterval::parse(&spec, &TimeZone::UTC).is_ok(), is_known, "{name:?}");
    }
}

#[test]
fn next_change_at_the_edges() {
    let office = interval(
        "{weekdays: ['monday:friday'], times: [{start_time: '09:00', end_time: '17:00'}], location: Europe/Berlin}",
    );
    for (now, next) in [
        // Friday evening to Monday morning, over the change to summer time.
        ("2026-03-27T16:00:00Z", "2026-03-30T07:00:00Z"),
        ("2026-03-30T07:00:00Z", "2026-03-30T15:00:00Z"),
        ("2026-03-30T06:59:59.999Z", "2026-03-30T07:00:00Z"),
    ] {
        assert_eq!(office.next_change(at(now)), Some(at(next)), "{now}");
    }
    assert_eq!(interval("{}").next_change(at("2026-01-01T00:00:00Z")), None);
    // Three years away: the answer is a moment to ask again.
    let leap = interval("{months: [february], days_of_month: [29]}");
    let mut now = at("2025-03-01T00:00:00Z");
    while !leap.contains(now) {
        now = leap.next_change(now).unwrap();
    }
    assert_eq!(now, at("2028-02-29T00:00:00Z"));
}

#[test]
fn an_empty_list_never_holds() {
    let never = interval("{times: []}");
    assert!(!never.contains(at("2026-01-01T00:00:00Z")));
}

/// Conformance: Alertmanager's own test makes this range in code, beyond what can be written.
#[test]
fn days_beyond_the_month_are_its_edges() {
    let mut june = interval("{months: [june]}");
    june.days_of_month = Some(vec![Range { begin: -31, end: 31 }]);
    for (now, is_in) in [
        ("2020-06-30T00:00:00Z", true),
        ("2020-06-01T00:00:00Z", true),
        ("2020-05-31T00:00:00Z", false),
        ("2020-07-01T00:00:00Z", false),
    ] {
        assert_eq!(june.contains(at(now)), is_in, "{now}");
    }
}

#[test]
fn a_route_is_quiet() {
    let mut all = TimeIntervals::default();
    all.0.insert("office".to_owned(), vec![interval("{times: [{start_time: '09:00', end_time: '17:00'}]}")]);
    all.0.insert("year".to_owned(), vec![interval("{years: [2026]}")]);
    let (office, year) = (["office".to_owned()], ["year".to_owned()]);
    let (day, night) = (at("2026-01-01T10:00:00Z"), at("2026-01-01T20:00:00Z"));
    assert_eq!(all.quiet(&office, &[], day), Some(Quiet::Muted { by: office.to_vec() }));
    assert_eq!(all.quiet(&office, &[], night), None);
    assert_eq!(all.quiet(&[], &office, day), None);
    assert_eq!(all.quiet(&[], &office, night), Some(Quiet::NotActive { none_of: office.to_vec() }));
    assert_eq!(all.quiet(&office, &year, night), None);
    assert_eq!(all.next_change(office.iter().chain(&year), day), Some(at("2026-01-01T17:00:00Z")));
}

fn any_spec() -> impl Strategy<Value = TimeIntervalSpec> {
    let clock = |minute: i64| format!("{:02}:{:02}", minute / 60, minute % 60);
    let time = (0i64..1440, 1i64..=1440).prop_map(move |(start, length)| TimeRangeSpec {
        start_time: clock(start),
        end_time: clock((start + length).min(1440)),
    });
    let pair = |low: i64, high: i64| {
        (low..=high, low..=high).prop_map(|(a, b)| format!("{}:{}", a.min(b), a.max(b)))
    };
    let weekdays = (0usize..7, 0usize..7).prop_map(|(a, b)| {
        let names = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];
        format!("{}:{}", names[a.min(b)], names[a.max(b)])
    });
    // Zones with odd offsets, half-hour changes, and changes at midnight.
    let zones = [
        "Europe/Berlin",
        "America/New_York",
        "Australia/Lord_Howe",
        "Africa/Cairo",
        "America/Sao_Paulo",
        "Asia/Kathmandu",
        "Pacific/Apia",
    ];
    (
        prop::option::of(prop::collection::vec(time, 0..3)),
        prop::option::of(prop::collection::vec(weekdays, 1..2)),
        prop::option::of(prop::collection::vec(prop_oneof![pair(1, 31), pair(-31, -1)], 1..3)),
        prop::option::of(prop::collection::vec(pair(1, 12), 1..2)),
        prop::option::of(prop::sample::select(zones.to_vec()).prop_map(str::to_owned)),
    )
        .prop_map(|(times, weekdays, days_of_month, months, location)| TimeIntervalSpec {
            times,
            weekdays,
            days_of_month,
            months,
            years: None,
            location,
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    /// Looking every minute finds the same.
    #[test]
    fn next_change_agrees_with_a_scan(spec in any_spec(), day in 0i64..7000) {
        let Ok(interval) = TimeInterval::parse(&spec, &TimeZone::UTC) else { return Ok(()) };
        let now = Timestamp::from_ms(day * 86_400_000 + 946_684_800_000);
        let scanned = (1..=4 * 1440u64)
            .map(|minutes| now + Duration::from_mins(minutes))
            .find(|at| interval.contains(*at) != interval.contains(now));
        let asked = interval.next_change(now);
        match scanned {
            Some(scanned) => prop_assert_eq!(asked, Some(scanned)),
            None => prop_assert!(asked.is_none_or(|asked| asked > now + Duration::from_mins(4 * 1440))),
        }
    }
}
