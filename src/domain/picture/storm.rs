//! A storm as people are shown it.

use crate::domain::group::Group;
use crate::domain::time::Timestamp;

/// A storm as its message shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct StormPicture {
    pub id: i64,
    pub began: Timestamp,
    /// It takes in no more.
    pub over: bool,
    pub totals: StormTotals,
    /// The first of its groups: what nobody has, then the most urgent.
    pub listed: Vec<Group>,
    /// Whom the receivers of those that nobody has name.
    pub mention: Option<String>,
    pub now: Timestamp,
}

/// What a storm's groups are, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StormTotals {
    pub groups: u32,
    /// Alerts that fire in those that are open.
    pub firing: u32,
    /// Groups that fire and nobody has.
    pub waiting: u32,
    pub acknowledged: u32,
    pub silenced: u32,
    pub resolved: u32,
}

/// A page of all its groups.
#[derive(Clone, Debug, PartialEq)]
pub struct StormPage {
    pub storm: StormPicture,
    /// From 0.
    pub page: u32,
    pub has_more: bool,
    pub rows: Vec<StormRow>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct StormRow {
    pub group: Group,
    /// It has a message of its own in the storm's channel.
    pub has_message: bool,
}
