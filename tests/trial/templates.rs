//! The receiver's own words, with what templates brought over from OnCall read.

use std::fs;

use firebell::cli::Exit;
use tempfile::tempdir;

use crate::firebell;

const CONFIG: &str = r##"
slack: {bot_token: xoxb-1, app_token: xapp-1}
integrations: [{name: am, kind: alertmanager, token: a-token-of-the-test}]
route: {receiver: ops, group_by: [alertname]}
receivers:
  - name: ops
    slack:
      channel: "#ops"
      title: >-
        {{ payload.commonLabels.alertname }} {{ payload.status.upper() }}
        {%- if payload.numFiring %} ({{ payload.numFiring }} firing){% endif %}
      summary: "{{ payload.status }}: {{ payload.numFiring }} of {{ payload.alerts | length }}"
      text: |-
        {%- set common = payload.get("commonLabels", {}).copy() -%}
        {%- set name = common.pop("alertname") -%}
        {{ name }} has in common: {{ common | dictsort | map("join", "=") | join(",") }}
        {%- for alert in payload.alerts %}
        {{ alert.labels.instance.split(":")[0] | regex_replace("^db", "DB-") }}: {{ alert.status }} since {{ alert.startsAt | iso8601_to_time | datetimeformat("%H:%M") }}
        {%- endfor %}
        first: {{ alert.status }} {{ alert.firing }}
links:
  - {name: Dashboard, url: "https://grafana.example.com/d/{{ labels.alertname | urlencode }}?var={{ payload.alerts[0].labels.instance }}"}
  - {name: Trace, url: "{{ annotations.trace_url }}"}
"##;

const TESTS: &str = r##"
config: firebell.yaml
tests:
  - name: words of its own
    start: 2026-01-05T12:34:00Z
    alerts:
      - {labels: {alertname: Disk, team: db, instance: "db1:9100"}, until: 10m}
      - {labels: {alertname: Disk, team: db, instance: "db2:9100"}, until: 20m}
    expect:
      - at: 1m
        groups: [{title: Disk FIRING (1 firing)}]      # a title is made once, of the first alert
        messages:
          - kind: message
            contains: ["firing: 2 of 2", "Disk has in common: team=db", "DB-1: firing since 12:34", Dashboard]
            lacks: Trace
      - at: 15m
        messages: [{kind: update, contains: ["firing: 1 of 2", "DB-1: resolved since 12:34", "first: firing True"]}]
      - at: 30m
        messages: [{kind: update, contains: ["resolved: 0 of 2"], lacks: "first:"}]
"##;

#[test]
fn templates_read_the_group_as_it_is_now() {
    let folder = tempdir().unwrap();
    fs::write(folder.path().join("firebell.yaml"), CONFIG).unwrap();
    let tests = folder.path().join("t.yaml");
    fs::write(&tests, TESTS).unwrap();
    let ran = firebell(&["test", &tests.display().to_string()]);
    assert_eq!(ran.exit, Exit::Fine, "{}{}", ran.out, ran.err);
}
