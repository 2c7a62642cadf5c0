//! A message as Slack shows it, in an event or in a channel's history.

use serde_json::Value;

use super::Us;
use crate::domain::timeline::{File, Kind};

/// What is kept of it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Seen {
    pub ts: String,
    /// The parent's, of a reply.
    pub thread_ts: Option<String>,
    pub kind: Kind,
    pub user_id: Option<String>,
    /// How a bot calls itself.
    pub name: Option<String>,
    pub ours: bool,
    pub text: String,
    pub files: Vec<File>,
    pub edited_ts: Option<String>,
    /// What is left of a deleted message that has replies.
    pub tombstone: bool,
}

impl Seen {
    /// None without a timestamp.
    pub(super) fn of(message: &Value, us: &Us) -> Option<Self> {
        let text = |key: &str| message[key].as_str().filter(|text| !text.is_empty());
        let ts = text("ts")?.to_owned();
        let subtype = text("subtype");
        let tombstone = subtype == Some("tombstone");
        let same = |key: &str, own: Option<&String>| {
            own.is_some() && message[key].as_str() == own.map(String::as_str)
        };
        let ours = !us.user_id.is_empty() && text("user") == Some(&us.user_id)
            || same("bot_id", us.bot_id.as_ref())
            || same("app_id", us.app_id.as_ref());
        let profile = message["bot_profile"]["name"].as_str();
        Some(Self {
            thread_ts: text("thread_ts").filter(|thread| *thread != ts).map(str::to_owned),
            kind: if tombstone { Kind::Said } else { Kind::of_subtype(subtype) },
            user_id: text("user").filter(|_| !tombstone).map(str::to_owned),
            name: text("username").or(profile).map(str::to_owned),
            ours,
            text: if tombstone { String::new() } else { written(message) },
            files: files(message),
            edited_ts: message["edited"]["ts"].as_str().map(str::to_owned),
            tombstone,
            ts,
        })
    }

    /// The version it shows.
    pub(super) fn version(&self) -> &str {
        self.edited_ts.as_deref().unwrap_or_default()
    }
}

/// The text as written; of a message that has none (many bots), what its attachments or blocks say.
pub(super) fn written(message: &Value) -> String {
    let text = message["text"].as_str().unwrap_or_default();
    if !text.trim().is_empty() {
        return text.to_owned();
    }
    let mut lines: Vec<String> = Vec::new();
    for attachment in message["attachments"].as_array().into_iter().flatten() {
        let told = ["pretext", "title", "text"].iter().filter_map(|key| attachment[*key].as_str());
        let told: Vec<&str> = told.filter(|text| !text.is_empty()).collect();
        match attachment["fallback"].as_str().filter(|_| told.is_empty()) {
            Some(fallback) => lines.push(fallback.to_owned()),
            None => lines.extend(told.into_iter().map(str::to_owned)),
        }
    }
    if lines.is_empty() {
        words_of(&message["blocks"], &mut lines);
    }
    lines.join("\n")
}

fn words_of(value: &Value, lines: &mut Vec<String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| words_of(item, lines)),
        Value::Object(fields) => {
            for (key, inner) in fields {
                match inner {
                    Value::String(text) if key == "text" && !text.is_empty() => lines.push(text.clone()),
                    Value::Object(_) | Value::Array(_) => words_of(inner, lines),
                    _ => {}
                }
            }
        }
        _ => {}
    }
}

fn files(message: &Value) -> Vec<File> {
    let text = |file: &Value, key: &str| file[key].as_str().unwrap_or_default().to_owned();
    let all = message["files"].as_array().into_iter().flatten();
    all.filter(|file| file["mode"] != "tombstone" && file["id"].is_string())
        .map(|file| File {
            id: text(file, "id"),
            name: match text(file, "name") {
                name if name.is_empty() => text(file, "title"),
                name => name,
            },
            mimetype: text(file, "mimetype"),
            size: file["size"].as_i64().unwrap_or_default(),
            permalink: match text(file, "permalink") {
                link if link.is_empty() => text(file, "url_private"),
                link => link,
            },
        })
        .collect()
}
