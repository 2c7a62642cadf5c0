//! Hides what must not be seen in a source line.

use super::node::{Scalar, SourceFile, Span};

/// What stands where something is hidden. Always as long, so that it says nothing about the length.
pub(super) const MASK: &str = "***";

/// The line at `at` with the `hidden` stretches masked: number (from 1), text, the line's start in the file, and a
/// function from a byte of the file to a character of the text.
pub(super) struct MaskedLine {
    pub number: usize,
    pub text: String,
    start: usize,
    /// (byte in the line, character in `text`), ascending, at every change between the two.
    map: Vec<(usize, usize)>,
}

impl MaskedLine {
    pub(super) fn new(file: &SourceFile, at: usize, hidden: &[Span]) -> Self {
        let whole = &file.text;
        let mut at = at.min(whole.len());
        while !whole.is_char_boundary(at) {
            at -= 1;
        }
        let start = whole[..at].rfind('\n').map_or(0, |n| n + 1);
        let end = whole[start..].find('\n').map_or(whole.len(), |n| start + n);
        let line = whole[start..end].trim_end_matches('\r');
        let mut parts: Vec<(usize, usize)> = hidden
            .iter()
            .filter(|h| h.start < end && h.end > start)
            .map(|h| (h.start.max(start) - start, h.end.min(start + line.len()).max(start) - start))
            .filter(|(from, to)| from < to)
            .collect();
        parts.sort_unstable();
        let (mut text, mut chars, mut done, mut map) = (String::new(), 0, 0, Vec::new());
        for (at, c) in line.char_indices() {
            if at < done {
                map.push((at, chars.max(MASK.len()) - MASK.len()));
                continue;
            }
            map.push((at, chars));
            if let Some(&(_, to)) = parts.iter().find(|(from, to)| *from <= at && at < *to) {
                text.push_str(MASK);
                chars += MASK.len();
                done = to;
            } else {
                text.push(if c.is_control() && c != '\t' { '\u{fffd}' } else { c });
                chars += 1;
            }
        }
        map.push((line.len(), chars));
        Self { number: whole[..start].matches('\n').count() + 1, text, start, map }
    }

    /// The character of the masked text that stands for a byte of the file.
    pub(super) fn character(&self, byte: usize) -> usize {
        let in_line = byte.saturating_sub(self.start);
        self.map.iter().take_while(|(at, _)| *at <= in_line).last().map_or(0, |(_, chars)| *chars)
    }

    /// The column in the file (from 1), as an editor counts it.
    pub(super) fn column(&self, file: &SourceFile, byte: usize) -> usize {
        file.text.get(self.start..byte).map_or(1, |before| before.chars().count() + 1)
    }
}

/// Words that make a key's value a secret.
const SECRET_WORDS: [&str; 9] =
    ["token", "secret", "password", "passwd", "bearer", "credential", "private", "hmac", "key_"];

/// Whether a key names a secret. A key that names a file that holds one does not.
pub(super) fn names_a_secret(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    !key.ends_with("_file") && SECRET_WORDS.iter().any(|word| key.contains(word))
}

/// Whether a key that nobody reads may name a secret: as it stands, misspelt, or as an address, which may hold one.
pub(super) fn may_name_a_secret(key: &str) -> bool {
    const LIKE: f64 = 0.85;
    let lower = key.to_ascii_lowercase();
    let words = lower.split(['_', '-', '.']).chain([lower.as_str()]);
    names_a_secret(key)
        || words.into_iter().any(|word| {
            matches!(word, "url" | "key" | "auth" | "pass" | "pwd" | "header" | "headers")
                || SECRET_WORDS.iter().any(|secret| strsim::jaro_winkler(word, secret) > LIKE)
        })
}

/// Whether a value that nobody reads may be a secret. Words, channels, numbers and file names are none.
pub(super) fn may_be_secret(key: &str, scalar: &Scalar) -> bool {
    const SHORTEST: usize = 12;
    let text = &scalar.written;
    let mixed = text.bytes().any(|b| b.is_ascii_digit()) && text.bytes().any(|b| b.is_ascii_alphabetic());
    let one_word = !text.contains(char::is_whitespace);
    may_name_a_secret(key)
        || scalar.from_env
        || secret_start(text).is_some()
        || (one_word && mixed && text.len() >= SHORTEST)
        || (one_word && text.len() >= 2 * SHORTEST && !text.contains(['/', '.', '-', '_']))
}

