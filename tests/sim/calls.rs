//! The Web API: bodies, tokens, scopes, errors, pages.

use firebell::sim::{Manifest, RateLimits};
use serde_json::{Value, json};

use crate::world::World;

fn error(answer: &Value) -> &str {
    answer["error"].as_str().unwrap_or("ok")
}

#[tokio::test]
async fn tokens_are_checked_before_anything_else() {
    let world = World::new().await;
    let call = async |token: &str, method: &str| -> Value {
        world.send(method, token, &json!({})).await.unwrap().json().await.unwrap()
    };
    assert_eq!(error(&call("xoxb-wrong", "auth.test").await), "invalid_auth");
    assert_eq!(error(&call("xapp-test", "auth.test").await), "not_allowed_token_type");
    assert_eq!(error(&call("xoxb-test", "apps.connections.open").await), "not_allowed_token_type");
    assert_eq!(error(&call("xoxb-test", "chat.shout").await), "unknown_method");
    let bare = world.http.post(format!("{}auth.test", world.handle.api_url())).send().await.unwrap();
    assert_eq!(error(&bare.json().await.unwrap()), "not_authed");
    // The first call of the Node client: the token in the form.
    let form = world.http.post(format!("{}auth.test", world.handle.api_url()));
    let form = form.header("Content-Type", "application/x-www-form-urlencoded").body("token=xoxb-test");
    assert_eq!(form.send().await.unwrap().json::<Value>().await.unwrap()["ok"], true);
    // The first call of the Python client: JSON, and nothing in it.
    let empty = world.http.post(format!("{}auth.test", world.handle.api_url())).bearer_auth("xoxb-test");
    let empty = empty.header("Content-Type", "application/json").send().await.unwrap();
    assert!(empty.headers().contains_key("x-oauth-scopes"));
    assert_eq!(empty.json::<Value>().await.unwrap()["user"], "sim-app");
}

#[tokio::test]
async fn a_scope_that_is_missing_is_named() {
    let manifest = json!({
        "display_information": {"name": "Small"},
        "oauth_config": {"scopes": {"bot": ["chat:write", "channels:history"]}},
        "settings": {"socket_mode_enabled": true},
    });
    let world = World::with(|b| b.manifest(Manifest::from_value(manifest))).await;
    let answer = world.form("users.info", &[("user", "U1")]).await;
    assert_eq!((error(&answer), &answer["needed"]), ("missing_scope", &json!("users:read")));
    assert_eq!(answer["provided"], "channels:history,chat:write");
    // One kind of conversation is allowed, another is not.
    let ops = world.channel("ops");
    assert_eq!(world.json("conversations.history", json!({"channel": ops})).await["ok"], true);
    let bot = world.sim.read(|s| s.app.bot_user.clone());
    world.ann().invite("secret", &bot).unwrap();
    let answer = world.json("conversations.history", json!({"channel": world.channel("secret")})).await;
    assert_eq!((error(&answer), &answer["needed"]), ("missing_scope", &json!("groups:history")));
    // Without chat:write.public the app must be in the channel.
    let answer = world.json("chat.postMessage", json!({"channel": "#lobby", "text": "x"})).await;
    assert_eq!(error(&answer), "not_in_channel");
}

#[tokio::test]
async fn form_methods_do_not_read_json() {
    let world = World::new().await;
    let ops = world.channel("ops");
    let answer = world.json("conversations.info", json!({"channel": ops})).await;
    assert_eq!(error(&answer), "invalid_arguments");
    assert_eq!(answer["response_metadata"]["messages"][0], "[ERROR] missing required field: channel");
    assert_eq!(world.form("conversations.info", &[("channel", &ops)]).await["channel"]["name"], "ops");
    let url = format!("{}conversations.info?channel={ops}", world.handle.api_url());
    let get = world.http.get(url).bearer_auth("xoxb-test").send().await.unwrap();
    assert_eq!(get.json::<Value>().await.unwrap()["channel"]["id"], *ops);
}

