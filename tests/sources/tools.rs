//! Bodies of tools people have, at an integration of the kind `webhook` without a mapping.

use super::*;

/// A tool's bodies and what is made of them: title, message (its begin), severity, link (its begin).
struct Tool {
    name: &'static str,
    fires: Json,
    ends: Option<Json>,
    told: [&'static str; 4],
}

fn cloudwatch(state: &str, at: &str) -> Json {
    json!({"AlarmName": "web-cpu", "AlarmDescription": "CPU over 90", "AWSAccountId": "123456789012", "NewStateValue": state,
        "NewStateReason": "Threshold Crossed: [95.0] was greater than 90.0", "StateChangeTime": at, "Region": "EU (Frankfurt)",
        "AlarmArn": "arn:aws:cloudwatch:eu-central-1:123456789012:alarm:web-cpu", "OldStateValue": "OK",
        "Trigger": {"MetricName": "CPUUtilization", "Namespace": "AWS/EC2", "Dimensions": [{"value": "i-0abc", "name": "InstanceId"}]}})
}

fn sns(subject: &str, message: &str) -> Json {
    json!({"Type": "Notification", "MessageId": subject, "TopicArn": "arn:aws:sns:eu-central-1:1:alarms", "Subject": subject,
        "Message": message, "Timestamp": "2026-11-21T03:00:01.000Z", "SignatureVersion": "1", "Signature": "abc",
        "SigningCertURL": "https://sns.eu-central-1.amazonaws.com/x.pem", "UnsubscribeURL": "https://sns.eu-central-1.amazonaws.com/?x"})
}

fn azure(condition: &str) -> Json {
    json!({"schemaId": "azureMonitorCommonAlertSchema", "data": {"essentials": {"alertId": "/subscriptions/x/alerts/1",
        "alertRule": "WCUS-R2", "severity": "Sev3", "signalType": "Metric", "monitorCondition": condition,
        "firedDateTime": "2026-11-21T03:00:00Z", "description": "cpu alert"}, "alertContext": {"status": "ok"}}})
}

fn datadog(event: &str, state: &str, title: &str, aggregate: &str) -> Json {
    json!({"id": event, "event_type": "metric_alert_monitor", "title": title, "body": "CPU is high", "alert_id": "1234",
        "alert_transition": state, "alert_type": "error", "date": "1795230000000", "priority": "normal",
        "tags": "env:prod,host:web-1", "link": "https://app.datadoghq.com/event/event?id=6612", "aggreg_key": aggregate})
}

fn workflow(conclusion: &str) -> Json {
    json!({"action": "completed", "workflow_run": {"id": 55, "workflow_id": 7, "name": "CI", "head_branch": "main", "status": "completed",
        "conclusion": conclusion, "html_url": "https://github.com/acme/pay/actions/runs/55", "head_commit": {"message": "Fix"}},
        "repository": {"id": 1, "name": "pay", "full_name": "acme/pay", "html_url": "https://github.com/acme/pay", "description": "Pays"},
        "sender": {"login": "ann", "html_url": "https://github.com/ann"}})
}

fn gcp(state: &str, summary: &str) -> Json {
    json!({"incident": {"incident_id": "0.opqi", "state": state, "started_at": 1_795_230_000, "policy_name": "CPU policy",
        "url": "https://console.cloud.google.com/i", "summary": summary, "severity": "Critical"}, "version": "1.2"})
}

fn sentry_metric(action: &str) -> Json {
    json!({"action": action, "data": {"metric_alert": {"id": "9", "title": "High error rate", "alert_rule": {"id": "7", "name": "High error rate"},
        "date_started": "2026-11-21T03:00:00Z"}, "description_text": "1000 events in the last 10 minutes",
        "description_title": "Critical: High error rate", "web_url": "https://sentry.io/organizations/acme/alerts/9/"}})
}

fn better_stack(status: &str) -> Json {
    json!({"data": {"id": "25", "type": "incident", "attributes": {"name": "shop", "url": "https://shop.example.org",
        "cause": "Status 500", "started_at": "2026-11-21T03:00:00Z", "status": status}}})
}

fn opsgenie(action: &str) -> Json {
    json!({"action": action, "alert": {"alertId": "70413a06", "message": "Queue is long", "tags": ["a"], "tinyId": "1791", "priority": "P2"},
        "source": {"name": "", "type": "web"}, "integrationName": "Webhook"})
}

fn pagerduty(action: &str) -> Json {
    json!({"routing_key": "x", "event_action": action, "dedup_key": "srv01/mysql", "client": "mon", "client_url": "https://mon.example.org",
        "payload": {"summary": "DB down on srv01", "source": "srv01", "severity": "critical", "timestamp": "2026-11-21T03:00:00Z"}})
}

fn tools() -> Vec<Tool> {
    let tool = |name, fires, ends, told| Tool { name, fires, ends, told };
    let alarm = cloudwatch("ALARM", "2026-11-21T03:00:00.000+0000");
    let ok = cloudwatch("OK", "2026-11-21T03:05:00.000+0000");
    vec![
        tool("CloudWatch", alarm.clone(), Some(ok.clone()), ["web-cpu", "CPU over 90", "", ""]),
        tool(
            "CloudWatch through SNS",
            sns("ALARM: \"web-cpu\" in EU (Frankfurt)", &alarm.to_string()),
            Some(sns("OK: \"web-cpu\" in EU (Frankfurt)", &ok.to_string())),
            ["web-cpu", "CPU over 90", "", ""],
        ),
        tool(
            "text through SNS",
            sns("ALARM: backup", "no space left"),
            Some(sns("OK: backup", "done")),
            ["backup", "no space left", "", ""],
        ),
        tool(
            "CloudWatch through EventBridge",
            json!({"id": "c4c1", "detail-type": "CloudWatch Alarm State Change", "source": "aws.cloudwatch", "region": "us-east-1",
                "detail": {"alarmName": "web-cpu", "state": {"value": "ALARM", "reason": "95 > 90"}, "previousState": {"value": "OK", "reason": "x"}}}),
            None,
            ["web-cpu", "95 > 90", "", ""],
        ),
        tool("Azure Monitor", azure("Fired"), Some(azure("Resolved")), ["WCUS-R2", "cpu alert", "sev3", ""]),
        tool(
            "Google Cloud",
            gcp("open", "CPU is above 0.9"),
            Some(gcp("closed", "CPU returned to normal")),
            ["CPU policy", "CPU is above 0.9", "critical", "https://console.cloud"],
        ),
        tool(
            "Datadog",
            datadog("1", "Triggered", "[Triggered on {host:web-1}] CPU high on web-1", "k1"),
            Some(datadog("2", "Recovered", "[Recovered on {host:web-1}] CPU high on web-1", "k1")),
            ["CPU high on web-1", "CPU is high", "", "https://app.datadoghq.com"],
        ),
        tool(
            "GitHub Actions",
            workflow("failure"),
            Some(workflow("success")),
            ["CI", "", "", "https://github.com/acme/pay/actions/runs/55"],
        ),
        tool(
            "GitHub issue",
            json!({"action": "opened", "issue": {"id": 7, "title": "Payments fail", "state": "open", "body": "since noon",
                "html_url": "https://github.com/acme/pay/issues/12", "user": {"html_url": "https://github.com/ann"}},
                "repository": {"full_name": "acme/pay", "html_url": "https://github.com/acme/pay"}}),
            Some(
                json!({"action": "closed", "issue": {"id": 7, "title": "Payments failed", "state": "closed"}}),
            ),
            ["Payments fail", "since noon", "", "https://github.com/acme/pay/issues/12"],
        ),
        tool(
            "Dependabot",
            json!({"action": "created", "alert": {"number": 3, "state": "open", "html_url": "https://github.com/acme/pay/security/dependabot/3",
                "security_advisory": {"summary": "RCE in foo", "severity": "high"}}, "repository": {"full_name": "acme/pay"}}),
            None,
            ["RCE in foo", "", "high", "https://github.com/acme/pay/security/dependabot/3"],
        ),
        tool(
            "Sentry metric alert",
            sentry_metric("critical"),
            Some(sentry_metric("resolved")),
            ["High error rate", "1000 events", "", "https://sentry.io"],
        ),
        tool(
            "Sentry issue",
            json!({"action": "created", "data": {"issue": {"id": "42", "title": "KeyError: 'x'", "culprit": "pay.views", "level": "error",
                "status": "unresolved", "project": {"slug": "pay", "name": "pay"}, "web_url": "https://sentry.io/issues/42/"}}}),
            Some(
                json!({"action": "resolved", "data": {"issue": {"id": "42", "title": "KeyError: 'x'", "status": "resolved"}}}),
            ),
            ["KeyError: 'x'", "pay.views", "error", "https://sentry.io/issues/42/"],
        ),
        tool(
            "UptimeRobot",
            json!({"monitorID": "777", "monitorURL": "https://example.org", "monitorFriendlyName": "Shop", "alertType": "1",
                "alertTypeFriendlyName": "Down", "alertDetails": "HTTP 503", "alertDateTime": "1795230000"}),
            Some(
                json!({"monitorID": "777", "monitorFriendlyName": "Shop", "alertTypeFriendlyName": "Up", "alertDetails": "HTTP 200"}),
            ),
            ["Shop", "HTTP 503", "", "https://example.org"],
        ),
        tool(
            "Better Stack",
            better_stack("Started"),
            Some(better_stack("Resolved")),
            ["shop", "Status 500", "", "https://shop.example.org"],
        ),
        tool(
            "Opsgenie",
            opsgenie("Create"),
            Some(opsgenie("Close")),
            ["Queue is long", "Queue is long", "p2", ""],
        ),
        tool(
            "PagerDuty events",
            pagerduty("trigger"),
            Some(pagerduty("resolve")),
            ["DB down on srv01", "", "critical", ""],
        ),
        tool(
            "Slack's incoming webhook",
            json!({"attachments": [{"fallback": "Disk full on db1", "title": "Disk full", "title_link": "https://x.example.org", "text": "95 %"}]}),
            None,
            ["Disk full", "95 %", "", "https://x.example.org"],
        ),
        tool(
            "a text",
            json!("PROBLEM: disk full on db1"),
            Some(json!("RESOLVED: disk full on db1")),
            ["disk full on db1", "PROBLEM: disk full on db1", "", ""],
        ),
    ]
}

#[test]
fn tools_need_no_mapping() {
    for Tool { name, fires, ends, told } in tools() {
        let intake = receive_json("webhook", &fires);
        let [alert] = &*intake.alerts else { panic!("{name}: {intake:?}") };
        assert_eq!(intake.problems, [], "{name}");
        assert!(alert.is_firing(), "{name} fires");
        let [title, message, severity, link] = told;
        let seen_message = alert.annotations.get("description");
        let seen_link = alert.generator_url.as_deref().unwrap_or_default();
        assert_eq!((alert.name(), alert.labels.get("severity")), (title, severity), "{name}");
        assert!(seen_message.starts_with(message), "{name}: {seen_message}");
        assert_eq!(message.is_empty(), seen_message.is_empty() || seen_message.starts_with('{'), "{name}");
        assert!(
            seen_link.starts_with(link) && seen_link.is_empty() == link.is_empty(),
            "{name}: {seen_link}"
        );
        let Some(ends) = ends else { continue };
        let over = receive_json("webhook", &ends);
        assert_eq!(over.alerts[0].status, Status::Resolved, "{name} ends");
        assert_eq!(over.alerts[0].fingerprint, alert.fingerprint, "{name}: the end of the same alert");
        assert_eq!(over.sender_group.unwrap().key, intake.sender_group.unwrap().key, "{name}");
    }
}

/// One monitor of Datadog watches many hosts: the end on one is not the end on the other.
#[test]
fn hosts_of_one_monitor_are_alerts_of_their_own() {
    let of = |aggregate| {
        receive_json("webhook", &datadog("1", "Triggered", "CPU", aggregate)).alerts[0].fingerprint
    };
    assert_ne!(of("k1"), of("k2"));
}

#[test]
fn a_subscription_of_sns_can_be_confirmed() {
    let intake = receive_json(
        "webhook",
        &json!({"Type": "SubscriptionConfirmation", "Token": "23", "TopicArn": "arn:aws:sns:eu-central-1:1:alarms",
            "Message": "You have chosen to subscribe to the topic arn:aws:sns:eu-central-1:1:alarms.\nTo confirm …",
            "SubscribeURL": "https://sns.eu-central-1.amazonaws.com/?Action=ConfirmSubscription"}),
    );
    let alert = &intake.alerts[0];
    assert_eq!(alert.name(), "Amazon SNS asks to confirm its subscription of alarms");
    assert!(alert.generator_url.as_deref().unwrap().contains("ConfirmSubscription"));
}

/// What is said of other things inside a body is neither title nor state of the alert.
#[test]
fn what_is_about_others_is_passed_over() {
    let body = json!({"text": "deploy failed", "user": {"title": "Dr.", "name": "Ann", "url": "https://x.example.org/ann"},
        "service": {"status": "ok", "state": "resolved"}, "previous": {"message": "fine", "severity": "low"}});
    let intake = receive_json("webhook", &body);
    let alert = &intake.alerts[0];
    assert_eq!((alert.name(), alert.is_firing(), alert.labels.get("severity")), ("deploy failed", true, ""));
    assert_eq!(alert.generator_url, None);
}

#[test]
fn a_list_of_nothing_is_no_alert() {
    assert_eq!(receive("webhook", "[]").unwrap().alerts, []);
}

#[test]
fn what_is_no_text_is_refused() {
    let gzip: &[u8] = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xab\x56\x2a\xc9\x2c\xc9\x49\x55\xb2\x52\xaa\x50\xaa\x05\x00";
    let utf16: Vec<u8> = "\u{feff}{\"title\": \"x\"}".encode_utf16().flat_map(u16::to_le_bytes).collect();
    for kind in ["webhook", "formatted_webhook", "grafana", "alertmanager", "prometheus"] {
        let text = |body: &[u8]| receive(kind, body).unwrap_err().to_string();
        assert!(text(gzip).contains("the body is compressed (gzip)"), "{kind}");
        assert!(text(&utf16).contains("UTF-16"), "{kind}: {}", text(&utf16));
    }
    let mut headers = HeaderMap::new();
    headers.insert("content-encoding", HeaderValue::from_static("zstd"));
    let error = receive_with("webhook", "", &headers, b"{}", &settings()).unwrap_err();
    assert!(error.to_string().contains("compressed (zstd)"), "{error}");
    headers.insert("content-encoding", HeaderValue::from_static("identity"));
    assert!(receive_with("webhook", "", &headers, b"{}", &settings()).is_ok());
}
