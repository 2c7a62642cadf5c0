//! JSON in and out of templates: a payload as changeable, ordered dicts, and the two ways Python writes JSON.

use std::io;
use std::sync::Arc;

use minijinja::Value;
use minijinja::value::{Enumerator, Object, ObjectRepr};
use serde::Serialize;
use serde_json::Value as Json;
use serde_json::ser::{Formatter, PrettyFormatter};

use super::dict::Dict;
use super::meter;
use crate::limits::TEMPLATE_MEMORY_MAX_BYTES;

/// A JSON value made ready for templates: cheap to clone, shared by all renderings. A rendering unfolds only what it
/// reads, so a template over one alert of 10,000 does not pay for the others.
#[derive(Debug, Clone)]
pub struct Payload(Arc<Weighed>);

#[derive(Debug)]
struct Weighed {
    /// As the meter counts it: it need not be weighed again for every template that reads it.
    weight: usize,
    node: Node,
}

#[derive(Debug)]
enum Node {
    Leaf(Value),
    List(Vec<Payload>),
    Map(Vec<(Arc<str>, Payload)>),
}

impl Default for Payload {
    fn default() -> Self {
        Self::weighed(Node::Leaf(Value::UNDEFINED))
    }
}

impl From<&Json> for Payload {
    fn from(json: &Json) -> Self {
        Self::weighed(match json {
            Json::Null => Node::Leaf(Value::from(())),
            Json::Bool(flag) => Node::Leaf(Value::from(*flag)),
            Json::String(text) => Node::Leaf(Value::from(text.as_str())),
            Json::Number(number) => Node::Leaf(match (number.as_i64(), number.as_u64()) {
                (Some(integer), _) => Value::from(integer),
                (None, Some(natural)) => Value::from(natural),
                (None, None) => Value::from(number.as_f64().unwrap_or_default()),
            }),
            Json::Array(items) => Node::List(items.iter().map(Self::from).collect()),
            Json::Object(map) => Node::Map(
                map.iter().map(|(name, value)| (Arc::from(name.as_str()), Self::from(value))).collect(),
            ),
        })
    }
}

impl From<Json> for Payload {
    fn from(json: Json) -> Self {
        Self::from(&json)
    }
}

impl Payload {
    fn weighed(node: Node) -> Self {
        let weight = match &node {
            Node::Leaf(value) => meter::leaf_weight(value),
            Node::List(items) => meter::NODE_BYTES + items.iter().map(Self::weight).sum::<usize>(),
            Node::Map(pairs) => {
                let pairs = pairs.iter().map(|(name, value)| meter::name_weight(name) + value.weight());
                meter::NODE_BYTES + pairs.sum::<usize>()
            }
        };
        Self(Arc::new(Weighed { weight, node }))
    }

    pub(super) fn weight(&self) -> usize {
        self.0.weight
    }

    /// A fresh value for one rendering; a map of it can be changed there.
    pub(super) fn to_value(&self) -> Value {
        match &self.0.node {
            Node::Leaf(value) => value.clone(),
            Node::List(_) => Value::from_object(List(self.clone())),
            Node::Map(_) => Value::from_object(Dict::folded(self.clone())),
        }
    }

    /// The fields of a map, one level unfolded.
    pub(super) fn pairs(&self) -> Vec<(Arc<str>, Value)> {
        match &self.0.node {
            Node::Map(pairs) => {
                pairs.iter().map(|(name, value)| (Arc::clone(name), value.to_value())).collect()
            }
            Node::Leaf(_) | Node::List(_) => Vec::new(),
        }
    }
}

/// A list that unfolds the elements that are asked for.
#[derive(Debug)]
pub(super) struct List(Payload);

impl List {
    pub(super) fn weight(&self) -> usize {
        self.0.weight()
    }

    fn items(&self) -> &[Payload] {
        match &self.0.0.node {
            Node::List(items) => items,
            Node::Leaf(_) | Node::Map(_) => &[],
        }
    }
}

impl Object for List {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Seq
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.items().get(key.as_usize()?).map(Payload::to_value)
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Seq(self.items().len())
    }
}

/// As Python's `json.dumps(value)`: one line, `", "` and `": "`, only ASCII.
pub(super) fn dumps(value: &Value) -> Option<String> {
    let json = serde_json::to_value(value).ok()?;
    let mut out = Bounded::default();
    json.serialize(&mut serde_json::Serializer::with_formatter(&mut out, PythonFormatter)).ok()?;
    Some(escape_non_ascii(&String::from_utf8_lossy(&out.0)))
}

/// As OnCall's `tojson_pretty`: keys sorted, four blanks, any character as it is.
pub(super) fn pretty(value: &Value) -> Option<String> {
    let mut json = serde_json::to_value(value).ok()?;
    json.sort_all_objects();
    let mut out = Bounded::default();
    let formatter = PrettyFormatter::with_indent(b"    ");
    json.serialize(&mut serde_json::Serializer::with_formatter(&mut out, formatter)).ok()?;
    String::from_utf8(out.0).ok()
}

/// Text that ends where a rendering's memory would.
#[derive(Default)]
struct Bounded(Vec<u8>);

impl io::Write for Bounded {
    fn write(&mut self, chunk: &[u8]) -> io::Result<usize> {
        if self.0.len() + chunk.len() > TEMPLATE_MEMORY_MAX_BYTES {
            return Err(io::Error::other("too much JSON"));
        }
        self.0.extend_from_slice(chunk);
        Ok(chunk.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// JSON's text as a value; none if it is none, as in OnCall.
pub(super) fn parse(text: &str) -> Value {
    serde_json::from_str(text).map_or_else(|_| Value::from(()), |json: Json| Payload::from(json).to_value())
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
