//! Wiring: what is made of what, what runs, and in which order it stops. Decides nothing.

mod alarm;
mod deleted;
pub mod driver;
mod forget;
pub mod numbers;
pub mod rules;
mod whois;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64};

use anyhow::Context as _;
use futures_util::future::BoxFuture;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tracing::{info, warn};

use crate::activity::Activity;
use crate::channels::channels;
use crate::channels::slack::{Pace, SlackChannel};
use crate::clock::SharedClock;
use crate::config::{Config, ConfigWatch, Polled, SlackConfig, SlackMode, SlackRate};
use crate::domain::rules::Rules;
use crate::domain::time::Timestamp;
use crate::inbox::{Inbox, LEFTOVERS_EVERY, Reply};
use crate::limits::{
    ALARM_LOOK_MS, CONFIG_POLL_MS, INBOX_KEYS_KEPT, KEYS_FORGOTTEN_EVERY_MS, RETENTION_EVERY_MS,
    SHUTDOWN_FORCED,
};
use crate::metrics::Metrics;
use crate::mirror::{Ears, Reader};
use crate::outbox::{Outbox, Parts, Rate};
use crate::people::{self, People};
use crate::random::SharedRandom;
use crate::replica::{Pulse, Replica};
use crate::runner::Runner;
use crate::slack::api::{SlackApi, TokenKind, Tokens};
use crate::slack::socket::{Ack, SocketHandle, SocketMode, SocketOptions};
use crate::slack::types::Inbound;
use crate::slack::verify::Verifier;
use crate::store::{
    Dialect, MIGRATIONS, Store, StoreError, Tx, events, inbox, incidents, mirror as mirror_rows, outbox,
};
use crate::web::{SlackHealth, Web};
use alarm::Alarm;
use driver::Driver;
use forget::Forgetting;
use whois::Whois;

/// What the app is made of.
pub struct AppParts {
    pub config: Arc<ConfigWatch>,
    pub store: Store,
    pub clock: SharedClock,
    pub random: SharedRandom,
    pub listener: TcpListener,
}

/// The running app.
pub struct App {
    pub store: Store,
    pub metrics: Metrics,
    pub outbox: Outbox,
    pub driver: Arc<Driver>,
    pub inbox: Inbox,
    /// What this process has in hand, calls to Slack aside ([`Outbox::in_flight`]).
    pub activity: Activity,
    pub slack: Arc<SlackHealth>,
    address: std::net::SocketAddr,
    /// Why this process has to stop, once it has: a newer one has the database.
    pub superseded: watch::Receiver<Option<String>>,
    stop_intake: watch::Sender<bool>,
    stop_work: watch::Sender<bool>,
    socket: Option<SocketHandle>,
    intake: JoinSet<()>,
    work: JoinSet<()>,
    /// It says that this process lives until all its work is done.
    replica: Option<(Arc<Replica>, JoinSet<()>)>,
    api: SlackApi,
}

