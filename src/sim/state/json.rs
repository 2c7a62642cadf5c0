//! Messages as the Web API and the events show them.

use serde_json::{Map, Value, json};

use super::{Channel, File, Message, SimState};

/// The newest reply users a message names (`reply_users` is a sample, the count is right).
const REPLY_USERS_SHOWN: usize = 5;

impl SimState {
    /// A message as the app sees it; `with_metadata` says whether the metadata's payload is shown.
    pub fn message_json(&self, channel: &str, ts: &str, with_metadata: bool) -> Value {
        let Some(channel) = self.channels.get(channel) else { return Value::Null };
        channel.messages.get(ts).map_or(Value::Null, |m| self.render(channel, m, with_metadata))
    }

    /// The ephemeral message of that ts, as the page shows it.
    pub fn ephemeral_json(&self, channel: &str, ts: &str) -> Value {
        let Some(channel) = self.channels.get(channel) else { return Value::Null };
        let found = channel.ephemerals.iter().find(|e| e.message.ts == ts);
        found.map_or(Value::Null, |e| {
            let mut out = self.render(channel, &e.message, false);
            out["is_ephemeral"] = json!(true);
            out
        })
    }

    fn render(&self, channel: &Channel, m: &Message, with_metadata: bool) -> Value {
        let mut out = Map::new();
        let mut put = |key: &str, value: Value| {
            out.insert(key.to_owned(), value);
        };
        if let Some(subtype) = &m.subtype {
            put("subtype", json!(subtype));
        }
        if let Some(user) = &m.user {
            put("user", json!(user));
        }
        put("type", json!("message"));
        put("ts", json!(m.ts));
        if m.by_app {
            put("bot_id", json!(self.app.bot_id));
            put("app_id", json!(self.app.id));
        } else if m.subtype.is_none() || m.subtype.as_deref() == Some("file_share") {
            put(
                "client_msg_id",
                json!(format!("00000000-0000-4000-8000-{:0>12}", m.ts.replace('.', "").split_off(4))),
            );
        }
        put("text", json!(m.text));
        if let Some(username) = &m.username {
            put("username", json!(username));
        }
        if let Some(icons) = &m.icons {
            put("icons", icons.clone());
        }
        put("team", json!(self.workspace.id));
        if m.by_app && m.username.is_none() {
            put("bot_profile", self.app.bot_profile(&self.workspace.id));
        }
        if let Some(edited) = &m.edited {
            put("edited", json!({"user": edited.user, "ts": edited.ts}));
        }
        if !m.blocks.is_empty() {
            put("blocks", json!(m.blocks));
        }
        if !m.attachments.is_empty() {
            put("attachments", json!(m.attachments));
        }
        if !m.files.is_empty() {
            let files: Vec<Value> =
                m.files.iter().filter_map(|f| self.files.get(f)).map(|f| self.file_json(f)).collect();
            put("files", json!(files));
            put("upload", json!(false));
            put("display_as_bot", json!(false));
        }
        if let Some(metadata) = &m.metadata {
            let shown =
                if with_metadata { metadata.clone() } else { json!({"event_type": metadata["event_type"]}) };
            put("metadata", shown);
        }
        for (key, value) in &m.extra {
            put(key, value.clone());
        }
        if let Some(root) = &m.thread_ts {
            put("thread_ts", json!(root));
            if *root == m.ts {
                self.thread_fields(channel, m, &mut out);
            } else {
                let parent = channel.messages.get(root);
                if let Some(user) = parent.and_then(|p| p.user.clone()) {
                    out.insert("parent_user_id".to_owned(), json!(user));
                }
                if m.broadcast
                    && let Some(parent) = parent
                {
                    let mut root = json!({"type": "message", "ts": parent.ts, "thread_ts": parent.ts, "text": parent.text, "user": parent.user});
                    if let Some(map) = root.as_object_mut() {
                        self.thread_fields(channel, parent, map);
                    }
                    out.insert("root".to_owned(), root);
                }
            }
        }
        if !m.reactions.is_empty() {
            let all: Vec<Value> = m
                .reactions
                .iter()
                .map(|r| json!({"name": r.name, "users": r.users, "count": r.users.len()}))
                .collect();
            out.insert("reactions".to_owned(), json!(all));
        }
        if let Some(pin) = channel.pins.iter().find(|p| p.ts == m.ts) {
            out.insert("pinned_to".to_owned(), json!([channel.id]));
            out.insert(
                "pinned_info".to_owned(),
                json!({"channel": channel.id, "pinned_by": pin.by, "pinned_ts": pin.created_s}),
            );
        }
        Value::Object(out)
    }

    fn thread_fields(&self, channel: &Channel, root: &Message, out: &mut Map<String, Value>) {
        let Some(replies) = channel.replies.get(&root.ts).filter(|r| !r.is_empty()) else { return };
        let mut users: Vec<&str> = Vec::new();
        for reply in replies.iter().rev().filter_map(|ts| channel.messages.get(ts)) {
            let user = reply.user.as_deref().unwrap_or(&self.app.bot_user);
            if !users.contains(&user) {
                users.push(user);
            }
            if users.len() >= REPLY_USERS_SHOWN {
                break;
            }
        }
        users.reverse();
        out.insert("reply_count".to_owned(), json!(replies.len()));
        out.insert("reply_users_count".to_owned(), json!(users.len()));
        out.insert("latest_reply".to_owned(), json!(replies.last()));
        out.insert("reply_users".to_owned(), json!(users));
        out.insert("is_locked".to_owned(), json!(false));
        out.insert("subscribed".to_owned(), json!(false));
    }

    /// A file as messages and `files.info` show it.
    pub fn file_json(&self, file: &File) -> Value {
        let url = format!("{}/ui/file/{}", self.base_url, file.id);
        json!({
            "id": file.id, "created": file.created_s, "timestamp": file.created_s, "name": file.name, "title": file.title,
            "mimetype": file.mimetype, "filetype": file.filetype(), "pretty_type": file.filetype().to_uppercase(),
            "user": file.user, "user_team": self.workspace.id, "editable": false, "size": file.bytes.len(),
            "mode": "hosted", "is_external": false, "external_type": "", "is_public": true, "public_url_shared": false,
            "display_as_bot": false, "username": "", "url_private": url, "url_private_download": url,
            "permalink": url, "channels": file.channels, "groups": [], "ims": [], "has_rich_preview": false,
            "file_access": "visible", "alt_txt": file.alt_text,
        })
    }

    /// The address of a message, as `chat.getPermalink` gives it.
    pub fn permalink(&self, channel: &str, ts: &str, thread_ts: Option<&str>) -> String {
        let base = format!("{}/archives/{channel}/p{}", self.base_url, ts.replace('.', ""));
        match thread_ts.filter(|t| *t != ts) {
            Some(root) => format!("{base}?thread_ts={root}&cid={channel}"),
            None => base,
        }
    }
}
