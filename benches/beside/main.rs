//! Firebell beside Alertmanager under one load, in turns: `cargo bench --bench beside`. See `docs/performance.md`.
//!
//! `cargo bench --bench beside -- ingest latency storm memory` runs some of it; `ROUNDS=5` how often, `SECONDS=4` how
//! long each intake run is, `ALERTMANAGER=PATH` another one, `FOLDER=/dev/shm` the stores where no disk is waited for.
//! Linux only: it reads /proc.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark")]

mod alerts;
mod load;
mod machine;
mod servers;
mod sink;

use std::time::Duration;

use firebell::clock::{Clock as _, Stopwatch, SystemClock};

use machine::{Figures, Usage};
use servers::{Purpose, Server, Which};
use sink::Sink;

/// Alerts that are sent round and round.
const POOL: usize = 10_000;

fn from_env(name: &str, usual: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

/// In turns, so that both see the same neighbours; the first of a pair changes.
fn turns(rounds: u64) -> impl Iterator<Item = Which> {
    (0..rounds).flat_map(|round| {
        let mut pair = [Which::Firebell, Which::Alertmanager];
        pair.rotate_left((round % 2) as usize);
        pair
    })
}

fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with('-')).collect();
    let wants = |what: &str| wanted.is_empty() || wanted.iter().any(|one| one == what);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        machine::introduce();
        let rounds = from_env("ROUNDS", 5);
        if wants("ingest") {
            ingest(rounds).await;
        }
        if wants("latency") {
            latency(rounds).await;
        }
        if wants("storm") {
            storm(rounds, 1).await;
            storm(rounds, 1_000).await;
        }
        if wants("memory") {
            memory(rounds.min(3)).await;
        }
    });
}

/// Requests with one alert each (and with a hundred), one after the other on each connection; nothing is told.
async fn ingest(rounds: u64) {
    let span = Duration::from_secs(from_env("SECONDS", 4));
    for (batch, connections) in [(1, 1), (1, 8), (1, 32), (100, 8)] {
        let mut figures =
            Figures::new(&format!("intake, {batch} alert(s) a request, {connections} connection(s)"));
        for which in turns(rounds) {
            let sink = Sink::start().await;
            let server = Server::start(which, Purpose::Intake, &sink).await;
            let bodies = alerts::bodies(POOL, 100, batch, "Intake");
            let before = Usage::now(server.pid());
            let run = load::run(server.address, which.path(), &bodies, connections, span).await;
            let used = before.until_now(server.pid());
            assert_eq!(run.refused, 0, "{which:?} refused requests");
            let requests = run.times_us.len() as f64;
            figures.add(which, "requests/s", requests / run.took.as_secs_f64());
            figures.add(which, "CPU µs an alert", used.cpu_s * 1e6 / (requests * batch as f64));
            figures.add(which, "p50 ms", run.percentile_ms(0.50));
            figures.add(which, "p99 ms", run.percentile_ms(0.99));
            figures.add(which, "peak MiB", machine::peak_mib(server.pid()));
            figures.add(which, "others' CPU %", used.others_percent);
            server.stop().await;
        }
        figures.print();
    }
}

/// From the beginning of a POST to the call that tells of it: 300 groups, one every 20 ms.
async fn latency(rounds: u64) {
    let mut figures = Figures::new("webhook → message, 300 groups, one every 20 ms, group_wait 0s");
    for which in turns(rounds) {
        let sink = Sink::start().await;
        let server = Server::start(which, Purpose::AtOnce, &sink).await;
        let before = Usage::now(server.pid());
        let mut connection = load::Connection::open(server.address).await;
        let mut sent_at = Vec::new();
        for n in 0..300 {
            let body = format!("[{}]", alerts::alert(n, &format!("Latency{n}")));
            let next = SystemClock.now_ms() + 20;
            sent_at.push(sink.elapsed());
            assert!(connection.post(which.path(), body.as_bytes()).await.unwrap() < 300);
            SystemClock.wait_until_ms(next).await;
        }
        sink.wait_for_alerts(300, Duration::from_secs(60)).await;
        let used = before.until_now(server.pid());
        let mut took: Vec<f64> =
            (0..300).map(|n| (sink.seen_at(n).unwrap() - sent_at[n]).as_secs_f64() * 1e3).collect();
        took.sort_by(f64::total_cmp);
        figures.add(which, "p50 ms", took[150]);
        figures.add(which, "p99 ms", took[296]);
        figures.add(which, "CPU ms a group", used.cpu_s * 1e3 / 300.0);
        figures.add(which, "others' CPU %", used.others_percent);
        server.stop().await;
    }
    figures.print();
}

/// 10,000 alerts at once, a hundred a request over 8 connections; group_wait 1s, group_interval 5s.
async fn storm(rounds: u64, groups: usize) {
    let mut figures = Figures::new(&format!("10,000 alerts at once in {groups} group(s), group_wait 1s"));
    for which in turns(rounds) {
        let sink = Sink::start().await;
        let server = Server::start(which, Purpose::Storm, &sink).await;
        let bodies = alerts::bodies(POOL, groups, 100, "Storm");
        let before = Usage::now(server.pid());
        let watch = Stopwatch::start();
        let zero = sink.elapsed();
        load::once(server.address, which.path(), &bodies, 8).await;
        figures.add(which, "all taken in, s", watch.elapsed_s());
        // Alertmanager lists all; Firebell names ten a message and counts the rest.
        let all = sink.wait_for_all(POOL, groups, Duration::from_secs(120)).await - zero;
        figures.add(which, "all told, s", all.as_secs_f64());
        sink.wait_until_quiet(Duration::from_secs(7)).await;
        let used = before.until_now(server.pid());
        figures.add(which, "first told, s", (sink.first() - zero).as_secs_f64());
        figures.add(which, "calls", sink.calls() as f64);
        figures.add(which, "MiB sent", sink.mib());
        figures.add(which, "CPU s", used.cpu_s);
        figures.add(which, "peak MiB", machine::peak_mib(server.pid()));
        figures.add(which, "others' CPU %", used.others_percent);
        server.stop().await;
    }
    figures.print();
}

/// What N active alerts cost, once they have been quiet for ten seconds.
async fn memory(rounds: u64) {
    for count in [0, 10_000, 100_000] {
        let mut figures = Figures::new(&format!("memory with {count} active alerts"));
        for which in turns(rounds) {
            let sink = Sink::start().await;
            let server = Server::start(which, Purpose::Intake, &sink).await;
            let watch = Stopwatch::start();
            let bodies = if count == 0 { Vec::new() } else { alerts::bodies(count, 100, 500, "Memory") };
            load::once(server.address, which.path(), &bodies, 1).await;
            figures.add(which, "posting, s", watch.elapsed_s());
            SystemClock.wait_ms(10_000).await;
            figures.add(which, "RSS MiB", machine::rss_mib(server.pid()));
            figures.add(which, "peak MiB", machine::peak_mib(server.pid()));
            server.stop().await;
        }
        figures.print();
    }
}
