//! Who is to be woken after a commit.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use tokio::sync::watch;

/// One bell per topic. A bell that nobody asked for does not ring.
#[derive(Debug, Default)]
pub(super) struct Changes(Mutex<HashMap<&'static str, watch::Sender<u64>>>);

impl Changes {
    pub(super) fn subscribe(&self, topic: &'static str) -> watch::Receiver<u64> {
        let mut bells = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        bells.entry(topic).or_default().subscribe()
    }

    pub(super) fn ring(&self, topic: &str) {
        let bells = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bell) = bells.get(topic) {
            bell.send_modify(|count| *count += 1);
        }
    }

    /// Something may have been missed: everyone looks.
    pub(super) fn ring_all(&self) {
        let bells = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        bells.values().for_each(|bell| bell.send_modify(|count| *count += 1));
    }
}