impl App {
    /// Starts everything. What is waiting in the database is dealt with at once.
    pub async fn start(parts: AppParts) -> anyhow::Result<Self> {
        let AppParts { config, store, clock, random, listener } = parts;
        let first = config.current();
        let slack = first.slack.as_ref().context("the config has no `slack` section")?;
        let metrics = Metrics::default();
        let activity = Activity::default();
        let holder = random.uuid(clock.now_ms()).to_string();
        // SQLite has one process.
        let is_alone = store.dialect() == Dialect::Sqlite;
        let pulse = if is_alone { Pulse::alone() } else { Pulse::silent() };
        let health = Arc::new(SlackHealth::default());
        let api = slack_api(&config)?;
        let (stop_intake, stop_work) = (watch::Sender::new(false), watch::Sender::new(false));
        let (mut intake, mut work) = (JoinSet::new(), JoinSet::new());

        let rules = watch::Sender::new(Arc::new(rules::rules(&first)));
        let pace = watch::Sender::new(pace(slack.rate));
        let (rules_seen, pace_seen) = (rules.subscribe(), pace.subscribe());
        work.spawn(follow_config(
            config.subscribe(),
            rules,
            pace,
            (store.clone(), Arc::clone(&clock)),
            stop_work.subscribe(),
        ));

        let team = watch::Sender::new(None);
        let team_before = store.read(|tx| incidents::workspace_team(tx)).await.unwrap_or_default();
        // Of an earlier run: links need not wait until Slack says who we are.
        let known_url = store.read(|tx| incidents::workspace_url(tx)).await.unwrap_or_default();
        let workspace_url = watch::Sender::new(known_url);
        let us = watch::Sender::new(None);
        let us_seen = us.subscribe();
        let (team_seen, url_seen) = (team.subscribe(), workspace_url.subscribe());
        let whois = Whois {
            api: api.clone(),
            store: store.clone(),
            clock: Arc::clone(&clock),
            health: Arc::clone(&health),
            team,
            workspace_url,
            us,
        };
        work.spawn(whois.run(stop_work.subscribe()));

        let runner = Runner {
            store: store.clone(),
            clock: Arc::clone(&clock),
            random: Arc::clone(&random),
            rules: rules_seen.clone(),
            metrics: metrics.clone(),
        };
        let people = People::new(people::Parts {
            api: api.clone(),
            store: store.clone(),
            clock: Arc::clone(&clock),
            rules: rules_seen,
            activity: activity.clone(),
            team: team_seen.clone(),
        });
        let inbox = Inbox {
            runner: runner.clone(),
            activity: activity.clone(),
            people: people.clone(),
            team: team_seen,
            team_before,
        };
        let outbox = Outbox::new(Parts {
            runner: runner.clone(),
            channels: channels(SlackChannel::new(api.clone(), url_seen, pace_seen)),
            holder: holder.clone(),
            pulse: pulse.clone(),
            activity: activity.clone(),
        });
        let (superseded, superseded_seen) = watch::channel(None);
        let replica = Arc::new(Replica {
            store: store.clone(),
            clock: Arc::clone(&clock),
            activity: activity.clone(),
            holder: holder.clone(),
            pulse,
            schema: MIGRATIONS.last().map_or(0, |step| step.version),
            superseded,
            heard: Box::new({
                let outbox = outbox.clone();
                move || outbox.wake()
            }),
        });
        let reader = Reader {
            runner: runner.clone(),
            api: api.clone(),
            people,
            activity: activity.clone(),
            holder: holder.clone(),
            us: us_seen,
        };
        let driver = Arc::new(Driver {
            runner: runner.clone(),
            activity: activity.clone(),
            holder,
            leads_until_ms: AtomicI64::new(0),
        });
        let replica = match is_alone {
            true => None,
            false => Some(join_others(replica, (stop_intake.clone(), stop_work.clone())).await?),
        };
        take_over(&store, &clock).await?;
        let heard_before = store.read(mirror_rows::heard_until).await?;

        work.spawn(run_outbox(outbox.clone(), store.clone(), stop_work.subscribe()));
        work.spawn({
            let (driver, stop) = (Arc::clone(&driver), stop_work.subscribe());
            async move { driver.run(stop).await }
        });
        work.spawn(every(LEFTOVERS_EVERY.as_millis() as i64, &clock, stop_work.subscribe(), {
            let inbox = inbox.clone();
            move || {
                let inbox = inbox.clone();
                Box::pin(async move {
                    if let Err(error) = inbox.leftovers().await {
                        warn!(%error, "left-over inputs cannot be looked for");
                    }
                })
            }
        }));
        work.spawn(inbox.clone().run_held(stop_work.subscribe()));
        work.spawn(every(KEYS_FORGOTTEN_EVERY_MS, &clock, stop_work.subscribe(), {
            let (store, clock) = (store.clone(), Arc::clone(&clock));
            move || Box::pin(forget_keys(store.clone(), Arc::clone(&clock)))
        }));
        work.spawn(every(RETENTION_EVERY_MS, &clock, stop_work.subscribe(), {
            let (store, clock, config) = (store.clone(), Arc::clone(&clock), Arc::clone(&config));
            let (metrics, stop) = (metrics.clone(), stop_work.subscribe());
            move || {
                let (store, clock, metrics, stop) =
                    (store.clone(), Arc::clone(&clock), metrics.clone(), stop.clone());
                let before = Timestamp::from_ms(clock.now_ms()) - config.current().store.retention;
                Box::pin(Forgetting { store, clock, metrics, stop }.run(before))
            }
        }));
        work.spawn(every(ALARM_LOOK_MS, &clock, stop_work.subscribe(), {
            let (store, api, metrics) = (store.clone(), api.clone(), metrics.clone());
            let alarm = Arc::new(Alarm { store, api, metrics, told: AtomicBool::new(false) });
            let config = Arc::clone(&config);
            move || {
                let (alarm, config) = (Arc::clone(&alarm), config.current());
                Box::pin(async move { alarm.look(&config).await })
            }
        }));
        work.spawn(every(RETENTION_EVERY_MS, &clock, stop_work.subscribe(), {
            let runner = runner.clone();
            move || Box::pin(deleted::forget(runner.clone()))
        }));
        work.spawn(every(CONFIG_POLL_MS, &clock, stop_work.subscribe(), {
            let (config, metrics) = (Arc::clone(&config), metrics.clone());
            move || {
                let (config, metrics) = (Arc::clone(&config), metrics.clone());
                Box::pin(async move { count_reload(&metrics, &config.poll().await) })
            }
        }));

        let socket = (slack.mode == SlackMode::Socket)
            .then(|| open_socket(slack, &api, &clock, &random, &inbox))
            .inspect(|socket| {
                health.socket.send_replace(Some((socket.status(), socket.counters())));
            });
        let ears = Ears {
            runner,
            activity: activity.clone(),
            socket: socket.as_ref().map(SocketHandle::status),
            heard_before,
        };
        // It hears until the socket is closed, which comes first of all.
        work.spawn(ears.run(stop_intake.subscribe()));
        work.spawn(reader.run(stop_work.subscribe()));
        let verifier = Verifier::new({
            let config = Arc::clone(&config);
            move || {
                let config = config.current();
                let slack = config.slack.as_ref();
                let secrets = slack.map(|slack| [&slack.signing_secret, &slack.signing_secret_previous]);
                secrets.into_iter().flatten().filter_map(Clone::clone).collect()
            }
        });
        let address = listener.local_addr()?;
        let web = Web::new(
            store.clone(),
            clock,
            config,
            metrics.clone(),
            inbox.clone(),
            verifier,
            Arc::clone(&health),
        )
        .context("the thread for large bodies could not be started")?;
        let mut stopped = stop_intake.subscribe();
        intake.spawn(async move {
            let stop = async move {
                // An error means the app is gone, which is a stop too.
                let _ = stopped.wait_for(|stop| *stop).await;
            };
            web.serve(listener, stop).await;
        });
        Ok(Self {
            store,
            metrics,
            outbox,
            driver,
            inbox,
            activity,
            slack: health,
            address,
            superseded: superseded_seen,
            stop_intake,
            stop_work,
            socket,
            intake,
            work,
            replica,
            api,
        })
    }

