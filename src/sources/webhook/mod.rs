//! Any JSON, and what is no JSON: mapped by templates, and where there is none by what such bodies usually call things.

pub(super) mod defaults;
mod fields;
mod item;
mod mapping;
mod names;
mod sns;
mod state_words;

use axum::http::Method;
use serde_json::Value as Json;

use self::defaults::Found;
use self::mapping::items;
use super::wire::{WireGroup, clean};
use super::{Incoming, IntegrationSettings, Rejection, Source, body, told};
use crate::domain::alert::{Intake, Problem, SenderGroup, Status};
use crate::domain::template::{Context, Payload};
use crate::limits::{ALERTS_PER_REQUEST_MAX, ANNOTATION_MAX_BYTES, FORM_FIELDS_MAX, LABEL_VALUE_MAX_BYTES};

pub(super) const SOURCE: Source = Source {
    kind: "webhook",
    aliases: &["kapacitor", "elastalert"],
    doc: "anything that can send JSON (or a form, or text), mapped by templates",
    allow: &[Method::POST, Method::PUT],
    paths: &[""],
    parse,
    answer: told,
};

/// Reads any body.
pub(super) fn parse(incoming: &Incoming<'_>, settings: &IntegrationSettings) -> Result<Intake, Rejection> {
    parse_with(incoming, settings, Found::in_item)
}

/// Reads any body; `find` is the default mapping of one alert.
pub(super) fn parse_with(
    incoming: &Incoming<'_>,
    settings: &IntegrationSettings,
    find: impl Fn(&Json) -> Found,
) -> Result<Intake, Rejection> {
    match payload(incoming, settings) {
        Ok((payload, problem)) => parse_payload(incoming, settings, payload, problem, find),
        Err(rejection @ Rejection::TooManyValues { .. }) => {
            alertmanagers(incoming, settings).ok_or(rejection)
        }
        Err(rejection) => Err(rejection),
    }
}

/// A long body in Alertmanager's form, which is read without a tree; nothing if it is none.
fn alertmanagers(incoming: &Incoming<'_>, settings: &IntegrationSettings) -> Option<Intake> {
    let group: WireGroup<'_> =
        serde_json::from_slice(incoming.body).ok().filter(|_| settings.mapping.is_unset())?;
    let intake = group.into_intake(incoming.received_at).ok()?;
    (intake.lost == 0 && !intake.alerts.is_empty()).then_some(intake)
}

/// As [`parse_with`], of a body that was read.
pub(super) fn parse_payload(
    incoming: &Incoming<'_>,
    settings: &IntegrationSettings,
    payload: Json,
    problem: Option<Problem>,
    find: impl Fn(&Json) -> Found,
) -> Result<Intake, Rejection> {
    let mapping = &settings.mapping;
    if mapping.is_unset() && is_alertmanagers(&payload) {
        let group: Result<WireGroup<'_>, _> = serde_json::from_slice(incoming.body);
        if let Ok(group) = group {
            return group.into_intake(incoming.received_at);
        }
    }
    let mut intake = Intake::default();
    problem.into_iter().for_each(|problem| intake.add_problem(problem));
    // Only templates read the body, and it takes as much as the body's own tree.
    let for_templates = (!mapping.is_unset())
        .then(|| Context::new(incoming.received_at).with_json("payload", Payload::from(&payload)));
    let empty = Context::new(incoming.received_at);
    let items = items(payload, for_templates.as_ref().unwrap_or(&empty), mapping, &mut intake)?;
    if items.len() > ALERTS_PER_REQUEST_MAX {
        return Err(Rejection::TooManyAlerts { count: items.len(), limit: ALERTS_PER_REQUEST_MAX });
    }
    let mut group_keys = Vec::new();
    let mut titles = Vec::new();
    for (index, item) in items.into_iter().enumerate() {
        let found = find(&item);
        let read = item::read(
            for_templates.as_ref(),
            &item,
            index,
            found,
            settings,
            incoming.received_at,
            &mut intake,
        );
        group_keys.push(read.group_key);
        titles.push(read.title);
        intake.alerts.push(read.alert);
    }
    let group_key = group_key(group_keys, &mut intake);
    intake.sender_group = group_key.map(|key| SenderGroup {
        key: clean(&key, LABEL_VALUE_MAX_BYTES).into(),
        receiver: "".into(),
        status: if intake.alerts.iter().any(crate::domain::alert::Alert::is_firing) {
            Status::Firing
        } else {
            Status::Resolved
        },
        title: titles.first().filter(|_| titles.len() == 1).map(|title| title.as_str().into()),
        message: None,
        group_labels: crate::domain::label::Labels::new(),
        truncated: 0,
        external_url: None,
        reason: None,
    });
    Ok(intake)
}

