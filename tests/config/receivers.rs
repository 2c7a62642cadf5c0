//! Receivers that notify nobody, and receivers pasted from Alertmanager.

use firebell::config::{Config, Need};
use firebell::yaml::Severity;

use super::{WHOLE, load};

/// A bot whose only receiver is the given entry.
fn with_receiver(receiver: &str) -> String {
    let rules = WHOLE.split("receivers:").next().unwrap();
    format!("{rules}receivers:\n- {receiver}\n")
}

fn codes(yaml: &str, need: Need) -> Vec<(&'static str, Severity)> {
    load(yaml, need).report.findings.iter().map(|found| (found.code, found.severity)).collect()
}

fn config(yaml: &str) -> std::sync::Arc<Config> {
    let loaded = load(yaml, Need::Serve);
    loaded.config.unwrap_or_else(|| panic!("{}\n{yaml}", loaded.report))
}

#[test]
fn a_receiver_without_a_channel_is_an_error_in_check_and_a_warning_for_a_running_bot() {
    let yaml = with_receiver("{name: ops}");
    assert_eq!(codes(&yaml, Need::Check), [("no-channel", Severity::Error)]);
    let told = load(&yaml, Need::Check).report.to_string();
    for part in ["receiver `ops` has no channel", "notify nobody", "notify: false"] {
        assert!(told.contains(part), "{part} is missing in {told}");
    }
    assert_eq!(codes(&yaml, Need::Serve), [("no-channel", Severity::Warning)]);
    assert_eq!(config(&yaml).receivers_without_channel().len(), 1);
}

#[test]
fn who_says_so_notifies_nobody_and_what_no_route_reaches_does_not_matter() {
    assert_eq!(codes(&with_receiver("{name: ops, notify: false}"), Need::Check), []);
    assert_eq!(
        codes(
            &format!("{WHOLE}- {{name: unused}}\n").replace(
                "receivers: [{name: ops, slack: {channel: \"#ops\"}}]",
                "receivers:\n- {name: ops, slack: {channel: \"#ops\"}}"
            ),
            Need::Check
        ),
        [("unused", Severity::Warning)]
    );
    // Rules alone send nothing anywhere.
    assert_eq!(codes("route: {receiver: a}\nreceivers: [{name: a}]", Need::Check), []);
}

#[test]
fn pasted_slack_configs_are_sent_with_the_bots_token() {
    let yaml = with_receiver(
        r##"name: ops
  slack_configs:
  - channel: "#alerts"
    send_resolved: true
    title: '{{ template "slack.default.title" . }}'
    text: "{{ range .Alerts }}{{ .Annotations.summary }}\n{{ end }}"
  - {channel: audit, title: '{{ template "slack.default.title" . }}', text: "{{ range .Alerts }}{{ .Annotations.summary }}\n{{ end }}"}"##,
    );
    assert_eq!(codes(&yaml, Need::Check), []);
    let config = config(&yaml);
    let slack = config.receivers[0].slack.as_ref().unwrap();
    assert_eq!(slack.channels, ["#alerts", "#audit"]);
    assert_eq!(slack.resolved_quietly, ["#audit"]);
    assert!(slack.title.is_none());
    assert!(slack.text.as_ref().unwrap().source().contains("annotations[\"summary\"]"));
}

/// Each entry, and what is said of it; it never stops the bot.
#[test]
fn what_does_not_carry_over_is_named() {
    for (entry, told) in [
        (
            "{channel: '#a', username: am, color: good}",
            vec!["`username` does nothing here", "`color` does nothing here"],
        ),
        ("{channel: '#a', title: '{{ .ExternalURL }}'}", vec!["does not carry over (`.ExternalURL`)"]),
        (
            "{channel: '#a', text: '{{ template \"my.text\" . }}'}",
            vec!["does not carry over (`{{ template … }}`"],
        ),
        (
            "{channel: '{{ .GroupLabels.team }}'}",
            vec![
                "a channel from a template is not supported",
                "no channel is given",
                "receiver `ops` has no channel",
            ],
        ),
        (
            "{api_url: 'https://hooks.slack.com/x'}",
            vec!["`api_url` does nothing here", "no channel is given", "receiver `ops` has no channel"],
        ),
        (
            "{channel: '#a', title: a}\n  - {channel: '#b', title: b}",
            vec!["these entries differ in title or text"],
        ),
    ] {
        let yaml = with_receiver(&format!("name: ops\n  slack_configs:\n  - {entry}"));
        let loaded = load(&yaml, Need::Serve);
        assert!(loaded.config.is_some(), "{entry}: {}", loaded.report);
        let found: Vec<&str> = loaded.report.findings.iter().map(|found| found.message.as_str()).collect();
        assert_eq!(found.len(), told.len(), "{entry}: {found:?}");
        for told in told {
            assert!(
                found.iter().any(|found| found.contains(told)),
                "{entry}: {told} is missing in {found:?}"
            );
        }
    }
}

#[test]
fn firebells_own_words_win_over_pasted_ones() {
    let yaml = with_receiver("{name: ops, slack: {channel: '#a'}, slack_configs: [{channel: '#b'}]}");
    assert_eq!(codes(&yaml, Need::Check), [("ignored", Severity::Warning)]);
    assert_eq!(config(&yaml).receivers[0].slack.as_ref().unwrap().channels, ["#a"]);
}

#[test]
fn integrations_have_an_address_to_paste() {
    let address = |server: &str| {
        let config = config(&format!("{WHOLE}{server}"));
        (config.address_of(&config.integrations[0]), config.reached_from_here_only())
    };
    let path = "/integrations/v1/alertmanager/0123456789abcdef/";
    assert_eq!(address(""), (format!("http://127.0.0.1:8080{path}"), true));
    assert_eq!(
        address("server: {listen: '192.0.2.7:9000'}"),
        (format!("http://192.0.2.7:9000{path}"), false)
    );
    let (any, here_only) = address("server: {listen: '0.0.0.0:9000'}");
    assert!(any.ends_with(&format!(":9000{path}")) && !any.contains("0.0.0.0") && !here_only, "{any}");
    let public = "server: {public_url: 'https://firebell.example.com/alerts/'}";
    assert_eq!(address(public), (format!("https://firebell.example.com/alerts{path}"), false));
    let config = config(WHOLE);
    assert!(!config.masked_address_of(&config.integrations[0]).contains("0123456789abcdef"));
}
