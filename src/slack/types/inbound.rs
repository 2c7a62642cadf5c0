//! One thing Slack sent us, of any kind.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::{Command, Event, Interaction, Retry, first_text, text_at};
use crate::limits::SLACK_UNREADABLE_KEPT_BYTES;

/// One thing Slack sent us. Its serde form is what is stored in the inbox; reading it back never fails for an odd
/// payload, it is only sorted as [`Inbound::Unknown`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(into = "Stored", from = "Stored")]
pub enum Inbound {
    Event(Event),
    Command(Command),
    BlockActions(Interaction),
    ViewSubmission(Interaction),
    ViewClosed(Interaction),
    /// A global shortcut.
    Shortcut(Interaction),
    /// A shortcut on a message.
    MessageAction(Interaction),
    /// A menu asks for its options.
    BlockSuggestion(Interaction),
    /// Slack drops events because there are too many (30,000 an hour).
    AppRateLimited(Value),
    /// Slack tries our address out; answer with the challenge.
    UrlVerification {
        challenge: String,
    },
    /// Anything else; kept and counted by its kind.
    Unknown {
        kind: String,
        raw: Value,
    },
}

/// The family a payload belongs to: what endpoint or which envelope it came with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Family {
    Event,
    Command,
    Interaction,
    Unknown,
}

/// How it lies in the database.
#[derive(Clone, Serialize, Deserialize)]
struct Stored {
    family: Family,
    /// For unknown ones only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    kind: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    retry: Option<Retry>,
    raw: Value,
}

impl From<Inbound> for Stored {
    fn from(inbound: Inbound) -> Self {
        let family = inbound.family();
        let (kind, retry, raw) = match inbound {
            Inbound::Event(event) => (None, event.retry, event.raw),
            Inbound::Command(command) => (None, None, command.raw),
            Inbound::AppRateLimited(raw) => (None, None, raw),
            Inbound::UrlVerification { challenge } => {
                (None, None, serde_json::json!({"type": "url_verification", "challenge": challenge}))
            }
            Inbound::Unknown { kind, raw } => (Some(kind), None, raw),
            Inbound::BlockActions(it)
            | Inbound::ViewSubmission(it)
            | Inbound::ViewClosed(it)
            | Inbound::Shortcut(it)
            | Inbound::MessageAction(it)
            | Inbound::BlockSuggestion(it) => (None, None, it.raw),
        };
        Self { family, kind, retry, raw }
    }
}

impl From<Stored> for Inbound {
    fn from(stored: Stored) -> Self {
        match stored.family {
            Family::Event => Self::from_event(stored.raw, stored.retry),
            Family::Command => Self::from_command(stored.raw),
            Family::Interaction => Self::from_interaction(stored.raw),
            Family::Unknown => {
                Self::Unknown { kind: stored.kind.unwrap_or_else(|| "unknown".to_owned()), raw: stored.raw }
            }
        }
    }
}

/// Takes the deprecated verification token out: nothing may rely on it, and it need not lie in a database.
fn without_token(mut raw: Value) -> Value {
    if let Value::Object(fields) = &mut raw {
        fields.shift_remove("token");
    }
    raw
}

impl Inbound {
    /// Sorts the body of an Events API request, or the payload of an `events_api` envelope.
    pub fn from_event(raw: Value, retry: Option<Retry>) -> Self {
        let raw = without_token(raw);
        match text_at(&raw, "/type") {
            Some("event_callback") if raw.get("event").is_some_and(Value::is_object) => {
                Self::Event(Event { raw, retry })
            }
            Some("app_rate_limited") => Self::AppRateLimited(raw),
            Some("url_verification") => {
                Self::UrlVerification { challenge: text_at(&raw, "/challenge").unwrap_or("").to_owned() }
            }
            kind => Self::Unknown { kind: known_kind(kind), raw },
        }
    }

