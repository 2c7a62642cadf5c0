//! No secret in anything that is shown.

use firebell::config::{Need, json_schema, load_str};
use firebell::yaml::{Style, TestSurroundings};
use proptest::prelude::*;

use super::load;

/// Every place a secret can stand in, and some that a mistake puts it in.
const TEMPLATES: [&str; 14] = [
    "slack: {bot_token: \"xoxb-@\", app_token: \"xapp-@\", signing_secret: \"@\", signing_secret_previous: \"@\"}",
    "slack: {bot_token: \"@\", app_token: \"@\", mod: x}",
    "slack:\n  bot_token: '@'\n  bot_tokn: '@'\n  conections: 5",
    "slack:\n  bot_token: |\n    @\n  app_token: >-\n    @\n  nothing: 1",
    "slack: ['@']\nserver: {listen: x}",
    "slack: '@'",
    "slack:\n  bot_token: '@'\n  bot_token: '@'",
    "slack:\n  bot_token: \"@\n  app_token: '@\nusers: [",
    "integrations:\n- {name: a, kind: grafna, token: \"@\", bearer: \"@\", hmac: {secret: \"@\", heder: x}}",
    "integrations:\n- {name: a, kind: grafana, token: \"@\", basic_auth: {username: u, password: \"@\", x: 1}}",
    "store: {url: \"postgres://user:@@host/db\", retention: x}",
    "store: {url: \"mysql://user:@@host/db\"}",
    "global: {slack_api_url: '@', smtp_auth_password: '@'}\nx: 1",
    "receivers2: [{name: x, webhook_configs: [{url: '@'}]}]",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn whatever_is_wrong_no_secret_is_shown(secret in "[A-Za-z0-9]{16,40}") {
        for template in TEMPLATES {
            for rules in [super::RULES, ""] {
                let yaml = format!("{rules}{}", template.replace('@', &secret));
                for need in [Need::Rules, Need::Check, Need::Serve] {
                    let loaded = load(&yaml, need);
                    let mut shown = loaded.report.render(Style::Colour);
                    shown.push_str(&format!("{:?}{:?}", loaded.report, loaded.config));
                    shown.push_str(&serde_json::to_string(&loaded.report).unwrap());
                    for finding in &loaded.report.findings {
                        shown.push_str(&finding.to_string());
                    }
                    prop_assert!(!shown.contains(&secret), "{yaml}\n{shown}");
                }
            }
        }
    }

    #[test]
    fn what_the_environment_and_files_hold_is_not_shown(secret in "[A-Za-z0-9]{16,40}") {
        let yaml = r#"
slack: {bot_token: "${S}", app_token_file: app, mode: "${S}", api_url: "${S}", command: "${S}"}
integrations: [{name: a, kind: "${S}", token_file: app, mapping: {title: "{{ ${S}"}}]
route: {receiver: "${S}", group_wait: "${S}", routes: [{matchers: ["${S}"], match_re: {a: "(${S}"}}]}
receivers: [{name: ops, slack: {channel: "${S} x"}}]
users: [{name: x, email: "${S}"}]
time_intervals: [{name: x, time_intervals: [{location: "${S}", weekdays: ["${S}"]}]}]
inhibit_rules: [{source_matchers: ["${S}"], equal: ["${S} !"]}]
"#;
        let mut surroundings = TestSurroundings::default();
        surroundings.variables.insert("S".to_owned(), secret.clone());
        surroundings.files.insert("app".into(), format!("{secret}!\n"));
        let loaded = load_str(yaml, Need::Serve, &surroundings);
        prop_assert!(loaded.report.errors() > 8);
        let shown = format!("{}{:?}", loaded.report, loaded.report);
        prop_assert!(!shown.contains(&secret), "{shown}");
    }
}

#[test]
fn the_schema_has_no_default_for_a_secret() {
    fn look(schema: &serde_json::Value) {
        if let serde_json::Value::Object(map) = schema {
            if map.contains_key("writeOnly") {
                assert!(!map.contains_key("default") && !map.contains_key("examples"));
            }
            map.values().for_each(look);
        } else if let serde_json::Value::Array(items) = schema {
            items.iter().for_each(look);
        }
    }
    look(&json_schema());
}
