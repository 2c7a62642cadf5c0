//! Leases: one holder at a time, and nobody for ever.

use std::time::Duration;

use firebell::domain::time::Timestamp;
use firebell::store::{StoreError, Tx, lease};

use super::engines::on_each_engine;

const TIME: Duration = Duration::from_millis(100);

enum Step {
    Acquire,
    Renew,
    Release,
}

#[tokio::test]
async fn one_holder_at_a_time() {
    use Step::{Acquire, Release, Renew};
    // At which time who does what, whether it works, and who holds the lease then.
    let table = [
        (0, "a", Renew, false, None),
        (0, "a", Acquire, true, Some("a")),
        (10, "b", Acquire, false, Some("a")),
        (50, "a", Renew, true, Some("a")),
        (149, "b", Acquire, false, Some("a")),
        (150, "a", Renew, false, None),
        (150, "b", Acquire, true, Some("b")),
        (160, "a", Acquire, false, Some("b")),
        (170, "a", Release, false, Some("b")),
        (170, "b", Acquire, true, Some("b")),
        (180, "b", Release, true, None),
        (180, "a", Acquire, true, Some("a")),
    ];
    on_each_engine(async |db| {
        let store = db.open().await;
        for (row, (at_ms, who, step, works, held_by)) in table.iter().enumerate() {
            let now = Timestamp::from_ms(*at_ms);
            let act = match step {
                Acquire => |tx: &mut dyn Tx, who: &str, now| lease::acquire(tx, "tick", who, now, TIME),
                Renew => |tx: &mut dyn Tx, who: &str, now| lease::renew(tx, "tick", who, now, TIME),
                Release => |tx: &mut dyn Tx, who: &str, _| lease::release(tx, "tick", who),
            };
            let who = *who;
            let done = store
                .write(move |tx| Ok::<_, StoreError>((act(tx, who, now)?, lease::holder(tx, "tick", now)?)))
                .await
                .unwrap();
            assert_eq!((done.0, done.1.as_deref()), (*works, *held_by), "row {row}");
        }
        let other = store.read(|tx| lease::holder(tx, "another", Timestamp::from_ms(0))).await;
        assert_eq!(other, Ok(None));
        store.close().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_at_once_one_gets_it() {
    on_each_engine(async |db| {
        let store = db.open().await;
        let tries: Vec<_> = (0..16)
            .map(|n| {
                let store = store.clone();
                let who = format!("replica-{n}");
                let now = Timestamp::from_ms(1_000);
                tokio::spawn(async move {
                    store.write(move |tx| lease::acquire(tx, "tick", &who, now, TIME)).await
                })
            })
            .collect();
        let mut holders = 0;
        for one in tries {
            holders += u32::from(one.await.unwrap().unwrap());
        }
        assert_eq!(holders, 1);
        store.close().await;
    })
    .await;
}
