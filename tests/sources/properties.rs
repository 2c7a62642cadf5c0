//! What holds for any body at all.

use super::*;

fn any_json() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        any::<f64>().prop_map(Json::from),
        "\\PC{0,12}".prop_map(Json::from),
        prop::sample::select(vec![
            "firing",
            "resolved",
            "2026-04-15T14:00:00Z",
            "0001-01-01T00:00:00Z",
            "https://x.example.org",
            "ok"
        ])
        .prop_map(Json::from),
    ];
    let names = prop::sample::select(vec![
        "alerts",
        "labels",
        "annotations",
        "status",
        "startsAt",
        "endsAt",
        "fingerprint",
        "values",
        "groupKey",
        "groupLabels",
        "title",
        "state",
        "message",
        "heartbeat",
        "monitor",
        "data",
        "event",
        "tags",
        "ruleName",
        "evalMatches",
        "id",
        "url",
        "x",
        "orgId",
        "truncatedAlerts",
    ]);
    leaf.prop_recursive(5, 60, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Json::from),
            prop::collection::vec((names.clone(), inner), 0..6).prop_map(|pairs| pairs
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect::<Json>()),
        ]
    })
}

fn check(kind: &str, body: &[u8]) {
    if let Ok(intake) = receive(kind, body) {
        let stored = serde_json::to_string(&intake).unwrap();
        assert_eq!(serde_json::from_str::<Intake>(&stored).unwrap(), intake, "{kind} {stored}");
        assert!(!stored.contains("\\u0000"));
        find(kind).unwrap().answer(&intake);
        for alert in &intake.alerts {
            assert!(!alert.labels.is_empty() || !alert.annotations.is_empty());
            assert_eq!(alert.ends_at.is_some(), alert.status == Status::Resolved);
        }
    }
}

proptest! {
    #[test]
    fn any_json_is_read_or_refused(json in any_json()) {
        for source in SOURCES {
            check(source.kind, json.to_string().as_bytes());
        }
        check("alertmanager", group_of(json.clone()).to_string().as_bytes());
        check("grafana", group_of(json!([json])).to_string().as_bytes());
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200), cut in 0_usize..3_000) {
        let raw = fixture("grafana-firing-single").raw;
        let mut at = cut.min(raw.len());
        while !raw.is_char_boundary(at) {
            at -= 1;
        }
        let mut spliced = raw.as_bytes()[..at].to_vec();
        spliced.extend(&bytes);
        spliced.extend(&raw.as_bytes()[at..]);
        for source in SOURCES {
            check(source.kind, &bytes);
            check(source.kind, &spliced);
            check(source.kind, &raw.as_bytes()[..at]);
        }
    }

    #[test]
    fn a_good_alert_survives_its_neighbours(before in prop::collection::vec(any_json(), 0..4), after in prop::collection::vec(any_json(), 0..4)) {
        let good = json!({"status": "firing", "labels": {"alertname": "Good", "x": "good one"}, "startsAt": "2026-11-21T03:00:00Z"});
        let list: Vec<Json> = before.into_iter().chain([good]).chain(after).collect();
        for (kind, body) in [("alertmanager", group_of(json!(list))), ("grafana", group_of(json!(list))), ("prometheus", json!(list))] {
            let intake = receive_json(kind, &body);
            let found = intake.alerts.iter().find(|alert| alert.name() == "Good").unwrap();
            prop_assert_eq!(found.starts_at, at("2026-11-21T03:00:00Z"));
            prop_assert_eq!(found.status, Status::Firing);
        }
    }
}
