//! How often a destination or a method may be used: GCRA, kept in rows so that a restart forgets nothing.

use std::collections::HashMap;

use super::Channel;
use crate::domain::time::Timestamp;
use crate::limits::OUTBOX_AHEAD_MAX;
use crate::store::outbox::{self, Bucket};
use crate::store::{StoreError, Tx};

/// One message each `interval_ms`, `burst` of them at once after a rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    pub interval_ms: i64,
    pub burst: u32,
}

impl Rate {
    pub const fn per_minute(count: i64, burst: u32) -> Self {
        Self { interval_ms: 60_000 / count, burst }
    }

    fn slack_ms(self) -> i64 {
        self.interval_ms * i64::from(self.burst.max(1) - 1)
    }

    /// The bucket after one message left at `now`.
    pub fn taken(self, bucket: Bucket, now: Timestamp) -> Bucket {
        let full = bucket.full.max(now.as_ms()) + self.interval_ms;
        Bucket { full, free: (full - self.slack_ms()).max(bucket.free) }
    }

    /// The bucket after the other side said "not before".
    pub fn blocked(self, until: Timestamp) -> Bucket {
        Bucket { full: until.as_ms() + self.slack_ms(), free: until.as_ms() }
    }
}

/// The buckets as one claiming transaction sees them.
pub(super) struct Buckets {
    now: Timestamp,
    known: HashMap<String, Bucket>,
}

impl Buckets {
    pub(super) fn new(now: Timestamp) -> Self {
        Self { now, known: HashMap::new() }
    }

    /// A bucket. One that is closed for longer than anything closes it was written before the clock was set back.
    pub(super) fn get(&mut self, tx: &mut dyn Tx, name: &str) -> Result<Bucket, StoreError> {
        if let Some(known) = self.known.get(name) {
            return Ok(*known);
        }
        let latest = (self.now + OUTBOX_AHEAD_MAX).as_ms();
        let bucket = outbox::bucket(tx, name)?;
        let bucket = if bucket.free > latest { Bucket::default() } else { bucket };
        self.known.insert(name.to_owned(), bucket);
        Ok(bucket)
    }

    /// Whether all of them have a token.
    pub(super) fn free(
        &mut self,
        tx: &mut dyn Tx,
        channel: &dyn Channel,
        names: &[&str],
    ) -> Result<bool, StoreError> {
        for name in names.iter().filter(|name| !name.is_empty()) {
            if channel.rate(name).is_some() && self.get(tx, name)?.free > self.now.as_ms() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Takes one token of each, or none of any.
    pub(super) fn take(
        &mut self,
        tx: &mut dyn Tx,
        channel: &dyn Channel,
        names: &[&str],
    ) -> Result<bool, StoreError> {
        if !self.free(tx, channel, names)? {
            return Ok(false);
        }
        for name in names.iter().filter(|name| !name.is_empty()) {
            let Some(rate) = channel.rate(name) else { continue };
            let bucket = rate.taken(self.get(tx, name)?, self.now);
            outbox::set_bucket(tx, name, bucket)?;
            self.known.insert((*name).to_owned(), bucket);
        }
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_then_one_an_interval() {
        let rate = Rate { interval_ms: 1_000, burst: 3 };
        let mut bucket = Bucket::default();
        let mut now = 1_000_000;
        let mut sent_at = Vec::new();
        while sent_at.len() < 6 {
            if bucket.free <= now {
                bucket = rate.taken(bucket, Timestamp::from_ms(now));
                sent_at.push(now - 1_000_000);
            } else {
                now = bucket.free;
            }
        }
        assert_eq!(sent_at, [0, 0, 0, 1_000, 2_000, 3_000]);
    }

    #[test]
    fn after_a_retry_after_there_is_no_burst() {
        let rate = Rate { interval_ms: 1_000, burst: 3 };
        let blocked = rate.blocked(Timestamp::from_ms(30_000));
        assert_eq!(blocked.free, 30_000);
        let next = rate.taken(blocked, Timestamp::from_ms(30_000));
        assert_eq!(next.free, 31_000);
    }
}
