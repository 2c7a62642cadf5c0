//! What follows from a mutation, before it is told to anyone: the app hears of it as events, the page as pushes.

use serde_json::Value;

use super::Toast;

/// What happened to a channel.
#[derive(Clone, Debug, PartialEq)]
pub enum ChannelNews {
    Created,
    Renamed {
        old: String,
    },
    Archived,
    Unarchived,
    /// Topic, purpose, bookmarks, read marks: no event of its own.
    Touched,
    /// The app was taken out of it.
    AppLeft,
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    Message {
        channel: String,
        ts: String,
    },
    /// `silent` changes (reply counters) are shown on the page but are no event.
    MessageChanged {
        channel: String,
        ts: String,
        before: Value,
        silent: bool,
    },
    MessageDeleted {
        channel: String,
        ts: String,
        before: Value,
    },
    Ephemeral {
        channel: String,
        user: String,
        ts: String,
    },
    EphemeralChanged {
        channel: String,
        user: String,
        ts: String,
    },
    EphemeralDeleted {
        channel: String,
        user: String,
        ts: String,
    },
    Reaction {
        added: bool,
        channel: String,
        ts: String,
        user: String,
        name: String,
    },
    Pin {
        added: bool,
        channel: String,
        ts: String,
        user: String,
    },
    Member {
        joined: bool,
        channel: String,
        user: String,
        inviter: Option<String>,
    },
    Channel {
        channel: String,
        by: String,
        news: ChannelNews,
    },
    User {
        user: String,
        joined: bool,
    },
    Group {
        group: String,
        created: bool,
        before: Vec<String>,
    },
    FileShared {
        channel: String,
        user: String,
        file: String,
    },
    Views {
        user: String,
    },
    ViewErrors {
        user: String,
        view: String,
        errors: Value,
    },
    Home {
        user: String,
    },
    HomeOpened {
        user: String,
        channel: String,
    },
    Toast(Toast),
}
