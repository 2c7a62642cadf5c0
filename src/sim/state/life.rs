//! The life of a channel: made, joined, renamed, archived; each leaves a system message as in Slack.

use std::collections::BTreeSet;

use serde_json::json;

use super::{Author, Bookmark, Change, Channel, ChannelNews, Code, Draft, Kind, SimState};
use crate::limits;

/// Slack's rules for channel names (REF conversations.create).
pub(crate) fn check_name(name: &str) -> Result<(), Code> {
    if name.is_empty() {
        return Err("invalid_name_required");
    }
    if name.chars().count() > limits::SIM_CHANNEL_NAME_CHARS {
        return Err("invalid_name_maxlength");
    }
    if !name.chars().any(char::is_alphanumeric) {
        return Err("invalid_name_punctuation");
    }
    let allowed = |c: char| (c.is_alphanumeric() && !c.is_uppercase()) || c == '-' || c == '_';
    if !name.chars().all(allowed) {
        return Err("invalid_name_specials");
    }
    Ok(())
}

impl SimState {
    fn subtype(kind: Kind, what: &str) -> String {
        let word = if kind == Kind::Private { "group" } else { "channel" };
        format!("{word}_{what}")
    }

    /// Makes a channel; the creator is its first member.
    pub fn create_channel(&mut self, name: &str, private: bool, creator: &str) -> Result<String, Code> {
        check_name(name)?;
        if self.channels.values().any(|c| c.name == name) {
            return Err("name_taken");
        }
        let kind = if private { Kind::Private } else { Kind::Public };
        let id = self.new_id("C");
        let mut channel = Channel::new(id.clone(), name.to_owned(), kind, creator.to_owned(), self.now_s());
        channel.members.insert(creator.to_owned());
        self.channels.insert(id.clone(), channel);
        self.record(Change::Channel {
            channel: id.clone(),
            by: creator.to_owned(),
            news: ChannelNews::Created,
        });
        self.say(&id, creator, "join", format!("<@{creator}> has joined the channel"), &[]);
        self.member_change(&id, creator, true, None);
        Ok(id)
    }

    /// For builders and the seed: a channel with these members (ids or names), without the noise of joins.
    pub fn add_channel(&mut self, name: &str, private: bool, members: &[&str]) -> Result<String, Code> {
        check_name(name)?;
        if self.channels.values().any(|c| c.name == name) {
            return Err("name_taken");
        }
        let members: Vec<String> =
            members.iter().filter_map(|m| self.user(m)).map(|u| u.id.clone()).collect();
        let creator = members.first().cloned().unwrap_or_default();
        let kind = if private { Kind::Private } else { Kind::Public };
        let id = self.new_id("C");
        let mut channel = Channel::new(id.clone(), name.to_owned(), kind, creator.clone(), self.now_s());
        channel.members = Self::name_set(&members);
        self.channels.insert(id.clone(), channel);
        self.record(Change::Channel { channel: id.clone(), by: creator, news: ChannelNews::Created });
        Ok(id)
    }

    /// The direct message of these people (one makes an im, more an mpim); made when there is none.
    pub fn open_direct(&mut self, members: &BTreeSet<String>) -> (String, bool) {
        let kind = if members.len() <= 2 { Kind::Im } else { Kind::Mpim };
        if let Some(found) = self.channels.values().find(|c| c.kind == kind && c.members == *members) {
            return (found.id.clone(), true);
        }
        let id = self.new_id(if kind == Kind::Im { "D" } else { "G" });
        let name = match kind {
            Kind::Mpim => {
                let names: Vec<&str> =
                    members.iter().filter_map(|m| self.users.get(m)).map(|u| u.name.as_str()).collect();
                format!("mpdm-{}-1", names.join("--"))
            }
            _ => String::new(),
        };
        let creator = members.first().cloned().unwrap_or_default();
        let mut channel = Channel::new(id.clone(), name, kind, creator.clone(), self.now_s());
        channel.members.clone_from(members);
        self.channels.insert(id.clone(), channel);
        self.record(Change::Channel { channel: id.clone(), by: creator, news: ChannelNews::Touched });
        (id, false)
    }

    /// The direct message between a person and the app.
    pub fn app_direct(&mut self, user: &str) -> String {
        let members = BTreeSet::from([user.to_owned(), self.app.bot_user.clone()]);
        self.open_direct(&members).0
    }

    fn say(
        &mut self,
        channel: &str,
        user: &str,
        what: &str,
        text: String,
        extra: &[(&str, serde_json::Value)],
    ) {
        let Some(kind) = self.channels.get(channel).map(|c| c.kind) else { return };
        let draft = Draft::system(&Self::subtype(kind, what), text, extra);
        // A system message in a channel that exists cannot be refused.
        let _ = self.post(channel, &Author::System(user.to_owned()), draft);
    }

