//! Every body that senders really send, and every body that they should not send.

use std::path::Path;
use std::time::Duration;

use axum::http::{HeaderMap, HeaderName, HeaderValue, Method};
use firebell::domain::alert::{Alert, Intake, Kind, Status};
use firebell::domain::template::Template;
use firebell::domain::time::Timestamp;
use firebell::sources::auth::TokenDigest;
use firebell::sources::settings::{BasicAuth, HmacAuth, Split};
use firebell::sources::{Incoming, IntegrationSettings, Rejection, SOURCES, find};
use proptest::prelude::*;
use secrecy::SecretString;
use serde_json::{Value as Json, json};

/// 2026-11-21T04:00:00Z, after everything in the fixtures.
const NOW: Timestamp = Timestamp::from_ms(1_795_233_600_000);

fn settings() -> IntegrationSettings {
    IntegrationSettings::new("shop")
}

fn receive_with(
    kind: &str,
    path_rest: &str,
    headers: &HeaderMap,
    body: &[u8],
    settings: &IntegrationSettings,
) -> Result<Intake, Rejection> {
    let incoming = Incoming { method: &Method::POST, path_rest, headers, body, received_at: NOW };
    find(kind).expect("a kind").receive(&incoming, settings)
}

fn receive(kind: &str, body: impl AsRef<[u8]>) -> Result<Intake, Rejection> {
    let path = if kind == "prometheus" { "api/v2/alerts" } else { "" };
    receive_with(kind, path, &HeaderMap::new(), body.as_ref(), &settings())
}

fn receive_json(kind: &str, body: &Json) -> Intake {
    receive(kind, body.to_string()).unwrap_or_else(|error| panic!("{kind} {body}: {error}"))
}

fn at(text: &str) -> Timestamp {
    Timestamp::from_ms(text.parse::<jiff::Timestamp>().unwrap().as_millisecond())
}

struct Fixture {
    name: String,
    method: Method,
    headers: HeaderMap,
    raw: String,
    body: Json,
}

fn fixture_file(name: &str) -> Json {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/payloads").join(name);
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

fn fixture(name: &str) -> Fixture {
    let json = fixture_file(&format!("{name}.json"));
    let mut headers = HeaderMap::new();
    for pair in json["headers"].as_array().unwrap() {
        headers.append(
            pair[0].as_str().unwrap().parse::<HeaderName>().unwrap(),
            HeaderValue::from_str(pair[1].as_str().unwrap()).unwrap(),
        );
    }
    Fixture {
        name: name.to_owned(),
        method: json["method"].as_str().unwrap().parse().unwrap(),
        headers,
        raw: json["raw"].as_str().unwrap().to_owned(),
        body: json["body"].clone(),
    }
}

fn fixtures() -> Vec<Fixture> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/payloads");
    let mut names: Vec<String> = std::fs::read_dir(dir)
        .unwrap()
        .filter_map(|entry| {
            entry.unwrap().file_name().into_string().unwrap().strip_suffix(".json").map(str::to_owned)
        })
        .filter(|name| name != "grafana-hmac-vectors")
        .collect();
    names.sort();
    assert!(names.len() > 35, "the fixtures are there");
    names.iter().map(|name| fixture(name)).collect()
}

fn receive_fixture(name: &str) -> Intake {
    let fixture = fixture(name);
    let kind = if name.starts_with("am-") { "alertmanager" } else { "grafana" };
    let incoming = Incoming {
        method: &fixture.method,
        path_rest: "",
        headers: &fixture.headers,
        body: fixture.raw.as_bytes(),
        received_at: NOW,
    };
    find(kind).unwrap().receive(&incoming, &settings()).unwrap_or_else(|error| panic!("{name}: {error}"))
}

#[test]
fn every_stored_body_is_read_whole() {
    for fixture in fixtures() {
        let intake = receive_fixture(&fixture.name);
        assert_eq!(intake.problems, [], "{}", fixture.name);
        let Some(expected) = fixture.body["alerts"].as_array() else {
            assert_eq!(fixture.name, "grafana-custom-payload");
            continue;
        };
        assert_eq!(intake.alerts.len(), expected.len(), "{}", fixture.name);
        for (alert, json) in intake.alerts.iter().zip(expected) {
            let name = &fixture.name;
            assert_eq!(serde_json::to_value(&alert.labels).unwrap(), json["labels"], "{name}");
            assert_eq!(serde_json::to_value(&alert.annotations).unwrap(), json["annotations"], "{name}");
            assert_eq!(alert.fingerprint.to_string(), json["fingerprint"].as_str().unwrap(), "{name}");
            assert_eq!(alert.status.as_str(), json["status"], "{name}");
            assert_eq!(alert.starts_at, at(json["startsAt"].as_str().unwrap()), "{name}");
            let ends_at = json["endsAt"].as_str().unwrap();
            assert_eq!(alert.ends_at, (!ends_at.starts_with("0001")).then(|| at(ends_at)), "{name}");
            let text = |field: &str| json[field].as_str().filter(|text| !text.is_empty());
            assert_eq!(alert.generator_url.as_deref(), text("generatorURL"), "{name}");
            assert_eq!(alert.links.silence_url.as_deref(), text("silenceURL"), "{name}");
            assert_eq!(alert.links.dashboard_url.as_deref(), text("dashboardURL"), "{name}");
            assert_eq!(alert.links.panel_url.as_deref(), text("panelURL"), "{name}");
            assert_eq!(alert.links.image_url.as_deref(), text("imageURL"), "{name}");
            assert_eq!(alert.value_string.as_deref(), text("valueString"), "{name}");
            assert_eq!(alert.rule_uid.as_deref(), text("ruleUID"), "{name}");
            let values = json["values"].as_object().cloned().unwrap_or_default();
            assert_eq!(alert.values.len(), values.len(), "{name}");
            for (key, value) in &alert.values {
                assert_eq!(Some(*value), values[&**key].as_f64(), "{name}");
            }
        }
        let group = intake.sender_group.as_ref().unwrap();
        let body = &fixture.body;
        assert_eq!(&*group.key, body["groupKey"].as_str().unwrap());
        assert_eq!(&*group.receiver, body["receiver"].as_str().unwrap());
        assert_eq!(group.status.as_str(), body["status"]);
        assert_eq!(u64::from(group.truncated), body["truncatedAlerts"].as_u64().unwrap());
        assert_eq!(serde_json::to_value(&group.group_labels).unwrap(), body["groupLabels"]);
        assert_eq!(group.title.as_deref(), body["title"].as_str());
        assert_eq!(group.message.as_deref(), body["message"].as_str());
        assert_eq!(group.reason.as_deref(), body["notification_reason"].as_str());
        // What is stored comes back as it was.
        let stored = serde_json::to_vec(&intake).unwrap();
        assert_eq!(serde_json::from_slice::<Intake>(&stored).unwrap(), intake);
    }
}

