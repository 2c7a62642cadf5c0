//! The frames of Socket Mode as text.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::{Value, json};

use super::status::ProblemKind;
use crate::json::{self, NoTree};
use crate::limits::SLACK_INPUT_TREE_BYTES;
use crate::slack::types::{Inbound, Retry};

/// What a text frame says.
#[derive(Debug, PartialEq)]
pub(super) enum Frame {
    /// The connection is ready.
    Hello,
    /// The connection will be closed; open another.
    Disconnect { kind: ProblemKind, reason: String },
    /// Something for us. Without an id it cannot be acknowledged.
    Envelope { envelope_id: Option<String>, takes_answer: bool, inbound: Inbound },
}

/// What of an envelope is needed to acknowledge it.
#[derive(Deserialize)]
struct Head<'a> {
    #[serde(borrow)]
    envelope_id: Cow<'a, str>,
}

/// Reads a text frame; every text is some frame.
pub(super) fn read(text: &str) -> Frame {
    let unreadable = |envelope_id| Frame::Envelope {
        envelope_id,
        takes_answer: false,
        inbound: Inbound::unreadable(text),
    };
    let mut value = match json::read(text.as_bytes(), SLACK_INPUT_TREE_BYTES) {
        Ok(value) => value,
        Err(NoTree::Invalid(_)) => return unreadable(None),
        // It is acknowledged all the same: Slack would only send it again.
        Err(NoTree::TooCostly(_)) => {
            let head: Option<Head<'_>> = serde_json::from_str(text).ok();
            return unreadable(head.map(|head| head.envelope_id.into_owned()));
        }
    };
    let word = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).unwrap_or("").to_owned();
    let (kind, envelope_id) = (word(&value, "type"), word(&value, "envelope_id"));
    match kind.as_str() {
        "hello" => Frame::Hello,
        "disconnect" => {
            let reason: String = word(&value, "reason").chars().take(64).collect();
            Frame::Disconnect { kind: disconnect_kind(&reason), reason }
        }
        _ if envelope_id.is_empty() => Frame::Envelope {
            envelope_id: None,
            takes_answer: false,
            inbound: Inbound::from_envelope(&kind, value, None),
        },
        _ => {
            let attempt = value.get("retry_attempt").and_then(Value::as_u64).unwrap_or(0);
            let retry = u32::try_from(attempt)
                .ok()
                .filter(|attempt| *attempt > 0)
                .map(|attempt| Retry { attempt, reason: word(&value, "retry_reason") });
            let takes_answer =
                value.get("accepts_response_payload").and_then(Value::as_bool).unwrap_or(false);
            let payload = value.get_mut("payload").map(Value::take).unwrap_or_default();
            Frame::Envelope {
                envelope_id: Some(envelope_id),
                takes_answer,
                inbound: Inbound::from_envelope(&kind, payload, retry),
            }
        }
    }
}

fn disconnect_kind(reason: &str) -> ProblemKind {
    match reason {
        "link_disabled" => ProblemKind::LinkDisabled,
        "too_many_websockets" => ProblemKind::TooManySockets,
        // warning, refresh_requested, and whatever Slack may invent: the back-off covers what does not last.
        _ => ProblemKind::Refresh,
    }
}

/// The acknowledgement of an envelope.
pub(super) fn ack(envelope_id: &str, payload: Option<Value>) -> String {
    match payload {
        Some(payload) => json!({"envelope_id": envelope_id, "payload": payload}).to_string(),
        None => json!({"envelope_id": envelope_id}).to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_envelope_carries_its_retry() {
        let text = r#"{"envelope_id":"e1","type":"events_api","accepts_response_payload":false,"retry_attempt":2,
            "retry_reason":"timeout","payload":{"type":"event_callback","event_id":"Ev1","event":{"type":"message"}}}"#;
        let Frame::Envelope { envelope_id, takes_answer, inbound: Inbound::Event(event) } = read(text) else {
            panic!("no event")
        };
        assert_eq!((envelope_id.as_deref(), takes_answer), (Some("e1"), false));
        assert_eq!(event.retry.map(|retry| retry.attempt), Some(2));
    }

    #[test]
    fn a_first_delivery_is_no_retry() {
        let text = r#"{"envelope_id":"e1","type":"events_api","retry_attempt":0,"retry_reason":"",
            "payload":{"type":"event_callback","event_id":"Ev1","event":{"type":"message"}}}"#;
        let Frame::Envelope { inbound: Inbound::Event(event), .. } = read(text) else { panic!("no event") };
        assert_eq!(event.retry, None);
    }

    #[test]
    fn every_text_is_some_frame() {
        for (text, kind) in [
            ("", "unreadable"),
            ("[]", "no_type"),
            (r#"{"type":"brand_new"}"#, "brand_new"),
            (r#"{"type":"brand_new","envelope_id":"e1"}"#, "brand_new"),
            (r#"{"type":"interactive","envelope_id":"e1","payload":null}"#, "no_type"),
        ] {
            let Frame::Envelope { inbound: Inbound::Unknown { kind: got, .. }, .. } = read(text) else {
                panic!("{text} is no unknown envelope")
            };
            assert_eq!(got, kind, "{text}");
        }
        assert_eq!(read(r#"{"type":"hello","num_connections":1}"#), Frame::Hello);
        for (reason, kind) in [
            ("warning", ProblemKind::Refresh),
            ("refresh_requested", ProblemKind::Refresh),
            ("link_disabled", ProblemKind::LinkDisabled),
            ("too_many_websockets", ProblemKind::TooManySockets),
        ] {
            let frame = read(&format!(r#"{{"type":"disconnect","reason":"{reason}"}}"#));
            assert_eq!(frame, Frame::Disconnect { kind, reason: reason.to_owned() });
        }
    }

    #[test]
    fn a_frame_of_too_many_values_is_acknowledged_unread() {
        let ones = "1,".repeat(1_000_000);
        let text = format!(r#"{{"payload":{{"a":[{ones}1]}},"type":"events_api","envelope_id":"e1"}}"#);
        let Frame::Envelope { envelope_id, inbound: Inbound::Unknown { kind, raw }, .. } = read(&text) else {
            panic!("no envelope")
        };
        assert_eq!((envelope_id.as_deref(), kind.as_str()), (Some("e1"), "unreadable"));
        assert!(raw.to_string().len() < 100_000, "only its beginning is kept");
    }

    #[test]
    fn an_ack_without_answer_has_no_payload() {
        assert_eq!(ack("e1", None), r#"{"envelope_id":"e1"}"#);
        assert_eq!(ack("e1", Some(json!({"a": 1}))), r#"{"envelope_id":"e1","payload":{"a":1}}"#);
    }
}
