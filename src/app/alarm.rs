//! Says in Slack that the database file is gone. The one thing that leaves without being a row: there is no place for one.

use serde_json::json;
use tracing::warn;

use super::rules;
use crate::config::Config;
use crate::limits::ALARM_CHANNELS;
use crate::metrics::Metrics;
use crate::slack::api::SlackApi;
use crate::store::Store;

/// Told once each time it happens.
pub(super) struct Alarm {
    pub(super) store: Store,
    pub(super) api: SlackApi,
    pub(super) metrics: Metrics,
    /// Channels know of it.
    pub(super) told: std::sync::atomic::AtomicBool,
}

impl Alarm {
    pub(super) async fn look(&self, config: &Config) {
        use std::sync::atomic::Ordering::SeqCst;
        let gone = self.store.stats().file_gone.load(SeqCst);
        self.metrics.state("database_gone", i64::from(gone));
        let text = match (gone, self.told.load(SeqCst)) {
            (true, false) => GONE,
            (false, true) => BACK,
            _ => return,
        };
        let rules = rules::rules(config);
        let channels: std::collections::BTreeSet<&String> =
            rules.receivers.values().flat_map(|receiver| &receiver.channels).collect();
        let mut any = channels.is_empty();
        for channel in channels.into_iter().take(ALARM_CHANNELS) {
            let body = json!({ "channel": channel, "text": text });
            match self.api.call("chat.postMessage", body).await {
                Ok(_) => any = true,
                Err(error) => warn!(%error, channel, "nobody there could be told of the database"),
            }
        }
        if any {
            self.told.store(gone, SeqCst);
        }
    }
}

const GONE: &str = ":rotating_light: *Firebell takes no alerts in.* Its database file was deleted or replaced while it runs. \
    Senders are refused and try again; buttons and commands do not work. Put the file back, or restore a backup and restart \
    Firebell. Until then look at Alertmanager or Grafana themselves.";
const BACK: &str = ":white_check_mark: Firebell's database file is back: alerts are taken in again.";
