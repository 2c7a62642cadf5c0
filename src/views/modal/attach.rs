//! Which group does it belong to?

use serde_json::Value;

use super::{about, field};
use crate::domain::picture::Named;
use crate::slack::blocks::{Choice, Modal, Mrkdwn, context, input, section, static_select};

pub(super) fn draw(group: &Named, open: &[Named]) -> Value {
    let title = format!("Attach #{}", group.number);
    if open.is_empty() {
        let none = Mrkdwn::markup("No other alert group is open, so there is nothing to attach it to.");
        return Modal::new("notice", &title, vec![about(group), section(none)]).close("Close").to_value();
    }
    let choices: Vec<Choice> = open
        .iter()
        .map(|root| Choice::new(format!("#{} {}", root.number, root.title), root.id.to_string()))
        .collect();
    let menu = static_select(field::ROOT, "Choose an open alert group", &choices, None);
    let mut blocks = vec![about(group), input(field::ROOT, "Attach it to", menu).into()];
    blocks.extend(context([Mrkdwn::markup(
        "What is done to that one is then done to this one, and this one keeps quiet.",
    )]));
    Modal::new("group_attach", &title, blocks)
        .submit("Attach")
        .close("Cancel")
        .private_metadata(&group.id.to_string())
        .to_value()
}
