//! chat.*: what the app says.

use serde_json::{Value, json};

use super::super::state::{Author, Draft, Kind};
use super::{Cx, Refusal};
use crate::limits;

/// Text longer than a message may be is cut off (chat.postMessage), not refused.
fn cut(text: String) -> String {
    match text.char_indices().nth(limits::SIM_TEXT_CHARS) {
        Some((at, _)) => text[..at].to_owned(),
        None => text,
    }
}

/// What is to be said: text, blocks, attachments, markdown; at least one of them.
fn content(cx: &Cx<'_>) -> Result<Draft, Refusal> {
    let blocks = cx.blocks()?.unwrap_or_default();
    let attachments = cx.attachments()?.unwrap_or_default();
    let mut text = cx.args.text("text").unwrap_or_default();
    if let Some(markdown) = cx.args.text("markdown_text").filter(|t| !t.is_empty()) {
        if !text.is_empty() || !blocks.is_empty() {
            return Err("markdown_text_conflict".into());
        }
        if markdown.chars().count() > limits::SIM_MARKDOWN_CHARS {
            return Err("msg_too_long".into());
        }
        text = markdown;
    }
    if text.trim().is_empty() && blocks.is_empty() && attachments.is_empty() {
        return Err("no_text".into());
    }
    Ok(Draft { text: cut(text), blocks, attachments, ..Draft::default() })
}

/// Where to: an id, a name (chat.postMessage alone takes names), or a person, whose direct message it opens.
fn target(cx: &mut Cx<'_>) -> Result<String, Refusal> {
    let given = cx.args.text("channel").filter(|c| !c.is_empty()).ok_or("channel_not_found")?;
    let me = cx.me();
    if let Some(user) = cx.state.users.get(&given) {
        if user.deleted || user.is_bot {
            return Err("channel_not_found".into());
        }
        if !cx.state.app.manifest.messages_tab_enabled() {
            return Err("messages_tab_disabled".into());
        }
        return Ok(cx.state.app_direct(&given));
    }
    let channel = cx.state.channel(&given).ok_or("channel_not_found")?;
    if channel.members.contains(&me) {
        return Ok(channel.id.clone());
    }
    if channel.kind != Kind::Public {
        return Err("channel_not_found".into());
    }
    if cx.caller.is_bot && cx.has_scope("chat:write.public") {
        return Ok(channel.id.clone());
    }
    Err("not_in_channel".into())
}

fn author(cx: &Cx<'_>) -> Result<Author, Refusal> {
    let username = cx.args.text("username").filter(|t| !t.is_empty());
    let emoji = cx.args.text("icon_emoji").filter(|t| !t.is_empty());
    let url = cx.args.text("icon_url").filter(|t| !t.is_empty());
    if !cx.caller.is_bot || (username.is_none() && emoji.is_none() && url.is_none()) {
        return Ok(cx.author());
    }
    cx.need_scope(&["chat:write.customize"])?;
    let icons = match (emoji, url) {
        (Some(emoji), _) => Some(json!({"emoji": emoji})),
        (None, Some(url)) => Some(json!({"image_48": url})),
        (None, None) => None,
    };
    Ok(Author::App { username, icons })
}

pub(super) fn post_message(cx: &mut Cx<'_>) -> Result<Value, Refusal> {
    let author = author(cx)?;
    let mut draft = content(cx)?;
    draft.metadata = cx.metadata()?;
    draft.thread_ts = cx.args.text("thread_ts").filter(|t| !t.is_empty());
    draft.broadcast = cx.args.flag("reply_broadcast");
    let channel = target(cx)?;
    // A thread that does not exist: Slack posts nothing.
    let ts = cx.state.post(&channel, &author, draft)?;
    Ok(json!({"channel": channel, "ts": ts, "message": cx.state.message_json(&channel, &ts, true)}))
}

