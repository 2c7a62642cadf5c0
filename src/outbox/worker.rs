//! The worker: one loop that claims, sends and records.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, Semaphore, watch};
use tokio::task::JoinSet;
use tracing::{debug, info, warn};

use super::{Asked, Channel, Composed, Message, Outcome, Receipt, WhenUnclear, backoff};
use crate::activity::Activity;
use crate::clock::{SharedClock, Stopwatch};
use crate::domain::time::Timestamp;
use crate::limits::{OUTBOX_ASK_AFTER, OUTBOX_CLAIM_MAX, OUTBOX_IN_FLIGHT_MAX, OUTBOX_LEASE};
use crate::random::SharedRandom;
use crate::store::outbox::{self, OutboxRow};
use crate::store::{Store, StoreError, Tx};

/// What the worker needs.
pub struct Parts {
    pub store: Store,
    pub clock: SharedClock,
    pub random: SharedRandom,
    pub channels: Vec<Arc<dyn Channel>>,
    /// Names this process in leases.
    pub holder: String,
    pub metrics: Arc<dyn OutboxMetrics>,
    pub activity: Activity,
}

/// What happened to rows; telemetry counts it.
pub trait OutboxMetrics: Send + Sync + 'static {
    /// `outcome`: sent, arrived_before, moot, retried, too_fast, unclear, dead, expired.
    fn outcome(&self, channel: &str, method: &str, outcome: &'static str);
    /// From the row's birth to the beginning of its first delivery.
    fn delivered(&self, channel: &str, waited: Duration, call: Duration);
}

/// Sends what is in the outbox. Clones share one worker.
#[derive(Clone)]
pub struct Outbox(Arc<Inner>);

struct Inner {
    parts: Parts,
    channels: HashMap<&'static str, Arc<dyn Channel>>,
    wake: Notify,
    in_flight: Arc<Semaphore>,
}

enum Job {
    Send(OutboxRow, Message),
    Ask(OutboxRow, Message),
}

/// What to do, what is done already, and when to look again.
type Claimed = (Vec<Job>, Vec<Settled>, Option<Timestamp>);

/// A row that ended in the claiming transaction itself.
struct Settled {
    channel: String,
    method: String,
    outcome: &'static str,
    detail: String,
}

impl Outbox {
    pub fn new(parts: Parts) -> Self {
        let channels = parts.channels.iter().map(|channel| (channel.name(), Arc::clone(channel))).collect();
        Self(Arc::new(Inner {
            parts,
            channels,
            wake: Notify::new(),
            in_flight: Arc::new(Semaphore::new(OUTBOX_IN_FLIGHT_MAX)),
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
            let clock = &self.0.parts.clock;
            tokio::select! {
                () = wake => {}
                () = clock.wait_until_ms(next.map_or(i64::MAX, Timestamp::as_ms)), if next.is_some() => {}
                _ = stop.changed() => {}
            }
        }
        while calls.join_next().await.is_some() {}
    }

    fn now(&self) -> Timestamp {
        Timestamp::from_ms(self.0.parts.clock.now_ms())
    }

    /// Claims what may go now and sends it on its way.
    async fn round(&self, calls: &mut JoinSet<()>) -> Result<Round, StoreError> {
        let _in_hand = self.0.parts.activity.begin();
        let free = self.0.in_flight.available_permits();
        if free == 0 {
            return Ok(Round::NothingUntil(None));
        }
        let now = self.now();
        let limit = free.min(OUTBOX_CLAIM_MAX);
        let this = self.clone();
        let (jobs, settled, next) = self.0.parts.store.write(move |tx| this.claim(tx, now, limit)).await?;
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
                info!(
                    channel = one.channel,
                    method = one.method,
                    reason = one.detail,
                    "a message needs not be sent"
                );
            }
        }
        let more = !jobs.is_empty() || !settled.is_empty();
        for job in jobs {
            let Ok(permit) = Arc::clone(&self.0.in_flight).acquire_owned().await else { break };
            let this = self.clone();
            calls.spawn(async move {
                this.carry_out(job).await;
                drop(permit);
                this.wake();
            });
        }
        Ok(if more { Round::More } else { Round::NothingUntil(next) })
    }

