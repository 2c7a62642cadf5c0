//! `integrations`: where alerts come from.

use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};

use super::kinds;
use crate::domain::template::Template;
use crate::limits;
use crate::yaml::{Choice, Fields, MapOf, Name, Number, Problem, Section, Text, Within};

/// What an integration speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum IntegrationKind {
    Alertmanager,
    Grafana,
    GrafanaAlerting,
    Prometheus,
    Webhook,
    FormattedWebhook,
}

impl IntegrationKind {
    /// As it stands in the config and in the URL.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Alertmanager => "alertmanager",
            Self::Grafana => "grafana",
            Self::GrafanaAlerting => "grafana_alerting",
            Self::Prometheus => "prometheus",
            Self::Webhook => "webhook",
            Self::FormattedWebhook => "formatted_webhook",
        }
    }
}

const KINDS: Choice<IntegrationKind> = Choice(&[
    ("alertmanager", IntegrationKind::Alertmanager),
    ("grafana", IntegrationKind::Grafana),
    ("grafana_alerting", IntegrationKind::GrafanaAlerting),
    ("prometheus", IntegrationKind::Prometheus),
    ("webhook", IntegrationKind::Webhook),
    ("formatted_webhook", IntegrationKind::FormattedWebhook),
]);

/// One place alerts come from.
#[derive(Clone, Debug)]
pub struct Integration {
    pub name: String,
    pub kind: IntegrationKind,
    /// The last part of its address.
    pub token: SecretString,
    pub hmac: Option<Hmac>,
    pub basic_auth: Option<BasicAuth>,
    pub bearer: Option<SecretString>,
    pub rate_limit: RateLimit,
    /// An alert that is not heard of for so long and has no end is resolved.
    pub resolve_timeout: Duration,
    /// Only for [`IntegrationKind::Webhook`].
    pub mapping: Option<Mapping>,
}

/// It becomes a part of a path, so it must be one without escapes.
fn path_token(token: &str) -> Result<(), Problem> {
    let good = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'~');
    if !token.bytes().all(good) {
        return Err(Problem::new("it stands in a URL").hint("use letters, digits, - and _ only, for example from `openssl rand -hex 16`"));
    }
    if token.len() < limits::INTEGRATION_TOKEN_MIN_BYTES {
        return Err(Problem::new("it can be guessed").hint("make a longer one, for example with `openssl rand -hex 16`"));
    }
    Ok(())
}

impl Section for Integration {
    const NAME: &'static str = "integration";
    const ABOUT: &'static str = "A place alerts come from; they are sent to /integrations/v1/KIND/TOKEN/.";

    fn read(f: &mut Fields<'_, '_>) -> Option<Self> {
        let name = f.required("name", "Its name, for people.", &Name("integration"));
        let kind = f.required("kind", "What it speaks.", &KINDS);
        let token = f.required_secret("token", "The secret last part of its address.", path_token);
        let hmac = f.optional("hmac", "Its requests are signed; others are refused.", &Within::new());
        let basic_auth = f.optional("basic_auth", "Its requests carry a user and a password.", &Within::new());
        let bearer = f.secret("bearer", "Its requests carry `Authorization: Bearer …`.", kinds::any_secret);
        let exclusive = f.exclusive(&["basic_auth", "bearer"]);
        let rate_limit = f.section("rate_limit", "How much it may send before it is told to wait (429).");
        let resolve_timeout = f.or(
            "resolve_timeout",
            "An alert without an end that is not sent again for so long is resolved.",
            &kinds::longer_span(),
            "5m",
        );
        let mapping = f.optional("mapping", "How its JSON becomes alerts; only for kind webhook.", &Within::new());
        if let (Some(kind), Some(Some(_))) = (kind, &mapping)
            && kind != IntegrationKind::Webhook
        {
            let hint = format!("the kind {} has a fixed form; use `kind: webhook` to map any JSON", kind.as_str());
            f.error_at("mapping", "wrong-kind", "`mapping` is for the kind webhook only", Some(hint));
        }
        if let (Some(token), Some(span)) = (&token, f.span_of("token").or_else(|| f.span_of("token_file")))
            && let Some(reading) = f.reading()
        {
            reading.unique("token", token.expose_secret(), span);
        }
        exclusive?;
        Some(Self {
            name: name?,
            kind: kind?,
            token: token?,
            hmac: hmac?,
            basic_auth: basic_auth?,
            bearer: bearer?,
            rate_limit: rate_limit?,
            resolve_timeout: resolve_timeout?,
            mapping: mapping?,
        })
    }
}

