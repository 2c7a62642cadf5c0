//! Grafana: the webhook contact point of Grafana Alerting (version "1",
//! <https://grafana.com/docs/grafana/latest/alerting/configure-notifications/manage-contact-points/integrations/webhook-notifier/>),
//! custom payloads of it, and the dashboard alerts of Grafana before 11.

use axum::http::Method;
use serde_json::Value as Json;

use super::wire::{WireGroup, clean, is_url, json_text, labels_from};
use super::{Incoming, IntegrationSettings, Rejection, Source, body, told, webhook};
use crate::domain::alert::{Alert, Intake, Kind, SenderGroup, Status};
use crate::domain::fingerprint::Fingerprint;
use crate::domain::time::Timestamp;
use crate::limits::{
    ANNOTATION_MAX_BYTES, LABEL_VALUE_MAX_BYTES, LABELS_PER_ALERT_MAX, TEST_ALERT_LIFE, VALUES_PER_ALERT_MAX,
};

pub(super) const SOURCE: Source = Source {
    kind: "grafana",
    aliases: &["grafana_alerting", "adaptive_grafana_alerting", "legacy_grafana_alerting"],
    doc: "Grafana Alerting (webhook contact point), and dashboard alerts of old Grafanas",
    allow: &[Method::POST, Method::PUT],
    paths: &[""],
    parse,
    answer: told,
};

fn parse(incoming: &Incoming<'_>, settings: &IntegrationSettings) -> Result<Intake, Rejection> {
    let parse = |bytes: &[u8]| -> Result<_, serde_json::Error> {
        let group: WireGroup<'_> = serde_json::from_slice(bytes)?;
        Ok(group.alerts.is_some().then(|| group.into_intake(incoming.received_at)))
    };
    let lost = |read: &Option<Result<Intake, Rejection>>| match read {
        Some(Ok(intake)) => intake.lost,
        Some(Err(_)) | None => 0,
    };
    let group = body::read(incoming.body, parse, lost);
    if let Ok((Some(intake), problem)) = group {
        let mut intake = intake?;
        problem.into_iter().for_each(|problem| intake.add_problem(problem));
        return Ok(intake);
    }
    // No notification of Grafana Alerting: a dashboard alert, or a custom payload, which may be anything, even text.
    let (payload, problem) = webhook::payload(incoming, settings)?;
    if is_dashboard_alert(&payload) {
        let mut intake = dashboard_alert(&payload, incoming.received_at);
        problem.into_iter().for_each(|problem| intake.add_problem(problem));
        return Ok(intake);
    }
    webhook::parse_payload(incoming, settings, payload, problem, webhook::defaults::Found::in_item)
}

fn is_dashboard_alert(json: &Json) -> bool {
    json.get("ruleName").is_some() && (json.get("evalMatches").is_some() || json.get("ruleId").is_some())
}

/// One dashboard alert is one alert: its end names no series any more, so series cannot be told apart.
fn dashboard_alert(json: &Json, received_at: Timestamp) -> Intake {
    let text = |name: &str| json.get(name).map(json_text).filter(|text| !text.is_empty());
    let kept = |name: &str| text(name).map(|text| clean(&text, ANNOTATION_MAX_BYTES).into_owned());
    let name = kept("ruleName").or_else(|| kept("title")).unwrap_or_else(|| "Grafana alert".to_owned());
    let state = text("state").unwrap_or_default().to_ascii_lowercase();

    let mut labels = vec![("alertname".into(), name.clone().into())];
    for (key, value) in json.get("tags").and_then(Json::as_object).into_iter().flatten() {
        labels.push((key.as_str().into(), json_text(value)));
    }
    let (labels, _) = labels_from(labels, LABELS_PER_ALERT_MAX, LABEL_VALUE_MAX_BYTES);
    let mut annotations = Vec::new();
    for (key, name) in [("summary", "title"), ("description", "message")] {
        if let Some(text) = text(name) {
            annotations.push((key.into(), text));
        }
    }
    let mut alert = Alert::new(labels, received_at);
    alert.annotations = labels_from(annotations, LABELS_PER_ALERT_MAX, ANNOTATION_MAX_BYTES).0;
    let rule = text("ruleId").unwrap_or_else(|| name.as_str().into());
    let org = json.get("orgId").and_then(Json::as_i64);
    let org_text = org.unwrap_or(1).to_string();
    alert.fingerprint = Fingerprint::of_sorted([("grafana_org", org_text.as_str()), ("grafana_rule", &rule)]);
    alert.org_id = org;
    if matches!(&*state, "ok" | "paused") {
        alert.status = Status::Resolved;
        alert.ends_at = Some(received_at);
    }
    alert.kind = match &*state {
        "no_data" => Kind::NoData,
        _ if name == "Test notification" => Kind::Test,
        _ => Kind::Normal,
    };
    if alert.kind == Kind::Test && alert.is_firing() {
        alert.expires_at = Some(received_at + TEST_ALERT_LIFE);
    }
    for found in
        json.get("evalMatches").and_then(Json::as_array).into_iter().flatten().take(VALUES_PER_ALERT_MAX)
    {
        if let (Some(metric), Some(value)) = (found.get("metric"), found.get("value").and_then(Json::as_f64))
        {
            let metric: Box<str> = clean(&json_text(metric), LABEL_VALUE_MAX_BYTES).into();
            if !alert.values.iter().any(|(known, _)| *known == metric) {
                alert.values.push((metric, value));
            }
        }
    }
    let url = |name: &str| text(name).filter(|url| is_url(url)).map(|url| Box::from(&*url));
    alert.generator_url = url("ruleUrl");
    alert.links.image_url = url("imageUrl");
    let sender_group = SenderGroup {
        key: format!("grafana:{org_text}:{rule}").into(),
        receiver: "".into(),
        status: alert.status,
        title: kept("title").map(Into::into),
        message: kept("message").map(Into::into),
        group_labels: alert.labels.filtered(|name| name == "alertname"),
        truncated: 0,
        external_url: None,
        reason: None,
    };
    Intake { alerts: vec![alert], sender_group: Some(sender_group), ..Intake::default() }
}
