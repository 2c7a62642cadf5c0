//! A thin client for Slack's Web API: one call is one HTTP request, and every way it can fail has a name.
//!
//! It never retries and never waits: whoever calls it keeps durable rows and decides by [`ApiError::class`].

mod body;
mod error;
mod files;
mod methods;
mod paging;
mod proxies;
mod tokens;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER};
use reqwest::{StatusCode, Url};
use secrecy::ExposeSecret as _;
use serde_json::Value;

pub use self::error::{ApiError, ErrorClass, redact};
pub use self::files::FileShare;
pub use self::methods::{Channel, Identity, Message, Posted, User, UserGroup};
pub use self::paging::{Listing, Page};
pub use self::proxies::Proxies;
pub use self::tokens::{TokenKind, Tokens};
use crate::json;
use crate::limits::{
    SLACK_ANSWER_BYTES, SLACK_ANSWER_TREE_BYTES, SLACK_CALL_TIMEOUT_MS, SLACK_CONNECT_TIMEOUT_MS,
    SLACK_RETRY_AFTER_DEFAULT_S, SLACK_RETRY_AFTER_MAX_S, SLACK_UPLOAD_TIMEOUT_MS,
};
use crate::net::is_loopback;

/// How we introduce ourselves to Slack.
const USER_AGENT: &str = concat!("firebell/", env!("CARGO_PKG_VERSION"));

/// The client. Cheap to clone; all clones share one connection pool.
#[derive(Clone)]
pub struct SlackApi(Arc<Inner>);

struct Inner {
    base: Url,
    http: reqwest::Client,
    proxies: Proxies,
    tokens: Tokens,
    call_timeout: Duration,
    closed: AtomicBool,
}

impl fmt::Debug for SlackApi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SlackApi").field("base", &self.0.base.as_str()).finish_non_exhaustive()
    }
}

impl SlackApi {
    /// A client for the Slack at `api_url` (`https://slack.com/api/`, with or without the last slash; plain http
    /// serves a local Slack).
    pub fn new(api_url: &str, tokens: Tokens) -> anyhow::Result<Self> {
        Self::with_timeout(api_url, tokens, Duration::from_millis(SLACK_CALL_TIMEOUT_MS))
    }

    /// As [`SlackApi::new`], with another limit to the duration of a call.
    pub fn with_timeout(api_url: &str, tokens: Tokens, call_timeout: Duration) -> anyhow::Result<Self> {
        Self::with_proxies(api_url, tokens, call_timeout, Proxies::default())
    }

    /// As [`SlackApi::with_timeout`], with other proxies than those of the environment.
    pub fn with_proxies(
        api_url: &str,
        tokens: Tokens,
        call_timeout: Duration,
        proxies: Proxies,
    ) -> anyhow::Result<Self> {
        let base = parse_base(api_url)?;
        // An error only says that some provider was installed before, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = proxies
            .set_up(reqwest::Client::builder(), &base)?
            .user_agent(USER_AGENT)
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(Duration::from_millis(SLACK_CONNECT_TIMEOUT_MS).min(call_timeout))
            .build()
            .context("the HTTP client for Slack could not be made")?;
        let closed = AtomicBool::new(false);
        Ok(Self(Arc::new(Inner { base, http, proxies, tokens, call_timeout, closed })))
    }

    /// From now on every call answers [`ApiError::Closed`]; calls in flight end as they may.
    pub fn close(&self) {
        self.0.closed.store(true, Ordering::SeqCst);
    }

    /// The proxies that the calls go through.
    pub(super) fn proxies(&self) -> &Proxies {
        &self.0.proxies
    }

    /// Whether this client may speak unencrypted: only to a local Slack.
    pub(super) fn is_plain(&self) -> bool {
        self.0.base.scheme() == "http"
    }

    /// Calls a method (`chat.postMessage`) and gives back Slack's whole answer, which has `"ok": true`.
    pub async fn call(&self, method: &str, arguments: Value) -> Result<Value, ApiError> {
        let received = self.request(method, arguments).await?;
        read_answer(method, received.status, received.retry_after_s, &received.bytes)
    }

    /// As [`SlackApi::call`], with what the answer's headers tell of token and clock, also where Slack says no.
    pub async fn call_with_head(
        &self,
        method: &str,
        arguments: Value,
    ) -> (Result<Value, ApiError>, AnswerHead) {
        match self.request(method, arguments).await {
            Ok(received) => {
                let answer = read_answer(method, received.status, received.retry_after_s, &received.bytes);
                (answer, received.head)
            }
            Err(error) => (Err(error), AnswerHead::default()),
        }
    }

