//! What one key of an object may hold.

/// A rule for a value. Lengths are characters.
#[derive(Clone, Copy, Debug)]
pub(super) enum Rule {
    Any,
    Bool,
    Int(i64, i64),
    Str(usize, usize),
    /// A number written as text.
    NumberText,
    OneOf(&'static [&'static str]),
    /// A `plain_text` object.
    Plain(usize),
    /// A `mrkdwn` object.
    Mrkdwn(usize),
    /// Either.
    Text(usize),
    Date,
    Time,
    Strings(usize, usize),
    /// Options: at most so many; may their text be mrkdwn?
    Options(usize, bool),
    OneOption(bool),
    OptionGroups,
    /// An object of the given keys.
    Object(&'static [Key]),
    /// A list of such objects.
    Objects(&'static [Key], usize, usize),
    /// One element of these types.
    Element(&'static [&'static str]),
    /// So many elements of these types.
    Elements(&'static [&'static str], usize, usize),
    /// A whole block of this type.
    Block(&'static [&'static str]),
    Blocks(&'static [&'static str], usize, usize),
    Fields,
    /// Rich text leaves.
    Leaves(&'static [&'static str]),
    Rows,
}

/// A key an object may have.
#[derive(Clone, Copy, Debug)]
pub(super) struct Key {
    pub name: &'static str,
    pub required: bool,
    pub rule: Rule,
}

/// A key that may be there.
pub(super) const fn may(name: &'static str, rule: Rule) -> Key {
    Key { name, required: false, rule }
}

/// A key that must be there.
pub(super) const fn must(name: &'static str, rule: Rule) -> Key {
    Key { name, required: true, rule }
}
