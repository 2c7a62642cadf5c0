//! Which address does what.

use std::net::IpAddr;

use axum::Router;
use axum::body::Bytes;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::{ConnectInfo, DefaultBodyLimit, Path, Query, RawQuery, Request, State};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{any, get, post};
use serde_json::{Value, json};

use super::super::api::{self, Answer, Body};
use super::super::core::{Sim, lock};
use super::super::delivery;
use super::super::faults::Fault;
use super::super::unrest::Held;
use super::super::{page, ui};
use super::listen::Switch;
use crate::limits;
use crate::net::is_localhost;

pub(super) fn router(sim: Sim) -> Router {
    Router::new()
        .route("/api/{method}", any(web_api))
        .route("/link/", get(link))
        .route("/link", get(link))
        .route("/response/{team}/{key}", post(response_url))
        .route("/upload/v1/{file}/{secret}", any(upload))
        .route("/", get(page))
        .route("/ui/ws", get(page_socket))
        .route("/ui/file/{id}", get(file))
        .route("/ui/{name}", get(asset))
        .route("/archives/{channel}/{ts}", get(permalink))
        .route("/sim/faults", post(faults))
        .route("/sim/calls", get(calls))
        .layer(DefaultBodyLimit::max(limits::SIM_BODY_BYTES))
        .layer(middleware::from_fn_with_state(sim.clone(), known_host))
        .with_state(sim)
}

/// Refuses requests under a name that is not ours: a page of another site can make its own name lead to this machine
/// (DNS rebinding), and would then read and click here in the name of whoever has it open. An IP address is no such name.
async fn known_host(State(sim): State<Sim>, request: Request, next: Next) -> Response {
    let header = request.headers().get(header::HOST).and_then(|value| value.to_str().ok());
    let named = request.uri().authority().map(Authority::as_str).or(header).unwrap_or_default();
    if is_known_host(named, &sim.0.hosts) {
        return next.run(request).await;
    }
    let text = "the local Slack answers under the names of this machine only; another is allowed with --allow-host NAME\n";
    (StatusCode::MISDIRECTED_REQUEST, text).into_response()
}

fn is_known_host(named: &str, hosts: &[String]) -> bool {
    let Ok(authority) = named.parse::<Authority>() else { return false };
    let host = authority.host().to_ascii_lowercase();
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let plain = !named.contains('@') && !host.is_empty();
    plain && (bare.parse::<IpAddr>().is_ok() || is_localhost(&host) || hosts.contains(&host))
}

fn json_response(status: u16, body: &Value) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, [(header::CONTENT_TYPE, "application/json; charset=utf-8")], body.to_string()).into_response()
}

/// The connection is cut: what is returned is never seen.
fn cut(switch: &Switch) -> Response {
    switch.cut();
    StatusCode::BAD_GATEWAY.into_response()
}

async fn web_api(
    State(sim): State<Sim>,
    ConnectInfo(switch): ConnectInfo<Switch>,
    Path(method): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    bytes: Bytes,
) -> Response {
    with_faults(&sim, &switch, &method, || respond(perform(&sim, &method, query, &headers, bytes), &sim))
        .await
}

/// Does `work`, or what the fault that strikes makes of it.
async fn with_faults(sim: &Sim, switch: &Switch, method: &str, work: impl FnOnce() -> Response) -> Response {
    let now_ms = sim.0.clock.now_ms();
    let fault = {
        let mut faults = lock(&sim.0.faults);
        if faults.outage(now_ms) {
            return cut(switch);
        }
        faults.of_call(&*sim.0.random, now_ms, method)
    };
    let internal_error = || json!({"ok": false, "error": "internal_error"});
    match fault {
        Some(Fault::RateLimited { retry_after_s }) => {
            let answer = Answer::rate_limited(retry_after_s);
            sim.log_call(method, Value::Null, 429, answer.body.clone());
            return respond(answer, sim);
        }
        Some(Fault::Status { status }) => {
            sim.log_call(method, Value::Null, status, Value::Null);
            return StatusCode::from_u16(status).unwrap_or(StatusCode::SERVICE_UNAVAILABLE).into_response();
        }
        Some(Fault::InternalError) => {
            sim.log_call(method, Value::Null, 200, internal_error());
            return json_response(200, &internal_error());
        }
        Some(Fault::TimeoutBefore { after_ms }) => {
            sim.log_call(method, Value::Null, 0, Value::Null);
            sim.hold(Held::Call, sim.0.clock.now_ms().saturating_add(after_ms)).await;
            return cut(switch);
        }
        Some(Fault::ResetBefore) => {
            sim.log_call(method, Value::Null, 0, Value::Null);
            return cut(switch);
        }
        Some(Fault::Slow { by_ms }) => sim.hold(Held::Call, sim.0.clock.now_ms().saturating_add(by_ms)).await,
        _ => {}
    }
    let answer = work();
    match fault {
        Some(Fault::TimeoutAfter { after_ms }) => {
            sim.hold(Held::Call, sim.0.clock.now_ms().saturating_add(after_ms)).await;
            cut(switch)
        }
        Some(Fault::ResetAfter) => cut(switch),
        Some(Fault::InternalErrorAfter) => json_response(200, &internal_error()),
        _ => answer,
    }
}

