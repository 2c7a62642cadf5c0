//! Two hundred incidents with a hundred thousand messages: how many events a second are taken, and how long a page of
//! a timeline and a search take then.
//!
//! `cargo bench --bench incidents`; with `FIREBELL_TEST_POSTGRES` on PostgreSQL, too (a database of its own, dropped
//! afterwards). `MESSAGES=20000` makes it shorter. Slack delivers at most 30,000 events an hour to an app.

#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::expect_used, reason = "a benchmark")]
#![allow(clippy::cast_precision_loss, reason = "a benchmark")]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use firebell::clock::Stopwatch;
use firebell::domain::actor::{Actor, Via};
use firebell::domain::incident::Settings;
use firebell::domain::inhibit::InhibitRules;
use firebell::domain::matcher::Mode;
use firebell::domain::priority::PriorityRules;
use firebell::domain::rights::Rights;
use firebell::domain::route::{BuildOptions, RouteSpec, RouteTree};
use firebell::domain::rules::{GroupSettings, Rules, SlackSettings};
use firebell::domain::search::parse;
use firebell::domain::time::Timestamp;
use firebell::domain::time_interval::TimeIntervals;
use firebell::engine::Work;
use firebell::engine::deeds::By;
use firebell::engine::incident::alike::alike;
use firebell::engine::incident::mirror::Us;
use firebell::engine::incident::mirror::heard::heard;
use firebell::engine::incident::search::search;
use firebell::engine::incident::timeline;
use firebell::engine::incident::{self, Declared, Wish};
use firebell::engine::sight::Viewer;
use firebell::random::{Random, SeededRandom};
use firebell::store::{Store, StoreError, StoreOptions, incidents, mirror, people};
use serde_json::{Value, json};

const INCIDENTS: usize = 200;
const NOW_MS: i64 = 1_763_700_000_000;
/// Events that are taken at the same time, each in a transaction of its own, as the inbox does.
const AT_ONCE: usize = 8;
/// How often each latency is measured.
const TIMES: usize = 200;

fn main() {
    if std::env::args().any(|arg| arg == "--test") {
        return;
    }
    let messages = std::env::var("MESSAGES").ok().and_then(|n| n.parse().ok()).unwrap_or(100_000);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let folder = tempfile::TempDir::new().unwrap();
    let url = format!("sqlite://{}", folder.path().join("bench.db").display());
    runtime.block_on(run("SQLite", &url, messages));
    if let Ok(server) = std::env::var("FIREBELL_TEST_POSTGRES") {
        runtime.block_on(async {
            let name = format!("firebell_bench_{}", std::process::id());
            let (admin, connection) = tokio_postgres::connect(&server, tokio_postgres::NoTls).await.unwrap();
            tokio::spawn(connection);
            admin.batch_execute(&format!("CREATE DATABASE {name}")).await.unwrap();
            let mut url = url::Url::parse(&server).unwrap();
            url.set_path(&name);
            run("PostgreSQL", url.as_str(), messages).await;
            admin.batch_execute(&format!("DROP DATABASE {name} WITH (FORCE)")).await.unwrap();
        });
    }
}

async fn run(engine: &str, url: &str, messages: usize) {
    let store = Store::open(StoreOptions::new(url)).await.unwrap();
    let rules = Arc::new(rules());
    let ids = declare(&store, &rules).await;
    println!("{engine}: {INCIDENTS} incidents, {messages} messages");
    take(&store, &rules, messages).await;
    let ids = Arc::new(ids);
    for (what, skip) in [("a timeline's first page", 0), ("a timeline's 10th page", 9 * 20)] {
        let ids = Arc::clone(&ids);
        latency(&store, what, move |tx, n| {
            timeline::page(tx, ids[n % INCIDENTS], skip, 20).map(|page| page.len())
        })
        .await;
    }
    for typed in ["payment timeout", "pool", "checkout sev2 30d", "\"word17 word3\"", "w", "open"] {
        let query = parse(&rules.incidents, typed, Timestamp::from_ms(NOW_MS)).unwrap().query;
        latency(&store, &format!("search: {typed}"), move |tx, _| {
            let viewer = Viewer::of(tx, "U0ANN", "D1", Timestamp::from_ms(NOW_MS))?;
            search(tx, &query, &viewer, 0, 10).map(|found| found.found.len())
        })
        .await;
    }
    latency(&store, "the three most alike", move |tx, n| {
        let one = incidents::by_id(tx, ids[n % INCIDENTS])?.expect("it is there");
        alike(tx, &one, 3).map(|found| found.len())
    })
    .await;
    store.close().await;
}

async fn declare(store: &Store, rules: &Arc<Rules>) -> Vec<i64> {
    let mut ids = Vec::new();
    for n in 0..INCIDENTS {
        let rules = Arc::clone(rules);
        let id = store.write(move |tx| -> Result<i64, StoreError> {
            let random = SeededRandom::new(n as u64 + 1_000_000);
            let mut work = Work::new(tx, &rules, Timestamp::from_ms(NOW_MS), &random);
            people::put_member(work.tx, "U0ANN", "Ann", work.now)?;
            let by = By { actor: Actor::Person("U0ANN".to_owned()), via: Via::Command };
            let titles = ["Checkout fails", "Payment timeout", "Disk full on db", "Search is slow"];
            let title = format!("{} {n}", titles[n % titles.len()]);
            let wish = Wish { title, severity: Some(format!("SEV{}", n % 4 + 1)), ..Wish::default() };
            let Declared::New(mut made) = incident::declare(&mut work, wish, &by)? else { unreachable!() };
            made.channel_id = Some(channel(n));
            incidents::save(work.tx, &made)?;
            mirror::start(work.tx, &channel(n), made.id, work.now)?;
            if n % 2 == 0 {
                incident::resolve(&mut work, made.id, &by, Default::default())?;
            }
            Ok(made.id)
        });
        ids.push(id.await.unwrap());
    }
    ids
}

