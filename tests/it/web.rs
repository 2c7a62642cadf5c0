//! The addresses: what they answer, what they refuse, and that a stop finishes what is in hand.

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::harness::{Engine, Setup, Transport, World, run};

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
