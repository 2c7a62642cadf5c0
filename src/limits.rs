//! Every bound of the program: name, unit, and why it is what it is.

mod cards;
mod database;
mod incidents;
mod intake;
mod lists;
mod mirror;
mod outbox;
mod people;
mod rules;
mod web;
mod words;

pub use cards::*;
pub use database::*;
pub use incidents::*;
pub use intake::*;
pub use lists::*;
pub use mirror::*;
pub use outbox::*;
pub use people::*;
pub use rules::*;
pub use web::*;
pub use words::*;

// ── Reading the config ──────────────────────────────────────────────────────────────────────────────────────────

/// Bytes of one config text: a hundred times a large rule tree, and still read in a blink.
pub const CONFIG_BYTES: u64 = 8 << 20;
/// Bytes of a config text from a URL, whose server may not be ours: twenty times a large rule tree, and some 50 MiB of memory
/// while it is read.
pub const CONFIG_URL_BYTES: u64 = 2 << 20;
/// Values in one YAML text, aliases counted as often as they are used: an alias bomb ends here, at some 50 MiB of memory.
pub const YAML_NODES: usize = 250_000;
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
use std::time::Duration;

// ── Alert groups ───────────────────────────────────────────────────────────────────────────────────────────

/// Changes that come by themselves wait this long for others, so that a burst is one update.
pub const CARD_SETTLES: Duration = Duration::from_secs(1);

/// Alerts named when the thread tells who joined or ended; the others are counted.
pub const NOTE_NAMES_MAX: i64 = 10;

/// Alerts that are listed in a group's message; the others are counted.
pub const CARD_ALERTS_MAX: i64 = 10;

/// How far back "seen 4 times" looks.
pub const HISTORY_SPAN: Duration = Duration::from_secs(30 * 24 * 3_600);

/// Alerts more urgent than their group that are looked at to find one that nothing hushes; later news look again.
pub const MORE_URGENT_LOOKED_AT: i64 = 50;
/// How long an inhibiting alert is taken to fire if its sender says no end: Alertmanager's default resolve_timeout. It
/// only decides which of several sources counts.
pub const SOURCE_FIRES_FOR: Duration = Duration::from_mins(5);
/// A sender that groups by itself has batched already: its joined and ended alerts are told this soon.
pub const NEWS_AFTER_SENDER: Duration = Duration::from_secs(15);

/// A hushed group is looked at again no more often than this, however small its group_interval is.
pub const RECHECK_AT_LEAST: Duration = Duration::from_secs(10);

/// Due things done in one transaction.
pub const TICK_BATCH: i64 = 100;

/// Earlier groups that are read to tell what fixed it.
pub const HISTORY_LOOKED_AT: i64 = 50;

/// Link buttons under a message: with the other buttons they fill two rows on a phone.
pub const CARD_LINKS_MAX: usize = 5;

/// Characters of an alert group's title: three lines on a phone. A name of its group labels could be any length.
pub const GROUP_TITLE_CHARS: usize = 150;

/// Characters of the summary in a group's message: two lines on a phone.
pub const CARD_SUMMARY_CHARS: usize = 300;

/// Characters of the description in a group's message; the whole text is at the source.
pub const CARD_DESCRIPTION_CHARS: usize = 800;

/// Characters of what tells one alert from another in a group's message: a line on a phone.
pub const CARD_LINE_CHARS: usize = 120;

/// Values shown of one alert.
pub const CARD_VALUES_MAX: usize = 3;

/// Alert groups listed in an App Home (a view holds 100 blocks).
pub const HOME_GROUPS_MAX: i64 = 25;

/// A due thing that failed is tried again this much later.
pub const DUE_RETRY: Duration = Duration::from_secs(600);

/// Inputs that are processed in one transaction: enough to share its cost, few enough to answer a click between.
pub const INTAKE_BATCH: i64 = 256;

