use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::response::IntoResponse as _;
use firebell::slack::api::{ApiError, ErrorClass, FileShare, SlackApi, TokenKind, Tokens};
use serde_json::{Value, json};
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpListener;

use crate::fake::{APP, BOT, Fake, error, ok, soon, status};

#[tokio::test]
async fn a_call_carries_the_token_in_its_header_and_json_or_a_form_as_slack_reads_it() {
    let fake = Fake::start(|_, _| ok(json!({"channel": "C9", "ts": "1.1", "user": {"id": "U1"}}))).await;
    let api = fake.api();
    let posted = api.post_message(json!({"channel": "#ops", "text": "hi"})).await.unwrap();
    assert_eq!((posted.channel.as_str(), posted.ts.as_str()), ("C9", "1.1"));
    api.users_info("U1").await.unwrap();
    api.call("apps.connections.open", Value::Null).await.unwrap();
    let calls = fake.calls();
    assert_eq!(calls[0].method, "chat.postMessage");
    assert_eq!(calls[0].header("authorization"), format!("Bearer {BOT}"));
    assert_eq!(calls[0].header("content-type"), "application/json; charset=utf-8");
    assert!(calls[0].header("user-agent").starts_with("firebell/"));
    assert_eq!(calls[0].json(), json!({"channel": "#ops", "text": "hi"}));
    assert_eq!(calls[1].body, "user=U1");
    assert!(calls[1].header("content-type").starts_with("application/x-www-form-urlencoded"));
    assert_eq!(calls[2].header("authorization"), format!("Bearer {APP}"));
}

#[tokio::test]
async fn every_answer_has_its_name() {
    let fake = Fake::start(|call, _| match call.method.as_str() {
        "a.limited" => (
            axum::http::StatusCode::TOO_MANY_REQUESTS,
            [("retry-after", "7")],
            r#"{"ok":false,"error":"ratelimited"}"#,
        )
            .into_response(),
        "a.limitedSilently" => status(429, ""),
        "a.limitedPolitely" => error("ratelimited"),
        "a.refused" => error("channel_not_found"),
        "a.auth" => error("token_revoked"),
        "a.internal" => error("internal_error"),
        "a.down" => status(503, "<html>down</html>"),
        "a.lie" => status(500, r#"{"ok":true}"#),
        "a.html" => status(200, "<html>hello</html>"),
        "a.noOk" => status(200, "{}"),
        "a.notFound" => status(404, "no such page"),
        "a.redirect" => {
            (axum::http::StatusCode::FOUND, [("location", "/api/elsewhere")], "moved").into_response()
        }
        _ => ok(json!({})),
    })
    .await;
    let api = fake.api();
    for (method, want) in [
        ("a.limited", ErrorClass::Retry),
        ("a.limitedSilently", ErrorClass::Retry),
        ("a.limitedPolitely", ErrorClass::Retry),
        ("a.refused", ErrorClass::Permanent),
        ("a.auth", ErrorClass::AuthBroken),
        ("a.internal", ErrorClass::Uncertain),
        ("a.down", ErrorClass::Uncertain),
        ("a.lie", ErrorClass::Uncertain),
        ("a.html", ErrorClass::Uncertain),
        ("a.noOk", ErrorClass::Uncertain),
        ("a.notFound", ErrorClass::Retry),
        ("a.redirect", ErrorClass::Retry),
        ("not/a/method", ErrorClass::Retry),
    ] {
        let failure = api.call(method, json!({"text": "private words"})).await.unwrap_err();
        assert_eq!(failure.class(), want, "{method}: {failure}");
        let shown = format!("{failure} {failure:?}");
        assert!(!shown.contains("secret") && !shown.contains("private"), "{shown}");
    }
    let limited = api.call("a.limited", Value::Null).await.unwrap_err();
    assert_eq!(limited, ApiError::RateLimited { method: "a.limited".to_owned(), retry_after_s: 7 });
    assert!(fake.calls().iter().all(|call| call.method != "elsewhere"), "a redirect was followed");
}

#[tokio::test]
async fn a_call_without_an_answer_is_uncertain() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://127.0.0.1:{}/api/", listener.local_addr().unwrap().port());
    tokio::spawn(async move {
        let (mut first, _) = listener.accept().await.unwrap();
        let mut bytes = [0; 64];
        let _ = first.read(&mut bytes).await;
        drop(first);
        // The second caller is kept waiting.
        let (second, _) = listener.accept().await.unwrap();
        std::future::pending::<()>().await;
        drop(second);
    });
    let tokens = Tokens::fixed(Some(BOT.into()), None);
    let api = SlackApi::with_timeout(&url, tokens, Duration::from_millis(300)).unwrap();
    for what in ["reset", "timeout"] {
        let failure = soon(api.call("chat.postMessage", json!({}))).await.unwrap_err();
        assert!(matches!(failure, ApiError::Uncertain { .. }), "{what}: {failure:?}");
    }
}

