//! Submitting and closing modals, and doing what the app answers.

use serde_json::{Map, Value, json};

use super::super::blockkit::{self, ViewKind};
use super::super::delivery::Asking;
use super::super::forms::{self, Form};
use super::super::state::SimState;
use super::{Actor, UserError};

/// What Slack shows when an app does not answer a submission, or answers nonsense.
const TROUBLE: &str = "We had some trouble connecting. Try again?";

impl Actor {
    /// The modal on top of this person's stack.
    fn top(&self, state: &SimState) -> Result<String, UserError> {
        let top = state.stacks.get(&self.user).and_then(|s| s.last());
        top.cloned().ok_or_else(|| UserError::new("There is no modal open."))
    }

    /// Fills the modal on top and submits it. `Ok` says what was wrong by block id; empty when it was taken.
    pub async fn submit(&self, form: &Form) -> Result<Map<String, Value>, UserError> {
        let (id, values) = self.sim.read(|state| {
            let id = self.top(state)?;
            let view = &state.views[&id];
            let mut values = view.values.clone();
            for (block, elements) in form.values(view.blocks()).map_err(UserError)? {
                let entry = values.entry(block).or_insert_with(|| json!({}));
                for (action, value) in elements.as_object().into_iter().flatten() {
                    entry[action] = value.clone();
                }
            }
            Ok::<_, UserError>((id, values))
        })?;
        self.submit_values(&id, &values).await
    }

    /// Submits a modal with these values (`{block_id:{action_id:{…}}}`).
    pub async fn submit_values(
        &self,
        view_id: &str,
        typed: &Map<String, Value>,
    ) -> Result<Map<String, Value>, UserError> {
        let payload = self.sim.change(|state| {
            let view =
                state.views.get_mut(view_id).filter(|v| v.user == self.user).ok_or("view_not_found")?;
            view.values.clone_from(typed);
            view.errors.clear();
            let values = forms::values_of(view.blocks(), &view.values);
            let errors = forms::submit_errors(view.blocks(), &values);
            if !errors.is_empty() {
                state.show_view_errors(view_id, errors.clone());
                return Ok(Err(errors));
            }
            let mut payload = self.frame(state, "view_submission");
            payload["trigger_id"] = json!(state.new_trigger(&self.user, Some(view_id)));
            payload["view"] = state.views.get(view_id).map_or(Value::Null, |v| state.view_json(v));
            payload["response_urls"] = self.response_urls(state, view_id);
            Ok::<_, UserError>(Ok(payload))
        })?;
        let payload = match payload {
            Ok(payload) => payload,
            Err(errors) => return Ok(errors),
        };
        let answer =
            self.sim.ask(Asking::Interaction, payload).await.map_err(|f| self.failed("Submitting", f))?;
        self.sim.change(|state| self.apply(state, view_id, &answer)).map_err(|why| {
            let text = format!("{TROUBLE} ({why})");
            self.note(&text);
            UserError(text)
        })
    }

    /// For each select with `response_url_enabled`: where the app may answer.
    fn response_urls(&self, state: &mut SimState, view_id: &str) -> Value {
        let Some(view) = state.views.get(view_id) else { return json!([]) };
        let values = forms::values_of(view.blocks(), &view.values);
        let mut wanted = Vec::new();
        for block in view
            .blocks()
            .iter()
            .filter(|b| b["type"] == "input" && b["element"]["response_url_enabled"] == true)
        {
            let (block_id, action_id) = (block["block_id"].clone(), block["element"]["action_id"].clone());
            let value =
                &values[block_id.as_str().unwrap_or_default()][action_id.as_str().unwrap_or_default()];
            let channel = value["selected_conversation"].as_str().or(value["selected_channel"].as_str());
            if let Some(channel) = channel {
                wanted.push((block_id, action_id, channel.to_owned()));
            }
        }
        let mut out = Vec::new();
        for (block_id, action_id, channel) in wanted {
            let source = super::super::state::ResponseUrlSource::Command;
            let url = state.new_response_url(&self.user, &channel, None, source);
            out.push(json!({"block_id": block_id, "action_id": action_id, "channel_id": channel, "response_url": url}));
        }
        Value::Array(out)
    }

    /// Does what the app answered to a submission (DOC surfaces/modals, response_action).
    fn apply(
        &self,
        state: &mut SimState,
        view_id: &str,
        answer: &Value,
    ) -> Result<Map<String, Value>, String> {
        let none = Map::new();
        let view_of = |kind: &str| {
            let view = answer.get("view").ok_or(format!("the app answered {kind} without a view"))?;
            blockkit::check_view(view, ViewKind::Modal).map_err(|faults| faults.join("; "))?;
            view.as_object().cloned().ok_or_else(|| "the view is no object".to_owned())
        };
        match answer["response_action"].as_str() {
            None if answer.is_null() || answer.as_object().is_some_and(Map::is_empty) => {
                // The app may have updated or closed the stack meanwhile; only this view goes.
                if state.stacks.get(&self.user).and_then(|s| s.last()).is_some_and(|top| top == view_id) {
                    state.close_views(&self.user, false);
                }
                Ok(none)
            }
            Some("clear") => {
                state.close_views(&self.user, true);
                Ok(none)
            }
            Some("errors") => {
                let errors = answer["errors"].as_object().cloned().unwrap_or_default();
                let view = state.views.get(view_id).ok_or("the modal is gone")?;
                let is_input = |id: &String| {
                    view.blocks().iter().any(|b| b["type"] == "input" && b["block_id"] == id.as_str())
                };
                if errors.is_empty() || !errors.keys().all(is_input) {
                    let keys: Vec<&str> = errors.keys().map(String::as_str).collect();
                    return Err(format!("errors must name input blocks of the view, not {keys:?}"));
                }
                if !errors.values().all(Value::is_string) {
                    return Err("errors must be texts".to_owned());
                }
                state.show_view_errors(view_id, errors.clone());
                Ok(errors)
            }
            Some("update") => {
                let view = view_of("update")?;
                state.update_view(view_id, &view, None).map_err(str::to_owned)?;
                Ok(none)
            }
            Some("push") => {
                let view = view_of("push")?;
                state.push_view(&self.user, &view).map_err(str::to_owned)?;
                Ok(none)
            }
            other => Err(format!("the app answered the response_action {other:?}")),
        }
    }

    /// Closes the modal on top, or all of them (the X); the app hears of it where it asked to (`notify_on_close`).
    pub async fn close(&self, all: bool) -> Result<(), UserError> {
        let closed = self.sim.change(|state| {
            self.top(state)?;
            let closed = state.close_views(&self.user, all);
            let told = closed.iter().filter(|v| v.notify_on_close());
            let payloads: Vec<Value> = told
                .map(|view| {
                    let mut payload = self.frame(state, "view_closed");
                    payload["view"] = state.view_json(view);
                    payload["is_cleared"] = json!(all);
                    payload
                })
                .collect();
            Ok::<_, UserError>(payloads)
        })?;
        for payload in closed {
            // The person sees nothing of a failure here: the modal is closed either way.
            let _ = self.sim.ask(Asking::Interaction, payload).await;
        }
        Ok(())
    }
}
