//! The SQLite file: where it is, who may have it open, which schema it has.

use std::fs::{self, File, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};

use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::migrate::{self, Applied};
use super::sqlite::{set_up_writer, store_error};
use super::{Dialect, OpenError, StoreOptions, backup};
use crate::files;

/// A database file, and the lock that says that it is ours.
#[derive(Debug)]
pub(super) struct Place {
    path: PathBuf,
    /// Set for a throw-away database: its folder, removed at the end.
    folder: Option<PathBuf>,
    /// Held by the one process that writes. The system frees it however the process ends.
    lock: Option<File>,
}

impl Place {
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path, folder: None, lock: None }
    }

    /// A database for a test or a trial: gone afterwards, and never waiting for the disk.
    pub(super) fn throw_away(name: u64) -> io::Result<Self> {
        let folder = std::env::temp_dir().join(format!("firebell-{}-{name:016x}", std::process::id()));
        files::create_folder(&folder)?;
        Ok(Self { path: folder.join("firebell.db"), folder: Some(folder), lock: None })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn is_throw_away(&self) -> bool {
        self.folder.is_some()
    }

    /// Takes the lock, or says who has it. A lock file of its own, because SQLite's own locks would keep
    /// readers (`firebell backup`) out too.
    pub(super) fn lock(&mut self) -> Result<(), OpenError> {
        let path = with_suffix(&self.path, ".lock");
        let open = files::open_or_create(&path);
        let mut file = open.map_err(|error| unreachable_file(&path, &error))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut pid = String::new();
                let by = file.read_to_string(&mut pid).is_ok() && !pid.trim().is_empty();
                let by = by.then(|| format!(" (process {})", pid.trim()));
                return Err(OpenError::InUse { path: self.path.clone(), by });
            }
            Err(TryLockError::Error(error)) => return Err(unreachable_file(&path, &error)),
        }
        // Who it is, for the message above. Nothing depends on it.
        let _ = file
            .set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| writeln!(file, "{}", std::process::id()));
        self.lock = Some(file);
        Ok(())
    }

    /// Gives the lock back: the database is closed, though somebody may still hold its handle.
    pub(super) fn unlock(&self) {
        if let Some(Err(error)) = self.lock.as_ref().map(File::unlock) {
            tracing::warn!(%error, "the database's lock could not be given back; it ends with this process");
        }
    }
}

/// The process that has this database open to write, as far as it can be told: `Some` without a number if it did not leave
/// it. For a database whose file is missing; else opening it says so.
pub(super) fn in_use_by(database: &Path) -> Option<Option<String>> {
    let mut file = File::open(with_suffix(database, ".lock")).ok()?;
    match file.try_lock_shared() {
        Err(TryLockError::WouldBlock) => {
            let mut pid = String::new();
            let read = file.read_to_string(&mut pid).is_ok() && !pid.trim().is_empty();
            Some(read.then(|| pid.trim().to_owned()))
        }
        _ => None,
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(folder) = &self.folder {
            let _ = fs::remove_dir_all(folder);
        }
    }
}

/// `firebell.db` → `firebell.db.lock`.
pub(super) fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// Makes the file its owner's, and what is beside it: SQLite gives its log the mode of the file.
fn keep_private(path: &Path) -> Result<(), OpenError> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    if folder.is_none_or(Path::is_dir)
        && let Err(error) = files::create_new(path)
        && error.kind() != io::ErrorKind::AlreadyExists
    {
        return Err(unreachable_file(path, &error));
    }
    let beside = ["-wal", "-shm", ".lock"].map(|suffix| with_suffix(path, suffix));
    for file in beside.into_iter().chain([path.to_owned()]).chain(copies_before_migrations(path)) {
        match files::tighten(&file) {
            Ok(None) => {}
            Ok(Some(was)) => {
                tracing::info!(file = %file.display(), was = format!("{was:o}"), "everybody could use this file; now only its owner can");
            }
            Err(error) => {
                tracing::warn!(file = %file.display(), %error, "everybody can use this file, and that could not be changed: chmod 600 it");
            }
        }
    }
    Ok(())
}

/// The copies that earlier versions made of the database before they changed it.
fn copies_before_migrations(path: &Path) -> Vec<PathBuf> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let is_copy = |found: &str| {
        let rest = found.strip_prefix(&*name).and_then(|rest| rest.strip_prefix(".before-v"));
        rest.is_some_and(|rest| rest.ends_with(".backup"))
    };
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .map(|entry| entry.path())
        .filter(|path| path.file_name().is_some_and(|name| is_copy(&name.to_string_lossy())))
        .collect()
}

/// Checks the schema and migrates it; the writer's connection unless the database is only read.
pub(super) fn prepare(place: &Place, options: &StoreOptions) -> Result<Option<Connection>, OpenError> {
    if options.beside && !place.path.exists() {
        return Err(OpenError::MissingFile(place.path.clone()));
    }
    if !options.read_only {
        keep_private(&place.path)?;
    }
    let mut conn = connect(place, options.read_only)?;
    let applied = applied(&conn, place)?;
    let todo = migrate::plan(&applied, options.migrations)?;
    if (options.read_only || options.beside)
        && !todo.is_empty()
        && let Some(last) = options.migrations.last()
    {
        let found = applied.last().map_or(0, |a| a.version);
        return Err(OpenError::Older { found, known: last.version });
    }
    if options.read_only {
        return Ok(None);
    }
    if applied.is_empty() {
        // Before the file has its first page; later it takes a rewriting of the whole file.
        conn.pragma_update(None, "auto_vacuum", INCREMENTAL).map_err(|error| unusable(place, error))?;
    }
    set_up_writer(&conn, place).map_err(|error| unusable(place, error))?;
    if todo.is_empty() {
        return Ok(Some(conn));
    }
    if let Some(last) = applied.last() {
        let copy = with_suffix(&place.path, &format!(".before-v{}.backup", last.version + 1));
        backup::copy_sqlite(&place.path, &copy, true)?;
        tracing::info!(from = last.version, backup = %copy.display(), "the database is migrated; a copy was made before");
    }
    migrate_all(&mut conn, todo, options)?;
    let gives_back: i64 =
        conn.pragma_query_value(None, "auto_vacuum", |row| row.get(0)).map_err(store_error)?;
    if gives_back == 0 {
        rewrite(&conn);
    }
    Ok(Some(conn))
}

