//! What Firebell says, as meaning: the outbox stores it, a channel composes it when it is sent, so that a
//! message that waited through an outage tells the state of now and not of then.

use serde::{Deserialize, Serialize};

use super::actor::{Actor, Via};
use super::bulk::{Deed, Report};
use super::group::Told;
use super::incident::news;
use super::time::Timestamp;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "say", rename_all = "snake_case")]
pub enum Say {
    /// The one message of a group in a channel: posted, later updated in place.
    GroupCard { group: i64, channel: String },
    /// A reply in the group's thread.
    GroupNote {
        group: i64,
        channel: String,
        note: GroupNote,
        /// It shows in the channel too, and rings whom the receiver names.
        #[serde(default, skip_serializing_if = "is_false")]
        broadcast: bool,
    },
    /// The one message of a storm: posted, later updated in place.
    Storm { storm: i64, channel: String },
    /// A reply in its thread.
    StormNote { storm: i64, channel: String, note: StormNote },
    /// A direct message to a responder of a group.
    Page { group: i64, user: String, by: Actor, importance: Importance },
    /// The direct message to a responder tells how the group stands now.
    PageUpdate { group: i64, user: String },
    /// An incident's status card in its channel: posted and pinned, later updated in place.
    IncidentCard { incident: i64 },
    /// A message in the incident's channel.
    IncidentNote { incident: i64, note: news::Note },
    /// What another channel is told of an incident; drawn anew until its end.
    Announcement { incident: i64, channel: String },
    /// A reply below that: words for those outside, and the end. By severity it shows in the channel, too. `event` is the
    /// id of what it tells of.
    AnnouncementNote { incident: i64, channel: String, event: i64, note: news::Note },
    /// A direct message about an incident.
    IncidentPage { incident: i64, user: String, page: news::Page },
    /// Whoever declared it is shown the way to its channel: where they typed it (a response URL of Slack's), else by a
    /// direct message.
    IncidentLink { incident: i64, user: String, url: Option<String> },
    /// A call that makes or keeps the incident's channel.
    IncidentStep { incident: i64, step: news::Step },
    /// The incident's record, as a file in its channel.
    IncidentRecord { incident: i64 },
    /// Only one person sees it, in a channel or thread.
    Whisper {
        channel: String,
        thread_ts: Option<String>,
        user: String,
        text: String,
        /// The whole message, where words do not suffice: buttons, lists.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        message: Option<serde_json::Value>,
    },
    /// An answer through a response URL of Slack's.
    Respond {
        url: String,
        text: String,
        replace: bool,
        /// The whole message, where words do not suffice.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        message: Option<serde_json::Value>,
    },
    /// What came of one thing that was done to several groups: in place of its preview, or as a direct message where that
    /// cannot be reached.
    BulkReport {
        url: Option<String>,
        #[serde(default)]
        user: String,
        report: Report,
    },
    /// A dialogue opened on somebody's click.
    OpenView { trigger_id: String, view: View },
    /// A dialogue that stands open is drawn anew.
    UpdateView { view_id: String, view: View },
    /// Somebody's App Home.
    Home { user: String },
    /// A plain message: an answer in a direct message, or of Firebell about itself.
    Post {
        channel: String,
        thread_ts: Option<String>,
        text: String,
        /// The whole message, where words do not suffice.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        message: Option<serde_json::Value>,
    },
    /// A message of the bot's own loses its words, which were redacted.
    Retract { channel: String, ts: String },
    /// A file of the bot's own goes.
    DeleteFile { file: String },
    /// A reaction of the bot's own, as a receipt.
    React { channel: String, ts: String, name: String },
    /// The receipt is taken back.
    Unreact { channel: String, ts: String, name: String },
}

fn is_false(flag: &bool) -> bool {
    !*flag
}

/// Who asked for something, and where: that is where they look for the answer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asker {
    pub user: String,
    /// None: in a dialogue or in App Home.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<String>,
    /// The thread, if they asked in one. A message without replies is none: what only one person sees is not shown in
    /// a thread that has not begun (docs.slack.dev/reference/methods/chat.postEphemeral).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thread_ts: Option<String>,
}

