//! From Slack's markup back to what was typed (docs.slack.dev/messaging/formatting-message-text).

/// A command's or a mention's text: links and entities as they were typed; references stay, without their label
/// (`<@U1>`, `<#C1>`, `<!subteam^S1>`), because a command needs the id.
pub(super) fn command(text: &str) -> String {
    pieces(text, |inner| match inner.split_once('|') {
        Some((reference, _)) if inner.starts_with(['@', '#', '!']) => format!("<{reference}>"),
        None if inner.starts_with(['@', '#', '!']) => format!("<{inner}>"),
        Some((_, label)) => entities(label),
        None => entities(inner.strip_prefix("mailto:").unwrap_or(inner)),
    })
}

/// A message's text as people read it.
pub(super) fn message(text: &str) -> String {
    pieces(text, |inner| {
        let (target, label) = inner.split_once('|').map_or((inner, None), |(to, label)| (to, Some(label)));
        let mark = target.chars().next().filter(|mark| matches!(mark, '@' | '#' | '!'));
        match (mark, label) {
            (Some('!'), Some(label)) => entities(label),
            (Some('!'), None) => format!("@{}", &target[1..]),
            (Some(mark), Some(label)) => format!("{mark}{}", entities(label)),
            (_, None) => entities(target),
            (None, Some(label)) if target.ends_with(label) => {
                entities(target.strip_prefix("mailto:").unwrap_or(target))
            }
            (None, Some(label)) => format!("{} ({})", entities(label), entities(target)),
        }
    })
}

/// What stands in `<…>` through `of`; the rest with its entities undone.
fn pieces(text: &str, of: impl Fn(&str) -> String) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('<') {
        out.push_str(&entities(before));
        match after.split_once('>') {
            Some((inner, after)) => {
                out.push_str(&of(inner));
                rest = after;
            }
            None => {
                out.push('<');
                rest = after;
            }
        }
    }
    out.push_str(&entities(rest));
    out
}

fn entities(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_read_as_it_was_typed() {
        for (sent, typed) in [
            ("ack #24", "ack #24"),
            ("silence a=&quot;", "silence a=&quot;"),
            (
                "silence {a!=\"b &amp;&amp; c\", d=~\"&lt;x&gt;\"} 2h",
                "silence {a!=\"b && c\", d=~\"<x>\"} 2h",
            ),
            ("call <@U1|ann> <@U2> <#C1|ops>", "call <@U1> <@U2> <#C1>"),
            (
                "silence instance=\"<http://db1.example.com|db1.example.com>\" 1h",
                "silence instance=\"db1.example.com\" 1h",
            ),
            ("see <https://x.test/?a=1&amp;b=2>", "see https://x.test/?a=1&b=2"),
            ("<mailto:a@b.c|a@b.c>", "a@b.c"),
            ("&amp;lt;", "&lt;"),
            ("a < b", "a < b"),
        ] {
            assert_eq!(command(sent), typed);
        }
    }

    #[test]
    fn a_message_is_read_as_people_see_it() {
        for (sent, seen) in [
            ("it was <@U1|ann> in <#C1|ops>", "it was @ann in #ops"),
            ("<@U1> <!here> <!subteam^S1|@dba>", "@U1 @here @dba"),
            (
                "<https://x.test|the runbook> &amp; <https://y.test>",
                "the runbook (https://x.test) & https://y.test",
            ),
            ("<http://x.test|x.test>", "http://x.test"),
        ] {
            assert_eq!(message(sent), seen);
        }
    }
}
