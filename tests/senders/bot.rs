//! The real bot: a config in a folder, and the process.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use firebell::store::{Store, StoreOptions};
use tempfile::TempDir;

use crate::programs::Program;
use crate::relay::Relay;
use crate::slack::Slack;
use crate::until;

/// What its log says once it listens.
const RUNS: &str = "Firebell is running";

pub(crate) struct Bot {
    pub(crate) relay: Relay,
    pub(crate) store_url: String,
    program: Option<Program>,
    folder: TempDir,
    http: reqwest::Client,
}

impl Bot {
    /// Not started yet. `store_url`: SQLite in its folder if there is none.
    pub(crate) async fn new(slack: &Slack, store_url: Option<&str>) -> Self {
        let (relay, folder) = (Relay::start().await, TempDir::new().unwrap());
        let own = format!("sqlite://{}", folder.path().join("firebell.db").display());
        let store_url = store_url.map_or(own, str::to_owned);
        let yaml = format!(
            r##"
store: {{url: "{store_url}"}}
server: {{listen: "127.0.0.1:0"}}
slack:
  mode: socket
  api_url: "{api_url}"
  bot_token: xoxb-test
  app_token: xapp-test
  rate: {{per_channel_per_s: 1000, burst: 100, posts_per_minute: 60000, tiers: false}}
integrations:
  - {{name: prometheus, kind: prometheus, token: prometheus-token}}
  - {{name: alertmanager, kind: alertmanager, token: alertmanager-token}}
  - {{name: webhook, kind: webhook, token: webhook-token}}
  - {{name: grafana, kind: grafana, token: grafana-token}}
route: {{receiver: ops, group_interval: 1s}}
alert_groups: {{storm: {{groups: 0}}}}
receivers:
  - {{name: ops, slack: {{channel: "#ops"}}}}
"##,
            api_url = slack.api_url(),
        );
        fs::write(folder.path().join("firebell.yaml"), yaml).unwrap();
        Self { relay, store_url, program: None, folder, http: reqwest::Client::new() }
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Starts the process and does not wait for it.
    pub(crate) fn launch(&mut self) {
        let config: PathBuf = self.folder.path().join("firebell.yaml");
        let mut command = Command::new(env!("CARGO_BIN_EXE_firebell"));
        command.args(["serve", "--config"]).arg(config).current_dir(self.folder.path()).env("NO_COLOR", "1");
        command.env_remove("RUST_LOG");
        self.program = Some(Program::start("firebell", &mut command));
    }

    /// Leads senders to it once it listens.
    pub(crate) fn open_if_it_runs(&self) -> bool {
        let address = self.program.as_ref().and_then(|program| program.address_said(RUNS));
        self.relay.lead_to(address);
        address.is_some()
    }

    pub(crate) async fn start(&mut self) {
        self.launch();
        let address = self.program.as_mut().unwrap().address(RUNS).await;
        self.relay.lead_to(Some(address));
    }

    /// `kill -9`.
    pub(crate) fn kill(&mut self) {
        self.relay.lead_to(None);
        if let Some(mut program) = self.program.take() {
            program.kill();
        }
    }

    /// In good order.
    pub(crate) async fn stop(&mut self) {
        self.relay.lead_to(None);
        let status = self.program.take().unwrap().stop().await;
        assert!(status.success(), "the bot ended with {status}");
    }

    /// The most memory it had at a time, MiB (proc_pid_status(5)).
    pub(crate) fn peak_mib(&self) -> u64 {
        let id = self.program.as_ref().unwrap().id();
        let status = fs::read_to_string(format!("/proc/{id}/status")).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() / 1_024
    }

    /// What it counts now: metric with labels → value.
    pub(crate) async fn metrics(&self) -> BTreeMap<String, f64> {
        let url = format!("http://{}/metrics", self.relay.address);
        let Ok(answer) = self.http.get(url).send().await else { return BTreeMap::new() };
        let text = answer.text().await.unwrap_or_default();
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        lines
            .filter_map(|line| line.rsplit_once(' '))
            .filter_map(|(name, value)| Some((name.to_owned(), value.parse().ok()?)))
            .collect()
    }

    /// Waits until a metric is at least this.
    pub(crate) async fn wait_for_metric(&self, name: &str, least: f64) {
        until(&format!("{name} ≥ {least}"), async || {
            (self.metrics().await.get(name).copied().unwrap_or_default() >= least).then_some(())
        })
        .await;
    }

    /// Its database, after its end.
    pub(crate) async fn database(&self) -> Store {
        assert!(self.program.is_none(), "it still runs");
        Store::open(StoreOptions::new(&self.store_url)).await.unwrap()
    }
}
