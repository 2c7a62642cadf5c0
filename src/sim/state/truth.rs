//! What truly happened, in order, whoever was told of it: a test compares with it what the app came to know.

use super::{Change, SimState};

/// One thing that was said, edited or deleted in a channel.
#[derive(Clone, Debug, PartialEq)]
pub struct Happened {
    pub at_ms: i64,
    pub channel: String,
    /// The message it is about.
    pub ts: String,
    pub what: What,
}

#[derive(Clone, Debug, PartialEq)]
pub enum What {
    Said {
        user: Option<String>,
        by_app: bool,
        subtype: Option<String>,
        /// The parent's, of a reply.
        thread_ts: Option<String>,
        text: String,
        /// The names of its files.
        files: Vec<String>,
    },
    Edited {
        text: String,
        edited_ts: String,
    },
    Deleted,
}

impl SimState {
    /// What a change did to a message, for the log of what happened.
    pub(super) fn remember(&mut self, change: &Change) {
        let (channel, ts, what) = match change {
            Change::Message { channel, ts } => {
                let Some(message) = self.message(channel, ts) else { return };
                let names =
                    message.files.iter().filter_map(|id| self.files.get(id)).map(|file| file.name.clone());
                let said = What::Said {
                    user: message.user.clone(),
                    by_app: message.by_app,
                    subtype: message.subtype.clone(),
                    thread_ts: message.thread_ts.clone().filter(|root| root != ts),
                    text: message.text.clone(),
                    files: names.collect(),
                };
                (channel, ts, said)
            }
            Change::MessageChanged { channel, ts, silent: false, .. } => {
                let Some(message) = self.message(channel, ts) else { return };
                let what = match &message.edited {
                    _ if message.subtype.as_deref() == Some("tombstone") => What::Deleted,
                    Some(edited) => What::Edited { text: message.text.clone(), edited_ts: edited.ts.clone() },
                    None => return,
                };
                (channel, ts, what)
            }
            Change::MessageDeleted { channel, ts, before } if !before.is_null() => {
                (channel, ts, What::Deleted)
            }
            _ => return,
        };
        let happened = Happened { at_ms: self.now_ms, channel: channel.clone(), ts: ts.clone(), what };
        if self.happened.len() >= crate::limits::SIM_HAPPENED_KEPT {
            self.happened.pop_front();
        }
        self.happened.push_back(happened);
    }

    /// Everything that happened in a channel, in order.
    pub fn happened_in(&self, channel: &str) -> Vec<&Happened> {
        self.happened.iter().filter(|one| one.channel == channel).collect()
    }
}
