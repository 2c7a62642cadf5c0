//! Asking whether something arrived: in order, at the pace the other side allows, and never in the way of what is new.

use std::time::Duration;

use firebell::clock::ManualClock;
use firebell::domain::time::Timestamp;
use firebell::limits::{OUTBOX_ASKS_MAX, OUTBOX_IN_FLIGHT_MAX};
use firebell::outbox::{Asked, Receipt};
use firebell::store::outbox::{self, Bucket};
use firebell::store::{Store, StoreError};

use super::scripted::{Act, Scripted};
use super::{NewRow, Process, START_MS, live, put_all, row, until};
use crate::store::engines::on_each_engine;

/// Rows that were on their way when a process ended, the last one the most urgent; all may be asked about now.
async fn leave_unclear(store: &Store, count: i64) {
    let left = store.write(move |tx| {
        let start = Timestamp::from_ms(START_MS);
        for nth in 0..count {
            let key = format!("row-{nth:02}");
            let new = NewRow { key: &key, lane: &key, priority: 100 - nth, ..row("", "") };
            outbox::put(tx, &new)?;
        }
        for one in outbox::sendable(tx, outbox::Wanted::any(start, count))? {
            outbox::take(tx, one.id, "gone", start, start)?;
        }
        Ok::<_, StoreError>(())
    });
    left.await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn old_questions_leave_room_for_what_is_new() {
    on_each_engine(async |db| {
        let store = db.open().await;
        let (clock, script) = (ManualClock::new(START_MS), Scripted::default());
        let count = i64::try_from(OUTBOX_IN_FLIGHT_MAX).unwrap() + 10;
        (0..count).for_each(|_| script.on_ask(Act::Hang));
        leave_unclear(&store, count).await;
        put_all(&store, vec![NewRow { priority: 1_000, ..row("new", "new") }]).await;
        let process = Process::over(&store, &clock, script.clone(), "only", 1);
        until("the new one is sent", || script.sent() == ["new"]).await;
        until("questions are asked", || script.asked().len() == OUTBOX_ASKS_MAX).await;
        put_all(&store, vec![row("newer", "newer")]).await;
        process.outbox.wake();
        until("the newer one is sent", || script.sent() == ["new", "newer"]).await;
        let asked = script.asked();
        let urgent: Vec<String> =
            (0..count).rev().map(|nth| format!("row-{nth:02}")).take(asked.len()).collect();
        assert_eq!(
            {
                let mut asked = asked;
                asked.sort();
                asked.reverse();
                asked
            },
            urgent
        );
        process.die().await;
        store.close().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn questions_are_paced() {
    on_each_engine(async |db| {
        let store = db.open().await;
        let (clock, script) = (ManualClock::new(START_MS), Scripted::default());
        script.set_rate("ask", 1_000, 2);
        (0..6).for_each(|_| script.on_ask(Act::Answer(Asked::Arrived(Receipt::default()))));
        leave_unclear(&store, 6).await;
        let process = Process::over(&store, &clock, script.clone(), "only", 1);
        for expected in 2..=6 {
            while live(&store).await > 6 - expected {
                tokio::task::yield_now().await;
            }
            assert_eq!(script.asked().len() as i64, expected);
            let now = Timestamp::from_ms(START_MS + (expected - 2) * 1_000);
            let next = store.read(move |tx| outbox::next_at(tx, now)).await.unwrap();
            assert_eq!(next, (expected < 6).then_some(now + Duration::from_secs(1)));
            clock.advance_ms(1_000);
        }
        process.end().await;
        let mut asked = script.asked();
        asked[..2].sort_by(|a, b| b.cmp(a));
        assert_eq!(asked, ["row-05", "row-04", "row-03", "row-02", "row-01", "row-00"]);
        store.close().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_asks_too_fast_waits_as_long_as_told() {
    on_each_engine(async |db| {
        let store = db.open().await;
        let (clock, script) = (ManualClock::new(START_MS), Scripted::default());
        script.set_rate("ask", 1_000, 1);
        script.on_ask(Act::Answer(Asked::TooFast { retry_after_ms: 30_000 }));
        (0..2).for_each(|_| script.on_ask(Act::Answer(Asked::Arrived(Receipt::default()))));
        leave_unclear(&store, 2).await;
        let process = Process::over(&store, &clock, script.clone(), "only", 1);
        until("it is asked", || script.asked().len() == 1 && process.outbox.in_flight() == 0).await;
        // The other one was to be asked about a second later; then it learns that it must wait too.
        for (at_ms, expected) in [(1_000, 1), (29_999, 1), (30_000, 2), (31_000, 3)] {
            clock.set_ms(START_MS + at_ms);
            until("it was asked about", || script.asked().len() == expected).await;
            let now = Timestamp::from_ms(START_MS + at_ms);
            // Looked at without a lock: on PostgreSQL the worker passes over rows that somebody holds.
            let due = async || {
                let sql = "SELECT 1 FROM outbox WHERE state = 'uncertain' AND lease_ms <= ?1";
                store.read(move |tx| tx.query(sql, firebell::args![now])).await.unwrap().len()
            };
            while due().await > 0 {
                tokio::task::yield_now().await;
            }
            assert_eq!(script.asked().len(), expected, "after {at_ms} ms");
        }
        while live(&store).await > 0 {
            tokio::task::yield_now().await;
        }
        process.end().await;
        store.close().await;
    })
    .await;
}

/// What was written before the clock was set back must not close the outbox until that time comes again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clock_that_was_set_back_stops_nothing() {
    on_each_engine(async |db| {
        let store = db.open().await;
        let (clock, script) = (ManualClock::new(START_MS), Scripted::default());
        script.set_rate("room", 1_000, 3);
        let later = Timestamp::from_ms(START_MS) + Duration::from_hours(24);
        leave_unclear(&store, 1).await;
        let written = store.write(move |tx| {
            let bucket = Bucket { full: later.as_ms(), free: later.as_ms() };
            outbox::set_bucket(tx, "room", bucket)?;
            tx.exec("UPDATE outbox SET lease_ms = ?1", firebell::args![later])
        });
        assert_eq!(written.await, Ok(1));
        script.on_ask(Act::Answer(Asked::Arrived(Receipt::default())));
        let waits = |key, lane| NewRow { destination: "room", not_before: later, ..row(key, lane) };
        put_all(&store, vec![waits("a", "a"), waits("b", "b")]).await;
        let process = Process::over(&store, &clock, script.clone(), "only", 1);
        while live(&store).await > 0 {
            tokio::task::yield_now().await;
        }
        process.end().await;
        assert_eq!((script.sent().len(), script.asked().len()), (2, 1));
        store.close().await;
    })
    .await;
}
