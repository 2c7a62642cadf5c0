//! The command line: this frame, and one file per subcommand.
//!
//! A new subcommand is a file with an `Args` (clap's derive; its first doc line is the help) and
//! `fn run(self, cx: &mut Context<'_>) -> anyhow::Result<Exit>`, its `mod` line, and one line in the list below.

mod allocator;
mod backup;
mod check;
mod completions;
mod context;
mod demo;
mod doctor;
mod export;
mod manifest;
mod outbox;
mod route;
mod serve;
mod sim;
mod test;

use std::ffi::OsString;
use std::process::ExitCode;
use std::sync::LazyLock;

use clap::{CommandFactory as _, Parser, Subcommand};

pub use context::{ConfigArgs, Context, Exit, UsageError};

use crate::config::LoadError;
use crate::log::{self, LogFormat};

/// All subcommands, in the order of the help.
macro_rules! subcommands {
    ($($variant:ident => $module:ident,)*) => {
        #[derive(Subcommand)]
        enum Command {
            $($variant($module::Args),)*
        }

        impl Command {
            fn run(self, cx: &mut Context<'_>) -> anyhow::Result<Exit> {
                match self {
                    $(Self::$variant(args) => args.run(cx),)*
                }
            }
        }
    };
}

subcommands! {
    Check => check,
    Serve => serve,
    Route => route,
    Test => test,
    Doctor => doctor,
    Backup => backup,
    Export => export,
    Outbox => outbox,
    Sim => sim,
    Demo => demo,
    Manifest => manifest,
    Completions => completions,
}

/// Version, commit, machine and kind of build. The commit is set by whoever builds a release.
static VERSION: LazyLock<String> = LazyLock::new(|| {
    let (version, commit) = (env!("CARGO_PKG_VERSION"), option_env!("FIREBELL_COMMIT"));
    let commit = commit.map(|c| format!("commit {c}, ")).unwrap_or_default();
    let build = if cfg!(debug_assertions) { "debug" } else { "release" };
    format!("{version} ({commit}{}-{}, {build} build)", std::env::consts::OS, std::env::consts::ARCH)
});

const LONG_ABOUT: &str = "\
Firebell: alerts and incidents in Slack, self-hosted.

A webhook of Grafana, Alertmanager or Prometheus comes in; one numbered message with buttons goes out to the \
right Slack channel. One binary, one database file, no public URL needed.";

const EXAMPLES: &str = "\
Getting started (or try `firebell demo` first: no account, no token):
  1. write firebell.yaml            an example: examples/firebell.yaml
  2. firebell check                 reports every mistake at once, with its line
  3. firebell doctor                checks the live workspace: tokens, scopes, channels, people; shows the
                                    integrations' addresses
  4. firebell serve                 runs the bot

Before changing rules:
  firebell route severity=critical team=db
                                    shows where such an alert is routed
  firebell test firebell_test.yaml
                                    unit tests of the rules; an example: examples/firebell_test.yaml

The config is one YAML file, a folder of them, or an https:// URL; --config may be given several times. Without it, \
./firebell.yaml and /etc/firebell/firebell.yaml are looked for.

Exit codes: 0 all is well; 1 what was checked is wrong; 2 it was used wrongly.";

#[derive(Parser)]
#[command(name = "firebell", about = "Alerts and incidents in Slack, self-hosted", long_about = LONG_ABOUT,
    after_help = EXAMPLES, max_term_width = 120, arg_required_else_help = true)]
struct Cli {
    /// How logs are written (to standard error)
    #[arg(long, global = true, value_enum, default_value_t, env = "FIREBELL_LOG_FORMAT", hide_env = true)]
    log_format: LogFormat,

    /// What is logged: error, warn, info, debug, trace, or as RUST_LOG: info,firebell=debug
    #[arg(long, global = true, value_name = "LEVEL")]
    log_level: Option<String>,

    #[command(subcommand)]
    command: Command,
}

/// The whole command, for completions.
fn command() -> clap::Command {
    Cli::command().version(VERSION.as_str())
}

/// What `main` does.
pub fn main() -> ExitCode {
    allocator::settle();
    let (mut out, mut err) = (std::io::stdout(), std::io::stderr());
    let mut cx = Context::new(&mut out, &mut err);
    run(std::env::args_os(), &mut cx).into()
}

/// One run of the program with these arguments, the first of which is its name.
pub fn run(args: impl IntoIterator<Item = OsString>, cx: &mut Context<'_>) -> Exit {
    // Fails only if it was done already, which is as good.
    _ = rustls::crypto::ring::default_provider().install_default();
    let parsed = command()
        .try_get_matches_from(args)
        .and_then(|m| <Cli as clap::FromArgMatches>::from_arg_matches(&m));
    let cli = match parsed {
        Ok(cli) => cli,
        Err(error) => return cx.explain(&error),
    };
    if let Err(error) = log::init(cli.log_format, cli.log_level.as_deref()) {
        cx.complain(&error);
        return Exit::Usage;
    }
    match cli.command.run(cx) {
        Ok(exit) => exit,
        Err(error) if is_broken_pipe(&error) => Exit::Fine,
        Err(error) => {
            cx.complain(&error);
            if error.is::<LoadError>() || error.is::<UsageError>() { Exit::Usage } else { Exit::Wrong }
        }
    }
}

/// Whoever reads our output (`| head`) has had enough.
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref::<std::io::Error>().is_some_and(|e| e.kind() == std::io::ErrorKind::BrokenPipe)
}
