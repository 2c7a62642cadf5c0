//! The store as its callers see it, on both engines.

use firebell::args;
use firebell::domain::time::Timestamp;
use firebell::store::{Store, StoreError, StoreOptions, events, lease};
use std::time::Duration;

#[tokio::test]
async fn smoke() {
    let store = Store::open(StoreOptions::new("sqlite::memory:")).await.unwrap();
    let id = store
        .write(|tx| {
            events::append(
                tx,
                &events::NewEvent {
                    at: Timestamp::from_ms(5),
                    subject: "s",
                    kind: "k",
                    actor: "a",
                    source: "x",
                    reason: "r",
                    data: "{}",
                },
            )
        })
        .await
        .unwrap();
    assert_eq!(id, 1);
    let failed: Result<(), StoreError> = store
        .write(|tx| {
            tx.exec("INSERT INTO meta (key, value) VALUES (?1, ?2)", args!["a", "b"])?;
            Err(StoreError::Closed)
        })
        .await;
    assert_eq!(failed, Err(StoreError::Closed));
    assert_eq!(store.read(|tx| tx.query_i64("SELECT count(*) FROM meta", args![])).await, Ok(0));
    let got = store
        .write(|tx| lease::acquire(tx, "tick", "a", Timestamp::from_ms(0), Duration::from_millis(10)))
        .await;
    assert_eq!(got, Ok(true));
    store.close().await;
    assert_eq!(store.ping().await, Err(StoreError::Closed));
}
