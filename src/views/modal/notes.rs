//! Words for the timeline.

use serde_json::Value;

use super::{about, field};
use crate::domain::picture::Named;
use crate::limits::NOTE_CHARS;
use crate::slack::blocks::{Modal, input, text_input};

pub(super) fn draw(group: &Named) -> Value {
    let typed = text_input(field::NOTE, "", true).with_max_length(NOTE_CHARS as u64);
    let label = "Note, for the thread and the timeline";
    let blocks = vec![about(group), input(field::NOTE, label, typed).into()];
    Modal::new("group_note", &format!("Note on #{}", group.number), blocks)
        .submit("Add")
        .close("Cancel")
        .private_metadata(&group.id.to_string())
        .to_value()
}
