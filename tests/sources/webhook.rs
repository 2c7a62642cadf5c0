//! Any JSON, with and without a mapping.

use super::*;

#[test]
fn the_default_mapping_of_what_is_about() {
    // (body, name, message, severity, resolved)
    for (body, name, message, severity, resolved) in [
        (
            json!({"title": "Disk full", "message": "98 %", "severity": "Critical"}),
            "Disk full",
            "98 %",
            "critical",
            false,
        ),
        (json!({"name": "Disk", "text": "x", "state": "OK"}), "Disk", "x", "", true),
        (
            json!({"Subject": "Disk", "Body": "x", "Priority": "P1", "Status": "RESOLVED"}),
            "Disk",
            "x",
            "p1",
            true,
        ),
        (
            json!({"alert_name": "Disk", "description": "x", "level": "warning"}),
            "Disk",
            "x",
            "warning",
            false,
        ),
        (json!({"summary": "only this"}), "only this", "", "", false),
        (
            json!({"message": "only a message\nand more"}),
            "only a message",
            "only a message\nand more",
            "",
            false,
        ),
        // Uptime Kuma
        (
            json!({"heartbeat": {"monitorID": 1, "status": 0, "time": "2026-11-21 03:00:00.000", "msg": "timeout"}, "monitor": {"id": 1, "name": "Shop", "url": "https://shop.example.org", "hostname": null}, "msg": "[Shop] [Down] timeout"}),
            "Shop",
            "[Shop] [Down] timeout",
            "",
            false,
        ),
        (
            json!({"heartbeat": {"status": 1, "msg": "200 - OK"}, "monitor": {"id": 1, "name": "Shop"}, "msg": "[Shop] [Up] 200 - OK"}),
            "Shop",
            "[Shop] [Up] 200 - OK",
            "",
            true,
        ),
        // Healthchecks.io, as its docs suggest
        (
            json!({"name": "backup", "status": "down", "tags": "prod db", "code": "c-1"}),
            "backup",
            "",
            "",
            false,
        ),
        // Sentry
        (
            json!({"action": "triggered", "data": {"event": {"title": "ZeroDivisionError", "message": "division by zero", "level": "error", "web_url": "https://sentry.example.org/1", "issue_id": "9"}}}),
            "ZeroDivisionError",
            "division by zero",
            "error",
            false,
        ),
        // GitLab
        (
            json!({"object_kind": "pipeline", "title": "Pipeline", "object_attributes": {"id": 31, "status": "success", "url": "https://gitlab.example.org/p/31"}, "project": {"name": "shop"}}),
            "Pipeline",
            "",
            "",
            true,
        ),
        // Zabbix, flat
        (
            json!({"alert_subject": "CPU high", "alert_message": "load 9", "event_id": "12", "event_value": "1", "trigger_severity": "High", "host_name": "db1"}),
            "CPU high",
            "load 9",
            "high",
            false,
        ),
        (
            json!({"alert_subject": "CPU high", "event_id": "12", "event_value": "0"}),
            "CPU high",
            "",
            "",
            true,
        ),
        // Kapacitor
        (json!({"id": "cpu:host=a", "message": "x", "level": "OK"}), "x", "x", "", true),
        // PagerDuty-like, Datadog-like
        (
            json!({"event_type": "alert", "incident_key": "k", "title": "T", "alert_transition": "Recovered"}),
            "T",
            "",
            "",
            true,
        ),
        (json!({"title": "T", "alert_transition": "Recovered"}), "T", "", "", true),
        (json!({"title": "T", "resolved": true}), "T", "", "", true),
        (json!({"title": "T", "firing": false}), "T", "", "", true),
        (json!({"state": "ok"}), "Alert from shop", "{\n  \"state\": \"ok\"\n}", "", true),
        (json!({}), "Alert from shop", "{}", "", false),
        (json!("just a text"), "just a text", "just a text", "", false),
        (json!(5), "5", "5", "", false),
        (json!(null), "Alert from shop", "", "", false),
    ] {
        let intake = receive_json("webhook", &body);
        let alert = &intake.alerts[0];
        let is_recognised = alert.kind != Kind::Unrecognised;
        assert_eq!(intake.problems.is_empty(), is_recognised, "{body}");
        assert_eq!(alert.expires_at.is_none(), is_recognised, "{body}: nothing else would end it");
        let seen = (
            alert.name(),
            alert.annotations.get("description"),
            alert.labels.get("severity"),
            !alert.is_firing(),
        );
        assert_eq!(seen, (name, message, severity, resolved), "{body}");
    }
}

