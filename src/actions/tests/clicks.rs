//! Buttons and menus of the message.

use super::*;
use crate::actions::{ACTIONS, GONE, Kind};
use crate::domain::group::{Change, State};
use crate::store::silences;
use crate::views;

#[tokio::test]
async fn one_tap_changes_the_state_and_everybody_sees_it() {
    for (before, id, state) in [
        (vec![], "group_ack", State::Acknowledged),
        (vec![], "group_resolve", State::Resolved),
        (vec!["group_ack"], "group_unack", State::Firing),
        (vec!["group_ack"], "group_resolve", State::Resolved),
        (vec!["group_resolve"], "group_unresolve", State::Firing),
        (vec!["forever"], "group_unsilence", State::Firing),
        (vec!["forever"], "group_ack", State::Acknowledged),
    ] {
        let (world, group) = World::with_group().await;
        for step in before {
            let answer = match step {
                "forever" => world.click("U1", "group_silence", &format!("{}:forever", group.id)).await,
                id => world.click("U1", id, &group.id.to_string()).await,
            };
            assert_eq!(answer, Answer::Nothing);
        }
        world.forget().await;
        assert_eq!(world.click("U1", id, &group.id.to_string()).await, Answer::Nothing, "{id}");
        assert_eq!(world.group(group.id).await.state, state, "{id}");
        let said = world.said().await;
        assert!(said.iter().any(|say| matches!(say, Say::GroupCard { .. })), "{id}: {said:?}");
        assert!(matches!(&world.notes().await[..], [GroupNote::Changed(_)]), "{id}");
    }
}

#[tokio::test]
async fn of_two_who_click_one_is_told_who_was_faster() {
    let (mut world, group) = World::with_group().await;
    let value = group.id.to_string();
    world.click("U2", "group_ack", &value).await;
    let answer = world.click("U1", "group_ack", &value).await;
    assert!(private(&answer).starts_with("*#1* DiskFull (db1): <@U2> has it already, since "));
    let answer = world.click("U2", "group_ack", &value).await;
    assert!(private(&answer).starts_with("*#1* DiskFull (db1): you have it already, since "));
    world.now = NOW + Duration::from_secs(125);
    let answer = world.click("U1", "group_unsilence", &value).await;
    assert!(
        private(&answer).contains("it is not silenced; it is acknowledged by <@U2> since "),
        "{answer:?}"
    );
    world.click("U3", "group_resolve", &value).await;
    world.now = NOW + Duration::from_hours(26);
    for id in ["group_resolve", "group_ack", "group_silence"] {
        let value = if id == "group_silence" { format!("{value}:3600") } else { value.clone() };
        let answer = world.click("U1", id, &value).await;
        assert!(private(&answer).contains("already resolved by <@U3>"), "{id}: {answer:?}");
    }
    let answer = world.click("U1", "group_unack", &value).await;
    assert!(private(&answer).contains("it is not acknowledged; it is resolved by <@U3>"), "{answer:?}");
    assert_eq!(world.group(group.id).await.facts.resolved.unwrap().by.slack_id(), Some("U3"));
}

#[tokio::test]
async fn presets_silence_for_their_length() {
    for (rest, until) in [("1800", Some(NOW + Duration::from_mins(30))), ("forever", None)] {
        let (world, group) = World::with_group().await;
        let raw = json!({
            "type": "block_actions", "user": {"id": "U1"}, "trigger_id": "1.2.x",
            "actions": [{"type": "static_select", "action_id": "group_silence",
                         "selected_option": {"value": format!("{}:{rest}", group.id)}}],
        });
        assert_eq!(world.interaction(raw.clone()).await, Some(Answer::Nothing));
        assert_eq!(world.group(group.id).await.facts.silenced.unwrap().until, until);
        let notes = world.notes().await;
        assert!(
            matches!(&notes[..], [GroupNote::Changed(told)] if told.change == Change::Silenced { until, had_it: None }),
            "{notes:?}"
        );
        let again = world.interaction(raw).await.unwrap();
        assert!(private(&again).contains("already silenced by <@U1> until "), "{again:?}");
    }
}

