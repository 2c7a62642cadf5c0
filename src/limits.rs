//! Every bound of the program: name, unit, and why it is what it is.

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
