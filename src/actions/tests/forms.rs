//! Forms that are sent.

use super::*;
use crate::domain::group::State;
use crate::domain::say::Importance;
use crate::limits::{FIX_CHARS, NOTE_CHARS};

#[tokio::test]
async fn a_resolve_with_what_fixed_it() {
    let (world, group) = World::with_group().await;
    let metadata = format!("{}:resolve", group.id);
    let answer = world.send("U1", "group_fix", &metadata, typed("note", "  restarted it ")).await;
    assert_eq!(answer, Answer::Nothing);
    let resolved = world.group(group.id).await.facts.resolved.unwrap();
    assert_eq!(resolved.note.as_deref(), Some("restarted it"));
    // Somebody else was slower; what they know is kept.
    let answer = world.send("U2", "group_fix", &metadata, typed("note", "more disk")).await;
    assert_eq!(answer, Answer::Nothing);
    let resolved = world.group(group.id).await.facts.resolved.unwrap();
    assert_eq!((resolved.note.as_deref(), resolved.by.slack_id()), (Some("more disk"), Some("U1")));
    // Without words they are told.
    let answer = world.send("U2", "group_fix", &metadata, typed("note", "")).await;
    let Answer::Update(view) = answer else { panic!("{answer:?}") };
    assert!(view.to_string().contains("already resolved by <@U1>"), "{view}");
}

#[tokio::test]
async fn what_fixed_it_afterwards() {
    let (world, group) = World::with_group().await;
    world.click("U1", "group_resolve", &group.id.to_string()).await;
    world.forget().await;
    let metadata = format!("{}:fix", group.id);
    let answer = world.send("U1", "group_fix", &metadata, typed("note", " ")).await;
    assert!(error_of(&answer, "note").contains("A few words"));
    let long = "x".repeat(FIX_CHARS + 100);
    assert_eq!(world.send("U1", "group_fix", &metadata, typed("note", &long)).await, Answer::Nothing);
    let note = world.group(group.id).await.facts.resolved.unwrap().note.unwrap();
    assert_eq!(note.chars().count(), FIX_CHARS);
    assert!(matches!(&world.notes().await[..], [GroupNote::Fixed { .. }]));
}

#[tokio::test]
async fn a_silence_of_any_length() {
    let at =
        |seconds: i64| json!({"until": {"until": {"type": "datetimepicker", "selected_date_time": seconds}}});
    let now_s = NOW.as_s();
    for (values, until) in [
        (typed("length", "2h30m"), NOW + Duration::from_mins(150)),
        (typed("length", " 3d "), NOW + Duration::from_hours(72)),
        (at(now_s + 3_600), NOW + Duration::from_hours(1)),
    ] {
        let (world, group) = World::with_group().await;
        let answer = world.send("U1", "group_silence", &group.id.to_string(), values).await;
        assert_eq!(answer, Answer::Nothing);
        let group = world.group(group.id).await;
        assert_eq!((group.state, group.facts.silenced.unwrap().until), (State::Silenced, Some(until)));
    }
    let (world, group) = World::with_group().await;
    let mut both = typed("length", "2h");
    both["until"] = at(now_s + 60)["until"].clone();
    for (values, field, words) in [
        (json!({}), "length", "Say for how long"),
        (typed("length", ""), "length", "Say for how long"),
        (typed("length", "soon"), "length", "Not a duration"),
        (typed("length", "90"), "length", "90s or 90m"),
        (typed("length", "0"), "length", "must last"),
        (typed("length", "2y"), "length", "At most a year"),
        (typed("length", &"1".repeat(500)), "length", "too long"),
        (at(now_s - 1), "until", "past"),
        (at(now_s + 400 * 86_400), "until", "At most a year"),
        (at(i64::MAX), "until", "At most a year"),
        (both, "until", "Either"),
    ] {
        let answer = world.send("U1", "group_silence", &group.id.to_string(), values).await;
        assert!(error_of(&answer, field).contains(words), "{answer:?}");
    }
    assert_eq!(world.group(group.id).await.state, State::Firing);
}

