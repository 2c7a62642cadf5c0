//! One alert as Alertmanager, Grafana and Prometheus write it; Grafana's has more fields, Prometheus' has no status.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::pairs::Pairs;
use super::text::{Number, Text, clean, is_url};
use crate::domain::alert::{Alert, Kind, Links, Problem, Status};
use crate::domain::fingerprint::Fingerprint;
use crate::domain::label::Labels;
use crate::domain::time::Timestamp;
use crate::limits::{
    ANNOTATION_MAX_BYTES, ANNOTATIONS_PER_ALERT_MAX, LABEL_VALUE_MAX_BYTES, LABELS_PER_ALERT_MAX,
    TEST_ALERT_LIFE, VALUES_PER_ALERT_MAX,
};
use crate::sources::time::WireTime;

/// An alert of a body, read but not judged.
#[derive(Debug, Default)]
pub(crate) struct WireAlert<'a> {
    pub(crate) status: Text<'a>,
    pub(crate) labels: Pairs<'a>,
    pub(crate) annotations: Pairs<'a>,
    pub(crate) starts_at: WireTime,
    pub(crate) ends_at: WireTime,
    pub(crate) generator_url: Text<'a>,
    pub(crate) fingerprint: Text<'a>,
    silence_url: Text<'a>,
    dashboard_url: Text<'a>,
    panel_url: Text<'a>,
    image_url: Text<'a>,
    rule_uid: Text<'a>,
    value_string: Text<'a>,
    org_id: Number,
    values: Values,
    /// OnCall's demo alerts say so.
    is_demo: bool,
    /// Why it is no alert at all.
    unreadable: Option<Box<str>>,
}

#[derive(Debug, Default)]
struct Values(Vec<(Box<str>, f64)>);

impl WireAlert<'_> {
    /// Something that could not be read.
    pub(super) fn unreadable(error: &serde_json::Error) -> Self {
        let what = error.to_string();
        let what = what.split(" at line ").next().unwrap_or_default();
        Self { unreadable: Some(format!("the alert could not be read: {what}").into()), ..Self::default() }
    }

    fn no_object(what: &str) -> Self {
        Self { unreadable: Some(format!("the alert is {what}, not an object").into()), ..Self::default() }
    }

    /// Makes the alert of it; `note` hears of everything that is not as it should be. `status_of` decides from the
    /// status and the times, which differ between senders.
    pub(crate) fn into_alert(
        self,
        received_at: Timestamp,
        status_of: impl FnOnce(&mut Alert, &Self, &mut dyn FnMut(&str, &str)),
        note: &mut dyn FnMut(&str, &str, bool),
    ) -> Option<Alert> {
        if let Some(what) = &self.unreadable {
            note(what, "send an object with labels", true);
            return None;
        }
        let mut this = self;
        for (name, pairs) in [("labels", &this.labels), ("annotations", &this.annotations)] {
            if pairs.is_no_map {
                note(&format!("`{name}` is not a map"), "send an object of names and texts", false);
            }
        }
        let (labels, cut_labels) =
            std::mem::take(&mut this.labels).into_labels(LABELS_PER_ALERT_MAX, LABEL_VALUE_MAX_BYTES);
        let runbook_url = ["runbook_url", "runbook"].into_iter().find_map(|name| {
            this.annotations.get(name).map(str::trim).filter(|url| is_url(url)).map(Into::into)
        });
        let (annotations, cut_annotations) = std::mem::take(&mut this.annotations)
            .into_labels(ANNOTATIONS_PER_ALERT_MAX, ANNOTATION_MAX_BYTES);
        if cut_labels + cut_annotations > 0 {
            note(
                &format!(
                    "{cut_labels} labels and {cut_annotations} annotations are too many and were left out"
                ),
                &format!(
                    "at most {LABELS_PER_ALERT_MAX} labels and {ANNOTATIONS_PER_ALERT_MAX} annotations are kept"
                ),
                false,
            );
        }
        if labels.is_empty() && (this.fingerprint.raw().is_none() || annotations.is_empty()) {
            note(
                "at least one label pair required",
                "an alert is known by its labels; give it `alertname`",
                true,
            );
            return None;
        }
        for (name, time) in [("startsAt", &this.starts_at), ("endsAt", &this.ends_at)] {
            if let WireTime::Bad(text) = time {
                note(&format!("`{name}` is no time: {text}"), "send RFC 3339, 2026-04-15T15:50:20Z", false);
            }
        }
        let mut alert = Alert::new(Labels::new(), received_at);
        alert.fingerprint = match this.fingerprint.raw() {
            Some(given) => given.parse().unwrap_or_else(|_| Fingerprint::of_sorted([("fingerprint", given)])),
            None => labels.fingerprint(),
        };
        alert.labels = labels;
        alert.annotations = annotations;
        alert.starts_at = this.starts_at.at().unwrap_or(received_at);
        status_of(&mut alert, &this, &mut |what, fix| note(what, fix, false));
        alert.generator_url = this.generator_url.url();
        alert.links = Links {
            silence_url: this.silence_url.url(),
            dashboard_url: this.dashboard_url.url(),
            panel_url: this.panel_url.url(),
            image_url: this.image_url.url(),
            runbook_url,
            more: Vec::new(),
        };
        alert.values = this.values.0;
        alert.value_string = this.value_string.kept(ANNOTATION_MAX_BYTES);
        alert.rule_uid = this.rule_uid.kept(LABEL_VALUE_MAX_BYTES);
        alert.org_id = this.org_id.0.map(|id| id as i64);
        alert.state_reason = alert.annotations.find("grafana_state_reason").map(Into::into);
        alert.kind = if this.is_demo { Kind::Test } else { kind_of(&alert) };
        if alert.kind == Kind::Test && alert.is_firing() {
            alert.expires_at = Some(received_at + TEST_ALERT_LIFE);
        }
        Some(alert)
    }
}

