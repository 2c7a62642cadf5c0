//! Claiming: which rows go now, each in the words of now, all in one transaction.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use tracing::warn;

use super::rate::Buckets;
use super::reach::Gate;
use super::{Channel, Composed, Message, WhenUnclear};
use crate::domain::time::Timestamp;
use crate::engine::Work;
use crate::limits::OUTBOX_LEASE;
use crate::store::StoreError;
use crate::store::outbox::{self, OutboxRow, Wanted};

pub(super) type Channels = HashMap<&'static str, Arc<dyn Channel>>;

/// What a round does.
#[derive(Default)]
pub(super) struct Claimed {
    pub(super) jobs: Vec<Job>,
    pub(super) settled: Vec<Settled>,
    /// Whether to look again at once.
    pub(super) more: bool,
    /// When to look again, if there was nothing to do.
    pub(super) next: Option<Timestamp>,
}

pub(super) enum Job {
    Send(Claim),
    Ask(Claim),
}

impl Job {
    pub(super) const fn row(&self) -> &OutboxRow {
        match self {
            Self::Send(claim) | Self::Ask(claim) => &claim.row,
        }
    }
}

/// A row in this worker's hands, until its lease ends.
pub(super) struct Claim {
    pub(super) row: OutboxRow,
    pub(super) message: Message,
    pub(super) lease: Timestamp,
}

/// A row that ended in the claiming transaction itself.
pub(super) struct Settled {
    pub(super) channel: String,
    pub(super) method: String,
    pub(super) outcome: &'static str,
    pub(super) detail: String,
}

impl Settled {
    fn new(row: &OutboxRow, outcome: &'static str, detail: String) -> Self {
        Self { channel: row.channel.clone(), method: row.method.clone(), outcome, detail }
    }
}

/// One round's claiming.
pub(super) struct Claiming<'a> {
    pub(super) channels: &'a Channels,
    pub(super) holder: &'a str,
    pub(super) now: Timestamp,
    /// Most jobs in all.
    pub(super) limit: usize,
    /// Most of them that are questions.
    pub(super) asks: usize,
    /// Nothing less urgent than this.
    pub(super) priority_max: i64,
    pub(super) gate: &'a Gate,
}