    async fn request(&self, method: &str, arguments: Value) -> Result<Received, ApiError> {
        let kind = TokenKind::of(method);
        let token = self.0.tokens.get(kind).filter(|token| !token.expose_secret().is_empty());
        let token =
            token.ok_or_else(|| ApiError::NoToken { method: method.to_owned(), token: kind.name() })?;
        let mut bearer =
            HeaderValue::from_str(&format!("Bearer {}", token.expose_secret().trim())).map_err(|_| {
                ApiError::NotSent {
                    method: method.to_owned(),
                    detail: format!("the {} holds characters that no token has", kind.name()),
                }
            })?;
        bearer.set_sensitive(true);
        let is_name = method.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'.');
        let url = self.0.base.join(method).ok().filter(|_| is_name).ok_or_else(|| ApiError::NotSent {
            method: redact(method),
            detail: "this is not the name of a method".to_owned(),
        })?;
        let encoded = body::encode(method, arguments);
        let request = self
            .0
            .http
            .post(url)
            .header(AUTHORIZATION, bearer)
            .header(CONTENT_TYPE, encoded.content_type)
            .body(encoded.body)
            .timeout(self.0.call_timeout);
        self.send(method, request).await
    }

    /// Posts a message to a `response_url` (at most 5 times in 30 minutes,
    /// docs.slack.dev/interactivity/handling-user-interaction). No token goes there.
    pub async fn post_url(&self, url: &str, message: &Value) -> Result<(), ApiError> {
        const WHAT: &str = "response_url";
        let url = self.foreign_url(WHAT, url)?;
        let encoded = body::encode(WHAT, message.clone());
        let request = self
            .0
            .http
            .post(url)
            .header(CONTENT_TYPE, encoded.content_type)
            .body(encoded.body)
            .timeout(self.0.call_timeout);
        let Received { status, retry_after_s, bytes, .. } = self.send(WHAT, request).await?;
        // Success is the plain text "ok" or {"ok":true}; a used-up address answers {"ok":false} or 404/410 with a word.
        match json::read(&bytes, SLACK_ANSWER_TREE_BYTES) {
            Ok(answer) if answer.is_object() => {
                read_answer(WHAT, status, retry_after_s, &bytes)?;
            }
            _ if status.is_success() => {}
            _ => return Err(read_refusal(WHAT, status, retry_after_s, &bytes)),
        }
        Ok(())
    }

    /// Sends the bytes of a file to an upload address that Slack gave. No token goes there.
    pub async fn upload(&self, url: &str, bytes: Vec<u8>) -> Result<(), ApiError> {
        const WHAT: &str = "upload_url";
        let url = self.foreign_url(WHAT, url)?;
        let request = self
            .0
            .http
            .post(url)
            .header(CONTENT_TYPE, "application/octet-stream")
            .body(bytes)
            .timeout(Duration::from_millis(SLACK_UPLOAD_TIMEOUT_MS));
        let Received { status, retry_after_s, bytes, .. } = self.send(WHAT, request).await?;
        if status.is_success() { Ok(()) } else { Err(read_refusal(WHAT, status, retry_after_s, &bytes)) }
    }

    /// An address out of Slack's hand: encrypted and one of Slack's hosts, or where our own way to Slack leads. To any
    /// other, what we say and upload would go to whoever forged it.
    fn foreign_url(&self, what: &str, url: &str) -> Result<Url, ApiError> {
        let base = &self.0.base;
        let allowed = |url: &Url| {
            let encrypted_enough = url.scheme() == "https" || (self.is_plain() && url.scheme() == "http");
            let ours = url.host() == base.host() || (is_loopback(base) && is_loopback(url));
            encrypted_enough && (ours || (url.scheme() == "https" && is_slacks(url)))
        };
        Url::parse(url).ok().filter(allowed).ok_or_else(|| ApiError::Slack {
            method: what.to_owned(),
            error: "invalid_url".to_owned(),
            needed: None,
            messages: vec!["the address is none of Slack's, nor of slack.api_url".to_owned()],
        })
    }

    async fn send(&self, method: &str, request: reqwest::RequestBuilder) -> Result<Received, ApiError> {
        if self.0.closed.load(Ordering::SeqCst) {
            return Err(ApiError::Closed);
        }
        let mut response = request.send().await.map_err(|error| transport_error(method, error))?;
        let status = response.status();
        let retry_after_s = retry_after_s(response.headers().get(RETRY_AFTER));
        let head = AnswerHead::of(response.headers());
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| transport_error(method, error))? {
            if bytes.len() + chunk.len() > SLACK_ANSWER_BYTES {
                let detail = format!("the answer is longer than {SLACK_ANSWER_BYTES} bytes");
                return Err(ApiError::Uncertain { method: method.to_owned(), detail });
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(Received { status, retry_after_s, head, bytes })
    }
}

