//! `POST /integrations/v1/{kind}/{token}/`: a webhook's body becomes a row, and then the sender gets its 2xx.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::http::header::{ALLOW, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use futures_util::StreamExt as _;
use secrecy::ExposeSecret as _;
use tokio::sync::watch;
use tracing::{error, info, warn};

use super::Web;
use super::limiter::Limiter;
use crate::clock::Stopwatch;
use crate::config::{Config, Integration, RateLimit};
use crate::domain::alert::Intake;
use crate::domain::time::Timestamp;
use crate::engine::intake::AlertsRow;
use crate::limits::UNKNOWN_INTAKES_LOGGED_PER_MINUTE;
use crate::sources::auth::TokenDigest;
use crate::sources::{self, Incoming, Rejection, Source};
use crate::store::{StoreError, webhooks};

/// The integrations in force, ready to be looked up; made anew when the configuration changes.
pub(super) struct Intakes {
    config: watch::Receiver<Arc<Config>>,
    table: Mutex<(String, Arc<Vec<Arc<Entry>>>)>,
    /// How often a log line may tell of a URL that is none.
    unknown: Limiter,
}

/// One integration at work.
struct Entry {
    settings: Integration,
    source: &'static Source,
    token: TokenDigest,
    limits: Arc<Limits>,
}

struct Limits {
    configured: RateLimit,
    requests: Limiter,
    alerts: Limiter,
}

impl Intakes {
    pub(super) fn new(config: watch::Receiver<Arc<Config>>) -> Self {
        let unknown = Limiter::new(UNKNOWN_INTAKES_LOGGED_PER_MINUTE, UNKNOWN_INTAKES_LOGGED_PER_MINUTE);
        Self { config, table: Mutex::new((String::new(), Arc::default())), unknown }
    }

    fn table(&self) -> Arc<Vec<Arc<Entry>>> {
        let config = Arc::clone(&self.config.borrow());
        let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        // The version leaves secrets out, so a rotated token changes the pointer only.
        let version = format!("{}@{:p}", config.version, Arc::as_ptr(&config));
        if table.0 != version {
            let old: HashMap<String, Arc<Limits>> =
                table.1.iter().map(|one| (one.settings.name.clone(), Arc::clone(&one.limits))).collect();
            let new =
                config.integrations.iter().filter_map(|one| Entry::new(one, &old)).map(Arc::new).collect();
            *table = (version, Arc::new(new));
        }
        Arc::clone(&table.1)
    }

    fn find(&self, kind: &str, token: &str) -> Option<Arc<Entry>> {
        let source = sources::find(kind)?;
        let given = TokenDigest::of(token);
        let table = self.table();
        // Every token is compared, so that the time tells nothing.
        table
            .iter()
            .filter(|one| one.token.matches(&given))
            .find(|one| std::ptr::eq(one.source, source))
            .map(Arc::clone)
    }
}

impl Entry {
    fn new(settings: &Integration, old: &HashMap<String, Arc<Limits>>) -> Option<Self> {
        let rate = settings.rate_limit;
        let kept = old.get(&settings.name).filter(|limits| limits.configured == rate).map(Arc::clone);
        let limits = kept.unwrap_or_else(|| {
            Arc::new(Limits {
                configured: rate,
                requests: Limiter::new(rate.requests_per_minute, rate.burst),
                alerts: Limiter::new(rate.alerts_per_minute, rate.alerts_per_minute),
            })
        });
        Some(Self {
            source: sources::find(settings.kind)?,
            token: TokenDigest::of(settings.token.expose_secret()),
            settings: settings.clone(),
            limits,
        })
    }
}

/// Takes a webhook in.
pub(super) async fn receive(
    State(web): State<Arc<Web>>,
    Path(path): Path<Vec<(String, String)>>,
    request: Request,
) -> Response {
    let watch = Stopwatch::start();
    let part = |name: &str| path.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.as_str());
    let Some(intake) = web.intakes.find(part("kind"), part("token")) else {
        web.metrics.intake("unknown", "unknown");
        if web.intakes.unknown.take(1, web.clock.now_ms()).is_ok() {
            // Without the token: it may be the right one in the wrong place.
            let kind = sources::find(part("kind")).map(|source| source.kind);
            info!(
                kind,
                "refused: no integration of this kind has the token of this URL; look at `integrations`"
            );
        }
        return (StatusCode::NOT_FOUND, "not found\n").into_response();
    };
    let name = intake.settings.name.clone();
    let (outcome, response) = take(&web, &intake, part("rest"), request).await;
    web.metrics.intake(&name, outcome);
    web.metrics.intake_took(watch.elapsed());
    response
}

