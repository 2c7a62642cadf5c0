//! The bounds of incidents, and of the API that declares them.

use std::time::Duration;

/// The longest name of a channel (docs.slack.dev/reference/methods/conversations.create).
pub const CHANNEL_NAME_CHARS: usize = 80;

/// A title longer than this is no title; Slack's cards and lists stay readable.
pub const INCIDENT_TITLE_CHARS: usize = 150;

/// A description, summary, update or note; a section of Slack's holds 3,000 (docs.slack.dev/reference/block-kit/blocks/section-block).
pub const INCIDENT_TEXT_CHARS: usize = 2_900;

/// A task in one line.
pub const INCIDENT_TASK_CHARS: usize = 300;

/// Open tasks of one incident: a list longer than this is no list.
pub const INCIDENT_TASKS_MAX: usize = 200;

/// Alert groups of one incident.
pub const INCIDENT_GROUPS_MAX: usize = 500;

/// Links of one incident.
pub const INCIDENT_LINKS_MAX: usize = 50;

/// Characters of the name of a severity, status or role: it must fit an option of a menu (Block Kit: 75).
pub const INCIDENT_WORD_CHARS: usize = 60;

/// A step of an incident's channel that Slack refused is tried again this often: somebody may have mended it.
pub const INCIDENT_STEP_RETRY: Duration = Duration::from_secs(300);

/// How many names are tried for an incident's channel before people are told that all are taken.
pub const INCIDENT_NAMES_TRIED: u32 = 20;

/// People in one `conversations.invite` (docs.slack.dev/reference/methods/conversations.invite: at most 100).
pub const INVITE_USERS_MAX: usize = 100;

/// Links of its alerts that become bookmarks: more would not be seen in the channel's bar.
pub const INCIDENT_BOOKMARKS_MAX: usize = 8;

/// Invitations that are looked through for whether somebody was called.
pub const INVITED_LOOKED_AT: i64 = 200;

/// Whoever declared an incident and comes into its channel so soon after is not told where it stands.
pub const BRIEF_AFTER: Duration = Duration::from_secs(5 * 60);

/// Key moments and tasks that whoever comes later is told.
pub const BRIEF_KEY_MOMENTS: i64 = 5;

/// A note that is dated further back than this before its incident began was meant for another day.
pub const NOTE_BEFORE_INCIDENT_MAX: Duration = Duration::from_secs(6 * 3_600);

/// Letters of what fixed it that a button can carry.
pub const FIX_IN_BUTTON_CHARS: usize = 1_800;

/// People who are asked for an update where nobody leads.
pub const UPDATE_ASKED_MAX: usize = 5;

/// The archiving of a channel is told this long before, or half of a short rest.
pub const INCIDENT_ARCHIVE_TOLD_BEFORE: Duration = Duration::from_secs(24 * 3_600);

/// Bytes of a body of `/api/v1`: a description and some labels are far less.
pub const API_BODY_BYTES: usize = 64 << 10;

/// Labels that a program may give an incident, and characters of a name or value: they are shown to people.
pub const API_LABELS_MAX: usize = 50;
pub const API_LABEL_CHARS: usize = 300;

/// Characters of the key under which a program declares at most one open incident.
pub const API_KEY_CHARS: usize = 200;
/// Alert groups on an incident's card: what is most, at a glance on a phone.
pub const INCIDENT_CARD_GROUPS: usize = 6;

/// Open tasks on an incident's card.
pub const INCIDENT_CARD_TASKS: usize = 5;

/// Alert groups in an announcement: those outside want the gist.
pub const INCIDENT_ANNOUNCED_GROUPS: usize = 3;

/// Tasks in the dialogue; a view holds 100 blocks (docs.slack.dev/reference/views).
pub const INCIDENT_TASKS_LISTED: usize = 60;

/// Open incidents in App Home.
pub const HOME_INCIDENTS_MAX: usize = 10;

/// Somebody's tasks in App Home.
pub const HOME_TASKS_MAX: i64 = 10;

// ---- Words people type about incidents ----

/// Open incidents that are looked through for a list: there are never that many at once.
pub const OPEN_INCIDENTS_LOOKED_AT: i64 = 500;

/// Incidents that `incidents` looks through, the newest first.
pub const INCIDENTS_LOOKED_AT: i64 = 2_000;

/// The longest time that `incidents 7d` looks back: ten years.
pub const INCIDENT_SEARCH_SPAN: Duration = Duration::from_secs(3_650 * 24 * 3_600);

/// Tasks in one answer: its text may have 3,000 characters.
pub const INCIDENT_TASKS_TOLD: usize = 20;

/// Lines of a timeline in one answer, the newest.
pub const INCIDENT_LINES_TOLD: usize = 20;

// ---- Looking incidents up by words ----

/// Letters of a word in the index: identifiers longer than this are the same from here on.
pub const INDEXED_WORD_CHARS: usize = 40;

/// Different words of one text in the index: a message of Slack's may have 40,000 characters, mostly logs then.
pub const INDEXED_TEXT_WORDS: usize = 400;

/// Words of a search: people ask with a few, and each is a query.
pub const SEARCH_WORDS_MAX: usize = 12;

/// Incidents that a search by words looks at more closely, the best first.
pub const SEARCH_CANDIDATES_MAX: usize = 1_000;

/// Messages and notes of one incident that are read for the line that shows a hit.
pub const SEARCH_LINES_READ: i64 = 50;

/// Characters of that line.
pub const SEARCH_SNIPPET_CHARS: usize = 160;

/// Past incidents that are compared with a new one, and words by which they are found.
pub const ALIKE_CANDIDATES: usize = 60;
pub const ALIKE_WORDS: usize = 24;

/// Past incidents that a new one is told of.
pub const ALIKE_TOLD: usize = 3;

/// The file with an incident's record waits this long for its channel to be read to its end.
pub const RECORD_WAIT: Duration = Duration::from_secs(5 * 60);

/// Texts that are redacted at once: as many as a button's value can name.
pub const REDACT_TEXTS_MAX: i64 = 150;

/// Letters of the words that are looked for: fewer would be in everything.
pub const REDACT_WORDS_CHARS_MIN: usize = 4;

/// Letters of a message from which on texts that repeat it are looked for, and how many of them are compared.
pub const REDACT_COPIES_CHARS_MIN: usize = 8;
pub const REDACT_NEEDLE_CHARS: usize = 200;

/// Lines that `export verify` tells of what does not fit.
pub const COMPARED_TOLD: usize = 20;

/// A record read back: a thousand times a long incident's. It is read entry by entry, so this bounds the time.
pub const EXPORT_BYTES: u64 = 4 << 30;

/// Messages of one incident that are looked through at once for words whose upper and lower case the database does not know.
pub const SEARCH_MESSAGES_PAGE: i64 = 1_000;

/// A line of a timeline names the day again after such a pause; before, the time alone is plain.
pub const DAY_TOLD_AFTER: Duration = Duration::from_secs(3_600);

/// A record is written in pieces of this many bytes: one write to the disk each.
pub const EXPORT_PIECE_BYTES: usize = 64 << 10;
