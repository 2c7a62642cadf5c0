//! How a method's arguments travel: as JSON, or as a form where Slack reads nothing else.

use serde_json::Value;
use url::form_urlencoded;

/// Methods that ignore a JSON body (`json_input_supported: false` in docs.slack.dev/reference/methods). Slack would
/// answer `channel_not_found` or `invalid_arguments`, as if we had sent nothing. Sorted, for the search.
const FORM_ONLY: &[&str] = &[
    "bots.info",
    "chat.getPermalink",
    "conversations.info",
    "conversations.list",
    "conversations.members",
    "conversations.replies",
    "files.getUploadURLExternal",
    "files.info",
    "files.list",
    "oauth.v2.access",
    "pins.list",
    "reactions.get",
    "reactions.list",
    "usergroups.list",
    "usergroups.users.list",
    "users.conversations",
    "users.getPresence",
    "users.info",
    "users.list",
    "users.lookupByEmail",
    "users.profile.get",
];

/// The methods that have `unfurl_links` and `unfurl_media`. A message is put together before it is known by which method
/// it goes, and the others do not have them (docs.slack.dev/reference/methods/chat.update).
const UNFURLING: &[&str] = &["chat.postMessage", "chat.scheduleMessage"];

/// A body ready to send.
pub(super) struct Encoded {
    pub(super) content_type: &'static str,
    pub(super) body: String,
}

/// Encodes the arguments of `method`. A top-level null is the same as no argument.
pub(super) fn encode(method: &str, arguments: Value) -> Encoded {
    let mut fields = match arguments {
        Value::Object(fields) => fields,
        _ => serde_json::Map::new(),
    };
    let unfurls = UNFURLING.contains(&method);
    fields.retain(|name, value| !value.is_null() && (unfurls || !name.starts_with("unfurl_")));
    if FORM_ONLY.binary_search(&method).is_err() {
        let body = Value::Object(fields).to_string();
        return Encoded { content_type: "application/json; charset=utf-8", body };
    }
    let mut form = form_urlencoded::Serializer::new(String::new());
    for (name, value) in &fields {
        match value {
            Value::String(text) => form.append_pair(name, text),
            other => form.append_pair(name, &other.to_string()),
        };
    }
    Encoded { content_type: "application/x-www-form-urlencoded; charset=utf-8", body: form.finish() }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_table_is_sorted() {
        assert!(FORM_ONLY.is_sorted());
    }

    #[test]
    fn a_form_holds_nested_values_as_json() {
        let arguments =
            json!({"channel": "C1", "limit": 5, "inclusive": true, "cursor": null, "x": {"a": [1]}});
        let form = encode("conversations.replies", arguments.clone());
        assert_eq!(form.body, "channel=C1&limit=5&inclusive=true&x=%7B%22a%22%3A%5B1%5D%7D");
        let json = encode("chat.postMessage", arguments);
        assert_eq!(json.body, r#"{"channel":"C1","limit":5,"inclusive":true,"x":{"a":[1]}}"#);
        assert!(json.content_type.ends_with("charset=utf-8"), "without a charset Slack warns at every call");
    }

    #[test]
    fn only_what_posts_unfurls() {
        let message = json!({"text": "a", "unfurl_links": false, "unfurl_media": false});
        for (method, unfurls) in
            [("chat.postMessage", true), ("chat.update", false), ("chat.postEphemeral", false)]
        {
            assert_eq!(encode(method, message.clone()).body.contains("unfurl_"), unfurls, "{method}");
        }
    }

    #[test]
    fn no_arguments_are_an_empty_object() {
        assert_eq!(encode("auth.test", Value::Null).body, "{}");
    }
}
