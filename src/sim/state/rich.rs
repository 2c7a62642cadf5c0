//! What a person types, as Slack keeps it: mentions by id, `& < >` escaped, and a rich text block beside.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::{Value, json};

use super::SimState;

/// Mentions and links in what a person typed. A pattern that does not compile matches nothing (a test compiles it).
static TYPED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"<(?:@[UW][A-Z0-9]+|#C[A-Z0-9]+|!(?:here|channel|everyone|subteam\^S[A-Z0-9]+|date\^[^>\n]*))(?:\|[^>\n]*)?>|<(?:https?://|mailto:)[^>\s]+>|https?://[^\s<>]+|[@#][A-Za-z0-9][A-Za-z0-9._-]*").ok()
});

/// The entities of stored text.
static STORED: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"<([^<>\n]+)>|:([a-z0-9_+'-]+):").ok());

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn unescape(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

/// Typed text as Slack stores it: `@name`, `#channel`, `@here` and links become `<…>`, the rest is escaped.
pub fn to_slack_text(state: &SimState, typed: &str) -> String {
    let Some(pattern) = TYPED.as_ref() else { return escape(typed) };
    let (mut out, mut at) = (String::new(), 0);
    for found in pattern.find_iter(typed) {
        let word = found.as_str();
        let inside_word =
            typed[..found.start()].chars().next_back().is_some_and(|c| c.is_alphanumeric() || c == '/');
        out.push_str(&escape(&typed[at..found.start()]));
        at = found.end();
        let entity = match word.chars().next() {
            _ if inside_word && !word.starts_with('<') => None,
            Some('<') => Some(word.to_owned()),
            Some('@') => mention(state, &word[1..]),
            Some('#') => channel_link(state, &word[1..]),
            _ => Some(format!("<{}>", escape(word))),
        };
        out.push_str(&entity.unwrap_or_else(|| escape(word)));
    }
    out.push_str(&escape(&typed[at..]));
    out
}

/// Full stops and the like at the end belong to the sentence, not to the name.
fn with_tail(word: &str, resolve: impl Fn(&str) -> Option<String>) -> Option<String> {
    resolve(word).or_else(|| {
        let bare = word.trim_end_matches(['.', '-', '_']);
        resolve(bare).map(|entity| format!("{entity}{}", &word[bare.len()..]))
    })
}

fn mention(state: &SimState, word: &str) -> Option<String> {
    with_tail(word, |word| match word {
        "here" | "channel" | "everyone" => Some(format!("<!{word}>")),
        _ => {
            let user = state.users.values().find(|u| u.name == word && !u.deleted);
            let group = state.groups.values().find(|g| g.handle == word && !g.disabled);
            user.map(|u| format!("<@{}>", u.id)).or_else(|| group.map(|g| format!("<!subteam^{}>", g.id)))
        }
    })
}

fn channel_link(state: &SimState, word: &str) -> Option<String> {
    with_tail(word, |word| {
        let channel = state.channels.values().find(|c| !c.kind.is_direct() && c.name == word)?;
        Some(format!("<#{}|{}>", channel.id, channel.name))
    })
}

/// The rich text block Slack keeps beside what a person wrote.
pub(crate) fn rich_text(stored: &str) -> Value {
    let mut elements = Vec::new();
    let plain = |text: &str, elements: &mut Vec<Value>| {
        if !text.is_empty() {
            elements.push(json!({"type": "text", "text": unescape(text)}));
        }
    };
    let mut at = 0;
    for found in STORED.as_ref().into_iter().flat_map(|p| p.captures_iter(stored)) {
        let Some(whole) = found.get(0) else { continue };
        let element = match (found.get(1), found.get(2)) {
            (Some(entity), _) => entity_element(entity.as_str()),
            (_, Some(emoji)) => Some(json!({"type": "emoji", "name": emoji.as_str()})),
            _ => None,
        };
        let Some(element) = element else { continue };
        plain(&stored[at..whole.start()], &mut elements);
        elements.push(element);
        at = whole.end();
    }
    plain(&stored[at..], &mut elements);
    json!({"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": elements}]})
}

fn entity_element(entity: &str) -> Option<Value> {
    let (head, label) = entity.split_once('|').map_or((entity, None), |(h, l)| (h, Some(l)));
    if let Some(user) = head.strip_prefix('@') {
        return Some(json!({"type": "user", "user_id": user}));
    }
    if let Some(channel) = head.strip_prefix('#') {
        return Some(json!({"type": "channel", "channel_id": channel}));
    }
    if let Some(group) = head.strip_prefix("!subteam^") {
        return Some(json!({"type": "usergroup", "usergroup_id": group}));
    }
    if let Some(range @ ("here" | "channel" | "everyone")) = head.strip_prefix('!') {
        return Some(json!({"type": "broadcast", "range": range}));
    }
    if head.starts_with('!') || !head.contains(':') {
        return None;
    }
    let url = unescape(head);
    Some(match label {
        Some(label) => json!({"type": "link", "url": url, "text": unescape(label)}),
        None => json!({"type": "link", "url": url}),
    })
}

/// Command text with `should_escape`: mentions carry the id and the name.
pub(crate) fn to_command_text(state: &SimState, typed: &str) -> String {
    let mut out = to_slack_text(state, typed);
    for user in state.users.values() {
        out = out.replace(&format!("<@{}>", user.id), &format!("<@{}|{}>", user.id, user.name));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::state::{App, Manifest, User, Workspace};

    fn state() -> SimState {
        let workspace = Workspace { id: "T1".to_owned(), name: "A".to_owned(), domain: "a".to_owned() };
        let mut state = SimState::new(workspace, App::new(Manifest::everything("App", &[])), 0);
        state.add_user(User { id: "UANN".to_owned(), ..User::person("ann") });
        state.add_group("oncall", "On call", &["ann"]);
        state.add_channel("ops", false, &["ann"]).unwrap();
        state
    }

    #[test]
    fn typed_text_becomes_slacks() {
        let state = state();
        let (channel, group) =
            (state.channel("ops").unwrap().id.clone(), state.group("oncall").unwrap().id.clone());
        for (typed, stored) in [
            ("hi @ann.", "hi <@UANN>.".to_owned()),
            ("a < b & c", "a &lt; b &amp; c".to_owned()),
            ("see #ops", format!("see <#{channel}|ops>")),
            ("@oncall @here", format!("<!subteam^{group}> <!here>")),
            ("mail me@ann or @nobody", "mail me@ann or @nobody".to_owned()),
            ("https://e.org/?a=1&b=2 ok", "<https://e.org/?a=1&amp;b=2> ok".to_owned()),
            ("<@UANN> knows", "<@UANN> knows".to_owned()),
        ] {
            assert_eq!(to_slack_text(&state, typed), stored, "{typed}");
        }
    }

    #[test]
    fn stored_text_has_a_rich_text_beside_it() {
        let block = rich_text("<@UANN> a &amp; b :wave: <https://e.org|e>");
        let elements = &block["elements"][0]["elements"];
        assert_eq!(elements[0], json!({"type": "user", "user_id": "UANN"}));
        assert_eq!(elements[1], json!({"type": "text", "text": " a & b "}));
        assert_eq!(elements[2], json!({"type": "emoji", "name": "wave"}));
        assert_eq!(elements[4], json!({"type": "link", "url": "https://e.org", "text": "e"}));
    }
}
