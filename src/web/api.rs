//! `POST /api/v1/incidents`: programs declare incidents.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use axum::Json;
use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use secrecy::ExposeSecret as _;
use serde::Deserialize;
use serde_json::{Value, json};
use tracing::{error, info, warn};

use super::Web;
use super::limiter::Limiter;
use crate::config::ApiConfig;
use crate::domain::actor::{Actor, Via};
use crate::domain::incident::{Incident, Refusal};
use crate::domain::label::{Labels, is_utf8_name};
use crate::engine::Work;
use crate::engine::deeds::By;
use crate::engine::incident::{self, Declared, Wish};
use crate::limits::{API_BODY_BYTES, API_KEY_CHARS, API_LABEL_CHARS, API_LABELS_MAX, INCIDENT_GROUPS_MAX};
use crate::sources::auth::TokenDigest;
use crate::store::{StoreError, groups};

/// How much each token has used, by its name; made anew with a changed rate.
#[derive(Default)]
pub(super) struct Callers(Mutex<HashMap<String, (u64, Arc<Limiter>)>>);

impl Callers {
    fn take(&self, name: &str, per_minute: u64, now_ms: i64) -> Result<(), i64> {
        let limiter = {
            let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let one = known
                .entry(name.to_owned())
                .or_insert_with(|| (per_minute, Arc::new(Limiter::new(per_minute, per_minute))));
            if one.0 != per_minute {
                *one = (per_minute, Arc::new(Limiter::new(per_minute, per_minute)));
            }
            Arc::clone(&one.1)
        };
        limiter.take(1, now_ms)
    }
}

/// What is asked for. A key we do not know is a mistake: better told than ignored.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    title: String,
    severity: Option<String>,
    #[serde(default)]
    description: String,
    #[serde(default)]
    labels: BTreeMap<String, String>,
    #[serde(default)]
    private: bool,
    #[serde(default)]
    drill: bool,
    /// Numbers of alert groups, as Slack shows them.
    #[serde(default)]
    alert_groups: Vec<i64>,
    /// While an incident of this key is open, no other is declared.
    key: Option<String>,
}

/// What came of it.
enum Answer {
    New(Box<Incident>),
    Open(Box<Incident>),
    Refused(Value),
}

pub(super) async fn declare(State(web): State<Arc<Web>>, request: Request) -> Response {
    let config = web.config.current();
    let (parts, body) = request.into_parts();
    let Some(name) = caller(&config.api, &parts.headers) else {
        if let Some(left_out) = web.api_refusals.take(web.clock.now_ms()) {
            warn!(left_out, "refused: a declaration without a token that is known");
        }
        let how = HeaderValue::from_static("Bearer");
        let what =
            problem("authorization", "Send `Authorization: Bearer TOKEN` with a token of `api.tokens`.");
        return (StatusCode::UNAUTHORIZED, [(WWW_AUTHENTICATE, how)], Json(what)).into_response();
    };
    let now_ms = web.clock.now_ms();
    if let Err(seconds) = web.callers.take(&name, config.api.declares_per_minute, now_ms) {
        if let Some(left_out) = web.api_refusals.take(now_ms) {
            warn!(
                token = name,
                retry_after_s = seconds,
                left_out,
                "refused: more than api.declares_per_minute"
            );
        }
        let what = problem("rate", &format!("More than api.declares_per_minute; try again in {seconds} s."));
        let wait = HeaderValue::from(seconds);
        return (StatusCode::TOO_MANY_REQUESTS, [(RETRY_AFTER, wait)], Json(what)).into_response();
    }
    let Ok(bytes) = to_bytes(body, API_BODY_BYTES).await else {
        let what = problem("body", &format!("At most {API_BODY_BYTES} bytes, please."));
        return (StatusCode::PAYLOAD_TOO_LARGE, Json(what)).into_response();
    };
    let asked: Asked = match serde_json::from_slice(&bytes) {
        Ok(asked) => asked,
        Err(error) => {
            let what = problem("body", &format!("This is not the JSON it should be: {error}."));
            return (StatusCode::BAD_REQUEST, Json(what)).into_response();
        }
    };
    if let Err(what) = check(&asked) {
        return (StatusCode::BAD_REQUEST, Json(what)).into_response();
    }
    let token = name.clone();
    match web.inbox.runner.write(move |work| carry_out(work, &asked, &token)).await {
        Ok(Answer::New(one)) => {
            info!(token = name, incident = one.number, "declared an incident");
            (StatusCode::CREATED, Json(shown(&one))).into_response()
        }
        Ok(Answer::Open(one)) => (StatusCode::OK, Json(shown(&one))).into_response(),
        Ok(Answer::Refused(what)) => (StatusCode::BAD_REQUEST, Json(what)).into_response(),
        Err(error) => {
            error!(%error, token = name, "an incident could not be declared; the sender is told to try again");
            let wait = HeaderValue::from_static("5");
            let what = problem("store", "Not stored; try again.");
            (StatusCode::SERVICE_UNAVAILABLE, [(RETRY_AFTER, wait)], Json(what)).into_response()
        }
    }
}

