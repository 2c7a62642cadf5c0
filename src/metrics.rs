//! Everything that is counted, in one place. Whatever is received, decided, sent, merged, delayed, refused or
//! dropped has a number here; the text is Prometheus's.

use std::fmt::Write as _;
use std::time::Duration;

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};

type LabelSet = Vec<(&'static str, String)>;
type Counters = Family<LabelSet, Counter>;
type Gauges = Family<LabelSet, Gauge>;

/// Clones share their numbers.
#[derive(Clone, Debug)]
pub struct Metrics {
    http: Counters,
    connections: Counters,
    intake: Counters,
    alerts: Counters,
    problems: Counters,
    engine: Counters,
    outbox: Counters,
    slack_in: Counters,
    reloads: Counters,
    rows: Gauges,
    groups: Gauges,
    state: Gauges,
    store: Gauges,
    socket: Gauges,
    intake_seconds: Histogram,
    waited_seconds: Histogram,
    call_seconds: Histogram,
}

/// From 0.5 ms to a minute: below is noise, above is an outage.
const SECONDS: [f64; 16] =
    [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0];

impl Default for Metrics {
    fn default() -> Self {
        Self {
            http: Family::default(),
            connections: Family::default(),
            intake: Family::default(),
            alerts: Family::default(),
            problems: Family::default(),
            engine: Family::default(),
            outbox: Family::default(),
            slack_in: Family::default(),
            reloads: Family::default(),
            rows: Family::default(),
            groups: Family::default(),
            state: Family::default(),
            store: Family::default(),
            socket: Family::default(),
            intake_seconds: Histogram::new(SECONDS),
            waited_seconds: Histogram::new(SECONDS),
            call_seconds: Histogram::new(SECONDS),
        }
    }
}

impl Metrics {
    /// An answered HTTP request.
    pub fn http(&self, route: &str, status: u16) {
        self.http.get_or_create(&vec![("route", route.to_owned()), ("status", status.to_string())]).inc();
    }

    /// A connection that did not come to a request: `idle_closed` (it said nothing), `not_accepted` (out of files).
    pub fn connections(&self, outcome: &'static str) {
        self.connections.get_or_create(&vec![("outcome", outcome.to_owned())]).inc();
    }

    /// A webhook: `accepted`, `bad_body`, `unauthorized`, `unknown`, `rate_limited`, `too_large`, `broke_off`, `failed` …
    pub fn intake(&self, integration: &str, outcome: &'static str) {
        self.intake
            .get_or_create(&vec![("integration", integration.to_owned()), ("outcome", outcome.to_owned())])
            .inc();
    }

    /// Alerts in accepted webhooks, and what was wrong with some.
    pub fn alerts(&self, integration: &str, taken: usize, lost: u32, duplicates: u32) {
        let of =
            |what: &'static str| vec![("integration", integration.to_owned()), ("outcome", what.to_owned())];
        self.alerts.get_or_create(&of("taken")).inc_by(taken as u64);
        if lost > 0 {
            self.alerts.get_or_create(&of("unreadable")).inc_by(u64::from(lost));
        }
        if duplicates > 0 {
            self.alerts.get_or_create(&of("duplicate")).inc_by(u64::from(duplicates));
        }
    }

    pub fn problems(&self, integration: &str, count: usize) {
        if count > 0 {
            self.problems.get_or_create(&vec![("integration", integration.to_owned())]).inc_by(count as u64);
        }
    }

    pub fn intake_took(&self, took: Duration) {
        self.intake_seconds.observe(took.as_secs_f64());
    }

    /// What the engine decided; names are those of `engine::Tally`.
    pub fn engine(&self, what: &'static str, count: u64) {
        self.engine.get_or_create(&vec![("what", what.to_owned())]).inc_by(count);
    }

    /// Something from Slack: `accepted`, `duplicate`, `refused`, `failed` …
    pub fn slack_in(&self, kind: &str, outcome: &'static str) {
        self.slack_in.get_or_create(&vec![("kind", kind.to_owned()), ("outcome", outcome.to_owned())]).inc();
    }

    pub fn reload(&self, outcome: &'static str) {
        self.reloads.get_or_create(&vec![("outcome", outcome.to_owned())]).inc();
    }

    /// Rows that wait: `table` webhook, inbox or outbox.
    pub fn rows(&self, table: &str, state: &str, count: i64) {
        self.rows.get_or_create(&vec![("table", table.to_owned()), ("state", state.to_owned())]).set(count);
    }

    pub fn groups(&self, state: &str, count: i64) {
        self.groups.get_or_create(&vec![("state", state.to_owned())]).set(count);
    }

    /// A condition of the process itself, 0 or 1 or a count: `slack_connected`, `config_valid` …
    pub fn state(&self, what: &'static str, value: i64) {
        self.state.get_or_create(&vec![("what", what.to_owned())]).set(value);
    }

    /// The store's own counters, which it keeps itself.
    pub fn store(&self, what: &'static str, value: u64) {
        self.store
            .get_or_create(&vec![("what", what.to_owned())])
            .set(i64::try_from(value).unwrap_or(i64::MAX));
    }

    /// Socket Mode's own counters, which it keeps itself.
    pub fn socket(&self, what: &'static str, value: u64) {
        self.socket
            .get_or_create(&vec![("what", what.to_owned())])
            .set(i64::try_from(value).unwrap_or(i64::MAX));
    }

    /// The text of `/metrics`.
    pub fn render(&self) -> String {
        let mut registry = Registry::with_prefix("firebell");
        let build = Info::new(vec![("version", env!("CARGO_PKG_VERSION"))]);
        registry.register("build", "The running program", build);
        registry.register("http_requests", "Answered HTTP requests", self.http.clone());
        registry.register("http_connections", "Connections that were not served", self.connections.clone());
        registry.register("intake_requests", "Webhooks by what became of them", self.intake.clone());
        registry.register("intake_alerts", "Alerts in webhooks by what became of them", self.alerts.clone());
        registry.register("intake_problems", "Odd things in accepted webhooks", self.problems.clone());
        registry.register("engine", "What was decided", self.engine.clone());
        registry.register("outbox_messages", "Messages by what became of them", self.outbox.clone());
        registry.register("slack_inputs", "Inputs from Slack by what became of them", self.slack_in.clone());
        registry.register("config_reloads", "Configuration reloads", self.reloads.clone());
        registry.register("rows", "Rows that wait in the database", self.rows.clone());
        registry.register("alert_groups", "Alert groups that are not resolved", self.groups.clone());
        registry.register("state", "Conditions of this process", self.state.clone());
        registry.register("store", "Work of the database layer since the start", self.store.clone());
        registry.register("slack_socket", "Socket Mode since the start", self.socket.clone());
        let histograms = [
            ("intake", "From a webhook's arrival to its answer", &self.intake_seconds),
            ("delivery_wait", "From a message's birth to the call that sends it", &self.waited_seconds),
            ("delivery_call", "How long a call took", &self.call_seconds),
        ];
        for (name, help, histogram) in histograms {
            registry.register_with_unit(name, help, Unit::Seconds, histogram.clone());
        }
        let mut text = String::new();
        if let Err(error) = encode(&mut text, &registry) {
            let _never_fails = writeln!(text, "# {error}");
        }
        text
    }
}

impl Metrics {
    /// What became of a row: `sent`, `arrived_before`, `moot`, `retried`, `too_fast`, `unclear`, `still_unclear`, `dead`,
    /// `expired`, `too_late`.
    pub fn outcome(&self, channel: &str, method: &str, outcome: &'static str) {
        self.outbox
            .get_or_create(&vec![
                ("channel", channel.to_owned()),
                ("method", method.to_owned()),
                ("outcome", outcome.to_owned()),
            ])
            .inc();
    }

    /// From the row's birth to the beginning of its first delivery, and how long the call took.
    pub fn delivered(&self, waited: Duration, call: Duration) {
        self.waited_seconds.observe(waited.as_secs_f64());
        self.call_seconds.observe(call.as_secs_f64());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_counted_is_shown() {
        let metrics = Metrics::default();
        metrics.intake("grafana", "accepted");
        metrics.outcome("slack", "chat.postMessage", "sent");
        metrics.state("config_valid", 1);
        metrics.intake_took(Duration::from_millis(3));
        let text = metrics.render();
        for line in [
            "firebell_intake_requests_total{integration=\"grafana\",outcome=\"accepted\"} 1",
            "firebell_outbox_messages_total{channel=\"slack\",method=\"chat.postMessage\",outcome=\"sent\"} 1",
            "firebell_state{what=\"config_valid\"} 1",
            "firebell_intake_seconds_bucket{le=\"0.005\"} 1",
        ] {
            assert!(text.contains(line), "{line} is missing in\n{text}");
        }
    }
}
