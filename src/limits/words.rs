//! Bounds of what people type, and of the lists and previews they get.

/// Alert groups on one page of `alerts`: what fits a phone.
pub const ALERTS_PAGE: usize = 10;
/// Alert groups named in a preview or a list of silences.
pub const PREVIEW_GROUPS_SHOWN: usize = 8;
/// Silences by matchers shown in one answer: its text may have 3,000 characters.
pub const SILENCES_SHOWN: usize = 15;
/// Characters of an answer in words: what is longer does not fit a phone.
pub const ANSWER_CHARS: usize = 2_900;
/// Characters of what somebody types that are looked at: Slack's messages have 40,000 at most.
pub const TYPED_CHARS: usize = 4_000;
/// Alert groups that are changed in one transaction when several are: each is a dozen rows, and other inputs wait for them.
pub const BULK_AT_ONCE: usize = 50;
/// Alert groups that are named at once, in words or in a menu (which holds 100): more are chosen by a filter.
pub const BULK_NAMED_MAX: usize = 100;
/// Of those that a bulk change left as they are, so many are named with the reason.
pub const BULK_LEFT_SHOWN: usize = 8;
/// Alert groups that are changed by one press of a button: their ids travel with what is left to do. The preview says how
/// many more there are.
pub const BULK_GROUPS_MAX: usize = 5_000;
/// Resolved alert groups that `unresolve` with a filter looks at, the last resolved first: older ones have their number. The
/// preview says so.
pub const BULK_RESOLVED_LOOKED_AT: usize = 500;
