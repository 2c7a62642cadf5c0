//! How the dialogues look, opened by the clicks that open them.

use super::*;
use crate::domain::actor::Actor;
use crate::domain::picture::{Dialogue, Happened, Named};

/// The dialogue that this click opens.
async fn shown(world: &World, id: &str, value: &str) -> Value {
    world.forget().await;
    assert_eq!(world.click("U1", id, value).await, Answer::Nothing, "{id} {value}");
    world.opened().await
}

#[tokio::test]
async fn the_forms() {
    let (world, group) = World::with_group().await;
    let id = group.id;
    world.fire("ClusterSlow", "k8s <!channel>").await;
    insta::assert_json_snapshot!("silence", shown(&world, "group_silence", &format!("{id}:custom")).await);
    insta::assert_json_snapshot!("note", shown(&world, "group_more", &format!("note:{id}")).await);
    insta::assert_json_snapshot!("attach", shown(&world, "group_more", &format!("attach:{id}")).await);
    insta::assert_json_snapshot!("resolve", shown(&world, "group_more", &format!("resolve_note:{id}")).await);
    let people = json!({"people": {"people": {"selected_users": ["U2", "U3"]}}});
    world.send("U1", "group_responders", &id.to_string(), people).await;
    insta::assert_json_snapshot!(
        "responders",
        shown(&world, "group_more", &format!("responders:{id}")).await
    );
    world.send("U1", "group_fix", &format!("{id}:resolve"), typed("note", "more disk")).await;
    insta::assert_json_snapshot!("fix", shown(&world, "group_fix", &id.to_string()).await);
}

#[tokio::test]
async fn alone_there_is_nothing_to_attach_to() {
    let (world, group) = World::with_group().await;
    let drawn = shown(&world, "group_more", &format!("attach:{}", group.id)).await;
    assert!(drawn.to_string().contains("nothing to attach it to"), "{drawn}");
    assert!(drawn.get("submit").is_none());
}

#[tokio::test]
async fn the_timeline_tells_everything() {
    let (mut world, group) = World::with_group().await;
    let id = group.id.to_string();
    let root = world.fire("ClusterSlow", "k8s").await;
    let mut step = || world.now = world.now + Duration::from_mins(1);
    step();
    world.click("U1", "group_ack", &id).await;
    world.click("U1", "group_confirm", &id).await;
    world.send("U2", "group_note", &id, typed("note", "looking *at* <@U9> it")).await;
    let people = json!({
        "people": {"people": {"selected_users": ["U3"]}},
        "importance": {"importance": {"selected_option": {"value": "important"}}},
    });
    world.send("U1", "group_responders", &id, people).await;
    world.click("U1", "responder_remove", &format!("{id}:U3")).await;
    world.click("U1", "group_unack", &id).await;
    world.click("U1", "group_silence", &format!("{id}:3600")).await;
    world.click("U1", "group_silence", &format!("{id}:forever")).await;
    world.click("U1", "group_unsilence", &id).await;
    let target = json!({"root": {"root": {"selected_option": {"value": root.id.to_string()}}}});
    world.send("U1", "group_attach", &id, target).await;
    world.click("U1", "group_ack", &root.id.to_string()).await;
    world.click("U1", "group_detach", &id).await;
    world.send("U1", "group_fix", &format!("{id}:resolve"), typed("note", "more disk")).await;
    world.click("U1", "group_unresolve", &id).await;
    insta::assert_json_snapshot!("timeline", shown(&world, "group_more", &format!("timeline:{id}")).await);
}

#[tokio::test]
async fn the_timeline_names_who_joined_and_ended() {
    let lines = [
        json!({"news": "alerts", "joined": {"names": ["a", "<b>"], "count": 3}, "ended": {"names": [], "count": 0}, "firing": 4}),
        json!({"news": "alerts", "joined": {"names": ["c"], "count": 1}, "ended": {"names": ["d"], "count": 1}, "firing": 4}),
    ]
    .map(|data| Happened {
        at: NOW,
        kind: "alerts".to_owned(),
        actor: Actor::Firebell,
        source: "source".to_owned(),
        reason: String::new(),
        data,
    });
    let group = Named { id: 1, number: 1, title: "DiskFull".to_owned() };
    let drawn =
        modal::draw(&Dialogue::Timeline { group, page: 0, has_earlier: false, lines: lines.to_vec() });
    let text = drawn["blocks"][1]["text"]["text"].as_str().unwrap();
    assert!(text.contains("3 joined: a, &lt;b&gt;, …"), "{text}");
    assert!(text.contains("1 joined: c  1 ended: d"), "{text}");
}

