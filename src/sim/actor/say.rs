//! Saying things: messages, edits, reactions, pins, files; and the life of channels.

use super::super::state::rich_text;
use super::super::state::{Author, Draft, SimState, to_slack_text};
use super::{Actor, UserError};

type Done<T> = Result<T, UserError>;

impl Actor {
    fn does<T>(&self, act: impl FnOnce(&mut SimState) -> Done<T>) -> Done<T> {
        self.sim.change(act)
    }

    fn draft(state: &SimState, text: &str) -> Draft {
        Self::formatted(to_slack_text(state, text))
    }

    fn formatted(text: String) -> Draft {
        let blocks = if text.is_empty() { Vec::new() } else { vec![rich_text(&text)] };
        Draft { text, blocks, ..Draft::default() }
    }

    /// Posts; `@name` and `#channel` become mentions. Returns the ts.
    pub fn post(&self, channel: &str, text: &str) -> Done<String> {
        self.say(channel, text, None, false)
    }

    /// Replies in a thread.
    pub fn reply(&self, channel: &str, thread_ts: &str, text: &str) -> Done<String> {
        self.say(channel, text, Some(thread_ts), false)
    }

    /// Posts, in a thread or not, the reply shown in the channel too or not.
    pub fn say(&self, channel: &str, text: &str, thread_ts: Option<&str>, broadcast: bool) -> Done<String> {
        let text = self.sim.read(|state| to_slack_text(state, text));
        self.say_formatted(channel, &text, thread_ts, broadcast)
    }

    /// The same with text that is in Slack's own form already (`<@U…>`, `&amp;`), as the page sends it.
    pub fn say_formatted(
        &self,
        channel: &str,
        text: &str,
        thread_ts: Option<&str>,
        broadcast: bool,
    ) -> Done<String> {
        self.does(|state| {
            let id = self.own_channel(state, channel)?;
            if text.trim().is_empty() {
                return Err(UserError::new("There is nothing to send."));
            }
            let draft = Draft {
                thread_ts: thread_ts.map(str::to_owned),
                broadcast,
                ..Self::formatted(text.to_owned())
            };
            Ok(state.post(&id, &Author::User(self.user.clone()), draft)?)
        })
    }

    /// Writes to the app, in the direct message with it.
    pub fn message_app(&self, text: &str) -> Done<String> {
        let channel = self.sim.change(|state| state.app_direct(&self.user));
        self.post(&channel, text)
    }

    fn is_mine(&self, state: &SimState, channel: &str, ts: &str) -> Done<()> {
        let mine =
            state.message(channel, ts).is_some_and(|m| m.user.as_deref() == Some(&self.user) && !m.by_app);
        if mine { Ok(()) } else { Err(UserError::new("This is not a message of yours.")) }
    }

    /// Edits a message of one's own.
    pub fn edit(&self, channel: &str, ts: &str, text: &str) -> Done<()> {
        let text = self.sim.read(|state| to_slack_text(state, text));
        self.edit_formatted(channel, ts, &text)
    }

    /// The same with text in Slack's own form.
    pub fn edit_formatted(&self, channel: &str, ts: &str, text: &str) -> Done<()> {
        self.does(|state| {
            let id = self.own_channel(state, channel)?;
            self.is_mine(state, &id, ts)?;
            let draft = Self::formatted(text.to_owned());
            Ok(state.edit(&id, ts, &self.user, Some(draft.text), Some(draft.blocks), None, None)?)
        })
    }

    /// Deletes a message of one's own.
    pub fn delete(&self, channel: &str, ts: &str) -> Done<()> {
        self.does(|state| {
            let id = self.own_channel(state, channel)?;
            self.is_mine(state, &id, ts)?;
            Ok(state.delete(&id, ts)?)
        })
    }

    /// Adds a reaction, or takes back one's own.
    pub fn react(&self, channel: &str, ts: &str, emoji: &str) -> Done<()> {
        self.does(|state| {
            let id = self.own_channel(state, channel)?;
            match state.react(&id, ts, &self.user, emoji, true) {
                Err("already_reacted") => Ok(state.react(&id, ts, &self.user, emoji, false)?),
                other => Ok(other?),
            }
        })
    }

    /// Pins, or unpins.
    pub fn pin(&self, channel: &str, ts: &str) -> Done<()> {
        self.does(|state| {
            let id = self.own_channel(state, channel)?;
            match state.pin(&id, ts, &self.user, true) {
                Err("already_pinned") => Ok(state.pin(&id, ts, &self.user, false)?),
                other => Ok(other?),
            }
        })
    }

    /// Marks a channel read up to a message.
    pub fn read(&self, channel: &str, ts: &str) -> Done<()> {
        self.does(|state| {
            let id = self.seen_channel(state, channel)?;
            Ok(state.mark_read(&id, &self.user, ts)?)
        })
    }

