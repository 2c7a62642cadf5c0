//! Whether Slack is there, knows the tokens, has granted what is needed, and how its clock goes.

use secrecy::ExposeSecret as _;
use serde_json::Value;

use super::{Checks, scopes};
use crate::clock::SharedClock;
use crate::config::{Config, SlackConfig, SlackMode};
use crate::limits::{DOCTOR_SKEW_WARN_MS, DOCTOR_SKEW_WRONG_MS};
use crate::slack::api::{AnswerHead, ApiError, SlackApi};

/// The bot as Slack knows it.
pub(super) struct Bot {
    pub(super) name: String,
    /// `None` if Slack did not tell.
    pub(super) scopes: Option<Vec<String>>,
}

/// Nothing if there is no use in asking on.
pub(super) async fn examine(
    config: &Config,
    slack: &SlackConfig,
    api: &SlackApi,
    clock: &SharedClock,
    checks: &mut Checks,
) -> Option<Bot> {
    let (answer, head) = api.call_with_head("auth.test", Value::Null).await;
    let name = match answer {
        Ok(identity) => {
            identified(slack, &identity, checks);
            Some(identity["user"].as_str().unwrap_or("firebell").to_owned())
        }
        Err(error) => {
            not_identified(slack, &error, checks);
            if matches!(error, ApiError::NotSent { .. } | ApiError::Uncertain { .. } | ApiError::Http { .. })
            {
                return None;
            }
            None
        }
    };
    clock_skew(&head, clock, checks);
    match slack.mode {
        SlackMode::Socket => app_token(slack, api, checks).await,
        SlackMode::Http => signing(config, slack, checks),
    }
    let name = name?;
    scopes::examine(head.scopes.as_deref(), checks);
    Some(Bot { name, scopes: head.scopes })
}

fn identified(slack: &SlackConfig, identity: &Value, checks: &mut Checks) {
    let text = |key: &str| identity[key].as_str().unwrap_or_default();
    let who = format!("@{} in {} ({}, {})", text("user"), text("team"), text("team_id"), text("url"));
    if text("bot_id").is_empty() {
        let mend = [
            "put the Bot User OAuth Token (xoxb-…) into slack.bot_token: the Slack app's page, OAuth & Permissions",
        ];
        return checks.wrong("bot token", format!("it belongs to a person: {who}"), &mend);
    }
    match &slack.team_id {
        Some(wanted) if wanted != text("team_id") && wanted != text("enterprise_id") => {
            let found = format!("it is for another workspace: {who}, and slack.team_id is {wanted}");
            let mend = format!("use the token of {wanted}, or set slack.team_id: {}", text("team_id"));
            checks.wrong("bot token", found, &[&mend]);
        }
        _ => checks.good("bot token", who),
    }
}

fn not_identified(slack: &SlackConfig, error: &ApiError, checks: &mut Checks) {
    let url = slack.api_url.as_str();
    let new_token =
        "copy the Bot User OAuth Token anew: the Slack app's page, OAuth & Permissions → slack.bot_token";
    match error {
        ApiError::NotSent { .. } | ApiError::Uncertain { .. } => checks.wrong(
            "slack",
            format!("{url} does not answer: {error}"),
            &["look at network, DNS, proxy and firewall: it must be possible to connect to this address"],
        ),
        ApiError::Http { .. } => checks.wrong(
            "slack",
            format!("{url} is not Slack's API: {error}"),
            &["mend slack.api_url (https://slack.com/api/), or the proxy between"],
        ),
        ApiError::NoToken { .. } => {
            checks.wrong(
                "bot token",
                "there is none",
                &["set slack.bot_token or slack.bot_token_file", new_token],
            );
        }
        ApiError::Slack { error: code, .. } => {
            let mend = match code.as_str() {
                "account_inactive" | "app_uninstalled" | "token_revoked" => {
                    "install the app into the workspace again, and use its new token"
                }
                "token_expired" => "turn token rotation off for the app, or use its new token",
                "org_login_required" | "team_access_not_granted" => {
                    "an administrator must give the app access to the workspace"
                }
                _ => new_token,
            };
            checks.wrong("bot token", format!("Slack does not take it: {code}"), &[mend]);
        }
        other => checks.unanswered("bot token", other),
    }
}

