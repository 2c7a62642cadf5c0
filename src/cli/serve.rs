//! `firebell serve`: the bot.

use std::sync::Arc;

use anyhow::Context as _;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use secrecy::ExposeSecret as _;
use tokio::net::TcpListener;
use tracing::{debug, info, warn};

use super::{ConfigArgs, Context, Exit};
use crate::app::{App, AppParts};
use crate::config::{Config, ConfigWatch, Need, Polled};
use crate::random::SystemRandom;
use crate::store::{Store, StoreOptions};

/// Run the bot: take alerts in, speak in Slack, remember everything
///
/// Stops in order at Ctrl-C or SIGTERM; reads its config again at SIGHUP and when it changes.
#[derive(clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    config: ConfigArgs,
}

impl Args {
    pub(super) fn run(self, cx: &mut Context<'_>) -> anyhow::Result<Exit> {
        let loader = self.config.loader(Need::Serve)?;
        let loaded = cx.block_on(loader.load(cx.clock.now_ms()))??;
        if !loaded.report.findings.is_empty() {
            writeln!(cx.err, "{}", loaded.report.render(cx.err_style))?;
        }
        let Some(config) = ConfigWatch::new(loader, loaded, Arc::clone(&cx.clock)) else {
            writeln!(
                cx.err,
                "Firebell does not start with a broken config; `firebell check` shows it any time."
            )?;
            return Ok(Exit::Wrong);
        };
        let clock = Arc::clone(&cx.clock);
        cx.block_on(serve(Arc::new(config), clock))??;
        Ok(Exit::Fine)
    }
}

async fn serve(config: Arc<ConfigWatch>, clock: crate::clock::SharedClock) -> anyhow::Result<()> {
    raise_file_limit();
    let first = config.current();
    let random: crate::random::SharedRandom = Arc::new(SystemRandom);
    let store = Store::open(StoreOptions {
        clock: Arc::clone(&clock),
        random: Arc::clone(&random),
        ..StoreOptions::new(first.store.url.expose_secret())
    })
    .await?;
    let listen = first.server.listen;
    let listener = TcpListener::bind(listen)
        .await
        .with_context(|| format!("cannot listen at {listen}: is another program there? (server.listen)"))?;
    let app = App::start(AppParts { config: Arc::clone(&config), store, clock, random, listener }).await?;
    info!(version = env!("CARGO_PKG_VERSION"), address = %app.address(), "Firebell is running");
    tell_addresses(&first);
    let mut signals = Signals::new()?;
    let mut superseded = app.superseded.clone();
    loop {
        let signal = tokio::select! {
            signal = signals.next() => signal,
            Ok(why) = superseded.wait_for(Option::is_some) => Signal::TooOld(why.clone().unwrap_or_default()),
        };
        match signal {
            Signal::Stop(name) => {
                info!("{name}: stopping; what is in hand is finished first");
                break;
            }
            Signal::TooOld(why) => {
                app.stop().await;
                anyhow::bail!(why);
            }
            Signal::Reload => {
                let polled = config.reload().await;
                if matches!(polled, Polled::Unchanged) {
                    info!("SIGHUP: the config has not changed");
                }
            }
        }
    }
    tokio::select! {
        () = app.stop() => info!("stopped"),
        _ = signals.next() => warn!("told again to stop: not waiting; the next start goes on"),
    }
    Ok(())
}

/// Logs where alerts are to be sent, without the tokens: `firebell doctor` shows the whole addresses.
fn tell_addresses(config: &Config) {
    for integration in &config.integrations {
        let address = config.masked_address_of(integration);
        info!(integration = integration.name, %address, "alerts are taken here");
    }
    if config.reached_from_here_only() && !config.integrations.is_empty() {
        warn!(
            listen = %config.server.listen,
            "only senders on this machine can reach the integrations: for others set `server.listen: 0.0.0.0:8080`, \
             or `server.public_url` where a proxy stands in front"
        );
    }
}

/// Connections are open files, and the usual limit is 1,024: as many as we are allowed to ask for.
fn raise_file_limit() {
    let limit = getrlimit(Resource::Nofile);
    let wanted = Rlimit { current: limit.maximum, ..limit };
    if wanted != limit
        && let Err(error) = setrlimit(Resource::Nofile, wanted)
    {
        debug!(%error, "the limit of open files stays as it is");
    }
}

enum Signal {
    Stop(&'static str),
    Reload,
    /// A newer Firebell has the database.
    TooOld(String),
}

struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
    hangup: tokio::signal::unix::Signal,
}

impl Signals {
    fn new() -> anyhow::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hangup: signal(SignalKind::hangup())?,
        })
    }

    async fn next(&mut self) -> Signal {
        tokio::select! {
            _ = self.interrupt.recv() => Signal::Stop("Ctrl-C"),
            _ = self.terminate.recv() => Signal::Stop("SIGTERM"),
            _ = self.hangup.recv() => Signal::Reload,
        }
    }
}
