//! Slack's markup made readable: names instead of ids, links as they are read, no marks
//! (docs.slack.dev/messaging/formatting-message-text).

use std::collections::BTreeMap;

/// The names of those who are mentioned, by id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    pub users: BTreeMap<String, String>,
    /// Without the #.
    pub channels: BTreeMap<String, String>,
    /// User groups' handles, without the @.
    pub groups: BTreeMap<String, String>,
}

/// Who and what a text mentions without telling the name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mentions {
    pub users: Vec<String>,
    pub channels: Vec<String>,
    pub groups: Vec<String>,
}

impl Mentions {
    pub fn is_empty(&self) -> bool {
        self.users.is_empty() && self.channels.is_empty() && self.groups.is_empty()
    }
}

/// What stands in angle brackets.
enum Entity<'a> {
    User(&'a str),
    Channel(&'a str, &'a str),
    Group(&'a str, &'a str),
    /// `here`, `channel`, `everyone`.
    Everyone(&'a str),
    /// A moment, with what is shown by those who do not know it.
    Fallback(&'a str),
    Link(&'a str, &'a str),
}

impl<'a> Entity<'a> {
    fn parse(inside: &'a str) -> Self {
        let (head, label) = inside.split_once('|').unwrap_or((inside, ""));
        if let Some(id) = head.strip_prefix('@') {
            return Self::User(id);
        }
        if let Some(id) = head.strip_prefix('#') {
            return Self::Channel(id, label);
        }
        match head.strip_prefix('!') {
            None => Self::Link(head, label),
            Some(special) => match special.split_once('^') {
                Some(("subteam", id)) => Self::Group(id, label),
                Some(_) => Self::Fallback(label),
                None if label.is_empty() => Self::Everyone(special),
                None => Self::Fallback(label),
            },
        }
    }
}

/// A text cut into what stands between entities, and the entities.
fn parts(text: &str) -> impl Iterator<Item = Result<&str, Entity<'_>>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let open = rest.find('<').unwrap_or(rest.len());
        if open > 0 {
            let (words, after) = rest.split_at(open);
            rest = after;
            return Some(Ok(words));
        }
        // A bracket that is none of Slack's (its own are escaped) is just a bracket.
        let closed = rest[1..].find(['>', '<', '\n']).filter(|at| rest.as_bytes().get(at + 1) == Some(&b'>'));
        match closed {
            Some(at) if at > 0 => {
                let inside = &rest[1..=at];
                rest = &rest[at + 2..];
                Some(Err(Entity::parse(inside)))
            }
            _ => {
                let (bracket, after) = rest.split_at(1);
                rest = after;
                Some(Ok(bracket))
            }
        }
    })
}

/// Whose names are needed to read it.
pub fn mentions(text: &str) -> Mentions {
    let mut found = Mentions::default();
    if !text.contains('<') {
        return found;
    }
    for part in parts(text) {
        let (list, id) = match part {
            Err(Entity::User(id)) => (&mut found.users, id),
            Err(Entity::Channel(id, "")) => (&mut found.channels, id),
            Err(Entity::Group(id, "")) => (&mut found.groups, id),
            _ => continue,
        };
        if !list.iter().any(|known| known == id) {
            list.push(id.to_owned());
        }
    }
    found
}

/// The text as a person reads it. Whoever has no name here stays an id.
pub fn plain(text: &str, names: &Names) -> String {
    let mut out = String::with_capacity(text.len());
    for part in parts(text) {
        match part {
            Ok(words) => out.push_str(&unescaped(words)),
            Err(Entity::User(id)) => push(&mut out, '@', names.users.get(id).map_or(id, String::as_str)),
            Err(Entity::Channel(id, label)) => {
                push(&mut out, '#', named(names.channels.get(id), label, id));
            }
            Err(Entity::Group(id, label)) => {
                let label = label.trim_start_matches('@');
                push(&mut out, '@', named(names.groups.get(id), label, id));
            }
            Err(Entity::Everyone(word)) => push(&mut out, '@', word),
            Err(Entity::Fallback(label)) => out.push_str(&unescaped(label)),
            Err(Entity::Link(url, label)) => out.push_str(&link(url, label)),
        }
    }
    without_marks(&out)
}

fn push(out: &mut String, sign: char, name: &str) {
    out.push(sign);
    out.push_str(name);
}

/// The label was right when it was written; a name of today would rewrite what was said.
fn named<'a>(name: Option<&'a String>, label: &'a str, id: &'a str) -> &'a str {
    if label.is_empty() { name.map_or(id, String::as_str) } else { label }
}

fn link(url: &str, label: &str) -> String {
    let (url, label) = (unescaped(url), unescaped(label));
    let bare = url.strip_prefix("mailto:").or_else(|| url.strip_prefix("tel:")).unwrap_or(&url);
    let same = |a: &str, b: &str| {
        let core = |text: &str| {
            let text = text.trim_end_matches('/');
            text.split_once("://").map_or(text, |(_, rest)| rest).to_owned()
        };
        core(a) == core(b)
    };
    if label.is_empty() || same(bare, &label) { bare.to_owned() } else { format!("{label} ({bare})") }
}

