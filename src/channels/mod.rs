//! How a notification leaves. One file a channel, one line in [`channels`].

mod compose;
mod directory;
mod incident;
mod record;
mod searches;
pub mod slack;

use std::sync::Arc;

use crate::outbox::Channel;

/// Every channel there is.
pub fn channels(slack: slack::SlackChannel) -> Vec<Arc<dyn Channel>> {
    vec![Arc::new(slack)]
}