#[test]
fn the_default_mapping_finds_links_keys_labels_times() {
    let intake = receive_json(
        "webhook",
        &json!({
            "title": "T", "url": "not a link", "permalink": "https://x.example.org/1", "image_url": "https://x.example.org/i.png",
            "runbook": "https://x.example.org/r", "host": "db1", "environment": "prod", "tags": ["team:sre", "beta"], "labels": {"zone": "b"},
            "id": 77, "timestamp": 1_776_261_600, "count": 3, "nested": {"deep": 1}, "annotations": {"hint": "look"},
        }),
    );
    let alert = &intake.alerts[0];
    assert_eq!(alert.generator_url.as_deref(), Some("https://x.example.org/1"));
    assert_eq!(alert.links.image_url.as_deref(), Some("https://x.example.org/i.png"));
    assert_eq!(alert.links.runbook_url.as_deref(), Some("https://x.example.org/r"));
    assert_eq!(
        alert.labels.iter().collect::<Vec<_>>(),
        [
            ("alertname", "T"),
            ("env", "prod"),
            ("host", "db1"),
            ("tags", "beta"),
            ("team", "sre"),
            ("zone", "b")
        ]
    );
    assert_eq!(alert.starts_at, at("2026-04-15T14:00:00Z"));
    assert_eq!((alert.annotations.get("count"), alert.annotations.get("hint")), ("3", "look"));
    // Without a key the labels tell alerts apart, but not how bad it is.
    let level =
        |level: &str| receive_json("webhook", &json!({"message": "x", "level": level})).alerts.remove(0);
    assert_eq!(level("OK").fingerprint, level("CRITICAL").fingerprint);
    assert_eq!((level("OK").status, level("CRITICAL").status), (Status::Resolved, Status::Firing));
    // The same key, another title, the end of it: the same alert.
    let over = receive_json("webhook", &json!({"title": "T is over", "id": 77, "status": "closed"}));
    assert_eq!(over.alerts[0].fingerprint, alert.fingerprint);
    assert_eq!(over.sender_group.unwrap().key, intake.sender_group.unwrap().key);
}

#[test]
fn forms_and_texts() {
    let mut headers = HeaderMap::new();
    headers.insert("content-type", HeaderValue::from_static("application/x-www-form-urlencoded"));
    let form = |body: &str| receive_with("webhook", "", &headers, body.as_bytes(), &settings()).unwrap();
    let intake = form("title=Disk+full&message=98%25&host=db1");
    let alert = &intake.alerts[0];
    assert_eq!(
        (alert.name(), alert.annotations.get("description"), alert.labels.get("host")),
        ("Disk full", "98%", "db1")
    );
    assert_eq!(form("payload=%7B%22text%22%3A%22hi%22%7D").alerts[0].name(), "hi");
    let intake = receive("webhook", "\n  Disk full on db1\n\nload 9").unwrap();
    assert_eq!(intake.alerts[0].name(), "Disk full on db1");
    assert_eq!(intake.alerts[0].annotations.get("description"), "Disk full on db1\n\nload 9");
    assert_eq!(receive("webhook", b"\xff\xfe odd").unwrap().alerts.len(), 1);
}

#[test]
fn lists_are_split() {
    let intake =
        receive_json("webhook", &json!([{"title": "a", "id": 1}, {"title": "b", "id": 2, "state": "ok"}, 5]));
    let seen: Vec<_> = intake.alerts.iter().map(|alert| (alert.name(), alert.status)).collect();
    assert_eq!(seen, [("a", Status::Firing), ("b", Status::Resolved), ("5", Status::Firing)]);
    assert_eq!(intake.sender_group, None);
    // Alertmanager's body at the wrong address is still read as what it is.
    let fixture = fixture("am-0.33.1-firing-grouped");
    let intake = receive("webhook", &fixture.raw).unwrap();
    assert_eq!(&*intake.sender_group.unwrap().key, fixture.body["groupKey"].as_str().unwrap());
}

