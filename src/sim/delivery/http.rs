//! Signed HTTP: how Slack calls an app that has a public address (DOC authentication/verifying-requests-from-slack).

use std::fmt::Write as _;

use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use super::super::core::Sim;
use super::{Asking, Failure, HttpTargets};
use crate::limits;

/// `v0=…` over `v0:timestamp:body`.
pub(super) fn sign(secret: &str, timestamp: i64, body: &str) -> String {
    // An HMAC key may have any length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else { return String::new() };
    mac.update(format!("v0:{timestamp}:{body}").as_bytes());
    mac.finalize().into_bytes().iter().fold("v0=".to_owned(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

fn form(fields: &Value) -> String {
    let mut out = url::form_urlencoded::Serializer::new(String::new());
    for (key, value) in fields.as_object().into_iter().flatten() {
        match value {
            Value::Null => {}
            Value::String(text) => {
                out.append_pair(key, text);
            }
            other => {
                out.append_pair(key, &other.to_string());
            }
        }
    }
    out.finish()
}

impl Sim {
    async fn call_app(
        &self,
        url: &str,
        content_type: &str,
        body: String,
        retry: Option<(usize, &str)>,
    ) -> Result<reqwest::Response, Failure> {
        let timestamp = self.0.clock.now_ms().div_euclid(1000);
        let signature = self.read(|state| sign(&state.app.signing_secret, timestamp, &body));
        let mut request = self
            .0
            .http
            .post(url)
            .header("Content-Type", content_type)
            .header("Accept", "application/json,*/*")
            .header("User-Agent", "Slackbot 1.0 (+https://api.slack.com/robots)")
            .header("X-Slack-Request-Timestamp", timestamp)
            .header("X-Slack-Signature", signature);
        if let Some((number, reason)) = retry {
            request = request.header("X-Slack-Retry-Num", number).header("X-Slack-Retry-Reason", reason);
        }
        let response = tokio::select! {
            response = request.body(body).send() => response.map_err(|_| Failure::Connection)?,
            () = self.0.clock.wait_ms(limits::SIM_ACK_MS) => return Err(Failure::Timeout),
        };
        if response.status().is_success() {
            return Ok(response);
        }
        let no_retry = response.headers().get("x-slack-no-retry").is_some_and(|v| v == "1");
        Err(if no_retry { Failure::NoRetry } else { Failure::Status })
    }

    pub(super) async fn post_event(
        &self,
        url: &str,
        payload: &Value,
        retry: Option<(usize, &str)>,
    ) -> Result<(), Failure> {
        self.call_app(url, "application/json", payload.to_string(), retry).await.map(|_| ())
    }

    /// What the app settings page does when a Request URL is entered: it must give the challenge back.
    pub async fn verify_events_url(&self, url: &str) -> Result<(), String> {
        let challenge = self.change(|state| state.new_id("challenge"));
        let body =
            json!({"token": "sim-verification-token", "challenge": challenge, "type": "url_verification"});
        let response = self.call_app(url, "application/json", body.to_string(), None).await;
        let response =
            response.map_err(|failure| format!("{url} did not answer: {}", failure.reason(true)))?;
        let text = response.text().await.map_err(|error| error.to_string())?;
        let given = serde_json::from_str::<Value>(&text)
            .ok()
            .and_then(|v| v["challenge"].as_str().map(str::to_owned));
        if given.as_deref().unwrap_or(text.trim()) == challenge {
            return Ok(());
        }
        Err(format!("{url} answered without the challenge"))
    }

    pub(super) async fn ask_http(
        &self,
        asking: Asking,
        targets: &HttpTargets,
        payload: Value,
    ) -> Result<Value, Failure> {
        let (url, body) = match asking {
            Asking::Command => {
                let word = payload["command"].as_str().unwrap_or_default();
                let own = self.read(|s| {
                    s.app.manifest.command(word).and_then(|c| c["url"].as_str().map(str::to_owned))
                });
                (targets.commands.clone().or(own), form(&payload))
            }
            Asking::Interaction => {
                (targets.interactivity.clone(), form(&json!({"payload": payload.to_string()})))
            }
            Asking::Options => (targets.options.clone(), form(&json!({"payload": payload.to_string()}))),
        };
        let url = url.ok_or(Failure::Nobody)?;
        let response = self.call_app(&url, "application/x-www-form-urlencoded", body, None).await?;
        let text = tokio::select! {
            text = response.text() => text.map_err(|_| Failure::Connection)?,
            () = self.0.clock.wait_ms(limits::SIM_ACK_MS) => return Err(Failure::Timeout),
        };
        if text.trim().is_empty() {
            return Ok(Value::Null);
        }
        Ok(serde_json::from_str(&text).ok().filter(Value::is_object).unwrap_or(Value::String(text)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_slacks_published_vector() {
        let body = "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c";
        assert_eq!(
            sign("8f742231b10e8888abcd99yyyzzz85a5", 1_531_420_618, body),
            "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"
        );
    }
}
