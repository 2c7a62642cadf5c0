//! `firebell test`: unit tests of a config, run by the very engine on a simulated clock.
//!
//! A test file names its config and holds tests. A test says what comes in on a time line (alerts, webhook bodies,
//! silences, what people do) and what is to be seen at some moments (groups, receivers, what is inhibited, silenced or
//! muted, messages). All times count from the start of the test, and are written as durations.
//!
//! ```yaml
//! config: firebell.yaml                  # or several; relative to this file. An Alertmanager's file will do, too
//! tests:
//!   - name: a critical alert goes to on-call at once, and is quiet once somebody has it
//!     start: 2026-01-05T03:00:00Z        # matters for time intervals; else 2026-01-01T00:00:00Z
//!     alerts:
//!       - labels: {alertname: DiskFull, severity: critical, instance: db1}
//!         until: 6h                      # from: 0s, if nothing else is said
//!     actions:
//!       - {at: 5m, by: ada, do: acknowledge, group: {alertname: DiskFull}}
//!     expect:                            # what a check does not name, it does not look at
//!       - at: 1m
//!         groups:                        # exactly these are open
//!           - {receiver: oncall, state: firing, priority: P1, alerts: [{instance: db1}]}
//!         messages:                      # since the moment before
//!           - {channel: "#oncall", kind: message, contains: DiskFull, count: 1}
//!       - at: 5h
//!         groups: [{state: acknowledged, acknowledged_by: ada}]
//!         messages:
//!           - {kind: message, count: 0}
//!       - at: 6h
//!         groups: []
//!     routes:                            # where alerts would go; needs no time line
//!       - {labels: {severity: warning}, receivers: [ops]}
//! ```
//!
//! More stands in `examples/firebell_test.yaml`; every key with its sentence, in `format.rs`, `expect.rs` and the JSON
//! Schema (`firebell test --schema`).
//!
//! What is simulated: [`Simulator`] is the driver's loop without its waiting. What comes in goes through the sources and
//! [`engine::intake`](crate::engine::intake), what is due through [`engine::tick`](crate::engine::tick), what people do
//! through [`engine::deeds`](crate::engine::deeds); what is said is what the Slack channel composes from the outbox.
//! Slack takes every message at once: its pace is not what a config decides.
//! At the same moment, silences count first, then ends, new alerts, webhook bodies, actions, then what is due.

mod act;
mod deliver;
mod expect;
mod format;
mod input;
mod judge;
mod judge_groups;
mod judge_incidents;
mod judge_messages;
mod kinds;
mod load;
mod report;
mod show;
mod simulate;
mod world;

pub use expect::{GroupCheck, Hushed, MessageCheck, MessageKind, Moment, RouteCheck};
pub use format::{Action, AlertLine, Do, Place, Post, SilenceLine, Test, TestFile};
pub use judge::{Detail, Failure};
pub use kinds::GroupRef;
pub use load::{Loaded, Trial, Unreadable, load};
pub use report::{FileResult, TestResult, as_json, as_text, summary};
pub use simulate::Simulator;
pub use world::{Record, Said, SeenAlert, SeenGroup, Trouble, World};

/// Runs the tests of a file whose names hold `only`.
pub async fn run(loaded: Loaded, only: Option<&str>) -> anyhow::Result<FileResult> {
    let Loaded { name, trial, report, config_report } = loaded;
    let mut tests = Vec::new();
    if let Some(trial) = trial {
        let simulator = Simulator::new(trial.config.clone()).await?;
        for test in trial.tests.iter().filter(|test| only.is_none_or(|only| test.name.contains(only))) {
            let record = simulator.run(test).await?;
            let failures = judge::judge(&trial, simulator.rules(), test, &record);
            tests.push(TestResult {
                name: test.name.clone(),
                line: trial.line(test.span),
                passed: failures.is_empty(),
                failures,
                record,
            });
        }
        simulator.close().await;
    }
    Ok(FileResult { file: name, mistakes: report, config_mistakes: config_report, tests })
}

/// The JSON Schema of test files, for editors.
pub fn json_schema() -> serde_json::Value {
    crate::yaml::schema::document::<TestFile>("Firebell's tests of a config")
}
