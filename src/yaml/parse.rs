//! Text to tree.

use std::collections::HashMap;

use serde_saphyr::granit_parser::{self, Event, Parser, ScalarStyle, ScanError};

use super::node::{Entry, Node, Scalar, Span, Value};
use crate::limits;

/// A mistake in the YAML itself.
#[derive(Clone, Debug)]
pub struct SyntaxError {
    pub span: Span,
    pub message: String,
    pub hint: Option<String>,
    /// Where the same key stands already.
    pub first: Option<Span>,
    /// A value that was read but is not used: it may be a secret and must not be shown.
    pub dropped: Vec<Span>,
}

/// What could be read, and what could not.
pub struct Parsed {
    pub root: Node,
    pub errors: Vec<SyntaxError>,
    /// Lines were skipped, so what seems to be missing may stand in one of them.
    pub patched: bool,
}

/// Reads one text. A line that is not YAML is reported and skipped, so that the rest can be looked at too.
pub fn parse(text: &str, source: usize) -> Parsed {
    let mut patched_text = text.to_owned();
    let (mut errors, mut last_line, mut patched) = (Vec::new(), 0, false);
    for at in tab_indents(text) {
        patched |= blank_line(&mut patched_text, at);
        if errors.len() < limits::YAML_SYNTAX_ERRORS {
            let message = "a tab in the indentation: YAML allows spaces only".to_owned();
            let span = Span { source, start: at, end: at + 1 };
            let hint = Some("replace the tab by spaces".to_owned());
            errors.push(SyntaxError { span, message, hint, first: None, dropped: Vec::new() });
        }
    }
    loop {
        let mut builder =
            Builder { source, text: &patched_text, anchors: HashMap::new(), nodes: 0, errors: Vec::new() };
        match builder.document() {
            Ok(root) => {
                errors.append(&mut builder.errors);
                return Parsed { root, errors, patched };
            }
            Err(Stop { span, message, line }) => {
                errors.push(SyntaxError {
                    span,
                    hint: hint_for(&message, line_at(&patched_text, span.start)),
                    message,
                    first: None,
                    dropped: Vec::new(),
                });
                let give_up = line <= last_line || errors.len() >= limits::YAML_SYNTAX_ERRORS;
                if give_up || !blank_line(&mut patched_text, span.start) {
                    let whole = Span { source, start: 0, end: 0 };
                    return Parsed { root: Node::empty_map(whole), errors, patched: true };
                }
                (patched, last_line) = (true, line);
            }
        }
    }
}

/// The first tab among the blanks a line begins with (in lines that hold more than blanks).
fn tab_indents(text: &str) -> Vec<usize> {
    let (mut found, mut start) = (Vec::new(), 0);
    for line in text.split_inclusive('\n') {
        let blank = line.trim().is_empty();
        let indent = line.bytes().take_while(|b| matches!(b, b' ' | b'\t'));
        if !blank {
            found.extend(indent.enumerate().find(|(_, b)| *b == b'\t').map(|(at, _)| start + at));
        }
        start += line.len();
    }
    found
}

/// Makes the line at `at` blank, keeping every other place where it is.
fn blank_line(text: &mut String, at: usize) -> bool {
    let at = at.min(text.len());
    let start = text[..at].rfind('\n').map_or(0, |n| n + 1);
    let end = text[start..].find('\n').map_or(text.len(), |n| start + n);
    if text[start..end].trim().is_empty() {
        return false;
    }
    text.replace_range(start..end, &" ".repeat(end - start));
    true
}

/// The line that holds the byte `at`.
fn line_at(text: &str, at: usize) -> &str {
    let start = text[..at].rfind('\n').map_or(0, |n| n + 1);
    text[start..].lines().next().unwrap_or_default()
}

fn hint_for(message: &str, line: &str) -> Option<String> {
    let comment = line.find(" #").filter(|at| line[..*at].contains(['{', '[']));
    if let Some(at) = comment
        && (message.contains("unclosed") || message.contains("flow") || message.contains("EOF"))
    {
        let word: String = line[at + 1..].chars().take_while(|c| !",]} ".contains(*c)).collect();
        return Some(format!("`#` begins a comment here: put the name in quotes, as in \"{word}\""));
    }
    let hint = if message.contains("flow") && line.contains("${") {
        "within { } and [ ] a variable stands in quotes: \"${VAR}\""
    } else if message.contains("simple key") || message.contains("mapping values") {
        "look for a missing space after a colon, a missing quote or a wrong indentation in this line or the one before"
    } else if message.contains("EOF") || message.contains("end of") {
        "something that was opened ([ { \" ') is not closed"
    } else if message.contains("indent") {
        "keys of one map stand in one column"
    } else {
        return None;
    };
    Some(hint.to_owned())
}

