//! A map of known keys: each key is named once, with its kind, its default and its sentence.

use std::marker::PhantomData;

use secrecy::SecretString;
use serde_json::Value as Json;

use super::kinds::{Kind, Problem};
use super::mask::names_a_secret;
use super::node::{Node, Span, Value};
use super::parse;
use super::reading::Reading;
use super::schema::{self, Definitions, Object, nearest};

/// A part of a document: a map with known keys.
///
/// `read` asks [`Fields`] for every key *first* and only then puts the answers together with `?`, so that one bad key
/// does not hide the next, and so that the schema sees all keys.
pub trait Section: Sized {
    /// Its name among the schema's definitions.
    const NAME: &'static str;
    /// What it is for, in a sentence.
    const ABOUT: &'static str;

    fn read(f: &mut Fields<'_, '_>) -> Option<Self>;
}

enum Mode<'r, 'a> {
    Read { reading: &'r mut Reading<'a>, node: &'r Node, known: Vec<String> },
    Describe { definitions: &'r mut Definitions, object: Object },
}

/// The keys of one map, either being read or being described.
pub struct Fields<'r, 'a>(Mode<'r, 'a>);

/// Every method gives `None` after a mistake, which it has then told.
impl<'r, 'a> Fields<'r, 'a> {
    pub(super) fn read_section<S: Section>(reading: &'r mut Reading<'a>, node: &'r Node) -> Option<S> {
        let mut fields = Fields(Mode::Read { reading, node, known: Vec::new() });
        let section = S::read(&mut fields);
        fields.tell_unknown_keys();
        section
    }

    pub(super) fn describe_section<S: Section>(definitions: &'r mut Definitions) -> Json {
        let mut fields = Fields(Mode::Describe { definitions, object: Object::new(S::ABOUT) });
        _ = S::read(&mut fields);
        match fields.0 {
            Mode::Describe { object, .. } => object.into_json(),
            Mode::Read { .. } => Json::Null,
        }
    }

    fn tell_unknown_keys(self) {
        let Mode::Read { reading, node, known } = self.0 else { return };
        let Value::Map(entries) = &node.value else { return };
        for entry in entries.iter().filter(|e| !known.contains(&e.key)) {
            let near = nearest(&entry.key, known.iter().map(String::as_str));
            // A misspelt key may be a secret's; only where it surely is another's, its value is shown.
            let is_one_value = matches!(entry.node.value, Value::Scalar(_));
            if !is_one_value || near.is_none_or(names_a_secret) || names_a_secret(&entry.key) {
                reading.hide_secrets(&entry.key, &entry.node);
            }
            let hint = match near {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("known here: {}", known.join(", ")),
            };
            reading.error("unknown-key", entry.key_span, format!("unknown key `{}`", entry.key), Some(hint));
        }
    }

    /// Announces a key. The value to read, if there is one.
    fn announce(
        &mut self,
        key: &str,
        doc: &str,
        schema: impl FnOnce(&mut Definitions) -> Json,
    ) -> Option<&'r Node> {
        match &mut self.0 {
            Mode::Read { node, known, .. } => {
                known.push(key.to_owned());
                let node: &'r Node = node;
                node.entry(key).map(|e| &e.node).filter(|n| !n.is_null())
            }
            Mode::Describe { definitions, object } => {
                let schema = schema(definitions);
                object.property(key, doc, schema);
                None
            }
        }
    }

    fn read<K: Kind>(&mut self, kind: &K, node: &Node) -> Option<K::Out> {
        match &mut self.0 {
            Mode::Read { reading, .. } => kind.read(reading, node),
            Mode::Describe { .. } => None,
        }
    }

    /// A key that must be there.
    pub fn required<K: Kind>(&mut self, key: &str, doc: &str, kind: &K) -> Option<K::Out> {
        if let Mode::Describe { object, .. } = &mut self.0 {
            object.require(key);
        }
        match self.announce(key, doc, |d| kind.schema(d)) {
            Some(node) => self.read(kind, node),
            None => {
                if let Mode::Read { reading, node, .. } = &mut self.0 {
                    let span = node
                        .entry(key)
                        .map_or(Span { end: node.span.start + 1, ..node.span }, |e| e.key_span);
                    let state = if node.entry(key).is_some() { "is empty" } else { "is missing" };
                    reading.missing(span, format!("the key `{key}` {state}"), Some(doc.to_owned()));
                }
                None
            }
        }
    }

    /// A key that may be there: `Some(None)` if it is not.
    pub fn optional<K: Kind>(&mut self, key: &str, doc: &str, kind: &K) -> Option<Option<K::Out>> {
        match self.announce(key, doc, |d| kind.schema(d)) {
            Some(node) => self.read(kind, node).map(Some),
            None => Some(None),
        }
    }

    /// A key with a default, which is written as it would be in the file.
    pub fn or<K: Kind>(&mut self, key: &str, doc: &str, kind: &K, default: &str) -> Option<K::Out> {
        let default = || parse::parse(default, usize::MAX).root;
        let found = self.announce(key, doc, |d| {
            let mut schema = kind.schema(d);
            schema::set(&mut schema, "default", schema::node_to_json(&default()));
            schema
        });
        match found {
            Some(node) => self.read(kind, node),
            None => self.read(kind, &default()),
        }
    }

    /// A list that may be missing, which is the same as empty.
    pub fn list<K: Kind>(&mut self, key: &str, doc: &str, kind: &K) -> Option<Vec<K::Out>> {
        self.optional(key, doc, &super::kinds::ListOf(kind)).map(Option::unwrap_or_default)
    }

    /// A section whose keys all have defaults: it may be missing.
    pub fn section<S: Section>(&mut self, key: &str, doc: &str) -> Option<S> {
        let kind = super::kinds::Within::<S>(PhantomData);
        match self.announce(key, doc, |d| kind.schema(d)) {
            Some(node) => self.read(&kind, node),
            None => {
                let span = self.span().unwrap_or(Span { source: usize::MAX, start: 0, end: 0 });
                self.read(&kind, &Node::empty_map(span))
            }
        }
    }

    /// A secret under `key`, or in the file that `key_file` names.
    pub fn secret(
        &mut self,
        key: &str,
        doc: &str,
        check: fn(&str) -> Result<(), Problem>,
    ) -> Option<Option<SecretString>> {
        let file_key = format!("{key}_file");
        let file_doc = format!("A file that holds `{key}`. Read again when it changes.");
        let inline = self.announce(key, doc, |_| schema::secret());
        let file = self.announce(&file_key, &file_doc, |_| schema::path());
        if let Mode::Describe { object, .. } = &mut self.0 {
            object.exclude(key, &file_key);
        }
        let Mode::Read { reading, node, .. } = &mut self.0 else { return None };
        if let Some(inline) = inline {
            inline.each_scalar(&mut |scalar, span| reading.hide_secret(scalar, span));
        }
        match (inline, file) {
            (None, None) => Some(None),
            (Some(_), Some(_)) => {
                let span = |k: &str| node.entry(k).map_or(node.span, |e| e.key_span);
                let message = format!("`{key}` and `{file_key}` are both given");
                let hint = Some("give one of them".to_owned());
                reading.error_of_two("both-given", span(&file_key), message, ("and here", span(key)), hint);
                None
            }
            (Some(inline), None) => {
                let scalar = match &inline.value {
                    Value::Scalar(scalar) if scalar.broken => return reading.unknown_secret().map(Some),
                    Value::Scalar(scalar) => scalar,
                    _ => {
                        reading.wrong_kind(inline, "text");
                        return None;
                    }
                };
                secret_value(reading, key, inline.span, &scalar.text, check).map(Some)
            }
            (None, Some(file)) => secret_from_file(reading, key, file, check).map(Some),
        }
    }

    /// A secret that must be there, in one of the two ways.
    pub fn required_secret(
        &mut self,
        key: &str,
        doc: &str,
        check: fn(&str) -> Result<(), Problem>,
    ) -> Option<SecretString> {
        let secret = self.secret(key, doc, check)?;
        if secret.is_none() {
            let hint = format!("{doc} Give `{key}: ${{A_VARIABLE}}` or `{key}_file`.");
            self.missing_secret(&format!("the key `{key}` is missing"), Some(hint));
            return self.reading().and_then(|reading| reading.unknown_secret());
        }
        secret
    }

    /// A key that others know and that does nothing here.
    pub fn ignored(&mut self, key: &str, why: &str) {
        let found = self.announce(key, why, |_| serde_json::json!({"deprecated": true}));
        if let (Some(node), Mode::Read { reading, node: whole, .. }) = (found, &mut self.0) {
            reading.hide_secrets(key, node);
            let span = whole.entry(key).map_or(node.span, |e| e.key_span);
            reading.warning("ignored", span, format!("`{key}` does nothing here"), Some(why.to_owned()));
        }
    }

    /// Whether the key is given.
    pub fn has(&self, key: &str) -> bool {
        self.span_of(key).is_some()
    }

    /// Where the value of a key stands.
    pub fn span_of(&self, key: &str) -> Option<Span> {
        match &self.0 {
            Mode::Read { node, .. } => node.entry(key).filter(|e| !e.node.is_null()).map(|e| e.node.span),
            Mode::Describe { .. } => None,
        }
    }

    /// Where the map stands.
    pub fn span(&self) -> Option<Span> {
        match &self.0 {
            Mode::Read { node, .. } => Some(node.span),
            Mode::Describe { .. } => None,
        }
    }

    /// Says that a value which is there is not good; at the map itself if the key is not given.
    pub fn error_at(&mut self, key: &str, code: &'static str, message: &str, hint: Option<String>) {
        let span = self.span_of(key);
        if let Mode::Read { reading, node, .. } = &mut self.0 {
            reading.error(
                code,
                span.unwrap_or(Span { end: node.span.start + 1, ..node.span }),
                message,
                hint,
            );
        }
    }

    /// Like [`Fields::error_at`], but only a warning.
    pub fn warn_at(&mut self, key: &str, code: &'static str, message: &str, hint: Option<String>) {
        let span = self.span_of(key);
        if let Mode::Read { reading, node, .. } = &mut self.0 {
            reading.warning(
                code,
                span.unwrap_or(Span { end: node.span.start + 1, ..node.span }),
                message,
                hint,
            );
        }
    }

    /// Says that something is missing from this map.
    pub fn missing(&mut self, message: &str, hint: Option<String>) {
        if let Mode::Read { reading, node, .. } = &mut self.0 {
            reading.missing(Span { end: node.span.start + 1, ..node.span }, message, hint);
        }
    }

    /// Like [`Fields::missing`], for what only the one who serves needs.
    pub fn missing_secret(&mut self, message: &str, hint: Option<String>) {
        if let Mode::Read { reading, node, .. } = &mut self.0 {
            let span = Span { end: node.span.start + 1, ..node.span };
            reading.outside("missing-key", span, message.to_owned(), hint);
        }
    }

    /// What stands at a path from here, as in `route.routes[1].matchers[0]`.
    pub fn at_path(&self, path: &str) -> Option<&'r Node> {
        match &self.0 {
            Mode::Read { node, .. } => node.at_path(path),
            Mode::Describe { .. } => None,
        }
    }

