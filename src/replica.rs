//! Several replicas on one database (PostgreSQL): each says every second that it lives. When one dies, the others take
//! over what it was doing at once instead of waiting for its leases to end; when one is older than the database, it stops.
//!
//! Whether a replica lives is told by a number that grows, not by its clock: clocks of machines differ.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use tokio::sync::watch;
use tracing::{error, info, warn};

use crate::activity::Activity;
use crate::clock::SharedClock;
use crate::domain::time::Timestamp;
use crate::limits::{
    OUTBOX_ASK_AFTER, REPLICA_BEAT, REPLICA_FRESH, REPLICA_LOOKS, REPLICA_UPGRADE_WANTED_FOR,
};
use crate::store::{Store, StoreError, mirror, outbox, replicas};

/// Whether the other replicas take this process for alive. Clones share it.
#[derive(Clone, Debug)]
pub struct Pulse(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    last_ms: AtomicI64,
    lost: watch::Sender<bool>,
}

/// There are no others.
const ALONE: i64 = i64::MAX;

impl Pulse {
    /// Of a process that is alone: it needs no word of its own.
    pub fn alone() -> Self {
        Self(Arc::new(Inner { last_ms: AtomicI64::new(ALONE), lost: watch::Sender::new(false) }))
    }

    /// Of one of several, which has not spoken yet.
    pub fn silent() -> Self {
        Self(Arc::new(Inner { last_ms: AtomicI64::new(i64::MIN), lost: watch::Sender::new(false) }))
    }

    /// Whether nobody takes it for dead for long enough that a call may begin.
    pub fn is_fresh(&self, now: Timestamp) -> bool {
        match self.0.last_ms.load(Ordering::SeqCst) {
            ALONE => true,
            last_ms => now.since(Timestamp::from_ms(last_ms)) <= REPLICA_FRESH,
        }
    }

    /// Completes when others may take this process for dead.
    pub async fn lost(&self) {
        let mut lost = self.0.lost.subscribe();
        if lost.wait_for(|lost| *lost).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    fn beats(&self, at: Timestamp) {
        self.0.last_ms.store(at.as_ms(), Ordering::SeqCst);
        self.0.lost.send_if_modified(std::mem::take);
    }

    fn is_lost(&self) {
        self.0.lost.send_if_modified(|lost| !std::mem::replace(lost, true));
    }
}

/// Says that this process lives, and looks after the others.
pub struct Replica {
    pub store: Store,
    pub clock: SharedClock,
    pub activity: Activity,
    /// Names this process in leases.
    pub holder: String,
    pub pulse: Pulse,
    /// The newest schema that this program knows.
    pub schema: i64,
    /// Raised when the database is newer, with what is to be done: this process has to stop.
    pub superseded: watch::Sender<Option<String>>,
    /// Rung after each word, for whoever waits until it is heard.
    pub heard: Box<dyn Fn() + Send + Sync>,
}

/// What another replica said last, and at how many looks since it said nothing new.
type Seen = HashMap<String, (replicas::Replica, u32)>;

impl Replica {
    /// Says the first word; before it, nothing is sent.
    pub async fn begin(&self) -> Result<(), StoreError> {
        self.beat().await
    }

    /// Runs until told to stop, or until this program is too old.
    pub async fn run(&self, mut stop: watch::Receiver<bool>) {
        let (mut seen, mut failing) = (Seen::new(), false);
        while !*stop.borrow() {
            let in_hand = self.activity.begin();
            match self.round(&mut seen).await {
                Ok(None) => failing = false,
                Ok(Some(newer)) => {
                    let text = format!(
                        "a newer Firebell has the database (schema {newer}; this program knows {}): \
                         this replica stops. Update it, then start it again",
                        self.schema
                    );
                    error!("{text}");
                    self.superseded.send_replace(Some(text));
                    return;
                }
                Err(error) => {
                    if !std::mem::replace(&mut failing, true) {
                        warn!(%error, "this replica cannot say that it lives; others may take over its work");
                    }
                }
            }
            drop(in_hand);
            tokio::select! {
                () = self.clock.wait_ms(ms(REPLICA_BEAT)) => {}
                _ = stop.changed() => {}
            }
        }
    }

