//! When everything has come to rest, and moving the clock from one due moment to the next.

use std::sync::Arc;
use std::time::Duration;

use firebell::activity::{Activity, Counts};
use firebell::app::App;
use firebell::clock::Clock;
use firebell::config::ConfigWatch;
use firebell::domain::time::Timestamp;
use firebell::engine::tick;
use firebell::metrics::Metrics;
use firebell::outbox::Outbox;
use firebell::store::{Store, StoreError, Tx, inbox, lease, mirror, outbox, replicas, webhooks};
use firebell::web::SlackHealth;
use firebell::{args, sim};
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, select_all};

use super::world::World;

/// Real time within which everything comes to rest, on the slowest machine.
const GUARD: Duration = Duration::from_secs(90);

/// Simulated time within which what is expected must be seen: pacing (one message a second) passes in it.
const PATIENCE: Duration = Duration::from_secs(60);

/// The running app, as the harness looks at it.
#[derive(Clone)]
pub(crate) struct Handle {
    pub(crate) store: Store,
    pub(crate) metrics: Metrics,
    pub(crate) config: Arc<ConfigWatch>,
    pub(crate) base: String,
    outbox: Outbox,
    activity: Activity,
    slack: Arc<SlackHealth>,
    holder: String,
}

impl Handle {
    pub(super) fn new(app: &App, config: Arc<ConfigWatch>, base: String) -> Self {
        Self {
            store: app.store.clone(),
            metrics: app.metrics.clone(),
            config,
            base,
            outbox: app.outbox.clone(),
            activity: app.activity.clone(),
            slack: Arc::clone(&app.slack),
            holder: app.driver.holder.clone(),
        }
    }
}

impl Handle {
    /// Whether it does something that is not sending.
    pub(super) fn has_in_hand(&self) -> bool {
        self.activity.counts().in_hand() > 0
    }
}

/// What the database says is to be done.
#[derive(Clone, Debug)]
struct ToDo {
    alerts: i64,
    from_slack: i64,
    /// When Slack is asked again who made a request that is held back.
    held_at: Option<Timestamp>,
    engine_at: Option<Timestamp>,
    /// When a channel of an incident is to be read.
    mirror_at: Option<Timestamp>,
    outbox_now: i64,
    outbox_at: Option<Timestamp>,
    /// Rows in somebody's hands, by holder.
    held: Vec<(String, i64)>,
    /// Who drives, and until when.
    lease: Option<(String, i64)>,
    /// Those who are taken for alive.
    replicas: Vec<String>,
}

/// Rows that the outbox may deal with now; its own query locks them.
const SENDABLE: &str = "SELECT COUNT(*) FROM outbox o WHERE (o.state IN ('sending', 'uncertain') AND o.lease_ms <= ?1) \
    OR (o.state = 'waiting' AND o.not_before_ms <= ?1 AND o.priority <= ?2 \
    AND NOT EXISTS (SELECT 1 FROM outbox e WHERE e.lane = o.lane AND e.id < o.id AND e.state <> 'dead') \
    AND NOT EXISTS (SELECT 1 FROM bucket b WHERE b.name IN (o.destination, o.method) AND b.free_ms > ?1))";

/// Inputs that are to be dealt with now; those that are held back have their time.
const FROM_SLACK: &str =
    "SELECT COUNT(*) FROM inbox WHERE state = 'new' OR (state = 'held' AND retry_ms <= ?1)";

