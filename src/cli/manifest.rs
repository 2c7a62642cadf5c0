//! `firebell manifest`: what somebody pastes into "Create an app from a manifest".

use clap::ValueEnum;

use super::{Context, Exit, UsageError};
use crate::manifest::{ALIASES, spec};
use crate::slack::manifest::{Manifest, Transport};

/// Print the Slack app's manifest: paste it at api.slack.com/apps → Create New App → From a manifest
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  firebell manifest                                      over Socket Mode: no public address needed
  firebell manifest --url https://firebell.example.com   over HTTP
  firebell manifest --command /bell --alias /inc         with other names, as in slack.command and slack.aliases
  firebell manifest --no-alias                           where another app has /incident or /oncall

For Socket Mode make an app-level token with connections:write afterwards (Basic Information → App-Level Tokens): a \
manifest cannot hold it.")]
pub(super) struct Args {
    /// Over Socket Mode (as without any of the two)
    #[arg(long, conflicts_with = "url")]
    socket: bool,

    /// Over HTTP: the public address of this server, without /slack/…
    #[arg(long, value_name = "URL")]
    url: Option<String>,

    /// The root command, as in the config's slack.command
    #[arg(long, value_name = "/WORD", default_value = "/firebell")]
    command: String,

    /// Another command that means the same, as in slack.aliases; may be given several times
    #[arg(long, value_name = "/WORD", default_values = ALIASES)]
    alias: Vec<String>,

    /// Only the root command
    #[arg(long)]
    no_alias: bool,

    /// How it is written
    #[arg(long, value_enum, default_value_t = Format::Yaml)]
    format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    Yaml,
    Json,
}

impl Args {
    pub(super) fn run(self, cx: &mut Context<'_>) -> anyhow::Result<Exit> {
        let transport = match self.url {
            Some(public_url) if !self.socket => Transport::Http { public_url },
            _ => Transport::Socket,
        };
        let aliases = if self.no_alias { Vec::new() } else { self.alias };
        let manifest = Manifest::new(&spec(&self.command, &aliases, transport))
            .map_err(|error| UsageError(error.to_string()))?;
        let text = match self.format {
            Format::Yaml => manifest.to_yaml()?,
            Format::Json => manifest.to_json(),
        };
        cx.out.write_all(text.as_bytes())?;
        Ok(Exit::Fine)
    }
}
