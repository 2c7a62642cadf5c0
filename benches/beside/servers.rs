//! The two programs, each with an empty store and the same grouping.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use firebell::clock::{Clock as _, SystemClock};
use tempfile::TempDir;

use crate::load::Connection;
use crate::sink::Sink;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Which {
    Firebell,
    Alertmanager,
}

impl Which {
    /// Where both take what Prometheus sends.
    pub(crate) fn path(self) -> &'static str {
        match self {
            Self::Firebell => "/integrations/v1/prometheus/prometheus-token/api/v2/alerts",
            Self::Alertmanager => "/api/v2/alerts",
        }
    }
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Purpose {
    /// Nothing is told.
    Intake,
    AtOnce,
    Storm,
}

impl Purpose {
    fn timers(self) -> &'static str {
        match self {
            Self::Intake => "group_wait: 1h, group_interval: 1h",
            Self::AtOnce => "group_wait: 0s, group_interval: 5m",
            Self::Storm => "group_wait: 1s, group_interval: 5s",
        }
    }
}

pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    child: Child,
    _folder: TempDir,
}

impl Server {
    pub(crate) async fn start(which: Which, purpose: Purpose, sink: &Sink) -> Self {
        let folder = TempDir::new_in(crate::machine::folder()).unwrap();
        // Free a moment ago: neither tells a benchmark where it listens.
        let address = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let mut command = match which {
            Which::Firebell => firebell(folder.path(), purpose, sink, address),
            Which::Alertmanager => alertmanager(folder.path(), purpose, sink, address),
        };
        let log = fs::File::create(folder.path().join("log")).unwrap();
        let child =
            command.current_dir(folder.path()).stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn();
        let server = Self { address, child: child.unwrap(), _folder: folder };
        while tokio::net::TcpStream::connect(address).await.is_err() {
            SystemClock.wait_ms(20).await;
        }
        // One alert that is none of the load's, so that both are awake, and a moment to come to rest.
        let body = format!("[{}]", crate::alerts::alert(9_999_999, crate::alerts::WAKING));
        Connection::open(address).await.post(which.path(), body.as_bytes()).await.unwrap();
        SystemClock.wait_ms(500).await;
        server
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    pub(crate) async fn stop(mut self) {
        self.end();
        SystemClock.wait_ms(300).await;
    }

    fn end(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.end();
    }
}

fn firebell(folder: &Path, purpose: Purpose, sink: &Sink, address: SocketAddr) -> Command {
    let yaml = format!(
        r##"
store: {{url: "sqlite://firebell.db"}}
server: {{listen: "{address}"}}
slack:
  mode: http
  api_url: "http://{sink}/api/"
  bot_token: xoxb-bench
  signing_secret: bench-signing-secret
  rate: {{per_channel_per_s: 1000, burst: 100, posts_per_minute: 60000, tiers: false}}
integrations:
  - {{name: prometheus, kind: prometheus, token: prometheus-token, rate_limit: {{requests_per_minute: 0, alerts_per_minute: 0}}}}
route: {{receiver: bench, group_by: [alertname], {timers}, repeat_interval: 4h}}
alert_groups: {{storm: {{groups: 0}}}}      # each group has its message, as with Alertmanager
receivers:
  - {{name: bench, slack: {{channel: "#bench"}}}}
"##,
        sink = sink.address,
        timers = purpose.timers(),
    );
    fs::write(folder.join("firebell.yaml"), yaml).unwrap();
    let program = std::env::var("FIREBELL").unwrap_or_else(|_| env!("CARGO_BIN_EXE_firebell").to_owned());
    let mut command = Command::new(program);
    command.args(["serve", "--config", "firebell.yaml"]).env("RUST_LOG", "error");
    command
}

fn alertmanager(folder: &Path, purpose: Purpose, sink: &Sink, address: SocketAddr) -> Command {
    let yaml = format!(
        "route: {{receiver: bench, group_by: [alertname], {timers}, repeat_interval: 4h}}\n\
         receivers:\n  - name: bench\n    webhook_configs: [{{url: 'http://{sink}/hook', send_resolved: true}}]\n",
        sink = sink.address,
        timers = purpose.timers(),
    );
    fs::write(folder.join("alertmanager.yml"), yaml).unwrap();
    let usual = ["/usr/bin/prometheus-alertmanager", "/usr/bin/alertmanager"];
    let named = std::env::var_os("ALERTMANAGER").map(PathBuf::from);
    let program = named.or_else(|| usual.iter().map(PathBuf::from).find(|path| path.exists()));
    let mut command = Command::new(program.expect("Alertmanager is not here: ALERTMANAGER=PATH"));
    command.args([
        "--config.file=alertmanager.yml",
        "--storage.path=data",
        "--cluster.listen-address=",
        "--log.level=error",
    ]);
    command.arg(format!("--web.listen-address={address}"));
    command
}
