//! SQLite: the embedded engine. One writer connection on its own thread ([`super::writer`]), a few readers.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ErrorCode, Statement, ffi};
use tokio::sync::Semaphore;

use super::changes::Changes;
use super::disk::Disk;
use super::sqlite_file::{self, Place};
use super::stats::StoreStats;
use super::writer::{Durable, Writer};
use super::{Arg, Dialect, OpenError, Row, StoreError, StoreOptions, Tx, Value};
use crate::limits::{
    STORE_BUSY_MS, STORE_READER_CACHE_KIB, STORE_STATEMENTS, STORE_WAL_PAGES, STORE_WRITER_CACHE_KIB,
};

/// An open SQLite database.
pub(super) struct Sqlite {
    // Fields drop in this order: connections before the lock and the folder of a throw-away database.
    writer: Option<Writer>,
    readers: Arc<Readers>,
    slots: Arc<Semaphore>,
    place: Place,
}

type Readers = Mutex<Vec<Connection>>;

impl Sqlite {
    /// Opens (and on the way locks, checks and migrates) the database. Blocks.
    pub(super) fn open(
        place: Place,
        options: &StoreOptions,
        stats: Arc<StoreStats>,
        changes: Arc<Changes>,
    ) -> Result<Self, OpenError> {
        let writer = match sqlite_file::prepare(&place, options)? {
            Some(conn) => Some(start_writer(conn, &place, stats, changes)?),
            None => None,
        };
        let count = options.readers.max(1);
        let readers = (0..count).map(|_| open_reader(&place)).collect::<Result<Vec<_>, _>>()?;
        Ok(Self {
            writer,
            readers: Arc::new(Mutex::new(readers)),
            slots: Arc::new(Semaphore::new(count)),
            place,
        })
    }

    pub(super) fn place(&self) -> &Place {
        &self.place
    }

    pub(super) async fn write<T, E>(
        &self,
        f: impl Fn(&mut dyn Tx) -> Result<T, E> + Send + Sync + 'static,
        durable: Durable,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        match &self.writer {
            Some(writer) => writer.write(f, durable).await,
            None => Err(StoreError::ReadOnly.into()),
        }
    }

    pub(super) async fn read<T, E>(
        &self,
        f: impl Fn(&mut dyn Tx) -> Result<T, E> + Send + Sync + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let Ok(slot) = Arc::clone(&self.slots).acquire_owned().await else {
            return Err(StoreError::Closed.into());
        };
        let readers = Arc::clone(&self.readers);
        let job = tokio::task::spawn_blocking(move || {
            let _slot = slot;
            let conn = readers.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let Some(conn) = conn else { return Err(StoreError::Closed.into()) };
            let outcome = read_on(&conn, &f);
            readers.lock().unwrap_or_else(PoisonError::into_inner).push(conn);
            outcome
        });
        job.await.unwrap_or_else(|gone| Err(StoreError::Unavailable(gone.to_string()).into()))
    }

    pub(super) async fn close(&self) {
        if let Some(writer) = &self.writer {
            writer.close().await;
        }
        self.slots.close();
        self.readers.lock().unwrap_or_else(PoisonError::into_inner).clear();
        self.place.unlock();
    }
}

fn read_on<T, E: From<StoreError>>(
    conn: &Connection,
    f: &impl Fn(&mut dyn Tx) -> Result<T, E>,
) -> Result<T, E> {
    run_cached(conn, "BEGIN")?;
    let mut tx = SqliteTx::new(conn);
    let outcome = tx.run(f);
    if !conn.is_autocommit() {
        run_cached(conn, "COMMIT")?;
    }
    outcome
}