/// Where secrets may stand in a text that could not be read as YAML: everything after a key that names a secret, on its
/// line and on the deeper lines below it, and whatever looks like a Slack token.
pub(super) fn guess_secrets(file: &SourceFile, source: usize) -> Vec<Span> {
    let (mut hidden, mut start, mut below): (Vec<Span>, usize, Option<usize>) = (Vec::new(), 0, None);
    for line in file.text.split_inclusive('\n') {
        let content = line.trim_end_matches(['\n', '\r']);
        let indent = content.len() - content.trim_start().len();
        if below.is_some_and(|depth| indent > depth && !content.trim().is_empty()) {
            hidden.push(Span { source, start, end: start + content.len() });
        } else {
            if !content.trim().is_empty() {
                below = None;
            }
            if let Some(at) = secret_start(content) {
                hidden.push(Span { source, start: start + at, end: start + content.len() });
                below = Some(indent);
            }
        }
        start += line.len();
    }
    hidden
}

/// Where in the line a value that may be secret starts.
fn secret_start(line: &str) -> Option<usize> {
    let by_key = line.match_indices(':').find_map(|(colon, _)| {
        let before = &line[..colon];
        let key = before.rsplit(['{', ',', ' ', '\t']).next().unwrap_or(before);
        names_a_secret(key.trim_matches(['"', '\''])).then(|| {
            let after = &line[colon + 1..];
            colon + 1 + (after.len() - after.trim_start().len())
        })
    });
    let by_shape = ["xoxb-", "xoxp-", "xoxa-", "xoxe", "xapp-", "hooks.slack.com", "://"]
        .iter()
        .filter_map(|p| line.find(p));
    by_key.into_iter().chain(by_shape).min()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    fn file(text: &str) -> SourceFile {
        SourceFile { name: "f.yaml".to_owned(), text: text.to_owned(), folder: PathBuf::new() }
    }

    #[test]
    fn hidden_parts_are_masked_and_places_follow() {
        let f = file("one\nab: {t: geheim, x: é, y: 2}\n");
        let secret = f.text.find("geheim").unwrap();
        let hidden = [Span { source: 0, start: secret, end: secret + 6 }];
        let y = f.text.find("y:").unwrap();
        let line = MaskedLine::new(&f, y, &hidden);
        assert_eq!((line.number, line.text.as_str()), (2, "ab: {t: ***, x: é, y: 2}"));
        assert_eq!(line.text.chars().nth(line.character(y)), Some('y'));
        assert_eq!(line.column(&f, y), 23);
    }

    #[test]
    fn what_nobody_reads_is_shown_unless_it_may_be_a_secret() {
        let scalar = |written: &str| Scalar {
            text: written.to_owned(),
            written: written.to_owned(),
            plain: true,
            from_env: false,
            broken: false,
        };
        for (key, value) in [
            ("channel", "#alerts"),
            ("config", "firebell.yaml"),
            ("send_resolved", "true"),
            ("title", "Disk full on x"),
            ("to", "ops@example.com"),
        ] {
            assert!(!may_be_secret(key, &scalar(value)), "{key}: {value}");
        }
        for (key, value) in [
            ("tokn", "abc"),
            ("pasword", "abc"),
            ("api_secrt", "abc"),
            ("api_url", "abc"),
            ("routing_key", "abc"),
            ("x", "xoxb-1-2"),
            ("x", "https://u:p@h"),
            ("x", "0123456789abcdef"),
            ("x", "abcdefghijklmnopqrstuvwxyz"),
        ] {
            assert!(may_be_secret(key, &scalar(value)), "{key}: {value}");
        }
    }

    #[test]
    fn without_a_tree_whatever_may_be_secret_is_hidden() {
        for text in [
            "bot_token: SECRET",
            "  - {name: a, token: \"SECRET",
            "password: |\n  SECRET\n  SECRET2",
            "signing_secret:\n    SECRET",
            "x: xoxb-SECRET",
            "url: postgres://u:SECRET@h/db",
        ] {
            let f = file(text);
            let hidden = guess_secrets(&f, 0);
            for (at, _) in text.match_indices("SECRET") {
                assert!(!MaskedLine::new(&f, at, &hidden).text.contains("SECRET"), "{text}");
            }
        }
        let f = file("bot_token_file: /run/secrets/bot");
        assert!(guess_secrets(&f, 0).is_empty());
    }
}
