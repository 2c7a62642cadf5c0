//! A row that cannot be dealt with is its own end, not that of the others.

use firebell::clock::ManualClock;
use firebell::outbox::Outcome;
use firebell::store::outbox;

use super::scripted::{Act, Scripted};
use super::{NewRow, Process, START_MS, live, put_all, row};
use crate::store::engines::on_each_engine;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_row_that_cannot_be_composed_is_buried_and_the_others_go() {
    on_each_engine(async |db| {
        let store = db.open().await;
        let (clock, script) = (ManualClock::new(START_MS), Scripted::default());
        let says = ["fine", "panic:compose", "odd:compose", "panic:compose,bury", "odd:compose,bury", "fine"];
        let keys = ["first", "a", "b", "c", "d", "last"];
        let rows = keys.into_iter().zip(says).map(|(key, say)| NewRow { say, ..row(key, key) });
        put_all(&store, rows.collect()).await;
        let process = Process::over(&store, &clock, script.clone(), "only", 1);
        while live(&store).await > 0 {
            tokio::task::yield_now().await;
        }
        process.end().await;
        let mut sent = script.sent();
        sent.sort();
        assert_eq!(sent, ["first", "last"]);
        let dead = store.read(|tx| outbox::dead(tx, 10)).await.unwrap();
        let reasons: Vec<String> = dead.into_iter().filter_map(|row| row.error).collect();
        assert_eq!(reasons.len(), 4);
        for (reason, words) in
            reasons.iter().zip(["an old row", "does not like c", "an old row", "does not like a"])
        {
            assert!(reason.contains(words), "{reasons:?}");
        }
        store.close().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_arrived_is_recorded_though_nothing_can_follow_from_it() {
    on_each_engine(async |db| {
        let store = db.open().await;
        let (clock, script) = (ManualClock::new(START_MS), Scripted::default());
        script.on_send(Act::Answer(Outcome::Refused("no such channel".to_owned())));
        let says = ["panic:bury", "odd:arrive", "panic:arrive"];
        let rows = ["a", "b", "c"].into_iter().zip(says).map(|(key, say)| NewRow { say, ..row(key, "lane") });
        put_all(&store, rows.collect()).await;
        let process = Process::over(&store, &clock, script.clone(), "only", 1);
        while live(&store).await > 0 {
            tokio::task::yield_now().await;
        }
        process.end().await;
        assert_eq!(script.sent(), ["a", "b", "c"], "each once");
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn what_is_refused_again_and_again_is_one_dead_letter() {
    on_each_engine(async |db| {
        let store = db.open().await;
        let buried = store.write(|tx| {
            for (key, merge_key) in [("a", Some("card")), ("b", None), ("c", Some("card")), ("d", None)] {
                outbox::put(tx, &NewRow { merge_key, ..row(key, "lane") })?;
                let id = tx.query_i64("SELECT MAX(id) FROM outbox", firebell::args![])?;
                outbox::bury(tx, id, "no such channel")?;
            }
            outbox::dead(tx, 10)
        });
        let keys: Vec<String> = buried.await.unwrap().into_iter().map(|row| row.key).collect();
        assert_eq!(keys, ["d", "c", "b"]);
        store.close().await;
    })
    .await;
}
