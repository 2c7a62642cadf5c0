//! One alert out of one JSON value: the templates of the mapping over what the default mapping found.

use std::borrow::Cow;

use serde_json::Value as Json;

use super::defaults::Found;
use super::mapping::rendered;
use crate::domain::alert::{Alert, Intake, Kind, NamedLink, Problem, Status};
use crate::domain::fingerprint::Fingerprint;
use crate::domain::template::{Context, Template, is_truthy};
use crate::domain::time::Timestamp;
use crate::limits::{
    ANNOTATION_MAX_BYTES, ANNOTATIONS_PER_ALERT_MAX, LABEL_VALUE_MAX_BYTES, LABELS_PER_ALERT_MAX,
    TITLE_MAX_BYTES, UNRECOGNISED_ALERT_LIFE,
};
use crate::sources::settings::IntegrationSettings;
use crate::sources::time::WireTime;
use crate::sources::wire::{clean, is_url, labels_from};

/// An alert and what its group would be called.
pub(super) struct ReadItem {
    pub(super) alert: Alert,
    pub(super) title: String,
    pub(super) group_key: Option<String>,
}

type Pair = (Cow<'static, str>, Cow<'static, str>);

/// Reads one alert; a template that fails costs only its own field. `all` is what the templates of this body share.
pub(super) fn read(
    all: Option<&Context>,
    item: &Json,
    index: usize,
    mut found: Found,
    settings: &IntegrationSettings,
    now: Timestamp,
    intake: &mut Intake,
) -> ReadItem {
    let mapping = &settings.mapping;
    let context = match all {
        Some(all) => all.clone().with_json("item", item).with("index", index),
        None => Context::new(now),
    };
    let mut text = |name: &str, template: &Option<Template>| {
        template.as_ref().and_then(|template| rendered(name, template, &context, index, intake))
    };
    if let Some(title) = text("title", &mapping.title) {
        found.title = Some(title);
    }
    if let Some(message) = text("message", &mapping.message) {
        found.message = Some(message);
    }
    if let Some(severity) = text("severity", &mapping.severity) {
        found.severity = Some(severity);
    }
    if let Some(key) = text("key", &mapping.key) {
        found.key = Some(key);
    }
    if mapping.resolved.is_some() {
        found.resolved = text("resolved", &mapping.resolved).is_some_and(|text| is_truthy(&text));
    } else if mapping.firing.is_some() {
        found.resolved = !text("firing", &mapping.firing).is_some_and(|text| is_truthy(&text));
    }
    let is_recognised = found.is_recognised || !mapping.is_unset();
    let starts_at = text("starts_at", &mapping.starts_at).map(|text| WireTime::parse(&text));
    let group_key =
        text("group_key", &mapping.group_key).map(|key| clean(&key, LABEL_VALUE_MAX_BYTES).into_owned());

    let title = found.title.clone().unwrap_or_else(|| format!("Alert from {}", settings.name));
    let mut labels: Vec<Pair> =
        vec![("alertname".into(), clean(&title, TITLE_MAX_BYTES).into_owned().into())];
    labels.extend(found.severity.take().map(|severity| ("severity".into(), severity.to_lowercase().into())));
    labels.append(&mut found.labels);
    overlay(&mut labels, &mapping.labels, &context, index, intake);

    let mut annotations: Vec<Pair> = vec![("summary".into(), title.clone().into())];
    annotations.extend(found.message.take().map(|message| ("description".into(), message.into())));
    annotations.append(&mut found.annotations);
    overlay(&mut annotations, &mapping.annotations, &context, index, intake);

    // What the default mapping found besides is small talk: too much of it is no problem to tell.
    let (mut labels, _) = labels_from(labels, LABELS_PER_ALERT_MAX, LABEL_VALUE_MAX_BYTES);
    if labels.is_empty() {
        labels = labels_from(vec![("alertname".into(), title.clone().into())], 1, TITLE_MAX_BYTES).0;
    }
    let mut alert = Alert::new(labels, now);
    alert.annotations = labels_from(annotations, ANNOTATIONS_PER_ALERT_MAX, ANNOTATION_MAX_BYTES).0;
    alert.fingerprint = match &found.key {
        Some(key) => Fingerprint::of_sorted([("key", key.as_str())]),
        // Senders without a key tell of the end with another severity, or with none.
        None => alert.labels.filtered(|name| name != "severity").fingerprint(),
    };
    if let Some(starts_at) = starts_at.and_then(|time| time.at()).or(found.starts_at) {
        alert.starts_at = starts_at;
    }
    if !is_recognised {
        alert.kind = Kind::Unrecognised;
        alert.expires_at = Some(now + UNRECOGNISED_ALERT_LIFE);
        intake.add_problem(Problem {
            index: u32::try_from(index).ok(),
            what: "no title, state or key was recognised in the body".into(),
            fix: "give the integration a `mapping` (title, key, resolved)".into(),
            lost: false,
        });
    }
    if found.resolved {
        alert.status = Status::Resolved;
        alert.ends_at = Some(found.ends_at.unwrap_or(now));
    }
    alert.generator_url = found.source_url.take();
    alert.links = std::mem::take(&mut found.links);
    for (name, template) in &mapping.links {
        if let Some(url) = rendered(name, template, &context, index, intake).filter(|url| is_url(url)) {
            put_link(&mut alert, name, url.into());
        }
    }
    let title = alert.labels.find("alertname").unwrap_or(&title);
    let title = clean(title, TITLE_MAX_BYTES).into_owned();
    ReadItem { alert, title, group_key }
}

/// Puts the rendered pairs over the found ones; an empty text takes a pair away.
fn overlay(
    pairs: &mut Vec<Pair>,
    templates: &[(String, Template)],
    context: &Context,
    index: usize,
    intake: &mut Intake,
) {
    for (name, template) in templates {
        match template.render(context) {
            Ok(text) => {
                pairs.retain(|(known, _)| known != name);
                pairs.push((name.clone().into(), text.trim().to_owned().into()));
            }
            Err(_) => drop(rendered(name, template, context, index, intake)),
        }
    }
}

fn put_link(alert: &mut Alert, name: &str, url: Box<str>) {
    let links = &mut alert.links;
    let place = match name {
        "source" => &mut alert.generator_url,
        "dashboard" => &mut links.dashboard_url,
        "panel" => &mut links.panel_url,
        "image" => &mut links.image_url,
        "runbook" => &mut links.runbook_url,
        "silence" => &mut links.silence_url,
        _ => {
            links.more.push(NamedLink { name: name.into(), url });
            return;
        }
    };
    *place = Some(url);
}
