//! The config in force, and how a new one takes its place.

use std::sync::{Arc, Mutex, PoisonError};

use secrecy::ExposeSecret;
use tokio::sync::watch;

use super::load::{Contents, Loaded, Loader, sources_hash};
use super::root::Config;
use crate::clock::SharedClock;
use crate::yaml::Report;

/// Holds the config in force; everybody who needs it asks here, once per piece of work.
pub struct ConfigWatch {
    current: watch::Sender<Arc<Config>>,
    /// The one the process started with: what needs a restart is compared with it.
    first: Arc<Config>,
    source: Option<Source>,
    state: Mutex<ReloadState>,
}

struct Source {
    loader: Loader,
    clock: SharedClock,
    /// What was looked at last, whether good or not: a broken config is told once.
    seen: tokio::sync::Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    contents: Contents,
    /// The places could not be read at the last look, with this reason.
    unreadable: Option<String>,
}

/// How reloading goes: for metrics and `/readyz`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReloadState {
    /// Configs that took effect after the first.
    pub applied: u64,
    /// Configs that were broken.
    pub refused: u64,
    /// Why the newest one is not in force; `None` if it is.
    pub broken: Option<String>,
    /// When a config last took effect.
    pub applied_at_ms: Option<i64>,
    /// Keys that changed and need a restart.
    pub restart_needed_for: Vec<&'static str>,
}

/// What a look for changes found.
#[derive(Debug)]
pub enum Polled {
    Unchanged,
    /// The new config is in force; these keys wait for a restart.
    Applied {
        config: Arc<Config>,
        restart_needed_for: Vec<&'static str>,
    },
    /// The new config is broken and the old one stays.
    Refused(Report),
    /// The files cannot be read and the old config stays.
    Unreadable(String),
}

impl ConfigWatch {
    /// Goes on from what `loader` has loaded. `None` if that was broken.
    pub fn new(loader: Loader, loaded: Loaded, clock: SharedClock) -> Option<Self> {
        let Loaded { config, contents, .. } = loaded;
        let first = config?;
        let seen = tokio::sync::Mutex::new(Seen { contents, unreadable: None });
        let state = ReloadState { applied_at_ms: Some(clock.now_ms()), ..ReloadState::default() };
        Some(Self {
            current: watch::Sender::new(first.clone()),
            first,
            source: Some(Source { loader, clock, seen }),
            state: Mutex::new(state),
        })
    }

    /// A config that never changes: for the demo and for tests.
    pub fn fixed(config: Arc<Config>) -> Self {
        Self {
            current: watch::Sender::new(config.clone()),
            first: config,
            source: None,
            state: Mutex::default(),
        }
    }

    /// The config in force.
    pub fn current(&self) -> Arc<Config> {
        self.current.borrow().clone()
    }

    /// Tells of every config that comes into force.
    pub fn subscribe(&self) -> watch::Receiver<Arc<Config>> {
        self.current.subscribe()
    }

    pub fn state(&self) -> ReloadState {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Looks at all files, secrets and URLs at once, as SIGHUP asks for.
    pub async fn reload(&self) -> Polled {
        if let Some(source) = &self.source {
            source.loader.forget_urls();
        }
        self.poll().await
    }

    /// Looks whether anything changed, by content; cheap enough for every few seconds.
    pub async fn poll(&self) -> Polled {
        let Some(source) = &self.source else { return Polled::Unchanged };
        let mut seen = source.seen.lock().await;
        let now_ms = source.clock.now_ms();
        let sources = match source.loader.gather(now_ms).await {
            Ok(sources) => sources,
            Err(error) => return self.unreadable(&mut seen, error.to_string()),
        };
        let was_unreadable = seen.unreadable.take().is_some();
        let secrets = source.loader.secrets(&seen.contents.secret_files);
        let same = seen.contents.sources == sources_hash(&sources) && seen.contents.secrets == secrets;
        if same && !was_unreadable {
            return Polled::Unchanged;
        }
        let loaded = match source.loader.load(now_ms).await {
            Ok(loaded) => loaded,
            Err(error) => return self.unreadable(&mut seen, error.to_string()),
        };
        seen.contents = loaded.contents.clone();
        match loaded.into_result() {
            Ok((config, report)) => self.apply(config, &report, now_ms),
            Err(report) => {
                for finding in &report.findings {
                    tracing::error!(code = finding.code, "{finding}");
                }
                tracing::error!(
                    "the new config is broken ({}); the old one stays in force",
                    report.summary()
                );
                self.refuse(report.summary());
                Polled::Refused(report)
            }
        }
    }

    fn apply(&self, config: Arc<Config>, report: &Report, now_ms: i64) -> Polled {
        for finding in &report.findings {
            tracing::warn!(code = finding.code, "{finding}");
        }
        let restart_needed_for = restart_needed(&self.first, &config);
        for key in &restart_needed_for {
            tracing::warn!("{key} has changed: it takes effect at the next restart");
        }
        tracing::info!(version = config.version, "the new config is in force");
        {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            state.applied += 1;
            state.broken = None;
            state.applied_at_ms = Some(now_ms);
            state.restart_needed_for.clone_from(&restart_needed_for);
        }
        self.current.send_replace(config.clone());
        Polled::Applied { config, restart_needed_for }
    }

    fn unreadable(&self, seen: &mut Seen, why: String) -> Polled {
        if seen.unreadable.as_ref() == Some(&why) {
            return Polled::Unchanged;
        }
        tracing::error!("{why}; the old config stays in force");
        seen.unreadable = Some(why.clone());
        self.refuse(why.clone());
        Polled::Unreadable(why)
    }

    fn refuse(&self, why: String) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.refused += 1;
        state.broken = Some(why);
    }
}

/// What is read at the start only and is different now.
fn restart_needed(first: &Config, now: &Config) -> Vec<&'static str> {
    let mut keys = Vec::new();
    if first.store.url.expose_secret() != now.store.url.expose_secret() {
        keys.push("store.url");
    }
    if first.server.listen != now.server.listen {
        keys.push("server.listen");
    }
    keys
}
