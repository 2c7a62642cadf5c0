//! Which events follow from a change (DOC reference/events): only those the manifest subscribes to, and only from
//! conversations the app is in.

use serde_json::{Value, json};

use super::super::state::{Change, Channel, ChannelNews, Kind, SimState};

/// The inner events the app is to hear.
pub(in crate::sim) fn events_of(state: &SimState, change: &Change) -> Vec<Value> {
    let manifest = &state.app.manifest;
    let stamp =
        || json!(format!("{}.{:06}", state.now_ms.div_euclid(1000), state.now_ms.rem_euclid(1000) * 1000));
    let heard = |channel: &str| state.channels.get(channel).filter(|c| state.app_is_in(c));
    let wants = |event: &str| manifest.subscribes_to(event);
    match change {
        Change::Message { channel, ts } => heard(channel).map_or_else(Vec::new, |c| message(state, c, ts)),
        Change::MessageChanged { channel, ts, before, silent: false } => {
            let Some(c) = heard(channel).filter(|c| wants_messages(state, c)) else { return Vec::new() };
            let message = state.message_json(channel, ts, true);
            vec![json!({
                "type": "message", "subtype": "message_changed", "message": message, "previous_message": before,
                "channel": channel, "hidden": true, "ts": stamp(), "event_ts": stamp(), "channel_type": c.kind.event_name(),
            })]
        }
        Change::MessageDeleted { channel, ts, before } if !before.is_null() => {
            let Some(c) = heard(channel).filter(|c| wants_messages(state, c)) else { return Vec::new() };
            vec![json!({
                "type": "message", "subtype": "message_deleted", "previous_message": before, "channel": channel,
                "hidden": true, "deleted_ts": ts, "ts": stamp(), "event_ts": stamp(), "channel_type": c.kind.event_name(),
            })]
        }
        Change::Reaction { added, channel, ts, user, name } => {
            let event = if *added { "reaction_added" } else { "reaction_removed" };
            if heard(channel).is_none() || !wants(event) {
                return Vec::new();
            }
            let item_user = state.message(channel, ts).and_then(|m| m.user.clone());
            vec![json!({
                "type": event, "user": user, "reaction": name, "item": {"type": "message", "channel": channel, "ts": ts},
                "item_user": item_user, "event_ts": stamp(),
            })]
        }
        Change::Pin { added, channel, ts, user } => {
            let event = if *added { "pin_added" } else { "pin_removed" };
            if heard(channel).is_none() || !wants(event) {
                return Vec::new();
            }
            let item_user = state.message(channel, ts).and_then(|m| m.user.clone());
            let count = state.channels.get(channel).map_or(0, |c| c.pins.len());
            vec![json!({
                "type": event, "user": user, "channel_id": channel, "item_user": item_user, "pin_count": count,
                "pinned_info": {"channel": channel, "pinned_by": user, "pinned_ts": state.now_s()},
                "item": {"type": "message", "channel": channel, "message": state.message_json(channel, ts, false),
                         "created": state.now_s(), "created_by": user},
                "has_pins": count > 0, "event_ts": stamp(),
            })]
        }
        Change::Member { joined, channel, user, inviter } => {
            let event = if *joined { "member_joined_channel" } else { "member_left_channel" };
            let Some(c) = heard(channel).filter(|_| wants(event)) else { return Vec::new() };
            let letter = if c.kind == Kind::Private { "G" } else { "C" };
            let mut out = json!({
                "type": event, "user": user, "channel": channel, "channel_type": letter, "team": state.workspace.id,
                "event_ts": stamp(),
            });
            if let Some(inviter) = inviter {
                out["inviter"] = json!(inviter);
            }
            vec![out]
        }
        Change::Channel { channel, by, news } => channel_news(state, channel, by, news, &stamp()),
        Change::User { user, joined } => {
            let event = if *joined { "team_join" } else { "user_change" };
            let Some(user) = state.users.get(user).filter(|_| wants(event)) else { return Vec::new() };
            let shown = state.user_json(user, manifest.has_scope("users:read.email"));
            vec![json!({"type": event, "user": shown, "cache_ts": state.now_s(), "event_ts": stamp()})]
        }
        Change::Group { group, created, before } => group_news(state, group, *created, before, &stamp()),
        Change::FileShared { channel, user, file } if heard(channel).is_some() && wants("file_shared") => {
            vec![json!({
                "type": "file_shared", "file_id": file, "user_id": user, "file": {"id": file}, "channel_id": channel,
                "event_ts": stamp(),
            })]
        }
        Change::HomeOpened { user, channel } if wants("app_home_opened") => {
            let mut out = json!({"type": "app_home_opened", "user": user, "channel": channel, "tab": "home", "event_ts": stamp()});
            if let Some(view) = state.home(user) {
                out["view"] = state.view_json(view);
            }
            vec![out]
        }
        _ => Vec::new(),
    }
}

fn wants_messages(state: &SimState, channel: &Channel) -> bool {
    let event = match channel.kind {
        Kind::Public => "message.channels",
        Kind::Private => "message.groups",
        Kind::Im => "message.im",
        Kind::Mpim => "message.mpim",
    };
    state.app.manifest.subscribes_to(event)
}