#[tokio::test]
async fn a_slack_that_is_not_there_was_certainly_not_asked() {
    let port = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let url = format!("http://127.0.0.1:{port}/api");
    let api = SlackApi::new(&url, Tokens::fixed(Some(BOT.into()), None)).unwrap();
    let failure = soon(api.call("chat.postMessage", json!({}))).await.unwrap_err();
    assert!(matches!(failure, ApiError::NotSent { .. }), "{failure:?}");
    assert_eq!(failure.class(), ErrorClass::Retry);
}

#[tokio::test]
async fn an_endless_answer_is_cut_off() {
    let fake = Fake::start(|_, _| status(200, &"x".repeat(17 * 1024 * 1024))).await;
    let failure = fake.api().call("users.list", json!({})).await.unwrap_err();
    assert!(matches!(&failure, ApiError::Uncertain { detail, .. } if detail.len() < 100), "{failure:?}");
}

#[tokio::test]
async fn a_rotated_token_is_used_at_once_and_a_missing_one_is_named() {
    let fake = Fake::with_sockets().await;
    let current = Arc::new(Mutex::new("xoxb-old".to_owned()));
    let tokens = Tokens::from_fn({
        let current = current.clone();
        move |kind| (kind == TokenKind::Bot).then(|| current.lock().unwrap().clone().into())
    });
    let api = fake.api_with(tokens);
    api.call("auth.test", Value::Null).await.unwrap();
    *current.lock().unwrap() = "xoxb-new\n".to_owned();
    api.call("auth.test", Value::Null).await.unwrap();
    let seen: Vec<String> = fake.calls().iter().map(|call| call.header("authorization").to_owned()).collect();
    assert_eq!(seen, ["Bearer xoxb-old", "Bearer xoxb-new"]);
    let failure = api.call("apps.connections.open", Value::Null).await.unwrap_err();
    assert_eq!(failure.to_string(), "apps.connections.open: no app_token is configured");
    assert!(!format!("{api:?}").contains("xoxb"));
}

#[tokio::test]
async fn pages_are_followed_to_their_end() {
    let fake = Fake::start(|call, _| {
        let cursor = call.body.split('&').find_map(|pair| pair.strip_prefix("cursor=")).unwrap_or("");
        match cursor {
            "" => ok(json!({"channels": [{"id": "C1", "name": "a"}, {"odd": 1}, 5],
                "response_metadata": {"next_cursor": "two="}})),
            "two%3D" => ok(json!({"channels": [{"id": "C2", "name": null, "is_member": "odd"}],
                "response_metadata": {"next_cursor": ""}})),
            other => error(other),
        }
    })
    .await;
    let channels = fake.api().conversations_list("public_channel,private_channel").await.unwrap();
    assert_eq!(channels.iter().map(|channel| channel.id.as_str()).collect::<Vec<_>>(), ["C1", "C2"]);
    assert!(fake.calls()[0].body.contains("types=public_channel%2Cprivate_channel"));
}

#[tokio::test]
async fn a_repeated_cursor_does_not_go_round_for_ever() {
    let fake = Fake::start(|_, _| {
        ok(json!({"members": [{"id": "U1"}], "response_metadata": {"next_cursor": "again"}}))
    })
    .await;
    assert_eq!(soon(fake.api().users_list()).await.unwrap().len(), 2);
}

#[tokio::test]
async fn history_keeps_odd_messages_and_their_nested_metadata() {
    let fake = Fake::start(|_, _| {
        ok(json!({"messages": [
            {"type": "message", "ts": "2.2", "text": "x", "bot_id": "B1",
                "metadata": {"event_type": "post", "event_payload": {"key": "k", "n": 1, "o": {"a": [true]}}}},
            {"type": "message", "ts": "1.1", "text": null, "user": 7, "edited": "odd"}],
            "response_metadata": {"next_cursor": "more"}}))
    })
    .await;
    let (messages, next) = fake.api().conversations_history("C1", Some("0"), None, None).await.unwrap();
    assert_eq!(next.as_deref(), Some("more"));
    assert_eq!(messages.len(), 2);
    assert_eq!(messages[0].metadata.as_ref().unwrap()["event_payload"]["o"]["a"][0], true);
    let asked = fake.calls()[0].json();
    assert_eq!((&asked["include_all_metadata"], &asked["oldest"]), (&json!(true), &json!("0")));
    assert!(asked.get("latest").is_none());
}

#[tokio::test]
async fn a_posted_message_without_a_ts_is_uncertain() {
    let fake = Fake::with_sockets().await;
    let failure = fake.api().post_message(json!({"channel": "C1", "text": "x"})).await.unwrap_err();
    assert_eq!(failure.class(), ErrorClass::Uncertain);
}

