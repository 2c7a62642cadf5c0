//! Messages: posting, editing, deleting, reacting, pinning; and the ephemeral ones only one person sees.

use serde_json::{Map, Value};

use super::{Change, Code, Pin, SimState};
use crate::limits;

/// A reaction and who gave it.
#[derive(Clone, Debug, PartialEq)]
pub struct Reaction {
    pub name: String,
    pub users: Vec<String>,
}

/// Who edited a message last, and when.
#[derive(Clone, Debug, PartialEq)]
pub struct Edited {
    pub user: String,
    pub ts: String,
}

/// Who says it.
#[derive(Clone, Debug, PartialEq)]
pub enum Author {
    User(String),
    /// The app; `username` and `icons` when it dresses up (chat:write.customize).
    App {
        username: Option<String>,
        icons: Option<Value>,
    },
    /// The workspace itself, on behalf of a person (joins, topics).
    System(String),
}

impl Author {
    /// The app under its own name.
    pub const APP: Self = Self::App { username: None, icons: None };
}

/// A message in a channel.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Message {
    pub ts: String,
    pub user: Option<String>,
    pub by_app: bool,
    pub username: Option<String>,
    pub icons: Option<Value>,
    pub subtype: Option<String>,
    pub text: String,
    pub blocks: Vec<Value>,
    pub attachments: Vec<Value>,
    pub thread_ts: Option<String>,
    pub broadcast: bool,
    pub edited: Option<Edited>,
    pub reactions: Vec<Reaction>,
    pub files: Vec<String>,
    pub metadata: Option<Value>,
    /// What a subtype carries beside the text (`topic`, `old_name`, `inviter` …).
    pub extra: Map<String, Value>,
    /// What people chose in the message's inputs: `{block_id:{action_id:{…}}}`.
    pub inputs: Map<String, Value>,
    pub deleted: bool,
}

impl Message {
    /// Is it shown in the channel itself (and in `conversations.history`)?
    pub fn in_channel(&self) -> bool {
        !self.deleted && (self.thread_ts.as_deref().is_none_or(|t| t == self.ts) || self.broadcast)
    }

    pub fn is_reply(&self) -> bool {
        self.thread_ts.as_deref().is_some_and(|t| t != self.ts)
    }

    /// Blocks, and the blocks inside attachments.
    pub fn all_blocks(&self) -> impl Iterator<Item = &Value> {
        let inner = self.attachments.iter().filter_map(|a| a["blocks"].as_array()).flatten();
        self.blocks.iter().chain(inner)
    }

    /// Everything a reader sees of it, as one text: for assertions and search.
    pub fn visible_text(&self) -> String {
        let mut out = String::new();
        if self.blocks.is_empty() {
            out.push_str(&self.text);
        }
        for block in &self.blocks {
            collect_text(block, &mut out);
        }
        for attachment in &self.attachments {
            collect_text(attachment, &mut out);
        }
        out
    }
}

/// Adds the visible words of a block (or any part of one) to `out`, a line each.
pub(crate) fn collect_text(value: &Value, out: &mut String) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| collect_text(item, out)),
        Value::Object(map) => {
            for (key, inner) in map {
                match (key.as_str(), inner) {
                    (
                        "text" | "title" | "pretext" | "alt_text" | "footer" | "author_name" | "fallback",
                        Value::String(s),
                    ) => {
                        out.push_str(s);
                        out.push('\n');
                    }
                    ("value" | "block_id" | "action_id" | "url" | "color", _) => {}
                    _ => collect_text(inner, out),
                }
            }
        }
        _ => {}
    }
}

/// A message only one person sees; gone with the next reload, never in history.
#[derive(Clone, Debug, PartialEq)]
pub struct Ephemeral {
    pub to: String,
    pub message: Message,
}

/// A message about to be posted.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Draft {
    pub text: String,
    pub blocks: Vec<Value>,
    pub attachments: Vec<Value>,
    pub thread_ts: Option<String>,
    pub broadcast: bool,
    pub files: Vec<String>,
    pub metadata: Option<Value>,
    pub subtype: Option<String>,
    pub extra: Map<String, Value>,
}

impl Draft {
    pub fn text(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }

    /// A message the workspace writes itself, of the given subtype.
    pub(super) fn system(subtype: &str, text: String, extra: &[(&str, Value)]) -> Self {
        Self {
            text,
            subtype: Some(subtype.to_owned()),
            extra: extra.iter().map(|(k, v)| ((*k).to_owned(), v.clone())).collect(),
            ..Self::default()
        }
    }
}