#[test]
fn alertmanagers_fingerprints_are_those_of_the_labels() {
    for fixture in fixtures().iter().filter(|fixture| fixture.name.starts_with("am-")) {
        for alert in &receive_fixture(&fixture.name).alerts {
            assert_eq!(alert.fingerprint, alert.labels.fingerprint(), "{}", fixture.name);
        }
    }
}

#[test]
fn grafanas_alerts_are_shown_as_what_they_are() {
    for (name, kind, title) in [
        ("grafana-firing-single", Kind::Normal, "High latency p99"),
        ("grafana-nodata", Kind::NoData, "High latency p99"),
        ("grafana-nodata-as-alerting", Kind::NoData, "High latency p99"),
        ("grafana-error", Kind::Error, "High latency p99"),
        ("grafana-resolved-missingseries", Kind::Normal, "High latency p99"),
        ("grafana-test-contact-point", Kind::Test, "TestAlert"),
    ] {
        let intake = receive_fixture(name);
        assert_eq!((intake.alerts[0].kind, intake.alerts[0].name()), (kind, title), "{name}");
    }
    let gone = receive_fixture("grafana-resolved-missingseries");
    assert_eq!(gone.alerts[0].state_reason.as_deref(), Some("MissingSeries"));
    let single = receive_fixture("grafana-firing-single");
    assert_eq!(single.alerts[0].links.runbook_url.as_deref(), Some("https://runbooks.example.org/latency"));
    assert_eq!(single.alerts[0].values, [("B".into(), 2.708_504_338_554_695_4), ("C".into(), 1.0)]);
}

#[test]
fn a_test_with_labels_of_ones_own_is_still_a_test() {
    let mut body = fixture("grafana-test-contact-point").body;
    body["alerts"][0]["labels"] = json!({"team": "a"});
    let intake = receive_json("grafana", &body);
    assert_eq!(intake.alerts[0].kind, Kind::Test);
    body["groupKey"] = json!("{}:{team=\"a\"}");
    assert_eq!(receive_json("grafana", &body).alerts[0].kind, Kind::Normal);
}

#[test]
fn a_custom_payload_of_grafana_is_an_alert_too() {
    let intake = receive_fixture("grafana-custom-payload");
    let alert = &intake.alerts[0];
    assert_eq!(alert.name(), "High latency p99");
    assert_eq!(alert.labels.get("team"), "checkout");
    assert_eq!(alert.status, Status::Firing);
    // It need be no JSON at all.
    let intake = receive("grafana", "[FIRING:1] High latency\nsecond line").unwrap();
    assert_eq!(intake.alerts[0].name(), "[FIRING:1] High latency");
    assert_eq!(intake.alerts[0].annotations.get("description"), "[FIRING:1] High latency\nsecond line");
}

#[test]
fn dashboard_alerts_of_old_grafanas() {
    let body = |state: &str| {
        json!({
            "dashboardId": 1, "evalMatches": [{"value": 100, "metric": "High value", "tags": null}, {"value": 2.5, "metric": "Low"}],
            "imageUrl": "https://grafana.example.org/img.png", "message": "Notification Message", "orgId": 1, "panelId": 2,
            "ruleId": 7, "ruleName": "Panel Title alert", "ruleUrl": "https://grafana.example.org/d/x?tab=alert",
            "state": state, "tags": {"team": "a"}, "title": format!("[{state}] Panel Title alert"),
        })
    };
    let firing = receive_json("grafana", &body("alerting"));
    let alert = &firing.alerts[0];
    assert_eq!(
        (alert.name(), alert.labels.get("team"), alert.status),
        ("Panel Title alert", "a", Status::Firing)
    );
    assert_eq!(alert.values, [("High value".into(), 100.0), ("Low".into(), 2.5)]);
    assert_eq!(alert.generator_url.as_deref(), Some("https://grafana.example.org/d/x?tab=alert"));
    assert_eq!(alert.links.image_url.as_deref(), Some("https://grafana.example.org/img.png"));
    let resolved = receive_json("grafana", &body("ok"));
    assert_eq!(resolved.alerts[0].status, Status::Resolved);
    assert_eq!(resolved.alerts[0].fingerprint, alert.fingerprint);
    assert_eq!(resolved.sender_group.unwrap().key, firing.sender_group.unwrap().key);
    assert_eq!(receive_json("grafana", &body("no_data")).alerts[0].kind, Kind::NoData);
}

