//! What can go wrong, in words that say how to mend it. Values never appear here, only statements: values may
//! be secrets.

use std::path::PathBuf;

use crate::domain::rights::Unknown;
use crate::limits::STORE_ERROR_SQL_CHARS;

/// A read or a write that did not happen (with the one exception of [`StoreError::CommitUnknown`]).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// A row with this key exists. Where that is expected, write `ON CONFLICT`: after any failed statement the
    /// transaction is over (PostgreSQL's rule, kept on SQLite too).
    #[error("a row with this key exists already: {0}")]
    Unique(String),
    #[error("a rule of the database was broken: {0}")]
    Constraint(String),
    #[error("the statement failed: {message} (in: {sql})")]
    Sql { message: String, sql: String },
    /// A column holds something else than the code reads.
    #[error("column {index} of the result is {got}, not {wanted}")]
    Column { index: usize, wanted: &'static str, got: &'static str },
    /// A row holds what no version of Firebell wrote.
    #[error("the database holds something unexpected: {0}")]
    Inconsistent(String),
    #[error("the database was opened for reading only")]
    ReadOnly,
    #[error(
        "the database is locked by another program for too long: {0}; end it (an open sqlite3 shell, a copy)"
    )]
    Busy(String),
    #[error("the disk is full: {0}; make room, nothing was written")]
    DiskFull(String),
    #[error("the database file is damaged: {0}; stop Firebell and restore the newest backup")]
    Corrupt(String),
    #[error("the database file cannot be read or written: {0}; check the disk and the file's permissions")]
    Io(String),
    /// Nothing is acknowledged until it is back: it would be gone with the next start.
    #[error(
        "the database file {0} was deleted or replaced while Firebell runs; put it back, or restore a backup and restart"
    )]
    Gone(String),
    #[error("the database does not answer: {0}")]
    Unavailable(String),
    /// Others changed the same rows, again and again. The same write may succeed later.
    #[error("the transaction collided with others {attempts} times: {message}")]
    Conflict { attempts: u32, message: String },
    /// The connection broke while PostgreSQL was asked to commit, or the disk did not say that SQLite's commit is on it: the
    /// write may be there or not. Whoever repeats it must be prepared for both (a dedup key).
    #[error("the write may have happened or not: {0}")]
    CommitUnknown(String),
    /// The closure panicked; what it wrote was undone.
    #[error("a bug: the transaction panicked: {0}")]
    Panicked(String),
    #[error("the store is closed")]
    Closed,
    #[error("the copy could not be made: {0}")]
    Backup(String),
    /// The transaction came upon something that only Slack can tell ([`crate::domain::rights`]): it decided nothing,
    /// and is tried again once that is known.
    #[error("Slack has to be asked first: {0:?}")]
    Unknown(Unknown),
}

impl StoreError {
    /// The statement, shortened, for an error message.
    pub(super) fn sql(message: impl Into<String>, sql: &str) -> Self {
        let line = sql.split_whitespace().collect::<Vec<_>>().join(" ");
        Self::Sql { message: message.into(), sql: line.chars().take(STORE_ERROR_SQL_CHARS).collect() }
    }

    /// The words of a caught panic.
    pub(crate) fn panicked(payload: &(dyn std::any::Any + Send)) -> Self {
        let words = payload.downcast_ref::<&str>().map(|s| (*s).to_owned());
        Self::Panicked(words.or_else(|| payload.downcast_ref::<String>().cloned()).unwrap_or_default())
    }
}

/// Why the store did not open.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("store.url: {0}; write sqlite://firebell.db or postgres://user:password@host/database")]
    Url(String),
    #[error("the folder {} does not exist; create it, or change store.url", .0.display())]
    MissingFolder(PathBuf),
    #[error("there is no database at {}; it is made by `firebell serve`", .0.display())]
    MissingFile(PathBuf),
    #[error("no permission for {}: {reason}; give the user Firebell runs as the right to write there", path.display())]
    Permission { path: PathBuf, reason: String },
    #[error("{} is in use by another Firebell{}; stop it first (one SQLite file serves one process; several replicas need PostgreSQL)", path.display(), by.as_deref().unwrap_or(""))]
    InUse { path: PathBuf, by: Option<String> },
    #[error("{} is not a database of Firebell: {reason}; change store.url, or restore a backup", path.display())]
    Foreign { path: PathBuf, reason: String },
    #[error(
        "the database was made by a newer Firebell (schema {found}, this program knows up to {known}); \
         run the newer program, or restore the backup that was made before the change"
    )]
    Newer { found: i64, known: i64 },
    #[error(
        "the database has schema {found}, this program needs {known}; start `firebell serve` once, it migrates"
    )]
    Older { found: i64, known: i64 },
    #[error(
        "{count} older replica(s) of Firebell still work on this database, which has to be migrated to schema {to}: \
         stop them all, then start this one again"
    )]
    OlderReplicas { count: usize, to: i64 },
    #[error(
        "migration {version} ({name}) was applied to this database with another text; \
         this program and the database do not belong together: run the release that made it"
    )]
    Changed { version: i64, name: String },
    #[error("migration {version} ({name}) failed and was undone: {reason}")]
    Migration { version: i64, name: String, reason: String },
    #[error("PostgreSQL cannot be reached: {0}; check host, port, user, password and database in store.url")]
    Unreachable(String),
    #[error("store.url: {0}")]
    Tls(String),
    #[error(transparent)]
    Store(#[from] StoreError),
}
