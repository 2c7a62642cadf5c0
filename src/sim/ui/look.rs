//! What the page shows, as it gets it.

use std::ops::Bound;

use serde_json::{Map, Value, json};

use super::super::core::{Sim, lock};
use super::super::delivery::Transport;
use super::super::push::{page_ephemeral, page_message, page_user};
use super::super::state::{Channel, Kind, Message, SimState};
use crate::limits;

/// Direct messages are their members' alone; public channels are for all but guests.
pub(super) fn sees(state: &SimState, me: &str, channel: &Channel) -> bool {
    state.may_see(me, channel)
}

fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Public => "public",
        Kind::Private => "private",
        Kind::Im => "im",
        Kind::Mpim => "mpim",
    }
}

fn mentions_me(state: &SimState, me: &str, channel: &Channel, message: &Message) -> bool {
    let text = message.visible_text();
    let called = |entity: &str| text.contains(entity) || message.text.contains(entity);
    channel.kind == Kind::Im
        || called(&format!("<@{me}"))
        || ["<!here", "<!channel", "<!everyone"].into_iter().any(called)
        || state
            .groups
            .values()
            .any(|g| g.users.iter().any(|u| u == me) && called(&format!("<!subteam^{}", g.id)))
}

/// Unread messages and mentions in a channel; both stop at a hundred, as no one counts further.
fn unread(state: &SimState, me: &str, channel: &Channel) -> (usize, usize) {
    if !channel.members.contains(me) {
        return (0, 0);
    }
    let after = channel.last_read.get(me).cloned().unwrap_or_default();
    let newer =
        channel.messages.range::<String, _>((Bound::Excluded(&after), Bound::Unbounded)).map(|(_, m)| m);
    let others = newer.rev().filter(|m| m.in_channel() && (m.by_app || m.user.as_deref() != Some(me)));
    let found: Vec<&Message> = others.take(limits::SIM_UNREAD_SHOWN).collect();
    (found.len(), found.iter().filter(|m| mentions_me(state, me, channel, m)).count())
}

/// A channel as one person sees it.
pub(super) fn channel(state: &SimState, me: &str, channel: &Channel) -> Value {
    let (unread, mentions) = unread(state, me, channel);
    let bookmarks: Vec<Value> = channel
        .bookmarks
        .iter()
        .map(|b| json!({"id": b.id, "title": b.title, "link": b.link, "emoji": b.emoji}))
        .collect();
    let pins: Vec<&str> = channel.pins.iter().map(|p| p.ts.as_str()).collect();
    let with = (channel.kind == Kind::Im).then(|| channel.other(me)).flatten();
    json!({
        "id": channel.id, "name": channel.name, "kind": kind(channel.kind), "topic": channel.topic.value,
        "purpose": channel.purpose.value, "archived": channel.archived, "member": channel.members.contains(me),
        "with": with, "unread": unread, "mentions": mentions,
        "last_ts": channel.messages.keys().next_back(), "last_read": channel.last_read.get(me),
        "members": channel.members, "creator": channel.creator, "bookmarks": bookmarks, "pins": pins,
    })
}

/// The modals one person has open.
pub(super) fn stack(state: &SimState, me: &str) -> Value {
    let views = state.open_views(me).into_iter().map(|view| {
        let mut shown = state.view_json(view);
        shown["errors"] = json!(view.errors);
        shown
    });
    views.collect()
}

fn connection(sim: &Sim) -> Value {
    match (sim.transport(), sim.sockets_open()) {
        (Transport::Http(_), _) => json!({"bot": "connected", "detail": "signed HTTP"}),
        (Transport::Socket, 0) => json!({"bot": "down", "detail": "no Socket Mode connection"}),
        (Transport::Socket, n) => {
            json!({"bot": "connected", "detail": format!("{n} Socket Mode connection{}", if n == 1 { "" } else { "s" })})
        }
    }
}

