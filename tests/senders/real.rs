//! Alerts of a real Prometheus, alone and with a real Alertmanager.

use std::collections::BTreeMap;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};

use axum::routing::get;
use firebell::args;
use firebell::store::{StoreError, Tx, webhooks};
use tokio::net::TcpListener;

use crate::bot::Bot;
use crate::programs::{Program, sender};
use crate::slack::Slack;

/// What Prometheus looks at: disks that are full or not, as the test says.
#[derive(Clone)]
struct Disks {
    address: SocketAddr,
    full: Arc<Mutex<BTreeMap<&'static str, bool>>>,
}

impl Disks {
    async fn start() -> Self {
        let full: Arc<Mutex<BTreeMap<&'static str, bool>>> = Arc::default();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let page = {
            let full = Arc::clone(&full);
            get(async move || {
                let full = full.lock().unwrap();
                let line = |(disk, full): (&&str, &bool)| {
                    format!("disk_full{{disk=\"{disk}\"}} {}\n", i32::from(*full))
                };
                full.iter().map(line).collect::<String>()
            })
        };
        tokio::spawn(async move { axum::serve(listener, axum::Router::new().route("/metrics", page)).await });
        Self { address, full }
    }

    fn set(&self, disk: &'static str, full: bool) {
        self.full.lock().unwrap().insert(disk, full);
    }
}

const RULES: &str = r#"
groups:
  - name: disks
    rules:
      - alert: DiskFull
        expr: disk_full == 1
        labels: {severity: critical}
        annotations:
          summary: "Disk {{ $labels.disk }} is full"
          description: "Writes fail on {{ $labels.disk }} & <everything> after it."
          runbook_url: "https://runbooks.example.org/disk?of={{ $labels.disk }}"
"#;

/// A Prometheus that looks five times a second and repeats itself every second.
fn prometheus(program: &Path, folder: &Path, disks: &Disks, alertmanager: &str) -> Program {
    let yaml = format!(
        "global: {{scrape_interval: 200ms, scrape_timeout: 200ms, evaluation_interval: 200ms}}\n\
         rule_files: [rules.yml]\n\
         alerting:\n  alertmanagers:\n    - {alertmanager}\n\
         scrape_configs:\n  - {{job_name: disks, static_configs: [{{targets: ['{}']}}]}}\n",
        disks.address
    );
    fs::write(folder.join("prometheus.yml"), yaml).unwrap();
    fs::write(folder.join("rules.yml"), RULES).unwrap();
    let mut command = Command::new(program);
    command.current_dir(folder).args([
        "--config.file=prometheus.yml",
        "--storage.tsdb.path=prometheus-data",
        "--web.listen-address=127.0.0.1:0",
        "--rules.alert.resend-delay=1s",
    ]);
    Program::start("prometheus", &mut command)
}

async fn alertmanager(program: &Path, folder: &Path, bot: &Bot) -> (Program, SocketAddr) {
    let yaml = format!(
        "route: {{receiver: firebell, group_by: [alertname], group_wait: 100ms, group_interval: 1s, repeat_interval: 1s}}\n\
         receivers:\n  - name: firebell\n    webhook_configs:\n      \
         - {{url: 'http://{}/integrations/v1/alertmanager/alertmanager-token/', send_resolved: true}}\n",
        bot.relay.address
    );
    fs::write(folder.join("alertmanager.yml"), yaml).unwrap();
    let mut command = Command::new(program);
    command.current_dir(folder).args([
        "--config.file=alertmanager.yml",
        "--storage.path=alertmanager-data",
        "--web.listen-address=127.0.0.1:0",
        "--cluster.listen-address=",
    ]);
    let mut program = Program::start("alertmanager", &mut command);
    let address = program.address("Listening on").await;
    (program, address)
}

