//! What a value may be. Each kind reads a value and describes itself for the schema.

use std::marker::PhantomData;
use std::ops::Range;

use serde_json::{Value as Json, json};

use super::fields::{Fields, Section};
use super::node::{Node, Scalar, Value};
use super::reading::Reading;
use super::schema::{self, Definitions, nearest};

/// Reads one value. `None` after a mistake, which was then told.
pub trait Kind {
    type Out;

    fn read(&self, reading: &mut Reading<'_>, node: &Node) -> Option<Self::Out>;

    fn schema(&self, definitions: &mut Definitions) -> Json;
}

impl<K: Kind> Kind for &K {
    type Out = K::Out;

    fn read(&self, reading: &mut Reading<'_>, node: &Node) -> Option<K::Out> {
        (*self).read(reading, node)
    }

    fn schema(&self, definitions: &mut Definitions) -> Json {
        (*self).schema(definitions)
    }
}

/// What is wrong with a value, as its own parser sees it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Problem {
    pub message: String,
    pub hint: Option<String>,
    /// Which bytes of the value are meant.
    pub part: Option<Range<usize>>,
}

impl Problem {
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), ..Self::default() }
    }

    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    #[must_use]
    pub fn part(mut self, part: Range<usize>) -> Self {
        self.part = Some(part);
        self
    }
}

/// The scalar of a node, or the finding that it is none.
fn scalar<'n>(reading: &mut Reading<'_>, node: &'n Node, wanted: &str) -> Option<&'n Scalar> {
    match &node.value {
        Value::Scalar(scalar) if scalar.broken => None,
        Value::Scalar(scalar) => Some(scalar),
        _ => {
            reading.wrong_kind(node, wanted);
            None
        }
    }
}

/// Tells a problem of a value at its part. What came from the environment is not repeated in the message.
fn tell(reading: &mut Reading<'_>, node: &Node, scalar: &Scalar, what: &str, problem: Problem) {
    let quoted = reading.quote(scalar, node.span);
    let (message, span) = if scalar.from_env {
        (format!("{quoted} is not {what} (its value is not shown)"), node.span)
    } else {
        let part = problem.part.map(|part| reading.inside(node.span, &scalar.written, &part));
        let detail =
            if problem.message.is_empty() { String::new() } else { format!(": {}", problem.message) };
        (format!("{quoted} is not {what}{detail}"), part.unwrap_or(node.span))
    };
    reading.error("bad-value", span, message, problem.hint);
}

/// Any text; numbers and booleans are taken as they are written.
#[derive(Clone, Copy, Debug)]
pub struct Text;

impl Kind for Text {
    type Out = String;

    fn read(&self, reading: &mut Reading<'_>, node: &Node) -> Option<String> {
        scalar(reading, node, "text").map(|s| s.text.clone())
    }

    fn schema(&self, _: &mut Definitions) -> Json {
        json!({"type": "string"})
    }
}

/// Text with a grammar of its own: a duration, a matcher, a URL …
#[derive(Clone, Copy)]
pub struct Parsed<T> {
    /// "a duration"
    pub what: &'static str,
    pub parse: fn(&str) -> Result<T, Problem>,
    /// More keys for the schema, as JSON.
    pub schema: fn() -> Json,
}

impl<T> Kind for Parsed<T> {
    type Out = T;

    fn read(&self, reading: &mut Reading<'_>, node: &Node) -> Option<T> {
        let scalar = scalar(reading, node, self.what)?;
        match (self.parse)(&scalar.text) {
            Ok(value) => Some(value),
            Err(problem) => {
                tell(reading, node, scalar, self.what, problem);
                None
            }
        }
    }

    fn schema(&self, _: &mut Definitions) -> Json {
        let mut schema = json!({"type": "string"});
        if let Json::Object(more) = (self.schema)() {
            more.into_iter().for_each(|(key, value)| schema::set(&mut schema, &key, value));
        }
        schema
    }
}

/// A whole number within bounds.
#[derive(Clone, Copy, Debug)]
pub struct Number {
    pub min: u64,
    pub max: u64,
}