fn start_writer(
    conn: Connection,
    place: &Place,
    stats: Arc<StoreStats>,
    changes: Arc<Changes>,
) -> Result<Writer, OpenError> {
    let io_error = |error: io::Error| StoreError::Io(error.to_string());
    let disk = if place.is_throw_away() {
        None
    } else {
        conn.pragma_update(None, "synchronous", "NORMAL").map_err(store_error)?;
        // A first read makes the log; SQLite's own name of the file, for the path may lead through a link.
        conn.query_row("SELECT COUNT(*) FROM sqlite_schema", [], |_| Ok(())).map_err(store_error)?;
        let file = conn.path().map_or(place.path(), Path::new);
        Some(Disk::of(file, &stats).map_err(io_error)?)
    };
    Ok(Writer::start(conn, disk, stats, changes).map_err(io_error)?)
}

fn open_reader(place: &Place) -> Result<Connection, OpenError> {
    let conn = sqlite_file::connect(place, true)?;
    set_up(&conn, STORE_READER_CACHE_KIB)
        .and_then(|()| conn.pragma_update(None, "query_only", true))
        .map_err(store_error)?;
    Ok(conn)
}

/// The settings of the writer while it migrates: each commit waits for the disk by itself. Later, see [`super::disk`].
pub(super) fn set_up_writer(conn: &Connection, place: &Place) -> rusqlite::Result<()> {
    set_up(conn, STORE_WRITER_CACHE_KIB)?;
    conn.pragma_update_and_check(None, "journal_mode", "wal", |_| Ok(()))?;
    conn.pragma_update(None, "synchronous", if place.is_throw_away() { "OFF" } else { "FULL" })?;
    conn.pragma_update_and_check(None, "wal_autocheckpoint", STORE_WAL_PAGES, |_| Ok(()))
}

fn set_up(conn: &Connection, cache_kib: i64) -> rusqlite::Result<()> {
    conn.busy_timeout(Duration::from_millis(STORE_BUSY_MS))?;
    conn.set_prepared_statement_cache_capacity(STORE_STATEMENTS);
    conn.pragma_update(None, "cache_size", -cache_kib)?;
    conn.pragma_update(None, "foreign_keys", true)?;
    // A statement is planned once, not anew for each value it is given (www.sqlite.org/queryplanner-ng.html#qpstab).
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    // Undoing one write of a shared transaction needs its old pages: keep them out of temporary files.
    conn.pragma_update(None, "temp_store", "MEMORY")
}

/// Runs a statement of the store's own (BEGIN, SAVEPOINT …).
pub(super) fn run_cached(conn: &Connection, sql: &str) -> Result<(), StoreError> {
    conn.prepare_cached(sql).and_then(|mut s| s.execute([])).map(drop).map_err(|e| statement_error(e, sql))
}

/// The transaction (or one write's part of a shared one).
pub(super) struct SqliteTx<'c> {
    conn: &'c Connection,
    /// The first statement that failed; the transaction is over then.
    error: Option<StoreError>,
    wakes: Vec<&'static str>,
}

impl<'c> SqliteTx<'c> {
    pub(super) fn new(conn: &'c Connection) -> Self {
        Self { conn, error: None, wakes: Vec::new() }
    }

    /// Runs a closure in this transaction. A panic and a statement that failed are errors, whatever it says.
    pub(super) fn run<T, E: From<StoreError>>(
        &mut self,
        f: &impl Fn(&mut dyn Tx) -> Result<T, E>,
    ) -> Result<T, E> {
        let outcome = catch_unwind(AssertUnwindSafe(|| f(self)))
            .unwrap_or_else(|payload| Err(StoreError::panicked(payload.as_ref()).into()));
        match &self.error {
            Some(error) if outcome.is_ok() => Err(error.clone().into()),
            _ => outcome,
        }
    }

    /// Whom to wake, and the statement that failed.
    pub(super) fn into_parts(self) -> (Vec<&'static str>, Option<StoreError>) {
        (self.wakes, self.error)
    }

