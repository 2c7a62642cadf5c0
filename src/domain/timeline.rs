//! What was said in an incident's channel, as it is kept: messages with their versions, and the order of Slack's
//! timestamps.

use serde::{Deserialize, Serialize};

use super::actor::Actor;
use super::time::Timestamp;

/// What a message of Slack's is (docs.slack.dev/reference/events/message: the subtypes).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Words or files of a person or a bot.
    Said,
    Joined,
    Left,
    Topic,
    Purpose,
    Renamed,
    Archived,
    Unarchived,
    Pinned,
    Unpinned,
    /// Anything else that Slack writes into a channel by itself.
    Other,
}

impl Kind {
    const ALL: [Self; 11] = [
        Self::Said,
        Self::Joined,
        Self::Left,
        Self::Topic,
        Self::Purpose,
        Self::Renamed,
        Self::Archived,
        Self::Unarchived,
        Self::Pinned,
        Self::Unpinned,
        Self::Other,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Said => "said",
            Self::Joined => "joined",
            Self::Left => "left",
            Self::Topic => "topic",
            Self::Purpose => "purpose",
            Self::Renamed => "renamed",
            Self::Archived => "archived",
            Self::Unarchived => "unarchived",
            Self::Pinned => "pinned",
            Self::Unpinned => "unpinned",
            Self::Other => "other",
        }
    }

    pub fn parse(text: &str) -> Self {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text).unwrap_or(Self::Other)
    }

    /// From the subtype; private channels call theirs `group_…`.
    pub fn of_subtype(subtype: Option<&str>) -> Self {
        let Some(subtype) = subtype else { return Self::Said };
        let plain = subtype.strip_prefix("channel_").or_else(|| subtype.strip_prefix("group_"));
        match plain.unwrap_or(subtype) {
            "file_share" | "bot_message" | "thread_broadcast" | "me_message" | "reply_broadcast"
            | "file_comment" => Self::Said,
            "join" => Self::Joined,
            "leave" => Self::Left,
            "topic" => Self::Topic,
            "purpose" => Self::Purpose,
            "name" => Self::Renamed,
            "archive" => Self::Archived,
            "unarchive" => Self::Unarchived,
            "pinned_item" => Self::Pinned,
            "unpinned_item" => Self::Unpinned,
            _ => Self::Other,
        }
    }
}

/// What Slack wrote into the channel by itself, without who: "has joined the channel".
pub fn by_slack<'a>(author: &str, plain: &'a str) -> &'a str {
    let rest = plain.strip_prefix('@').and_then(|plain| plain.strip_prefix(author));
    rest.map_or(plain, str::trim_start)
}

/// A file of a message: kept as a link, its content stays in Slack.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct File {
    pub id: String,
    pub name: String,
    pub mimetype: String,
    pub size: i64,
    pub permalink: String,
}

/// A message as it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    pub id: i64,
    pub incident_id: i64,
    pub channel_id: String,
    pub ts: String,
    /// The parent's, of a reply.
    pub thread_ts: Option<String>,
    pub at: Timestamp,
    pub kind: Kind,
    pub user_id: Option<String>,
    pub author: String,
    /// The bot's own.
    pub ours: bool,
    /// As written.
    pub text: String,
    /// To be read: names instead of ids.
    pub plain: String,
    pub files: Vec<File>,
    /// Emoji name → user ids, in the order of the emoji names.
    pub reactions: std::collections::BTreeMap<String, Vec<String>>,
    pub versions: u32,
    pub edited_ts: Option<String>,
    pub deleted_at: Option<Timestamp>,
    /// `event`: Slack told; `inferred`: it was gone when history was read; empty while it stands.
    pub deleted_by: String,
    pub pinned: bool,
    pub key_by: Option<String>,
    pub key_at: Option<Timestamp>,
    pub seen_at: Timestamp,
    /// Its words were taken out: they are not here, and are not taken in again.
    pub redacted: Option<Redacted>,
}

