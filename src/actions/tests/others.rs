//! Events, shortcuts and commands.

use super::*;
use crate::domain::actor::Via;
use crate::domain::group::State;
use crate::store::silences;

fn event(event: Value) -> Inbound {
    let raw = json!({
        "type": "event_callback", "event_id": "Ev1", "team_id": "T1",
        "authorizations": [{"user_id": "UBOT", "is_bot": true}], "event": event,
    });
    Inbound::from_event(raw, None)
}

fn reaction(user: &str, name: &str, ts: &str) -> Inbound {
    event(json!({
        "type": "reaction_added", "user": user, "reaction": name,
        "item": {"type": "message", "channel": CHANNEL, "ts": ts},
    }))
}

#[tokio::test]
async fn reactions_are_a_quick_way_where_they_are_switched_on() {
    let (mut world, group) = World::with_group().await;
    let ts = format!("17.{}", group.id);
    assert_eq!(world.handle(reaction("U1", "tada", &ts)).await, Some(Answer::Nothing));
    assert_eq!(world.handle(reaction("U1", "eyes", "99.9")).await, Some(Answer::Nothing));
    assert_eq!(world.handle(reaction("UBOT", "eyes", &ts)).await, Some(Answer::Nothing));
    assert_eq!(world.group(group.id).await.state, State::Firing);
    assert_eq!(world.handle(reaction("U1", "eyes", &ts)).await, Some(Answer::Nothing));
    assert_eq!(world.group(group.id).await.state, State::Acknowledged);
    let notes = world.notes().await;
    assert!(matches!(&notes[..], [GroupNote::Changed(told)] if told.via == Via::Reaction));
    let answer = world.handle(reaction("U2", "eyes", &ts)).await.unwrap();
    assert!(private(&answer).contains("<@U1> has it already, since "), "{answer:?}");
    world.handle(reaction("U2", "white_check_mark", &ts)).await;
    assert_eq!(world.group(group.id).await.state, State::Resolved);

    let mut rules = rules();
    rules.slack.reactions = false;
    world.rules = Arc::new(rules);
    assert_eq!(world.handle(reaction("U2", "eyes", &ts)).await, None);
}

#[tokio::test]
async fn the_home_tab_is_drawn_when_it_is_opened() {
    let world = World::new().await;
    world.handle(event(json!({"type": "app_home_opened", "user": "U1", "tab": "messages"}))).await;
    assert_eq!(world.said().await, []);
    world.handle(event(json!({"type": "app_home_opened", "user": "U1", "tab": "home"}))).await;
    assert_eq!(world.said().await, [Say::Home { user: "U1".to_owned() }]);
}

#[tokio::test]
async fn mentions_and_commands_reach_the_words() {
    let world = World::new().await;
    let mention =
        json!({"type": "app_mention", "user": "U1", "text": "<@UBOT> help", "channel": CHANNEL, "ts": "1.1"});
    assert!(world.handle(event(mention.clone())).await.is_some());
    let mut bots = mention;
    bots["bot_id"] = json!("B2");
    assert_eq!(world.handle(event(bots)).await, Some(Answer::Nothing));
    let command = json!({"command": "/firebell", "text": "help", "user_id": "U1", "channel_id": CHANNEL});
    assert!(world.handle(Inbound::from_command(command)).await.is_some());
    assert_eq!(world.handle(event(json!({"type": "channel_archive", "user": "U1"}))).await, None);
    assert_eq!(world.said().await, []);
}

#[tokio::test]
async fn a_message_of_the_thread_becomes_a_note() {
    let (world, group) = World::with_group().await;
    let shortcut = |message: Value| {
        json!({
            "type": "message_action", "callback_id": "add_note", "user": {"id": "U1"}, "channel": {"id": CHANNEL},
            "message_ts": message["ts"].clone(), "message": message,
        })
    };
    let thread = format!("17.{}", group.id);
    let message = json!({"user": "U2", "ts": "18.0", "thread_ts": thread, "text": "failover to <https://x.test|db2> &amp; done"});
    assert_eq!(world.interaction(shortcut(message)).await, Some(Answer::Nothing));
    let notes = world.notes().await;
    let [GroupNote::Words { by, via, text }] = &notes[..] else { panic!("{notes:?}") };
    assert_eq!((by.slack_id(), *via), (Some("U2"), Via::Shortcut));
    assert_eq!(text, "failover to db2 (https://x.test) & done");

    for message in [
        json!({"user": "U2", "ts": "19.0", "text": "hi"}),
        json!({"user": "U2", "ts": "19.1", "thread_ts": "19.0", "text": "hi"}),
        json!({"user": "UBOT", "ts": thread, "thread_ts": thread, "text": "the alert itself"}),
    ] {
        let answer = world.interaction(shortcut(message)).await.unwrap();
        assert!(private(&answer).contains("thread of an alert"), "{answer:?}");
    }
    let empty = json!({"user": "U2", "ts": "18.1", "thread_ts": thread, "text": ""});
    assert!(private(&world.interaction(shortcut(empty)).await.unwrap()).contains("no text"));
}

#[tokio::test]
async fn the_button_under_a_preview_makes_the_silence_that_was_typed() {
    let (world, _) = World::with_group().await;
    let text = "silence alertname=\"&lt;x&gt; &amp;amp;\" 2h replacing the disk";
    let command = json!({"command": "/firebell", "text": text, "user_id": "U1", "channel_id": CHANNEL});
    let preview = match world.handle(Inbound::from_command(command)).await {
        Some(Answer::PrivateMessage(preview)) => preview,
        other => panic!("{other:?}"),
    };
    let rows = world.work(|work| silences::not_ended(work.tx, work.now)).await;
    assert_eq!(rows, []);
    let blocks = preview["blocks"].as_array().unwrap();
    let row = blocks.iter().find(|block| block["type"] == "actions").unwrap();
    let value = row["elements"][0]["value"].as_str().unwrap();
    world.click("U1", "silence_confirm", value).await;
    let rows = world.work(|work| silences::not_ended(work.tx, work.now)).await;
    assert_eq!(rows.len(), 1, "{value}");
    assert_eq!(rows[0].matchers, "{alertname=\"<x> &amp;\"}");
    assert_eq!(
        (rows[0].ends, rows[0].comment.as_str()),
        (NOW + Duration::from_hours(2), "replacing the disk")
    );
}
