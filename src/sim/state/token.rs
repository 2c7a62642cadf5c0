//! The two things that let the app act in someone's moment: trigger ids and response URLs.

use super::{Code, SimState};
use crate::limits;

/// Lets the app open one modal, once, within three seconds.
#[derive(Clone, Debug, PartialEq)]
pub struct Trigger {
    pub user: String,
    pub created_ms: i64,
    pub used: bool,
    /// The view the person acted in, for `views.push`.
    pub view: Option<String>,
}

/// Why a trigger was refused.
pub type TriggerError = Code;

/// What a response URL answers to.
#[derive(Clone, Debug, PartialEq)]
pub enum ResponseUrlSource {
    /// A slash command or a shortcut: there is no message to replace.
    Command,
    /// A message in the channel.
    Message {
        ts: String,
    },
    Ephemeral {
        ts: String,
    },
}

/// Where the app may answer, five times within thirty minutes.
#[derive(Clone, Debug, PartialEq)]
pub struct ResponseUrl {
    pub user: String,
    pub channel: String,
    pub thread_ts: Option<String>,
    pub source: ResponseUrlSource,
    pub created_ms: i64,
    pub uses: u32,
}

impl SimState {
    /// A fresh trigger id for `user`.
    pub fn new_trigger(&mut self, user: &str, view: Option<&str>) -> String {
        let now_ms = self.now_ms;
        if self.triggers.len() >= limits::SIM_TRIGGERS_KEPT {
            self.triggers.retain(|_, t| now_ms - t.created_ms <= limits::SIM_TRIGGER_KEPT_MS);
        }
        let tail = self.new_id("t").to_lowercase();
        let id = format!("{}.{}.{tail}", self.now_ms, self.workspace.id.len());
        let trigger =
            Trigger { user: user.to_owned(), created_ms: now_ms, used: false, view: view.map(str::to_owned) };
        self.triggers.insert(id.clone(), trigger);
        id
    }

    /// Uses a trigger id up (DOC interactivity/handling-user-interaction: once, within 3 seconds).
    pub(crate) fn use_trigger(&mut self, id: &str) -> Result<Trigger, TriggerError> {
        let now_ms = self.now_ms;
        let trigger = self.triggers.get_mut(id).ok_or("invalid_trigger_id")?;
        if trigger.used {
            return Err("exchanged_trigger_id");
        }
        if now_ms - trigger.created_ms > limits::SIM_TRIGGER_LIFE_MS {
            return Err("expired_trigger_id");
        }
        trigger.used = true;
        Ok(trigger.clone())
    }

    /// A fresh response URL.
    pub(crate) fn new_response_url(
        &mut self,
        user: &str,
        channel: &str,
        thread_ts: Option<String>,
        source: ResponseUrlSource,
    ) -> String {
        let now_ms = self.now_ms;
        if self.response_urls.len() >= limits::SIM_RESPONSE_URLS_KEPT {
            self.response_urls.retain(|_, r| now_ms - r.created_ms <= limits::SIM_RESPONSE_URL_LIFE_MS);
        }
        let key = self.new_id("r").to_lowercase();
        let url = format!("{}/response/{}/{key}", self.base_url, self.workspace.id);
        let entry = ResponseUrl {
            user: user.to_owned(),
            channel: channel.to_owned(),
            thread_ts,
            source,
            created_ms: now_ms,
            uses: 0,
        };
        self.response_urls.insert(key, entry);
        url
    }

    /// Uses a response URL once (five uses, thirty minutes).
    pub(crate) fn use_response_url(&mut self, key: &str) -> Result<ResponseUrl, Code> {
        let now_ms = self.now_ms;
        let entry = self.response_urls.get_mut(key).ok_or("invalid_url")?;
        if now_ms - entry.created_ms > limits::SIM_RESPONSE_URL_LIFE_MS {
            return Err("expired_url");
        }
        if entry.uses >= limits::SIM_RESPONSE_URL_USES {
            return Err("used_url");
        }
        entry.uses += 1;
        Ok(entry.clone())
    }
}
