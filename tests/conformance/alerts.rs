//! Alerts as a running Alertmanager saw them: fingerprints, groups, inhibition, repeats.

use std::collections::BTreeSet;
use std::time::Duration;

use firebell::domain::dedup::{self, LastNotification, Manner, Now};
use firebell::domain::inhibit::{Choice, InhibitRules, Known, Question};
use firebell::domain::label::Labels;
use firebell::domain::time::Timestamp;
use serde_json::{Value, json};

use crate::yaml::{self, File, InhibitRule};
use crate::{fixture, flag, list, read, text};

struct Alert {
    labels: Labels,
    is_active: bool,
}

fn alerts(value: &Value) -> Vec<Alert> {
    let all = value.as_array().unwrap();
    all.iter()
        .map(|alert| Alert { labels: read(&alert["labels"]), is_active: flag(&alert["active"]) })
        .collect()
}

/// All label sets, the one last heard of firing first, with whether they still fire: the last state of a set counts.
fn newest_first(alerts: &[Alert]) -> Vec<(&Labels, bool)> {
    let mut all: Vec<(&Labels, bool)> = Vec::new();
    for alert in alerts {
        match all.iter_mut().find(|(labels, _)| **labels == alert.labels) {
            Some(known) => known.1 = alert.is_active,
            None => all.insert(0, (&alert.labels, alert.is_active)),
        }
    }
    all
}

#[test]
fn as_a_running_alertmanager_saw_them() {
    let (mut suppressed, mut groups_seen) = (0, 0);
    for case in list(&fixture("live.json")["cases"]) {
        let file: File = serde_saphyr::from_str(text(&case["config"])).unwrap();
        let tree = file.route.tree();
        let rules = yaml::inhibit_rules(file.inhibit_rules);
        let all = alerts(&case["alerts"]);
        let known = newest_first(&all);
        let id = &case["id"];
        let mut groups: Vec<(String, String, Labels, Vec<usize>)> = Vec::new();
        for (nth, (alert, expected)) in all.iter().zip(list(&case["alerts"])).enumerate() {
            if let Some(fingerprint) = expected.get("fingerprint") {
                assert_eq!(alert.labels.fingerprint().to_string(), text(fingerprint), "{id} {nth}");
            }
            if !alert.is_active {
                continue;
            }
            let taken = tree.matching(&alert.labels);
            let receivers: BTreeSet<&str> = taken.iter().map(|route| route.receiver.as_str()).collect();
            let expected_receivers: BTreeSet<String> = read(&expected["receivers"]);
            assert!(
                receivers.iter().eq(&expected_receivers),
                "{id} {nth}: {receivers:?}, {expected_receivers:?}"
            );

            let by = rules.muted_by(&alert.labels, known.iter().copied(), Choice::LastHeard);
            assert_eq!(
                by.is_some(),
                text(&expected["state"]) == "suppressed",
                "{id} {nth}: {}",
                alert.labels
            );
            suppressed += usize::from(by.is_some());
            // Which of several sources it names is chance; it must be one that we think valid, too.
            for source in expected["inhibited_by"].as_array().unwrap() {
                let source = &all[usize::try_from(source.as_u64().unwrap()).unwrap()].labels;
                assert!(
                    rules.muted_by(&alert.labels, [(source, true)], Choice::LastHeard).is_some(),
                    "{id} {nth}: {source}"
                );
            }
            for route in taken {
                let group_labels = route.group_labels(&alert.labels);
                match groups.iter_mut().find(|group| group.0 == route.id && group.2 == group_labels) {
                    Some(group) => group.3.push(nth),
                    None => groups.push((route.id.clone(), route.receiver.clone(), group_labels, vec![nth])),
                }
            }
        }
        let mut found: Vec<String> = groups
            .iter()
            .map(|(_, receiver, labels, members)| json!([receiver, labels, members]).to_string())
            .collect();
        let mut expected: Vec<String> = list(&case["groups"])
            .iter()
            .map(|group| {
                let mut members: Vec<u64> = read(&group["members"]);
                members.sort_unstable();
                json!([group["receiver"], read::<Labels>(&group["group_labels"]), members]).to_string()
            })
            .collect();
        found.sort();
        expected.sort();
        assert_eq!(found, expected, "{id}");
        groups_seen += found.len();
    }
    assert!(suppressed > 20 && groups_seen > 50, "{suppressed} {groups_seen}");
}

fn rules(value: &Value) -> InhibitRules {
    yaml::inhibit_rules(read::<Vec<InhibitRule>>(value))
}

#[test]
fn as_the_tests_of_inhibition() {
    let mut targets = 0;
    for test in list(&fixture("inhibit_upstream.json")) {
        let source = text(&test["source"]);
        if let Some(cases) = test.get("has_equal") {
            for case in list(cases) {
                let rules = rules(&json!([{"equal": case["equal"]}]));
                let all = alerts(&case["sources"]);
                let target: Labels = read(&case["target"]);
                let rule = rules.iter().next().unwrap();
                let question = rule.question(&target).unwrap();
                let known = newest_first(&all).into_iter().filter_map(|(labels, is_active)| {
                    let row = rule.source_row(labels).filter(|row| row.equal_key == question.equal_key)?;
                    Some(Known { source: labels, is_target: row.is_target, is_active })
                });
                // What is to be found there is a source; that it is a target too does not matter.
                let question = Question { not_by_targets: false, ..question.clone() };
                let found = question.answer(known, Choice::LastHeard).is_some();
                assert_eq!(found, flag(&case["result"]), "{}", case["name"]);
                targets += 1;
            }
            continue;
        }
        let rules = rules(&test["inhibit_rules"]);
        let all = alerts(&test["alerts"]);
        for target in list(&test["targets"]) {
            let labels: Labels = read(&target["labels"]);
            let by = rules.muted_by(&labels, newest_first(&all), Choice::LastHeard);
            assert_eq!(by.is_some(), flag(&target["muted"]), "{source}: {labels}");
            targets += 1;
        }
    }
    assert!(targets > 20, "{targets}");
}

#[test]
fn as_the_tests_of_deduplication() {
    let now = Timestamp::from_ms(1_700_000_000_000);
    for case in list(&fixture("dedup_upstream.json")["cases"]) {
        let set = |value: &Value| read::<BTreeSet<u64>>(value);
        let last = case["last"].as_object().map(|last| LastNotification {
            firing: set(&last["firing"]),
            resolved: set(&last["resolved"]),
            at: match &last["age_s"] {
                Value::Null => None,
                Value::String(_) => Some(Timestamp::from_ms(0)),
                age => Some(now - Duration::from_secs(age.as_u64().unwrap())),
            },
        });
        let (firing, resolved) = (set(&case["firing"]), set(&case["resolved"]));
        let manner = Manner {
            repeat_interval: Duration::from_secs(case["repeat_s"].as_u64().unwrap()),
            send_resolved: flag(&case["send_resolved"]),
        };
        let speak =
            dedup::decide(last.as_ref(), &Now { firing: &firing, resolved: &resolved, at: now }, manner);
        assert_eq!(speak.is_yes(), flag(&case["notify"]), "{}: {speak:?}", case["note"]);
    }
}