/// The parser cannot go on.
struct Stop {
    span: Span,
    message: String,
    line: usize,
}

struct Builder<'t> {
    source: usize,
    text: &'t str,
    anchors: HashMap<usize, Node>,
    nodes: usize,
    errors: Vec<SyntaxError>,
}

type Events<'t> = Parser<'t, granit_parser::StrInput<'t>>;

impl<'t> Builder<'t> {
    fn document(&mut self) -> Result<Node, Stop> {
        let mut events = Parser::new_from_str(self.text);
        let mut root = None;
        loop {
            let (event, span) = self.next(&mut events)?;
            match event {
                Event::StreamEnd => break,
                Event::StreamStart | Event::DocumentStart(..) | Event::DocumentEnd => {}
                _ if root.is_some() => {
                    self.error(
                        span,
                        "a second document in one file".to_owned(),
                        Some("split the file at the '---'"),
                    );
                    break;
                }
                event => root = Some(self.node(&mut events, event, span)?),
            }
        }
        Ok(root.unwrap_or(Node { value: Value::Null, span: Span { source: self.source, start: 0, end: 0 } }))
    }

    /// The next event that is not a comment.
    fn next(&mut self, events: &mut Events<'t>) -> Result<(Event<'t>, Span), Stop> {
        loop {
            match events.next() {
                Some(Ok((Event::Comment(..), _))) => {}
                Some(Ok((event, span))) => return Ok((event, self.span(span))),
                Some(Err(error)) => return Err(self.stop(&error)),
                None => return Ok((Event::StreamEnd, Span { source: self.source, start: 0, end: 0 })),
            }
        }
    }

    fn node(&mut self, events: &mut Events<'t>, event: Event<'t>, span: Span) -> Result<Node, Stop> {
        self.nodes += 1;
        if self.nodes > limits::YAML_NODES {
            return Err(self.too_much(span));
        }
        let (node, anchor) = match event {
            Event::Scalar(text, style, anchor, tag) => {
                let plain = style == ScalarStyle::Plain && tag.is_none();
                let span = self.trimmed(span, style);
                let is_null = plain && matches!(&*text, "" | "~" | "null" | "Null" | "NULL");
                let value = if is_null {
                    Value::Null
                } else {
                    Value::Scalar(Scalar {
                        written: text.to_string(),
                        text: text.into_owned(),
                        plain,
                        from_env: false,
                        broken: false,
                    })
                };
                (Node { value, span }, anchor)
            }
            Event::SequenceStart(_, anchor, _) => {
                let (mut items, mut whole) = (Vec::new(), span);
                loop {
                    let (event, at) = self.next(events)?;
                    if matches!(event, Event::SequenceEnd) {
                        whole.end = whole.end.max(at.end);
                        break;
                    }
                    items.push(self.node(events, event, at)?);
                }
                (Node { value: Value::List(items), span: whole }, anchor)
            }
            Event::MappingStart(_, anchor, _) => (self.map(events, span)?, anchor),
            Event::Alias(id) => {
                let target = self.anchors.get(&id).cloned();
                let node = target.unwrap_or(Node { value: Value::Null, span });
                self.nodes += count(&node);
                if self.nodes > limits::YAML_NODES {
                    return Err(self.too_much(span));
                }
                (node, 0)
            }
            _ => (Node { value: Value::Null, span }, 0),
        };
        if anchor != 0 {
            self.anchors.insert(anchor, node.clone());
        }
        Ok(node)
    }

