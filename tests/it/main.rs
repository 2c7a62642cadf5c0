//! The integration tests: one binary, so that it links once.

#![allow(clippy::unwrap_used, clippy::print_stderr, clippy::print_stdout, reason = "these are tests")]

mod attached;
mod deeds;
mod demo;
mod driver;
mod faults;
mod groups;
mod harness;
mod hush;
mod incident_answers;
mod incident_channel;
mod incident_forms;
mod incident_home;
mod incident_judge;
mod incident_links;
mod incident_many;
mod incident_mirror;
mod incident_record;
mod incident_retention;
mod incident_search;
mod incident_words;
mod night;
mod odd;
mod outbox;
mod receivers;
mod rights;
mod store;
mod storm;
mod web;
mod week;
mod words;
