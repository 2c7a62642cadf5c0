//! When a commit is on the disk. SQLite writes its log without waiting for it (`synchronous = NORMAL`); who must know that
//! the commit is there waits for a sync of the log, made here. So the writer may go on with the next transaction
//! meanwhile, and one sync serves all commits before it.
//!
//! After a sync that failed nobody knows what of the log is on the disk, and the next one would say that all is well: until
//! a checkpoint has moved the log into the database file, every write is told so.

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{self, Sender};
use std::thread::JoinHandle;

use super::StoreError;
use super::presence::Presence;
use super::sqlite_file::with_suffix;
use super::stats::StoreStats;
use super::writer::Job;

/// The write-ahead log of a database, to be synced.
pub(super) struct Disk {
    /// Opened for this handle alone: the system tells a failure once to each.
    log: File,
    presence: Option<Arc<Presence>>,
    stats: Arc<StoreStats>,
}

impl Disk {
    /// Two handles, for the writer and for its [`Syncer`]. The log has to be there: some connection read the database.
    pub(super) fn of(database: &Path, stats: &Arc<StoreStats>) -> io::Result<(Self, Self)> {
        let path = with_suffix(database, "-wal");
        // For writing, though nothing is written: not every system syncs a handle that only reads.
        let open = || File::options().read(true).write(true).open(&path);
        let presence = Arc::new(Presence::of(database, stats)?);
        let disk = |log| Self { log, presence: Some(Arc::clone(&presence)), stats: Arc::clone(stats) };
        Ok((disk(open()?), disk(open()?)))
    }

    /// Returns when all commits before this call are on the disk.
    pub(super) fn sync(&self) -> Result<(), StoreError> {
        if self.in_doubt() {
            return Err(StoreError::CommitUnknown(
                "an earlier part of the log may not be on the disk".into(),
            ));
        }
        StoreStats::add(&self.stats.syncs, 1);
        self.log.sync_data().map_err(|error| {
            self.stats.log_in_doubt.store(true, Ordering::SeqCst);
            StoreStats::add(&self.stats.unknown_commits, 1);
            tracing::error!(%error, "the database's log could not be synced to the disk; check the disk");
            StoreError::CommitUnknown(format!("the log could not be synced to the disk: {error}"))
        })?;
        self.is_there()
    }

    /// Whether what was synced will be found again: an error once the file was deleted or replaced.
    pub(super) fn is_there(&self) -> Result<(), StoreError> {
        self.presence.as_ref().map_or(Ok(()), |presence| presence.check())
    }

    /// Whether a sync has failed, and nothing has mended that.
    pub(super) fn in_doubt(&self) -> bool {
        self.stats.log_in_doubt.load(Ordering::SeqCst)
    }

    /// The whole log has been moved into the database file, and that is on the disk.
    pub(super) fn is_mended(&self) {
        self.stats.log_in_doubt.store(false, Ordering::SeqCst);
    }
}

/// A thread that waits for the disk, so that the writer need not.
pub(super) struct Syncer {
    commits: Sender<Vec<Box<dyn Job>>>,
    thread: JoinHandle<()>,
}

impl Syncer {
    pub(super) fn start(disk: Disk) -> io::Result<Self> {
        let (commits, queue) = mpsc::channel::<Vec<Box<dyn Job>>>();
        let thread = std::thread::Builder::new().name("store-syncer".to_owned()).spawn(move || {
            while let Ok(mut jobs) = queue.recv() {
                jobs.extend(queue.try_iter().flatten());
                let fate = disk.sync();
                jobs.into_iter().for_each(|job| job.answer(fate.clone()));
            }
        })?;
        Ok(Self { commits, thread })
    }

    /// Answers these writes, which are committed, once they are on the disk.
    pub(super) fn answer_later(&self, jobs: Vec<Box<dyn Job>>) {
        if let Err(mpsc::SendError(jobs)) = self.commits.send(jobs) {
            let ended = StoreError::CommitUnknown("the thread that syncs the log has ended".into());
            jobs.into_iter().for_each(|job| job.answer(Err(ended.clone())));
        }
    }

    /// Answers all that wait, and ends.
    pub(super) fn end(self) {
        drop(self.commits);
        if self.thread.join().is_err() {
            tracing::error!("a bug: the thread that syncs the log panicked");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::Ordering::Relaxed;

    use rusqlite::Connection;

    use super::super::Tx;
    use super::super::writer::{Durable, Writer};
    use super::*;

    fn disk(log: File, stats: &Arc<StoreStats>) -> Disk {
        Disk { log, presence: None, stats: Arc::clone(stats) }
    }

    #[test]
    fn after_a_failure_nothing_is_said_to_be_on_the_disk_until_it_is_mended() {
        let folder = tempfile::TempDir::new().unwrap();
        let stats = Arc::new(StoreStats::default());
        let disk = disk(File::create(folder.path().join("log")).unwrap(), &stats);
        assert_eq!(disk.sync(), Ok(()));
        disk.stats.log_in_doubt.store(true, Ordering::SeqCst);
        assert!(matches!(disk.sync(), Err(StoreError::CommitUnknown(_))));
        assert_eq!(disk.stats.syncs.load(Relaxed), 1, "a sync now would say that all is well");
        disk.is_mended();
        assert_eq!(disk.sync(), Ok(()));
    }

    /// Such a device cannot be synced, so it stands for a disk that fails.
    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn who_waits_for_a_disk_that_fails_is_told() {
        let folder = tempfile::TempDir::new().unwrap();
        let conn = Connection::open(folder.path().join("a.db")).unwrap();
        conn.execute_batch("PRAGMA journal_mode = WAL; CREATE TABLE meta (key TEXT, value TEXT)").unwrap();
        let stats = Arc::new(StoreStats::default());
        let failing = || disk(File::open("/dev/null").unwrap(), &stats);
        let disks = Some((failing(), failing()));
        let writer = Writer::start(conn, disks, Arc::clone(&stats), Arc::default()).unwrap();
        let put = |tx: &mut dyn Tx| tx.exec("INSERT INTO meta (key, value) VALUES ('k', 'v')", &[]);
        for _ in 0..2 {
            let told = writer.write(put, Durable::Now).await;
            assert!(matches!(told, Err(StoreError::CommitUnknown(_))), "{told:?}");
        }
        // Several at once: some of them wait in the other thread.
        let (a, b, c) = tokio::join!(
            writer.write(put, Durable::Now),
            writer.write(put, Durable::WithTheNext),
            writer.write(put, Durable::Now),
        );
        assert!(matches!((&a, &c), (Err(StoreError::CommitUnknown(_)), Err(StoreError::CommitUnknown(_)))));
        assert_eq!(b, Ok(1), "who need not know is not kept waiting");
        assert!(stats.unknown_commits.load(Relaxed) >= 3);
        writer.close().await;
    }
}
