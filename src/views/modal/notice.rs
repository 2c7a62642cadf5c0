//! A dialogue that came too late becomes this.

use serde_json::Value;

use crate::slack::blocks::{Modal, Mrkdwn, section};

/// Words instead of the form.
pub fn notice(title: &str, text: Mrkdwn) -> Value {
    Modal::new("notice", title, vec![section(text)]).close("Close").to_value()
}
