//! The outbox against a remote that fails in every way a seed can think of: nothing lost, nothing twice, the order
//! of each lane kept; with crashes between sending and recording, and with two processes on one database.

mod asks;
mod bad_rows;
mod leases;
mod remote;
mod scripted;

use std::sync::Arc;
use std::time::Duration;

use firebell::activity::Activity;
use firebell::clock::{Clock, ManualClock};
use firebell::config::{Need, load_str};
use firebell::domain::rules::Rules;
use firebell::domain::time::Timestamp;
use firebell::metrics::Metrics;
use firebell::outbox::{Channel, Outbox, Parts};
use firebell::random::{Random, SeededRandom};
use firebell::replica::Pulse;
use firebell::runner::Runner;
use firebell::store::outbox::{self, NewRow};
use firebell::store::{Store, StoreError};
use firebell::yaml::ThisMachine;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::store::engines::{Db, on_each_engine, on_postgres};
use remote::{Chances, FakeChannel, Remote};

const START_MS: i64 = 1_700_000_000_000;

fn rules() -> Rules {
    let text = "route: {receiver: ops}\nreceivers: [{name: ops}]\n";
    let loaded = load_str(text, Need::Rules, &ThisMachine);
    firebell::app::rules::rules(&loaded.config.unwrap())
}

/// One process that sends.
struct Process {
    outbox: Outbox,
    activity: Activity,
    task: JoinHandle<()>,
    stop: watch::Sender<bool>,
}

impl Process {
    fn start(store: &Store, clock: &ManualClock, remote: &Remote, holder: &str, seed: u64) -> Self {
        Self::over(store, clock, FakeChannel(remote.clone()), holder, seed)
    }

    fn over(store: &Store, clock: &ManualClock, channel: impl Channel, holder: &str, seed: u64) -> Self {
        let activity = Activity::default();
        let outbox = Outbox::new(Parts {
            runner: Runner {
                store: store.clone(),
                clock: Arc::new(clock.clone()),
                random: Arc::new(SeededRandom::new(seed)),
                rules: watch::Sender::new(Arc::new(rules())).subscribe(),
                metrics: Metrics::default(),
            },
            channels: vec![Arc::new(channel)],
            holder: holder.to_owned(),
            pulse: Pulse::alone(),
            activity: activity.clone(),
        });
        let stop = watch::Sender::new(false);
        let task = tokio::spawn({
            let (outbox, stop) = (outbox.clone(), stop.subscribe());
            async move { outbox.run(stop).await }
        });
        Self { outbox, activity, task, stop }
    }

    /// As kill -9 does: what is on its way is never recorded.
    async fn crash(self, remote: &Remote) {
        remote.let_go();
        self.die().await;
    }

    async fn die(self) {
        self.task.abort();
        let _aborted = self.task.await;
        self.outbox.quiet().await;
    }

    async fn end(self) {
        self.stop.send_replace(true);
        self.task.await.unwrap();
    }
}

async fn fill(store: &Store, seed: u64, lanes: u64, rows: u64) -> Vec<(String, String)> {
    let chance = SeededRandom::new(seed);
    let plan: Vec<(String, String, i64)> = (0..rows)
        .map(|nth| (format!("lane-{}", chance.below(lanes)), format!("row-{nth:04}"), chance.below(5) as i64))
        .collect();
    let now = Timestamp::from_ms(START_MS);
    let put = plan.clone();
    store
        .write(move |tx| {
            for (lane, key, priority) in &put {
                let row = NewRow {
                    key,
                    lane,
                    channel: "fake",
                    destination: lane,
                    method: "post",
                    priority: *priority,
                    say: key,
                    merge_key: None,
                    now,
                    not_before: now,
                    expires: None,
                };
                outbox::put(tx, &row)?;
            }
            Ok::<_, StoreError>(())
        })
        .await
        .unwrap();
    plan.into_iter().map(|(lane, key, _)| (lane, key)).collect()
}

/// A row that may go at once.
pub(crate) fn row(key: &'static str, lane: &'static str) -> NewRow<'static> {
    let now = Timestamp::from_ms(START_MS);
    NewRow {
        key,
        lane,
        channel: "fake",
        destination: "",
        method: "post",
        priority: 3,
        say: key,
        merge_key: None,
        now,
        not_before: now,
        expires: None,
    }
}

pub(crate) async fn put_all(store: &Store, rows: Vec<NewRow<'static>>) {
    let put = store.write(move |tx| rows.iter().try_for_each(|row| outbox::put(tx, row).map(drop)));
    put.await.unwrap();
}

/// Waits for what happens without the clock.
async fn until(what: &str, so: impl Fn() -> bool) {
    let wait = async {
        while !so() {
            tokio::task::yield_now().await;
        }
    };
    assert!(tokio::time::timeout(Duration::from_secs(60), wait).await.is_ok(), "it never comes that {what}");
}