/// Bytes of stored webhooks that are processed in one transaction; a single one may have more.
pub const INTAKE_BATCH_BYTES: usize = 4 * 1024 * 1024;

/// Alerts that are processed in one transaction, a matter of a second; a single webhook may have more.
pub const INTAKE_BATCH_ALERTS: usize = 5_000;

// ── The inbox ──────────────────────────────────────────────────────────────────────────────────────────────

/// Slack waits 3 s for an answer; after this it gets an empty one, and the work goes on.
pub const SLACK_ANSWER_WITHIN: Duration = Duration::from_millis(2_400);

/// A row that is older and not dealt with was left over by a program that ended, or by a failure.
pub const SLACK_LEFTOVER_AFTER: Duration = Duration::from_secs(10);

/// Left-over rows looked at in one go.
pub const SLACK_LEFTOVERS: i64 = 100;

/// An input that fails this often is set aside.
pub const SLACK_INBOX_ATTEMPTS_MAX: u32 = 5;

/// How long the keys of dealt-with inputs are kept: Slack delivers late by 24 hours at most.
pub const INBOX_KEYS_KEPT: Duration = Duration::from_hours(49);

// ── The demo ───────────────────────────────────────────────────────────────────────────────────────────────

/// Alerts in the demo's storm, and the groups they come in.
pub const DEMO_STORM_ALERTS: usize = 500;

/// Groups of the demo's storm: few enough that one can watch them arrive at Slack's pace.
pub const DEMO_STORM_GROUPS: usize = 25;

/// Milliseconds of the demo's Slack outage.
pub const DEMO_OUTAGE_MS: i64 = 30_000;

/// How long the people of a played incident wait for the bot: longer than an outage of Slack.
pub const DEMO_PATIENCE_MS: i64 = 60_000;

// ── The app ────────────────────────────────────────────────────────────────────────────────────────────────

/// Milliseconds between two looks at the configuration.
pub const CONFIG_POLL_MS: i64 = 5_000;

/// Milliseconds between two `auth.test` while Slack does not accept us.
pub const IDENTITY_RETRY_MS: i64 = 5_000;

/// Milliseconds between two `auth.test` while it does: a revoked token is noticed within this time.
pub const IDENTITY_AGAIN_MS: i64 = 300_000;

/// Milliseconds between two clean-ups of the inbox's keys.
pub const KEYS_FORGOTTEN_EVERY_MS: i64 = 3_600_000;

/// Milliseconds between two looks for rows older than `store.retention`.
pub const RETENTION_EVERY_MS: i64 = 3_600_000;

/// What is not finished this long after a stop is left to the next start.
pub const SHUTDOWN_FORCED: Duration = Duration::from_secs(15);

// ── The driver ─────────────────────────────────────────────────────────────────────────────────────────────

/// After the database failed, the driver tries again this much later.
pub const DRIVER_RETRY: Duration = Duration::from_secs(1);

/// A replica that died is replaced after this time (PostgreSQL).
pub const LEADER_LEASE: Duration = Duration::from_secs(9);

/// The driving replica renews its lease this often.
pub const LEADER_RENEW: Duration = Duration::from_secs(3);

/// A repeat of a firing alert is noted no more often than this: under a storm the same alerts come again and again, and
/// what is reckoned from the last sign of an alert is reckoned in minutes.
pub const ALERT_SEEN_EVERY: Duration = Duration::from_secs(10);

// ── The store ──────────────────────────────────────────────────────────────────────────────────────────────

/// Most writes that share one SQLite commit: enough to make the fsync's share tiny, few enough that one
/// failing commit concerns few callers.
pub const STORE_BATCH_WRITES: usize = 512;

/// Milliseconds after which a shared SQLite transaction takes no further write, so that the first one in it
/// is not kept waiting by those who came later.
pub const STORE_BATCH_MS: u64 = 20;

/// Milliseconds that a round of work on what gathered (see `Store::write_in_rounds`) rests after the one before: under
/// a storm it finds many requests' alerts, and a message is later by no more than this.
pub const STORE_ROUND_REST_MS: u64 = 8;

