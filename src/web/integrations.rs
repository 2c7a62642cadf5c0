//! `POST /integrations/v1/{kind}/{token}/`: a webhook's body becomes a row, and then the sender gets its 2xx.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::{Path, Request, State};
use axum::http::header::{ALLOW, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use secrecy::ExposeSecret as _;
use tokio::sync::watch;
use tracing::{error, info, warn};

use super::Web;
use super::bodies::{self, Held, Room, Rooms, Unread};
use super::limiter::{Limiter, LogLimiter};
use crate::clock::Stopwatch;
use crate::config::{Config, Integration, RateLimit};
use crate::domain::alert::Intake;
use crate::domain::time::Timestamp;
use crate::engine::intake::AlertsRow;
use crate::limits::{BODIES_OF_ONE_BYTES, BODY_READ_INLINE_BYTES};
use crate::sources::auth::TokenDigest;
use crate::sources::{self, Answer, Incoming, Rejection, Source};
use crate::store::{StoreError, webhooks};

/// The integrations in force, ready to be looked up; made anew when the configuration changes.
pub(super) struct Intakes {
    config: watch::Receiver<Arc<Config>>,
    table: Mutex<(String, Arc<Vec<Arc<Entry>>>)>,
    /// Log lines about URLs that are none.
    unknown: LogLimiter,
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
    /// Room for its bodies.
    room: Room,
    /// Log lines about what of it was refused, and about what was odd in what was taken.
    refusals: LogLimiter,
    oddities: LogLimiter,
}

impl Intakes {
    pub(super) fn new(config: watch::Receiver<Arc<Config>>) -> Self {
        Self { config, table: Mutex::new((String::new(), Arc::default())), unknown: LogLimiter::default() }
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
                room: Room::new(BODIES_OF_ONE_BYTES),
                refusals: LogLimiter::default(),
                oddities: LogLimiter::default(),
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
        if let Some(left_out) = web.intakes.unknown.take(web.clock.now_ms()) {
            // Without the token: it may be the right one in the wrong place.
            let kind = sources::find(part("kind")).map(|source| source.kind);
            info!(
                kind,
                left_out,
                "refused: no integration of this kind has the token of this URL; look at `integrations`"
            );
        }
        return (StatusCode::NOT_FOUND, "not found\n").into_response();
    };
    let name = intake.settings.name.clone();
    let (outcome, response) = match take(&web, &intake, part("rest"), request).await {
        Ok(response) => ("accepted", response),
        Err(refused) => refused.answer(&web, &intake),
    };
    web.metrics.intake(&name, outcome);
    web.metrics.intake_took(watch.elapsed());
    response
}

/// Why a request is not taken.
enum Refused {
    TooMuch { what: &'static str, retry_after_s: i64 },
    Body { error: Unread, limit: usize },
    Source(Rejection),
    NotStored(StoreError),
    Panicked,
}

async fn take(
    web: &Arc<Web>,
    intake: &Arc<Entry>,
    rest: &str,
    request: Request,
) -> Result<Response, Refused> {
    let now_ms = web.clock.now_ms();
    let too_much = |what| move |retry_after_s| Refused::TooMuch { what, retry_after_s };
    intake.limits.requests.take(1, now_ms).map_err(too_much("requests"))?;
    let (parts, body) = request.into_parts();
    let limit = usize::try_from(web.config.current().server.max_body_bytes).unwrap_or(usize::MAX);
    let rooms = Rooms { medium: &[&web.medium_room], large: &[&intake.limits.room, &web.room] };
    let held = bodies::read(body, limit, rooms).await.map_err(|error| Refused::Body { error, limit })?;
    // Until the row is written: what was made of the body is about as large.
    let Held { bytes, room: _room } = held;
    let is_large = bytes.len() > BODY_READ_INLINE_BYTES;
    let read = {
        let (intake, rest) = (Arc::clone(intake), rest.to_owned());
        move || {
            let received_at = Timestamp::from_ms(now_ms);
            let (method, headers) = (&parts.method, &parts.headers);
            let incoming = Incoming { method, path_rest: &rest, headers, body: &bytes, received_at };
            let taken = intake.source.receive(&incoming, &intake.settings.settings)?;
            let answer = intake.source.answer(&taken);
            Ok((taken, answer))
        }
    };
    let read = if is_large { web.reader.run(read).await.ok_or(Refused::Panicked)? } else { read() };
    let (taken, answer) = read.map_err(Refused::Source)?;
    let alerts = taken.alerts.len() as u64;
    intake.limits.alerts.take(alerts, now_ms).map_err(too_much("alerts"))?;
    report(web, intake, &taken, now_ms);
    if !taken.alerts.is_empty() {
        put(web, &intake.settings, taken, now_ms).await.map_err(Refused::NotStored)?;
    }
    Ok(answered(answer))
}

fn answered(answer: Answer) -> Response {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK);
    let mut response = (status, answer.body).into_response();
    if answer.content_type.is_empty() {
        response.headers_mut().remove(CONTENT_TYPE);
    } else {
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(answer.content_type));
    }
    response
}