/// Signed bodies, as Grafana signs them.
#[derive(Clone, Debug)]
pub struct Hmac {
    pub secret: SecretString,
    pub header: String,
    /// If given, the time in this header is part of what is signed.
    pub timestamp_header: Option<String>,
    /// How far that time may be from ours.
    pub tolerance: Duration,
}

impl Section for Hmac {
    const NAME: &'static str = "hmac";
    const ABOUT: &'static str = "HMAC-SHA256 over the body, in hex, as Grafana's webhook contact point makes it.";

    fn read(f: &mut Fields<'_, '_>) -> Option<Self> {
        let secret = f.required_secret("secret", "The shared secret.", kinds::any_secret);
        let header = f.or("header", "The header that carries the signature.", &kinds::header(), "X-Grafana-Alerting-Signature");
        let timestamp = f.optional(
            "timestamp_header",
            "The header that carries the time of signing, if Grafana is told to send one.",
            &kinds::header(),
        );
        let tolerance = f.or("tolerance", "How far that time may be from ours.", &kinds::longer_span(), "5m");
        Some(Self { secret: secret?, header: header?, timestamp_header: timestamp?, tolerance: tolerance? })
    }
}

/// User and password.
#[derive(Clone, Debug)]
pub struct BasicAuth {
    pub username: String,
    pub password: SecretString,
}

impl Section for BasicAuth {
    const NAME: &'static str = "basic_auth";
    const ABOUT: &'static str = "HTTP basic authentication.";

    fn read(f: &mut Fields<'_, '_>) -> Option<Self> {
        let username = f.required("username", "The user.", &Text);
        let password = f.required_secret("password", "The password.", kinds::any_secret);
        Some(Self { username: username?, password: password? })
    }
}

/// How much may come in; 0 is without a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimit {
    pub requests_per_minute: u64,
    pub alerts_per_minute: u64,
    /// Requests that may come at once.
    pub burst: u64,
}

impl Section for RateLimit {
    const NAME: &'static str = "rate_limit";
    const ABOUT: &'static str = "How much may come in; what is more gets 429 with Retry-After. 0 is without a limit.";

    fn read(f: &mut Fields<'_, '_>) -> Option<Self> {
        let any = Number { min: 0, max: u64::from(u32::MAX) };
        let requests = f.or("requests_per_minute", "Requests in a minute.", &any, "60000");
        let alerts = f.or("alerts_per_minute", "Alerts in a minute.", &any, "600000");
        let burst = f.or("burst", "Requests that may come at once.", &any, "5000");
        Some(Self { requests_per_minute: requests?, alerts_per_minute: alerts?, burst: burst? })
    }
}

/// How any JSON becomes an alert. What is not given is guessed as without a mapping.
#[derive(Clone, Debug, Default)]
pub struct Mapping {
    pub labels: Vec<(String, Template)>,
    pub annotations: Vec<(String, Template)>,
    pub title: Option<Template>,
    pub message: Option<Template>,
    pub links: Vec<(String, Template)>,
    /// What tells one alert from another.
    pub key: Option<Template>,
    /// Renders `firing` or `resolved`.
    pub status: Option<Template>,
    /// Renders true if it fires.
    pub firing: Option<Template>,
    /// Renders true if it is over.
    pub resolved: Option<Template>,
}

impl Section for Mapping {
    const NAME: &'static str = "mapping";
    const ABOUT: &'static str = "Templates that make an alert of any JSON; the request's body is `payload`.";

    fn read(f: &mut Fields<'_, '_>) -> Option<Self> {
        let template = kinds::template();
        let labels = f.optional("labels", "Labels: name → template.", &MapOf(template));
        let annotations = f.optional("annotations", "Annotations: name → template.", &MapOf(template));
        let title = f.optional("title", "The title.", &template);
        let message = f.optional("message", "The description.", &template);
        let links = f.optional("links", "Links: name → template of the address.", &MapOf(template));
        let key = f.optional("key", "What tells one alert from another; by default its labels.", &template);
        let status = f.optional("status", "Renders `firing` or `resolved` (`ok` and `alerting` are understood).", &template);
        let firing = f.optional("firing", "Renders true, 1 or ok if the alert fires.", &template);
        let resolved = f.optional("resolved", "Renders true, 1 or ok if the alert is over.", &template);
        let exclusive = f.exclusive(&["status", "firing"]).and(f.exclusive(&["status", "resolved"]));
        exclusive?;
        Some(Self {
            labels: labels?.unwrap_or_default(),
            annotations: annotations?.unwrap_or_default(),
            title: title?,
            message: message?,
            links: links?.unwrap_or_default(),
            key: key?,
            status: status?,
            firing: firing?,
            resolved: resolved?,
        })
    }
}