/// Whose token it is. All are compared, so that the time tells nothing.
fn caller(config: &ApiConfig, headers: &HeaderMap) -> Option<String> {
    let given = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = given.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return None;
    }
    let given = TokenDigest::of(token.trim());
    let known = config.tokens.iter().filter(|one| !one.token.expose_secret().is_empty());
    let mut found = None;
    for one in known {
        if TokenDigest::of(one.token.expose_secret()).matches(&given) {
            found = Some(one.name.clone());
        }
    }
    found
}

fn problem(field: &str, text: &str) -> Value {
    json!({ "error": { "field": field, "problem": text } })
}

fn check(asked: &Asked) -> Result<(), Value> {
    if asked.labels.len() > API_LABELS_MAX {
        return Err(problem("labels", &format!("At most {API_LABELS_MAX} labels, please.")));
    }
    for (name, value) in &asked.labels {
        if !is_utf8_name(name) || name.chars().count() > API_LABEL_CHARS {
            return Err(problem("labels", &format!("`{name}` is no label's name.")));
        }
        if value.chars().count() > API_LABEL_CHARS {
            return Err(problem("labels", &format!("`{name}` has more than {API_LABEL_CHARS} characters.")));
        }
    }
    if asked.alert_groups.len() > INCIDENT_GROUPS_MAX {
        return Err(problem("alert_groups", &format!("At most {INCIDENT_GROUPS_MAX} alert groups, please.")));
    }
    match &asked.key {
        Some(key) if key.is_empty() || key.chars().count() > API_KEY_CHARS => {
            Err(problem("key", &format!("A key has 1 to {API_KEY_CHARS} characters.")))
        }
        _ => Ok(()),
    }
}

fn carry_out(work: &mut Work<'_>, asked: &Asked, token: &str) -> Result<Answer, StoreError> {
    let mut about = Vec::new();
    for number in &asked.alert_groups {
        match groups::by_number(work.tx, *number)? {
            Some(group) => about.push(group.id),
            None => {
                return Ok(Answer::Refused(problem(
                    "alert_groups",
                    &format!("There is no alert group #{number}."),
                )));
            }
        }
    }
    let by = By { actor: Actor::Api(token.to_owned()), via: Via::Api };
    let wish = Wish {
        title: asked.title.clone(),
        severity: asked.severity.clone(),
        description: asked.description.clone(),
        labels: asked.labels.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect::<Labels>(),
        private: asked.private,
        drill: asked.drill,
        groups: about,
        group_key: asked.key.as_ref().map(|key| format!("api:{token}:{key}")),
        shown_to: None,
    };
    Ok(match incident::declare(work, wish, &by)? {
        Declared::New(one) => Answer::New(Box::new(one)),
        Declared::Attached(one) => Answer::Open(Box::new(one)),
        Declared::No(refusal) => Answer::Refused(words(&refusal)),
        Declared::Denied(_) => Answer::Refused(problem("authorization", "This token may not do that.")),
    })
}

fn words(refusal: &Refusal) -> Value {
    match refusal {
        Refusal::Unknown { what, said, known } => {
            problem(what, &format!("`{said}` is no {what}; there are {}.", known.join(", ")))
        }
        Refusal::Text { field, problem: text } => problem(field, text),
        other => problem("incident", &format!("{other:?}")),
    }
}

fn shown(one: &Incident) -> Value {
    json!({
        "number": one.number,
        "title": one.title,
        "severity": one.severity,
        "status": one.status,
        "state": one.state,
        "private": one.private,
        "drill": one.drill,
        "labels": one.labels,
        "channel_id": one.channel_id,
        "declared_at": one.created_at.to_string(),
    })
}
