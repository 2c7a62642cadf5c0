//! What costs more, the more there is: lists, previews, "why" and silences over thousands of open groups, what is forgotten,
//! and the export of a long record; and how long a small write waits meanwhile, which is what an alert that comes in does.
//!
//! `cargo bench --bench growth`; with `FIREBELL_TEST_POSTGRES` on PostgreSQL, too (a database of its own, dropped afterwards).
//! Each shape is measured at one size and at ten times that: what should not grow must not, and the rest no faster than its
//! size. `SIZE=1000` is the smaller one.

#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::expect_used, reason = "a benchmark")]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use firebell::app::rules::rules;
use firebell::args;
use firebell::clock::Stopwatch;
use firebell::config::{Need, load_str};
use firebell::domain::actor::{Actor, Via};
use firebell::domain::group::{Facts, Group, State};
use firebell::domain::label::Labels;
use firebell::domain::matcher::Matchers;
use firebell::domain::priority::Priority;
use firebell::domain::record::Shown;
use firebell::domain::rules::Rules;
use firebell::domain::time::Timestamp;
use firebell::engine::deeds::By;
use firebell::engine::find::{self, Filter};
use firebell::engine::incident::record::{self, Format};
use firebell::engine::incident::{self, Wish};
use firebell::engine::{Work, hush, look, tick};
use firebell::limits::{ALERTS_PAGE, RETENTION_BATCH, RETENTION_PAGES};
use firebell::random::SeededRandom;
use firebell::store::alerts::AlertRow;
use firebell::store::retention::{self, KINDS, Place};
use firebell::store::{Store, StoreError, StoreOptions, Tx, alerts, groups, incidents};
use firebell::yaml::TestSurroundings;

const NOW: Timestamp = Timestamp::from_ms(1_772_442_000_000);
const HOUR: Duration = Duration::from_hours(1);

fn main() {
    if std::env::args().any(|arg| arg == "--test") {
        return;
    }
    let size = std::env::var("SIZE").ok().and_then(|n| n.parse().ok()).unwrap_or(1_000);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    for size in [size, size * 10] {
        let folder = tempfile::TempDir::new().unwrap();
        let url = format!("sqlite://{}", folder.path().join("bench.db").display());
        runtime.block_on(run("SQLite", &url, size));
    }
    if let Ok(server) = std::env::var("FIREBELL_TEST_POSTGRES") {
        for size in [size, size * 10] {
            runtime.block_on(async {
                let name = format!("firebell_bench_{}", std::process::id());
                let (admin, connection) =
                    tokio_postgres::connect(&server, tokio_postgres::NoTls).await.unwrap();
                tokio::spawn(connection);
                admin.batch_execute(&format!("CREATE DATABASE {name}")).await.unwrap();
                let mut url = url::Url::parse(&server).unwrap();
                url.set_path(&name);
                run("PostgreSQL", url.as_str(), size).await;
                admin.batch_execute(&format!("DROP DATABASE {name} WITH (FORCE)")).await.unwrap();
            });
        }
    }
}

async fn run(engine: &str, url: &str, size: usize) {
    let store = Store::open(StoreOptions::new(url)).await.unwrap();
    println!("{engine}: {size} open groups, as many resolved, as many entries of a timeline");
    fill(&store, size, State::Firing).await;
    fill(&store, size, State::Resolved).await;
    let matchers = |text: &str| Matchers::parse(text).unwrap();
    let shapes: [(&str, Filter); 4] = [
        ("alerts", Filter::default()),
        ("alerts, a word", Filter { words: vec!["77".to_owned()], ..Filter::default() }),
        ("alerts, a label", Filter { matchers: Some(matchers("team=t7")), ..Filter::default() }),
        ("alerts, a pattern", Filter { matchers: Some(matchers("team=~\"t[78]\"")), ..Filter::default() }),
    ];
    for (what, filter) in shapes {
        reads(&store, what, move |tx| find::page(tx, &filter, 1, ALERTS_PAGE).map(|found| found.total)).await;
    }
    let preview = matchers("env=prod");
    reads(&store, "preview of a silence", move |tx| {
        find::covered(tx, &preview).map(|covered| covered.whole.count)
    })
    .await;
    let the_rules = rules_of();
    reads(&store, "why", move |tx| {
        let group = groups::by_number(tx, 1)?.expect("it is there");
        look::why_here(tx, &the_rules, group, NOW).map(|here| here.quiet.len())
    })
    .await;
    reads(&store, "App Home", |tx| look::home(tx, "U0ANN", NOW).map(|home| home.waiting.len())).await;
    silences(&store, matchers("team=~\"t[0-4]\"")).await;
    record_of(&store, size).await;
    retention(&store).await;
    store.close().await;
}