/// Writes that may wait for the SQLite writer; who comes later waits before entering the queue.
pub const STORE_QUEUE_WRITES: u32 = 4_096;

/// Reads that run at the same time on SQLite; each costs a connection with its page cache.
pub const STORE_READERS: usize = 3;

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

/// Times a PostgreSQL transaction is run before its conflicts with others are given up: some seconds.
pub const STORE_ATTEMPTS: u32 = 40;

/// The same for lost connections: a server that comes back is there at once, and one that does not is not waited for.
pub const STORE_ATTEMPTS_LOST: u32 = 12;

/// Conflicts after which a transaction queues up with the others of its process that had no luck.
pub const STORE_ATTEMPTS_FREE: u32 = 4;

/// Milliseconds: the longest back-off between two attempts; the first is about 2 ms, each next one twice as long.
pub const STORE_RETRY_MS: u64 = 250;

/// Milliseconds between attempts to listen again after the PostgreSQL server went away.
pub const STORE_LISTEN_RETRY_MS: i64 = 1_000;

/// Characters of a statement quoted in an error: enough to find it.
pub const STORE_ERROR_SQL_CHARS: usize = 160;
// --- Slack: the wire (src/slack) ---

/// Milliseconds one Web API call may take. Slack answers within a second or two; a hung call must not hold its caller.
pub const SLACK_CALL_TIMEOUT_MS: u64 = 12_000;
/// Milliseconds to reach Slack (DNS, TCP, TLS). Past this nothing was sent, so the call can be repeated safely.
pub const SLACK_CONNECT_TIMEOUT_MS: u64 = 10_000;
/// Milliseconds a file upload may take.
pub const SLACK_UPLOAD_TIMEOUT_MS: u64 = 120_000;
/// Bytes of one Web API answer. A page of 1,000 users is about 2 MB; more than this is not Slack.
pub const SLACK_ANSWER_BYTES: usize = 16 * 1024 * 1024;
/// Bytes that one Web API answer may take as a tree of values: a page of 1,000 users with long profiles takes half.
pub const SLACK_ANSWER_TREE_BYTES: usize = 64 * 1024 * 1024;
/// Characters of a foreign answer that may stand in an error: enough to recognise a proxy's page.
pub const SLACK_ERROR_BODY_CHARS: usize = 200;
/// Seconds to wait when Slack limits us without saying for how long.
pub const SLACK_RETRY_AFTER_DEFAULT_S: u64 = 30;
/// Seconds; a longer `Retry-After` is cut to this, so that one odd header cannot silence a channel for a day.
pub const SLACK_RETRY_AFTER_MAX_S: u64 = 3_600;
/// Pages fetched by one listing: 200 pages of 1,000 are more than the largest workspace we serve.
pub const SLACK_PAGES: usize = 200;
/// Items per page of a list of users or channels: Slack allows under 1,000; with fewer, a large workspace would run
/// into the limit of 20 calls a minute half-way.
pub const SLACK_LIST_ITEMS: u64 = 999;
/// Items per page otherwise: Slack recommends no more than 200.
pub const SLACK_PAGE_ITEMS: u64 = 200;

/// Seconds a signed request may be old or early: Slack's rule against replay.
pub const SLACK_SIGNATURE_WINDOW_S: i64 = 300;
/// Signatures remembered against replay. Slack sends at most 30,000 events an hour: 5,000 in two windows.
pub const SLACK_SIGNATURES_SEEN: usize = 65_536;

