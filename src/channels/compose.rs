//! What a row says, in the words of now. Helper `desk` writes it.

use serde_json::Value;

use crate::domain::rules::Rules;
use crate::domain::say::Say;
use crate::domain::time::Timestamp;
use crate::store::outbox::Place;
use crate::store::{StoreError, Tx};

/// The message, dialogue or home of a row; `None` when what it is about is gone.
pub(super) fn content(
    _tx: &mut dyn Tx,
    _rules: &Rules,
    _say: &Say,
    _now: Timestamp,
    _permalink: &dyn Fn(&Place) -> Option<String>,
) -> Result<Option<Value>, StoreError> {
    Ok(None)
}
