//! bookmarks.*: the links in a channel's bar.

use serde_json::{Value, json};

use super::super::state::Bookmark;
use super::{Cx, Refusal};

fn shown(channel: &str, b: &Bookmark) -> Value {
    json!({
        "id": b.id, "channel_id": channel, "title": b.title, "link": b.link, "emoji": b.emoji, "icon_url": null,
        "type": "link", "entity_id": null, "date_created": b.created_s, "date_updated": b.updated_s, "rank": "i",
        "last_updated_by_user_id": b.by, "last_updated_by_team_id": null, "shortcut_id": null, "app_id": null,
        "app_action_id": null,
    })
}

fn channel(cx: &Cx<'_>) -> Result<String, Refusal> {
    let id = cx.need("channel_id")?;
    let channel = cx.channel_named(&id)?;
    if !channel.members.contains(&cx.caller.user) {
        return Err("not_in_channel".into());
    }
    Ok(channel.id.clone())
}

pub(super) fn add(cx: &mut Cx<'_>) -> Result<Value, Refusal> {
    let id = channel(cx)?;
    let title = cx.need("title")?;
    if cx.need("type")? != "link" {
        return Err("invalid_bookmark_type".into());
    }
    let link = cx.args.text("link").unwrap_or_default();
    let emoji = cx.args.text("emoji").unwrap_or_default();
    let named = emoji.starts_with(':') && emoji.ends_with(':') && emoji.len() > 2;
    if !(emoji.is_empty() || named) {
        return Err("invalid_emoji".into());
    }
    let me = cx.me();
    let bookmark = cx.state.add_bookmark(&id, &title, &link, &emoji, &me)?;
    Ok(json!({"bookmark": shown(&id, &bookmark)}))
}

pub(super) fn edit(cx: &mut Cx<'_>) -> Result<Value, Refusal> {
    let id = channel(cx)?;
    let bookmark = cx.need("bookmark_id")?;
    let (title, link, emoji) = (cx.args.text("title"), cx.args.text("link"), cx.args.text("emoji"));
    let me = cx.me();
    let bookmark = cx.state.edit_bookmark(&id, &bookmark, |b| {
        b.title = title.unwrap_or_else(|| b.title.clone());
        b.link = link.unwrap_or_else(|| b.link.clone());
        b.emoji = emoji.unwrap_or_else(|| b.emoji.clone());
        b.by = me;
    })?;
    Ok(json!({"bookmark": shown(&id, &bookmark)}))
}

pub(super) fn remove(cx: &mut Cx<'_>) -> Result<Value, Refusal> {
    let id = channel(cx)?;
    let bookmark = cx.need("bookmark_id")?;
    let me = cx.me();
    cx.state.remove_bookmark(&id, &bookmark, &me)?;
    Ok(json!({}))
}

pub(super) fn list(cx: &mut Cx<'_>) -> Result<Value, Refusal> {
    let id = channel(cx)?;
    let bookmarks: Vec<Value> = cx.state.channels[&id].bookmarks.iter().map(|b| shown(&id, b)).collect();
    Ok(json!({"bookmarks": bookmarks}))
}