impl Kind for Number {
    type Out = u64;

    fn read(&self, reading: &mut Reading<'_>, node: &Node) -> Option<u64> {
        let what = format!("a whole number from {} to {}", self.min, self.max);
        let scalar = scalar(reading, node, &what)?;
        match scalar.text.parse() {
            Ok(n) if (self.min..=self.max).contains(&n) => Some(n),
            _ => {
                tell(reading, node, scalar, &what, Problem::default());
                None
            }
        }
    }

    fn schema(&self, _: &mut Definitions) -> Json {
        schema::or_variable(json!({"type": "integer", "minimum": self.min, "maximum": self.max}))
    }
}

/// A number that may have a fraction, above zero.
pub fn decimal() -> Parsed<f64> {
    Parsed {
        what: "a number above 0",
        parse: |text| match text.parse::<f64>() {
            Ok(n) if n.is_finite() && n > 0.0 => Ok(n),
            _ => Err(Problem::default()),
        },
        schema: || json!({"type": ["number", "string"], "exclusiveMinimum": 0}),
    }
}

/// true or false; also in the words of YAML 1.1, which Alertmanager reads.
#[derive(Clone, Copy, Debug)]
pub struct Flag;

const YES: [&str; 11] = ["true", "True", "TRUE", "yes", "Yes", "YES", "y", "Y", "on", "On", "ON"];
const NO: [&str; 11] = ["false", "False", "FALSE", "no", "No", "NO", "n", "N", "off", "Off", "OFF"];

impl Kind for Flag {
    type Out = bool;

    fn read(&self, reading: &mut Reading<'_>, node: &Node) -> Option<bool> {
        let scalar = scalar(reading, node, "true or false")?;
        match scalar.text.as_str() {
            yes if YES.contains(&yes) => Some(true),
            no if NO.contains(&no) => Some(false),
            other => {
                let hint = match other {
                    "1" => Some("write true"),
                    "0" => Some("write false"),
                    _ => None,
                };
                let problem = Problem { hint: hint.map(str::to_owned), ..Problem::default() };
                tell(reading, node, scalar, "true or false", problem);
                None
            }
        }
    }

    fn schema(&self, _: &mut Definitions) -> Json {
        schema::or_variable(json!({"type": "boolean"}))
    }
}

