//! `firebell export`

use std::fs::File;
use std::io::{self, BufReader, ErrorKind, Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use secrecy::ExposeSecret as _;
use tempfile::NamedTempFile;

use super::{ConfigArgs, Context, Exit, UsageError};
use crate::config::Need;
use crate::domain::record::chain::{self, Chain};
use crate::engine::incident::record;
use crate::limits::EXPORT_BYTES;
use crate::store::{Store, StoreOptions, Tx, incidents};

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

        /// Write it into this file instead of to the terminal; one that is there is not overwritten
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
    let target = Target::open(out)?;
    let (format, file) = (record::Format::from(format), target.handle()?);
    let found = cx.block_on(async {
        let store = Store::open(options).await?;
        let read = store.read(move |tx| written(tx, number, format, &file)).await;
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
    let chain = record::write(tx, &incident, format, &link, &mut |piece| {
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

fn verify(cx: &mut Context<'_>, path: &PathBuf) -> anyhow::Result<Exit> {
    let open = || File::open(path).map(|file| BufReader::new(file.take(EXPORT_BYTES)));
    open().map_err(|error| UsageError(format!("{} cannot be read: {error}", path.display())))?;
    match chain::verify_read(open) {
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