impl Asker {
    /// Answers them where they asked: for their eyes only in a channel, as an ordinary message where they are alone
    /// with the bot.
    pub fn answer(&self, text: String, message: Option<serde_json::Value>) -> Say {
        let (user, thread_ts) = (self.user.clone(), self.thread_ts.clone());
        match self.channel.clone() {
            Some(channel) if !is_direct(&channel) => Say::Whisper { channel, thread_ts, user, text, message },
            Some(channel) => Say::Post { channel, thread_ts, text, message },
            None => Say::Post { channel: user, thread_ts: None, text, message },
        }
    }
}

/// Whether this is a direct message: its id begins so (docs.slack.dev/reference/objects/conversation-object).
fn is_direct(channel: &str) -> bool {
    channel.starts_with('D')
}

/// What a group's thread is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "news", rename_all = "snake_case")]
pub enum GroupNote {
    Changed(Told),
    /// Alerts that joined or ended since the thread last told.
    Alerts {
        joined: Heads,
        ended: Heads,
        firing: u32,
    },
    /// A person's words.
    Words {
        by: Actor,
        via: Via,
        text: String,
    },
    Called {
        users: Vec<String>,
        importance: Importance,
        by: Actor,
    },
    Uncalled {
        user: String,
        by: Actor,
    },
    /// Somebody who was called says whether they come; `caller` wants to know.
    CallAnswered {
        by: Actor,
        coming: bool,
        caller: Option<String>,
    },
    /// Nobody has it, and it still fires.
    StillFiring {
        since: Timestamp,
        firing: u32,
    },
    /// Somebody has it for a long time: still so?
    StillYours {
        user: String,
        since: Timestamp,
        unack_at: Option<Timestamp>,
    },
    Confirmed {
        by: Actor,
    },
    Attached {
        number: i64,
        title: String,
        by: Actor,
    },
    Detached {
        number: i64,
        by: Actor,
    },
    /// Told to the one that was attached.
    AttachedTo {
        number: i64,
        title: String,
        by: Actor,
    },
    /// It stands for itself again.
    DetachedFrom {
        number: i64,
        by: Actor,
    },
    /// What fixed it, told after the resolve.
    Fixed {
        by: Actor,
        text: String,
    },
    /// It belongs to an incident now; of a private one nothing is told.
    Incident {
        number: i64,
        title: String,
        severity: String,
        channel_id: Option<String>,
        by: Actor,
    },
    /// What it was attached to is resolved, and it is not.
    CameLoose {
        root: i64,
        nobody: bool,
    },
    MoreUrgent {
        from: u8,
        to: u8,
    },
}

impl GroupNote {
    /// Words of people, and what somebody has to answer: it needs a thread of the group's own.
    pub fn is_conversation(&self) -> bool {
        match self {
            Self::Changed(_)
            | Self::Alerts { .. }
            | Self::StillFiring { .. }
            | Self::CameLoose { .. }
            | Self::MoreUrgent { .. } => false,
            Self::Words { .. }
            | Self::Called { .. }
            | Self::Uncalled { .. }
            | Self::CallAnswered { .. }
            | Self::StillYours { .. }
            | Self::Confirmed { .. }
            | Self::Attached { .. }
            | Self::Detached { .. }
            | Self::AttachedTo { .. }
            | Self::DetachedFrom { .. }
            | Self::Fixed { .. }
            | Self::Incident { .. } => true,
        }
    }

    /// Whose deed it tells of: they know, and need not be rung.
    pub fn by(&self) -> Option<&Actor> {
        match self {
            Self::Changed(told) => Some(&told.by),
            Self::Words { by, .. }
            | Self::Called { by, .. }
            | Self::Uncalled { by, .. }
            | Self::CallAnswered { by, .. }
            | Self::Confirmed { by }
            | Self::Attached { by, .. }
            | Self::Detached { by, .. }
            | Self::AttachedTo { by, .. }
            | Self::DetachedFrom { by, .. }
            | Self::Fixed { by, .. }
            | Self::Incident { by, .. } => Some(by),
            Self::Alerts { .. }
            | Self::StillFiring { .. }
            | Self::StillYours { .. }
            | Self::CameLoose { .. }
            | Self::MoreUrgent { .. } => None,
        }
    }
}

