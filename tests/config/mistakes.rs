//! Every mistake at once, each at its place.

use firebell::config::{Need, load_str};
use firebell::yaml::Severity;

use super::{RULES, WHOLE, file, load, variables};

#[test]
fn a_file_full_of_mistakes_shows_them_all() {
    let loaded = load(&file("tests/fixtures/config/ten-mistakes.yaml"), Need::Check);
    assert!(loaded.config.is_none());
    insta::assert_snapshot!(loaded.report.to_string());
}

#[test]
fn broken_yaml_is_told_line_by_line_and_the_rest_is_looked_at() {
    let loaded = load(&file("tests/fixtures/config/broken-yaml.yaml"), Need::Check);
    assert!(loaded.config.is_none());
    insta::assert_snapshot!(loaded.report.to_string());
}

/// One mistake each: what is added to good rules, its code, line and column.
#[test]
fn each_mistake_has_its_code_and_place() {
    let mut wrong = Vec::new();
    for (yaml, code, line, column) in [
        ("rout: {}", "unknown-key", 3, 1),
        ("priorities: [{matchers: ['a='], priority: P9}]", "bad-value", 3, 43),
        ("links: [{name: x, url: '{{ a | nofilter }}'}]", "bad-value", 3, 32),
        ("links: [{name: x}]", "missing-key", 3, 9),
        ("links: x", "wrong-type", 3, 8),
        ("server: {listen: localhost}", "bad-value", 3, 18),
        ("server: {public_url: firebell.example.com}", "bad-value", 3, 22),
        ("server: {max_body: 10 apples}", "bad-value", 3, 20),
        ("store: {retention: 0s}", "bad-value", 3, 20),
        ("users: [{name: a, email: b}]", "bad-value", 3, 26),
        ("users: [{name: a, slack_id: u1}]", "bad-value", 3, 29),
        ("rights: {admin: ['']}", "bad-value", 3, 18),
        ("alert_groups: {ack_reminder: {}}", "missing-key", 3, 30),
        ("alert_groups: {silence_presets: [1h, allways]}", "bad-value", 3, 38),
        ("incidents: {channel_name: war-room}", "bad-value", 3, 27),
        ("incidents: {channel_name: 'inc-{numbr}'}", "bad-value", 3, 27),
        ("incidents: {severities: [{name: bad}, {name: bad}]}", "duplicate-name", 3, 46),
        ("incidents: {severities: []}", "bad-value", 3, 25),
        ("incidents: {severities: [{name: bad, emoji: 'a b'}]}", "bad-value", 3, 45),
        ("incidents: {statuses: [{name: Resolved}]}", "bad-value", 3, 31),
        ("incidents: {default_severity: huge}", "bad-value", 3, 31),
        ("incidents: {announce: [{channel: '#a', severities: [SEV1, SEV9]}]}", "bad-value", 3, 59),
        ("incidents: {announce: [{channel: '#a', severities: SEV9}]}", "bad-value", 3, 52),
        ("incidents: {invite: [{who: ['@sre', 'U0123456789'], drills: sometimes}]}", "bad-value", 3, 61),
        ("incidents: {invite: [{who: ada, severities: [huge]}]}", "bad-value", 3, 46),
        ("incidents: {archive_after: 0s}", "bad-value", 3, 28),
        ("api: {tokens: [{name: ci, token: short}]}", "bad-secret", 3, 34),
        ("api: {tokens: [{token: 0123456789abcdef}]}", "missing-key", 3, 16),
        ("inhibit_rules: [{source_matchers: [a=b], target_matchers: ['b=~(']}]", "bad-value", 3, 60),
        ("inhibit_rules: [{source_match_re: {a: }}]", "empty", 3, 37),
        ("time_intervals: [{name: x, time_intervals: [{location: Mars/Base}]}]", "bad-value", 3, 56),
        ("store: {url_file: nowhere}", "secret-file", 3, 19),
        ("store: {url: 'sqlite://a', url_file: b}", "both-given", 3, 28),
        ("store: {}\nstore: {}", "duplicate-key", 4, 1),
        ("users: [{name: a, email: '${NO}'}]", "unset-variable", 3, 27),
        ("slack: {reactions: maybe, bot_token: xoxb-1, app_token: xapp-1}", "bad-value", 3, 20),
        ("slack: {app_token: xapp-1}", "missing-key", 3, 8),
        ("slack: {mode: http, bot_token: xoxb-1}", "missing-key", 3, 8),
        ("slack: {bot_token: xapp-1, app_token: xapp-1}", "bad-secret", 3, 20),
        ("slack: {bot_token: xoxb-1, app_token: xapp-1, command: firebell}", "bad-value", 3, 56),
        ("slack: {bot_token: xoxb-1, app_token: xapp-1, connections: 99}", "bad-value", 3, 60),
        ("integrations: [{name: a, kind: grafna, token: 0123456789abcdef}]", "bad-value", 3, 32),
        ("integrations: [{name: a, kind: grafana, token: short}]", "bad-secret", 3, 48),
        (
            "integrations: [{name: a, kind: grafana, token: 0123456789abcdef, mapping: {}}]",
            "wrong-kind",
            3,
            75,
        ),
    ] {
        let loaded = load(&format!("{RULES}{yaml}"), Need::Check);
        let found: Vec<_> = loaded
            .report
            .findings
            .iter()
            .map(|f| (f.code, f.place.as_ref().map_or((0, 0), |p| (p.line, p.column)), f.severity))
            .collect();
        if found != [(code, (line, column), Severity::Error)] {
            wrong.push(format!("{yaml}: {code} {line}:{column} expected\n{}", loaded.report));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A handle would be shown and ring nobody.
#[test]
fn a_mention_is_somebody_whom_slack_rings() {
    for (mention, is_good) in [
        ("@here", true),
        ("here", true),
        ("<!channel>", true),
        ("U0123456789", true),
        ("<@W0123456789>", true),
        ("<!subteam^S0123456789|@oncall>", true),
        ("S0123456789", true),
        ("@oncall", false),
        ("oncall", false),
        ("@U0123 on call", false),
        ("<!subteam^oncall>", false),
        ("", false),
    ] {
        let yaml = format!(
            "route: {{receiver: ops}}\nreceivers:\n- {{name: ops, slack: {{channel: '#o', mention: '{mention}'}}}}\n"
        );
        let loaded = load(&yaml, Need::Check);
        assert_eq!(loaded.config.is_some(), is_good, "{mention}: {}", loaded.report);
        if !is_good {
            let found = &loaded.report.findings[0];
            assert_eq!(found.code, "bad-value", "{mention}");
            assert!(found.to_string().contains("rings nobody by a handle"), "{found}");
        }
    }
}

#[test]
fn the_same_token_twice_is_told_without_it() {
    let yaml = format!(
        "{RULES}integrations:\n- {{name: a, kind: grafana, token: 0123456789abcdef}}\n- {{name: b, kind: webhook, token: 0123456789abcdef}}"
    );
    let loaded = load(&yaml, Need::Check);
    assert_eq!(loaded.report.findings[0].code, "duplicate-value");
    assert!(!loaded.report.to_string().contains("0123456789abcdef"));
}

#[test]
fn routes_declare_severities_that_there_are() {
    let yaml = "route: {receiver: a, routes: [{receiver: a, matchers: [x=y], declare: sev1}, \
                {receiver: a, matchers: [z=y], routes: [{matchers: [b=c], declare: SEV5}]}]}\nreceivers: [{name: a}]";
    let loaded = load(yaml, Need::Check);
    let found: Vec<_> = loaded.report.findings.iter().map(|f| (f.code, f.message.as_str())).collect();
    assert_eq!(found, [("bad-value", "`SEV5` is not a severity")]);
    let own = "\nincidents: {severities: [{name: SEV5}, {name: SEV1}]}";
    assert!(load(&format!("{yaml}{own}"), Need::Check).config.is_some());
}

#[test]
fn what_is_odd_is_a_warning_and_loads() {
    for (yaml, code) in [
        ("global: {resolve_timeout: 5m}", "ignored"),
        ("mute_time_intervals: [{name: x, time_intervals: [{weekdays: [monday]}]}]", "deprecated"),
    ] {
        let loaded = load(&format!("{RULES}{yaml}"), Need::Check);
        assert!(loaded.config.is_some(), "{}", loaded.report);
        assert_eq!(loaded.report.findings.iter().map(|f| f.code).collect::<Vec<_>>(), [code], "{yaml}");
    }
    let yaml = "route:\n  receiver: a\n  routes:\n  - receiver: a\n  - {receiver: a, matchers: [x=y]}\nreceivers: [{name: a}]";
    let loaded = load(yaml, Need::Check);
    assert!(loaded.config.is_some());
    assert_eq!(loaded.report.findings[0].code, "unreachable-route");
    assert_eq!(loaded.report.findings[0].place.as_ref().unwrap().line, 5);
}

#[test]
fn serving_needs_more_than_rules_and_all_of_it_is_told() {
    assert!(load(RULES, Need::Rules).config.is_some());
    let checked = load(RULES, Need::Check);
    assert!(checked.config.is_some());
    assert_eq!(checked.serve_lacks, ["slack", "integrations"]);
    let served = load(RULES, Need::Serve);
    assert!(served.config.is_none());
    assert_eq!(served.report.errors(), 2, "{}", served.report);
    assert!(load(WHOLE, Need::Serve).config.is_some());
}

#[test]
fn rules_can_be_asked_without_the_secrets() {
    let yaml = WHOLE.replace("\"xoxb-1\"", "\"${NOT_SET}\"");
    assert!(load(&yaml, Need::Check).config.is_none());
    let loaded = load(&yaml, Need::Rules);
    assert_eq!((loaded.report.errors(), loaded.report.warnings()), (0, 1), "{}", loaded.report);
    // Its place is not empty, so that the other keys of the section are read; but there is nothing in it.
    let slack = loaded.config.unwrap().slack.clone().unwrap();
    assert_eq!(secrecy::ExposeSecret::expose_secret(&slack.bot_token), "");
}

#[test]
fn the_environment_gives_values_and_never_structure() {
    let yaml = r#"
route: {receiver: "${NAME}"}
receivers: [{name: "${NAME}", notify: false}]
server: {listen: "127.0.0.1:${PORT:-9000}", max_body: "${SIZE}"}
slack: {bot_token: "${BOT}", app_token: xapp-1, reactions: "${YES}", connections: "${THREE}"}
alert_groups: {reopen_within: "${SPAN}"}
users: [{name: "$${NOT_A_VARIABLE}", slack_id: U123}]
"#;
    let env = variables(&[
        ("NAME", "a: {b: c}"),
        ("SIZE", "2MiB"),
        ("BOT", "xoxb-9"),
        ("YES", "true"),
        ("THREE", "3"),
        ("SPAN", "90s"),
    ]);
    let config = load_str(yaml, Need::Check, &env).into_result().unwrap_or_else(|r| panic!("{r}")).0;
    assert_eq!(config.receivers[0].name, "a: {b: c}");
    assert_eq!(config.server.listen.port(), 9000);
    assert_eq!(config.server.max_body_bytes, 2 << 20);
    let slack = config.slack.as_ref().unwrap();
    assert!(slack.reactions);
    assert_eq!(slack.connections, 3);
    assert_eq!(config.alert_groups.reopen_within.as_secs(), 90);
    assert_eq!(config.users[0].name, "${NOT_A_VARIABLE}");
}

#[test]
fn the_version_names_the_content_and_not_its_secrets() {
    let version = |yaml: &str| load(yaml, Need::Check).config.unwrap().version.clone();
    assert_eq!(version(WHOLE), version(&format!("# a comment\n{WHOLE}")));
    assert_eq!(version(WHOLE), version(&WHOLE.replace("xoxb-1", "xoxb-2")));
    assert_ne!(version(WHOLE), version(&WHOLE.replace("#ops", "#dev")));
}

/// A tree pasted from an Alertmanager may have been written for YAML 1.1.
#[test]
fn flags_may_be_written_as_in_yaml_1_1() {
    for (written, is_first_only) in
        [("True", false), ("yes", false), ("ON", false), ("n", true), ("Off", true), ("FALSE", true)]
    {
        let route = "route: {receiver: a, routes: [{receiver: a, continue: FLAG}, {receiver: b}]}\n";
        let yaml = route.replace("FLAG", written) + "receivers: [{name: a}, {name: b}]\n";
        let loaded = load(&yaml, Need::Rules);
        let config = loaded.config.unwrap_or_else(|| panic!("{written}: {}", loaded.report));
        let taken = config.routes.matching(&firebell::domain::label::Labels::new());
        assert_eq!(taken.len(), if is_first_only { 1 } else { 2 }, "{written}");
    }
    let loaded = load("route: {receiver: a, continue: 1}\nreceivers: [{name: a}]\n", Need::Rules);
    assert!(loaded.report.to_string().contains("write true"), "{}", loaded.report);
}
