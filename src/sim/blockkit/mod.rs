//! Block Kit, as strict as Slack: counts, lengths, nesting, unknown keys, ids that are there twice
//! (DOC reference/block-kit). [`schema`] is the table, `check` walks it.

mod check;
mod metadata;
mod rules;
mod schema;

pub(super) use metadata::check_metadata;

use serde_json::Value;

use check::{Checker, Surface};

/// Blocks in a message.
const MESSAGE_BLOCKS: usize = 50;
/// Blocks in a modal or home tab.
const VIEW_BLOCKS: usize = 100;

/// Which views a method takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ViewKind {
    Modal,
    Home,
    Any,
}

/// Checks the blocks of a message; the refusals name their place by JSON pointer.
pub(super) fn check_message(blocks: &[Value], path: &str) -> Result<(), Vec<String>> {
    let mut checker = Checker::new(Surface::Message);
    checker.blocks(blocks, path, MESSAGE_BLOCKS);
    checker.done()
}

/// Checks a modal or home tab.
pub(super) fn check_view(view: &Value, kind: ViewKind) -> Result<(), Vec<String>> {
    let surface = match view["type"].as_str() {
        Some("modal") if kind != ViewKind::Home => Surface::Modal,
        Some("home") if kind != ViewKind::Modal => Surface::Home,
        _ => return Err(vec!["[ERROR] unsupported type: view [json-pointer:/view/type]".to_owned()]),
    };
    let mut checker = Checker::new(surface);
    let Some(map) = view.as_object() else {
        return Err(vec!["[ERROR] must provide an object [json-pointer:/view]".to_owned()]);
    };
    checker.object(map, if surface == Surface::Modal { schema::MODAL } else { schema::HOME }, "/view");
    if let Some(blocks) = view["blocks"].as_array() {
        checker.blocks(blocks, "/view/blocks", VIEW_BLOCKS);
        let has_input = blocks.iter().any(|b| b["type"] == "input");
        if surface == Surface::Modal && has_input && view.get("submit").is_none_or(Value::is_null) {
            checker.fault("/view", "missing required field: submit");
        }
    }
    checker.done()
}

/// Checks the app's answer to `block_suggestion`.
pub(super) fn check_suggestions(answer: &Value) -> Result<(), Vec<String>> {
    let Some(map) = answer.as_object() else {
        return Err(vec!["[ERROR] the app answered no options".to_owned()]);
    };
    if !map.contains_key("options") && !map.contains_key("option_groups") {
        return Err(vec!["[ERROR] missing required field: options".to_owned()]);
    }
    let mut checker = Checker::new(Surface::Modal);
    checker.object(map, schema::SUGGESTIONS, "");
    checker.done()
}