fn channel(n: usize) -> String {
    format!("C{:06}", n % INCIDENTS)
}

/// What people say: mostly the same few hundred words, now and then a rare one.
fn event(n: usize) -> Value {
    let random = SeededRandom::new(n as u64 ^ 0xbe11);
    let mut text = format!("message {n}:");
    for _ in 0..12 {
        let drawn = random.next_u64();
        let word = if drawn.is_multiple_of(10) { drawn / 10 % 50_000 } else { drawn / 10 % 40 };
        text.push_str(&format!(" word{word}"));
    }
    if n.is_multiple_of(997) {
        text.push_str(" the pool has no connections left");
    }
    let ts = format!("{}.{:06}", NOW_MS / 1_000 + (n / INCIDENTS) as i64, n % INCIDENTS + 1);
    json!({ "type": "message", "channel": channel(n), "user": format!("U{:03}", n % 40), "ts": ts,
            "event_ts": ts, "text": text })
}

/// Every message as an event, each in a transaction of its own; every tenth is edited, every fiftieth deleted, every
/// fifth gets a reaction.
async fn take(store: &Store, rules: &Arc<Rules>, messages: usize) {
    let watch = Stopwatch::start();
    let tasks: Vec<_> = (0..AT_ONCE)
        .map(|lane| {
            let (store, rules) = (store.clone(), Arc::clone(rules));
            tokio::spawn(async move {
                let mut events = 0_usize;
                // An incident's events come in order, one lane each.
                for n in (0..messages).filter(|n| n % INCIDENTS % AT_ONCE == lane) {
                    for event in events_of(n) {
                        let rules = Arc::clone(&rules);
                        let taken = store.write(move |tx| {
                            let random = SeededRandom::new(n as u64);
                            let now = Timestamp::from_ms(NOW_MS + n as i64);
                            let us = Us { user_id: "U0BELL".to_owned(), bot_id: None, app_id: None };
                            heard(&mut Work::new(tx, &rules, now, &random), &event, &us)
                        });
                        assert!(taken.await.unwrap(), "it is about a channel that is kept");
                        events += 1;
                    }
                }
                events
            })
        })
        .collect();
    let mut events = 0;
    for task in tasks {
        events += task.await.unwrap();
    }
    let took = watch.elapsed();
    let rate = events as f64 / took.as_secs_f64();
    println!(
        "  {events} events in {:.1} s: {rate:.0}/s, {:.0} times what Slack delivers",
        took.as_secs_f64(),
        rate * 3_600.0 / 30_000.0
    );
}

fn events_of(n: usize) -> Vec<Value> {
    let said = event(n);
    let mut events = vec![said.clone()];
    let stamp = |later: i64| format!("{}.500000", NOW_MS / 1_000 + n as i64 + later);
    if n.is_multiple_of(10) {
        let mut new = said.clone();
        new["text"] = json!(format!("{} and more", said["text"].as_str().unwrap()));
        new["edited"] = json!({ "user": said["user"], "ts": stamp(1) });
        events.push(json!({ "type": "message", "subtype": "message_changed", "channel": said["channel"],
            "event_ts": stamp(1), "message": new, "previous_message": said }));
    }
    if n % 5 == 1 {
        events.push(
            json!({ "type": "reaction_added", "user": "U001", "reaction": "eyes", "event_ts": stamp(2),
            "item": { "type": "message", "channel": said["channel"], "ts": said["ts"] } }),
        );
    }
    if n % 50 == 2 {
        events.push(json!({ "type": "message", "subtype": "message_deleted", "channel": said["channel"],
            "deleted_ts": said["ts"], "event_ts": stamp(3), "previous_message": said }));
    }
    events
}

async fn latency(
    store: &Store,
    what: &str,
    run: impl Fn(&mut dyn firebell::store::Tx, usize) -> Result<usize, StoreError> + Send + Sync + 'static,
) {
    let run = Arc::new(run);
    let (mut times, mut rows) = (Vec::new(), 0);
    for n in 0..TIMES {
        let run = Arc::clone(&run);
        let watch = Stopwatch::start();
        rows = store.read(move |tx| run(tx, n)).await.unwrap();
        times.push(watch.elapsed());
    }
    times.sort_unstable();
    let at = |share: usize| ms(times[(TIMES * share / 100).min(TIMES - 1)]);
    println!("  {what}: p50 {:.2} ms, p99 {:.2} ms ({rows} rows)", at(50), at(99));
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}

fn rules() -> Rules {
    let root = RouteSpec { receiver: Some("ops".to_owned()), ..RouteSpec::default() };
    Rules {
        version: "c0ffee".to_owned(),
        tree: Arc::new(RouteTree::build(&root, BuildOptions::default()).unwrap()),
        inhibit: InhibitRules::build(&[], Mode::default()).unwrap(),
        priorities: PriorityRules::default(),
        receivers: BTreeMap::new(),
        time_intervals: TimeIntervals::default(),
        links: Vec::new(),
        groups: GroupSettings::default(),
        slack: SlackSettings::default(),
        incidents: Settings::default(),
        rights: Rights::default(),
    }
}