    /// Ends in good order: nobody has to take over anything.
    pub async fn leave(&self) {
        let holder = self.holder.clone();
        if let Err(error) = self.store.write(move |tx| replicas::leave(tx, &holder)).await {
            info!(%error, "this replica could not be struck off; the others notice its end by themselves");
        }
    }

    /// One word, one look around; the newer schema if there is one.
    async fn round(&self, seen: &mut Seen) -> Result<Option<i64>, StoreError> {
        self.beat_in_time().await?;
        let since = self.now() - REPLICA_UPGRADE_WANTED_FOR;
        let (schema, all) = self
            .store
            .read(move |tx| Ok::<_, StoreError>((replicas::schema(tx, since)?, replicas::all(tx)?)))
            .await?;
        if schema > self.schema {
            return Ok(Some(schema));
        }
        let before = std::mem::take(seen);
        for one in all.into_iter().filter(|one| one.holder != self.holder) {
            let looks = match before.get(&one.holder) {
                Some((then, looks)) if then.beats == one.beats => looks + 1,
                _ => 0,
            };
            if looks >= REPLICA_LOOKS {
                self.take_over(one).await?;
            } else {
                seen.insert(one.holder.clone(), (one, looks));
            }
        }
        Ok(None)
    }

    /// The word is not worth waiting for once others may have stopped waiting for it: whoever relies on it is told.
    async fn beat_in_time(&self) -> Result<(), StoreError> {
        let beat = self.beat();
        tokio::pin!(beat);
        let in_time = self.clock.wait_ms(ms(REPLICA_BEAT * REPLICA_LOOKS));
        let beaten = tokio::select! {
            beaten = &mut beat => beaten,
            () = in_time => {
                self.pulse.is_lost();
                beat.await
            }
        };
        if beaten.is_err() && !self.pulse.is_fresh(self.now()) {
            self.pulse.is_lost();
        }
        beaten
    }

    async fn beat(&self) -> Result<(), StoreError> {
        // Before it is written: others count from when they see it, which is later.
        let (holder, schema, now) = (self.holder.clone(), self.schema, self.now());
        self.store.write(move |tx| replicas::beat(tx, &holder, schema, now)).await?;
        self.pulse.beats(now);
        (self.heard)();
        Ok(())
    }

    /// Takes over from a replica that died: its leases are free, and what it was sending is asked about as soon as the
    /// last call it may have begun has arrived.
    async fn take_over(&self, dead: replicas::Replica) -> Result<(), StoreError> {
        let now = self.now();
        // It was heard within a beat of its first look, and begins nothing once its last word is older than `FRESH`.
        let silent = REPLICA_BEAT * REPLICA_LOOKS;
        let ask_at = now + (REPLICA_FRESH + OUTBOX_ASK_AFTER).saturating_sub(silent);
        let holder = dead.holder.clone();
        let taken = self.store.write(move |tx| {
            if !replicas::bury(tx, &dead)? {
                return Ok(None);
            }
            let messages = outbox::release(tx, &dead.holder, ask_at)?;
            mirror::release(tx, &dead.holder, now)?;
            for topic in ["outbox", "inbox", "engine", "mirror"] {
                tx.wake(topic);
            }
            Ok::<_, StoreError>(Some(messages))
        });
        if let Some(messages) = taken.await? {
            warn!(replica = holder, messages, "another replica has died: its work goes on here");
        }
        Ok(())
    }

    fn now(&self) -> Timestamp {
        Timestamp::from_ms(self.clock.now_ms())
    }
}

fn ms(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn who_is_not_heard_begins_nothing_and_gives_up_what_is_on_its_way() {
        let at = |s: i64| Timestamp::from_ms(s * 1_000);
        let pulse = Pulse::silent();
        assert!(!pulse.is_fresh(at(10)), "nothing before the first word");
        pulse.beats(at(10));
        assert!(pulse.is_fresh(at(12)) && !pulse.is_fresh(at(13)));
        pulse.is_lost();
        pulse.lost().await;
        pulse.beats(at(20));
        assert!(pulse.is_fresh(at(21)));
        let still = tokio::time::timeout(Duration::ZERO, pulse.lost()).await;
        assert!(still.is_err(), "it is heard again");
        assert!(Pulse::alone().is_fresh(at(1_000_000)));
    }
}
