//! Every bound of the program: name, unit, and why it is what it is.

// ── Reading the config ──────────────────────────────────────────────────────────────────────────────────────────

/// Bytes of one config text: a hundred times a large rule tree, and still read in a blink.
pub const CONFIG_BYTES: u64 = 8 << 20;
/// Values in one YAML text, aliases counted as often as they are used: an alias bomb ends here.
pub const YAML_NODES: usize = 500_000;
/// Mistakes in the YAML itself that are told: after so many, the rest is noise.
pub const YAML_SYNTAX_ERRORS: usize = 20;
/// Bytes of a file that holds a secret: the longest key is far shorter.
pub const SECRET_FILE_BYTES: u64 = 64 << 10;
/// Characters of a value that a message repeats.
pub const SHOWN_VALUE_CHARS: usize = 60;
/// Characters of a source line that are shown around a mistake.
pub const SHOWN_LINE_CHARS: usize = 160;
/// Names that a hint lists.
pub const SHOWN_NAMES: usize = 8;
/// Milliseconds to wait for a config from a URL: longer, and the start would seem to hang.
pub const CONFIG_URL_TIMEOUT_MS: u64 = 10_000;
/// Milliseconds between two looks at a config from a URL: files are cheap to compare, somebody else's server is not.
pub const CONFIG_URL_REFRESH_MS: i64 = 60_000;
/// Characters of a Slack channel's name; docs.slack.dev/reference/methods/conversations.create.
pub const SLACK_CHANNEL_NAME_CHARS: usize = 80;
/// Socket Mode connections of one app; docs.slack.dev/apis/events-api/using-socket-mode.
pub const SLACK_SOCKETS_MAX: u64 = 10;
/// Bytes of a signing secret: Slack's have 32; what is far shorter was cut off.
pub const SIGNING_SECRET_MIN_BYTES: usize = 8;
/// Bytes of an integration's token: below, it can be guessed.
pub const INTEGRATION_TOKEN_MIN_BYTES: usize = 8;
