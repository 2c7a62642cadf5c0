//! The Slack wire against a fake Slack of a few lines: what we send, and what we make of every odd answer.

#![expect(clippy::unwrap_used, reason = "a failing fake is a failing test")]

mod api;
mod fake;
mod local_slack;
mod proxy;
mod socket;
mod tls;