fn own_message(cx: &Cx<'_>, refusal: &'static str) -> Result<(String, String), Refusal> {
    let channel = cx.need("channel")?;
    let channel = cx.channel_named(&channel)?;
    let ts = cx.need("ts")?;
    let message = channel.messages.get(&ts).filter(|m| !m.deleted).ok_or("message_not_found")?;
    let mine =
        if cx.caller.is_bot { message.by_app } else { message.user.as_deref() == Some(&cx.caller.user) };
    if !mine || message.subtype.as_deref() == Some("tombstone") {
        return Err(refusal.into());
    }
    Ok((channel.id.clone(), ts))
}

pub(super) fn update(cx: &mut Cx<'_>) -> Result<Value, Refusal> {
    let blocks = cx.blocks()?;
    let attachments = cx.attachments()?;
    // An empty object takes the metadata away, nothing keeps it.
    let cleared = matches!(cx.args.json("metadata"), Ok(Some(Value::Object(map))) if map.is_empty());
    let metadata = if cleared { Some(Value::Null) } else { cx.metadata()? };
    let mut text = cx.args.text("text");
    if let Some(markdown) = cx.args.text("markdown_text").filter(|t| !t.is_empty()) {
        if text.is_some() || blocks.is_some() {
            return Err("markdown_text_conflict".into());
        }
        text = Some(markdown);
    }
    if text.as_ref().is_some_and(|t| t.chars().count() > limits::SIM_UPDATE_TEXT_CHARS) {
        return Err("msg_too_long".into());
    }
    let empty = |list: &Option<Vec<Value>>| list.as_ref().is_none_or(Vec::is_empty);
    if text.as_ref().is_none_or(|t| t.trim().is_empty())
        && empty(&blocks)
        && empty(&attachments)
        && metadata.is_none()
    {
        return Err("no_text".into());
    }
    let (channel, ts) = own_message(cx, "cant_update_message")?;
    if cx.state.channels[&channel].archived {
        return Err("is_inactive".into());
    }
    let me = cx.me();
    // Text alone takes the blocks away: it would not be seen beside them.
    let blocks = blocks.or_else(|| text.is_some().then(Vec::new));
    cx.state.edit(&channel, &ts, &me, text, blocks, attachments, metadata)?;
    let message = cx.state.message_json(&channel, &ts, true);
    Ok(json!({"channel": channel, "ts": ts, "text": message["text"], "message": message}))
}

pub(super) fn delete(cx: &mut Cx<'_>) -> Result<Value, Refusal> {
    let (channel, ts) = own_message(cx, "cant_delete_message")?;
    cx.state.delete(&channel, &ts)?;
    Ok(json!({"channel": channel, "ts": ts}))
}

pub(super) fn post_ephemeral(cx: &mut Cx<'_>) -> Result<Value, Refusal> {
    let user = cx.need("user")?;
    let mut draft = content(cx)?;
    if draft.text.chars().count() > limits::SIM_UPDATE_TEXT_CHARS {
        return Err("msg_too_long".into());
    }
    let author = author(cx)?;
    draft.thread_ts = cx.args.text("thread_ts").filter(|t| !t.is_empty());
    let channel = target(cx)?;
    let found = cx.state.channels.get(&channel).ok_or("channel_not_found")?;
    if found.archived {
        return Err("is_archived".into());
    }
    if !found.members.contains(&user) {
        return Err("user_not_in_channel".into());
    }
    let ts = cx.state.post_ephemeral(&channel, &user, &author, draft)?;
    Ok(json!({"message_ts": ts}))
}

pub(super) fn get_permalink(cx: &mut Cx<'_>) -> Result<Value, Refusal> {
    let channel = cx.need("channel")?;
    let ts = cx.need("message_ts")?;
    let found = cx.state.channels.get(&channel).ok_or("channel_not_found")?;
    if found.kind != Kind::Public && !found.members.contains(&cx.caller.user) {
        return Err("channel_not_found".into());
    }
    let message = found.messages.get(&ts).ok_or("message_not_found")?;
    Ok(
        json!({"channel": channel, "permalink": cx.state.permalink(&channel, &ts, message.thread_ts.as_deref())}),
    )
}
