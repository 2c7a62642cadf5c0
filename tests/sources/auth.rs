//! Who may send.

use super::*;

fn hmac(timestamp_header: Option<&str>, secret: &str) -> IntegrationSettings {
    let mut settings = settings();
    settings.auth.hmac = Some(HmacAuth {
        timestamp_header: timestamp_header.map(str::to_owned),
        ..HmacAuth::new(SecretString::from(secret.to_owned()))
    });
    settings
}

fn authenticate(headers: &HeaderMap, body: &[u8], now: Timestamp, settings: &IntegrationSettings) -> bool {
    let incoming = Incoming { method: &Method::POST, path_rest: "", headers, body, received_at: now };
    find("grafana").unwrap().authenticate(&incoming, settings).is_ok()
}

#[test]
fn every_hmac_vector() {
    let vectors = fixture_file("grafana-hmac-vectors.json");
    assert_eq!(vectors.as_array().unwrap().len(), 6);
    for vector in vectors.as_array().unwrap() {
        let text = |name: &str| vector[name].as_str();
        let timestamp = text("timestamp");
        let settings = hmac(timestamp.map(|_| "X-Time"), text("secret").unwrap());
        let body = text("body").unwrap().as_bytes();
        let now = Timestamp::from_ms(timestamp.map_or(0, |seconds| seconds.parse::<i64>().unwrap() * 1_000));
        let headers = |signature: &str| {
            let mut headers = HeaderMap::new();
            headers.insert("x-grafana-alerting-signature", HeaderValue::from_str(signature).unwrap());
            if let Some(seconds) = timestamp {
                headers.insert("x-time", HeaderValue::from_str(seconds).unwrap());
            }
            headers
        };
        let signature = text("signature").unwrap();
        let right = headers(signature);
        assert!(authenticate(&right, body, now, &settings));
        assert!(authenticate(&headers(&signature.to_uppercase()), body, now, &settings));
        // One letter of the body, the signature, the secret; another time; no header.
        let mut other_body = body.to_vec();
        other_body.push(b' ');
        assert!(!authenticate(&right, &other_body, now, &settings));
        let last = if signature.ends_with('0') { "1" } else { "0" };
        assert!(!authenticate(&headers(&format!("{}{last}", &signature[..63])), body, now, &settings));
        assert!(!authenticate(&headers(&signature[..62]), body, now, &settings));
        assert!(!authenticate(&right, body, now, &hmac(timestamp.map(|_| "X-Time"), "other")));
        assert!(!authenticate(&right, body, now, &hmac(timestamp.map(|_| "X-Time"), "")));
        assert!(!authenticate(&HeaderMap::new(), body, now, &settings));
        if timestamp.is_some() {
            assert!(authenticate(&right, body, now + Duration::from_secs(300), &settings));
            assert!(!authenticate(&right, body, now + Duration::from_secs(301), &settings));
            assert!(!authenticate(&right, body, now - Duration::from_secs(301), &settings));
            assert!(!authenticate(&right, body, now, &hmac(None, text("secret").unwrap())));
        } else {
            assert!(!authenticate(&right, body, now, &hmac(Some("X-Time"), text("secret").unwrap())));
        }
    }
}

#[test]
fn signed_fixtures_and_a_changed_secret() {
    let fixture = fixture("grafana-hmac");
    let mut settings = hmac(None, "old");
    let body = fixture.raw.as_bytes();
    assert!(!authenticate(&fixture.headers, body, NOW, &settings));
    settings.auth.hmac.as_mut().unwrap().secrets.push(SecretString::from("hmac-test-secret".to_owned()));
    assert!(authenticate(&fixture.headers, body, NOW, &settings));
    let mut twice = fixture.headers.clone();
    let signature = twice["x-grafana-alerting-signature"].clone();
    twice.append("x-grafana-alerting-signature", signature);
    assert!(!authenticate(&twice, body, NOW, &settings), "two signatures");
}

#[test]
fn basic_and_bearer() {
    let mut basic = settings();
    basic.auth.basic =
        Some(BasicAuth { user: "grafana".to_owned(), password: SecretString::from("s3cr3t:x".to_owned()) });
    let mut bearer = settings();
    bearer.auth.bearer = vec![SecretString::from("old".to_owned()), SecretString::from("tok-123".to_owned())];
    let mut both = basic.clone();
    both.auth.bearer.clone_from(&bearer.auth.bearer);
    let with = |value: &str| {
        let mut headers = HeaderMap::new();
        headers.insert("authorization", HeaderValue::from_str(value).unwrap());
        headers
    };
    let basic_headers = fixture("grafana-basic-auth").headers;
    let bearer_headers = fixture("grafana-bearer").headers;
    for (settings, headers, expected) in [
        (&basic, &basic_headers, true),
        (&basic, &bearer_headers, false),
        (&bearer, &bearer_headers, true),
        (&bearer, &basic_headers, false),
        (&both, &basic_headers, true),
        (&both, &bearer_headers, true),
        (&bearer, &with("bearer  old"), true),
        (&bearer, &with("Bearer tok-1234"), false),
        (&bearer, &with("Bearer "), false),
        (&bearer, &with("tok-123"), false),
        (&basic, &with("Basic !!!"), false),
        (&basic, &with("Basic Z3JhZmFuYTo="), false),
        (&basic, &HeaderMap::new(), false),
        (&settings(), &HeaderMap::new(), true),
    ] {
        assert_eq!(authenticate(headers, b"{}", NOW, settings), expected, "{headers:?}");
    }
    let mut empty = settings();
    empty.auth.basic = Some(BasicAuth { user: "a".to_owned(), password: SecretString::from(String::new()) });
    assert!(!authenticate(&with("Basic YTo="), b"", NOW, &empty), "an empty password lets nobody in");
}

#[test]
fn tokens() {
    assert!(TokenDigest::of("abc").matches(&TokenDigest::of("abc")));
    assert!(!TokenDigest::of("abc").matches(&TokenDigest::of("abcd")));
    assert_eq!(format!("{:?}", TokenDigest::of("abc")), "TokenDigest(…)");
}