async fn live(store: &Store) -> i64 {
    let counts = store.read(outbox::counts).await.unwrap();
    counts.iter().filter(|(state, _)| state != "dead").map(|(_, count)| count).sum()
}

/// Moves the clock to the next moment at which something may be sent or asked; only while nothing is on its way or is
/// being claimed: a claim can be read before whoever made it knows of it.
async fn pass_time(store: &Store, clock: &ManualClock, processes: &[&Process]) {
    let busy = |process: &&Process| process.outbox.in_flight() > 0 || process.activity.counts().in_hand() > 0;
    if processes.iter().any(busy) {
        tokio::task::yield_now().await;
        return;
    }
    let now = Timestamp::from_ms(clock.now_ms());
    let next = store.read(move |tx| outbox::next_at(tx, now)).await.unwrap();
    let asks = processes.iter().filter_map(|process| process.outbox.ask_at());
    match next.into_iter().chain(asks).min() {
        Some(next) if next > now => clock.set_ms(next.as_ms()),
        _ => clock.advance_ms(1),
    }
    for process in processes {
        process.outbox.wake();
    }
    tokio::task::yield_now().await;
}

/// Every row is with the remote exactly once, and each lane in its order; what was refused is a dead letter.
async fn check(store: &Store, remote: &Remote, plan: &[(String, String)], seed: u64) {
    let dead: Vec<String> =
        store.read(|tx| outbox::dead(tx, 10_000)).await.unwrap().into_iter().map(|row| row.key).collect();
    let arrived = remote.arrived();
    let refused = remote.refused();
    for key in &dead {
        assert!(refused.contains(key), "seed {seed}: {key} is a dead letter, but nobody refused it");
    }
    let lanes: std::collections::BTreeSet<&String> = plan.iter().map(|(lane, _)| lane).collect();
    for lane in lanes {
        let expected: Vec<&String> =
            plan.iter().filter(|(of, key)| of == lane && !dead.contains(key)).map(|(_, key)| key).collect();
        let got: Vec<&String> = arrived.iter().filter(|(of, _)| of == lane).map(|(_, key)| key).collect();
        assert_eq!(got, expected, "seed {seed}: {lane} is not what was to be said, in that order");
    }
}

