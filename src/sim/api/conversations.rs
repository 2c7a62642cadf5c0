//! conversations.*: making, joining, naming, listing.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::super::state::{Channel, Kind};
use super::page::page;
use super::{Cx, Refusal};
use crate::limits;

fn shown(cx: &Cx<'_>, id: &str) -> Value {
    cx.state.channels.get(id).map_or(Value::Null, |c| cx.state.channel_json(c, &cx.caller.user))
}

fn not_direct(cx: &Cx<'_>, id: &str) -> Result<(), Refusal> {
    let direct = cx.state.channels.get(id).is_some_and(|c| c.kind.is_direct());
    if direct { Err("method_not_supported_for_channel_type".into()) } else { Ok(()) }
}

pub(super) fn create(cx: &mut Cx<'_>) -> Result<Value, Refusal> {
    let name = cx.args.text("name").unwrap_or_default();
    let private = cx.args.flag("is_private");
    cx.need_kind(if private { Kind::Private } else { Kind::Public })?;
    let me = cx.me();
    let id = cx.state.create_channel(&name, private, &me)?;
    Ok(json!({"channel": shown(cx, &id)}))
}

pub(super) fn invite(cx: &mut Cx<'_>) -> Result<Value, Refusal> {
    let id = cx.channel()?;
    let users = cx.args.list("users");
    not_direct(cx, &id)?;
    let channel = &cx.state.channels[&id];
    if channel.archived {
        return Err("is_archived".into());
    }
    if !channel.members.contains(&cx.caller.user) {
        return Err("not_in_channel".into());
    }
    if users.is_empty() {
        return Err("no_user".into());
    }
    if users.len() > limits::SIM_INVITE_USERS {
        return Err(Refusal::explained(
            "invalid_arguments",
            &["[ERROR] must be no more than 100 users".to_owned()],
        ));
    }
    let mut faults: Vec<(String, &'static str)> = Vec::new();
    let mut good = BTreeSet::new();
    for user in &users {
        let code = match cx.state.users.get(user) {
            None => Some("user_not_found"),
            Some(u) if u.deleted => Some("user_not_found"),
            Some(_) if *user == cx.caller.user => Some("cant_invite_self"),
            Some(u) if u.is_guest => Some("user_is_restricted"),
            Some(_) if channel.members.contains(user) => Some("already_in_channel"),
            Some(_) => None,
        };
        match code {
            Some(code) => faults.push((user.clone(), code)),
            None => {
                good.insert(user.clone());
            }
        }
    }
    let force = cx.args.flag("force");
    if let Some((_, code)) = faults.first()
        && (!force || good.is_empty())
    {
        let errors: Vec<Value> =
            faults.iter().map(|(u, e)| json!({"user": u, "ok": false, "error": e})).collect();
        return Err(Refusal::new(code).with("errors", errors));
    }
    let me = cx.me();
    for user in &good {
        cx.state.join(&id, user, Some(&me))?;
    }
    let mut out = json!({"channel": shown(cx, &id)});
    if !faults.is_empty() {
        out["errors"] = faults.iter().map(|(u, e)| json!({"user": u, "ok": false, "error": e})).collect();
    }
    Ok(out)
}

pub(super) fn kick(cx: &mut Cx<'_>) -> Result<Value, Refusal> {
    let id = cx.own_channel()?;
    let user = cx.need("user")?;
    not_direct(cx, &id)?;
    if user == cx.caller.user {
        return Err("cant_kick_self".into());
    }
    if !cx.state.users.contains_key(&user) {
        return Err("user_not_found".into());
    }
    let me = cx.me();
    cx.state.leave(&id, &user, Some(&me))?;
    Ok(json!({"errors": {}}))
}

pub(super) fn join(cx: &mut Cx<'_>) -> Result<Value, Refusal> {
    let id = cx.need("channel")?;
    let channel = cx.state.channels.get(&id).ok_or("channel_not_found")?;
    match channel.kind {
        Kind::Public => {}
        _ if !channel.members.contains(&cx.caller.user) => return Err("channel_not_found".into()),
        _ => return Err("method_not_supported_for_channel_type".into()),
    }
    let me = cx.me();
    match cx.state.join(&id, &me, None) {
        Ok(()) => Ok(json!({"channel": shown(cx, &id)})),
        Err("already_in_channel") => Ok(json!({
            "channel": shown(cx, &id), "warning": "already_in_channel",
            "response_metadata": {"warnings": ["already_in_channel"]},
        })),
        Err(code) => Err(code.into()),
    }
}

pub(super) fn leave(cx: &mut Cx<'_>) -> Result<Value, Refusal> {
    let id = cx.channel()?;
    not_direct(cx, &id)?;
    let channel = &cx.state.channels[&id];
    if channel.archived {
        return Err("is_archived".into());
    }
    if !channel.members.contains(&cx.caller.user) {
        return Ok(json!({"not_in_channel": true}));
    }
    let me = cx.me();
    cx.state.leave(&id, &me, None)?;
    Ok(json!({}))
}

pub(super) fn open(cx: &mut Cx<'_>) -> Result<Value, Refusal> {
    if let Some(id) = cx.args.text("channel").filter(|c| !c.is_empty()) {
        let channel = cx.channel_named(&id)?;
        if !channel.kind.is_direct() {
            return Err("method_not_supported_for_channel_type".into());
        }
        return Ok(json!({"channel": {"id": id}, "no_op": true, "already_open": true}));
    }
    let users = cx.args.list("users");
    if users.is_empty() {
        return Err("users_list_not_supplied".into());
    }
    if users.len() > limits::SIM_DIRECT_USERS {
        return Err("too_many_users".into());
    }
    let mut members = BTreeSet::from([cx.me()]);
    for user in &users {
        let found = cx.state.users.get(user).ok_or("user_not_found")?;
        if found.deleted {
            return Err("user_disabled".into());
        }
        members.insert(user.clone());
    }
    if members.len() < 2 {
        return Err("not_enough_users".into());
    }
    cx.need_kind(if members.len() == 2 { Kind::Im } else { Kind::Mpim })?;
    let (id, existed) = cx.state.open_direct(&members);
    let channel = if cx.args.flag("return_im") { shown(cx, &id) } else { json!({"id": id}) };
    if existed {
        return Ok(json!({"channel": channel, "no_op": true, "already_open": true}));
    }
    Ok(json!({"channel": channel}))
}

pub(super) fn rename(cx: &mut Cx<'_>) -> Result<Value, Refusal> {
    let id = cx.own_channel()?;
    not_direct(cx, &id)?;
    let name = cx.args.text("name").unwrap_or_default();
    // A bot may rename what it made itself; anything else needs an admin's permission.
    if cx.caller.is_bot && cx.state.channels[&id].creator != cx.caller.user {
        return Err("not_authorized".into());
    }
    let me = cx.me();
    cx.state.rename(&id, &name, &me)?;
    Ok(json!({"channel": shown(cx, &id)}))
}

pub(super) fn archive(cx: &mut Cx<'_>) -> Result<Value, Refusal> {
    let id = cx.channel()?;
    let channel = &cx.state.channels[&id];
    if channel.archived {
        return Err("already_archived".into());
    }
    if !channel.members.contains(&cx.caller.user) {
        return Err("not_in_channel".into());
    }
    let me = cx.me();
    cx.state.archive(&id, &me)?;
    Ok(json!({}))
}

pub(super) fn unarchive(cx: &mut Cx<'_>) -> Result<Value, Refusal> {
    let id = cx.channel()?;
    if !cx.state.channels[&id].archived {
        return Err("not_archived".into());
    }
    // Archiving takes the bot out, so that a bot token cannot bring a channel back (undocumented, seen by many).
    if cx.caller.is_bot {
        return Err("not_in_channel".into());
    }
    let me = cx.me();
    cx.state.unarchive(&id, &me)?;
    Ok(json!({}))
}

fn set(cx: &mut Cx<'_>, key: &str) -> Result<Value, Refusal> {
    let id = cx.own_channel()?;
    if cx.state.channels[&id].kind == Kind::Im {
        return Err("method_not_supported_for_channel_type".into());
    }
    let text = cx.args.text(key).unwrap_or_default();
    let me = cx.me();
    cx.state.set_topic(&id, &text, key == "topic", &me)?;
    Ok(json!({"channel": shown(cx, &id), key: text}))
}

pub(super) fn set_topic(cx: &mut Cx<'_>) -> Result<Value, Refusal> {
    set(cx, "topic")
}

pub(super) fn set_purpose(cx: &mut Cx<'_>) -> Result<Value, Refusal> {
    set(cx, "purpose")
}

pub(super) fn info(cx: &mut Cx<'_>) -> Result<Value, Refusal> {
    let id = cx.channel()?;
    let mut channel = shown(cx, &id);
    if !cx.args.flag("include_num_members")
        && let Some(map) = channel.as_object_mut()
    {
        map.remove("num_members");
    }
    Ok(json!({"channel": channel}))
}

fn kinds(cx: &Cx<'_>) -> Result<Vec<Kind>, Refusal> {
    let types = cx.args.list("types");
    if types.is_empty() {
        return Ok(vec![Kind::Public]);
    }
    let kind = |name: &String| match name.as_str() {
        "public_channel" => Ok(Kind::Public),
        "private_channel" => Ok(Kind::Private),
        "im" => Ok(Kind::Im),
        "mpim" => Ok(Kind::Mpim),
        _ => Err(Refusal::new("invalid_types")),
    };
    types.iter().map(kind).collect()
}

fn listed(cx: &Cx<'_>, member: Option<&str>) -> Result<Value, Refusal> {
    let kinds = kinds(cx)?;
    for kind in &kinds {
        cx.need_kind(*kind)?;
    }
    let limit = cx.limit(100, 1_000)?;
    let (me, skip_archived) = (&cx.caller.user, cx.args.flag("exclude_archived"));
    let seen = |c: &&Channel| {
        kinds.contains(&c.kind)
            && !(skip_archived && c.archived)
            && (c.kind == Kind::Public || c.members.contains(me))
            && member.is_none_or(|m| c.members.contains(m))
    };
    let found: Vec<&Channel> = cx.state.channels.values().filter(seen).collect();
    let (found, next) = page(found, |c| c.id.clone(), cx.cursor()?.as_deref(), limit);
    let channels: Vec<Value> = found.iter().map(|c| cx.state.channel_json(c, me)).collect();
    Ok(json!({"channels": channels, "response_metadata": {"next_cursor": next}}))
}

pub(super) fn list(cx: &mut Cx<'_>) -> Result<Value, Refusal> {
    listed(cx, None)
}

pub(super) fn of_user(cx: &mut Cx<'_>) -> Result<Value, Refusal> {
    let user = cx.args.text("user").filter(|u| !u.is_empty()).unwrap_or_else(|| cx.me());
    if !cx.state.users.contains_key(&user) {
        return Err("user_not_found".into());
    }
    listed(cx, Some(&user))
}

pub(super) fn members(cx: &mut Cx<'_>) -> Result<Value, Refusal> {
    let id = cx.channel()?;
    let limit = cx.limit(100, 1_000)?;
    let members: Vec<String> = cx.state.channels[&id].members.iter().cloned().collect();
    let (members, next) = page(members, Clone::clone, cx.cursor()?.as_deref(), limit);
    Ok(json!({"members": members, "response_metadata": {"next_cursor": next}}))
}
