//! The README is true: its config loads, its commands exist, its examples run.

use std::collections::{BTreeMap, BTreeSet};

use firebell::cli::Exit;
use firebell::config::{Need, load_str};
use firebell::yaml::TestSurroundings;

use super::{firebell, in_repo};

fn readme() -> String {
    std::fs::read_to_string(in_repo("README.md")).unwrap()
}

/// The text between the fences of this language, without their indentation.
fn blocks(language: &str) -> Vec<String> {
    let (mut found, mut open) = (Vec::new(), None::<(usize, String)>);
    for line in readme().lines() {
        let bare = line.trim_start();
        match &mut open {
            Some((_, text)) if bare == "```" => {
                found.push(std::mem::take(text));
                open = None;
            }
            Some((indent, text)) => {
                text.push_str(line.get(*indent..).unwrap_or_default());
                text.push('\n');
            }
            None if bare.strip_prefix("4. ").unwrap_or(bare) == format!("```{language}") => {
                open = Some((line.len() - bare.len(), String::new()));
            }
            None => {}
        }
    }
    found
}

#[test]
fn its_config_makes_a_bot() {
    let variables = [
        ("SLACK_BOT_TOKEN", "xoxb-1-2"),
        ("SLACK_APP_TOKEN", "xapp-1-2"),
        ("GRAFANA_TOKEN", "0123456789abcdef"),
    ];
    let surroundings = TestSurroundings {
        variables: variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        files: BTreeMap::new(),
    };
    let configs = blocks("yaml");
    assert!(!configs.is_empty(), "the README shows no config");
    for yaml in configs {
        let loaded = load_str(&yaml, Need::Serve, &surroundings);
        assert!(loaded.config.is_some(), "{}\n{yaml}", loaded.report);
        assert_eq!(loaded.report.findings.len(), 0, "{}", loaded.report);
    }
}

/// What is pasted from the README is the file that the tests know.
#[test]
fn its_first_config_is_the_minimal_example() {
    let minimal = std::fs::read_to_string(in_repo("examples/minimal.yaml")).unwrap();
    assert_eq!(blocks("yaml").first(), Some(&minimal));
}

#[test]
fn its_commands_exist() {
    let (_, help, _) = firebell(&["--help"]);
    let text = readme();
    let named: BTreeSet<&str> = text
        .split("firebell ")
        .skip(1)
        .filter_map(|rest| rest.split(|c: char| !c.is_ascii_lowercase()).next())
        .filter(|word| !word.is_empty())
        .collect();
    for word in ["serve", "check", "route", "test", "doctor", "backup", "sim"] {
        assert!(named.contains(word), "the README does not tell of `firebell {word}`");
        assert!(help.contains(&format!("\n  {word} ")), "there is no `firebell {word}`");
    }
}

#[test]
fn its_examples_run() {
    for block in blocks("sh") {
        for line in block.lines().filter(|line| line.contains("examples/")) {
            let args: Vec<String> = line
                .split_whitespace()
                .skip(1)
                .map(|word| if word.starts_with("examples/") { in_repo(word) } else { word.to_owned() })
                .collect();
            let args: Vec<&str> = args.iter().map(String::as_str).collect();
            let (exit, out, err) = firebell(&args);
            assert_eq!(exit, Exit::Fine, "{line}\n{out}\n{err}");
        }
    }
}