/// Does the call and writes it into the log.
fn perform(sim: &Sim, method: &str, query: Option<String>, headers: &HeaderMap, bytes: Bytes) -> Answer {
    let text = |name: header::HeaderName| headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let authorization = text(header::AUTHORIZATION);
    let bearer = authorization
        .split_once(' ')
        .filter(|(kind, _)| kind.eq_ignore_ascii_case("bearer"))
        .map(|(_, t)| t.trim());
    let body = Body {
        content_type: text(header::CONTENT_TYPE).to_owned(),
        query: query.unwrap_or_default(),
        bytes: bytes.to_vec(),
    };
    let (args, answer) = api::call(sim, method, bearer, body);
    sim.log_call(method, args, answer.status, answer.body.clone());
    answer
}

fn respond(answer: Answer, sim: &Sim) -> Response {
    let mut response = json_response(answer.status, &answer.body);
    let headers = response.headers_mut();
    if let Some(seconds) = answer.retry_after_s {
        headers.insert(header::RETRY_AFTER, seconds.into());
    }
    let scopes = sim.read(|s| s.app.manifest.scopes().collect::<Vec<_>>().join(","));
    for (name, value) in [("x-oauth-scopes", scopes), ("x-accepted-oauth-scopes", answer.accepted_scopes)] {
        if let Ok(value) = value.parse() {
            headers.insert(name, value);
        }
    }
    response
}

#[derive(serde::Deserialize)]
struct Ticket {
    #[serde(default)]
    ticket: String,
    #[serde(default)]
    debug_reconnects: Option<String>,
}

async fn link(
    State(sim): State<Sim>,
    ConnectInfo(switch): ConnectInfo<Switch>,
    Query(query): Query<Ticket>,
    upgrade: WebSocketUpgrade,
) -> Response {
    if sim.is_out() {
        return cut(&switch);
    }
    let debug = query.debug_reconnects.as_deref() == Some("true");
    match sim.use_ticket(&query.ticket, debug) {
        Some(life_ms) => upgrade.on_upgrade(move |socket| delivery::serve_socket(sim, socket, life_ms)),
        None => json_response(401, &json!({"ok": false, "error": "invalid_ticket"})),
    }
}

async fn response_url(
    State(sim): State<Sim>,
    ConnectInfo(switch): ConnectInfo<Switch>,
    Path((_, key)): Path<(String, String)>,
    body: Bytes,
) -> Response {
    let work = || {
        let (status, answer) = api::respond(&sim, &key, &body);
        let payload = serde_json::from_slice(&body).unwrap_or_default();
        sim.log_call("response_url", payload, status, answer.clone());
        json_response(status, &answer)
    };
    with_faults(&sim, &switch, "response_url", work).await
}

async fn upload(
    State(sim): State<Sim>,
    ConnectInfo(switch): ConnectInfo<Switch>,
    Path((file, secret)): Path<(String, String)>,
    headers: HeaderMap,
    bytes: Bytes,
) -> Response {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let content = match content_type.starts_with("multipart/form-data") {
        true => match api::multipart(content_type, &bytes).and_then(|parts| parts.into_iter().next()) {
            Some(part) => part.bytes,
            None => return (StatusCode::BAD_REQUEST, "no file in the form").into_response(),
        },
        false => bytes.to_vec(),
    };
    let length = content.len();
    let known = sim.read(|s| s.files.get(&file).is_some_and(|f| f.upload_secret == secret && !f.uploaded));
    if !known {
        return (StatusCode::NOT_FOUND, "no such upload").into_response();
    }
    let work = || match sim.change(|state| state.upload(&file, content)) {
        Ok(()) => format!("OK - {length}").into_response(),
        Err(code) => (StatusCode::BAD_REQUEST, code).into_response(),
    };
    with_faults(&sim, &switch, "upload", work).await
}

