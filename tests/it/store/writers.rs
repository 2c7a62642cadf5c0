//! Any interleaving of writers, some of which fail or panic: exactly the successful ones are there, whole, and
//! each caller was told the truth.

use std::collections::BTreeMap;
use std::panic::resume_unwind;

use firebell::args;
use firebell::store::{Store, StoreError};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::engines::{Db, on_each_engine};

/// How one write ends, after it wrote some rows.
#[derive(Clone, Copy, Debug)]
enum End {
    Well,
    Refuses,
    Panics,
    /// A statement fails, and the closure says `Ok` all the same.
    HidesAFailure,
}

#[derive(Clone, Copy, Debug)]
struct Write {
    rows: i64,
    end: End,
}

fn writers() -> impl Strategy<Value = Vec<Vec<Write>>> {
    let end = prop_oneof![
        4 => Just(End::Well), 1 => Just(End::Refuses), 1 => Just(End::Panics), 1 => Just(End::HidesAFailure)
    ];
    let write = (0_i64..4, end).prop_map(|(rows, end)| Write { rows, end });
    prop::collection::vec(prop::collection::vec(write, 1..8), 1..8)
}

async fn write(store: &Store, id: i64, write: Write) -> Result<i64, StoreError> {
    let run = store.write(move |tx| {
        for part in 0..write.rows {
            let key = format!("{id}/{part}");
            tx.exec("INSERT INTO meta (key, value) VALUES (?1, ?2)", args![&key, &write.rows.to_string()])?;
        }
        match write.end {
            End::Well => Ok(id),
            End::Refuses => Err(StoreError::Backup("refused".into())),
            End::Panics => resume_unwind(Box::new("panicked")),
            End::HidesAFailure => {
                let _ = tx.exec("INSERT INTO meta (key, value) VALUES (?1, NULL)", args!["hidden"]);
                Ok(id)
            }
        }
    });
    run.await
}

/// How many rows each write has, and how many it should have.
async fn there(store: &Store) -> BTreeMap<i64, (i64, i64)> {
    let rows = store.read(|tx| tx.query("SELECT key, value FROM meta", args![])).await.unwrap();
    let mut writes = BTreeMap::new();
    for row in rows {
        let id = row.get::<String>(0).unwrap().split('/').next().unwrap().parse().unwrap();
        let should = row.get::<String>(1).unwrap().parse().unwrap();
        writes.entry(id).or_insert((0, should)).0 += 1;
    }
    writes
}

async fn check(store: &Store, writers: Vec<Vec<Write>>) {
    let tasks: Vec<_> = writers
        .into_iter()
        .zip(0_i64..)
        .map(|(writes, writer)| {
            let store = store.clone();
            tokio::spawn(async move {
                let mut expected = BTreeMap::new();
                for (one, number) in writes.into_iter().zip(0_i64..) {
                    let id = writer * 1_000 + number;
                    let told = write(&store, id, one).await;
                    match one.end {
                        End::Well => assert_eq!(told, Ok(id)),
                        End::Refuses => assert_eq!(told, Err(StoreError::Backup("refused".into()))),
                        End::Panics => assert_eq!(told, Err(StoreError::Panicked("panicked".into()))),
                        End::HidesAFailure => {
                            assert!(matches!(told, Err(StoreError::Constraint(_))), "{told:?}")
                        }
                    }
                    if told.is_ok() && one.rows > 0 {
                        expected.insert(id, (one.rows, one.rows));
                    }
                    // Whoever was told sees it, and nobody sees half of another's.
                    let seen = there(&store).await;
                    assert!(
                        expected.iter().all(|(id, rows)| seen.get(id) == Some(rows)),
                        "{expected:?} in {seen:?}"
                    );
                    assert!(seen.values().all(|(rows, should)| rows == should), "half a write: {seen:?}");
                }
                expected
            })
        })
        .collect();
    let mut expected = BTreeMap::new();
    for task in tasks {
        expected.extend(task.await.unwrap());
    }
    assert_eq!(there(store).await, expected);
}

#[test]
fn exactly_the_successful_ones_are_there() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(on_each_engine(async |db| {
        let cases = if db.url.starts_with("sqlite") { 40 } else { 10 };
        let store = db.open().await;
        let handle = tokio::runtime::Handle::current();
        let mut runner = TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() });
        let property = |writers: Vec<Vec<Write>>| {
            handle.block_on(async {
                store.write(|tx| tx.exec("DELETE FROM meta", args![])).await.unwrap();
                check(&store, writers).await;
            });
            Ok(())
        };
        tokio::task::block_in_place(|| runner.run(&writers(), property)).unwrap();
        store.close().await;
    }));
}

#[tokio::test(flavor = "multi_thread")]
async fn when_the_commit_fails_everybody_is_told_and_nothing_is_there() {
    on_each_engine(async |db| {
        let store = db.open().await;
        // A deferred constraint, which no migration may have: the one way to make a commit fail at will.
        store
            .write(|tx| {
                let sql = "CREATE TABLE child (key TEXT REFERENCES meta (key) DEFERRABLE INITIALLY DEFERRED)";
                tx.exec(sql, args![])
            })
            .await
            .unwrap();
        let (hold, held) = std::sync::mpsc::channel::<()>();
        let held = std::sync::Mutex::new(held);
        // The first write keeps the writer busy until the others have queued behind it.
        let first = tokio::spawn({
            let store = store.clone();
            async move {
                let broken = store.write(move |tx| {
                    tx.exec("INSERT INTO child (key) VALUES (?1)", args!["nobody"])?;
                    let _ = held.lock().unwrap().recv_timeout(std::time::Duration::from_millis(15));
                    Ok::<_, StoreError>(())
                });
                broken.await
            }
        });
        let others: Vec<_> = (0..5)
            .map(|n: i32| {
                let store = store.clone();
                let put = move |tx: &mut dyn firebell::store::Tx| {
                    tx.exec("INSERT INTO meta (key, value) VALUES (?1, ?2)", args![&n.to_string(), "x"])
                };
                tokio::spawn(async move { store.write(put).await })
            })
            .collect();
        drop(hold);
        let first = first.await.unwrap();
        assert!(matches!(first, Err(StoreError::Constraint(_))), "{first:?}");
        let mut done = 0;
        for other in others {
            match other.await.unwrap() {
                Ok(_) => done += 1,
                Err(error) => assert!(matches!(error, StoreError::Constraint(_)), "{error}"),
            }
        }
        let there = store.read(|tx| tx.query_i64("SELECT count(*) FROM meta", args![])).await;
        assert_eq!(there, Ok(done));
        let orphans = store.read(|tx| tx.query_i64("SELECT count(*) FROM child", args![])).await;
        assert_eq!(orphans, Ok(0));
        assert!(store.write(|tx| tx.exec("DELETE FROM meta", args![])).await.is_ok());
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn writes_that_wait_together_share_a_commit() {
    use std::sync::atomic::Ordering::Relaxed;
    let db = Db::sqlite();
    let store = db.open().await;
    let writes: Vec<_> = (0..200)
        .map(|id| {
            let store = store.clone();
            tokio::spawn(async move { write(&store, id, Write { rows: 1, end: End::Well }).await })
        })
        .collect();
    for one in writes {
        one.await.unwrap().unwrap();
    }
    let stats = store.stats();
    assert_eq!(stats.writes.load(Relaxed), 200);
    assert!(stats.commits.load(Relaxed) < 100, "{stats:?}");
    assert!(stats.largest_batch.load(Relaxed) > 2, "{stats:?}");
    store.close().await;
}
