//! Logs: to standard error, as text for people or JSON for machines.

use std::io::IsTerminal as _;

use anyhow::Context as _;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::util::SubscriberInitExt as _;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
    /// Lines for people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// What is logged if nobody says otherwise.
pub const DEFAULT_LEVEL: &str = "info";

/// Starts logging. `level` wins over `RUST_LOG`; both are a level (`debug`) or directives (`info,firebell=debug`).
/// A second call changes nothing.
pub fn init(format: LogFormat, level: Option<&str>) -> anyhow::Result<()> {
    let wanted =
        level.map(str::to_owned).or_else(|| std::env::var("RUST_LOG").ok().filter(|v| !v.is_empty()));
    let wanted = wanted.as_deref().unwrap_or(DEFAULT_LEVEL);
    let filter = EnvFilter::try_new(wanted).with_context(|| {
        format!(
            "{wanted:?} is not a log level: write error, warn, info, debug, trace, or info,firebell=debug"
        )
    })?;
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // Fails only if there is a logger already, as in a test.
    _ = match format {
        LogFormat::Text => {
            builder.with_ansi(colour_wanted(std::io::stderr().is_terminal())).finish().try_init()
        }
        LogFormat::Json => builder.json().flatten_event(true).finish().try_init(),
    };
    Ok(())
}

/// Colours go to terminals, unless NO_COLOR is set to anything; see no-color.org.
pub fn colour_wanted(is_terminal: bool) -> bool {
    is_terminal && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty())
}
