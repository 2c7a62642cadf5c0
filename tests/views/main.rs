//! What people see: every view as a snapshot, and odd input through all of them past the local Slack's judge.

#![allow(clippy::unwrap_used, reason = "these are tests, their helpers too")]

mod cards;
mod incident_forms;
mod incident_odd;
mod incident_pictures;
mod incidents;
mod judge;
mod notes;
mod odd;
mod pictures;
mod storms;
