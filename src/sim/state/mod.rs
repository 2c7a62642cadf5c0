//! The local Slack's memory: plain data. Every change goes through a method here, and every method records
//! what follows from it ([`Change`]); the HTTP side only translates.

mod app;
mod change;
mod channel;
mod file;
mod json;
mod life;
mod message;
mod people;
mod rich;
mod seed;
mod token;
mod truth;
mod view;

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

pub use app::{App, Manifest};
pub use change::{Change, ChannelNews};
pub use channel::{Bookmark, Channel, Kind, Pin, Topic};
pub use file::File;
pub use message::{Author, Draft, Edited, Ephemeral, Message, Reaction};
pub use people::{User, UserGroup};
pub use rich::to_slack_text;
pub(crate) use rich::{rich_text, to_command_text};
pub use token::{ResponseUrl, ResponseUrlSource, Trigger, TriggerError};
pub use truth::{Happened, What};
pub use view::{Surface, View};

use crate::limits;

/// An error code of the Web API, as Slack spells it.
pub type Code = &'static str;

/// The workspace itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Workspace {
    pub id: String,
    pub name: String,
    pub domain: String,
}

/// A short notice one person sees: a failed command, a timed-out button.
#[derive(Clone, Debug, PartialEq)]
pub struct Toast {
    pub user: String,
    pub error: bool,
    pub text: String,
}

/// Everything the local Slack knows.
#[derive(Clone, Debug)]
pub struct SimState {
    pub workspace: Workspace,
    pub app: App,
    pub users: BTreeMap<String, User>,
    pub groups: BTreeMap<String, UserGroup>,
    pub channels: BTreeMap<String, Channel>,
    pub files: BTreeMap<String, File>,
    pub views: BTreeMap<String, View>,
    /// The modals a person has open, the one on top last.
    pub stacks: BTreeMap<String, Vec<String>>,
    /// The App Home each person sees: user id → view id.
    pub homes: BTreeMap<String, String>,
    pub toasts: VecDeque<Toast>,
    pub(crate) triggers: HashMap<String, Trigger>,
    pub(crate) response_urls: HashMap<String, ResponseUrl>,
    pub(crate) base_url: String,
    pub(crate) now_ms: i64,
    next_id: u64,
    last_ts_us: i64,
    changes: Vec<Change>,
    pub(crate) happened: VecDeque<Happened>,
}

impl SimState {
    /// An empty workspace with one app and its bot user.
    pub fn new(workspace: Workspace, app: App, now_ms: i64) -> Self {
        let mut state = Self {
            workspace,
            app,
            users: BTreeMap::new(),
            groups: BTreeMap::new(),
            channels: BTreeMap::new(),
            files: BTreeMap::new(),
            views: BTreeMap::new(),
            stacks: BTreeMap::new(),
            homes: BTreeMap::new(),
            toasts: VecDeque::new(),
            triggers: HashMap::new(),
            response_urls: HashMap::new(),
            base_url: "http://127.0.0.1".to_owned(),
            now_ms,
            next_id: 0,
            last_ts_us: 0,
            changes: Vec::new(),
            happened: VecDeque::new(),
        };
        let bot = User {
            id: state.app.bot_user.clone(),
            name: state.app.bot_name().to_lowercase().replace(' ', "-"),
            real_name: state.app.bot_name(),
            is_bot: true,
            ..User::default()
        };
        state.users.insert(bot.id.clone(), bot);
        state
    }

    /// What followed from the mutations since the last call.
    pub(crate) fn take_changes(&mut self) -> Vec<Change> {
        std::mem::take(&mut self.changes)
    }

    pub(crate) fn record(&mut self, change: Change) {
        self.remember(&change);
        self.changes.push(change);
    }

