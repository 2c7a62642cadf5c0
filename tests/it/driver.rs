//! The driver: what comes in and what is due, when some of it cannot be dealt with, and when there is much of it.

use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use std::time::Duration;

use firebell::activity::Activity;
use firebell::app::driver::{Driver, Step};
use firebell::args;
use firebell::clock::ManualClock;
use firebell::config::{Loader, Need};
use firebell::domain::alert::{Alert, Intake, Status};
use firebell::domain::label::Labels;
use firebell::domain::time::Timestamp;
use firebell::engine::intake::AlertsRow;
use firebell::limits::{INTAKE_BATCH_ALERTS, INTAKE_BATCH_BYTES};
use firebell::metrics::Metrics;
use firebell::random::SeededRandom;
use firebell::runner::Runner;
use firebell::store::{Store, StoreError, Tx, webhooks};
use tokio::sync::watch;

use crate::harness::{Span, scenario};
use crate::store::engines::{Db, on_each_engine};

/// An alert of Prometheus, which ends when nobody repeats it.
fn prometheus(name: &str) -> String {
    format!(
        r#"[{{"labels": {{"alertname": "{name}"}}, "annotations": {{"summary": "{name} is bad"}},
        "startsAt": "2026-03-02T08:59:00Z", "generatorURL": "http://prom.example.org"}}]"#
    )
}

fn set_labels(tx: &mut dyn Tx, title: &str, labels: &str) -> Result<u64, StoreError> {
    let sql = "UPDATE alert_group SET group_labels = ?2 WHERE title LIKE ?1";
    tx.exec(sql, args![&format!("%{title}%"), labels])
}

scenario! {
    /// The alert of a group that no version of Firebell wrote cannot end. The others do, and so does it, once mended.
    async fn an_alert_that_cannot_end_holds_up_nothing_and_is_tried_again(world) {
        for name in ["First", "Odd", "Last"] {
            assert_eq!(world.post("prom", prometheus(name)).await, 200);
        }
        world.settle().await;
        let ops = world.channel("#ops");
        let first = ops.expect("First is bad").await;
        let odd = ops.expect("Odd is bad").await;
        let last = ops.expect("Last is bad").await;
        let store = world.running()[0].store.clone();
        assert_eq!(store.write(|tx| set_labels(tx, "Odd", "haunted")).await, Ok(1));
        world.advance(6.minutes()).await;
        for message in [&first, &last] {
            message.expect_update("resolved").await;
            message.thread().expect("Resolved by").await;
        }
        let counted = || {
            let text = world.running()[0].metrics.render();
            let line = text.lines().find(|line| line.contains("what=\"due_put_off\""));
            line.map_or(0, |line| line.rsplit(' ').next().unwrap().parse::<u32>().unwrap())
        };
        assert_eq!(counted(), 1, "put off once, not in a loop");
        assert_eq!(store.write(|tx| set_labels(tx, "Odd", "{}")).await, Ok(1));
        world.advance(10.minutes()).await;
        odd.expect_update("resolved").await;
        odd.thread().expect("Resolved by").await;
        assert_eq!(counted(), 1);
    }
}

const START_MS: i64 = 1_772_442_000_000;

/// A driver that does one step when it is told to.
async fn driver(db: &Db, store: &Store) -> Driver {
    let file = db.folder.path().join("rules.yaml");
    let one_group = "route: {receiver: ops, group_by: [alertname]}\nreceivers: [{name: ops}]\n";
    std::fs::write(&file, one_group).unwrap();
    let loader = Loader::new(&[file.display().to_string()], Need::Rules).unwrap();
    let config = loader.load(START_MS).await.unwrap().config.unwrap();
    Driver {
        runner: Runner {
            store: store.clone(),
            clock: Arc::new(ManualClock::new(START_MS)),
            random: Arc::new(SeededRandom::new(1)),
            rules: watch::Sender::new(Arc::new(firebell::app::rules::rules(&config))).subscribe(),
            metrics: Metrics::default(),
        },
        activity: Activity::default(),
        holder: "only".to_owned(),
        leads_until_ms: AtomicI64::new(0),
    }
}

