//! The engine held against a running Alertmanager (`live.json`), through `firebell test`.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use firebell::domain::label::Labels;
use firebell::trial::{self, Simulator};
use serde_json::{Value, json};

fn labels(value: &Value) -> Labels {
    serde_json::from_value(value.clone()).unwrap()
}

#[tokio::test]
async fn groups_members_and_inhibition_are_alertmanagers() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/conformance/live.json");
    let cases: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (mut groups_seen, mut inhibited_seen) = (0, 0);
    for case in cases["cases"].as_array().unwrap() {
        let id = case["id"].as_str().unwrap();
        let all = case["alerts"].as_array().unwrap();
        fs::write(folder.path().join("config.yaml"), case["config"].as_str().unwrap()).unwrap();
        // One second after the other, as they were posted; those that are over end at the end.
        let alerts: Vec<Value> = all
            .iter()
            .enumerate()
            .map(|(nth, alert)| {
                // Alertmanager puts what no route groups into one group; so does a sender that says so.
                let mut line =
                    json!({"labels": alert["labels"], "from": format!("{nth}s"), "sender_group": {}});
                if alert["active"] == false {
                    line["until"] = json!("10m");
                }
                line
            })
            .collect();
        let tests = json!({
            "config": "config.yaml",
            "tests": [{"name": id, "alerts": alerts, "expect": [{"at": "20m", "some_groups": []}]}],
        });
        let file = folder.path().join("live_test.yaml");
        fs::write(&file, tests.to_string()).unwrap();
        let loaded = trial::load(&file, &[], 0).await.unwrap();
        assert!(
            loaded.report.is_fine() && loaded.config_report.is_fine(),
            "{id}: {}{}",
            loaded.report,
            loaded.config_report
        );
        let trial = loaded.trial.unwrap();
        let simulator = Simulator::new(trial.config.clone()).await.unwrap();
        let record = simulator.run(&trial.tests[0]).await.unwrap();
        simulator.close().await;
        let world = &record.seen[0];

        let members = |labels: &[Labels]| labels.iter().map(ToString::to_string).collect::<BTreeSet<_>>();
        let mut found: Vec<(String, String, BTreeSet<String>)> = world
            .open()
            .filter(|seen| !seen.firing.is_empty())
            .map(|seen| {
                (seen.group.receiver.clone(), seen.group.group_labels.to_string(), members(&seen.firing))
            })
            .collect();
        let mut expected: Vec<(String, String, BTreeSet<String>)> = case["groups"]
            .as_array()
            .unwrap()
            .iter()
            .map(|group| {
                let of =
                    |nth: &Value| labels(&all[usize::try_from(nth.as_u64().unwrap()).unwrap()]["labels"]);
                let members =
                    members(&group["members"].as_array().unwrap().iter().map(of).collect::<Vec<_>>());
                (
                    group["receiver"].as_str().unwrap().to_owned(),
                    labels(&group["group_labels"]).to_string(),
                    members,
                )
            })
            .collect();
        found.sort();
        expected.sort();
        assert_eq!(found, expected, "{id}");
        groups_seen += found.len();

        for alert in all.iter().filter(|alert| alert["active"] == true) {
            let wanted = labels(&alert["labels"]).without_empty();
            let seen = world.alerts.iter().find(|one| one.labels == wanted).unwrap();
            let suppressed = alert["state"] == "suppressed";
            inhibited_seen += usize::from(suppressed);
            assert_eq!(seen.inhibited.is_some(), suppressed, "{id}: {wanted}: {:?}", seen.inhibited);
        }
    }
    assert!(groups_seen > 50 && inhibited_seen > 20, "{groups_seen} {inhibited_seen}");
}