    /// Where it listens.
    pub fn address(&self) -> std::net::SocketAddr {
        self.address
    }

    /// Stops in order: no more input, what is in hand is finished, what is sent is recorded, the database closed.
    pub async fn stop(mut self) {
        self.stop_intake.send_replace(true);
        if let Some(socket) = self.socket.take() {
            socket.shutdown().await;
        }
        finish("requests", &mut self.intake).await;
        self.stop_work.send_replace(true);
        finish("deliveries", &mut self.work).await;
        if let Some((replica, mut tasks)) = self.replica.take() {
            tasks.shutdown().await;
            replica.leave().await;
        }
        self.api.close();
        self.store.close().await;
    }

    /// Ends as a crash would: nothing is finished, nothing is written any more.
    pub async fn kill(mut self) {
        self.intake.shutdown().await;
        self.work.shutdown().await;
        if let Some((_, mut tasks)) = self.replica.take() {
            tasks.shutdown().await;
        }
        self.outbox.quiet().await;
        drop(self.socket.take());
        self.api.close();
        self.store.close().await;
    }
}

/// Waits for what is in hand; after a while it is left to the next start.
async fn finish(what: &str, tasks: &mut JoinSet<()>) {
    let all = async { while tasks.join_next().await.is_some() {} };
    if tokio::time::timeout(SHUTDOWN_FORCED, all).await.is_err() {
        warn!("{what} took too long to finish; the next start goes on with them");
        tasks.shutdown().await;
    }
}

