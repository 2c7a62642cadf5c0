//! The rules. No I/O, no clock, no randomness, no async: time and ids are arguments.

pub mod actor;
pub mod alert;
pub mod dedup;
pub mod duration;
pub mod fingerprint;
pub mod group;
pub mod incident;
pub mod inhibit;
pub mod label;
pub mod matcher;
pub mod particulars;
pub mod picture;
pub mod priority;
pub mod readable;
pub mod rights;
pub mod route;
pub mod rule_error;
pub mod rules;
pub mod say;
pub mod silence;
pub mod template;
pub mod time;
pub mod time_interval;
pub mod timeline;
pub mod title;
pub mod words;
