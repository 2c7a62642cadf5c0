//! Runs the engine's use cases: one transaction each, counted once it is committed.
//!
//! Every use case goes through here, so that no count is lost on the way: a transaction that is undone and run anew
//! counts once, one that fails not at all.

use std::sync::Arc;

use tokio::sync::watch;

use crate::clock::SharedClock;
use crate::domain::rules::Rules;
use crate::domain::time::Timestamp;
use crate::engine::{Tally, Work};
use crate::metrics::Metrics;
use crate::random::SharedRandom;
use crate::store::{Store, StoreError, Tx};

/// What the use cases run with. Clones share it.
#[derive(Clone)]
pub struct Runner {
    pub store: Store,
    pub clock: SharedClock,
    pub random: SharedRandom,
    /// The rules in force; each transaction sees one version of them.
    pub rules: watch::Receiver<Arc<Rules>>,
    pub metrics: Metrics,
}

impl Runner {
    pub fn now(&self) -> Timestamp {
        Timestamp::from_ms(self.clock.now_ms())
    }

    pub fn rules(&self) -> Arc<Rules> {
        Arc::clone(&self.rules.borrow())
    }

    /// Runs a use case that only reads, on a reader: nobody who writes waits for it.
    pub async fn read<T: Send + 'static>(
        &self,
        job: impl Fn(&mut Work<'_>) -> Result<T, StoreError> + Send + Sync + 'static,
    ) -> Result<T, StoreError> {
        let (result, tally) = self.store.read(self.in_hand(job)).await?;
        self.count(&tally);
        Ok(result)
    }

    /// Runs a use case whose effect is durable before this returns.
    pub async fn write<T: Send + 'static>(
        &self,
        job: impl Fn(&mut Work<'_>) -> Result<T, StoreError> + Send + Sync + 'static,
    ) -> Result<T, StoreError> {
        let (result, tally) = self.store.write(self.in_hand(job)).await?;
        self.count(&tally);
        Ok(result)
    }

    /// Runs a use case that a power failure may undo, since it is done again then: its inputs or due moments are still
    /// there, and nothing was sent, because a message is claimed durably before.
    pub async fn write_lazily<T: Send + 'static>(
        &self,
        job: impl Fn(&mut Work<'_>) -> Result<T, StoreError> + Send + Sync + 'static,
    ) -> Result<T, StoreError> {
        let (result, tally) = self.store.write_lazily(self.in_hand(job)).await?;
        self.count(&tally);
        Ok(result)
    }

    /// The same for all that gathered: no more often than the store's rounds.
    pub async fn write_in_rounds<T: Send + 'static>(
        &self,
        job: impl Fn(&mut Work<'_>) -> Result<T, StoreError> + Send + Sync + 'static,
    ) -> Result<T, StoreError> {
        let (result, tally) = self.store.write_in_rounds(self.in_hand(job)).await?;
        self.count(&tally);
        Ok(result)
    }

    fn in_hand<T>(
        &self,
        job: impl Fn(&mut Work<'_>) -> Result<T, StoreError> + Send + Sync + 'static,
    ) -> impl Fn(&mut dyn Tx) -> Result<(T, Tally), StoreError> + Send + Sync + 'static {
        let (rules, random, now) = (self.rules(), Arc::clone(&self.random), self.now());
        move |tx| {
            let mut work = Work::new(tx, &rules, now, random.as_ref());
            let result = job(&mut work)?;
            Ok((result, work.tally))
        }
    }

    fn count(&self, tally: &Tally) {
        for (what, count) in tally.iter() {
            self.metrics.engine(what, count);
        }
    }
}
