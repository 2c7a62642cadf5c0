//! From bytes to JSON, with the breakages that can be mended mended.

use serde_json::Value as Json;

use super::{Incoming, Rejection};
use crate::domain::alert::{Intake, Problem};
use crate::json;
use crate::limits::WEBHOOK_TREE_BYTES;

/// Parses a body; if it is no JSON, or alerts of it are lost, once more after mending it, and then there is a problem to
/// tell. `parse` must be free of effects; `lost` counts the alerts that could not be read.
pub(super) fn read<T>(
    body: &[u8],
    parse: impl Fn(&[u8]) -> Result<T, serde_json::Error>,
    lost: impl Fn(&T) -> u32,
) -> Result<(T, Option<Problem>), Rejection> {
    let body = without_mark(body);
    let first = match parse(body) {
        Ok(read) if lost(&read) == 0 => return Ok((read, None)),
        first => first,
    };
    if let Some(mended) = mend(body)
        && let Ok(again) = parse(mended.as_bytes())
        && first.as_ref().map_or(true, |read| lost(&again) < lost(read))
    {
        let problem = Problem {
            index: None,
            what: "the body had characters that are not allowed in JSON".into(),
            fix: "send UTF-8, and escape control characters in texts; they were replaced".into(),
            lost: false,
        };
        return Ok((again, Some(problem)));
    }
    first.map(|read| (read, None)).map_err(|error| not_json(body, &error))
}

/// A body without the mark that some put before UTF-8.
fn without_mark(body: &[u8]) -> &[u8] {
    body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body)
}

/// [`read`] for a body that is an intake or nothing.
pub(super) fn read_intake(
    body: &[u8],
    parse: impl Fn(&[u8]) -> Result<Result<Intake, Rejection>, serde_json::Error>,
) -> Result<Intake, Rejection> {
    let (intake, problem) = read(body, parse, |read| read.as_ref().map_or(0, |intake| intake.lost))?;
    let mut intake = intake?;
    problem.into_iter().for_each(|problem| intake.add_problem(problem));
    Ok(intake)
}

/// Reads a body as a tree. `copies` is how many trees of its size there will be at the same time.
pub(super) fn read_tree(body: &[u8], copies: usize) -> Result<(Json, Option<Problem>), Rejection> {
    if matches!(without_mark(body).trim_ascii_start().first(), Some(b'[' | b'{')) {
        refuse_costly(body, copies)?;
    }
    read(body, |bytes| serde_json::from_slice(bytes), |_| 0)
}

/// Refuses a text whose tree would take too much memory, before there is one.
pub(super) fn refuse_costly(text: &[u8], copies: usize) -> Result<(), Rejection> {
    if json::fits(text, WEBHOOK_TREE_BYTES / copies.max(1)) {
        return Ok(());
    }
    Err(Rejection::TooManyValues { limit_mib: WEBHOOK_TREE_BYTES >> 20 })
}

/// Refuses what is no text at all, so that nobody is paged with it.
pub(super) fn refuse_compressed(incoming: &Incoming<'_>) -> Result<(), Rejection> {
    let encoding =
        incoming.headers.get("content-encoding").and_then(|value| value.to_str().ok()).map(str::trim);
    let encoding = encoding.filter(|name| !name.is_empty() && !name.eq_ignore_ascii_case("identity"));
    let is_gzip = incoming.body.starts_with(b"\x1f\x8b");
    if !is_gzip && encoding.is_none() {
        return Ok(());
    }
    let what = format!("the body is compressed ({})", encoding.unwrap_or("gzip"));
    Err(Rejection::bad_body(what, "Content-Encoding", "switch compression off at the sender"))
}

/// Whether a body begins as JSON's objects and lists do. "[FIRING] disk full" does not.
pub(super) fn looks_like_json(body: &[u8]) -> bool {
    let mut letters = body.iter().copied().filter(|byte| !byte.is_ascii_whitespace());
    match (letters.next(), letters.next()) {
        (Some(b'{'), Some(b'"' | b'}')) => true,
        (Some(b'['), Some(next)) => matches!(next, b'{' | b'[' | b'"' | b']' | b'-' | b'0'..=b'9'),
        _ => false,
    }
}

