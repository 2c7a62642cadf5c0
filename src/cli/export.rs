//! `firebell export`

use std::fs::File;
use std::io::{self, BufReader, ErrorKind, Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use secrecy::ExposeSecret as _;
use serde_json::Value;
use tempfile::NamedTempFile;

use super::{ConfigArgs, Context, Exit, UsageError};
use crate::config::Need;
use crate::domain::record::Shown;
use crate::domain::record::chain::{self, Chain};
use crate::domain::record::compare::{Comparing, Comparison, Known, is_same_incident};
use crate::engine::incident::record;
use crate::limits::{COMPARED_TOLD, EXPORT_BYTES};
use crate::store::{Store, StoreError, StoreOptions, Tx, incidents};

/// Write an incident's record, or look whether one that was written is still as it was
#[derive(clap::Args)]
#[command(after_help = "\
Reads the database of the config, also while the bot runs. A record holds what the database keeps: the text of deleted
messages only with `incidents.redact_deleted: false`, what was redacted never.

Examples:
  firebell export incident 12                             to read, in Markdown
  firebell export incident INC-12 --format json --out inc-12.json
  firebell export verify inc-12.json                      was it changed since? does the database say the same?")]
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
    /// Look whether a JSON record is as it was written, where it was changed, and whether the database says the same
    Verify {
        #[command(flatten)]
        config: ConfigArgs,

        /// The JSON file
        file: PathBuf,
    },
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Format {
    Md,
    Json,
}

impl From<Format> for record::Format {
    fn from(format: Format) -> Self {
        match format {
            Format::Md => Self::Markdown,
            Format::Json => Self::Json,
        }
    }
}

impl Args {
    pub(super) fn run(self, cx: &mut Context<'_>) -> anyhow::Result<Exit> {
        match self.what {
            What::Incident { config, number, format, out } => incident(cx, &config, &number, format, out),
            What::Verify { config, file } => verify(cx, &config, &file),
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
    let shown = Shown { deleted: !config.incidents.settings(&[]).redact_deleted, earlier: true };
    let target = Target::open(out)?;
    let (format, file) = (record::Format::from(format), target.handle()?);
    let found = cx.block_on(async {
        let store = Store::open(options).await?;
        let read = store.read(move |tx| written(tx, number, format, shown, &file)).await;
        store.close().await;
        read
    })??;
    match found {
        Ok(chain) => {
            if let Some(path) = target.keep(cx.out)? {
                let (path, entries, last) = (path.display(), chain.entries(), chain.last());
                writeln!(cx.err, "{path}: {entries} entries, last hash {last}")?;
            }
            Ok(Exit::Fine)
        }
        Err(newest) => {
            let there = match newest {
                Some(newest) => format!("the newest one is INC-{newest}"),
                None => "it holds none; is store.url in the config the one that the bot uses?".to_owned(),
            };
            writeln!(cx.err, "there is no incident INC-{number} in this database: {there}")?;
            Ok(Exit::Wrong)
        }
    }
}

/// Writes the incident's record into the file; or the number of the newest incident, if there is none of this number.
fn written(
    tx: &mut dyn Tx,
    number: i64,
    format: record::Format,
    shown: Shown,
    file: &File,
) -> anyhow::Result<Result<Chain, Option<i64>>> {
    let Some(incident) = incidents::by_number(tx, number)? else {
        return Ok(Err(incidents::newest(tx, 0, 1)?.first().map(|incident| incident.number)));
    };
    let site = incidents::workspace_url(tx)?;
    let link = |channel: &str, ts: &str| {
        let site = site.as_deref()?.trim_end_matches('/');
        Some(format!("{site}/archives/{channel}/p{}", ts.replace('.', "")))
    };
    // The transaction may be run again (a connection that was lost): from the beginning, then.
    let mut file = file;
    file.set_len(0)?;
    file.rewind()?;
    let chain = record::write(tx, &incident, format, shown, &link, &mut |piece| {
        file.write_all(piece.as_bytes()).context("the record cannot be written")
    })?;
    Ok(Ok(chain))
}

/// Where the record goes: into a file beside the one that is wanted, which takes its place once it is whole; or into one
/// without a name, and then to the terminal.
enum Target {
    File(NamedTempFile, PathBuf),
    Terminal(File),
}

impl Target {
    fn open(out: Option<PathBuf>) -> anyhow::Result<Self> {
        let Some(out) = out else {
            return Ok(Self::Terminal(tempfile::tempfile().context("no temporary file can be made")?));
        };
        if out.try_exists().unwrap_or(false) {
            return Err(is_there(&out).into());
        }
        let folder = out.parent().filter(|folder| !folder.as_os_str().is_empty());
        let made = NamedTempFile::new_in(folder.unwrap_or(Path::new("."))).map_err(|error| {
            let path = out.display();
            UsageError(match error.kind() {
                ErrorKind::NotFound => format!("{path} cannot be written: make its folder first"),
                _ => format!("{path} cannot be written: {error}"),
            })
        })?;
        Ok(Self::File(made, out))
    }

    fn handle(&self) -> anyhow::Result<File> {
        Ok(match self {
            Self::File(file, _) => file.as_file().try_clone()?,
            Self::Terminal(file) => file.try_clone()?,
        })
    }

    /// The record is whole; the file's path, if it went into one.
    fn keep(self, terminal: &mut dyn io::Write) -> anyhow::Result<Option<PathBuf>> {
        match self {
            Self::File(file, out) => match file.persist_noclobber(&out) {
                Ok(_) => Ok(Some(out)),
                Err(error) if error.error.kind() == ErrorKind::AlreadyExists => Err(is_there(&out).into()),
                Err(error) => {
                    Err(UsageError(format!("{} cannot be written: {}", out.display(), error.error)).into())
                }
            },
            Self::Terminal(mut file) => {
                file.rewind()?;
                io::copy(&mut file, terminal)?;
                Ok(None)
            }
        }
    }
}

fn is_there(out: &Path) -> UsageError {
    let path = out.display();
    UsageError(format!(
        "{path} is there already and is not overwritten: remove it, or give --out another name"
    ))
}

fn verify(cx: &mut Context<'_>, config: &ConfigArgs, path: &Path) -> anyhow::Result<Exit> {
    let open = || File::open(path).map(|file| BufReader::new(file.take(EXPORT_BYTES)));
    open().map_err(|error| UsageError(format!("{} cannot be read: {error}", path.display())))?;
    let found = match chain::verify_read(open) {
        Ok(found) => found,
        Err(broken) => {
            writeln!(cx.err, "{}: {broken}", path.display())?;
            if matches!(broken, chain::Broken::NoRecord(_)) {
                writeln!(
                    cx.err,
                    "only what `firebell export incident N --format json` wrote can be looked at"
                )?;
            }
            return Ok(Exit::Wrong);
        }
    };
    writeln!(cx.out, "{} is as it was written; last hash {}", path.display(), found.last)?;
    let known = match known(cx, config, &found)? {
        Ok(known) => known,
        Err(why) => {
            writeln!(
                cx.out,
                "it was not compared with the database: {why}. Who rewrites a file can rewrite its hashes, too: compare \
                 the last hash with the one that `firebell export` told when it was written"
            )?;
            return Ok(Exit::Fine);
        }
    };
    let Some(known) = known else {
        let number = found.head.get("number").cloned().unwrap_or_default();
        writeln!(cx.err, "the database's INC-{number} is another incident: it was declared at another time")?;
        return Ok(Exit::Wrong);
    };
    let mut comparing = Comparing::with(known);
    chain::entries_of(open, &mut |entry| comparing.entry(entry))?;
    compared(cx, path, &comparing.end())
}

/// What the database knows of the file's incident: `None` if it is another one; or why that cannot be asked.
fn known(
    cx: &mut Context<'_>,
    config: &ConfigArgs,
    file: &chain::Verified,
) -> anyhow::Result<Result<Option<Known>, String>> {
    let loaded = match cx.load(config, Need::Rules) {
        Ok(loaded) => loaded,
        Err(_) if config.config.is_empty() => {
            return Ok(Err("there is no config here that names one; give it with --config".to_owned()));
        }
        Err(error) => return Err(error),
    };
    let Ok((config, _)) = loaded.into_result() else {
        return Ok(Err("the config has mistakes; see `firebell check`".to_owned()));
    };
    let url = config.store.url.expose_secret().to_owned();
    if url.is_empty() {
        return Ok(Err("store.url is not known: set the variable it is taken from".to_owned()));
    }
    let head = file.head.clone();
    let number = head.get("number").and_then(Value::as_i64).unwrap_or_default();
    let options =
        StoreOptions { readers: 1, clock: cx.clock.clone(), read_only: true, ..StoreOptions::new(url) };
    let read = cx.block_on(async {
        let store = match Store::open(options).await {
            Ok(store) => store,
            Err(error) => return Ok(Err(error.to_string())),
        };
        let read = store.read(move |tx| {
            let Some(incident) = incidents::by_number(tx, number)? else { return Ok(None) };
            let mut known = Known::new(record::first_known(tx, incident.id)?);
            let now = record::known(tx, &incident, &mut |entry| {
                known.add(&serde_json::to_value(entry).unwrap_or_default());
            })?;
            let now = serde_json::to_value(now).unwrap_or_default();
            Ok::<_, StoreError>(Some(is_same_incident(&head, &now).then_some(known)))
        });
        let read = read.await;
        store.close().await;
        Ok::<_, anyhow::Error>(Ok(read?))
    })??;
    Ok(read.and_then(|found| found.ok_or_else(|| format!("it has no incident INC-{number}"))))
}

/// Tells what the comparison found: an entry that does not fit is a forged one, or one of a forged database.
fn compared(cx: &mut Context<'_>, path: &Path, found: &Comparison) -> anyhow::Result<Exit> {
    if found.wrong.is_empty() {
        let mut told = format!("the database says the same: {} entries alike", found.same);
        for (count, what) in [
            (found.edited, "edited since"),
            (found.taken_out, "deleted or redacted, with the same hash"),
            (found.unknown, "whose words are gone, and cannot be compared"),
        ] {
            if count > 0 {
                told.push_str(&format!(", {count} {what}"));
            }
        }
        writeln!(cx.out, "{told}")?;
        return Ok(Exit::Fine);
    }
    for one in found.wrong.iter().take(COMPARED_TOLD) {
        writeln!(cx.err, "{}: {one}", path.display())?;
    }
    if let Some(more) = found.wrong.len().checked_sub(COMPARED_TOLD).filter(|more| *more > 0) {
        writeln!(cx.err, "and {more} more")?;
    }
    writeln!(
        cx.err,
        "the file's chain is whole, but it is not what the database holds: one of both was changed"
    )?;
    Ok(Exit::Wrong)
}
