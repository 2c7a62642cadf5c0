//! How the app is told: Socket Mode and signed HTTP.

use std::sync::{Arc, Mutex};

use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use axum::routing::post;
use firebell::sim::{At, Choice, Form, HttpTargets, Transport};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::world::{World, soon};

#[tokio::test]
async fn a_ticket_opens_one_connection() {
    let world = World::new().await;
    let answer: Value =
        world.send("apps.connections.open", "xapp-test", &json!({})).await.unwrap().json().await.unwrap();
    let url = answer["url"].as_str().unwrap();
    let (first, _) = tokio_tungstenite::connect_async(url).await.unwrap();
    assert!(tokio_tungstenite::connect_async(url).await.is_err());
    drop(first);
}

#[tokio::test]
async fn everything_a_mirror_needs_arrives() {
    let world = World::new().await;
    let mut app = world.socket().await;
    let ann = world.ann();
    let bot = world.sim.read(|s| s.app.bot_user.clone());
    let ts = ann.post("ops", "look @ben at #lobby & <b>").unwrap();
    let event = app.event("message", None).await;
    let ben = world.id("ben");
    assert_eq!(
        event["text"],
        format!("look <@{ben}> at <#{}|lobby> &amp; &lt;b&gt;", world.channel("lobby"))
    );
    assert_eq!((&event["ts"], &event["channel_type"]), (&json!(ts), &json!("channel")));
    ann.edit("ops", &ts, "look again").unwrap();
    let event = app.event("message", Some("message_changed")).await;
    assert_eq!(event["message"]["text"], "look again");
    assert_eq!(event["message"]["edited"]["user"], *ann.id());
    assert!(event["previous_message"]["text"].as_str().unwrap().starts_with("look <@"));
    ann.react("ops", &ts, "eyes").unwrap();
    assert_eq!(app.event("reaction_added", None).await["item"]["ts"], *ts);
    ann.react("ops", &ts, "eyes").unwrap();
    assert_eq!(app.event("reaction_removed", None).await["reaction"], "eyes");
    ann.pin("ops", &ts).unwrap();
    assert_eq!(app.event("pin_added", None).await["channel_id"], *world.channel("ops"));
    ann.reply("ops", &ts, "a reply").unwrap();
    assert_eq!(app.event("message", None).await["parent_user_id"], *ann.id());
    ann.say("ops", "to all", Some(&ts), true).unwrap();
    assert_eq!(app.event("message", Some("thread_broadcast")).await["root"]["ts"], *ts);
    ann.post("ops", &format!("<@{bot}> help")).unwrap();
    let (message, mention) = (app.event("message", None).await, app.event("app_mention", None).await);
    assert_eq!(message["ts"], mention["ts"]);
    ann.upload("ops", None, "a.txt", None, b"hi".to_vec(), "").unwrap();
    assert_eq!(app.event("message", Some("file_share")).await["files"][0]["name"], "a.txt");
    app.event("file_shared", None).await;
    ann.set_topic("ops", "calm").unwrap();
    assert_eq!(app.event("message", Some("channel_topic")).await["topic"], "calm");
    ann.rename("ops", "ops-2").unwrap();
    assert_eq!(app.event("message", Some("channel_name")).await["old_name"], "ops");
    assert_eq!(app.event("channel_rename", None).await["channel"]["name"], "ops-2");
    ann.delete("ops-2", &ts).unwrap();
    let event = app.event("message", Some("message_changed")).await;
    assert_eq!(event["message"]["subtype"], "tombstone");
    ann.kick("ops-2", "ben").unwrap();
    assert_eq!(app.event("member_left_channel", None).await["user"], *ben);
    ann.archive("ops-2").unwrap();
    app.event("message", Some("channel_archive")).await;
    app.event("channel_archive", None).await;
    // What is said where the app is not stays there.
    ann.post("lobby", "private thoughts").unwrap();
    ann.message_app("hello app").unwrap();
    let event = app.event("message", None).await;
    assert_eq!((&event["text"], &event["channel_type"]), (&json!("hello app"), &json!("im")));
}

#[tokio::test]
async fn an_event_not_acknowledged_comes_again_with_the_same_event_id() {
    let world = World::new().await;
    let mut app = world.socket().await;
    world.ann().post("ops", "x").unwrap();
    let first = app.frame().await;
    assert_eq!((&first["retry_attempt"], &first["accepts_response_payload"]), (&json!(0), &json!(false)));
    world.clock.advance_ms(3_000);
    let second = app.frame().await;
    assert_eq!(second["retry_attempt"], 1);
    assert_eq!(second["retry_reason"], "timeout");
    assert_eq!(first["payload"]["event_id"], second["payload"]["event_id"]);
    assert_ne!(first["envelope_id"], second["envelope_id"]);
    app.ack(&second, json!({})).await;
    world.ann().post("ops", "y").unwrap();
    assert_eq!(app.next().await["payload"]["event"]["text"], "y");
}

