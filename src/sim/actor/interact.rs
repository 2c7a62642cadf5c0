//! Commands, clicks, shortcuts, suggestions: what the app has three seconds to answer.

use serde_json::{Map, Value, json};

use super::super::api::apply_response;
use super::super::delivery::Asking;
use super::super::forms;
use super::super::state::{Kind, ResponseUrl, ResponseUrlSource, SimState};
use super::{Actor, At, Choice, UserError};

impl Actor {
    fn shown_channel_name(state: &SimState, channel: &str) -> String {
        state.channels.get(channel).map_or_else(String::new, |c| match c.kind {
            Kind::Im => "directmessage".to_owned(),
            Kind::Private => "privategroup".to_owned(),
            _ => c.name.clone(),
        })
    }

    /// Types a slash command: `/word and the rest`.
    pub async fn command(&self, channel: &str, typed: &str) -> Result<(), UserError> {
        let (word, text) = typed.trim().split_once(char::is_whitespace).unwrap_or((typed.trim(), ""));
        let (payload, url) = self.sim.change(|state| -> Result<_, UserError> {
            let id = self.own_channel(state, channel)?;
            let Some(command) = state.app.manifest.command(word) else {
                let text = format!("{word} is not a valid command.");
                state.note_toast(&self.user, true, &text);
                return Err(UserError(text));
            };
            let escape = command["should_escape"] == true;
            let text = if escape { super::super::state::to_command_text(state, text.trim()) } else { text.trim().to_owned() };
            let trigger = state.new_trigger(&self.user, None);
            let url = state.new_response_url(&self.user, &id, None, ResponseUrlSource::Command);
            let name = state.users.get(&self.user).map(|u| u.name.clone()).unwrap_or_default();
            let answer_to = ResponseUrl {
                user: self.user.clone(),
                channel: id.clone(),
                thread_ts: None,
                source: ResponseUrlSource::Command,
                created_ms: state.now_ms,
                uses: 0,
            };
            let payload = json!({
                "token": "sim-verification-token", "team_id": state.workspace.id, "team_domain": state.workspace.domain,
                "channel_id": id, "channel_name": Self::shown_channel_name(state, &id),
                "user_id": self.user, "user_name": name, "command": word, "text": text, "api_app_id": state.app.id,
                "is_enterprise_install": "false", "response_url": url, "trigger_id": trigger,
            });
            Ok((payload, answer_to))
        })?;
        let answer = self.sim.ask(Asking::Command, payload).await.map_err(|f| self.failed(word, f))?;
        let message = match answer {
            Value::String(text) if !text.trim().is_empty() => json!({"text": text}),
            Value::Object(map) if !map.is_empty() => Value::Object(map),
            _ => return Ok(()),
        };
        let applied = self.sim.change(|state| apply_response(state, &url, &message));
        applied.map_err(|refusal| {
            let text = format!("{word} failed: the app's answer is refused ({}).", refusal.code());
            self.note(&text);
            UserError(text)
        })
    }

    /// Clicks a button by its label or id.
    pub async fn click(&self, at: &At, button: &str) -> Result<(), UserError> {
        self.act(at, Choice::button(button)).await
    }

    /// Uses an element: clicks, selects, picks.
    pub async fn act(&self, at: &At, choice: Choice) -> Result<(), UserError> {
        let payload = self.sim.change(|state| {
            let place = self.place(state, at)?;
            let (block, element) = find(&place.blocks, &choice.element).ok_or_else(|| {
                UserError::new(format!("There is no \"{}\" to click here.", choice.element))
            })?;
            let mut action = action_of(&block, &element, choice.value.as_ref())?;
            action["action_ts"] = json!(state.new_ts());
            Ok::<_, UserError>(self.block_actions(state, at, &place, action, choice.state.clone()))
        })?;
        let what = "That action";
        self.sim.ask(Asking::Interaction, payload).await.map_err(|f| self.failed(what, f))?;
        Ok(())
    }