/// An answer as it came.
struct Received {
    status: StatusCode,
    retry_after_s: u64,
    head: AnswerHead,
    bytes: Vec<u8>,
}

/// What the headers of an answer tell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AnswerHead {
    /// The scopes the token has (`X-OAuth-Scopes`, docs.slack.dev/authentication/installing-with-oauth).
    pub scopes: Option<Vec<String>>,
    /// The time at Slack (`Date`), as it is written there.
    pub date: Option<String>,
}

impl AnswerHead {
    fn of(headers: &HeaderMap) -> Self {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let scopes = |list: &str| {
            list.split(',').map(str::trim).filter(|scope| !scope.is_empty()).map(str::to_owned).collect()
        };
        Self { scopes: text("x-oauth-scopes").map(scopes), date: text("date").map(str::to_owned) }
    }
}

/// Whether a host is Slack's: `hooks.slack.com` for answers, `files.slack.com` for uploads, and those of GovSlack
/// (docs.slack.dev/govslack).
fn is_slacks(url: &Url) -> bool {
    const SLACK: [&str; 2] = ["slack.com", "slack-gov.com"];
    let host = url.host_str().unwrap_or_default();
    SLACK
        .iter()
        .any(|ours| host.strip_suffix(ours).is_some_and(|rest| rest.is_empty() || rest.ends_with('.')))
}

fn parse_base(api_url: &str) -> anyhow::Result<Url> {
    let mut base =
        Url::parse(api_url).context("slack.api_url is not a URL, for example https://slack.com/api/")?;
    ensure!(
        matches!(base.scheme(), "http" | "https") && base.has_host(),
        "slack.api_url must start with https:// (or http:// for a local Slack)"
    );
    if !base.username().is_empty() || base.password().is_some() || base.query().is_some() {
        bail!("slack.api_url must hold neither a password nor a query");
    }
    if !base.path().ends_with('/') {
        let path = format!("{}/", base.path());
        base.set_path(&path);
    }
    Ok(base)
}

/// Sorts a failure below HTTP. Only where the connection was never made is it certain that nothing was sent.
fn transport_error(method: &str, error: reqwest::Error) -> ApiError {
    let error = error.without_url();
    let method = method.to_owned();
    if error.is_builder() || error.is_connect() {
        return ApiError::NotSent { method, detail: redact(&innermost(&error)) };
    }
    let detail = if error.is_timeout() { "no answer in time".to_owned() } else { redact(&innermost(&error)) };
    ApiError::Uncertain { method, detail }
}

/// The last cause says what happened ("connection refused"); those above only say that something did.
fn innermost(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause.to_string()
}

fn retry_after_s(header: Option<&HeaderValue>) -> u64 {
    let given = header.and_then(|value| value.to_str().ok()).and_then(|text| text.trim().parse::<u64>().ok());
    given.unwrap_or(SLACK_RETRY_AFTER_DEFAULT_S).clamp(1, SLACK_RETRY_AFTER_MAX_S)
}

/// An answer of a Web API method: HTTP status 200 says nothing, `ok` does.
fn read_answer(
    method: &str,
    status: StatusCode,
    retry_after_s: u64,
    bytes: &[u8],
) -> Result<Value, ApiError> {
    if status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error() {
        return Err(read_refusal(method, status, retry_after_s, bytes));
    }
    let answer = json::read(bytes, SLACK_ANSWER_TREE_BYTES).ok();
    match answer.as_ref().and_then(|answer| answer.get("ok")).and_then(Value::as_bool) {
        Some(true) if status.is_success() => Ok(answer.unwrap_or_default()),
        Some(false) => Err(ApiError::from_answer(method, &answer.unwrap_or_default(), retry_after_s)),
        _ => Err(read_refusal(method, status, retry_after_s, bytes)),
    }
}

/// An answer that is not the answer of a method.
fn read_refusal(method: &str, status: StatusCode, retry_after_s: u64, bytes: &[u8]) -> ApiError {
    let method = method.to_owned();
    let text = redact(&String::from_utf8_lossy(&bytes[..bytes.len().min(4 * 1024)]));
    match status {
        StatusCode::TOO_MANY_REQUESTS => ApiError::RateLimited { method, retry_after_s },
        status if status.is_server_error() => {
            ApiError::Uncertain { method, detail: format!("HTTP status {}: {text}", status.as_u16()) }
        }
        status if status.is_success() => {
            ApiError::Uncertain { method, detail: format!("the answer is not Slack's JSON: {text}") }
        }
        status => ApiError::Http { method, status: status.as_u16(), detail: text },
    }
}