/// What a storm's thread is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "news", rename_all = "snake_case")]
pub enum StormNote {
    /// Groups joined that nobody has; the first of them by number and title. It shows in the channel, too.
    Joined {
        count: u32,
        names: Vec<(i64, String)>,
    },
    AcknowledgedAll {
        by: Actor,
        count: u32,
    },
}

/// The first names of a list and how many there are in all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Heads {
    pub names: Vec<String>,
    pub count: u32,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Importance {
    #[default]
    Default,
    Important,
}

impl Importance {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Important => "important",
        }
    }

    pub fn parse(text: &str) -> Self {
        if text == "important" { Self::Important } else { Self::Default }
    }
}

/// A dialogue, by what it is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "view", rename_all = "snake_case")]
pub enum View {
    Resolve {
        group: i64,
    },
    Silence {
        group: i64,
    },
    /// One thing for several groups.
    Several {
        what: Deed,
        groups: Vec<i64>,
    },
    Responders {
        group: i64,
    },
    Attach {
        group: i64,
    },
    Note {
        group: i64,
    },
    Timeline {
        group: i64,
    },
    /// An older page of it; the newest is 0.
    TimelinePage {
        group: i64,
        page: u32,
    },
    Why {
        group: i64,
    },
    /// All groups of a storm; the first page is 0.
    Storm {
        storm: i64,
        page: u32,
    },
    /// What a resolved group's message has folded away.
    Details {
        group: i64,
    },
    /// The form of a new incident, from an alert group or not, with what was typed already.
    Declare {
        group: Option<i64>,
        title: String,
        #[serde(default)]
        description: String,
        /// As it was named already; else the configured default.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        severity: Option<String>,
        channel: String,
        /// As it was typed: a private one, an exercise.
        #[serde(default)]
        private: bool,
        #[serde(default)]
        drill: bool,
    },
    /// Any form about an incident, by its name in `views::modal::incident`.
    Incident {
        incident: i64,
        form: IncidentForm,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IncidentForm {
    /// Everything that can be done, for a click on "More".
    Menu,
    Severity,
    Status,
    Roles,
    Tasks,
    Update,
    Note,
    Invite,
    Title,
    Resolve,
    Cancel,
    Attach,
    Detach,
    Link,
    Merge,
    Timeline {
        page: u32,
    },
}

/// How urgent it is to say it. Lower goes first when several could.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Urgency {
    /// Somebody waits for it now: a dialogue, an answer to a click.
    Answer = 0,
    /// Somebody is called.
    Page = 1,
    /// The first word about something new.
    First = 2,
    /// What a person just did, for the others to see.
    Deed = 3,
    /// What changed by itself.
    Update = 4,
    /// Nice to know.
    Chatter = 5,
}

impl Urgency {
    pub const fn as_i64(self) -> i64 {
        self as i64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::group::Change;

    #[test]
    fn every_change_survives_its_row() {
        let changes = [
            Change::Acknowledged { lifted: false },
            Change::Acknowledged { lifted: true },
            Change::Unacknowledged { timed_out: true },
            Change::Resolved { note: None },
            Change::Resolved { note: Some("restarted it".to_owned()) },
            Change::Unresolved,
            Change::Silenced { until: Some(Timestamp::from_ms(7)), had_it: None },
            Change::Silenced { until: None, had_it: Some(Actor::Firebell) },
            Change::Unsilenced { ran_out: false },
            Change::FiresAgain { times: 2, had_it: Some(Actor::Firebell) },
        ];
        for change in changes {
            let told = Told { change, by: Actor::Firebell, via: Via::Timer, at: Timestamp::from_ms(1) };
            let note = GroupNote::Changed(told);
            let say = Say::GroupNote { group: 1, channel: "#ops".to_owned(), note, broadcast: false };
            let row = serde_json::to_string(&say).unwrap();
            assert_eq!(serde_json::from_str::<Say>(&row).unwrap(), say, "{row}");
        }
    }
}
