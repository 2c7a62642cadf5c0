//! A consistent copy of a SQLite database, made while it is written to.

use std::fs::{self, File};
use std::path::Path;

use rusqlite::{Connection, OpenFlags};

use super::StoreError;
use super::sqlite::store_error;
use super::sqlite_file::with_suffix;
use crate::files;

/// Copies the database at `from` to the new file `to`; its size in bytes. One read transaction, so writers go
/// on meanwhile; under another name until it is whole and on the disk.
pub(super) fn copy_sqlite(from: &Path, to: &Path, replace: bool) -> Result<u64, StoreError> {
    if !replace && to.exists() {
        return Err(StoreError::Backup(format!("{} exists already; choose another name", to.display())));
    }
    let partial = with_suffix(to, ".partial");
    let outcome = copy_to(from, &partial).and_then(|bytes| {
        fs::rename(&partial, to).map_err(|error| failed(to, &error))?;
        // The new name must survive a power cut too.
        let folder = to.parent().filter(|f| !f.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(|error| failed(to, &error))?;
        Ok(bytes)
    });
    if outcome.is_err() {
        let _ = fs::remove_file(&partial);
    }
    outcome
}

fn copy_to(from: &Path, partial: &Path) -> Result<u64, StoreError> {
    // Left over from a copy that was interrupted.
    let _ = fs::remove_file(partial);
    // SQLite writes into an empty file, too, and this one only its owner may read.
    files::create_new(partial).map_err(|error| failed(partial, &error))?;
    let name = partial.to_str().ok_or_else(|| StoreError::Backup("the path is not UTF-8".into()))?;
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(from, flags).map_err(store_error)?;
    conn.execute("VACUUM INTO ?1", [name])
        .map_err(|error| StoreError::Backup(format!("{}: {}", partial.display(), store_error(error))))?;
    let file = File::open(partial).map_err(|error| failed(partial, &error))?;
    file.sync_all()
        .and_then(|()| file.metadata())
        .map(|meta| meta.len())
        .map_err(|error| failed(partial, &error))
}

fn failed(path: &Path, error: &std::io::Error) -> StoreError {
    StoreError::Backup(format!("{}: {error}", path.display()))
}