    /// The same with the action as the page made it (type, ids and what was chosen).
    pub(in crate::sim) async fn act_raw(
        &self,
        at: &At,
        block_id: &str,
        given: &Value,
        inputs: Option<Value>,
    ) -> Result<(), UserError> {
        let payload = self.sim.change(|state| {
            let place = self.place(state, at)?;
            let action_id = given["action_id"].as_str().unwrap_or_default();
            let in_block = |b: &&Value| b["block_id"] == block_id;
            let block = place.blocks.iter().find(in_block).cloned();
            let element = block.as_ref().and_then(|b| {
                forms::elements_of(b).into_iter().find(|e| e["action_id"] == action_id).cloned()
            });
            let (Some(block), Some(element)) = (block, element) else {
                return Err(UserError::new("This is no longer there to click."));
            };
            let mut action = given.as_object().cloned().unwrap_or_default();
            for key in ["text", "value", "style", "placeholder", "confirm"] {
                if let Some(value) = element.get(key) {
                    action.entry(key).or_insert_with(|| value.clone());
                }
            }
            action.insert("type".to_owned(), element["type"].clone());
            action.insert("block_id".to_owned(), block["block_id"].clone());
            action.insert("action_ts".to_owned(), json!(state.new_ts()));
            let inputs = inputs.map(|i| i.get("values").cloned().unwrap_or(i));
            Ok(self.block_actions(state, at, &place, Value::Object(action), inputs))
        })?;
        self.sim.ask(Asking::Interaction, payload).await.map_err(|f| self.failed("That action", f))?;
        Ok(())
    }

    fn place(&self, state: &SimState, at: &At) -> Result<Place, UserError> {
        match at {
            At::Message { channel, ts } => {
                let id = self.seen_channel(state, channel)?;
                let message = state.message(&id, ts).filter(|m| !m.deleted).ok_or("message_not_found")?;
                Ok(Place {
                    blocks: message.all_blocks().cloned().collect(),
                    typed: message.inputs.clone(),
                    thread_ts: message.thread_ts.clone(),
                    channel: Some(id),
                })
            }
            At::Ephemeral { channel, ts } => {
                let id = self.seen_channel(state, channel)?;
                let held = state.channels.get(&id).map_or(&[][..], |c| c.ephemerals.as_slice());
                let found = held
                    .iter()
                    .find(|e| e.message.ts == *ts && e.to == self.user)
                    .ok_or("message_not_found")?;
                Ok(Place {
                    blocks: found.message.all_blocks().cloned().collect(),
                    typed: found.message.inputs.clone(),
                    thread_ts: found.message.thread_ts.clone(),
                    channel: Some(id),
                })
            }
            At::View(id) => {
                let view = state.views.get(id).filter(|v| v.user == self.user).ok_or("view_not_found")?;
                Ok(Place {
                    blocks: view.blocks().to_vec(),
                    typed: view.values.clone(),
                    thread_ts: None,
                    channel: None,
                })
            }
            At::Home => {
                let view = state.home(&self.user).ok_or("there is no home tab yet")?;
                Ok(Place {
                    blocks: view.blocks().to_vec(),
                    typed: view.values.clone(),
                    thread_ts: None,
                    channel: None,
                })
            }
        }
    }

    /// Remembers what was chosen, as Slack does, so that `state.values` is whole at the next click.
    fn remember(&self, state: &mut SimState, at: &At, typed: &Map<String, Value>) {
        match at {
            At::Message { channel, ts } => {
                let id = state.channel_id(channel).unwrap_or_default();
                if let Some(message) = state.channels.get_mut(&id).and_then(|c| c.messages.get_mut(ts)) {
                    message.inputs.clone_from(typed);
                }
            }
            At::Ephemeral { channel, ts } => {
                let id = state.channel_id(channel).unwrap_or_default();
                let held = state
                    .channels
                    .get_mut(&id)
                    .and_then(|c| c.ephemerals.iter_mut().find(|e| e.message.ts == *ts));
                if let Some(held) = held {
                    held.message.inputs.clone_from(typed);
                }
            }
            At::View(id) => {
                if let Some(view) = state.views.get_mut(id) {
                    view.values.clone_from(typed);
                }
            }
            At::Home => {
                let id = state.homes.get(&self.user).cloned().unwrap_or_default();
                if let Some(view) = state.views.get_mut(&id) {
                    view.values.clone_from(typed);
                }
            }
        }
    }

