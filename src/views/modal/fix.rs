//! What fixed it?

use serde_json::Value;

use super::{about, field};
use crate::domain::picture::Named;
use crate::limits::FIX_CHARS;
use crate::slack::blocks::{Modal, input, placeholder, text_input};

pub(super) fn draw(group: &Named, resolved: bool, note: Option<&str>) -> Value {
    let typed = text_input(field::NOTE, note.unwrap_or_default(), true)
        .with_placeholder(placeholder("restarted pgbouncer"))
        .with_max_length(FIX_CHARS as u64);
    let label = "What fixed it? It is shown when this happens again.";
    let blocks = vec![about(group), input(field::NOTE, label, typed).with_optional(!resolved).into()];
    let (title, submit) = if resolved {
        (format!("What fixed #{}?", group.number), "Save")
    } else {
        (format!("Resolve #{}", group.number), "Resolve")
    };
    let wish = if resolved { "fix" } else { "resolve" };
    Modal::new("group_fix", &title, blocks)
        .submit(submit)
        .close("Cancel")
        .private_metadata(&format!("{}:{wish}", group.id))
        .to_value()
}