/// Grafana renames the alerts of rules whose query gave nothing or failed, or keeps the name and tells the reason.
fn kind_of(alert: &Alert) -> Kind {
    match (alert.labels.get("alertname"), alert.state_reason.as_deref()) {
        ("DatasourceNoData", _) => Kind::NoData,
        ("DatasourceError", _) => Kind::Error,
        (_, Some("NoData")) if alert.status == Status::Firing => Kind::NoData,
        (_, Some("Error")) if alert.status == Status::Firing => Kind::Error,
        ("TestAlert", _) if alert.labels.get("instance") == "Grafana" && alert.rule_uid.is_none() => {
            Kind::Test
        }
        _ => Kind::Normal,
    }
}

/// A problem of one alert of a list.
pub(crate) fn problem(index: usize, what: &str, fix: &str, lost: bool) -> Problem {
    Problem { index: u32::try_from(index).ok(), what: clean(what, 300).into(), fix: fix.into(), lost }
}

impl<'de: 'a, 'a> Deserialize<'de> for WireAlert<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AlertVisitor)
    }
}

struct AlertVisitor;

impl<'de> Visitor<'de> for AlertVisitor {
    type Value = WireAlert<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an alert")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<WireAlert<'de>, A::Error> {
        let mut alert = WireAlert::default();
        while let Some(Text(key)) = access.next_key::<Text<'de>>()? {
            match key.as_deref().unwrap_or_default() {
                "status" => alert.status = access.next_value()?,
                "labels" => alert.labels = access.next_value()?,
                "annotations" => alert.annotations = access.next_value()?,
                "startsAt" => alert.starts_at = time(access.next_value()?),
                "endsAt" => alert.ends_at = time(access.next_value()?),
                "generatorURL" => alert.generator_url = access.next_value()?,
                "fingerprint" => alert.fingerprint = access.next_value()?,
                "silenceURL" => alert.silence_url = access.next_value()?,
                "dashboardURL" => alert.dashboard_url = access.next_value()?,
                "panelURL" => alert.panel_url = access.next_value()?,
                "imageURL" => alert.image_url = access.next_value()?,
                "ruleUID" => alert.rule_uid = access.next_value()?,
                "valueString" => alert.value_string = access.next_value()?,
                "orgId" => alert.org_id = access.next_value()?,
                "values" => alert.values = access.next_value()?,
                "amixr_demo" | "oncall_demo" => {
                    alert.is_demo = access.next_value::<Text<'de>>()?.raw() == Some("true")
                }
                _ => drop(access.next_value::<IgnoredAny>()?),
            }
        }
        Ok(alert)
    }

    fn visit_unit<E: Error>(self) -> Result<WireAlert<'de>, E> {
        Ok(WireAlert::no_object("null"))
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<WireAlert<'de>, E> {
        Ok(WireAlert::no_object("a flag"))
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<WireAlert<'de>, E> {
        Ok(WireAlert::no_object("a number"))
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<WireAlert<'de>, E> {
        Ok(WireAlert::no_object("a number"))
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<WireAlert<'de>, E> {
        Ok(WireAlert::no_object("a number"))
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<WireAlert<'de>, E> {
        Ok(WireAlert::no_object("a text"))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<WireAlert<'de>, A::Error> {
        while access.next_element::<IgnoredAny>()?.is_some() {}
        Ok(WireAlert::no_object("a list"))
    }
}

fn time(text: Text<'_>) -> WireTime {
    text.raw().map_or(WireTime::None, WireTime::parse)
}

impl<'de> Deserialize<'de> for Values {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Pairs { pairs, .. } = Pairs::deserialize(deserializer)?;
        let mut values: Vec<(Box<str>, f64)> = Vec::new();
        for (name, value) in pairs {
            let Some(number) = value.trim().parse().ok().filter(|number: &f64| number.is_finite()) else {
                continue;
            };
            let name: Box<str> = clean(&name, 100).into();
            if let Some(known) = values.iter_mut().find(|(known, _)| *known == name) {
                known.1 = number;
            } else if values.len() < VALUES_PER_ALERT_MAX {
                values.push((name, number));
            }
        }
        Ok(Self(values))
    }
}
