//! Whether the database file is still where it was opened. Deleted or replaced, it goes on working for this process alone:
//! everything would be acknowledged, and gone with the next start.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::StoreError;
use super::sqlite_file::with_suffix;
use super::stats::StoreStats;

/// The file and its log as they were opened. They are never opened here: closing a file drops all locks that the process
/// has on it (sqlite.org/howtocorrupt.html, 2.2).
#[derive(Debug)]
pub(super) struct Presence {
    files: Vec<(PathBuf, FileId)>,
    stats: Arc<StoreStats>,
}

/// Device and number of a file; a copy or a new file of the same name has another.
type FileId = (u64, u64);

impl Presence {
    /// `database` is the name by which SQLite opened it. Its log has to be there.
    pub(super) fn of(database: &Path, stats: &Arc<StoreStats>) -> std::io::Result<Self> {
        let mut files = Vec::new();
        for path in [database.to_owned(), with_suffix(database, "-wal")] {
            let id = id_of(&path)?;
            files.push((path, id));
        }
        Ok(Self { files, stats: Arc::clone(stats) })
    }

    /// An error once one of them is another or none; all is well again when it is back.
    pub(super) fn check(&self) -> Result<(), StoreError> {
        let gone = self.files.iter().find(|(path, id)| id_of(path).ok() != Some(*id));
        let was_gone = self.stats.file_gone.swap(gone.is_some(), Ordering::SeqCst);
        match gone {
            Some((path, _)) => {
                let error = StoreError::Gone(path.display().to_string());
                if !was_gone {
                    tracing::error!(%error, "nothing is taken in or sent any more");
                }
                Err(error)
            }
            None => {
                if was_gone {
                    tracing::info!("the database file is back");
                }
                Ok(())
            }
        }
    }
}

#[cfg(unix)]
fn id_of(path: &Path) -> std::io::Result<FileId> {
    use std::os::unix::fs::MetadataExt as _;
    fs::metadata(path).map(|found| (found.dev(), found.ino()))
}

/// Elsewhere an open file cannot be deleted.
#[cfg(not(unix))]
fn id_of(path: &Path) -> std::io::Result<FileId> {
    fs::metadata(path).map(|_| (0, 0))
}