fn rules_of() -> Arc<Rules> {
    let yaml = "store: {url: 'sqlite::memory:'}\nroute: {receiver: ops}\n\
                receivers: [{name: ops, slack: {channel: '#ops'}}]\n";
    Arc::new(rules(&load_str(yaml, Need::Rules, &TestSurroundings::default()).config.unwrap()))
}

async fn fill(store: &Store, size: usize, state: State) {
    for some in (0..size).step_by(500) {
        let filled = store.write(move |tx| {
            for nth in some..size.min(some + 500) {
                let resolved_at = (state == State::Resolved).then_some(NOW - HOUR);
                let group = Group {
                    id: 0,
                    number: 0,
                    integration: "am".to_owned(),
                    kind: "alertmanager".to_owned(),
                    receiver: "ops".to_owned(),
                    route: "{}".to_owned(),
                    group_key: format!("am/{{}}/{nth}"),
                    group_labels: [("alertname", "DiskFull")].into_iter().collect(),
                    channels: vec!["#ops".to_owned()],
                    title: format!("DiskFull on host {nth}"),
                    priority: Priority::from_number(u8::try_from(nth % 5).unwrap() + 1).unwrap(),
                    state,
                    facts: Facts::default(),
                    firing: u32::from(state != State::Resolved),
                    resolved: u32::from(state == State::Resolved),
                    notified_at: Some(NOW),
                    flushed_at: None,
                    created_at: NOW - HOUR,
                    updated_at: NOW,
                    resolved_at,
                    attached_to: None,
                };
                let group = groups::add(tx, &group)?;
                let (team, host) = (format!("t{}", nth % 10), format!("host-{nth}"));
                let labels =
                    [("alertname", "DiskFull"), ("team", &team), ("instance", &host), ("env", "prod")];
                let labels: Labels = labels.into_iter().collect();
                alerts::put(tx, &alert(&group, &labels))?;
                tx.exec(
                    "INSERT INTO message_ref (name, channel_id, ts, posted_ms) VALUES (?1, 'C1', ?2, ?3)",
                    args![&format!("group:{}@#ops", group.id), &format!("{}.1", group.id), NOW - HOUR],
                )?;
                for kind in ["created", "notified", "resolved"] {
                    tx.exec(
                        "INSERT INTO event (at_ms, subject, kind, actor, source, reason, data) \
                         VALUES (?1, ?2, ?3, 'firebell', 'source', 'a reason', '{}')",
                        args![NOW - HOUR, &format!("group:{}", group.id), kind],
                    )?;
                }
            }
            Ok::<_, StoreError>(())
        });
        filled.await.unwrap();
    }
}

fn alert(group: &Group, labels: &Labels) -> AlertRow {
    AlertRow {
        group_id: group.id,
        fingerprint: format!("{:016x}", group.id),
        integration: "am".to_owned(),
        firing: group.state != State::Resolved,
        priority: u32::from(group.priority.as_number()),
        starts: NOW - HOUR,
        ended: group.resolved_at,
        expires: None,
        seen: NOW,
        told: "firing".to_owned(),
        labels: serde_json::to_string(labels).unwrap(),
        data: "{}".to_owned(),
    }
}

/// Small writes, one after the other, until told to stop: how long each took.
fn small_writes(store: &Store) -> (Arc<AtomicBool>, tokio::task::JoinHandle<Vec<Duration>>) {
    let stop = Arc::new(AtomicBool::new(false));
    let (store, seen) = (store.clone(), Arc::clone(&stop));
    let task = tokio::spawn(async move {
        let mut times = Vec::new();
        while !seen.load(Ordering::Relaxed) {
            let watch = Stopwatch::start();
            let sql = "INSERT INTO meta (key, value) VALUES ('small', '1') ON CONFLICT (key) DO UPDATE SET value = '2'";
            store.write(move |tx| tx.exec(sql, args![])).await.unwrap();
            times.push(watch.elapsed());
            tokio::task::yield_now().await;
        }
        times
    });
    (stop, task)
}

/// Runs it while small writes go on, and says how long both took.
async fn beside<T>(store: &Store, what: &str, run: impl Future<Output = T>) -> T {
    let (stop, writes) = small_writes(store);
    let watch = Stopwatch::start();
    let result = run.await;
    let took = watch.elapsed();
    stop.store(true, Ordering::Relaxed);
    let mut times = writes.await.unwrap();
    times.sort_unstable();
    let at = |share: usize| {
        times.get((times.len() * share / 100).min(times.len() - 1)).copied().unwrap_or_default()
    };
    println!(
        "  {what}: {:.1} ms; small writes meanwhile p50 {:.2} ms, p99 {:.2} ms, worst {:.2} ms",
        ms(took),
        ms(at(50)),
        ms(at(99)),
        ms(times.last().copied().unwrap_or_default())
    );
    result
}

