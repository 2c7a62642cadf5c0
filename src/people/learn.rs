//! Asking Slack for what a decision depends on: until it is known, nothing is decided.

use std::collections::{BTreeSet, HashMap};
use std::sync::{MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, Shared};
use tracing::{debug, warn};

use super::{Fetched, People};
use crate::domain::rights::{Standing, Unknown};
use crate::domain::time::Timestamp;
use crate::limits::{HELD_RETRY_MAX, HELD_RETRY_MIN, PEOPLE_REMEMBERED, PERSON_CHANNEL_PAGES};
use crate::slack::api::{ApiError, ErrorClass};
use crate::store::{StoreError, inbox, people};

/// What came of asking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// It stands in the store now.
    Known,
    /// Slack does not tell just now; it may be asked again then.
    NotYet { again: Timestamp, why: String },
    /// Slack will not tell until somebody changes something.
    Never { why: String },
}

/// What is being asked for, and what was refused.
#[derive(Default)]
pub(super) struct Learning {
    /// One answer is enough for all who wait for it.
    under_way: HashMap<Unknown, Shared<BoxFuture<'static, Asked>>>,
    refused: HashMap<Unknown, Refused>,
    /// When Slack lets a method be called again.
    free_at: HashMap<&'static str, Timestamp>,
}

struct Refused {
    attempts: u32,
    again: Timestamp,
    asked: Asked,
}

/// When it is asked again, after so many attempts in a row.
fn backoff(attempts: u32) -> Duration {
    HELD_RETRY_MIN.saturating_mul(1 << attempts.min(10)).min(HELD_RETRY_MAX)
}

impl People {
    /// Asks Slack, unless it has just refused. Waits for the answer so long at most; a later one is kept all the same,
    /// and what was held back for it is tried again.
    pub async fn learn(&self, what: &Unknown, wait: Duration) -> Asked {
        let now = self.now();
        let asking = {
            let mut learning = self.learning();
            if let Some(refused) = learning.refused.get(what).filter(|refused| refused.again > now) {
                return refused.asked.clone();
            }
            let asking = learning.under_way.entry(what.clone()).or_insert_with(|| {
                let (this, what) = (self.clone(), what.clone());
                let in_hand = self.0.parts.activity.begin();
                let task = tokio::spawn(async move {
                    let asked = this.ask(&what).await;
                    this.learning().answered(what, &asked, this.now());
                    drop(in_hand);
                    asked
                });
                let failed = Asked::NotYet { again: now + HELD_RETRY_MIN, why: "asking failed".to_owned() };
                task.map(|asked| asked.unwrap_or(failed)).boxed().shared()
            });
            asking.clone()
        };
        let late =
            Asked::NotYet { again: now + HELD_RETRY_MIN, why: "Slack has not answered yet".to_owned() };
        // Not the machine's clock: tests stand still, and then whoever waits here must not.
        tokio::time::timeout(wait, asking).await.unwrap_or(late)
    }

    async fn ask(&self, what: &Unknown) -> Asked {
        let free_at = self.free_at(method(what));
        if free_at > self.now() {
            return Asked::NotYet { again: free_at, why: too_often(method(what)) };
        }
        let fetched = match what {
            Unknown::Person(id) => self.fetch_person(id).await,
            Unknown::Usergroups => self.usergroups().await.map(Found::Usergroups),
            Unknown::Channels(user) => self.fetch_channels(user).await,
            Unknown::Channel(id) => self.fetch_channel(id).await,
        };
        let kept = match fetched {
            Ok(found) => self.keep_found(what, found).await,
            Err(error) => {
                warn!(%error, ?what, "Slack does not tell what a decision depends on; it waits");
                return self.sorted(what, &error);
            }
        };
        match kept {
            Ok(()) => Asked::Known,
            Err(error) => {
                warn!(%error, ?what, "what Slack told could not be kept");
                Asked::NotYet { again: self.now() + HELD_RETRY_MIN, why: "the database failed".to_owned() }
            }
        }
    }

    async fn fetch_person(&self, id: &str) -> Result<Found, ApiError> {
        let one = self.person(id).await?;
        if one.standing == Standing::Unknown {
            let detail = "whose bot we are is not known yet".to_owned();
            return Err(ApiError::NotSent { method: "users.info".to_owned(), detail });
        }
        Ok(Found::Person(one))
    }

    async fn fetch_channels(&self, user: &str) -> Result<Found, ApiError> {
        let answer = self.0.parts.api.users_conversations(user, PERSON_CHANNEL_PAGES).await;
        match self.noting("users.conversations", answer) {
            Ok(channels) => Ok(Found::Channels(channels.into_iter().map(|one| one.id).collect())),
            Err(error)
                if error.is_slack(&[
                    "user_not_found",
                    "user_is_restricted",
                    "method_not_supported_for_channel_type",
                ]) =>
            {
                debug!(%error, user, "somebody is in no channel that we know of");
                Ok(Found::Channels(BTreeSet::new()))
            }
            Err(error) => Err(error),
        }
    }