async fn run(db: &Db, seed: u64, chances: Chances, crashes: bool) {
    let store = db.open().await;
    let clock = ManualClock::new(START_MS);
    let remote = Remote::new(seed, chances);
    let plan = fill(&store, seed, 6, 60).await;
    let mut process = Process::start(&store, &clock, &remote, "first", seed);
    let (mut steps, mut starts) = (0_u64, 1);
    while live(&store).await > 0 {
        steps += 1;
        assert!(steps < 200_000, "seed {seed}: it does not come to an end");
        if crashes && remote.wants_a_crash() {
            process.crash(&remote).await;
            starts += 1;
            let now = Timestamp::from_ms(clock.now_ms());
            store.write(move |tx| outbox::abandon(tx, now)).await.unwrap();
            process = Process::start(&store, &clock, &remote, &format!("start-{starts}"), seed + starts);
        }
        pass_time(&store, &clock, &[&process]).await;
    }
    process.end().await;
    check(&store, &remote, &plan, seed).await;
    store.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_or_said_twice_whatever_the_remote_does() {
    on_each_engine(async |db| {
        for seed in 0..6 {
            let db = if db.dialect == firebell::store::Dialect::Sqlite { &Db::sqlite() } else { db };
            run(db, seed, Chances::BAD_DAY, false).await;
            if db.dialect == firebell::store::Dialect::Postgres {
                break;
            }
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_or_said_twice_when_the_program_ends_at_any_moment() {
    on_each_engine(async |db| {
        for seed in 100..108 {
            let db = if db.dialect == firebell::store::Dialect::Sqlite { &Db::sqlite() } else { db };
            run(db, seed, Chances::BAD_DAY_WITH_CRASHES, true).await;
            if db.dialect == firebell::store::Dialect::Postgres {
                break;
            }
        }
    })
    .await;
}

/// Two replicas; one dies. The other takes over what it was sending once its lease is over, a matter of seconds.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_replicas_never_do_one_piece_of_work_twice() {
    on_postgres(async |db| {
        let (one, two) = (db.open().await, db.open().await);
        let clock = ManualClock::new(START_MS);
        let remote = Remote::new(7, Chances::BAD_DAY_WITH_CRASHES);
        let plan = fill(&one, 7, 8, 80).await;
        let first = Process::start(&one, &clock, &remote, "replica-1", 1);
        let second = Process::start(&two, &clock, &remote, "replica-2", 2);
        let mut first = Some(first);
        let mut steps = 0;
        while live(&one).await > 0 {
            steps += 1;
            assert!(steps < 200_000, "it does not come to an end");
            if remote.wants_a_crash()
                && let Some(dying) = first.take()
            {
                dying.die().await;
            }
            remote.let_go();
            let running: Vec<&Process> = first.iter().chain([&second]).collect();
            pass_time(&one, &clock, &running).await;
        }
        assert!(first.is_none(), "no replica died: the test tests nothing");
        let took = Duration::from_millis((clock.now_ms() - START_MS) as u64);
        assert!(took < Duration::from_secs(1_800), "it took {took:?}");
        second.end().await;
        check(&one, &remote, &plan, 7).await;
    })
    .await;
}

/// Priority is between lanes: a page overtakes the chatter of others, never what its own lane said before.
/// On one thread, so that calls arrive in the order in which they were sent on their way.
#[tokio::test]
async fn pages_go_first() {
    let db = Db::sqlite();
    let store = db.open().await;
    let clock = ManualClock::new(START_MS);
    let remote = Remote::new(1, Chances::FINE);
    let now = Timestamp::from_ms(START_MS);
    store
        .write(move |tx| {
            for (nth, priority) in [5, 5, 3, 5, 1].into_iter().enumerate() {
                let (lane, key) = (format!("lane-{nth}"), format!("row-{nth}"));
                outbox::put(
                    tx,
                    &NewRow {
                        key: &key,
                        lane: &lane,
                        channel: "fake",
                        destination: "one-channel",
                        method: "post",
                        priority,
                        say: &key,
                        merge_key: None,
                        now,
                        not_before: now,
                        expires: None,
                    },
                )?;
            }
            Ok::<_, StoreError>(())
        })
        .await
        .unwrap();
    let process = Process::start(&store, &clock, &remote, "only", 1);
    while live(&store).await > 0 {
        pass_time(&store, &clock, &[&process]).await;
    }
    process.end().await;
    let order: Vec<String> = remote.arrived().into_iter().map(|(_, key)| key).collect();
    assert_eq!(order, ["row-4", "row-2", "row-0", "row-1", "row-3"]);
    assert!(clock.now_ms() - START_MS >= 4_000, "one a second and destination");
}

/// A page behind a lane's own chatter takes the whole lane along.
#[tokio::test]
async fn what_an_urgent_row_waits_for_is_as_urgent() {
    on_each_engine(async |db| {
        let store = db.open().await;
        let (clock, remote) = (ManualClock::new(START_MS), Remote::new(1, Chances::FINE));
        let card = |key, priority, say| NewRow {
            destination: "one-channel",
            merge_key: Some("card"),
            priority,
            say,
            ..row(key, "storm")
        };
        let of = |key, lane, priority| NewRow { destination: "one-channel", priority, ..row(key, lane) };
        let rows = vec![
            of("other-1", "a", 3),
            of("other-2", "b", 3),
            of("chatter", "page", 5),
            of("update", "page", 4),
            of("page", "page", 1),
            of("note", "storm", 5),
            card("card", 4, "old"),
            card("again", 2, "new"),
        ];
        put_all(&store, rows).await;
        let process = Process::start(&store, &clock, &remote, "only", 1);
        for left in (0..7).rev() {
            while live(&store).await > left {
                tokio::task::yield_now().await;
            }
            clock.advance_ms(1_000);
        }
        process.end().await;
        let order: Vec<String> = remote.arrived().into_iter().map(|(_, key)| key).collect();
        assert_eq!(order, ["chatter", "update", "page", "note", "card", "other-1", "other-2"]);
        store.close().await;
    })
    .await;
}

/// What waits for the same message is said once, in its newest words; what is too late is not said.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn updates_merge_and_late_ones_expire() {
    let db = Db::sqlite();
    let store = db.open().await;
    let clock = ManualClock::new(START_MS);
    let remote = Remote::new(1, Chances::FINE);
    let now = Timestamp::from_ms(START_MS);
    let merged = store
        .write(move |tx| {
            let mut merged = 0;
            for nth in 0..10 {
                let (key, say) = (format!("update-{nth}"), format!("state-{nth}"));
                let put = outbox::put(
                    tx,
                    &NewRow {
                        key: &key,
                        lane: "card",
                        channel: "fake",
                        destination: "",
                        method: "update",
                        priority: 4,
                        say: &say,
                        merge_key: Some("card"),
                        now,
                        not_before: now,
                        expires: None,
                    },
                )?;
                merged += i32::from(put == outbox::Put::Merged);
            }
            let late = NewRow {
                key: "modal",
                lane: "modal",
                channel: "fake",
                destination: "",
                method: "open",
                priority: 0,
                say: "modal",
                merge_key: None,
                now,
                not_before: now,
                expires: Some(now),
            };
            outbox::put(tx, &late)?;
            Ok::<_, StoreError>(merged)
        })
        .await
        .unwrap();
    assert_eq!(merged, 9);
    let process = Process::start(&store, &clock, &remote, "only", 1);
    while live(&store).await > 0 {
        pass_time(&store, &clock, &[&process]).await;
    }
    process.end().await;
    assert_eq!(remote.said(), ["state-9"]);
}
