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