/// A webhook with this many alerts, each with a text of this many bytes, received then.
async fn receive(store: &Store, alerts: usize, text_bytes: usize, received_ms: i64) {
    let at = Timestamp::from_ms(START_MS);
    let alert = |nth: usize| {
        let labels: Labels =
            [("alertname", "Storm".to_owned()), ("instance", format!("n{nth}"))].into_iter().collect();
        let text: Labels = [("description", "x".repeat(text_bytes))].into_iter().collect();
        Alert { annotations: text, ..Alert::new(labels, at) }
    };
    put(store, (0..alerts).map(alert).collect(), received_ms).await;
}

async fn put(store: &Store, alerts: Vec<Alert>, received_ms: i64) {
    let intake = Intake { alerts, ..Intake::default() };
    let body = serde_json::to_string(&AlertsRow { kind: "webhook".to_owned(), intake }).unwrap();
    let received = Timestamp::from_ms(received_ms);
    store.write(move |tx| webhooks::add(tx, "hook", &body, received)).await.unwrap();
}

async fn left(store: &Store) -> i64 {
    store.read(webhooks::count).await.unwrap()
}

#[tokio::test]
async fn one_transaction_takes_no_more_than_so_many_alerts() {
    on_each_engine(async |db| {
        let store = db.open().await;
        let driver = driver(db, &store).await;
        for alerts in [INTAKE_BATCH_ALERTS + 1, INTAKE_BATCH_ALERTS - 1, 1, 1] {
            receive(&store, alerts, 0, START_MS).await;
        }
        for expected in [3, 1, 0] {
            let more = driver.step().await.unwrap() == Step::More;
            assert_eq!((left(&store).await, more), (expected, expected > 0));
        }
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn one_transaction_takes_no_more_than_so_many_bytes() {
    on_each_engine(async |db| {
        let store = db.open().await;
        let driver = driver(db, &store).await;
        let half = INTAKE_BATCH_BYTES / 2 - 1_000;
        for bytes in [INTAKE_BATCH_BYTES + 1, half, half, half, 1] {
            receive(&store, 1, bytes, START_MS).await;
        }
        for expected in [4, 2, 0] {
            let more = driver.step().await.unwrap() == Step::More;
            assert_eq!((left(&store).await, more), (expected, expected > 0));
        }
        store.close().await;
    })
    .await;
}

/// The replica that took it in has a clock that is ahead; or ours was set back since.
#[tokio::test]
async fn what_seems_to_come_from_the_future_is_taken_in_now() {
    on_each_engine(async |db| {
        let store = db.open().await;
        let driver = driver(db, &store).await;
        let ahead = Duration::from_hours(1).as_millis() as i64;
        receive(&store, 1, 0, START_MS + ahead).await;
        driver.step().await.unwrap();
        assert_eq!(left(&store).await, 0);
        store.close().await;
    })
    .await;
}

/// While nobody drove (a replica died, a storm), an alert came and went: it is told nevertheless, unless it would have
/// waited for company.
#[tokio::test]
async fn what_came_and_went_in_one_batch_is_told_if_it_was_due() {
    on_each_engine(async |db| {
        let store = db.open().await;
        let driver = driver(db, &store).await;
        let alert = |name: &str, age: Duration| {
            let labels: Labels = [("alertname", name.to_owned())].into_iter().collect();
            Alert::new(labels, Timestamp::from_ms(START_MS) - age)
        };
        let (due, early) = (alert("Due", Duration::from_mins(5)), alert("Early", Duration::ZERO));
        put(&store, vec![due.clone(), early.clone()], START_MS).await;
        let end = Some(Timestamp::from_ms(START_MS));
        let over = |alert: Alert| Alert { status: Status::Resolved, ends_at: end, ..alert };
        put(&store, vec![over(due), over(early)], START_MS).await;
        driver.step().await.unwrap();
        let told = "SELECT title, state, notified_ms IS NOT NULL FROM alert_group ORDER BY title";
        let told = store.read(move |tx| {
            let rows = tx.query(told, args![])?;
            rows.iter()
                .map(|row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
                .collect::<Result<Vec<(String, String, bool)>, StoreError>>()
        });
        let expected = [("Due", true), ("Early", false)]
            .map(|(title, told)| (title.to_owned(), "resolved".to_owned(), told));
        assert_eq!(told.await.unwrap(), expected);
        store.close().await;
    })
    .await;
}
