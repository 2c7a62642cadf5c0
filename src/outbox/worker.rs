//! The worker: one loop that claims, sends and records.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, Semaphore, watch};
use tokio::task::JoinSet;
use tracing::{debug, info, warn};

use super::claim::{self, Channels, Claim, Claimed, Claiming, Job, its_own_fault};
use super::hands::Hands;
use super::reach::{Gate, Reach};
use super::{Asked, Channel, Outcome, Receipt, WhenUnclear, backoff};
use crate::activity::Activity;
use crate::clock::Stopwatch;
use crate::domain::say::Urgency;
use crate::domain::time::Timestamp;
use crate::engine::Work;
use crate::limits::{
    OUTBOX_ANSWERS_KEPT, OUTBOX_ASK_AFTER, OUTBOX_ASKS_MAX, OUTBOX_CLAIM_MAX, OUTBOX_IN_FLIGHT_MAX,
    OUTBOX_LOOK_EVERY, OUTBOX_RECORD_WITHIN,
};
use crate::replica::Pulse;
use crate::runner::Runner;
use crate::store::StoreError;
use crate::store::outbox::{self, OutboxRow};

/// What the worker needs.
pub struct Parts {
    pub runner: Runner,
    pub channels: Vec<Arc<dyn Channel>>,
    /// Names this process in leases.
    pub holder: String,
    /// Whether other replicas take this process for alive.
    pub pulse: Pulse,
    pub activity: Activity,
}

/// Sends what is in the outbox. Clones share one worker.
#[derive(Clone)]
pub struct Outbox(Arc<Inner>);

struct Inner {
    parts: Parts,
    channels: Channels,
    wake: Notify,
    in_flight: Arc<Semaphore>,
    asks: Arc<Semaphore>,
    hands: Hands,
    reach: Reach,
}

impl Outbox {
    pub fn new(parts: Parts) -> Self {
        let channels = parts.channels.iter().map(|channel| (channel.name(), Arc::clone(channel))).collect();
        Self(Arc::new(Inner {
            parts,
            channels,
            wake: Notify::new(),
            in_flight: Arc::new(Semaphore::new(OUTBOX_IN_FLIGHT_MAX)),
            asks: Arc::new(Semaphore::new(OUTBOX_ASKS_MAX)),
            hands: Hands::default(),
            reach: Reach::default(),
        }))
    }

    /// There is something new to send.
    pub fn wake(&self) {
        self.0.wake.notify_one();
    }

    /// Calls on their way now.
    pub fn in_flight(&self) -> usize {
        OUTBOX_IN_FLIGHT_MAX - self.0.in_flight.available_permits()
    }

    /// When a channel that cannot be reached is asked again whether it can.
    pub fn ask_at(&self) -> Option<Timestamp> {
        self.0.reach.ask_at()
    }

    /// The channels that were away and whose rows go strictly by urgency now.
    pub fn strict(&self) -> Vec<String> {
        self.0.reach.strict()
    }

    /// Waits until no call is on its way.
    pub async fn quiet(&self) {
        let all = u32::try_from(OUTBOX_IN_FLIGHT_MAX).unwrap_or(u32::MAX);
        let _all_back = self.0.in_flight.acquire_many(all).await;
    }

    /// Runs until told to stop; then finishes the calls that are on their way.
    pub async fn run(&self, mut stop: watch::Receiver<bool>) {
        // Calls belong to this loop: whoever drops it ends them too.
        let mut calls = JoinSet::new();
        while !*stop.borrow() {
            let wake = self.0.wake.notified();
            while calls.try_join_next().is_some() {}
            let next = match self.round(&mut calls).await {
                Ok(Round::More) => continue,
                Ok(Round::NothingUntil(next)) => next,
                Err(error) => {
                    warn!(%error, "the outbox cannot be read; trying again in a second");
                    Some(self.now() + Duration::from_secs(1))
                }
            };
            let latest = self.now() + OUTBOX_LOOK_EVERY;
            let next = next.map_or(latest, |next| next.min(latest));
            tokio::select! {
                () = wake => {}
                () = self.0.parts.runner.clock.wait_until_ms(next.as_ms()) => {}
                _ = stop.changed() => {}
            }
        }
        while calls.join_next().await.is_some() {}
    }

    fn now(&self) -> Timestamp {
        self.0.parts.runner.now()
    }

