//! What only several replicas on one PostgreSQL meet: collisions, lost connections, wake-ups from afar.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering::Relaxed;

use firebell::args;
use firebell::store::{Store, StoreError, StoreOptions, Tx};

use super::engines::{admin, on_postgres};

async fn two(options: &StoreOptions) -> [Store; 2] {
    [Store::open(options.clone()).await.unwrap(), Store::open(options.clone()).await.unwrap()]
}

fn count_up(tx: &mut dyn Tx) -> Result<i64, StoreError> {
    let row = tx.query_one("SELECT value FROM counter WHERE name = ?1", args!["group"])?;
    let next = row.map_or(Ok(0), |row| row.get::<i64>(0))? + 1;
    tx.exec(
        "INSERT INTO counter (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        args!["group", next],
    )?;
    Ok(next)
}

#[tokio::test(flavor = "multi_thread")]
async fn replicas_that_collide_try_again_and_lose_nothing() {
    on_postgres(async |db| {
        let stores = two(&db.options()).await;
        let tasks: Vec<_> = stores
            .iter()
            .flat_map(|store| (0..4).map(move |_| store.clone()))
            .map(|store| {
                tokio::spawn(async move {
                    let mut numbers = Vec::new();
                    while numbers.len() < 8 {
                        match store.write(count_up).await {
                            Ok(number) => numbers.push(number),
                            Err(error) => assert!(matches!(error, StoreError::Conflict { .. }), "{error}"),
                        }
                    }
                    numbers
                })
            })
            .collect();
        let mut all = Vec::new();
        for task in tasks {
            all.extend(task.await.unwrap());
        }
        all.sort_unstable();
        assert_eq!(all, (1..=64).collect::<Vec<i64>>());
        assert!(stores.iter().any(|store| store.stats().retries.load(Relaxed) > 0));
        for store in stores {
            store.close().await;
        }
    })
    .await;
}

/// Several statements on rows that all others change too.
fn count_all_up(tx: &mut dyn Tx) -> Result<(), StoreError> {
    for name in ["a", "b", "c", "d", "e", "f"] {
        let row = tx.query_one("SELECT value FROM counter WHERE name = ?1", args![name])?;
        let next = row.map_or(Ok(0), |row| row.get::<i64>(0))? + 1;
        tx.exec(
            "INSERT INTO counter (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            args![name, next],
        )?;
    }
    Ok(())
}

