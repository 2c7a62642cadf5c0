//! The rows this process works on now: what the database says is ours and is not among them was claimed by a write that
//! failed after all, or its result could not be recorded.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

#[derive(Default)]
pub(super) struct Hands(Mutex<Held>);

#[derive(Default)]
struct Held {
    working: HashSet<i64>,
    /// Sent or asked about, and nobody knows what of it is written.
    unrecorded: HashSet<i64>,
    /// Doubts that arose, and how many of them were settled.
    doubts: u64,
    settled: u64,
}

/// What the database is to be compared with.
#[derive(Clone, Debug, Default)]
pub(super) struct InDoubt {
    pub(super) working: HashSet<i64>,
    pub(super) unrecorded: HashSet<i64>,
    doubts: u64,
}

impl Hands {
    fn held(&self) -> MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn takes(&self, id: i64) {
        self.held().working.insert(id);
    }

    pub(super) fn lets_go(&self, id: i64, recorded: bool) {
        let mut held = self.held();
        held.working.remove(&id);
        if !recorded {
            held.unrecorded.insert(id);
            held.doubts += 1;
        }
    }

    /// This row goes back unsent.
    pub(super) fn gives_up(&self, id: i64) {
        let mut held = self.held();
        held.working.remove(&id);
        held.doubts += 1;
    }

    /// Rows may be ours that nobody works on.
    pub(super) fn doubt(&self) {
        self.held().doubts += 1;
    }

    /// What there is to compare; `None` without a doubt.
    pub(super) fn in_doubt(&self) -> Option<InDoubt> {
        let held = self.held();
        (held.doubts != held.settled).then(|| InDoubt {
            working: held.working.clone(),
            unrecorded: held.unrecorded.clone(),
            doubts: held.doubts,
        })
    }

    /// These are settled; those that arose since are not.
    pub(super) fn settled(&self, doubt: &InDoubt) {
        let mut held = self.held();
        held.unrecorded.retain(|id| !doubt.unrecorded.contains(id));
        held.settled = doubt.doubts;
    }
}