fn mapped(change: impl FnOnce(&mut firebell::sources::settings::Mapping)) -> IntegrationSettings {
    let mut settings = settings();
    change(&mut settings.mapping);
    settings
}

fn template(source: &str) -> Template {
    Template::compile(source).unwrap()
}

#[test]
fn templates_map_anything() {
    let settings = mapped(|mapping| {
        mapping.split = Some(Split::parse("data.items").unwrap());
        mapping.title = Some(template("{{ item.what | upper }}"));
        mapping.message = Some(template("{{ payload.source }}: {{ item.why }}"));
        mapping.severity = Some(template("{% if item.level > 3 %}critical{% else %}warning{% endif %}"));
        mapping.key = Some(template("{{ item.what }}/{{ item.where }}"));
        mapping.group_key = Some(template("{{ payload.source }}"));
        mapping.resolved = Some(template("{{ item.level == 0 }}"));
        mapping.starts_at = Some(template("{{ item.at }}"));
        mapping.labels =
            vec![("place".to_owned(), template("{{ item.where }}")), ("host".to_owned(), template(""))];
        mapping.annotations = vec![("n".to_owned(), template("{{ index }}"))];
        mapping.links = vec![
            ("runbook".to_owned(), template("https://r.example.org/{{ item.what }}")),
            ("Logs".to_owned(), template("https://logs.example.org/?q={{ item.where | urlencode }}")),
            ("bad".to_owned(), template("javascript:alert(1)")),
        ];
    });
    let body = json!({"source": "plant", "data": {"items": [
        {"what": "heat", "where": "hall 1", "why": "sun", "level": 5, "at": "2026-04-15T14:00:00Z", "host": "gone"},
        {"what": "heat", "where": "hall 2", "why": "sun", "level": 0, "at": "x"},
    ]}});
    let intake =
        receive_with("webhook", "", &HeaderMap::new(), body.to_string().as_bytes(), &settings).unwrap();
    let [one, two] = &intake.alerts[..] else { panic!("{intake:?}") };
    assert_eq!(
        one.labels.iter().collect::<Vec<_>>(),
        [("alertname", "HEAT"), ("place", "hall 1"), ("severity", "critical")]
    );
    assert_eq!((one.annotations.get("description"), one.annotations.get("n")), ("plant: sun", "0"));
    assert_eq!(one.starts_at, at("2026-04-15T14:00:00Z"));
    assert_eq!(one.links.runbook_url.as_deref(), Some("https://r.example.org/heat"));
    assert_eq!(one.links.more.len(), 1);
    assert_eq!(&*one.links.more[0].url, "https://logs.example.org/?q=hall%201");
    assert_eq!((two.status, two.starts_at), (Status::Resolved, NOW));
    assert_ne!(one.fingerprint, two.fingerprint);
    assert_eq!(&*intake.sender_group.unwrap().key, "plant");
}

#[test]
fn a_template_that_fails_costs_its_own_field() {
    let settings = mapped(|mapping| {
        mapping.title =
            Some(template("{{ payload.a.b.c | int }}{{ payload.x | regex_replace(payload.bad, '') }}"));
        mapping.split = Some(Split::parse("{{ payload.list }}").unwrap());
    });
    let body = json!({"title": "Disk", "x": "y", "bad": "("});
    let intake =
        receive_with("webhook", "", &HeaderMap::new(), body.to_string().as_bytes(), &settings).unwrap();
    assert_eq!(intake.alerts[0].name(), "Disk", "the default mapping steps in");
    assert_eq!((intake.problems.len(), intake.lost), (2, 0));
    assert!(intake.problems[1].what.contains("template of `title`"), "{:?}", intake.problems);
}

