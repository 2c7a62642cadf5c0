//! Prometheus without an Alertmanager.

use super::*;

#[test]
fn prometheus_as_it_posts_to_an_alertmanager() {
    let soon = "2026-11-21T04:04:00Z";
    let body = json!([
        {"labels": {"alertname": "a", "empty": ""}, "annotations": {"s": "x"}, "startsAt": "2026-11-21T03:00:00.123Z", "endsAt": soon, "generatorURL": "http://prom:9090/graph?g0.expr=up"},
        {"labels": {"alertname": "b"}, "startsAt": "2026-11-21T03:00:00Z", "endsAt": "2026-11-21T03:30:00Z"},
        {"labels": {"alertname": "c"}},
        {"labels": {"alertname": "d"}, "startsAt": "0001-01-01T00:00:00Z", "endsAt": "0001-01-01T00:00:00Z"},
        {"labels": {"alertname": "e"}, "endsAt": "2026-11-21T03:30:00Z"},
        {"labels": {"alertname": "f"}, "startsAt": "2026-11-21T03:40:00Z", "endsAt": "2026-11-21T03:30:00Z"},
    ]);
    let intake = receive_json("prometheus", &body);
    let half = at("2026-11-21T03:30:00Z");
    let timeout = Some(NOW + Duration::from_secs(300));
    let seen: Vec<_> = intake
        .alerts
        .iter()
        .map(|alert| (alert.name(), alert.status, alert.starts_at, alert.ends_at, alert.expires_at))
        .collect();
    assert_eq!(
        seen,
        [
            ("a", Status::Firing, at("2026-11-21T03:00:00.123Z"), None, Some(at(soon))),
            ("b", Status::Resolved, at("2026-11-21T03:00:00Z"), Some(half), None),
            ("c", Status::Firing, NOW, None, timeout),
            ("d", Status::Firing, NOW, None, timeout),
            ("e", Status::Resolved, half, Some(half), None),
            ("f", Status::Resolved, half, Some(half), None),
        ]
    );
    assert_eq!(intake.alerts[0].labels.find("empty"), None, "empty labels are none");
    assert_eq!(intake.sender_group, None);
    assert_eq!(&*intake.problems[0].what, "start time must be before end time");
    let answer = find("prometheus").unwrap().answer(&intake);
    assert_eq!((answer.status, answer.body.as_str()), (200, ""));

    let mut settings = settings();
    settings.resolve_timeout = Duration::from_secs(60);
    let intake = receive_with(
        "prometheus",
        "api/v2/alerts",
        &HeaderMap::new(),
        br#"[{"labels":{"a":"b"}}]"#,
        &settings,
    )
    .unwrap();
    assert_eq!(intake.alerts[0].expires_at, Some(NOW + Duration::from_secs(60)));
}

#[test]
fn prometheus_hears_of_refused_alerts_as_from_an_alertmanager() {
    let intake = receive("prometheus", r#"[{"labels":{}},{"labels":{"alertname":"a"}}]"#).unwrap();
    assert_eq!(intake.alerts.len(), 1);
    let answer = find("prometheus").unwrap().answer(&intake);
    assert_eq!((answer.status, answer.body.as_str()), (400, "\"at least one label pair required\""));
    assert!(receive("prometheus", "[]").unwrap().alerts.is_empty());
}

#[test]
fn the_older_api_also_takes_the_list_in_an_object() {
    let send = |path: &str, body: &str| {
        receive_with("prometheus", path, &HeaderMap::new(), body.as_bytes(), &settings())
    };
    let body = r#"{"extra":1,"alerts":[{"labels":{"alertname":"a"}},{"labels":{"alertname":"b"}}]}"#;
    let intake = send("api/v1/alerts", body).unwrap();
    assert_eq!(intake.alerts.iter().map(Alert::name).collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(send("api/v1/alerts", r#"[{"labels":{"alertname":"a"}}]"#).unwrap().alerts.len(), 1);
    // The newer one refuses it, as Alertmanager does.
    assert!(send("api/v2/alerts", body).unwrap_err().to_string().contains("an object, not a list"));
    let none = send("api/v1/alerts", "{}").unwrap_err();
    assert!(none.to_string().contains("without `alerts`"), "{none}");
    let odd = send("api/v1/alerts", r#"{"alerts":7}"#).unwrap_err();
    assert!(odd.to_string().contains("a number, not a list"), "{odd}");
}