    /// Claims what may go now and sends it on its way.
    async fn round(&self, calls: &mut JoinSet<()>) -> Result<Round, StoreError> {
        let _in_hand = self.0.parts.activity.begin();
        let free = self.0.in_flight.available_permits();
        let now = self.now();
        if free == 0 || !self.0.parts.pulse.is_fresh(now) {
            return Ok(Round::NothingUntil(None));
        }
        self.take_back(now).await?;
        let gate = self.0.reach.gate(now);
        self.ask_around(&gate, calls);
        let gate_next = gate.next;
        let claimed = match self.claim(gate, free).await {
            Ok(claimed) => claimed,
            Err(error) => {
                // It may be there all the same: then rows are ours that nobody sends.
                self.0.hands.doubt();
                return Err(error);
            }
        };
        let Claimed { jobs, settled, more, next } = claimed;
        for one in &settled {
            self.count(&one.channel, &one.method, one.outcome);
            if one.outcome == "dead" {
                warn!(
                    channel = one.channel,
                    method = one.method,
                    reason = one.detail,
                    "a message can never be sent"
                );
            } else {
                let what = if one.outcome == "retried" { "is sent again" } else { "needs not be sent" };
                info!(channel = one.channel, method = one.method, reason = one.detail, "a message {what}");
            }
        }
        for job in jobs {
            let row = job.row();
            self.0.hands.takes(row.id);
            self.0.reach.begins(&row.channel);
            let Ok(permit) = Arc::clone(&self.0.in_flight).acquire_owned().await else { break };
            let question = match &job {
                Job::Ask(_) => Arc::clone(&self.0.asks).try_acquire_owned().ok(),
                Job::Send(_) => None,
            };
            let this = self.clone();
            calls.spawn(async move {
                this.carry_out(job).await;
                drop((question, permit));
                this.wake();
            });
        }
        let next = [next, gate_next].into_iter().flatten().min();
        Ok(if more { Round::More } else { Round::NothingUntil(next) })
    }

    async fn claim(&self, gate: Gate, free: usize) -> Result<Claimed, StoreError> {
        let mut limit = free.min(OUTBOX_CLAIM_MAX);
        // Some calls are kept for answers, which are of no use when they come late.
        let priority_max = match free.checked_sub(OUTBOX_ANSWERS_KEPT) {
            Some(others @ 1..) => {
                limit = limit.min(others);
                i64::MAX
            }
            _ => Urgency::Answer.as_i64(),
        };
        if gate.one {
            limit = 1;
        }
        let this = self.clone();
        let asks = self.0.asks.available_permits().min(limit);
        let claimed = self.0.parts.runner.write(move |work| {
            let (channels, holder, gate, now) = (&this.0.channels, &this.0.parts.holder, &gate, work.now);
            Claiming { channels, holder, now, limit, asks, priority_max, gate }.run(work)
        });
        claimed.await
    }

    /// Asks channels that gave no answer whether they can be reached.
    fn ask_around(&self, gate: &Gate, calls: &mut JoinSet<()>) {
        for name in gate.ask.clone() {
            let Some(channel) = self.0.channels.get(name.as_str()).map(Arc::clone) else { continue };
            let (this, in_hand) = (self.clone(), self.0.parts.activity.begin());
            calls.spawn(async move {
                let reached = channel.reach().await;
                let now = this.now();
                let was_away = this.0.reach.asked(&name, reached, now, this.0.parts.runner.random.next_u64());
                this.count(&name, "reach", if reached { "reached" } else { "away" });
                if !reached {
                    debug!(channel = name, "it still cannot be reached");
                }
                if was_away {
                    info!(channel = name, "it can be reached again: the most urgent messages go first");
                    this.hurry_failed(&name).await;
                }
                drop(in_hand);
                this.wake();
            });
        }
    }

    async fn hurry_failed(&self, channel: &str) {
        let (name, now) = (channel.to_owned(), self.now());
        let hurried = self.0.parts.runner.store.write(move |tx| outbox::hurry_failed(tx, &name, now));
        if let Err(error) = hurried.await {
            warn!(%error, "what failed meanwhile is tried again when its time comes");
        }
    }

    /// After a claim or a result that may or may not have been written: rows that are ours, though nobody works on them,
    /// go back at once instead of waiting for the end of their lease.
    async fn take_back(&self, now: Timestamp) -> Result<(), StoreError> {
        let Some(in_doubt) = self.0.hands.in_doubt() else { return Ok(()) };
        let (holder, known) = (self.0.parts.holder.clone(), in_doubt.clone());
        let back = self.0.parts.runner.store.write(move |tx| {
            let mut back = 0;
            for (id, first) in outbox::held_by(tx, &holder)? {
                if known.working.contains(&id) {
                    continue;
                }
                back += 1;
                if first && !known.unrecorded.contains(&id) {
                    outbox::give_back(tx, id, now)?;
                } else {
                    outbox::ask_later(tx, id, now + OUTBOX_ASK_AFTER)?;
                }
            }
            Ok::<_, StoreError>(back)
        });
        let back = back.await?;
        self.0.hands.settled(&in_doubt);
        if back > 0 {
            info!(back, "messages that were claimed while the database failed go on now");
        }
        Ok(())
    }