    /// At most one of these keys may be given.
    pub fn exclusive(&mut self, keys: &[&str]) -> Option<()> {
        if let Mode::Describe { object, .. } = &mut self.0 {
            for (at, one) in keys.iter().enumerate() {
                keys[at + 1..].iter().for_each(|other| object.exclude(one, other));
            }
        }
        let given: Vec<(&str, Span)> = keys.iter().filter_map(|k| Some((*k, self.span_of(k)?))).collect();
        if let ([(one, first), (other, second), ..], Mode::Read { reading, .. }) =
            (given.as_slice(), &mut self.0)
        {
            let message = format!("`{one}` and `{other}` exclude each other");
            reading.error_of_two(
                "both-given",
                *second,
                message,
                ("and here", *first),
                Some("give one of them".to_owned()),
            );
            return None;
        }
        Some(())
    }

    /// The pass itself, for checks of a section's own.
    pub fn reading(&mut self) -> Option<&mut Reading<'a>> {
        match &mut self.0 {
            Mode::Read { reading, .. } => Some(reading),
            Mode::Describe { .. } => None,
        }
    }
}

fn secret_value(
    reading: &mut Reading<'_>,
    key: &str,
    span: Span,
    text: &str,
    check: fn(&str) -> Result<(), Problem>,
) -> Option<SecretString> {
    let problem = if text.is_empty() { Some(Problem::new("it is empty")) } else { check(text).err() };
    match problem {
        None => Some(SecretString::from(text)),
        Some(problem) => {
            reading.error(
                "bad-secret",
                span,
                format!("`{key}` is not right: {}", problem.message),
                problem.hint,
            );
            None
        }
    }
}

fn secret_from_file(
    reading: &mut Reading<'_>,
    key: &str,
    file: &Node,
    check: fn(&str) -> Result<(), Problem>,
) -> Option<SecretString> {
    let Value::Scalar(scalar) = &file.value else {
        reading.wrong_kind(file, "the path of a file");
        return None;
    };
    if scalar.broken {
        return reading.unknown_secret();
    }
    let folder = reading.sources().get(file.span).map(|s| s.folder.clone()).unwrap_or_default();
    let path = folder.join(&scalar.text);
    reading.secret_files.push(path.clone());
    match reading.surroundings.secret_file(&path) {
        Ok(text) => {
            let text = text.strip_suffix('\n').unwrap_or(&text);
            secret_value(reading, key, file.span, text.strip_suffix('\r').unwrap_or(text), check)
        }
        Err(error) => {
            let shown = reading.quote(scalar, file.span);
            let message = format!("the file {shown} with `{key}` cannot be read: {error}");
            let hint = Some("a relative path starts at the folder of the file that names it".to_owned());
            reading.outside("secret-file", file.span, message, hint);
            reading.unknown_secret()
        }
    }
}
