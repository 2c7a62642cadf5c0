//! Template mistakes as people can mend them: where, what, and what to write instead.

use minijinja::{Environment, Error, ErrorKind};

use super::{filters, go, meter};
use crate::limits::{TEMPLATE_ERROR_CHARS, TEMPLATE_TAG_OPERATORS_MAX};

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
    /// Whether a bound stopped it, and not a mistake in the template or odd data.
    pub fn is_bound(&self) -> bool {
        meter::BOUNDS.contains(&self.what.as_str())
    }

    pub(super) fn plain(what: String, hint: &str) -> Self {
        Self { line: 1, col: 1, what, hint: Some(hint.to_owned()) }
    }

    pub(super) fn at(source: &str, offset: usize, what: String, hint: Option<String>) -> Self {
        let (line, col) = position(source, offset);
        Self { line, col, what, hint }
    }

    pub(super) fn from_engine(error: &Error, source: &str) -> Self {
        let (line, col) = match (error.range(), error.line()) {
            (Some(range), _) => position(source, range.start),
            (None, line) => (line.unwrap_or(1), 1),
        };
        let what = match (error.kind(), error.detail()) {
            (ErrorKind::OutOfFuel, _) => meter::TOO_LONG.to_owned(),
            (ErrorKind::InvalidOperation, Some(detail)) => detail.to_owned(),
            (kind, Some(detail)) => format!("{kind}: {detail}"),
            (kind, None) => kind.to_string(),
        };
        let what = shortened(what);
        let text = source.lines().nth(line.saturating_sub(1)).unwrap_or_default();
        let hint = match error.kind() {
            ErrorKind::SyntaxError | ErrorKind::UnknownFunction => go::hint(text),
            ErrorKind::InvalidOperation if what == meter::TOO_BIG => {
                Some("shorten what it is made of first: `payload.text[:500]`, `alerts[:10]`".to_owned())
            }
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

/// A mistake may quote a value of any length.
fn shortened(mut what: String) -> String {
    if let Some((at, _)) = what.char_indices().nth(TEMPLATE_ERROR_CHARS) {
        what.truncate(at);
        what.push('…');
    }
    what
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

const WORD_OPERATORS: &[&[u8]] = &[b"and", b"or", b"not", b"in", b"is", b"if", b"else"];

/// Refuses a tag whose tree would be too deep to walk, before the engine makes one of it.
pub(super) fn overlong_tag(source: &str) -> Result<(), TemplateError> {
    let (mut tag, mut operators) = (usize::MAX, 0);
    let mut overlong = None;
    each_code_byte(source, |start, at, byte| {
        if tag != start {
            (tag, operators) = (start, 0);
        }
        let rest = &source.as_bytes()[at..];
        let word = rest.iter().take_while(|byte| byte.is_ascii_alphanumeric()).count();
        let starts = !source.as_bytes()[at - 1].is_ascii_alphanumeric();
        let word = starts && WORD_OPERATORS.contains(&&rest[..word]);
        operators += usize::from(word || b".|~+-*/%<>=([{!".contains(&byte));
        if operators > TEMPLATE_TAG_OPERATORS_MAX && overlong.is_none() {
            overlong = Some(at);
        }
    });
    overlong.map_or(Ok(()), |at| {
        let what = format!("more than {TEMPLATE_TAG_OPERATORS_MAX} operators in one tag");
        Err(TemplateError::at(source, at, what, Some("split it with `{% set %}`".to_owned())))
    })
}

/// Every `| name` inside a tag, with its offset; text in quotes and comments is passed over.
fn used_filters(source: &str) -> Vec<(usize, &str)> {
    let bytes = source.as_bytes();
    let mut found = Vec::new();
    each_code_byte(source, |_, at, byte| {
        if byte != b'|' {
            return;
        }
        let name_at = at + 1 + bytes[at + 1..].iter().take_while(|b| b.is_ascii_whitespace()).count();
        let name_len =
            bytes[name_at..].iter().take_while(|b| b.is_ascii_alphanumeric() || **b == b'_').count();
        if name_len > 0 {
            found.push((name_at, &source[name_at..name_at + name_len]));
        }
    });
    found
}

/// Calls `see` for every byte inside a tag that is not in quotes: where the tag starts, where the byte is, the byte.
fn each_code_byte(source: &str, mut see: impl FnMut(usize, usize, u8)) {
    let bytes = source.as_bytes();
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
        let start = at;
        at += 2;
        let mut quote: Option<u8> = None;
        while at < bytes.len() {
            match (quote, bytes[at]) {
                (Some(_), b'\\') => at += 1,
                (Some(open), byte) if byte == open => quote = None,
                (Some(_), _) => {}
                (None, byte @ (b'"' | b'\'')) => quote = Some(byte),
                (None, _) if bytes[at..].starts_with(close) => break,
                (None, byte) => see(start, at, byte),
            }
            at += 1;
        }
        at += 2;
    }
}

/// The length of a `{% raw %} … {% endraw %}` block that begins here.
fn raw_block_end(rest: &str) -> Option<usize> {
    let inside = rest.strip_prefix("{%")?.trim_start_matches(['-', '+']).trim_start();
    inside.strip_prefix("raw").filter(|after| after.starts_with([' ', '%', '-', '+']))?;
    Some(rest.find("endraw").map_or(rest.len(), |at| at + "endraw".len()))
}
