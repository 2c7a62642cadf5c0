//! A silence of any length.

use serde_json::Value;

use super::{about, field};
use crate::domain::picture::Named;
use crate::limits::TYPED_DURATION_CHARS;
use crate::slack::blocks::{Modal, date_time_picker, input, placeholder, text_input};

pub(super) fn draw(group: &Named) -> Value {
    let length = text_input(field::LENGTH, "", false)
        .with_placeholder(placeholder("2h30m"))
        .with_max_length(TYPED_DURATION_CHARS as u64);
    let blocks = vec![
        about(group),
        input(field::LENGTH, "For how long? (30m, 2h30m, 3d)", length).with_optional(true).into(),
        input(field::UNTIL, "Or until when?", date_time_picker(field::UNTIL, None))
            .with_optional(true)
            .into(),
    ];
    Modal::new("group_silence", &format!("Silence #{}", group.number), blocks)
        .submit("Silence")
        .close("Cancel")
        .private_metadata(&group.id.to_string())
        .to_value()
}
