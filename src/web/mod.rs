//! The web server: integrations, the API, Slack's endpoints, health, metrics.

mod api;
mod bodies;
mod health;
mod integrations;
mod limiter;
mod listen;
mod probe;
mod slack;

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{any, get, post};
use tokio::net::TcpListener;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::timeout::TimeoutLayer;
use tracing::Instrument as _;

use crate::clock::SharedClock;
use crate::config::ConfigWatch;
use crate::inbox::Inbox;
use crate::limits::{BODIES_AT_ONCE_BYTES, BODIES_MEDIUM_BYTES, BODIES_OF_SLACK_BYTES, HTTP_REQUEST_TIMEOUT};
use crate::metrics::Metrics;
use crate::slack::verify::Verifier;
use crate::store::Store;

use bodies::{Reader, Room};
pub use health::SlackHealth;
use integrations::Intakes;
use limiter::LogLimiter;
use listen::Patience;

/// What the pages work with.
pub struct Web {
    pub store: Store,
    pub clock: SharedClock,
    pub config: Arc<ConfigWatch>,
    pub metrics: Metrics,
    pub inbox: Inbox,
    pub verifier: Verifier,
    pub slack: Arc<SlackHealth>,
    intakes: Intakes,
    callers: api::Callers,
    probe: probe::Probe,
    requests: AtomicU64,
    /// Room for the bodies of webhooks, the usual ones and the large ones, and of what says that it is Slack.
    medium_room: Room,
    room: Room,
    slack_room: Room,
    reader: Reader,
    /// Log lines about what is refused before it is known whose it is.
    unsigned: LogLimiter,
    api_refusals: LogLimiter,
    late: LogLimiter,
}

impl Web {
    pub fn new(
        store: Store,
        clock: SharedClock,
        config: Arc<ConfigWatch>,
        metrics: Metrics,
        inbox: Inbox,
        verifier: Verifier,
        slack: Arc<SlackHealth>,
    ) -> std::io::Result<Arc<Self>> {
        let intakes = Intakes::new(config.subscribe());
        Ok(Arc::new(Self {
            store,
            clock,
            config,
            metrics,
            inbox,
            verifier,
            slack,
            intakes,
            callers: api::Callers::default(),
            probe: probe::Probe::default(),
            requests: AtomicU64::new(0),
            medium_room: Room::new(BODIES_MEDIUM_BYTES),
            room: Room::new(BODIES_AT_ONCE_BYTES),
            slack_room: Room::new(BODIES_OF_SLACK_BYTES),
            reader: Reader::start()?,
            unsigned: LogLimiter::default(),
            api_refusals: LogLimiter::default(),
            late: LogLimiter::default(),
        }))
    }

    /// Every address there is.
    pub fn router(self: &Arc<Self>) -> Router {
        Router::new()
            .route("/integrations/v1/{kind}/{token}", any(integrations::receive))
            .route("/integrations/v1/{kind}/{token}/", any(integrations::receive))
            .route("/integrations/v1/{kind}/{token}/{*rest}", any(integrations::receive))
            .route("/api/v1/incidents", post(api::declare))
            .route("/slack/events", post(slack::events))
            .route("/slack/commands", post(slack::commands))
            .route("/slack/interactions", post(slack::interactions))
            .route("/slack/options", post(slack::options))
            .route("/healthz", get(health::healthz))
            .route("/readyz", get(health::readyz))
            .route("/metrics", get(health::metrics))
            .route("/", get(health::front))
            .fallback(async || (StatusCode::NOT_FOUND, "not found\n"))
            .layer(TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, HTTP_REQUEST_TIMEOUT))
            .layer(CatchPanicLayer::custom(|_| {
                (StatusCode::INTERNAL_SERVER_ERROR, "an internal error; the log says which\n").into_response()
            }))
            // Outermost, so that what took too long or panicked is counted, too.
            .layer(middleware::from_fn_with_state(Arc::clone(self), number_request))
            .with_state(Arc::clone(self))
    }

    /// Serves until `stop` completes, then finishes what is in hand.
    pub async fn serve(
        self: Arc<Self>,
        listener: TcpListener,
        stop: impl Future<Output = ()> + Send + 'static,
    ) {
        let counted = (self.metrics.clone(), Arc::clone(&self.clock));
        listen::serve(listener, self.router(), Patience::of_this_process(), counted, stop).await;
    }
}

/// Gives the request a number that its log lines and its answer carry, and counts the answer.
async fn number_request(State(web): State<Arc<Web>>, request: Request, next: Next) -> Response {
    let number = web.requests.fetch_add(1, Ordering::Relaxed) + 1;
    let route = request.extensions().get::<MatchedPath>().cloned();
    let span = tracing::info_span!("request", id = number, route = route.as_ref().map(MatchedPath::as_str));
    let mut response = next.run(request).instrument(span).await;
    if response.status() == StatusCode::REQUEST_TIMEOUT
        && let Some(left_out) = web.late.take(web.clock.now_ms())
    {
        let route = route.as_ref().map(MatchedPath::as_str);
        tracing::warn!(
            request = number,
            route,
            left_out,
            "refused: the request took too long to arrive or to be answered"
        );
    }
    web.metrics.http(route.as_ref().map_or("other", MatchedPath::as_str), response.status().as_u16());
    response.headers_mut().insert("x-request-id", HeaderValue::from(number));
    response
}
