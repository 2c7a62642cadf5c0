//! Wiring.

pub mod driver;
pub mod rules;
