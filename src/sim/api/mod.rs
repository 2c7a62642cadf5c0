//! The Web API: one file a family of methods, one table here.

mod args;
mod blocks;
mod bookmarks;
mod chat;
mod context;
mod conversations;
mod files;
mod history;
mod page;
mod people;
mod reactions;
mod respond;
mod table;
mod views;

pub(super) use args::{Args, Body, multipart};
pub(super) use context::{Cx, Refusal};
pub(super) use respond::{apply as apply_response, respond};
pub(super) use table::{Method, TokenKind, find};

use serde_json::{Map, Value, json};

use super::core::{Sim, lock};

/// What the HTTP side sends back.
pub(super) struct Answer {
    pub status: u16,
    pub retry_after_s: Option<i64>,
    pub body: Value,
    pub accepted_scopes: String,
}

impl Answer {
    pub(super) fn rate_limited(retry_after_s: i64) -> Self {
        let body = json!({"ok": false, "error": "ratelimited"});
        Self { status: 429, retry_after_s: Some(retry_after_s), body, accepted_scopes: String::new() }
    }

    pub(super) fn refusal(refusal: Refusal) -> Self {
        Self { status: 200, retry_after_s: None, body: refusal.into_body(), accepted_scopes: String::new() }
    }
}

/// Calls a method. The token comes from the header, or from a form body.
/// Returns the arguments too, for the log.
pub(super) fn call(sim: &Sim, name: &str, bearer: Option<&str>, body: Body) -> (Value, Answer) {
    let Some(method) = find(name) else {
        return (Value::Null, Answer::refusal(Refusal::new("unknown_method").with("req_method", name)));
    };
    let mut args = match body.into_args(method.takes_json) {
        Ok(args) => args,
        Err(code) => return (Value::Null, Answer::refusal(code.into())),
    };
    let form_token = args.take_form_token();
    let token = bearer.map(str::to_owned).or(form_token);
    let accepted = method.scopes.all().join(",");
    let mut answer = match run(sim, method, token.as_deref(), &args) {
        Ok(mut out) => {
            out.insert("ok".to_owned(), json!(true));
            warn(&mut out, &args);
            // `ok` first, as Slack writes it.
            let mut body = Map::from_iter([("ok".to_owned(), json!(true))]);
            body.extend(out);
            Answer {
                status: 200,
                retry_after_s: None,
                body: Value::Object(body),
                accepted_scopes: String::new(),
            }
        }
        Err(Stop::Refused(refusal)) => Answer::refusal(refusal),
        Err(Stop::TooFast(seconds)) => Answer::rate_limited(seconds),
    };
    answer.accepted_scopes = accepted;
    (Value::Object(args.map), answer)
}

fn warn(out: &mut Map<String, Value>, args: &Args) {
    if args.missing_charset {
        out.insert("warning".to_owned(), json!("missing_charset"));
        let metadata = out.entry("response_metadata").or_insert_with(|| json!({}));
        metadata["warnings"] = json!(["missing_charset"]);
    }
}

pub(super) enum Stop {
    Refused(Refusal),
    TooFast(i64),
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

fn run(
    sim: &Sim,
    method: &'static Method,
    token: Option<&str>,
    args: &Args,
) -> Result<Map<String, Value>, Stop> {
    let caller = context::caller(sim, method, token)?;
    let now_ms = sim.0.clock.now_ms();
    if let Some(a_minute) = method.tier.a_minute() {
        let mut limiter = lock(&sim.0.limiter);
        limiter.call(sim.0.rate_limits, method.name, a_minute, now_ms).map_err(Stop::TooFast)?;
    }
    if method.name == "apps.connections.open" {
        return Ok(connections_open(sim));
    }
    if method.name == "chat.postMessage" {
        let channel = args.text("channel").unwrap_or_default();
        let channel = sim.read(|s| s.channel_id(&channel)).unwrap_or(channel);
        lock(&sim.0.limiter).message(sim.0.rate_limits, &channel, now_ms).map_err(Stop::TooFast)?;
    }
    let out = sim.change(|state| {
        let mut cx = Cx { state, args, method, caller };
        (method.run)(&mut cx)
    })?;
    Ok(match out {
        Value::Object(map) => map,
        _ => Map::new(),
    })
}

fn connections_open(sim: &Sim) -> Map<String, Value> {
    let ticket = sim.new_ticket();
    let url = sim.read(|state| {
        let base = state.base_url.replacen("http", "ws", 1);
        format!("{base}/link/?ticket={ticket}&app_id={}", state.app.id)
    });
    Map::from_iter([("url".to_owned(), json!(url))])
}
