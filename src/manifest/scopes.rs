//! Every scope the app asks for, and what does not work without it. The one list of them: the manifest's scopes come
//! from what is called and listened to, and a test holds that it is the same.

/// A scope, and what does not work without it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scope {
    pub name: &'static str,
    pub without: &'static str,
    /// Without it, next to nothing works.
    pub vital: bool,
}

const fn scope(name: &'static str, without: &'static str, vital: bool) -> Scope {
    Scope { name, without, vital }
}

/// Bot scopes, as docs.slack.dev/reference/scopes names them.
pub const SCOPES: &[Scope] = &[
    scope("chat:write", "nothing can be said", true),
    scope("commands", "slash commands and shortcuts do not come in", true),
    scope(
        "chat:write.public",
        "the bot must be invited to each public channel before it can post there",
        false,
    ),
    scope("channels:read", "channels are not found by their names, and guests see no alerts in lists", false),
    scope("groups:read", "private channels are not found by their names", false),
    scope(
        "channels:history",
        "after a lost connection, messages cannot be looked for before they are sent again; incident channels are not read",
        false,
    ),
    scope("groups:history", "the same, in private channels", false),
    scope("im:write", "responders get no direct messages", false),
    scope("im:history", "direct messages cannot be looked for before they are sent again", false),
    scope("users:read", "nobody is known to be a full member, so people may only look and acknowledge", true),
    scope("users:read.email", "people cannot be linked by their e-mail addresses", false),
    scope("usergroups:read", "user groups cannot be used for rights, invitations and mentions", false),
    scope("app_mentions:read", "mentions of the bot do not come in", false),
    scope("reactions:read", "reactions do not acknowledge, resolve or mark key moments", false),
    scope("reactions:write", "reactions get no receipt", false),
    scope("channels:manage", "incidents get no channels", false),
    scope("groups:write", "private incidents get no channels", false),
    scope("channels:join", "a channel that was there before cannot be adopted as an incident's", false),
    scope("pins:read", "pins do not mark key moments", false),
    scope("pins:write", "an incident's status card is not pinned", false),
    scope("bookmarks:write", "incident channels get no bookmarks", false),
    scope("bookmarks:read", "after a lost connection, a bookmark may be added twice", false),
    scope("files:write", "an incident's record is not posted as a file", false),
];
