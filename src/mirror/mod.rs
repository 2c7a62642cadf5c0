//! Reads the channels of incidents: what events did not tell, and whether they told all.
//!
//! One loop makes the calls that [`read`] asks for, at Slack's pace, and gives it the answers. What is to be read, and
//! how far it has come, are rows; a crash loses a page at most.

mod ears;
mod pace;

use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::watch;
use tracing::{debug, error, warn};

use crate::activity::Activity;
use crate::domain::time::Timestamp;
use crate::engine::incident::mirror::Us;
use crate::engine::incident::mirror::read::{self, Ask, Failure, Page};
use crate::limits::{DRIVER_RETRY, MIRROR_PAGE_MESSAGES, PEOPLE_WAIT_READING};
use crate::people::People;
use crate::runner::Runner;
use crate::slack::api::{ApiError, ErrorClass, SlackApi};
use crate::store::{StoreError, mirror};

pub use ears::Ears;
use pace::Calls;

/// What the reader is made of.
pub struct Reader {
    pub runner: Runner,
    pub api: SlackApi,
    pub people: People,
    pub activity: Activity,
    /// Names this process at the calls it makes.
    pub holder: String,
    /// Who we are; nothing is read before that is known.
    pub us: watch::Receiver<Option<Us>>,
}

/// What a round came to.
enum Step {
    More,
    NothingUntil(Option<Timestamp>),
}

impl Reader {
    /// Runs until told to stop.
    pub async fn run(mut self, mut stop: watch::Receiver<bool>) {
        let mut rings = self.runner.store.changes("mirror");
        let mut calls = Calls::default();
        let mut in_doubt = false;
        while !*stop.borrow() {
            rings.mark_unchanged();
            let us = self.us.borrow_and_update().clone();
            let next = match us {
                None => None,
                Some(us) => {
                    let in_hand = self.activity.begin();
                    let step = match in_doubt {
                        // What failed may be written all the same: a call that is taken for made, and is not.
                        true => self.release().await,
                        false => self.step(&us, &mut calls).await,
                    };
                    drop(in_hand);
                    in_doubt = step.is_err();
                    match step {
                        Ok(Step::More) => continue,
                        Ok(Step::NothingUntil(next)) => next,
                        Err(error) => {
                            error!(%error, "what was said in the channels of incidents cannot be kept; trying again soon");
                            Some(self.now() + DRIVER_RETRY)
                        }
                    }
                }
            };
            tokio::select! {
                _ = rings.changed() => {}
                Ok(()) = self.us.changed() => {}
                () = self.runner.clock.wait_until_ms(next.map_or(i64::MAX, Timestamp::as_ms)), if next.is_some() => {}
                _ = stop.changed() => {}
            }
        }
    }

    /// No call of ours is under way now.
    async fn release(&self) -> Result<Step, StoreError> {
        let (holder, now) = (self.holder.clone(), self.now());
        self.runner.store.write(move |tx| mirror::release(tx, &holder, now)).await?;
        Ok(Step::More)
    }

    /// One call to Slack, if one is to be made.
    async fn step(&self, us: &Us, calls: &mut Calls) -> Result<Step, StoreError> {
        let now = self.now();
        let next = self.runner.store.read(mirror::next_at).await?;
        if next.is_none_or(|at| at > now) {
            return Ok(Step::NothingUntil(next));
        }
        self.people.catch_up().await;
        let holder = self.holder.clone();
        let Some(ask) = self.runner.write(move |work| read::next(work, &holder)).await? else {
            return Ok(Step::More);
        };
        let free_at = calls.free_at(ask.method(), now);
        if free_at > now {
            self.runner.write(move |work| read::put_off(work, &ask, free_at)).await?;
            return Ok(Step::More);
        }
        calls.made(ask.method(), now);
        match self.call(&ask).await {
            Ok(page) => {
                self.runner.metrics.engine("mirror_pages_read", 1);
                self.people.meet_all(&page.messages, PEOPLE_WAIT_READING).await;
                let us = us.clone();
                self.runner.write(move |work| read::answered(work, &ask, &us, &page)).await?;
            }
            Err(ApiError::RateLimited { retry_after_s, .. }) => {
                let until = self.now() + Duration::from_secs(retry_after_s);
                calls.blocked(ask.method(), until);
                self.runner.write(move |work| read::put_off(work, &ask, until)).await?;
            }
            Err(failure) => {
                self.runner.metrics.engine("mirror_calls_failed", 1);
                let reason = sort(&failure);
                match reason {
                    Failure::NoThread => debug!(%failure, ?ask, "a thread is gone"),
                    _ => warn!(%failure, ?ask, "a channel of an incident cannot be read; trying again later"),
                }
                self.runner.write(move |work| read::failed(work, &ask, &reason)).await?;
            }
        }
        Ok(Step::More)
    }

    async fn call(&self, ask: &Ask) -> Result<Page, ApiError> {
        let mut arguments = json!({
            "channel": ask.channel_id(), "limit": MIRROR_PAGE_MESSAGES, "include_all_metadata": true,
        });
        match ask {
            Ask::History { latest, .. } => {
                if let Some(latest) = latest {
                    arguments["latest"] = json!(latest);
                }
            }
            Ask::Replies { thread_ts, after, .. } => {
                arguments["ts"] = json!(thread_ts);
                if let Some(after) = after {
                    arguments["oldest"] = json!(after);
                }
            }
        }
        let method = match ask {
            Ask::History { .. } => "conversations.history",
            Ask::Replies { .. } => "conversations.replies",
        };
        let mut answer = self.api.call(method, arguments).await?;
        let messages = match answer["messages"].take() {
            Value::Array(messages) => messages,
            _ => {
                let detail = "the answer has no messages".to_owned();
                return Err(ApiError::Uncertain { method: method.to_owned(), detail });
            }
        };
        Ok(Page { messages, more: answer["has_more"] == true, limited: answer["is_limited"] == true })
    }

    fn now(&self) -> Timestamp {
        self.runner.now()
    }
}

/// What a refusal means for the reading.
fn sort(error: &ApiError) -> Failure {
    if error.is_slack(&["thread_not_found"]) {
        return Failure::NoThread;
    }
    if error.is_slack(&["not_in_channel", "channel_not_found"]) {
        return Failure::NotInChannel;
    }
    match error.class() {
        ErrorClass::AuthBroken => Failure::Forbidden,
        _ => Failure::Other,
    }
}
