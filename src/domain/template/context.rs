//! What a template can read, by name.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use minijinja::Value;

use super::datetime::DateTime;
use super::dict::Dict;
use super::json::Payload;
use crate::domain::alert::{Alert, Status};
use crate::domain::label::Labels;
use crate::domain::time::Timestamp;
use crate::limits::{TEMPLATE_WORK_MAX, TEMPLATE_WRITTEN_MAX_BYTES};

/// The names a template can read. Values are shared, so that many templates can be rendered with one context; a value
/// that a template changes (`pop`) is changed for that rendering only.
#[derive(Debug, Clone, Default)]
pub struct Context {
    entries: BTreeMap<&'static str, Entry>,
    /// Steps that were taken with this context and its copies: many templates over one body share one allowance.
    worked: Arc<AtomicU64>,
    /// Bytes that were rendered with them: what ten thousand alerts repeat of one body must still fit.
    written: Arc<AtomicU64>,
}

#[derive(Debug, Clone)]
enum Entry {
    Plain(Value),
    Json(Payload),
    Labels(Labels),
    Alert(Arc<Alert>),
}

impl Context {
    /// A context that knows the time (`now`, `time()`) and nothing else.
    pub fn new(now: Timestamp) -> Self {
        Self::default().put("now", Entry::Plain(DateTime::value(now)))
    }

    /// Text, a number, a flag.
    #[must_use]
    pub fn with(self, name: &'static str, value: impl Into<Value>) -> Self {
        self.put(name, Entry::Plain(value.into()))
    }

    /// A moment, for the date filters.
    #[must_use]
    pub fn with_time(self, name: &'static str, at: Timestamp) -> Self {
        self.put(name, Entry::Plain(DateTime::value(at)))
    }

    /// Any JSON; `payload`, for one.
    #[must_use]
    pub fn with_json(self, name: &'static str, json: impl Into<Payload>) -> Self {
        self.put(name, Entry::Json(json.into()))
    }

    /// A label set: `labels`, for one.
    #[must_use]
    pub fn with_labels(self, name: &'static str, labels: &Labels) -> Self {
        self.put(name, Entry::Labels(labels.clone()))
    }

    /// One alert: `alert`, and its `labels` and `annotations`.
    #[must_use]
    pub fn with_alert(self, alert: impl Into<Arc<Alert>>) -> Self {
        let alert = alert.into();
        self.put("labels", Entry::Labels(alert.labels.clone()))
            .put("annotations", Entry::Labels(alert.annotations.clone()))
            .put("alert", Entry::Alert(alert))
    }

    /// Whether there is anything left of the allowance.
    pub(super) fn may_work(&self) -> bool {
        self.worked.load(Ordering::Relaxed) < TEMPLATE_WORK_MAX
            && self.written.load(Ordering::Relaxed) < TEMPLATE_WRITTEN_MAX_BYTES
    }

    pub(super) fn wrote(&self, bytes: usize) {
        self.written.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    pub(super) fn work(&self, steps: u64) {
        self.worked.fetch_add(steps, Ordering::Relaxed);
    }

    fn put(mut self, name: &'static str, entry: Entry) -> Self {
        self.entries.insert(name, entry);
        self
    }

    /// Fresh values for one rendering.
    pub(super) fn to_value(&self) -> Value {
        let pairs = self.entries.iter().map(|(name, entry)| (Arc::from(*name), entry.to_value())).collect();
        Value::from_object(Dict::new(pairs))
    }
}

impl Entry {
    fn to_value(&self) -> Value {
        match self {
            Self::Plain(value) => value.clone(),
            Self::Json(json) => json.to_value(),
            Self::Labels(labels) => labels_value(labels),
            Self::Alert(alert) => alert_value(alert),
        }
    }
}

fn labels_value(labels: &Labels) -> Value {
    Value::from_object(Dict::new(
        labels.iter().map(|(name, value)| (Arc::from(name), Value::from(value))).collect(),
    ))
}

/// An alert by the names of this program, and by those of Alertmanager's payload for templates that come from there.
fn alert_value(alert: &Alert) -> Value {
    let time = |at: Option<Timestamp>| at.map_or(Value::from(()), DateTime::value);
    let text = |text: Option<&str>| text.map_or(Value::from(()), Value::from);
    let values = alert.values.iter().map(|(name, value)| (Arc::from(&**name), Value::from(*value))).collect();
    let pairs: Vec<(&str, Value)> = vec![
        ("name", Value::from(alert.name())),
        ("status", Value::from(alert.status.as_str())),
        ("firing", Value::from(alert.status == Status::Firing)),
        ("kind", Value::from(alert.kind.as_str())),
        ("labels", labels_value(&alert.labels)),
        ("annotations", labels_value(&alert.annotations)),
        ("starts_at", DateTime::value(alert.starts_at)),
        ("ends_at", time(alert.ends_at)),
        ("fingerprint", Value::from(alert.fingerprint.to_string())),
        ("values", Value::from_object(Dict::new(values))),
        ("value_string", text(alert.value_string.as_deref())),
        ("rule_uid", text(alert.rule_uid.as_deref())),
        ("generator_url", text(alert.generator_url.as_deref())),
        ("silence_url", text(alert.links.silence_url.as_deref())),
        ("dashboard_url", text(alert.links.dashboard_url.as_deref())),
        ("panel_url", text(alert.links.panel_url.as_deref())),
        ("image_url", text(alert.links.image_url.as_deref())),
        ("runbook_url", text(alert.links.runbook_url.as_deref())),
    ];
    Value::from_object(Dict::new(pairs.into_iter().map(|(name, value)| (Arc::from(name), value)).collect()))
}