#[tokio::test]
async fn refusals_are_slacks() {
    let world = World::new().await;
    let (ops, secret, lobby) = (world.channel("ops"), world.channel("secret"), world.channel("lobby"));
    let (ann, gus, old) = (world.id("ann"), world.id("gus"), world.id("old"));
    let hers = world.ann().post("ops", "hers").unwrap();
    let mine = world.post("#ops", "mine").await;
    let long = "x".repeat(4_001);
    let name = "n".repeat(81);
    let cases = [
        ("chat.postMessage", json!({"channel": "#nowhere", "text": "x"}), "channel_not_found"),
        ("chat.postMessage", json!({"channel": secret, "text": "x"}), "channel_not_found"),
        ("chat.postMessage", json!({"channel": ops}), "no_text"),
        (
            "chat.postMessage",
            json!({"channel": ops, "text": "x", "thread_ts": "1.000000"}),
            "thread_not_found",
        ),
        ("chat.postMessage", json!({"channel": ops, "text": "x", "blocks": "{"}), "invalid_blocks_format"),
        (
            "chat.postMessage",
            json!({"channel": ops, "text": "x", "markdown_text": "y"}),
            "markdown_text_conflict",
        ),
        (
            "chat.postMessage",
            json!({"channel": ops, "text": "x", "metadata": {"event_type": "e"}}),
            "invalid_metadata_format",
        ),
        (
            "chat.postMessage",
            json!({"channel": ops, "text": "x", "metadata": {"event_type": "e", "event_payload": {"a": {"b": {}}}}}),
            "invalid_metadata_schema",
        ),
        ("chat.update", json!({"channel": ops, "ts": hers, "text": "x"}), "cant_update_message"),
        ("chat.update", json!({"channel": ops, "ts": mine, "text": long}), "msg_too_long"),
        ("chat.update", json!({"channel": ops, "ts": "1.000000", "text": "x"}), "message_not_found"),
        ("chat.delete", json!({"channel": ops, "ts": hers}), "cant_delete_message"),
        ("chat.postEphemeral", json!({"channel": ops, "user": gus, "text": "x"}), "user_not_in_channel"),
        ("conversations.create", json!({"name": "ops"}), "name_taken"),
        ("conversations.create", json!({"name": "Ops"}), "invalid_name_specials"),
        ("conversations.create", json!({"name": "--"}), "invalid_name_punctuation"),
        ("conversations.create", json!({"name": ""}), "invalid_name_required"),
        ("conversations.create", json!({"name": name}), "invalid_name_maxlength"),
        ("conversations.invite", json!({"channel": ops, "users": ann}), "already_in_channel"),
        ("conversations.invite", json!({"channel": ops, "users": old}), "user_not_found"),
        ("conversations.invite", json!({"channel": ops, "users": gus}), "user_is_restricted"),
        ("conversations.invite", json!({"channel": lobby, "users": ann}), "not_in_channel"),
        ("conversations.history", json!({"channel": lobby}), "not_in_channel"),
        ("conversations.setTopic", json!({"channel": ops, "topic": "t".repeat(251)}), "too_long"),
        ("conversations.rename", json!({"channel": ops, "name": "new"}), "not_authorized"),
        ("reactions.add", json!({"channel": ops, "timestamp": mine, "name": "no such"}), "invalid_name"),
        ("reactions.add", json!({"channel": ops, "timestamp": "nope", "name": "eyes"}), "bad_timestamp"),
        ("reactions.remove", json!({"channel": ops, "timestamp": mine, "name": "eyes"}), "no_reaction"),
        ("pins.remove", json!({"channel": ops, "timestamp": mine}), "no_pin"),
        (
            "bookmarks.add",
            json!({"channel_id": ops, "title": "t", "type": "link", "link": "ftp://x"}),
            "invalid_link",
        ),
        (
            "views.open",
            json!({"trigger_id": "1", "view": {"type": "home", "blocks": []}}),
            "invalid_arguments",
        ),
        ("usergroups.users.update", json!({"usergroup": "S1", "users": ann}), "no_such_subteam"),
    ];
    for (method, args, expected) in cases {
        let answer = world.json(method, args.clone()).await;
        assert_eq!(error(&answer), expected, "{method} {args}");
    }
    for (method, args, expected) in [
        ("users.lookupByEmail", vec![("email", "no@example.com")], "users_not_found"),
        ("users.info", vec![("user", "U1")], "user_not_found"),
        ("conversations.replies", vec![("channel", ops.as_str()), ("ts", "1.000000")], "thread_not_found"),
        ("conversations.list", vec![("types", "all")], "invalid_types"),
        ("conversations.list", vec![("cursor", "zzz")], "invalid_cursor"),
        (
            "files.getUploadURLExternal",
            vec![("filename", "a"), ("length", "0")],
            "file_upload_size_restricted",
        ),
    ] {
        assert_eq!(error(&world.form(method, &args).await), expected, "{method} {args:?}");
    }
}

