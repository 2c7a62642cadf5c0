//! Every method there is: what bodies it takes, how often, with which scopes (the method pages of docs.slack.dev).

use serde_json::Value;

use super::super::state::Kind;
use super::{Cx, Refusal, blocks, bookmarks, chat, conversations, files, history, people, reactions, views};

/// How often a method may be called a minute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sim) enum Tier {
    T2,
    T3,
    T4,
    /// A limit of its own, or none worth simulating.
    Special,
}

impl Tier {
    pub(super) fn a_minute(self) -> Option<u32> {
        match self {
            Self::T2 => Some(20),
            Self::T3 => Some(50),
            Self::T4 => Some(100),
            Self::Special => None,
        }
    }
}

/// Which kind of token a method wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sim) enum TokenKind {
    /// `xoxb-` (or a person's `xoxp-`).
    Bot,
    /// `xapp-`.
    App,
    /// Any, or none.
    None,
}

/// Which scopes a method wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sim) enum Scopes {
    None,
    One(&'static str),
    /// By kind of conversation: `channels:history`, `groups:history` …
    History,
    Read,
    /// `channels:manage`, `groups:write` …, and a narrower scope that does too (`channels:write.invites`).
    Write(&'static str),
}

impl Scopes {
    /// The scopes for one kind of conversation; any one of them will do.
    pub(super) fn of(self, kind: Kind) -> Vec<&'static str> {
        let n =
            [Kind::Public, Kind::Private, Kind::Im, Kind::Mpim].iter().position(|k| *k == kind).unwrap_or(0);
        match self {
            Self::None => Vec::new(),
            Self::One(scope) => vec![scope],
            Self::History => vec![["channels:history", "groups:history", "im:history", "mpim:history"][n]],
            Self::Read => vec![["channels:read", "groups:read", "im:read", "mpim:read"][n]],
            Self::Write(narrow) => {
                let narrow = match (narrow, kind) {
                    ("invites", Kind::Public) => Some("channels:write.invites"),
                    ("invites", Kind::Private) => Some("groups:write.invites"),
                    ("topic", Kind::Public) => Some("channels:write.topic"),
                    ("topic", Kind::Private) => Some("groups:write.topic"),
                    ("topic", Kind::Im) => Some("im:write.topic"),
                    ("topic", Kind::Mpim) => Some("mpim:write.topic"),
                    _ => None,
                };
                let wide = ["channels:manage", "groups:write", "im:write", "mpim:write"][n];
                std::iter::once(wide).chain(narrow).collect()
            }
        }
    }

    /// Every scope that may do, whatever the conversation.
    pub(super) fn all(self) -> Vec<&'static str> {
        let mut out: Vec<&'static str> = Vec::new();
        for kind in [Kind::Public, Kind::Private, Kind::Im, Kind::Mpim] {
            for scope in self.of(kind) {
                if !out.contains(&scope) {
                    out.push(scope);
                }
            }
        }
        out
    }
}

type Run = fn(&mut Cx<'_>) -> Result<Value, Refusal>;

/// One method.
#[derive(Debug)]
pub(in crate::sim) struct Method {
    pub name: &'static str,
    pub takes_json: bool,
    pub tier: Tier,
    pub scopes: Scopes,
    pub token: TokenKind,
    pub run: Run,
}

/// The method of that name.
pub(in crate::sim) fn find(name: &str) -> Option<&'static Method> {
    METHODS.iter().find(|m| m.name == name)
}

const fn json(name: &'static str, tier: Tier, scopes: Scopes, run: Run) -> Method {
    Method { name, takes_json: true, tier, scopes, token: TokenKind::Bot, run }
}

/// Documented for form and query only: a JSON body is not looked at.
const fn form(name: &'static str, tier: Tier, scopes: Scopes, run: Run) -> Method {
    Method { name, takes_json: false, tier, scopes, token: TokenKind::Bot, run }
}