impl Claiming<'_> {
    pub(super) fn run(&self, work: &mut Work<'_>) -> Result<Claimed, StoreError> {
        let mut claimed = Claimed::default();
        let mut buckets = Buckets::new(self.now);
        self.expired(work, &mut claimed)?;
        if self.asks > 0 {
            self.unclear(work, &mut claimed, &mut buckets)?;
        }
        if claimed.jobs.len() < self.limit {
            self.waiting(work, &mut claimed, &mut buckets)?;
        }
        claimed.more |= !claimed.jobs.is_empty() || !claimed.settled.is_empty();
        if !claimed.more {
            claimed.next = outbox::next_at(work.tx, self.now)?;
        }
        Ok(claimed)
    }

    fn lease(&self) -> Timestamp {
        self.now + OUTBOX_LEASE
    }

    fn wanted(&self) -> Wanted<'_> {
        let limit = i64::try_from(self.limit).unwrap_or(i64::MAX);
        Wanted { now: self.now, limit, priority_max: self.priority_max, but: &self.gate.closed }
    }

    /// Rows whose time is over: whoever waits for them is told.
    fn expired(&self, work: &mut Work<'_>, claimed: &mut Claimed) -> Result<(), StoreError> {
        for row in outbox::expired(work.tx, self.now, EXPIRED_AT_ONCE)? {
            outbox::remove(work.tx, row.id)?;
            if let Some(channel) = self.channels.get(row.channel.as_str())
                && let Err(error) = its_own_fault(|| channel.expired(work, &row))?
            {
                warn!(key = row.key, error, "nobody is told of a message that was too late");
            }
            claimed.settled.push(Settled::new(&row, "expired", "too late to be of use".to_owned()));
        }
        Ok(())
    }

    fn is_strict(&self, channel: &str) -> bool {
        self.gate.strict.iter().any(|strict| strict == channel)
    }

    /// After an outage nothing goes before what is more urgent is through.
    fn priority_max(&self, work: &mut Work<'_>, channel: &str) -> Result<i64, StoreError> {
        if !self.is_strict(channel) {
            return Ok(i64::MAX);
        }
        Ok(outbox::unsettled(work.tx, channel, self.now)?.unwrap_or(i64::MAX))
    }

    /// Rows of which nobody knows whether they arrived.
    fn unclear(
        &self,
        work: &mut Work<'_>,
        claimed: &mut Claimed,
        buckets: &mut Buckets,
    ) -> Result<(), StoreError> {
        let mut put_off: HashMap<&str, i64> = HashMap::new();
        for row in outbox::unclear(work.tx, self.wanted())? {
            let Some(channel) = self.channel(work, claimed, &row)? else { continue };
            let message = match compose(work, channel, &row)? {
                Ok(message) => message,
                Err(one) => {
                    claimed.settled.push(one);
                    continue;
                }
            };
            match message.when_unclear {
                WhenUnclear::Repeat => {
                    let error = row.error.as_deref().unwrap_or("the program ended while it was sent");
                    outbox::retry(work.tx, row.id, self.now, error)?;
                    claimed.settled.push(Settled::new(&row, "retried", error.to_owned()));
                }
                WhenUnclear::Drop => {
                    let reason = "the program ended while it was sent";
                    bury(work, channel, &row, reason)?;
                    claimed.settled.push(Settled::new(&row, "dead", reason.to_owned()));
                }
                WhenUnclear::Ask if claimed.jobs.len() >= self.asks => break,
                WhenUnclear::Ask => {
                    let method = channel.ask_method(&message);
                    if buckets.take(work.tx, channel, &[method])? {
                        outbox::take_unclear(work.tx, row.id, self.holder, self.lease())?;
                        claimed.jobs.push(Job::Ask(Claim { row, message, lease: self.lease() }));
                    } else {
                        // Each when there will be a token for it.
                        let nth = put_off.entry(method).or_default();
                        let interval_ms = channel.rate(method).map_or(0, |rate| rate.interval_ms);
                        let at = buckets.get(work.tx, method)?.free + *nth * interval_ms;
                        *nth += 1;
                        outbox::ask_later(work.tx, row.id, Timestamp::from_ms(at))?;
                        claimed.more = true;
                    }
                }
            }
        }
        Ok(())
    }

    fn waiting(
        &self,
        work: &mut Work<'_>,
        claimed: &mut Claimed,
        buckets: &mut Buckets,
    ) -> Result<(), StoreError> {
        let mut strict: HashMap<String, i64> = HashMap::new();
        for mut row in outbox::sendable(work.tx, self.wanted())? {
            if claimed.jobs.len() >= self.limit {
                break;
            }
            let Some(channel) = self.channel(work, claimed, &row)? else { continue };
            let priority_max = match strict.get(&row.channel) {
                Some(known) => *known,
                None => self.priority_max(work, &row.channel)?,
            };
            strict.insert(row.channel.clone(), priority_max);
            if row.priority > priority_max {
                continue;
            }
            if !buckets.free(work.tx, channel, &[&row.destination, &row.method])? {
                continue;
            }
            let message = match compose(work, channel, &row)? {
                Ok(message) => message,
                Err(one) => {
                    claimed.settled.push(one);
                    continue;
                }
            };
            if message.method != row.method || message.destination != row.destination {
                // It was queued as a post and became an update, or the other way round: other limits count now.
                outbox::readdress(work.tx, row.id, &message.method, &message.destination)?;
                row.method.clone_from(&message.method);
                row.destination.clone_from(&message.destination);
            }
            if buckets.take(work.tx, channel, &[&row.destination, &row.method])? {
                outbox::take(work.tx, row.id, self.holder, self.now, self.lease())?;
                if self.is_strict(&row.channel) {
                    strict.insert(row.channel.clone(), row.priority);
                }
                let row = OutboxRow { attempts: row.attempts + 1, sent: Some(self.now), ..row };
                claimed.jobs.push(Job::Send(Claim { row, message, lease: self.lease() }));
            }
        }
        Ok(())
    }

    /// The channel of a row; a row without one is buried.
    fn channel(
        &self,
        work: &mut Work<'_>,
        claimed: &mut Claimed,
        row: &OutboxRow,
    ) -> Result<Option<&dyn Channel>, StoreError> {
        let channel = self.channels.get(row.channel.as_str());
        if channel.is_none() {
            let reason = format!("this program has no channel '{}'", row.channel);
            outbox::bury(work.tx, row.id, &reason)?;
            claimed.settled.push(Settled::new(row, "dead", reason));
        }
        Ok(channel.map(AsRef::as_ref))
    }
}

/// Rows that are too late, dealt with in one transaction.
const EXPIRED_AT_ONCE: i64 = 32;

/// What to send for a row, or what became of it.
fn compose(
    work: &mut Work<'_>,
    channel: &dyn Channel,
    row: &OutboxRow,
) -> Result<Result<Message, Settled>, StoreError> {
    let composed = its_own_fault(|| channel.compose(work, row))?;
    Ok(match composed.unwrap_or_else(Composed::Impossible) {
        Composed::Send(message) => Ok(message),
        Composed::Moot(reason) => {
            outbox::remove(work.tx, row.id)?;
            Err(Settled::new(row, "moot", reason.to_owned()))
        }
        Composed::Impossible(reason) => {
            bury(work, channel, row, &reason)?;
            Err(Settled::new(row, "dead", reason))
        }
    })
}

/// Keeps a row as a dead letter, and tells its channel.
pub(super) fn bury(
    work: &mut Work<'_>,
    channel: &dyn Channel,
    row: &OutboxRow,
    reason: &str,
) -> Result<(), StoreError> {
    outbox::bury(work.tx, row.id, reason)?;
    if let Err(error) = its_own_fault(|| channel.buried(work, row, reason))? {
        warn!(key = row.key, error, "what follows from a message that could not be sent was not done");
    }
    Ok(())
}

/// Does a channel's part for one row. That a row cannot be dealt with (a bug, something odd in the database) is
/// `Ok(Err(reason))`: it is this row's end, and must not be the others' too. The database's own failures are errors.
pub(super) fn its_own_fault<T>(
    part: impl FnOnce() -> Result<T, StoreError>,
) -> Result<Result<T, String>, StoreError> {
    use StoreError::{Column, Inconsistent, Panicked};
    let done = catch_unwind(AssertUnwindSafe(part))
        .unwrap_or_else(|panic| Err(StoreError::panicked(panic.as_ref())));
    match done {
        Ok(done) => Ok(Ok(done)),
        Err(error @ (Inconsistent(_) | Column { .. } | Panicked(_))) => Ok(Err(error.to_string())),
        Err(error) => Err(error),
    }
}
