//! The demo's bot: the very app, with an example configuration, that can be stopped and started.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::Context as _;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::Mutex;

use super::{alerts, past};
use crate::app::{App, AppParts};
use crate::clock::SharedClock;
use crate::config::{Config, ConfigWatch, Need, load_str};
use crate::domain::time::Timestamp;
use crate::engine::say;
use crate::random::SharedRandom;
use crate::store::{Store, StoreError, StoreOptions};
use crate::yaml::Surroundings;

const CONFIG: &str = include_str!("../../examples/demo.yaml");

pub(super) struct Bot {
    config: Arc<Config>,
    database: PathBuf,
    clock: SharedClock,
    random: SharedRandom,
    address: SocketAddr,
    app: Mutex<Option<App>>,
    http: reqwest::Client,
    fired: AtomicUsize,
    storms: AtomicUsize,
}

impl Bot {
    pub(super) async fn start(
        slack: &str,
        listen: SocketAddr,
        database: &Path,
        clock: SharedClock,
        random: SharedRandom,
    ) -> anyhow::Result<Self> {
        let config = config(slack, database)?;
        let listener = TcpListener::bind(listen).await.with_context(|| {
            format!("the bot cannot listen at {listen}: is the port taken? (--bot-listen)")
        })?;
        let address = listener.local_addr()?;
        let bot = Self {
            config,
            database: database.to_owned(),
            clock,
            random,
            address,
            app: Mutex::new(None),
            // It talks to itself: no proxy has a part in that.
            http: reqwest::Client::builder().no_proxy().build()?,
            fired: AtomicUsize::new(0),
            storms: AtomicUsize::new(0),
        };
        let app = bot.run(listener).await?;
        *bot.app.lock().await = Some(app);
        Ok(bot)
    }

    /// Where alerts are taken in.
    pub(super) fn intake(&self) -> String {
        format!("http://{}/integrations/v1", self.address)
    }

    async fn run(&self, listener: TcpListener) -> anyhow::Result<App> {
        let store = Store::open(StoreOptions {
            clock: Arc::clone(&self.clock),
            random: Arc::clone(&self.random),
            ..StoreOptions::new(format!("sqlite://{}", self.database.display()))
        })
        .await?;
        if self.app.lock().await.is_none() && self.fired.load(Ordering::SeqCst) == 0 {
            self.post_anew(&store).await?;
            self.remember(&store).await?;
        }
        App::start(AppParts {
            config: Arc::new(ConfigWatch::fixed(Arc::clone(&self.config))),
            store,
            clock: Arc::clone(&self.clock),
            random: Arc::clone(&self.random),
            listener,
        })
        .await
    }

    /// With `--dir` the database outlives the local Slack: what is open is posted into the new one.
    async fn post_anew(&self, store: &Store) -> Result<(), StoreError> {
        let (now, random) = (Timestamp::from_ms(self.clock.now_ms()), Arc::clone(&self.random));
        let rules = crate::app::rules::rules(&self.config);
        store
            .write(move |tx| {
                let mut work = crate::engine::Work::new(tx, &rules, now, random.as_ref());
                say::all_cards_anew(&mut work)
            })
            .await
    }

    /// A team without a past would learn nothing of it.
    async fn remember(&self, store: &Store) -> Result<(), StoreError> {
        let (now, random) = (Timestamp::from_ms(self.clock.now_ms()), Arc::clone(&self.random));
        let rules = crate::app::rules::rules(&self.config);
        store.write(move |tx| past::write(tx, &rules, now, random.as_ref())).await
    }

    pub(super) async fn restart(&self) -> anyhow::Result<()> {
        let mut held = self.app.lock().await;
        if let Some(app) = held.take() {
            app.stop().await;
        }
        drop(held);
        self.fired.fetch_max(1, Ordering::SeqCst);
        let listener = TcpListener::bind(self.address).await.context("the bot's port was taken meanwhile")?;
        let app = self.run(listener).await?;
        *self.app.lock().await = Some(app);
        Ok(())
    }

    pub(super) async fn stop(&self) {
        if let Some(app) = self.app.lock().await.take() {
            app.stop().await;
        }
    }

    /// Sends a body as Alertmanager would.
    pub(super) async fn send(&self, body: &Value) -> anyhow::Result<()> {
        let token = "demo-alertmanager-0000";
        let url = format!("{}/alertmanager/{token}/", self.intake());
        let answer = self.http.post(url).json(body).send().await.context("the bot does not answer")?;
        anyhow::ensure!(answer.status().is_success(), "the bot refused the alert: {}", answer.status());
        Ok(())
    }

    pub(super) fn next_alert(&self, now_ms: i64) -> (&'static str, Value) {
        let nth = self.fired.fetch_add(1, Ordering::SeqCst);
        let (sample, instance) = alerts::page(nth);
        (sample.name, alerts::body(&sample, &[instance], now_ms, false))
    }

    pub(super) fn storm(&self, now_ms: i64) -> Vec<Value> {
        alerts::storm(now_ms, self.storms.fetch_add(1, Ordering::SeqCst), false)
    }

    pub(super) fn resolve_all(&self, now_ms: i64) -> Vec<Value> {
        let mut bodies: Vec<Value> = alerts::all_fired(self.fired.load(Ordering::SeqCst))
            .iter()
            .map(|(sample, instances)| alerts::body(sample, instances, now_ms, true))
            .collect();
        for nth in 0..self.storms.load(Ordering::SeqCst) {
            bodies.extend(alerts::storm(now_ms, nth, true));
        }
        bodies
    }
}

fn config(slack: &str, database: &Path) -> anyhow::Result<Arc<Config>> {
    let given = Given { slack: slack.to_owned(), database: database.display().to_string() };
    match load_str(CONFIG, Need::Serve, &given).into_result() {
        Ok((config, _)) => Ok(config),
        Err(report) => anyhow::bail!("a bug: the demo's config is broken: {}", report.summary()),
    }
}

/// What the demo's config takes from outside of itself: nothing of this machine.
struct Given {
    slack: String,
    database: String,
}

impl Surroundings for Given {
    fn variable(&self, name: &str) -> Option<String> {
        match name {
            "DEMO_SLACK" => Some(self.slack.clone()),
            "DEMO_DATABASE" => Some(self.database.clone()),
            _ => None,
        }
    }

    fn secret_file(&self, _: &Path) -> std::io::Result<String> {
        Err(std::io::ErrorKind::Unsupported.into())
    }
}