/// `strict`: channels that were away, and whose rows go strictly by urgency now.
fn to_do(tx: &mut dyn Tx, now: Timestamp, strict: &[String]) -> Result<ToDo, StoreError> {
    let mut priority_max = i64::MAX;
    for channel in strict {
        priority_max = outbox::unsettled(tx, channel, now)?.map_or(priority_max, |max| max.min(priority_max));
    }
    let held = tx.query(
        "SELECT holder, COUNT(*) FROM outbox WHERE holder IS NOT NULL AND state IN ('sending', 'uncertain') GROUP BY holder",
        args![],
    )?;
    let lease = tx.query_one("SELECT holder, until_ms FROM lease WHERE name = 'driver'", args![])?;
    Ok(ToDo {
        alerts: webhooks::count(tx)?,
        from_slack: tx.query_i64(FROM_SLACK, args![now])?,
        held_at: inbox::list_held(tx, 1_000)?.into_iter().map(|row| row.retry).min(),
        engine_at: tick::next_at(tx)?,
        mirror_at: mirror::next_at(tx)?,
        outbox_now: tx.query_i64(SENDABLE, args![now, priority_max])?,
        outbox_at: outbox::next_at(tx, now)?,
        held: held.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect::<Result<_, StoreError>>()?,
        lease: lease.map(|row| Ok::<_, StoreError>((row.get(0)?, row.get(1)?))).transpose()?,
        replicas: replicas::all(tx)?.into_iter().map(|one| one.holder).collect(),
    })
}

/// Numbers that change whenever anything does.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Stamp {
    sim: u64,
    apps: Vec<(Counts, usize)>,
}

impl World {
    fn stamp(&self) -> Stamp {
        let apps = self.running().iter().map(|app| (app.activity.counts(), app.outbox.in_flight())).collect();
        Stamp { sim: *self.sim.changes().borrow(), apps }
    }

    /// Why it is not at rest; `None` when it is.
    async fn busy(&self) -> Option<String> {
        let before = self.stamp();
        // Twice: first because it is cheap, then because the database was asked in between.
        if let Some(why) = self.busy_in_memory() {
            return Some(why);
        }
        let (now, apps) = (self.now(), self.running());
        let to_do = match apps.first() {
            Some(app) => {
                let strict = app.outbox.strict();
                Some(app.store.read(move |tx| to_do(tx, now, &strict)).await.unwrap())
            }
            None => None,
        };
        if let Some(why) = self.busy_in_memory() {
            return Some(why);
        }
        if let Some(to_do) = to_do
            && let Some(why) = self.database_busy(&to_do, &apps, now, &self.sim.rest())
        {
            return Some(why);
        }
        (before != self.stamp()).then(|| "something has just happened".to_owned())
    }

    fn busy_in_memory(&self) -> Option<String> {
        if self.clock.next_awaited_ms().is_some_and(|at| at <= self.clock.now_ms()) {
            return Some("somebody has yet to wake".to_owned());
        }
        let (rest, apps) = (self.sim.rest(), self.running());
        let nobody_listens = self.is_socket() && self.sim.sockets_open() == 0;
        // While nobody runs, Slack still tries as often as it does, and gives up.
        if rest.events > rest.events_held && (apps.is_empty() || !nobody_listens) {
            return Some(format!("the app is owed events: {rest:?}"));
        }
        if rest.sockets_ending > 0 {
            return Some(format!("{} sockets are about to end", rest.sockets_ending));
        }
        let busy =
            apps.iter().enumerate().find_map(|(number, app)| Some((number, self.app_busy(app, &rest)?)));
        busy.map(|(number, why)| format!("replica {number}: {why}"))
    }

    fn app_busy(&self, app: &Handle, rest: &sim::Rest) -> Option<String> {
        let calls = app.outbox.in_flight();
        // Who reads a channel has it in hand while Slack takes its time.
        let in_hand = app.activity.counts().in_hand();
        if in_hand > rest.calls_held.saturating_sub(calls) as u64 {
            return Some(format!("{in_hand} things in hand"));
        }
        if calls > rest.calls_held {
            return Some(format!("{calls} calls to Slack, {} held there", rest.calls_held));
        }
        if app.slack.identity.borrow().is_none() && !self.sim.is_out() && rest.calls_held == 0 {
            return Some("it does not know who it is".to_owned());
        }
        if let Some((status, _)) = &*app.slack.socket.borrow() {
            let status = status.borrow();
            if status.opening > 0 && rest.calls_held == 0 {
                return Some(format!("sockets are being opened: {status:?}"));
            }
        }
        let ready: usize = self
            .running()
            .iter()
            .filter_map(|app| app.slack.socket.borrow().as_ref().map(|(status, _)| status.borrow().ready))
            .sum();
        if self.is_socket() && ready != self.sim.sockets_open() {
            return Some(format!("{ready} sockets are ready, {} open", self.sim.sockets_open()));
        }
        None
    }

