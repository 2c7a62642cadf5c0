//! Whether a request really comes from Slack (docs.slack.dev/authentication/verifying-requests-from-slack).

use std::collections::{HashSet, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use axum::http::HeaderMap;
use hmac::{Hmac, KeyInit as _, Mac as _};
use secrecy::{ExposeSecret as _, SecretString};
use sha2::Sha256;
use subtle::ConstantTimeEq as _;

use crate::limits::{SLACK_SIGNATURE_WINDOW_S, SLACK_SIGNATURES_SEEN};

/// The header with the time of sending, in seconds.
pub const TIMESTAMP_HEADER: &str = "x-slack-request-timestamp";
/// The header with `v0=<hex>`.
pub const SIGNATURE_HEADER: &str = "x-slack-signature";

/// Why a request is refused. To the sender all of them are the same 401.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    #[error("no signing secret is configured")]
    NoSecret,
    #[error("the timestamp header is missing or no number")]
    Timestamp,
    #[error("the signature header is missing or not of the form v0=<64 hex digits>")]
    Format,
    #[error("the request is older than five minutes (or our clock is fast)")]
    TooOld,
    #[error("the request comes from the future (or our clock is slow)")]
    TooEarly,
    #[error("the signature fits none of our signing secrets")]
    Mismatch,
    #[error("this very request was taken before")]
    Replayed,
}

impl SignatureError {
    /// A short word for metrics.
    pub fn reason(self) -> &'static str {
        match self {
            Self::NoSecret => "no_secret",
            Self::Timestamp => "timestamp",
            Self::Format => "format",
            Self::TooOld => "too_old",
            Self::TooEarly => "too_early",
            Self::Mismatch => "mismatch",
            Self::Replayed => "replayed",
        }
    }
}

type Digest = [u8; 32];
type Provide = dyn Fn() -> Vec<SecretString> + Send + Sync;

/// Proof that a request was verified. Give it back to [`Verifier::forget`] if the request could not be taken, so that
/// Slack's immediate repetition (the same second, hence the same signature) is not refused as a replay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    digest: Digest,
    /// Which of the secrets fitted; 1 means that Slack still signs with the old one.
    pub secret_index: usize,
}

/// Checks signatures with one secret, or with two while the secret is being changed.
pub struct Verifier {
    secrets: Arc<Provide>,
    seen: Mutex<Seen>,
}

/// The signatures of the last minutes, oldest first.
#[derive(Default)]
struct Seen {
    known: HashSet<Digest>,
    order: VecDeque<(i64, Digest)>,
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Verifier([redacted])")
    }
}

impl Verifier {
    /// `secrets` is asked at every request, so that a rotated file is used at once: the current one first.
    pub fn new(secrets: impl Fn() -> Vec<SecretString> + Send + Sync + 'static) -> Self {
        Self { secrets: Arc::new(secrets), seen: Mutex::default() }
    }

    /// Checks what the headers alone tell, before the body is read.
    pub fn look(&self, headers: &HeaderMap, now_ms: i64) -> Result<(), SignatureError> {
        let (timestamp, signature) = parts(headers)?;
        parse_parts(timestamp, signature, now_ms).map(drop)
    }

    /// Checks the signature over the body exactly as it came, before anything is parsed.
    pub fn verify(&self, headers: &HeaderMap, body: &[u8], now_ms: i64) -> Result<Verified, SignatureError> {
        let (timestamp, signature) = parts(headers)?;
        self.verify_parts(timestamp, signature, body, now_ms)
    }

    /// As [`Verifier::verify`], with the values of the two headers.
    pub fn verify_parts(
        &self,
        timestamp: &str,
        signature: &str,
        body: &[u8],
        now_ms: i64,
    ) -> Result<Verified, SignatureError> {
        let (sent_s, digest) = parse_parts(timestamp, signature, now_ms)?;
        let now_s = now_ms.div_euclid(1_000);
        let secrets = (self.secrets)();
        let mut usable = secrets
            .iter()
            .map(|secret| secret.expose_secret().trim())
            .enumerate()
            .filter(|(_, s)| !s.is_empty());
        let mut any = false;
        let fitting = usable.find(|(_, secret)| {
            any = true;
            expected(secret, timestamp, body).is_some_and(|right| bool::from(right.ct_eq(&digest)))
        });
        let Some((secret_index, _)) = fitting else {
            return Err(if any { SignatureError::Mismatch } else { SignatureError::NoSecret });
        };
        // Only proven signatures are remembered, so a stranger cannot fill the memory.
        if self.lock().insert(digest, sent_s + SLACK_SIGNATURE_WINDOW_S, now_s) {
            Ok(Verified { digest, secret_index })
        } else {
            Err(SignatureError::Replayed)
        }
    }

