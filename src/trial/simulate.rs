//! Runs one test: the engine itself, over a database of its own, on a clock that jumps from one due moment to the next.
//!
//! A whole test is one transaction, which is undone at the end: so a simulated week costs no waiting for a disk, and
//! every test begins with an empty database. Slack takes every message at once.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::deliver;
use super::format::Test;
use super::input::{self, Input};
use super::world::{Record, World, every_group};
use crate::app::rules::rules;
use crate::channels::slack::{Pace, SlackChannel};
use crate::config::Config;
use crate::domain::rules::Rules;
use crate::domain::time::Timestamp;
use crate::engine::{Work, hush, tick};
use crate::limits::{TRIAL_EVENTS_MAX, TRIAL_MOMENTS_MAX, TRIAL_ROUNDS_MAX};
use crate::random::SeededRandom;
use crate::slack::api::{SlackApi, Tokens};
use crate::store::{Store, StoreError, StoreOptions, Tx, events, outbox};

/// The same test always runs the same.
const SEED: u64 = 7;

/// What composes messages never calls it.
const NO_SLACK: &str = "http://127.0.0.1:9/api/";

/// Runs tests of one config.
pub struct Simulator {
    store: Store,
    parts: Arc<Parts>,
}

pub(super) struct Parts {
    pub(super) config: Arc<Config>,
    pub(super) rules: Arc<Rules>,
    pub(super) channel: SlackChannel,
}

/// How a test's transaction ends, so that nothing of it stays.
enum End {
    Done(Box<Record>),
    Failed(StoreError),
}

impl From<StoreError> for End {
    fn from(error: StoreError) -> Self {
        Self::Failed(error)
    }
}

impl Simulator {
    pub async fn new(config: Arc<Config>) -> anyhow::Result<Self> {
        let store = Store::open(StoreOptions { readers: 1, ..StoreOptions::new("sqlite::memory:") }).await?;
        let rules = Arc::new(rules(&config));
        let url = watch::Sender::new(Some("https://example.slack.com/".to_owned())).subscribe();
        let pace = watch::Sender::new(Pace::default()).subscribe();
        let api = SlackApi::new(NO_SLACK, Tokens::fixed(None, None))?;
        let channel = SlackChannel::new(api, url, pace);
        Ok(Self { store, parts: Arc::new(Parts { config, rules, channel }) })
    }

    pub fn rules(&self) -> &Rules {
        &self.parts.rules
    }

    /// Runs a test; what came of it.
    pub async fn run(&self, test: &Test) -> Result<Record, StoreError> {
        let (parts, test) = (Arc::clone(&self.parts), Arc::new(test.clone()));
        let run = move |tx: &mut dyn Tx| -> Result<(), End> {
            let random = SeededRandom::new(SEED);
            let work = Work::new(tx, &parts.rules, test.start, &random);
            let run = Run { work, parts: &parts, test: &test, record: Record::default() };
            Err(End::Done(Box::new(run.whole()?)))
        };
        match self.store.write(run).await {
            Err(End::Done(record)) => Ok(*record),
            Err(End::Failed(error)) => Err(error),
            Ok(()) => Ok(Record::default()),
        }
    }

    /// Removes the database.
    pub async fn close(self) {
        self.store.close().await;
    }
}

struct Run<'a> {
    work: Work<'a>,
    parts: &'a Parts,
    test: &'a Test,
    record: Record,
}

impl<'a> Run<'a> {
    /// From the first moment to the last of which something is expected.
    fn whole(mut self) -> Result<Record, StoreError> {
        let Some(end) = self.test.expect.last().map(|moment| moment.at) else { return Ok(self.record) };
        hush::refresh_sources(&mut self.work)?;
        let inputs = input::timeline(self.test, end);
        let (mut next_input, mut next_seen) = (0, 0);
        for _ in 0..TRIAL_MOMENTS_MAX {
            let Some(expected) = self.test.expect.get(next_seen) else {
                self.tell_events()?;
                return Ok(self.record);
            };
            let input_at = inputs.get(next_input).map(|input| input.at);
            let due_at = self.next_due()?.map(|at| at.since(self.test.start));
            let at = [Some(expected.at), input_at, due_at].into_iter().flatten().min().unwrap_or(expected.at);
            self.work.now = self.test.start + at;
            let here = inputs.get(next_input..).unwrap_or_default();
            let here = here.iter().take_while(|input| input.at == at).count();
            let now: Vec<Input<'_>> = inputs.iter().skip(next_input).take(here).cloned().collect();
            next_input += here;
            input::take(&mut self.work, self.parts, at, &now, &mut self.record)?;
            self.come_to_rest(at)?;
            while self.test.expect.get(next_seen).is_some_and(|expected| expected.at == at) {
                self.record.seen.push(World::look(&mut self.work)?);
                next_seen += 1;
            }
        }
        Err(StoreError::Inconsistent(format!("something happens at more than {TRIAL_MOMENTS_MAX} moments")))
    }

    fn next_due(&mut self) -> Result<Option<Timestamp>, StoreError> {
        let now = self.work.now;
        Ok(match (tick::next_at(self.work.tx)?, outbox::next_at(self.work.tx, now)?) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        })
    }

    /// Does what is due now, and what follows from that now.
    fn come_to_rest(&mut self, at: Duration) -> Result<(), StoreError> {
        for _ in 0..TRIAL_ROUNDS_MAX {
            let due = tick::next_at(self.work.tx)?.is_some_and(|due| due <= self.work.now);
            if due {
                self.work.next_transaction();
                tick::tick(&mut self.work)?;
            }
            let sent = deliver::deliver(&mut self.work, &self.parts.channel, at, &mut self.record)?;
            if !due && sent == 0 {
                return Ok(());
            }
        }
        Err(StoreError::Inconsistent(format!("at {} something is due again and again", self.work.now)))
    }

    /// What the journal says of every group, for people who want to see it.
    fn tell_events(&mut self) -> Result<(), StoreError> {
        let mut told = BTreeMap::new();
        for group in every_group(self.work.tx)? {
            let subject = format!("group:{}", group.id);
            for event in events::list_by_subject(self.work.tx, &subject, 0, TRIAL_EVENTS_MAX)? {
                let reason =
                    if event.reason.is_empty() { String::new() } else { format!(": {}", event.reason) };
                let by =
                    if event.actor == "firebell" { String::new() } else { format!(" by {}", event.actor) };
                let line = format!("#{} {}: {}{by}{reason}", group.number, group.title, event.kind);
                told.insert(event.id, (event.at.since(self.test.start), line));
            }
        }
        self.record.happened = told.into_values().collect();
        Ok(())
    }
}
