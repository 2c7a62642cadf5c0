//! OnCall's filters, by its names and with its answers: what cannot be converted becomes none, which renders empty.

use base64::Engine as _;
use minijinja::value::{Kwargs, ValueKind};
use minijinja::{Environment, Error, ErrorKind, State, Value};

use super::datetime::{DEFAULT_FORMAT, DateTime, Delta};
use super::{json, regexes};

/// Names of every filter there is, for "did you mean"; a test compares them with the engine.
pub(super) const NAMES: &[&str] = &[
    "abs",
    "attr",
    "b64decode",
    "batch",
    "bool",
    "capitalize",
    "chain",
    "count",
    "d",
    "datetimeformat",
    "datetimeformat_as_timezone",
    "datetimeparse",
    "default",
    "dictsort",
    "e",
    "escape",
    "first",
    "float",
    "format",
    "groupby",
    "indent",
    "int",
    "iso8601_to_time",
    "items",
    "join",
    "json_dumps",
    "last",
    "length",
    "lines",
    "list",
    "lower",
    "map",
    "max",
    "min",
    "parse_json",
    "pprint",
    "regex_match",
    "regex_replace",
    "regex_search",
    "reject",
    "rejectattr",
    "replace",
    "reverse",
    "round",
    "safe",
    "select",
    "selectattr",
    "slice",
    "sort",
    "split",
    "string",
    "striptags",
    "sum",
    "timedeltaparse",
    "timestamp_to_datetime",
    "title",
    "tojson",
    "tojson_pretty",
    "trim",
    "truncate",
    "unique",
    "upper",
    "urlencode",
    "zip",
];

/// Puts OnCall's filters and functions into `environment`, and the few of Jinja2's that MiniJinja leaves out.
pub(super) fn register(environment: &mut Environment<'static>) {
    environment
        .add_filter("datetimeformat", |value: &Value, format: Option<&str>| formatted(value, format, None));
    environment.add_filter(
        "datetimeformat_as_timezone",
        |value: &Value, format: Option<&str>, tz: Option<&str>| {
            formatted(value, format, Some(tz.unwrap_or("UTC")))
        },
    );
    environment.add_filter("datetimeparse", |value: &Value, format: Option<&str>| {
        let parsed =
            value.as_str().and_then(|text| DateTime::parse_with(text, format.unwrap_or(DEFAULT_FORMAT)));
        parsed.map_or(Value::from(()), Value::from_object)
    });
    environment.add_filter("iso8601_to_time", |value: &Value| {
        value.as_str().and_then(DateTime::parse_iso).map_or(Value::from(()), Value::from_object)
    });
    environment.add_filter("timestamp_to_datetime", |value: &Value| {
        let seconds = f64::try_from(value.clone()).ok();
        seconds.and_then(DateTime::from_seconds).map_or(Value::from(()), Value::from_object)
    });
    environment.add_filter("timedeltaparse", |value: &Value| {
        value.as_str().and_then(Delta::parse).map_or(Value::from(()), Value::from_object)
    });
    environment.add_filter("tojson_pretty", |value: &Value| {
        json::pretty(value).map_or(Value::from(()), Value::from)
    });
    environment
        .add_filter("json_dumps", |value: &Value| json::dumps(value).map_or(Value::from(()), Value::from));
    environment.add_filter("parse_json", |value: &Value| value.as_str().map_or(Value::from(()), json::parse));
    environment
        .add_filter("b64decode", |value: &Value| b64decode(value).map_or(Value::from(()), Value::from));
    environment.add_filter("regex_replace", regex_replace);
    environment.add_filter("regex_match", |value: &Value, pattern: &str| regex_found(value, pattern, true));
    environment.add_filter("regex_search", |value: &Value, pattern: &str| regex_found(value, pattern, false));
    environment.add_filter("length", length);
    environment.add_filter("count", length);
    environment.add_filter("truncate", truncate);
    environment.add_filter("striptags", minijinja_contrib::filters::striptags);
    // The time is an argument: `now` in the context.
    environment.add_function("time", |state: &mut State| state.lookup("now").unwrap_or_default());
}

fn formatted(value: &Value, format: Option<&str>, zone: Option<&str>) -> Result<Value, Error> {
    let Some(moment) = DateTime::of(value) else { return Ok(Value::from(())) };
    let moment = match zone {
        Some(zone) => moment.in_zone(zone)?,
        None => moment,
    };
    moment.format(format.unwrap_or(DEFAULT_FORMAT)).map(Value::from)
}

fn b64decode(value: &Value) -> Option<String> {
    let text: String = value.as_str()?.chars().filter(|c| !c.is_whitespace()).collect();
    let bytes = base64::engine::general_purpose::STANDARD.decode(text).ok()?;
    String::from_utf8(bytes).ok()
}

fn regex_replace(value: &Value, find: &str, replace: &str) -> Result<Value, Error> {
    let Some(text) = value.as_str() else { return Ok(Value::from(())) };
    let regex = regexes::compiled(find, false)?;
    let replaced = regex.replace_all(text, regexes::python_replacement(replace).as_str());
    Ok(Value::from(replaced.into_owned()))
}

fn regex_found(value: &Value, pattern: &str, anchored: bool) -> Result<Value, Error> {
    let Some(text) = value.as_str() else { return Ok(Value::from(())) };
    Ok(Value::from(regexes::compiled(pattern, anchored)?.is_match(text)))
}

/// As Jinja2's: `truncate(length=255, killwords=false, end="...", leeway=5)`.
fn truncate(
    value: &Value,
    length: Option<usize>,
    killwords: Option<bool>,
    end: Option<&str>,
    named: Kwargs,
) -> Result<String, Error> {
    let text = if value.is_none() || value.is_undefined() { String::new() } else { value.to_string() };
    let length = length.or(named.get("length")?).unwrap_or(255);
    let killwords = killwords.or(named.get("killwords")?).unwrap_or(false);
    let end = end.or(named.get("end")?).unwrap_or("...");
    let leeway = named.get::<Option<usize>>("leeway")?.unwrap_or(5);
    named.assert_all_used()?;
    if text.chars().count() <= length.saturating_add(leeway) {
        return Ok(text);
    }
    let kept: String = text.chars().take(length.saturating_sub(end.chars().count())).collect();
    let kept = match kept.rsplit_once(' ') {
        Some((words, _)) if !killwords => words,
        _ => &kept,
    };
    Ok(format!("{kept}{end}"))
}

/// As Jinja2's: what is not there has the length 0.
fn length(value: &Value) -> Result<usize, Error> {
    match value.kind() {
        ValueKind::Undefined | ValueKind::None => Ok(0),
        kind => value.len().ok_or_else(|| {
            Error::new(
                ErrorKind::InvalidOperation,
                format!("a {kind} has no length; `| string | length` counts its characters"),
            )
        }),
    }
}
