//! Paths, methods and bodies that are refused.

use super::*;

#[test]
fn kinds_and_their_aliases() {
    for (name, kind) in [
        ("alertmanager", "alertmanager"),
        ("grafana", "grafana"),
        ("grafana_alerting", "grafana"),
        ("prometheus", "prometheus"),
        ("webhook", "webhook"),
        ("formatted_webhook", "formatted_webhook"),
        ("zabbix", "formatted_webhook"),
    ] {
        assert_eq!(find(name).unwrap().kind, kind);
    }
    assert!(find("nope").is_none());
    let mut names: Vec<_> =
        SOURCES.iter().flat_map(|source| source.aliases.iter().chain([&source.kind])).collect();
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count, "each name means one kind");
}

#[test]
fn paths_and_methods() {
    let headers = HeaderMap::new();
    let with = |kind: &str, method: Method, path_rest: &str, body: &str| {
        let incoming = Incoming {
            method: &method,
            path_rest,
            headers: &headers,
            body: body.as_bytes(),
            received_at: NOW,
        };
        find(kind).unwrap().receive(&incoming, &settings())
    };
    assert_eq!(with("prometheus", Method::POST, "", "[]"), Err(Rejection::NotFound));
    assert_eq!(with("prometheus", Method::POST, "api/v2/silences", "[]"), Err(Rejection::NotFound));
    assert!(with("prometheus", Method::POST, "/api/v1/alerts/", "[]").is_ok());
    assert_eq!(with("webhook", Method::POST, "x", "{}"), Err(Rejection::NotFound));
    assert_eq!(with("alertmanager", Method::GET, "", ""), Err(Rejection::MethodNotAllowed { allow: "POST" }));
    assert_eq!(
        with("grafana", Method::DELETE, "", ""),
        Err(Rejection::MethodNotAllowed { allow: "POST, PUT" })
    );
    // Who may not come in does not learn which paths there are.
    let mut closed = settings();
    closed.auth.bearer = vec![SecretString::from("x".to_owned())];
    assert_eq!(receive_with("webhook", "nope", &headers, b"", &closed), Err(Rejection::Unauthorized));
}

#[test]
fn bodies_that_are_refused_and_why() {
    for (kind, body, what, place) in [
        ("alertmanager", "", "the body is empty", "line 1"),
        ("alertmanager", "{\"alerts\": [\n  {]}", "no valid JSON", "line 2, column 4"),
        ("alertmanager", "{\"alerts\": [", "no valid JSON", "line 1"),
        ("alertmanager", "<html>", "no valid JSON", "XML"),
        ("alertmanager", "[]", "list, as Prometheus", "prometheus"),
        ("alertmanager", "{}", "there is no `alerts`", "$"),
        ("alertmanager", "{\"version\": \"5\"}", "version is \"5\"", "$"),
        ("alertmanager", "{\"alerts\": \"x\"}", "`alerts` is a text", "$.alerts"),
        ("alertmanager", "{\"alerts\": [{}]}", "at least one label pair required", "alert 0"),
        ("alertmanager", "5", "not what this address takes", "line 1"),
        ("prometheus", "{\"alerts\": []}", "an object, not a list", "alertmanager"),
        ("prometheus", "[] x", "no valid JSON", "line 1"),
        ("prometheus", "[5]", "the alert is a number", "alert 0"),
        ("grafana", "{\"alerts\": [", "no valid JSON", "line 1"),
        ("grafana", "  ", "the body is empty", "line 1"),
        ("webhook", "", "the body is empty", "line 1"),
        ("webhook", "{\"a\": 1,}", "no valid JSON", "line 1, column 9"),
    ] {
        let error = receive(kind, body).unwrap_err();
        assert!(matches!(error, Rejection::BadBody { .. }), "{kind} {body}: {error:?}");
        let text = error.to_string();
        assert!(text.contains(what) && text.contains(place), "{kind} {body}: {text}");
    }
}

