//! The integration tests: one binary, so that it links once.

#![allow(clippy::unwrap_used, clippy::print_stderr, clippy::print_stdout, reason = "these are tests")]

mod answers;
mod attached;
mod bulk;
mod cards;
mod deeds;
mod demo;
mod driver;
mod faults;
mod groups;
mod growth;
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
mod incident_redact;
mod incident_retention;
mod incident_search;
mod incident_shown;
mod incident_words;
mod night;
mod odd;
mod outage;
mod outbox;
mod receivers;
mod replicas;
mod rights;
mod store;
mod storm;
mod storm_message;
mod templates;
mod web;
mod week;
mod words;
