//! One pass over a document: collects what is wrong, what is secret, which names are defined and which are used.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io;
use std::path::{Path, PathBuf};

use secrecy::SecretString;

use super::env::{self, Substituted};
use super::finding::{Finding, Place, Report, Severity};
use super::mask::{self, MASK, MaskedLine};
use super::merge::Conflict;
use super::node::{Node, Scalar, SourceFile, Sources, Span, Value};
use super::parse::SyntaxError;
use super::schema::nearest;
use crate::limits;

/// What a document may take from outside of itself.
pub trait Surroundings: Send + Sync {
    /// An environment variable.
    fn variable(&self, name: &str) -> Option<String>;

    /// The content of a file that holds a secret.
    fn secret_file(&self, path: &Path) -> io::Result<String>;
}

/// The process's environment and this machine's files.
#[derive(Clone, Copy, Debug, Default)]
pub struct ThisMachine;

impl Surroundings for ThisMachine {
    fn variable(&self, name: &str) -> Option<String> {
        std::env::var(name).ok()
    }

    fn secret_file(&self, path: &Path) -> io::Result<String> {
        let len = std::fs::metadata(path)?.len();
        if len > limits::SECRET_FILE_BYTES {
            return Err(io::Error::other(format!("it is {len} bytes long; a secret is not")));
        }
        std::fs::read_to_string(path)
    }
}

/// Surroundings made of what is given: for the demo and for tests.
#[derive(Clone, Default)]
pub struct TestSurroundings {
    pub variables: BTreeMap<String, String>,
    pub files: BTreeMap<PathBuf, String>,
}

impl Surroundings for TestSurroundings {
    fn variable(&self, name: &str) -> Option<String> {
        self.variables.get(name).cloned()
    }

    fn secret_file(&self, path: &Path) -> io::Result<String> {
        self.files.get(path).cloned().ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

/// A finding before its line is looked up and masked.
struct Raw {
    severity: Severity,
    code: &'static str,
    message: String,
    span: Span,
    hint: Option<String>,
    other: Option<(String, Span)>,
}

struct Named {
    kind: &'static str,
    name: String,
    shown: String,
    span: Span,
}

/// The state of one pass. Its public methods are what kinds and sections need.
pub struct Reading<'a> {
    sources: &'a Sources,
    pub(super) surroundings: &'a dyn Surroundings,
    raw: Vec<Raw>,
    hidden: Vec<Span>,
    defined: Vec<Named>,
    used: Vec<Named>,
    unique: Vec<Named>,
    pub(super) secret_files: Vec<PathBuf>,
    forgiving: bool,
    patched: bool,
    guessed: bool,
}

impl<'a> Reading<'a> {
    /// `forgiving`: an unset variable or an unreadable secret file is a warning, for those who only look at the rules.
    pub fn new(sources: &'a Sources, surroundings: &'a dyn Surroundings, forgiving: bool) -> Self {
        Self {
            sources,
            surroundings,
            raw: Vec::new(),
            hidden: Vec::new(),
            defined: Vec::new(),
            used: Vec::new(),
            unique: Vec::new(),
            secret_files: Vec::new(),
            forgiving,
            patched: false,
            guessed: false,
        }
    }

    pub fn sources(&self) -> &'a Sources {
        self.sources
    }

    pub fn error(
        &mut self,
        code: &'static str,
        span: Span,
        message: impl Into<String>,
        hint: Option<String>,
    ) {
        self.push(Severity::Error, code, span, message.into(), hint, None);
    }

    pub fn warning(
        &mut self,
        code: &'static str,
        span: Span,
        message: impl Into<String>,
        hint: Option<String>,
    ) {
        self.push(Severity::Warning, code, span, message.into(), hint, None);
    }

    /// A mistake that two places make together.
    pub fn error_of_two(
        &mut self,
        code: &'static str,
        span: Span,
        message: String,
        other: (&str, Span),
        hint: Option<String>,
    ) {
        self.push(Severity::Error, code, span, message, hint, Some((other.0.to_owned(), other.1)));
    }

    fn push(
        &mut self,
        severity: Severity,
        code: &'static str,
        span: Span,
        message: String,
        hint: Option<String>,
        other: Option<(String, Span)>,
    ) {
        self.raw.push(Raw { severity, code, message, span, hint, other });
    }

