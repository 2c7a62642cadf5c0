//! Bounds of the outbox: what is on its way, how long, and how soon again.

use std::time::Duration;

use super::SLACK_RETRY_AFTER_MAX_S;

/// Calls on their way at once: enough to fill Slack's limits at 100 ms a call, few enough for a small machine.
pub const OUTBOX_IN_FLIGHT_MAX: usize = 32;

/// Questions whether a message arrived, on their way at once: a quarter, so that old trouble leaves room for what is new.
pub const OUTBOX_ASKS_MAX: usize = OUTBOX_IN_FLIGHT_MAX / 4;

/// Nothing in the outbox waits for longer than this: Slack's longest `Retry-After`, and a little. A moment further away
/// was written before the clock was set back, and counts as now.
pub const OUTBOX_AHEAD_MAX: Duration = Duration::from_secs(SLACK_RETRY_AFTER_MAX_S + 60);

/// Of the calls on their way, those kept free for answers to people (forms have three seconds): whatever else hangs.
pub const OUTBOX_ANSWERS_KEPT: usize = OUTBOX_IN_FLIGHT_MAX / 4;

/// Calls in a row without an answer after which the other side counts as away: one may be chance.
pub const OUTBOX_FAILURES_AWAY: u32 = 2;

/// Milliseconds between two questions whether the other side can be reached, at most: after an outage pages go out within
/// this time.
pub const OUTBOX_REACH_LONGEST_MS: u64 = 10_000;

/// After an outage messages go strictly by urgency for as long as this: a row that fails for a reason of its own, or a channel
/// full of pages, must not hold up the others for ever.
pub const OUTBOX_CATCH_UP: Duration = Duration::from_secs(30);

/// Rows claimed in one transaction.
pub const OUTBOX_CLAIM_MAX: usize = 32;

/// How long a claimed row is its sender's. Longer than two calls may take (`SLACK_CALL_TIMEOUT_MS`): a message whose
/// form is refused is sent once more, plainly.
pub const OUTBOX_LEASE: Duration = Duration::from_secs(30);

/// The end of a lease, kept for recording the result: whatever a channel does for a row ends before it.
pub const OUTBOX_RECORD_WITHIN: Duration = Duration::from_secs(5);

/// How long to wait before asking whether a message arrived: a slow request may still be on its way in.
pub const OUTBOX_ASK_AFTER: Duration = Duration::from_secs(5);

/// The outbox is looked at this often though nobody rang: `firebell outbox retry` writes from another process.
pub const OUTBOX_LOOK_EVERY: Duration = Duration::from_secs(10);

/// Messages that `firebell outbox list` shows.
pub const OUTBOX_LISTED_MAX: i64 = 200;

/// The first pause before another try; it doubles.
pub const RETRY_FIRST_MS: u64 = 1_000;

/// The longest pause between two tries: after an outage everything is there within this time.
pub const RETRY_LONGEST_MS: u64 = 60_000;

/// Milliseconds until a question without an answer is asked again; a quarter of its age, once that is more, and never
/// more than [`RETRY_LONGEST_MS`].
pub const ASK_AGAIN_FIRST_MS: u64 = 4_000;

/// How far before the attempt Slack is asked for a message: the clocks of both sides differ.
pub const ASK_BACK: Duration = Duration::from_secs(120);

/// How far after the attempt: until then it was in Slack or never will be. Without an end, every message that was
/// written since would have to be read.
pub const ASK_FORWARD: Duration = Duration::from_secs(600);

/// Searches for messages that are under way at once: far more than are asked about in a minute.
pub const ASK_SEARCHES_MAX: usize = 1_000;

/// Messages asked for at a time when one is looked for.
pub const ASK_MESSAGES_MAX: u32 = 200;

/// A group's message that Slack refused is tried again this often while the group is open.
pub const CARD_RETRY_AFTER: Duration = Duration::from_secs(300);

/// A replica says this often that it lives (PostgreSQL).
pub const REPLICA_BEAT: Duration = Duration::from_secs(1);

/// Looks, one a beat, at which a replica has said nothing new since the last one that it did: then it is dead, and others
/// take over. A replica whose last word is older than these looks take does nothing any more.
pub const REPLICA_LOOKS: u32 = 3;

/// A replica whose last word is older than this begins no call: it may be taken for dead before the call has arrived.
pub const REPLICA_FRESH: Duration = Duration::from_secs(2);

/// How long a replica's wish to migrate the database holds: one that died before it did must not keep the older ones from
/// starting again.
pub const REPLICA_UPGRADE_WANTED_FOR: Duration = Duration::from_mins(1);

/// Milliseconds a new replica waits until those of an older version have stopped, before it refuses to migrate: they finish
/// what is in hand ([`super::SHUTDOWN_FORCED`]).
pub const STORE_UPGRADE_WAIT_MS: i64 = 40_000;

/// A modal's trigger lives 3 s in Slack; later than this the call cannot arrive in time.
pub const TRIGGER_LIFE: Duration = Duration::from_millis(2_900);

/// A response URL lives 30 minutes in Slack.
pub const RESPONSE_URL_LIFE: Duration = Duration::from_secs(29 * 60);

/// An answer to one person that is older than this would only confuse.
pub const WHISPER_LIFE: Duration = Duration::from_secs(10 * 60);
