//! What senders send.

use serde_json::{Value, json};

/// One alert in Alertmanager's webhook; `ended_at` tells that it is over.
pub(crate) fn alert(
    labels: &[(&str, &str)],
    annotations: &[(&str, &str)],
    start: &str,
    ended_at: Option<&str>,
) -> Value {
    let map = |pairs: &[(&str, &str)]| -> Value {
        Value::Object(pairs.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect())
    };
    json!({
        "status": if ended_at.is_some() { "resolved" } else { "firing" },
        "labels": map(labels),
        "annotations": map(annotations),
        "startsAt": start,
        "endsAt": ended_at.unwrap_or("0001-01-01T00:00:00Z"),
        "generatorURL": "http://prom.example.org/graph?g0.expr=up",
    })
}

/// Alertmanager's webhook, version 4, for one group.
pub(crate) fn alertmanager(group: &str, labels: &[(&str, &str)], alerts: &[Value]) -> Value {
    let firing = alerts.iter().any(|alert| alert["status"] == "firing");
    let labels: Value = labels
        .iter()
        .map(|(name, value)| ((*name).to_owned(), json!(value)))
        .collect::<serde_json::Map<_, _>>()
        .into();
    json!({
        "version": "4",
        "groupKey": group,
        "truncatedAlerts": 0,
        "status": if firing { "firing" } else { "resolved" },
        "receiver": "firebell",
        "groupLabels": labels.clone(),
        "commonLabels": labels,
        "commonAnnotations": {},
        "externalURL": "http://am.example.org:9093",
        "alerts": alerts,
    })
}
