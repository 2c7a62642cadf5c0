//! Wiring.

pub mod driver;