impl Refused {
    /// What the sender is told, and what is counted and logged.
    fn answer(&self, web: &Web, intake: &Entry) -> (&'static str, Response) {
        if let Some(left_out) = intake.limits.refusals.take(web.clock.now_ms()) {
            self.log(&intake.settings.name, left_out);
        }
        let plain = |status: StatusCode, text: String| (status, text).into_response();
        match self {
            Self::TooMuch { what, retry_after_s } => {
                let text = format!(
                    "more {what} than the integration's rate_limit allows; try again in {retry_after_s} s\n"
                );
                ("rate_limited", wait(plain(StatusCode::TOO_MANY_REQUESTS, text), *retry_after_s))
            }
            Self::Body { error: Unread::TooLarge, limit } => {
                let text = format!("the body is longer than {limit} bytes (server.max_body)\n");
                ("too_large", plain(StatusCode::PAYLOAD_TOO_LARGE, text))
            }
            Self::Body { error: Unread::BrokeOff(_), .. } => {
                let text = "the body broke off before its end; send it again\n".to_owned();
                ("broke_off", plain(StatusCode::BAD_REQUEST, text))
            }
            Self::Body { error: Unread::NoRoom, .. } => {
                let text = "too many large bodies at once; try again\n".to_owned();
                ("no_room", wait(plain(StatusCode::SERVICE_UNAVAILABLE, text), TRY_AGAIN_S))
            }
            Self::Source(rejection) => rejected(rejection),
            Self::NotStored(_) => {
                let text = "not stored, try again\n".to_owned();
                ("failed", wait(plain(StatusCode::SERVICE_UNAVAILABLE, text), TRY_AGAIN_S))
            }
            Self::Panicked => {
                let text = "an internal error; the log says which\n".to_owned();
                ("panicked", plain(StatusCode::INTERNAL_SERVER_ERROR, text))
            }
        }
    }

    fn log(&self, integration: &str, left_out: u64) {
        match self {
            Self::TooMuch { what, retry_after_s } => {
                warn!(integration, what, retry_after_s, left_out, "refused: more than its rate_limit");
            }
            Self::Body { error: Unread::TooLarge, limit } => {
                warn!(integration, limit, left_out, "refused: the body is too large (server.max_body)");
            }
            Self::Body { error: Unread::BrokeOff(error), .. } => {
                warn!(integration, %error, left_out, "refused: the body broke off");
            }
            Self::Body { error: Unread::NoRoom, .. } => {
                warn!(
                    integration,
                    left_out, "refused: too many large bodies at once; the sender is told to try again"
                );
            }
            Self::Source(rejection) => warn!(integration, left_out, "refused: {rejection}"),
            Self::NotStored(error) => {
                error!(%error, integration, left_out, "alerts could not be stored; the sender is told to try again");
            }
            Self::Panicked => error!(integration, left_out, "a bug: a body could not be read"),
        }
    }
}

/// Seconds after which a sender may try again when the trouble is ours.
const TRY_AGAIN_S: i64 = 5;

fn wait(mut response: Response, seconds: i64) -> Response {
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    response
}

fn rejected(rejection: &Rejection) -> (&'static str, Response) {
    let text = |status: StatusCode| (status, format!("{rejection}\n")).into_response();
    match rejection {
        Rejection::Unauthorized => ("unauthorized", text(StatusCode::UNAUTHORIZED)),
        Rejection::NotFound => ("not_found", text(StatusCode::NOT_FOUND)),
        Rejection::BadBody { .. } => ("bad_body", text(StatusCode::BAD_REQUEST)),
        Rejection::TooManyAlerts { .. } => ("too_many_alerts", text(StatusCode::PAYLOAD_TOO_LARGE)),
        Rejection::TooManyValues { .. } => ("too_many_values", text(StatusCode::PAYLOAD_TOO_LARGE)),
        Rejection::MethodNotAllowed { allow } => {
            let mut response = text(StatusCode::METHOD_NOT_ALLOWED);
            response.headers_mut().insert(ALLOW, HeaderValue::from_static(allow));
            ("wrong_method", response)
        }
    }
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

/// Counts what was taken, and logs what was odd about it.
fn report(web: &Web, intake: &Entry, taken: &Intake, now_ms: i64) {
    let name = &intake.settings.name;
    web.metrics.alerts(name, taken.alerts.len(), taken.lost, taken.duplicates);
    web.metrics.problems(name, taken.problems.len() + taken.problems_left_out as usize);
    for problem in taken.problems.iter().take(3) {
        let Some(left_out) = intake.limits.oddities.take(now_ms) else { continue };
        info!(
            integration = name,
            alert = problem.index,
            lost = problem.lost,
            left_out,
            "{}: {}",
            problem.what,
            problem.fix
        );
    }
}
