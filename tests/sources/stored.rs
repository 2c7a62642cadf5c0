//! The stored bodies of real senders.

use super::*;

#[test]
fn every_stored_body_is_read_whole() {
    for fixture in fixtures() {
        let intake = receive_fixture(&fixture.name);
        assert_eq!(intake.problems, [], "{}", fixture.name);
        let Some(expected) = fixture.body["alerts"].as_array() else {
            assert_eq!(fixture.name, "grafana-custom-payload");
            continue;
        };
        assert_eq!(intake.alerts.len(), expected.len(), "{}", fixture.name);
        for (alert, json) in intake.alerts.iter().zip(expected) {
            let name = &fixture.name;
            assert_eq!(serde_json::to_value(&alert.labels).unwrap(), json["labels"], "{name}");
            assert_eq!(serde_json::to_value(&alert.annotations).unwrap(), json["annotations"], "{name}");
            assert_eq!(alert.fingerprint.to_string(), json["fingerprint"].as_str().unwrap(), "{name}");
            assert_eq!(alert.status.as_str(), json["status"], "{name}");
            assert_eq!(alert.starts_at, at(json["startsAt"].as_str().unwrap()), "{name}");
            let ends_at = json["endsAt"].as_str().unwrap();
            assert_eq!(alert.ends_at, (!ends_at.starts_with("0001")).then(|| at(ends_at)), "{name}");
            let text = |field: &str| json[field].as_str().filter(|text| !text.is_empty());
            assert_eq!(alert.generator_url.as_deref(), text("generatorURL"), "{name}");
            assert_eq!(alert.links.silence_url.as_deref(), text("silenceURL"), "{name}");
            assert_eq!(alert.links.dashboard_url.as_deref(), text("dashboardURL"), "{name}");
            assert_eq!(alert.links.panel_url.as_deref(), text("panelURL"), "{name}");
            assert_eq!(alert.links.image_url.as_deref(), text("imageURL"), "{name}");
            assert_eq!(alert.value_string.as_deref(), text("valueString"), "{name}");
            assert_eq!(alert.rule_uid.as_deref(), text("ruleUID"), "{name}");
            let values = json["values"].as_object().cloned().unwrap_or_default();
            assert_eq!(alert.values.len(), values.len(), "{name}");
            for (key, value) in &alert.values {
                assert_eq!(Some(*value), values[&**key].as_f64(), "{name}");
            }
        }
        let group = intake.sender_group.as_ref().unwrap();
        let body = &fixture.body;
        assert_eq!(&*group.key, body["groupKey"].as_str().unwrap());
        assert_eq!(&*group.receiver, body["receiver"].as_str().unwrap());
        assert_eq!(group.status.as_str(), body["status"]);
        assert_eq!(u64::from(group.truncated), body["truncatedAlerts"].as_u64().unwrap());
        assert_eq!(serde_json::to_value(&group.group_labels).unwrap(), body["groupLabels"]);
        assert_eq!(group.title.as_deref(), body["title"].as_str());
        assert_eq!(group.message.as_deref(), body["message"].as_str());
        assert_eq!(group.reason.as_deref(), body["notification_reason"].as_str());
        // What is stored comes back as it was.
        let stored = serde_json::to_vec(&intake).unwrap();
        assert_eq!(serde_json::from_slice::<Intake>(&stored).unwrap(), intake);
    }
}

#[test]
fn alertmanagers_fingerprints_are_those_of_the_labels() {
    for fixture in fixtures().iter().filter(|fixture| fixture.name.starts_with("am-")) {
        for alert in &receive_fixture(&fixture.name).alerts {
            assert_eq!(alert.fingerprint, alert.labels.fingerprint(), "{}", fixture.name);
        }
    }
}

