//! The config from outside: every mistake at its place, no secret anywhere, several files as one, reload.

#![allow(clippy::unwrap_used, reason = "a test that cannot prepare its files must fail")]

mod mistakes;
mod places;
mod receivers;
mod reload;
mod schema;
mod secrets;

use std::collections::BTreeMap;
use std::path::Path;

use firebell::config::{Loaded, Need, load_str};
use firebell::yaml::TestSurroundings;

/// The least that routes.
const RULES: &str = "route: {receiver: ops}\nreceivers: [{name: ops, notify: false}]\n";

/// The least that serves.
const WHOLE: &str = r##"
slack: {bot_token: "xoxb-1", app_token: "xapp-1"}
integrations: [{name: am, kind: alertmanager, token: 0123456789abcdef}]
route: {receiver: ops}
receivers: [{name: ops, slack: {channel: "#ops"}}]
"##;

fn variables(pairs: &[(&str, &str)]) -> TestSurroundings {
    let variables: BTreeMap<String, String> =
        pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    TestSurroundings { variables, files: BTreeMap::new() }
}

fn load(yaml: &str, need: Need) -> Loaded {
    load_str(yaml, need, &TestSurroundings::default())
}

fn file(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
