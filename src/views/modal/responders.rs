//! Who is called, and whom else to call.

use serde_json::Value;

use super::{about, field};
use crate::domain::picture::{Called, Named};
use crate::domain::say::Importance;
use crate::limits::{RESPONDERS_AT_ONCE_MAX, RESPONDERS_LISTED_MAX};
use crate::slack::blocks::{
    Choice, Modal, Mrkdwn, button, context, input, multi_user_select, radio_buttons, section_with,
};

pub(super) fn draw(group: &Named, called: &[Called]) -> Value {
    let people = multi_user_select(field::PEOPLE, "Who should look at this?", &[])
        .with_max_selected_items(RESPONDERS_AT_ONCE_MAX as u64);
    let importance = [
        Choice::new("Default", Importance::Default.as_str()).described("a mention and a direct message"),
        Choice::new("Important", Importance::Important.as_str()).described("the same, marked as urgent"),
    ];
    let importance = radio_buttons(field::IMPORTANCE, &importance, Some(Importance::Default.as_str()));
    let mut blocks = vec![
        about(group),
        input(field::PEOPLE, "People", people).into(),
        input(field::IMPORTANCE, "Importance", importance).into(),
    ];
    for one in called.iter().take(RESPONDERS_LISTED_MAX) {
        let text = Mrkdwn::new().user(&one.user_id);
        let text = if one.importance == Importance::Important { text.raw("  ·  important") } else { text };
        let remove = button("responder_remove", "Remove", &format!("{}:{}", group.id, one.user_id));
        blocks.push(section_with(&format!("called_{}", one.user_id), text, remove));
    }
    if called.len() > RESPONDERS_LISTED_MAX {
        let more = called.len() - RESPONDERS_LISTED_MAX;
        blocks.extend(context([Mrkdwn::markup(format!("and {more} more"))]));
    }
    Modal::new("group_responders", &format!("Responders of #{}", group.number), blocks)
        .submit("Add")
        .close("Close")
        .private_metadata(&group.id.to_string())
        .to_value()
}