/// Who asks, and everything there is to see for them.
pub(super) fn hello(sim: &Sim, wanted: Option<&str>) -> Result<(String, Value), String> {
    let (panel, connection) = (lock(&sim.0.panel).as_ref().map(|(panel, _)| json!(panel)), connection(sim));
    // The app's direct message stands in everyone's list from the start, as in Slack.
    let me = sim.change(|state| {
        let person = |u: &&super::super::state::User| !u.is_bot && !u.deleted;
        let given = wanted.and_then(|w| state.user(w)).filter(person);
        let first = || state.users.values().find(person);
        let me = given.or_else(first).map(|u| u.id.clone())?;
        if state.app.manifest.messages_tab_enabled() {
            state.app_direct(&me);
        }
        Some(me)
    });
    let me = me.ok_or("There is nobody in this workspace.")?;
    let body = sim.read(|state| {
        let users: Vec<Value> = state.users.values().map(page_user).collect();
        let channels: Vec<Value> =
            state.channels.values().filter(|c| sees(state, &me, c)).map(|c| channel(state, &me, c)).collect();
        let groups = state.groups.values().filter(|g| !g.disabled);
        let groups: Vec<Value> =
            groups.map(|g| json!({"id": g.id, "handle": g.handle, "name": g.name, "users": g.users})).collect();
        let app = &state.app;
        let text = |v: &Value, key: &str| v[key].as_str().unwrap_or_default().to_owned();
        let commands: Vec<Value> = app.manifest.commands().iter().map(|c| {
            json!({"command": text(c, "command"), "description": text(c, "description"), "usage_hint": text(c, "usage_hint")})
        }).collect();
        let shortcuts: Vec<Value> = app.manifest.shortcuts().iter().map(|s| {
            json!({"type": text(s, "type"), "callback_id": text(s, "callback_id"), "name": text(s, "name"), "description": text(s, "description")})
        }).collect();
        let home = state.home(&me).map(|v| state.view_json(v));
        json!({
            "workspace": {"id": state.workspace.id, "name": state.workspace.name, "domain": state.workspace.domain},
            "me": me, "users": users, "usergroups": groups, "channels": channels, "commands": commands,
            "shortcuts": shortcuts,
            "apps": [{"user": app.bot_user, "bot_id": app.bot_id, "name": app.bot_name(), "home_enabled": app.manifest.home_enabled()}],
            "home": Map::from_iter([(app.bot_user.clone(), json!(home))]),
            "views": stack(state, &me), "panel": panel, "connection": connection,
        })
    });
    Ok((me, body))
}

/// A stretch of a channel, oldest first, with the ephemeral messages of that time.
pub(super) fn history(
    state: &SimState,
    me: &str,
    id: &str,
    before: Option<&str>,
    limit: usize,
) -> Option<Value> {
    let channel = state.channels.get(id).filter(|c| sees(state, me, c))?;
    let older = channel
        .messages
        .values()
        .rev()
        .filter(|m| m.in_channel() && before.is_none_or(|b| m.ts.as_str() < b));
    let mut found: Vec<&str> = older.take(limit + 1).map(|m| m.ts.as_str()).collect();
    let has_more = found.len() > limit;
    found.truncate(limit);
    let oldest = if has_more { found.last().copied().unwrap_or_default() } else { "" };
    let mut messages: Vec<Value> = found.iter().rev().map(|ts| page_message(state, id, ts)).collect();
    let mine = channel.ephemerals.iter().filter(|e| e.to == me && e.message.thread_ts.is_none());
    let shown =
        mine.filter(|e| e.message.ts.as_str() >= oldest && before.is_none_or(|b| e.message.ts.as_str() < b));
    messages.extend(shown.map(|e| page_ephemeral(state, id, &e.message.ts)));
    Some(json!({"messages": messages, "has_more": has_more}))
}

/// A thread, root first, with its ephemeral messages.
pub(super) fn replies(state: &SimState, me: &str, id: &str, ts: &str) -> Option<Value> {
    let channel = state.channels.get(id).filter(|c| sees(state, me, c))?;
    let mut messages: Vec<Value> =
        channel.thread(ts).iter().map(|m| page_message(state, id, &m.ts)).collect();
    let mine = channel.ephemerals.iter().filter(|e| e.to == me && e.message.thread_ts.as_deref() == Some(ts));
    messages.extend(mine.map(|e| page_ephemeral(state, id, &e.message.ts)));
    Some(json!({"messages": messages}))
}

pub(super) fn pins(state: &SimState, me: &str, id: &str) -> Option<Value> {
    let channel = state.channels.get(id).filter(|c| sees(state, me, c))?;
    let messages: Vec<Value> = channel.pins.iter().rev().map(|p| page_message(state, id, &p.ts)).collect();
    Some(json!({"messages": messages}))
}

/// The newest messages that hold the words, in what the person may see.
pub(super) fn search(state: &SimState, me: &str, words: &str) -> Value {
    let words = words.to_lowercase();
    let mut found: Vec<(&str, &Message)> = state
        .channels
        .values()
        .filter(|c| sees(state, me, c))
        .flat_map(|c| c.messages.values().map(move |m| (c.id.as_str(), m)))
        .filter(|(_, m)| !words.trim().is_empty() && m.visible_text().to_lowercase().contains(words.trim()))
        .collect();
    found.sort_by(|a, b| b.1.ts.cmp(&a.1.ts));
    let results: Vec<Value> = found
        .into_iter()
        .take(limits::SIM_SEARCH_RESULTS)
        .map(|(channel, m)| json!({"channel": channel, "message": page_message(state, channel, &m.ts)}))
        .collect();
    json!({"results": results})
}