/// `PRAGMA auto_vacuum`: empty pages are given back when that is asked for.
const INCREMENTAL: i64 = 2;

/// A file of an earlier version grows only. Once, it is written anew, so that it can give back what it does not need. It
/// works without, too.
fn rewrite(conn: &Connection) {
    let done = conn
        .pragma_update(None, "auto_vacuum", INCREMENTAL)
        .and_then(|()| conn.execute_batch("VACUUM"))
        .and_then(|()| conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())));
    match done {
        Ok(()) => {
            tracing::info!("the database file was written anew: it gives back now what it does not need")
        }
        Err(error) => {
            tracing::warn!(%error, "the database file could not be written anew; it works, but never gets smaller");
        }
    }
}

fn migrate_all(
    conn: &mut Connection,
    todo: &[migrate::Migration],
    options: &StoreOptions,
) -> Result<(), OpenError> {
    // Rebuilding a table (SQLite's way to change one) must not cascade: checked afterwards instead.
    conn.pragma_update(None, "foreign_keys", false).map_err(store_error)?;
    conn.execute_batch(&migrate::render(migrate::VERSION_TABLE, Dialect::Sqlite)).map_err(store_error)?;
    for migration in todo {
        let tx = conn.transaction().map_err(store_error)?;
        tx.execute_batch(&migrate::render(migration.sql, Dialect::Sqlite))
            .map_err(|e| migration.failed(e))?;
        let record = (migration.version, migration.name, migration.checksum(), options.clock.now_ms());
        tx.execute(migrate::RECORD, record).map_err(|e| migration.failed(e))?;
        let broken = tx.prepare("PRAGMA foreign_key_check").and_then(|mut s| s.exists([]));
        if broken.map_err(|e| migration.failed(e))? {
            return Err(migration.failed("it leaves rows that refer to missing ones"));
        }
        tx.commit().map_err(|e| migration.failed(e))?;
        // That a throw-away database is made tells nobody anything.
        if options.url != "sqlite::memory:" {
            tracing::info!(version = migration.version, name = migration.name, "migrated the database");
        }
    }
    conn.pragma_update(None, "foreign_keys", true).map_err(store_error)?;
    Ok(())
}

/// The steps that were made; an error if this is somebody else's database.
fn applied(conn: &Connection, place: &Place) -> Result<Vec<Applied>, OpenError> {
    let tables = conn
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
        .and_then(|mut s| s.query_map([], |row| row.get::<_, String>(0))?.collect::<Result<Vec<_>, _>>())
        .map_err(|error| unusable(place, error))?;
    if tables.is_empty() {
        return Ok(Vec::new());
    }
    if !tables.iter().any(|name| name == "schema_migration") {
        let reason = format!("it holds other tables ({})", tables.join(", "));
        return Err(OpenError::Foreign { path: place.path.clone(), reason });
    }
    let mut statement = conn.prepare(migrate::APPLIED).map_err(store_error)?;
    let rows = statement
        .query_map([], |row| Ok(Applied { version: row.get(0)?, name: row.get(1)?, checksum: row.get(2)? }));
    Ok(rows.and_then(Iterator::collect).map_err(store_error)?)
}

/// A connection to the file; creates it unless it is only to be read.
pub(super) fn connect(place: &Place, read_only: bool) -> Result<Connection, OpenError> {
    let path = &place.path;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    if let Some(folder) = folder.filter(|folder| !folder.is_dir()) {
        return Err(OpenError::MissingFolder(folder.to_owned()));
    }
    if read_only && !path.exists() {
        return Err(OpenError::MissingFile(path.clone()));
    }
    let access = if read_only {
        OpenFlags::SQLITE_OPEN_READ_ONLY
    } else {
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE
    };
    Connection::open_with_flags(path, access | OpenFlags::SQLITE_OPEN_NO_MUTEX)
        .map_err(|e| unusable(place, e))
}

/// Why the file cannot be used.
fn unusable(place: &Place, error: rusqlite::Error) -> OpenError {
    let path = place.path.clone();
    match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => {
            OpenError::Foreign { path, reason: "it is another kind of file".into() }
        }
        Some(ErrorCode::CannotOpen | ErrorCode::PermissionDenied | ErrorCode::ReadOnly) => {
            OpenError::Permission { path, reason: error.to_string() }
        }
        _ => store_error(error).into(),
    }
}

fn unreachable_file(path: &Path, error: &io::Error) -> OpenError {
    match (error.kind(), path.parent()) {
        (io::ErrorKind::NotFound, Some(folder)) => OpenError::MissingFolder(folder.to_owned()),
        _ => OpenError::Permission { path: path.to_owned(), reason: error.to_string() },
    }
}