/// Slack signs with its time, and message timestamps are Slack's: the clocks must agree.
fn clock_skew(head: &AnswerHead, clock: &SharedClock, checks: &mut Checks) {
    let date = head.date.as_deref().and_then(|date| jiff::fmt::rfc2822::parse(date).ok());
    let Some(at_slack_ms) = date.map(|date| date.timestamp().as_millisecond()) else {
        return checks.doubtful("clock", "Slack did not tell its time", &[]);
    };
    let ahead_ms = clock.now_ms() - at_slack_ms;
    let (by_s, way) = (ahead_ms.abs() / 1_000, if ahead_ms > 0 { "ahead of" } else { "behind" });
    let mend = ["turn time synchronisation on: timedatectl set-ntp true"];
    match ahead_ms.abs() {
        0..DOCTOR_SKEW_WARN_MS => checks.good("clock", "goes as Slack's does"),
        DOCTOR_SKEW_WARN_MS..DOCTOR_SKEW_WRONG_MS => {
            checks.doubtful("clock", format!("{by_s} s {way} Slack's"), &mend);
        }
        _ => checks.wrong(
            "clock",
            format!("{by_s} s {way} Slack's: requests signed by Slack are refused, times are shown wrong"),
            &mend,
        ),
    }
}

/// Opening a connection is the only thing this token can do; it is not used, and ends by itself.
async fn app_token(slack: &SlackConfig, api: &SlackApi, checks: &mut Checks) {
    let page = "the Slack app's page, Basic Information → App-Level Tokens → slack.app_token";
    if slack.app_token.as_ref().is_none_or(|token| token.expose_secret().is_empty()) {
        let mend = format!("make one with the scope connections:write: {page}");
        return checks.wrong("app token", "there is none, and Socket Mode needs it", &[&mend]);
    }
    match api.call("apps.connections.open", Value::Null).await {
        Ok(_) => checks.good("app token", "opens Socket Mode connections"),
        Err(ApiError::Slack { error, needed, .. }) => {
            let mend = match error.as_str() {
                "missing_scope" | "no_permission" => format!(
                    "make a token with the scope {}: {page}",
                    needed.as_deref().unwrap_or("connections:write")
                ),
                "not_allowed_token_type" => format!("it is no app-level token (xapp-…); make one: {page}"),
                "socket_mode_disabled" | "forbidden_team" | "access_denied" => {
                    "turn Socket Mode on: the Slack app's page, Socket Mode".to_owned()
                }
                _ => format!("make a new one with the scope connections:write: {page}"),
            };
            let mend = [mend.as_str(), "is Socket Mode turned on? the Slack app's page, Socket Mode"];
            checks.wrong("app token", format!("Slack does not take it: {error}"), &mend);
        }
        Err(error) => checks.unanswered("app token", &error),
    }
}

/// Slack cannot be asked about the signing secret; what can be seen from here is its shape.
fn signing(config: &Config, slack: &SlackConfig, checks: &mut Checks) {
    let page = "copy it anew: the Slack app's page, Basic Information → Signing Secret";
    let secret = slack.signing_secret.as_ref().map(|secret| secret.expose_secret()).unwrap_or_default();
    let is_hex = secret.len() == 32 && secret.bytes().all(|byte| byte.is_ascii_hexdigit());
    match (secret, is_hex) {
        ("", _) => checks.wrong("signing secret", "there is none, and `mode: http` needs it", &[page]),
        (_, true) => checks.good("signing secret", "looks like one (only a request of Slack's can tell)"),
        (_, false) => {
            checks.doubtful(
                "signing secret",
                "Slack's secrets are 32 hexadecimal digits; this is not",
                &[page],
            );
        }
    }
    match &config.server.public_url {
        None => checks.wrong(
            "public address",
            "server.public_url is not set, and `mode: http` needs a public address",
            &[
                "set server.public_url, and give it to the Slack app: firebell manifest --url …",
                "or use `mode: socket`, which needs none",
            ],
        ),
        Some(url) if url.scheme() != "https" => checks.doubtful(
            "public address",
            format!("{url} is not https; Slack sends only there"),
            &["put TLS in front of it"],
        ),
        Some(url) => {
            checks.good("public address", format!("{url} (whether Slack reaches it, the app's page tells)"))
        }
    }
}
