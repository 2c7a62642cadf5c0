//! `firebell check`

use serde_json::json;

use super::{ConfigArgs, Context, Exit};
use crate::config::{self, Config, Loaded, Need};

/// Tell every mistake in the config at once, with file, line and a hint
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  firebell check
  firebell check firebell.yaml rules/           the same as --config firebell.yaml --config rules/
  firebell check alertmanager.yml      only routes, receivers, inhibition and times: that is fine
  firebell check --schema > firebell.schema.json
                                                then, at the top of firebell.yaml, editors complete with
                                                # yaml-language-server: $schema=firebell.schema.json

Exit codes: 0 fine (there may be warnings), 1 there are mistakes, 2 there is no such file.")]
pub(super) struct Args {
    /// The config, as with --config
    #[arg(value_name = "FILE", conflicts_with = "schema")]
    files: Vec<String>,

    #[command(flatten)]
    config: ConfigArgs,

    /// Print the JSON Schema of the config, so that editors complete it
    #[arg(long, conflicts_with_all = ["config", "format"])]
    schema: bool,

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
        if self.schema {
            writeln!(cx.out, "{:#}", config::json_schema())?;
            return Ok(Exit::Fine);
        }
        let config = if self.files.is_empty() { self.config } else { ConfigArgs { config: self.files } };
        let loaded = cx.load(&config, Need::Check)?;
        match self.format {
            Format::Text => text(cx, &loaded)?,
            Format::Json => {
                let result = json!({
                    "files": loaded.names,
                    "errors": loaded.report.errors(),
                    "warnings": loaded.report.warnings(),
                    "findings": loaded.report.findings,
                    "version": loaded.config.as_ref().map(|c| &c.version),
                    "serve_lacks": loaded.serve_lacks,
                    "remarks": loaded.config.as_ref().map(|config| config.remarks()),
                });
                writeln!(cx.out, "{result:#}")?;
            }
        }
        Ok(if loaded.config.is_some() { Exit::Fine } else { Exit::Wrong })
    }
}

fn text(cx: &mut Context<'_>, loaded: &Loaded) -> std::io::Result<()> {
    let Loaded { config, report, serve_lacks, names, .. } = loaded;
    if !report.findings.is_empty() {
        writeln!(cx.out, "{}", report.render(cx.out_style))?;
    }
    let names = names.join(", ");
    let Some(config) = config else {
        return writeln!(cx.out, "{names}: {}", report.summary());
    };
    let remark = if report.findings.is_empty() { String::new() } else { format!(", {}", report.summary()) };
    writeln!(cx.out, "{names}: fine{remark} ({}; version {})", contents(config), config.version)?;
    for remark in config.remarks() {
        writeln!(cx.out, "{remark}")?;
    }
    if !serve_lacks.is_empty() {
        let lacks = serve_lacks.join("` and `");
        writeln!(cx.out, "These are rules only: `firebell serve` needs `{lacks}`, too.")?;
    }
    Ok(())
}

/// "2 integrations, 5 routes, 3 receivers"
fn contents(config: &Config) -> String {
    let counts = [
        (config.integrations.len(), "integration"),
        (config.routes.routes().len(), "route"),
        (config.receivers.len(), "receiver"),
        (config.inhibit_rules.iter().len(), "inhibit rule"),
        (config.time_intervals.0.len(), "time interval"),
    ];
    let shown = counts.iter().filter(|(n, _)| *n > 0);
    shown
        .map(|(n, what)| format!("{n} {what}{}", if *n == 1 { "" } else { "s" }))
        .collect::<Vec<_>>()
        .join(", ")
}
