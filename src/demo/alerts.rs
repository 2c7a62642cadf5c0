//! The alerts of the demo, as Alertmanager sends them (webhook version 4).

use serde_json::{Value, json};

use crate::limits::{DEMO_STORM_ALERTS, DEMO_STORM_GROUPS};

/// One alert: its name, the labels besides, and what is told about it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sample {
    pub(super) name: &'static str,
    severity: &'static str,
    labels: &'static [(&'static str, &'static str)],
    summary: &'static str,
    description: &'static str,
}

const LATENCY: Sample = Sample {
    name: "CheckoutLatencyHigh",
    severity: "critical",
    labels: &[("service", "checkout"), ("cluster", "eu-1")],
    summary: "Checkout answers in 4.2 s (p95)",
    description: "Customers wait at the payment step. It began right after deploy 2026.11.21-3.",
};

const DISK: Sample = Sample {
    name: "DiskWillFillIn4Hours",
    severity: "warning",
    labels: &[("team", "database"), ("cluster", "eu-1"), ("service", "postgres")],
    summary: "/var/lib/postgresql on db-2 is 91 % full and growing",
    description: "At this rate it is full at about 07:40.",
};

/// What the played incident is about.
pub(super) const OUTAGE: Sample = Sample {
    name: "CheckoutErrors",
    severity: "critical",
    labels: &[("service", "checkout"), ("cluster", "eu-1")],
    summary: "34 % of checkouts in eu-1 answer 502",
    description: "It began with deploy 2026.11.21-3.",
};

/// What "Fire an alert" fires, one after the other.
const PAGES: &[Sample] = &[
    Sample {
        name: "PaymentsErrorRate",
        severity: "critical",
        labels: &[("service", "payments"), ("cluster", "eu-1")],
        summary: "7.4 % of payments fail",
        description: "The provider answers 502. Budget for this month is gone in 40 minutes.",
    },
    Sample {
        name: "QueueGrows",
        severity: "critical",
        labels: &[("service", "mailer"), ("cluster", "us-1")],
        summary: "182,000 mails wait, 900 more each minute",
        description: "Workers are up but take nothing.",
    },
    Sample {
        name: "CertificateExpires",
        severity: "critical",
        labels: &[("service", "edge"), ("cluster", "eu-1")],
        summary: "The certificate of shop.example.com ends in 6 hours",
        description: "Renewal has failed three times: DNS challenge refused.",
    },
    Sample {
        name: "ReplicaLag",
        severity: "critical",
        labels: &[("service", "postgres"), ("cluster", "eu-1")],
        summary: "db-3 is 14 minutes behind",
        description: "Reads from it are stale. A long transaction holds the replay.",
    },
];

/// A step of the story: what is sent then.
type Step = fn(i64) -> Value;

/// How long after the step before, and what comes in.
pub(super) const STORY: &[(i64, Step)] = &[
    (1_500, |now| body(&LATENCY, &["pod-1"], now, false)),
    (9_000, |now| body(&LATENCY, &["pod-1", "pod-4"], now, false)),
    (8_000, |now| body(&DISK, &["db-2"], now, false)),
];

/// The alert of the played incident, and its end.
pub(super) fn outage(now_ms: i64, resolved: bool) -> Value {
    body(&OUTAGE, &["eu-1"], now_ms, resolved)
}

/// Everything the story and the panel may have fired, for "Resolve all".
pub(super) fn all_fired(fired: usize) -> Vec<(Sample, Vec<String>)> {
    let of = |sample: &Sample, instances: &[&str]| {
        (*sample, instances.iter().map(|instance| (*instance).to_owned()).collect())
    };
    let mut all = vec![of(&LATENCY, &["pod-1", "pod-4"]), of(&DISK, &["db-2"])];
    for nth in 0..fired {
        let (sample, instance) = page(nth);
        all.push((sample, vec![instance]));
    }
    all
}

/// The `nth` alert of the panel and where it fires.
pub(super) fn page(nth: usize) -> (Sample, String) {
    let sample = PAGES[nth % PAGES.len()];
    (sample, format!("{}-{}", sample.labels[0].1, nth / PAGES.len() + 1))
}

/// A storm: many alerts in several groups, a request for each group.
pub(super) fn storm(now_ms: i64, nth: usize, resolved: bool) -> Vec<Value> {
    let each = DEMO_STORM_ALERTS / DEMO_STORM_GROUPS;
    (0..DEMO_STORM_GROUPS)
        .map(|group| {
            let rack = format!("rack-{}-{:02}", nth + 1, group + 1);
            let alerts = (0..each).map(|node| {
                let labels = json!({
                    "alertname": "NodeUnreachable", "severity": "warning", "rack": rack,
                    "instance": format!("node-{:02}-{node:02}", group + 1),
                });
                alert(
                    labels,
                    &format!("node-{:02}-{node:02} does not answer", group + 1),
                    "",
                    now_ms,
                    resolved,
                )
            });
            envelope(alerts.collect(), json!({ "alertname": "NodeUnreachable", "rack": rack }), resolved)
        })
        .collect()
}

/// One request about one group.
pub(super) fn body<S: AsRef<str>>(sample: &Sample, instances: &[S], now_ms: i64, resolved: bool) -> Value {
    let alerts = instances.iter().map(|instance| {
        let mut labels = json!({
            "alertname": sample.name, "severity": sample.severity, "instance": instance.as_ref(),
        });
        for (name, value) in sample.labels {
            labels[*name] = json!(value);
        }
        alert(labels, sample.summary, sample.description, now_ms, resolved)
    });
    let group = json!({ "alertname": sample.name, "cluster": sample.labels.iter().find(|l| l.0 == "cluster").map(|l| l.1) });
    envelope(alerts.collect(), group, resolved)
}

fn alert(labels: Value, summary: &str, description: &str, now_ms: i64, resolved: bool) -> Value {
    let time = |ms: i64| crate::domain::time::Timestamp::from_ms(ms).to_string();
    let name = labels["alertname"].as_str().unwrap_or_default().to_owned();
    let mut annotations =
        json!({ "summary": summary, "runbook_url": format!("https://runbooks.example.com/{name}") });
    if !description.is_empty() {
        annotations["description"] = json!(description);
    }
    json!({
        "status": if resolved { "resolved" } else { "firing" },
        "labels": labels,
        "annotations": annotations,
        "startsAt": time(now_ms - 60_000),
        "endsAt": if resolved { time(now_ms) } else { "0001-01-01T00:00:00Z".to_owned() },
        "generatorURL": format!("https://prometheus.example.com/graph?g0.expr={name}"),
    })
}

fn envelope(alerts: Vec<Value>, group_labels: Value, resolved: bool) -> Value {
    json!({
        "version": "4",
        "groupKey": format!("{{}}:{group_labels}"),
        "status": if resolved { "resolved" } else { "firing" },
        "receiver": "firebell",
        "groupLabels": group_labels,
        "commonLabels": {},
        "commonAnnotations": {},
        "externalURL": "https://alertmanager.example.com",
        "truncatedAlerts": 0,
        "alerts": alerts,
    })
}