async fn reads(
    store: &Store,
    what: &str,
    run: impl Fn(&mut dyn Tx) -> Result<usize, StoreError> + Send + Sync + 'static,
) {
    const TIMES: u32 = 20;
    let run = Arc::new(run);
    let all = async {
        let mut count = 0;
        for _ in 0..TIMES {
            let run = Arc::clone(&run);
            count = store.read(move |tx| run(tx)).await.unwrap();
        }
        count
    };
    let count = beside(store, &format!("{TIMES} times {what}"), all).await;
    println!("    {count} found");
}

async fn work<T: Send + 'static>(
    store: &Store,
    job: impl Fn(&mut Work<'_>) -> Result<T, StoreError> + Send + Sync + 'static,
) -> T {
    let rules = rules_of();
    let done = store.write(move |tx| {
        let random = SeededRandom::new(1);
        job(&mut Work::new(tx, &rules, NOW, &random))
    });
    done.await.unwrap()
}

fn ann() -> By {
    By { actor: Actor::Person("U0ANN".to_owned()), via: Via::Command }
}

async fn tick_all(store: &Store) {
    while store.read(tick::next_at).await.unwrap().is_some_and(|at| at <= NOW) {
        work(store, tick::tick).await;
    }
}

async fn silences(store: &Store, matchers: Matchers) {
    let id = beside(store, "a silence over half of them", async {
        let id = work(store, move |work| hush::silence(work, &matchers, NOW, NOW + HOUR, "", &ann())).await;
        tick_all(store).await;
        id
    })
    .await;
    beside(store, "its end", async {
        work(store, move |work| hush::unsilence(work, id, &ann())).await;
        tick_all(store).await;
    })
    .await;
}

async fn record_of(store: &Store, entries: usize) {
    work(store, |work| {
        incident::declare(work, Wish { title: "It burns".to_owned(), ..Wish::default() }, &ann()).map(drop)
    })
    .await;
    for some in (0..entries).step_by(500) {
        let said = store.write(move |tx| {
            let text = "somebody says something of the usual length, with a few words in it; ".repeat(2);
            for nth in some..entries.min(some + 500) {
                let at = NOW + Duration::from_secs(nth as u64);
                tx.exec(
                    "INSERT INTO message (incident_id, channel_id, ts, at_ms, kind, user_id, author, text, plain, seen_ms) \
                     VALUES (1, 'C1', ?1, ?2, 'said', 'U1', 'Ann', ?3, ?3, ?2)",
                    args![&format!("{}.{:06}", at.as_s(), nth % 1_000_000), at, &text],
                )?;
            }
            Ok::<_, StoreError>(())
        });
        said.await.unwrap();
    }
    for format in [Format::Json, Format::Markdown] {
        let before = peak_kib(true);
        let bytes = beside(store, &format!("the record as {format:?}"), async {
            let written = store.read(move |tx| {
                let incident = incidents::by_number(tx, 1)?.expect("it was declared");
                let mut bytes = 0;
                record::write(tx, &incident, format, Shown::PUBLISHED, &|_, _| None, &mut |piece| {
                    bytes += piece.len();
                    Ok::<_, StoreError>(())
                })?;
                Ok::<_, StoreError>(bytes)
            });
            written.await.unwrap()
        })
        .await;
        println!("    {} KiB written, memory grew by {} KiB at most", bytes / 1024, peak_kib(false) - before);
    }
}

/// The most memory the process had since it was last set back, which is done first if `set_back` (Linux only).
fn peak_kib(set_back: bool) -> i64 {
    if set_back {
        let _ = std::fs::write("/proc/self/clear_refs", "5");
    }
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

async fn retention(store: &Store) {
    let removed = beside(store, "what is forgotten, without its rests", async {
        let mut removed = 0;
        for kind in KINDS {
            let mut after = Place::default();
            loop {
                let from = after.clone();
                let listed = store.read(move |tx| retention::list(tx, kind, NOW, &from, RETENTION_BATCH));
                let Some(old) = listed.await.unwrap() else { break };
                after = old.end.clone();
                let mut more = true;
                while more {
                    let old = old.clone();
                    let done =
                        store.write_lazily(move |tx| retention::remove(tx, kind, NOW, &old)).await.unwrap();
                    removed += done.rows;
                    more = done.more;
                }
            }
        }
        removed
    })
    .await;
    println!("    {removed} rows");
    let given = beside(store, "space given back", async {
        let mut steps = 0;
        while store.write_lazily(|tx| retention::give_back(tx, RETENTION_PAGES)).await.unwrap() > 0 {
            steps += 1;
        }
        steps
    })
    .await;
    println!("    in {given} steps");
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}
