//! Sets of characters: `[a-z]`, `[[:alpha:]]`, `\d`, `\p{Greek}`.

use regex::Regex;

use super::{ErrorKind, NOTHING, RegexpError, error, escape, literal};

/// Every character.
const ANYTHING: &str = r"\x{0}-\x{10FFFF}";

/// Perl's sets and those of POSIX are ASCII in Go.
const SETS: [(&str, &str); 14] = [
    ("alnum", "0-9A-Za-z"),
    ("alpha", "A-Za-z"),
    ("ascii", r"\x{0}-\x{7F}"),
    ("blank", r"\x{9}\x{20}"),
    ("cntrl", r"\x{0}-\x{1F}\x{7F}"),
    ("digit", "0-9"),
    ("graph", r"\x{21}-\x{7E}"),
    ("lower", "a-z"),
    ("print", r"\x{20}-\x{7E}"),
    ("punct", r"\x{21}-\x{2F}\x{3A}-\x{40}\x{5B}-\x{60}\x{7B}-\x{7E}"),
    ("space", r"\x{9}-\x{D}\x{20}"),
    ("upper", "A-Z"),
    ("word", r"0-9A-Za-z\x{5F}"),
    ("xdigit", "0-9A-Fa-f"),
];
const DIGIT: &str = "0-9";
const PERL_SPACE: &str = r"\x{9}\x{A}\x{C}\x{D}\x{20}";
const WORD: &str = r"0-9A-Za-z\x{5F}";

/// Reads a set in brackets and gives it with the rest.
pub(super) fn translate(text: &str) -> Result<(String, &str), RegexpError> {
    let mut rest = &text[1..];
    let negated = rest.starts_with('^');
    if negated {
        rest = &rest[1..];
    }
    let mut items = String::new();
    let mut is_first = true;
    // A closing bracket that comes first is a member.
    while is_first || !rest.starts_with(']') {
        is_first = false;
        if let Some((set, after)) = named(rest)? {
            items.push_str(&set);
            rest = after;
        } else if let Some((set, after)) = shorthand(rest)? {
            items.push_str(&set);
            rest = after;
        } else {
            let (range, after) = range(rest, text)?;
            items.push_str(&range);
            rest = after;
        }
    }
    if items.is_empty() {
        items.push_str(NOTHING);
    }
    let not = if negated { "^" } else { "" };
    Ok((format!("[{not}{items}]"), &rest[1..]))
}

/// A single member or a range of them.
fn range<'a>(text: &'a str, class: &str) -> Result<(String, &'a str), RegexpError> {
    let (low, mut rest) = member(text, class)?;
    let mut high = low;
    // In `[a-]` the dash is a member.
    if let Some(after) = rest.strip_prefix('-').filter(|after| !after.is_empty() && !after.starts_with(']')) {
        (high, rest) = member(after, class)?;
        if high < low {
            return Err(error(ErrorKind::ClassRange, &text[..text.len() - rest.len()]));
        }
    }
    Ok((written(low, high), rest))
}

/// Halves of surrogate pairs cannot be in a text, so a range leaves them out.
fn written(low: u32, high: u32) -> String {
    let is_surrogate = |c: u32| (0xd800..=0xdfff).contains(&c);
    let low = if is_surrogate(low) { 0xe000 } else { low };
    let high = if is_surrogate(high) { 0xd7ff } else { high };
    match low.cmp(&high) {
        std::cmp::Ordering::Less => format!("\\x{{{low:X}}}-\\x{{{high:X}}}"),
        std::cmp::Ordering::Equal => literal(low),
        std::cmp::Ordering::Greater => String::new(),
    }
}

fn member<'a>(text: &'a str, class: &str) -> Result<(u32, &'a str), RegexpError> {
    match text.chars().next() {
        None => Err(error(ErrorKind::NoClosingBracket, class)),
        Some('\\') => escape::read(text),
        Some(c) => Ok((u32::from(c), &text[c.len_utf8()..])),
    }
}

/// `[:alpha:]` and `[:^alpha:]`.
fn named(text: &str) -> Result<Option<(String, &str)>, RegexpError> {
    let Some((name, rest)) = text.strip_prefix("[:").and_then(|inner| inner.split_once(":]")) else {
        return Ok(None);
    };
    let (negated, plain) = name.strip_prefix('^').map_or((false, name), |plain| (true, plain));
    match SETS.iter().find(|(known, _)| *known == plain) {
        Some((_, set)) => Ok(Some((signed(set, negated), rest))),
        None => Err(error(ErrorKind::ClassRange, &text[..text.len() - rest.len()])),
    }
}

/// `\d \D \s \S \w \W \pL \p{Greek} \P{^Greek}`: what may stand between brackets for it.
pub(super) fn shorthand(text: &str) -> Result<Option<(String, &str)>, RegexpError> {
    let Some(after) = text.strip_prefix('\\') else {
        return Ok(None);
    };
    let Some(kind) = after.chars().next() else {
        return Ok(None);
    };
    let rest = &after[kind.len_utf8()..];
    let set = match kind.to_ascii_lowercase() {
        'd' => DIGIT,
        's' => PERL_SPACE,
        'w' => WORD,
        'p' => return unicode(text, rest, kind == 'P').map(Some),
        _ => return Ok(None),
    };
    Ok(Some((signed(set, kind.is_ascii_uppercase()), rest)))
}

fn signed(set: &str, negated: bool) -> String {
    if negated { format!("[^{set}]") } else { set.to_owned() }
}

/// A category or a script of Unicode.
fn unicode<'a>(text: &'a str, rest: &'a str, negated: bool) -> Result<(String, &'a str), RegexpError> {
    let wrong = |after: &str| error(ErrorKind::ClassRange, &text[..text.len() - after.len()]);
    let (name, rest) = if let Some(braced) = rest.strip_prefix('{') {
        braced.split_once('}').ok_or_else(|| wrong(""))?
    } else {
        let letter = rest.chars().next().ok_or_else(|| wrong(rest))?;
        rest.split_at(letter.len_utf8())
    };
    let (negated, name) = name.strip_prefix('^').map_or((negated, name), |name| (!negated, name));
    if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphabetic() || matches!(c, ' ' | '-' | '_')) {
        return Err(wrong(rest));
    }
    let plain: String = name.chars().filter(|c| c.is_ascii_alphabetic()).collect();
    if ["cs", "surrogate"].iter().any(|half| plain.eq_ignore_ascii_case(half)) {
        let set = if negated { ANYTHING } else { NOTHING };
        return Ok((set.to_owned(), rest));
    }
    let letter = if negated { 'P' } else { 'p' };
    for property in ["gc", "sc"] {
        if Regex::new(&format!("\\p{{{property}={name}}}")).is_ok() {
            return Ok((format!("\\{letter}{{{property}={name}}}"), rest));
        }
    }
    Err(wrong(rest))
}
