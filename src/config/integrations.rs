//! `integrations`: where alerts come from.

use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value as Json, json};

use super::kinds;
use crate::limits;
use crate::sources::settings::{AuthSettings, BasicAuth, HmacAuth, IntegrationSettings, Mapping, Split};
use crate::sources::{self, SOURCES, Source};
use crate::yaml::schema::Definitions;
use crate::yaml::{
    Fields, Kind, MapOf, Name, Node, Number, OneOf, Parsed, Problem, Reading, Section, Text, Within,
};

/// A name or an alias in [`SOURCES`]: a source that is added there can be configured at once.
struct SourceKind;

impl SourceKind {
    fn words() -> Vec<&'static str> {
        SOURCES
            .iter()
            .flat_map(|source| std::iter::once(source.kind).chain(source.aliases.iter().copied()))
            .collect()
    }
}

impl Kind for SourceKind {
    type Out = &'static Source;

    fn read(&self, reading: &mut Reading<'_>, node: &Node) -> Option<Self::Out> {
        let word = OneOf(Self::words()).read(reading, node)?;
        sources::find(word)
    }

    fn schema(&self, definitions: &mut Definitions) -> Json {
        OneOf(Self::words()).schema(definitions)
    }
}

/// One place alerts come from.
#[derive(Clone, Debug)]
pub struct Integration {
    pub name: String,
    /// Its name in [`SOURCES`].
    pub kind: &'static str,
    /// The last part of its address.
    pub token: SecretString,
    pub rate_limit: RateLimit,
    /// What its source must know: authentication, mapping, time-outs.
    pub settings: IntegrationSettings,
}

/// It becomes a part of a path, so it must be one without escapes.
fn path_token(token: &str) -> Result<(), Problem> {
    let good = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'~');
    if !token.bytes().all(good) {
        return Err(Problem::new("it stands in a URL")
            .hint("use letters, digits, - and _ only, for example from `openssl rand -hex 16`"));
    }
    long_enough(token)
}

/// A secret of our own that nobody should guess.
pub(super) fn long_enough(token: &str) -> Result<(), Problem> {
    if token.len() < limits::INTEGRATION_TOKEN_MIN_BYTES {
        return Err(Problem::new("it can be guessed")
            .hint("make a longer one, for example with `openssl rand -hex 16`"));
    }
    Ok(())
}

impl Section for Integration {
    const NAME: &'static str = "integration";
    const ABOUT: &'static str = "A place alerts come from; they are sent to /integrations/v1/KIND/TOKEN/.";

    fn read(f: &mut Fields<'_, '_>) -> Option<Self> {
        let name = f.required("name", "Its name, for people.", &Name("integration"));
        let source = f.required("kind", "What it speaks.", &SourceKind);
        let token = f.required_secret("token", "The secret last part of its address.", path_token);
        let hmac =
            f.optional("hmac", "Its requests are signed; others are refused.", &Within::<HmacSection>::new());
        let basic = f.optional(
            "basic_auth",
            "Its requests carry a user and a password; with `bearer`, either will do.",
            &Within::<BasicSection>::new(),
        );
        let bearer = f.secret("bearer", "Its requests carry `Authorization: Bearer …`.", kinds::any_secret);
        let previous =
            f.secret("bearer_previous", "The one before, valid while you rotate it.", kinds::any_secret);
        let rate_limit = f.section("rate_limit", "How much it may send before it is told to wait (429).");
        let resolve_timeout = f.or(
            "resolve_timeout",
            "An alert of Prometheus without an end that is not sent again for so long is resolved.",
            &kinds::longer_span(),
            "5m",
        );
        let mapping = f.optional(
            "mapping",
            "How its JSON becomes alerts; only for kind webhook.",
            &Within::<MappingSection>::new(),
        );
        if let (Some(source), Some(Some(_))) = (source, &mapping)
            && source.kind != "webhook"
        {
            let hint =
                format!("the kind {} has a fixed form; use `kind: webhook` to map any JSON", source.kind);
            f.error_at("mapping", "wrong-kind", "`mapping` is for the kind webhook only", Some(hint));
        }
        if let (Some(token), Some(span)) = (&token, f.span_of("token").or_else(|| f.span_of("token_file")))
            && !token.expose_secret().is_empty()
            && let Some(reading) = f.reading()
        {
            reading.unique("token", token.expose_secret(), span);
        }
        let name = name?;
        Some(Self {
            kind: source?.kind,
            token: token?,
            rate_limit: rate_limit?,
            settings: IntegrationSettings {
                auth: AuthSettings {
                    basic: basic?.map(|b| b.0),
                    bearer: bearer?.into_iter().chain(previous?).collect(),
                    hmac: hmac?.map(|h| h.0),
                },
                resolve_timeout: resolve_timeout?,
                mapping: mapping?.map(|m| m.0).unwrap_or_default(),
                name: name.clone(),
            },
            name,
        })
    }
}