    async fn carry_out(&self, job: Job) {
        let (id, channel) = (job.row().id, job.row().channel.clone());
        let result = match job {
            Job::Send(claim) => self.send(claim).await,
            Job::Ask(claim) => self.ask(claim).await,
        };
        self.0.reach.ends(&channel);
        self.0.hands.lets_go(id, result.is_ok());
        if let Err(error) = result {
            // The row is still ours: it is taken back, and Slack is asked whether the message arrived.
            warn!(%error, "the result of a delivery could not be recorded; it will be asked for");
        }
    }

    /// What a call tells of the other side.
    async fn heard(&self, channel: &str, answered: bool) {
        let now = self.now();
        if answered {
            if self.0.reach.answers(channel, now) {
                self.hurry_failed(channel).await;
            }
        } else if self.0.reach.fails(channel, now, self.0.parts.runner.random.next_u64()) {
            warn!(channel, "calls get no answer: nothing more is sent until one does");
        }
    }

    async fn send(&self, claim: Claim) -> Result<(), StoreError> {
        let Claim { row, message, lease } = claim;
        let Some(channel) = self.0.channels.get(row.channel.as_str()).map(Arc::clone) else { return Ok(()) };
        if !self.0.parts.pulse.is_fresh(self.now()) {
            // Others may take us for dead any moment. Nothing was sent: the row goes back as soon as we are heard again.
            self.0.hands.gives_up(row.id);
            return Ok(());
        }
        if self.now() >= last_moment(lease) {
            // Nothing was sent, so it may go at once.
            return self.again(row, lease, "its turn came too late".to_owned()).await;
        }
        let when_unclear = message.when_unclear;
        let waited = self.now().since(row.created);
        let watch = Stopwatch::start();
        let outcome = self.within(lease, channel.send(message)).await;
        self.0.parts.runner.metrics.delivered(waited, watch.elapsed());
        let outcome = outcome.unwrap_or_else(|| Outcome::Unclear("no end of the call in time".to_owned()));
        let now = self.now();
        self.heard(&row.channel, !matches!(outcome, Outcome::Failed(_) | Outcome::Unclear(_))).await;
        match outcome {
            Outcome::Sent(receipt) => self.arrived(channel, row, lease, receipt, "sent").await,
            Outcome::TooFast { retry_after_ms, whole_method } => {
                warn!(
                    method = row.method,
                    destination = row.destination,
                    retry_after_ms,
                    "told to slow down"
                );
                let until = now + Duration::from_millis(u64::try_from(retry_after_ms).unwrap_or(0));
                let bucket =
                    if whole_method || row.destination.is_empty() { &row.method } else { &row.destination };
                let rate = channel.rate(bucket).unwrap_or(super::Rate { interval_ms: 0, burst: 1 });
                let bucket = bucket.clone();
                self.record(row, lease, "too_fast", move |work, row| {
                    outbox::set_bucket(work.tx, &bucket, rate.blocked(until))?;
                    outbox::retry(work.tx, row.id, now, "told to slow down")
                })
                .await
            }
            Outcome::Failed(error) => self.again(row, lease, error).await,
            Outcome::Unclear(error) => match when_unclear {
                WhenUnclear::Repeat => self.again(row, lease, error).await,
                WhenUnclear::Drop => {
                    self.give_up(channel, row, lease, format!("it may not have arrived: {error}")).await
                }
                WhenUnclear::Ask => {
                    info!(method = row.method, error, "it is unclear whether a message arrived; asking soon");
                    self.record(row, lease, "unclear", move |work, row| {
                        outbox::unsure(work.tx, row.id, now + OUTBOX_ASK_AFTER, &error)
                    })
                    .await
                }
            },
            Outcome::Refused(error) => self.give_up(channel, row, lease, error).await,
        }
    }