    fn database_busy(
        &self,
        to_do: &ToDo,
        apps: &[Handle],
        now: Timestamp,
        rest: &sim::Rest,
    ) -> Option<String> {
        let mine = |holder: &str| apps.iter().any(|app| app.holder == holder);
        // Without the lease a replica looks again in a few seconds.
        let led = !self.is_postgres() || to_do.lease.as_ref().is_some_and(|(holder, _)| mine(holder));
        if led && to_do.alerts > 0 {
            return Some(format!("{} webhooks wait in the inbox", to_do.alerts));
        }
        if led && to_do.engine_at.is_some_and(|at| at <= now) {
            return Some("something is due".to_owned());
        }
        let held: i64 = to_do.held.iter().filter(|(holder, _)| mine(holder)).map(|(_, count)| *count).sum();
        if usize::try_from(held).unwrap_or(0) > rest.calls_held {
            return Some(format!("{held} messages are on their way"));
        }
        if to_do.mirror_at.is_some_and(|at| at <= now) && !self.sim.is_out() && rest.calls_held == 0 {
            return Some("a channel is to be read".to_owned());
        }
        // While Slack does not answer, nothing is sent but the question whether it is back.
        let away = apps.iter().all(|app| app.outbox.ask_at().is_some_and(|at| at > now));
        if to_do.outbox_now > 0 && rest.calls_held == 0 && !away {
            return Some("a message may go now".to_owned());
        }
        None
    }

    /// The replica with a message on its way, when one has.
    pub(crate) fn sending(&self) -> usize {
        let handles = self.handles.borrow();
        let sends = |handle: &Option<Handle>| handle.as_ref().is_some_and(|one| one.outbox.in_flight() > 0);
        handles.iter().position(sends).expect("no replica sends")
    }

    /// The replica that takes alerts in and does what is due.
    pub(crate) async fn driving(&self) -> usize {
        let now = self.now();
        let holder = self.read(move |tx| lease::holder(tx, "driver", now)).await.expect("nobody drives");
        let handles = self.handles.borrow();
        let drives = |handle: &Option<Handle>| handle.as_ref().is_some_and(|one| one.holder == holder);
        handles.iter().position(drives).expect("who drives does not run")
    }

    /// Waits until nothing more happens without the clock moving.
    pub(crate) async fn settle(&self) {
        let settled = async {
            loop {
                let mut changes: Vec<BoxFuture<'static, ()>> = Vec::new();
                let mut sim = self.sim.changes();
                sim.mark_unchanged();
                changes.push(async move { drop(sim.changed().await) }.boxed());
                for app in self.running() {
                    let mut activity = app.activity.subscribe();
                    activity.mark_unchanged();
                    changes.push(async move { drop(activity.changed().await) }.boxed());
                    let mut identity = app.slack.identity.subscribe();
                    identity.mark_unchanged();
                    changes.push(async move { drop(identity.changed().await) }.boxed());
                    if let Some((status, _)) = &*app.slack.socket.borrow() {
                        let mut status = status.clone();
                        status.mark_unchanged();
                        changes.push(async move { drop(status.changed().await) }.boxed());
                    }
                }
                if self.busy().await.is_none() {
                    return;
                }
                // A clock's sleeper that is about to wake makes no noise when it does.
                if self.clock.next_awaited_ms().is_some_and(|at| at <= self.clock.now_ms()) {
                    tokio::task::yield_now().await;
                    continue;
                }
                select_all(changes).await;
            }
        };
        if tokio::time::timeout(GUARD, settled).await.is_err() {
            let why = self.busy().await.unwrap_or_else(|| "it came to rest without a word".to_owned());
            panic!("it does not come to rest: {why}\n{}", self.unrest().await);
        }
    }

