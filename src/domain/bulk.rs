//! One thing that is done to several alert groups at once.

use serde::{Deserialize, Serialize};

use super::actor::Actor;
use super::group::{Change, Group, Refusal, State};
use super::time::Timestamp;

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Deed {
    Ack,
    Unack,
    Resolve,
    Unresolve,
    Silence,
    Unsilence,
}

impl Deed {
    /// The word that is typed.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ack => "ack",
            Self::Unack => "unack",
            Self::Resolve => "resolve",
            Self::Unresolve => "unresolve",
            Self::Silence => "silence",
            Self::Unsilence => "unsilence",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        [Self::Ack, Self::Unack, Self::Resolve, Self::Unresolve, Self::Silence, Self::Unsilence]
            .into_iter()
            .find(|deed| deed.as_str() == word)
    }

    /// Whether groups in this state are meant where not numbers but `all` or a filter was typed: what somebody has is not
    /// taken from them, and what is silenced stays so.
    pub const fn is_for(self, state: State) -> bool {
        match self {
            Self::Ack | Self::Silence => matches!(state, State::Firing),
            Self::Unack => matches!(state, State::Acknowledged),
            Self::Resolve => !matches!(state, State::Resolved),
            Self::Unresolve => matches!(state, State::Resolved),
            Self::Unsilence => matches!(state, State::Silenced),
        }
    }

    /// Whether it would be granted now; the group is changed as it would be.
    pub fn decide(
        self,
        group: &mut Group,
        by: &Actor,
        until: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<Change, Refusal> {
        match self {
            Self::Ack => group.acknowledge(by, now),
            Self::Unack => group.unacknowledge(false, now),
            Self::Resolve => group.resolve(by, None, now),
            Self::Unresolve => group.unresolve(by, now),
            Self::Silence => group.silence(by, until, None, now),
            Self::Unsilence => group.unsilence(false, now),
        }
    }
}

/// What came of it, so far.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    pub what: Deed,
    pub done: u32,
    /// Not yet done: it goes on by itself.
    pub pending: u32,
    /// Not granted, in all.
    pub refused: u32,
    /// The first of those that were not granted.
    pub left: Vec<Left>,
    /// What was said along with it could not be kept for this many.
    pub words_lost: u32,
}

impl Report {
    pub const fn new(what: Deed, pending: u32) -> Self {
        Self { what, done: 0, pending, refused: 0, left: Vec::new(), words_lost: 0 }
    }
}

/// One that stays as it is, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Left {
    pub number: i64,
    pub why: String,
}
