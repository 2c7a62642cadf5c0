//! A row is its sender's for the time of a lease, and no longer.

use std::time::Duration;

use firebell::clock::{Clock, ManualClock};
use firebell::domain::time::Timestamp;
use firebell::limits::OUTBOX_LEASE;
use firebell::outbox::{Asked, Receipt};
use firebell::store::{Store, StoreError, outbox};

use super::scripted::{Act, Scripted};
use super::{Process, START_MS, live, put_all, row, until};
use crate::store::engines::on_each_engine;

async fn states(store: &Store) -> Vec<(String, i64)> {
    store.read(outbox::counts).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_and_questions_without_an_answer_end_within_the_lease() {
    on_each_engine(async |db| {
        let store = db.open().await;
        let (clock, script) = (ManualClock::new(START_MS), Scripted::default());
        script.on_send(Act::Hang);
        script.on_ask(Act::Hang);
        script.on_ask(Act::Answer(Asked::Arrived(Receipt::default())));
        put_all(&store, vec![row("only", "lane")]).await;
        let process = Process::over(&store, &clock, script.clone(), "only", 1);
        let lease_ms = OUTBOX_LEASE.as_millis() as i64;
        for question in [false, true] {
            let calls = || (script.sent().len(), script.asked().len());
            until("a call is on its way", || calls() == (1, usize::from(question))).await;
            clock.advance_ms(lease_ms - 1);
            until("the call was given up within its lease", || process.outbox.in_flight() == 0).await;
            assert_eq!(states(&store).await, [("uncertain".to_owned(), 1)]);
            let now = Timestamp::from_ms(clock.now_ms());
            let next = store.read(move |tx| outbox::next_at(tx, now)).await.unwrap().unwrap();
            clock.set_ms(next.as_ms());
        }
        while live(&store).await > 0 {
            tokio::task::yield_now().await;
        }
        process.end().await;
        assert_eq!((script.sent().len(), script.asked().len()), (1, 2));
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn who_took_a_row_before_does_not_hold_it_under_a_later_lease() {
    on_each_engine(async |db| {
        let store = db.open().await;
        put_all(&store, vec![row("only", "lane")]).await;
        let start = Timestamp::from_ms(START_MS);
        let (first, second) = (start + Duration::from_secs(30), start + Duration::from_secs(60));
        let held = store.write(move |tx| {
            let id = outbox::sendable(tx, outbox::Wanted::any(start, 1))?[0].id;
            outbox::take(tx, id, "one", start, first)?;
            let mut held = vec![outbox::held(tx, id, "one", first)?];
            outbox::take_unclear(tx, id, "one", second)?;
            held.push(outbox::held(tx, id, "one", first)?);
            held.push(outbox::held(tx, id, "one", second)?);
            Ok::<_, StoreError>(held)
        });
        assert_eq!(held.await.unwrap(), [true, false, true]);
        store.close().await;
    })
    .await;
}

/// The program ended a moment ago: what it posted last may not be in Slack's history yet.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_on_its_way_at_the_end_is_not_asked_about_at_once() {
    on_each_engine(async |db| {
        let store = db.open().await;
        let (clock, script) = (ManualClock::new(START_MS), Scripted::default());
        script.on_ask(Act::Answer(Asked::Arrived(Receipt::default())));
        put_all(&store, vec![row("only", "lane")]).await;
        let start = Timestamp::from_ms(START_MS);
        let left = store.write(move |tx| {
            let id = outbox::sendable(tx, outbox::Wanted::any(start, 1))?[0].id;
            outbox::take(tx, id, "gone", start, start + OUTBOX_LEASE)?;
            outbox::abandon(tx, start)
        });
        assert_eq!(left.await.unwrap(), 1);
        let next = store.read(move |tx| outbox::next_at(tx, start)).await.unwrap();
        assert_eq!(next, Some(start + firebell::limits::OUTBOX_ASK_AFTER));
        let process = Process::over(&store, &clock, script.clone(), "only", 1);
        clock.set_ms(next.unwrap().as_ms());
        while live(&store).await > 0 {
            process.outbox.wake();
            tokio::task::yield_now().await;
        }
        process.end().await;
        assert_eq!((script.sent().len(), script.asked().len()), (0, 1));
        store.close().await;
    })
    .await;
}

/// The database said that a claim failed, and it was written all the same: what it took goes on now, not when its lease is
/// over.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_failed_claim_took_goes_on_at_once() {
    on_each_engine(async |db| {
        let store = db.open().await;
        let (clock, script) = (ManualClock::new(START_MS), Scripted::default());
        put_all(&store, vec![row("taken", "a"), row("other", "b")]).await;
        let start = Timestamp::from_ms(START_MS);
        let taken = store.write(move |tx| {
            let id = outbox::sendable(tx, outbox::Wanted::any(start, 1))?[0].id;
            outbox::take(tx, id, "only", start, start + OUTBOX_LEASE)
        });
        taken.await.unwrap();
        script.fail_claim();
        let process = Process::over(&store, &clock, script.clone(), "only", 1);
        until("the claim failed", || clock.next_awaited_ms() == Some(START_MS + 1_000)).await;
        assert!(script.sent().is_empty());
        clock.advance_ms(1_000);
        while live(&store).await > 0 {
            tokio::task::yield_now().await;
        }
        process.end().await;
        let mut sent = script.sent();
        sent.sort();
        assert_eq!(sent, ["other", "taken"]);
        assert!(script.asked().is_empty(), "it was never sent, so there is nothing to ask");
        store.close().await;
    })
    .await;
}
