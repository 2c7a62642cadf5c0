//! Whether the simulator has come to rest: for whoever waits for the app to have done all it has to do.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::core::{Sim, lock};

/// What is under way.
#[derive(Debug, Default)]
pub(super) struct Unrest {
    /// Events that the app is owed: not acknowledged, given up or lost yet.
    pub events: AtomicUsize,
    holds: Mutex<Holds>,
}

/// Calls and events that wait for the clock, by a number of each.
#[derive(Debug, Default)]
struct Holds {
    held: BTreeMap<u64, (Held, i64)>,
    last: u64,
}

/// What waits for the clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Held {
    Call,
    Event,
}

/// How much is under way, and how much of it waits for the clock.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rest {
    /// Events the app is owed.
    pub events: usize,
    /// Those of them that wait for the clock.
    pub events_held: usize,
    /// Calls of the app's that wait for the clock.
    pub calls_held: usize,
    /// Connections that are about to end.
    pub sockets_ending: usize,
    /// When the first of all that waits goes on.
    pub next_ms: Option<i64>,
}

impl Sim {
    /// How much is under way now.
    pub fn rest(&self) -> Rest {
        let now_ms = self.0.clock.now_ms();
        let holds = lock(&self.0.unrest.holds);
        // What is to go on now does not wait any more.
        let waiting = || holds.held.values().filter(|(_, until_ms)| *until_ms > now_ms);
        Rest {
            events: self.0.unrest.events.load(Ordering::SeqCst),
            events_held: waiting().filter(|(what, _)| *what == Held::Event).count(),
            calls_held: waiting().filter(|(what, _)| *what == Held::Call).count(),
            sockets_ending: self.sockets_ending(),
            next_ms: waiting().map(|(_, until_ms)| *until_ms).min(),
        }
    }

    /// Waits for the clock, seen by [`Sim::rest`].
    pub(super) async fn hold(&self, what: Held, until_ms: i64) {
        let number = {
            let mut holds = lock(&self.0.unrest.holds);
            holds.last += 1;
            let number = holds.last;
            holds.held.insert(number, (what, until_ms));
            number
        };
        let _hold = Hold { sim: self, number };
        self.bump();
        self.0.clock.wait_until_ms(until_ms).await;
    }

    /// One event is told, given up or lost.
    pub(super) fn event_over(&self) {
        self.0.unrest.events.fetch_sub(1, Ordering::SeqCst);
        self.bump();
    }
}

struct Hold<'a> {
    sim: &'a Sim,
    number: u64,
}

impl Drop for Hold<'_> {
    fn drop(&mut self) {
        lock(&self.sim.0.unrest.holds).held.remove(&self.number);
        self.sim.bump();
    }
}
