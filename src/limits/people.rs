//! The bounds of asking Slack who people are, and of requests that wait for it (src/people.rs, src/inbox/held.rs).

use std::time::Duration;

/// People and user groups are asked for again when they are this old; guests and names change rarely.
pub const PERSON_FRESH: Duration = Duration::from_hours(12);
/// Whoever is no full member is asked for again after this: to be kept out longer than one must hurts at night.
pub const NO_MEMBER_FRESH: Duration = Duration::from_secs(10 * 60);
pub const USERGROUP_FRESH: Duration = Duration::from_secs(10 * 60);

/// While Slack does not tell anew, what it told is believed this long: at night its answer may be a minute away.
pub const PERSON_TRUSTED: Duration = Duration::from_hours(36);
pub const USERGROUPS_TRUSTED: Duration = Duration::from_hours(1);

/// Which channels somebody is in and whether a channel is private: asked for when it matters, and a little later again,
/// since nothing tells that it has changed.
pub const CHANNELS_FRESH: Duration = Duration::from_secs(60);

/// What is drawn without being able to ask (App Home after a click) goes by what was told this long ago.
pub const CHANNELS_AT_HAND: Duration = Duration::from_secs(10 * 60);

/// Pages of 1,000 channels of one person; more than this nobody reads.
pub const PERSON_CHANNEL_PAGES: usize = 20;

/// Somebody whose name Slack did not tell is asked for again after this.
pub const PERSON_AGAIN: Duration = Duration::from_secs(60);

/// What somebody does waits this long for Slack to tell names; then it goes on without.
pub const PEOPLE_WAIT: Duration = Duration::from_millis(1_000);

/// The same for a page of a channel's history and for a request that is held: nobody waits for the acknowledgement.
pub const PEOPLE_WAIT_READING: Duration = Duration::from_secs(10);

/// People asked for at once.
pub const PEOPLE_AT_ONCE: usize = 20;

/// People and channels whose freshness is remembered in memory.
pub const PEOPLE_REMEMBERED: usize = 10_000;

/// A request whose asker is not known is held at most this long: what was wanted then may be wrong later. The address
/// for its answer lives 30 minutes in Slack.
pub const HELD_MAX: Duration = Duration::from_secs(15 * 60);

/// Slack is asked again after this, doubled each time up to the most, unless it says when.
pub const HELD_RETRY_MIN: Duration = Duration::from_secs(1);
pub const HELD_RETRY_MAX: Duration = Duration::from_secs(30);

/// Requests held at once; more are refused. Each is a row that is tried again and again.
pub const HELD_AT_ONCE: i64 = 1_000;

/// Different things that Slack is asked for to decide on one request: who it is, their user groups, channels …
pub const UNKNOWNS_ASKED: usize = 8;

/// Held requests are looked for this often, also those that another replica held before it ended.
pub const HELD_LOOK_EVERY: Duration = Duration::from_secs(30);