#[tokio::test]
async fn events_wait_for_a_connection_and_a_refresh_loses_nothing() {
    let world = World::new().await;
    world.ann().post("ops", "before anyone listened").unwrap();
    let mut app = world.socket().await;
    assert_eq!(app.next().await["payload"]["event"]["text"], "before anyone listened");
    world.sim.refresh_sockets(true);
    assert_eq!(app.frame().await["reason"], "warning");
    assert_eq!(app.frame().await["reason"], "refresh_requested");
    world.ann().post("ops", "in the gap").unwrap();
    assert_eq!(app.next().await["payload"]["event"]["text"], "in the gap");
    let mut fresh = world.socket().await;
    world.ann().post("ops", "after").unwrap();
    assert_eq!(fresh.next().await["payload"]["event"]["text"], "after");
    world.clock.advance_ms(10_000);
    assert!(app.frame().await.is_null(), "the old connection is closed in the end");
}

#[tokio::test]
async fn a_command_answers_in_its_acknowledgement_and_opens_a_modal() {
    let world = World::new().await;
    let mut app = world.socket().await;
    let ann = world.ann();
    let typed = tokio::spawn({
        let ann = ann.clone();
        async move { ann.command("ops", "/incident db is down").await }
    });
    let envelope = app.frame().await;
    assert_eq!(
        (&envelope["type"], &envelope["accepts_response_payload"]),
        (&json!("slash_commands"), &json!(true))
    );
    let payload = envelope["payload"].clone();
    assert_eq!((&payload["command"], &payload["text"]), (&json!("/incident"), &json!("db is down")));
    let text = |t: &str| json!({"type": "plain_text", "text": t});
    let view = json!({
        "type": "modal", "callback_id": "new", "title": text("New"), "submit": text("Go"), "notify_on_close": true,
        "blocks": [{"type": "input", "block_id": "title", "label": text("Title"), "element": {"type": "plain_text_input", "action_id": "t"}}],
    });
    let open = json!({"trigger_id": payload["trigger_id"], "view": view});
    assert_eq!(world.json("views.open", open.clone()).await["ok"], true);
    assert_eq!(world.json("views.open", open).await["error"], "exchanged_trigger_id");
    app.ack(&envelope, json!({"text": "on it"})).await;
    typed.await.unwrap().unwrap();
    assert_eq!(
        world.sim.read(|s| s.ephemerals("ann").last().map(|(_, e)| e.message.text.clone())).as_deref(),
        Some("on it")
    );

    // Slack's own check, then the app's errors, then a good one.
    assert_eq!(ann.submit(&Form::new()).await.unwrap()["title"], "Please complete this required field.");
    for (value, answer, open) in [
        ("bad", json!({"response_action": "errors", "errors": {"title": "not that"}}), 1),
        ("good", Value::Null, 0),
    ] {
        let submitted = tokio::spawn({
            let ann = ann.clone();
            async move { ann.submit(&Form::new().set("title", value)).await }
        });
        let envelope = app.frame().await;
        assert_eq!(envelope["payload"]["view"]["state"]["values"]["title"]["t"]["value"], value);
        app.ack(&envelope, answer).await;
        submitted.await.unwrap().unwrap();
        assert_eq!(world.sim.read(|s| s.open_views("ann").len()), open);
    }
}

#[tokio::test]
async fn a_trigger_lives_three_seconds_and_a_response_url_thirty_minutes() {
    let world = World::new().await;
    let mut app = world.socket().await;
    let ann = world.ann();
    let typed = tokio::spawn(async move { ann.command("ops", "/incident").await });
    let envelope = app.next().await;
    typed.await.unwrap().unwrap();
    world.clock.advance_ms(3_001);
    let view = json!({"type": "modal", "title": {"type": "plain_text", "text": "x"}, "blocks": []});
    let open = json!({"trigger_id": envelope["payload"]["trigger_id"], "view": view});
    assert_eq!(world.json("views.open", open).await["error"], "expired_trigger_id");
    let url = envelope["payload"]["response_url"].as_str().unwrap();
    let answer = async |text: &str| {
        let sent = world.http.post(url).body(json!({"text": text}).to_string()).send().await.unwrap();
        (
            sent.status().as_u16(),
            sent.json::<Value>().await.unwrap()["error"].as_str().unwrap_or("").to_owned(),
        )
    };
    for n in 0..5 {
        assert_eq!(answer(&n.to_string()).await, (200, String::new()));
    }
    assert_eq!(answer("six").await, (404, "used_url".to_owned()));
    world.clock.advance_ms(30 * 60_000);
    assert_eq!(answer("late").await, (404, "expired_url".to_owned()));
}

