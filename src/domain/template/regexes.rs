//! Regexes that templates bring along: bounded in size, compiled once, linear in time by the engine's nature.

use std::collections::HashMap;
use std::sync::{Mutex, OnceLock, PoisonError};

use minijinja::{Error, ErrorKind, State};
use regex::{Regex, RegexBuilder};

use super::meter;
use crate::limits::{TEMPLATE_REGEX_CACHE_MAX, TEMPLATE_REGEX_MAX_BYTES, TEMPLATE_REGEX_PATTERN_MAX_BYTES};

/// The compiled form of a Python pattern; `anchored` holds it to the start of the text, as `re.match` does.
pub(super) fn compiled(state: &mut State<'_, '_>, pattern: &str, anchored: bool) -> Result<Regex, Error> {
    static CACHE: OnceLock<Mutex<HashMap<(String, bool), Regex>>> = OnceLock::new();
    let cache = CACHE.get_or_init(Mutex::default);
    let key = (pattern.to_owned(), anchored);
    if let Some(known) = cache.lock().unwrap_or_else(PoisonError::into_inner).get(&key) {
        return Ok(known.clone());
    }
    // A pattern may come from the sender, and each may be another one.
    if pattern.len() > TEMPLATE_REGEX_PATTERN_MAX_BYTES {
        let what = format!("a regex has at most {TEMPLATE_REGEX_PATTERN_MAX_BYTES} bytes");
        return Err(Error::new(ErrorKind::InvalidOperation, what));
    }
    meter::look(state, TEMPLATE_REGEX_MAX_BYTES)?;
    let source = python_pattern(pattern);
    let source = if anchored { format!(r"\A(?:{source})") } else { source };
    let regex = RegexBuilder::new(&source)
        .size_limit(TEMPLATE_REGEX_MAX_BYTES)
        .dfa_size_limit(TEMPLATE_REGEX_MAX_BYTES)
        .build()
        .map_err(|error| Error::new(ErrorKind::InvalidOperation, explain(pattern, &error)))?;
    let mut cache = cache.lock().unwrap_or_else(PoisonError::into_inner);
    if cache.len() >= TEMPLATE_REGEX_CACHE_MAX {
        cache.clear();
    }
    cache.insert(key, regex.clone());
    Ok(regex)
}

/// Python's replacement text (`\1`, `\g<name>`) as this engine writes it (`${1}`, `${name}`).
pub(super) fn python_replacement(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match (c, chars.peek().copied()) {
            ('$', _) => out.push_str("$$"),
            ('\\', Some(digit)) if digit.is_ascii_digit() => {
                let mut number = String::new();
                while let Some(digit) = chars.next_if(|c| c.is_ascii_digit() && number.len() < 2) {
                    number.push(digit);
                }
                out.push_str(&format!("${{{number}}}"));
            }
            ('\\', Some('g')) => {
                chars.next();
                let name: String =
                    chars.by_ref().skip_while(|c| *c == '<').take_while(|c| *c != '>').collect();
                out.push_str(&format!("${{{name}}}"));
            }
            ('\\', Some(escaped @ ('n' | 't' | '\\'))) => {
                chars.next();
                out.push(match escaped {
                    'n' => '\n',
                    't' => '\t',
                    _ => '\\',
                });
            }
            _ => out.push(c),
        }
    }
    out
}

/// `\Z` is `\z` here, and `\/` is a plain slash.
fn python_pattern(pattern: &str) -> String {
    pattern.replace(r"\Z", r"\z")
}

fn explain(pattern: &str, error: &regex::Error) -> String {
    let pattern: String = pattern.chars().take(120).collect();
    if ["(?=", "(?!", "(?<=", "(?<!"].iter().any(|look| pattern.contains(look)) {
        return format!(
            "the regex `{pattern}` looks around itself ((?=…), (?!…), (?<=…)), which is not supported here"
        );
    }
    match error {
        regex::Error::CompiledTooBig(_) => format!("the regex `{pattern}` is too big"),
        other => {
            let last = other.to_string();
            let reason = last.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
            format!("`{pattern}` is no regex: {reason}")
        }
    }
}
