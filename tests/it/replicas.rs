//! Replicas on one database: when one dies, another goes on within seconds; when one is older than the database, it stops.

use std::sync::Arc;
use std::time::Duration;

use firebell::activity::Activity;
use firebell::clock::{Clock as _, ManualClock, SharedClock, SystemClock};
use firebell::domain::time::Timestamp;
use firebell::limits::{OUTBOX_LEASE, REPLICA_LOOKS};
use firebell::replica::{Pulse, Replica};
use firebell::sim::{Fault, FaultRule};
use firebell::store::{
    MIGRATIONS, Migration, OpenError, Store, StoreError, StoreOptions, lease, outbox, replicas,
};
use tokio::sync::watch;

use crate::harness::{Engine, Setup, Span, Transport, World, run};
use crate::outbox::{put_all, row};
use crate::store::engines::{Db, on_each_engine, on_postgres};

const START_MS: i64 = 1_700_000_000_000;

fn two() -> Setup {
    Setup::default().replicas(2).on(Engine::Postgres, Transport::Socket)
}

async fn dies_while_it_sends(world: &World, fault: Fault) {
    world.fault(FaultRule::new(fault).method("chat.postMessage").times(1));
    world.fire("DiskFull", &["db1"]).await;
    world.settle().await;
    world.kill(world.sending()).await;
    world.advance(10.seconds()).await;
    let left = world.read(outbox::counts).await;
    assert!(left.is_empty(), "it still waits for the dead replica: {left:?}");
    world.channel("#ops").expect_now("DiskFull").await;
    assert_eq!(world.channel("#ops").roots().len(), 1);
}

#[tokio::test]
async fn a_message_that_was_posted_when_its_replica_died_is_known_within_ten_seconds() {
    run(two(), |world| Box::pin(dies_while_it_sends(world, Fault::TimeoutAfter { after_ms: 60_000 }))).await;
}

#[tokio::test]
async fn a_message_that_was_not_posted_when_its_replica_died_is_there_within_ten_seconds() {
    run(two(), |world| Box::pin(dies_while_it_sends(world, Fault::TimeoutBefore { after_ms: 60_000 }))).await;
}

#[tokio::test]
async fn alerts_are_dealt_with_within_five_seconds_after_the_driving_replica_died() {
    run(two(), |world| {
        Box::pin(async move {
            world.advance(1.minutes()).await;
            world.kill(world.driving().await).await;
            world.fire("DiskFull", &["db1"]).await;
            world.advance(Duration::from_millis(4_900)).await;
            world.channel("#ops").expect_now("DiskFull").await;
        })
    })
    .await;
}

fn replica(
    store: &Store,
    clock: SharedClock,
    holder: &str,
    schema: i64,
) -> (Replica, watch::Receiver<Option<String>>) {
    let (superseded, seen) = watch::channel(None);
    let replica = Replica {
        store: store.clone(),
        clock,
        activity: Activity::default(),
        holder: holder.to_owned(),
        pulse: Pulse::silent(),
        schema,
        superseded,
        heard: Box::new(|| {}),
    };
    (replica, seen)
}

fn newest() -> i64 {
    MIGRATIONS.last().unwrap().version
}

/// Runs a replica, one look after the other.
async fn look(clock: &ManualClock, activity: &Activity) {
    let mut done = activity.subscribe();
    done.mark_unchanged();
    clock.advance_ms(1_000);
    while activity.counts().in_hand() > 0 || clock.next_awaited_ms().is_none_or(|at| at <= clock.now_ms()) {
        tokio::task::yield_now().await;
    }
}