    async fn ask(&self, claim: Claim) -> Result<(), StoreError> {
        let Claim { row, message, lease } = claim;
        let Some(channel) = self.0.channels.get(row.channel.as_str()).map(Arc::clone) else { return Ok(()) };
        let method = channel.ask_method(&message);
        let sent = row.sent.unwrap_or(row.created);
        let asked = self.within(lease, channel.ask(message, row.key.clone(), sent)).await;
        let asked = asked.unwrap_or_else(|| Asked::Unknown("no answer in time".to_owned()));
        self.heard(&row.channel, !matches!(asked, Asked::Unknown(_))).await;
        match asked {
            Asked::Arrived(receipt) => self.arrived(channel, row, lease, receipt, "arrived_before").await,
            Asked::Absent => {
                // It waited for this answer: now that it is certain, it goes at once.
                let error = row.error.clone().unwrap_or_else(|| "it had not arrived".to_owned());
                info!(
                    method = row.method,
                    attempts = row.attempts,
                    error,
                    "a message had not arrived; sending it again"
                );
                let now = self.now();
                self.record(row, lease, "retried", move |work, row| {
                    outbox::retry(work.tx, row.id, now, &error)
                })
                .await
            }
            Asked::NotYetFound => {
                let now = self.now();
                self.record(row, lease, "still_unclear", move |work, row| {
                    outbox::ask_later(work.tx, row.id, now)
                })
                .await
            }
            Asked::TooFast { retry_after_ms } => {
                let until = self.now() + Duration::from_millis(u64::try_from(retry_after_ms).unwrap_or(0));
                let rate = channel.rate(method).unwrap_or(super::Rate { interval_ms: 0, burst: 1 });
                warn!(method, retry_after_ms, "told to ask more slowly");
                self.record(row, lease, "still_unclear", move |work, row| {
                    outbox::set_bucket(work.tx, method, rate.blocked(until))?;
                    outbox::ask_later(work.tx, row.id, until)
                })
                .await
            }
            Asked::Unknown(error) => {
                let now = self.now();
                let ask_at = now + backoff::by_age(now.since(sent), self.0.parts.runner.random.next_u64());
                debug!(method = row.method, error, "it is still unclear whether a message arrived");
                self.record(row, lease, "still_unclear", move |work, row| {
                    outbox::unsure(work.tx, row.id, ask_at, &error)
                })
                .await
            }
        }
    }

    async fn arrived(
        &self,
        channel: Arc<dyn Channel>,
        row: OutboxRow,
        lease: Timestamp,
        receipt: Receipt,
        outcome: &'static str,
    ) -> Result<(), StoreError> {
        self.record(row, lease, outcome, move |work, row| {
            outbox::remove(work.tx, row.id)?;
            if let Err(error) = its_own_fault(|| channel.arrived(work, row, &receipt))? {
                warn!(key = row.key, error, "what follows from a message that arrived was not done");
            }
            Ok(())
        })
        .await
    }

    async fn again(&self, row: OutboxRow, lease: Timestamp, error: String) -> Result<(), StoreError> {
        let wait = backoff::after(row.attempts.max(1), self.0.parts.runner.random.next_u64());
        let at = self.now() + wait;
        info!(
            method = row.method,
            attempts = row.attempts,
            retry_in_ms = wait.as_millis(),
            error,
            "a delivery failed"
        );
        self.record(row, lease, "retried", move |work, row| outbox::retry(work.tx, row.id, at, &error)).await
    }

    async fn give_up(
        &self,
        channel: Arc<dyn Channel>,
        row: OutboxRow,
        lease: Timestamp,
        reason: String,
    ) -> Result<(), StoreError> {
        warn!(
            method = row.method,
            destination = row.destination,
            key = row.key,
            reason,
            "a message could not be sent"
        );
        self.record(row, lease, "dead", move |work, row| claim::bury(work, channel.as_ref(), row, &reason))
            .await
    }

    /// What a channel does for a row, ended in time to be recorded while the row is still ours.
    async fn within<T>(&self, lease: Timestamp, doing: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            done = doing => Some(done),
            () = self.0.parts.runner.clock.wait_until_ms(last_moment(lease).as_ms()) => None,
            () = self.0.parts.pulse.lost() => None,
        }
    }

    /// Records what became of a row and counts it, if the row is still ours: once a lease is over somebody else may
    /// have taken the row, and what they find out counts.
    async fn record(
        &self,
        row: OutboxRow,
        lease: Timestamp,
        outcome: &'static str,
        f: impl Fn(&mut Work<'_>, &OutboxRow) -> Result<(), StoreError> + Send + Sync + 'static,
    ) -> Result<(), StoreError> {
        let (holder, row) = (self.0.parts.holder.clone(), Arc::new(row));
        let ours = Arc::clone(&row);
        let held = self.0.parts.runner.write(move |work| {
            let held = outbox::held(work.tx, ours.id, &holder, lease)?;
            if held {
                f(work, &ours)?;
            }
            Ok(held)
        });
        if held.await? {
            self.count(&row.channel, &row.method, outcome);
        } else {
            warn!(method = row.method, key = row.key, outcome, "a result came after the end of its lease");
            self.count(&row.channel, &row.method, "too_late");
        }
        Ok(())
    }

    fn count(&self, channel: &str, method: &str, outcome: &'static str) {
        self.0.parts.runner.metrics.outcome(channel, method, outcome);
    }
}

/// When a channel's work for a row has to end, so that its result is recorded within the lease.
fn last_moment(lease: Timestamp) -> Timestamp {
    lease - OUTBOX_RECORD_WITHIN
}

enum Round {
    More,
    NothingUntil(Option<Timestamp>),
}
