//! reactions.* and pins.*.

use serde_json::{Value, json};

use super::{Cx, Refusal};

fn is_ts(text: &str) -> bool {
    text.split_once('.').is_some_and(|(a, b)| {
        !a.is_empty() && b.len() == 6 && a.bytes().chain(b.bytes()).all(|c| c.is_ascii_digit())
    })
}

/// The message of `channel` and `timestamp`.
fn item(cx: &Cx<'_>) -> Result<(String, String), Refusal> {
    let id = cx.args.text("channel").filter(|t| !t.is_empty()).ok_or("no_item_specified")?;
    let ts = cx.args.text("timestamp").filter(|t| !t.is_empty()).ok_or("no_item_specified")?;
    let channel = cx.channel_named(&id)?;
    if !is_ts(&ts) {
        return Err("bad_timestamp".into());
    }
    if channel.messages.get(&ts).is_none_or(|m| m.deleted) {
        return Err("message_not_found".into());
    }
    Ok((id, ts))
}

fn react(cx: &mut Cx<'_>, add: bool) -> Result<Value, Refusal> {
    let name = cx.args.text("name").filter(|n| !n.is_empty()).ok_or("invalid_name")?;
    let (channel, ts) = item(cx)?;
    let me = cx.me();
    if !cx.state.channels[&channel].members.contains(&me) {
        return Err("not_in_channel".into());
    }
    cx.state.react(&channel, &ts, &me, &name, add)?;
    Ok(json!({}))
}

pub(super) fn add(cx: &mut Cx<'_>) -> Result<Value, Refusal> {
    react(cx, true)
}

pub(super) fn remove(cx: &mut Cx<'_>) -> Result<Value, Refusal> {
    react(cx, false)
}

pub(super) fn get(cx: &mut Cx<'_>) -> Result<Value, Refusal> {
    let (channel, ts) = item(cx)?;
    let message = cx.state.message_json(&channel, &ts, false);
    Ok(json!({"type": "message", "channel": channel, "message": message}))
}

fn pinned(cx: &mut Cx<'_>, add: bool) -> Result<Value, Refusal> {
    let (channel, ts) = item(cx)?;
    let me = cx.me();
    let found = &cx.state.channels[&channel];
    if !found.members.contains(&me) {
        return Err("not_in_channel".into());
    }
    if found.archived {
        return Err("is_archived".into());
    }
    cx.state.pin(&channel, &ts, &me, add)?;
    Ok(json!({}))
}

pub(super) fn pin(cx: &mut Cx<'_>) -> Result<Value, Refusal> {
    pinned(cx, true)
}

pub(super) fn unpin(cx: &mut Cx<'_>) -> Result<Value, Refusal> {
    pinned(cx, false)
}

pub(super) fn pins(cx: &mut Cx<'_>) -> Result<Value, Refusal> {
    let id = cx.channel()?;
    let pins = &cx.state.channels[&id].pins;
    let items: Vec<Value> = pins
        .iter()
        .map(|p| {
            let message = cx.state.message_json(&id, &p.ts, false);
            json!({"type": "message", "channel": id, "message": message, "created": p.created_s, "created_by": p.by})
        })
        .collect();
    Ok(json!({"items": items}))
}