    fn claim(&self, tx: &mut dyn Tx, now: Timestamp, limit: usize) -> Result<Claimed, StoreError> {
        let (mut jobs, mut settled) = (Vec::new(), Vec::new());
        let lease = now + OUTBOX_LEASE;
        let holder = &self.0.parts.holder;
        let sql_limit = i64::try_from(limit).unwrap_or(i64::MAX);
        for row in outbox::unclear(tx, now, sql_limit)? {
            let Some(channel) = self.0.channels.get(row.channel.as_str()) else { continue };
            match self.compose(tx, channel.as_ref(), &row, now)? {
                Ok(message) => {
                    outbox::take_unclear(tx, row.id, holder, lease)?;
                    jobs.push(Job::Ask(row, message));
                }
                Err(one) => settled.push(one),
            }
        }
        if jobs.len() < limit {
            for row in outbox::sendable(tx, now, sql_limit)? {
                if jobs.len() >= limit {
                    break;
                }
                let Some(channel) = self.0.channels.get(row.channel.as_str()) else {
                    let reason = format!("this program has no channel '{}'", row.channel);
                    outbox::bury(tx, row.id, &reason)?;
                    settled.push(Settled::new(&row, "dead", reason));
                    continue;
                };
                if row.expires.is_some_and(|expires| expires <= now) {
                    outbox::remove(tx, row.id)?;
                    settled.push(Settled::new(&row, "expired", "too late to be of use".to_owned()));
                    continue;
                }
                if !take_tokens(tx, channel.as_ref(), &row, now)? {
                    continue;
                }
                match self.compose(tx, channel.as_ref(), &row, now)? {
                    Ok(message) => {
                        outbox::take(tx, row.id, holder, now, lease)?;
                        jobs.push(Job::Send(
                            OutboxRow { attempts: row.attempts + 1, sent: Some(now), ..row },
                            message,
                        ));
                    }
                    Err(one) => settled.push(one),
                }
            }
        }
        let next = if jobs.is_empty() && settled.is_empty() { outbox::next_at(tx, now)? } else { None };
        Ok((jobs, settled, next))
    }

    fn compose(
        &self,
        tx: &mut dyn Tx,
        channel: &dyn Channel,
        row: &OutboxRow,
        now: Timestamp,
    ) -> Result<Result<Message, Settled>, StoreError> {
        Ok(match channel.compose(tx, row, now)? {
            Composed::Send(message) => Ok(message),
            Composed::Moot(reason) => {
                outbox::remove(tx, row.id)?;
                Err(Settled::new(row, "moot", reason.to_owned()))
            }
            Composed::Impossible(reason) => {
                outbox::bury(tx, row.id, &reason)?;
                channel.buried(tx, row, &reason, now)?;
                Err(Settled::new(row, "dead", reason))
            }
        })
    }

    async fn carry_out(&self, job: Job) {
        let result = match job {
            Job::Send(row, message) => self.send(row, message).await,
            Job::Ask(row, message) => self.ask(row, message).await,
        };
        if let Err(error) = result {
            // The row keeps its lease: when that ends, Slack is asked whether the message arrived.
            warn!(%error, "the result of a delivery could not be recorded; it will be asked for");
        }
    }

    async fn send(&self, row: OutboxRow, message: Message) -> Result<(), StoreError> {
        let Some(channel) = self.0.channels.get(row.channel.as_str()).map(Arc::clone) else { return Ok(()) };
        let when_unclear = message.when_unclear;
        let waited = self.now().since(row.created);
        let watch = Stopwatch::start();
        let outcome = channel.send(message).await;
        self.0.parts.metrics.delivered(&row.channel, waited, watch.elapsed());
        let now = self.now();
        match outcome {
            Outcome::Sent(receipt) => self.record(channel, row, receipt, "sent").await,
            Outcome::TooFast { retry_after_ms, whole_method } => {
                warn!(
                    method = row.method,
                    destination = row.destination,
                    retry_after_ms,
                    "told to slow down"
                );
                self.count(&row.channel, &row.method, "too_fast");
                let until = now + Duration::from_millis(u64::try_from(retry_after_ms).unwrap_or(0));
                let bucket =
                    if whole_method || row.destination.is_empty() { &row.method } else { &row.destination };
                let rate = channel.rate(bucket).unwrap_or(super::Rate { interval_ms: 0, burst: 1 });
                let (bucket, holder) = (bucket.clone(), self.0.parts.holder.clone());
                self.write(move |tx| {
                    if outbox::held(tx, row.id, &holder)? {
                        outbox::set_bucket(tx, &bucket, rate.blocked(until))?;
                        outbox::retry(tx, row.id, now, "told to slow down")?;
                    }
                    Ok(())
                })
                .await
            }
            Outcome::Failed(error) => self.again(row, error).await,
            Outcome::Unclear(error) => match when_unclear {
                WhenUnclear::Repeat => self.again(row, error).await,
                WhenUnclear::Drop => {
                    self.give_up(channel, row, format!("it may not have arrived: {error}")).await
                }
                WhenUnclear::Ask => {
                    info!(method = row.method, error, "it is unclear whether a message arrived; asking soon");
                    self.count(&row.channel, &row.method, "unclear");
                    let holder = self.0.parts.holder.clone();
                    self.write(move |tx| {
                        if outbox::held(tx, row.id, &holder)? {
                            outbox::unsure(tx, row.id, now + OUTBOX_ASK_AFTER, &error)?;
                        }
                        Ok(())
                    })
                    .await
                }
            },
            Outcome::Refused(error) => self.give_up(channel, row, error).await,
        }
    }

