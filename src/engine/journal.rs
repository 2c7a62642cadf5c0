//! Event rows: what was decided, by whom and why.

use serde_json::Value;

use super::Work;
use crate::domain::actor::{Actor, Via};
use crate::store::StoreError;
use crate::store::events::{self, NewEvent};

/// An event about an alert group.
pub(super) fn group(
    work: &mut Work<'_>,
    group: i64,
    kind: &str,
    by: &Actor,
    via: Via,
    reason: &str,
    data: &Value,
) -> Result<(), StoreError> {
    write(work, &format!("group:{group}"), kind, by, via, reason, data).map(drop)
}

/// An event about anything; its id.
pub(super) fn write(
    work: &mut Work<'_>,
    subject: &str,
    kind: &str,
    by: &Actor,
    via: Via,
    reason: &str,
    data: &Value,
) -> Result<i64, StoreError> {
    let (actor, data) = (by.to_string(), data.to_string());
    events::append(
        work.tx,
        &NewEvent { at: work.now, subject, kind, actor: &actor, source: via.as_str(), reason, data: &data },
    )
}