#[tokio::test]
async fn a_thread_its_history_and_its_metadata() {
    let world = World::new().await;
    let ops = world.channel("ops");
    let metadata = json!({"event_type": "alert", "event_payload": {"key": "k1"}});
    let root =
        world.json("chat.postMessage", json!({"channel": ops, "text": "root", "metadata": metadata})).await;
    let ts = root["ts"].as_str().unwrap();
    assert_eq!(ts, "1700000000.000000");
    for (text, broadcast) in [("one", false), ("two", true)] {
        let args = json!({"channel": ops, "text": text, "thread_ts": ts, "reply_broadcast": broadcast});
        assert_eq!(world.json("chat.postMessage", args).await["ok"], true);
    }
    let plain = world.json("conversations.history", json!({"channel": ops})).await;
    let texts: Vec<&str> =
        plain["messages"].as_array().unwrap().iter().map(|m| m["text"].as_str().unwrap()).collect();
    assert_eq!(texts, ["two", "root"]);
    assert_eq!(plain["messages"][1]["reply_count"], 2);
    assert_eq!(plain["messages"][1]["metadata"], json!({"event_type": "alert"}));
    let full =
        world.json("conversations.history", json!({"channel": ops, "include_all_metadata": true})).await;
    assert_eq!(full["messages"][1]["metadata"], metadata);
    let replies = world.form("conversations.replies", &[("channel", &ops), ("ts", ts), ("limit", "2")]).await;
    assert_eq!(replies["messages"].as_array().unwrap().len(), 2);
    assert_eq!(replies["has_more"], true);
    let cursor = replies["response_metadata"]["next_cursor"].as_str().unwrap();
    let rest =
        world.form("conversations.replies", &[("channel", &ops), ("ts", ts), ("cursor", cursor)]).await;
    assert_eq!(rest["messages"][0]["text"], "two");
    // A root with replies leaves a tombstone.
    assert_eq!(world.json("chat.delete", json!({"channel": ops, "ts": ts})).await["ok"], true);
    let after = world.json("conversations.history", json!({"channel": ops})).await;
    assert_eq!(after["messages"][1]["subtype"], "tombstone");
}

#[tokio::test]
async fn history_pages_through_everything_once() {
    let world = World::new().await;
    let ops = world.channel("ops");
    for n in 0..25 {
        world.post(&ops, &n.to_string()).await;
    }
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page =
            world.json("conversations.history", json!({"channel": ops, "limit": 10, "cursor": cursor})).await;
        let messages = page["messages"].as_array().unwrap();
        seen.extend(messages.iter().map(|m| m["text"].as_str().unwrap().to_owned()));
        match page["response_metadata"]["next_cursor"].as_str() {
            Some(next) if !next.is_empty() => cursor = next.to_owned(),
            _ => break,
        }
    }
    assert_eq!(seen, (0..25).rev().map(|n: i32| n.to_string()).collect::<Vec<_>>());
}

#[tokio::test]
async fn too_fast_is_429_with_a_wait() {
    let world = World::with(|b| b.rate_limits(RateLimits::SLACK)).await;
    for _ in 0..3 {
        world.post("#ops", "quick").await;
    }
    let refused =
        world.send("chat.postMessage", "xoxb-test", &json!({"channel": "#ops", "text": "x"})).await.unwrap();
    assert_eq!((refused.status().as_u16(), refused.headers()["retry-after"].to_str().unwrap()), (429, "2"));
    assert_eq!(refused.json::<Value>().await.unwrap()["error"], "ratelimited");
    world.post("#lobby", "another channel is free").await;
    world.clock.advance_ms(1_000);
    world.post("#ops", "a second later").await;
    assert_eq!(world.sim.calls_of("chat.postMessage").iter().filter(|c| c.status == 429).count(), 1);
}

#[tokio::test]
async fn an_archived_channel_is_closed_to_the_bot() {
    let world = World::new().await;
    let made = world.json("conversations.create", json!({"name": "inc-1"})).await;
    let id = made["channel"]["id"].as_str().unwrap();
    assert_eq!(world.json("conversations.archive", json!({"channel": id})).await["ok"], true);
    for (method, args, expected) in [
        ("chat.postMessage", json!({"channel": id, "text": "x"}), "is_archived"),
        ("conversations.archive", json!({"channel": id}), "already_archived"),
        ("conversations.unarchive", json!({"channel": id}), "not_in_channel"),
        ("conversations.create", json!({"name": "inc-1"}), "name_taken"),
    ] {
        assert_eq!(error(&world.json(method, args).await), expected, "{method}");
    }
}

#[tokio::test]
async fn a_file_is_reserved_uploaded_and_shared() {
    let world = World::new().await;
    let ops = world.channel("ops");
    let reserved =
        world.form("files.getUploadURLExternal", &[("filename", "log.txt"), ("length", "5")]).await;
    let id = reserved["file_id"].as_str().unwrap();
    let share =
        json!({"files": [{"id": id, "title": "The log"}], "channel_id": ops, "initial_comment": "see"});
    assert_eq!(error(&world.json("files.completeUploadExternal", share.clone()).await), "file_not_found");
    let url = reserved["upload_url"].as_str().unwrap();
    assert_eq!(world.http.post(url).body("hello").send().await.unwrap().text().await.unwrap(), "OK - 5");
    assert_eq!(world.json("files.completeUploadExternal", share).await["files"][0]["title"], "The log");
    let shared = world.sim.read(|s| s.messages("ops").last().map(|m| (m.subtype.clone(), m.files.clone())));
    assert_eq!(shared, Some((Some("file_share".to_owned()), vec![id.to_owned()])));
    let link =
        world.form("files.info", &[("file", id)]).await["file"]["url_private"].as_str().unwrap().to_owned();
    assert_eq!(world.http.get(link).send().await.unwrap().text().await.unwrap(), "hello");
}
