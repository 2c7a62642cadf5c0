//! Every bound of the program: name, unit, and why it is what it is.

use std::time::Duration;

// ── The outbox ─────────────────────────────────────────────────────────────────────────────────────────────

/// Calls on their way at once: enough to fill Slack's limits at 100 ms a call, few enough for a small machine.
pub const OUTBOX_IN_FLIGHT_MAX: usize = 32;

/// Rows claimed in one transaction.
pub const OUTBOX_CLAIM_MAX: usize = 32;

/// How long a claimed row is its sender's. Longer than any call may take (`SLACK_CALL_TIMEOUT`).
pub const OUTBOX_LEASE: Duration = Duration::from_secs(30);

/// How long to wait before asking whether a message arrived: a slow request may still be on its way in.
pub const OUTBOX_ASK_AFTER: Duration = Duration::from_secs(5);

/// The first pause before another try; it doubles.
pub const RETRY_FIRST_MS: u64 = 1_000;

/// The longest pause between two tries: after an outage everything is there within this time.
pub const RETRY_LONGEST_MS: u64 = 60_000;

/// A modal's trigger lives 3 s in Slack; later than this the call cannot arrive in time.
pub const TRIGGER_LIFE: Duration = Duration::from_millis(2_900);

/// A response URL lives 30 minutes in Slack.
pub const RESPONSE_URL_LIFE: Duration = Duration::from_secs(29 * 60);

/// An answer to one person that is older than this would only confuse.
pub const WHISPER_LIFE: Duration = Duration::from_secs(10 * 60);

// ── Alert groups ───────────────────────────────────────────────────────────────────────────────────────────

/// Changes that come by themselves wait this long for others, so that a burst is one update.
pub const CARD_SETTLES: Duration = Duration::from_secs(1);

/// Alerts named when the thread tells who joined or ended; the others are counted.
pub const NOTE_NAMES_MAX: i64 = 10;

/// Alerts that are listed in a group's message; the others are counted.
pub const CARD_ALERTS_MAX: i64 = 10;

/// How far back "seen 4 times" looks.
pub const HISTORY_SPAN: Duration = Duration::from_secs(30 * 24 * 3_600);

/// A sender that groups by itself has batched already: its joined and ended alerts are told this soon.
pub const NEWS_AFTER_SENDER: Duration = Duration::from_secs(15);

/// A hushed group is looked at again no more often than this, however small its group_interval is.
pub const RECHECK_AT_LEAST: Duration = Duration::from_secs(10);

/// Open groups that a silence by matchers looks at.
pub const OPEN_GROUPS_LOOKED_AT: i64 = 10_000;

/// Due things done in one transaction.
pub const TICK_BATCH: i64 = 100;

/// Inputs that are processed in one transaction: enough to share its cost, few enough to answer a click between.
pub const INTAKE_BATCH: i64 = 256;

// ── The driver ─────────────────────────────────────────────────────────────────────────────────────────────

/// After the database failed, the driver tries again this much later.
pub const DRIVER_RETRY: Duration = Duration::from_secs(1);

/// A replica that died is replaced after this time (PostgreSQL).
pub const LEADER_LEASE: Duration = Duration::from_secs(9);

/// The driving replica renews its lease this often.
pub const LEADER_RENEW: Duration = Duration::from_secs(3);

// ── The store ──────────────────────────────────────────────────────────────────────────────────────────────

/// Most writes that share one SQLite commit: enough to make the fsync's share tiny, few enough that one
/// failing commit concerns few callers.
pub const STORE_BATCH_WRITES: usize = 512;

/// Milliseconds after which a shared SQLite transaction takes no further write, so that the first one in it
/// is not kept waiting by those who came later.
pub const STORE_BATCH_MS: u64 = 20;

/// Writes that may wait for the SQLite writer; who comes later waits before entering the queue.
pub const STORE_QUEUE_WRITES: u32 = 4_096;

/// Reads that run at the same time on SQLite; each costs a connection with its page cache.
pub const STORE_READERS: usize = 2;

/// Milliseconds a SQLite statement waits for a lock that another program (a backup tool, the shell) holds.
pub const STORE_BUSY_MS: u64 = 5_000;

/// KiB of page cache of the SQLite writer: the idle program must stay under 30 MiB.
pub const STORE_WRITER_CACHE_KIB: i64 = 4_096;

/// KiB of page cache of each SQLite reader.
pub const STORE_READER_CACHE_KIB: i64 = 1_024;

/// Prepared statements kept per connection: more than the program has, so that each is parsed once.
pub const STORE_STATEMENTS: usize = 512;

