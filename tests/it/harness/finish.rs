//! The end of a scenario: whatever was not claimed is a failure.

use firebell::args;
use firebell::sim::Call;
use firebell::store::{Tx, outbox};

use super::slack::{name_of, words};
use super::world::World;

/// Calls whose refusal is no failure: an open question of the app's, not a message lost.
const ASKING: &[&str] =
    &["auth.test", "apps.connections.open", "conversations.history", "conversations.replies"];

/// What whoever declares, or comes into a channel, is told besides: `incident_shown` looks at it, all others may.
const TOLD_BESIDES: &[&str] = &[": its channel is <#", "Where it stands: "];

fn is_told_besides(words: &str) -> bool {
    TOLD_BESIDES.iter().any(|part| words.contains(part))
}

impl World {
    pub(super) async fn finish(&self) {
        if self.running().is_empty() {
            self.start(0).await;
        }
        self.advance(std::time::Duration::from_secs(5)).await;
        let mut faults = self.unclaimed_in_slack();
        faults.extend(self.unclaimed_in_database().await);
        faults.extend(self.doubles());
        faults.extend(self.uncounted().await);
        assert!(faults.is_empty(), "nobody claimed:\n  {}", faults.join("\n  "));
    }

    /// Dead letters the scenario expects; their reasons.
    pub(crate) async fn claim_dead(&self) -> Vec<String> {
        self.settle().await;
        let dead = self.read(|tx: &mut dyn Tx| outbox::dead(tx, 1_000)).await;
        self.claims.borrow_mut().dead.extend(dead.iter().map(|row| row.id));
        dead.into_iter().map(|row| row.error.unwrap_or_default()).collect()
    }

    fn unclaimed_in_slack(&self) -> Vec<String> {
        let claims = self.claims.borrow();
        let mut found = Vec::new();
        self.sim.read(|state| {
            for channel in state.channels.values().filter(|c| !claims.whole_channels.contains(&c.id)) {
                for message in channel.messages.values() {
                    if message.by_app
                        && !message.deleted
                        && !is_told_besides(&words(message))
                        && !claims.messages.contains(&name_of(&channel.id, &message.ts))
                    {
                        found.push(format!("a message in #{}: {}", channel.name, words(message)));
                    }
                }
                for seen in &channel.ephemerals {
                    let is_claimed = claims.ephemerals.contains(&name_of(&channel.id, &seen.message.ts));
                    if !is_claimed && !is_told_besides(&words(&seen.message)) {
                        found.push(format!(
                            "{} sees in #{}: {}",
                            seen.to,
                            channel.name,
                            words(&seen.message)
                        ));
                    }
                }
            }
            for (user, stack) in &state.stacks {
                for id in stack.iter().filter(|id| !claims.views.contains(*id)) {
                    let title = state.views.get(id).map(|view| view.title().to_owned()).unwrap_or_default();
                    found.push(format!("{user} has a modal open: {title}"));
                }
            }
            found.extend(
                state.toasts.iter().filter(|t| t.error).map(|t| format!("{} is told: {}", t.user, t.text)),
            );
        });
        if !claims.rate_limited {
            let too_fast = self.sim.calls().into_iter().filter(|call| call.status == 429);
            found.extend(too_fast.map(|call| format!("Slack said 429 to {}", call.method)));
        }
        // chat.update and others do not have them (docs.slack.dev/reference/methods/chat.update).
        let unfurling = |call: &&Call| {
            let posts = matches!(call.method.as_str(), "chat.postMessage" | "chat.scheduleMessage");
            !posts && call.args.to_string().contains("\"unfurl_")
        };
        found
            .extend(self.sim.calls().iter().filter(unfurling).map(|call| format!("{} unfurls", call.method)));
        // "It is so already" is no refusal.
        let refused = |call: &Call| {
            let harmless = call.error() == "internal_error" || call.error().starts_with("already_");
            call.status == 200 && !call.ok() && !harmless
        };
        for call in
            self.sim.calls().iter().filter(|call| refused(call) && !ASKING.contains(&call.method.as_str()))
        {
            if call.method != "response_url" && !claims.refused {
                found.push(format!("Slack refused {} with {}: {}", call.method, call.result, call.args));
            }
        }
        found
    }

    async fn unclaimed_in_database(&self) -> Vec<String> {
        let (dead, failed) = self
            .read(|tx: &mut dyn Tx| {
                let failed = tx.query("SELECT id, error FROM inbox WHERE state = 'failed'", args![])?;
                let failed: Result<Vec<(i64, Option<String>)>, _> =
                    failed.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect();
                Ok((outbox::dead(tx, 1_000)?, failed?))
            })
            .await;
        let claims = self.claims.borrow();
        let dead = dead.iter().filter(|row| !claims.dead.contains(&row.id));
        let mut found: Vec<String> =
            dead.map(|row| format!("a dead letter: {} {:?}", row.say, row.error)).collect();
        found.extend(failed.iter().map(|(id, error)| format!("inbox row {id} failed: {error:?}")));
        found
    }

    /// Each outbox row becomes at most one message: its key travels in the metadata.
    pub(crate) fn doubles(&self) -> Vec<String> {
        let mut seen = std::collections::BTreeSet::new();
        let posted = self.sim.calls_of("chat.postMessage").into_iter().filter(Call::ok);
        posted
            .filter_map(|call| {
                let key = call.args["metadata"]["event_payload"]["key"].as_str()?.to_owned();
                let said = call.args["text"].as_str().unwrap_or_default();
                let complaint = format!("said twice ({key}): {said}");
                (!seen.insert(key)).then_some(complaint)
            })
            .collect()
    }

    /// The engine's count of something, over all replicas that run.
    pub(crate) fn counted(&self, what: &str) -> u64 {
        let line = format!("firebell_engine_total{{what=\"{what}\"}} ");
        let of = |text: String| {
            let count = text.lines().find_map(|known| known.strip_prefix(&line)?.parse::<u64>().ok());
            count.unwrap_or(0)
        };
        self.running().iter().map(|handle| of(handle.metrics.render())).sum()
    }

    /// Whatever makes a message counts it, wherever its transaction is run from.
    async fn uncounted(&self) -> Option<String> {
        // PostgreSQL's ids have gaps.
        if self.is_postgres() || !self.counts_are_whole() {
            return None;
        }
        let last_id = "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'outbox'";
        let made = self.read(move |tx: &mut dyn Tx| tx.query_i64(last_id, args![])).await;
        let counted = self.counted("messages_queued");
        (i64::try_from(counted).unwrap() != made)
            .then(|| format!("{made} messages were queued, and {counted} were counted"))
    }
}