/// 33 writers at once, from three replicas, and no writer ever learns of the others.
#[tokio::test(flavor = "multi_thread")]
async fn a_storm_of_writers_on_the_same_rows_gets_through() {
    on_postgres(async |db| {
        let mut stores = two(&db.options()).await.to_vec();
        stores.push(db.open().await);
        let tasks: Vec<_> = stores
            .iter()
            .flat_map(|store| (0..11).map(move |_| store.clone()))
            .map(|store| {
                tokio::spawn(async move {
                    for _ in 0..12 {
                        store.write(count_all_up).await?;
                    }
                    Ok::<_, StoreError>(())
                })
            })
            .collect();
        for task in tasks {
            assert_eq!(task.await.unwrap(), Ok(()));
        }
        let sum = "SELECT CAST(SUM(value) AS BIGINT) FROM counter";
        let sum = stores[0].read(move |tx| tx.query_i64(sum, args![])).await;
        assert_eq!(sum, Ok(6 * 3 * 11 * 12));
        for store in stores {
            store.close().await;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_piece_of_work_is_claimed_once() {
    on_postgres(async |db| {
        let stores = two(&db.options()).await;
        let filled = stores[0].write(|tx| {
            for n in 0..40 {
                tx.exec("INSERT INTO meta (key, value) VALUES (?1, 'due')", args![&format!("{n:02}")])?;
            }
            Ok::<_, StoreError>(())
        });
        filled.await.unwrap();
        let claim = |tx: &mut dyn Tx| {
            let sql = "SELECT key FROM meta WHERE value = 'due' ORDER BY key LIMIT 3 /*skip locked*/";
            let mut mine = Vec::new();
            for row in tx.query(sql, args![])? {
                let key: String = row.get(0)?;
                tx.exec("UPDATE meta SET value = 'claimed' WHERE key = ?1", args![&key])?;
                mine.push(key);
            }
            Ok::<_, StoreError>(mine)
        };
        let workers: Vec<_> = stores
            .iter()
            .map(|store| {
                let store = store.clone();
                tokio::spawn(async move {
                    let mut all = Vec::new();
                    loop {
                        match store.write(claim).await {
                            Ok(mine) if mine.is_empty() => return all,
                            Ok(mine) => all.extend(mine),
                            Err(error) => assert!(matches!(error, StoreError::Conflict { .. }), "{error}"),
                        }
                    }
                })
            })
            .collect();
        let mut claimed = Vec::new();
        for worker in workers {
            claimed.extend(worker.await.unwrap());
        }
        assert_eq!(claimed.len(), 40);
        assert_eq!(claimed.iter().collect::<BTreeSet<_>>().len(), 40);
        for store in stores {
            store.close().await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_change_wakes_the_other_replica() {
    on_postgres(async |db| {
        let [here, there] = two(&db.options()).await;
        let mut bell = there.changes("outbox");
        let mut other = there.changes("inbox");
        // Once for the beginning: it listens from now on.
        bell.changed().await.unwrap();
        other.changed().await.unwrap();
        here.write(|tx| {
            tx.wake("outbox");
            count_up(tx)
        })
        .await
        .unwrap();
        bell.changed().await.unwrap();
        assert!(!other.has_changed().unwrap());
        let seen = there.read(|tx| tx.query_i64("SELECT value FROM counter", args![])).await;
        assert_eq!(seen, Ok(1));
        here.close().await;
        there.close().await;
    })
    .await;
}

const END_ALL: &str = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
     WHERE datname = current_database() AND application_name = 'firebell' AND pid <> pg_backend_pid()";

#[tokio::test(flavor = "multi_thread")]
async fn lost_connections_are_made_anew() {
    on_postgres(async |db| {
        let store = db.open().await;
        let mut bell = store.changes("outbox");
        bell.changed().await.unwrap();
        let plain = admin(&db.url).await;
        assert_eq!(store.write(count_up).await, Ok(1));
        plain.batch_execute(END_ALL).await.unwrap();
        assert_eq!(store.write(count_up).await, Ok(2));
        // In the middle of a transaction: it is run again, from its beginning.
        let runs = std::sync::Arc::new(std::sync::atomic::AtomicU32::new(0));
        let counted = std::sync::Arc::clone(&runs);
        let outcome = store.write(move |tx| {
            let number = count_up(tx)?;
            if counted.fetch_add(1, Relaxed) == 0 {
                tx.query("SELECT pg_terminate_backend(pg_backend_pid())", args![])?;
            }
            Ok::<_, StoreError>(number)
        });
        assert_eq!(outcome.await, Ok(3));
        assert_eq!(runs.load(Relaxed), 2);
        assert!(store.stats().reconnects.load(Relaxed) > 0);
        // The listener is back too, and says that something may have been missed.
        bell.changed().await.unwrap();
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_connection_that_breaks_in_the_commit_is_an_error_of_its_own() {
    on_postgres(async |db| {
        let store = db.open().await;
        let plain = admin(&db.url).await;
        plain
            .batch_execute(
                "CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS
                 'BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END';
                 CREATE CONSTRAINT TRIGGER die AFTER INSERT ON meta DEFERRABLE INITIALLY DEFERRED
                 FOR EACH ROW EXECUTE FUNCTION die();",
            )
            .await
            .unwrap();
        let put = |tx: &mut dyn Tx| tx.exec("INSERT INTO meta (key, value) VALUES ('a', 'x')", args![]);
        let unknown = store.write(put).await;
        assert!(matches!(unknown, Err(StoreError::CommitUnknown(_))), "{unknown:?}");
        assert_eq!(store.stats().unknown_commits.load(Relaxed), 1);
        assert_eq!(store.write(count_up).await, Ok(1));
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_server_without_tls_is_refused_when_tls_is_asked_for() {
    on_postgres(async |db| {
        let plain = db.url.replace("sslmode=disable", "");
        let plain = plain.trim_end_matches('?');
        let admin = admin(&format!("{plain}?sslmode=disable")).await;
        let on: String = admin.query_one("SHOW ssl", &[]).await.unwrap().get(0);
        if on == "on" {
            Store::open(StoreOptions::new(format!("{plain}?sslmode=require"))).await.unwrap().close().await;
            return;
        }
        Store::open(StoreOptions::new(format!("{plain}?sslmode=prefer"))).await.unwrap().close().await;
        let error = Store::open(StoreOptions::new(format!("{plain}?sslmode=require"))).await.unwrap_err();
        assert!(error.to_string().contains("TLS"), "{error}");
    })
    .await;
}
