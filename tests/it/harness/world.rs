//! The world: how it is made, what can be done to it from outside.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::panic::{AssertUnwindSafe, resume_unwind};
use std::sync::Arc;
use std::time::Duration;

use firebell::app::{App, AppParts, numbers};
use firebell::cli::{self, Context, Exit};
use firebell::clock::{Clock, ManualClock, SharedClock};
use firebell::config::{ConfigWatch, Loader, Need, Polled};
use firebell::domain::time::Timestamp;
use firebell::limits::OUTBOX_LOOK_EVERY;
use firebell::random::SeededRandom;
use firebell::sim::{self, FaultRule, HttpTargets, Manifest, Sim, SimHandle, User};
use firebell::store::{Store, StoreError, StoreOptions, Tx};
use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;
use serde_json::Value;
use tempfile::TempDir;
use tokio::net::TcpListener;

use super::database::{Database, with_database};
use super::people::Person;
use super::rest::Handle;
use super::set_up::{Engine, Setup, Transport};
use super::slack::{Channel, Slack};
use super::{alert, alertmanager};

/// Monday, 2026-03-02T09:00:00Z.
const START_MS: i64 = 1_772_442_000_000;

/// Real time after which a scenario hangs.
const HANGS_AFTER: Duration = Duration::from_secs(300);

/// What the scenario has looked at and found good.
#[derive(Default)]
pub(crate) struct Claims {
    /// `channel/ts`.
    pub(super) messages: BTreeSet<String>,
    pub(super) ephemerals: BTreeSet<String>,
    pub(super) views: BTreeSet<String>,
    pub(super) dead: BTreeSet<i64>,
    /// Everything in these channels is fine: a storm's own auditor looks at them.
    pub(super) whole_channels: BTreeSet<String>,
    pub(super) rate_limited: bool,
    pub(super) refused: bool,
}

pub(crate) struct World {
    pub(crate) setup: RefCell<Setup>,
    pub(crate) sim: Sim,
    pub(crate) clock: ManualClock,
    pub(super) claims: RefCell<Claims>,
    pub(super) apps: RefCell<Vec<Option<App>>>,
    pub(super) handles: RefCell<Vec<Option<Handle>>>,
    slack_handle: SimHandle,
    database: Database,
    config_file: std::path::PathBuf,
    http: reqwest::Client,
    starts: Cell<u64>,
    /// Whether something else than the running app wrote into its database.
    written_past_app: Cell<bool>,
    /// Since when the alerts fire that the scenario's Alertmanager has: a good sender does not change its mind.
    firing: RefCell<BTreeMap<(String, String), Firing>>,
    _folder: TempDir,
}

/// Runs a scenario in a world of its own, and looks at its end for what it did not claim.
pub(crate) async fn run(setup: Setup, scenario: impl for<'w> Fn(&'w World) -> LocalBoxFuture<'w, ()>) {
    with_database(setup.engine, async |database| {
        let world = World::new(setup.clone(), database).await;
        let whole = async {
            scenario(&world).await;
            world.finish().await;
        };
        let ended = AssertUnwindSafe(tokio::time::timeout(HANGS_AFTER, whole)).catch_unwind().await;
        let failure = match ended {
            Ok(Ok(())) => None,
            Ok(Err(_)) => Some(None),
            Err(panic) => Some(Some(panic)),
        };
        if let Some(panic) = failure {
            eprintln!("{}", world.transcript());
            world.kill_all().await;
            match panic {
                Some(panic) => resume_unwind(panic),
                None => panic!("the scenario hangs: {}", world.unrest().await),
            }
        }
        world.kill_all().await;
        world.slack_handle.shutdown().await;
    })
    .await;
}

/// An alert that the scenario's Alertmanager has.
#[derive(Clone, Debug)]
struct Firing {
    since: String,
    labels: Vec<(String, String)>,
}

