//! Whether the database takes a write, asked with one: it may read well on a full disk, under a lock, or while writes fail.

use std::sync::{Mutex, PoisonError};

use tokio::sync::watch;
use tokio::time::timeout;

use crate::clock::Stopwatch;
use crate::domain::time::Timestamp;
use crate::limits::{PROBE_FRESH, PROBE_WITHIN};
use crate::store::{Store, StoreError, meta, outbox, webhooks};

/// Since when the oldest rows wait.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Waiting {
    /// Alerts that came in and are not sorted into groups yet.
    pub(super) alerts: Option<Timestamp>,
    /// Messages that are to be sent.
    pub(super) messages: Option<Timestamp>,
}

/// The last try, which may still be under way: however many ask, one write is made at a time, and a database that hangs is
/// not asked again while it does.
#[derive(Default)]
pub(super) struct Probe(Mutex<Option<Try>>);

struct Try {
    at: Timestamp,
    since: Stopwatch,
    answer: watch::Receiver<Option<Result<Waiting, StoreError>>>,
}

impl Probe {
    /// Within a bound, whatever the database does; the error in words.
    pub(super) async fn ask(&self, store: &Store, now: Timestamp) -> Result<Waiting, String> {
        let mut answer = self.current(store, now);
        let answered = timeout(PROBE_WITHIN, answer.wait_for(Option::is_some)).await;
        match answered {
            Ok(Ok(answer)) => match &*answer {
                Some(Ok(waiting)) => Ok(*waiting),
                Some(Err(error)) => Err(format!("it does not take a write: {error}")),
                None => Err("it was not asked".to_owned()),
            },
            Ok(Err(_gone)) => Err("a bug: asking it panicked".to_owned()),
            Err(_late) => Err(format!(
                "it does not take a write: no answer for {:.0} s; is it locked by another program, or does its server hang?",
                self.age().as_secs_f64()
            )),
        }
    }

    fn current(&self, store: &Store, now: Timestamp) -> watch::Receiver<Option<Result<Waiting, StoreError>>> {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(last) = &*last
            && (last.answer.borrow().is_none() && last.answer.has_changed().is_ok()
                || (last.at..last.at + PROBE_FRESH).contains(&now))
        {
            return last.answer.clone();
        }
        let (tell, answer) = watch::channel(None);
        *last = Some(Try { at: now, since: Stopwatch::start(), answer: answer.clone() });
        let store = store.clone();
        tokio::spawn(async move { tell.send_replace(Some(look(&store, now).await)) });
        answer
    }

    fn age(&self) -> std::time::Duration {
        let last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        last.as_ref().map(|last| last.since.elapsed()).unwrap_or_default()
    }
}

async fn look(store: &Store, now: Timestamp) -> Result<Waiting, StoreError> {
    store.write(move |tx| meta::probe(tx, now)).await?;
    store
        .read(|tx| {
            Ok(Waiting { alerts: webhooks::oldest_received(tx)?, messages: outbox::oldest_waiting(tx)? })
        })
        .await
}
