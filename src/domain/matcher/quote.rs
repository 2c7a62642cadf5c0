//! Go's ways of quoting, which Alertmanager's texts are made with.

use std::sync::LazyLock;

use regex::Regex;

/// Characters that a bare name or value cannot have in the newer grammar.
pub(crate) fn is_reserved(c: char) -> bool {
    c.is_whitespace() || "{}!=~,\\\"'`".contains(c)
}

/// The three escapes of OpenMetrics; everything else stands for itself.
pub(crate) fn open_metrics_escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' => escaped.push_str(r"\\"),
            '\n' => escaped.push_str(r"\n"),
            '"' => escaped.push_str("\\\""),
            other => escaped.push(other),
        }
    }
    escaped
}

/// A Go string literal in double quotes, as `strconv.Quote` writes it.
pub(crate) fn go_quote(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '\x07' => quoted.push_str(r"\a"),
            '\x08' => quoted.push_str(r"\b"),
            '\x0c' => quoted.push_str(r"\f"),
            '\n' => quoted.push_str(r"\n"),
            '\r' => quoted.push_str(r"\r"),
            '\t' => quoted.push_str(r"\t"),
            '\x0b' => quoted.push_str(r"\v"),
            ' '..='~' => quoted.push(c),
            _ if is_printable(c) => quoted.push(c),
            '\0'..='\x7f' => quoted.push_str(&format!("\\x{:02x}", u32::from(c))),
            '\u{80}'..='\u{ffff}' => quoted.push_str(&format!("\\u{:04x}", u32::from(c))),
            _ => quoted.push_str(&format!("\\U{:08x}", u32::from(c))),
        }
    }
    quoted.push('"');
    quoted
}

/// Letters, marks, numbers, punctuation, symbols: what Go calls printable beyond ASCII.
fn is_printable(c: char) -> bool {
    static PRINTABLE: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"^[\p{L}\p{M}\p{N}\p{P}\p{S}]").ok());
    if c.is_ascii() {
        return c.is_ascii_graphic() || c == ' ';
    }
    let mut buffer = [0; 4];
    PRINTABLE.as_ref().is_some_and(|printable| printable.is_match(c.encode_utf8(&mut buffer)))
}

/// Reads what stands between the double quotes of a Go string literal; `None` if Go would refuse it.
pub(crate) fn go_unquote(inner: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(inner.len());
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        match c {
            '\n' | '"' => return None,
            '\\' => {
                let digits = |chars: &mut std::str::Chars<'_>, radix: u32, count: usize| -> Option<u32> {
                    let mut number = 0;
                    for _ in 0..count {
                        number = number * radix + chars.next()?.to_digit(radix)?;
                    }
                    Some(number)
                };
                match chars.next()? {
                    'a' => bytes.push(0x07),
                    'b' => bytes.push(0x08),
                    'f' => bytes.push(0x0c),
                    'n' => bytes.push(b'\n'),
                    'r' => bytes.push(b'\r'),
                    't' => bytes.push(b'\t'),
                    'v' => bytes.push(0x0b),
                    '\\' => bytes.push(b'\\'),
                    '"' => bytes.push(b'"'),
                    'x' => bytes.push(u8::try_from(digits(&mut chars, 16, 2)?).ok()?),
                    first @ '0'..='7' => {
                        let rest = digits(&mut chars, 8, 2)?;
                        bytes.push(u8::try_from(first.to_digit(8)? * 64 + rest).ok()?);
                    }
                    wide @ ('u' | 'U') => {
                        let number = digits(&mut chars, 16, if wide == 'u' { 4 } else { 8 })?;
                        bytes.extend_from_slice(char::from_u32(number)?.encode_utf8(&mut [0; 4]).as_bytes());
                    }
                    _ => return None,
                }
            }
            other => bytes.extend_from_slice(other.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn quotes_like_go() {
        assert_eq!(
            go_quote("a\"b\\\n\u{7}\u{7f}é🙂\u{a0}\u{200b}\u{e0001}"),
            r#""a\"b\\\n\a\x7fé🙂\u00a0\u200b\U000e0001""#
        );
    }

    #[test]
    fn unquotes_like_go() {
        assert_eq!(go_unquote(r"\xf0\x9f\x99\x82").as_deref(), Some("🙂"));
        assert_eq!(go_unquote(r"\U0001f642\u00e9\101\0009").as_deref(), Some("🙂éA\u{0}9"));
        for wrong in [r"\xf0", r"\w", r"\'", "\n", r"\ud800", r"\400", r"\8", r"\", r"\x1"] {
            assert_eq!(go_unquote(wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn quoting_can_be_undone(text in any::<String>()) {
            let quoted = go_quote(&text);
            prop_assert_eq!(go_unquote(&quoted[1..quoted.len() - 1]), Some(text));
        }
    }
}
