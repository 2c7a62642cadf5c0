//! The text of deleted messages, kept until now, goes once it is not to be kept (`incidents.redact_deleted`).

use tracing::{info, warn};

use crate::engine::incident::redact;
use crate::limits::RETENTION_BATCH;
use crate::runner::Runner;

/// Goes through all of it, a batch at a time.
pub(super) async fn forget(runner: Runner) {
    if !runner.rules().incidents.redact_deleted {
        return;
    }
    loop {
        match runner.write(|work| redact::forget_deleted(work, RETENTION_BATCH)).await {
            Ok(0) => return,
            Ok(count) => info!(count, "forgot the text of deleted messages (incidents.redact_deleted)"),
            Err(error) => {
                warn!(%error, "the text of deleted messages cannot be forgotten");
                return;
            }
        }
    }
}