    fn member_change(&mut self, channel: &str, user: &str, joined: bool, inviter: Option<&str>) {
        let change = Change::Member {
            joined,
            channel: channel.to_owned(),
            user: user.to_owned(),
            inviter: inviter.map(str::to_owned),
        };
        self.record(change);
    }

    /// Puts someone in, by their own wish or invited.
    pub fn join(&mut self, channel: &str, user: &str, inviter: Option<&str>) -> Result<(), Code> {
        let id = self.channel_id(channel).ok_or("channel_not_found")?;
        let channel = self.channels.get_mut(&id).ok_or("channel_not_found")?;
        if channel.archived {
            return Err("is_archived");
        }
        if !channel.members.insert(user.to_owned()) {
            return Err("already_in_channel");
        }
        let extra: Vec<_> = inviter.map(|i| ("inviter", json!(i))).into_iter().collect();
        self.member_change(&id, user, true, inviter);
        self.say(&id, user, "join", format!("<@{user}> has joined the channel"), &extra);
        Ok(())
    }

    /// Takes someone out, by their own wish or removed by `by`.
    pub fn leave(&mut self, channel: &str, user: &str, by: Option<&str>) -> Result<(), Code> {
        let id = self.channel_id(channel).ok_or("channel_not_found")?;
        let channel = self.channels.get_mut(&id).ok_or("channel_not_found")?;
        if !channel.members.contains(user) {
            return Err("not_in_channel");
        }
        if channel.general {
            return Err(if by.is_some() { "cant_kick_from_general" } else { "cant_leave_general" });
        }
        if channel.kind == Kind::Private && channel.members.len() == 1 {
            return Err("last_member");
        }
        let text = match by {
            Some(_) => format!("<@{user}> was removed from the channel"),
            None => format!("<@{user}> has left the channel"),
        };
        self.say(&id, user, "leave", text, &[]);
        if let Some(channel) = self.channels.get_mut(&id) {
            channel.members.remove(user);
        }
        self.member_change(&id, user, false, None);
        if user == self.app.bot_user {
            let by = by.unwrap_or(user).to_owned();
            self.record(Change::Channel { channel: id, by, news: ChannelNews::AppLeft });
        }
        Ok(())
    }

    /// Renames; old names stay known in `previous_names`.
    pub fn rename(&mut self, channel: &str, name: &str, by: &str) -> Result<(), Code> {
        let id = self.channel_id(channel).ok_or("channel_not_found")?;
        check_name(name)?;
        if self.channels.values().any(|c| c.name == name && c.id != id) {
            return Err("name_taken");
        }
        let channel = self.channels.get_mut(&id).ok_or("channel_not_found")?;
        if channel.archived {
            return Err("is_archived");
        }
        let old = std::mem::replace(&mut channel.name, name.to_owned());
        if old == name {
            return Ok(());
        }
        channel.previous_names.insert(0, old.clone());
        let text = format!("<@{by}> has renamed the channel from \"{old}\" to \"{name}\"");
        self.say(&id, by, "name", text, &[("old_name", json!(old)), ("name", json!(name))]);
        self.record(Change::Channel { channel: id, by: by.to_owned(), news: ChannelNews::Renamed { old } });
        Ok(())
    }

    /// Makes a public channel private, or a private one public; its id and members stay.
    pub fn convert(&mut self, channel: &str, private: bool, by: &str) -> Result<(), Code> {
        let id = self.channel_id(channel).ok_or("channel_not_found")?;
        let channel = self.channels.get_mut(&id).ok_or("channel_not_found")?;
        if channel.general || channel.kind.is_direct() {
            return Err("method_not_supported_for_channel_type");
        }
        channel.kind = if private { Kind::Private } else { Kind::Public };
        let word = if private { "private" } else { "public" };
        let text = format!("made this channel {word}");
        let draft = Draft::system(&format!("channel_convert_to_{word}"), text, &[]);
        self.post(&id, &Author::System(by.to_owned()), draft)?;
        self.record(Change::Channel { channel: id, by: by.to_owned(), news: ChannelNews::Touched });
        Ok(())
    }

    /// Archives: nothing can be said in it any more.
    pub fn archive(&mut self, channel: &str, by: &str) -> Result<(), Code> {
        let id = self.channel_id(channel).ok_or("channel_not_found")?;
        let channel = self.channels.get_mut(&id).ok_or("channel_not_found")?;
        match () {
            () if channel.kind.is_direct() => return Err("method_not_supported_for_channel_type"),
            () if channel.general => return Err("cant_archive_general"),
            () if channel.archived => return Err("already_archived"),
            () => channel.archived = true,
        }
        self.say(&id, by, "archive", format!("<@{by}> archived the channel"), &[]);
        self.record(Change::Channel { channel: id, by: by.to_owned(), news: ChannelNews::Archived });
        Ok(())
    }

