//! What one reads at 3 a.m.: every stored body of a real sender as the message it becomes, word for word.

use std::cell::RefCell;
use std::path::Path;
use std::rc::Rc;

use serde_json::Value;

use crate::harness::{Engine, Setup, Span, Transport, World, run};

/// A stored request: its name, the integration that takes it, its body as it came.
struct Stored {
    name: String,
    integration: &'static str,
    raw: String,
    body: Value,
}

fn stored(start: &str, integration: &'static str) -> Vec<Stored> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/payloads");
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let named = paths.iter().filter(|path| path.extension().is_some_and(|e| e == "json"));
    named
        .filter_map(|path| {
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            let stored: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
            let raw = stored["raw"].as_str()?.to_owned();
            let body = stored["body"].clone();
            name.starts_with(start).then_some(Stored { name, integration, raw, body })
        })
        .collect()
}

/// The same body while everything in it still fired, for bodies that tell of an end.
fn while_it_fired(body: &Value) -> Option<String> {
    let mut body = body.clone();
    let alerts = body["alerts"].as_array_mut()?;
    if alerts.iter().all(|alert| alert["status"] == "firing") {
        return None;
    }
    for alert in alerts {
        alert["status"] = "firing".into();
        alert["endsAt"] = "0001-01-01T00:00:00Z".into();
    }
    body["status"] = "firing".into();
    Some(body.to_string())
}

/// A block as a reader sees it, a line each; of links and buttons also where they lead.
fn lines(block: &Value, out: &mut Vec<String>) {
    match block["type"].as_str().unwrap_or_default() {
        "section" => {
            out.extend(
                block["text"]["text"].as_str().unwrap_or_default().lines().map(|line| format!("| {line}")),
            );
        }
        "context" => {
            let texts = block["elements"].as_array().into_iter().flatten();
            out.extend(texts.map(|one| format!("· {}", one["text"].as_str().unwrap_or_default())));
        }
        "actions" => {
            let label = |one: &Value| {
                let text =
                    one["text"]["text"].as_str().or(one["placeholder"]["text"].as_str()).unwrap_or("⋯");
                match one["url"].as_str() {
                    Some(url) => format!("[{text} → {url}]"),
                    None => format!("[{text}]"),
                }
            };
            let row: Vec<String> = block["elements"].as_array().into_iter().flatten().map(label).collect();
            out.push(row.join(" "));
        }
        other => panic!("a block nobody reads here: {other}"),
    }
}

/// The moments are in the reader's time zone in Slack; here as they are in UTC.
fn without_dates(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("<!date^") {
        let Some((date, after)) = after.split_once('>') else { break };
        out.push_str(before);
        out.push_str(date.rsplit_once('|').map_or("", |(_, utc)| utc));
        rest = after;
    }
    out + rest
}

async fn read_it(world: &World, stored: &Stored, out: &mut String) {
    world.channel("#ops").claim_all();
    if let Some(before) = while_it_fired(&stored.body) {
        assert_eq!(world.post(stored.integration, before).await, 200, "{}", stored.name);
        world.settle().await;
    }
    assert_eq!(world.post(stored.integration, stored.raw.as_str()).await, 200, "{}", stored.name);
    world.advance(10.seconds()).await;
    out.push_str(&format!("\n──── {} ────\n", stored.name));
    world.sim.read(|state| {
        let channel = state.channel("#ops").unwrap();
        for message in channel.messages.values().filter(|message| message.by_app && !message.deleted) {
            let mut shown = vec![if message.is_reply() {
                format!("   ↳ {}", message.text)
            } else {
                message.text.clone()
            }];
            message.all_blocks().for_each(|block| lines(block, &mut shown));
            for line in shown {
                out.push_str(without_dates(&line).trim_end());
                out.push('\n');
            }
        }
    });
}

/// What fires is said, unless it is long or one of many.
fn says_what_fires(stored: &Stored, told: &str) {
    for alert in stored.body["alerts"].as_array().into_iter().flatten().take(10) {
        let said = ["summary", "description"].map(|name| alert["annotations"][name].as_str());
        for said in said.into_iter().flatten().filter(|said| said.len() < 200 && !said.contains('\n')) {
            let said = said.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
            assert!(
                alert["status"] != "firing" || told.contains(&said),
                "{}: {said:?} is not seen in{told}",
                stored.name
            );
        }
    }
}

/// A world of its own for each, so that none is a repeat of another.
async fn read_all(all: Vec<Stored>) -> String {
    let text = Rc::new(RefCell::new(String::new()));
    for stored in all {
        let setup = Setup::default().on(Engine::Sqlite, Transport::Socket);
        let (stored, text) = (Rc::new(stored), Rc::clone(&text));
        run(setup, move |world| {
            let (stored, text) = (Rc::clone(&stored), Rc::clone(&text));
            Box::pin(async move {
                let mut told = String::new();
                read_it(world, &stored, &mut told).await;
                text.borrow_mut().push_str(&told);
                says_what_fires(&stored, &told);
            })
        })
        .await;
    }
    text.take()
}

#[tokio::test]
async fn alertmanagers_bodies_as_messages() {
    insta::assert_snapshot!("alertmanager", read_all(stored("am-", "am")).await);
}

#[tokio::test]
async fn grafanas_bodies_as_messages() {
    insta::assert_snapshot!("grafana", read_all(stored("grafana-", "grafana")).await);
}
