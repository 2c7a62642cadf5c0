//! The command line as people use it: arguments in, text and exit code out.

#![allow(clippy::unwrap_used, reason = "a test that cannot prepare its files must fail")]

mod export;
mod readme;

use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use firebell::cli::{Context, Exit, run};
use firebell::clock::ManualClock;
use serde_json::{Value as Json, json};
use tempfile::tempdir;

/// 2026-11-21T12:00:00Z, a Saturday.
const NOW_MS: i64 = 1_795_262_400_000;

fn firebell(args: &[&str]) -> (Exit, String, String) {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let args = std::iter::once("firebell").chain(args.iter().copied()).map(OsString::from);
    let exit = run(args, &mut Context::in_memory(&mut out, &mut err, Arc::new(ManualClock::new(NOW_MS))));
    (exit, String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap())
}

fn in_repo(path: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path).display().to_string()
}

#[test]
fn exit_codes() {
    let (good, bad) =
        (in_repo("examples/alertmanager.yaml"), in_repo("tests/fixtures/config/ten-mistakes.yaml"));
    for (args, exit) in [
        (vec!["--help"], Exit::Fine),
        (vec!["--version"], Exit::Fine),
        (vec!["check", "--help"], Exit::Fine),
        (vec!["check", "--schema"], Exit::Fine),
        (vec!["completions", "bash"], Exit::Fine),
        (vec!["check", "--config", &good], Exit::Fine),
        (vec!["check", &good], Exit::Fine),
        (vec!["check", &bad], Exit::Wrong),
        (vec!["check", "--config", &bad], Exit::Wrong),
        (vec!["check", "--config", &bad, "--format", "json"], Exit::Wrong),
        (vec!["check", "--config", "/nowhere.yaml"], Exit::Usage),
        (vec!["check", "--nonsense"], Exit::Usage),
        (vec!["chek"], Exit::Usage),
        (vec![], Exit::Usage),
        (vec!["--log-level", "a=b=c", "check", "--config", &good], Exit::Usage),
        (vec!["route", "--config", &good, "severity"], Exit::Usage),
        (vec!["route", "--config", &good, "severity=page"], Exit::Fine),
        (vec!["route", "--config", &bad, "severity=page"], Exit::Wrong),
    ] {
        let (got, out, err) = firebell(&args);
        assert_eq!(got, exit, "{args:?}\n{out}\n{err}");
        assert!(!out.contains('\x1b') && !err.contains('\x1b'), "{args:?}: colours into a pipe");
    }
}

#[test]
fn check_for_machines() {
    let (_, out, _) = firebell(&[
        "check",
        "--format",
        "json",
        "--config",
        &in_repo("tests/fixtures/config/ten-mistakes.yaml"),
    ]);
    let result: Json = serde_json::from_str(&out).unwrap();
    assert!(result["errors"].as_u64().unwrap() >= 10);
    let first = &result["findings"][0];
    assert!(first["line"].is_u64() && first["column"].is_u64() && first["file"].is_string(), "{first}");
}

