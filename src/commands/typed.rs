//! What people typed, as Slack hands it over: escaped, with references in angle brackets, and with the quotes that
//! phones make (docs.slack.dev/messaging/formatting-message-text).

pub(super) use crate::domain::typed::{is_matcher, length, matchers, tokens};

/// The first word, and the rest.
pub(super) fn first(text: &str) -> (&str, &str) {
    let text = text.trim_start();
    let (word, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    (word, rest.trim())
}

/// The text as it was typed: references become what they showed, entities their characters, phone quotes plain ones.
pub(super) fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('<') {
        out.push_str(before);
        match after.split_once('>') {
            Some((inner, after)) => {
                out.push_str(&shown(inner));
                rest = after;
            }
            None => {
                out.push('<');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    let out = out.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
    out.chars().map(straight).collect()
}

/// What a reference looked like: `@U1|ann` as `@ann`, `http://db1:9100|db1:9100` as `db1:9100`.
fn shown(inner: &str) -> String {
    let (target, label) =
        inner.split_once('|').map_or((inner, None), |(target, label)| (target, Some(label)));
    let label = label.filter(|label| !label.is_empty());
    let Some(sign) = target.chars().next().filter(|sign| matches!(sign, '@' | '#' | '!')) else {
        return label.unwrap_or(target).to_owned();
    };
    let name = label.unwrap_or(target).trim_start_matches(['@', '#', '!']);
    format!("{}{name}", if sign == '!' { '@' } else { sign })
}

/// Phones write other quotes and blanks than matchers want.
fn straight(c: char) -> char {
    match c {
        '“' | '”' | '„' | '‟' | '«' | '»' | '″' => '"',
        '‘' | '’' | '‚' | '‛' | '′' => '\'',
        '\u{a0}' | '\u{2007}' | '\u{202f}' => ' ',
        '－' | '‐' | '‑' => '-',
        c => c,
    }
}

/// `#24`, `24`, `24:`. A channel is no number, though Slack may have made one of `#24`.
pub(super) fn number(word: &str) -> Option<i64> {
    if word.starts_with("<#") {
        return None;
    }
    let word = plain(word);
    let digits = word.trim_end_matches([':', ',', '.']).trim_start_matches('#');
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    digits.parse().ok().filter(|_| is_number)
}

/// An alert that is named at the beginning of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NamedAlert<'t> {
    pub number: i64,
    /// Written so that it can be nothing else: `#5`, `alert 5`.
    pub is_certain: bool,
    pub rest: &'t str,
}

/// Reads `5`, `#5` or `alert 5`.
pub(super) fn alert(text: &str) -> Option<NamedAlert<'_>> {
    let (word, rest) = first(text);
    if is_alert_word(word) {
        let (word, rest) = first(rest);
        return Some(NamedAlert { number: number(word)?, is_certain: true, rest });
    }
    let number = number(word)?;
    Some(NamedAlert { number, is_certain: plain(word).starts_with('#'), rest })
}

pub(super) fn is_alert_word(word: &str) -> bool {
    word.eq_ignore_ascii_case("alert") || word.eq_ignore_ascii_case("alerts")
}

/// The same text with numbers where Slack made channels of them: of `#5 2h` it makes `<#C1|5xx-errors> 2h`. None where no
/// channel stands where numbers do, or none that is named like one.
pub(super) fn numbers_for_channels(text: &str) -> Option<String> {
    let mut words = Vec::new();
    let (mut rest, mut found) = (text.trim(), false);
    loop {
        let (word, after) = first(rest);
        let digits = channel_digits(word);
        let may_stand_there = digits.is_some()
            || number(word).is_some()
            || is_alert_word(word)
            || matches!(word.to_lowercase().as_str(), "and" | "to" | ",");
        if !may_stand_there {
            break;
        }
        found |= digits.is_some();
        words.push(digits.unwrap_or(word));
        rest = after;
    }
    words.extend((!rest.is_empty()).then_some(rest));
    found.then(|| words.join(" "))
}

/// The number at the beginning of a channel's name, as far as Slack tells the name.
fn channel_digits(word: &str) -> Option<&str> {
    channel(word)?;
    let name = word.split_once('|')?.1.split('>').next()?;
    let digits = &name[..name.find(|c: char| !c.is_ascii_digit()).unwrap_or(name.len())];
    digits.parse::<i64>().ok().map(|_| digits)
}

/// `INC-12`, `inc-12:`, `*INC-12*`: an incident.
pub(super) fn incident_number(word: &str) -> Option<i64> {
    let word = plain(word);
    let word = word.trim_matches(['*', '_', '`', '(', ')', ',', '.', ':', ';']).trim_start_matches('#');
    let digits = word.get(..4).filter(|start| start.eq_ignore_ascii_case("inc-")).map(|_| &word[4..])?;
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    digits.parse().ok().filter(|_| is_number)
}

/// The channel that a word refers to: `<#C1|ops>`.
pub(super) fn channel(word: &str) -> Option<&str> {
    let id = word.strip_prefix("<#")?.split(['|', '>']).next()?;
    Some(id).filter(|id| is_id(id) && word.contains('>'))
}

fn is_id(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

/// `S3`: a silence by matchers.
pub(super) fn silence_id(word: &str) -> Option<i64> {
    let digits = word.strip_prefix(['S', 's'])?;
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    digits.parse().ok().filter(|_| is_number)
}

/// The people in a text: `<@U1|ann>`.
pub(super) fn users(text: &str) -> Vec<String> {
    let mut users = Vec::new();
    for part in text.split("<@").skip(1) {
        let id = part.split(['|', '>']).next().unwrap_or_default();
        if is_id(id) && part.contains('>') && !users.iter().any(|known| known == id) {
            users.push(id.to_owned());
        }
    }
    users
}

/// The user groups in a text: `<!subteam^S1|@sre>`.
pub(super) fn user_groups(text: &str) -> Vec<String> {
    let mut groups = Vec::new();
    for part in text.split("<!subteam^").skip(1) {
        let id = part.split(['|', '>']).next().unwrap_or_default();
        if is_id(id) && part.contains('>') && !groups.iter().any(|known| known == id) {
            groups.push(id.to_owned());
        }
    }
    groups
}

/// The text without the people and user groups in it, as it was typed.
pub(super) fn without_references(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('<') {
        out.push_str(before);
        match after.split_once('>') {
            Some((inner, after)) if inner.starts_with(['@', '!']) => {
                out.push(' ');
                rest = after;
            }
            Some((inner, after)) => {
                out.push_str(&format!("<{inner}>"));
                rest = after;
            }
            None => {
                out.push('<');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    plain(&out).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The address at the beginning, and what stands behind it: `<https://e.com/x|e.com/x> the runbook`.
pub(super) fn url(text: &str) -> (String, &str) {
    let text = text.trim();
    let (inner, after) = match text.strip_prefix('<').and_then(|rest| rest.split_once('>')) {
        Some((inner, after)) => (inner.split('|').next().unwrap_or_default(), after.trim()),
        None => first(text),
    };
    (inner.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"), after)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn slacks_escapes_are_undone() {
        for (sent, typed) in [
            ("a &lt;b&gt; &amp;amp;", "a <b> &amp;"),
            ("ask <@U1|ann> in <#C1|ops>", "ask @ann in #ops"),
            ("<@U1>", "@U1"),
            ("<!subteam^S1|@sre> <!here>", "@sre @here"),
            ("instance=“<http://db1:9100|db1:9100>”", "instance=\"db1:9100\""),
            ("see <https://e.com/x>", "see https://e.com/x"),
            ("it’s a\u{a0}b", "it's a b"),
            ("a < b", "a < b"),
        ] {
            assert_eq!(plain(sent), typed);
        }
    }

    #[test]
    fn numbers_people_and_silences() {
        for (word, found) in [
            ("#24", Some(24)),
            ("24", Some(24)),
            ("#24:", Some(24)),
            ("<#C1|24>", None),
            ("24h", None),
            ("#", None),
            ("99999999999999999999", None),
            ("", None),
        ] {
            assert_eq!(number(word), found, "{word}");
        }
        assert_eq!(users("<@U1|ann> and <@W2>, <@U1|ann> <@evil|x> <@U3"), ["U1", "W2"]);
        for (word, found) in [
            ("INC-12", Some(12)),
            ("inc-12:", Some(12)),
            ("*INC-12*", Some(12)),
            ("INC-", None),
            ("INC12", None),
            ("#12", None),
            ("<#C1|inc-12>", Some(12)),
            ("日本語", None),
        ] {
            assert_eq!(incident_number(word), found, "{word}");
        }
        assert_eq!((channel("<#C1|ops>"), channel("<#C1>"), channel("#ops")), (Some("C1"), Some("C1"), None));
        assert_eq!(user_groups("<!subteam^S1|@sre> <!here> <!subteam^S2>"), ["S1", "S2"]);
        assert_eq!(without_references("<@U1|ann> &amp; <!subteam^S1> in <#C1|ops> @x"), "& in #ops @x");
        for (text, wanted) in [
            ("<https://e.com/?a=1&amp;b=2> the doc", ("https://e.com/?a=1&b=2", "the doc")),
            ("<https://e.com|e.com the page>", ("https://e.com", "")),
            ("e.com the page", ("e.com", "the page")),
        ] {
            let (found, rest) = url(text);
            assert_eq!((found.as_str(), rest), wanted);
        }
        for (text, found) in [
            ("5 it is back", Some((5, false, "it is back"))),
            ("#5", Some((5, true, ""))),
            ("alert 5 x", Some((5, true, "x"))),
            ("Alert #5", Some((5, true, ""))),
            ("alert x", None),
            ("<#C1|5>", None),
            ("", None),
        ] {
            let found_here = alert(text).map(|one| (one.number, one.is_certain, one.rest));
            assert_eq!(found_here, found, "{text}");
        }
        for (text, meant) in [
            ("<#C1|5xx-errors> 2h", Some("5 2h")),
            ("4, <#C1|5>, and <#C2|6-x> it was <#C3|7up>", Some("4, 5 and 6 it was <#C3|7up>")),
            ("alert <#C1|5>", Some("alert 5")),
            ("<#C1|ops> x", None),
            ("<#C1> x", None),
            ("<#C1|99999999999999999999>", None),
            ("it was <#C3|7up>", None),
            ("", None),
        ] {
            assert_eq!(numbers_for_channels(text).as_deref(), meant, "{text}");
        }
        assert_eq!(
            (silence_id("S3"), silence_id("s3"), silence_id("3"), silence_id("Sx")),
            (Some(3), Some(3), None, None)
        );
    }

    #[test]
    fn lengths_as_people_say_them() {
        for (text, s, taken) in [
            ("2h deploy", 7_200, 1),
            ("1h30m", 5_400, 1),
            ("1h 30m deploy", 5_400, 2),
            ("2 hours", 7_200, 2),
            ("30min", 1_800, 1),
            ("1 day and more", 86_400, 2),
            ("2H", 7_200, 1),
        ] {
            assert_eq!(length(&tokens(text)), Some((Duration::from_secs(s), taken)), "{text}");
        }
        for text in ["", "0", "soon", "24", "deploy 2h", "2 deploys"] {
            assert_eq!(length(&tokens(text)), None, "{text}");
        }
    }

    #[test]
    fn blanks_may_stand_for_commas() {
        for (text, shown) in [
            ("a=b c=~\"x y\"", "a=b, c=~\"x y\""),
            ("{a=\"b\", c=d}", "{a=\"b\", c=d}"),
            ("a = b", "a = b"),
            ("a=b, c=d", "a=b, c=d"),
            ("\"odd name\"=x b!=c", "\"odd name\"=x, b!=c"),
        ] {
            assert_eq!(matchers(&tokens(text)), shown);
        }
    }

    proptest! {
        #[test]
        fn no_text_breaks_it(text in "\\PC{0,40}|[<>@#|&;\"{}a1 ]{0,40}") {
            let _ = (plain(&text), number(&text), users(&text), silence_id(&text), incident_number(&text));
            let _ = (channel(&text), user_groups(&text), without_references(&text), url(&text));
            let _ = (alert(&text), numbers_for_channels(&text));
            let tokens = tokens(&text);
            let _ = (matchers(&tokens), length(&tokens));
        }
    }
}