// --- Who sends ---

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

// --- Paths, methods, bodies that are refused ---

#[test]
fn kinds_and_their_aliases() {
    for (name, kind) in [
        ("alertmanager", "alertmanager"),
        ("grafana", "grafana"),
        ("grafana_alerting", "grafana"),
        ("prometheus", "prometheus"),
        ("webhook", "webhook"),
        ("formatted_webhook", "formatted_webhook"),
        ("zabbix", "formatted_webhook"),
    ] {
        assert_eq!(find(name).unwrap().kind, kind);
    }
    assert!(find("nope").is_none());
    let mut names: Vec<_> =
        SOURCES.iter().flat_map(|source| source.aliases.iter().chain([&source.kind])).collect();
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count, "each name means one kind");
}

#[test]
fn paths_and_methods() {
    let headers = HeaderMap::new();
    let with = |kind: &str, method: Method, path_rest: &str, body: &str| {
        let incoming = Incoming {
            method: &method,
            path_rest,
            headers: &headers,
            body: body.as_bytes(),
            received_at: NOW,
        };
        find(kind).unwrap().receive(&incoming, &settings())
    };
    assert_eq!(with("prometheus", Method::POST, "", "[]"), Err(Rejection::NotFound));
    assert_eq!(with("prometheus", Method::POST, "api/v2/silences", "[]"), Err(Rejection::NotFound));
    assert!(with("prometheus", Method::POST, "/api/v1/alerts/", "[]").is_ok());
    assert_eq!(with("webhook", Method::POST, "x", "{}"), Err(Rejection::NotFound));
    assert_eq!(with("alertmanager", Method::GET, "", ""), Err(Rejection::MethodNotAllowed { allow: "POST" }));
    assert_eq!(
        with("grafana", Method::DELETE, "", ""),
        Err(Rejection::MethodNotAllowed { allow: "POST, PUT" })
    );
    // Who may not come in does not learn which paths there are.
    let mut closed = settings();
    closed.auth.bearer = vec![SecretString::from("x".to_owned())];
    assert_eq!(receive_with("webhook", "nope", &headers, b"", &closed), Err(Rejection::Unauthorized));
}

#[test]
fn bodies_that_are_refused_and_why() {
    for (kind, body, what, place) in [
        ("alertmanager", "", "the body is empty", "line 1"),
        ("alertmanager", "{\"alerts\": [\n  {]}", "no valid JSON", "line 2, column 4"),
        ("alertmanager", "{\"alerts\": [", "no valid JSON", "line 1"),
        ("alertmanager", "<html>", "no valid JSON", "XML"),
        ("alertmanager", "[]", "list, as Prometheus", "prometheus"),
        ("alertmanager", "{}", "there is no `alerts`", "$"),
        ("alertmanager", "{\"version\": \"5\"}", "version is \"5\"", "$"),
        ("alertmanager", "{\"alerts\": \"x\"}", "`alerts` is a text", "$.alerts"),
        ("alertmanager", "{\"alerts\": [{}]}", "at least one label pair required", "alert 0"),
        ("alertmanager", "5", "no valid JSON", "line 1"),
        ("prometheus", "{\"alerts\": []}", "an object, not a list", "alertmanager"),
        ("prometheus", "[] x", "no valid JSON", "line 1"),
        ("prometheus", "[5]", "the alert is a number", "alert 0"),
        ("grafana", "{\"alerts\": [", "no valid JSON", "line 1"),
        ("grafana", "  ", "the body is empty", "line 1"),
        ("webhook", "", "the body is empty", "line 1"),
        ("webhook", "{\"a\": 1,}", "no valid JSON", "line 1, column 9"),
    ] {
        let error = receive(kind, body).unwrap_err();
        assert!(matches!(error, Rejection::BadBody { .. }), "{kind} {body}: {error:?}");
        let text = error.to_string();
        assert!(text.contains(what) && text.contains(place), "{kind} {body}: {text}");
    }
}

