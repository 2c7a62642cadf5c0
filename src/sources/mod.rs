//! Webhook body → [`Intake`]. One file a kind and one line in [`SOURCES`].
//!
//! A source is tolerant: fields it does not know are passed over, odd types become text, a broken alert costs itself
//! only and is told as a [`Problem`](crate::domain::alert::Problem). It refuses a body only when nothing can be made of
//! it, and then says what is wrong and where. Nothing here waits, stores or reads a clock.

mod alertmanager;
pub mod auth;
mod body;
mod formatted_webhook;
mod grafana;
mod prometheus;
pub mod settings;
mod time;
mod webhook;
mod wire;

use axum::http::{HeaderMap, Method};

pub use settings::IntegrationSettings;

use crate::domain::alert::Intake;
use crate::domain::time::Timestamp;

/// A request as it came in; everything a source needs to know, the time included.
#[derive(Clone, Copy, Debug)]
pub struct Incoming<'a> {
    /// The method.
    pub method: &'a Method,
    /// What follows the token in the path, without slashes around it: empty, or `api/v2/alerts` from Prometheus.
    pub path_rest: &'a str,
    /// The headers.
    pub headers: &'a HeaderMap,
    /// The whole body, at most [`WEBHOOK_BODY_MAX_BYTES`](crate::limits::WEBHOOK_BODY_MAX_BYTES).
    pub body: &'a [u8],
    /// When it came in.
    pub received_at: Timestamp,
}

/// Why a request is not taken. The web layer makes the status of it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// 401: wrong or no credentials. It does not say which, so that nobody can feel their way in.
    #[error("unauthorized")]
    Unauthorized,
    /// 400: nothing can be made of the body.
    #[error("{what} at {place}: {hint}")]
    BadBody {
        /// What is wrong.
        what: String,
        /// Where: a JSON path, or a line and column.
        place: String,
        /// How to mend it.
        hint: String,
    },
    /// 413: more alerts than one request may have.
    #[error("{count} alerts in one request, at most {limit} are taken: send them in several requests")]
    TooManyAlerts {
        /// How many there are.
        count: usize,
        /// How many are taken.
        limit: usize,
    },
    /// 413: a body whose values would take too much memory.
    #[error(
        "the body holds too many lists and fields: read, they would take more than {limit_mib} MiB; send fewer alerts in one request"
    )]
    TooManyValues {
        /// How much they may take.
        limit_mib: usize,
    },
    /// 404: this kind has no such path.
    #[error("not found")]
    NotFound,
    /// 405, with `Allow`.
    #[error("method not allowed, use {allow}")]
    MethodNotAllowed {
        /// The methods for the `Allow` header.
        allow: &'static str,
    },
}

impl Rejection {
    fn bad_body(what: impl Into<String>, place: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::BadBody { what: what.into(), place: place.into(), hint: hint.into() }
    }
}

/// What the sender is told after the commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The content type; empty when the body is.
    pub content_type: &'static str,
    /// The body.
    pub body: String,
}

/// One kind of sender.
#[derive(Debug)]
pub struct Source {
    /// Its name in the config and in the URL.
    pub kind: &'static str,
    /// Other names that mean the same in a URL: those of OnCall's integrations that send the same bodies.
    pub aliases: &'static [&'static str],
    /// One line for `firebell check --schema` and the docs.
    pub doc: &'static str,
    allow: &'static [Method],
    paths: &'static [&'static str],
    parse: fn(&Incoming<'_>, &IntegrationSettings) -> Result<Intake, Rejection>,
    answer: fn(&Intake) -> Answer,
}

/// Every kind there is.
pub static SOURCES: &[Source] =
    &[alertmanager::SOURCE, grafana::SOURCE, prometheus::SOURCE, webhook::SOURCE, formatted_webhook::SOURCE];

/// The source of this name or alias.
pub fn find(kind: &str) -> Option<&'static Source> {
    SOURCES.iter().find(|source| source.kind == kind || source.aliases.contains(&kind))
}

impl Source {
    /// Checks who sends, then reads the body. The token in the URL is checked before (see [`auth::TokenDigest`]).
    pub fn receive(
        &self,
        incoming: &Incoming<'_>,
        settings: &IntegrationSettings,
    ) -> Result<Intake, Rejection> {
        self.authenticate(incoming, settings)?;
        if !self.paths.contains(&incoming.path_rest.trim_matches('/')) {
            return Err(Rejection::NotFound);
        }
        if !self.allow.contains(incoming.method) {
            let allow = if self.allow.contains(&Method::PUT) { "POST, PUT" } else { "POST" };
            return Err(Rejection::MethodNotAllowed { allow });
        }
        body::refuse_compressed(incoming)?;
        let mut intake = (self.parse)(incoming, settings)?;
        if intake.alerts.is_empty() && intake.lost > 0 {
            let first = intake.problems.iter().find(|problem| problem.lost);
            let (what, fix) =
                first.map_or(("no alert could be read", ""), |first| (&*first.what, &*first.fix));
            let place = first
                .and_then(|first| first.index)
                .map_or_else(|| "$".to_owned(), |at| format!("alert {at}"));
            return Err(Rejection::bad_body(what, place, fix));
        }
        intake.drop_duplicates();
        Ok(intake)
    }

    /// Checks the signature, user and password, or bearer token that the integration asks for.
    pub fn authenticate(
        &self,
        incoming: &Incoming<'_>,
        settings: &IntegrationSettings,
    ) -> Result<(), Rejection> {
        auth::check(incoming, &settings.auth)
    }

    /// What the sender is told once `intake` is stored.
    pub fn answer(&self, intake: &Intake) -> Answer {
        (self.answer)(intake)
    }
}

/// The usual answer: what was taken, and what was not as it should be.
fn told(intake: &Intake) -> Answer {
    let mut body = serde_json::json!({"status": "ok", "alerts": intake.alerts.len()});
    if intake.lost > 0 {
        body["lost"] = intake.lost.into();
    }
    if !intake.problems.is_empty() {
        body["problems"] = intake
            .problems
            .iter()
            .map(|problem| {
                let alert = problem.index.map(|at| format!("alert {at}: ")).unwrap_or_default();
                format!("{alert}{} ({})", problem.what, problem.fix)
            })
            .collect();
    }
    Answer { status: 200, content_type: "application/json", body: body.to_string() }
}
