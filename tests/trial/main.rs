//! `firebell test`, `doctor` and `backup` from the outside: files in, text and exit codes out; and the engine held
//! against Alertmanager by `firebell test`.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

mod alertmanager;
mod backup;
mod doctor;
mod mistakes;
mod outbox;
mod outcomes;
mod templates;

use std::ffi::OsString;
use std::path::Path;
use std::sync::Arc;

use firebell::cli::{self, Context, Exit};
use firebell::clock::{ManualClock, SharedClock};

/// A run of the program: its exit, what it wrote, and what it complained of.
struct Ran {
    exit: Exit,
    out: String,
    err: String,
}

fn firebell(args: &[&str]) -> Ran {
    firebell_at(Arc::new(ManualClock::new(1_767_225_600_000)), args)
}

fn firebell_at(clock: SharedClock, args: &[&str]) -> Ran {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let mut cx = Context::in_memory(&mut out, &mut err, clock);
    let args = std::iter::once("firebell").chain(args.iter().copied()).map(OsString::from);
    let exit = cli::run(args, &mut cx);
    Ran { exit, out: String::from_utf8(out).unwrap(), err: String::from_utf8(err).unwrap() }
}

/// Two receivers, a priority, an inhibition and a night.
const CONFIG: &str = r##"
route:
  receiver: ops
  group_by: [alertname]
  group_wait: 30s
  routes:
    - {matchers: ['severity="critical"'], receiver: oncall, priority: P1, group_wait: 0s}
    - {matchers: ['team="night"'], receiver: ops, mute_time_intervals: [night]}
receivers:
  - {name: ops, slack: {channel: "#ops"}}
  - {name: oncall, slack: {channels: ["#ops", "#oncall"]}}
inhibit_rules:
  - {source_matchers: ['severity="critical"'], target_matchers: ['severity="warning"'], equal: [cluster]}
time_intervals:
  - name: night
    time_intervals: [{times: [{start_time: "22:00", end_time: "24:00"}, {start_time: "00:00", end_time: "06:00"}]}]
users:
  - {name: ada, slack_id: U0000000ADA}
"##;

/// Writes the config and a test file into a folder, and runs it there; the folder's name does not show.
fn run_test(tests: &str, args: &[&str]) -> Ran {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("firebell.yaml"), CONFIG).unwrap();
    let file = folder.path().join("t_test.yaml");
    std::fs::write(&file, tests).unwrap();
    let mut all = vec!["test", file.to_str().unwrap()];
    all.extend(args);
    let Ran { exit, out, err } = firebell(&all);
    let hide = |text: String| text.replace(&format!("{}/", folder.path().display()), "");
    Ran { exit, out: hide(out), err: hide(err) }
}

fn example(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(name).display().to_string()
}

#[test]
fn the_examples_pass() {
    let ran = firebell(&["test", &example("firebell_test.yaml"), &example("alertmanager_test.yaml")]);
    assert_eq!(ran.exit, Exit::Fine, "{}{}", ran.out, ran.err);
    assert!(ran.out.ends_with("15 tests, 0 failed\n"), "{}", ran.out);
}
