//! Durable writes per second on SQLite with 1, 8 and 32 writers at once: group commit beside one commit each.
//!
//! `cargo bench --bench store`. The disk decides: where fsync is slow, sharing it is everything.

#![allow(clippy::unwrap_used, reason = "a benchmark")]

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use firebell::args;
use firebell::clock::Stopwatch;
use firebell::store::{Store, StoreOptions};
use rusqlite::Connection;
use tempfile::TempDir;

const WRITERS: [u64; 3] = [1, 8, 32];
const SQL: &str = "INSERT INTO meta (key, value) VALUES (?1, ?2)";
static NEXT: AtomicI64 = AtomicI64::new(0);

fn key() -> String {
    NEXT.fetch_add(1, Ordering::Relaxed).to_string()
}

/// The share of `writes` of each writer.
fn shares(writes: u64, writers: u64) -> impl Iterator<Item = u64> {
    (0..writers).map(move |writer| writes / writers + u64::from(writer < writes % writers))
}

fn group_commit(bench: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let mut group = bench.benchmark_group("group commit");
    for writers in WRITERS {
        let folder = TempDir::new().unwrap();
        let url = format!("sqlite://{}", folder.path().join("bench.db").display());
        let store = runtime.block_on(Store::open(StoreOptions::new(url))).unwrap();
        group.throughput(Throughput::Elements(1));
        group.bench_function(BenchmarkId::from_parameter(writers), |bencher| {
            bencher.iter_custom(|writes| runtime.block_on(write(&store, writes, writers)));
        });
        runtime.block_on(store.close());
    }
}

async fn write(store: &Store, writes: u64, writers: u64) -> Duration {
    let watch = Stopwatch::start();
    let spawn = |share| {
        let store = store.clone();
        tokio::spawn(async move {
            for _ in 0..share {
                let key = key();
                store.write(move |tx| tx.exec(SQL, args![&key, "x"])).await.unwrap();
            }
        })
    };
    for writer in shares(writes, writers).map(spawn).collect::<Vec<_>>() {
        writer.await.unwrap();
    }
    watch.elapsed()
}

fn one_commit_each(bench: &mut Criterion) {
    let mut group = bench.benchmark_group("one commit each");
    for writers in WRITERS {
        let folder = TempDir::new().unwrap();
        let conn = Connection::open(folder.path().join("bench.db")).unwrap();
        conn.execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 2000;
             PRAGMA cache_size = -4096; PRAGMA temp_store = MEMORY;
             CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT",
        )
        .unwrap();
        let conn = Arc::new(Mutex::new(conn));
        group.throughput(Throughput::Elements(1));
        group.bench_function(BenchmarkId::from_parameter(writers), |bencher| {
            bencher.iter_custom(|writes| {
                let watch = Stopwatch::start();
                std::thread::scope(|scope| {
                    for share in shares(writes, writers) {
                        let conn = &conn;
                        scope.spawn(move || {
                            for _ in 0..share {
                                let conn = conn.lock().unwrap();
                                conn.prepare_cached(SQL).unwrap().execute((key(), "x")).unwrap();
                            }
                        });
                    }
                });
                watch.elapsed()
            });
        });
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(10).measurement_time(Duration::from_secs(3));
    targets = group_commit, one_commit_each
}
criterion_main!(benches);