    /// What could not be read: its beginning is kept, to see what it was.
    pub fn unreadable(text: &str) -> Self {
        let kept = &text[..text.floor_char_boundary(SLACK_UNREADABLE_KEPT_BYTES)];
        Self::Unknown { kind: "unreadable".to_owned(), raw: serde_json::json!({ "body": kept }) }
    }

    /// Sorts the fields of a slash command.
    pub fn from_command(raw: Value) -> Self {
        let raw = without_token(raw);
        if text_at(&raw, "/command").is_some() {
            return Self::Command(Command { raw });
        }
        // Slack (and only Slack) checks the certificate of a command's address this way.
        let kind = if raw.get("ssl_check").is_some() { "ssl_check" } else { "no_command" };
        Self::Unknown { kind: kind.to_owned(), raw }
    }

    /// Sorts an interaction by its `type`.
    pub fn from_interaction(raw: Value) -> Self {
        let raw = without_token(raw);
        let kind = text_at(&raw, "/type").map(str::to_owned);
        let it = Interaction { raw };
        match kind.as_deref() {
            Some("block_actions") => Self::BlockActions(it),
            Some("view_submission") => Self::ViewSubmission(it),
            Some("view_closed") => Self::ViewClosed(it),
            Some("shortcut") => Self::Shortcut(it),
            Some("message_action") => Self::MessageAction(it),
            Some("block_suggestion") => Self::BlockSuggestion(it),
            kind => Self::Unknown { kind: known_kind(kind), raw: it.raw },
        }
    }

    /// Sorts a Socket Mode envelope's payload.
    pub fn from_envelope(envelope_type: &str, payload: Value, retry: Option<Retry>) -> Self {
        match envelope_type {
            "events_api" => Self::from_event(payload, retry),
            "slash_commands" => Self::from_command(payload),
            "interactive" | "options" => Self::from_interaction(payload),
            other => Self::Unknown { kind: known_kind(Some(other)), raw: without_token(payload) },
        }
    }

    fn family(&self) -> Family {
        match self {
            Self::Event(_) | Self::AppRateLimited(_) | Self::UrlVerification { .. } => Family::Event,
            Self::Command(_) => Family::Command,
            Self::Unknown { .. } => Family::Unknown,
            _ => Family::Interaction,
        }
    }

    /// A short word for logs and metrics.
    pub fn kind(&self) -> &str {
        match self {
            Self::Event(_) => "event",
            Self::Command(_) => "command",
            Self::BlockActions(_) => "block_actions",
            Self::ViewSubmission(_) => "view_submission",
            Self::ViewClosed(_) => "view_closed",
            Self::Shortcut(_) => "shortcut",
            Self::MessageAction(_) => "message_action",
            Self::BlockSuggestion(_) => "block_suggestion",
            Self::AppRateLimited(_) => "app_rate_limited",
            Self::UrlVerification { .. } => "url_verification",
            Self::Unknown { .. } => "unknown",
        }
    }

    /// The interaction, if it is one.
    pub fn interaction(&self) -> Option<&Interaction> {
        match self {
            Self::BlockActions(it)
            | Self::ViewSubmission(it)
            | Self::ViewClosed(it)
            | Self::Shortcut(it)
            | Self::MessageAction(it)
            | Self::BlockSuggestion(it) => Some(it),
            _ => None,
        }
    }

    /// Whether it must be a row before it is acknowledged. The others are questions: the answer is all there is to do.
    pub fn is_durable(&self) -> bool {
        match self {
            Self::BlockSuggestion(_) | Self::UrlVerification { .. } => false,
            Self::Unknown { kind, .. } => kind != "ssl_check",
            _ => true,
        }
    }

    /// The payload as it came, without the deprecated token.
    pub fn raw(&self) -> &Value {
        match self {
            Self::Event(event) => &event.raw,
            Self::Command(command) => &command.raw,
            Self::AppRateLimited(raw) | Self::Unknown { raw, .. } => raw,
            Self::UrlVerification { .. } => &Value::Null,
            other => other.interaction().map_or(&Value::Null, |it| &it.raw),
        }
    }

