//! The driver: the one loop that waits for the wall clock. It takes in alerts and does what is due.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use tokio::sync::watch;
use tracing::{error, info, warn};

use crate::activity::Activity;
use crate::domain::time::Timestamp;
use crate::engine::intake::{AlertsRow, Batch, Origin};
use crate::engine::{Work, hush, suppress, tick};
use crate::limits::{
    DRIVER_RETRY, INTAKE_BATCH, INTAKE_BATCH_ALERTS, INTAKE_BATCH_BYTES, LEADER_LEASE, LEADER_RENEW,
    TICK_BATCH,
};
use crate::runner::Runner;
use crate::store::webhooks::{self, Webhook};
use crate::store::{Dialect, StoreError, lease};

/// Takes in alerts and ticks. One of several replicas does it at a time.
pub struct Driver {
    pub runner: Runner,
    pub activity: Activity,
    pub holder: String,
    /// Until when this process is the one that drives, by its own clock.
    pub leads_until_ms: AtomicI64,
}

const LEASE: &str = "driver";

impl Driver {
    /// Runs until told to stop.
    pub async fn run(&self, mut stop: watch::Receiver<bool>) {
        let mut inbox_rings = self.runner.store.changes("inbox");
        let mut engine_rings = self.runner.store.changes("engine");
        let mut rules = self.runner.rules.clone();
        self.refresh_rules().await;
        self.prepare_silences().await;
        while !*stop.borrow() {
            inbox_rings.mark_unchanged();
            engine_rings.mark_unchanged();
            // Also while there is more to do than ever ends: the rules in force want their inhibiting alerts looked up.
            if rules.has_changed().unwrap_or(false) {
                rules.mark_unchanged();
                self.refresh_rules().await;
            }
            let next = match self.step().await {
                Ok(Step::More) => continue,
                Ok(Step::NothingUntil(next)) => next,
                Err(error) => {
                    error!(%error, "alerts and due things cannot be dealt with; trying again soon");
                    Some(self.now() + DRIVER_RETRY)
                }
            };
            tokio::select! {
                _ = inbox_rings.changed() => {}
                _ = engine_rings.changed() => {}
                Ok(()) = rules.changed() => self.refresh_rules().await,
                () = self.runner.clock.wait_until_ms(next.map_or(i64::MAX, Timestamp::as_ms)), if next.is_some() => {}
                _ = stop.changed() => {}
            }
        }
        let holder = self.holder.clone();
        let released = self.runner.store.write(move |tx| lease::release(tx, LEASE, &holder)).await;
        if let Err(error) = released {
            info!(%error, "the driver's lease could not be given back; it ends by itself");
        }
    }

