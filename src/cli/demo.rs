//! `firebell demo`: everything on this machine.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context as _;

use super::{Context, Exit};
use crate::demo::{Demo, DemoParts, WEBHOOK_TOKEN};
use crate::files;
use crate::random::SystemRandom;

/// Try Firebell on this machine: bot, database and a local Slack to click in; no account, no token
#[derive(clap::Args)]
#[command(after_help = "\
Open the address it prints. Everything is in memory or in a temporary folder and gone at Ctrl-C, unless --dir names \
one to keep the database in.")]
pub(super) struct Args {
    /// Where the local Slack's page is served
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8585")]
    listen: SocketAddr,

    /// Where the bot takes alerts in; port 0 is any that is free
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0")]
    bot_listen: SocketAddr,

    /// Another name this machine is reached by; IP addresses and localhost always are
    #[arg(long = "allow-host", value_name = "NAME")]
    allow_hosts: Vec<String>,

    /// Keep the database in this folder
    #[arg(long, value_name = "FOLDER")]
    dir: Option<PathBuf>,

    /// No alerts by themselves
    #[arg(long)]
    quiet: bool,
}

impl Args {
    pub(super) fn run(self, cx: &mut Context<'_>) -> anyhow::Result<Exit> {
        let Self { listen, bot_listen, allow_hosts, dir, quiet } = self;
        let temporary = tempfile::tempdir().context("a temporary folder for the database is needed")?;
        let dir = match dir {
            Some(dir) => {
                files::create_folder(&dir).with_context(|| format!("cannot create {}", dir.display()))?;
                dir
            }
            None => temporary.path().to_owned(),
        };
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        runtime.block_on(async {
            let demo = Demo::start(DemoParts {
                listen,
                bot_listen,
                hosts: allow_hosts,
                dir: &dir,
                clock: Arc::clone(&cx.clock),
                random: Arc::new(SystemRandom),
                story: !quiet,
                pauses: true,
            })
            .await?;
            writeln!(cx.out, "\n  Firebell demo:  {}/#/oncall\n", demo.url)?;
            writeln!(
                cx.out,
                "  Open it in a browser: in #oncall an alert is about to fire. Try Acknowledge, open the"
            )?;
            writeln!(
                cx.out,
                "  thread, type /firebell help. When an alert is more than that: ⋯, Declare incident;"
            )?;
            writeln!(cx.out, "  or press \"Play an incident\" and watch the team. Your own alerts go to")?;
            writeln!(cx.out, "  {}/webhook/{WEBHOOK_TOKEN}/  (any JSON)", demo.intake)?;
            writeln!(cx.out, "\n  Ctrl-C ends it all.\n")?;
            cx.out.flush()?;
            tokio::signal::ctrl_c().await?;
            demo.stop().await;
            Ok(Exit::Fine)
        })
    }
}