impl SimState {
    fn build(&mut self, author: &Author, mut draft: Draft) -> Message {
        let ts = self.new_ts();
        self.name_blocks(&mut draft.blocks);
        for attachment in &mut draft.attachments {
            if let Some(blocks) = attachment.get_mut("blocks").and_then(Value::as_array_mut) {
                let mut taken = std::mem::take(blocks);
                self.name_blocks(&mut taken);
                attachment["blocks"] = Value::Array(taken);
            }
        }
        let mut message = Message {
            ts,
            subtype: draft.subtype,
            text: draft.text,
            blocks: draft.blocks,
            attachments: draft.attachments,
            thread_ts: draft.thread_ts,
            broadcast: draft.broadcast,
            files: draft.files,
            metadata: draft.metadata,
            extra: draft.extra,
            ..Message::default()
        };
        match author {
            Author::User(user) | Author::System(user) => message.user = Some(user.clone()),
            Author::App { username, icons } => {
                message.by_app = true;
                if username.is_some() || icons.is_some() {
                    message.subtype.get_or_insert_with(|| "bot_message".to_owned());
                    message.username = Some(username.clone().unwrap_or_else(|| self.app.bot_name()));
                    message.icons.clone_from(icons);
                } else {
                    message.user = Some(self.app.bot_user.clone());
                }
            }
        }
        if message.subtype.is_none() && !message.files.is_empty() {
            message.subtype = Some("file_share".to_owned());
        }
        message
    }

    /// Gives blocks and interactive elements the ids Slack gives them when the sender did not.
    pub(crate) fn name_blocks(&mut self, blocks: &mut [Value]) {
        for block in blocks {
            let Some(map) = block.as_object_mut() else { continue };
            if map.get("block_id").and_then(Value::as_str).is_none_or(str::is_empty) {
                let id = self.new_id("b");
                map.insert("block_id".to_owned(), Value::String(id));
            }
            for key in ["accessory", "element"] {
                if let Some(element) = map.get_mut(key) {
                    self.name_element(element);
                }
            }
            if map.get("type").and_then(Value::as_str) == Some("actions") {
                let elements = map.get_mut("elements").and_then(Value::as_array_mut);
                elements.into_iter().flatten().for_each(|element| self.name_element(element));
            }
        }
    }

    fn name_element(&mut self, element: &mut Value) {
        if element["type"] == "image" {
            return;
        }
        if let Some(map) = element.as_object_mut()
            && map.get("action_id").and_then(Value::as_str).is_none_or(str::is_empty)
        {
            let id = self.new_id("a");
            map.insert("action_id".to_owned(), Value::String(id));
        }
    }

    /// Posts; returns the new ts. Membership is the caller's question, the thread is checked here.
    pub fn post(&mut self, channel: &str, author: &Author, mut draft: Draft) -> Result<String, Code> {
        let id = self.channel_id(channel).ok_or("channel_not_found")?;
        if self.channels[&id].archived && draft.subtype.as_deref().is_none_or(|s| !s.ends_with("archive")) {
            return Err("is_archived");
        }
        if let Some(root) = draft.thread_ts.clone() {
            let parent = self.channels[&id].messages.get(&root).ok_or("thread_not_found")?;
            if parent.subtype.as_deref().is_some_and(|s| s.ends_with("_join") || s.ends_with("_leave")) {
                return Err("cannot_reply_to_message");
            }
            // A reply to a reply lands in the reply's thread.
            draft.thread_ts = Some(parent.thread_ts.clone().unwrap_or(root));
            if draft.broadcast && draft.subtype.is_none() {
                draft.subtype = Some("thread_broadcast".to_owned());
            }
        } else {
            draft.broadcast = false;
        }
        let message = self.build(author, draft);
        let (ts, root, files) = (message.ts.clone(), message.thread_ts.clone(), message.files.clone());
        let by = message.user.clone().unwrap_or_else(|| self.app.bot_user.clone());
        let before = root.as_ref().map(|root| self.message_json(&id, root, true));
        let channel = self.channels.get_mut(&id).ok_or("channel_not_found")?;
        channel.messages.insert(ts.clone(), message);
        channel.last_read.insert(by.clone(), ts.clone());
        if let Some(root) = &root {
            channel.replies.entry(root.clone()).or_default().push(ts.clone());
            if let Some(parent) = channel.messages.get_mut(root) {
                parent.thread_ts = Some(root.clone());
            }
        }
        self.record(Change::Message { channel: id.clone(), ts: ts.clone() });
        if let (Some(root), Some(before)) = (root, before) {
            self.record(Change::MessageChanged { channel: id.clone(), ts: root, before, silent: true });
        }
        for file in files {
            if let Some(file) = self.files.get_mut(&file) {
                file.channels.insert(id.clone());
                file.shares.push((id.clone(), ts.clone()));
            }
            self.record(Change::FileShared { channel: id.clone(), user: by.clone(), file });
        }
        Ok(ts)
    }

