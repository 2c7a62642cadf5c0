//! Modals in a stack of three, and the App Home.

use serde_json::{Map, Value, json};

use super::{Change, Code, SimState};
use crate::limits;

/// Where a view is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Surface {
    Modal,
    Home,
}

/// A modal or a home tab, as one person has it.
#[derive(Clone, Debug, PartialEq)]
pub struct View {
    pub id: String,
    pub user: String,
    pub surface: Surface,
    /// What the app sent, with block ids filled in.
    pub body: Map<String, Value>,
    pub hash: String,
    pub root_view_id: String,
    pub previous_view_id: Option<String>,
    /// What the person typed and chose: `{block_id:{action_id:{…}}}`.
    pub values: Map<String, Value>,
    /// The errors shown under inputs: `{block_id: text}`.
    pub errors: Map<String, Value>,
}

impl View {
    pub fn blocks(&self) -> &[Value] {
        self.body.get("blocks").and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    fn string(&self, key: &str) -> &str {
        self.body.get(key).and_then(Value::as_str).unwrap_or_default()
    }

    pub fn callback_id(&self) -> &str {
        self.string("callback_id")
    }

    pub fn private_metadata(&self) -> &str {
        self.string("private_metadata")
    }

    pub fn external_id(&self) -> &str {
        self.string("external_id")
    }

    pub fn title(&self) -> &str {
        self.body.get("title").and_then(|t| t["text"].as_str()).unwrap_or_default()
    }

    pub fn notify_on_close(&self) -> bool {
        self.body.get("notify_on_close").and_then(Value::as_bool).unwrap_or(false)
    }
}

impl SimState {
    /// A view as payloads and answers show it.
    pub fn view_json(&self, view: &View) -> Value {
        let field = |key: &str, default: Value| view.body.get(key).cloned().unwrap_or(default);
        json!({
            "id": view.id, "team_id": self.workspace.id, "type": field("type", Value::Null),
            "blocks": view.blocks(), "private_metadata": field("private_metadata", json!("")),
            "callback_id": field("callback_id", json!("")), "state": {"values": crate::sim::forms::values_of(view.blocks(), &view.values)},
            "hash": view.hash, "title": field("title", json!({"type": "plain_text", "text": "View Title", "emoji": true})),
            "clear_on_close": field("clear_on_close", json!(false)), "notify_on_close": field("notify_on_close", json!(false)),
            "close": field("close", Value::Null), "submit": field("submit", Value::Null),
            "previous_view_id": view.previous_view_id, "root_view_id": view.root_view_id,
            "app_id": self.app.id, "external_id": field("external_id", json!("")),
            "app_installed_team_id": self.workspace.id, "bot_id": self.app.bot_id,
        })
    }

    fn new_hash(&mut self) -> String {
        format!("{}.{}", self.now_s(), self.new_id("h").to_lowercase())
    }

    fn body_of(&mut self, view: &Map<String, Value>) -> Map<String, Value> {
        let mut body = view.clone();
        if let Some(Value::Array(blocks)) = body.get_mut("blocks") {
            let mut taken = std::mem::take(blocks);
            self.name_blocks(&mut taken);
            body.insert("blocks".to_owned(), Value::Array(taken));
        }
        body
    }

    fn check_external_id(&self, view: &Map<String, Value>, except: Option<&str>) -> Result<(), Code> {
        let id = view.get("external_id").and_then(Value::as_str).unwrap_or_default();
        let taken = !id.is_empty()
            && self.views.values().any(|v| v.external_id() == id && Some(v.id.as_str()) != except);
        if taken { Err("duplicate_external_id") } else { Ok(()) }
    }

    /// Opens a modal: the person's stack starts anew.
    pub fn open_view(&mut self, user: &str, view: &Map<String, Value>) -> Result<String, Code> {
        self.check_external_id(view, None)?;
        for old in self.stacks.remove(user).unwrap_or_default() {
            self.views.remove(&old);
        }
        let id = self.insert_view(user, view, Surface::Modal, None);
        self.stacks.insert(user.to_owned(), vec![id.clone()]);
        self.record(Change::Views { user: user.to_owned() });
        Ok(id)
    }