/// One of a few words.
pub struct Choice<T: 'static>(pub &'static [(&'static str, T)]);

impl<T: Copy> Choice<T> {
    fn words(&self) -> OneOf {
        OneOf(self.0.iter().map(|(word, _)| *word).collect())
    }
}

impl<T: Copy> Kind for Choice<T> {
    type Out = T;

    fn read(&self, reading: &mut Reading<'_>, node: &Node) -> Option<T> {
        let word = self.words().read(reading, node)?;
        self.0.iter().find(|(known, _)| *known == word).map(|(_, value)| *value)
    }

    fn schema(&self, definitions: &mut Definitions) -> Json {
        self.words().schema(definitions)
    }
}

/// One of a few words that are known when the program runs.
#[derive(Clone, Debug)]
pub struct OneOf(pub Vec<&'static str>);

impl Kind for OneOf {
    type Out = &'static str;

    fn read(&self, reading: &mut Reading<'_>, node: &Node) -> Option<&'static str> {
        let what = format!("one of {}", self.0.join(", "));
        let scalar = scalar(reading, node, &what)?;
        if let Some(word) = self.0.iter().find(|word| **word == scalar.text) {
            return Some(word);
        }
        let hint =
            nearest(&scalar.text, self.0.iter().copied()).map(|near| format!("did you mean `{near}`?"));
        tell(reading, node, scalar, &what, Problem { hint, ..Problem::default() });
        None
    }

    fn schema(&self, _: &mut Definitions) -> Json {
        schema::or_variable(json!({"enum": self.0}))
    }
}

/// Some of these.
#[derive(Clone, Copy, Debug)]
pub struct ListOf<K>(pub K);

impl<K: Kind> Kind for ListOf<K> {
    type Out = Vec<K::Out>;

    fn read(&self, reading: &mut Reading<'_>, node: &Node) -> Option<Vec<K::Out>> {
        let Value::List(items) = &node.value else {
            reading.wrong_kind(node, "a list");
            return None;
        };
        let all: Vec<Option<K::Out>> = items.iter().map(|item| self.0.read(reading, item)).collect();
        all.into_iter().collect()
    }

    fn schema(&self, definitions: &mut Definitions) -> Json {
        json!({"type": "array", "items": self.0.schema(definitions)})
    }
}

/// One, or a list of them.
#[derive(Clone, Copy, Debug)]
pub struct OneOrMany<K>(pub K);

impl<K: Kind> Kind for OneOrMany<K> {
    type Out = Vec<K::Out>;

    fn read(&self, reading: &mut Reading<'_>, node: &Node) -> Option<Vec<K::Out>> {
        match &node.value {
            Value::List(_) => ListOf(&self.0).read(reading, node),
            _ => self.0.read(reading, node).map(|one| vec![one]),
        }
    }

    fn schema(&self, definitions: &mut Definitions) -> Json {
        let one = self.0.schema(definitions);
        json!({"anyOf": [one, {"type": "array", "items": one}]})
    }
}

/// Free keys, each with one of these. The keys keep their order.
#[derive(Clone, Copy, Debug)]
pub struct MapOf<K>(pub K);

impl<K: Kind> Kind for MapOf<K> {
    type Out = Vec<(String, K::Out)>;

    fn read(&self, reading: &mut Reading<'_>, node: &Node) -> Option<Self::Out> {
        let Value::Map(entries) = &node.value else {
            reading.wrong_kind(node, "a map of keys");
            return None;
        };
        let all: Vec<_> =
            entries.iter().map(|e| Some((e.key.clone(), self.0.read(reading, &e.node)?))).collect();
        all.into_iter().collect()
    }

    fn schema(&self, definitions: &mut Definitions) -> Json {
        json!({"type": "object", "additionalProperties": self.0.schema(definitions)})
    }
}

/// A map with known keys.
pub struct Within<S>(pub PhantomData<S>);

impl<S> Within<S> {
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<S> Default for Within<S> {
    fn default() -> Self {
        Self::new()
    }
}

impl<S: Section> Kind for Within<S> {
    type Out = S;

    fn read(&self, reading: &mut Reading<'_>, node: &Node) -> Option<S> {
        if !matches!(node.value, Value::Map(_)) {
            reading.wrong_kind(node, "a map of keys");
            return None;
        }
        Fields::read_section(reading, node)
    }

    fn schema(&self, definitions: &mut Definitions) -> Json {
        definitions.section::<S>()
    }
}

/// The name of a new thing of this kind ("receiver"): not empty, and given once.
#[derive(Clone, Copy, Debug)]
pub struct Name(pub &'static str);

impl Kind for Name {
    type Out = String;

    fn read(&self, reading: &mut Reading<'_>, node: &Node) -> Option<String> {
        let scalar = scalar(reading, node, "a name")?;
        if scalar.text.is_empty() {
            tell(reading, node, scalar, "a name", Problem::new("it is empty"));
            return None;
        }
        reading.define(self.0, scalar, node.span);
        Some(scalar.text.clone())
    }

    fn schema(&self, _: &mut Definitions) -> Json {
        json!({"type": "string", "minLength": 1})
    }
}

/// The name of something of this kind that is defined elsewhere in the document.
#[derive(Clone, Copy, Debug)]
pub struct Reference(pub &'static str);

impl Kind for Reference {
    type Out = String;

    fn read(&self, reading: &mut Reading<'_>, node: &Node) -> Option<String> {
        let scalar = scalar(reading, node, "a name")?;
        reading.refer(self.0, scalar, node.span);
        Some(scalar.text.clone())
    }

    fn schema(&self, _: &mut Definitions) -> Json {
        json!({"type": "string"})
    }
}