/// The calls to Slack with the tokens of this config, which are looked up at every call: a rotated file is used at once.
pub fn slack_api(config: &Arc<ConfigWatch>) -> anyhow::Result<SlackApi> {
    let first = config.current();
    let slack = first.slack.as_ref().context("the config has no `slack` section")?;
    SlackApi::new(slack.api_url.as_str(), tokens(config))
}

fn tokens(config: &Arc<ConfigWatch>) -> Tokens {
    let config = Arc::clone(config);
    Tokens::from_fn(move |kind| {
        let config = config.current();
        let slack = config.slack.as_ref()?;
        match kind {
            TokenKind::Bot => Some(slack.bot_token.clone()),
            TokenKind::App => slack.app_token.clone(),
        }
    })
}

/// How fast messages go out.
fn pace(rate: SlackRate) -> Pace {
    let interval_ms = (1_000.0 / rate.per_channel_per_s.max(0.001)).round() as i64;
    Pace {
        per_channel: Rate { interval_ms, burst: u32::try_from(rate.burst).unwrap_or(1) },
        posts: Rate {
            interval_ms: 60_000_i64
                .checked_div(i64::try_from(rate.posts_per_minute).unwrap_or(0))
                .unwrap_or(0),
            burst: u32::try_from(rate.posts_per_minute / 5).unwrap_or(u32::MAX).max(1),
        },
        tiers: rate.tiers,
    }
}

async fn follow_config(
    mut config: watch::Receiver<Arc<Config>>,
    rules: watch::Sender<Arc<Rules>>,
    pacing: watch::Sender<Pace>,
    (store, clock): (Store, SharedClock),
    mut stop: watch::Receiver<bool>,
) {
    loop {
        tokio::select! {
            Ok(()) = config.changed() => {}
            _ = stop.changed() => return,
            else => return,
        }
        let new = Arc::clone(&config.borrow_and_update());
        if let Some(slack) = &new.slack {
            pacing.send_replace(pace(slack.rate));
        }
        rules.send_replace(Arc::new(rules::rules(&new)));
        let (now, version) = (Timestamp::from_ms(clock.now_ms()), new.version.clone());
        let told = store.write(move |tx| config_event(tx, now, &version)).await;
        if let Err(error) = told {
            warn!(%error, "the new config is in force, but could not be noted in the events");
        }
    }
}

/// "Why?" names the config's version; here stands since when it is in force.
fn config_event(tx: &mut dyn Tx, now: Timestamp, version: &str) -> Result<(), StoreError> {
    events::append(
        tx,
        &events::NewEvent {
            at: now,
            subject: "config",
            kind: "config_applied",
            actor: "firebell",
            source: "file",
            reason: "the config has changed",
            data: &serde_json::json!({ "version": version }).to_string(),
        },
    )?;
    Ok(())
}

