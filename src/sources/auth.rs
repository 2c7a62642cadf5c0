//! Who sends: tokens, basic auth, bearer tokens and signatures, all compared in constant time.

use axum::http::HeaderMap;
use base64::Engine as _;
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::settings::{AuthSettings, BasicAuth, HmacAuth};
use super::{Incoming, Rejection};
use crate::domain::time::Timestamp;

/// The hash of a secret token. Tokens are compared by it, so that neither their letters nor their length show in the
/// time it takes; it may be the key of a map for the same reason.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TokenDigest([u8; 32]);

impl TokenDigest {
    /// Of a token as it stands in a URL or header.
    pub fn of(token: &str) -> Self {
        Self(Sha256::digest(token.as_bytes()).into())
    }

    /// Whether both are of the same token, in constant time.
    pub fn matches(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl std::fmt::Debug for TokenDigest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TokenDigest(…)")
    }
}

/// Whether two secrets are equal, in a time that tells nothing of either.
pub fn same_secret(given: &str, expected: &SecretString) -> bool {
    TokenDigest::of(given).matches(&TokenDigest::of(expected.expose_secret()))
}

/// Checks all that `settings` asks for. An empty secret never lets anybody in.
pub(super) fn check(incoming: &Incoming<'_>, settings: &AuthSettings) -> Result<(), Rejection> {
    let asks_authorization = settings.basic.is_some() || !settings.bearer.is_empty();
    if asks_authorization && !authorized(incoming.headers, settings) {
        return Err(Rejection::Unauthorized);
    }
    match &settings.hmac {
        Some(hmac) if !signed(incoming, hmac) => Err(Rejection::Unauthorized),
        _ => Ok(()),
    }
}

fn authorized(headers: &HeaderMap, settings: &AuthSettings) -> bool {
    let Some((scheme, credentials)) =
        header(headers, "authorization").and_then(|value| value.split_once(' '))
    else {
        return false;
    };
    let credentials = credentials.trim();
    if scheme.eq_ignore_ascii_case("basic") {
        settings.basic.as_ref().is_some_and(|basic| basic_matches(credentials, basic))
    } else if scheme.eq_ignore_ascii_case("bearer") {
        any_secret(&settings.bearer, |secret| same_secret(credentials, secret))
    } else {
        false
    }
}

fn basic_matches(credentials: &str, basic: &BasicAuth) -> bool {
    let decoded = base64::engine::general_purpose::STANDARD.decode(credentials).unwrap_or_default();
    let given = String::from_utf8(decoded).unwrap_or_default();
    let expected = SecretString::from(format!("{}:{}", basic.user, basic.password.expose_secret()));
    !basic.password.expose_secret().is_empty() && same_secret(&given, &expected)
}

fn signed(incoming: &Incoming<'_>, hmac: &HmacAuth) -> bool {
    let Some(signature) = header(incoming.headers, &hmac.header).and_then(decode_hex) else { return false };
    let mut prefix = "";
    if let Some(name) = &hmac.timestamp_header {
        let Some(seconds) = header(incoming.headers, name) else { return false };
        if !is_recent(seconds, incoming.received_at, hmac) {
            return false;
        }
        prefix = seconds;
    }
    any_secret(&hmac.secrets, |secret| {
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes()) else {
            return false;
        };
        if !prefix.is_empty() {
            mac.update(prefix.as_bytes());
            mac.update(b":");
        }
        mac.update(incoming.body);
        mac.verify_slice(&signature).is_ok()
    })
}

fn is_recent(seconds: &str, now: Timestamp, hmac: &HmacAuth) -> bool {
    let Ok(signed_at_s) = seconds.parse::<i64>() else { return false };
    signed_at_s.abs_diff(now.as_s()) <= hmac.tolerance.as_secs()
}

/// Tries all secrets, also after one has matched, and never an empty one.
fn any_secret(secrets: &[SecretString], matches: impl Fn(&SecretString) -> bool) -> bool {
    secrets
        .iter()
        .fold(false, |found, secret| (!secret.expose_secret().is_empty() && matches(secret)) | found)
}

/// A header that is there once and is text. Two of one kind are a sender's mistake or somebody's trick.
fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?;
    if values.next().is_some() {
        return None;
    }
    value.to_str().ok().map(str::trim)
}

/// Hex in either case; the `sha256=` that other senders put before it may be there.
fn decode_hex(text: &str) -> Option<[u8; 32]> {
    let text = text.strip_prefix("sha256=").unwrap_or(text);
    let mut bytes = [0; 32];
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    for (at, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(at * 2..at * 2 + 2)?, 16).ok()?;
    }
    Some(bytes)
}
