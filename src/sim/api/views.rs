//! views.*: modals and the App Home.

use serde_json::{Map, Value, json};

use super::super::blockkit::{self, ViewKind};
use super::super::state::Trigger;
use super::{Cx, Refusal};
use crate::limits;

fn view(cx: &Cx<'_>, kind: ViewKind) -> Result<Map<String, Value>, Refusal> {
    let explained = |message: &str| Refusal::explained("invalid_arguments", &[message.to_owned()]);
    let view =
        cx.args.json("view").map_err(|()| explained("[ERROR] failed to parse view [json-pointer:/view]"))?;
    let Some(view) = view else { return Err(explained("[ERROR] missing required field: view")) };
    if view.to_string().len() > limits::SIM_VIEW_BYTES {
        return Err("view_too_large".into());
    }
    blockkit::check_view(&view, kind)
        .map_err(|messages| Refusal::explained("invalid_arguments", &messages))?;
    match view {
        Value::Object(map) => Ok(map),
        _ => Err(explained("[ERROR] must provide an object [json-pointer:/view]")),
    }
}

fn trigger(cx: &mut Cx<'_>) -> Result<Trigger, Refusal> {
    let id = cx
        .args
        .text("trigger_id")
        .or_else(|| cx.args.text("interactivity_pointer"))
        .filter(|t| !t.is_empty());
    let id = id.ok_or_else(|| {
        Refusal::explained("invalid_arguments", &["[ERROR] missing required field: trigger_id".to_owned()])
    })?;
    Ok(cx.state.use_trigger(&id)?)
}

fn shown(cx: &Cx<'_>, id: &str) -> Value {
    let view = cx.state.views.get(id).map(|v| cx.state.view_json(v));
    json!({"view": view})
}

pub(super) fn open(cx: &mut Cx<'_>) -> Result<Value, Refusal> {
    let view = view(cx, ViewKind::Modal)?;
    let trigger = trigger(cx)?;
    let id = cx.state.open_view(&trigger.user, &view)?;
    Ok(shown(cx, &id))
}

pub(super) fn push(cx: &mut Cx<'_>) -> Result<Value, Refusal> {
    let view = view(cx, ViewKind::Modal)?;
    let trigger = trigger(cx)?;
    // Only a trigger that came out of an open modal can push onto it.
    if trigger.view.is_none_or(|v| !cx.state.views.contains_key(&v)) {
        return Err("not_found".into());
    }
    let id = cx.state.push_view(&trigger.user, &view)?;
    Ok(shown(cx, &id))
}

pub(super) fn update(cx: &mut Cx<'_>) -> Result<Value, Refusal> {
    let view = view(cx, ViewKind::Any)?;
    let (id, external) = (cx.args.text("view_id"), cx.args.text("external_id").filter(|e| !e.is_empty()));
    let id = match (id.filter(|i| !i.is_empty()), external) {
        (Some(id), _) => id,
        (None, Some(external)) => {
            let found = cx.state.views.values().find(|v| v.external_id() == external);
            found.map(|v| v.id.clone()).ok_or("not_found")?
        }
        (None, None) => return Err("not_found".into()),
    };
    let hash = cx.args.text("hash").filter(|h| !h.is_empty());
    cx.state.update_view(&id, &view, hash.as_deref())?;
    Ok(shown(cx, &id))
}

pub(super) fn publish(cx: &mut Cx<'_>) -> Result<Value, Refusal> {
    let user = cx.need("user_id")?;
    let view = view(cx, ViewKind::Home)?;
    if !cx.state.app.manifest.home_enabled() {
        return Err("not_enabled".into());
    }
    if cx.state.users.get(&user).is_none_or(|u| u.deleted || u.is_bot) {
        let message = "[ERROR] user_id is not a valid user".to_owned();
        return Err(Refusal::explained("invalid_arguments", &[message]));
    }
    let hash = cx.args.text("hash").filter(|h| !h.is_empty());
    let id = cx.state.publish_home(&user, &view, hash.as_deref())?;
    Ok(shown(cx, &id))
}
