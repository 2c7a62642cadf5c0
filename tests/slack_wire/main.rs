//! The Slack wire against a fake Slack of a few lines: what we send, and what we make of every odd answer.

mod api;
mod fake;
mod socket;
