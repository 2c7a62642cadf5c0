//! `firebell backup`

use std::path::{Path, PathBuf};

use anyhow::bail;
use secrecy::ExposeSecret as _;

use super::{ConfigArgs, Context, Exit, UsageError};
use crate::config::{Config, Need};
use crate::doctor::size;
use crate::store::{Store, StoreOptions};

/// Make a consistent copy of the database, also while the bot runs
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  firebell backup /var/backups/firebell.db
  firebell backup --force nightly.db             replaces the copy that is there, once the new one is whole

To restore: stop the bot, put the copy in the database's place (store.url), remove the -wal and -shm files beside it, \
start the bot. PostgreSQL has its own tool for this, pg_dump.")]
pub(super) struct Args {
    #[command(flatten)]
    config: ConfigArgs,

    /// Where the copy goes: a file, or a folder
    #[arg(value_name = "PATH")]
    path: PathBuf,

    /// Replace the file if there is one
    #[arg(long)]
    force: bool,
}

impl Args {
    pub(super) fn run(self, cx: &mut Context<'_>) -> anyhow::Result<Exit> {
        let config = match cx.load(&self.config, Need::Rules)?.into_result() {
            Ok((config, _)) => config,
            Err(report) => {
                writeln!(cx.err, "{}\n{}", report.render(cx.err_style), report.summary())?;
                return Ok(Exit::Wrong);
            }
        };
        if config.store.url.expose_secret().is_empty() {
            bail!("store.url is not known: set the variable it is taken from");
        }
        let Some(database) = config.store.sqlite_path() else {
            let shown = config.store.shown_url();
            bail!(
                "the database is PostgreSQL ({shown}): use its own tool, which copies while everything runs:\n  \
                 pg_dump --format=custom --file={} \"$DATABASE_URL\"",
                self.path.display()
            );
        };
        let to = target(&self.path, &database);
        if same_file(&to, &database) {
            return Err(UsageError(format!("{} is the database itself", to.display())).into());
        }
        if to.exists() && !self.force {
            let hint = "give another name, or --force to replace it";
            return Err(UsageError(format!("{} exists already; {hint}", to.display())).into());
        }
        let bytes = cx.block_on(copy(&config, &to, self.force))??;
        writeln!(cx.out, "{}: {} copied to {}", database.display(), size(bytes), to.display())?;
        Ok(Exit::Fine)
    }
}

/// Into a folder, the copy goes under the database's own name.
fn target(path: &Path, database: &Path) -> PathBuf {
    match database.file_name() {
        Some(name) if path.is_dir() => path.join(name),
        _ => path.to_owned(),
    }
}

fn same_file(a: &Path, b: &Path) -> bool {
    matches!((a.canonicalize(), b.canonicalize()), (Ok(a), Ok(b)) if a == b)
}

async fn copy(config: &Config, to: &Path, force: bool) -> anyhow::Result<u64> {
    let options =
        StoreOptions { read_only: true, readers: 1, ..StoreOptions::new(config.store.url.expose_secret()) };
    let store = Store::open(options).await?;
    let copied = if force { store.backup_over(to).await } else { store.backup(to).await };
    store.close().await;
    Ok(copied?)
}
