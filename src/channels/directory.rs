//! Channel names to ids. Slack takes a name only where it posts; where it reads, it wants the id.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::slack::api::{ApiError, SlackApi};

/// What was learned of channels; asked for when a name is not known.
#[derive(Debug, Default)]
pub(super) struct Directory(Mutex<HashMap<String, String>>);

impl Directory {
    /// The id of a channel given as `#name`, `name` or an id already; a user's id gives their direct message.
    pub(super) async fn id(&self, api: &SlackApi, channel: &str) -> Result<Option<String>, ApiError> {
        if let Some(id) = self.known(channel) {
            return Ok(Some(id));
        }
        if is_id(channel, &['C', 'G', 'D']) {
            return Ok(Some(channel.to_owned()));
        }
        if is_id(channel, &['U', 'W']) {
            let answer = api.call("conversations.open", serde_json::json!({ "users": channel })).await?;
            let id = answer["channel"]["id"].as_str().map(str::to_owned);
            if let Some(id) = &id {
                self.learn(channel, id);
            }
            return Ok(id);
        }
        for found in api.conversations_list("public_channel,private_channel").await? {
            self.learn(&format!("#{}", found.name), &found.id);
        }
        Ok(self.known(channel))
    }

    /// A post's answer tells where it went.
    pub(super) fn learn(&self, channel: &str, id: &str) {
        let mut names = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        names.insert(normal(channel), id.to_owned());
    }

    fn known(&self, channel: &str) -> Option<String> {
        let names = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        names.get(&normal(channel)).cloned()
    }
}

fn normal(channel: &str) -> String {
    channel.trim_start_matches('#').to_owned()
}

fn is_id(text: &str, first: &[char]) -> bool {
    text.starts_with(first)
        && text.len() >= 9
        && text.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit())
}
