//! Searches for messages of ours, each where it stands: a page of a listing is one call, paced like any other, and a
//! search that began anew after every pause would never come to its end.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::domain::time::Timestamp;
use crate::limits::ASK_SEARCHES_MAX;

/// By the key of the message: of which attempt, and the cursor of the page that comes next.
#[derive(Debug, Default)]
pub(super) struct Searches(Mutex<HashMap<String, (Timestamp, String)>>);

impl Searches {
    /// Where to go on; `None` for the beginning.
    pub(super) fn cursor(&self, key: &str, sent: Timestamp) -> Option<String> {
        let searches = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        searches.get(key).filter(|(of, _)| *of == sent).map(|(_, cursor)| cursor.clone())
    }

    /// What comes next; `None` at the end.
    pub(super) fn set(&self, key: &str, sent: Timestamp, cursor: Option<String>) {
        let mut searches = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match cursor {
            Some(cursor) => {
                if searches.len() >= ASK_SEARCHES_MAX {
                    // Another replica may have ended some of them. They begin anew at worst.
                    searches.clear();
                }
                searches.insert(key.to_owned(), (sent, cursor));
            }
            None => {
                searches.remove(key);
            }
        }
    }
}