    fn map(&mut self, events: &mut Events<'t>, span: Span) -> Result<Node, Stop> {
        let (mut entries, mut merged, mut whole): (Vec<Entry>, Vec<Node>, Span) =
            (Vec::new(), Vec::new(), span);
        loop {
            let (event, at) = self.next(events)?;
            if matches!(event, Event::MappingEnd) {
                whole.end = whole.end.max(at.end);
                break;
            }
            let key_node = self.node(events, event, at)?;
            let (event, at) = self.next(events)?;
            let node = self.node(events, event, at)?;
            let key_span = key_node.span;
            let Value::Scalar(Scalar { text: key, .. }) = key_node.value else {
                self.error(key_span, "a key must be text".to_owned(), None);
                continue;
            };
            if key == "<<" {
                match node.value {
                    Value::List(items) => merged.extend(items),
                    _ => merged.push(node),
                }
            } else if let Some(first) = entries.iter().find(|e| e.key == key) {
                let mut dropped = Vec::new();
                node.each_scalar(&mut |_, span| dropped.push(span));
                self.errors.push(SyntaxError {
                    span: key_span,
                    message: format!("the key `{key}` stands twice in one map"),
                    hint: Some("remove one of the two".to_owned()),
                    first: Some(first.key_span),
                    dropped,
                });
            } else {
                entries.push(Entry { key, key_span, node });
            }
        }
        // YAML's merge key: what is written here wins over what is merged in.
        for node in merged {
            let Value::Map(more) = node.value else {
                self.error(
                    node.span,
                    "what `<<` merges in must be a map".to_owned(),
                    Some("name one by *anchor"),
                );
                continue;
            };
            for entry in more {
                if !entries.iter().any(|e| e.key == entry.key) {
                    entries.push(entry);
                }
            }
        }
        Ok(Node { value: Value::Map(entries), span: whole })
    }

    fn error(&mut self, span: Span, message: String, hint: Option<&str>) {
        let hint = hint.map(str::to_owned);
        self.errors.push(SyntaxError { span, message, hint, first: None, dropped: Vec::new() });
    }

    fn span(&self, span: granit_parser::Span) -> Span {
        let byte = |marker: &granit_parser::Marker| {
            let at = marker.byte_offset().unwrap_or_else(|| byte_of(self.text, marker.index()));
            at.min(self.text.len())
        };
        let start = byte(&span.start);
        Span { source: self.source, start, end: byte(&span.end).max(start) }
    }

    /// A block's span without the line breaks and the next line's indentation at its end.
    fn trimmed(&self, span: Span, style: ScalarStyle) -> Span {
        let text = self.text.get(span.start..span.end).unwrap_or_default();
        let keep = if matches!(style, ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted) {
            text.len()
        } else {
            text.trim_end().len()
        };
        Span { end: span.start + keep, ..span }
    }

    fn stop(&self, error: &ScanError) -> Stop {
        let marker = error.marker();
        let at =
            marker.byte_offset().unwrap_or_else(|| byte_of(self.text, marker.index())).min(self.text.len());
        // An error at the end of the text is shown at its last line that says something.
        let start = if self.text[at..].trim().is_empty() { self.text.trim_end().len() } else { at };
        let what = error.kind().to_string();
        // The parser notices a missing quote far behind the line where it is missing.
        let opened = if what.contains("quote") { open_quote(self.text, start) } else { None };
        let start = opened.unwrap_or(start);
        let end = self.text[start..].chars().next().map_or(start, |c| start + c.len_utf8());
        let line = self.text[..start].matches('\n').count() + 1;
        let message = match opened {
            Some(_) => "this quote is not closed in its line".to_owned(),
            None => format!("this is not YAML: {what}"),
        };
        Stop { span: Span { source: self.source, start, end }, message, line }
    }

    fn too_much(&self, span: Span) -> Stop {
        let message = format!("more than {} values in one file", limits::YAML_NODES);
        Stop { span, message, line: 0 }
    }
}

/// The last quote of the nearest line, looking up from `at`, in which the quotes are odd in number.
fn open_quote(text: &str, at: usize) -> Option<usize> {
    let end = text[at..].find('\n').map_or(text.len(), |n| at + n);
    let mut start = end;
    for line in text[..end].rsplit('\n') {
        start -= line.len();
        for quote in ['"', '\''] {
            // An apostrophe within a word opens nothing.
            let opens = |at: &usize| {
                !line[..*at].ends_with(char::is_alphanumeric) || line[*at + 1..].trim().is_empty()
            };
            let quotes: Vec<usize> = line.match_indices(quote).map(|(at, _)| at).filter(opens).collect();
            if line.matches(quote).count() % 2 == 1 && !line.trim_start().starts_with('#') {
                return quotes.last().map(|at| start + at);
            }
        }
        start = start.saturating_sub(1);
    }
    None
}

