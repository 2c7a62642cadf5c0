//! Label sets through trees: who receives them, how they are grouped, and when.

use std::collections::BTreeSet;

use firebell::domain::duration;
use firebell::domain::label::Labels;
use firebell::domain::route::{GroupBy, Route, RouteTree};
use serde_json::{Value, json};

use crate::yaml::{self, File};
use crate::{fixture, list, read, text};

fn tree(value: &Value) -> RouteTree {
    let route: yaml::Route = serde_saphyr::from_str(text(value)).unwrap();
    route.tree()
}

#[test]
fn as_amtool_routes_them() {
    let data = fixture("routes.json");
    for case in list(&data["cases"]) {
        let file: File = serde_saphyr::from_str(text(&case["config"])).unwrap();
        let tree = file.route.tree();
        let labels: Labels = read(&case["labels"]);
        let expected: Vec<String> = read(&case["expected_receivers"]);
        let receivers: Vec<&str> =
            tree.matching(&labels).iter().map(|route| route.receiver.as_str()).collect();
        assert_eq!(receivers, expected, "{}", case["id"]);
        // The explanation is a second walk; it must lead to the same places.
        let taken = tree.explain(&labels).taken;
        assert_eq!(
            taken,
            tree.matching(&labels).iter().map(|route| route.index).collect::<Vec<_>>(),
            "{}",
            case["id"]
        );
    }
}

fn seconds(duration: std::time::Duration) -> Value {
    json!(duration.as_secs())
}

fn differences(route: &Route, expected: &Value) -> Vec<String> {
    let (names, all) = match &route.group_by {
        GroupBy::Sender => panic!("these trees know no sender's groups"),
        GroupBy::Labels(names) => (names.iter().cloned().collect::<BTreeSet<_>>(), false),
        GroupBy::All => (BTreeSet::new(), true),
    };
    let sorted: Option<BTreeSet<String>> = expected.get("group_by").map(read);
    let found = [
        ("receiver", json!(route.receiver)),
        ("key", json!(route.key)),
        ("group_by_all", json!(all)),
        ("group_wait_s", seconds(route.group_wait)),
        ("group_interval_s", seconds(route.group_interval)),
        ("repeat_interval_s", seconds(route.repeat_interval)),
    ];
    let mut differences: Vec<String> = found
        .into_iter()
        .filter(|(key, found)| expected.get(key).is_some_and(|expected| expected != found))
        .map(|(key, found)| format!("{key}: {found} for {}", expected[key]))
        .collect();
    if sorted.is_some_and(|sorted| !all && sorted != names) {
        differences.push(format!("group_by: {names:?}"));
    }
    differences
}

#[test]
fn as_the_tests_of_the_tree() {
    let (mut cases, mut ids, mut walks, mut labels_seen) = (0, 0, 0, 0);
    for test in list(&fixture("routes_upstream.json")) {
        let source = text(&test["source"]);
        if source.contains("TestInheritParentGroupByAll") {
            continue;
        }
        let tree = tree(&test["route_yaml"]);
        for case in test.get("cases").map(list).unwrap_or_default() {
            let labels: Labels = read(&case["labels"]);
            let matching = tree.matching(&labels);
            if let Some(expected) = case.get("expected") {
                assert_eq!(matching.len(), list(expected).len(), "{source}: {labels}");
                for (route, expected) in matching.iter().zip(list(expected)) {
                    assert_eq!(differences(route, expected), Vec::<String>::new(), "{source}: {labels}");
                }
                cases += 1;
            }
            if let Some(expected) = case.get("expected_route_labels") {
                assert_eq!(json!(matching[0].labels), *expected, "{source}: {labels}");
                labels_seen += 1;
            }
        }
        if let Some(expected) = test.get("route_ids_any_order") {
            let expected: BTreeSet<String> = read(expected);
            let found: BTreeSet<String> = tree.routes().iter().map(|route| route.id.clone()).collect();
            assert_eq!(found, expected, "{source}");
            assert!(found.iter().all(|id| tree.by_id(id).is_some()));
            ids += 1;
        }
        if let Some(expected) = test.get("receivers_depth_first") {
            let found: Vec<&str> = tree.routes().iter().map(|route| route.receiver.as_str()).collect();
            assert_eq!(json!(found), *expected, "{source}");
            walks += 1;
        }
    }
    assert!(cases > 20 && ids == 1 && walks == 1 && labels_seen == 4, "{cases} {ids} {walks} {labels_seen}");
}

#[test]
fn as_the_test_of_inherited_wildcards() {
    let data = fixture("routes_upstream.json");
    let test = list(&data)
        .iter()
        .find(|test| text(&test["source"]).contains("TestInheritParentGroupByAll"))
        .unwrap();
    // That test goes around the check that the root has a receiver.
    let route: yaml::Route =
        serde_saphyr::from_str(&format!("receiver: r\n{}", text(&test["route_yaml"]))).unwrap();
    let tree = route.tree();
    let expected = test["group_by_all"].as_object().unwrap();
    assert!(!expected.is_empty());
    for (path, all) in expected {
        let route = tree.routes().iter().find(|route| route.path == format!("route.{path}")).unwrap();
        assert_eq!(route.group_by == GroupBy::All, all.as_bool().unwrap(), "{path}");
    }
}

#[test]
fn the_defaults_are_those_of_alertmanager() {
    let route: yaml::Route = serde_saphyr::from_str("receiver: r").unwrap();
    let tree = route.tree();
    let root = &tree.routes()[0];
    let shown = [root.group_wait, root.group_interval, root.repeat_interval].map(duration::canonical);
    assert_eq!(shown, ["30s", "5m", "4h"]);
}