struct HmacSection(HmacAuth);

impl Section for HmacSection {
    const NAME: &'static str = "hmac";
    const ABOUT: &'static str =
        "HMAC-SHA256 over the body, in hex, as Grafana's webhook contact point makes it.";

    fn read(f: &mut Fields<'_, '_>) -> Option<Self> {
        let secret = f.required_secret("secret", "The shared secret.", kinds::any_secret);
        let previous =
            f.secret("secret_previous", "The one before, valid while you rotate it.", kinds::any_secret);
        let header = f.or(
            "header",
            "The header that carries the signature.",
            &kinds::header(),
            "X-Grafana-Alerting-Signature",
        );
        let timestamp_header = f.optional(
            "timestamp_header",
            "The header that carries the time of signing, if Grafana is told to send one.",
            &kinds::header(),
        );
        let tolerance = f.or("tolerance", "How far that time may be from ours.", &kinds::longer_span(), "5m");
        Some(Self(HmacAuth {
            secrets: std::iter::once(secret?).chain(previous?).collect(),
            header: header?,
            timestamp_header: timestamp_header?,
            tolerance: tolerance?,
        }))
    }
}

struct BasicSection(BasicAuth);

impl Section for BasicSection {
    const NAME: &'static str = "basic_auth";
    const ABOUT: &'static str = "HTTP basic authentication.";

    fn read(f: &mut Fields<'_, '_>) -> Option<Self> {
        let user = f.required("username", "The user.", &Text);
        let password = f.required_secret("password", "The password.", kinds::any_secret);
        Some(Self(BasicAuth { user: user?, password: password? }))
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
    const ABOUT: &'static str =
        "How much may come in; what is more gets 429 with Retry-After. 0 is without a limit.";

    fn read(f: &mut Fields<'_, '_>) -> Option<Self> {
        let any = Number { min: 0, max: u64::from(u32::MAX) };
        let requests = f.or("requests_per_minute", "Requests in a minute.", &any, "1200000");
        let alerts = f.or("alerts_per_minute", "Alerts in a minute.", &any, "12000000");
        let burst = f.or("burst", "Requests that may come at once.", &any, "60000");
        Some(Self { requests_per_minute: requests?, alerts_per_minute: alerts?, burst: burst? })
    }
}

struct MappingSection(Mapping);

impl Section for MappingSection {
    const NAME: &'static str = "mapping";
    const ABOUT: &'static str =
        "Templates that make alerts of any JSON; `payload` is the whole body, `item` one alert of it.";

    fn read(f: &mut Fields<'_, '_>) -> Option<Self> {
        let template = kinds::template();
        let templates = MapOf(&template);
        let split =
            f.optional("split", "Where the list of alerts is: a path (data.alerts) or a template.", &split());
        let labels =
            f.optional("labels", "Labels: name → template; an empty text takes one away.", &templates);
        let annotations = f.optional("annotations", "Annotations: name → template.", &templates);
        let title = f.optional("title", "The title; becomes the label alertname.", &template);
        let message = f.optional("message", "The text; becomes the annotation description.", &template);
        let severity = f.optional("severity", "Becomes the label severity.", &template);
        let key = f.optional("key", "What stays the same from an alert's beginning to its end.", &template);
        let group_key = f.optional("group_key", "What alerts of one group share.", &template);
        let resolved = f.optional("resolved", "Renders true, 1 or ok when the alert is over.", &template);
        let firing = f.optional("firing", "Renders true, 1 or ok when it fires.", &template);
        let starts_at = f.optional("starts_at", "When it began: ISO 8601 or unix seconds.", &template);
        let links = f.optional("links", "Links: name → template of the address.", &templates);
        Some(Self(Mapping {
            split: split?,
            labels: labels?.unwrap_or_default(),
            annotations: annotations?.unwrap_or_default(),
            title: title?,
            message: message?,
            severity: severity?,
            key: key?,
            group_key: group_key?,
            resolved: resolved?,
            firing: firing?,
            starts_at: starts_at?,
            links: links?.unwrap_or_default(),
        }))
    }
}

fn split() -> Parsed<Split> {
    Parsed {
        what: "a path or a template",
        parse: |text| Split::parse(text).map_err(|e| kinds::template_problem(text, e)),
        schema: || json!({"examples": ["data.alerts", "{{ payload.events | tojson }}"]}),
    }
}
