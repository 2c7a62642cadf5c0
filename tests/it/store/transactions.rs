//! One transaction: types, errors, undoing, waking.

use firebell::args;
use firebell::domain::time::Timestamp;
use firebell::store::events::{self, NewEvent};
use firebell::store::{Dialect, Store, StoreError, Tx, Value};

use super::engines::{Db, on_each_engine};

fn put(tx: &mut dyn Tx, key: &str) -> Result<u64, StoreError> {
    tx.exec("INSERT INTO meta (key, value) VALUES (?1, ?2)", args![key, "x"])
}

async fn count(store: &Store) -> i64 {
    store.read(|tx| tx.query_i64("SELECT count(*) FROM meta", args![])).await.unwrap()
}

#[tokio::test]
async fn what_goes_in_comes_out() {
    on_each_engine(async |db| {
        let store = db.open().await;
        let row = store
            .write(|tx| {
                let blob = if tx.dialect() == Dialect::Sqlite { "BLOB" } else { "BYTEA" };
                let real = if tx.dialect() == Dialect::Sqlite { "REAL" } else { "DOUBLE PRECISION" };
                tx.exec(
                    &format!("CREATE TABLE kinds (i BIGINT, f {real}, t TEXT, b {blob}, n TEXT)"),
                    args![],
                )?;
                let none: Option<&str> = None;
                let sql = "INSERT INTO kinds (t, i, f, b, n) VALUES (?2, ?1, ?5, ?3, ?4)";
                tx.exec(sql, args![i64::MIN, "ü🔥\0.", &b"\x00\xff"[..], none, 0.25])?;
                tx.query_one("SELECT i, f, t, b, n FROM kinds WHERE i = ?1 OR t = ?2", args![i64::MIN, "?"])
            })
            .await
            .unwrap()
            .unwrap();
        let expected = [
            Value::I(i64::MIN),
            Value::F(0.25),
            Value::T("ü🔥\u{FFFD}.".into()),
            Value::B(b"\x00\xff".to_vec()),
            Value::Null,
        ];
        assert_eq!(row.values(), expected);
        assert_eq!(row.get::<Option<String>>(4), Ok(None));
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn sums_means_and_comparisons_are_read_alike() {
    on_each_engine(async |db| {
        let store = db.open().await;
        let big = 4_000_000_000_000_000_i64;
        let row = store
            .write(move |tx| {
                for (name, value) in [("a", big), ("b", 5), ("c", -90_002)] {
                    tx.exec("INSERT INTO counter (name, value) VALUES (?1, ?2)", args![name, value])?;
                }
                tx.query_one(
                    "SELECT sum(value), (SELECT avg(value) FROM counter WHERE name <> 'a'), count(*), max(name),
                            (SELECT sum(value) FROM counter WHERE name = 'c'), count(*) > 2,
                            (SELECT sum(value) FROM counter WHERE name = 'none') FROM counter",
                    args![],
                )
            })
            .await
            .unwrap()
            .unwrap();
        assert_eq!(row.get::<i64>(0), Ok(big + 5 - 90_002));
        assert!((row.get::<f64>(1).unwrap() + 44_998.5).abs() < 1e-9);
        assert_eq!(row.get::<usize>(2), Ok(3));
        assert_eq!(row.get::<String>(3), Ok("c".into()));
        assert_eq!(row.get::<i64>(4), Ok(-90_002));
        assert_eq!(row.get::<bool>(5), Ok(true));
        assert_eq!(row.get::<Option<i64>>(6), Ok(None));
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn text_sorts_by_bytes() {
    on_each_engine(async |db| {
        let store = db.open().await;
        let keys = store
            .write(|tx| {
                for key in ["b", "B", "a b", "ab", "ä", "_"] {
                    put(tx, key)?;
                }
                let rows = tx.query("SELECT key FROM meta ORDER BY key", args![])?;
                rows.iter().map(|row| row.get::<String>(0)).collect::<Result<Vec<_>, _>>()
            })
            .await;
        assert_eq!(keys.unwrap(), ["B", "_", "a b", "ab", "b", "ä"]);
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn an_error_undoes_everything() {
    on_each_engine(async |db| {
        let store = db.open().await;
        let own: Result<(), StoreError> = store
            .write(|tx| {
                put(tx, "a")?;
                Err(StoreError::Backup("my own".into()))
            })
            .await;
        assert_eq!(own, Err(StoreError::Backup("my own".into())));
        let panicked: Result<(), StoreError> = store
            .write(|tx| {
                put(tx, "a")?;
                std::panic::resume_unwind(Box::new("dropped the pager"))
            })
            .await;
        assert_eq!(panicked, Err(StoreError::Panicked("dropped the pager".into())));
        assert_eq!(count(&store).await, 0);
        let twice = store.write(|tx| put(tx, "a").and_then(|_| put(tx, "a"))).await;
        assert!(matches!(twice, Err(StoreError::Unique(_))), "{twice:?}");
        assert_eq!(count(&store).await, 0);
        assert_eq!(store.write(|tx| put(tx, "a")).await, Ok(1));
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn after_a_failed_statement_the_transaction_is_over() {
    on_each_engine(async |db| {
        let store = db.open().await;
        let swallowed = store
            .write(|tx| {
                put(tx, "a")?;
                let _ = put(tx, "a");
                let more = put(tx, "b");
                assert!(matches!(more, Err(StoreError::Unique(_))), "{more:?}");
                Ok(())
            })
            .await;
        assert!(matches!(swallowed, Err(StoreError::Unique(_))), "{swallowed:?}");
        assert_eq!(count(&store).await, 0);
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_wrong_statement_is_quoted_and_its_values_are_not() {
    on_each_engine(async |db| {
        let store = db.open().await;
        let wrong = |sql: &'static str| {
            let store = store.clone();
            async move {
                let outcome = store.write(move |tx| tx.query(sql, args!["s3cret"])).await;
                let words = outcome.unwrap_err().to_string();
                assert!(words.contains("in: SELECT") && !words.contains("s3cret"), "{words}");
            }
        };
        wrong("SELECT nothing FROM meta WHERE key = ?1").await;
        wrong("SELECT value FROM meta WHERE key = ?1 AND value = ?2").await;
        wrong("SELECT value FROM meta").await;
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_read_cannot_write_and_a_panic_in_it_harms_nobody() {
    on_each_engine(async |db| {
        let store = db.open().await;
        assert_eq!(store.read(|tx| put(tx, "a")).await, Err(StoreError::ReadOnly));
        for _ in 0..20 {
            let panicked: Result<(), StoreError> =
                store.read(|_| std::panic::resume_unwind(Box::new("no"))).await;
            assert_eq!(panicked, Err(StoreError::Panicked("no".into())));
        }
        assert_eq!(count(&store).await, 0);
        assert_eq!(store.ping().await, Ok(()));
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn row_locks_are_understood() {
    on_each_engine(async |db| {
        let store = db.open().await;
        let claim = "SELECT key FROM meta WHERE value = ?1 ORDER BY key LIMIT ?2 /*skip locked*/";
        let rows = store.write(move |tx| put(tx, "a").and_then(|_| tx.query(claim, args!["x", 5_u32]))).await;
        assert_eq!(rows.unwrap().len(), 1);
        let lock = "SELECT key FROM meta WHERE key = ?1 /*for update*/";
        assert!(store.write(move |tx| tx.query_one(lock, args!["a"])).await.unwrap().is_some());
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn ids_count_up_and_are_never_used_again() {
    on_each_engine(async |db| {
        let store = db.open().await;
        let add = |tx: &mut dyn Tx| events::append(tx, &event("a"));
        let first = store.write(add).await.unwrap();
        store.write(move |tx| tx.exec("DELETE FROM event WHERE id = ?1", args![first])).await.unwrap();
        assert!(store.write(add).await.unwrap() > first);
        store.close().await;
    })
    .await;
}

fn event(subject: &str) -> NewEvent<'_> {
    NewEvent {
        at: Timestamp::from_ms(1_000),
        subject,
        kind: "group.opened",
        actor: "firebell",
        source: "grafana",
        reason: "a first alert",
        data: "{}",
    }
}

#[tokio::test]
async fn events_are_read_by_subject_page_by_page() {
    on_each_engine(async |db| {
        let store = db.open().await;
        let ids = store
            .write(|tx| {
                let subjects = ["group:1", "group:2", "group:1", "group:1"];
                subjects.iter().map(|subject| events::append(tx, &event(subject))).collect::<Result<Vec<_>, _>>()
            })
            .await
            .unwrap();
        let page = |after| {
            let store = store.clone();
            async move { store.read(move |tx| events::list_by_subject(tx, "group:1", after, 2)).await.unwrap() }
        };
        let first = page(0).await;
        assert_eq!(first.iter().map(|e| e.id).collect::<Vec<_>>(), [ids[0], ids[2]]);
        assert_eq!((first[0].at, first[0].reason.as_str()), (Timestamp::from_ms(1_000), "a first alert"));
        let second = page(ids[2]).await;
        assert_eq!(second.iter().map(|e| e.id).collect::<Vec<_>>(), [ids[3]]);
        assert!(page(ids[3]).await.is_empty());
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn who_waits_is_woken_after_the_commit_and_not_without_one() {
    on_each_engine(async |db| {
        let store = db.open().await;
        let outbox = store.changes("outbox");
        let inbox = store.changes("inbox");
        // PostgreSQL rings everything once it listens; from then on only what changed.
        if db.dialect == Dialect::Postgres {
            store.changes("outbox").changed().await.unwrap();
        }
        let (mut outbox, mut inbox) = (outbox, inbox);
        outbox.mark_unchanged();
        inbox.mark_unchanged();
        let failed: Result<(), StoreError> = store
            .write(|tx| {
                tx.wake("outbox");
                Err(StoreError::Closed)
            })
            .await;
        assert!(failed.is_err() && !outbox.has_changed().unwrap());
        store
            .write(|tx| {
                tx.wake("outbox");
                tx.wake("outbox");
                put(tx, "a")
            })
            .await
            .unwrap();
        outbox.changed().await.unwrap();
        assert_eq!(count(&store).await, 1);
        assert!(!inbox.has_changed().unwrap());
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn closing_finishes_what_was_begun_and_refuses_the_rest() {
    let db = Db::sqlite();
    let store = db.open().await;
    let writes: Vec<_> = (0..500)
        .map(|n| {
            let store = store.clone();
            tokio::spawn(async move { store.write(move |tx| put(tx, &n.to_string())).await })
        })
        .collect();
    tokio::task::yield_now().await;
    store.close().await;
    store.close().await;
    let mut done = 0;
    for write in writes {
        match write.await.unwrap() {
            Ok(_) => done += 1,
            Err(error) => assert_eq!(error, StoreError::Closed),
        }
    }
    assert!(done > 0);
    assert_eq!(store.write(|tx| put(tx, "late")).await, Err(StoreError::Closed));
    assert_eq!(store.ping().await, Err(StoreError::Closed));
    assert_eq!(std::fs::metadata(db.path().with_extension("db-wal")).map_or(0, |wal| wal.len()), 0);
    drop(store);
    let again = db.open().await;
    assert_eq!(count(&again).await, done);
    again.close().await;
}
