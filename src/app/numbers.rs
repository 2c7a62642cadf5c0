//! Numbers that Slack has seen are never given again: the message of an alert group and those of an incident carry theirs,
//! and at the start a database that is new, or was not written for a while (a backup that was restored), is told of them.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tokio::time::timeout;
use tracing::{info, warn};

use super::rules;
use crate::channels::slack::METADATA;
use crate::clock::SharedClock;
use crate::config::Config;
use crate::domain::time::Timestamp;
use crate::limits::{
    NUMBERS_CHANNELS, NUMBERS_MAX, NUMBERS_MESSAGES, NUMBERS_PAGES, NUMBERS_STALE, NUMBERS_WITHIN,
};
use crate::slack::api::{ApiError, SlackApi};
use crate::store::counters::{self, ALERT_GROUP, INCIDENT};
use crate::store::{Store, StoreError, mirror};

/// The last numbers of alert groups and incidents.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Seen {
    alert_groups: i64,
    incidents: i64,
}

/// Asks Slack which numbers were given, if this database may not know; before anything is numbered.
pub async fn catch_up(
    store: &Store,
    config: &Config,
    api: &SlackApi,
    clock: &SharedClock,
) -> Result<(), StoreError> {
    let now = Timestamp::from_ms(clock.now_ms());
    let (last, written) = store
        .read(|tx| {
            let last = (counters::last(tx, ALERT_GROUP)?, counters::last(tx, INCIDENT)?);
            Ok::<_, StoreError>((last, mirror::heard_until(tx)?))
        })
        .await?;
    if written.is_some_and(|at| now.since(at) < NUMBERS_STALE) {
        return Ok(());
    }
    let seen = match timeout(NUMBERS_WITHIN, look_up(api, config)).await {
        Ok(Ok(seen)) => seen,
        Ok(Err(error)) => return not_told(&error.to_string()),
        Err(_late) => return not_told("no answer in time"),
    };
    if seen.alert_groups <= last.0 && seen.incidents <= last.1 {
        return Ok(());
    }
    warn!(
        alert_groups = seen.alert_groups,
        incidents = seen.incidents,
        "Slack has seen higher numbers than this database: it is new or old; counting on from them"
    );
    store
        .write(move |tx| {
            counters::raise(tx, ALERT_GROUP, seen.alert_groups)?;
            counters::raise(tx, INCIDENT, seen.incidents)
        })
        .await
}

fn not_told(why: &str) -> Result<(), StoreError> {
    warn!(
        why,
        "Slack could not be asked which numbers were given before; if there were any, some may be given again"
    );
    Ok(())
}

async fn look_up(api: &SlackApi, config: &Config) -> Result<Seen, ApiError> {
    let us = api.auth_test().await?.user_id;
    let arguments =
        json!({ "types": "public_channel,private_channel", "exclude_archived": true, "limit": 1_000 });
    let listing = api.pages("conversations.list", arguments, "channels", NUMBERS_PAGES).await?;
    let mut seen = Seen::default();
    for channel in to_be_read(config, &listing.items) {
        let arguments =
            json!({ "channel": channel, "limit": NUMBERS_MESSAGES, "include_all_metadata": true });
        let page = api.page("conversations.history", arguments, "messages").await?;
        for message in page.items.iter().filter(|message| message["user"] == us) {
            seen.learn(message);
        }
    }
    info!(
        alert_groups = seen.alert_groups,
        incidents = seen.incidents,
        "Slack was asked which numbers were given"
    );
    Ok(seen)
}

/// The channels that alerts go to, then the newest of the others that we are in: those of incidents.
fn to_be_read<'a>(config: &Config, channels: &'a [Value]) -> Vec<&'a str> {
    let rules = rules::rules(config);
    let told: BTreeSet<&str> = rules
        .receivers
        .values()
        .flat_map(|receiver| &receiver.channels)
        .map(|channel| channel.trim_start_matches('#'))
        .collect();
    let is_told = |channel: &Value| {
        ["id", "name"].iter().any(|key| channel[*key].as_str().is_some_and(|name| told.contains(name)))
    };
    let mut members: Vec<&Value> = channels.iter().filter(|channel| channel["is_member"] == true).collect();
    members.sort_by_key(|channel| (!is_told(channel), -channel["created"].as_i64().unwrap_or(0)));
    members.iter().take(NUMBERS_CHANNELS).filter_map(|channel| channel["id"].as_str()).collect()
}

impl Seen {
    fn learn(&mut self, message: &Value) {
        let metadata = &message["metadata"];
        if metadata["event_type"] != METADATA {
            return;
        }
        let number = |key: &str| {
            let number = metadata["event_payload"][key].as_i64().unwrap_or(0);
            if number <= NUMBERS_MAX { number } else { 0 }
        };
        self.alert_groups = self.alert_groups.max(number(ALERT_GROUP));
        self.incidents = self.incidents.max(number(INCIDENT));
    }
}