fn count(node: &Node) -> usize {
    1 + match &node.value {
        Value::List(items) => items.iter().map(count).sum(),
        Value::Map(entries) => entries.iter().map(|e| 1 + count(&e.node)).sum(),
        _ => 0,
    }
}

fn byte_of(text: &str, chars: usize) -> usize {
    text.char_indices().nth(chars).map_or(text.len(), |(at, _)| at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(node: &Node) -> String {
        match &node.value {
            Value::Null => "null".to_owned(),
            Value::Scalar(s) if s.plain => s.text.clone(),
            Value::Scalar(s) => format!("{:?}", s.text),
            Value::List(items) => format!("[{}]", items.iter().map(shown).collect::<Vec<_>>().join(", ")),
            Value::Map(entries) => {
                let all: Vec<_> = entries.iter().map(|e| format!("{}: {}", e.key, shown(&e.node))).collect();
                format!("{{{}}}", all.join(", "))
            }
        }
    }

    #[test]
    fn trees() {
        for (text, expected) in [
            ("", "null"),
            ("# only a comment\n", "null"),
            ("a: 1", "{a: 1}"),
            ("a:\n  - x\n  - 'y'\nb: {c: \"d\", e: [1, ~]}", "{a: [x, \"y\"], b: {c: \"d\", e: [1, null]}}"),
            ("a: |\n  one\n  two\nb: 2", "{a: \"one\\ntwo\\n\", b: 2}"),
            ("base: &b {x: 1, y: 2}\na: {<<: *b, x: 9}", "{base: {x: 1, y: 2}, a: {x: 9, y: 2}}"),
            ("a: !!str 1", "{a: \"1\"}"),
            ("{\"json\": [true, 1.5]}", "{json: [true, 1.5]}"),
            ("empty:\nnext: 1", "{empty: null, next: 1}"),
        ] {
            let parsed = parse(text, 0);
            assert!(parsed.errors.is_empty(), "{text}: {:?}", parsed.errors);
            assert_eq!(shown(&parsed.root), expected, "{text}");
        }
    }

    #[test]
    fn only_maps_are_merged_in() {
        for text in ["a: {<<: v}", "x: &x [1]\na: {<<: *x}", "a: {<<: [{b: 1}, c]}"] {
            let errors = parse(text, 0).errors;
            assert_eq!(errors.len(), 1, "{text}: {errors:?}");
            assert!(errors[0].message.contains("must be a map"), "{text}: {errors:?}");
        }
    }

    #[test]
    fn spans_are_what_was_written() {
        let text =
            "日本: 語\nkey:   'quoted text'\nlist: [one, \"two\"]\nblock: |\n  a\n  b\n\nlast: x # comment\n";
        let parsed = parse(text, 0);
        let mut seen = Vec::new();
        parsed.root.each_scalar(&mut |_, span| seen.push(&text[span.start..span.end]));
        assert_eq!(seen, ["語", "'quoted text'", "one", "\"two\"", "a\n  b", "x"]);
    }

    #[test]
    fn broken_lines_are_told_and_the_rest_is_read() {
        let text = "a: 1\nb: [1, 2\nc: 3\n";
        let parsed = parse(text, 0);
        assert!(!parsed.errors.is_empty());
        let parsed = parse("a: 1\n\tb: 2\nc: x: y\nd: 4\na: 5\n", 0);
        let lines: Vec<_> = parsed.errors.iter().map(|e| (e.span.start, e.message.as_str())).collect();
        assert!(parsed.errors.len() >= 2, "{lines:?}");
        assert!(parsed.root.entry("d").is_some(), "{lines:?}");
    }

    #[test]
    fn an_alias_bomb_is_refused() {
        let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for n in 1..9 {
            let before = format!("*a{}", n - 1);
            text.push_str(&format!("a{n}: &a{n} [{}]\n", [before.as_str(); 10].join(", ")));
        }
        let parsed = parse(&text, 0);
        assert!(parsed.errors.iter().any(|e| e.message.contains("more than")));
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "[ -~\n\t日é]{0,200}") {
            let parsed = parse(&text, 0);
            parsed.root.each_scalar(&mut |_, span| assert!(text.get(span.start..span.end).is_some()));
            for error in parsed.errors {
                assert!(text.get(error.span.start..error.span.end).is_some());
            }
        }
    }
}
