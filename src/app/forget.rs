//! What is older than `store.retention` goes, slowly enough that nobody waits for it.

use tokio::sync::watch;
use tracing::{info, warn};

use crate::clock::SharedClock;
use crate::domain::time::Timestamp;
use crate::limits::{RETENTION_BATCH, RETENTION_PAGES, RETENTION_REST_MS};
use crate::metrics::Metrics;
use crate::store::retention::{self, KINDS, Kind, Place};
use crate::store::{Store, StoreError};

/// One round through everything.
pub(super) struct Forgetting {
    pub(super) store: Store,
    pub(super) clock: SharedClock,
    pub(super) metrics: Metrics,
    pub(super) stop: watch::Receiver<bool>,
}

impl Forgetting {
    pub(super) async fn run(self, before: Timestamp) {
        for kind in KINDS {
            match self.kind(kind, before).await {
                Ok(0) => {}
                Ok(count) => info!(table = kind.table(), count, "forgot what is older than store.retention"),
                Err(StoreError::Closed) => return,
                Err(error) => return warn!(%error, table = kind.table(), "old rows cannot be forgotten"),
            }
            if *self.stop.borrow() {
                return;
            }
        }
        if let Err(error) = self.give_back().await {
            warn!(%error, "the database file cannot give back what it does not need");
        }
    }

    async fn kind(&self, kind: Kind, before: Timestamp) -> Result<u64, StoreError> {
        let (mut after, mut count) = (Place::default(), 0);
        loop {
            let from = after.clone();
            let listed =
                self.store.read(move |tx| retention::list(tx, kind, before, &from, RETENTION_BATCH)).await?;
            let Some(old) = listed else { return Ok(count) };
            after = old.end.clone();
            loop {
                let old = old.clone();
                let removed =
                    self.store.write_lazily(move |tx| retention::remove(tx, kind, before, &old)).await?;
                count += removed.rows;
                self.metrics.engine("rows_forgotten", removed.rows);
                if *self.stop.borrow() {
                    return Ok(count);
                }
                if removed.rows > 0 {
                    self.clock.wait_ms(RETENTION_REST_MS).await;
                }
                if !removed.more {
                    break;
                }
            }
        }
    }

    async fn give_back(&self) -> Result<(), StoreError> {
        while !*self.stop.borrow() {
            let left = self.store.write_lazily(|tx| retention::give_back(tx, RETENTION_PAGES)).await?;
            if left == 0 {
                return Ok(());
            }
            self.clock.wait_ms(RETENTION_REST_MS).await;
        }
        Ok(())
    }
}
