//! What a source must know of its integration. The config fills it in.

use std::time::Duration;

use secrecy::SecretString;

use crate::domain::template::Template;
use crate::limits::{RESOLVE_TIMEOUT_DEFAULT_S, SIGNATURE_TOLERANCE_DEFAULT_S};

/// The settings of one integration, as far as reading its requests goes.
#[derive(Clone, Debug)]
pub struct IntegrationSettings {
    /// Its name in the config.
    pub name: String,
    /// What a request must prove beyond the token in its URL.
    pub auth: AuthSettings,
    /// When an alert of Prometheus ends that came without an end.
    pub resolve_timeout: Duration,
    /// How any JSON becomes alerts (`webhook` only).
    pub mapping: Mapping,
}

impl IntegrationSettings {
    /// An integration of this name with nothing set.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            auth: AuthSettings::default(),
            resolve_timeout: Duration::from_secs(RESOLVE_TIMEOUT_DEFAULT_S),
            mapping: Mapping::default(),
        }
    }
}

/// All that is set must hold. Basic and bearer share one header, so with both set either will do.
#[derive(Clone, Debug, Default)]
pub struct AuthSettings {
    /// `Authorization: Basic …`
    pub basic: Option<BasicAuth>,
    /// `Authorization: Bearer …`; several, so that a token can be changed without a gap.
    pub bearer: Vec<SecretString>,
    /// A signature over the body.
    pub hmac: Option<HmacAuth>,
}

/// User and password.
#[derive(Clone, Debug)]
pub struct BasicAuth {
    /// The user.
    pub user: String,
    /// The password.
    pub password: SecretString,
}

/// Grafana's HMAC signature: hex of HMAC-SHA256 over the body, or over `<seconds>:<body>` with a timestamp header.
#[derive(Clone, Debug)]
pub struct HmacAuth {
    /// The secrets; any of them will do, so that one can be changed without a gap.
    pub secrets: Vec<SecretString>,
    /// The header with the signature.
    pub header: String,
    /// The header with the unix seconds, if the sender is set to send one. Then old requests are refused.
    pub timestamp_header: Option<String>,
    /// How far the timestamp may be from now.
    pub tolerance: Duration,
}

impl HmacAuth {
    /// Grafana's defaults.
    pub fn new(secret: SecretString) -> Self {
        Self {
            secrets: vec![secret],
            header: "X-Grafana-Alerting-Signature".to_owned(),
            timestamp_header: None,
            tolerance: Duration::from_secs(SIGNATURE_TOLERANCE_DEFAULT_S),
        }
    }
}

/// Templates from any JSON to an alert. They read `payload` (the whole body), `item` (one alert of it; the body itself
/// without `split`), `index` and `now`. What is not set comes from the default mapping.
#[derive(Clone, Debug, Default)]
pub struct Mapping {
    /// Where the list of alerts is.
    pub split: Option<Split>,
    /// Labels over those of the default mapping; an empty text takes one away.
    pub labels: Vec<(String, Template)>,
    /// Annotations, likewise.
    pub annotations: Vec<(String, Template)>,
    /// Becomes the label `alertname`.
    pub title: Option<Template>,
    /// Becomes the annotation `description`.
    pub message: Option<Template>,
    /// Becomes the label `severity`.
    pub severity: Option<Template>,
    /// What stays the same from an alert's beginning to its end.
    pub key: Option<Template>,
    /// What alerts of one group share.
    pub group_key: Option<Template>,
    /// Says yes (`1`, `true`, `ok`) when the alert is over.
    pub resolved: Option<Template>,
    /// Says yes when it fires; without `resolved`, anything else means that it is over.
    pub firing: Option<Template>,
    /// When it began: ISO 8601 or unix seconds.
    pub starts_at: Option<Template>,
    /// Where to look, by the name of the link. `source`, `dashboard`, `panel`, `image`, `runbook` and `silence` have
    /// places of their own.
    pub links: Vec<(String, Template)>,
}

impl Mapping {
    /// Whether nothing is set, so that the default mapping decides all.
    pub fn is_unset(&self) -> bool {
        let lists = self.labels.is_empty() && self.annotations.is_empty() && self.links.is_empty();
        let templates = [
            &self.title,
            &self.message,
            &self.severity,
            &self.key,
            &self.group_key,
            &self.resolved,
            &self.firing,
            &self.starts_at,
        ];
        lists && self.split.is_none() && templates.iter().all(|template| template.is_none())
    }
}

/// Where the list of alerts is in the body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Split {
    /// Names from the top, `data.alerts`; numbers are places in a list.
    Path(Vec<String>),
    /// A template that gives a JSON list.
    Template(Template),
}

impl Split {
    /// A path, or a template if there is a tag in it.
    pub fn parse(text: &str) -> Result<Self, crate::domain::template::TemplateError> {
        if text.contains("{{") || text.contains("{%") {
            return Template::compile(text).map(Self::Template);
        }
        let path = text.trim().trim_start_matches('$').split('.').filter(|name| !name.is_empty());
        Ok(Self::Path(path.map(str::to_owned).collect()))
    }
}
