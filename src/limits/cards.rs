//! Bounds of what alert groups say.

use std::time::Duration;

/// Characters of a title where a lock screen shows it: with the summary it fits the four lines of a phone.
pub const NOTICE_TITLE_CHARS: usize = 70;

/// Characters of the summary where a lock screen shows it.
pub const NOTICE_SUMMARY_CHARS: usize = 140;

/// Characters shown of a body that was not recognised: enough to see what sent it.
pub const EXCERPT_CHARS: usize = 300;

/// A test notification closes this long after it came: whoever pressed "Test" has seen it by then.
pub const TEST_ALERT_LIFE: Duration = Duration::from_mins(10);

/// An alert whose body was not recognised ends this long after it last came: nothing else would end it, and it may be
/// important, so a day passes before.
pub const UNRECOGNISED_ALERT_LIFE: Duration = Duration::from_hours(24);

/// A group that fires again and again notifies its channels no more often than this.
pub const NOTIFY_AGAIN_AT_MOST_EVERY: Duration = Duration::from_mins(5);

/// Groups that begin to speak in one channel within [`STORM_WITHIN_DEFAULT`] before they are told in one message: more
/// than a bad minute of a small team, and fewer than anybody reads one by one.
pub const STORM_GROUPS_DEFAULT: u32 = 10;

/// The time within which so many groups are a storm.
pub const STORM_WITHIN_DEFAULT: Duration = Duration::from_mins(1);

/// Without a new group for this long a storm is over.
pub const STORM_CALM_DEFAULT: Duration = Duration::from_mins(5);

/// Most groups that may be asked for before a storm begins.
pub const STORM_GROUPS_MAX: u64 = 1_000;

/// However long it goes on: after this, what comes gets messages of its own again, or is another storm.
pub const STORM_LASTS_MAX: Duration = Duration::from_hours(1);

/// A storm's message waits this long for others, as it begins and before each update: an update is a call of Slack's.
pub const STORM_SETTLES: Duration = Duration::from_secs(2);

/// Those that joined an urgent storm are told to the channel, with the mention, no more often than this.
pub const STORM_RINGS_URGENT_EVERY: Duration = Duration::from_mins(1);

/// The same for a storm that is not urgent.
pub const STORM_RINGS_EVERY: Duration = Duration::from_mins(5);

/// Groups listed in a storm's message: with the rest of it they fill a phone's screen once; all are in its list.
pub const STORM_LISTED: i64 = 6;

/// Characters of a group's title in a storm's message: a line on a phone.
pub const STORM_TITLE_CHARS: usize = 60;

/// Groups on a page of a storm's list (a view holds 100 blocks, a phone far fewer).
pub const STORM_PAGE: i64 = 15;

/// Groups of a storm acknowledged in one transaction; the others follow in the next.
pub const STORM_ACK_BATCH: i64 = 100;

/// Groups named when the channel hears of those that joined.
pub const STORM_NAMES: i64 = 5;