/// Socket Mode connections by default: while one is being replaced the other carries the load.
pub const SLACK_SOCKET_CONNECTIONS: usize = 2;
/// Slack's maximum of Socket Mode connections per app is 10, and each replacement overlaps the connection it replaces.
pub const SLACK_SOCKET_CONNECTIONS_MAX: usize = 5;
/// Bytes of a proxy's answer to the request for a tunnel.
pub const SLACK_PROXY_ANSWER_BYTES: usize = 8 * 1024;
/// Milliseconds from the opened socket to Slack's `hello`.
pub const SLACK_SOCKET_HELLO_MS: u64 = 10_000;
/// Milliseconds between our pings.
pub const SLACK_SOCKET_PING_MS: i64 = 10_000;
/// Pings in a row without any frame from Slack before the connection counts as dead (30 to 40 s of silence).
pub const SLACK_SOCKET_PINGS_UNANSWERED: u32 = 3;
/// Milliseconds to hand one frame to the network before the connection counts as dead.
pub const SLACK_SOCKET_SEND_MS: u64 = 10_000;
/// Milliseconds a replaced connection is still read, so that what Slack sent on it is not lost.
pub const SLACK_SOCKET_RETIRE_MS: i64 = 10_000;
/// Milliseconds a connection must have lived before the next one is opened without back-off.
pub const SLACK_SOCKET_STABLE_MS: i64 = 30_000;
/// Milliseconds of the first back-off; doubled up to the maximum, half of it by chance.
pub const SLACK_SOCKET_BACKOFF_MS: u64 = 500;
/// Milliseconds of the longest ordinary back-off.
pub const SLACK_SOCKET_BACKOFF_MAX_MS: u64 = 30_000;
/// Milliseconds between attempts where only a person can mend it (Socket Mode switched off, token refused).
pub const SLACK_SOCKET_REFUSED_MS: u64 = 60_000;
/// Bytes of one Socket Mode frame. Views are at most 250 kB, messages a few hundred kB.
pub const SLACK_SOCKET_FRAME_BYTES: usize = 8 * 1024 * 1024;
/// Frames of one connection in hand at once; a frame above it is not acknowledged, so Slack sends it again.
pub const SLACK_SOCKET_IN_HAND: usize = 1_024;
/// Bytes of the frames of one connection in hand at once, for the same end; an event has a few kB.
pub const SLACK_SOCKET_IN_HAND_BYTES: usize = 16 * 1024 * 1024;
/// Milliseconds the frames in hand get to finish when a connection or the program ends.
pub const SLACK_SOCKET_DRAIN_MS: u64 = 5_000;

// Block Kit and messages: https://docs.slack.dev/reference/block-kit
/// Blocks in a message.
pub const SLACK_MESSAGE_BLOCKS: usize = 50;
/// Blocks in a modal or a home view.
pub const SLACK_VIEW_BLOCKS: usize = 100;
/// Characters of a section's text (and of an option to be typed, a confirm's text is shorter).
pub const SLACK_SECTION_CHARS: usize = 3_000;
/// Characters of one field of a section, and fields in a section.
pub const SLACK_FIELD_CHARS: usize = 2_000;
/// Fields in a section.
pub const SLACK_FIELDS: usize = 10;
/// Characters of a header.
pub const SLACK_HEADER_CHARS: usize = 150;
/// Elements in a context block.
pub const SLACK_CONTEXT_ELEMENTS: usize = 10;
/// Characters of one context element: Slack names no bound but the text object's 3,000; 2,000 keeps it readable.
pub const SLACK_CONTEXT_CHARS: usize = 2_000;
/// Elements in an actions block.
pub const SLACK_ACTIONS: usize = 25;
/// Characters of an input's label and hint.
pub const SLACK_LABEL_CHARS: usize = 2_000;
/// Characters of a button's or an option's text, an option's description and (cautiously; sources differ) value.
pub const SLACK_BUTTON_CHARS: usize = 75;
/// Characters of a button's value.
pub const SLACK_BUTTON_VALUE_CHARS: usize = 2_000;
/// Characters of any URL in a block.
pub const SLACK_URL_CHARS: usize = 3_000;
/// Characters of a placeholder.
pub const SLACK_PLACEHOLDER_CHARS: usize = 150;
/// Options in a select.
pub const SLACK_OPTIONS: usize = 100;
/// Options in an overflow menu.
pub const SLACK_OVERFLOW_OPTIONS: usize = 5;
/// Options in a group of checkboxes or radio buttons.
pub const SLACK_CHECKBOXES: usize = 10;
/// Characters of an input's initial value.
pub const SLACK_INPUT_CHARS: usize = 3_000;
/// Characters of a confirm dialog's title.
pub const SLACK_CONFIRM_TITLE_CHARS: usize = 100;
/// Characters of a confirm dialog's text.
pub const SLACK_CONFIRM_TEXT_CHARS: usize = 300;
/// Characters of a confirm dialog's buttons.
pub const SLACK_CONFIRM_BUTTON_CHARS: usize = 30;
/// Characters of a modal's title and of its two buttons.
pub const SLACK_MODAL_TITLE_CHARS: usize = 24;
/// Characters of an id we choose (block_id, action_id, callback_id, external_id).
pub const SLACK_ID_CHARS: usize = 255;
/// Characters of a view's private_metadata.
pub const SLACK_PRIVATE_METADATA_CHARS: usize = 3_000;
/// Characters of a message's top-level text: above it chat.update refuses and Slack recommends no more.
pub const SLACK_TEXT_CHARS: usize = 4_000;
/// Attachments in a message.
pub const SLACK_ATTACHMENTS: usize = 100;
/// Characters of an image's alternative text and title.
pub const SLACK_ALT_CHARS: usize = 2_000;
/// Characters of a channel's topic and purpose.
pub const SLACK_TOPIC_CHARS: usize = 250;

