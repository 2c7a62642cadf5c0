//! Counters of the store, for the metrics.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

/// Read with `load(Relaxed)`. Numbers only grow.
#[derive(Debug, Default)]
pub struct StoreStats {
    /// Reads that were run.
    pub reads: AtomicU64,
    /// Writes that were committed.
    pub writes: AtomicU64,
    /// Writes that were undone (the closure said so, failed or panicked, or the commit failed).
    pub failed_writes: AtomicU64,
    /// Commits; on SQLite several writes may share one: `writes / commits` is the mean batch.
    pub commits: AtomicU64,
    /// Syncs of SQLite's log: commits that wait for the disk at the same time share one.
    pub syncs: AtomicU64,
    /// Commits that failed.
    pub failed_commits: AtomicU64,
    /// A sync of SQLite's log failed, and nothing has mended that: no write is acknowledged.
    pub log_in_doubt: AtomicBool,
    /// SQLite's file was deleted or replaced: no write is acknowledged.
    pub file_gone: AtomicBool,
    /// The most writes that shared one commit.
    pub largest_batch: AtomicU64,
    /// Microseconds spent in transactions that write, commit included; waiting for SQLite's disk is not.
    pub write_us: AtomicU64,
    /// Transactions that were run again because of a conflict (PostgreSQL).
    pub retries: AtomicU64,
    /// Transactions that were run again on a new connection (PostgreSQL).
    pub reconnects: AtomicU64,
    /// Commits whose outcome is not known: the connection to PostgreSQL broke, or a sync of SQLite's log failed.
    pub unknown_commits: AtomicU64,
}

impl StoreStats {
    pub(super) fn add(counter: &AtomicU64, by: usize) {
        counter.fetch_add(by as u64, Relaxed);
    }
}
