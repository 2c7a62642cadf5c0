//! Every bound of the program: name, unit, and why it is what it is.

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

/// Deepest JSON that is read (serde_json's own bound, checked by a test): what is deeper is refused, but only that alert.
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
use std::time::Duration;

// The rules (matchers, routes, silences, time intervals).

/// The largest compiled form of one matcher's regular expression, in bytes: Go has no such bound, `\pL{1000}` is below it.
pub const REGEX_PROGRAM_BYTES: usize = 64 * 1024 * 1024;
/// How deep groups of a matcher's regular expression may nest: Go's own bound.
pub const REGEX_NEST_DEPTH: u32 = 1000;
/// How far ahead the end of a time interval is looked for; who asks again then loses nothing, and a search stays short.
pub const TIME_INTERVAL_LOOKAHEAD_DAYS: Duration = Duration::from_hours(400 * 24);
