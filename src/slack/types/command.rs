//! A slash command (docs.slack.dev/interactivity/implementing-slash-commands).

use serde_json::Value;

use super::text_at;

/// A slash command. Over HTTP it comes as a form, over the socket as JSON with the same fields.
#[derive(Clone, Debug, PartialEq)]
pub struct Command {
    /// All fields as one JSON object.
    pub raw: Value,
}

macro_rules! fields {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {
        $($(#[$doc])* pub fn $name(&self) -> Option<&str> {
            text_at(&self.raw, concat!("/", stringify!($name)))
        })*
    };
}

impl Command {
    fields! {
        team_id,
        team_domain,
        enterprise_id,
        channel_id,
        /// `directmessage` or `privategroup` where the name is not told.
        channel_name,
        user_id,
        user_name,
        api_app_id,
        /// Works 5 times in 30 minutes.
        response_url,
        /// Opens one modal within 3 seconds.
        trigger_id,
    }

    /// The command itself with its slash.
    pub fn command(&self) -> &str {
        text_at(&self.raw, "/command").unwrap_or("")
    }

    /// What stands after the command.
    pub fn text(&self) -> &str {
        text_at(&self.raw, "/text").unwrap_or("").trim()
    }

    /// Text in a form, a boolean over the socket.
    pub fn is_enterprise_install(&self) -> bool {
        matches!(self.raw.get("is_enterprise_install"), Some(Value::Bool(true)))
            || text_at(&self.raw, "/is_enterprise_install") == Some("true")
    }
}