    /// What is an error for the one who serves and a warning for the one who only looks at the rules.
    pub(super) fn outside(&mut self, code: &'static str, span: Span, message: String, hint: Option<String>) {
        let severity = if self.forgiving { Severity::Warning } else { Severity::Error };
        self.push(severity, code, span, message, hint, None);
    }

    /// Stands for a secret that is not there: for those who only look at the rules, its place is not empty.
    pub(super) fn unknown_secret(&self) -> Option<SecretString> {
        self.forgiving.then(SecretString::default)
    }

    /// Says that something is missing, unless lines were skipped and it may stand in one of them.
    pub fn missing(&mut self, span: Span, message: impl Into<String>, hint: Option<String>) {
        if !self.patched {
            self.error("missing-key", span, message, hint);
        }
    }

    /// Takes over what was wrong with the YAML itself.
    pub fn syntax(&mut self, errors: Vec<SyntaxError>, patched: bool) {
        self.patched |= patched;
        for error in errors {
            self.guessed |= error.first.is_none();
            self.hidden.extend(&error.dropped);
            let code = if error.first.is_some() { "duplicate-key" } else { "yaml" };
            let other = error.first.map(|span| ("it stands here first".to_owned(), span));
            self.push(Severity::Error, code, error.span, error.message, error.hint, other);
        }
    }

    pub fn conflicts(&mut self, conflicts: Vec<Conflict>) {
        for Conflict { first, second, values } in conflicts {
            self.hidden.extend(values);
            let key = self.sources.slice(second).to_owned();
            let message = format!("{key} is set in two files");
            let hint = Some(
                "maps and lists of several files are put together; a value may be set in one of them"
                    .to_owned(),
            );
            self.error_of_two("set-twice", second, message, ("it is set here too", first), hint);
        }
    }

    /// Puts the environment into every value.
    pub fn expand(&mut self, node: &mut Node) {
        let span = node.span;
        match &mut node.value {
            Value::Null => {}
            Value::List(items) => items.iter_mut().for_each(|item| self.expand(item)),
            Value::Map(entries) => entries.iter_mut().for_each(|entry| self.expand(&mut entry.node)),
            Value::Scalar(scalar) => {
                match env::substitute(&scalar.written, |name| self.surroundings.variable(name)) {
                    Ok(None) => {}
                    Ok(Some(Substituted { text, used })) => (scalar.text, scalar.from_env) = (text, used),
                    Err(unset) => {
                        scalar.broken = true;
                        for variable in unset {
                            let name = &variable.name;
                            let message = format!("the environment variable {name} is not set");
                            let hint = format!("set it, or give a default: ${{{name}:-…}}");
                            let at = self.inside(span, &scalar.written, &variable.at);
                            self.outside("unset-variable", at, message, Some(hint));
                        }
                    }
                }
            }
        }
    }

    /// The place of a part of a value, if the value is written as it is; else the whole value's.
    pub fn inside(&self, span: Span, written: &str, part: &std::ops::Range<usize>) -> Span {
        let source = self.sources.slice(span);
        let skip = if source == written {
            0
        } else if source.len() == written.len() + 2 && source.get(1..source.len() - 1) == Some(written) {
            1
        } else {
            return span;
        };
        let start = span.start + skip + part.start.min(written.len());
        let end = span.start + skip + part.end.min(written.len());
        Span { start, end: end.max(start), ..span }
    }

    /// Shows nothing of a value that nobody reads where it may be a secret: by its key, or by its looks.
    pub fn hide_secrets(&mut self, key: &str, node: &Node) {
        match &node.value {
            Value::Null => {}
            Value::Scalar(scalar) if mask::may_be_secret(key, scalar) => self.hidden.push(node.span),
            Value::Scalar(_) => {}
            Value::List(items) => items.iter().for_each(|item| self.hide_secrets(key, item)),
            Value::Map(entries) => {
                entries.iter().for_each(|entry| {
                    // Below a key that names a secret everything is one.
                    let key = if mask::may_name_a_secret(key) { key } else { &entry.key };
                    self.hide_secrets(key, &entry.node);
                });
            }
        }
    }

    /// Never shows anything of this value.
    pub fn hide(&mut self, node: &Node) {
        node.each_scalar(&mut |_, span| self.hidden.push(span));
    }

