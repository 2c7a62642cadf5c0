//! An event of the Events API (docs.slack.dev/apis/events-api).

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{first_text, text_at};

/// Slack sends an event again if it was not acknowledged in time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retry {
    /// 1 for the first repetition.
    pub attempt: u32,
    /// Slack's word for it, such as `http_timeout`.
    pub reason: String,
}

/// An event with its envelope.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// The whole `event_callback` envelope as it came.
    pub raw: Value,
    /// Set if Slack says that it sent this before. A repetition keeps its `event_id`.
    pub retry: Option<Retry>,
}

impl Event {
    /// The id that stays the same across repetitions.
    pub fn event_id(&self) -> Option<&str> {
        text_at(&self.raw, "/event_id")
    }

    /// The workspace it happened in.
    pub fn team_id(&self) -> Option<&str> {
        first_text(&self.raw, &["/team_id", "/context_team_id", "/event/team"])
    }

    /// The event itself; null if there is none.
    pub fn event(&self) -> &Value {
        self.raw.get("event").unwrap_or(&Value::Null)
    }

    /// `message`, `reaction_added`, …
    pub fn event_type(&self) -> &str {
        text_at(&self.raw, "/event/type").unwrap_or("")
    }

    /// `message_changed`, `channel_topic`, …
    pub fn subtype(&self) -> Option<&str> {
        text_at(&self.raw, "/event/subtype")
    }

    /// When it happened, in seconds.
    pub fn event_time_s(&self) -> Option<i64> {
        self.raw.get("event_time").and_then(Value::as_i64)
    }

    /// Who did it, where the event says so. For an edit that is the editor, for a deletion Slack does not tell.
    pub fn user_id(&self) -> Option<&str> {
        if self.subtype() == Some("message_changed") {
            return first_text(&self.raw, &["/event/message/edited/user", "/event/message/user"]);
        }
        first_text(&self.raw, &["/event/user", "/event/user/id", "/event/user_id"])
    }

    /// The channel it happened in, whatever the kind of event calls it.
    pub fn channel_id(&self) -> Option<&str> {
        first_text(
            &self.raw,
            &["/event/channel", "/event/channel/id", "/event/channel_id", "/event/item/channel"],
        )
    }

    /// The message it is about: for edits and deletions the original's, for reactions and pins the item's.
    pub fn message_ts(&self) -> Option<&str> {
        first_text(
            &self.raw,
            &[
                "/event/message/ts",
                "/event/deleted_ts",
                "/event/item/ts",
                "/event/item/message/ts",
                "/event/ts",
            ],
        )
    }

    /// The thread's first message, if it is about a message in a thread.
    pub fn thread_ts(&self) -> Option<&str> {
        first_text(
            &self.raw,
            &[
                "/event/thread_ts",
                "/event/message/thread_ts",
                "/event/previous_message/thread_ts",
                "/event/item/message/thread_ts",
            ],
        )
    }
}
