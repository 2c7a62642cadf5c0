//! Alertmanager's webhook: <https://prometheus.io/docs/alerting/latest/configuration/#webhook_config>, version "4".

use axum::http::Method;

use super::wire::WireGroup;
use super::{Incoming, IntegrationSettings, Rejection, Source, body, told};
use crate::domain::alert::Intake;

pub(super) const SOURCE: Source = Source {
    kind: "alertmanager",
    aliases: &["alertmanager_v2", "legacy_alertmanager"],
    doc: "Prometheus Alertmanager (webhook_configs)",
    allow: &[Method::POST],
    paths: &[""],
    parse,
    answer: told,
};

fn parse(incoming: &Incoming<'_>, _: &IntegrationSettings) -> Result<Intake, Rejection> {
    body::read_intake(incoming.body, |bytes| {
        if first_byte(bytes) == Some(b'[') {
            return Ok(Err(Rejection::bad_body(
                "the body is a list, as Prometheus sends it to an Alertmanager",
                "$",
                "use an integration of the kind `prometheus` for it",
            )));
        }
        let group: WireGroup<'_> = serde_json::from_slice(bytes)?;
        // Other versions are taken if they look alike; nobody is served by refusing version "5" for its number.
        if group.alerts.is_none() {
            let what = match group.version.raw() {
                Some("4") | None => "there is no `alerts`".to_owned(),
                Some(version) => format!("there is no `alerts`, and the version is {version:?}, not \"4\""),
            };
            let hint = "this address takes Alertmanager's own webhook body; for any other JSON use the kind `webhook`";
            return Ok(Err(Rejection::bad_body(what, "$", hint)));
        }
        Ok(group.into_intake(incoming.received_at))
    })
}

fn first_byte(bytes: &[u8]) -> Option<u8> {
    bytes.iter().copied().find(|byte| !byte.is_ascii_whitespace())
}
