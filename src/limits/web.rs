//! The web server.

use std::time::Duration;

/// A request that is not answered by then is given up: senders wait 10 to 30 s.
pub const HTTP_REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// How long a connection may take for the head of its next request: longer than a slow line needs. Senders that keep
/// connections open make a new one.
pub const HTTP_HEADERS_WITHIN: Duration = Duration::from_secs(30);

/// Bytes of a request's head, and of what is read ahead of a body: anybody may send them on every connection, before it is
/// known who it is.
pub const HTTP_HEAD_BYTES: usize = 32 * 1024;

/// HTTP connections served at once: more than a fleet of senders has, and some ten MB if all of them only wait.
pub const HTTP_CONNECTIONS_MAX: usize = 4_096;

/// Open files that HTTP connections leave to the database, the config, and the calls to Slack.
pub const HTTP_FILES_KEPT: usize = 256;

/// Milliseconds until the next try when a connection could not be accepted: the system has run out of something.
pub const HTTP_ACCEPT_AGAIN_MS: i64 = 500;

/// Milliseconds between two log lines that say that all connections are taken.
pub const HTTP_FULL_TOLD_EVERY_MS: u64 = 60_000;

/// Bytes of a body that is read whether or not others take the room: what most senders send, and 64 MiB of 4,096 connections.
pub const BODY_SMALL_BYTES: usize = 16 * 1024;

/// Bytes of bodies up to [`BODY_READ_INLINE_BYTES`] that are in memory at the same time: a hundred of the longest.
pub const BODIES_MEDIUM_BYTES: usize = 16 * 1024 * 1024;

/// Bytes of larger bodies that are in memory at the same time, of all integrations.
pub const BODIES_AT_ONCE_BYTES: usize = 32 * 1024 * 1024;

/// The same of one integration: whoever floods us leaves as much to the others.
pub const BODIES_OF_ONE_BYTES: usize = 16 * 1024 * 1024;

/// The same of requests to Slack's addresses, which anybody can send.
pub const BODIES_OF_SLACK_BYTES: usize = 12 * 1024 * 1024;

/// How long a body waits for room; its sender tries again then.
pub const BODY_ROOM_WITHIN: Duration = Duration::from_secs(10);

/// Bytes of a body that is read where its request runs; longer ones are read by one thread, one after the other, so that
/// they neither stop the others nor take memory at the same time.
pub const BODY_READ_INLINE_BYTES: usize = 128 * 1024;

/// Log lines a minute about one kind of refusal: whoever looks for the reason finds it, whoever floods us fills no disk.
pub const REFUSALS_LOGGED_PER_MINUTE: u64 = 10;

/// Bytes that one input of Slack's may take as a tree of values: ten times the largest view or message.
pub const SLACK_INPUT_TREE_BYTES: usize = 16 * 1024 * 1024;

/// Bytes of an input of Slack's that is kept though it could not be read: enough to see what it was.
pub const SLACK_UNREADABLE_KEPT_BYTES: usize = 64 * 1024;

/// Fields of a form Slack sends; a command has some twenty.
pub const SLACK_FORM_FIELDS_MAX: usize = 200;

/// The longest body Slack sends: a view is 250 kB, and a form doubles it by its escapes.
pub const SLACK_REQUEST_BYTES: usize = 3 * 1024 * 1024;

/// How long `/readyz` and `/metrics` wait for the database: those who ask (Kubernetes: one second by default, set it to more)
/// give up soon, and what takes longer is not ready.
pub const PROBE_WITHIN: Duration = Duration::from_secs(2);

/// The database's last answer to `/readyz` counts for this long: whoever asks more often makes no more writes.
pub const PROBE_FRESH: Duration = Duration::from_secs(1);
