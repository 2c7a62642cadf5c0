//! `firebell export`

use std::fs;
use std::io::{ErrorKind, Read as _, Write as _};
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use secrecy::ExposeSecret as _;

use super::{ConfigArgs, Context, Exit, UsageError};
use crate::config::Need;
use crate::domain::record::{Record, chain, markdown};
use crate::engine::incident::record;
use crate::files;
use crate::limits::EXPORT_BYTES;
use crate::store::{Store, StoreError, StoreOptions, incidents};

/// Write an incident's record, or look whether one that was written is still as it was
#[derive(clap::Args)]
#[command(after_help = "\
Reads the database of the config, also while the bot runs.

Examples:
  firebell export incident 12                             to read, in Markdown
  firebell export incident INC-12 --format json --out inc-12.json
  firebell export verify inc-12.json                      was it changed since?")]
pub(super) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    /// Everything about one incident: times, people, alerts, tasks and the whole timeline
    Incident {
        #[command(flatten)]
        config: ConfigArgs,

        /// Its number: 12 or INC-12
        #[arg(value_name = "N")]
        number: String,

        /// For people (md) or for programs (json, with a chain of hashes)
        #[arg(long, value_enum, default_value_t = Format::Md)]
        format: Format,

        /// Write it into this file, which only its owner may read; one that is there is not overwritten
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Look whether a JSON record is as it was written, and where it was changed
    Verify {
        /// The JSON file
        file: PathBuf,
    },
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Format {
    Md,
    Json,
}

impl Args {
    pub(super) fn run(self, cx: &mut Context<'_>) -> anyhow::Result<Exit> {
        match self.what {
            What::Incident { config, number, format, out } => incident(cx, &config, &number, format, out),
            What::Verify { file } => verify(cx, &file),
        }
    }
}

fn incident(
    cx: &mut Context<'_>,
    config: &ConfigArgs,
    number: &str,
    format: Format,
    out: Option<PathBuf>,
) -> anyhow::Result<Exit> {
    let bare = number.trim_start_matches('#').trim_start_matches("INC-").trim_start_matches("inc-");
    let Ok(number) = bare.parse::<i64>() else {
        return Err(UsageError(format!("'{number}' is no incident's number: write 12 or INC-12")).into());
    };
    let config = match cx.load(config, Need::Rules)?.into_result() {
        Ok((config, _)) => config,
        Err(report) => {
            writeln!(cx.err, "{}\n{}", report.render(cx.err_style), report.summary())?;
            return Ok(Exit::Wrong);
        }
    };
    let url = config.store.url.expose_secret().to_owned();
    if url.is_empty() {
        bail!("store.url is not known: set the variable it is taken from");
    }
    let options =
        StoreOptions { readers: 1, clock: cx.clock.clone(), read_only: true, ..StoreOptions::new(url) };
    let found = cx.block_on(async {
        let store = Store::open(options).await?;
        let read = store.read(move |tx| {
            let Some(incident) = incidents::by_number(tx, number)? else {
                let newest = incidents::newest(tx, 0, 1)?.first().map(|incident| incident.number);
                return Ok::<_, StoreError>(Err(newest));
            };
            let site = incidents::workspace_url(tx)?;
            let link = |channel: &str, ts: &str| {
                let site = site.as_deref()?.trim_end_matches('/');
                Some(format!("{site}/archives/{channel}/p{}", ts.replace('.', "")))
            };
            record::gather(tx, &incident, &link).map(Ok)
        });
        let read = read.await;
        store.close().await;
        Ok::<_, anyhow::Error>(read?)
    })??;
    let record = match found {
        Ok(record) => record,
        Err(newest) => {
            let there = match newest {
                Some(newest) => format!("the newest one is INC-{newest}"),
                None => "it holds none; is store.url in the config the one that the bot uses?".to_owned(),
            };
            writeln!(cx.err, "there is no incident INC-{number} in this database: {there}")?;
            return Ok(Exit::Wrong);
        }
    };
    let text = written(&record, format)?;
    let Some(out) = out else {
        write!(cx.out, "{text}")?;
        return Ok(Exit::Fine);
    };
    let mut file = files::create_new(&out).map_err(|error| {
        let path = out.display();
        UsageError(match error.kind() {
            ErrorKind::AlreadyExists => {
                format!(
                    "{path} is there already and is not overwritten: remove it, or give --out another name"
                )
            }
            ErrorKind::NotFound => format!("{path} cannot be written: make its folder first"),
            _ => format!("{path} cannot be written: {error}"),
        })
    })?;
    file.write_all(text.as_bytes()).with_context(|| format!("{} is not complete", out.display()))?;
    writeln!(
        cx.err,
        "{}: {} entries, last hash {}",
        out.display(),
        record.timeline.len(),
        chain::last(&record)
    )?;
    Ok(Exit::Fine)
}

fn written(record: &Record, format: Format) -> anyhow::Result<String> {
    Ok(match format {
        Format::Md => markdown::render(record),
        Format::Json => serde_json::to_string_pretty(&chain::json(record))? + "\n",
    })
}

fn verify(cx: &mut Context<'_>, path: &PathBuf) -> anyhow::Result<Exit> {
    let file = fs::File::open(path)
        .map_err(|error| UsageError(format!("{} cannot be read: {error}", path.display())))?;
    let mut text = String::new();
    file.take(EXPORT_BYTES)
        .read_to_string(&mut text)
        .with_context(|| format!("{} cannot be read", path.display()))?;
    match chain::verify(&text) {
        Ok(last) => {
            writeln!(cx.out, "{} is as it was written; last hash {last}", path.display())?;
            writeln!(
                cx.out,
                "compare it with the hash that `firebell export` told when it was written: who rewrites a file can rewrite \
                 its hashes, too"
            )?;
            Ok(Exit::Fine)
        }
        Err(broken) => {
            writeln!(cx.err, "{}: {broken}", path.display())?;
            if matches!(broken, chain::Broken::NoRecord(_)) {
                writeln!(
                    cx.err,
                    "only what `firebell export incident N --format json` wrote can be looked at"
                )?;
            }
            Ok(Exit::Wrong)
        }
    }
}