    /// The workspace it comes from; only the configured one is served.
    pub fn team_id(&self) -> Option<&str> {
        match self {
            Self::Event(event) => event.team_id(),
            Self::Command(command) => command.team_id(),
            Self::AppRateLimited(raw) | Self::Unknown { raw, .. } => {
                first_text(raw, &["/team_id", "/team/id", "/user/team_id", "/view/team_id"])
            }
            Self::UrlVerification { .. } => None,
            other => other.interaction().and_then(Interaction::team_id),
        }
    }

    /// Who did it.
    pub fn user_id(&self) -> Option<&str> {
        match self {
            Self::Event(event) => event.user_id(),
            Self::Command(command) => command.user_id(),
            other => other.interaction().and_then(Interaction::user_id),
        }
    }

    /// Their name, where Slack tells it: not with events.
    pub fn user_name(&self) -> Option<&str> {
        match self {
            Self::Event(_) => None,
            Self::Command(command) => command.user_name(),
            other => other.interaction().and_then(Interaction::user_name),
        }
    }

    /// Where.
    pub fn channel_id(&self) -> Option<&str> {
        match self {
            Self::Event(event) => event.channel_id(),
            Self::Command(command) => command.channel_id(),
            other => other.interaction().and_then(Interaction::channel_id),
        }
    }

    /// The same, unable to open a dialogue: a trigger lives 3 s (docs.slack.dev/interactivity/handling-user-interaction).
    #[must_use]
    pub fn without_trigger(mut self) -> Self {
        let raw = match &mut self {
            Self::Command(command) => &mut command.raw,
            Self::BlockActions(it)
            | Self::ViewSubmission(it)
            | Self::ViewClosed(it)
            | Self::Shortcut(it)
            | Self::MessageAction(it)
            | Self::BlockSuggestion(it) => &mut it.raw,
            Self::Event(_)
            | Self::AppRateLimited(_)
            | Self::UrlVerification { .. }
            | Self::Unknown { .. } => {
                return self;
            }
        };
        if let Value::Object(fields) = raw {
            fields.shift_remove("trigger_id");
        }
        self
    }

    /// What two deliveries of the same thing share and no two things do. Never empty.
    ///
    /// A submitted view is told by its trigger, not by id and hash: after an answer with errors the same view, with
    /// the same hash, is rightly submitted again.
    pub fn dedup_key(&self) -> String {
        let by_trigger = |it: &Interaction| {
            let trigger = it.trigger_id()?;
            let action = it.action();
            let part = |text: Option<&str>| text.map(|text| format!(":{text}")).unwrap_or_default();
            let ts = action.and_then(|action| action.action_ts());
            let id = action.map(|action| action.action_id()).filter(|id| !id.is_empty());
            Some(format!("{}:{trigger}{}{}", it.kind(), part(ts), part(id)))
        };
        let key = match self {
            Self::Event(event) => event.event_id().map(|id| format!("event:{id}")),
            Self::Command(command) => command.trigger_id().map(|id| format!("command:{id}")),
            Self::AppRateLimited(raw) => raw
                .get("minute_rate_limited")
                .map(|minute| format!("limited:{}:{minute}", self.team_id().unwrap_or(""))),
            Self::UrlVerification { challenge } => Some(format!("challenge:{challenge}")),
            Self::Unknown { .. } => None,
            other => other.interaction().and_then(by_trigger),
        };
        key.unwrap_or_else(|| format!("{}:sha256:{}", self.kind(), fingerprint(self.raw())))
    }
}

/// A payload's own word for its type, fit for a log: odd ones are cut.
fn known_kind(kind: Option<&str>) -> String {
    let kind: String = kind.unwrap_or("no_type").chars().filter(|c| !c.is_control()).take(64).collect();
    if kind.is_empty() { "no_type".to_owned() } else { kind }
}

/// The hex SHA-256 of a payload.
fn fingerprint(raw: &Value) -> String {
    Sha256::digest(raw.to_string().as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}
