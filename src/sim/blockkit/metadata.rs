//! Message metadata (DOC messaging/message-metadata): an event type and a shallow payload.

use serde_json::Value;

use crate::limits;
use crate::sim::state::Code;

fn scalar(value: &Value) -> bool {
    value.is_string() || value.is_number() || value.is_boolean()
}

fn shallow(value: &Value) -> bool {
    value.as_object().is_some_and(|map| map.values().all(scalar))
}

/// Values may be scalars, one-level objects, or lists of either.
pub(in crate::sim) fn check_metadata(metadata: &Value) -> Result<(), Code> {
    let Some(map) = metadata.as_object() else { return Err("invalid_metadata_format") };
    if map.keys().any(|k| !matches!(k.as_str(), "event_type" | "event_payload" | "entities")) {
        return Err("invalid_metadata_format");
    }
    let event_type = map.get("event_type").and_then(Value::as_str).unwrap_or_default();
    let payload = map.get("event_payload").and_then(Value::as_object);
    let (false, Some(payload)) = (event_type.is_empty(), payload) else {
        return Err("invalid_metadata_format");
    };
    let fine = |value: &Value| match value {
        Value::Array(items) => items.iter().all(|item| scalar(item) || shallow(item)),
        other => scalar(other) || shallow(other),
    };
    if !payload.values().all(fine) {
        return Err("invalid_metadata_schema");
    }
    if metadata.to_string().len() > limits::SIM_METADATA_BYTES {
        return Err("metadata_too_large");
    }
    Ok(())
}