    async fn fetch_channel(&self, id: &str) -> Result<Found, ApiError> {
        match self.noting("conversations.info", self.0.parts.api.conversations_info(id).await) {
            Ok(channel) => Ok(Found::Channel { name: channel.name, private: channel.is_private }),
            // What the bot may not even see is private.
            Err(error) if error.is_slack(&["channel_not_found"]) => {
                Ok(Found::Channel { name: id.to_owned(), private: true })
            }
            Err(error) => Err(error),
        }
    }

    async fn keep_found(&self, what: &Unknown, found: Found) -> Result<(), StoreError> {
        let now = self.now();
        match (what, found) {
            (_, Found::Person(one)) => {
                self.keep(Fetched { people: vec![one], ..Fetched::default() }, Vec::new()).await
            }
            (_, Found::Usergroups(groups)) => {
                self.keep(Fetched { groups: Some(groups), ..Fetched::default() }, Vec::new()).await
            }
            (Unknown::Channels(user), Found::Channels(channels)) => {
                let user = user.clone();
                let write = self.0.parts.store.write(move |tx| {
                    people::put_channels(tx, &user, &channels, now)?;
                    inbox::retry_held(tx, now)
                });
                write.await
            }
            (Unknown::Channel(id), Found::Channel { name, private }) => {
                let id = id.clone();
                let write = self.0.parts.store.write(move |tx| {
                    people::put_channel_kind(tx, &id, &name, private, now)?;
                    inbox::retry_held(tx, now)
                });
                write.await
            }
            (Unknown::Person(_) | Unknown::Usergroups | Unknown::Channels(_) | Unknown::Channel(_), _) => {
                Ok(())
            }
        }
    }

    fn sorted(&self, what: &Unknown, error: &ApiError) -> Asked {
        let now = self.now();
        match (error, error.class()) {
            (ApiError::RateLimited { retry_after_s, .. }, _) => Asked::NotYet {
                again: now + Duration::from_secs(*retry_after_s),
                why: too_often(method(what)),
            },
            (_, ErrorClass::Permanent | ErrorClass::AuthBroken) => Asked::Never { why: error.to_string() },
            _ => {
                let attempts = self.learning().refused.get(what).map_or(0, |refused| refused.attempts);
                Asked::NotYet { again: now + backoff(attempts), why: error.to_string() }
            }
        }
    }

    /// When Slack lets this method be called again.
    pub(super) fn free_at(&self, method: &'static str) -> Timestamp {
        self.learning().free_at.get(method).copied().unwrap_or(Timestamp::from_ms(0))
    }

    /// Remembers how long Slack asks us to wait.
    pub(super) fn noting<T>(&self, method: &'static str, answer: Result<T, ApiError>) -> Result<T, ApiError> {
        if let Err(ApiError::RateLimited { retry_after_s, .. }) = &answer {
            let until = self.now() + Duration::from_secs(*retry_after_s);
            self.learning().free_at.insert(method, until);
        }
        answer
    }

    fn learning(&self) -> MutexGuard<'_, Learning> {
        self.0.learning.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Learning {
    fn answered(&mut self, what: Unknown, asked: &Asked, now: Timestamp) {
        self.under_way.remove(&what);
        if self.refused.len() >= PEOPLE_REMEMBERED {
            self.refused.clear();
        }
        let again = match asked {
            Asked::Known => {
                self.refused.remove(&what);
                return;
            }
            Asked::NotYet { again, .. } => *again,
            Asked::Never { .. } => now + HELD_RETRY_MAX,
        };
        let attempts = self.refused.get(&what).map_or(0, |refused| refused.attempts).saturating_add(1);
        self.refused.insert(what, Refused { attempts, again, asked: asked.clone() });
    }
}

/// What Slack told.
enum Found {
    Person(people::Person),
    Usergroups(Vec<people::Usergroup>),
    Channels(BTreeSet<String>),
    Channel { name: String, private: bool },
}

/// The method that tells it.
const fn method(what: &Unknown) -> &'static str {
    match what {
        Unknown::Person(_) => "users.info",
        Unknown::Usergroups => "usergroups.list",
        Unknown::Channels(_) => "users.conversations",
        Unknown::Channel(_) => "conversations.info",
    }
}

fn too_often(method: &str) -> String {
    format!("Slack lets {method} be called only later")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn asking_again_slows_down_up_to_a_bound() {
        assert_eq!(backoff(0), HELD_RETRY_MIN);
        assert_eq!(backoff(2), HELD_RETRY_MIN * 4);
        assert_eq!((backoff(30), backoff(u32::MAX)), (HELD_RETRY_MAX, HELD_RETRY_MAX));
    }
}