    /// The request was not taken after all: let it come again.
    pub fn forget(&self, verified: &Verified) {
        self.lock().known.remove(&verified.digest);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seen {
    /// False if it was there. The oldest go when they are out of the window, or when there are too many.
    fn insert(&mut self, digest: Digest, expires_s: i64, now_s: i64) -> bool {
        while let Some((oldest_expires_s, oldest)) = self.order.front().copied() {
            if oldest_expires_s >= now_s && self.order.len() < SLACK_SIGNATURES_SEEN {
                break;
            }
            self.order.pop_front();
            self.known.remove(&oldest);
        }
        if !self.known.insert(digest) {
            return false;
        }
        self.order.push_back((expires_s, digest));
        true
    }
}

/// The values of the two headers.
fn parts(headers: &HeaderMap) -> Result<(&str, &str), SignatureError> {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let timestamp = header(TIMESTAMP_HEADER).ok_or(SignatureError::Timestamp)?;
    let signature = header(SIGNATURE_HEADER).ok_or(SignatureError::Format)?;
    Ok((timestamp, signature))
}

/// When it was sent and with which signature, if that can be one of now.
fn parse_parts(timestamp: &str, signature: &str, now_ms: i64) -> Result<(i64, Digest), SignatureError> {
    let sent_s = parse_seconds(timestamp).ok_or(SignatureError::Timestamp)?;
    let digest = signature.strip_prefix("v0=").and_then(parse_hex).ok_or(SignatureError::Format)?;
    let now_s = now_ms.div_euclid(1_000);
    if now_s - sent_s > SLACK_SIGNATURE_WINDOW_S {
        return Err(SignatureError::TooOld);
    }
    if sent_s - now_s > SLACK_SIGNATURE_WINDOW_S {
        return Err(SignatureError::TooEarly);
    }
    Ok((sent_s, digest))
}

/// The signature Slack would give: HMAC-SHA256 over `v0:timestamp:body`.
pub fn expected(secret: &str, timestamp: &str, body: &[u8]) -> Option<[u8; 32]> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).ok()?;
    mac.update(b"v0:");
    mac.update(timestamp.as_bytes());
    mac.update(b":");
    mac.update(body);
    Some(mac.finalize().into_bytes().into())
}

/// Digits only: `+1` and ` 1` are not what Slack sends.
fn parse_seconds(text: &str) -> Option<i64> {
    let digits = (1..=12).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

fn parse_hex(text: &str) -> Option<Digest> {
    let mut out = [0_u8; 32];
    if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    for (byte, pair) in out.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Slack's published example.
    const SECRET: &str = "8f742231b10e8888abcd99yyyzzz85a5";
    const SENT_S: i64 = 1_531_420_618;
    const SIGNATURE: &str = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503";
    const BODY: &str = "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V\
&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F\
%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN\
&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c";

    fn verifier(secrets: &'static [&'static str]) -> Verifier {
        Verifier::new(move || secrets.iter().map(|secret| SecretString::from(*secret)).collect())
    }

    fn check(verifier: &Verifier, body: &str, age_s: i64) -> Result<usize, SignatureError> {
        let now_ms = (SENT_S + age_s) * 1_000;
        verifier
            .verify_parts(&SENT_S.to_string(), SIGNATURE, body.as_bytes(), now_ms)
            .map(|verified| verified.secret_index)
    }

    #[test]
    fn slacks_own_example_fits() {
        assert_eq!(check(&verifier(&[SECRET]), BODY, 0), Ok(0));
        assert_eq!(check(&verifier(&["new secret", SECRET]), BODY, 0), Ok(1));
    }

    #[test]
    fn the_window_is_five_minutes_both_ways() {
        for (age_s, want) in [
            (300, Ok(0)),
            (301, Err(SignatureError::TooOld)),
            (-300, Ok(0)),
            (-301, Err(SignatureError::TooEarly)),
        ] {
            assert_eq!(check(&verifier(&[SECRET]), BODY, age_s), want, "age {age_s}");
        }
    }

    #[test]
    fn whatever_is_changed_does_not_fit() {
        assert_eq!(check(&verifier(&[SECRET]), &format!("{BODY}x"), 0), Err(SignatureError::Mismatch));
        assert_eq!(check(&verifier(&["other"]), BODY, 0), Err(SignatureError::Mismatch));
        assert_eq!(check(&verifier(&[]), BODY, 0), Err(SignatureError::NoSecret));
        assert_eq!(check(&verifier(&["", " "]), BODY, 0), Err(SignatureError::NoSecret));
    }

    #[test]
    fn odd_headers_are_refused() {
        let verifier = verifier(&[SECRET]);
        let now_ms = SENT_S * 1_000;
        let mut long = SIGNATURE.to_owned();
        long.push('0');
        let parts = |timestamp: &str, signature: &str| {
            verifier.verify_parts(timestamp, signature, BODY.as_bytes(), now_ms).unwrap_err()
        };
        for timestamp in ["", "+1531420618", " 1531420618", "1531420618.0", "99999999999999999999", "-1"] {
            assert_eq!(parts(timestamp, SIGNATURE), SignatureError::Timestamp, "{timestamp:?}");
        }
        for signature in ["", "v0=", "v1=00", &SIGNATURE[3..], &long, "v0=é"] {
            assert_eq!(parts("1531420618", signature), SignatureError::Format, "{signature:?}");
        }
        assert_eq!(
            verifier.verify(&HeaderMap::new(), BODY.as_bytes(), now_ms),
            Err(SignatureError::Timestamp)
        );
    }

    #[test]
    fn a_replay_is_refused_unless_the_first_was_not_taken() {
        let verifier = verifier(&[SECRET]);
        let now_ms = SENT_S * 1_000;
        let first = verifier.verify_parts("1531420618", SIGNATURE, BODY.as_bytes(), now_ms).unwrap();
        assert_eq!(check(&verifier, BODY, 299), Err(SignatureError::Replayed));
        verifier.forget(&first);
        assert_eq!(check(&verifier, BODY, 300), Ok(0));
    }

    #[test]
    fn the_memory_is_bounded() {
        let mut seen = Seen::default();
        for number in 0..(SLACK_SIGNATURES_SEEN as u64 + 10) {
            let mut digest = [0; 32];
            digest[..8].copy_from_slice(&number.to_le_bytes());
            assert!(seen.insert(digest, 1_000, 0));
        }
        assert_eq!(seen.known.len(), SLACK_SIGNATURES_SEEN);
        assert!(seen.insert([0xff; 32], 5_000, 2_000));
        assert_eq!(seen.known.len(), 1);
    }
}
