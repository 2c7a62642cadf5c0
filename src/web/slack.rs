//! Slack's four addresses (HTTP mode): headers, size limit, signature, row, answer.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use tracing::warn;

use super::Web;
use super::bodies::{self, Rooms, Unread};
use crate::inbox::Reply;
use crate::limits::SLACK_REQUEST_BYTES;
use crate::slack::http::{self, Endpoint, Rejected};

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
    // What cannot be Slack's is not even read.
    if let Err(rejected) = http::look(&web.verifier, &parts.headers, web.clock.now_ms()) {
        return refuse(web, rejected);
    }
    let room = [&web.slack_room];
    let rooms = Rooms { medium: &room, large: &room };
    let held = match bodies::read(body, SLACK_REQUEST_BYTES, rooms).await {
        Ok(held) => held,
        Err(unread) => {
            let (outcome, status) = match unread {
                Unread::TooLarge => ("too_large", StatusCode::PAYLOAD_TOO_LARGE),
                Unread::BrokeOff(_) => ("broke_off", StatusCode::BAD_REQUEST),
                Unread::NoRoom => ("no_room", StatusCode::SERVICE_UNAVAILABLE),
            };
            web.metrics.slack_in("request", outcome);
            return status.into_response();
        }
    };
    let now_ms = web.clock.now_ms();
    let accepted = match http::receive(endpoint, &web.verifier, &parts.headers, &held.bytes, now_ms) {
        Ok(accepted) => accepted,
        Err(rejected) => return refuse(web, rejected),
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

fn refuse(web: &Web, rejected: Rejected) -> Response {
    if let Some(left_out) = web.unsigned.take(web.clock.now_ms()) {
        warn!(reason = rejected.reason(), left_out, "refused a request to Slack's address: {rejected}");
    }
    web.metrics.slack_in("request", rejected.reason());
    rejected.status().into_response()
}