/// Tells where a body stops being JSON.
pub(super) fn not_json(body: &[u8], error: &serde_json::Error) -> Rejection {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Rejection::bad_body(
            "the body is empty",
            "line 1, column 1",
            "send the alert as JSON in the body",
        );
    }
    if body.contains(&0) {
        let hint = "send UTF-8; PowerShell and .NET need to be told";
        return Rejection::bad_body("the body is UTF-16 or no text at all", "line 1, column 1", hint);
    }
    let message = error.to_string();
    let what = message.split(" at line ").next().unwrap_or(&message);
    let place = format!("line {}, column {}", error.line(), error.column());
    if error.is_data() {
        let hint = "send the sender's own body as it is; for any other JSON use the kind `webhook`";
        return Rejection::bad_body(format!("the body is not what this address takes: {what}"), place, hint);
    }
    let hint = if what.contains("recursion limit") {
        "values are nested too deeply"
    } else if body.first() == Some(&b'<') {
        "this looks like XML or HTML; send JSON"
    } else if error.is_eof() {
        "the body ends too early; was it cut off?"
    } else {
        "check it with a JSON validator; a custom payload template is often the reason"
    };
    Rejection::bad_body(format!("the body is no valid JSON: {what}"), place, hint)
}

/// Replaces what breaks a whole body though it means only one letter: bytes that are no UTF-8, bare control characters
/// in texts (scripts paste command output), halves of surrogate pairs (JavaScript cuts emoji in two). Nothing if there is
/// nothing to replace, or so much that it is no text.
fn mend(body: &[u8]) -> Option<String> {
    let at_most = body.len() + body.len() / 2 + MENDED_FREELY_BYTES;
    let mut out = String::with_capacity(body.len() + 16);
    let mut in_text = false;
    for chunk in body.utf8_chunks() {
        let mut rest = chunk.valid();
        while let Some(c) = rest.chars().next() {
            let after = &rest[c.len_utf8()..];
            match c {
                '"' => {
                    in_text = !in_text;
                    out.push(c);
                }
                '\\' if in_text => {
                    let taken = mend_escape(rest, &mut out);
                    rest = &rest[taken..];
                    continue;
                }
                '\n' if in_text => out.push_str("\\n"),
                '\r' if in_text => out.push_str("\\r"),
                '\t' if in_text => out.push_str("\\t"),
                c if in_text && c < ' ' => out.push('\u{fffd}'),
                c => out.push(c),
            }
            rest = after;
            if out.len() > at_most {
                return None;
            }
        }
        if !chunk.invalid().is_empty() {
            out.push('\u{fffd}');
        }
    }
    (out.as_bytes() != body).then_some(out)
}

/// Bytes by which a body may grow when it is mended, beside half of its length.
const MENDED_FREELY_BYTES: usize = 64 * 1024;

/// Copies one escape sequence; returns its length in `rest`.
fn mend_escape(rest: &str, out: &mut String) -> usize {
    let unit = |at: usize| {
        let digits = rest.get(at..at + 6)?.strip_prefix("\\u")?;
        u16::from_str_radix(digits, 16).ok()
    };
    match unit(0) {
        Some(high @ 0xd800..=0xdbff) => match unit(6) {
            Some(low @ 0xdc00..=0xdfff) => {
                out.push_str(&format!("\\u{high:04x}\\u{low:04x}"));
                12
            }
            _ => {
                out.push('\u{fffd}');
                6
            }
        },
        Some(0xdc00..=0xdfff) => {
            out.push('\u{fffd}');
            6
        }
        _ => {
            let len = rest.chars().take(2).map(char::len_utf8).sum();
            let escape = &rest[..len];
            // An escape JSON does not know (`\x`, `\'`) is meant as the backslash it is.
            if matches!(
                escape.as_bytes().get(1),
                Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' | b'u')
            ) {
                out.push_str(escape);
            } else {
                out.push_str("\\\\");
                return 1;
            }
            len
        }
    }
}