#[tokio::test]
async fn a_long_timeline_is_turned_by_pages() {
    let (world, group) = World::with_group().await;
    for n in 0..60 {
        world.send("U1", "group_note", &group.id.to_string(), typed("note", &format!("note-{n}."))).await;
    }
    let buttons = |view: &Value| -> Vec<(String, String)> {
        let blocks = view["blocks"].as_array().unwrap();
        let row = blocks.iter().find(|block| block["type"] == "actions");
        let elements = row.and_then(|row| row["elements"].as_array()).cloned().unwrap_or_default();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let turning = elements.iter().filter(|one| one["action_id"] != "timeline_why");
        turning.map(|one| (text(&one["action_id"]), text(&one["value"]))).collect()
    };
    let earlier = |value: &str| ("timeline_earlier".to_owned(), value.to_owned());
    let later = |value: &str| ("timeline_later".to_owned(), value.to_owned());
    let mut view = shown(&world, "group_more", &format!("timeline:{}", group.id)).await;
    assert!(view.to_string().contains("note-59.") && view.to_string().contains("note-35."));
    assert!(!view.to_string().contains("note-34."));
    assert_eq!(buttons(&view), [earlier("1:1")]);
    for (value, first, last, next) in [
        ("1:1", "note-10.", "note-34.", vec![earlier("1:2"), later("1:0")]),
        ("1:2", "began it", "note-9.", vec![later("1:1")]),
    ] {
        world.forget().await;
        let mut raw = click("U1", "timeline_earlier", value);
        raw["view"] = json!({"id": "V1"});
        world.interaction(raw).await;
        view = world.opened().await;
        let text = view.to_string();
        assert!(text.find(first).unwrap() < text.find(last).unwrap(), "{text}");
        assert_eq!(buttons(&view), next);
    }
}

#[tokio::test]
async fn why_here() {
    let (world, group) = World::with_group().await;
    insta::assert_json_snapshot!("why", shown(&world, "group_more", &format!("why:{}", group.id)).await);
}

#[tokio::test]
async fn why_it_is_quiet() {
    let mut world = World::new().await;
    world.fire("ClusterDown", "k8s").await;
    let group = world.fire("DiskFull", "db1").await;
    world.click("U1", "group_silence", &format!("{}:3600", group.id)).await;
    let mut rules = rules();
    rules.version = "decaf".to_owned();
    world.rules = Arc::new(rules);
    let drawn = shown(&world, "group_more", &format!("why:{}", group.id)).await.to_string();
    for words in [
        "Kept quiet: inhibited by #1",
        ":mute: inhibited by #1 ClusterDown",
        "silenced by <@U1>",
        "it is now `decaf`",
    ] {
        assert!(drawn.contains(words), "{words}: {drawn}");
    }
}

#[tokio::test]
async fn odd_titles_break_nothing() {
    let world = World::new().await;
    let group = world.fire(&"<!channel> *\u{202e}長い\n".repeat(400), "db1").await;
    world.fire(&"🔥".repeat(500), "db2").await;
    for view in [
        View::Resolve { group: group.id },
        View::Silence { group: group.id },
        View::Responders { group: group.id },
        View::Attach { group: group.id },
        View::Note { group: group.id },
        View::Timeline { group: group.id },
        View::Why { group: group.id },
    ] {
        let drawn = world.drawn(view).await;
        assert!(!drawn.to_string().contains("<!channel>"), "{drawn}");
        let blocks = drawn["blocks"].as_array().unwrap();
        for block in blocks {
            let text = block["text"]["text"].as_str().unwrap_or_default();
            assert!(text.chars().count() <= 3_000, "{text}");
        }
    }
}
