//! `firebell doctor`

use serde_json::json;

use super::{ConfigArgs, Context, Exit};
use crate::config::Need;
use crate::doctor::{Check, Checks, Verdict, examine};
use crate::yaml::Style;

/// Ask the live Slack and the database whether all is well, and tell how to mend what is not
#[derive(clap::Args)]
#[command(after_help = "\
Looks at the config, the database, the tokens and scopes, every channel, user and user group of the config, and the \
clock. It changes nothing, may run beside `firebell serve`, and posts nothing.

Exit codes: 0 nothing is wrong (there may be doubts), 1 something is wrong, 2 there is no such config.")]
pub(super) struct Args {
    #[command(flatten)]
    config: ConfigArgs,

    /// How the result is written
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

#[derive(Clone, Copy, Debug, Default, clap::ValueEnum)]
enum Format {
    /// For people
    #[default]
    Text,
    /// For machines
    Json,
}

impl Args {
    pub(super) fn run(self, cx: &mut Context<'_>) -> anyhow::Result<Exit> {
        let mut checks = Checks::default();
        let loaded = cx.load(&self.config, Need::Serve)?;
        let names = loaded.names.join(", ");
        let config = match loaded.into_result() {
            Ok((config, report)) if report.findings.is_empty() => {
                checks.good("config", format!("{names} (version {})", config.version));
                Some(config)
            }
            Ok((config, report)) => {
                let found = format!("{names}: {}", report.summary());
                checks.doubtful("config", found, &["`firebell check` shows them"]);
                Some(config)
            }
            Err(report) => {
                let first = report.findings.first().map(ToString::to_string).unwrap_or_default();
                let found = format!("{names}: {}; the first: {first}", report.summary());
                checks.wrong("config", found, &["`firebell check` shows them all"]);
                // What can be looked at is looked at all the same.
                cx.load(&self.config, Need::Rules)?.config
            }
        };
        if let Some(config) = config {
            let clock = cx.clock.clone();
            cx.block_on(examine(&config, &clock, &mut checks))?;
        }
        match self.format {
            Format::Text => text(cx, &checks)?,
            Format::Json => {
                let result = json!({
                    "checks": checks.0,
                    "wrong": checks.count(Verdict::Wrong),
                    "doubtful": checks.count(Verdict::Doubtful),
                });
                writeln!(cx.out, "{result:#}")?;
            }
        }
        Ok(if checks.count(Verdict::Wrong) == 0 { Exit::Fine } else { Exit::Wrong })
    }
}

fn text(cx: &mut Context<'_>, checks: &Checks) -> std::io::Result<()> {
    let width = checks.0.iter().map(|check| check.what.chars().count()).max().unwrap_or(0);
    for check in &checks.0 {
        line(cx, check, width)?;
    }
    let (wrong, doubtful) = (checks.count(Verdict::Wrong), checks.count(Verdict::Doubtful));
    let summary = match (wrong, doubtful) {
        (0, 0) => "all is well".to_owned(),
        (0, doubtful) => format!("{doubtful} to look at"),
        (wrong, 0) => format!("{wrong} wrong"),
        (wrong, doubtful) => format!("{wrong} wrong, {doubtful} to look at"),
    };
    writeln!(cx.out, "{} checks, {summary}", checks.0.len())
}

fn line(cx: &mut Context<'_>, check: &Check, width: usize) -> std::io::Result<()> {
    let (mark, colour) = match check.verdict {
        Verdict::Good => ("✓", "\x1b[32m"),
        Verdict::Doubtful => ("!", "\x1b[1;33m"),
        Verdict::Wrong => ("✗", "\x1b[1;31m"),
    };
    let (colour, off) = if cx.out_style == Style::Colour { (colour, "\x1b[0m") } else { ("", "") };
    writeln!(cx.out, "{colour}{mark}{off} {:<width$}  {}", check.what, check.found)?;
    for step in &check.mend {
        writeln!(cx.out, "  {:<width$}  → {step}", "")?;
    }
    Ok(())
}
