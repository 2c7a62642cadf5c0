//! What comes of tests that can be run.

use firebell::cli::Exit;
use serde_json::Value;

use crate::{example, firebell, run_test};

/// The output without the words of messages, which are tested where they are made.
fn without_words(out: &str) -> String {
    let words = regex::Regex::new(r"(?m)((?:message|update|reply|direct)(?: #\d+)?: ).*$").unwrap();
    words.replace_all(out, "$1…").into_owned()
}

#[test]
fn a_failed_test_says_what_nearly_matched_and_why() {
    let ran = run_test(
        r##"
config: firebell.yaml
tests:
  - name: goes to the wrong place
    alerts:
      - {labels: {alertname: Disk, severity: warning, cluster: eu}}
      - {labels: {alertname: Load, severity: critical, cluster: eu}}
    expect:
      - at: 1m
        groups:
          - {receiver: oncall, alerts: [{alertname: Disk}]}
          - {receiver: oncall, alerts: [{alertname: Load}]}
        inhibited: [{alertname: Load}]
        messages:
          - {channel: "#ops", kind: message, count: 2}
    routes:
      - {labels: {severity: critical}, receivers: ops}
"##,
        &[],
    );
    assert_eq!(ran.exit, Exit::Wrong, "{}", ran.err);
    insta::assert_snapshot!(without_words(&ran.out), @r###"
    t_test.yaml
      ✗ goes to the wrong place
        {severity="critical"} goes elsewhere t_test.yaml:17
          expected   receivers: [ops]
          actual     receivers: [oncall]
          why        {severity="critical"} goes to oncall
                       route matches; one below it takes the alert
                       route.routes[0] {severity="critical"} takes it → oncall, grouped by [alertname]
                       route.routes[1] {team="night"} is not looked at: one before it took the alert
        at 1m: the open alert groups are not as expected t_test.yaml:11
          missing    {receiver: oncall, alerts: [{alertname="Disk"}]}
          nearest    #1 "Disk" {receiver: ops, labels: {alertname="Disk"}, state: firing, alerts: [{alertname="Disk", cluster="eu", severity="warning"}], hushed: "inhibited by #2 Load"}
                       receiver: expected oncall, is ops
          why        {alertname="Disk", cluster="eu", severity="warning"} goes to ops
                       route takes it → ops, grouped by [alertname]
                       route.routes[0] {severity="critical"} does not match: severity="critical" and the alert has "warning"
                       route.routes[1] {team="night"} does not match: team="night" and the alert has no such label
        at 1m: the inhibited alerts are not as expected t_test.yaml:13
          missing    {alertname="Load", cluster="eu", severity="critical"} is not inhibited
          why        no inhibit rule has {alertname="Load", cluster="eu", severity="critical"} among its targets
          unexpected {alertname="Disk", cluster="eu", severity="warning"}: inhibited by #2 Load
        at 1m: the messages are not as expected t_test.yaml:15
          expected   2 messages {channel: "#ops", kind: message}
          actual     1 message
          nearest    0s #oncall message: …
                       it is in #oncall
          said       0s #ops message: …
                       0s #oncall message: …
    1 test, 1 failed
    "###);
}

#[test]
fn a_group_too_many_and_a_group_that_is_not_there() {
    let ran = run_test(
        r##"
config: firebell.yaml
tests:
  - name: nothing fires yet
    alerts: [{labels: {alertname: Disk}, from: 1h}]
    expect:
      - {at: 1m, groups: [{receiver: ops}]}
      - {at: 2h, groups: [], messages: []}
      - {at: 3h, some_groups: [{state: resolved}], muted: [{alertname: Disk}]}
"##,
        &[],
    );
    assert_eq!(ran.exit, Exit::Wrong, "{}", ran.err);
    insta::assert_snapshot!(without_words(&ran.out), @r###"
    t_test.yaml
      ✗ nothing fires yet
        at 1m: the open alert groups are not as expected t_test.yaml:7
          missing    {receiver: ops}
          actual     no alert fires at this moment
        at 2h: the open alert groups are not as expected t_test.yaml:8
          unexpected #1 "Disk" {receiver: ops, labels: {alertname="Disk"}, state: firing, alerts: [{alertname="Disk"}]}
        at 2h: nothing was to be said t_test.yaml:8
          said       1h30s #ops message: …
        at 3h: an alert group is missing t_test.yaml:9
          missing    {state: resolved}
          nearest    #1 "Disk" {receiver: ops, labels: {alertname="Disk"}, state: firing, alerts: [{alertname="Disk"}]}
                       state: expected resolved, is firing
        at 3h: the muted alerts are not as expected t_test.yaml:9
          missing    {alertname="Disk"} is not muted
          why        {alertname="Disk"} goes to ops
                       route takes it → ops, grouped by [alertname]
                       route.routes[0] {severity="critical"} does not match: severity="critical" and the alert has no such label
                       route.routes[1] {team="night"} does not match: team="night" and the alert has no such label
    1 test, 1 failed
    "###);
}

#[test]
fn what_people_do_and_what_is_refused() {
    let ran = run_test(
        r##"
config: firebell.yaml
tests:
  - name: the whole life of a group
    alerts:
      - {labels: {alertname: Disk, severity: critical, host: a}, until: 10h}
      - {labels: {alertname: Disk, severity: critical, host: b}, from: 2m, until: 10h}
    actions:
      - {at: 1m, by: ada, do: acknowledge, group: "#1"}
      - {at: 2m, by: bob, do: acknowledge, group: "#1", refused: true}
      - {at: 3m, by: ada, do: unacknowledge, group: Disk}
      - {at: 4m, by: ada, do: silence, for: 1h, group: {host: b}}
      - {at: 2h, by: ada, do: note, note: looking, group: 1}
      - {at: 3h, by: ada, do: resolve, note: restarted, group: 1}
      - {at: 4h, by: ada, do: unresolve, group: 1}
    expect:
      - {at: 1m, groups: [{state: acknowledged, acknowledged_by: ada, firing: 1}]}
      - {at: 3m, groups: [{state: firing, firing: 2, alerts: [{host: b}, {host: a}]}]}
      - {at: 5m, groups: [{state: silenced}]}
      - {at: 1h4m, groups: [{state: firing, notified: true}]}
      - at: 2h
        messages: [{channel: oncall, kind: reply, count: 1}]
      - {at: 3h, groups: []}
      - {at: 4h, groups: [{number: 1, state: firing}]}
      - {at: 10h, groups: [{state: resolved, resolved: 2, firing: 0}]}
  - name: wishes that do not work
    alerts: [{labels: {alertname: Disk}}, {labels: {alertname: Load}}]
    actions:
      - {at: 1m, do: acknowledge, group: {alertname: Nothing}}
      - {at: 2m, do: acknowledge, group: {}}
      - {at: 3m, do: unsilence, group: Disk}
      - {at: 4m, do: acknowledge, group: Disk, refused: true}
    expect: [{at: 5m, groups: [{title: Load}, {title: Disk}]}]
"##,
        &[],
    );
    assert_eq!(ran.exit, Exit::Wrong, "{}", ran.err);
    insta::assert_snapshot!(without_words(&ran.out), @r###"
    t_test.yaml
      ✓ the whole life of a group
      ✗ wishes that do not work
        at 1m: acknowledge: there is no group with the labels {alertname="Nothing"} t_test.yaml:29
          groups     #1 "Disk" → ops, firing
                       #2 "Load" → ops, firing
        at 2m: acknowledge: 2 groups are with the labels {}; tell them apart with `receiver` or a number t_test.yaml:30
          groups     #1 "Disk" → ops, firing
                       #2 "Load" → ops, firing
        at 3m: unsilence was refused: it is not silenced t_test.yaml:31
          groups     #1 "Disk" → ops, firing
        at 4m: acknowledge was to be refused, and was done t_test.yaml:32
          groups     #1 "Disk" → ops, firing
    2 tests, 1 failed
    "###);
}

#[test]
fn a_silence_a_night_and_what_was_said_meanwhile() {
    let ran = run_test(
        r##"
config: firebell.yaml
tests:
  - name: muted until six
    start: 2026-01-05T23:00:00Z
    alerts: [{labels: {alertname: Slow, team: night}}]
    expect:
      - {at: 6h59m, muted: [{team: night}], groups: [{notified: false, hushed: night}], messages: []}
      - {at: 7h1m, muted: [], groups: [{notified: true, hushed: "false"}], messages: [{kind: message, count: 1}]}
  - name: silenced by matchers
    alerts: [{labels: {alertname: Slow, severity: warning}}, {labels: {alertname: Fast, severity: warning}}]
    silences: [{matchers: ['alertname="Slow"', 'severity=~"warn.*"'], until: 2h, by: ada}]
    expect:
      - {at: 1h, silenced: [{alertname: Slow}], messages: [{kind: message, count: 1}]}
      - {at: 3h, silenced: [], messages: [{kind: message, count: 1}], groups: [{notified: true}, {notified: true}]}
"##,
        &[],
    );
    assert_eq!(ran.exit, Exit::Fine, "{}{}", ran.out, ran.err);
}

#[test]
fn a_week_of_reminders() {
    let tests = r##"
config: firebell.yaml
tests:
  - name: a week
    alerts:
      - {labels: {alertname: Disk, severity: critical, cluster: eu}, repeat_every: 1h}
      - {labels: {alertname: Load, severity: warning, cluster: eu}}
    expect: [{at: 1w, messages: [{kind: reply, channel: "#oncall", count: 42}], inhibited: [{alertname: Load}]}]
"##;
    let ran = run_test(tests, &[]);
    assert_eq!(ran.exit, Exit::Fine, "{}", ran.out);
}

#[test]
fn a_test_runs_the_same_every_time_and_tells_its_story() {
    let tests = r##"
config: firebell.yaml
tests:
  - name: a day
    alerts:
      - {labels: {alertname: Disk, severity: critical}, until: 1h}
      - {labels: {alertname: Disk, severity: critical}, from: 65m}
    expect: [{at: 1d, groups: [{reopened: 1}]}]
"##;
    let (first, second) = (run_test(tests, &["--verbose"]), run_test(tests, &["--verbose"]));
    assert_eq!(first.exit, Exit::Fine, "{}", first.out);
    assert_eq!(first.out, second.out);
    insta::assert_snapshot!(without_words(&first.out), @r###"
    t_test.yaml
      ✓ a day
              0s  #1 Disk: created by integration:alerts: an alert fired that no open group holds
              0s  #1 Disk: notified: it fires and nothing hushes it
              0s  → #ops message #1: …
              0s  → #oncall message #1: …
              1h  #1 Disk: resolved by integration:alerts: its last alert ended
              1h  → #ops reply #1: …
              1h  → #oncall reply #1: …
              1h  → #ops update #1: …
              1h  → #oncall update #1: …
            1h5m  #1 Disk: fires_again by integration:alerts: it fires again
            1h5m  #1 Disk: alerts: alerts joined or ended
            1h5m  → #ops reply #1: …
            1h5m  → #oncall reply #1: …
          1h5m1s  → #ops update #1: …
          1h5m1s  → #oncall update #1: …
          1h5m1s  → #ops reply #1: …
          1h5m1s  → #oncall reply #1: …
            5h5m  #1 Disk: reminded: repeat_interval is over and nobody has it
            5h5m  → #ops reply #1: …
            5h5m  → #oncall reply #1: …
            9h5m  #1 Disk: reminded: repeat_interval is over and nobody has it
            9h5m  → #ops reply #1: …
            9h5m  → #oncall reply #1: …
           13h5m  #1 Disk: reminded: repeat_interval is over and nobody has it
           13h5m  → #ops reply #1: …
           13h5m  → #oncall reply #1: …
           17h5m  #1 Disk: reminded: repeat_interval is over and nobody has it
           17h5m  → #ops reply #1: …
           17h5m  → #oncall reply #1: …
           21h5m  #1 Disk: reminded: repeat_interval is over and nobody has it
           21h5m  → #ops reply #1: …
           21h5m  → #oncall reply #1: …
    1 test, 0 failed
    "###);
}

#[test]
fn some_tests_by_name_and_none() {
    let file = example("alertmanager_test.yaml");
    let ran = firebell(&["test", &file, "--run", "office hours"]);
    assert_eq!((ran.exit, ran.out.lines().count()), (Exit::Fine, 3), "{}", ran.out);
    assert!(ran.out.ends_with("1 test, 0 failed\n"));
    let ran = firebell(&["test", &file, "--run", "no such name"]);
    assert_eq!(ran.exit, Exit::Usage);
    assert!(ran.err.contains("no test has \"no such name\" in its name"), "{}", ran.err);
}

#[test]
fn another_config_may_be_given() {
    let config = example("firebell.yaml");
    let ran = run_test(
        "tests: [{name: a, routes: [{labels: {team: db}, receivers: databases}]}]",
        &["--config", &config],
    );
    assert_eq!(ran.exit, Exit::Fine, "{}", ran.out);
}

#[test]
fn webhook_bodies_are_read_as_the_real_ones() {
    let tests = r##"
tests:
  - name: a mapped body, and one that cannot be read
    posts:
      - {at: 1m, integration: backups, body: {host: nas1, level: critical, state: failed}}
      - {at: 2m, integration: prometheus, body: {no: list}}
    expect:
      - at: 1m
        groups: [{receiver: oncall, title: Backup of nas1 failed}]
        messages:
          - {kind: message, contains: [nas1, critical], lacks: nas2, count: 1}
          - {kind: message, equals: "some other words"}
      - {at: 2m, some_groups: [{number: 1}]}
"##;
    let ran = run_test(tests, &["--config", &example("firebell.yaml")]);
    assert_eq!(ran.exit, Exit::Wrong, "{}", ran.err);
    for words in [
        "at 2m: ",
        "t_test.yaml:6",
        "at 1m: the messages are not as expected t_test.yaml:11",
        "actual     2 messages",
        "its text is another",
    ] {
        assert!(ran.out.contains(words), "{words}\n{}", ran.out);
    }
    assert!(!ran.out.contains("alert groups are not"), "{}", ran.out);
}

#[test]
fn as_json_for_machines() {
    let tests = r##"
config: firebell.yaml
tests:
  - {name: good, routes: [{labels: {a: b}, receivers: ops}]}
  - {name: bad, alerts: [{labels: {alertname: A}}], expect: [{at: 1m, groups: []}]}
"##;
    let ran = run_test(tests, &["--format", "json"]);
    assert_eq!(ran.exit, Exit::Wrong);
    let result: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!((result["tests"].as_u64(), result["failed"].as_u64()), (Some(2), Some(1)));
    let tests = &result["files"][0]["tests"];
    assert_eq!((&tests[0]["passed"], &tests[1]["passed"]), (&Value::Bool(true), &Value::Bool(false)));
    let failure = &tests[1]["failures"][0];
    assert_eq!((failure["at"].as_str(), failure["line"].as_u64()), (Some("1m"), Some(5)));
    assert_eq!(failure["details"][0]["label"], "unexpected");
}
