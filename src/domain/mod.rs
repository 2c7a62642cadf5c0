//! The rules. No I/O, no clock, no randomness, no async: time and ids are arguments.

pub mod alert;
pub mod fingerprint;
pub mod label;
pub mod matcher;
pub mod priority;
pub mod template;
pub mod time;