/// How far ahead the end of a time interval is looked for; who asks again then loses nothing, and a search stays short.
pub const TIME_INTERVAL_LOOKAHEAD_DAYS: Duration = Duration::from_hours(400 * 24);
// The local Slack (src/sim). Where Slack documents a number, it is Slack's.

/// Longest channel name, characters (conversations.create).
pub const SIM_CHANNEL_NAME_CHARS: usize = 80;
/// Longest topic or purpose, characters (conversations.setTopic).
pub const SIM_TOPIC_CHARS: usize = 250;
/// Longest emoji name, characters.
pub const SIM_EMOJI_NAME_CHARS: usize = 100;
/// Different emoji on one message (reactions.add: `too_many_emoji`).
pub const SIM_EMOJI_PER_MESSAGE: usize = 50;
/// Different emoji of one person on one message (reactions.add: `too_many_reactions`).
pub const SIM_REACTIONS_PER_USER: usize = 23;
/// Pins in a channel (pins.add: `too_many_pins`).
pub const SIM_PINS_PER_CHANNEL: usize = 100;
/// Bookmarks in a channel (bookmarks.add: `too_many_bookmarks`).
pub const SIM_BOOKMARKS_PER_CHANNEL: usize = 100;
/// Ephemeral messages kept in a channel: they are not kept for ever in Slack either.
pub const SIM_EPHEMERALS_PER_CHANNEL: usize = 500;
/// Toasts kept for inspection.
pub const SIM_TOASTS_KEPT: usize = 200;
/// Modals on top of each other (views.push: `push_limit_reached`).
pub const SIM_MODAL_STACK: usize = 3;
/// Life of a trigger id, milliseconds.
pub const SIM_TRIGGER_LIFE_MS: i64 = 3_000;
/// How long a trigger id is remembered to tell "expired" from "never was", milliseconds.
pub const SIM_TRIGGER_KEPT_MS: i64 = 60_000;
/// Trigger ids kept before old ones are swept.
pub const SIM_TRIGGERS_KEPT: usize = 10_000;
/// Life of a response URL, milliseconds (30 minutes).
pub const SIM_RESPONSE_URL_LIFE_MS: i64 = 30 * 60 * 1_000;
/// Uses of a response URL.
pub const SIM_RESPONSE_URL_USES: u32 = 5;
/// Response URLs kept before old ones are swept.
pub const SIM_RESPONSE_URLS_KEPT: usize = 10_000;
/// Largest file, bytes: it is a simulator in memory.
pub const SIM_FILE_BYTES: usize = 32 * 1024 * 1024;
/// All files together, bytes.
pub const SIM_FILES_TOTAL_BYTES: usize = 256 * 1024 * 1024;
/// The time an app has to acknowledge, milliseconds (events, commands, interactions).
pub const SIM_ACK_MS: i64 = 3_000;
/// Waits before the second, third and fourth try of an event, milliseconds (Events API: at once, 1 min, 5 min).
pub const SIM_EVENT_RETRY_MS: [i64; 3] = [0, 60_000, 300_000];
/// Pause between WebSocket pings, milliseconds (clients give up after 30 s without one).
pub const SIM_PING_MS: i64 = 5_000;
/// Warning before a socket is refreshed, milliseconds.
pub const SIM_SOCKET_WARNING_MS: i64 = 10_000;
/// Age at which a socket is refreshed, milliseconds.
pub const SIM_SOCKET_LIFE_MS: i64 = 3_600_000;
/// The same with `debug_reconnects=true`, milliseconds.
pub const SIM_SOCKET_DEBUG_LIFE_MS: i64 = 360_000;
/// Open sockets of one app.
pub const SIM_SOCKETS: usize = 10;
/// Life of an unused socket ticket, milliseconds.
pub const SIM_TICKET_LIFE_MS: i64 = 30_000;
/// API calls kept in the log.
pub const SIM_CALLS_KEPT: usize = 20_000;
/// Largest request body, bytes (uploads are bounded by their own limit).
pub const SIM_BODY_BYTES: usize = SIM_FILE_BYTES + 64 * 1024;
/// Largest text of a message, characters; the rest is cut off (chat.postMessage).
pub const SIM_TEXT_CHARS: usize = 40_000;
/// Largest text of chat.update and chat.postEphemeral, characters (`msg_too_long`).
pub const SIM_UPDATE_TEXT_CHARS: usize = 4_000;
/// Largest `markdown_text`, characters.
pub const SIM_MARKDOWN_CHARS: usize = 12_000;
/// Attachments on a message (`too_many_attachments`).
pub const SIM_ATTACHMENTS: usize = 100;
/// Largest metadata, bytes of JSON (`metadata_too_large`; Slack does not publish the number).
pub const SIM_METADATA_BYTES: usize = 16_000;
/// Largest view, bytes of JSON (`view_too_large`).
pub const SIM_VIEW_BYTES: usize = 250_000;
/// Largest `blocks` of a message, bytes of JSON (`msg_blocks_too_long`; unpublished).
pub const SIM_BLOCKS_BYTES: usize = 250_000;
/// Users in one conversations.invite.
pub const SIM_INVITE_USERS: usize = 100;
/// People in a direct message, beside the caller (conversations.open).
pub const SIM_DIRECT_USERS: usize = 8;
/// Change messages a page may lag behind before it is told to load anew.
pub const SIM_PUSHES_KEPT: usize = 4_096;
/// Messages in a burst to one channel before 1/s is enforced.
pub const SIM_CHANNEL_BURST: u32 = 3;
/// Messages a minute in the workspace ("several hundred", DOC web-api/rate-limits).
pub const SIM_MESSAGES_A_MINUTE: u32 = 600;