/// One alert is its own group; several are one if the mapping gives all of them one key.
fn group_key(keys: Vec<Option<String>>, intake: &mut Intake) -> Option<String> {
    if let [alert] = &*intake.alerts
        && keys.iter().all(Option::is_none)
    {
        return Some(alert.fingerprint.to_string());
    }
    let mut keys = keys.into_iter();
    let first = keys.next().flatten();
    if keys.all(|key| key == first) {
        return first;
    }
    intake.add_problem(Problem {
        index: None,
        what: "the alerts of this request have several group keys".into(),
        fix: "one request is one group of its sender; give the route a `group_by` instead".into(),
        lost: false,
    });
    None
}

/// Trees of a body that templates read: its own, and what they share.
const COPIES_FOR_TEMPLATES: usize = 2;

/// The body as JSON, whatever it is.
pub(super) fn payload(
    incoming: &Incoming<'_>,
    settings: &IntegrationSettings,
) -> Result<(Json, Option<Problem>), Rejection> {
    let copies = if settings.mapping.is_unset() { 1 } else { COPIES_FOR_TEMPLATES };
    let content_type =
        incoming.headers.get("content-type").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let is_form = content_type.starts_with("application/x-www-form-urlencoded");
    if is_form && !incoming.body.trim_ascii().is_empty() && !body::looks_like_json(incoming.body) {
        return Ok((form(incoming.body, copies)?, None));
    }
    let rejection = match body::read_tree(incoming.body, copies) {
        Ok(read) => return Ok(read),
        Err(rejection @ Rejection::TooManyValues { .. }) => return Err(rejection),
        Err(rejection) => rejection,
    };
    let text = String::from_utf8_lossy(incoming.body);
    // A text has no NUL: UTF-16 and what is no text have.
    if text.trim().is_empty() || body::looks_like_json(incoming.body) || text.contains('\0') {
        return Err(rejection);
    }
    Ok((Json::String(clean(text.trim(), ANNOTATION_MAX_BYTES).into_owned()), None))
}

/// A form as an object; a field `payload` with JSON in it is the body itself, as some senders wrap it.
fn form(body: &[u8], copies: usize) -> Result<Json, Rejection> {
    if body.iter().filter(|byte| **byte == b'&').count() >= FORM_FIELDS_MAX {
        return Err(Rejection::bad_body(
            format!("the form has more than {FORM_FIELDS_MAX} fields"),
            "$",
            "send fewer fields, or JSON",
        ));
    }
    let mut fields = serde_json::Map::new();
    for (name, value) in url::form_urlencoded::parse(body) {
        if name == "payload" && body::looks_like_json(value.as_bytes()) {
            body::refuse_costly(value.as_bytes(), copies)?;
            if let Ok(json) = serde_json::from_str(&value) {
                return Ok(json);
            }
        }
        fields.insert(name.into_owned(), Json::String(value.into_owned()));
    }
    Ok(Json::Object(fields))
}

/// A body in Alertmanager's form that came here by mistake or by a proxy.
fn is_alertmanagers(json: &Json) -> bool {
    let alerts = json.get("alerts").and_then(Json::as_array);
    alerts.is_some_and(|alerts| {
        !alerts.is_empty() && alerts.iter().all(|alert| alert.get("labels").is_some_and(Json::is_object))
    })
}