    fn with_statement<T>(
        &mut self,
        sql: &str,
        args: &[Arg<'_>],
        run: impl FnOnce(&mut Statement<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        if let Some(error) = &self.error {
            return Err(error.clone());
        }
        let outcome = self.conn.prepare_cached(sql).and_then(|mut statement| {
            if statement.parameter_count() != args.len() {
                return Err(rusqlite::Error::InvalidParameterCount(args.len(), statement.parameter_count()));
            }
            for (index, arg) in args.iter().enumerate() {
                statement.raw_bind_parameter(index + 1, arg)?;
            }
            run(&mut statement)
        });
        outcome.map_err(|error| {
            let error = statement_error(error, sql);
            self.error = Some(error.clone());
            error
        })
    }
}

impl Tx for SqliteTx<'_> {
    fn dialect(&self) -> Dialect {
        Dialect::Sqlite
    }

    fn exec(&mut self, sql: &str, args: &[Arg<'_>]) -> Result<u64, StoreError> {
        self.with_statement(sql, args, |statement| statement.raw_execute().map(|count| count as u64))
    }

    fn query(&mut self, sql: &str, args: &[Arg<'_>]) -> Result<Vec<Row>, StoreError> {
        self.with_statement(sql, args, |statement| {
            let columns = statement.column_count();
            let mut rows = statement.raw_query();
            let mut result = Vec::new();
            while let Some(row) = rows.next()? {
                let values =
                    (0..columns).map(|index| row.get_ref(index).map(value)).collect::<Result<_, _>>()?;
                result.push(Row(values));
            }
            Ok(result)
        })
    }

    fn wake(&mut self, topic: &'static str) {
        if !self.wakes.contains(&topic) {
            self.wakes.push(topic);
        }
    }
}

fn value(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(v) => Value::I(v),
        ValueRef::Real(v) => Value::F(v),
        // The plain way first: mending text checks it a character at a time.
        ValueRef::Text(v) => Value::T(match str::from_utf8(v) {
            Ok(text) => text.to_owned(),
            Err(_) => String::from_utf8_lossy(v).into_owned(),
        }),
        ValueRef::Blob(v) => Value::B(v.to_vec()),
    }
}

impl rusqlite::ToSql for Arg<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self {
            Arg::Null => ToSqlOutput::Borrowed(ValueRef::Null),
            Arg::I(v) => ToSqlOutput::Borrowed(ValueRef::Integer(*v)),
            Arg::F(v) => ToSqlOutput::Borrowed(ValueRef::Real(*v)),
            Arg::T(v) if v.contains('\0') => ToSqlOutput::from(v.replace('\0', "\u{FFFD}")),
            Arg::T(v) => ToSqlOutput::Borrowed(ValueRef::Text(v.as_bytes())),
            Arg::B(v) => ToSqlOutput::Borrowed(ValueRef::Blob(v)),
        })
    }
}

pub(super) fn store_error(error: rusqlite::Error) -> StoreError {
    statement_error(error, "")
}

/// SQLite's result codes in our words (<https://sqlite.org/rescode.html>).
pub(super) fn statement_error(error: rusqlite::Error, sql: &str) -> StoreError {
    let rusqlite::Error::SqliteFailure(code, message) = &error else {
        return StoreError::sql(error.to_string(), sql);
    };
    let words = message.clone().unwrap_or_else(|| code.to_string());
    match code.code {
        ErrorCode::ConstraintViolation => match code.extended_code {
            ffi::SQLITE_CONSTRAINT_UNIQUE | ffi::SQLITE_CONSTRAINT_PRIMARYKEY => StoreError::Unique(words),
            _ => StoreError::Constraint(words),
        },
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => StoreError::Busy(words),
        ErrorCode::DiskFull => StoreError::DiskFull(words),
        ErrorCode::ReadOnly => StoreError::ReadOnly,
        ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => StoreError::Corrupt(words),
        ErrorCode::SystemIoFailure | ErrorCode::CannotOpen | ErrorCode::PermissionDenied => {
            StoreError::Io(words)
        }
        _ => StoreError::sql(words, sql),
    }
}
