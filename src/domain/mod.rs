//! The rules. No I/O, no clock, no randomness, no async: time and ids are arguments.

pub mod actor;
pub mod alert;
pub mod fingerprint;
pub mod group;
pub mod label;
pub mod matcher;
pub mod priority;
pub mod say;
pub mod template;
pub mod route;
pub mod template;
pub mod time;