    fn block_actions(
        &self,
        state: &mut SimState,
        at: &At,
        place: &Place,
        action: Value,
        inputs: Option<Value>,
    ) -> Value {
        let mut typed = place.typed.clone();
        if let Some(Value::Object(given)) = inputs {
            for (block, values) in given {
                typed.insert(block, values);
            }
        }
        let kind = action["type"].as_str().unwrap_or_default();
        if let (Some(key), Some(block)) = (forms::value_key(kind), action["block_id"].as_str())
            && let Some(value) = action.get(key)
            && let Some(id) = action["action_id"].as_str()
        {
            let entry = typed.entry(block.to_owned()).or_insert_with(|| json!({}));
            entry[id] = json!({"type": kind, key: value});
        }
        self.remember(state, at, &typed);
        let values = forms::values_of(&place.blocks, &typed);
        let mut payload = self.frame(state, "block_actions");
        let view_id = match at {
            At::View(id) => Some(id.clone()),
            At::Home => state.homes.get(&self.user).cloned(),
            _ => None,
        };
        payload["trigger_id"] = json!(state.new_trigger(&self.user, view_id.as_deref()));
        self.place_fields(state, at, place, &mut payload);
        if view_id.is_none() {
            payload["state"] = json!({"values": values});
        }
        payload["actions"] = json!([action]);
        payload
    }

    /// `container`, and `channel`+`message`+`response_url` or `view`.
    fn place_fields(&self, state: &mut SimState, at: &At, place: &Place, payload: &mut Value) {
        let view_id = match at {
            At::View(id) => Some(id.clone()),
            At::Home => state.homes.get(&self.user).cloned(),
            At::Message { .. } | At::Ephemeral { .. } => None,
        };
        if let Some(view_id) = view_id {
            payload["container"] = json!({"type": "view", "view_id": view_id});
            payload["view"] = state.views.get(&view_id).map_or(Value::Null, |v| state.view_json(v));
            return;
        }
        let (At::Message { ts, .. } | At::Ephemeral { ts, .. }) = at else { return };
        let Some(channel) = place.channel.clone() else { return };
        let ephemeral = matches!(at, At::Ephemeral { .. });
        let mut container =
            json!({"type": "message", "message_ts": ts, "channel_id": channel, "is_ephemeral": ephemeral});
        if let Some(root) = &place.thread_ts {
            container["thread_ts"] = json!(root);
        }
        payload["container"] = container;
        payload["channel"] = json!({"id": channel, "name": Self::shown_channel_name(state, &channel)});
        let source = if ephemeral {
            ResponseUrlSource::Ephemeral { ts: ts.clone() }
        } else {
            payload["message"] = state.message_json(&channel, ts, true);
            ResponseUrlSource::Message { ts: ts.clone() }
        };
        // The root of a thread stands in the channel, and so does the answer to its buttons (bolt-js#963).
        let root = place.thread_ts.clone().filter(|root| root != ts);
        payload["response_url"] = json!(state.new_response_url(&self.user, &channel, root, source));
    }

    /// Uses a global shortcut.
    pub async fn shortcut(&self, callback_id: &str) -> Result<(), UserError> {
        let payload = self.sim.change(|state| {
            let mut payload = self.frame(state, "shortcut");
            payload["callback_id"] = json!(callback_id);
            payload["action_ts"] = json!(state.new_ts());
            payload["trigger_id"] = json!(state.new_trigger(&self.user, None));
            payload
        });
        self.sim.ask(Asking::Interaction, payload).await.map_err(|f| self.failed("That shortcut", f))?;
        Ok(())
    }

    /// Uses a message shortcut.
    pub async fn message_action(&self, callback_id: &str, channel: &str, ts: &str) -> Result<(), UserError> {
        let payload = self.sim.change(|state| {
            let id = self.own_channel(state, channel)?;
            let root = state.message(&id, ts).ok_or("message_not_found")?.thread_ts.clone();
            let mut payload = self.frame(state, "message_action");
            payload["callback_id"] = json!(callback_id);
            payload["action_ts"] = json!(state.new_ts());
            payload["trigger_id"] = json!(state.new_trigger(&self.user, None));
            payload["channel"] = json!({"id": id, "name": Self::shown_channel_name(state, &id)});
            payload["message_ts"] = json!(ts);
            payload["message"] = state.message_json(&id, ts, true);
            payload["response_url"] =
                json!(state.new_response_url(&self.user, &id, root, ResponseUrlSource::Command));
            Ok::<_, UserError>(payload)
        })?;
        self.sim.ask(Asking::Interaction, payload).await.map_err(|f| self.failed("That shortcut", f))?;
        Ok(())
    }

