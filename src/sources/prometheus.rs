//! Prometheus (also vmalert, Loki, Mimir …) pointed straight at us, as if we were an Alertmanager: its API
//! `POST /api/v2/alerts` (<https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml>) or the older v1,
//! where the list may also stand in an object: `{"alerts":[…]}`.
//!
//! There is no status in the body: an alert fires while its `endsAt` is missing or ahead, and it is sent again and again
//! as long as it does. So a firing alert gets a time at which it ends if nothing more is heard of it.

use axum::http::Method;
use serde::Deserialize;

use super::time::WireTime;
use super::wire::{AlertList, WireAlert, problem};
use super::{Answer, Incoming, IntegrationSettings, Rejection, Source, body};
use crate::domain::alert::{Alert, Intake, Status};
use crate::domain::time::Timestamp;
use crate::limits::ALERTS_PER_REQUEST_MAX;

pub(super) const SOURCE: Source = Source {
    kind: "prometheus",
    aliases: &[],
    doc: "Prometheus itself, without an Alertmanager (alerting.alertmanagers with path_prefix)",
    allow: &[Method::POST],
    paths: &["api/v2/alerts", "api/v1/alerts"],
    parse,
    answer,
};

fn parse(incoming: &Incoming<'_>, settings: &IntegrationSettings) -> Result<Intake, Rejection> {
    let is_v1 = incoming.path_rest.trim_matches('/') == "api/v1/alerts";
    body::read_intake(incoming.body, |bytes| {
        let list = if is_v1 && bytes.trim_ascii_start().starts_with(b"{") {
            let Wrapped { alerts } = serde_json::from_slice(bytes)?;
            alerts.unwrap_or_else(|| AlertList::instead_of_a_list("an object without `alerts`"))
        } else {
            serde_json::from_slice(bytes)?
        };
        Ok(into_intake(list, incoming.received_at, settings))
    })
}

/// The list as those send it to the first version of the API who wrap it in an object.
#[derive(Deserialize)]
struct Wrapped<'a> {
    #[serde(borrow)]
    alerts: Option<AlertList<'a>>,
}

fn into_intake(
    list: AlertList<'_>,
    received_at: Timestamp,
    settings: &IntegrationSettings,
) -> Result<Intake, Rejection> {
    if let Some(instead) = list.instead {
        let what = format!("the body is {instead}, not a list of alerts");
        return Err(Rejection::bad_body(what, "$", "for Alertmanager's webhook use the kind `alertmanager`"));
    }
    if list.count > ALERTS_PER_REQUEST_MAX {
        return Err(Rejection::TooManyAlerts { count: list.count, limit: ALERTS_PER_REQUEST_MAX });
    }
    let mut intake = Intake { alerts: Vec::with_capacity(list.count), ..Intake::default() };
    for (index, wire) in list.into_alerts().enumerate() {
        let mut problems = Vec::new();
        let alert = wire.into_alert(
            received_at,
            |alert, wire, note| times(alert, wire, received_at, settings, note),
            &mut |what, fix, lost| problems.push(problem(index, what, fix, lost)),
        );
        problems.into_iter().for_each(|problem| intake.add_problem(problem));
        intake.alerts.extend(alert);
    }
    Ok(intake)
}

/// Alertmanager's rules for the times of a posted alert.
fn times(
    alert: &mut Alert,
    wire: &WireAlert<'_>,
    received_at: Timestamp,
    settings: &IntegrationSettings,
    note: &mut dyn FnMut(&str, &str),
) {
    let ends_at = wire.ends_at.at();
    if !matches!(wire.starts_at, WireTime::At(_)) {
        alert.starts_at = ends_at.unwrap_or(received_at);
    }
    if let Some(ends_at) = ends_at
        && ends_at < alert.starts_at
    {
        note("start time must be before end time", "send startsAt before endsAt; the end was taken for both");
        alert.starts_at = ends_at;
    }
    match ends_at {
        Some(ends_at) if ends_at <= received_at => {
            alert.status = Status::Resolved;
            alert.ends_at = Some(ends_at);
        }
        Some(ends_at) => alert.expires_at = Some(ends_at),
        None => alert.expires_at = Some(received_at + settings.resolve_timeout),
    }
    // An Alertmanager knows an alert by its labels only, whatever else is in the body.
    alert.fingerprint = alert.labels.fingerprint();
}

/// As Alertmanager 0.33 answers: 200 and nothing, or 400 and a JSON text when some of the alerts were refused (the
/// others are taken nevertheless).
fn answer(intake: &Intake) -> Answer {
    if intake.lost == 0 {
        return Answer { status: 200, content_type: "", body: String::new() };
    }
    let lost: Vec<&str> =
        intake.problems.iter().filter(|problem| problem.lost).map(|problem| &*problem.what).collect();
    Answer {
        status: 400,
        content_type: "application/json",
        body: serde_json::Value::from(lost.join("\n")).to_string(),
    }
}
