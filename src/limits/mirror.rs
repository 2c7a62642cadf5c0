//! The bounds of the mirror: messages of incidents' channels (src/engine/incident/mirror, src/mirror).

use std::time::Duration;

/// Messages asked for at once (conversations.history recommends 200 at most).
pub const MIRROR_PAGE_MESSAGES: u64 = 200;

/// Calls a minute of each of history and replies: their tier allows 50, the outbox asks too.
pub const MIRROR_CALLS_A_MINUTE: usize = 40;

/// Slack tells an event again at once, after 1 and after 5 minutes (Events API): later nothing comes any more.
pub const MIRROR_REDELIVERY: Duration = Duration::from_secs(7 * 60);

/// What was heard less than this before a reading is not taken for gone or new by it: Slack's answers may lag.
pub const MIRROR_SETTLED: Duration = Duration::from_secs(10);

/// A channel in which something happens is looked at this often, a quiet one less: an event that got lost (a deletion
/// has no other sign) is noticed within this time.
pub const MIRROR_CHECK_MIN: Duration = Duration::from_secs(60);
pub const MIRROR_CHECK_MAX: Duration = Duration::from_hours(1);
/// The same once its incident has ended.
pub const MIRROR_CHECK_ENDED_MIN: Duration = Duration::from_hours(1);
pub const MIRROR_CHECK_ENDED_MAX: Duration = Duration::from_hours(24);

/// After a restart hundreds of channels wait to be read, at Slack's pace: one in which somebody spoke within this time comes
/// before those that have waited this much longer, and so does one of which something is doubtful.
pub const MIRROR_RECENT: Duration = Duration::from_hours(6);
pub const MIRROR_RECENT_FIRST: Duration = Duration::from_mins(10);
pub const MIRROR_DOUBTFUL_FIRST: Duration = Duration::from_mins(20);

/// All threads of a channel in which something happens are read this often: edits in them show nowhere else.
pub const MIRROR_FULL_EVERY: Duration = Duration::from_hours(6);

/// What a channel is (private, renamed, archived) is asked this often at most, when it is looked at.
pub const MIRROR_CHANNEL_EVERY: Duration = Duration::from_mins(5);

/// A message is missing that was heard of just before: Slack's answers may lag, so it is looked at again after this.
pub const MIRROR_DOUBT_WAIT: Duration = Duration::from_secs(15);

/// After an event about something unknown: the event that told of it may only be late.
pub const MIRROR_HOLE_WAIT: Duration = Duration::from_secs(5);

/// How often it is written down that a channel lives.
pub const MIRROR_DEBOUNCE: Duration = Duration::from_secs(60);

/// How often it is written down that Slack's events reach us: a crash is dated this exactly.
pub const MIRROR_HEARTBEAT: Duration = Duration::from_secs(20);

/// A call that was begun and not recorded (a crash) is made again after this.
pub const MIRROR_CLAIM: Duration = Duration::from_secs(60);

/// After a reading failed, at first and at most.
pub const MIRROR_RETRY_MIN: Duration = Duration::from_secs(15);
pub const MIRROR_RETRY_MAX: Duration = Duration::from_hours(1);

/// Messages that get a name that was learned late.
pub const MESSAGES_NAMED_LATE: i64 = 1_000;

/// Events of one incident or alert group in a timeline: more are no story any more.
pub const TIMELINE_EVENTS_MAX: u32 = 20_000;

/// Places of a timeline's entries read at once, of which all are wanted: 40 bytes each are kept.
pub const TIMELINE_INDEX_BATCH: i64 = 5_000;
/// Entries of a timeline loaded at once, texts and all: a message has 40,000 characters at most, so a few MB.
pub const TIMELINE_LOAD_BATCH: usize = 200;
