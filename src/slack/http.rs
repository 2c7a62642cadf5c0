//! Slack's requests over HTTP, from raw bytes to a verified [`Inbound`]. Routes and size limits are the web layer's.
//!
//! The order matters: the signature is checked over the bytes as they came, and only then is anything parsed. What is
//! signed but cannot be read is not refused: it becomes [`Inbound::Unknown`], so that it is kept and counted.

use axum::http::{HeaderMap, StatusCode};
use serde_json::{Map, Value};
use url::form_urlencoded;

use super::types::{Inbound, Retry};
use super::verify::{SignatureError, Verified, Verifier};
use crate::json;
use crate::limits::{SLACK_FORM_FIELDS_MAX, SLACK_INPUT_TREE_BYTES, SLACK_UNREADABLE_KEPT_BYTES};

/// Which of the four addresses was called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// `/slack/events`
    Events,
    /// `/slack/commands`
    Commands,
    /// `/slack/interactions`
    Interactions,
    /// `/slack/options`: menus that ask us for their options.
    Options,
}

/// A request that is proven to be Slack's.
#[derive(Clone, Debug, PartialEq)]
pub struct Accepted {
    pub inbound: Inbound,
    /// For [`Verifier::forget`], should the request not be taken after all.
    pub verified: Verified,
}

/// A request that is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a request of Slack's: {0}")]
pub struct Rejected(#[from] pub SignatureError);

impl Rejected {
    /// The answer, the same for every reason.
    pub fn status(self) -> StatusCode {
        StatusCode::UNAUTHORIZED
    }

    /// A short word for metrics.
    pub fn reason(self) -> &'static str {
        self.0.reason()
    }
}

/// Refuses what its headers alone show not to be Slack's, so that its body need not be read.
pub fn look(verifier: &Verifier, headers: &HeaderMap, now_ms: i64) -> Result<(), Rejected> {
    Ok(verifier.look(headers, now_ms)?)
}

/// Verifies and reads one request.
pub fn receive(
    endpoint: Endpoint,
    verifier: &Verifier,
    headers: &HeaderMap,
    body: &[u8],
    now_ms: i64,
) -> Result<Accepted, Rejected> {
    let verified = verifier.verify(headers, body, now_ms)?;
    let inbound = match endpoint {
        Endpoint::Events => events(headers, body),
        Endpoint::Commands => Inbound::from_command(form(body)),
        Endpoint::Interactions | Endpoint::Options => interaction(body),
    };
    Ok(Accepted { inbound, verified })
}

fn events(headers: &HeaderMap, body: &[u8]) -> Inbound {
    match json::read(body, SLACK_INPUT_TREE_BYTES) {
        Ok(raw) => Inbound::from_event(raw, retry(headers)),
        Err(_) => unreadable(body),
    }
}

/// Interactions are JSON in one field of a form.
fn interaction(body: &[u8]) -> Inbound {
    let payload = form_urlencoded::parse(body).find(|(name, _)| name == "payload").map(|(_, value)| value);
    let payload = payload.map(|payload| json::read(payload.as_bytes(), SLACK_INPUT_TREE_BYTES));
    match payload {
        Some(Ok(raw)) => Inbound::from_interaction(raw),
        _ if form_urlencoded::parse(body).any(|(name, _)| name == "ssl_check") => {
            Inbound::from_command(form(body))
        }
        _ => unreadable(body),
    }
}

/// The fields of a form as the JSON object that Socket Mode would have sent.
fn form(body: &[u8]) -> Value {
    let fields: Map<String, Value> = form_urlencoded::parse(body)
        .take(SLACK_FORM_FIELDS_MAX)
        .map(|(name, value)| (name.into_owned(), Value::String(value.into_owned())))
        .collect();
    Value::Object(fields)
}

fn unreadable(body: &[u8]) -> Inbound {
    Inbound::unreadable(&String::from_utf8_lossy(&body[..body.len().min(SLACK_UNREADABLE_KEPT_BYTES)]))
}

