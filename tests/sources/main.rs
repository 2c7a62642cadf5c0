//! Every body that senders really send, and every body that they should not send.

#![allow(clippy::unwrap_used)] // Tests may; clippy does not see that their helpers are tests too.

mod auth;
mod prometheus;
mod properties;
mod refused;
mod stored;
mod tolerance;
mod tools;
mod webhook;

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

/// Alertmanager's body with these alerts.
fn group_of(alerts: Json) -> Json {
    json!({"version": "4", "receiver": "r", "status": "firing", "groupKey": "k", "alerts": alerts})
}