    /// Puts a modal on top of the person's stack.
    pub fn push_view(&mut self, user: &str, view: &Map<String, Value>) -> Result<String, Code> {
        self.check_external_id(view, None)?;
        let stack = self.stacks.get(user).filter(|s| !s.is_empty()).ok_or("not_found")?;
        if stack.len() >= limits::SIM_MODAL_STACK {
            return Err("push_limit_reached");
        }
        let top = stack.last().cloned();
        let id = self.insert_view(user, view, Surface::Modal, top);
        self.stacks.entry(user.to_owned()).or_default().push(id.clone());
        self.record(Change::Views { user: user.to_owned() });
        Ok(id)
    }

    fn insert_view(
        &mut self,
        user: &str,
        view: &Map<String, Value>,
        surface: Surface,
        previous: Option<String>,
    ) -> String {
        let id = self.new_id("V");
        let root = previous
            .as_ref()
            .and_then(|p| self.views.get(p))
            .map_or_else(|| id.clone(), |v| v.root_view_id.clone());
        let view = View {
            id: id.clone(),
            user: user.to_owned(),
            surface,
            body: self.body_of(view),
            hash: self.new_hash(),
            root_view_id: root,
            previous_view_id: previous,
            values: Map::new(),
            errors: Map::new(),
        };
        self.views.insert(id.clone(), view);
        id
    }

    /// Replaces a view's content. What was typed stays where block and action ids stay.
    pub fn update_view(
        &mut self,
        id: &str,
        view: &Map<String, Value>,
        hash: Option<&str>,
    ) -> Result<(), Code> {
        let old = self.views.get(id).ok_or("not_found")?;
        if hash.is_some_and(|h| h != old.hash) {
            return Err("hash_conflict");
        }
        if view.get("type") != old.body.get("type") {
            return Err("invalid_arguments");
        }
        self.check_external_id(view, Some(id))?;
        let (body, hash) = (self.body_of(view), self.new_hash());
        let view = self.views.get_mut(id).ok_or("not_found")?;
        view.body = body;
        view.hash = hash;
        view.errors.clear();
        let kept = crate::sim::forms::kept_values(view.blocks(), &view.values);
        view.values = kept;
        let (user, surface) = (view.user.clone(), view.surface);
        self.record(match surface {
            Surface::Modal => Change::Views { user },
            Surface::Home => Change::Home { user },
        });
        Ok(())
    }

    /// Publishes a person's App Home.
    pub fn publish_home(
        &mut self,
        user: &str,
        view: &Map<String, Value>,
        hash: Option<&str>,
    ) -> Result<String, Code> {
        if let Some(id) = self.homes.get(user).cloned() {
            self.update_view(&id, view, hash)?;
            return Ok(id);
        }
        self.check_external_id(view, None)?;
        let id = self.insert_view(user, view, Surface::Home, None);
        self.homes.insert(user.to_owned(), id.clone());
        self.record(Change::Home { user: user.to_owned() });
        Ok(id)
    }

    /// Takes the top modal away, or all of them; returns the views that were closed, the top one first.
    pub fn close_views(&mut self, user: &str, all: bool) -> Vec<View> {
        let Some(stack) = self.stacks.get_mut(user) else { return Vec::new() };
        let keep = if all { 0 } else { stack.len().saturating_sub(1) };
        let closed = stack.split_off(keep);
        if stack.is_empty() {
            self.stacks.remove(user);
        }
        let closed = closed.iter().rev().filter_map(|id| self.views.remove(id)).collect();
        self.record(Change::Views { user: user.to_owned() });
        closed
    }

    /// The person looks at the app's home tab.
    pub fn open_home(&mut self, user: &str, channel: &str) {
        self.record(Change::HomeOpened { user: user.to_owned(), channel: channel.to_owned() });
    }

    /// Shows errors under the inputs of a modal.
    pub fn show_view_errors(&mut self, id: &str, errors: Map<String, Value>) {
        if let Some(view) = self.views.get_mut(id) {
            view.errors.clone_from(&errors);
            let user = view.user.clone();
            self.record(Change::ViewErrors { user, view: id.to_owned(), errors: Value::Object(errors) });
        }
    }
}