/// What is left of words that were taken out of the timeline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Redacted {
    /// Of the words, as the record's chain covers them ([`super::record::chain`]).
    pub hash: String,
    /// Who took them out; none: they went with the message when it was deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Actor>,
    pub at: Timestamp,
}

/// A version of a message's text; 1 is the first that is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Version {
    pub version: u32,
    pub text: String,
    pub plain: String,
    /// Slack's timestamp of the edit that made it; none: as it was first said.
    pub edited_ts: Option<String>,
    pub seen_at: Timestamp,
}

/// A span of which nobody can know any more what was said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    pub id: i64,
    pub incident_id: i64,
    pub channel_id: String,
    pub from: Timestamp,
    pub to: Timestamp,
    /// As the end of "… because …".
    pub reason: String,
    /// False: late events may still tell all, then it goes.
    pub certain: bool,
    pub found_at: Timestamp,
}

/// Reactions that mark a key moment; 🤖 for those who come from Grafana Incident.
pub const KEY_REACTIONS: &[&str] = &["pushpin", "round_pushpin", "robot_face"];

/// The moment a Slack timestamp names (`1700000000.000100`), to the millisecond; `None` if it is none.
pub fn moment(ts: &str) -> Option<Timestamp> {
    let (seconds, fraction) = ts.split_once('.')?;
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(seconds) || !digits(fraction) {
        return None;
    }
    let seconds: i64 = seconds.parse().ok()?;
    let micros: i64 = format!("{fraction:0<6}").get(..6)?.parse().ok()?;
    Some(Timestamp::from_ms(seconds.checked_mul(1_000)?.checked_add(micros / 1_000)?))
}

/// The timestamp of a moment, as `oldest` and `latest` want it.
pub fn ts_of(at: Timestamp) -> String {
    format!("{}.{:06}", at.as_ms().div_euclid(1_000), at.as_ms().rem_euclid(1_000) * 1_000)
}

/// Whether `a` is later than `b`. Both are compared as text of one shape: seconds of ten digits, micros of six;
/// the empty text is before all.
pub fn is_later(a: &str, b: &str) -> bool {
    let key = |ts: &str| {
        let (seconds, micros) = ts.split_once('.').unwrap_or((ts, ""));
        (seconds.trim_start_matches('0').len(), seconds.to_owned(), micros.to_owned())
    };
    key(a) > key(b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamps_have_an_order_and_a_moment() {
        assert_eq!(moment("1700000000.000100"), Some(Timestamp::from_ms(1_700_000_000_000)));
        assert_eq!(moment("1700000000.123456"), Some(Timestamp::from_ms(1_700_000_000_123)));
        for odd in ["", "1700000000", "x.y", "1700000000.", "99999999999999999999.0"] {
            assert_eq!(moment(odd), None, "{odd}");
        }
        assert!(is_later("1700000000.000200", "1700000000.000100"));
        assert!(is_later("10000000000.000000", "9999999999.999999"));
        assert!(!is_later("1700000000.000100", "1700000000.000100"));
        assert!(is_later("1700000000.000100", ""));
        assert_eq!(ts_of(Timestamp::from_ms(1_700_000_000_123)), "1700000000.123000");
    }

    #[test]
    fn private_channels_say_group() {
        for (subtype, kind) in [
            (None, Kind::Said),
            (Some("channel_join"), Kind::Joined),
            (Some("group_join"), Kind::Joined),
            (Some("channel_topic"), Kind::Topic),
            (Some("file_share"), Kind::Said),
            (Some("pinned_item"), Kind::Pinned),
            (Some("something_new"), Kind::Other),
        ] {
            assert_eq!(Kind::of_subtype(subtype), kind, "{subtype:?}");
        }
        for kind in Kind::ALL {
            assert_eq!(Kind::parse(kind.as_str()), kind);
        }
    }
}
