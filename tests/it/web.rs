//! The addresses: what they answer, what they refuse, and that a stop finishes what is in hand.

use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::harness::{Engine, Setup, Span, Transport, World, alert, alertmanager, run};

fn plain() -> Setup {
    Setup::default().on(Engine::Sqlite, Transport::Socket)
}

async fn get(world: &World, path: &str) -> (u16, String) {
    let answer = reqwest::get(format!("{}{path}", world.running()[0].base)).await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

async fn post(world: &World, path: &str, body: impl Into<Vec<u8>>) -> reqwest::Response {
    let url = format!("{}{path}", world.running()[0].base);
    reqwest::Client::new().post(url).body(body.into()).send().await.unwrap()
}

/// What is answered to a body that ends in the middle.
async fn broken_off(world: &World, path: &str) -> String {
    let address = world.running()[0].base.strip_prefix("http://").unwrap().to_owned();
    let mut stream = TcpStream::connect(&address).await.unwrap();
    let head = format!("POST {path} HTTP/1.1\r\nHost: {address}\r\nContent-Length: 100\r\n\r\n{{\"alerts\":");
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.shutdown().await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn health_readiness_and_metrics() {
    run(plain(), |world| {
        Box::pin(async move {
            world.fire("DiskFull", &["db1"]).await;
            world.channel("#ops").expect("DiskFull").await;
            assert_eq!(get(world, "/healthz").await, (200, "ok\n".to_owned()));
            let (status, body) = get(world, "/readyz").await;
            let ready: Value = serde_json::from_str(&body).unwrap();
            assert_eq!((status, &ready["ready"]), (200, &Value::Bool(true)), "{body}");
            let (status, text) = get(world, "/metrics").await;
            assert_eq!(status, 200);
            for line in [
                "firebell_build_info{version=",
                "outcome=\"accepted\"} 1",
                "firebell_engine_total{what=\"groups_created\"} 1",
                "method=\"chat.postMessage\",outcome=\"sent\"} 1",
                "firebell_rows{table=\"outbox\",state=\"dead\"} 0",
                "firebell_alert_groups{state=\"firing\"} 1",
                "firebell_state{what=\"config_valid\"} 1",
                "firebell_intake_seconds_count 1",
            ] {
                assert!(text.contains(line), "{line} is missing in\n{text}");
            }
            assert!(!text.contains("xoxb"), "a secret in /metrics");
        })
    })
    .await;
}

#[tokio::test]
async fn what_is_refused_is_told_and_counted() {
    run(plain(), |world| {
        Box::pin(async move {
            let token_path = "/integrations/v1/alertmanager/alertmanager-token/";
            let unknown = post(world, "/integrations/v1/alertmanager/not-the-token/", "{}").await;
            assert_eq!(unknown.status(), 404);
            assert_eq!(unknown.text().await.unwrap(), "not found\n");
            let bad = post(world, token_path, "{\"alerts\": 7}").await;
            assert_eq!(bad.status(), 400);
            assert!(bad.headers().contains_key("x-request-id"));
            let words = bad.text().await.unwrap();
            assert!(words.contains("alerts"), "{words}");
            let huge = post(world, token_path, vec![b' '; 11 * 1024 * 1024]).await;
            assert_eq!(huge.status(), 413);
            assert!(broken_off(world, token_path).await.starts_with("HTTP/1.1 400 "));
            assert_eq!(get(world, token_path).await.0, 405);
            assert_eq!(get(world, "/nothing/here").await.0, 404);
            let (_, text) = get(world, "/metrics").await;
            for outcome in ["bad_body", "too_large", "broke_off", "wrong_method", "unknown"] {
                assert!(
                    text.contains(&format!("outcome=\"{outcome}\"}} 1")),
                    "{outcome} is not counted:\n{text}"
                );
            }
        })
    })
    .await;
}

/// What `/readyz` says: the status, and the body.
async fn readyz(world: &World) -> (u16, Value) {
    let (status, body) = get(world, "/readyz").await;
    (status, serde_json::from_str(&body).unwrap())
}

#[tokio::test]
async fn readiness_tries_a_write_and_does_not_hang() {
    run(plain(), |world| {
        Box::pin(async move {
            world.sim.outage(60_000);
            world.fire("DiskFull", &["db1"]).await;
            world.advance(40.seconds()).await;
            let (_, body) = readyz(world).await;
            let oldest = &body["oldest_waiting"];
            assert!(oldest["messages_s"].as_u64().is_some_and(|age| (30..50).contains(&age)), "{body}");
            assert!(oldest["alerts_s"].is_null(), "{body}");
            world.advance(1.minutes()).await;
            world.channel("#ops").expect("DiskFull").await;
            // Somebody has it locked: it reads well, and takes nothing.
            let path = world.database_path().to_owned();
            let other = rusqlite::Connection::open(&path).unwrap();
            other.execute_batch("BEGIN IMMEDIATE").unwrap();
            let (status, body) = readyz(world).await;
            assert_eq!((status, &body["ready"]), (503, &Value::Bool(false)), "{body}");
            let said = body["checks"]["database"].as_str().unwrap();
            assert!(said.contains("it does not take a write: no answer for"), "{said}");
            other.execute_batch("ROLLBACK").unwrap();
            // The write that hung goes through now, and counts.
            let (_, body) = readyz(world).await;
            assert_eq!(body["checks"]["database"], "ok", "{body}");
            assert!(body["oldest_waiting"]["messages_s"].is_null(), "{body}");
        })
    })
    .await;
}

#[tokio::test]
async fn a_database_file_that_is_gone_is_noticed_and_told() {
    // Over HTTP, where Slack tries again by itself what was not taken.
    run(Setup::default().on(Engine::Sqlite, Transport::Http), |world| {
        Box::pin(async move {
            world.fire("DiskFull", &["db1"]).await;
            world.channel("#ops").expect("DiskFull").await;
            let path = world.database_path().to_owned();
            let aside = format!("{path}.aside");
            let move_it = |from: &str, to: &str| {
                for suffix in ["", "-wal"] {
                    std::fs::rename(format!("{from}{suffix}"), format!("{to}{suffix}")).unwrap();
                }
            };
            move_it(&path, &aside);
            let labels = [("alertname", "HighLoad"), ("instance", "db1")];
            let fires = alert(&labels, &[], &world.now().to_string(), None);
            let body = alertmanager("g", &labels[..1], &[fires]).to_string();
            assert_eq!(
                world.post("am", body).await,
                503,
                "nothing is acknowledged that is gone with the next start"
            );
            let (status, body) = readyz(world).await;
            assert_eq!(status, 503, "{body}");
            assert!(
                body["checks"]["database"].as_str().unwrap().contains("was deleted or replaced"),
                "{body}"
            );
            // Nothing comes to rest meanwhile: not even Slack's events are taken.
            world.clock.advance_ms(6_000);
            let told = async {
                let is_told = |channel: &str| {
                    world.channel(channel).roots().iter().any(|text| text.contains("takes no alerts in"))
                };
                while !is_told("#ops") || !is_told("#oncall") {
                    tokio::task::yield_now().await;
                }
            };
            tokio::time::timeout(Duration::from_secs(30), told).await.expect("nobody was told in Slack");
            assert!(get(world, "/metrics").await.1.contains("firebell_state{what=\"database_gone\"} 1"));
            move_it(&aside, &path);
            world.advance(6.minutes()).await;
            world.channel("#ops").expect("takes no alerts in").await;
            world.channel("#oncall").expect("takes no alerts in").await;
            world.fire("HighLoad", &["db1"]).await;
            world.channel("#ops").expect("HighLoad").await;
            world.advance(6.seconds()).await;
            world.channel("#ops").expect("is back").await;
            world.channel("#oncall").expect("is back").await;
        })
    })
    .await;
}

/// A body above `BODY_READ_INLINE_BYTES` is read by the thread for large ones.
#[tokio::test]
async fn large_bodies_are_taken_and_bombs_refused() {
    run(plain(), |world| {
        Box::pin(async move {
            let path = "/integrations/v1/alertmanager/alertmanager-token/";
            let bomb = format!("{{\"alerts\":[],\"x\":[{}1]}}", "1,".repeat(1_000_000));
            assert_eq!(post(world, path, bomb.clone()).await.status(), 200, "what is not read costs nothing");
            let bomb = format!("{{\"title\":\"x\",\"a\":[{}1]}}", "[],".repeat(1_000_000));
            let refused = post(world, "/integrations/v1/grafana/grafana-token/", bomb).await;
            assert_eq!(refused.status(), 413);
            let words = refused.text().await.unwrap();
            assert!(words.contains("send fewer alerts in one request"), "{words}");
            let alert = |instance: usize| {
                let text = "x".repeat(1_000);
                format!(
                    r#"{{"status":"firing","labels":{{"alertname":"Big","instance":"i{instance}"}},"annotations":{{"d":"{text}"}}}}"#
                )
            };
            let alerts: Vec<String> = (0..200).map(alert).collect();
            let body = format!(r#"{{"version":"4","groupKey":"k","alerts":[{}]}}"#, alerts.join(","));
            assert!(body.len() > 128 * 1024);
            let taken = post(world, path, body).await;
            assert_eq!(taken.text().await.unwrap(), r#"{"status":"ok","alerts":200}"#);
            world.channel("#ops").expect("Big").await;
            let (_, text) = get(world, "/metrics").await;
            assert!(text.contains("outcome=\"too_many_values\"} 1"), "{text}");
        })
    })
    .await;
}

#[tokio::test]
async fn a_new_database_goes_on_from_the_numbers_that_slack_has_seen() {
    run(plain(), |world| {
        Box::pin(async move {
            world.fire("DiskFull", &["db1"]).await;
            world.channel("#ops").expect("#1").await;
            world.fire("HighLoad", &["db1"]).await;
            world.channel("#ops").expect("#2").await;
            world.channel("#ops").claim_all();
            world.kill(0).await;
            world.start_without_database().await;
            world.fire("NewThing", &["db1"]).await;
            let message = world.channel("#ops").expect("NewThing").await;
            message.expect_now("#3").await;
        })
    })
    .await;
}

/// What cannot be Slack's by its headers is refused before its body is read.
#[tokio::test]
async fn unsigned_requests_to_slacks_addresses_are_not_read() {
    let setup = Setup::default().on(Engine::Sqlite, Transport::Http);
    run(setup, |world| {
        Box::pin(async move {
            let address = world.running()[0].base.strip_prefix("http://").unwrap().to_owned();
            for (headers, wanted) in
                [("", "401"), ("X-Slack-Request-Timestamp: 1\r\nX-Slack-Signature: v0=00\r\n", "401")]
            {
                let mut stream = TcpStream::connect(&address).await.unwrap();
                let head = format!(
                    "POST /slack/events HTTP/1.1\r\nHost: x\r\n{headers}Content-Length: 3000000\r\n\r\n"
                );
                // No body follows: an answer can only come if none is waited for.
                stream.write_all(head.as_bytes()).await.unwrap();
                let mut answer = [0_u8; 12];
                stream.read_exact(&mut answer).await.unwrap();
                assert_eq!(std::str::from_utf8(&answer).unwrap(), format!("HTTP/1.1 {wanted}"));
            }
        })
    })
    .await;
}