fn own(labels: &[(&str, &str)]) -> Vec<(String, String)> {
    labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

impl World {
    async fn new(setup: Setup, database: Database) -> Self {
        let clock = ManualClock::new(START_MS);
        let mut builder = Sim::builder()
            .clock(Arc::new(clock.clone()))
            .random(Arc::new(SeededRandom::new(setup.seed)))
            .rate_limits(setup.limits)
            .manifest(Manifest::everything("Firebell", &["/firebell"]))
            .tokens("xoxb-test", "xapp-test", "sim-signing-secret")
            .user(User::person("ann"))
            .user(User::person("bob").tz("America/New_York"))
            .user(User::person("chie").tz("Asia/Tokyo"));
        let everybody = ["ann", "bob", "chie", "@app"];
        for channel in
            ["ops", "oncall", "general"].into_iter().chain(setup.channels.iter().map(String::as_str))
        {
            builder = builder.channel(channel, &everybody);
        }
        let sim = builder.build();
        let slack_handle = sim.serve(TcpListener::bind("127.0.0.1:0").await.unwrap()).unwrap();
        let folder = TempDir::new().unwrap();
        let config_file = folder.path().join("firebell.yaml");
        std::fs::write(&config_file, setup.yaml(&database.url, &slack_handle.api_url())).unwrap();
        let replicas = setup.replicas;
        let world = Self {
            setup: RefCell::new(setup),
            sim,
            clock,
            claims: RefCell::default(),
            apps: RefCell::default(),
            handles: RefCell::default(),
            slack_handle,
            database,
            config_file,
            http: reqwest::Client::new(),
            starts: Cell::new(0),
            written_past_app: Cell::new(false),
            firing: RefCell::default(),
            _folder: folder,
        };
        for _ in 0..replicas {
            world.apps.borrow_mut().push(None);
            world.handles.borrow_mut().push(None);
        }
        for replica in 0..replicas {
            world.start(replica).await;
        }
        if world.is_socket() {
            // Else the first thing somebody does may find nobody listening.
            let listens = world.sim.wait_for_sockets(replicas);
            tokio::time::timeout(Duration::from_secs(20), listens).await.expect("the app does not listen");
        }
        world
    }

    /// Starts a replica of the app that does not run, and waits until everything is at rest.
    pub(crate) async fn start(&self, replica: usize) {
        self.start_only(replica).await;
        self.settle().await;
    }

    /// Starts a replica and does not wait for what it does.
    pub(crate) async fn start_only(&self, replica: usize) {
        self.starts.set(self.starts.get() + 1);
        let seed = self.setup.borrow().seed.wrapping_mul(1_000).wrapping_add(self.starts.get());
        let random = Arc::new(SeededRandom::new(seed));
        let clock: Arc<ManualClock> = Arc::new(self.clock.clone());
        let loader = Loader::new(&[self.config_file.display().to_string()], Need::Serve).unwrap();
        let loaded = loader.load(self.clock.now_ms()).await.unwrap();
        if loaded.config.is_none() {
            let findings: Vec<String> = loaded.report.findings.iter().map(ToString::to_string).collect();
            panic!("the scenario's config is broken:\n{}", findings.join("\n"));
        }
        let config = Arc::new(ConfigWatch::new(loader, loaded, clock.clone()).unwrap());
        let options = StoreOptions {
            clock: clock.clone(),
            random: random.clone(),
            ..StoreOptions::new(&self.database.url)
        };
        let store = Store::open(options).await.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let parts = AppParts { config: Arc::clone(&config), store, clock, random, listener };
        let app = App::start(parts).await.unwrap();
        let base = format!("http://{}", app.address());
        if self.setup.borrow().transport == Transport::Http {
            self.sim.set_transport(sim::Transport::Http(HttpTargets::under(&base)));
        }
        self.handles.borrow_mut()[replica] = Some(Handle::new(&app, config, base));
        self.apps.borrow_mut()[replica] = Some(app);
    }

    /// The app has ended, and its database is lost: it starts with a new one, as `firebell serve` does.
    pub(crate) async fn start_without_database(&self) {
        let path = self.database_path();
        for suffix in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(format!("{path}{suffix}"));
        }
        let loader = Loader::new(&[self.config_file.display().to_string()], Need::Serve).unwrap();
        let loaded = loader.load(self.clock.now_ms()).await.unwrap();
        let clock: SharedClock = Arc::new(self.clock.clone());
        let config = Arc::new(ConfigWatch::new(loader, loaded, Arc::clone(&clock)).unwrap());
        let store = Store::open(StoreOptions::new(&self.database.url)).await.unwrap();
        let api = firebell::app::slack_api(&config).unwrap();
        numbers::catch_up(&store, &config.current(), &api, &clock).await.unwrap();
        store.close().await;
        self.start(0).await;
    }

    /// Where the SQLite file is.
    pub(crate) fn database_path(&self) -> &str {
        self.database.url.strip_prefix("sqlite://").expect("it is SQLite")
    }

    /// Stops and starts, in good order.
    pub(crate) async fn restart(&self) {
        self.stop().await;
        self.start(0).await;
    }

    pub(crate) async fn stop(&self) {
        let app = self.take_app(0);
        app.stop().await;
    }

    /// Ends the app as a crash would, and starts it again.
    pub(crate) async fn crash(&self) {
        self.kill(0).await;
        self.start(0).await;
    }

    /// Ends a replica as a crash would.
    pub(crate) async fn kill(&self, replica: usize) {
        let app = self.take_app(replica);
        app.kill().await;
    }

    fn take_app(&self, replica: usize) -> App {
        self.handles.borrow_mut()[replica] = None;
        self.apps.borrow_mut()[replica].take().expect("the replica does not run")
    }

    pub(super) async fn kill_all(&self) {
        let apps: Vec<App> = self.apps.borrow_mut().iter_mut().filter_map(Option::take).collect();
        self.handles.borrow_mut().iter_mut().for_each(|handle| *handle = None);
        for app in apps {
            app.kill().await;
        }
    }

    pub(super) fn handle(&self) -> Handle {
        self.handles.borrow().iter().flatten().next().cloned().expect("no replica runs")
    }

    /// The replica with a call to Slack under way that is not the outbox's, when exactly one has one.
    pub(crate) fn reading(&self) -> usize {
        let handles = self.handles.borrow();
        let reads = |handle: &Option<Handle>| handle.as_ref().is_some_and(Handle::has_in_hand);
        let mut found =
            handles.iter().enumerate().filter(|(_, handle)| reads(handle)).map(|(number, _)| number);
        let one = found.next().expect("no replica reads");
        assert_eq!(found.next(), None, "two replicas read");
        one
    }

    pub(crate) fn running(&self) -> Vec<Handle> {
        self.handles.borrow().iter().flatten().cloned().collect()
    }

    /// Reads the database of the running app.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        look: impl Fn(&mut dyn Tx) -> Result<T, StoreError> + Send + Sync + 'static,
    ) -> T {
        self.handle().store.read(look).await.unwrap()
    }

    /// Writes into the database of the running app what no scenario can bring about in time.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        change: impl Fn(&mut dyn Tx) -> Result<T, StoreError> + Send + Sync + 'static,
    ) -> T {
        self.written_past_app.set(true);
        self.handle().store.write(change).await.unwrap()
    }

    /// Whether each replica runs since the beginning, and only they wrote: then their counts are whole.
    pub(super) fn counts_are_whole(&self) -> bool {
        let as_many = u64::try_from(self.running().len()).unwrap() == self.starts.get();
        as_many && !self.written_past_app.get()
    }

    pub(crate) fn now(&self) -> Timestamp {
        Timestamp::from_ms(self.clock.now_ms())
    }

    pub(crate) fn is_postgres(&self) -> bool {
        self.setup.borrow().engine == Engine::Postgres
    }

    pub(crate) fn is_socket(&self) -> bool {
        self.setup.borrow().transport == Transport::Socket
    }

    /// Changes the config and lets the app notice.
    pub(crate) async fn reconfigure(&self, change: impl FnOnce(Setup) -> Setup) {
        let changed = change(self.setup.borrow().clone());
        std::fs::write(&self.config_file, changed.yaml(&self.database.url, &self.slack_handle.api_url()))
            .unwrap();
        *self.setup.borrow_mut() = changed;
        for handle in self.running() {
            let polled = handle.config.reload().await;
            assert!(matches!(polled, Polled::Applied { .. }), "{polled:?}");
        }
        self.settle().await;
    }

    /// Runs a command of the program's on this world's config, while the app runs; what it writes.
    pub(crate) async fn cli(&self, args: &[&str]) -> (Exit, String) {
        self.written_past_app.set(true);
        let mut words: Vec<OsString> = std::iter::once(&"firebell").chain(args).map(OsString::from).collect();
        words.extend([OsString::from("--config"), self.config_file.clone().into_os_string()]);
        let clock = Arc::new(self.clock.clone());
        let ran = tokio::task::spawn_blocking(move || {
            let (mut out, mut err) = (Vec::new(), Vec::new());
            let exit = cli::run(words, &mut Context::in_memory(&mut out, &mut err, clock));
            out.extend(err);
            (exit, String::from_utf8(out).unwrap())
        });
        let ran = ran.await.unwrap();
        // On SQLite the app does not hear of it, it looks.
        self.clock.advance_ms(i64::try_from(OUTBOX_LOOK_EVERY.as_millis()).unwrap());
        self.settle().await;
        ran
    }

    /// Posts a webhook's body; the status.
    pub(crate) async fn post(&self, integration: &str, body: impl Into<Vec<u8>>) -> u16 {
        let (kind, token) = match integration {
            "am" => ("alertmanager", "alertmanager-token"),
            "grafana" => ("grafana", "grafana-token"),
            "prom" => ("prometheus", "prometheus-token"),
            "hook" => ("webhook", "webhook-token"),
            other => panic!("there is no integration {other}"),
        };
        let rest = if kind == "prometheus" { "api/v2/alerts" } else { "" };
        let url = format!("{}/integrations/v1/{kind}/{token}/{rest}", self.handle().base);
        let request = self.http.post(url).header("Content-Type", "application/json").body(body.into());
        request.send().await.expect("the webhook was not answered").status().as_u16()
    }

    /// The same, and it must be accepted.
    pub(crate) async fn send(&self, integration: &str, body: &Value) {
        let status = self.post(integration, body.to_string()).await;
        assert_eq!(status, 200, "{body}");
    }

    /// Alertmanager tells of firing alerts: one group by name, an alert an instance.
    pub(crate) async fn fire(&self, name: &str, instances: &[&str]) {
        self.fire_with(name, instances, &[]).await;
    }

    /// The same with more labels.
    pub(crate) async fn fire_with(&self, name: &str, instances: &[&str], more: &[(&str, &str)]) {
        self.tell(name, instances, &[], more).await;
    }

    /// Alertmanager tells that these are over.
    pub(crate) async fn end(&self, name: &str, instances: &[&str]) {
        self.tell(name, &[], instances, &[]).await;
    }

    /// Alertmanager tells of a group: these fire, those are over.
    pub(crate) async fn tell(&self, name: &str, firing: &[&str], over: &[&str], more: &[(&str, &str)]) {
        let now = self.now().to_string();
        let mut alerts = Vec::new();
        for (instance, is_over) in firing.iter().map(|i| (i, false)).chain(over.iter().map(|i| (i, true))) {
            let key = (name.to_owned(), (*instance).to_owned());
            let new = || Firing { since: now.clone(), labels: own(more) };
            let known = self.firing.borrow_mut().entry(key.clone()).or_insert_with(new).clone();
            if is_over {
                self.firing.borrow_mut().remove(&key);
            }
            let mut labels = vec![("alertname", name), ("instance", *instance)];
            labels.extend(known.labels.iter().map(|(name, value)| (name.as_str(), value.as_str())));
            let summary = format!("{name} on {instance}");
            alerts.push(alert(
                &labels,
                &[("summary", &summary)],
                &known.since,
                is_over.then_some(now.as_str()),
            ));
        }
        let key = format!("{{}}:{{alertname=\"{name}\"}}");
        self.send("am", &alertmanager(&key, &[("alertname", name)], &alerts)).await;
    }

    pub(crate) fn fault(&self, rule: FaultRule) {
        self.sim.fault(rule);
    }

    /// The scenario makes Slack refuse calls for speed; otherwise that is a failure of the app's pacing.
    pub(crate) fn allow_rate_limits(&self) {
        self.claims.borrow_mut().rate_limited = true;
    }

    /// The scenario makes Slack refuse calls.
    pub(crate) fn allow_refusals(&self) {
        self.claims.borrow_mut().refused = true;
    }

    pub(crate) fn slack(&self) -> Slack<'_> {
        Slack::new(self)
    }

    pub(crate) fn channel(&self, name: &str) -> Channel<'_> {
        self.slack().channel(name)
    }

    pub(crate) fn as_user(&self, name: &str) -> Person<'_> {
        Person::new(self, name)
    }

    /// Ann types a command in #ops.
    pub(crate) async fn command(&self, typed: &str) {
        self.as_user("ann").command(typed).await;
    }
}