    /// What is under way, for a scenario that hangs.
    pub(crate) async fn unrest(&self) -> String {
        let now = self.now();
        let Some(app) = self.running().into_iter().next() else {
            return format!("no app runs; {:?}", self.sim.rest());
        };
        let strict = app.outbox.strict();
        let to_do = app.store.read(move |tx| to_do(tx, now, &strict)).await;
        let socket = app.slack.socket.borrow().as_ref().map(|(status, _)| status.borrow().clone());
        format!("now {now}\n{to_do:#?}\n{:?}\n{:?}\n{socket:?}", self.sim.rest(), self.stamp())
    }

    /// The next moment at which something is due, after now.
    async fn next_moment(&self) -> Option<i64> {
        let now = self.now();
        let mut next = self.sim.rest().next_ms;
        let mut sooner = |at: Option<i64>| {
            if let Some(at) = at.filter(|at| *at > now.as_ms()) {
                next = Some(next.map_or(at, |next| next.min(at)));
            }
        };
        let apps = self.running();
        if let Some(app) = apps.first() {
            let strict = app.outbox.strict();
            let to_do = app.store.read(move |tx| to_do(tx, now, &strict)).await.unwrap();
            sooner(to_do.engine_at.map(Timestamp::as_ms));
            sooner(to_do.outbox_at.map(Timestamp::as_ms));
            sooner(to_do.mirror_at.map(Timestamp::as_ms));
            sooner(to_do.held_at.map(Timestamp::as_ms));
            for app in &apps {
                sooner(app.outbox.ask_at().map(Timestamp::as_ms));
            }
            // The others notice a dead replica by its silence, from one look to the next.
            let alive = |holder: &String| apps.iter().any(|app| app.holder == *holder);
            if !to_do.replicas.iter().all(alive) {
                sooner(self.clock.next_awaited_ms());
            }
            let overdue = to_do.alerts > 0 || to_do.engine_at.is_some_and(|at| at <= now);
            let led =
                to_do.lease.as_ref().is_some_and(|(holder, _)| apps.iter().any(|app| app.holder == *holder));
            if overdue && self.is_postgres() && !led {
                sooner(self.clock.next_awaited_ms());
            }
            if to_do.from_slack > 0 {
                sooner(self.clock.next_awaited_ms());
            }
        }
        if self.is_socket() && self.sim.sockets_open() == 0 && !self.sim.is_out() && !apps.is_empty() {
            sooner(self.clock.next_awaited_ms());
        }
        next
    }

    /// Lets simulated time pass, from one due moment to the next, coming to rest at each.
    pub(crate) async fn advance(&self, time: Duration) {
        self.settle().await;
        let target = self.clock.now_ms() + i64::try_from(time.as_millis()).unwrap();
        while let Some(next) = self.next_moment().await.filter(|next| *next <= target) {
            self.clock.set_ms(next);
            self.settle().await;
        }
        if self.clock.now_ms() < target {
            self.clock.set_ms(target);
            self.settle().await;
        }
    }

    /// Looks until it is found, letting a little simulated time pass if need be.
    pub(crate) async fn patiently<T>(&self, mut look: impl FnMut() -> Option<T>) -> Option<T> {
        self.settle().await;
        let last = self.clock.now_ms() + i64::try_from(PATIENCE.as_millis()).unwrap();
        loop {
            if let Some(found) = look() {
                return Some(found);
            }
            let next = self.next_moment().await.filter(|next| *next <= last)?;
            self.clock.set_ms(next);
            self.settle().await;
        }
    }

    /// Until a socket is open again. How soon the app notices that one is gone is the network's business, so the
    /// clock moves on by its back-off until it has.
    pub(crate) async fn reconnected(&self) {
        for _ in 0..60 {
            self.advance(Duration::from_secs(60)).await;
            let open = self.sim.wait_for_sockets(1);
            if tokio::time::timeout(Duration::from_millis(500), open).await.is_ok() {
                return self.settle().await;
            }
        }
        panic!("no socket is open an hour after they were dropped");
    }
}