#[tokio::test]
async fn odd_values_are_answered_and_change_nothing() {
    let (world, group) = World::with_group().await;
    let forever = "9".repeat(30);
    for (id, value) in [
        ("group_ack", ""),
        ("group_ack", "x"),
        ("group_silence", "1:soon"),
        ("group_silence", &format!("1:{forever}")),
        ("group_silence", "1:999999999999"),
        ("group_more", "fly:1"),
        ("group_more", "why"),
        ("group_fix", "?"),
        ("timeline_earlier", "1:-1"),
        ("storm_ack", "x"),
        ("storm_later", "1:x"),
        ("storm_group", "fly:1:2:3"),
        ("storm_group", "ack:1"),
        ("silence_confirm", "{}"),
        ("silence_confirm", r#"{"m": "", "s": 60}"#),
        ("silence_confirm", r#"{"m": "a=\"b\"", "s": 0}"#),
        ("silence_confirm", r#"{"m": "a=\"b\"", "s": 99999999999}"#),
    ] {
        let answer = world.click("U1", id, value).await;
        assert!(private(&answer).contains("another version"), "{id} {value}: {answer:?}");
    }
    assert_eq!(world.group(group.id).await, group);
    assert_eq!(world.said().await, []);
}

#[tokio::test]
async fn a_group_that_is_gone_is_said_to_be() {
    let world = World::new().await;
    let of_groups =
        |action: &&crate::actions::Action| action.kind == Kind::Click && !action.id.starts_with("incident_");
    for action in ACTIONS.iter().filter(of_groups) {
        let value = match action.id {
            "group_silence" => "77:3600",
            "group_more" => "why:77",
            "responder_remove" => "77:U1",
            "responder_coming" => "77:yes:U1",
            "responder_cant" => "77:no:U1",
            "storm_group" => "ack:77:1:0",
            "bulk_confirm" | "home_ack" | "home_resolve" | "home_silence" => continue,
            "storm_earlier" | "storm_later" | "silence_confirm" | "timeline_earlier" | "timeline_later"
            | "timeline_why" => continue,
            _ => "77",
        };
        assert_eq!(private(&world.click("U1", action.id, value).await), GONE, "{}", action.id);
    }
    for what in ["responders", "attach", "note", "timeline", "fix", "resolve_note"] {
        assert_eq!(private(&world.click("U1", "group_more", &format!("{what}:77")).await), GONE, "{what}");
    }
}

#[tokio::test]
async fn links_and_strangers() {
    let world = World::new().await;
    assert_eq!(world.click("U1", "link_0", "").await, Answer::Nothing);
    assert_eq!(world.interaction(click("U1", "not_ours", "")).await, None);
    assert_eq!(world.said().await, []);
}

#[tokio::test]
async fn still_yours() {
    let (world, group) = World::with_group().await;
    let value = group.id.to_string();
    let answer = world.click("U1", "group_confirm", &value).await;
    assert!(private(&answer).contains("it is not acknowledged; it is firing since "), "{answer:?}");
    world.click("U1", "group_ack", &value).await;
    world.forget().await;
    assert_eq!(world.click("U1", "group_confirm", &value).await, Answer::Nothing);
    assert!(matches!(&world.notes().await[..], [GroupNote::Confirmed { .. }]));
    let answer = world.click("U2", "group_confirm", &value).await;
    assert!(private(&answer).contains("<@U1> has it already, since "), "{answer:?}");
}

#[tokio::test]
async fn a_silence_by_matchers_is_made_once() {
    let (world, group) = World::with_group().await;
    let wish = json!({"m": "{instance=\"db1\"}", "s": 3600, "c": "replacing the disk"}).to_string();
    let mut raw = click("U1", "silence_confirm", &wish);
    raw["response_url"] = json!("https://hooks.slack.test/1");
    assert_eq!(world.interaction(raw.clone()).await, Some(Answer::Nothing));
    assert_eq!(world.interaction(raw).await, Some(Answer::Nothing));
    let rows = world.work(|work| silences::not_ended(work.tx, work.now)).await;
    assert_eq!(rows.len(), 1);
    assert_eq!(
        (rows[0].comment.as_str(), rows[0].ends),
        ("replacing the disk", NOW + Duration::from_hours(1))
    );
    assert_eq!(rows[0].created_by, "slack:U1");
    assert_eq!(world.group(group.id).await.state, State::Silenced);
    let answers: Vec<String> = world
        .said()
        .await
        .into_iter()
        .filter_map(|say| match say {
            Say::Respond { text, replace: true, .. } => Some(text),
            _ => None,
        })
        .collect();
    assert_eq!(answers.len(), 2);
    assert!(answers[0].starts_with(":no_bell: Silenced: `{instance=\"db1\"}` until <!date^"), "{answers:?}");
    assert!(answers[1].starts_with(":no_bell: There is one like it already"), "{answers:?}");
    // Without a way to replace the preview the words come as they can.
    let answer = world.click("U1", "silence_confirm", &wish).await;
    assert!(private(&answer).contains("There is one like it"));
}

#[tokio::test]
async fn everything_the_message_offers_is_known() {
    let (world, group) = World::with_group().await;
    let value = group.id.to_string();
    let mut seen = std::collections::BTreeSet::new();
    for step in ["", "group_ack", "group_unack", "group_silence", "group_unsilence", "group_resolve"] {
        if !step.is_empty() {
            let value = if step == "group_silence" { format!("{value}:3600") } else { value.clone() };
            assert_eq!(world.click("U1", step, &value).await, Answer::Nothing, "{step}");
        }
        let id = group.id;
        let card = world
            .work(move |work| {
                let group = groups::by_id(work.tx, id)?.unwrap();
                Ok(views::group::card(&look::group(work.tx, work.rules, group, work.now)?))
            })
            .await;
        collect(&card, &mut seen);
    }
    for (action_id, value) in &seen {
        let known = ACTIONS.iter().any(|action| action.kind == Kind::Click && action.id == action_id);
        assert!(known || action_id.starts_with("link_"), "{action_id}");
        if action_id == "group_more" || action_id == "group_silence" {
            let answer = world.click("U1", action_id, value).await;
            let refused = matches!(&answer, Answer::Private(text) if text.contains("another version"));
            assert!(!refused, "{action_id} {value}");
        }
    }
    assert!(seen.len() > 10, "{seen:?}");
}

/// The action ids below here, with every value that may come back.
fn collect(value: &Value, into: &mut std::collections::BTreeSet<(String, String)>) {
    if let Some(action_id) = value["action_id"].as_str() {
        let mut add = |value: &Value| {
            into.insert((action_id.to_owned(), value["value"].as_str().unwrap_or_default().to_owned()));
        };
        match value["options"].as_array() {
            Some(options) => options.iter().for_each(&mut add),
            None => add(value),
        }
    }
    match value {
        Value::Array(items) => items.iter().for_each(|item| collect(item, into)),
        Value::Object(fields) => fields.values().for_each(|field| collect(field, into)),
        _ => {}
    }
}
