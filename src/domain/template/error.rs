//! Template mistakes as people can mend them: where, what, and what to write instead.

use minijinja::{Environment, Error, ErrorKind};

use super::{filters, go};

/// A mistake in a template, at compile time or while rendering.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {col}: {what}{}", hint.as_ref().map(|hint| format!(" ({hint})")).unwrap_or_default())]
pub struct TemplateError {
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub col: usize,
    /// What is wrong.
    pub what: String,
    /// How to mend it, if that is known.
    pub hint: Option<String>,
}

impl TemplateError {
    pub(super) fn plain(what: String, hint: &str) -> Self {
        Self { line: 1, col: 1, what, hint: Some(hint.to_owned()) }
    }

    fn at(source: &str, offset: usize, what: String, hint: Option<String>) -> Self {
        let (line, col) = position(source, offset);
        Self { line, col, what, hint }
    }

    pub(super) fn from_engine(error: &Error, source: &str) -> Self {
        let (line, col) = match (error.range(), error.line()) {
            (Some(range), _) => position(source, range.start),
            (None, line) => (line.unwrap_or(1), 1),
        };
        let what = match (error.kind(), error.detail()) {
            (ErrorKind::OutOfFuel, _) => "the template takes too many steps".to_owned(),
            (ErrorKind::InvalidOperation, Some(detail)) => detail.to_owned(),
            (kind, Some(detail)) => format!("{kind}: {detail}"),
            (kind, None) => kind.to_string(),
        };
        let text = source.lines().nth(line.saturating_sub(1)).unwrap_or_default();
        let hint = match error.kind() {
            ErrorKind::SyntaxError | ErrorKind::UnknownFunction => go::hint(text),
            ErrorKind::OutOfFuel => Some("loop over fewer things, for example `alerts[:10]`".to_owned()),
            ErrorKind::InvalidOperation if what.contains("unsupported types") => Some(
                "moments and spans are reckoned by method here: `moment.add(\"1h\")`, `moment.sub(other)`"
                    .to_owned(),
            ),
            _ => None,
        };
        Self { line, col, what, hint }
    }
}

/// Line and column, from 1, of a byte offset.
fn position(source: &str, offset: usize) -> (usize, usize) {
    let mut offset = offset.min(source.len());
    while !source.is_char_boundary(offset) {
        offset -= 1;
    }
    let before = &source[..offset];
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}

/// Finds what the engine would not tell, or only when the place is reached with data, at 3 a.m.: filters that do not
/// exist, and tags of Go's templates.
pub(super) fn silent_mistakes(source: &str, environment: &Environment<'_>) -> Result<(), TemplateError> {
    if let Some(offset) = go::first_keyword(source) {
        let line = source[offset..].lines().next().unwrap_or_default();
        let what = "this tag belongs to another template language".to_owned();
        return Err(TemplateError::at(source, offset, what, go::hint(line)));
    }
    let mut state = environment.empty_state();
    for (offset, name) in used_filters(source) {
        let known = state.perform_test("filter", &[name.into()]).unwrap_or(true);
        if !known {
            let best = filters::NAMES
                .iter()
                .map(|candidate| (strsim::jaro_winkler(name, candidate), candidate))
                .max_by(|a, b| a.0.total_cmp(&b.0))
                .filter(|(likeness, _)| *likeness > 0.8);
            let hint = best.map(|(_, candidate)| format!("did you mean `{candidate}`?"));
            return Err(TemplateError::at(source, offset, format!("there is no filter `{name}`"), hint));
        }
    }
    Ok(())
}

/// Every `| name` inside a tag, with its offset; text in quotes and comments is passed over.
fn used_filters(source: &str) -> Vec<(usize, &str)> {
    let bytes = source.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while at + 1 < bytes.len() {
        let close: &[u8] = match &bytes[at..at + 2] {
            b"{{" => b"}}",
            b"{%" => b"%}",
            b"{#" => {
                at = source[at..].find("#}").map_or(bytes.len(), |end| at + end + 2);
                continue;
            }
            _ => {
                at += 1;
                continue;
            }
        };
        if let Some(end) = raw_block_end(&source[at..]) {
            at += end;
            continue;
        }
        at += 2;
        let mut quote: Option<u8> = None;
        while at < bytes.len() {
            match (quote, bytes[at]) {
                (Some(_), b'\\') => at += 1,
                (Some(open), byte) if byte == open => quote = None,
                (Some(_), _) => {}
                (None, byte @ (b'"' | b'\'')) => quote = Some(byte),
                (None, b'|') => {
                    let name_at =
                        at + 1 + bytes[at + 1..].iter().take_while(|b| b.is_ascii_whitespace()).count();
                    let name_len = bytes[name_at..]
                        .iter()
                        .take_while(|b| b.is_ascii_alphanumeric() || **b == b'_')
                        .count();
                    if name_len > 0 {
                        found.push((name_at, &source[name_at..name_at + name_len]));
                    }
                }
                (None, _) if bytes[at..].starts_with(close) => break,
                (None, _) => {}
            }
            at += 1;
        }
        at += 2;
    }
    found
}

/// The length of a `{% raw %} … {% endraw %}` block that begins here.
fn raw_block_end(rest: &str) -> Option<usize> {
    let inside = rest.strip_prefix("{%")?.trim_start_matches(['-', '+']).trim_start();
    inside.strip_prefix("raw").filter(|after| after.starts_with([' ', '%', '-', '+']))?;
    Some(rest.find("endraw").map_or(rest.len(), |at| at + "endraw".len()))
}
