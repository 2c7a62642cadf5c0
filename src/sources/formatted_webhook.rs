//! OnCall's formatted webhook: `alert_uid`, `title`, `image_url`, `state` (`alerting` or `ok`),
//! `link_to_upstream_details`, `message`. Zabbix' media type for OnCall sends the same.

use std::borrow::Cow;

use axum::http::Method;
use serde_json::Value as Json;

use super::webhook::{self, defaults::Found};
use super::wire::json_text;
use super::{Incoming, IntegrationSettings, Rejection, Source, told};
use crate::domain::alert::Intake;

pub(super) const SOURCE: Source = Source {
    kind: "formatted_webhook",
    aliases: &["zabbix"],
    doc: "OnCall's formatted webhook (alert_uid, title, state, message …)",
    allow: &[Method::POST, Method::PUT],
    paths: &[""],
    parse,
    answer: told,
};

/// The default mapping knows all these names; what differs is that nothing but `state` ends an alert, and nothing but
/// `alert_uid` tells alerts apart.
fn parse(incoming: &Incoming<'_>, settings: &IntegrationSettings) -> Result<Intake, Rejection> {
    webhook::parse_with(incoming, settings, |item| {
        let text =
            |name: &str| item.get(name).and_then(Json::as_str).map(str::trim).filter(|text| !text.is_empty());
        let found = Found::in_item(item);
        Found {
            title: text("title").map(str::to_owned).or(found.title),
            resolved: text("state").is_some_and(|state| state.eq_ignore_ascii_case("ok")),
            key: item
                .get("alert_uid")
                .map(json_text)
                .map(Cow::into_owned)
                .filter(|uid| !uid.trim().is_empty()),
            ..found
        }
    })
}