/// Every label set that amtool was asked about, through the command itself.
#[test]
fn route_answers_as_amtool() {
    let text = fs::read_to_string(in_repo("tests/fixtures/conformance/routes.json")).unwrap();
    let cases: Json = serde_json::from_str(&text).unwrap();
    let cases = cases["cases"].as_array().unwrap();
    assert!(cases.len() > 100);
    let folder = tempdir().unwrap();
    let path = folder.path().join("am.yaml");
    let mut wrong = Vec::new();
    for case in cases {
        fs::write(&path, case["config"].as_str().unwrap()).unwrap();
        let mut args = ["route", "--receivers", "--config", &path.display().to_string(), "--"]
            .map(str::to_owned)
            .to_vec();
        for (name, value) in case["labels"].as_object().unwrap() {
            // As it stands, unless it would be taken for a quoted one.
            let value = value.as_str().unwrap();
            let quoted = value.len() >= 2 && value.starts_with('"') && value.ends_with('"');
            let value = if quoted { format!("{value:?}") } else { value.to_owned() };
            args.push(format!("{name}={value}"));
        }
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let (_, out, err) = firebell(&args);
        let expected: Vec<&str> =
            case["expected_receivers"].as_array().unwrap().iter().map(|r| r.as_str().unwrap()).collect();
        if out.trim_end_matches('\n') != expected.join(",") {
            wrong.push(format!("{}: {args:?}: {out:?} {err} instead of {expected:?}", case["id"]));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {} differ:\n{}",
        wrong.len(),
        cases.len(),
        wrong[..wrong.len().min(5)].join("\n")
    );
}

#[test]
fn route_explains_in_words() {
    let config = in_repo("examples/alertmanager.yaml");
    let (exit, out, _) =
        firebell(&["route", "-c", &config, "service=mysql", "severity=warning", "alertname=X"]);
    assert_eq!(exit, Exit::Fine);
    for line in [
        "{alertname=\"X\", service=\"mysql\", severity=\"warning\"}",
        "-> database: muted now outside office-hours, until ",
        "   path      route",
        "             route.routes[",
        "   channels  none: nobody is notified",
        "   priority  P3, by the label severity",
        "   group     by alertname, cluster: {alertname=\"X\"}",
        "   timers    group_wait 30s, group_interval 5m, repeat_interval ",
        "   times     active_time_intervals office-hours",
        "   declare   no incident",
        "Inhibited while ",
    ] {
        assert!(out.contains(line), "no {line:?} in\n{out}");
    }
    assert!(out.lines().count() < 20, "{out}");
}

#[test]
fn route_says_why_in_json() {
    let (exit, out, _) =
        firebell(&["route", "-c", &in_repo("examples/alertmanager.yaml"), "--json", "service=mysql"]);
    assert_eq!(exit, Exit::Fine);
    let answer: Json = serde_json::from_str(&out).unwrap();
    assert_eq!(answer["receivers"], json!(["database"]));
    assert_eq!(answer["group_by"], json!(["alertname", "cluster"]));
    assert_eq!(answer["path"].as_array().unwrap().len(), 2);
    let held = json!([{"matcher": "service=~\"^(?:mysql|postgres)$\"", "value": "mysql"}]);
    assert_eq!(answer["path"][1]["held"], held);
    assert_eq!(answer["group_interval"], "5m");
    assert_eq!(answer["muted_by"], json!(["office-hours"]));
    assert_eq!(answer["inhibited_by"], json!([]), "it is no warning");
    assert_eq!(answer["routes"][0]["quiet"]["why"], "not_active", "a Saturday is not within office hours");
    let args = [
        "route",
        "-c",
        &in_repo("examples/alertmanager.yaml"),
        "--json",
        "--at",
        "2026-11-20T12:00:00Z",
        "service=mysql",
    ];
    let (_, out, _) = firebell(&args);
    let answer: Json = serde_json::from_str(&out).unwrap();
    assert!(answer["routes"][0]["quiet"].is_null(), "a Friday is");
    assert_eq!(answer["muted_by"], json!([]));
    let (_, out, _) = firebell(&[
        "route",
        "-c",
        &in_repo("examples/alertmanager.yaml"),
        "--json",
        "severity=warning",
        "alertname=X",
    ]);
    let answer: Json = serde_json::from_str(&out).unwrap();
    let rule = &answer["inhibited_by"][0];
    assert_eq!(rule["while_firing"], r#"{severity="page"}"#);
    assert_eq!(rule["with"], json!({"alertname": "X"}));
}

/// What Alertmanager's own check refuses, and what people trip over, is said with the next step.
#[test]
fn check_says_what_is_wrong_odd_or_unused() {
    const RULES: &str = "route: {receiver: a}\nreceivers: [{name: a, slack: {channel: '#a'}}]\n";
    let route = |more: &str| {
        format!(
            "route: {{receiver: a, routes: [{{receiver: a, matchers: [x=y]{more}}}]}}\nreceivers: [{{name: a}}]\n"
        )
    };
    let receiver = |more: &str| format!("route: {{receiver: a}}\nreceivers: [{{name: a, {more}}}]\n");
    let times = |interval: &str| {
        let times = format!("time_intervals: [{{name: w, time_intervals: [{interval}]}}]\n");
        format!("{}{times}", route(", mute_time_intervals: [w]"))
    };
    let folder = tempdir().unwrap();
    let path = folder.path().join("firebell.yaml");
    let path = path.to_str().unwrap();
    for (yaml, exit, said) in [
        (receiver("webhook_configs: [{}]"), Exit::Wrong, "missing URL in webhook config"),
        (receiver("webhook_configs: [{url: 'ftp://x'}]"), Exit::Wrong, "unsupported scheme \"ftp\" for URL"),
        (receiver("webhook_configs: [{url: 'http://x'}]"), Exit::Fine, "does nothing here"),
        (receiver("slack_configs: [{channel: '#x'}]"), Exit::Wrong, "no Slack API URL is set"),
        (
            format!(
                "global: {{slack_api_url: 'https://x'}}\n{}",
                receiver("slack_configs: [{channel: '#x'}]")
            ),
            Exit::Fine,
            "1 receiver",
        ),
        (receiver("pagerduty_configs: [{}]"), Exit::Wrong, "missing service or routing key"),
        (receiver("email_configs: [{}]"), Exit::Wrong, "missing to address"),
        (route(", continue: 'true'"), Exit::Wrong, "write it without the quotes: continue: true"),
        (route(", continue: true"), Exit::Fine, "2 routes"),
        (
            times("{times: [{start_time: '22:00', end_time: '07:00'}]}"),
            Exit::Wrong,
            "write two entries, 22:00 to 24:00 and 00:00 to 07:00",
        ),
        (times("{times: [{start_time: '22:00', end_time: '00:00'}]}"), Exit::Wrong, "from 22:00 to 24:00"),
        (times("{months: ['13']}"), Exit::Fine, "there is no such month: this never holds"),
        (receiver("slack: {channel: #alerts}"), Exit::Wrong, "put the name in quotes, as in \"#alerts\""),
        (format!("{RULES}rout: firebell.yaml\n"), Exit::Wrong, "rout: firebell.yaml"),
        (format!("{RULES}tokn: abc\n"), Exit::Wrong, "tokn: ***"),
        (
            receiver("slack_configs: [{channel: '#x', title: Hello}]"),
            Exit::Wrong,
            "channel: '#x', title: Hello",
        ),
        ("config: x.yaml\ntests: []\n".to_owned(), Exit::Wrong, "run it with `firebell test FILE`"),
        (
            "route: {receiver: a}\nreceivers: [{name: a}, {name: spare}]\n".to_owned(),
            Exit::Fine,
            "no route uses the receiver `spare`",
        ),
        (RULES.to_owned(), Exit::Fine, "others in one group per alertname"),
        (
            receiver("slack: {channel: '#a', text: '{{ payload.a | replace(\"a\", payload.b) }}'}"),
            Exit::Fine,
            "receiver a, text: with very long values",
        ),
    ] {
        fs::write(path, &yaml).unwrap();
        let (got, out, err) = firebell(&["check", "--config", path]);
        assert_eq!(got, exit, "{yaml}\n{out}{err}");
        assert!(out.contains(said), "no {said:?} of\n{yaml}\n{out}");
    }
    for grouped in ["[]", "[alertname]"] {
        fs::write(path, format!("route: {{receiver: a, group_by: {grouped}}}\nreceivers: [{{name: a}}]\n"))
            .unwrap();
        let (_, out, _) = firebell(&["check", "--config", path]);
        assert!(!out.contains("others in one group per alertname"), "{out}");
    }
}
