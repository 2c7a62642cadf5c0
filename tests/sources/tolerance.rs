//! What is odd and is taken nevertheless.

use super::*;

#[test]
fn odd_types_become_text() {
    let body = group_of(json!([{
        "status": "FIRING",
        "labels": {"alertname": 7, "flag": true, "none": null, "empty": "", "float": 1.5, "list": ["a", 1], "map": {"x": "y"}, "": "no name"},
        "annotations": {"n": 1}, "startsAt": 1_776_261_600, "endsAt": null, "generatorURL": 5, "fingerprint": null,
        "values": {"A": "2.5", "B": null, "C": "NaN"}, "orgId": "3", "new": {"field": [1]},
    }]));
    let intake = receive_json("alertmanager", &body);
    assert_eq!(intake.problems, []);
    let alert = &intake.alerts[0];
    let labels: Vec<_> = alert.labels.iter().collect();
    assert_eq!(
        labels,
        [
            ("alertname", "7"),
            ("flag", "true"),
            ("float", "1.5"),
            ("list", "[\"a\",1]"),
            ("map", "{\"x\":\"y\"}")
        ]
    );
    assert_eq!(alert.starts_at, at("2026-04-15T14:00:00Z"));
    assert_eq!(
        (alert.values.clone(), alert.org_id, alert.generator_url.clone()),
        (vec![("A".into(), 2.5)], Some(3), None)
    );
    assert_eq!(alert.fingerprint, alert.labels.fingerprint());
}

#[test]
fn one_broken_alert_costs_itself_only() {
    let good = |name: &str| json!({"status": "firing", "labels": {"alertname": name}, "startsAt": "2026-04-15T14:00:00Z"});
    let deep = "[".repeat(500) + &"]".repeat(500);
    let text = group_of(
        json!([good("a"), 5, null, "x", [], {}, {"labels": "no"}, {"labels": {"l": "DEEP"}}, good("z")]),
    )
    .to_string()
    .replace("\"DEEP\"", &deep);
    let intake = receive("alertmanager", &text).unwrap();
    let names: Vec<_> = intake.alerts.iter().map(Alert::name).collect();
    assert_eq!(names, ["a", "z"]);
    assert_eq!(intake.lost, 7);
    let told: Vec<String> = intake
        .problems
        .iter()
        .filter(|problem| problem.lost)
        .map(|problem| format!("{}: {}", problem.index.unwrap(), problem.what))
        .collect();
    assert_eq!(
        told,
        [
            "1: the alert is a number, not an object",
            "2: the alert is null, not an object",
            "3: the alert is a text, not an object",
            "4: the alert is a list, not an object",
            "5: at least one label pair required",
            "6: at least one label pair required",
            "7: the alert could not be read: recursion limit exceeded",
        ]
    );
    let answer = find("alertmanager").unwrap().answer(&intake);
    assert_eq!(answer.status, 200);
    assert!(answer.body.contains("\"lost\":7"), "{}", answer.body);
}

#[test]
fn bad_times_and_unknown_states_are_problems_not_losses() {
    let body = group_of(json!([
        {"status": "firing", "labels": {"alertname": "a"}, "startsAt": "yesterday"},
        {"status": "resolved", "labels": {"alertname": "b"}, "startsAt": "2026-04-15T14:00:00Z", "endsAt": "never"},
        {"status": "weird", "labels": {"alertname": "c"}, "endsAt": "2026-04-15T14:00:00.123456789+02:00"},
        {"labels": {"alertname": "d"}},
        {"status": "resolved", "labels": {"alertname": "e"}, "endsAt": "2999-01-01T00:00:00Z"},
    ]));
    let intake = receive_json("alertmanager", &body);
    let seen: Vec<_> =
        intake.alerts.iter().map(|alert| (alert.status, alert.starts_at, alert.ends_at)).collect();
    let noon = at("2026-04-15T12:00:00.123Z");
    assert_eq!(
        seen,
        [
            (Status::Firing, NOW, None),
            (Status::Resolved, at("2026-04-15T14:00:00Z"), Some(NOW)),
            (Status::Resolved, noon, Some(noon)),
            (Status::Firing, NOW, None),
            (Status::Resolved, NOW, Some(NOW)),
        ]
    );
    assert_eq!((intake.problems.len(), intake.lost), (3, 0));
}

#[test]
fn long_and_odd_texts_are_kept_as_far_as_they_can() {
    let long = "ü".repeat(20_000);
    let log = "line\n".repeat(8_000);
    let body = group_of(json!([
        {"labels": {"alertname": "a", "x": format!("{long}1")}, "annotations": {"log": log}},
        {"labels": {"alertname": "a", "x": format!("{long}2")}},
        {"labels": {"alertname": "b\u{0}\u{1b}[31m\r\nc\u{85}"}},
    ]));
    let intake = receive_json("alertmanager", &body);
    let [one, two, three] = &intake.alerts[..] else { panic!("{} alerts", intake.alerts.len()) };
    assert!(one.labels.get("x").len() <= 4_096 && one.labels.get("x").contains("… [cut, 40001 bytes, "));
    assert_ne!(one.fingerprint, two.fingerprint, "what differs behind the cut stays different");
    assert_eq!(one.annotations.get("log"), log, "40 kB are kept whole");
    assert_eq!(three.name(), "b\u{fffd}\u{fffd}[31m\nc\u{fffd}");
}

#[test]
fn too_many_labels_are_left_out_but_never_the_name() {
    let mut labels = serde_json::Map::new();
    for index in 0..200 {
        labels.insert(format!("a{index:03}"), json!("x"));
    }
    labels.insert("alertname".to_owned(), json!("Disk"));
    let intake = receive_json("alertmanager", &group_of(json!([{"labels": labels}])));
    assert_eq!(intake.alerts[0].labels.len(), 128);
    assert_eq!(intake.alerts[0].name(), "Disk");
    assert!(intake.problems[0].what.contains("73 labels"), "{:?}", intake.problems);
}

#[test]
fn duplicate_fields_and_broken_letters() {
    let intake = receive(
        "alertmanager",
        "\u{feff}{\"alerts\":[{\"labels\":{\"alertname\":\"a\",\"alertname\":\"b\"},\"status\":\"resolved\",\"status\":\"firing\"}]}",
    )
    .unwrap();
    assert_eq!((intake.alerts[0].name(), intake.alerts[0].status), ("b", Status::Firing));

    let bodies: [&[u8]; 4] = [
        b"{\"alerts\":[{\"labels\":{\"alertname\":\"a\xff\"}}]}",
        b"{\"alerts\":[{\"labels\":{\"alertname\":\"a\\ud83d\"}}]}",
        b"{\"alerts\":[{\"labels\":{\"alertname\":\"a\nb\"}}]}",
        b"{\"alerts\":[{\"labels\":{\"alertname\":\"a\\x\"}}]}",
    ];
    for (body, name) in bodies.into_iter().zip(["a\u{fffd}", "a\u{fffd}", "a\nb", "a\\x"]) {
        let intake = receive("alertmanager", body).unwrap();
        assert_eq!(intake.alerts[0].name(), name);
        assert_eq!((intake.problems.len(), intake.lost), (1, 0));
    }
    // What is whole stays as it is beside what is mended.
    let intake = receive(
        "alertmanager",
        b"{\"alerts\":[{\"labels\":{\"a\":\"\\ud83d\\ude00 \\\"q\\\" \\u0041\\\\\",\"b\":\"\xff\"}}]}",
    )
    .unwrap();
    assert_eq!(intake.alerts[0].labels.get("a"), "😀 \"q\" A\\");
}
