//! The `payload` of a group: what Alertmanager would have sent for these alerts, whoever sent them. OnCall's templates
//! read it, and ours need not know the sender.

use serde_json::{Map, Value as Json, json};

use crate::domain::alert::{Alert, SenderGroup, Status};
use crate::domain::label::Labels;
use crate::domain::time::Timestamp;

/// Builds the payload. `sender` is the sender's own group, if it sent one: its title, message and labels are taken.
pub fn group_payload<'a>(
    alerts: impl Iterator<Item = &'a Alert> + Clone,
    sender: Option<&SenderGroup>,
) -> Json {
    let firing = alerts.clone().filter(|alert| alert.status == Status::Firing).count();
    let total = alerts.clone().count();
    let status = if firing > 0 || total == 0 { Status::Firing } else { Status::Resolved };
    let mut payload = Map::new();
    let mut put = |name: &str, value: Json| payload.insert(name.to_owned(), value);
    put("status", json!(status.as_str()));
    put("alerts", alerts.clone().map(alert_json).collect());
    put("numFiring", json!(firing));
    put("numResolved", json!(total - firing));
    put("commonLabels", common(alerts.clone().map(|alert| &alert.labels)));
    put("commonAnnotations", common(alerts.map(|alert| &alert.annotations)));
    put("groupLabels", sender.map_or_else(|| json!({}), |sender| json!(sender.group_labels)));
    if let Some(sender) = sender {
        put("groupKey", json!(sender.key));
        put("receiver", json!(sender.receiver));
        put("truncatedAlerts", json!(sender.truncated));
        for (name, text) in
            [("title", &sender.title), ("message", &sender.message), ("externalURL", &sender.external_url)]
        {
            if let Some(text) = text {
                put(name, json!(text));
            }
        }
    }
    Json::Object(payload)
}

fn alert_json(alert: &Alert) -> Json {
    let time =
        |at: Option<Timestamp>| at.map_or_else(|| json!("0001-01-01T00:00:00Z"), |at| json!(at.to_string()));
    json!({
        "status": alert.status.as_str(),
        "labels": alert.labels,
        "annotations": alert.annotations,
        "startsAt": alert.starts_at.to_string(),
        "endsAt": time(alert.ends_at),
        "generatorURL": alert.generator_url.as_deref().unwrap_or_default(),
        "fingerprint": alert.fingerprint.to_string(),
        "silenceURL": alert.links.silence_url.as_deref().unwrap_or_default(),
        "dashboardURL": alert.links.dashboard_url.as_deref().unwrap_or_default(),
        "panelURL": alert.links.panel_url.as_deref().unwrap_or_default(),
        "imageURL": alert.links.image_url.as_deref().unwrap_or_default(),
        "ruleUID": alert.rule_uid.as_deref().unwrap_or_default(),
        "values": alert.values.iter().map(|(name, value)| (name.to_string(), json!(value))).collect::<Map<_, _>>(),
        "valueString": alert.value_string.as_deref().unwrap_or_default(),
    })
}

/// What all sets say alike.
fn common<'a>(mut sets: impl Iterator<Item = &'a Labels>) -> Json {
    let Some(first) = sets.next() else { return json!({}) };
    let mut shared: Vec<(&str, &str)> = first.iter().collect();
    for set in sets {
        shared.retain(|(name, value)| set.find(name) == Some(value));
    }
    shared.into_iter().map(|(name, value)| (name.to_owned(), json!(value))).collect::<Map<_, _>>().into()
}