    /// Makes a channel; returns its id.
    pub fn create_channel(&self, name: &str, private: bool) -> Done<String> {
        self.does(|state| Ok(state.create_channel(name.trim_start_matches('#'), private, &self.user)?))
    }

    pub fn join(&self, channel: &str) -> Done<()> {
        self.does(|state| {
            let id = self.seen_channel(state, channel)?;
            Ok(state.join(&id, &self.user, None)?)
        })
    }

    pub fn leave(&self, channel: &str) -> Done<()> {
        self.does(|state| {
            let id = self.own_channel(state, channel)?;
            Ok(state.leave(&id, &self.user, None)?)
        })
    }

    /// Brings someone in: a person by id or name, or the app by its user id.
    pub fn invite(&self, channel: &str, who: &str) -> Done<()> {
        self.does(|state| {
            let id = self.own_channel(state, channel)?;
            let who = state.user(who).map(|u| u.id.clone()).ok_or("user_not_found")?;
            Ok(state.join(&id, &who, Some(&self.user))?)
        })
    }

    /// Takes someone out.
    pub fn kick(&self, channel: &str, who: &str) -> Done<()> {
        self.does(|state| {
            let id = self.own_channel(state, channel)?;
            let who = state.user(who).map(|u| u.id.clone()).ok_or("user_not_found")?;
            Ok(state.leave(&id, &who, Some(&self.user))?)
        })
    }

    pub fn rename(&self, channel: &str, name: &str) -> Done<()> {
        self.does(|state| {
            let id = self.own_channel(state, channel)?;
            Ok(state.rename(&id, name, &self.user)?)
        })
    }

    pub fn archive(&self, channel: &str) -> Done<()> {
        self.does(|state| {
            let id = self.own_channel(state, channel)?;
            Ok(state.archive(&id, &self.user)?)
        })
    }

    pub fn unarchive(&self, channel: &str) -> Done<()> {
        self.does(|state| {
            let id = self.seen_channel(state, channel)?;
            Ok(state.unarchive(&id, &self.user)?)
        })
    }

    pub fn set_topic(&self, channel: &str, topic: &str) -> Done<()> {
        self.does(|state| {
            let id = self.own_channel(state, channel)?;
            Ok(state.set_topic(&id, topic, true, &self.user)?)
        })
    }

    pub fn set_purpose(&self, channel: &str, purpose: &str) -> Done<()> {
        self.does(|state| {
            let id = self.own_channel(state, channel)?;
            Ok(state.set_topic(&id, purpose, false, &self.user)?)
        })
    }

    /// Opens a direct message with these people; returns the channel's id.
    pub fn open_direct(&self, users: &[&str]) -> Done<String> {
        self.does(|state| {
            let mut members = std::collections::BTreeSet::from([self.user.clone()]);
            for user in users {
                members.insert(state.user(user).map(|u| u.id.clone()).ok_or("user_not_found")?);
            }
            Ok(state.open_direct(&members).0)
        })
    }

    /// Uploads a file without sharing it yet (a `file_input` holds it); returns its id.
    pub fn upload_file(&self, name: &str, mimetype: Option<&str>, bytes: Vec<u8>) -> Done<String> {
        self.does(|state| {
            let id = state.reserve_file(&self.user, name, bytes.len(), "")?;
            state.upload(&id, bytes)?;
            if let Some(file) = state.files.get_mut(&id) {
                file.complete = true;
                if let Some(mimetype) = mimetype.filter(|m| !m.is_empty()) {
                    mimetype.clone_into(&mut file.mimetype);
                }
            }
            Ok(id)
        })
    }

    /// Uploads a file and shares it with a text; returns the message's ts.
    pub fn upload(
        &self,
        channel: &str,
        thread_ts: Option<&str>,
        name: &str,
        mimetype: Option<&str>,
        bytes: Vec<u8>,
        text: &str,
    ) -> Done<String> {
        let file = self.upload_file(name, mimetype, bytes)?;
        self.does(|state| {
            let id = self.own_channel(state, channel)?;
            let draft = Draft {
                files: vec![file],
                thread_ts: thread_ts.map(str::to_owned),
                subtype: Some("file_share".to_owned()),
                ..Self::draft(state, text)
            };
            Ok(state.post(&id, &Author::User(self.user.clone()), draft)?)
        })
    }

    /// Takes an ephemeral message out of sight.
    pub fn dismiss(&self, channel: &str, ts: &str) -> Done<()> {
        self.does(|state| Ok(state.delete_ephemeral(channel, ts)?))
    }

    /// Opens the app's home tab.
    pub fn open_home(&self) -> Done<()> {
        self.does(|state| {
            let channel = state.app_direct(&self.user);
            state.open_home(&self.user, &channel);
            Ok(())
        })
    }
}