// --- firebell test, doctor

/// Alerts of a group that `firebell test` looks at: a test has few.
pub const TRIAL_ALERTS_MAX: i64 = 100_000;
/// Moments of one test at which something happens; more means that something is due for ever (a year of five minutes).
pub const TRIAL_MOMENTS_MAX: usize = 120_000;
/// Rounds at one moment before it counts as never coming to rest.
pub const TRIAL_ROUNDS_MAX: usize = 10_000;
/// Journal lines of a group that `firebell test --verbose` shows.
pub const TRIAL_EVENTS_MAX: u32 = 10_000;
/// Messages taken out of the outbox at once in `firebell test`.
pub const TRIAL_MESSAGES_BATCH: i64 = 1_000;
/// Other groups and alerts that a failed test shows.
pub const TRIAL_SHOWN_MAX: usize = 8;
/// Answers waiting for one page.
pub const SIM_PAGE_ANSWERS: usize = 256;
/// Things that happened to messages, remembered for comparison.
pub const SIM_HAPPENED_KEPT: usize = 100_000;
/// Messages a page may load at once.
pub const SIM_PAGE_MESSAGES: usize = 500;
/// Largest frame of the page, bytes: a file in base64.
pub const SIM_PAGE_FRAME_BYTES: usize = SIM_FILE_BYTES / 3 * 4 + 64 * 1024;
/// Unread messages counted in a channel.
pub const SIM_UNREAD_SHOWN: usize = 100;
/// Results of a search.
pub const SIM_SEARCH_RESULTS: usize = 50;
/// How long a connection lives on after it was told to move, milliseconds.
pub const SIM_SOCKET_RETIRING_MS: i64 = 10_000;
/// Events waiting for the app; Slack too stops at 30,000 an hour (Events API).
pub const SIM_EVENTS_PENDING: usize = 30_000;
/// Free space beside the database below which `firebell doctor` warns, bytes: a storm writes some hundred MiB.
pub const DOCTOR_DISK_LOW_BYTES: u64 = 1 << 30;
/// Free space below which it says that something is wrong, bytes.
pub const DOCTOR_DISK_FULL_BYTES: u64 = 64 << 20;
/// A clock this far from Slack's is worth a word, milliseconds (the Date header counts whole seconds).
pub const DOCTOR_SKEW_WARN_MS: i64 = 30_000;
/// A clock this far from Slack's refuses signed requests, milliseconds (docs.slack.dev/authentication/verifying-requests-from-slack).
pub const DOCTOR_SKEW_WRONG_MS: i64 = 5 * 60_000;
/// People looked up one by one; more are looked up in the list of all users (tier 4 allows 100 calls a minute).
pub const DOCTOR_PEOPLE_SINGLY: usize = 20;
/// Dead letters that `firebell doctor` shows.
pub const DOCTOR_DEAD_SHOWN: i64 = 3;