    /// Brings an archived channel back.
    pub fn unarchive(&mut self, channel: &str, by: &str) -> Result<(), Code> {
        let id = self.channel_id(channel).ok_or("channel_not_found")?;
        let channel = self.channels.get_mut(&id).ok_or("channel_not_found")?;
        if !std::mem::replace(&mut channel.archived, false) {
            return Err("not_archived");
        }
        self.say(&id, by, "unarchive", format!("<@{by}> un-archived the channel"), &[]);
        self.record(Change::Channel { channel: id, by: by.to_owned(), news: ChannelNews::Unarchived });
        Ok(())
    }

    /// Sets topic (`true`) or purpose.
    pub fn set_topic(&mut self, channel: &str, text: &str, topic: bool, by: &str) -> Result<(), Code> {
        let id = self.channel_id(channel).ok_or("channel_not_found")?;
        let now_s = self.now_s();
        let channel = self.channels.get_mut(&id).ok_or("channel_not_found")?;
        if channel.archived {
            return Err("is_archived");
        }
        if text.chars().count() > limits::SIM_TOPIC_CHARS {
            return Err("too_long");
        }
        let target = if topic { &mut channel.topic } else { &mut channel.purpose };
        let new = super::Topic { value: text.to_owned(), creator: by.to_owned(), last_set_s: now_s };
        if std::mem::replace(target, new).value == text {
            return Ok(());
        }
        let (what, word) = if topic { ("topic", "topic") } else { ("purpose", "description") };
        let said = match text {
            "" => format!("<@{by}> cleared the channel {word}"),
            _ => format!("<@{by}> set the channel {word}: {text}"),
        };
        self.say(&id, by, what, said, &[(what, json!(text))]);
        self.record(Change::Channel { channel: id, by: by.to_owned(), news: ChannelNews::Touched });
        Ok(())
    }

    /// Marks a channel read up to `ts` for one person.
    pub fn mark_read(&mut self, channel: &str, user: &str, ts: &str) -> Result<(), Code> {
        let id = self.channel_id(channel).ok_or("channel_not_found")?;
        let channel = self.channels.get_mut(&id).ok_or("channel_not_found")?;
        let mark = channel.last_read.entry(user.to_owned()).or_default();
        if ts > mark.as_str() {
            ts.clone_into(mark);
            self.record(Change::Channel { channel: id, by: user.to_owned(), news: ChannelNews::Touched });
        }
        Ok(())
    }

    /// Adds a link to the channel's bar.
    pub fn add_bookmark(
        &mut self,
        channel: &str,
        title: &str,
        link: &str,
        emoji: &str,
        by: &str,
    ) -> Result<Bookmark, Code> {
        let id = self.channel_id(channel).ok_or("channel_not_found")?;
        if !(link.starts_with("https://") || link.starts_with("http://")) {
            return Err("invalid_link");
        }
        let bookmark = Bookmark {
            id: self.new_id("Bk"),
            title: title.to_owned(),
            link: link.to_owned(),
            emoji: emoji.to_owned(),
            by: by.to_owned(),
            created_s: self.now_s(),
            updated_s: 0,
        };
        let channel = self.channels.get_mut(&id).ok_or("channel_not_found")?;
        if channel.bookmarks.len() >= limits::SIM_BOOKMARKS_PER_CHANNEL {
            return Err("too_many_bookmarks");
        }
        channel.bookmarks.push(bookmark.clone());
        self.record(Change::Channel { channel: id, by: by.to_owned(), news: ChannelNews::Touched });
        Ok(bookmark)
    }

    /// Changes a bookmark.
    pub fn edit_bookmark(
        &mut self,
        channel: &str,
        bookmark: &str,
        change: impl FnOnce(&mut Bookmark),
    ) -> Result<Bookmark, Code> {
        let id = self.channel_id(channel).ok_or("channel_not_found")?;
        let now_s = self.now_s();
        let found =
            self.channels.get_mut(&id).and_then(|c| c.bookmarks.iter_mut().find(|b| b.id == bookmark));
        let found = found.ok_or("not_found")?;
        let mut changed = found.clone();
        change(&mut changed);
        if !(changed.link.starts_with("https://") || changed.link.starts_with("http://")) {
            return Err("invalid_link");
        }
        changed.updated_s = now_s;
        found.clone_from(&changed);
        let by = changed.by.clone();
        self.record(Change::Channel { channel: id, by, news: ChannelNews::Touched });
        Ok(changed)
    }

    /// Removes a bookmark.
    pub fn remove_bookmark(&mut self, channel: &str, bookmark: &str, by: &str) -> Result<(), Code> {
        let id = self.channel_id(channel).ok_or("channel_not_found")?;
        let channel = self.channels.get_mut(&id).ok_or("channel_not_found")?;
        let at = channel.bookmarks.iter().position(|b| b.id == bookmark).ok_or("not_found")?;
        channel.bookmarks.remove(at);
        self.record(Change::Channel { channel: id, by: by.to_owned(), news: ChannelNews::Touched });
        Ok(())
    }
}
