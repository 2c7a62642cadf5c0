//! The old grammar: `name op value`, commas between, quotes around a value if it likes.

use super::{Allowance, Matcher, MatcherError, Op};

/// A list; one pair of braces around it is taken off, or only half of it.
pub(super) fn parse_many(text: &str, allowance: &Allowance) -> Result<Vec<Matcher>, MatcherError> {
    let inner = text.strip_prefix('{').unwrap_or(text);
    let inner = inner.strip_suffix('}').unwrap_or(inner);
    split(inner).iter().map(|part| parse_one(part, allowance)).collect()
}

/// Commas part matchers unless they stand between double quotes.
fn split(text: &str) -> Vec<String> {
    let (mut parts, mut part) = (Vec::new(), String::new());
    let (mut quoted, mut escaped) = (false, false);
    for c in text.chars() {
        match c {
            ',' if !quoted => {
                parts.push(std::mem::take(&mut part));
                continue;
            }
            // A comma within quotes leaves an escape pending; so does Alertmanager.
            ',' => {}
            '"' if escaped => escaped = false,
            '"' => quoted = !quoted,
            '\\' => escaped = !escaped,
            _ => escaped = false,
        }
        part.push(c);
    }
    let last = part.trim();
    if !last.is_empty() {
        parts.push(last.to_owned());
    }
    parts
}

/// White space as this grammar knows it.
const SPACE: [char; 5] = ['\t', '\n', '\x0c', '\r', ' '];

/// One matcher; the value is everything to the end, without the space around it.
pub(super) fn parse_one(text: &str, allowance: &Allowance) -> Result<Matcher, MatcherError> {
    let (name, op, raw) = parts(text).ok_or_else(|| MatcherError {
        what: format!("bad matcher format: {text}"),
        column: None,
        hint: None,
    })?;
    let value = value(raw).ok_or_else(|| MatcherError {
        what: format!("matcher value contains unescaped double quote: {raw}"),
        column: None,
        hint: Some(
            "put the whole value in double quotes and a backslash before each double quote in it".to_owned(),
        ),
    })?;
    Matcher::within(op, name.to_owned(), value, allowance)
}

fn parts(text: &str) -> Option<(&str, Op, &str)> {
    let text = text.trim_start_matches(SPACE);
    let is_first = |c: char| c.is_ascii_alphabetic() || c == '_' || c == ':';
    let end = text.find(|c: char| !(is_first(c) || c.is_ascii_digit())).unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    if !name.starts_with(is_first) {
        return None;
    }
    let rest = rest.trim_start_matches(SPACE);
    let (op, raw) = [Op::Regexp, Op::Equal, Op::NotEqual, Op::NotRegexp]
        .into_iter()
        .find_map(|op| rest.strip_prefix(op.as_str()).map(|raw| (op, raw)))?;
    Some((name, op, raw.trim_matches(SPACE)))
}

/// Undoes `\n`, `\"` and `\\`; a backslash before anything else is a backslash.
fn value(raw: &str) -> Option<String> {
    let (text, mut open) = raw.strip_prefix('"').map_or((raw, false), |rest| (rest, true));
    let mut value = String::with_capacity(text.len());
    let mut escaped = false;
    for (index, c) in text.char_indices() {
        let is_last = index + 1 >= text.len();
        if escaped {
            escaped = false;
            match c {
                'n' => value.push('\n'),
                '"' | '\\' => value.push(c),
                other => value.extend(['\\', other]),
            }
        } else if c == '\\' && !is_last {
            escaped = true;
        } else if c == '"' {
            if !open || !is_last {
                return None;
            }
            open = false;
        } else {
            value.push(c);
        }
    }
    (!open).then_some(value)
}