#[test]
fn firing_alone_decides_too() {
    let settings = mapped(|mapping| mapping.firing = Some(template("{{ payload.value > 10 }}")));
    let status = |value: i64| {
        let body = json!({"title": "T", "value": value}).to_string();
        receive_with("webhook", "", &HeaderMap::new(), body.as_bytes(), &settings).unwrap().alerts[0].status
    };
    assert_eq!((status(11), status(9)), (Status::Firing, Status::Resolved));
}

#[test]
fn formatted_webhook_of_oncall() {
    let body = |state: &str| {
        json!({
            "alert_uid": "08d6891a", "title": "The whole system is down", "image_url": "https://x.example.org/i.png", "state": state,
            "link_to_upstream_details": "https://x.example.org/d", "message": "Something\nhappened", "status": "resolved",
        })
    };
    let intake = receive_json("formatted_webhook", &body("alerting"));
    let alert = &intake.alerts[0];
    assert_eq!((alert.name(), alert.status), ("The whole system is down", Status::Firing));
    assert_eq!(alert.annotations.get("description"), "Something\nhappened");
    assert_eq!(alert.generator_url.as_deref(), Some("https://x.example.org/d"));
    assert_eq!(alert.links.image_url.as_deref(), Some("https://x.example.org/i.png"));
    let over = receive_json("zabbix", &body("ok"));
    assert_eq!((over.alerts[0].status, over.alerts[0].fingerprint), (Status::Resolved, alert.fingerprint));
    assert_eq!(over.sender_group.unwrap().key, intake.sender_group.unwrap().key);
    // Its title stands as it came, and a number is a uid too.
    let numbered = |title: &str, uid: Json| {
        receive_json("formatted_webhook", &json!({"alert_uid": uid, "title": title})).alerts.remove(0)
    };
    assert_eq!(numbered("[Alerting] disk", json!("u")).name(), "[Alerting] disk");
    assert_eq!(numbered("a", json!(7)).fingerprint, numbered("b", json!("7")).fingerprint);
    assert_ne!(numbered("a", json!(7)).fingerprint, numbered("a", json!(8)).fingerprint);
}

/// A template reads one alert of 10,000 without paying for the others: with a payload made anew for each of the 40,000
/// renderings this test would not end.
#[test]
fn a_long_list_is_mapped_in_one_go() {
    let settings = mapped(|mapping| {
        mapping.split = Some(Split::parse("items").unwrap());
        mapping.key = Some(template("{{ item.id }}"));
        mapping.title = Some(template("{{ payload.source }} {{ item.name }}"));
        mapping.resolved = Some(template("{{ item.state == 'ok' }}"));
        mapping.labels = vec![("first".to_owned(), template("{{ payload['items'][0].name }}"))];
    });
    let items: Vec<Json> =
        (0..10_000).map(|id| json!({"id": id, "name": format!("n{id}"), "state": "bad"})).collect();
    let body = json!({"source": "plant", "items": items}).to_string();
    let intake = receive_with("webhook", "", &HeaderMap::new(), body.as_bytes(), &settings).unwrap();
    assert_eq!((intake.alerts.len(), intake.problems.len()), (10_000, 0));
    assert_eq!(intake.alerts[9_999].name(), "plant n9999");
    assert_eq!(intake.alerts[9_999].labels.get("first"), "n0");
}

#[test]
fn one_request_is_one_group_or_none() {
    let settings = mapped(|mapping| mapping.group_key = Some(template("{{ item.team }}")));
    let key = |teams: &[&str]| {
        let body: Json = teams
            .iter()
            .enumerate()
            .map(|(id, team)| json!({"id": id, "title": "T", "team": team}))
            .collect();
        let intake =
            receive_with("webhook", "", &HeaderMap::new(), body.to_string().as_bytes(), &settings).unwrap();
        (intake.sender_group.map(|group| group.key.to_string()), intake.problems.len())
    };
    assert_eq!(key(&["a", "a"]), (Some("a".to_owned()), 0));
    assert_eq!(key(&["a", "b"]), (None, 1));
    assert_eq!(key(&["", ""]), (None, 0));
}
