//! blocks.validate: the check without the message.

use serde_json::{Value, json};

use super::super::blockkit::{self, ViewKind};
use super::{Cx, Refusal};

pub(super) fn validate(cx: &mut Cx<'_>) -> Result<Value, Refusal> {
    let json_arg = |name: &str| cx.args.json(name).map_err(|()| Refusal::new("invalid_arguments"));
    let given = (json_arg("blocks")?, json_arg("message")?, json_arg("view")?);
    match given {
        (Some(_), None, None) => {
            cx.blocks()?;
        }
        (None, Some(message), None) => {
            let blocks = message["blocks"].as_array().cloned().unwrap_or_default();
            blockkit::check_message(&blocks, "/message/blocks")
                .map_err(|messages| Refusal::explained("invalid_message", &messages))?;
        }
        (None, None, Some(view)) => blockkit::check_view(&view, ViewKind::Any)
            .map_err(|messages| Refusal::explained("invalid_view", &messages))?,
        _ => return Err(Refusal::new("invalid_arguments")),
    }
    Ok(json!({}))
}
