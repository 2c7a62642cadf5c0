//! Intake: what one webhook request may hold (src/sources).

/// Largest webhook body, in bytes: 10,000 usual alerts are about 6 MB.
pub const WEBHOOK_BODY_MAX_BYTES: usize = 10 * 1024 * 1024;

/// Bytes that a webhook's body may take as a tree of values. Bodies of the known senders are read without one; of others,
/// it is some thousand alerts with twenty fields each.
pub const WEBHOOK_TREE_BYTES: usize = 32 * 1024 * 1024;

/// Fields of a form in a webhook's body: forms are filled in by people and small scripts.
pub const FORM_FIELDS_MAX: usize = 1_000;

/// Most alerts in one request: more is a storm that its sender should split, and one transaction must stay short.
pub const ALERTS_PER_REQUEST_MAX: usize = 10_000;

/// Most problems kept for one request: enough to see the pattern, the rest is only counted.
pub const PROBLEMS_PER_REQUEST_MAX: usize = 50;

/// Most labels of one alert; Prometheus set-ups stay under 30.
pub const LABELS_PER_ALERT_MAX: usize = 128;

/// Labels or annotations of one alert that are read at all, those that come twice or empty included.
pub const PAIRS_READ_MAX: usize = 1_024;

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