    /// A new id: a letter or two that says what it is, and a counter.
    pub(crate) fn new_id(&mut self, prefix: &str) -> String {
        self.next_id += 1;
        let (mut n, mut digits) = (self.next_id, Vec::new());
        while n > 0 {
            digits.push(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"[(n % 36) as usize]);
            n /= 36;
        }
        digits.resize(7, b'0');
        let tail: String = digits.iter().rev().map(|&d| char::from(d)).collect();
        format!("{prefix}0S{tail}")
    }

    /// The next message timestamp: the clock's, pushed on so that no two in the workspace are alike.
    pub(crate) fn new_ts(&mut self) -> String {
        let us = (self.now_ms.saturating_mul(1_000)).max(self.last_ts_us + 100);
        self.last_ts_us = us;
        format!("{}.{:06}", us / 1_000_000, us % 1_000_000)
    }

    pub fn now_s(&self) -> i64 {
        self.now_ms.div_euclid(1_000)
    }

    /// A user by id, name (with or without @), e-mail or real name.
    pub fn user(&self, who: &str) -> Option<&User> {
        let bare = who.trim_start_matches('@');
        self.users.get(who).or_else(|| {
            self.users
                .values()
                .find(|u| u.name == bare || u.email.as_deref() == Some(who) || u.real_name == who)
        })
    }

    /// A channel by id or name (with or without #).
    pub fn channel(&self, which: &str) -> Option<&Channel> {
        let bare = which.trim_start_matches('#');
        self.channels.get(which).or_else(|| {
            self.channels.values().find(|c| c.name == bare && !matches!(c.kind, Kind::Im | Kind::Mpim))
        })
    }

    pub(crate) fn channel_id(&self, which: &str) -> Option<String> {
        self.channel(which).map(|c| c.id.clone())
    }

    /// A user group by id or handle (with or without @).
    pub fn group(&self, which: &str) -> Option<&UserGroup> {
        let bare = which.trim_start_matches('@');
        self.groups.get(which).or_else(|| self.groups.values().find(|g| g.handle == bare))
    }

    /// What the channel shows: roots and broadcast replies, oldest first.
    pub fn messages(&self, channel: &str) -> Vec<&Message> {
        let Some(channel) = self.channel(channel) else { return Vec::new() };
        channel.messages.values().filter(|m| m.in_channel()).collect()
    }

    /// A root message and its replies, oldest first.
    pub fn thread(&self, channel: &str, ts: &str) -> Vec<&Message> {
        let Some(channel) = self.channel(channel) else { return Vec::new() };
        channel.thread(ts)
    }

    pub fn message(&self, channel: &str, ts: &str) -> Option<&Message> {
        self.channel(channel)?.messages.get(ts)
    }

    /// The ephemeral messages a person sees now, in all channels, oldest first: (channel, message). One in a thread that
    /// has not begun is seen by nobody (DOC reference/methods/chat.postEphemeral: "only shown if there is already an
    /// active thread").
    pub fn ephemerals(&self, user: &str) -> Vec<(&Channel, &Ephemeral)> {
        let Some(user) = self.user(user) else { return Vec::new() };
        let mut found: Vec<_> = self
            .channels
            .values()
            .flat_map(|c| c.ephemerals.iter().filter(|e| e.to == user.id).map(move |e| (c, e)))
            .filter(|(c, e)| e.message.thread_ts.as_deref().is_none_or(|ts| c.thread(ts).len() > 1))
            .collect();
        found.sort_by(|a, b| a.1.message.ts.cmp(&b.1.message.ts));
        found
    }

    /// The modals a person has open, the one on top last.
    pub fn open_views(&self, user: &str) -> Vec<&View> {
        let Some(stack) = self.user(user).and_then(|u| self.stacks.get(&u.id)) else { return Vec::new() };
        stack.iter().filter_map(|id| self.views.get(id)).collect()
    }

    /// The App Home a person sees.
    pub fn home(&self, user: &str) -> Option<&View> {
        self.views.get(self.homes.get(&self.user(user)?.id)?)
    }

    pub(crate) fn toast(&mut self, user: &str, error: bool, text: &str) {
        let toast = self.note_toast(user, error, text);
        self.record(Change::Toast(toast));
    }

    /// Keeps a notice without pushing it to the pages.
    pub(crate) fn note_toast(&mut self, user: &str, error: bool, text: &str) -> Toast {
        if self.toasts.len() >= limits::SIM_TOASTS_KEPT {
            self.toasts.pop_front();
        }
        let toast = Toast { user: user.to_owned(), error, text: text.to_owned() };
        self.toasts.push_back(toast.clone());
        toast
    }

    /// Takes the toasts shown so far (a test claims them).
    pub fn take_toasts(&mut self) -> Vec<Toast> {
        self.toasts.drain(..).collect()
    }

    /// The channels a person may see at all.
    pub fn may_see(&self, user: &str, channel: &Channel) -> bool {
        channel.members.contains(user)
            || (channel.kind == Kind::Public && self.users.get(user).is_some_and(|u| !u.is_guest))
    }

    pub(crate) fn app_is_in(&self, channel: &Channel) -> bool {
        channel.members.contains(&self.app.bot_user)
    }

    pub(crate) fn name_set(names: &[String]) -> BTreeSet<String> {
        names.iter().cloned().collect()
    }
}
