//! blocks.validate: the check without the message.

use serde_json::{Value, json};

use super::super::blockkit::{self, ViewKind};
use super::{Cx, Refusal};

pub(super) fn validate(cx: &mut Cx<'_>) -> Result<Value, Refusal> {
    let refused = |code: &str, path: &str, messages: Vec<String>| {
        let errors: Vec<Value> = messages.iter().map(|m| constraint(m, path)).collect();
        Refusal::explained(code, &messages).with("errors", errors)
    };
    let json_arg = |name: &str| cx.args.json(name).map_err(|()| Refusal::new("invalid_arguments"));
    let given = (json_arg("blocks")?, json_arg("message")?, json_arg("view")?);
    match given {
        (Some(Value::Array(blocks)), None, None) => blockkit::check_message(&blocks, "/blocks")
            .map_err(|messages| refused("invalid_blocks", "/blocks", messages))?,
        (None, Some(message), None) => {
            let blocks = message["blocks"].as_array().cloned().unwrap_or_default();
            blockkit::check_message(&blocks, "/message/blocks")
                .map_err(|messages| refused("invalid_message", "/message", messages))?;
        }
        (None, None, Some(view)) => blockkit::check_view(&view, ViewKind::Any)
            .map_err(|messages| refused("invalid_view", "/view", messages))?,
        _ => {
            let message = "must provide exactly one of `blocks`, `view`, or `message`".to_owned();
            return Err(Refusal::explained("invalid_arguments", &[message]));
        }
    }
    Ok(json!({}))
}

/// `[ERROR] what [json-pointer:/blocks/0/text]` as this method says it.
fn constraint(message: &str, path: &str) -> Value {
    let (what, place) = message.split_once(" [json-pointer:").unwrap_or((message, ""));
    let pointer = place.trim_end_matches(']');
    json!({
        "code": "failed_constraint", "message": what.trim_start_matches("[ERROR] "),
        "pointer": pointer.strip_prefix(path).unwrap_or(pointer),
    })
}