    /// Hides a secret's value, but not the name of the variable it comes from.
    pub(super) fn hide_secret(&mut self, scalar: &Scalar, span: Span) {
        let only_a_variable =
            scalar.written.strip_prefix("${").and_then(|s| s.strip_suffix('}')).is_some_and(|name| {
                !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
            });
        if !only_a_variable {
            self.hidden.push(span);
        }
    }

    fn is_hidden(&self, span: Span) -> bool {
        self.hidden.iter().any(|h| h.source == span.source && h.start <= span.start && span.end <= h.end)
    }

    /// A value as it may stand in a message.
    pub fn quote(&self, scalar: &Scalar, span: Span) -> String {
        if self.is_hidden(span) {
            return MASK.to_owned();
        }
        let text = if scalar.from_env { &scalar.written } else { &scalar.text };
        let short: String = text.chars().take(limits::SHOWN_VALUE_CHARS).collect();
        let dots = if short.len() < text.len() { "…" } else { "" };
        format!("`{}{dots}`", short.escape_debug().to_string().replace("\\\"", "\"").replace("\\'", "'"))
    }

    /// The value is of another kind than it must be.
    pub fn wrong_kind(&mut self, node: &Node, wanted: &str) {
        match &node.value {
            Value::Scalar(scalar) if scalar.broken => {}
            Value::Null => {
                self.error("empty", node.span, format!("nothing stands here; it must be {wanted}"), None);
            }
            _ => {
                let message = format!("this must be {wanted}, not {}", node.kind_name());
                self.error("wrong-type", node.span, message, None);
                self.hide(node);
            }
        }
    }

    pub(super) fn define(&mut self, kind: &'static str, scalar: &Scalar, span: Span) {
        let shown = self.quote(scalar, span);
        self.defined.push(Named { kind, name: scalar.text.clone(), shown, span });
    }

    pub(super) fn refer(&mut self, kind: &'static str, scalar: &Scalar, span: Span) {
        let shown = self.quote(scalar, span);
        self.used.push(Named { kind, name: scalar.text.clone(), shown, span });
    }

    /// A value that may stand once among all of this kind; it is not shown.
    pub fn unique(&mut self, what: &'static str, value: &str, span: Span) {
        let first = self.unique.iter().find(|u| u.kind == what && u.name == value).map(|u| u.span);
        match first {
            Some(first) => {
                let message = format!("the same {what} stands twice");
                self.error_of_two("duplicate-value", span, message, ("it stands here first", first), None);
            }
            None => {
                self.unique.push(Named { kind: what, name: value.to_owned(), shown: String::new(), span })
            }
        }
    }

    /// Tells what another part of the program has found wrong with a value: `column` counts characters of it from 1.
    pub fn wrong_value(&mut self, node: &Node, message: &str, column: Option<usize>, hint: Option<String>) {
        let Value::Scalar(scalar) = &node.value else {
            self.error("bad-value", node.span, message, hint);
            return;
        };
        if scalar.broken {
            return;
        }
        if scalar.from_env {
            let message = format!("{} is not good (its value is not shown)", self.quote(scalar, node.span));
            self.error("bad-value", node.span, message, hint);
            return;
        }
        let part = column.and_then(|c| scalar.text.char_indices().nth(c.saturating_sub(1)));
        let part = part.map(|(at, c)| self.inside(node.span, &scalar.written, &(at..at + c.len_utf8())));
        self.error("bad-value", part.unwrap_or(node.span), message, hint);
    }

    /// The first key of a map, which stands for the map in a finding: the whole would be too much to mark.
    pub fn first_key(&self, node: &Node) -> Span {
        match &node.value {
            Value::Map(entries) => entries.first().map_or(node.span, |e| e.key_span),
            _ => node.span,
        }
    }

    /// Whether anything that was read so far is wrong.
    pub fn has_errors(&self) -> bool {
        self.raw.iter().any(|raw| raw.severity == Severity::Error)
    }

    /// Whether a value must not go into what others may see.
    pub fn is_secret(&self, span: Span) -> bool {
        self.is_hidden(span)
    }

