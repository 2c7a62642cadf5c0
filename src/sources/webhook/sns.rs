//! Amazon SNS wraps what it sends: the message is a text, and for most senders JSON again
//! (<https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html>).

use serde_json::{Value as Json, json};

use crate::json;
use crate::limits::WEBHOOK_TREE_BYTES;

/// What an envelope of SNS is about; nothing if it is none. Signatures and ids are left out: they say nothing to people.
pub(super) fn unwrap(item: &Json) -> Option<Json> {
    let text = |name: &str| item.get(name).and_then(Json::as_str);
    let (kind, message) = (text("Type")?, text("Message")?);
    text("TopicArn")?;
    if let Ok(inner @ Json::Object(_)) = json::read(message.as_bytes(), WEBHOOK_TREE_BYTES / 2) {
        return Some(inner);
    }
    let topic = text("TopicArn")?.rsplit(':').next().unwrap_or_default();
    if kind == "SubscriptionConfirmation" {
        let title = format!("Amazon SNS asks to confirm its subscription of {topic}");
        return Some(
            json!({"title": title, "message": message, "url": text("SubscribeURL"), "topic": topic}),
        );
    }
    Some(
        json!({"title": text("Subject"), "message": message, "timestamp": text("Timestamp"), "topic": topic}),
    )
}
