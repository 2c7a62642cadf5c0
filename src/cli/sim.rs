//! `firebell sim`: the local Slack alone, for whoever tests a bot against it.

use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::Context as _;
use serde_json::Value;
use tokio::net::TcpListener;

use super::{Context, Exit, UsageError};
use crate::sim::{HttpTargets, Manifest, RateLimits, Sim};

/// Run a local Slack to test a bot against: Web API, Socket Mode, signed HTTP, and a page to click in
#[derive(clap::Args)]
#[command(after_help = "\
Point any Slack client at the address it prints, with the tokens it prints:
  firebell sim
  firebell sim --listen 127.0.0.1:9000 --manifest manifest.json
  firebell sim --deliver http://127.0.0.1:3000/slack/events   (signed HTTP instead of Socket Mode)

Faults from outside: curl -X POST ADDRESS/sim/faults -d '{\"add\":[{\"kind\":\"rate_limited\",\"retry_after_s\":3,\
\"method\":\"chat.postMessage\",\"times\":5}]}'")]
pub(super) struct Args {
    /// Where to listen; beyond this machine only if you say so
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:3330")]
    listen: SocketAddr,

    /// Another name this machine is reached by, a container's for example; IP addresses and localhost always are
    #[arg(long = "allow-host", value_name = "NAME")]
    allow_hosts: Vec<String>,

    /// The app manifest, JSON or YAML; without it the app may do and hear everything
    #[arg(long, value_name = "FILE")]
    manifest: Option<PathBuf>,

    /// Slash commands of the app, when there is no manifest
    #[arg(long = "command", value_name = "WORD", default_values_t = ["/incident".to_owned(), "/firebell".to_owned()])]
    commands: Vec<String>,

    /// Send events, commands and interactions to this address by signed HTTP
    #[arg(long, value_name = "URL")]
    deliver: Option<String>,

    /// The bot token to accept
    #[arg(long, value_name = "TOKEN", default_value = "xoxb-test")]
    bot_token: String,

    /// The app-level token to accept
    #[arg(long, value_name = "TOKEN", default_value = "xapp-test")]
    app_token: String,

    /// The signing secret for HTTP
    #[arg(long, value_name = "SECRET", default_value = "sim-signing-secret")]
    signing_secret: String,

    /// Enforce no rate limits
    #[arg(long)]
    no_rate_limits: bool,
}

impl Args {
    pub(super) fn run(self, cx: &mut Context<'_>) -> anyhow::Result<Exit> {
        let manifest = match &self.manifest {
            Some(path) => {
                let text = std::fs::read_to_string(path)
                    .map_err(|e| UsageError(format!("--manifest {}: {e}", path.display())))?;
                // YAML is a superset of JSON.
                let value: Value = serde_saphyr::from_str(&text)
                    .map_err(|e| UsageError(format!("--manifest {} is no manifest: {e}", path.display())))?;
                Manifest::from_value(value)
            }
            None => {
                let commands: Vec<&str> = self.commands.iter().map(String::as_str).collect();
                Manifest::everything("Sim App", &commands)
            }
        };
        let rate_limits = if self.no_rate_limits { RateLimits::OFF } else { RateLimits::SLACK };
        let mut builder = Sim::builder()
            .clock(std::sync::Arc::clone(&cx.clock))
            .rate_limits(rate_limits)
            .manifest(manifest)
            .tokens(&self.bot_token, &self.app_token, &self.signing_secret)
            .seed_demo();
        for host in &self.allow_hosts {
            builder = builder.host(host);
        }
        if let Some(url) = &self.deliver {
            builder = builder.http(HttpTargets::one(url));
        }
        let sim = builder.build();
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        runtime.block_on(async {
            let listener = TcpListener::bind(self.listen)
                .await
                .with_context(|| format!("cannot listen on {}", self.listen))?;
            let handle = sim.serve(listener)?;
            writeln!(cx.out, "Local Slack  {}", handle.base_url)?;
            writeln!(cx.out, "  Web API    {}", handle.api_url())?;
            writeln!(cx.out, "  bot token  {}", self.bot_token)?;
            writeln!(cx.out, "  app token  {}", self.app_token)?;
            if let Some(url) = &self.deliver {
                writeln!(cx.out, "  delivers   to {url}, signed with {}", self.signing_secret)?;
            }
            writeln!(cx.out, "Ctrl-C ends it.")?;
            cx.out.flush()?;
            tokio::signal::ctrl_c().await?;
            handle.shutdown().await;
            Ok(Exit::Fine)
        })
    }
}
