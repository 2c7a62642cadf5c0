//! What the page asks for: one arm each.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::super::actor::{Actor, At};
use super::super::core::Sim;
use super::look;
use crate::limits;

/// Does one request for `me`; an error is a sentence.
pub(super) async fn ask(sim: &Sim, me: &str, request: &Value) -> Result<Value, String> {
    let actor = sim.actor(me).map_err(|e| e.0)?;
    let text = |key: &str| request[key].as_str().unwrap_or_default();
    let (channel, ts) = (text("channel"), text("ts"));
    let gone = || "There is no such channel for you.".to_owned();
    let done =
        |result: Result<(), super::super::actor::UserError>| result.map(|()| json!({})).map_err(|e| e.0);
    match text("do") {
        "history" => {
            let limit = request["limit"].as_u64().and_then(|n| usize::try_from(n).ok()).unwrap_or(50);
            let limit = limit.clamp(1, limits::SIM_PAGE_MESSAGES);
            sim.read(|s| look::history(s, me, channel, request["before"].as_str(), limit)).ok_or_else(gone)
        }
        "replies" => sim.read(|s| look::replies(s, me, channel, ts)).ok_or_else(gone),
        "pins" => sim.read(|s| look::pins(s, me, channel)).ok_or_else(gone),
        "search" => Ok(sim.read(|s| look::search(s, me, text("text")))),
        "post" => {
            let posted = actor.say_formatted(
                channel,
                text("text"),
                request["thread_ts"].as_str(),
                request["broadcast"] == true,
            );
            posted.map(|ts| json!({"ts": ts})).map_err(|e| e.0)
        }
        "edit" => done(actor.edit_formatted(channel, ts, text("text"))),
        "delete" => done(actor.delete(channel, ts)),
        "react" => done(actor.react(channel, ts, text("name"))),
        "pin" => done(actor.pin(channel, ts)),
        "read" => done(actor.read(channel, ts)),
        "dismiss" => done(actor.dismiss(channel, ts)),
        "command" => {
            // Answered at once: what goes wrong later comes as a toast.
            let (actor, channel, typed) = (actor.clone(), channel.to_owned(), text("text").to_owned());
            tokio::spawn(async move {
                if let Err(error) = actor.command(&channel, &typed).await {
                    actor.show_toast(&error.0);
                }
            });
            Ok(json!({}))
        }
        "action" => action(&actor, request).await,
        "suggest" => {
            let element = format!("{}/{}", text("block_id"), text("action_id"));
            actor.suggest(&place(&actor, request), &element, text("value")).await.map_err(|e| e.0)
        }
        "shortcut" if ts.is_empty() => done(actor.shortcut(text("callback_id")).await),
        "shortcut" => done(actor.message_action(text("callback_id"), channel, ts).await),
        "view_submit" => {
            let values = request["values"].as_object().cloned().unwrap_or_default();
            let errors = actor.submit_values(text("view_id"), &values).await.map_err(|e| e.0)?;
            Ok(if errors.is_empty() { json!({}) } else { json!({"errors": errors}) })
        }
        "view_close" => done(actor.close(request["all"] == true).await),
        "home_opened" => done(actor.open_home()),
        "create_channel" => {
            let made = actor.create_channel(text("name"), request["private"] == true);
            made.map(|id| json!({"channel": id})).map_err(|e| e.0)
        }
        "open_dm" => {
            let users: Vec<&str> =
                request["users"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            actor.open_direct(&users).map(|id| json!({"channel": id})).map_err(|e| e.0)
        }
        "join" => actor.join(channel).map(|()| json!({"channel": channel})).map_err(|e| e.0),
        "leave" => done(actor.leave(channel)),
        "invite" => {
            for user in request["users"].as_array().into_iter().flatten().filter_map(Value::as_str) {
                actor.invite(channel, user).map_err(|e| e.0)?;
            }
            Ok(json!({}))
        }
        "archive" => done(actor.archive(channel)),
        "unarchive" => done(actor.unarchive(channel)),
        "rename" => done(actor.rename(channel, text("name"))),
        "set_topic" => done(actor.set_topic(channel, text("topic"))),
        "upload" => upload(&actor, request),
        "panel" => sim.press_panel(text("name")).await.map(|note| json!({"note": note})),
        other => Err(format!("This Slack cannot \"{other}\".")),
    }
}

/// Where an action or suggestion belongs.
fn place(actor: &Actor, request: &Value) -> At {
    if let Some(view) = request["view_id"].as_str() {
        let home = actor.sim().read(|s| s.homes.get(actor.id()).is_some_and(|id| id == view));
        return if home { At::Home } else { At::View(view.to_owned()) };
    }
    let (channel, ts) =
        (request["channel"].as_str().unwrap_or_default(), request["ts"].as_str().unwrap_or_default());
    if request["ephemeral"] == true { At::ephemeral(channel, ts) } else { At::message(channel, ts) }
}

async fn action(actor: &Actor, request: &Value) -> Result<Value, String> {
    let given = &request["action"];
    if given["legacy"] == true {
        return Err("Legacy attachment buttons are not simulated.".to_owned());
    }
    let inputs = request.get("state").filter(|s| s.is_object()).cloned();
    let block_id = request["block_id"].as_str().unwrap_or_default();
    let acted = actor.act_raw(&place(actor, request), block_id, given, inputs).await;
    acted.map(|()| Value::Object(Map::new())).map_err(|e| e.0)
}

fn upload(actor: &Actor, request: &Value) -> Result<Value, String> {
    let text = |key: &str| request[key].as_str().unwrap_or_default();
    let bytes =
        STANDARD.decode(text("content_base64")).map_err(|_| "The file did not arrive whole.".to_owned())?;
    let (name, mimetype) = (text("name"), request["mimetype"].as_str());
    let length = bytes.len();
    match request["channel"].as_str() {
        Some(channel) => {
            let sent =
                actor.upload(channel, request["thread_ts"].as_str(), name, mimetype, bytes, text("text"));
            sent.map(|ts| json!({"ts": ts})).map_err(|e| e.0)
        }
        None => {
            let id = actor.upload_file(name, mimetype, bytes).map_err(|e| e.0)?;
            Ok(json!({"file": {"id": id, "name": name, "mimetype": mimetype, "size": length}}))
        }
    }
}