const fn token(method: Method, token: TokenKind) -> Method {
    Method { token, ..method }
}

use Scopes::{History, One, Read, Write};
use Tier::{Special, T2, T3, T4};

static METHODS: &[Method] = &[
    token(json("api.test", T4, Scopes::None, people::api_test), TokenKind::None),
    json("auth.test", Special, Scopes::None, people::auth_test),
    token(json("apps.connections.open", T3, Scopes::None, people::nothing), TokenKind::App),
    json("team.info", T3, One("team:read"), people::team_info),
    form("bots.info", T3, One("users:read"), people::bots_info),
    json("blocks.validate", T3, Scopes::None, blocks::validate),
    json("chat.postMessage", Special, One("chat:write"), chat::post_message),
    json("chat.update", T3, One("chat:write"), chat::update),
    json("chat.delete", T3, One("chat:write"), chat::delete),
    json("chat.postEphemeral", T4, One("chat:write"), chat::post_ephemeral),
    form("chat.getPermalink", Special, Scopes::None, chat::get_permalink),
    json("conversations.create", T2, Write(""), conversations::create),
    json("conversations.invite", T3, Write("invites"), conversations::invite),
    json("conversations.kick", T3, Write(""), conversations::kick),
    json("conversations.join", T3, One("channels:join"), conversations::join),
    json("conversations.leave", T3, Write(""), conversations::leave),
    json("conversations.open", T3, Write(""), conversations::open),
    json("conversations.rename", T2, Write(""), conversations::rename),
    json("conversations.archive", T2, Write(""), conversations::archive),
    json("conversations.unarchive", T2, Write(""), conversations::unarchive),
    json("conversations.setTopic", T2, Write("topic"), conversations::set_topic),
    json("conversations.setPurpose", T2, Write("topic"), conversations::set_purpose),
    form("conversations.info", T3, Read, conversations::info),
    form("conversations.list", T2, Read, conversations::list),
    form("conversations.members", T4, Read, conversations::members),
    json("conversations.history", T3, History, history::history),
    form("conversations.replies", T3, History, history::replies),
    form("users.info", T4, One("users:read"), people::users_info),
    form("users.list", T2, One("users:read"), people::users_list),
    form("users.lookupByEmail", T3, One("users:read.email"), people::users_lookup_by_email),
    form("users.conversations", T3, Read, conversations::of_user),
    form("usergroups.list", T2, One("usergroups:read"), people::usergroups_list),
    form("usergroups.users.list", T2, One("usergroups:read"), people::usergroups_users_list),
    json("usergroups.users.update", T2, One("usergroups:write"), people::usergroups_users_update),
    json("reactions.add", T3, One("reactions:write"), reactions::add),
    json("reactions.remove", T2, One("reactions:write"), reactions::remove),
    form("reactions.get", T3, One("reactions:read"), reactions::get),
    json("pins.add", T2, One("pins:write"), reactions::pin),
    json("pins.remove", T2, One("pins:write"), reactions::unpin),
    form("pins.list", T2, One("pins:read"), reactions::pins),
    json("bookmarks.add", T2, One("bookmarks:write"), bookmarks::add),
    json("bookmarks.edit", T2, One("bookmarks:write"), bookmarks::edit),
    json("bookmarks.remove", T2, One("bookmarks:write"), bookmarks::remove),
    json("bookmarks.list", T3, One("bookmarks:read"), bookmarks::list),
    json("views.open", T4, Scopes::None, views::open),
    json("views.push", T4, Scopes::None, views::push),
    json("views.update", T4, Scopes::None, views::update),
    json("views.publish", T4, Scopes::None, views::publish),
    form("files.getUploadURLExternal", T4, One("files:write"), files::get_upload_url),
    json("files.completeUploadExternal", T4, One("files:write"), files::complete_upload),
    json("files.delete", T3, One("files:write"), files::delete),
    form("files.info", T4, One("files:read"), files::info),
];
