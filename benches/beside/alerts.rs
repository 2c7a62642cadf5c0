//! Alerts as Prometheus posts them: six labels, three annotations, some 0.45 kB.

use firebell::clock::{Clock as _, SystemClock};

/// The name of the alert that only wakes a server up: it is no part of the load.
pub(crate) const WAKING: &str = "BenchWakesUp";

fn moment(ms: i64) -> String {
    jiff::Timestamp::from_millisecond(ms).unwrap().to_string()
}

/// One alert; the sink knows it again by `bid-N`.
pub(crate) fn alert(n: usize, name: &str) -> String {
    let now = SystemClock.now_ms();
    stamped(n, name, &moment(now), &moment(now + 3_600_000))
}

fn stamped(n: usize, name: &str, starts: &str, ends: &str) -> String {
    format!(
        r#"{{"labels":{{"alertname":"{name}","severity":"warning","cluster":"eu-{}","instance":"host-{n}.example.org:9100","job":"node","team":"sre"}},"annotations":{{"summary":"bid-{n} CPU high on host-{n}","description":"CPU usage has been above 90% for more than 10 minutes","runbook_url":"https://runbooks.example.org/cpu"}},"startsAt":"{starts}","endsAt":"{ends}","generatorURL":"http://prom.example.org/graph?g0.expr=cpu&g0.tab=1"}}"#,
        n % 4
    )
}

/// `count` alerts in `groups` groups, `batch` a request.
pub(crate) fn bodies(count: usize, groups: usize, batch: usize, name: &str) -> Vec<Vec<u8>> {
    let now = SystemClock.now_ms();
    let (starts, ends) = (moment(now), moment(now + 3_600_000));
    let all: Vec<String> =
        (0..count).map(|n| stamped(n, &format!("{name}{}", n % groups), &starts, &ends)).collect();
    all.chunks(batch).map(|some| format!("[{}]", some.join(",")).into_bytes()).collect()
}
