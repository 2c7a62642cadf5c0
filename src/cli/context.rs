//! What every subcommand is given.

use std::future::Future;
use std::io::{IsTerminal as _, Write};
use std::process::ExitCode;
use std::sync::Arc;

use crate::clock::{SharedClock, SystemClock};
use crate::config::{LoadError, Loaded, Loader, Need};
use crate::log::colour_wanted;
use crate::yaml::Style;

/// How a run ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// All is well.
    Fine = 0,
    /// What was checked is wrong, or what was to be done failed.
    Wrong = 1,
    /// It was used wrongly: a bad flag, a file that is not there.
    Usage = 2,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// The arguments are not right, which ends with [`Exit::Usage`].
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct UsageError(pub String);

/// `--config`, for every subcommand that reads one.
#[derive(clap::Args)]
pub struct ConfigArgs {
    /// The config: a YAML file, a folder of them, or an https:// URL; may be given several times
    #[arg(long = "config", short, value_name = "FILE", env = "FIREBELL_CONFIG", value_delimiter = None, hide_env = true)]
    pub config: Vec<String>,
}

impl ConfigArgs {
    pub fn loader(&self, need: Need) -> Result<Loader, LoadError> {
        Loader::new(&self.config, need)
    }
}

/// Where output goes, and what a subcommand may use.
pub struct Context<'a> {
    /// What was asked for.
    pub out: &'a mut dyn Write,
    /// Everything else.
    pub err: &'a mut dyn Write,
    pub out_style: Style,
    pub err_style: Style,
    pub clock: SharedClock,
}

impl<'a> Context<'a> {
    /// The process's own.
    pub fn new(out: &'a mut std::io::Stdout, err: &'a mut std::io::Stderr) -> Self {
        let style = |is_terminal| if colour_wanted(is_terminal) { Style::Colour } else { Style::Plain };
        let (out_style, err_style) = (style(out.is_terminal()), style(err.is_terminal()));
        Self { out, err, out_style, err_style, clock: Arc::new(SystemClock) }
    }

    /// Into memory, without colours: for tests.
    pub fn in_memory(out: &'a mut Vec<u8>, err: &'a mut Vec<u8>, clock: SharedClock) -> Self {
        Self { out, err, out_style: Style::Plain, err_style: Style::Plain, clock }
    }

    /// Waits for something asynchronous.
    pub fn block_on<T>(&self, work: impl Future<Output = T>) -> anyhow::Result<T> {
        Ok(tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(work))
    }

    /// Reads the config that `args` names.
    pub fn load(&self, args: &ConfigArgs, need: Need) -> anyhow::Result<Loaded> {
        let loader = args.loader(need)?;
        Ok(self.block_on(loader.load(self.clock.now_ms()))??)
    }

    pub(super) fn complain(&mut self, error: &anyhow::Error) {
        let mut text = format!("{error:#}");
        if !text.ends_with('\n') {
            text.push('\n');
        }
        let (red, off) = if self.err_style == Style::Colour { ("\x1b[1;31m", "\x1b[0m") } else { ("", "") };
        // There is nobody left to tell if this fails.
        _ = write!(self.err, "{red}error:{off} {text}");
    }

    /// Shows clap's help, version or complaint.
    pub(super) fn explain(&mut self, error: &clap::Error) -> Exit {
        let (to, style): (&mut dyn Write, _) =
            if error.use_stderr() { (self.err, self.err_style) } else { (self.out, self.out_style) };
        let text = error.render();
        _ = match style {
            Style::Colour => write!(to, "{}", text.ansi()),
            Style::Plain => write!(to, "{text}"),
        };
        if error.use_stderr() { Exit::Usage } else { Exit::Fine }
    }
}