// Dialogues and clicks (src/actions, src/views/modal).

/// Characters of a note that somebody types: with its author it fits into one message.
pub const NOTE_CHARS: usize = 2_000;
/// Characters of what fixed it: it is shown in one line when the alert comes back.
pub const FIX_CHARS: usize = 500;
/// Characters of a typed duration: the longest sensible one has far fewer.
pub const TYPED_DURATION_CHARS: usize = 40;
/// The longest silence with an end; what shall be longer is lifted by hand.
pub const SILENCE_MAX: Duration = Duration::from_hours(366 * 24);
/// People called at once: each gets a message, and a slip in the menu must not wake everybody.
pub const RESPONDERS_AT_ONCE_MAX: usize = 20;
/// People listed with a button to let them go (a view holds 100 blocks).
pub const RESPONDERS_LISTED_MAX: usize = 50;
/// Lines on a page of a timeline.
pub const TIMELINE_PAGE_LINES: i64 = 25;
/// Pages of a timeline that can be turned to: an old one is read in an export.
pub const TIMELINE_PAGES_MAX: u32 = 400;
/// Characters of a line of a timeline.
pub const TIMELINE_LINE_CHARS: usize = 400;
/// Decisions to speak or to keep quiet that "why here?" lists.
pub const WHY_DECISIONS_MAX: i64 = 8;
// ---- Alert groups ----
/// How long a silence "until somebody lifts it" holds for a group that its source resolved: longer than things flap, and
/// short enough that what comes back months later is told.
pub const ENDLESS_SILENCE_OUTLIVES: Duration = Duration::from_hours(24);
