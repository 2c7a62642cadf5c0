//! What a world is made of: the config, the database's engine, how Slack speaks to the app, the seed.

use firebell::sim::RateLimits;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Engine {
    Sqlite,
    Postgres,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Transport {
    Socket,
    Http,
}

#[derive(Clone, Debug)]
pub(crate) struct Setup {
    pub(crate) engine: Engine,
    pub(crate) transport: Transport,
    /// The `route:` tree, the value of the key as YAML.
    pub(crate) route: String,
    /// More keys of the config, as YAML.
    pub(crate) more: String,
    /// More receivers, as YAML list entries.
    pub(crate) receivers: String,
    /// More keys of `slack:`.
    pub(crate) slack: String,
    pub(crate) replicas: usize,
    pub(crate) seed: u64,
    pub(crate) limits: RateLimits,
    /// More channels, with the app and everybody in them.
    pub(crate) channels: Vec<String>,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            engine: Engine::Sqlite,
            transport: Transport::Socket,
            route: "{receiver: ops}".to_owned(),
            more: String::new(),
            receivers: String::new(),
            slack: String::new(),
            replicas: 1,
            seed: 1,
            limits: RateLimits::SLACK,
            channels: Vec::new(),
        }
    }
}

impl Setup {
    #[must_use]
    pub(crate) fn on(mut self, engine: Engine, transport: Transport) -> Self {
        (self.engine, self.transport) = (engine, transport);
        self
    }

    #[must_use]
    pub(crate) fn route(mut self, yaml: &str) -> Self {
        yaml.clone_into(&mut self.route);
        self
    }

    #[must_use]
    pub(crate) fn more(mut self, yaml: &str) -> Self {
        self.more.push_str(yaml);
        self.more.push('\n');
        self
    }

    /// A receiver with the given `slack:` value.
    #[must_use]
    pub(crate) fn receiver(mut self, name: &str, slack: &str) -> Self {
        self.receivers.push_str(&format!("  - {{name: {name}, slack: {slack}}}\n"));
        self
    }

    /// A whole receiver, as YAML.
    #[must_use]
    pub(crate) fn pasted_receiver(mut self, yaml: &str) -> Self {
        self.receivers.push_str(&format!("  - {yaml}\n"));
        self
    }

    #[must_use]
    pub(crate) fn slack(mut self, yaml: &str) -> Self {
        self.slack.push_str(&format!("  {yaml}\n"));
        self
    }

    #[must_use]
    pub(crate) fn channels(mut self, names: &[&str]) -> Self {
        self.channels.extend(names.iter().map(|name| (*name).to_owned()));
        self
    }

    #[must_use]
    pub(crate) fn replicas(mut self, count: usize) -> Self {
        self.replicas = count;
        self
    }

    #[must_use]
    pub(crate) fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    pub(crate) fn yaml(&self, store_url: &str, api_url: &str) -> String {
        let mode = match self.transport {
            Transport::Socket => "socket",
            Transport::Http => "http",
        };
        format!(
            r##"
store: {{url: "{store_url}"}}
slack:
  mode: {mode}
  api_url: "{api_url}"
  bot_token: xoxb-test
  app_token: xapp-test
  signing_secret: sim-signing-secret
{slack}
integrations:
  - {{name: am, kind: alertmanager, token: alertmanager-token}}
  - {{name: grafana, kind: grafana, token: grafana-token}}
  - {{name: prom, kind: prometheus, token: prometheus-token}}
  - {{name: hook, kind: webhook, token: webhook-token}}
route: {route}
receivers:
  - {{name: ops, slack: {{channel: "#ops"}}}}
  - {{name: oncall, slack: {{channel: "#oncall"}}}}
  - {{name: both, slack: {{channels: ["#ops", "#oncall"]}}}}
{receivers}
{more}
"##,
            slack = self.slack,
            route = self.route,
            receivers = self.receivers,
            more = self.more,
        )
    }
}
