//! What Slack sends us, over either transport, read in two steps: the JSON as it came is always kept, and what we need
//! is looked up in it. A field that is missing, null or odd costs that field only, never the click or the message.

mod command;
mod event;
mod field;
mod inbound;
mod interaction;

pub use self::command::Command;
pub use self::event::{Event, Retry};
pub use self::field::{Action, Field};
pub use self::inbound::Inbound;
pub use self::interaction::Interaction;

use serde_json::Value;

/// The non-empty text at a JSON pointer.
fn text_at<'a>(value: &'a Value, pointer: &str) -> Option<&'a str> {
    value.pointer(pointer).and_then(Value::as_str).filter(|text| !text.is_empty())
}

/// The first non-empty text among several JSON pointers.
fn first_text<'a>(value: &'a Value, pointers: &[&str]) -> Option<&'a str> {
    pointers.iter().find_map(|pointer| text_at(value, pointer))
}

#[cfg(test)]
mod tests;
