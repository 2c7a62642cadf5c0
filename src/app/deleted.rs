//! The text of deleted messages, kept until now, goes once it is not to be kept (`incidents.redact_deleted`).

use std::sync::Arc;

use tracing::{info, warn};

use crate::clock::SharedClock;
use crate::domain::rules::Rules;
use crate::domain::time::Timestamp;
use crate::engine::Work;
use crate::engine::incident::redact;
use crate::limits::RETENTION_BATCH;
use crate::metrics::Metrics;
use crate::random::SharedRandom;
use crate::store::Store;

/// Goes through all of it, a batch at a time.
pub(super) async fn forget(
    store: Store,
    clock: SharedClock,
    random: SharedRandom,
    rules: Arc<Rules>,
    metrics: Metrics,
) {
    if !rules.incidents.redact_deleted {
        return;
    }
    loop {
        let (rules, random, now) =
            (Arc::clone(&rules), Arc::clone(&random), Timestamp::from_ms(clock.now_ms()));
        let done = store.write(move |tx| {
            redact::forget_deleted(&mut Work::new(tx, &rules, now, random.as_ref()), RETENTION_BATCH)
        });
        match done.await {
            Ok(0) => return,
            Ok(count) => {
                info!(count, "forgot the text of deleted messages (incidents.redact_deleted)");
                metrics.engine("texts_forgotten", count);
            }
            Err(error) => {
                warn!(%error, "the text of deleted messages cannot be forgotten");
                return;
            }
        }
    }
}