#[test]
fn too_many_alerts() {
    let one = r#"{"labels":{"alertname":"A"}}"#;
    let list = |count: usize| vec![one; count].join(",");
    let group = |count| format!(r#"{{"version":"4","groupKey":"k","alerts":[{}]}}"#, list(count));
    let refused = Err(Rejection::TooManyAlerts { count: 10_002, limit: 10_000 });
    assert_eq!(receive("alertmanager", group(10_002)), refused);
    assert_eq!(receive("prometheus", format!("[{}]", list(10_002))), refused);
    assert_eq!(receive("webhook", format!("[{}]", list(10_002))), refused);
    let intake = receive("alertmanager", group(10_000)).unwrap();
    assert_eq!((intake.alerts.len(), intake.duplicates), (1, 9_999));
}

// --- Tolerance ---

fn group_of(alerts: Json) -> Json {
    json!({"version": "4", "receiver": "r", "status": "firing", "groupKey": "k", "alerts": alerts})
}

#[test]
fn odd_types_become_text() {
    let body = group_of(json!([{
        "status": "FIRING",
        "labels": {"alertname": 7, "flag": true, "none": null, "empty": "", "float": 1.5, "list": ["a", 1], "map": {"x": "y"}, "": "no name"},
        "annotations": {"n": 1}, "startsAt": 1_776_261_600, "endsAt": null, "generatorURL": 5, "fingerprint": null,
        "values": {"A": "2.5", "B": null, "C": "NaN"}, "orgId": "3", "new": {"field": [1]},
    }]));
    let intake = receive_json("alertmanager", &body);
    assert_eq!(intake.problems, []);
    let alert = &intake.alerts[0];
    let labels: Vec<_> = alert.labels.iter().collect();
    assert_eq!(
        labels,
        [
            ("alertname", "7"),
            ("flag", "true"),
            ("float", "1.5"),
            ("list", "[\"a\",1]"),
            ("map", "{\"x\":\"y\"}")
        ]
    );
    assert_eq!(alert.starts_at, at("2026-04-15T14:00:00Z"));
    assert_eq!(
        (alert.values.clone(), alert.org_id, alert.generator_url.clone()),
        (vec![("A".into(), 2.5)], Some(3), None)
    );
    assert_eq!(alert.fingerprint, alert.labels.fingerprint());
}

#[test]
fn one_broken_alert_costs_itself_only() {
    let good = |name: &str| json!({"status": "firing", "labels": {"alertname": name}, "startsAt": "2026-04-15T14:00:00Z"});
    let deep = "[".repeat(500) + &"]".repeat(500);
    let text = group_of(
        json!([good("a"), 5, null, "x", [], {}, {"labels": "no"}, {"labels": {"l": "DEEP"}}, good("z")]),
    )
    .to_string()
    .replace("\"DEEP\"", &deep);
    let intake = receive("alertmanager", &text).unwrap();
    let names: Vec<_> = intake.alerts.iter().map(Alert::name).collect();
    assert_eq!(names, ["a", "z"]);
    assert_eq!(intake.lost, 7);
    let told: Vec<String> = intake
        .problems
        .iter()
        .filter(|problem| problem.lost)
        .map(|problem| format!("{}: {}", problem.index.unwrap(), problem.what))
        .collect();
    assert_eq!(
        told,
        [
            "1: the alert is a number, not an object",
            "2: the alert is null, not an object",
            "3: the alert is a text, not an object",
            "4: the alert is a list, not an object",
            "5: at least one label pair required",
            "6: at least one label pair required",
            "7: the alert could not be read: recursion limit exceeded",
        ]
    );
    let answer = find("alertmanager").unwrap().answer(&intake);
    assert_eq!(answer.status, 200);
    assert!(answer.body.contains("\"lost\":7"), "{}", answer.body);
}

#[test]
fn bad_times_and_unknown_states_are_problems_not_losses() {
    let body = group_of(json!([
        {"status": "firing", "labels": {"alertname": "a"}, "startsAt": "yesterday"},
        {"status": "resolved", "labels": {"alertname": "b"}, "startsAt": "2026-04-15T14:00:00Z", "endsAt": "never"},
        {"status": "weird", "labels": {"alertname": "c"}, "endsAt": "2026-04-15T14:00:00.123456789+02:00"},
        {"labels": {"alertname": "d"}},
        {"status": "resolved", "labels": {"alertname": "e"}, "endsAt": "2999-01-01T00:00:00Z"},
    ]));
    let intake = receive_json("alertmanager", &body);
    let seen: Vec<_> =
        intake.alerts.iter().map(|alert| (alert.status, alert.starts_at, alert.ends_at)).collect();
    let noon = at("2026-04-15T12:00:00.123Z");
    assert_eq!(
        seen,
        [
            (Status::Firing, NOW, None),
            (Status::Resolved, at("2026-04-15T14:00:00Z"), Some(NOW)),
            (Status::Resolved, noon, Some(noon)),
            (Status::Firing, NOW, None),
            (Status::Resolved, NOW, Some(NOW)),
        ]
    );
    assert_eq!((intake.problems.len(), intake.lost), (3, 0));
}

#[test]
fn long_and_odd_texts_are_kept_as_far_as_they_can() {
    let long = "ü".repeat(20_000);
    let log = "line\n".repeat(8_000);
    let body = group_of(json!([
        {"labels": {"alertname": "a", "x": format!("{long}1")}, "annotations": {"log": log}},
        {"labels": {"alertname": "a", "x": format!("{long}2")}},
        {"labels": {"alertname": "b\u{0}\u{1b}[31m\r\nc\u{85}"}},
    ]));
    let intake = receive_json("alertmanager", &body);
    let [one, two, three] = &intake.alerts[..] else { panic!("{} alerts", intake.alerts.len()) };
    assert!(one.labels.get("x").len() <= 4_096 && one.labels.get("x").contains("… [cut, 40001 bytes, "));
    assert_ne!(one.fingerprint, two.fingerprint, "what differs behind the cut stays different");
    assert_eq!(one.annotations.get("log"), log, "40 kB are kept whole");
    assert_eq!(three.name(), "b\u{fffd}\u{fffd}[31m\nc\u{fffd}");
}

#[test]
fn too_many_labels_are_left_out_but_never_the_name() {
    let mut labels = serde_json::Map::new();
    for index in 0..200 {
        labels.insert(format!("a{index:03}"), json!("x"));
    }
    labels.insert("alertname".to_owned(), json!("Disk"));
    let intake = receive_json("alertmanager", &group_of(json!([{"labels": labels}])));
    assert_eq!(intake.alerts[0].labels.len(), 128);
    assert_eq!(intake.alerts[0].name(), "Disk");
    assert!(intake.problems[0].what.contains("73 labels"), "{:?}", intake.problems);
}

#[test]
fn duplicate_fields_and_broken_letters() {
    let intake = receive(
        "alertmanager",
        "\u{feff}{\"alerts\":[{\"labels\":{\"alertname\":\"a\",\"alertname\":\"b\"},\"status\":\"resolved\",\"status\":\"firing\"}]}",
    )
    .unwrap();
    assert_eq!((intake.alerts[0].name(), intake.alerts[0].status), ("b", Status::Firing));

    let bodies: [&[u8]; 4] = [
        b"{\"alerts\":[{\"labels\":{\"alertname\":\"a\xff\"}}]}",
        b"{\"alerts\":[{\"labels\":{\"alertname\":\"a\\ud83d\"}}]}",
        b"{\"alerts\":[{\"labels\":{\"alertname\":\"a\nb\"}}]}",
        b"{\"alerts\":[{\"labels\":{\"alertname\":\"a\\x\"}}]}",
    ];
    for (body, name) in bodies.into_iter().zip(["a\u{fffd}", "a\u{fffd}", "a\nb", "a\\x"]) {
        let intake = receive("alertmanager", body).unwrap();
        assert_eq!(intake.alerts[0].name(), name);
        assert_eq!((intake.problems.len(), intake.lost), (1, 0));
    }
    // What is whole stays as it is beside what is mended.
    let intake = receive(
        "alertmanager",
        b"{\"alerts\":[{\"labels\":{\"a\":\"\\ud83d\\ude00 \\\"q\\\" \\u0041\\\\\",\"b\":\"\xff\"}}]}",
    )
    .unwrap();
    assert_eq!(intake.alerts[0].labels.get("a"), "😀 \"q\" A\\");
}

// --- Prometheus ---

#[test]
fn prometheus_as_it_posts_to_an_alertmanager() {
    let soon = "2026-11-21T04:04:00Z";
    let body = json!([
        {"labels": {"alertname": "a", "empty": ""}, "annotations": {"s": "x"}, "startsAt": "2026-11-21T03:00:00.123Z", "endsAt": soon, "generatorURL": "http://prom:9090/graph?g0.expr=up"},
        {"labels": {"alertname": "b"}, "startsAt": "2026-11-21T03:00:00Z", "endsAt": "2026-11-21T03:30:00Z"},
        {"labels": {"alertname": "c"}},
        {"labels": {"alertname": "d"}, "startsAt": "0001-01-01T00:00:00Z", "endsAt": "0001-01-01T00:00:00Z"},
        {"labels": {"alertname": "e"}, "endsAt": "2026-11-21T03:30:00Z"},
        {"labels": {"alertname": "f"}, "startsAt": "2026-11-21T03:40:00Z", "endsAt": "2026-11-21T03:30:00Z"},
    ]);
    let intake = receive_json("prometheus", &body);
    let half = at("2026-11-21T03:30:00Z");
    let timeout = Some(NOW + Duration::from_secs(300));
    let seen: Vec<_> = intake
        .alerts
        .iter()
        .map(|alert| (alert.name(), alert.status, alert.starts_at, alert.ends_at, alert.expires_at))
        .collect();
    assert_eq!(
        seen,
        [
            ("a", Status::Firing, at("2026-11-21T03:00:00.123Z"), None, Some(at(soon))),
            ("b", Status::Resolved, at("2026-11-21T03:00:00Z"), Some(half), None),
            ("c", Status::Firing, NOW, None, timeout),
            ("d", Status::Firing, NOW, None, timeout),
            ("e", Status::Resolved, half, Some(half), None),
            ("f", Status::Resolved, half, Some(half), None),
        ]
    );
    assert_eq!(intake.alerts[0].labels.find("empty"), None, "empty labels are none");
    assert_eq!(intake.sender_group, None);
    assert_eq!(&*intake.problems[0].what, "start time must be before end time");
    let answer = find("prometheus").unwrap().answer(&intake);
    assert_eq!((answer.status, answer.body.as_str()), (200, ""));

    let mut settings = settings();
    settings.resolve_timeout = Duration::from_secs(60);
    let intake = receive_with(
        "prometheus",
        "api/v2/alerts",
        &HeaderMap::new(),
        br#"[{"labels":{"a":"b"}}]"#,
        &settings,
    )
    .unwrap();
    assert_eq!(intake.alerts[0].expires_at, Some(NOW + Duration::from_secs(60)));
}

#[test]
fn prometheus_hears_of_refused_alerts_as_from_an_alertmanager() {
    let intake = receive("prometheus", r#"[{"labels":{}},{"labels":{"alertname":"a"}}]"#).unwrap();
    assert_eq!(intake.alerts.len(), 1);
    let answer = find("prometheus").unwrap().answer(&intake);
    assert_eq!((answer.status, answer.body.as_str()), (400, "\"at least one label pair required\""));
    assert!(receive("prometheus", "[]").unwrap().alerts.is_empty());
}

// --- Any JSON ---

#[test]
fn the_default_mapping_of_what_is_about() {
    // (body, name, message, severity, resolved)
    for (body, name, message, severity, resolved) in [
        (
            json!({"title": "Disk full", "message": "98 %", "severity": "Critical"}),
            "Disk full",
            "98 %",
            "critical",
            false,
        ),
        (json!({"name": "Disk", "text": "x", "state": "OK"}), "Disk", "x", "", true),
        (
            json!({"Subject": "Disk", "Body": "x", "Priority": "P1", "Status": "RESOLVED"}),
            "Disk",
            "x",
            "p1",
            true,
        ),
        (
            json!({"alert_name": "Disk", "description": "x", "level": "warning"}),
            "Disk",
            "x",
            "warning",
            false,
        ),
        (json!({"summary": "only this"}), "only this", "", "", false),
        (
            json!({"message": "only a message\nand more"}),
            "only a message",
            "only a message\nand more",
            "",
            false,
        ),
        // Uptime Kuma
        (
            json!({"heartbeat": {"monitorID": 1, "status": 0, "time": "2026-11-21 03:00:00.000", "msg": "timeout"}, "monitor": {"id": 1, "name": "Shop", "url": "https://shop.example.org", "hostname": null}, "msg": "[Shop] [Down] timeout"}),
            "Shop",
            "[Shop] [Down] timeout",
            "",
            false,
        ),
        (
            json!({"heartbeat": {"status": 1, "msg": "200 - OK"}, "monitor": {"id": 1, "name": "Shop"}, "msg": "[Shop] [Up] 200 - OK"}),
            "Shop",
            "[Shop] [Up] 200 - OK",
            "",
            true,
        ),
        // Healthchecks.io, as its docs suggest
        (
            json!({"name": "backup", "status": "down", "tags": "prod db", "code": "c-1"}),
            "backup",
            "",
            "",
            false,
        ),
        // Sentry
        (
            json!({"action": "triggered", "data": {"event": {"title": "ZeroDivisionError", "message": "division by zero", "level": "error", "web_url": "https://sentry.example.org/1", "issue_id": "9"}}}),
            "ZeroDivisionError",
            "division by zero",
            "error",
            false,
        ),
        // GitLab
        (
            json!({"object_kind": "pipeline", "title": "Pipeline", "object_attributes": {"id": 31, "status": "success", "url": "https://gitlab.example.org/p/31"}, "project": {"name": "shop"}}),
            "Pipeline",
            "",
            "",
            true,
        ),
        // Zabbix, flat
        (
            json!({"alert_subject": "CPU high", "alert_message": "load 9", "event_id": "12", "event_value": "1", "trigger_severity": "High", "host_name": "db1"}),
            "CPU high",
            "load 9",
            "high",
            false,
        ),
        (
            json!({"alert_subject": "CPU high", "event_id": "12", "event_value": "0"}),
            "CPU high",
            "",
            "",
            true,
        ),
        // Kapacitor
        (json!({"id": "cpu:host=a", "message": "x", "level": "OK"}), "x", "x", "", true),
        // PagerDuty-like, Datadog-like
        (
            json!({"event_type": "alert", "incident_key": "k", "title": "T", "alert_transition": "Recovered"}),
            "T",
            "",
            "",
            true,
        ),
        (json!({"title": "T", "alert_transition": "Recovered"}), "T", "", "", true),
        (json!({"title": "T", "resolved": true}), "T", "", "", true),
        (json!({"title": "T", "firing": false}), "T", "", "", true),
        (json!({"state": "ok"}), "Alert from shop", "{\n  \"state\": \"ok\"\n}", "", true),
        (json!({}), "Alert from shop", "{}", "", false),
        (json!("just a text"), "just a text", "just a text", "", false),
        (json!(5), "5", "5", "", false),
        (json!(null), "Alert from shop", "", "", false),
    ] {
        let intake = receive_json("webhook", &body);
        assert_eq!(intake.problems, [], "{body}");
        let alert = &intake.alerts[0];
        let seen = (
            alert.name(),
            alert.annotations.get("description"),
            alert.labels.get("severity"),
            !alert.is_firing(),
        );
        assert_eq!(seen, (name, message, severity, resolved), "{body}");
    }
}

#[test]
fn the_default_mapping_finds_links_keys_labels_times() {
    let intake = receive_json(
        "webhook",
        &json!({
            "title": "T", "url": "not a link", "permalink": "https://x.example.org/1", "image_url": "https://x.example.org/i.png",
            "runbook": "https://x.example.org/r", "host": "db1", "environment": "prod", "tags": ["team:sre", "beta"], "labels": {"zone": "b"},
            "id": 77, "timestamp": 1_776_261_600, "count": 3, "nested": {"deep": 1}, "annotations": {"hint": "look"},
        }),
    );
    let alert = &intake.alerts[0];
    assert_eq!(alert.generator_url.as_deref(), Some("https://x.example.org/1"));
    assert_eq!(alert.links.image_url.as_deref(), Some("https://x.example.org/i.png"));
    assert_eq!(alert.links.runbook_url.as_deref(), Some("https://x.example.org/r"));
    assert_eq!(
        alert.labels.iter().collect::<Vec<_>>(),
        [
            ("alertname", "T"),
            ("env", "prod"),
            ("host", "db1"),
            ("tags", "beta"),
            ("team", "sre"),
            ("zone", "b")
        ]
    );
    assert_eq!(alert.starts_at, at("2026-04-15T14:00:00Z"));
    assert_eq!((alert.annotations.get("count"), alert.annotations.get("hint")), ("3", "look"));
    // Without a key the labels tell alerts apart, but not how bad it is.
    let level =
        |level: &str| receive_json("webhook", &json!({"message": "x", "level": level})).alerts.remove(0);
    assert_eq!(level("OK").fingerprint, level("CRITICAL").fingerprint);
    assert_eq!((level("OK").status, level("CRITICAL").status), (Status::Resolved, Status::Firing));
    // The same key, another title, the end of it: the same alert.
    let over = receive_json("webhook", &json!({"title": "T is over", "id": 77, "status": "closed"}));
    assert_eq!(over.alerts[0].fingerprint, alert.fingerprint);
    assert_eq!(over.sender_group.unwrap().key, intake.sender_group.unwrap().key);
}

#[test]
fn forms_and_texts() {
    let mut headers = HeaderMap::new();
    headers.insert("content-type", HeaderValue::from_static("application/x-www-form-urlencoded"));
    let form = |body: &str| receive_with("webhook", "", &headers, body.as_bytes(), &settings()).unwrap();
    let intake = form("title=Disk+full&message=98%25&host=db1");
    let alert = &intake.alerts[0];
    assert_eq!(
        (alert.name(), alert.annotations.get("description"), alert.labels.get("host")),
        ("Disk full", "98%", "db1")
    );
    assert_eq!(form("payload=%7B%22text%22%3A%22hi%22%7D").alerts[0].name(), "hi");
    let intake = receive("webhook", "\n  Disk full on db1\n\nload 9").unwrap();
    assert_eq!(intake.alerts[0].name(), "Disk full on db1");
    assert_eq!(intake.alerts[0].annotations.get("description"), "Disk full on db1\n\nload 9");
    assert_eq!(receive("webhook", b"\xff\xfe odd").unwrap().alerts.len(), 1);
}

#[test]
fn lists_are_split() {
    let intake =
        receive_json("webhook", &json!([{"title": "a", "id": 1}, {"title": "b", "id": 2, "state": "ok"}, 5]));
    let seen: Vec<_> = intake.alerts.iter().map(|alert| (alert.name(), alert.status)).collect();
    assert_eq!(seen, [("a", Status::Firing), ("b", Status::Resolved), ("5", Status::Firing)]);
    assert_eq!(intake.sender_group, None);
    // Alertmanager's body at the wrong address is still read as what it is.
    let fixture = fixture("am-0.33.1-firing-grouped");
    let intake = receive("webhook", &fixture.raw).unwrap();
    assert_eq!(&*intake.sender_group.unwrap().key, fixture.body["groupKey"].as_str().unwrap());
}

fn mapped(change: impl FnOnce(&mut firebell::sources::settings::Mapping)) -> IntegrationSettings {
    let mut settings = settings();
    change(&mut settings.mapping);
    settings
}

fn template(source: &str) -> Template {
    Template::compile(source).unwrap()
}

#[test]
fn templates_map_anything() {
    let settings = mapped(|mapping| {
        mapping.split = Some(Split::parse("data.items").unwrap());
        mapping.title = Some(template("{{ item.what | upper }}"));
        mapping.message = Some(template("{{ payload.source }}: {{ item.why }}"));
        mapping.severity = Some(template("{% if item.level > 3 %}critical{% else %}warning{% endif %}"));
        mapping.key = Some(template("{{ item.what }}/{{ item.where }}"));
        mapping.group_key = Some(template("{{ payload.source }}"));
        mapping.resolved = Some(template("{{ item.level == 0 }}"));
        mapping.starts_at = Some(template("{{ item.at }}"));
        mapping.labels =
            vec![("place".to_owned(), template("{{ item.where }}")), ("host".to_owned(), template(""))];
        mapping.annotations = vec![("n".to_owned(), template("{{ index }}"))];
        mapping.links = vec![
            ("runbook".to_owned(), template("https://r.example.org/{{ item.what }}")),
            ("Logs".to_owned(), template("https://logs.example.org/?q={{ item.where | urlencode }}")),
            ("bad".to_owned(), template("javascript:alert(1)")),
        ];
    });
    let body = json!({"source": "plant", "data": {"items": [
        {"what": "heat", "where": "hall 1", "why": "sun", "level": 5, "at": "2026-04-15T14:00:00Z", "host": "gone"},
        {"what": "heat", "where": "hall 2", "why": "sun", "level": 0, "at": "x"},
    ]}});
    let intake =
        receive_with("webhook", "", &HeaderMap::new(), body.to_string().as_bytes(), &settings).unwrap();
    let [one, two] = &intake.alerts[..] else { panic!("{intake:?}") };
    assert_eq!(
        one.labels.iter().collect::<Vec<_>>(),
        [("alertname", "HEAT"), ("place", "hall 1"), ("severity", "critical")]
    );
    assert_eq!((one.annotations.get("description"), one.annotations.get("n")), ("plant: sun", "0"));
    assert_eq!(one.starts_at, at("2026-04-15T14:00:00Z"));
    assert_eq!(one.links.runbook_url.as_deref(), Some("https://r.example.org/heat"));
    assert_eq!(one.links.more.len(), 1);
    assert_eq!(&*one.links.more[0].url, "https://logs.example.org/?q=hall%201");
    assert_eq!((two.status, two.starts_at), (Status::Resolved, NOW));
    assert_ne!(one.fingerprint, two.fingerprint);
    assert_eq!(&*intake.sender_group.unwrap().key, "plant");
}

#[test]
fn a_template_that_fails_costs_its_own_field() {
    let settings = mapped(|mapping| {
        mapping.title =
            Some(template("{{ payload.a.b.c | int }}{{ payload.x | regex_replace(payload.bad, '') }}"));
        mapping.split = Some(Split::parse("{{ payload.list }}").unwrap());
    });
    let body = json!({"title": "Disk", "x": "y", "bad": "("});
    let intake =
        receive_with("webhook", "", &HeaderMap::new(), body.to_string().as_bytes(), &settings).unwrap();
    assert_eq!(intake.alerts[0].name(), "Disk", "the default mapping steps in");
    assert_eq!((intake.problems.len(), intake.lost), (2, 0));
    assert!(intake.problems[1].what.contains("template of `title`"), "{:?}", intake.problems);
}

#[test]
fn firing_alone_decides_too() {
    let settings = mapped(|mapping| mapping.firing = Some(template("{{ payload.value > 10 }}")));
    let status = |value: i64| {
        let body = json!({"title": "T", "value": value}).to_string();
        receive_with("webhook", "", &HeaderMap::new(), body.as_bytes(), &settings).unwrap().alerts[0].status
    };
    assert_eq!((status(11), status(9)), (Status::Firing, Status::Resolved));
}

#[test]
fn formatted_webhook_of_oncall() {
    let body = |state: &str| {
        json!({
            "alert_uid": "08d6891a", "title": "The whole system is down", "image_url": "https://x.example.org/i.png", "state": state,
            "link_to_upstream_details": "https://x.example.org/d", "message": "Something\nhappened", "status": "resolved",
        })
    };
    let intake = receive_json("formatted_webhook", &body("alerting"));
    let alert = &intake.alerts[0];
    assert_eq!((alert.name(), alert.status), ("The whole system is down", Status::Firing));
    assert_eq!(alert.annotations.get("description"), "Something\nhappened");
    assert_eq!(alert.generator_url.as_deref(), Some("https://x.example.org/d"));
    assert_eq!(alert.links.image_url.as_deref(), Some("https://x.example.org/i.png"));
    let over = receive_json("zabbix", &body("ok"));
    assert_eq!((over.alerts[0].status, over.alerts[0].fingerprint), (Status::Resolved, alert.fingerprint));
    assert_eq!(over.sender_group.unwrap().key, intake.sender_group.unwrap().key);
}

// --- Properties ---

fn any_json() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        any::<f64>().prop_map(Json::from),
        "\\PC{0,12}".prop_map(Json::from),
        prop::sample::select(vec![
            "firing",
            "resolved",
            "2026-04-15T14:00:00Z",
            "0001-01-01T00:00:00Z",
            "https://x.example.org",
            "ok"
        ])
        .prop_map(Json::from),
    ];
    let names = prop::sample::select(vec![
        "alerts",
        "labels",
        "annotations",
        "status",
        "startsAt",
        "endsAt",
        "fingerprint",
        "values",
        "groupKey",
        "groupLabels",
        "title",
        "state",
        "message",
        "heartbeat",
        "monitor",
        "data",
        "event",
        "tags",
        "ruleName",
        "evalMatches",
        "id",
        "url",
        "x",
        "orgId",
        "truncatedAlerts",
    ]);
    leaf.prop_recursive(5, 60, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Json::from),
            prop::collection::vec((names.clone(), inner), 0..6).prop_map(|pairs| pairs
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect::<Json>()),
        ]
    })
}