#[tokio::test]
async fn a_response_url_gets_no_token() {
    let fake = Fake::start(|call, _| match call.method.as_str() {
        "used" => error("used_url"),
        "gone" => status(404, "expired"),
        _ => status(200, "ok"),
    })
    .await;
    let api = fake.api();
    api.post_url(&fake.url("/api/respond"), &json!({"text": "done"})).await.unwrap();
    assert_eq!(fake.calls()[0].header("authorization"), "");
    assert_eq!(fake.calls()[0].json(), json!({"text": "done"}));
    let used = api.post_url(&fake.url("/api/used"), &json!({})).await.unwrap_err();
    assert!(used.is_slack(&["used_url"]), "{used:?}");
    let gone = api.post_url(&fake.url("/api/gone"), &json!({})).await.unwrap_err();
    assert!(matches!(gone, ApiError::Http { status: 404, .. }), "{gone:?}");
    let odd = api.post_url("file:///etc/passwd", &json!({})).await.unwrap_err();
    assert_eq!(odd.class(), ErrorClass::Permanent);
    let encrypted = SlackApi::new("https://slack.com/api", Tokens::fixed(None, None)).unwrap();
    let plain = encrypted.post_url(&fake.url("/api/respond"), &json!({})).await.unwrap_err();
    assert!(plain.is_slack(&["invalid_url"]), "a plain address beside an encrypted Slack: {plain:?}");
}

#[tokio::test]
async fn what_we_say_goes_to_slacks_hosts_only() {
    let fake = Fake::with_sockets().await;
    let local = fake.api();
    let real = SlackApi::new("https://slack.com/api", Tokens::fixed(None, None)).unwrap();
    // Nobody resolves names under .invalid (RFC 6761, section 6.4): what is let through fails at that.
    let own = SlackApi::new("https://slack.invalid/api", Tokens::fixed(None, None)).unwrap();
    for (api, url) in [
        (&real, "https://evil.invalid/commands/T1/2/abc"),
        (&real, "https://slack.com.evil.invalid/x"),
        (&real, "https://evilslack.com/x"),
        (&real, "https://slack.com@evil.invalid/x"),
        (&real, "https://127.0.0.1/x"),
        (&local, "http://evil.invalid/x"),
        (&local, "http://10.1.2.3/x"),
        (&own, "https://other.invalid/x"),
        (&own, "http://slack.invalid/x"),
    ] {
        for refused in [
            api.post_url(url, &json!({"text": "private"})).await.unwrap_err(),
            api.upload(url, b"private".to_vec()).await.unwrap_err(),
        ] {
            assert!(refused.is_slack(&["invalid_url"]), "{url}: {refused:?}");
        }
    }
    let allowed = own.post_url("https://slack.invalid/x", &json!({})).await.unwrap_err();
    assert!(matches!(allowed, ApiError::NotSent { .. }), "where the API is: {allowed:?}");
    local.post_url(&fake.url("/api/here"), &json!({})).await.unwrap();
}

#[tokio::test]
async fn a_file_goes_up_in_three_steps() {
    let base = Arc::new(Mutex::new(String::new()));
    let fake = Fake::start({
        let base = base.clone();
        move |call, _| match call.method.as_str() {
            "files.getUploadURLExternal" => {
                let url = format!("{}/api/put", base.lock().unwrap());
                ok(json!({"upload_url": url, "file_id": "F1"}))
            }
            "put" => status(200, "OK - 5"),
            _ => ok(json!({"files": [{"id": "F1"}]})),
        }
    })
    .await;
    *base.lock().unwrap() = fake.url("");
    let share =
        FileShare { channel: "C1".to_owned(), thread_ts: None, comment: Some("the record".to_owned()) };
    let id = fake.api().upload_file("a.md", "Record", b"hello".to_vec(), &share).await.unwrap();
    assert_eq!(id, "F1");
    let calls = fake.calls();
    assert_eq!(calls[0].body, "filename=a.md&length=5");
    assert_eq!((calls[1].body.as_str(), calls[1].header("authorization")), ("hello", ""));
    assert_eq!(
        calls[2].json(),
        json!({"files": [{"id": "F1", "title": "Record"}], "channel_id": "C1",
            "initial_comment": "the record"})
    );
}

#[tokio::test]
async fn a_closed_client_asks_nobody() {
    let fake = Fake::with_sockets().await;
    let api = fake.api();
    api.clone().close();
    assert_eq!(api.call("auth.test", Value::Null).await, Err(ApiError::Closed));
    assert!(fake.calls().is_empty());
}

#[test]
fn an_odd_api_url_is_refused() {
    for url in
        ["", "slack.com/api", "ftp://slack.com/", "https://u:p@slack.com/api/", "https://slack.com/?a=1"]
    {
        assert!(SlackApi::new(url, Tokens::fixed(None, None)).is_err(), "{url}");
    }
}
