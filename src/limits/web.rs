//! The web server.

use std::time::Duration;

/// A request that is not answered by then is given up: senders wait 10 to 30 s.
pub const HTTP_REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// How long a connection may take for the head of its next request: longer than a slow line needs. Senders that keep
/// connections open make a new one.
pub const HTTP_HEADERS_WITHIN: Duration = Duration::from_secs(30);

/// HTTP connections served at once: more than a fleet of senders has, and some ten MB if all of them only wait.
pub const HTTP_CONNECTIONS_MAX: usize = 4_096;

/// Open files that HTTP connections leave to the database, the config, and the calls to Slack.
pub const HTTP_FILES_KEPT: usize = 256;

/// Milliseconds until the next try when a connection could not be accepted: the system has run out of something.
pub const HTTP_ACCEPT_AGAIN_MS: i64 = 500;

/// Milliseconds between two log lines that say that all connections are taken.
pub const HTTP_FULL_TOLD_EVERY_MS: u64 = 60_000;

/// The longest body Slack sends: a view is 250 kB, and a form doubles it by its escapes.
pub const SLACK_REQUEST_BYTES: usize = 3 * 1024 * 1024;

/// How long `/readyz` and `/metrics` wait for the database: those who ask (Kubernetes: one second by default, set it to more)
/// give up soon, and what takes longer is not ready.
pub const PROBE_WITHIN: Duration = Duration::from_secs(2);

/// The database's last answer to `/readyz` counts for this long: whoever asks more often makes no more writes.
pub const PROBE_FRESH: Duration = Duration::from_secs(1);
