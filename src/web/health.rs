//! Is it up, is it ready, what does it count?

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use serde_json::json;
use tokio::sync::watch;
use tokio::time::timeout;

use super::Web;
use crate::domain::time::Timestamp;
use crate::limits::PROBE_WITHIN;
use crate::slack::socket::{SocketCounters, SocketStatus};
use crate::store::{StoreError, groups, inbox, outbox, webhooks};

/// How it stands with Slack.
pub struct SlackHealth {
    /// The last answer to `auth.test`: `None` before the first, else what is wrong, if anything.
    pub identity: watch::Sender<Option<Result<String, String>>>,
    /// Socket Mode, where it is used.
    pub socket: watch::Sender<Option<(watch::Receiver<SocketStatus>, Arc<SocketCounters>)>>,
}

impl Default for SlackHealth {
    fn default() -> Self {
        Self { identity: watch::Sender::new(None), socket: watch::Sender::new(None) }
    }
}

impl SlackHealth {
    /// `Ok` says how, `Err` why not.
    fn ready(&self) -> Result<String, String> {
        let who = match &*self.identity.borrow() {
            None => return Err("auth.test has not been answered yet".to_owned()),
            Some(Err(why)) => return Err(why.clone()),
            Some(Ok(who)) => who.clone(),
        };
        let socket = self.socket.borrow().as_ref().map(|(status, _)| status.borrow().clone());
        match socket {
            Some(status) if !status.connected() => Err(match status.last_problem {
                Some(problem) => format!("Socket Mode is not connected: {}", problem.text),
                None => "Socket Mode is not connected yet".to_owned(),
            }),
            Some(status) => Ok(format!("{who}, {} of {} sockets", status.ready, status.wanted)),
            None => Ok(who),
        }
    }
}

pub(super) async fn front() -> &'static str {
    "Firebell is running. Alerts go to /integrations/v1/KIND/TOKEN/; see /healthz, /readyz, /metrics.\n"
}

pub(super) async fn healthz() -> &'static str {
    "ok\n"
}

/// 200 when alerts can be taken in and told; else 503 and what is missing. Answers within a bound, whatever hangs.
pub(super) async fn readyz(State(web): State<Arc<Web>>) -> Response {
    let mut checks = BTreeMap::new();
    let now = Timestamp::from_ms(web.clock.now_ms());
    let asked = web.probe.ask(&web.store, now).await;
    let database = match &asked {
        Ok(_) if web.store.stats().log_in_doubt.load(Ordering::Relaxed) => {
            Err("its log could not be synced to the disk: is the disk failing? The log says why".to_owned())
        }
        Ok(_) => Ok(()),
        Err(why) => Err(why.clone()),
    };
    let slack = web.slack.ready();
    let ready = database.is_ok() && slack.is_ok();
    checks.insert("database", database.map_or_else(|why| why, |()| "ok".to_owned()));
    checks.insert("slack", slack.map_or_else(|why| why, |how| format!("ok: {how}")));
    let config = web.config.state().broken;
    checks.insert(
        "config",
        config.map_or_else(
            || "ok".to_owned(),
            |why| format!("the newest is broken, the one before is in force: {why}"),
        ),
    );
    let running = web.config.current();
    let silent: Vec<&str> =
        running.receivers_without_channel().iter().map(|receiver| receiver.name.as_str()).collect();
    if !silent.is_empty() {
        let names = silent.join(", ");
        checks.insert("receivers", format!("no channel, so alerts routed there notify nobody: {names}"));
    }
    // How long the oldest of each waits; null: none does, or nobody knows.
    let age = |since: Option<Timestamp>| since.map(|since| now.since(since).as_secs());
    let waiting = asked.unwrap_or_default();
    let oldest = json!({ "alerts_s": age(waiting.alerts), "messages_s": age(waiting.messages) });
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let body = json!({ "ready": ready, "checks": checks, "oldest_waiting": oldest });
    (status, axum::Json(body)).into_response()
}