    async fn ask(&self, row: OutboxRow, message: Message) -> Result<(), StoreError> {
        let Some(channel) = self.0.channels.get(row.channel.as_str()).map(Arc::clone) else { return Ok(()) };
        let asked = match message.when_unclear {
            WhenUnclear::Ask => {
                let sent = row.sent.unwrap_or(row.created);
                channel.ask(message, row.key.clone(), sent).await
            }
            WhenUnclear::Repeat => Asked::Absent,
            WhenUnclear::Drop => {
                return self.give_up(channel, row, "the program ended while it was sent".to_owned()).await;
            }
        };
        match asked {
            Asked::Arrived(receipt) => self.record(channel, row, receipt, "arrived_before").await,
            Asked::Absent => {
                let error = row.error.clone().unwrap_or_else(|| "it had not arrived".to_owned());
                self.again(row, error).await
            }
            Asked::Unknown(error) => {
                let wait = backoff::after(row.attempts.max(1) + 2, self.0.parts.random.next_u64());
                let (ask_at, holder) = (self.now() + wait, self.0.parts.holder.clone());
                debug!(method = row.method, error, "it is still unclear whether a message arrived");
                self.write(move |tx| {
                    if outbox::held(tx, row.id, &holder)? {
                        outbox::unsure(tx, row.id, ask_at, &error)?;
                    }
                    Ok(())
                })
                .await
            }
        }
    }

    async fn record(
        &self,
        channel: Arc<dyn Channel>,
        row: OutboxRow,
        receipt: Receipt,
        outcome: &'static str,
    ) -> Result<(), StoreError> {
        self.count(&row.channel, &row.method, outcome);
        let (now, holder) = (self.now(), self.0.parts.holder.clone());
        self.write(move |tx| {
            if outbox::held(tx, row.id, &holder)? {
                outbox::remove(tx, row.id)?;
                channel.arrived(tx, &row, &receipt, now)?;
            }
            Ok(())
        })
        .await
    }

    async fn again(&self, row: OutboxRow, error: String) -> Result<(), StoreError> {
        let wait = backoff::after(row.attempts.max(1), self.0.parts.random.next_u64());
        let (at, holder) = (self.now() + wait, self.0.parts.holder.clone());
        info!(
            method = row.method,
            attempts = row.attempts,
            retry_in_ms = wait.as_millis(),
            error,
            "a delivery failed"
        );
        self.count(&row.channel, &row.method, "retried");
        self.write(move |tx| {
            if outbox::held(tx, row.id, &holder)? {
                outbox::retry(tx, row.id, at, &error)?;
            }
            Ok(())
        })
        .await
    }

    async fn give_up(
        &self,
        channel: Arc<dyn Channel>,
        row: OutboxRow,
        reason: String,
    ) -> Result<(), StoreError> {
        warn!(
            method = row.method,
            destination = row.destination,
            key = row.key,
            reason,
            "a message could not be sent"
        );
        self.count(&row.channel, &row.method, "dead");
        let (now, holder) = (self.now(), self.0.parts.holder.clone());
        self.write(move |tx| {
            if outbox::held(tx, row.id, &holder)? {
                outbox::bury(tx, row.id, &reason)?;
                channel.buried(tx, &row, &reason, now)?;
            }
            Ok(())
        })
        .await
    }

    async fn write(
        &self,
        f: impl Fn(&mut dyn Tx) -> Result<(), StoreError> + Send + Sync + 'static,
    ) -> Result<(), StoreError> {
        self.0.parts.store.write(f).await
    }

    fn count(&self, channel: &str, method: &str, outcome: &'static str) {
        self.0.parts.metrics.outcome(channel, method, outcome);
    }
}

enum Round {
    More,
    NothingUntil(Option<Timestamp>),
}

impl Settled {
    fn new(row: &OutboxRow, outcome: &'static str, detail: String) -> Self {
        Self { channel: row.channel.clone(), method: row.method.clone(), outcome, detail }
    }
}

/// Takes one token of the destination and one of the method, or none of either.
fn take_tokens(
    tx: &mut dyn Tx,
    channel: &dyn Channel,
    row: &OutboxRow,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let mut taken = Vec::new();
    for name in [row.destination.as_str(), row.method.as_str()] {
        if name.is_empty() {
            continue;
        }
        let Some(rate) = channel.rate(name) else { continue };
        let bucket = outbox::bucket(tx, name)?;
        if bucket.free > now.as_ms() {
            return Ok(false);
        }
        taken.push((name, rate.taken(bucket, now)));
    }
    for (name, bucket) in taken {
        outbox::set_bucket(tx, name, bucket)?;
    }
    Ok(true)
}
