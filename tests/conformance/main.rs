//! What Alertmanager itself answers, held against the rules: see `tests/fixtures/conformance`.
//!
//! The data come from the real programs (amtool, a running Alertmanager 0.33.1) and from the inputs and expectations of
//! its own tests.

#![allow(clippy::unwrap_used, reason = "a test that cannot read its data must fail")]

mod alerts;
mod matchers;
mod routes;
mod times;
mod yaml;

use std::fs;
use std::path::Path;

use serde_json::Value;

/// One file of the fixtures.
fn fixture(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/conformance").join(name);
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The elements of a list that must not be empty: a renamed key would otherwise test nothing.
fn list(value: &Value) -> &[Value] {
    let list = value.as_array().unwrap_or_else(|| panic!("no list: {value}"));
    assert!(!list.is_empty(), "an empty list");
    list
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}"))
}

fn flag(value: &Value) -> bool {
    value.as_bool().unwrap_or_else(|| panic!("no boolean: {value}"))
}

/// What a fixture says in JSON, as one of our types.
fn read<T: serde::de::DeserializeOwned>(value: &Value) -> T {
    serde_json::from_value(value.clone()).unwrap_or_else(|error| panic!("{value}: {error}"))
}
