//! Slack's four addresses (HTTP mode): size limit, signature, row, answer.

use std::sync::Arc;

use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use tracing::warn;

use super::Web;
use crate::inbox::Reply;
use crate::limits::SLACK_REQUEST_BYTES;
use crate::slack::http::{self, Endpoint};

pub(super) async fn events(State(web): State<Arc<Web>>, request: Request) -> Response {
    receive(&web, Endpoint::Events, request).await
}

pub(super) async fn commands(State(web): State<Arc<Web>>, request: Request) -> Response {
    receive(&web, Endpoint::Commands, request).await
}

pub(super) async fn interactions(State(web): State<Arc<Web>>, request: Request) -> Response {
    receive(&web, Endpoint::Interactions, request).await
}

pub(super) async fn options(State(web): State<Arc<Web>>, request: Request) -> Response {
    receive(&web, Endpoint::Options, request).await
}

async fn receive(web: &Arc<Web>, endpoint: Endpoint, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(bytes) = to_bytes(body, SLACK_REQUEST_BYTES).await else {
        web.metrics.slack_in("request", "too_large");
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let accepted = match http::receive(endpoint, &web.verifier, &parts.headers, &bytes, web.clock.now_ms()) {
        Ok(accepted) => accepted,
        Err(rejected) => {
            warn!(reason = rejected.reason(), "refused a request to Slack's address: {rejected}");
            web.metrics.slack_in("request", rejected.reason());
            return rejected.status().into_response();
        }
    };
    let verified = accepted.verified;
    match web.inbox.accept(accepted.inbound, "http").await {
        Reply::Ack(Some(payload)) => axum::Json(payload).into_response(),
        Reply::Ack(None) => StatusCode::OK.into_response(),
        Reply::Later => {
            // Slack sends the same bytes again: they must not look like a replay.
            web.verifier.forget(&verified);
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
    }
}
