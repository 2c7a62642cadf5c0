//! auth.test, users.*, usergroups.*, team.info, bots.info, api.test.

use serde_json::{Map, Value, json};

use super::super::state::User;
use super::page::page;
use super::{Cx, Refusal};

pub(super) fn nothing(_: &mut Cx<'_>) -> Result<Value, Refusal> {
    Ok(json!({}))
}

pub(super) fn api_test(cx: &mut Cx<'_>) -> Result<Value, Refusal> {
    if let Some(error) = cx.args.text("error").filter(|e| !e.is_empty()) {
        return Err(Refusal::new(&error).with("args", cx.args.map.clone()));
    }
    Ok(json!({"args": cx.args.map}))
}

pub(super) fn auth_test(cx: &mut Cx<'_>) -> Result<Value, Refusal> {
    let me = cx.state.users.get(&cx.caller.user).ok_or("account_inactive")?;
    let mut out = json!({
        "url": format!("{}/", cx.state.base_url), "team": cx.state.workspace.name, "user": me.name,
        "team_id": cx.state.workspace.id, "user_id": me.id, "is_enterprise_install": false,
    });
    if cx.caller.is_bot {
        out["bot_id"] = json!(cx.state.app.bot_id);
    }
    Ok(out)
}

pub(super) fn team_info(cx: &mut Cx<'_>) -> Result<Value, Refusal> {
    let team = &cx.state.workspace;
    Ok(json!({"team": {
        "id": team.id, "name": team.name, "domain": team.domain, "url": format!("{}/", cx.state.base_url),
        "email_domain": "example.com", "icon": {"image_default": true}, "avatar_base_url": "",
        "is_verified": false, "lob_sales_home_enabled": false,
    }}))
}

pub(super) fn bots_info(cx: &mut Cx<'_>) -> Result<Value, Refusal> {
    let app = &cx.state.app;
    if cx.args.text("bot").is_some_and(|bot| bot != app.bot_id) {
        return Err("bot_not_found".into());
    }
    Ok(json!({"bot": {
        "id": app.bot_id, "deleted": false, "name": app.bot_name(), "updated": 0, "app_id": app.id,
        "user_id": app.bot_user, "icons": {"image_36": "", "image_48": "", "image_72": ""},
    }}))
}

fn with_email(cx: &Cx<'_>) -> bool {
    cx.has_scope("users:read.email")
}

pub(super) fn users_info(cx: &mut Cx<'_>) -> Result<Value, Refusal> {
    let id = cx.need("user")?;
    let user = cx.state.users.get(&id).ok_or("user_not_found")?;
    Ok(json!({"user": cx.state.user_json(user, with_email(cx))}))
}

pub(super) fn users_list(cx: &mut Cx<'_>) -> Result<Value, Refusal> {
    let limit = cx.limit(1_000, 1_000)?;
    let users: Vec<&User> = cx.state.users.values().collect();
    let (users, next) = page(users, |u| u.id.clone(), cx.cursor()?.as_deref(), limit);
    let members: Vec<Value> = users.iter().map(|u| cx.state.user_json(u, with_email(cx))).collect();
    Ok(json!({"members": members, "cache_ts": cx.state.now_s(), "response_metadata": {"next_cursor": next}}))
}

pub(super) fn users_lookup_by_email(cx: &mut Cx<'_>) -> Result<Value, Refusal> {
    let email = cx.need("email")?.to_lowercase();
    let same = |u: &&User| u.email.as_ref().is_some_and(|e| e.to_lowercase() == email);
    let user = cx.state.users.values().filter(|u| !u.deleted).find(same).ok_or("users_not_found")?;
    Ok(json!({"user": cx.state.user_json(user, true)}))
}

pub(super) fn usergroups_list(cx: &mut Cx<'_>) -> Result<Value, Refusal> {
    let (users, disabled) = (cx.args.flag("include_users"), cx.args.flag("include_disabled"));
    let counted = cx.args.flag("include_count");
    let groups = cx.state.groups.values().filter(|g| disabled || !g.disabled);
    let groups: Vec<Value> = groups
        .map(|g| {
            let mut shown = cx.state.group_json(g, users);
            if !counted && let Some(map) = shown.as_object_mut() {
                map.remove("user_count");
            }
            shown
        })
        .collect();
    Ok(json!({"usergroups": groups}))
}

pub(super) fn usergroups_users_list(cx: &mut Cx<'_>) -> Result<Value, Refusal> {
    let id = cx.need("usergroup")?;
    let group = cx.state.groups.get(&id).ok_or("no_such_subteam")?;
    Ok(json!({"users": group.users}))
}

pub(super) fn usergroups_users_update(cx: &mut Cx<'_>) -> Result<Value, Refusal> {
    let id = cx.need("usergroup")?;
    if !cx.state.groups.contains_key(&id) {
        return Err("no_such_subteam".into());
    }
    let mut users: Vec<String> = Vec::new();
    for user in cx.args.list("users") {
        if !users.contains(&user) {
            users.push(user);
        }
    }
    let me = cx.me();
    cx.state.set_group_users(&id, users, &me)?;
    let group = cx.state.groups.get(&id).ok_or("no_such_subteam")?;
    let mut out = Map::new();
    out.insert("usergroup".to_owned(), cx.state.group_json(group, true));
    Ok(Value::Object(out))
}
