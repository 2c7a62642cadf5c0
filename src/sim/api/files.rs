//! files.*: reserve, upload, complete (DOC messaging/working-with-files).

use serde_json::{Value, json};

use super::super::state::Draft;
use super::{Cx, Refusal};

pub(super) fn get_upload_url(cx: &mut Cx<'_>) -> Result<Value, Refusal> {
    let name = cx.need("filename")?;
    let length = cx.need("length")?.parse::<usize>().map_err(|_| {
        Refusal::explained(
            "invalid_arguments",
            &["[ERROR] must be a number [json-pointer:/length]".to_owned()],
        )
    })?;
    let alt_text = cx.args.text("alt_txt").or_else(|| cx.args.text("alt_text")).unwrap_or_default();
    let me = cx.me();
    let id = cx.state.reserve_file(&me, &name, length, &alt_text)?;
    let secret = &cx.state.files[&id].upload_secret;
    Ok(json!({"upload_url": format!("{}/upload/v1/{id}/{secret}", cx.state.base_url), "file_id": id}))
}

pub(super) fn complete_upload(cx: &mut Cx<'_>) -> Result<Value, Refusal> {
    let bad = || {
        Refusal::explained(
            "invalid_arguments",
            &["[ERROR] must provide a list of files [json-pointer:/files]".to_owned()],
        )
    };
    let Some(Value::Array(files)) = cx.args.json("files").map_err(|()| bad())? else { return Err(bad()) };
    if files.is_empty() {
        return Err(bad());
    }
    let mut ids = Vec::new();
    for file in &files {
        let id = file["id"].as_str().ok_or("file_not_found")?;
        let found = cx.state.files.get(id).ok_or("file_not_found")?;
        if !found.uploaded || found.complete || found.user != cx.caller.user {
            return Err("file_not_found".into());
        }
        ids.push(id.to_owned());
    }
    let mut targets = cx.args.list("channels");
    targets.extend(cx.args.text("channel_id").filter(|c| !c.is_empty()));
    for target in &targets {
        let channel = cx.channel_named(target).map_err(|_| Refusal::new("channel_not_found"))?;
        if !channel.members.contains(&cx.caller.user) {
            return Err("not_in_channel".into());
        }
        if channel.archived {
            return Err("is_archived".into());
        }
    }
    let blocks = cx.blocks()?.unwrap_or_default();
    for file in &files {
        if let Some(found) = file["id"].as_str().and_then(|id| cx.state.files.get_mut(id)) {
            found.complete = true;
            if let Some(title) = file["title"].as_str() {
                title.clone_into(&mut found.title);
            }
        }
    }
    let author = cx.author();
    for target in &targets {
        let draft = Draft {
            text: cx.args.text("initial_comment").unwrap_or_default(),
            blocks: blocks.clone(),
            thread_ts: cx.args.text("thread_ts").filter(|t| !t.is_empty()),
            files: ids.clone(),
            subtype: Some("file_share".to_owned()),
            ..Draft::default()
        };
        cx.state.post(target, &author, draft)?;
    }
    let files: Vec<Value> =
        ids.iter().filter_map(|id| cx.state.files.get(id)).map(|f| cx.state.file_json(f)).collect();
    Ok(json!({"files": files}))
}

pub(super) fn delete(cx: &mut Cx<'_>) -> Result<Value, Refusal> {
    let id = cx.need("file")?;
    let file = cx.state.files.get(&id).filter(|file| file.complete).ok_or("file_not_found")?;
    if file.user != cx.caller.user {
        return Err("cant_delete_file".into());
    }
    cx.state.files.remove(&id);
    Ok(json!({}))
}

pub(super) fn info(cx: &mut Cx<'_>) -> Result<Value, Refusal> {
    let id = cx.need("file")?;
    let file = cx.state.files.get(&id).filter(|f| f.complete).ok_or("file_not_found")?;
    Ok(json!({"file": cx.state.file_json(file), "comments": [], "response_metadata": {"next_cursor": ""}}))
}