/// Its clock may be a day off: what counts is whether it says anything new.
#[tokio::test]
async fn who_says_nothing_new_is_dead_and_who_does_is_not() {
    on_each_engine(async |db| {
        let store = db.open().await;
        let clock = ManualClock::new(START_MS);
        put_all(&store, vec![row("his", "his"), row("hers", "hers")]).await;
        let start = Timestamp::from_ms(START_MS);
        let set_up = store.write(move |tx| {
            for (holder, at) in [("dead", start), ("alive", start - Duration::from_hours(24))] {
                replicas::beat(tx, holder, newest(), at)?;
            }
            lease::acquire(tx, "driver", "dead", start, Duration::from_hours(1))?;
            for (one, holder) in
                outbox::sendable(tx, outbox::Wanted::any(start, 2))?.iter().zip(["dead", "alive"])
            {
                outbox::take(tx, one.id, holder, start, start + OUTBOX_LEASE)?;
            }
            Ok::<_, StoreError>(())
        });
        set_up.await.unwrap();
        let (us, _) = replica(&store, Arc::new(clock.clone()), "us", newest());
        let activity = us.activity.clone();
        let (stop, stopped) = watch::channel(false);
        let task = tokio::spawn(async move { us.run(stopped).await });
        for nth in 0..=REPLICA_LOOKS {
            let at = start - Duration::from_hours(24) + Duration::from_secs(u64::from(nth));
            store.write(move |tx| replicas::beat(tx, "alive", newest(), at)).await.unwrap();
            look(&clock, &activity).await;
        }
        stop.send_replace(true);
        task.await.unwrap();
        let now = Timestamp::from_ms(clock.now_ms());
        let seen = store.read(move |tx| {
            let names = replicas::all(tx)?.into_iter().map(|one| one.holder).collect::<Vec<_>>();
            Ok::<_, StoreError>((
                names,
                lease::holder(tx, "driver", now)?,
                outbox::held_by(tx, "alive")?.len(),
                outbox::held_by(tx, "dead")?.len(),
                outbox::next_at(tx, now)?,
            ))
        });
        let (names, driver, alive, dead, ask_at) = seen.await.unwrap();
        assert_eq!(names, ["alive", "us"]);
        assert_eq!((driver, alive, dead), (None, 1, 0));
        assert!(ask_at.unwrap() <= now + Duration::from_secs(5), "it is asked about soon");
        store.close().await;
    })
    .await;
}

fn one_more() -> &'static [Migration] {
    let mut steps = MIGRATIONS.to_vec();
    steps.push(Migration {
        version: newest() + 1,
        name: "of_tomorrow",
        sql: "CREATE TABLE tomorrow (id {int}) {strict};",
    });
    Box::leak(steps.into_boxed_slice())
}

async fn open_newer(db: &Db, upgrade_wait_ms: i64) -> Result<Store, OpenError> {
    Store::open(StoreOptions { migrations: one_more(), upgrade_wait_ms, ..db.options() }).await
}

/// The new one asks, the old one ends in good order, then the database is migrated.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_older_replica_makes_way_for_a_newer_one() {
    on_postgres(async |db| {
        let store = db.open().await;
        let (old, superseded) = replica(&store, Arc::new(SystemClock), "old", newest());
        let running = tokio::spawn(async move {
            let (_go_on, never) = watch::channel(false);
            old.run(never).await;
            old.leave().await;
        });
        while store.read(replicas::all).await.unwrap().is_empty() {
            SystemClock.wait_ms(10).await;
        }
        let newer = open_newer(db, 30_000).await.unwrap();
        running.await.unwrap();
        assert!(superseded.borrow().as_deref().unwrap().contains("a newer Firebell has the database"));
        newer.close().await;
        store.close().await;
    })
    .await;
}

/// One that does not know of this, or hangs: the new one does not start beside it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn beside_an_older_replica_that_goes_on_nothing_is_migrated() {
    on_postgres(async |db| {
        let store = db.open().await;
        let now = Timestamp::from_ms(db.options().clock.now_ms());
        store
            .write(move |tx| lease::acquire(tx, "driver", "of old", now, Duration::from_hours(1)))
            .await
            .unwrap();
        let refused = open_newer(db, 0).await.unwrap_err();
        assert!(matches!(refused, OpenError::OlderReplicas { count: 1, .. }), "{refused}");
        store.write(move |tx| lease::release(tx, "driver", "of old")).await.unwrap();
        open_newer(db, 0).await.unwrap().close().await;
        store.close().await;
    })
    .await;
}
