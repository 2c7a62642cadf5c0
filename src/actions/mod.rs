//! What people click and fill in. One file a thing, one line in [`ACTIONS`].

use std::collections::BTreeMap;

use serde_json::Value;

use crate::engine::Work;
use crate::slack::types::Inbound;
use crate::store::StoreError;

/// What the person gets back at once.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// Nothing but the acknowledgement; what follows comes as messages.
    Nothing,
    /// Words only this person sees.
    Private(String),
    /// A message only this person sees, in full.
    PrivateMessage(Value),
    /// Errors at the fields of a dialogue, by block id.
    Errors(BTreeMap<String, String>),
    /// All dialogues are closed.
    Clear,
    /// This dialogue becomes another.
    Update(Value),
    /// A dialogue on top of this one.
    Push(Value),
    /// What a menu offers.
    Options(Value),
}

/// Deals with a click, a form, a shortcut, a menu's question. `None`: none of ours.
pub fn handle(_work: &mut Work<'_>, _inbound: &Inbound) -> Result<Option<Answer>, StoreError> {
    Ok(None)
}