    /// Types into an external select; the app's options, `{options}` or `{option_groups}`.
    pub async fn suggest(&self, at: &At, element: &str, typed: &str) -> Result<Value, UserError> {
        let payload = self.sim.change(|state| {
            let place = self.place(state, at)?;
            let (block, element) = find(&place.blocks, element)
                .ok_or_else(|| UserError::new(format!("There is no \"{element}\" here.")))?;
            let mut payload = self.frame(state, "block_suggestion");
            payload["action_id"] = element["action_id"].clone();
            payload["block_id"] = block["block_id"].clone();
            payload["value"] = json!(typed);
            self.place_fields(state, at, &place, &mut payload);
            if let Some(map) = payload.as_object_mut() {
                map.remove("response_url");
            }
            Ok::<_, UserError>(payload)
        })?;
        let answer = self
            .sim
            .ask(Asking::Options, payload)
            .await
            .map_err(|f| self.failed("Loading the options", f))?;
        let good = super::super::blockkit::check_suggestions(&answer);
        good.map_err(|faults| {
            let text = format!("The app's options are refused: {}", faults.join("; "));
            self.note(&text);
            UserError(text)
        })?;
        Ok(answer)
    }
}

struct Place {
    blocks: Vec<Value>,
    typed: Map<String, Value>,
    thread_ts: Option<String>,
    channel: Option<String>,
}

/// The element of that `block_id/action_id`, label, action id, block id or value.
fn find(blocks: &[Value], wanted: &str) -> Option<(Value, Value)> {
    let all = || blocks.iter().flat_map(|b| forms::elements_of(b).into_iter().map(move |e| (b, e)));
    let by = |hit: &dyn Fn(&Value, &Value) -> bool| {
        all().find(|(b, e)| hit(b, e)).map(|(b, e)| (b.clone(), e.clone()))
    };
    let exact = |b: &Value, e: &Value| {
        let (block, action) =
            (b["block_id"].as_str().unwrap_or_default(), e["action_id"].as_str().unwrap_or_default());
        wanted.strip_prefix(block).and_then(|rest| rest.strip_prefix('/')) == Some(action)
    };
    by(&exact)
        .or_else(|| by(&|_, e| e["text"]["text"] == wanted))
        .or_else(|| by(&|_, e| e["action_id"] == wanted))
        .or_else(|| by(&|b, _| b["block_id"] == wanted))
        .or_else(|| by(&|_, e| e["value"] == wanted))
        .or_else(|| by(&|_, e| e["placeholder"]["text"] == wanted))
}

/// The entry of `actions` for an element and what was chosen in it.
fn action_of(block: &Value, element: &Value, value: Option<&Value>) -> Result<Value, UserError> {
    let kind = element["type"].as_str().unwrap_or_default();
    let mut action = json!({"type": kind, "action_id": element["action_id"], "block_id": block["block_id"]});
    for key in ["text", "value", "style", "placeholder", "confirm"] {
        if let Some(held) = element.get(key) {
            action[key] = held.clone();
        }
    }
    match (kind, value) {
        ("button" | "workflow_button" | "icon_button", _) => {}
        ("overflow", Some(wanted)) => {
            action["selected_option"] = forms::option(element, wanted).map_err(UserError)?;
        }
        (_, Some(wanted)) => {
            let form =
                forms::Form::new().set(element["action_id"].as_str().unwrap_or_default(), wanted.clone());
            let values = form.values(std::slice::from_ref(block)).map_err(UserError)?;
            let held =
                values.values().next().and_then(|v| v.get(element["action_id"].as_str().unwrap_or_default()));
            for (key, value) in held.and_then(Value::as_object).into_iter().flatten() {
                action[key] = value.clone();
            }
        }
        (_, None) => return Err(UserError::new(format!("A {kind} needs a value to be chosen."))),
    }
    Ok(action)
}
