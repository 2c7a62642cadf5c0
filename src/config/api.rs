//! `api`: programs that may declare incidents.

use secrecy::{ExposeSecret, SecretString};

use super::integrations::long_enough;
use crate::yaml::{Fields, Name, Number, Section, Within};

/// Who may use `/api/v1`.
#[derive(Clone, Debug, Default)]
pub struct ApiConfig {
    pub tokens: Vec<ApiToken>,
    /// Incidents a token may declare in a minute; what is more gets 429.
    pub declares_per_minute: u64,
}

/// A program and its secret.
#[derive(Clone, Debug)]
pub struct ApiToken {
    /// Stands as the author of what it does.
    pub name: String,
    pub token: SecretString,
}

impl Section for ApiConfig {
    const NAME: &'static str = "api";
    const ABOUT: &'static str = "Programs that may declare incidents: POST /api/v1/incidents.";

    fn read(f: &mut Fields<'_, '_>) -> Option<Self> {
        let tokens = f.list("tokens", "Who may; without any, nobody.", &Within::<ApiToken>::new());
        let rate = f.or(
            "declares_per_minute",
            "Incidents each may declare in a minute; what is more gets 429 with Retry-After. 0 is without a limit.",
            &Number { min: 0, max: 100_000 },
            "30",
        );
        Some(Self { tokens: tokens?, declares_per_minute: rate? })
    }
}

impl Section for ApiToken {
    const NAME: &'static str = "api_token";
    const ABOUT: &'static str = "A program that may declare incidents.";

    fn read(f: &mut Fields<'_, '_>) -> Option<Self> {
        let name = f.required("name", "Its name; stands as the one who declared.", &Name("API token"));
        let token =
            f.required_secret("token", "The secret it sends as `Authorization: Bearer …`.", long_enough);
        if let (Some(token), Some(span)) = (&token, f.span_of("token").or_else(|| f.span_of("token_file")))
            && !token.expose_secret().is_empty()
            && let Some(reading) = f.reading()
        {
            reading.unique("token", token.expose_secret(), span);
        }
        Some(Self { name: name?, token: token? })
    }
}
