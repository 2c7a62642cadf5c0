//! Titles fit for a message's first line, and what is left of a title's template when a label in it is empty: "DiskFull
//! on " shall not end in mid-sentence.

use crate::limits::GROUP_TITLE_CHARS;

/// Words that lead to the next one.
const CONNECTING: [&str; 11] = ["on", "in", "at", "of", "for", "from", "by", "to", "with", "and", "via"];
/// Signs that stand between two things.
const BETWEEN: [char; 12] = ['-', '–', '—', ':', '|', '/', ',', ';', '·', '•', '@', '>'];

/// Trims what an empty value left behind: blanks, empty brackets, signs and connecting words that lead nowhere. A word
/// only where a blank follows it, for nobody writes a blank at the end: "Power on" stays as it is.
pub fn tidy(rendered: &str) -> String {
    let mut text = rendered.trim_matches(['\n', '\r']).to_owned();
    for brackets in [('(', ')'), ('[', ']'), ('"', '"'), ('“', '”')] {
        text = without_empty(&text, brackets);
    }
    let mut rest = text.as_str();
    loop {
        let trimmed = rest.trim_end();
        let led_on = trimmed.len() < rest.len();
        let without_sign = trimmed.trim_end_matches(BETWEEN);
        let has_blank_before = without_sign.ends_with(char::is_whitespace);
        let last = trimmed.rsplit(char::is_whitespace).next().unwrap_or_default();
        if without_sign.len() < trimmed.len() && (led_on || has_blank_before) {
            // What stood before it led to it.
            rest = without_sign;
        } else if led_on && CONNECTING.contains(&last.to_lowercase().as_str()) {
            rest = &trimmed[..trimmed.len() - last.len()];
        } else {
            rest = trimmed;
            break;
        }
    }
    let start = rest.trim_start();
    let start = if start.len() < rest.len() { start.trim_start_matches(BETWEEN) } else { start };
    start.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A title on one line, cut where it would fill a phone's screen; `None` if there is nothing to see.
pub fn fit(title: &str) -> Option<String> {
    let line = title.split_whitespace().filter(|word| !is_blank(word)).collect::<Vec<_>>().join(" ");
    if line.is_empty() {
        return None;
    }
    Some(match line.char_indices().nth(GROUP_TITLE_CHARS) {
        None => line,
        Some(_) => {
            let head: String = line.chars().take(GROUP_TITLE_CHARS - 1).collect();
            format!("{}…", head.trim_end_matches(|c: char| c.is_whitespace() || is_invisible(c)))
        }
    })
}

/// Whether a text has nothing to see.
pub fn is_blank(text: &str) -> bool {
    text.chars().all(|c| c.is_whitespace() || is_invisible(c))
}

/// Takes no room on the screen.
fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// `()` with nothing or blanks in it goes.
fn without_empty(text: &str, (open, close): (char, char)) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(open) {
        let inside = &rest[at + open.len_utf8()..];
        let after = inside.trim_start().strip_prefix(close);
        out.push_str(&rest[..at]);
        match after {
            Some(after) => rest = after,
            None => {
                out.push(open);
                rest = inside;
            }
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_is_one_line_that_says_something() {
        let long = "n".repeat(3_000);
        let cut = format!("{}…", "n".repeat(GROUP_TITLE_CHARS - 1));
        for (given, title) in [
            ("DiskFull (db1)", Some("DiskFull (db1)")),
            ("Disk\nfull\r\n on\tdb1 ", Some("Disk full on db1")),
            ("👩\u{200d}👩 شغال", Some("👩\u{200d}👩 شغال")),
            (" \u{200b}\u{200d} ", None),
            ("", None),
            (long.as_str(), Some(cut.as_str())),
        ] {
            assert_eq!(fit(given).as_deref(), title, "{given:?}");
        }
    }

    #[test]
    fn what_an_empty_label_leaves_is_trimmed() {
        for (rendered, title) in [
            ("SlowQuery on db1", "SlowQuery on db1"),
            ("SlowQuery on ", "SlowQuery"),
            ("SlowQuery on  in ", "SlowQuery"),
            ("SlowQuery on db1 ()", "SlowQuery on db1"),
            ("SlowQuery ( ) on db1", "SlowQuery on db1"),
            ("SlowQuery: ", "SlowQuery"),
            ("SlowQuery - ", "SlowQuery"),
            ("SlowQuery -", "SlowQuery"),
            (" - SlowQuery", "SlowQuery"),
            ("[] SlowQuery", "SlowQuery"),
            ("[db] SlowQuery", "[db] SlowQuery"),
            ("SlowQuery in eu/ ", "SlowQuery in eu"),
            ("Power on", "Power on"),
            ("Power on\n", "Power on"),
            ("Who is in", "Who is in"),
            ("Disk C:", "Disk C:"),
            ("-5 °C in the cellar", "-5 °C in the cellar"),
            ("a\n  b", "a b"),
            ("on ", ""),
            ("", ""),
            ("(", "("),
            ("日本 は \"\"", "日本 は"),
        ] {
            assert_eq!(tidy(rendered), title, "{rendered:?}");
        }
    }
}
