//! The tree of a document: every value and every key knows its place in its source.

use std::fmt;
use std::path::PathBuf;

/// One text that was read: a file, a URL's body, or a string.
pub struct SourceFile {
    /// How people call it: the path, or the URL without its password.
    pub name: String,
    pub text: String,
    /// Where relative paths written in it start from.
    pub folder: PathBuf,
}

impl fmt::Debug for SourceFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SourceFile({}, {} bytes)", self.name, self.text.len())
    }
}

/// All texts of one load. A [`Span`] names its text by its index here.
#[derive(Debug, Default)]
pub struct Sources(pub Vec<SourceFile>);

impl Sources {
    pub fn get(&self, span: Span) -> Option<&SourceFile> {
        self.0.get(span.source)
    }

    /// The text a span covers; empty where it covers none.
    pub fn slice(&self, span: Span) -> &str {
        self.get(span).and_then(|file| file.text.get(span.start..span.end)).unwrap_or_default()
    }
}

/// A stretch of bytes in one of the [`Sources`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    pub source: usize,
    pub start: usize,
    pub end: usize,
}

#[derive(Clone)]
pub struct Scalar {
    /// The value after YAML's escapes and after `${VAR}`.
    pub text: String,
    /// The value as written, before `${VAR}`: what may be shown to people.
    pub written: String,
    /// Written without quotes, so that it may mean a number, a boolean or nothing.
    pub plain: bool,
    /// Holds something from the environment, so it must not be shown.
    pub from_env: bool,
    /// A variable it needs is not set; that was said already, so nothing more is said about it.
    pub broken: bool,
}

/// Without the text: any scalar may be a secret.
impl fmt::Debug for Scalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Scalar(…)")
    }
}

#[derive(Clone, Debug)]
pub enum Value {
    Null,
    Scalar(Scalar),
    List(Vec<Node>),
    Map(Vec<Entry>),
}

#[derive(Clone, Debug)]
pub struct Entry {
    pub key: String,
    pub key_span: Span,
    pub node: Node,
}

#[derive(Clone, Debug)]
pub struct Node {
    pub value: Value,
    pub span: Span,
}

impl Node {
    pub fn empty_map(span: Span) -> Self {
        Self { value: Value::Map(Vec::new()), span }
    }

    pub fn is_null(&self) -> bool {
        matches!(self.value, Value::Null)
    }

    /// The entry of a map by its key.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        match &self.value {
            Value::Map(entries) => entries.iter().find(|e| e.key == key),
            _ => None,
        }
    }

    /// What stands at a path from here, as in `routes[1].matchers[0]`.
    pub fn at_path(&self, path: &str) -> Option<&Self> {
        let mut at = self;
        for step in path.split(['.', '[']) {
            at = match (&at.value, step.strip_suffix(']')) {
                (Value::List(items), Some(index)) => items.get(index.parse::<usize>().ok()?)?,
                _ => &at.entry(step)?.node,
            };
        }
        Some(at)
    }

    /// What it is, for a sentence such as "must be a list, not …".
    pub fn kind_name(&self) -> &'static str {
        match &self.value {
            Value::Null => "empty",
            Value::Scalar(s) if s.plain && (s.text == "true" || s.text == "false") => "true or false",
            Value::Scalar(s) if s.plain && s.text.parse::<f64>().is_ok() => "a number",
            Value::Scalar(_) => "text",
            Value::List(_) => "a list",
            Value::Map(_) => "a map of keys",
        }
    }

    /// Calls `f` for every scalar in it.
    pub fn each_scalar(&self, f: &mut impl FnMut(&Scalar, Span)) {
        match &self.value {
            Value::Null => {}
            Value::Scalar(scalar) => f(scalar, self.span),
            Value::List(items) => items.iter().for_each(|item| item.each_scalar(f)),
            Value::Map(entries) => entries.iter().for_each(|entry| entry.node.each_scalar(f)),
        }
    }
}