/// For whoever tests another bot: faults from outside.
async fn faults(State(sim): State<Sim>, headers: HeaderMap, body: Bytes) -> Response {
    if !same_origin(&headers) {
        return StatusCode::FORBIDDEN.into_response();
    }
    let order = serde_json::from_slice::<Value>(&body).map_err(|error| error.to_string());
    match order.and_then(|order| sim.faults_from_json(&order)) {
        Ok(state) => json_response(200, &state),
        Err(error) => json_response(400, &json!({"ok": false, "error": error})),
    }
}

/// The log of the app's calls, for tests in other languages.
async fn calls(State(sim): State<Sim>) -> Response {
    let calls: Vec<Value> = sim
        .calls()
        .iter()
        .map(|c| json!({"number": c.number, "at_ms": c.at_ms, "method": c.method, "args": c.args, "status": c.status, "result": c.result}))
        .collect();
    json_response(200, &json!({"calls": calls}))
}

async fn page(headers: HeaderMap) -> Response {
    page_file(page::index(), &headers)
}

async fn asset(Path(name): Path<String>, headers: HeaderMap) -> Response {
    page::find(&name)
        .map_or_else(|| StatusCode::NOT_FOUND.into_response(), |asset| page_file(asset, &headers))
}

fn page_file(asset: &page::Asset, headers: &HeaderMap) -> Response {
    let known =
        headers.get(header::IF_NONE_MATCH).and_then(|v| v.to_str().ok()).is_some_and(|v| asset.is_known(v));
    let common = [
        (header::ETAG, asset.etag()),
        (header::CACHE_CONTROL, page::CACHE_CONTROL.to_owned()),
        (header::CONTENT_SECURITY_POLICY, page::CONTENT_SECURITY_POLICY.to_owned()),
        (header::CONTENT_TYPE, asset.content_type.to_owned()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
    ];
    if known {
        (StatusCode::NOT_MODIFIED, common).into_response()
    } else {
        (common, asset.body).into_response()
    }
}

/// A message's address opens the page at it.
async fn permalink(Path((channel, ts)): Path<(String, String)>, RawQuery(query): RawQuery) -> Response {
    let plain = |s: &str| s.chars().all(|c| c.is_ascii_alphanumeric());
    if !plain(&channel) || !plain(&ts) {
        return StatusCode::NOT_FOUND.into_response();
    }
    let query = query.filter(|q| q.chars().all(|c| c.is_ascii_alphanumeric() || "=&._-".contains(c)));
    let query = query.map(|q| format!("?{q}")).unwrap_or_default();
    Redirect::temporary(&format!("/#/{channel}/{ts}{query}")).into_response()
}

/// A page of another site must not act here in the name of whoever has both open.
fn same_origin(headers: &HeaderMap) -> bool {
    let text = |name: header::HeaderName| headers.get(name).and_then(|v| v.to_str().ok());
    match (text(header::ORIGIN), text(header::HOST)) {
        (Some(origin), Some(host)) => origin.split_once("://").is_some_and(|(_, o)| o == host),
        (None, _) => true,
        _ => false,
    }
}

async fn page_socket(State(sim): State<Sim>, headers: HeaderMap, upgrade: WebSocketUpgrade) -> Response {
    if !same_origin(&headers) {
        return StatusCode::FORBIDDEN.into_response();
    }
    upgrade
        .max_message_size(limits::SIM_PAGE_FRAME_BYTES)
        .max_frame_size(limits::SIM_PAGE_FRAME_BYTES)
        .on_upgrade(move |socket| ui::serve_page(sim, socket))
}

/// An uploaded file; whatever it is, it runs nothing here.
async fn file(State(sim): State<Sim>, Path(id): Path<String>) -> Response {
    let found = sim.read(|s| s.files.get(&id).map(|f| (f.mimetype.clone(), f.bytes.clone())));
    let Some((mimetype, bytes)) = found else { return StatusCode::NOT_FOUND.into_response() };
    let headers = [
        (header::CONTENT_TYPE, mimetype.as_str()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox"),
    ];
    (headers, bytes.as_ref().clone()).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_this_machine_and_allowed_ones_are_known() {
        let hosts = ["slack".to_owned()];
        for (named, known) in [
            ("127.0.0.1:3330", true),
            ("[::1]:3330", true),
            ("192.168.1.7:3330", true),
            ("localhost:3330", true),
            ("LocalHost", true),
            ("acme.localhost:80", true),
            ("slack:3330", true),
            ("Slack", true),
            ("evil.example:3330", false),
            ("slack.evil.example", false),
            ("localhost.evil.example", false),
            ("127.0.0.1.evil.example", false),
            ("127.0.0.1@evil.example", false),
            ("evil.example@127.0.0.1", false),
            ("", false),
            ("a b", false),
        ] {
            assert_eq!(is_known_host(named, &hosts), known, "{named}");
        }
    }
}