#[tokio::test]
async fn a_click_carries_the_whole_state_and_can_replace_the_message() {
    let world = World::new().await;
    let mut app = world.socket().await;
    let text = |t: &str| json!({"type": "plain_text", "text": t});
    let blocks = json!([{"type": "actions", "block_id": "row", "elements": [
        {"type": "static_select", "action_id": "sev", "options": [{"text": text("P1"), "value": "1"}, {"text": text("P2"), "value": "2"}]},
        {"type": "button", "action_id": "ack", "text": text("Acknowledge"), "value": "42"},
    ]}]);
    let posted =
        world.json("chat.postMessage", json!({"channel": "#ops", "text": "alert", "blocks": blocks})).await;
    let at = At::message("ops", posted["ts"].as_str().unwrap());
    app.event("message", None).await;
    let ann = world.ann();
    let chosen = tokio::spawn({
        let (ann, at) = (ann.clone(), at.clone());
        async move { ann.act(&at, Choice::set("sev", "P2")).await }
    });
    assert_eq!(app.next().await["payload"]["actions"][0]["selected_option"]["value"], "2");
    chosen.await.unwrap().unwrap();
    let clicked = tokio::spawn({
        let (ann, at) = (ann.clone(), at.clone());
        async move { ann.click(&at, "Acknowledge").await }
    });
    let payload = app.next().await["payload"].clone();
    clicked.await.unwrap().unwrap();
    assert_eq!(payload["type"], "block_actions");
    assert_eq!(payload["actions"][0]["value"], "42");
    assert_eq!(payload["state"]["values"]["row"]["sev"]["selected_option"]["value"], "2");
    assert_eq!(payload["message"]["text"], "alert");
    let url = payload["response_url"].as_str().unwrap();
    let replace = json!({"replace_original": true, "text": "acknowledged"});
    assert_eq!(world.http.post(url).body(replace.to_string()).send().await.unwrap().status().as_u16(), 200);
    let shown = world.sim.read(|s| s.messages("ops").last().map(|m| m.visible_text()));
    assert_eq!(shown.as_deref(), Some("acknowledged"));
}

#[tokio::test]
async fn what_answers_a_click_on_the_root_of_a_thread_stands_in_the_channel() {
    let world = World::new().await;
    let mut app = world.socket().await;
    let button = json!([{"type": "actions", "elements": [
        {"type": "button", "action_id": "ack", "text": {"type": "plain_text", "text": "Acknowledge"}},
    ]}]);
    let post = async |thread: Option<&str>| {
        let message = json!({"channel": "#ops", "text": "alert", "blocks": button, "thread_ts": thread});
        world.json("chat.postMessage", message).await["ts"].as_str().unwrap().to_owned()
    };
    let root = post(None).await;
    app.event("message", None).await;
    let reply = post(Some(&root)).await;
    app.event("message", None).await;
    for (clicked, thread) in [(&root, None), (&reply, Some(root.clone()))] {
        let (ann, at) = (world.ann(), At::message("ops", clicked));
        let click = tokio::spawn(async move { ann.click(&at, "Acknowledge").await });
        let payload = app.next().await["payload"].clone();
        click.await.unwrap().unwrap();
        assert_eq!(payload["container"]["thread_ts"], root);
        let url = payload["response_url"].as_str().unwrap();
        world.http.post(url).body(json!({"text": "too late"}).to_string()).send().await.unwrap();
        let told = world.sim.read(|s| s.ephemerals("ann").last().map(|(_, e)| e.message.thread_ts.clone()));
        assert_eq!(told, Some(thread));
    }
}