    /// Edits; `None` keeps a part as it is, metadata of `null` is taken away.
    #[allow(clippy::too_many_arguments, reason = "each is one argument of chat.update")]
    pub fn edit(
        &mut self,
        channel: &str,
        ts: &str,
        by: &str,
        text: Option<String>,
        blocks: Option<Vec<Value>>,
        attachments: Option<Vec<Value>>,
        metadata: Option<Value>,
    ) -> Result<(), Code> {
        let id = self.channel_id(channel).ok_or("channel_not_found")?;
        if self.channels[&id].messages.get(ts).is_none_or(|m| m.deleted) {
            return Err("message_not_found");
        }
        let before = self.message_json(&id, ts, true);
        let mut named = blocks;
        if let Some(blocks) = &mut named {
            self.name_blocks(blocks);
        }
        let edit_ts = self.new_ts();
        let message =
            self.channels.get_mut(&id).and_then(|c| c.messages.get_mut(ts)).ok_or("message_not_found")?;
        if let Some(text) = text {
            message.text = text;
        }
        if let Some(blocks) = named {
            message.blocks = blocks;
        }
        if let Some(attachments) = attachments {
            message.attachments = attachments;
        }
        if metadata.is_some() {
            message.metadata = metadata.filter(|m| !m.is_null());
        }
        message.edited = Some(Edited { user: by.to_owned(), ts: edit_ts });
        self.record(Change::MessageChanged { channel: id, ts: ts.to_owned(), before, silent: false });
        Ok(())
    }

    /// Deletes; a root with replies stays as a tombstone.
    pub fn delete(&mut self, channel: &str, ts: &str) -> Result<(), Code> {
        let id = self.channel_id(channel).ok_or("channel_not_found")?;
        let before = self.message_json(&id, ts, true);
        let channel = self.channels.get_mut(&id).ok_or("channel_not_found")?;
        let has_replies = channel.replies.get(ts).is_some_and(|r| !r.is_empty());
        let message =
            channel.messages.get_mut(ts).filter(|m| !m.deleted && m.subtype.as_deref() != Some("tombstone"));
        let Some(message) = message else { return Err("message_not_found") };
        if has_replies {
            *message = Message {
                ts: ts.to_owned(),
                user: Some("USLACKBOT".to_owned()),
                subtype: Some("tombstone".to_owned()),
                text: "This message was deleted.".to_owned(),
                thread_ts: message.thread_ts.clone(),
                ..Message::default()
            };
            self.record(Change::MessageChanged { channel: id, ts: ts.to_owned(), before, silent: false });
            return Ok(());
        }
        let root = message.thread_ts.clone().filter(|t| t != ts);
        channel.messages.remove(ts);
        channel.pins.retain(|p| p.ts != ts);
        let mut parent = None;
        if let Some(root) = root {
            if let Some(replies) = channel.replies.get_mut(&root) {
                replies.retain(|r| r != ts);
            }
            let empty = channel.replies.get(&root).is_none_or(Vec::is_empty);
            let tombstone =
                channel.messages.get(&root).is_some_and(|m| m.subtype.as_deref() == Some("tombstone"));
            if empty && let Some(m) = channel.messages.get_mut(&root) {
                m.thread_ts = None;
            }
            if empty && tombstone {
                channel.messages.remove(&root);
            }
            parent = Some((root, empty && tombstone));
        }
        self.record(Change::MessageDeleted { channel: id.clone(), ts: ts.to_owned(), before });
        match parent {
            Some((root, true)) => {
                self.record(Change::MessageDeleted { channel: id, ts: root, before: Value::Null });
            }
            Some((root, false)) => {
                let before = self.message_json(&id, &root, true);
                self.record(Change::MessageChanged { channel: id, ts: root, before, silent: true });
            }
            None => {}
        }
        Ok(())
    }

