//! What the pages are told when something changed (the protocol is in `ui`).

use serde_json::{Value, json};

use super::state::{Change, SimState};

/// Who may hear a push.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Audience {
    All,
    User(String),
    /// Whoever may see the channel.
    Channel(String),
}

/// What it says.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Said {
    Frame(Value),
    /// The channel object, which differs from reader to reader.
    Channel(String),
    /// The modal stack of the reader.
    Views,
}

/// One push.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Push {
    pub to: Audience,
    pub name: &'static str,
    pub said: Said,
}

impl Push {
    pub(super) fn all(name: &'static str, frame: Value) -> Self {
        Self { to: Audience::All, name, said: Said::Frame(frame) }
    }
}

/// The message as the page gets it: with the app's name and the mark of ephemeral ones.
pub(super) fn page_message(state: &SimState, channel: &str, ts: &str) -> Value {
    let mut message = state.message_json(channel, ts, false);
    name_app(state, &mut message);
    message
}

pub(super) fn page_ephemeral(state: &SimState, channel: &str, ts: &str) -> Value {
    let mut message = state.ephemeral_json(channel, ts);
    message["ephemeral"] = json!(true);
    name_app(state, &mut message);
    message
}

fn name_app(state: &SimState, message: &mut Value) {
    if message.get("bot_id").is_some() {
        message["app"] =
            json!(message["username"].as_str().map_or_else(|| state.app.bot_name(), str::to_owned));
    }
}

/// The pushes that follow from a change.
pub(super) fn pushes_of(state: &SimState, change: &Change) -> Vec<Push> {
    let in_channel = |channel: &str, name: &'static str, frame: Value| Push {
        to: Audience::Channel(channel.to_owned()),
        name,
        said: Said::Frame(frame),
    };
    let to_user = |user: &str, name: &'static str, frame: Value| Push {
        to: Audience::User(user.to_owned()),
        name,
        said: Said::Frame(frame),
    };
    let channel_push = |channel: &str| Push {
        to: Audience::Channel(channel.to_owned()),
        name: "channel",
        said: Said::Channel(channel.to_owned()),
    };
    let changed = |channel: &str, ts: &str| {
        let message = page_message(state, channel, ts);
        in_channel(channel, "message_changed", json!({"channel": channel, "message": message}))
    };
    match change {
        Change::Message { channel, ts } => {
            let message = page_message(state, channel, ts);
            vec![
                in_channel(channel, "message", json!({"channel": channel, "message": message})),
                channel_push(channel),
            ]
        }
        Change::MessageChanged { channel, ts, .. } | Change::Reaction { channel, ts, .. } => {
            vec![changed(channel, ts)]
        }
        Change::Pin { channel, ts, .. } => vec![changed(channel, ts), channel_push(channel)],
        Change::MessageDeleted { channel, ts, .. } => {
            vec![in_channel(channel, "message_deleted", json!({"channel": channel, "ts": ts}))]
        }
        Change::Ephemeral { channel, user, ts } => {
            let message = page_ephemeral(state, channel, ts);
            vec![to_user(user, "ephemeral", json!({"channel": channel, "message": message}))]
        }
        Change::EphemeralChanged { channel, user, ts } => {
            let message = page_ephemeral(state, channel, ts);
            vec![to_user(user, "ephemeral_changed", json!({"channel": channel, "message": message}))]
        }
        Change::EphemeralDeleted { channel, user, ts } => {
            vec![to_user(user, "ephemeral_deleted", json!({"channel": channel, "ts": ts}))]
        }
        Change::Member { joined, channel, user, .. } => {
            let mut out = vec![channel_push(channel)];
            let sees = state.channels.get(channel).is_some_and(|c| state.may_see(user, c));
            if !joined && !sees {
                out.push(to_user(user, "channel_gone", json!({"channel": channel})));
            }
            out
        }
        Change::Channel { channel, .. } => vec![channel_push(channel)],
        Change::User { user, .. } => {
            let user = state.users.get(user);
            user.map(|u| Push::all("user", json!({"user": page_user(u)}))).into_iter().collect()
        }
        Change::Group { group, .. } => {
            let group = state.groups.get(group);
            let frame = |g: &super::state::UserGroup| json!({"id": g.id, "handle": g.handle, "name": g.name, "users": g.users});
            group.map(|g| Push::all("usergroup", frame(g))).into_iter().collect()
        }
        Change::FileShared { .. } | Change::HomeOpened { .. } => Vec::new(),
        Change::Views { user } => {
            vec![Push { to: Audience::User(user.clone()), name: "views", said: Said::Views }]
        }
        Change::ViewErrors { user, view, errors } => {
            vec![to_user(user, "view_errors", json!({"view_id": view, "errors": errors}))]
        }
        Change::Home { user } => {
            let view = state.home(user).map(|v| state.view_json(v));
            vec![to_user(user, "home", json!({"app": state.app.bot_user, "view": view}))]
        }
        Change::Toast(toast) => {
            let kind = if toast.error { "error" } else { "info" };
            vec![to_user(&toast.user, "toast", json!({"kind": kind, "text": toast.text}))]
        }
    }
}

/// A person as the page gets them.
pub(super) fn page_user(user: &super::state::User) -> Value {
    json!({
        "id": user.id, "name": user.name, "real_name": user.real_name, "display_name": user.display_name,
        "avatar_color": format!("#{}", user.color()), "is_bot": user.is_bot, "is_guest": user.is_guest,
        "deleted": user.deleted, "tz": user.tz, "title": user.title, "status": user.status,
    })
}