/// Prometheus's text.
pub(super) async fn metrics(State(web): State<Arc<Web>>) -> Response {
    let content_type = [(CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")];
    match timeout(PROBE_WITHIN, gauges(&web)).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => {
            tracing::warn!(%error, "the database cannot be counted");
            web.metrics.state("database_up", 0);
        }
        Err(_late) => {
            tracing::warn!("the database cannot be counted: it does not answer");
            web.metrics.state("database_up", 0);
        }
    }
    (content_type, web.metrics.render()).into_response()
}

async fn gauges(web: &Web) -> Result<(), StoreError> {
    let (webhooks, inbox, outbox, groups, oldest) = web
        .store
        .read(|tx| {
            let (webhooks, inbox) = (webhooks::count(tx)?, inbox::count_by_state(tx)?);
            let oldest = (webhooks::oldest_received(tx)?, outbox::oldest_waiting(tx)?);
            Ok::<_, StoreError>((webhooks, inbox, outbox::counts(tx)?, groups::count_by_state(tx)?, oldest))
        })
        .await?;
    let metrics = &web.metrics;
    let now = Timestamp::from_ms(web.clock.now_ms());
    let age = |since: Option<Timestamp>| {
        since.map_or(0, |since| i64::try_from(now.since(since).as_secs()).unwrap_or(i64::MAX))
    };
    metrics.state("oldest_waiting_alert_s", age(oldest.0));
    metrics.state("oldest_waiting_message_s", age(oldest.1));
    metrics.state("database_up", 1);
    metrics.state("in_hand", i64::try_from(web.inbox.activity.counts().in_hand()).unwrap_or(i64::MAX));
    metrics.rows("webhook", "new", webhooks);
    for (table, states, counted) in [
        ("inbox", ["new", "held", "failed", "odd"].as_slice(), &inbox),
        ("outbox", ["waiting", "sending", "uncertain", "dead"].as_slice(), &outbox),
    ] {
        for state in states {
            let count = counted.iter().find(|(name, _)| name == state).map_or(0, |(_, count)| *count);
            metrics.rows(table, state, count);
        }
    }
    for state in ["firing", "acknowledged", "silenced"] {
        let count = groups.iter().find(|(name, _)| name == state).map_or(0, |(_, count)| *count);
        metrics.groups(state, count);
    }
    let config = web.config.state();
    metrics.state("config_valid", i64::from(config.broken.is_none()));
    metrics.state("config_applied_at_ms", config.applied_at_ms.unwrap_or(0));
    let silent = web.config.current().receivers_without_channel().len();
    metrics.state("receivers_without_channel", i64::try_from(silent).unwrap_or(i64::MAX));
    metrics.state("slack_ready", i64::from(web.slack.ready().is_ok()));
    if let Some((status, counters)) = &*web.slack.socket.borrow() {
        metrics.state("slack_sockets", i64::try_from(status.borrow().ready).unwrap_or(0));
        for (what, number) in counters.all() {
            metrics.socket(what, number);
        }
        metrics.state("slack_frames", i64::try_from(counters.frames()).unwrap_or(i64::MAX));
    }
    let stats = web.store.stats();
    metrics.state("database_gone", i64::from(stats.file_gone.load(Ordering::Relaxed)));
    for (what, counter) in [
        ("reads", &stats.reads),
        ("writes", &stats.writes),
        ("failed_writes", &stats.failed_writes),
        ("commits", &stats.commits),
        ("syncs", &stats.syncs),
        ("failed_commits", &stats.failed_commits),
        ("unknown_commits", &stats.unknown_commits),
        ("largest_batch", &stats.largest_batch),
        ("retries", &stats.retries),
        ("reconnects", &stats.reconnects),
    ] {
        metrics.store(what, counter.load(Ordering::Relaxed));
    }
    Ok(())
}
