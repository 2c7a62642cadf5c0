//! From Slack's markup back to what was typed (docs.slack.dev/messaging/formatting-message-text).

use crate::store::{StoreError, Tx, people};

/// The same markup, with the names of those who are mentioned: outside of slash commands Slack sends only their ids.
pub(super) fn with_names(tx: &mut dyn Tx, text: &str) -> Result<String, StoreError> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("<@") {
        let Some((id, after)) = after.split_once('>') else { break };
        let name = if id.contains('|') { None } else { people::name(tx, id)? };
        out.push_str(before);
        match name {
            Some(name) => out.push_str(&format!("<@{id}|{}>", name.replace(['<', '>', '|'], " "))),
            None => out.push_str(&format!("<@{id}>")),
        }
        rest = after;
    }
    out.push_str(rest);
    Ok(out)
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
