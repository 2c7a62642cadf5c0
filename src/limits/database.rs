//! The bounds of what is forgotten, and of a database file that is gone or new (src/app).

use std::time::Duration;

/// Old rows removed in one transaction, and alerts of the groups among them: a few milliseconds.
pub const RETENTION_BATCH: i64 = 200;
pub const RETENTION_ALERTS: i64 = 500;

/// Pages that the database file gives back to the disk in one transaction: a few milliseconds.
pub const RETENTION_PAGES: i64 = 100;

/// Milliseconds between two such transactions: a million rows take five minutes, and nobody notices.
pub const RETENTION_REST_MS: i64 = 50;

/// Empty pages that the database file keeps (4 MiB): what comes next needs them.
pub const STORE_FREE_PAGES_KEPT: i64 = 1_024;

/// Milliseconds between two looks whether the database file is still there, and the channels that are told if it is not.
pub const ALARM_LOOK_MS: i64 = 5_000;
pub const ALARM_CHANNELS: usize = 10;

/// A database that was not written for this long may be a backup: Slack is asked which numbers it has seen.
pub const NUMBERS_STALE: Duration = Duration::from_mins(10);
/// How long the start waits for that: Slack's answers take a second or two.
pub const NUMBERS_WITHIN: Duration = Duration::from_secs(30);
/// Pages of a thousand channels, the channels read, and the newest messages of each: a call each, at 50 a minute.
pub const NUMBERS_PAGES: usize = 10;
pub const NUMBERS_CHANNELS: usize = 30;
pub const NUMBERS_MESSAGES: u64 = 100;
/// A higher one was not written by us.
pub const NUMBERS_MAX: i64 = 1_000_000_000;
