//! The local Slack, seen from outside: over HTTP and WebSocket as an app, and as the people in it.

#![allow(clippy::unwrap_used, reason = "these are tests, their helpers too")]

mod blockkit;
mod calls;
mod delivery;
mod faults;
mod hosts;
mod people;
mod world;
