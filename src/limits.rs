//! Every bound of the program: name, unit, and why it is what it is.

// --- Slack: the wire (src/slack) ---

/// Milliseconds one Web API call may take. Slack answers within a second or two; a hung call must not hold its caller.
pub const SLACK_CALL_TIMEOUT_MS: u64 = 30_000;
/// Milliseconds to reach Slack (DNS, TCP, TLS). Past this nothing was sent, so the call can be repeated safely.
pub const SLACK_CONNECT_TIMEOUT_MS: u64 = 10_000;
/// Milliseconds a file upload may take.
pub const SLACK_UPLOAD_TIMEOUT_MS: u64 = 120_000;
/// Bytes of one Web API answer. A page of 1,000 users is about 2 MB; more than this is not Slack.
pub const SLACK_ANSWER_BYTES: usize = 16 * 1024 * 1024;
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
