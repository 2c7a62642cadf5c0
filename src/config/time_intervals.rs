//! `time_intervals` and its old name `mute_time_intervals`, as in Alertmanager.

use jiff::tz::TimeZone;
use serde_json::{Value as Json, json};

use crate::domain::time_interval::{TimeInterval, TimeIntervalSpec, TimeRangeSpec};
use crate::yaml::schema::Definitions;
use crate::yaml::{Fields, Kind, ListOf, Name, Node, Parsed, Reading, Section, Text, Within};

/// A name and when it holds.
pub(super) struct TimeIntervalSection {
    pub(super) name: String,
    pub(super) intervals: Vec<TimeInterval>,
}

impl Section for TimeIntervalSection {
    const NAME: &'static str = "time_interval";
    const ABOUT: &'static str = "A named time: it holds when one of its intervals does.";

    fn read(f: &mut Fields<'_, '_>) -> Option<Self> {
        let name = f.required("name", "The name routes refer to.", &Name("time interval"));
        let intervals = f.list("time_intervals", "One of these must hold.", &Interval);
        Some(Self { name: name?, intervals: intervals? })
    }
}

/// One interval: read as texts, checked by the domain, told at its parts.
struct Interval;

impl Kind for Interval {
    type Out = TimeInterval;

    fn read(&self, reading: &mut Reading<'_>, node: &Node) -> Option<TimeInterval> {
        let spec = Within::<SpecSection>::new().read(reading, node)?.0;
        // What `Local` means; a machine without a zone counts in UTC, as Go does.
        let errors = match TimeInterval::parse(&spec, &TimeZone::try_system().unwrap_or(TimeZone::UTC)) {
            Ok(interval) => {
                for (path, what, hint) in interval.oddities() {
                    let span = node.at_path(&path).unwrap_or(node).span;
                    reading.warning("never-holds", span, what, Some(hint.to_owned()));
                }
                return Some(interval);
            }
            Err(errors) => errors,
        };
        for error in errors {
            let part = node.at_path(&error.path).unwrap_or(node);
            reading.wrong_value(part, &error.what, None, Some(error.hint));
        }
        None
    }

    fn schema(&self, definitions: &mut Definitions) -> Json {
        Within::<SpecSection>::new().schema(definitions)
    }
}

struct SpecSection(TimeIntervalSpec);

impl Section for SpecSection {
    const NAME: &'static str = "interval";
    const ABOUT: &'static str = "All that is given must hold; what is not given does not restrict.";

    fn read(f: &mut Fields<'_, '_>) -> Option<Self> {
        let times = f.optional("times", "Times of the day.", &ListOf(Within::<RangeSection>::new()));
        let weekdays = f.optional("weekdays", "Days of the week: monday:friday.", &ListOf(range()));
        let days = f.optional(
            "days_of_month",
            "Days of the month: 1:7, -3:-1 counts from its end.",
            &ListOf(range()),
        );
        let months = f.optional("months", "Months: january:march or 1:3.", &ListOf(range()));
        let years = f.optional("years", "Years: 2024:2026.", &ListOf(range()));
        let location =
            f.optional("location", "The time zone, for example Europe/Berlin; UTC without it.", &Text);
        Some(Self(TimeIntervalSpec {
            times: times?.map(|times| times.into_iter().map(|t| t.0).collect()),
            weekdays: weekdays?,
            days_of_month: days?,
            months: months?,
            years: years?,
            location: location?,
        }))
    }
}

/// One or from:to; what it must be, the domain says.
fn range() -> Parsed<String> {
    Parsed {
        what: "a range",
        parse: |text| Ok(text.to_owned()),
        schema: || json!({"type": ["string", "integer"]}),
    }
}

struct RangeSection(TimeRangeSpec);

impl Section for RangeSection {
    const NAME: &'static str = "time_range";
    const ABOUT: &'static str = "From one time of the day up to another.";

    fn read(f: &mut Fields<'_, '_>) -> Option<Self> {
        let start = f.required("start_time", "HH:MM", &Text);
        let end = f.required("end_time", "HH:MM, up to 24:00; not included.", &Text);
        Some(Self(TimeRangeSpec { start_time: start?, end_time: end? }))
    }
}