#[test]
fn grafanas_alerts_are_shown_as_what_they_are() {
    for (name, kind, title) in [
        ("grafana-firing-single", Kind::Normal, "High latency p99"),
        ("grafana-nodata", Kind::NoData, "High latency p99"),
        ("grafana-nodata-as-alerting", Kind::NoData, "High latency p99"),
        ("grafana-error", Kind::Error, "High latency p99"),
        ("grafana-resolved-missingseries", Kind::Normal, "High latency p99"),
        ("grafana-test-contact-point", Kind::Test, "TestAlert"),
    ] {
        let intake = receive_fixture(name);
        assert_eq!((intake.alerts[0].kind, intake.alerts[0].name()), (kind, title), "{name}");
    }
    let gone = receive_fixture("grafana-resolved-missingseries");
    assert_eq!(gone.alerts[0].state_reason.as_deref(), Some("MissingSeries"));
    let single = receive_fixture("grafana-firing-single");
    assert_eq!(single.alerts[0].links.runbook_url.as_deref(), Some("https://runbooks.example.org/latency"));
    assert_eq!(single.alerts[0].values, [("B".into(), 2.708_504_338_554_695_4), ("C".into(), 1.0)]);
}

#[test]
fn a_test_with_labels_of_ones_own_is_still_a_test() {
    let mut body = fixture("grafana-test-contact-point").body;
    body["alerts"][0]["labels"] = json!({"team": "a"});
    let intake = receive_json("grafana", &body);
    assert_eq!(intake.alerts[0].kind, Kind::Test);
    body["groupKey"] = json!("{}:{team=\"a\"}");
    assert_eq!(receive_json("grafana", &body).alerts[0].kind, Kind::Normal);
}

#[test]
fn a_custom_payload_of_grafana_is_an_alert_too() {
    let intake = receive_fixture("grafana-custom-payload");
    let alert = &intake.alerts[0];
    assert_eq!(alert.name(), "High latency p99");
    assert_eq!(alert.labels.get("team"), "checkout");
    assert_eq!(alert.status, Status::Firing);
    // It need be no JSON at all.
    let intake = receive("grafana", "[FIRING:1] High latency\nsecond line").unwrap();
    assert_eq!(intake.alerts[0].name(), "High latency");
    assert_eq!(intake.alerts[0].annotations.get("description"), "[FIRING:1] High latency\nsecond line");
}

#[test]
fn dashboard_alerts_of_old_grafanas() {
    let body = |state: &str| {
        json!({
            "dashboardId": 1, "evalMatches": [{"value": 100, "metric": "High value", "tags": null}, {"value": 2.5, "metric": "Low"}],
            "imageUrl": "https://grafana.example.org/img.png", "message": "Notification Message", "orgId": 1, "panelId": 2,
            "ruleId": 7, "ruleName": "Panel Title alert", "ruleUrl": "https://grafana.example.org/d/x?tab=alert",
            "state": state, "tags": {"team": "a"}, "title": format!("[{state}] Panel Title alert"),
        })
    };
    let firing = receive_json("grafana", &body("alerting"));
    let alert = &firing.alerts[0];
    assert_eq!(
        (alert.name(), alert.labels.get("team"), alert.status),
        ("Panel Title alert", "a", Status::Firing)
    );
    assert_eq!(alert.values, [("High value".into(), 100.0), ("Low".into(), 2.5)]);
    assert_eq!(alert.generator_url.as_deref(), Some("https://grafana.example.org/d/x?tab=alert"));
    assert_eq!(alert.links.image_url.as_deref(), Some("https://grafana.example.org/img.png"));
    let resolved = receive_json("grafana", &body("ok"));
    assert_eq!(resolved.alerts[0].status, Status::Resolved);
    assert_eq!(resolved.alerts[0].fingerprint, alert.fingerprint);
    assert_eq!(resolved.sender_group.unwrap().key, firing.sender_group.unwrap().key);
    assert_eq!(receive_json("grafana", &body("no_data")).alerts[0].kind, Kind::NoData);
}
