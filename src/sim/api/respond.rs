//! Response URLs: answers in the moment of a command or a click (DOC interactivity/handling-user-interaction), and
//! the same message given right in the acknowledgement.

use serde_json::{Value, json};

use super::super::blockkit;
use super::super::core::Sim;
use super::super::state::{Author, Draft, ResponseUrl, ResponseUrlSource, SimState};
use super::Refusal;
use crate::limits;

/// Answers on a response URL: HTTP status and body.
pub(in crate::sim) fn respond(sim: &Sim, key: &str, body: &[u8]) -> (u16, Value) {
    let refused = |status: u16, code: &str| (status, json!({"ok": false, "error": code}));
    let Ok(payload) = serde_json::from_slice::<Value>(body) else { return refused(400, "invalid_payload") };
    let answered = sim.change(|state| {
        let url = state.use_response_url(key).map_err(|code| (404, Refusal::new(code)))?;
        apply(state, &url, &payload).map_err(|refusal| (400, refusal))
    });
    match answered {
        Ok(()) => (200, json!({"ok": true})),
        Err((status, refusal)) => (status, refusal.into_body()),
    }
}

/// Does what the message says in the place the URL belongs to.
pub(in crate::sim) fn apply(state: &mut SimState, url: &ResponseUrl, payload: &Value) -> Result<(), Refusal> {
    let flag = |name: &str| payload[name] == true || payload[name] == "true";
    if flag("delete_original") {
        return match &url.source {
            ResponseUrlSource::Message { ts } => Ok(state.delete(&url.channel, ts)?),
            ResponseUrlSource::Ephemeral { ts } => Ok(state.delete_ephemeral(&url.channel, ts)?),
            ResponseUrlSource::Command => Err("invalid_payload".into()),
        };
    }
    let draft = draft(payload)?;
    if flag("replace_original") {
        match &url.source {
            ResponseUrlSource::Message { ts } => {
                let bot = state.app.bot_user.clone();
                let (text, blocks, attachments) =
                    (Some(draft.text), Some(draft.blocks), Some(draft.attachments));
                return Ok(state.edit(&url.channel, ts, &bot, text, blocks, attachments, draft.metadata)?);
            }
            ResponseUrlSource::Ephemeral { ts } => {
                return Ok(state.replace_ephemeral(&url.channel, ts, draft)?);
            }
            // The person's command cannot be replaced: a new message it is.
            ResponseUrlSource::Command => {}
        }
    }
    let mut draft = draft;
    draft.thread_ts = payload["thread_ts"].as_str().map(str::to_owned);
    if payload["response_type"] == "in_channel" {
        draft.broadcast = flag("reply_broadcast");
        state.post(&url.channel, &Author::APP, draft)?;
    } else {
        if draft.thread_ts.is_none() {
            draft.thread_ts.clone_from(&url.thread_ts);
        }
        state.post_ephemeral(&url.channel, &url.user, &Author::APP, draft)?;
    }
    Ok(())
}

fn draft(payload: &Value) -> Result<Draft, Refusal> {
    let list = |name: &str, code: &'static str| match &payload[name] {
        Value::Null => Ok(Vec::new()),
        Value::Array(items) => Ok(items.clone()),
        Value::String(text) => serde_json::from_str::<Vec<Value>>(text).map_err(|_| Refusal::new(code)),
        _ => Err(Refusal::new(code)),
    };
    let blocks = list("blocks", "invalid_blocks_format")?;
    let attachments = list("attachments", "invalid_attachments")?;
    blockkit::check_message(&blocks, "/blocks")
        .map_err(|messages| Refusal::explained("invalid_blocks", &messages))?;
    if attachments.len() > limits::SIM_ATTACHMENTS {
        return Err("too_many_attachments".into());
    }
    for (n, attachment) in attachments.iter().enumerate() {
        if let Some(inner) = attachment["blocks"].as_array() {
            blockkit::check_message(inner, &format!("/attachments/{n}/blocks"))
                .map_err(|messages| Refusal::explained("invalid_blocks", &messages))?;
        }
    }
    let text = payload["text"].as_str().unwrap_or_default().to_owned();
    if text.trim().is_empty() && blocks.is_empty() && attachments.is_empty() {
        return Err("no_text".into());
    }
    let metadata = payload.get("metadata").filter(|m| m.is_object()).cloned();
    if let Some(metadata) = &metadata {
        blockkit::check_metadata(metadata)?;
    }
    Ok(Draft { text, blocks, attachments, metadata, ..Draft::default() })
}
