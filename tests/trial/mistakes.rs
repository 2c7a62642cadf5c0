//! Files that are wrong: every mistake at once, each at its place.

use firebell::cli::Exit;
use serde_json::Value;

use crate::{example, firebell, run_test};

#[test]
fn every_mistake_at_once() {
    let ran = run_test(
        r##"
config: firebell.yaml
test: []
tests:
  - name: one
    alerts:
      - {label: {alertname: A}, from: 5 minutes}
      - {labels: [a], from: 5m, until: 1m}
      - {labels: {alertname: A}, integration: nagios}
    actions:
      - {at: 1m, do: acknowlege, group: 1}
      - {at: 1m, do: resolve, group: 1, for: 1h}
      - {at: 1m, do: call, group: 1}
    posts: [{at: 1m}]
    silences: [{matchers: 'a=', until: 1h}, {matchers: 'a=~"("', until: 1h}]
    expect:
      - {at: 2m, groups: [{reciever: ops}, {receiver: opps, state: burning, priority: P9}]}
      - {at: 1m, messages: [{channel: "#opps"}]}
      - {at: 3m}
  - {name: one, start: yesterday, routes: [{labels: {}, receivers: nobody}]}
"##,
        &[],
    );
    assert_eq!(ran.exit, Exit::Wrong, "{}", ran.err);
    insta::assert_snapshot!(ran.out, @r###"
    error[unknown-key]: unknown key `test`
     --> t_test.yaml:3:1
      |
    3 | test: []
      | ^^^^
      = hint: did you mean `tests`?

    error[missing-key]: the key `labels` is missing
     --> t_test.yaml:7:9
      |
    7 |       - {label: {alertname: A}, from: 5 minutes}
      |         ^
      = hint: Its labels: {alertname: DiskFull, severity: critical}.

    error[unknown-key]: unknown key `label`
     --> t_test.yaml:7:10
      |
    7 |       - {label: {alertname: A}, from: 5 minutes}
      |          ^^^^^
      = hint: did you mean `labels`?

    error[bad-value]: `5 minutes` is not a time since the start: not a valid duration string: "5 minutes"
     --> t_test.yaml:7:39
      |
    7 |       - {label: {alertname: A}, from: 5 minutes}
      |                                       ^^^^^^^^^
      = hint: write 5m

    error[wrong-type]: this must be a map such as {alertname: DiskFull, severity: critical}, not a list
     --> t_test.yaml:8:18
      |
    8 |       - {labels: [***], from: 5m, until: 1m}
      |                  ^^^^^

    error[bad-value]: it ends before it begins
     --> t_test.yaml:8:40
      |
    8 |       - {labels: [***], from: 5m, until: 1m}
      |                                          ^^
      = hint: `until` counts from the start of the test, too

    error[bad-value]: `acknowlege` is not one of acknowledge, unacknowledge, resolve, unresolve, silence, unsilence, note, call, uncall, confirm, attach, detach
      --> t_test.yaml:11:22
       |
    11 |       - {at: 1m, do: acknowlege, group: 1}
       |                      ^^^^^^^^^^
       = hint: did you mean `acknowledge`?

    error[misplaced]: `for` means nothing with `do: resolve`
      --> t_test.yaml:12:46
       |
    12 |       - {at: 1m, do: resolve, group: 1, for: 1h}
       |                                              ^^
       = hint: it belongs to `do: silence`

    error[missing-key]: `do: call` needs `users`
      --> t_test.yaml:13:9
       |
    13 |       - {at: 1m, do: call, group: 1}
       |         ^

    error[missing-key]: there is no body
      --> t_test.yaml:14:13
       |
    14 |     posts: [{at: 1m}]
       |             ^
       = hint: give `body:` or `file:`

    error[bad-value]: `a=~"("` is not a matcher: error parsing regexp: missing closing ): `(`
      --> t_test.yaml:15:56
       |
    15 |     silences: [{matchers: 'a=', until: 1h}, {matchers: 'a=~"("', until: 1h}]
       |                                                        ^^^^^^^^
       = hint: close the ( with a ), or write \( for the character itself

    error[unknown-key]: unknown key `reciever`
      --> t_test.yaml:17:28
       |
    17 |       - {at: 2m, groups: [{reciever: ops}, {receiver: opps, state: burning, priority: P9}]}
       |                            ^^^^^^^^
       = hint: did you mean `receiver`?

    error[bad-value]: `burning` is not one of firing, acknowledged, silenced, resolved
      --> t_test.yaml:17:68
       |
    17 |       - {at: 2m, groups: [{reciever: ops}, {receiver: opps, state: burning, priority: P9}]}
       |                                                                    ^^^^^^^

    error[bad-value]: `P9` is not a priority: write P1 (most urgent), P2, P3, P4 or P5
      --> t_test.yaml:17:87
       |
    17 |       - {at: 2m, groups: [{reciever: ops}, {receiver: opps, state: burning, priority: P9}]}
       |                                                                                       ^^

    error[missing-key]: nothing is expected of this moment
      --> t_test.yaml:19:9
       |
    19 |       - {at: 3m}
       |         ^
       = hint: add one of groups, some_groups, routes, inhibited, silenced, muted, incidents, messages

    error[duplicate-name]: a second test with the name `one`
      --> t_test.yaml:20:12
       |
    20 |   - {name: one, start: yesterday, routes: [{labels: {}, receivers: nobody}]}
       |            ^^^
      --> t_test.yaml:5:11
       |
     5 |   - name: one
       |           ^^^ the first is here

    error[bad-value]: `yesterday` is not a date with time and zone
      --> t_test.yaml:20:24
       |
    20 |   - {name: one, start: yesterday, routes: [{labels: {}, receivers: nobody}]}
       |                        ^^^^^^^^^
       = hint: write for example 2026-01-05T03:00:00Z or 2026-01-05T04:00:00+01:00

    t_test.yaml
      ✗ not run: it has 17 errors
    0 tests, 0 failed, 1 file with mistakes
    "###);
}

#[test]
fn names_that_the_config_does_not_have() {
    let ran = run_test(
        r##"
config: firebell.yaml
tests:
  - name: one
    alerts: [{labels: {alertname: A}, integration: nagios}]
    posts: [{body: {a: 1}}, {file: nowhere.json}]
    expect:
      - {at: 2m, groups: [{receiver: opps}]}
      - {at: 3m, messages: [{channel: "#opps"}, {channel: "#nowhere"}], routes: [{labels: {}, receivers: [ops, nobody]}]}
"##,
        &[],
    );
    assert_eq!(ran.exit, Exit::Wrong, "{}", ran.err);
    insta::assert_snapshot!(ran.out, @r###"
    error[unknown-name]: the config has no integration `nagios`
     --> t_test.yaml:5:52
      |
    5 |     alerts: [{labels: {alertname: A}, integration: nagios}]
      |                                                    ^^^^^^
      = hint: the config has none at all

    error[bad-file]: nowhere.json: No such file or directory (os error 2)
     --> t_test.yaml:6:36
      |
    6 |     posts: [{body: {a: 1}}, {file: nowhere.json}]
      |                                    ^^^^^^^^^^^^

    error[unknown-name]: the config has no receiver `opps`
     --> t_test.yaml:8:38
      |
    8 |       - {at: 2m, groups: [{receiver: opps}]}
      |                                      ^^^^
      = hint: did you mean `ops`?

    error[unknown-name]: the config has no receiver with the channel `#opps`
     --> t_test.yaml:9:39
      |
    9 |       - {at: 3m, messages: [{channel: "#opps"}, {channel: "#nowhere"}], routes: [{labels: {}, receivers: [ops, nobody]}]}
      |                                       ^^^^^^^
      = hint: did you mean `#ops`?

    error[unknown-name]: the config has no receiver with the channel `#nowhere`
     --> t_test.yaml:9:59
      |
    9 |       - {at: 3m, messages: [{channel: "#opps"}, {channel: "#nowhere"}], routes: [{labels: {}, receivers: [ops, nobody]}]}
      |                                                           ^^^^^^^^^^
      = hint: there are: #oncall, #ops

    error[unknown-name]: the config has no receiver `nobody`
     --> t_test.yaml:9:106
      |
    9 |       - {at: 3m, messages: [{channel: "#opps"}, {channel: "#nowhere"}], routes: [{labels: {}, receivers: [ops, nobody]}]}
      |                                                                                                          ^^^^^^^^^^^^^
      = hint: there are: ops, oncall

    t_test.yaml
      ✗ not run: it has 6 errors
    0 tests, 0 failed, 1 file with mistakes
    "###);
}

#[test]
fn what_never_happens_and_what_goes_backwards() {
    let ran = run_test(
        r##"
config: firebell.yaml
tests:
  - name: one
    actions: [{at: 5m, do: resolve, group: 1}]
    expect: [{at: 2m, groups: []}, {at: 1m, groups: []}]
"##,
        &[],
    );
    assert_eq!(ran.exit, Exit::Wrong);
    assert!(ran.out.contains("error[never]") && ran.out.contains("t_test.yaml:5:15"), "{}", ran.out);
    assert!(ran.out.contains("error[order]") && ran.out.contains("after this one"), "{}", ran.out);
}

#[test]
fn no_config_or_a_broken_one() {
    let ran = run_test("tests: [{name: a, routes: [{labels: {}, receivers: ops}]}]", &[]);
    assert_eq!(ran.exit, Exit::Wrong);
    assert!(ran.out.contains("no config is named"), "{}", ran.out);
    let ran = run_test("config: gone.yaml\ntests: [{name: a, routes: [{labels: {}, receivers: ops}]}]", &[]);
    assert_eq!(ran.exit, Exit::Wrong);
    assert!(
        ran.out.contains("gone.yaml cannot be read") && ran.out.contains("t_test.yaml:1:9"),
        "{}",
        ran.out
    );
    let broken = tempfile::NamedTempFile::with_suffix(".yaml").unwrap();
    std::fs::write(broken.path(), "route: {reciever: x}").unwrap();
    let tests = "tests: [{name: a, routes: [{labels: {}, receivers: ops}]}]";
    let ran = run_test(tests, &["--config", broken.path().to_str().unwrap()]);
    assert_eq!(ran.exit, Exit::Wrong);
    assert!(ran.out.contains("did you mean `receiver`?"), "{}", ran.out);
    assert!(ran.out.contains("not run: its config has"), "{}", ran.out);
}

#[test]
fn no_file_and_no_argument() {
    let ran = firebell(&["test", "/nowhere/t_test.yaml"]);
    assert_eq!(ran.exit, Exit::Usage);
    assert!(ran.err.contains("the test file /nowhere/t_test.yaml cannot be read"), "{}", ran.err);
    assert_eq!(firebell(&["test"]).exit, Exit::Usage);
}

#[test]
fn the_schema_knows_every_key_of_the_example() {
    let ran = firebell(&["test", "--schema"]);
    assert_eq!(ran.exit, Exit::Fine);
    let schema: Value = serde_json::from_str(&ran.out).unwrap();
    let text = std::fs::read_to_string(example("firebell_test.yaml")).unwrap();
    let document: Value = serde_saphyr::from_str(&text).unwrap();
    let mut seen = 0;
    check(&schema, &schema, &document, "$", &mut seen);
    assert!(seen > 100, "{seen}");
}

/// Every key of `value` is one of the schema's; free maps may have any.
fn check(root: &Value, schema: &Value, value: &Value, at: &str, seen: &mut usize) {
    if let Some(reference) = schema["$ref"].as_str() {
        let name = reference.trim_start_matches("#/$defs/");
        return check(root, &root["$defs"][name], value, at, seen);
    }
    if let Some(several) = schema["anyOf"].as_array() {
        let wanted = if value.is_array() {
            "array"
        } else if value.is_object() {
            "object"
        } else {
            return;
        };
        if let Some(one) = several.iter().find(|one| one["type"] == wanted) {
            check(root, one, value, at, seen);
        }
        return;
    }
    match value {
        Value::Object(object) => {
            let Some(properties) = schema["properties"].as_object() else { return };
            for (key, value) in object {
                *seen += 1;
                let known = properties.get(key).unwrap_or_else(|| panic!("{at}.{key} is not in the schema"));
                check(root, known, value, &format!("{at}.{key}"), seen);
            }
        }
        Value::Array(items) => {
            for (nth, item) in items.iter().enumerate() {
                check(root, &schema["items"], item, &format!("{at}[{nth}]"), seen);
            }
        }
        _ => {}
    }
}
