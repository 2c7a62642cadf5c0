//! What may follow a backslash and stands for one character.

use super::{ErrorKind, RegexpError, error};

/// Reads an escape; gives the code point (which may be half of a surrogate pair) and the rest.
pub(super) fn read(text: &str) -> Result<(u32, &str), RegexpError> {
    let after = text.strip_prefix('\\').unwrap_or(text);
    let Some(c) = after.chars().next() else {
        return Err(error(ErrorKind::TrailingBackslash, ""));
    };
    let rest = &after[c.len_utf8()..];
    let plain = |c: char| Ok((u32::from(c), rest));
    match c {
        'a' => plain('\x07'),
        'f' => plain('\x0c'),
        'n' => plain('\n'),
        'r' => plain('\r'),
        't' => plain('\t'),
        'v' => plain('\x0b'),
        'x' => hexadecimal(text, rest),
        '0' => Ok(octal(0, rest)),
        // A single digit would be a back reference.
        '1'..='7' if rest.starts_with(|next| ('0'..='7').contains(&next)) => {
            Ok(octal(u32::from(c) - 0x30, rest))
        }
        _ if c.is_ascii() && !c.is_ascii_alphanumeric() => plain(c),
        _ => Err(error(ErrorKind::Escape, &text[..text.len() - rest.len()])),
    }
}

fn octal(first: u32, rest: &str) -> (u32, &str) {
    let (mut value, mut rest) = (first, rest);
    for _ in 0..2 {
        let Some(digit) = rest.chars().next().and_then(|c| c.to_digit(8)) else {
            break;
        };
        value = value * 8 + digit;
        rest = &rest[1..];
    }
    (value, rest)
}

fn hexadecimal<'a>(text: &str, rest: &'a str) -> Result<(u32, &'a str), RegexpError> {
    let wrong = |after: &str| error(ErrorKind::Escape, &text[..text.len() - after.len()]);
    if let Some(braced) = rest.strip_prefix('{') {
        let Some((digits, after)) = braced.split_once('}') else {
            return Err(wrong(""));
        };
        let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        let digits = digits.trim_start_matches('0');
        let value = if digits.is_empty() { Some(0) } else { u32::from_str_radix(digits, 16).ok() };
        return match value {
            Some(value) if is_number && value <= u32::from(char::MAX) => Ok((value, after)),
            _ => Err(wrong(after)),
        };
    }
    let mut chars = rest.chars();
    let mut digit = || chars.next().and_then(|c| c.to_digit(16));
    match (digit(), digit()) {
        (Some(high), Some(low)) => Ok((high * 16 + low, &rest[2..])),
        _ => Err(wrong(chars.as_str())),
    }
}
