//! Is it up, is it ready, what does it count?

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use serde_json::json;
use tokio::sync::watch;

use super::Web;
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

/// Whether the database takes writes: on a full disk it still reads well.
#[derive(Default)]
pub(super) struct Writes(Mutex<Looked>);

/// The store's counters at the last look, and what they told.
#[derive(Default)]
struct Looked {
    commits: u64,
    failed: u64,
    failing: bool,
}

impl Writes {
    /// Writes fail if some failed since the last look and none went well since.
    fn failing(&self, commits: u64, failed: u64) -> bool {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let failing = commits == last.commits && (last.failing || failed > last.failed);
        *last = Looked { commits, failed, failing };
        failing
    }
}

pub(super) async fn front() -> &'static str {
    "Firebell is running. Alerts go to /integrations/v1/KIND/TOKEN/; see /healthz, /readyz, /metrics.\n"
}

pub(super) async fn healthz() -> &'static str {
    "ok\n"
}

/// 200 when alerts can be taken in and told; else 503 and what is missing.
pub(super) async fn readyz(State(web): State<Arc<Web>>) -> Response {
    let mut checks = BTreeMap::new();
    let stats = web.store.stats();
    let counted = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
    let failing = web.writes.failing(counted(&stats.commits), counted(&stats.failed_commits));
    let database = match web.store.ping().await {
        Ok(()) if stats.log_in_doubt.load(Ordering::Relaxed) => {
            Err("its log could not be synced to the disk: is the disk failing? The log says why".to_owned())
        }
        Ok(()) if failing => Err("it cannot be written: is the disk full? The log says why".to_owned()),
        Ok(()) => Ok(()),
        Err(error) => Err(error.to_string()),
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
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, axum::Json(json!({ "ready": ready, "checks": checks }))).into_response()
}

/// Prometheus's text.
pub(super) async fn metrics(State(web): State<Arc<Web>>) -> Response {
    let content_type = [(CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")];
    if let Err(error) = gauges(&web).await {
        tracing::warn!(%error, "the database cannot be counted");
        web.metrics.state("database_up", 0);
    }
    (content_type, web.metrics.render()).into_response()
}

async fn gauges(web: &Web) -> Result<(), StoreError> {
    let (webhooks, inbox, outbox, groups) = web
        .store
        .read(|tx| {
            let (webhooks, inbox) = (webhooks::count(tx)?, inbox::count_by_state(tx)?);
            Ok::<_, StoreError>((webhooks, inbox, outbox::counts(tx)?, groups::count_by_state(tx)?))
        })
        .await?;
    let metrics = &web.metrics;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_fail_until_one_goes_well() {
        let writes = Writes::default();
        let looks = [
            ((5, 0), false),
            ((5, 0), false),
            ((6, 2), false),
            ((6, 3), true),
            ((6, 3), true),
            ((7, 3), false),
            ((7, 3), false),
        ];
        for (nth, ((commits, failed), expected)) in looks.into_iter().enumerate() {
            assert_eq!(writes.failing(commits, failed), expected, "look {nth}");
        }
    }
}
