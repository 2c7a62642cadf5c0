//! JSON in and out of templates: a payload as changeable, ordered dicts, and the two ways Python writes JSON.

use std::io;
use std::sync::Arc;

use minijinja::Value;
use serde::Serialize;
use serde_json::Value as Json;
use serde_json::ser::{Formatter, PrettyFormatter};

use super::dict::Dict;

/// A JSON value as the templates see it.
pub(super) fn from_json(json: &Json) -> Value {
    match json {
        Json::Null => Value::from(()),
        Json::Bool(flag) => Value::from(*flag),
        Json::String(text) => Value::from(text.as_str()),
        Json::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(integer), _) => Value::from(integer),
            (None, Some(natural)) => Value::from(natural),
            (None, None) => Value::from(number.as_f64().unwrap_or_default()),
        },
        Json::Array(items) => items.iter().map(from_json).collect(),
        Json::Object(map) => Value::from_object(Dict::new(
            map.iter().map(|(key, value)| (Arc::from(key.as_str()), from_json(value))).collect(),
        )),
    }
}

/// As Python's `json.dumps(value)`: one line, `", "` and `": "`, only ASCII.
pub(super) fn dumps(value: &Value) -> Option<String> {
    let json = serde_json::to_value(value).ok()?;
    let mut out = Vec::new();
    json.serialize(&mut serde_json::Serializer::with_formatter(&mut out, PythonFormatter)).ok()?;
    Some(escape_non_ascii(&String::from_utf8_lossy(&out)))
}

/// As OnCall's `tojson_pretty`: keys sorted, four blanks, any character as it is.
pub(super) fn pretty(value: &Value) -> Option<String> {
    let mut json = serde_json::to_value(value).ok()?;
    json.sort_all_objects();
    let mut out = Vec::new();
    let formatter = PrettyFormatter::with_indent(b"    ");
    json.serialize(&mut serde_json::Serializer::with_formatter(&mut out, formatter)).ok()?;
    String::from_utf8(out).ok()
}

/// JSON's text as a value; none if it is none, as in OnCall.
pub(super) fn parse(text: &str) -> Value {
    serde_json::from_str(text).map_or_else(|_| Value::from(()), |json: Json| from_json(&json))
}

struct PythonFormatter;

impl Formatter for PythonFormatter {
    fn begin_array_value<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        if first { Ok(()) } else { writer.write_all(b", ") }
    }

    fn begin_object_key<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        if first { Ok(()) } else { writer.write_all(b", ") }
    }

    fn begin_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        writer.write_all(b": ")
    }
}

fn escape_non_ascii(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut units = [0_u16; 2];
    for c in text.chars() {
        if c.is_ascii() {
            out.push(c);
        } else {
            for unit in c.encode_utf16(&mut units) {
                out.push_str(&format!("\\u{unit:04x}"));
            }
        }
    }
    out
}
