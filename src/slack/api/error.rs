//! What can go wrong in a call to Slack, told apart by what the caller may do about it.

use crate::limits::SLACK_ERROR_BODY_CHARS;

/// A failed call. No variant ever holds a token, a request body or more than a scrap of an answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ApiError {
    /// Slack asked us to wait; nothing was done. Counts for this method in this workspace only
    /// (docs.slack.dev/apis/web-api/rate-limits).
    #[error("{method}: Slack asks us to wait {retry_after_s} s")]
    RateLimited { method: String, retry_after_s: u64 },
    /// Slack answered `ok: false`; nothing was done.
    #[error("{method}: Slack says {error}{}", details(.needed.as_deref(), .messages))]
    Slack { method: String, error: String, needed: Option<String>, messages: Vec<String> },
    /// The request may have arrived and may have been carried out: look before you send it again.
    #[error("{method}: it is not known whether Slack did it: {detail}")]
    Uncertain { method: String, detail: String },
    /// The request certainly did not reach Slack.
    #[error("{method}: Slack was not reached: {detail}")]
    NotSent { method: String, detail: String },
    /// Something that is not Slack's API answered (a proxy, a wrong `api_url`); nothing was done.
    #[error("{method}: HTTP status {status} instead of an answer from Slack: {detail}")]
    Http { method: String, status: u16, detail: String },
    /// We have no token of the needed kind.
    #[error("{method}: no {token} is configured")]
    NoToken { method: String, token: &'static str },
    /// The client was closed: the program is ending.
    #[error("the Slack client is closed")]
    Closed,
}

/// What a caller should do with an [`ApiError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorClass {
    /// Nothing was done; try again later.
    Retry,
    /// It may have been done; ask Slack before trying again.
    Uncertain,
    /// Trying the same again will fail again.
    Permanent,
    /// The token or its scopes are broken: this will work only after a person has mended them, so keep it.
    AuthBroken,
}

/// Answers that mean the token is of no use (any method).
const AUTH_BROKEN: &[&str] = &[
    "account_inactive",
    "app_uninstalled",
    "ekm_access_denied",
    "invalid_auth",
    "missing_scope",
    "not_allowed_token_type",
    "not_authed",
    "org_login_required",
    "team_access_not_granted",
    "token_expired",
    "token_revoked",
    "two_factor_setup_required",
];

/// Answers that will differ later though nothing was done.
const RETRY: &[&str] = &[
    "accesslimited",
    "request_timeout",
    "team_added_to_org",
    "too_many_requests",
    "update_failed",
    "fetch_members_failed",
];

/// Answers after which part of the work may have been done (docs.slack.dev, common errors of every method).
const UNCERTAIN: &[&str] = &["fatal_error", "internal_error", "service_unavailable"];

/// Answers that are a rate limit without the HTTP status for it.
const RATE_LIMITED: &[&str] = &["ratelimited", "rate_limited"];

impl ApiError {
    /// What to do about it.
    pub fn class(&self) -> ErrorClass {
        match self {
            Self::RateLimited { .. } | Self::NotSent { .. } | Self::Closed => ErrorClass::Retry,
            Self::Uncertain { .. } => ErrorClass::Uncertain,
            Self::NoToken { .. } => ErrorClass::AuthBroken,
            Self::Http { status: 413 | 414, .. } => ErrorClass::Permanent,
            Self::Http { .. } => ErrorClass::Retry,
            Self::Slack { error, .. } if AUTH_BROKEN.contains(&error.as_str()) => ErrorClass::AuthBroken,
            Self::Slack { error, .. } if RETRY.contains(&error.as_str()) => ErrorClass::Retry,
            Self::Slack { .. } => ErrorClass::Permanent,
        }
    }

    /// Slack's own word for it (`channel_not_found`), if Slack gave one.
    pub fn slack_code(&self) -> Option<&str> {
        match self {
            Self::Slack { error, .. } => Some(error),
            Self::RateLimited { .. } => Some("ratelimited"),
            _ => None,
        }
    }

    /// Whether Slack answered with one of these codes, e.g. `already_reacted`, which is as good as success.
    pub fn is_slack(&self, codes: &[&str]) -> bool {
        self.slack_code().is_some_and(|code| codes.contains(&code))
    }