#[tokio::test]
async fn people_are_called_once_each_and_can_go() {
    let (world, group) = World::with_group().await;
    let id = group.id.to_string();
    let people = |users: &[&str], importance: &str| {
        json!({
            "people": {"people": {"type": "multi_users_select", "selected_users": users}},
            "importance": {"importance": {"type": "radio_buttons", "selected_option": {"value": importance}}},
        })
    };
    let answer = world.send("U1", "group_responders", &id, people(&["U2", "U3", "U2"], "important")).await;
    assert_eq!(answer, Answer::Nothing);
    let pages: Vec<String> = world
        .said()
        .await
        .into_iter()
        .filter_map(|say| match say {
            Say::Page { user, importance: Importance::Important, .. } => Some(user),
            _ => None,
        })
        .collect();
    assert_eq!(pages, ["U2", "U3"]);
    let answer = world.send("U1", "group_responders", &id, people(&[], "default")).await;
    assert!(error_of(&answer, "people").contains("at least one"));
    let many: Vec<String> = (0..21).map(|n| format!("U{n}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let answer = world.send("U1", "group_responders", &id, people(&many, "default")).await;
    assert!(error_of(&answer, "people").contains("At most 20"));

    world.forget().await;
    let mut raw = click("U1", "responder_remove", &format!("{id}:U2"));
    raw["view"] = json!({"id": "V9", "callback_id": "group_responders"});
    assert_eq!(world.interaction(raw).await, Some(Answer::Nothing));
    assert!(matches!(&world.notes().await[..], [GroupNote::Uncalled { user, .. }] if user == "U2"));
    let drawn = world.opened().await.to_string();
    assert!(drawn.contains("<@U3>") && !drawn.contains("<@U2>"), "{drawn}");
}

#[tokio::test]
async fn a_group_goes_under_another_and_out_again() {
    let (world, child) = World::with_group().await;
    let root = world.fire("ClusterSlow", "k8s").await;
    let other = world.fire("NodeDown", "n1").await;
    let id = |group: &Group| group.id.to_string();
    let choose =
        |group: &Group| json!({"root": {"root": {"selected_option": {"value": group.id.to_string()}}}});
    for (values, words) in [
        (json!({}), "Choose the alert group"),
        (choose(&child), "to itself"),
        (json!({"root": {"root": {"selected_option": {"value": "77"}}}}), "is gone"),
    ] {
        let answer = world.send("U1", "group_attach", &id(&child), values).await;
        assert!(error_of(&answer, "root").contains(words), "{answer:?}");
    }
    world.click("U2", "group_ack", &id(&root)).await;
    assert_eq!(world.send("U1", "group_attach", &id(&child), choose(&root)).await, Answer::Nothing);
    let attached = world.group(child.id).await;
    assert_eq!((attached.attached_to, attached.state), (Some(root.id), State::Acknowledged));
    // Neither chains nor rings.
    let answer = world.send("U1", "group_attach", &id(&other), choose(&child)).await;
    assert!(error_of(&answer, "root").contains("itself attached"), "{answer:?}");
    let answer = world.send("U1", "group_attach", &id(&root), choose(&other)).await;
    assert!(error_of(&answer, "root").contains("#1 is attached to #2"), "{answer:?}");
    let answer = world.click("U1", "group_more", &format!("attach:{}", root.id)).await;
    assert!(private(&answer).contains("#1 is attached to #2"));
    // What is attached is handled at its root.
    for button in ["group_ack", "group_unack", "group_unresolve", "group_unsilence"] {
        let answer = world.click("U1", button, &id(&child)).await;
        assert!(
            private(&answer).contains("it is attached to #2 and follows that one"),
            "{button}: {answer:?}"
        );
    }
    let answer = world.click("U1", "group_more", &format!("attach:{}", child.id)).await;
    assert!(private(&answer).contains("attached to #2"));
    assert_eq!(world.click("U1", "group_detach", &id(&child)).await, Answer::Nothing);
    assert_eq!(world.group(child.id).await.attached_to, None);
    // Resolved ones are neither root nor child.
    world.click("U2", "group_resolve", &id(&root)).await;
    let answer = world.send("U1", "group_attach", &id(&other), choose(&root)).await;
    assert!(error_of(&answer, "root").contains("resolved meanwhile"));
    let answer = world.click("U1", "group_more", &format!("attach:{}", root.id)).await;
    assert!(private(&answer).contains("not attached; #2 is resolved."), "{answer:?}");
    let answer = world.send("U1", "group_attach", &id(&root), choose(&other)).await;
    assert!(matches!(&answer, Answer::Update(view) if view.to_string().contains("#2 is resolved.")));
}

#[tokio::test]
async fn a_note() {
    let (world, group) = World::with_group().await;
    let id = group.id.to_string();
    let answer = world.send("U1", "group_note", &id, typed("note", " \n ")).await;
    assert!(error_of(&answer, "note").contains("needs words"));
    let long = format!("looking <!channel> {}", "é".repeat(NOTE_CHARS));
    assert_eq!(world.send("U1", "group_note", &id, typed("note", &long)).await, Answer::Nothing);
    let notes = world.notes().await;
    let [GroupNote::Words { text, .. }] = &notes[..] else { panic!("{notes:?}") };
    assert_eq!(text.chars().count(), NOTE_CHARS);
}

#[tokio::test]
async fn a_form_about_a_group_that_is_gone_says_so() {
    let world = World::new().await;
    let people = json!({"people": {"people": {"selected_users": ["U2"]}}});
    for (callback_id, metadata, values) in [
        ("group_fix", "77:resolve", typed("note", "x")),
        ("group_fix", "77:fix", typed("note", "x")),
        ("group_silence", "77", typed("length", "1h")),
        ("group_responders", "77", people),
        ("group_note", "77", typed("note", "x")),
        ("group_note", "", typed("note", "x")),
    ] {
        let answer = world.send("U1", callback_id, metadata, values).await;
        assert!(
            matches!(&answer, Answer::Update(view) if view.to_string().contains("is gone")),
            "{callback_id}"
        );
    }
}
