//! Words of people in Markdown (GitHub's): what they wrote, and nothing of it taken for Markdown's own. What needs no
//! backslash gets none, so that the text reads well as it stands, too.

/// On one line.
pub(super) fn inline(text: &str) -> String {
    quiet(&text.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// In a table.
pub(super) fn cell(text: &str) -> String {
    inline(text).replace('|', "\\|")
}

/// Line by line as written, each after the first behind `indent`.
pub(super) fn lines(text: &str, indent: &str) -> String {
    let mut out = String::new();
    for (nth, line) in text.trim_end().lines().enumerate() {
        if nth > 0 {
            // Two blanks at its end: the line ends here.
            out.push_str(if out.ends_with('\n') { "" } else { "  " });
            out.push('\n');
            if line.trim().is_empty() {
                continue;
            }
            out.push_str(indent);
        }
        out.push_str(&beginning(&quiet(line)));
    }
    out
}

/// What would begin a heading, a list, a quote or a rule is only text.
fn beginning(line: &str) -> String {
    let bare = line.trim_start();
    let digits = bare.len() - bare.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let mut after = bare[digits..].chars();
    let at = match after.next() {
        Some('#' | '-' | '+' | '=' | '>' | '|' | ':') if digits == 0 => 0,
        Some('.' | ')') if digits > 0 && after.next().is_none_or(char::is_whitespace) => digits,
        _ => return line.to_owned(),
    };
    let at = line.len() - bare.len() + at;
    format!("{}\\{}", &line[..at], &line[at..])
}

/// The marks in it are only signs; addresses stay addresses.
pub(super) fn quiet(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    let mut before = ' ';
    while let Some(c) = rest.chars().next() {
        if let Some(url) = url(rest).filter(|_| !before.is_alphanumeric()) {
            out.push('<');
            out.push_str(url);
            out.push('>');
            rest = &rest[url.len()..];
            before = '>';
            continue;
        }
        rest = &rest[c.len_utf8()..];
        let next = rest.chars().next().unwrap_or(' ');
        let is_mark = match c {
            '\\' | '`' | '*' | '[' | '<' | '~' => true,
            '_' => !(before.is_alphanumeric() && next.is_alphanumeric()),
            '&' => next.is_ascii_alphanumeric() || next == '#',
            _ => false,
        };
        if is_mark {
            out.push('\\');
        }
        out.push(c);
        before = c;
    }
    out
}

/// The address at the beginning of a text, without what ends the sentence around it.
fn url(text: &str) -> Option<&str> {
    if !text.starts_with("https://") && !text.starts_with("http://") {
        return None;
    }
    let end = text.find(|c: char| c.is_whitespace() || c.is_control() || matches!(c, '<' | '>'));
    let mut url = &text[..end.unwrap_or(text.len())];
    while let Some(last) = url.chars().next_back() {
        let open = || url.matches('(').count() < url.matches(')').count();
        let ends = match last {
            ')' => open(),
            last => matches!(
                last,
                '.' | ',' | ';' | ':' | '!' | '?' | '\'' | '"' | '*' | '_' | '~' | '`' | '|' | ']'
            ),
        };
        if !ends {
            break;
        }
        url = &url[..url.len() - last.len_utf8()];
    }
    url.split_once("://").is_some_and(|(_, host)| !host.is_empty()).then_some(url)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_what_would_be_a_mark_is_quieted() {
        for (text, shown) in [
            ("plain words, 2 + 2 = 4!", "plain words, 2 + 2 = 4!"),
            ("a snake_case_name and _this_", "a snake_case_name and \\_this\\_"),
            ("*bold* `code` [x](y) <b>", "\\*bold\\* \\`code\\` \\[x](y) \\<b>"),
            ("R&D, AT&amp;T & co", "R\\&D, AT\\&amp;T & co"),
            ("see https://a.example/x_y_z*.", "see <https://a.example/x_y_z>\\*."),
            ("the graph (https://a.example/d/q?x=(1))", "the graph (<https://a.example/d/q?x=(1)>)"),
            ("https:// is no address", "https:// is no address"),
            ("C:\\temp", "C:\\\\temp"),
        ] {
            assert_eq!(quiet(text), shown, "{text}");
        }
        assert_eq!(
            lines("one\n# two\n- three\n4. four\n\n===\n> six", "  "),
            "one  \n  \\# two  \n  \\- three  \n  4\\. four  \n\n  \\===  \n  \\> six"
        );
        assert_eq!(cell("a | b\nc"), "a \\| b c");
    }

    proptest! {
        /// Without the backslashes and the brackets of addresses, it is what was written.
        #[test]
        fn nothing_of_it_is_lost(text in r"[ -~é日\n]{0,80}") {
            let bare = |text: &str| -> String {
                text.chars().filter(|c| !matches!(c, '\\' | '<' | '>') && !c.is_whitespace()).collect()
            };
            prop_assert_eq!(bare(&lines(&text, "  ")), bare(&text));
            prop_assert_eq!(bare(&inline(&text)), bare(&text));
        }
    }
}