    /// One round: alerts that came in, then what is due.
    pub async fn step(&self) -> Result<Step, StoreError> {
        let _in_hand = self.activity.begin();
        if !self.lead().await? {
            return Ok(Step::NothingUntil(Some(self.now() + LEADER_RENEW)));
        }
        let Taken { more, next } = self.take_in().await?;
        if next.is_some_and(|at| at <= self.now()) {
            self.tick().await?;
            return Ok(Step::More);
        }
        if more {
            return Ok(Step::More);
        }
        let renew = match self.runner.store.dialect() {
            Dialect::Sqlite => None,
            Dialect::Postgres => Some(self.now() + LEADER_RENEW),
        };
        Ok(Step::NothingUntil(match (next, renew) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        }))
    }

    fn now(&self) -> Timestamp {
        self.runner.now()
    }

    /// Whether this process drives. SQLite has one process; on PostgreSQL a lease decides.
    async fn lead(&self) -> Result<bool, StoreError> {
        if self.runner.store.dialect() == Dialect::Sqlite {
            return Ok(true);
        }
        let now = self.now();
        let renew_at = self.leads_until_ms.load(Ordering::SeqCst) - LEADER_LEASE.as_millis() as i64
            + LEADER_RENEW.as_millis() as i64;
        if now.as_ms() < renew_at {
            return Ok(true);
        }
        let holder = self.holder.clone();
        let led_before = self.leads_until_ms.load(Ordering::SeqCst) > 0;
        let leads =
            self.runner.store.write(move |tx| lease::acquire(tx, LEASE, &holder, now, LEADER_LEASE)).await?;
        let until = if leads { (now + LEADER_LEASE).as_ms() } else { 0 };
        self.leads_until_ms.store(until, Ordering::SeqCst);
        self.runner.metrics.state("leads", i64::from(leads));
        if leads != led_before {
            info!(
                leads,
                "this replica {} alerts and due things",
                if leads { "now deals with" } else { "leaves" }
            );
        }
        Ok(leads)
    }

    /// Sorts waiting alerts into groups, whenever they came in: the clock of the replica that took them may be ahead of
    /// ours, and ours may have been set back.
    async fn take_in(&self) -> Result<Taken, StoreError> {
        let taken = self
            .runner
            .write_in_rounds(|work| {
                let rows = webhooks::oldest(work.tx, INTAKE_BATCH, INTAKE_BATCH_BYTES)?;
                process(work, &rows)?;
                let more = !rows.is_empty() && webhooks::any(work.tx)?;
                Ok(Taken { more, next: tick::next_at(work.tx)? })
            })
            .await;
        match taken {
            Ok(taken) => Ok(taken),
            Err(failure) if is_a_bug(&failure) => {
                warn!("a batch of alerts failed; taking them one by one to find the one that does it");
                self.take_in_singly().await?;
                Ok(Taken { more: true, next: self.runner.store.read(tick::next_at).await? })
            }
            Err(failure) => Err(failure),
        }
    }

    /// After a batch failed: each request by itself, and the one that fails is set aside, whole.
    async fn take_in_singly(&self) -> Result<(), StoreError> {
        let listed =
            self.runner.store.read(|tx| webhooks::list_oldest(tx, INTAKE_BATCH, INTAKE_BATCH_BYTES)).await?;
        for webhooks::Listed { id, origin } in listed {
            let alone = move |work: &mut Work<'_>| match webhooks::take(work.tx, id)? {
                Some(row) => process(work, std::slice::from_ref(&row)),
                None => Ok(()),
            };
            match self.runner.write_lazily(alone).await {
                Ok(()) => {}
                Err(failure) if is_a_bug(&failure) => {
                    let reason = failure.to_string();
                    error!(
                        webhook = id,
                        integration = origin,
                        reason,
                        "a webhook could not be processed; it is kept in the inbox table"
                    );
                    self.runner.metrics.intake(&origin, "set_aside");
                    self.runner.store.write(move |tx| webhooks::set_aside(tx, id, &reason)).await?;
                }
                Err(failure) => return Err(failure),
            }
        }
        Ok(())
    }

    async fn tick(&self) -> Result<bool, StoreError> {
        match self.runner.write_lazily(tick::tick).await {
            Ok(more) => Ok(more),
            Err(failure) if is_a_bug(&failure) => self.tick_singly().await,
            Err(failure) => Err(failure),
        }
    }

    /// After a round failed: the due things one by one; those that fail are put off. Whether there may be more.
    async fn tick_singly(&self) -> Result<bool, StoreError> {
        let now = self.now();
        let all = self.runner.store.read(move |tx| tick::list(tx, now)).await?;
        let more = all.len() as i64 >= TICK_BATCH;
        for one in all.into_iter().map(Arc::new) {
            let this = Arc::clone(&one);
            match self.runner.write_lazily(move |work| tick::tick_one(work, &this)).await {
                Ok(()) => {}
                Err(failure) if is_a_bug(&failure) => {
                    error!(?one, %failure, "a due thing cannot be done; it is put off");
                    self.runner.write_lazily(move |work| tick::put_off(work, &one)).await?;
                }
                Err(failure) => return Err(failure),
            }
        }
        Ok(more)
    }

    /// The silences are compiled before the first alert has to wait for them.
    async fn prepare_silences(&self) {
        let now = self.now();
        match self.runner.store.read(move |tx| suppress::prepare(tx, now)).await {
            Ok(unreadable) if !unreadable.is_empty() => warn!(
                silences = ?unreadable,
                "these silences cannot be read (their regular expressions are too large), so they silence nothing; end them \
                 and make smaller ones"
            ),
            Ok(_) => {}
            Err(error) => warn!(%error, "the silences could not be read ahead"),
        }
    }

    /// A new configuration may have new inhibition rules, and may unmute what was muted.
    async fn refresh_rules(&self) {
        let _in_hand = self.activity.begin();
        let result = self.runner.write(hush::refresh_sources).await;
        if let Err(error) = result {
            warn!(%error, "the inhibition rules could not be brought up to date");
        }
    }
}

/// What a transaction left to do.
struct Taken {
    /// More alerts wait.
    more: bool,
    /// When the next thing is due.
    next: Option<Timestamp>,
}

/// What a round came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    More,
    NothingUntil(Option<Timestamp>),
}

/// The input does it, not the database: trying it again as it is would fail again.
fn is_a_bug(failure: &StoreError) -> bool {
    use StoreError::{Column, Constraint, Inconsistent, Panicked, Sql, Unique, Unknown};
    matches!(
        failure,
        Panicked(_) | Inconsistent(_) | Sql { .. } | Column { .. } | Constraint(_) | Unique(_) | Unknown(_)
    )
}

/// Takes in requests, but no more once there were enough alerts: what is left waits for the next transaction.
fn process(work: &mut Work<'_>, rows: &[Webhook]) -> Result<(), StoreError> {
    let mut batch = Batch::default();
    let mut alerts = 0;
    for row in rows {
        let body: AlertsRow = serde_json::from_str(&row.body)
            .map_err(|error| StoreError::Inconsistent(format!("webhook {}: {error}", row.id)))?;
        if alerts > 0 && alerts + body.intake.alerts.len() > INTAKE_BATCH_ALERTS {
            break;
        }
        alerts += body.intake.alerts.len();
        let origin = Origin { integration: row.origin.clone(), kind: body.kind };
        batch.take(work, &origin, &body.intake)?;
        webhooks::done(work.tx, row.id)?;
    }
    batch.settle(work)
}