fn message(state: &SimState, channel: &Channel, ts: &str) -> Vec<Value> {
    let mut out = Vec::new();
    let mut event = state.message_json(&channel.id, ts, true);
    // Counters of a thread belong to history, not to the event of a new message.
    event["channel"] = json!(channel.id);
    event["event_ts"] = json!(ts);
    event["channel_type"] = json!(channel.kind.event_name());
    if wants_messages(state, channel) {
        out.push(event.clone());
    }
    let mention = format!("<@{}", state.app.bot_user);
    let own = event.get("bot_id").is_some();
    let text = event["text"].as_str().unwrap_or_default();
    let plain = event.get("subtype").is_none_or(|s| s == "file_share" || s == "thread_broadcast");
    if plain
        && !own
        && text.contains(&mention)
        && channel.kind != Kind::Im
        && state.app.manifest.subscribes_to("app_mention")
    {
        event["type"] = json!("app_mention");
        if let Some(map) = event.as_object_mut() {
            map.remove("channel_type");
            map.remove("subtype");
        }
        out.push(event);
    }
    out
}

fn channel_news(state: &SimState, id: &str, by: &str, news: &ChannelNews, stamp: &Value) -> Vec<Value> {
    let Some(channel) = state.channels.get(id).filter(|c| !c.kind.is_direct()) else { return Vec::new() };
    let word = if channel.kind == Kind::Private { "group" } else { "channel" };
    let inside = state.app_is_in(channel);
    let (heard, event) = match news {
        ChannelNews::Created => (channel.kind == Kind::Public, "channel_created".to_owned()),
        ChannelNews::Renamed { .. } => (inside || channel.kind == Kind::Public, format!("{word}_rename")),
        ChannelNews::Archived => (inside || channel.kind == Kind::Public, format!("{word}_archive")),
        ChannelNews::Unarchived => (inside || channel.kind == Kind::Public, format!("{word}_unarchive")),
        ChannelNews::AppLeft => (true, format!("{word}_left")),
        ChannelNews::Touched => return Vec::new(),
    };
    if !heard || !state.app.manifest.subscribes_to(&event) {
        return Vec::new();
    }
    vec![match news {
        ChannelNews::Created => json!({
            "type": event, "event_ts": stamp,
            "channel": {"id": id, "name": channel.name, "name_normalized": channel.name, "created": channel.created_s,
                        "creator": channel.creator, "is_channel": true, "is_shared": false, "is_org_shared": false,
                        "context_team_id": state.workspace.id},
        }),
        ChannelNews::Renamed { .. } => json!({
            "type": event, "event_ts": stamp,
            "channel": {"id": id, "name": channel.name, "name_normalized": channel.name, "created": channel.created_s,
                        "is_channel": channel.kind == Kind::Public, "is_mpim": false},
        }),
        ChannelNews::AppLeft => json!({"type": event, "channel": id, "actor_id": by, "event_ts": stamp}),
        _ => json!({"type": event, "channel": id, "user": by, "is_moved": 0, "event_ts": stamp}),
    }]
}

fn group_news(state: &SimState, id: &str, created: bool, before: &[String], stamp: &Value) -> Vec<Value> {
    let Some(group) = state.groups.get(id) else { return Vec::new() };
    let shown = state.group_json(group, true);
    let wants = |event: &str| state.app.manifest.subscribes_to(event);
    let mut out = Vec::new();
    if created && wants("subteam_created") {
        out.push(json!({"type": "subteam_created", "subteam": shown, "event_ts": stamp}));
    }
    if !created && wants("subteam_updated") {
        out.push(json!({"type": "subteam_updated", "subteam": shown, "event_ts": stamp}));
    }
    if !created && wants("subteam_members_changed") {
        let added: Vec<&String> = group.users.iter().filter(|u| !before.contains(u)).collect();
        let removed: Vec<&String> = before.iter().filter(|u| !group.users.contains(u)).collect();
        out.push(json!({
            "type": "subteam_members_changed", "subteam_id": id, "team_id": state.workspace.id,
            "date_previous_update": group.updated_s, "date_update": group.updated_s,
            "added_users": added, "added_users_count": added.len(),
            "removed_users": removed, "removed_users_count": removed.len(), "event_ts": stamp,
        }));
    }
    out
}

/// The envelope around an inner event (DOC apis/events-api).
pub(in crate::sim) fn event_callback(state: &mut SimState, event: Value) -> Value {
    let event_id = state.new_id("Ev");
    let app = &state.app;
    json!({
        "token": "sim-verification-token", "team_id": state.workspace.id, "context_team_id": state.workspace.id,
        "context_enterprise_id": null, "api_app_id": app.id, "event": event, "type": "event_callback",
        "event_id": event_id, "event_time": state.now_s(),
        "authorizations": [{"enterprise_id": null, "team_id": state.workspace.id, "user_id": app.bot_user,
                            "is_bot": true, "is_enterprise_install": false}],
        "is_ext_shared_channel": false, "event_context": format!("4-{event_id}"),
    })
}
