//! Use cases: gather → domain → apply and enqueue, each in one transaction; and `tick`, which does what is due.
//!
//! Nothing here sends, waits or reads a clock: `now` comes with the input, and what is to be said becomes
//! outbox rows ([`say`]) in the same transaction as the decision.

mod again;
mod attached;
pub mod bulk;
pub mod deeds;
pub mod find;
mod flush;
pub mod hush;
pub mod incident;
pub mod intake;
mod journal;
pub mod listed;
pub mod look;
pub mod say;
pub mod sight;
mod silenced;
pub mod storm;
pub mod suppress;
pub mod tick;
pub mod undelivered;

use std::sync::Arc;

use crate::domain::rules::Rules;
use crate::domain::say::Asker;
use crate::domain::time::Timestamp;
use crate::limits::SUPPRESSION_LOOKS_MAX;
use crate::random::Random;
use crate::store::Tx;

/// What every use case works with.
pub struct Work<'a> {
    pub tx: &'a mut dyn Tx,
    pub rules: &'a Rules,
    pub now: Timestamp,
    /// The channel in which somebody asks for it: what it shows, they see.
    pub here: Option<String>,
    /// For the keys of outbox rows.
    pub random: &'a dyn Random,
    /// What was done, for counters; added up over the transaction.
    pub tally: Tally,
    /// Alerts that this transaction may still look at for what keeps them quiet.
    pub looks_left: usize,
    /// The silences that hold at a moment, once they were read.
    silences: Option<(Timestamp, Arc<suppress::Silences>)>,
    /// Whose input this is about: they are told if their answer or form cannot be delivered.
    pub asker: Option<Asker>,
}

/// Counts of one transaction. The caller adds them to the metrics once it has committed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally(Vec<(&'static str, u64)>);

impl Tally {
    pub fn add(&mut self, name: &'static str, count: u64) {
        match self.0.iter_mut().find(|(known, _)| *known == name) {
            Some((_, sum)) => *sum += count,
            None => self.0.push((name, count)),
        }
    }

    pub fn get(&self, name: &str) -> u64 {
        self.0.iter().find(|(known, _)| *known == name).map_or(0, |(_, sum)| *sum)
    }

    pub fn iter(&self) -> impl Iterator<Item = (&'static str, u64)> + '_ {
        self.0.iter().copied()
    }
}

impl<'a> Work<'a> {
    /// Begins anew what is counted and remembered for one transaction, where several share this.
    pub fn next_transaction(&mut self) {
        self.looks_left = SUPPRESSION_LOOKS_MAX;
        suppress::Silences::changed(self);
    }

    pub fn new(tx: &'a mut dyn Tx, rules: &'a Rules, now: Timestamp, random: &'a dyn Random) -> Self {
        Self {
            tx,
            rules,
            now,
            here: None,
            random,
            tally: Tally::default(),
            looks_left: SUPPRESSION_LOOKS_MAX,
            silences: None,
            asker: None,
        }
    }
}