fn check(kind: &str, body: &[u8]) {
    if let Ok(intake) = receive(kind, body) {
        let stored = serde_json::to_string(&intake).unwrap();
        assert_eq!(serde_json::from_str::<Intake>(&stored).unwrap(), intake, "{kind} {stored}");
        assert!(!stored.contains("\\u0000"));
        find(kind).unwrap().answer(&intake);
        for alert in &intake.alerts {
            assert!(!alert.labels.is_empty() || !alert.annotations.is_empty());
            assert_eq!(alert.ends_at.is_some(), alert.status == Status::Resolved);
        }
    }
}

proptest! {
    #[test]
    fn any_json_is_read_or_refused(json in any_json()) {
        for source in SOURCES {
            check(source.kind, json.to_string().as_bytes());
        }
        check("alertmanager", group_of(json.clone()).to_string().as_bytes());
        check("grafana", group_of(json!([json])).to_string().as_bytes());
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200), cut in 0_usize..3_000) {
        let raw = fixture("grafana-firing-single").raw;
        let mut at = cut.min(raw.len());
        while !raw.is_char_boundary(at) {
            at -= 1;
        }
        let mut spliced = raw.as_bytes()[..at].to_vec();
        spliced.extend(&bytes);
        spliced.extend(&raw.as_bytes()[at..]);
        for source in SOURCES {
            check(source.kind, &bytes);
            check(source.kind, &spliced);
            check(source.kind, &raw.as_bytes()[..at]);
        }
    }

    #[test]
    fn a_good_alert_survives_its_neighbours(before in prop::collection::vec(any_json(), 0..4), after in prop::collection::vec(any_json(), 0..4)) {
        let good = json!({"status": "firing", "labels": {"alertname": "Good", "x": "good one"}, "startsAt": "2026-11-21T03:00:00Z"});
        let list: Vec<Json> = before.into_iter().chain([good]).chain(after).collect();
        for (kind, body) in [("alertmanager", group_of(json!(list))), ("grafana", group_of(json!(list))), ("prometheus", json!(list))] {
            let intake = receive_json(kind, &body);
            let found = intake.alerts.iter().find(|alert| alert.name() == "Good").unwrap();
            prop_assert_eq!(found.starts_at, at("2026-11-21T03:00:00Z"));
            prop_assert_eq!(found.status, Status::Firing);
        }
    }
}
