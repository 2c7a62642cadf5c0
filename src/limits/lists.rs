//! The bounds of lists, and of what a silence by matchers does at once (src/engine/find.rs, src/engine/silenced.rs).

/// Groups that are read at once where all are looked at: about 1 MB.
pub const FIND_GROUPS_AT_ONCE: i64 = 500;

/// The labels of alerts that are read at once: of a group with more, batch by batch.
pub const FIND_ALERTS_AT_ONCE: i64 = 100;

/// What making or ending a silence by matchers does in one transaction: groups looked at, alerts of them (one group may have
/// more), groups changed (each is a few messages), groups that look for themselves later. The rest follows in the next.
pub const SILENCE_GROUPS_AT_ONCE: i64 = 500;
pub const SILENCE_ALERTS_AT_ONCE: u32 = 2_000;
pub const SILENCE_CHANGES_AT_ONCE: i64 = 100;
pub const SILENCE_RECHECKS_AT_ONCE: i64 = 500;

/// Words that a list is filtered by: each is a condition of one statement.
pub const FIND_WORDS_MAX: usize = 20;
/// Resolved alert groups whose labels `alerts resolved` looks at, the last resolved first: about a second. The list says so.
pub const RESOLVED_GROUPS_LOOKED_AT: usize = 20_000;