    /// Adds or takes back a reaction.
    pub fn react(&mut self, channel: &str, ts: &str, user: &str, name: &str, add: bool) -> Result<(), Code> {
        let id = self.channel_id(channel).ok_or("channel_not_found")?;
        let name = name.trim_matches(':').to_owned();
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "_-+':".contains(c);
        if name.is_empty() || name.len() > limits::SIM_EMOJI_NAME_CHARS || !name.chars().all(plain) {
            return Err("invalid_name");
        }
        let channel = self.channels.get_mut(&id).ok_or("channel_not_found")?;
        if channel.archived {
            return Err("is_archived");
        }
        let message = channel.messages.get_mut(ts).filter(|m| !m.deleted).ok_or("message_not_found")?;
        let at = message.reactions.iter().position(|r| r.name == name);
        if add {
            let given = message.reactions.iter().filter(|r| r.users.iter().any(|u| u == user)).count();
            let at = match at {
                Some(at) => at,
                None if message.reactions.len() >= limits::SIM_EMOJI_PER_MESSAGE => {
                    return Err("too_many_emoji");
                }
                None if given >= limits::SIM_REACTIONS_PER_USER => return Err("too_many_reactions"),
                None => {
                    message.reactions.push(Reaction { name: name.clone(), users: Vec::new() });
                    message.reactions.len() - 1
                }
            };
            if message.reactions[at].users.iter().any(|u| u == user) {
                return Err("already_reacted");
            }
            message.reactions[at].users.push(user.to_owned());
        } else {
            let at = at.ok_or("no_reaction")?;
            let users = &mut message.reactions[at].users;
            let who = users.iter().position(|u| u == user).ok_or("no_reaction")?;
            users.remove(who);
            if users.is_empty() {
                message.reactions.remove(at);
            }
        }
        self.record(Change::Reaction {
            added: add,
            channel: id,
            ts: ts.to_owned(),
            user: user.to_owned(),
            name,
        });
        Ok(())
    }

    /// Pins or unpins; a pin leaves a `pinned_item` message as in Slack.
    pub fn pin(&mut self, channel: &str, ts: &str, user: &str, add: bool) -> Result<(), Code> {
        let id = self.channel_id(channel).ok_or("channel_not_found")?;
        let now_s = self.now_s();
        let channel = self.channels.get_mut(&id).ok_or("channel_not_found")?;
        let at = channel.pins.iter().position(|p| p.ts == ts);
        if channel.messages.get(ts).is_none_or(|m| m.deleted) {
            return Err("message_not_found");
        }
        match (add, at) {
            (true, Some(_)) => return Err("already_pinned"),
            (false, None) => return Err("no_pin"),
            (true, None) if channel.pins.len() >= limits::SIM_PINS_PER_CHANNEL => {
                return Err("too_many_pins");
            }
            (true, None) => {
                channel.pins.push(Pin { ts: ts.to_owned(), by: user.to_owned(), created_s: now_s })
            }
            (false, Some(at)) => {
                channel.pins.remove(at);
            }
        }
        self.record(Change::Pin { added: add, channel: id, ts: ts.to_owned(), user: user.to_owned() });
        Ok(())
    }

    /// Shows a message to one person only; returns its ts.
    pub fn post_ephemeral(
        &mut self,
        channel: &str,
        to: &str,
        author: &Author,
        draft: Draft,
    ) -> Result<String, Code> {
        let id = self.channel_id(channel).ok_or("channel_not_found")?;
        let message = self.build(author, draft);
        let ts = message.ts.clone();
        let channel = self.channels.get_mut(&id).ok_or("channel_not_found")?;
        if channel.ephemerals.len() >= limits::SIM_EPHEMERALS_PER_CHANNEL {
            channel.ephemerals.remove(0);
        }
        channel.ephemerals.push(Ephemeral { to: to.to_owned(), message });
        self.record(Change::Ephemeral { channel: id, user: to.to_owned(), ts: ts.clone() });
        Ok(ts)
    }

    /// Replaces an ephemeral message in place (response_url with `replace_original`).
    pub fn replace_ephemeral(&mut self, channel: &str, ts: &str, mut draft: Draft) -> Result<(), Code> {
        self.name_blocks(&mut draft.blocks);
        let found =
            self.channels.get_mut(channel).and_then(|c| c.ephemerals.iter_mut().find(|e| e.message.ts == ts));
        let ephemeral = found.ok_or("message_not_found")?;
        ephemeral.message.text = draft.text;
        ephemeral.message.blocks = draft.blocks;
        ephemeral.message.attachments = draft.attachments;
        let user = ephemeral.to.clone();
        self.record(Change::EphemeralChanged { channel: channel.to_owned(), user, ts: ts.to_owned() });
        Ok(())
    }

    /// Takes an ephemeral message away.
    pub fn delete_ephemeral(&mut self, channel: &str, ts: &str) -> Result<(), Code> {
        let channel = self.channels.get_mut(channel).ok_or("channel_not_found")?;
        let at = channel.ephemerals.iter().position(|e| e.message.ts == ts).ok_or("message_not_found")?;
        let gone = channel.ephemerals.remove(at);
        let channel = channel.id.clone();
        self.record(Change::EphemeralDeleted { channel, user: gone.to, ts: ts.to_owned() });
        Ok(())
    }
}
