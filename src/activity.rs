//! What is in hand now. Shutdown and metrics look at it, and whoever has to know when everything has come to rest.

use std::sync::Arc;

use tokio::sync::watch;

/// Pieces of work that were begun and ended. Clones count together.
#[derive(Clone, Debug, Default)]
pub struct Activity(Arc<watch::Sender<Counts>>);

/// Totals since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub begun: u64,
    pub ended: u64,
}

impl Counts {
    pub const fn in_hand(self) -> u64 {
        self.begun - self.ended
    }
}

/// A piece of work; it ends when this is dropped.
#[derive(Debug)]
pub struct InHand(Activity);

impl Activity {
    pub fn begin(&self) -> InHand {
        self.0.send_modify(|counts| counts.begun += 1);
        InHand(self.clone())
    }

    pub fn counts(&self) -> Counts {
        *self.0.borrow()
    }

    /// Changes when work begins and when it ends.
    pub fn subscribe(&self) -> watch::Receiver<Counts> {
        self.0.subscribe()
    }
}

impl Drop for InHand {
    fn drop(&mut self) {
        self.0.0.send_modify(|counts| counts.ended += 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_ends_when_its_guard_does() {
        let activity = Activity::default();
        let changes = activity.subscribe();
        let (one, two) = (activity.begin(), activity.clone().begin());
        drop(one);
        assert_eq!(activity.counts(), Counts { begun: 2, ended: 1 });
        assert_eq!(activity.counts().in_hand(), 1);
        drop(two);
        assert_eq!(activity.counts().in_hand(), 0);
        assert!(changes.has_changed().unwrap());
    }
}