/// SQLite has one process: what an earlier one was sending is asked about soon. With PostgreSQL the lease tells.
async fn take_over(store: &Store, clock: &SharedClock) -> anyhow::Result<()> {
    if store.dialect() == Dialect::Sqlite {
        let now = Timestamp::from_ms(clock.now_ms());
        let abandon = move |tx: &mut dyn Tx| {
            mirror_rows::abandon(tx, now)?;
            outbox::abandon(tx, now)
        };
        let count = store.write(abandon).await?;
        if count > 0 {
            info!(count, "messages were on their way when the program last ended; asking Slack about them");
        }
    }
    Ok(())
}

/// Says that this process lives, from now on. One that is older than the database stops at once: it takes nothing in any
/// more, and finishes only what is under way.
async fn join_others(
    replica: Arc<Replica>,
    (stop_intake, stop_work): (watch::Sender<bool>, watch::Sender<bool>),
) -> anyhow::Result<(Arc<Replica>, JoinSet<()>)> {
    replica.begin().await?;
    let mut tasks = JoinSet::new();
    let beating = Arc::clone(&replica);
    tasks.spawn(async move {
        // Until it is ended from outside: it lives as long as it works.
        let (_go_on, never) = watch::channel(false);
        beating.run(never).await;
        stop_intake.send_replace(true);
        stop_work.send_replace(true);
    });
    Ok((replica, tasks))
}

async fn run_outbox(outbox: Outbox, store: Store, mut stop: watch::Receiver<bool>) {
    let mut rings = store.changes("outbox");
    let ringing = {
        let outbox = outbox.clone();
        async move {
            while rings.changed().await.is_ok() {
                outbox.wake();
            }
        }
    };
    let running = outbox.run(stop.clone());
    tokio::pin!(running);
    tokio::select! {
        () = &mut running => return,
        () = ringing => {}
        _ = stop.changed() => {}
    }
    running.await;
}

/// Runs something again and again until told to stop.
fn every(
    every_ms: i64,
    clock: &SharedClock,
    mut stop: watch::Receiver<bool>,
    task: impl Fn() -> BoxFuture<'static, ()> + Send + 'static,
) -> impl Future<Output = ()> + Send + 'static {
    let clock = Arc::clone(clock);
    async move {
        while !*stop.borrow() {
            task().await;
            tokio::select! {
                () = clock.wait_ms(every_ms) => {}
                _ = stop.changed() => {}
            }
        }
    }
}

fn count_reload(metrics: &Metrics, polled: &Polled) {
    match polled {
        Polled::Unchanged => {}
        Polled::Applied { .. } => metrics.reload("applied"),
        Polled::Refused(_) => metrics.reload("refused"),
        Polled::Unreadable(_) => metrics.reload("unreadable"),
    }
}

async fn forget_keys(store: Store, clock: SharedClock) {
    let before = Timestamp::from_ms(clock.now_ms()) - INBOX_KEYS_KEPT;
    if let Err(error) = store.write(move |tx| inbox::forget_done(tx, before)).await {
        warn!(%error, "old keys of the inbox cannot be forgotten");
    }
}

fn open_socket(
    slack: &SlackConfig,
    api: &SlackApi,
    clock: &SharedClock,
    random: &SharedRandom,
    inbox: &Inbox,
) -> SocketHandle {
    let options = SocketOptions {
        connections: usize::try_from(slack.connections).unwrap_or(1),
        ..SocketOptions::default()
    };
    let inbox = inbox.clone();
    let handler = Arc::new(move |inbound: Inbound| -> BoxFuture<'static, Ack> {
        let inbox = inbox.clone();
        Box::pin(async move {
            match inbox.accept(inbound, "socket").await {
                Reply::Ack(Some(payload)) => Ack::Payload(payload),
                Reply::Ack(None) => Ack::Empty,
                Reply::Later => Ack::Refuse,
            }
        })
    });
    SocketMode::start(api.clone(), options, Arc::clone(clock), Arc::clone(random), handler)
}
