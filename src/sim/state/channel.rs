//! Conversations: who is in them and what they are called.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::{Value, json};

use super::{Ephemeral, Message, SimState};

/// The four kinds of conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Public,
    Private,
    Im,
    Mpim,
}

impl Kind {
    /// `channel_type` in events.
    pub fn event_name(self) -> &'static str {
        match self {
            Self::Public => "channel",
            Self::Private => "group",
            Self::Im => "im",
            Self::Mpim => "mpim",
        }
    }

    /// The first word of the scopes for it.
    pub fn scope_word(self) -> &'static str {
        match self {
            Self::Public => "channels",
            Self::Private => "groups",
            Self::Im => "im",
            Self::Mpim => "mpim",
        }
    }

    pub fn is_direct(self) -> bool {
        matches!(self, Self::Im | Self::Mpim)
    }
}

/// Topic or purpose.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Topic {
    pub value: String,
    pub creator: String,
    pub last_set_s: i64,
}

impl Topic {
    fn json(&self) -> Value {
        json!({"value": self.value, "creator": self.creator, "last_set": self.last_set_s})
    }
}

/// A pinned message.
#[derive(Clone, Debug, PartialEq)]
pub struct Pin {
    pub ts: String,
    pub by: String,
    pub created_s: i64,
}

/// A link in the channel's bar.
#[derive(Clone, Debug, PartialEq)]
pub struct Bookmark {
    pub id: String,
    pub title: String,
    pub link: String,
    pub emoji: String,
    pub by: String,
    pub created_s: i64,
    pub updated_s: i64,
}

/// A conversation with everything in it.
#[derive(Clone, Debug, PartialEq)]
pub struct Channel {
    pub id: String,
    pub name: String,
    pub kind: Kind,
    pub topic: Topic,
    pub purpose: Topic,
    pub archived: bool,
    pub general: bool,
    pub creator: String,
    pub created_s: i64,
    pub members: BTreeSet<String>,
    pub previous_names: Vec<String>,
    pub messages: BTreeMap<String, Message>,
    /// Root → its replies, oldest first.
    pub replies: HashMap<String, Vec<String>>,
    pub ephemerals: Vec<Ephemeral>,
    pub pins: Vec<Pin>,
    pub bookmarks: Vec<Bookmark>,
    pub last_read: HashMap<String, String>,
}

impl Channel {
    pub(super) fn new(id: String, name: String, kind: Kind, creator: String, now_s: i64) -> Self {
        Self {
            id,
            name,
            kind,
            topic: Topic::default(),
            purpose: Topic::default(),
            archived: false,
            general: false,
            creator,
            created_s: now_s,
            members: BTreeSet::new(),
            previous_names: Vec::new(),
            messages: BTreeMap::new(),
            replies: HashMap::new(),
            ephemerals: Vec::new(),
            pins: Vec::new(),
            bookmarks: Vec::new(),
            last_read: HashMap::new(),
        }
    }

    /// A root message and its replies, oldest first; empty when there is no such root.
    pub fn thread(&self, ts: &str) -> Vec<&Message> {
        let root = self.messages.get(ts);
        let replies = self.replies.get(ts).into_iter().flatten().filter_map(|ts| self.messages.get(ts));
        root.into_iter().chain(replies).collect()
    }

    /// The other person of a direct message.
    pub fn other(&self, user: &str) -> Option<&str> {
        self.members.iter().find(|m| *m != user).or(self.members.first()).map(String::as_str)
    }
}

impl SimState {
    /// A conversation as `conversations.info` shows it to `viewer`.
    pub fn channel_json(&self, channel: &Channel, viewer: &str) -> Value {
        let kind = channel.kind;
        if kind == Kind::Im {
            return json!({
                "id": channel.id, "created": channel.created_s, "is_archived": false, "is_im": true, "is_org_shared": false,
                "context_team_id": self.workspace.id, "user": channel.other(viewer), "is_user_deleted": false,
                "is_open": true, "priority": 0,
            });
        }
        let is_member = channel.members.contains(viewer);
        let mut out = json!({
            "id": channel.id, "name": channel.name, "name_normalized": channel.name,
            "is_channel": kind == Kind::Public, "is_group": kind == Kind::Private, "is_im": false,
            "is_mpim": kind == Kind::Mpim, "is_private": kind != Kind::Public, "created": channel.created_s,
            "is_archived": channel.archived, "is_general": channel.general, "unlinked": 0, "is_shared": false,
            "is_org_shared": false, "is_pending_ext_shared": false, "pending_shared": [],
            "context_team_id": self.workspace.id, "updated": channel.created_s * 1000, "parent_conversation": null,
            "creator": channel.creator, "is_ext_shared": false, "shared_team_ids": [self.workspace.id],
            "pending_connected_team_ids": [], "is_member": is_member,
            "topic": channel.topic.json(), "purpose": channel.purpose.json(),
            "previous_names": channel.previous_names, "num_members": channel.members.len(),
        });
        if is_member {
            out["last_read"] =
                json!(channel.last_read.get(viewer).map_or("0000000000.000000", String::as_str));
        }
        out
    }
}
