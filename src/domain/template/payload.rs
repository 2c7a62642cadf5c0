//! The `payload` of a group: what Alertmanager would have sent for these alerts, whoever sent them. OnCall's templates
//! read it, and ours need not know the sender.

use serde_json::{Map, Value as Json, json};

use crate::domain::alert::Status;
use crate::domain::group::Group;
use crate::domain::label::Labels;
use crate::domain::picture::AlertPicture;
use crate::domain::time::Timestamp;

/// Builds the payload; `alerts` are those that are shown, the counts are of all.
pub fn group_payload(group: &Group, alerts: &[AlertPicture]) -> Json {
    let mut payload = json!({
        "status": status(group.firing > 0).as_str(),
        "receiver": group.receiver,
        "groupKey": group.group_key,
        "groupLabels": group.group_labels,
        "commonLabels": common(alerts.iter().map(|one| &one.alert.labels)),
        "commonAnnotations": common(alerts.iter().map(|one| &one.alert.annotations)),
        "numFiring": group.firing,
        "numResolved": group.resolved,
        "truncatedAlerts": group.facts.truncated,
        "title": group.title,
        "alerts": alerts.iter().map(alert_json).collect::<Vec<_>>(),
    });
    if let (Some(message), Json::Object(map)) = (&group.facts.message, &mut payload) {
        map.insert("message".to_owned(), json!(message));
    }
    payload
}

fn status(firing: bool) -> Status {
    if firing { Status::Firing } else { Status::Resolved }
}

fn alert_json(one: &AlertPicture) -> Json {
    let alert = &one.alert;
    let time =
        |at: Option<Timestamp>| at.map_or_else(|| json!("0001-01-01T00:00:00Z"), |at| json!(at.to_string()));
    json!({
        "status": status(one.firing).as_str(),
        "labels": alert.labels,
        "annotations": alert.annotations,
        "startsAt": alert.starts_at.to_string(),
        "endsAt": time(one.ended),
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