#[test]
fn too_many_alerts() {
    let one = r#"{"labels":{"alertname":"A"}}"#;
    let list = |count: usize| vec![one; count].join(",");
    let group = |count| format!(r#"{{"version":"4","groupKey":"k","alerts":[{}]}}"#, list(count));
    let refused = Err(Rejection::TooManyAlerts { count: 10_002, limit: 10_000 });
    assert_eq!(receive("alertmanager", group(10_002)), refused);
    assert_eq!(receive("prometheus", format!("[{}]", list(10_002))), refused);
    assert_eq!(receive("webhook", format!("[{}]", list(10_002))), refused);
    let intake = receive("alertmanager", group(10_000)).unwrap();
    assert_eq!((intake.alerts.len(), intake.duplicates), (1, 9_999));
}

#[test]
fn json_is_read_to_a_depth() {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert!(receive("webhook", nested(firebell::limits::JSON_DEPTH_MAX - 1)).is_ok());
    let error = receive("webhook", nested(firebell::limits::JSON_DEPTH_MAX)).unwrap_err();
    assert!(error.to_string().contains("nested too deeply"), "{error}");
}

/// Bodies of eight million bytes that would take hundreds of millions as trees. They are refused before there is one, so
/// this takes no time either.
#[test]
fn bodies_of_too_many_values_are_refused_before_they_are_read() {
    let filled = |begin: &str, unit: &str, end: &str| {
        let count = (8_000_000 - begin.len() - end.len()) / unit.len();
        format!("{begin}{}{end}", unit.repeat(count))
    };
    let ones = filled("[", "1,", "1]");
    let inner = filled("", "1,", "1");
    let bodies = [
        ones.clone(),
        filled("{\"title\":\"x\",\"a\":[", "[],", "[]]}"),
        filled("[", "{\"a\":1},", "{\"a\":1}]"),
        filled("[", "[[1]],", "1]"),
        filled("{\"title\":\"x\",\"a\":{", "\"b\":{\"c\":1},", "\"b\":1}}"),
        format!("\u{feff}[{inner}]"),
    ];
    let limit_mib = firebell::limits::WEBHOOK_TREE_BYTES >> 20;
    for body in &bodies {
        for kind in ["webhook", "formatted_webhook", "grafana"] {
            let refused = receive(kind, body).err();
            assert!(refused == Some(Rejection::TooManyValues { limit_mib }), "{kind} {}", &body[..40]);
        }
    }
    let form = HeaderMap::from_iter([(
        HeaderName::from_static("content-type"),
        HeaderValue::from_static("application/x-www-form-urlencoded"),
    )]);
    let in_form = format!("payload={ones}");
    let refused = receive_with("webhook", "", &form, in_form.as_bytes(), &settings()).unwrap_err();
    assert_eq!(refused, Rejection::TooManyValues { limit_mib });
    let fields = filled("", "a=1&", "b=2");
    let refused = receive_with("webhook", "", &form, fields.as_bytes(), &settings()).unwrap_err();
    assert!(refused.to_string().contains("fields"), "{refused}");
}

/// What is inside an alert of a known sender is no tree either: it is text, or is not read.
#[test]
fn an_alert_of_too_many_values_costs_only_itself() {
    let ones = "1,".repeat(1_000_000);
    let pairs: String = (0..200_000).map(|n| format!("\"k{n}\":{n},")).collect();
    let body = format!(
        r#"{{"alerts":[{{"labels":{{"alertname":"A","list":[{ones}1]}}}},{{"labels":{{"alertname":"B",{pairs}"z":1}}}}]}}"#
    );
    for kind in ["alertmanager", "grafana"] {
        let intake = receive(kind, &body).unwrap();
        let names: Vec<_> = intake.alerts.iter().map(Alert::name).collect();
        assert_eq!(names, ["A", "B"]);
        assert!(intake.alerts[0].labels.get("list").starts_with("[1,1,1,"), "{kind}");
        assert!(intake.problems.iter().any(|problem| problem.what.contains("too many")), "{kind}");
    }
}

#[test]
fn what_cannot_be_mended_within_reason_is_no_text() {
    let mut body = b"{\"alerts\":[],\"groupKey\":\"".to_vec();
    body.extend(std::iter::repeat_n(0xff, 4_000_000));
    body.extend(b"\"}");
    assert!(receive("alertmanager", &body).is_err());
    // A text in another encoding is mended as ever.
    let body = b"{\"title\":\"St\xf6rung\tim\x01Lager\"}";
    assert_eq!(receive("webhook", body).unwrap().alerts[0].name(), "St\u{fffd}rung\tim\u{fffd}Lager");
}

#[test]
fn a_long_body_of_alertmanagers_is_taken_wherever_it_comes() {
    let filler = "x".repeat(500);
    let one =
        |n: usize| format!(r#"{{"labels":{{"alertname":"A","n":"{n}"}},"annotations":{{"d":"{filler}"}}}}"#);
    let alerts: Vec<String> = (0..10_000).map(one).collect();
    let body = format!(r#"{{"version":"4","groupKey":"k","alerts":[{}]}}"#, alerts.join(","));
    for kind in ["webhook", "formatted_webhook", "grafana", "alertmanager"] {
        let intake = receive(kind, &body).map_err(|error| error.to_string()).unwrap();
        assert_eq!(intake.alerts.len(), 10_000, "{kind}");
    }
}
