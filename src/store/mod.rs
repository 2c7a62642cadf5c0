//! The only SQL. One text per query for SQLite (the embedded default) and PostgreSQL (for several replicas).
//!
//! `store.read(|tx| …)` and `store.write(|tx| …)` run a closure over a [`Tx`]: the closure is the transaction,
//! its `Err` undoes it. It may be run more than once, so it has no effect but through `tx`. The tables come
//! from `migrations/`; [`migrate`] says how to add one. What knows an engine: `sqlite*`, `writer`, `disk`, `backup` and
//! `postgres*`; everything else is written once.

pub mod alerts;
mod backup;
mod changes;
pub mod counters;
mod disk;
pub mod due;
mod error;
pub mod events;
pub mod groups;
pub mod inbox;
pub mod incidents;
pub mod inhibitors;
pub mod lease;
pub mod messages;
pub mod migrate;
pub mod mirror;
pub mod outbox;
pub mod people;
mod postgres;
mod postgres_error;
mod postgres_listen;
mod postgres_migrate;
mod postgres_sql;
mod postgres_tls;
mod postgres_upgrade;
mod postgres_value;
pub mod replicas;
pub mod retention;
pub mod silences;
mod sqlite;
mod sqlite_file;
mod stats;
mod tx;
mod value;
pub mod webhooks;
pub mod words;
mod writer;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::sync::watch;

pub use error::{OpenError, StoreError};
pub use migrate::{MIGRATIONS, Migration};
pub use stats::StoreStats;
pub use tx::{Dialect, Tx};
pub use value::{Arg, FromValue, Row, Value};

use crate::clock::{SharedClock, SystemClock};
use crate::limits::{STORE_READERS, STORE_UPGRADE_WAIT_MS};
use crate::random::{SharedRandom, SystemRandom};
use changes::Changes;
use postgres::Postgres;
use sqlite::Sqlite;
use sqlite_file::Place;
use writer::Durable;

/// How to open a [`Store`].
#[derive(Clone)]
pub struct StoreOptions {
    /// `sqlite://PATH`, `sqlite::memory:` (a throw-away file, for tests and trials) or `postgres://…`.
    pub url: String,
    /// Reads at the same time (SQLite).
    pub readers: usize,
    /// Only read: for `firebell backup` and `export` beside a running `firebell serve`.
    pub read_only: bool,
    /// Write beside a running `firebell serve`: takes no lock, makes and migrates nothing. For one small change.
    pub beside: bool,
    /// For the time a migration was made.
    pub clock: SharedClock,
    /// For the jitter between retries and the name of a throw-away file.
    pub random: SharedRandom,
    /// The schema; tests give fewer steps.
    pub migrations: &'static [Migration],
    /// Milliseconds to wait until replicas of an older version have stopped (PostgreSQL).
    pub upgrade_wait_ms: i64,
}

impl Default for StoreOptions {
    fn default() -> Self {
        Self {
            url: "sqlite://firebell.db".to_owned(),
            readers: STORE_READERS,
            read_only: false,
            beside: false,
            clock: Arc::new(SystemClock),
            random: Arc::new(SystemRandom),
            migrations: MIGRATIONS,
            upgrade_wait_ms: STORE_UPGRADE_WAIT_MS,
        }
    }
}

impl StoreOptions {
    pub fn new(url: impl Into<String>) -> Self {
        Self { url: url.into(), ..Self::default() }
    }
}

/// Without the URL: it may hold a password.
impl fmt::Debug for StoreOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoreOptions").field("read_only", &self.read_only).finish_non_exhaustive()
    }
}

/// The database. Cheap to clone.
#[derive(Clone)]
pub struct Store(Arc<Inner>);

struct Inner {
    engine: Engine,
    stats: Arc<StoreStats>,
    changes: Arc<Changes>,
}

enum Engine {
    Sqlite(Sqlite),
    Postgres(Postgres),
}

impl Store {
    /// Opens the database and brings its schema up to date (on SQLite a copy of a populated database is made
    /// first). A database of a newer program is refused.
    pub async fn open(options: StoreOptions) -> Result<Self, OpenError> {
        let stats = Arc::new(StoreStats::default());
        let changes = Arc::new(Changes::default());
        let (for_engine, ring) = (Arc::clone(&stats), Arc::clone(&changes));
        let engine = if options.url.starts_with("sqlite:") {
            let open = move || {
                let mut place = sqlite_place(&options)?;
                if !options.read_only && !options.beside {
                    place.lock()?;
                }
                Sqlite::open(place, &options, for_engine, ring)
            };
            let opened = tokio::task::spawn_blocking(open).await;
            Engine::Sqlite(opened.map_err(|gone| StoreError::Unavailable(gone.to_string()))??)
        } else if options.url.starts_with("postgres://") || options.url.starts_with("postgresql://") {
            Engine::Postgres(Postgres::open(&options, for_engine, ring).await?)
        } else {
            return Err(OpenError::Url("it is neither sqlite nor postgres".into()));
        };
        Ok(Self(Arc::new(Inner { engine, stats, changes })))
    }