#[tokio::test]
async fn a_silent_app_is_told_to_the_person_and_not_tried_again() {
    let world = World::new().await;
    let mut app = world.socket().await;
    let ann = world.ann();
    let typed = tokio::spawn({
        let ann = ann.clone();
        async move { ann.command("ops", "/incident").await }
    });
    app.frame().await;
    world.clock.advance_ms(3_000);
    let error = soon(typed).await.unwrap().unwrap_err();
    assert!(error.0.contains("operation_timeout"), "{error}");
    assert_eq!(world.sim.change(|s| s.take_toasts()).len(), 1);
    drop(app);
    let mut changes = world.sim.changes();
    while world.sim.sockets_open() > 0 {
        soon(changes.changed()).await.unwrap();
    }
    assert!(ann.command("ops", "/incident").await.unwrap_err().0.contains("dispatch_failed"));
    assert!(ann.command("ops", "/nope").await.unwrap_err().0.contains("not a valid command"));
}

type Seen = Arc<Mutex<Vec<(String, HeaderMap, Bytes)>>>;

/// An app with a public address: it keeps what it gets and answers as told.
async fn http_app(answer: fn(usize, &str) -> (StatusCode, &'static str)) -> (String, Seen) {
    let seen: Seen = Arc::default();
    let kept = Arc::clone(&seen);
    let handler = move |uri: axum::http::Uri, headers: HeaderMap, body: Bytes| {
        let kept = Arc::clone(&kept);
        async move {
            let (path, text) = (uri.path().to_owned(), String::from_utf8_lossy(&body).into_owned());
            let n = {
                let mut kept = kept.lock().unwrap();
                kept.push((path, headers, body));
                kept.len()
            };
            answer(n, &text).into_response()
        }
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, axum::Router::new().fallback(post(handler))).await });
    (base, seen)
}

#[tokio::test]
async fn http_is_signed_and_events_are_tried_four_times() {
    let world = World::new().await;
    let (base, seen) = http_app(|_, _| (StatusCode::INTERNAL_SERVER_ERROR, "")).await;
    world.sim.set_transport(Transport::Http(HttpTargets::under(&base)));
    let arrived = async |n: usize| {
        soon(async {
            while seen.lock().unwrap().len() < n {
                tokio::task::yield_now().await;
            }
        })
        .await;
    };
    world.ann().post("ops", "x").unwrap();
    arrived(2).await;
    world.clock.advance_ms(60_000);
    // The wait for the next try begins when the answer is in, so the clock is moved until it comes.
    for n in [3, 4] {
        soon(async {
            while seen.lock().unwrap().len() < n {
                world.clock.advance_ms(1_000);
                tokio::task::yield_now().await;
            }
        })
        .await;
    }
    let seen = seen.lock().unwrap();
    let header = |n: usize, name: &str| seen[n].1.get(name).map(|v| v.to_str().unwrap().to_owned());
    assert_eq!(header(0, "x-slack-retry-num"), None);
    assert_eq!(header(1, "x-slack-retry-num").as_deref(), Some("1"));
    assert_eq!(header(3, "x-slack-retry-num").as_deref(), Some("3"));
    assert_eq!(header(1, "x-slack-retry-reason").as_deref(), Some("http_error"));
    let (path, headers, body) = &seen[0];
    assert_eq!(path, "/slack/events");
    let timestamp = headers["x-slack-request-timestamp"].to_str().unwrap();
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(b"sim-signing-secret").unwrap();
    mac.update(format!("v0:{timestamp}:").as_bytes());
    mac.update(body);
    let expected: String = mac.finalize().into_bytes().iter().map(|b| format!("{b:02x}")).collect();
    assert_eq!(headers["x-slack-signature"].to_str().unwrap(), format!("v0={expected}"));
}

#[tokio::test]
async fn http_commands_are_forms_and_answered_in_the_body() {
    let world = World::new().await;
    let (base, seen) = http_app(|_, body| match body {
        b if b.contains("url_verification") => (StatusCode::OK, "wrong"),
        b if b.contains("block_suggestion") => (StatusCode::OK, r#"{"options":[]}"#),
        _ => (StatusCode::OK, "plain words"),
    })
    .await;
    world.sim.set_transport(Transport::Http(HttpTargets::under(&base)));
    soon(world.ann().command("ops", "/incident a b")).await.unwrap();
    let (path, _, body) = seen.lock().unwrap()[0].clone();
    let fields: std::collections::HashMap<_, _> = url::form_urlencoded::parse(&body).into_owned().collect();
    assert_eq!((path.as_str(), fields["text"].as_str()), ("/slack/commands", "a b"));
    assert_eq!(fields["is_enterprise_install"], "false");
    assert_eq!(
        world.sim.read(|s| s.ephemerals("ann").last().map(|(_, e)| e.message.text.clone())).as_deref(),
        Some("plain words")
    );
    let refused = soon(world.sim.verify_events_url(&format!("{base}/slack/events"))).await;
    assert!(refused.unwrap_err().contains("without the challenge"));
}