/// Slack escapes these three and nothing else.
fn unescaped(text: &str) -> String {
    if !text.contains('&') {
        return text.to_owned();
    }
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

/// Takes off the marks of bold, italic, struck and code, where they are marks.
fn without_marks(text: &str) -> String {
    if !text.contains(['*', '_', '~', '`']) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('`') {
        out.push_str(&unmarked_lines(&rest[..at]));
        let fence = if rest[at..].starts_with("```") { "```" } else { "`" };
        let after = &rest[at + fence.len()..];
        let close = after.find(fence).filter(|end| fence.len() == 3 || !after[..*end].contains('\n'));
        match close {
            Some(end) => {
                out.push_str(&after[..end]);
                rest = &after[end + fence.len()..];
            }
            None => {
                out.push_str(fence);
                rest = after;
            }
        }
    }
    out.push_str(&unmarked_lines(rest));
    out
}

fn unmarked_lines(text: &str) -> String {
    let mut out = text.to_owned();
    for mark in ['*', '_', '~'] {
        if out.contains(mark) {
            out = out.split('\n').map(|line| unmarked(line, mark)).collect::<Vec<_>>().join("\n");
        }
    }
    out
}

/// `*bold*` is bold, `a*b*c` and `2 * 3` are not: a mark opens at the beginning of a word and closes at an end.
fn unmarked(line: &str, mark: char) -> String {
    let chars: Vec<char> = line.chars().collect();
    let outside = |c: Option<&char>| c.is_none_or(|c| !c.is_alphanumeric() && *c != mark);
    let opens = |at: usize| {
        chars[at] == mark
            && outside(at.checked_sub(1).and_then(|at| chars.get(at)))
            && chars.get(at + 1).is_some_and(|c| !c.is_whitespace() && *c != mark)
    };
    let closes =
        |at: usize| chars[at] == mark && !chars[at - 1].is_whitespace() && outside(chars.get(at + 1));
    let (mut out, mut at) = (String::with_capacity(line.len()), 0);
    while at < chars.len() {
        let close = opens(at).then(|| (at + 2..chars.len()).find(|end| closes(*end))).flatten();
        match close {
            Some(end) => {
                out.extend(&chars[at + 1..end]);
                at = end + 1;
            }
            None => {
                out.push(chars[at]);
                at += 1;
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn names() -> Names {
        let map = |id: &str, name: &str| BTreeMap::from([(id.to_owned(), name.to_owned())]);
        Names { users: map("U1", "Ann Bell"), channels: map("C1", "ops"), groups: map("S1", "sre") }
    }

    #[test]
    fn markup_becomes_words() {
        for (written, read) in [
            ("plain words", "plain words"),
            ("<@U1> look", "@Ann Bell look"),
            ("<@U9> look", "@U9 look"),
            ("<@U1|ann> look", "@Ann Bell look"),
            ("in <#C1> and <#C2|db>", "in #ops and #db"),
            ("<!subteam^S1> <!subteam^S2|@dba> <!here>", "@sre @dba @here"),
            ("<https://a.example/x|the graph>", "the graph (https://a.example/x)"),
            ("<https://a.example/x>", "https://a.example/x"),
            ("<http://a.example|a.example>", "http://a.example"),
            ("<mailto:a@b.example|a@b.example>", "a@b.example"),
            ("<!date^1392734382^{date}|Feb 18>", "Feb 18"),
            ("a &lt;b&gt; &amp;amp; c", "a <b> &amp; c"),
            ("*bold* _it_ ~no~ `code *x*`", "bold it no code *x*"),
            ("a*b*c 2 * 3 * 4 snake_case_name", "a*b*c 2 * 3 * 4 snake_case_name"),
            ("*_both_*, (*x*)", "both, (x)"),
            ("```\nlet a = *b*;\n```", "\nlet a = *b*;\n"),
            ("an open ` tick and *b*", "an open ` tick and b"),
            ("*not\nbold*", "*not\nbold*"),
            ("3 < 4 and <", "3 < 4 and <"),
            ("日本語 *太字* です", "日本語 太字 です"),
        ] {
            assert_eq!(plain(written, &names()), read, "{written}");
        }
    }

    #[test]
    fn only_names_that_are_not_told_are_asked_for() {
        let found = mentions("<@U1> <@U1> <@U2|bob> <#C1> <#C2|db> <!subteam^S1> <!subteam^S2|@x> <!here>");
        assert_eq!(found.users, ["U1", "U2"]);
        assert_eq!(found.channels, ["C1"]);
        assert_eq!(found.groups, ["S1"]);
    }

    proptest! {
        #[test]
        fn nothing_makes_it_panic(text in r"[<>@#!|^*_~`&a-c \n;é日]{0,60}") {
            let _ = plain(&text, &names());
            let _ = mentions(&text);
        }

        #[test]
        fn words_without_markup_stay(text in "[a-zA-Z0-9 .,:!?é日]{0,60}") {
            prop_assert_eq!(plain(&text, &names()), text);
        }
    }
}
