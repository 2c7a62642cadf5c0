//! One thing for several alert groups.

use serde_json::Value;

use super::field;
use crate::domain::bulk::Deed;
use crate::domain::group::Group;
use crate::limits::{BULK_NAMED_MAX, FIX_CHARS, TYPED_DURATION_CHARS};
use crate::slack::blocks::{
    Modal, Mrkdwn, context, date_time_picker, input, placeholder, section, text_input,
};
use crate::views::bulk::{named, verb};

pub(super) fn draw(what: Deed, groups: &[Group]) -> Value {
    let title = format!("{} several", verb(what));
    if groups.is_empty() {
        let none = Mrkdwn::markup("Choose alerts in the menu first, then press the button again.");
        return Modal::new("notice", &title, vec![section(none)]).close("Close").to_value();
    }
    let groups = &groups[..groups.len().min(BULK_NAMED_MAX)];
    let mut blocks = named(groups);
    let burning = groups.iter().filter(|group| group.firing > 0).count();
    match what {
        Deed::Resolve => {
            if burning > 0 {
                let text = format!(":warning: {burning} of {} still fire at the source.", groups.len());
                blocks.extend(context([Mrkdwn::markup(text)]));
            }
            let fix = text_input(field::NOTE, "", true).with_max_length(FIX_CHARS as u64);
            blocks.push(input(field::NOTE, "What fixed it?", fix).with_optional(true).into());
        }
        Deed::Silence => {
            let length = text_input(field::LENGTH, "", false)
                .with_placeholder(placeholder("2h30m"))
                .with_max_length(TYPED_DURATION_CHARS as u64);
            let until = date_time_picker(field::UNTIL, None);
            blocks.push(
                input(field::LENGTH, "For how long? (30m, 2h30m, 3d)", length).with_optional(true).into(),
            );
            blocks.push(input(field::UNTIL, "Or until when?", until).with_optional(true).into());
        }
        Deed::Ack | Deed::Unack | Deed::Unresolve | Deed::Unsilence => {}
    }
    let ids: Vec<String> = groups.iter().map(|group| group.id.to_string()).collect();
    Modal::new("bulk", &title, blocks)
        .submit(&format!("{} {}", verb(what), groups.len()))
        .close("Cancel")
        .private_metadata(&format!("{}:{}", what.as_str(), ids.join(",")))
        .to_value()
}