/// Pages (4 KiB) in SQLite's write-ahead log before a commit also moves them into the database file.
pub const STORE_WAL_PAGES: i64 = 2_000;

/// Milliseconds without a write after which the SQLite log is emptied and cut to nothing.
pub const STORE_IDLE_MS: u64 = 2_000;

/// Connections to PostgreSQL, besides the one that listens for other replicas.
pub const STORE_POOL: usize = 12;

/// Milliseconds to wait for a PostgreSQL connection (from the pool, or a new one) before saying so.
pub const STORE_CONNECT_MS: u64 = 10_000;

/// Times a PostgreSQL transaction is run before a conflict with others (or a lost connection) is given up.
pub const STORE_ATTEMPTS: u32 = 12;

/// Milliseconds: the longest back-off between two attempts; the first is about 2 ms, each next one twice as long.
pub const STORE_RETRY_MS: u64 = 250;

/// Milliseconds between attempts to listen again after the PostgreSQL server went away.
pub const STORE_LISTEN_RETRY_MS: i64 = 1_000;

/// Characters of a statement quoted in an error: enough to find it.
pub const STORE_ERROR_SQL_CHARS: usize = 160;
// --- Intake: what one webhook request may hold (src/sources) ---

/// Largest webhook body, in bytes: 10,000 usual alerts are about 6 MB.
pub const WEBHOOK_BODY_MAX_BYTES: usize = 10 * 1024 * 1024;

/// Most alerts in one request: more is a storm that its sender should split, and one transaction must stay short.
pub const ALERTS_PER_REQUEST_MAX: usize = 10_000;

/// Most problems kept for one request: enough to see the pattern, the rest is only counted.
pub const PROBLEMS_PER_REQUEST_MAX: usize = 50;

/// Most labels of one alert; Prometheus set-ups stay under 30.
pub const LABELS_PER_ALERT_MAX: usize = 128;

/// Longest label name, in bytes; Prometheus' own limit in common set-ups.
pub const LABEL_NAME_MAX_BYTES: usize = 1_024;

/// Longest label value, in bytes; longer ones are cut and marked, because labels are keys of groups and indexes.
pub const LABEL_VALUE_MAX_BYTES: usize = 4_096;

/// Most annotations of one alert.
pub const ANNOTATIONS_PER_ALERT_MAX: usize = 128;

/// Longest annotation, in bytes: people paste whole logs (40 kB are kept whole), but not without end.
pub const ANNOTATION_MAX_BYTES: usize = 64 * 1024;

/// Longest URL that is kept: a browser takes no longer one, and half a link is no link.
pub const URL_MAX_BYTES: usize = 8 * 1024;

/// Most values (`refId` to number) of one Grafana alert: a rule has at most 26 queries by letter.
pub const VALUES_PER_ALERT_MAX: usize = 64;

/// Deepest JSON that is read as a whole (serde_json's own bound, checked by a test): a deeper one is kept as text.
pub const JSON_DEPTH_MAX: usize = 128;

/// Longest title made by a default mapping, in bytes; the whole text stays in the message.
pub const TITLE_MAX_BYTES: usize = 300;

/// How old or how far ahead a signed timestamp may be, in seconds, if the config does not say: Slack's own window.
pub const SIGNATURE_TOLERANCE_DEFAULT_S: u64 = 300;

/// When an alert of Prometheus ends that came without an end, in seconds; Alertmanager's `resolve_timeout` default.
pub const RESOLVE_TIMEOUT_DEFAULT_S: u64 = 300;

// --- Templates (src/domain/template) ---

/// Longest template source, in characters; OnCall's bound.
pub const TEMPLATE_SOURCE_MAX_CHARS: usize = 50_000;

/// Longest rendered text, in characters; OnCall's bound. The rest is cut and marked with "..".
pub const TEMPLATE_OUTPUT_MAX_CHARS: usize = 50_000;

/// Steps a template may take: a loop over 10,000 alerts with a line for each fits, an endless one ends in well under a second.
pub const TEMPLATE_FUEL: u64 = 1_000_000;

/// Largest compiled regex of a template, in bytes.
pub const TEMPLATE_REGEX_MAX_BYTES: usize = 1024 * 1024;

/// Most compiled regexes kept for templates; a config has tens of them.
pub const TEMPLATE_REGEX_CACHE_MAX: usize = 256;
// The rules (matchers, routes, silences, time intervals).

/// The largest compiled form of one matcher's regular expression, in bytes: Go has no such bound, `\pL{1000}` is below it.
pub const REGEX_PROGRAM_BYTES: usize = 64 * 1024 * 1024;
/// How deep groups of a matcher's regular expression may nest: Go's own bound.
pub const REGEX_NEST_DEPTH: u32 = 1000;