    /// A short word for metrics: few values, no user data.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::RateLimited { .. } => "rate_limited",
            Self::Slack { .. } => "slack",
            Self::Uncertain { .. } => "uncertain",
            Self::NotSent { .. } => "not_sent",
            Self::Http { .. } => "http",
            Self::NoToken { .. } => "no_token",
            Self::Closed => "closed",
        }
    }

    /// Sorts an `ok: false` answer.
    pub(super) fn from_answer(method: &str, answer: &serde_json::Value, retry_after_s: u64) -> Self {
        let method = method.to_owned();
        let text = |key: &str| answer.get(key).and_then(serde_json::Value::as_str);
        let error = redact(text("error").unwrap_or("no error code"));
        let messages: Vec<String> = ["/response_metadata/messages", "/errors"]
            .iter()
            .filter_map(|path| answer.pointer(path).and_then(serde_json::Value::as_array))
            .flatten()
            .filter_map(serde_json::Value::as_str)
            .map(redact)
            .collect();
        if RATE_LIMITED.contains(&error.as_str()) {
            return Self::RateLimited { method, retry_after_s };
        }
        if UNCERTAIN.contains(&error.as_str()) {
            return Self::Uncertain { method, detail: error };
        }
        Self::Slack { method, error, needed: text("needed").map(redact), messages }
    }
}

fn details(needed: Option<&str>, messages: &[String]) -> String {
    let needed = needed.map(|scope| format!(" (it needs the scope {scope})")).unwrap_or_default();
    let said = if messages.is_empty() { String::new() } else { format!(": {}", messages.join("; ")) };
    needed + &said
}

/// A foreign text made fit for a log: cut, on one line, without anything that looks like a Slack secret.
pub fn redact(text: &str) -> String {
    let mut out = String::new();
    let mut left = SLACK_ERROR_BODY_CHARS;
    for word in text.split_inclusive(|c: char| c.is_whitespace() || "\"',;<>()[]{}&=?".contains(c)) {
        let core = word.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
        let shown = if is_secret(core) { "[redacted] " } else { word };
        for c in shown.chars() {
            if left == 0 {
                return out + "…";
            }
            out.push(if c.is_control() { ' ' } else { c });
            left -= 1;
        }
    }
    out
}

/// Tokens (`xoxb-…`, `xapp-…`, `xoxe.xoxp-…`) and hook addresses, which work like passwords.
fn is_secret(word: &str) -> bool {
    ["xox", "xapp-", "hooks.slack.com/", "/services/", "/actions/T", "/commands/T"]
        .iter()
        .any(|mark| word.contains(mark))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn answers_are_sorted_by_what_can_be_done() {
        let class = |code: &str| ApiError::from_answer("m", &json!({"ok": false, "error": code}), 7).class();
        for (code, want) in [
            ("channel_not_found", ErrorClass::Permanent),
            ("invalid_blocks", ErrorClass::Permanent),
            ("invalid_auth", ErrorClass::AuthBroken),
            ("missing_scope", ErrorClass::AuthBroken),
            ("ratelimited", ErrorClass::Retry),
            ("rate_limited", ErrorClass::Retry),
            ("internal_error", ErrorClass::Uncertain),
            ("fatal_error", ErrorClass::Uncertain),
            ("team_added_to_org", ErrorClass::Retry),
        ] {
            assert_eq!(class(code), want, "{code}");
        }
    }

    #[test]
    fn an_error_says_what_slack_explained() {
        let answer = json!({"ok": false, "error": "missing_scope", "needed": "chat:write",
            "response_metadata": {"messages": ["[ERROR] no"]}});
        let said = ApiError::from_answer("chat.postMessage", &answer, 1).to_string();
        assert_eq!(
            said,
            "chat.postMessage: Slack says missing_scope (it needs the scope chat:write): [ERROR] no"
        );
    }

    #[test]
    fn secrets_and_long_texts_do_not_pass() {
        let shown =
            redact("token=xoxb-1-2-abc&a \"xapp-1-A-b\" https://hooks.slack.com/services/T1/B1/zzz\nok");
        assert!(!shown.contains("abc") && !shown.contains("xapp") && !shown.contains("zzz"), "{shown}");
        assert!(shown.ends_with("ok"));
        assert_eq!(redact(&"é".repeat(1_000)).chars().count(), SLACK_ERROR_BODY_CHARS + 1);
    }
}
