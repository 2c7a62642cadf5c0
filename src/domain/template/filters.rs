//! OnCall's filters, by its names and with its answers: what cannot be converted becomes none, which renders empty.

use base64::Engine as _;
use minijinja::value::{Kwargs, Rest, ValueKind, ValueOrKwargs, from_args};
use minijinja::{Environment, Error, ErrorKind, State, Value};

use regex::Regex;

use super::datetime::{DEFAULT_FORMAT, DateTime, Delta};
use super::dict::JSON_SPREAD;
use super::{json, meter, regexes};

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
    times(environment);
    json_and_text(environment);
    environment.add_filter("regex_replace", regex_replace);
    environment.add_filter("regex_match", |state: &mut State<'_, '_>, value: &Value, pattern: &str| {
        regex_found(state, value, pattern, true)
    });
    environment.add_filter("regex_search", |state: &mut State<'_, '_>, value: &Value, pattern: &str| {
        regex_found(state, value, pattern, false)
    });
    environment.add_filter("length", length);
    environment.add_filter("count", length);
    environment.add_filter("truncate", truncate);
    // The time is an argument: `now` in the context.
    environment.add_function("time", |state: &mut State<'_, '_>| state.lookup("now").unwrap_or_default());
}

fn times(environment: &mut Environment<'static>) {
    environment.add_filter(
        "datetimeformat",
        |state: &mut State<'_, '_>, value: &Value, format: Option<&str>| {
            formatted(state, value, format, None)
        },
    );
    environment.add_filter(
        "datetimeformat_as_timezone",
        |state: &mut State<'_, '_>, value: &Value, format: Option<&str>, tz: Option<&str>| {
            formatted(state, value, format, Some(tz.unwrap_or("UTC")))
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
}

fn json_and_text(environment: &mut Environment<'static>) {
    let written = |write: fn(&Value) -> Option<String>| {
        move |state: &mut State<'_, '_>, value: &Value| {
            let weight = meter::read(state, value)?;
            meter::make(state, weight.saturating_mul(JSON_SPREAD))?;
            let text = write(value).map_or(Value::from(()), Value::from);
            meter::made(state, text)
        }
    };
    environment.add_filter("tojson_pretty", written(json::pretty));
    environment.add_filter("json_dumps", written(json::dumps));
    environment.add_filter("parse_json", |state: &mut State<'_, '_>, value: &Value| {
        let Some(text) = value.as_str() else { return Ok(Value::from(())) };
        // Everything in JSON stands after one of these.
        let parts = text.bytes().filter(|byte| matches!(byte, b'[' | b'{' | b',' | b':')).count() + 1;
        meter::make(state, text.len().saturating_add(parts.saturating_mul(JSON_PART_BYTES)))?;
        Ok(json::parse(text))
    });
    environment.add_filter("b64decode", |state: &mut State<'_, '_>, value: &Value| {
        let weight = meter::read(state, value)?;
        meter::make(state, weight)?;
        Ok(b64decode(value).map_or(Value::from(()), Value::from))
    });
    environment.add_filter("striptags", |state: &mut State<'_, '_>, value: &Value| {
        let weight = meter::read(state, value)?;
        meter::make(state, weight)?;
        Ok(Value::from(minijinja_contrib::filters::striptags(value.to_string())))
    });
}

/// Bytes a part of a JSON text takes while it is read, and afterwards.
const JSON_PART_BYTES: usize = 256;

fn formatted(
    state: &mut State<'_, '_>,
    value: &Value,
    format: Option<&str>,
    zone: Option<&str>,
) -> Result<Value, Error> {
    let Some(moment) = DateTime::of(value) else { return Ok(Value::from(())) };
    let moment = match zone {
        Some(zone) => moment.in_zone(zone)?,
        None => moment,
    };
    moment.format(state, format.unwrap_or(DEFAULT_FORMAT)).map(Value::from)
}

fn b64decode(value: &Value) -> Option<String> {
    let text: String = value.as_str()?.chars().filter(|c| !c.is_whitespace()).collect();
    let bytes = base64::engine::general_purpose::STANDARD.decode(text).ok()?;
    String::from_utf8(bytes).ok()
}

fn regex_replace(
    state: &mut State<'_, '_>,
    value: &Value,
    find: &str,
    replace: &str,
) -> Result<Value, Error> {
    let Some(text) = value.as_str() else { return Ok(Value::from(())) };
    let regex = searching(state, text, find, false)?;
    let replacement = regexes::python_replacement(replace);
    // Each match brings the replacement, and each group named in it at most the text once in all.
    let (matches, groups) = (regex.find_iter(text).count(), replacement.matches('$').count());
    let bytes = matches.saturating_mul(replacement.len());
    meter::make(state, bytes.saturating_add(text.len().saturating_mul(groups + 1)))?;
    Ok(Value::from(regex.replace_all(text, replacement.as_str()).into_owned()))
}

fn regex_found(
    state: &mut State<'_, '_>,
    value: &Value,
    pattern: &str,
    anchored: bool,
) -> Result<Value, Error> {
    let Some(text) = value.as_str() else { return Ok(Value::from(())) };
    Ok(Value::from(searching(state, text, pattern, anchored)?.is_match(text)))
}

/// A regex for a text, its search charged: it looks at each character more than once.
fn searching(state: &mut State<'_, '_>, text: &str, pattern: &str, anchored: bool) -> Result<Regex, Error> {
    const LOOKS: usize = 8;
    meter::look(state, text.len().saturating_mul(LOOKS))?;
    regexes::compiled(state, pattern, anchored)
}

/// As Jinja2's: `truncate(length=255, killwords=false, end="...", leeway=5)`.
fn truncate(state: &mut State<'_, '_>, value: &Value, args: Rest<ValueOrKwargs>) -> Result<String, Error> {
    let weight = meter::read(state, value)?;
    meter::make(state, weight)?;
    let text = if value.is_none() || value.is_undefined() { String::new() } else { value.to_string() };
    let args = args.into_values();
    let (length, killwords, end, named): (Option<usize>, Option<bool>, Option<&str>, Kwargs) =
        from_args(&args)?;
    let length = length.or(named.get("length")?).unwrap_or(255);
    let killwords = killwords.or(named.get("killwords")?).unwrap_or(false);
    let end = end.or(named.get("end")?).unwrap_or("...");
    let leeway = named.get::<Option<usize>>("leeway")?.unwrap_or(5);
    named.assert_all_used()?;
    meter::make(state, end.len())?;
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