    /// Runs `f` on a consistent view of the database; it cannot write.
    pub async fn read<T, E>(
        &self,
        f: impl Fn(&mut dyn Tx) -> Result<T, E> + Send + Sync + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        StoreStats::add(&self.0.stats.reads, 1);
        match &self.0.engine {
            Engine::Sqlite(sqlite) => sqlite.read(f).await,
            Engine::Postgres(postgres) => postgres.read(f).await,
        }
    }

    /// Runs `f` as one transaction: all of it is on the disk when this returns `Ok`, nothing of it otherwise
    /// (save [`StoreError::CommitUnknown`]). Dropping the future does not stop a write that was begun.
    pub async fn write<T, E>(
        &self,
        f: impl Fn(&mut dyn Tx) -> Result<T, E> + Send + Sync + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        match &self.0.engine {
            Engine::Sqlite(sqlite) => sqlite.write(f, Durable::Now).await,
            Engine::Postgres(postgres) => postgres.write(f).await,
        }
    }

    /// As [`Store::write`], but on SQLite it does not wait for the disk: a power failure (not the end of the program)
    /// may undo it as long as no other write came after it. For what would then be done again from rows that are on
    /// the disk, and lets nothing out before another write.
    pub async fn write_lazily<T, E>(
        &self,
        f: impl Fn(&mut dyn Tx) -> Result<T, E> + Send + Sync + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        match &self.0.engine {
            Engine::Sqlite(sqlite) => sqlite.write(f, Durable::WithTheNext).await,
            Engine::Postgres(postgres) => postgres.write(f).await,
        }
    }

    /// As [`Store::write_lazily`], for work on whatever has gathered: on SQLite such a write does not begin right after
    /// another one, so that under a storm each finds more and those who bring it wait less.
    pub async fn write_in_rounds<T, E>(
        &self,
        f: impl Fn(&mut dyn Tx) -> Result<T, E> + Send + Sync + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        match &self.0.engine {
            Engine::Sqlite(sqlite) => sqlite.write(f, Durable::InRounds).await,
            Engine::Postgres(postgres) => postgres.write(f).await,
        }
    }

    /// Makes a consistent copy at the new file `to` while everything runs; its size in bytes.
    pub async fn backup(&self, to: &Path) -> Result<u64, StoreError> {
        self.copy(to, false).await
    }

    /// As [`Store::backup`]; a file that is there is replaced once the copy is whole.
    pub async fn backup_over(&self, to: &Path) -> Result<u64, StoreError> {
        self.copy(to, true).await
    }

    async fn copy(&self, to: &Path, replace: bool) -> Result<u64, StoreError> {
        match &self.0.engine {
            Engine::Sqlite(sqlite) => {
                let (from, to) = (sqlite.place().path().to_owned(), to.to_owned());
                let copied =
                    tokio::task::spawn_blocking(move || backup::copy_sqlite(&from, &to, replace)).await;
                copied.map_err(|gone| StoreError::Unavailable(gone.to_string()))?
            }
            Engine::Postgres(_) => Err(StoreError::Backup(
                "the database is PostgreSQL: use its own tool, pg_dump, which copies while everything runs"
                    .into(),
            )),
        }
    }

    /// Rings after every commit that called [`Tx::wake`] with this topic, here or in another replica. Bells may
    /// ring too often, and rows may come due without one: it says when to look, not what is there.
    pub fn changes(&self, topic: &'static str) -> watch::Receiver<u64> {
        self.0.changes.subscribe(topic)
    }

    pub fn dialect(&self) -> Dialect {
        match &self.0.engine {
            Engine::Sqlite(_) => Dialect::Sqlite,
            Engine::Postgres(_) => Dialect::Postgres,
        }
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.read(|tx| tx.query("SELECT 1", &[]).map(drop)).await
    }

    pub fn stats(&self) -> &StoreStats {
        &self.0.stats
    }

    /// Finishes the writes that were begun and closes the database; later ones are refused.
    pub async fn close(&self) {
        match &self.0.engine {
            Engine::Sqlite(sqlite) => sqlite.close().await,
            Engine::Postgres(postgres) => postgres.close(),
        }
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").field("dialect", &self.dialect()).finish_non_exhaustive()
    }
}

fn sqlite_place(options: &StoreOptions) -> Result<Place, OpenError> {
    let rest = options.url.strip_prefix("sqlite:").unwrap_or_default();
    if rest == ":memory:" {
        let place = Place::throw_away(options.random.next_u64());
        return place.map_err(|error| StoreError::Io(error.to_string()).into());
    }
    let path = rest.strip_prefix("//").unwrap_or(rest);
    if path.is_empty() {
        return Err(OpenError::Url("there is no path after sqlite:".into()));
    }
    if path.contains('?') {
        return Err(OpenError::Url("a SQLite URL takes no ?options".into()));
    }
    Ok(Place::new(PathBuf::from(path)))
}