async fn take(web: &Arc<Web>, intake: &Entry, rest: &str, request: Request) -> (&'static str, Response) {
    let now_ms = web.clock.now_ms();
    let name = &intake.settings.name;
    if let Err(seconds) = intake.limits.requests.take(1, now_ms) {
        return too_much(name, "requests", seconds);
    }
    let (parts, body) = request.into_parts();
    let limit = usize::try_from(web.config.current().server.max_body_bytes).unwrap_or(usize::MAX);
    let bytes = match read(body, limit).await {
        Ok(bytes) => bytes,
        Err(Unread::TooLarge) => {
            warn!(integration = name, limit, "refused: the body is too large (server.max_body)");
            let text = format!("the body is longer than {limit} bytes (server.max_body)\n");
            return ("too_large", (StatusCode::PAYLOAD_TOO_LARGE, text).into_response());
        }
        Err(Unread::BrokeOff(error)) => {
            warn!(integration = name, %error, "refused: the body broke off");
            let text = "the body broke off before its end; send it again\n";
            return ("broke_off", (StatusCode::BAD_REQUEST, text).into_response());
        }
    };
    let incoming = Incoming {
        method: &parts.method,
        path_rest: rest,
        headers: &parts.headers,
        body: &bytes,
        received_at: Timestamp::from_ms(now_ms),
    };
    let taken = match intake.source.receive(&incoming, &intake.settings.settings) {
        Ok(taken) => taken,
        Err(rejection) => return reject(name, &rejection),
    };
    if let Err(seconds) = intake.limits.alerts.take(taken.alerts.len() as u64, now_ms) {
        return too_much(name, "alerts", seconds);
    }
    report(web, name, &taken);
    let answer = intake.source.answer(&taken);
    if !taken.alerts.is_empty()
        && let Err(error) = put(web, &intake.settings, taken, now_ms).await
    {
        error!(%error, integration = name, "alerts could not be stored; the sender is told to try again");
        let wait = [(RETRY_AFTER, HeaderValue::from_static("5"))];
        return (
            "failed",
            (StatusCode::SERVICE_UNAVAILABLE, wait, "not stored, try again\n").into_response(),
        );
    }
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK);
    let mut response = (status, answer.body).into_response();
    if answer.content_type.is_empty() {
        response.headers_mut().remove(CONTENT_TYPE);
    } else {
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(answer.content_type));
    }
    ("accepted", response)
}

/// Why there is no body.
enum Unread {
    TooLarge,
    BrokeOff(axum::Error),
}

async fn read(body: Body, limit: usize) -> Result<Vec<u8>, Unread> {
    let mut chunks = body.into_data_stream();
    let mut all = Vec::new();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(Unread::BrokeOff)?;
        if all.len() + chunk.len() > limit {
            return Err(Unread::TooLarge);
        }
        all.extend_from_slice(&chunk);
    }
    Ok(all)
}

/// The row, and a ring for the driver: after this, and only after it, the alerts are ours.
async fn put(web: &Web, settings: &Integration, taken: Intake, now_ms: i64) -> Result<(), StoreError> {
    let row = AlertsRow { kind: settings.kind.to_owned(), intake: taken };
    let body = serde_json::to_string(&row).map_err(|error| StoreError::Inconsistent(error.to_string()))?;
    let (origin, now) = (settings.name.clone(), Timestamp::from_ms(now_ms));
    web.store
        .write(move |tx| {
            webhooks::add(tx, &origin, &body, now)?;
            tx.wake("inbox");
            Ok(())
        })
        .await
}

fn report(web: &Web, name: &str, taken: &Intake) {
    web.metrics.alerts(name, taken.alerts.len(), taken.lost, taken.duplicates);
    web.metrics.problems(name, taken.problems.len() + taken.problems_left_out as usize);
    for problem in taken.problems.iter().take(3) {
        info!(
            integration = name,
            alert = problem.index,
            lost = problem.lost,
            "{}: {}",
            problem.what,
            problem.fix
        );
    }
}

fn too_much(name: &str, what: &str, seconds: i64) -> (&'static str, Response) {
    warn!(integration = name, what, retry_after_s = seconds, "refused: more than its rate_limit");
    let wait = HeaderValue::from(seconds);
    let text = format!("more {what} than the integration's rate_limit allows; try again in {seconds} s\n");
    ("rate_limited", (StatusCode::TOO_MANY_REQUESTS, [(RETRY_AFTER, wait)], text).into_response())
}

fn reject(name: &str, rejection: &Rejection) -> (&'static str, Response) {
    warn!(integration = name, "refused: {rejection}");
    let text = |status: StatusCode| (status, format!("{rejection}\n")).into_response();
    match rejection {
        Rejection::Unauthorized => ("unauthorized", text(StatusCode::UNAUTHORIZED)),
        Rejection::NotFound => ("not_found", text(StatusCode::NOT_FOUND)),
        Rejection::BadBody { .. } => ("bad_body", text(StatusCode::BAD_REQUEST)),
        Rejection::TooManyAlerts { .. } => ("too_many_alerts", text(StatusCode::PAYLOAD_TOO_LARGE)),
        Rejection::MethodNotAllowed { allow } => {
            let mut response = text(StatusCode::METHOD_NOT_ALLOWED);
            response.headers_mut().insert(ALLOW, HeaderValue::from_static(allow));
            ("wrong_method", response)
        }
    }
}