    fn check_names(&mut self) {
        let (defined, used) = (std::mem::take(&mut self.defined), std::mem::take(&mut self.used));
        let mut first_of: HashMap<(&str, &str), &Named> = HashMap::new();
        for one in &defined {
            let first = *first_of.entry((one.kind, &one.name)).or_insert(one);
            if !std::ptr::eq(first, one) {
                let message = format!("a second {} with the name {}", one.kind, one.shown);
                self.error_of_two(
                    "duplicate-name",
                    one.span,
                    message,
                    ("the first is here", first.span),
                    None,
                );
            }
        }
        if self.patched {
            return;
        }
        for one in used.iter().filter(|one| !first_of.contains_key(&(one.kind, one.name.as_str()))) {
            let names: Vec<&str> =
                defined.iter().filter(|d| d.kind == one.kind).map(|d| d.name.as_str()).collect();
            let hint = match nearest(&one.name, names.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None if names.is_empty() => format!("no {} is defined", one.kind),
                None => format!("there are: {}", list(&names)),
            };
            self.error(
                "unknown-name",
                one.span,
                format!("no {} has the name {}", one.kind, one.shown),
                Some(hint),
            );
        }
        // A route that is wrong may be the one that uses it.
        if !self.has_errors() {
            self.tell_unused(&defined, &used);
        }
    }

    /// Says which receivers no route leads to.
    fn tell_unused(&mut self, defined: &[Named], used: &[Named]) {
        let used: HashSet<(&str, &str)> = used.iter().map(|one| (one.kind, one.name.as_str())).collect();
        let unused = |one: &&Named| one.kind == "receiver" && !used.contains(&(one.kind, one.name.as_str()));
        for one in defined.iter().filter(unused) {
            let hint = format!("name it in a route, or remove it: nothing comes to this {}", one.kind);
            self.warning(
                "unused",
                one.span,
                format!("no route uses the {} {}", one.kind, one.shown),
                Some(hint),
            );
        }
    }

    /// Ends the pass: checks the names, masks the lines.
    pub fn finish(mut self) -> (Report, Vec<PathBuf>) {
        self.check_names();
        if self.guessed {
            for (source, file) in self.sources.0.iter().enumerate() {
                self.hidden.extend(mask::guess_secrets(file, source));
            }
        }
        let raw = std::mem::take(&mut self.raw);
        let findings = raw
            .into_iter()
            .map(|raw| Finding {
                severity: raw.severity,
                code: raw.code,
                message: raw.message,
                place: self.place(raw.span),
                hint: raw.hint,
                other: raw.other.and_then(|(label, span)| Some((label, self.place(span)?))),
            })
            .collect();
        (Report::of(findings), self.secret_files)
    }

    fn place(&self, span: Span) -> Option<Place> {
        let file: &SourceFile = self.sources.get(span)?;
        let hidden: Vec<Span> = self.hidden.iter().filter(|h| h.source == span.source).copied().collect();
        let line = MaskedLine::new(file, span.start, &hidden);
        let column = line.column(file, span.start);
        let (mark_start, mark_end) = (line.character(span.start), line.character(span.end));
        let mut mark_len = mark_end.saturating_sub(mark_start).max(1);
        if line.text.chars().skip(mark_start).take(MASK.len()).eq(MASK.chars()) {
            mark_len = mark_len.max(MASK.len());
        }
        // A very long line is shown around its mark.
        let first = mark_start.saturating_sub(limits::SHOWN_LINE_CHARS / 2);
        let first = if line.text.chars().count() > limits::SHOWN_LINE_CHARS { first } else { 0 };
        let mut text: String = line.text.chars().skip(first).take(limits::SHOWN_LINE_CHARS).collect();
        if first > 0 {
            text = text.chars().skip(1).collect();
            text.insert(0, '…');
        }
        let mark_start = mark_start - first;
        let mark_len = mark_len.min(text.chars().count().saturating_sub(mark_start).max(1));
        Some(Place { file: file.name.clone(), line: line.number, column, text, mark_start, mark_len })
    }
}

/// A few names, for a hint.
fn list(names: &[&str]) -> String {
    let shown: Vec<_> = names.iter().take(limits::SHOWN_NAMES).map(|n| format!("`{n}`")).collect();
    let more = names.len().saturating_sub(limits::SHOWN_NAMES);
    if more > 0 { format!("{} and {more} more", shown.join(", ")) } else { shown.join(", ") }
}