/// Slack numbers its repetitions (docs.slack.dev/apis/events-api/#retries).
fn retry(headers: &HeaderMap) -> Option<Retry> {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let attempt = header("x-slack-retry-num")?.trim().parse().ok()?;
    Some(Retry { attempt, reason: header("x-slack-retry-reason").unwrap_or("").chars().take(64).collect() })
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;
    use secrecy::SecretString;

    use super::*;
    use crate::slack::verify::{SIGNATURE_HEADER, TIMESTAMP_HEADER, expected};

    fn signed(endpoint: Endpoint, body: &str, extra: &[(&'static str, &'static str)]) -> Inbound {
        let verifier = Verifier::new(|| vec![SecretString::from("s3cret")]);
        let digest = expected("s3cret", "1700000000", body.as_bytes()).unwrap();
        let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        let mut headers = HeaderMap::new();
        headers.insert(TIMESTAMP_HEADER, HeaderValue::from_static("1700000000"));
        headers.insert(SIGNATURE_HEADER, HeaderValue::from_str(&format!("v0={hex}")).unwrap());
        for (name, value) in extra {
            headers.insert(*name, HeaderValue::from_static(value));
        }
        receive(endpoint, &verifier, &headers, body.as_bytes(), 1_700_000_000_000).unwrap().inbound
    }

    #[test]
    fn an_unsigned_request_is_refused_unread() {
        let verifier = Verifier::new(|| vec![SecretString::from("s3cret")]);
        let refused = receive(Endpoint::Events, &verifier, &HeaderMap::new(), b"{}", 0).unwrap_err();
        assert_eq!((refused.status(), refused.reason()), (StatusCode::UNAUTHORIZED, "timestamp"));
    }

    #[test]
    fn an_event_says_whether_it_is_a_repetition() {
        let body = r#"{"type":"event_callback","event_id":"Ev1","team_id":"T1","event":{"type":"message"}}"#;
        let extra = [("x-slack-retry-num", "2"), ("x-slack-retry-reason", "http_timeout")];
        let Inbound::Event(event) = signed(Endpoint::Events, body, &extra) else { panic!("no event") };
        assert_eq!(event.retry, Some(Retry { attempt: 2, reason: "http_timeout".to_owned() }));
        assert_eq!((event.event_id(), event.team_id()), (Some("Ev1"), Some("T1")));
    }

    #[test]
    fn a_command_is_a_form() {
        let body =
            "token=x&team_id=T1&command=%2Ffirebell&text=ack+%2324&user_id=U1&is_enterprise_install=false";
        let Inbound::Command(command) = signed(Endpoint::Commands, body, &[]) else { panic!("no command") };
        assert_eq!((command.command(), command.text()), ("/firebell", "ack #24"));
        assert!(command.raw.get("token").is_none(), "the deprecated token is not kept");
    }

    #[test]
    fn an_interaction_is_json_in_a_form() {
        let body = "payload=%7B%22type%22%3A%22shortcut%22%2C%22callback_id%22%3A%22declare%22%7D";
        for endpoint in [Endpoint::Interactions, Endpoint::Options] {
            let Inbound::Shortcut(it) = signed(endpoint, body, &[]) else { panic!("no shortcut") };
            assert_eq!(it.callback_id(), Some("declare"));
        }
    }

    #[test]
    fn what_is_signed_but_unreadable_is_kept() {
        for (endpoint, body) in [
            (Endpoint::Events, "{"),
            (Endpoint::Interactions, "payload=%7B"),
            (Endpoint::Interactions, "other=1"),
            (Endpoint::Commands, "text=only"),
        ] {
            let inbound = signed(endpoint, body, &[]);
            assert!(matches!(inbound, Inbound::Unknown { .. }) && inbound.is_durable(), "{body}");
        }
        assert!(!signed(Endpoint::Commands, "ssl_check=1&token=x", &[]).is_durable());
    }
}