/// Alerts fire, join, end while the bot is dead, and all end; the sender repeats itself all the while.
async fn through_a_crash(slack: &Slack, bot: &mut Bot, disks: &Disks) {
    disks.set("sda", true);
    slack.expect_card(&["*DiskFull*", "1 firing", "Disk sda is full", "Writes fail on sda &amp;"]).await;
    disks.set("sdb", true);
    slack.expect_card(&["2 firing", "Disk sda is full", "Disk sdb is full"]).await;
    bot.wait_for_metric("firebell_engine_total{what=\"alerts_repeated\"}", 6.0).await;

    bot.kill();
    disks.set("sda", false);
    disks.set("sdc", true);
    bot.start().await;
    slack.expect_card(&["2 firing, 1 resolved", "Disk sdb is full", "Disk sdc is full", "✓"]).await;
    bot.wait_for_metric("firebell_engine_total{what=\"alerts_repeated\"}", 4.0).await;

    bot.kill();
    bot.start().await;
    bot.wait_for_metric("firebell_engine_total{what=\"alerts_repeated\"}", 4.0).await;
    slack.expect_card(&["2 firing, 1 resolved"]).await;

    disks.set("sdb", false);
    disks.set("sdc", false);
    slack.expect_card(&["— resolved", "Resolved by the source"]).await;
}

/// One message, one group, and its story told once.
async fn told_once(slack: Slack, mut bot: Bot) {
    bot.wait_for_metric(
        "firebell_outbox_messages_total{channel=\"slack\",method=\"chat.update\",outcome=\"sent\"}",
        1.0,
    )
    .await;
    bot.stop().await;
    let threads = slack.threads();
    let [(_, notes)] = &threads[..] else { panic!("one message, and no more: {threads:#?}") };
    for words in ["disk=sdb", "disk=sdc", "Resolved by the source"] {
        let told = notes.iter().filter(|note| note.contains(words)).count();
        assert!(told >= 1, "the thread does not tell of {words}: {notes:#?}");
    }
    let mut once = notes.clone();
    once.sort();
    once.dedup();
    assert_eq!(once.len(), notes.len(), "told twice: {notes:#?}");
    let database = bot.database().await;
    let left = database.read(|tx: &mut dyn Tx| {
        let count = |tx: &mut dyn Tx, sql| -> Result<i64, StoreError> {
            tx.query_one(sql, args![])?.map_or(Ok(0), |row| row.get(0))
        };
        Ok::<_, StoreError>((
            count(tx, "SELECT COUNT(*) FROM alert_group")?,
            count(tx, "SELECT COUNT(*) FROM inbox WHERE state <> 'done'")? + webhooks::count(tx)?,
            count(tx, "SELECT COUNT(*) FROM outbox")?,
        ))
    });
    assert_eq!(left.await.unwrap(), (1, 0, 0), "groups, inputs left, messages left");
    slack.end().await;
}

fn the_prometheus() -> Option<PathBuf> {
    sender("PROMETHEUS", &["/usr/bin/prometheus"])
}

fn the_alertmanager() -> Option<PathBuf> {
    sender("ALERTMANAGER", &["/usr/bin/prometheus-alertmanager", "/usr/bin/alertmanager"])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn prometheus_straight_at_firebell() {
    let Some(program) = the_prometheus() else { return };
    let (slack, disks) = (Slack::start().await, Disks::start().await);
    let mut bot = Bot::new(&slack, None).await;
    bot.start().await;
    let to = format!(
        "{{path_prefix: /integrations/v1/prometheus/prometheus-token, static_configs: [{{targets: ['{}']}}]}}",
        bot.relay.address
    );
    let _prometheus = prometheus(&program, bot.folder(), &disks, &to);
    through_a_crash(&slack, &mut bot, &disks).await;
    told_once(slack, bot).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn prometheus_by_way_of_alertmanager() {
    let (Some(program), Some(manager)) = (the_prometheus(), the_alertmanager()) else { return };
    let (slack, disks) = (Slack::start().await, Disks::start().await);
    let mut bot = Bot::new(&slack, None).await;
    bot.start().await;
    let (_alertmanager, address) = alertmanager(&manager, bot.folder(), &bot).await;
    let to = format!("{{static_configs: [{{targets: ['{address}']}}]}}");
    let _prometheus = prometheus(&program, bot.folder(), &disks, &to);
    through_a_crash(&slack, &mut bot, &disks).await;
    told_once(slack, bot).await;
}
