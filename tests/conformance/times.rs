//! Instants in and out of time intervals, and intervals that are wrong.

use std::collections::BTreeMap;

use firebell::domain::time::Timestamp;
use firebell::domain::time_interval::{TimeInterval, TimeIntervalSpec, TimeIntervals, TimeRangeSpec};
use jiff::tz::TimeZone;
use serde_json::Value;

use crate::{fixture, flag, list, read, text};

fn at(value: &Value) -> Timestamp {
    Timestamp::from_ms(text(value).parse::<jiff::Timestamp>().unwrap().as_millisecond())
}

fn parse(spec: &TimeIntervalSpec) -> TimeInterval {
    TimeInterval::parse(spec, &TimeZone::UTC).unwrap_or_else(|errors| panic!("{spec:?}: {errors:?}"))
}

#[test]
fn instants_in_and_out() {
    let data = fixture("timeintervals_upstream.json");
    let mut instants = 0;
    for case in list(&data["contains"]) {
        let specs: Vec<TimeIntervalSpec> = if let Some(yaml) = case.get("intervals_yaml") {
            serde_saphyr::from_str(text(yaml)).unwrap()
        } else if let Some(yaml) = case.get("interval_yaml") {
            vec![serde_saphyr::from_str(text(yaml)).unwrap()]
        } else {
            vec![read(&case["interval"])]
        };
        if case["interval"]["days_of_month"] == serde_json::json!(["-31:31"]) {
            // Made in code there; nobody can write it. The unit tests look at what it means.
            assert!(TimeInterval::parse(&specs[0], &TimeZone::UTC).is_err());
            continue;
        }
        let intervals: Vec<TimeInterval> = specs.iter().map(parse).collect();
        for (key, is_in) in [("in", true), ("out", false)] {
            for instant in case[key].as_array().unwrap() {
                let found = intervals.iter().any(|interval| interval.contains(at(instant)));
                assert_eq!(found, is_in, "{case}: {instant}");
                instants += 1;
            }
        }
    }
    assert!(instants > 50, "{instants}");
}

#[test]
fn intervals_that_are_wrong() {
    for case in list(&fixture("timeintervals_upstream.json")["invalid"]) {
        let specs: Vec<TimeIntervalSpec> = serde_saphyr::from_str(text(&case["intervals_yaml"])).unwrap();
        let errors: Vec<String> = specs
            .iter()
            .filter_map(|spec| TimeInterval::parse(spec, &TimeZone::UTC).err())
            .flatten()
            .map(|error| error.what)
            .collect();
        assert_eq!(errors, [text(&case["error"])], "{case}");
    }
}

#[test]
fn ranges_of_a_day() {
    for case in list(&fixture("timeintervals_upstream.json")["time_range"]) {
        let range: TimeRangeSpec = serde_saphyr::from_str(text(&case["yaml"])).unwrap();
        let spec = TimeIntervalSpec { times: Some(vec![range]), ..TimeIntervalSpec::default() };
        let interval = TimeInterval::parse(&spec, &TimeZone::UTC);
        assert_eq!(interval.is_ok(), flag(&case["ok"]), "{case}");
        let Ok(interval) = interval else { continue };
        let (start, end) = (case["start_minute"].as_i64().unwrap(), case["end_minute"].as_i64().unwrap());
        for minute in 0..1440 {
            let is_in = interval.contains(Timestamp::from_ms(minute * 60_000));
            assert_eq!(is_in, start <= minute && minute < end, "{case}: {minute}");
        }
    }
}

#[test]
fn which_names_mute() {
    let data = fixture("timeintervals_upstream.json");
    let specs: BTreeMap<String, Vec<TimeIntervalSpec>> = read(&data["mutes"]["time_intervals"]);
    let names: Vec<String> = specs.keys().cloned().collect();
    let intervals = TimeIntervals(
        specs.into_iter().map(|(name, specs)| (name, specs.iter().map(parse).collect())).collect(),
    );
    for case in list(&data["mutes"]["cases"]) {
        let expected: Vec<String> = read(&case["muted_by"]);
        assert_eq!(intervals.holding(&names, at(&case["now"])), expected, "{case}");
    }
}
