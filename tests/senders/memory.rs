//! How much memory the worst bodies take, in a process of its own.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::task::JoinSet;

use crate::bot::Bot;
use crate::slack::Slack;

/// Bytes of a body: just under what is taken.
const LENGTH: usize = 8_000_000;
/// What the process may take while it is flooded. Before bodies were bounded, one of these took 860 MiB.
const PEAK_MIB: u64 = 150;
/// Requests of each flooding sender.
const ROUNDS: usize = 5;

fn filled(begin: &str, unit: &str, end: &str) -> String {
    let count = (LENGTH - begin.len() - end.len()) / unit.len();
    format!("{begin}{}{end}", unit.repeat(count))
}

/// Bodies that cost most: as trees, as pairs, as texts that are mended, as many alerts, and as much as is just allowed.
fn worst() -> Vec<String> {
    let alert = |n: usize| {
        let filler = "x".repeat(600);
        format!(
            r#"{{"status":"firing","labels":{{"alertname":"Storm","n":"{n}"}},"annotations":{{"d":"{filler}"}}}}"#
        )
    };
    let alerts: Vec<String> = (0..10_000).map(alert).collect();
    vec![
        filled("[", "1,", "1]"),
        filled("{\"title\":\"x\",\"a\":[", "[],", "[]]}"),
        filled("{\"title\":\"x\",\"a\":[", "{\"a\":1},", "1]}"),
        filled("{\"alerts\":[{\"labels\":{\"alertname\":\"A\",", "\"k\":1,", "\"z\":1}}]}"),
        filled("{\"alerts\":[{\"labels\":{\"alertname\":\"A\",\"l\":[", "1,", "1]}}]}"),
        filled("{\"title\":\"", "\u{1}", "\"}"),
        filled("{\"title\":\"x\",\"a\":[\"", "y", "\"]}"),
        format!("{{\"title\":\"x\",\"a\":[{}1]}}", "1,".repeat(200_000)),
        format!("{{\"groupKey\":\"k\",\"alerts\":[{}]}}", alerts.join(",")),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_of_the_worst_bodies_takes_little_and_keeps_nobody_out() {
    let slack = Slack::start().await;
    let mut bot = Bot::new(&slack, None).await;
    bot.start().await;
    let address = bot.relay.address;
    let http = reqwest::Client::new();
    let mut flood = JoinSet::new();
    for (nth, body) in worst().into_iter().enumerate() {
        let (http, body) = (http.clone(), bytes::Bytes::from(body));
        let kind = ["webhook", "grafana"][nth % 2];
        flood.spawn(async move {
            let url = format!("http://{address}/integrations/v1/{kind}/{kind}-token/");
            for _ in 0..ROUNDS {
                // Refused, taken or told to try again, or cut off before its end: all is well but what kills the bot.
                let _ = http.post(&url).body(body.clone()).send().await;
            }
        });
    }
    let done = Arc::new(AtomicBool::new(false));
    let others = tokio::spawn({
        let (http, done) = (http.clone(), Arc::clone(&done));
        async move {
            let url = format!("http://{address}/integrations/v1/alertmanager/alertmanager-token/");
            let mut taken = 0;
            while taken == 0 || !done.load(Ordering::SeqCst) {
                let body = r#"{"groupKey":"o","alerts":[{"labels":{"alertname":"Other"}}]}"#;
                let answer = http.post(&url).body(body).send().await.unwrap();
                assert_eq!(answer.status(), 200, "another sender is refused");
                taken += 1;
            }
            taken
        }
    });
    while let Some(ended) = flood.join_next().await {
        ended.unwrap();
    }
    done.store(true, Ordering::SeqCst);
    assert!(others.await.unwrap() > 0);
    let peak_mib = bot.peak_mib();
    assert!(peak_mib < PEAK_MIB, "{peak_mib} MiB");
    bot.stop().await;
}
