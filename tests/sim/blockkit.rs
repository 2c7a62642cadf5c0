//! What Slack refuses in blocks, each with its place.

use serde_json::{Value, json};

use crate::world::World;

async fn refusals(world: &World, args: Value) -> Vec<String> {
    let answer = world.json("blocks.validate", args).await;
    let messages = answer["response_metadata"]["messages"].as_array().cloned().unwrap_or_default();
    assert_eq!(answer["ok"] == true, messages.is_empty(), "{answer}");
    messages.iter().map(|m| m.as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn the_wrong_is_named_with_its_place() {
    let world = World::new().await;
    let text = |n: usize| json!({"type": "plain_text", "text": "x".repeat(n)});
    let option = |n: usize| json!({"text": text(1), "value": n.to_string()});
    let options = |n: usize| (0..n).map(option).collect::<Vec<_>>();
    let button = json!({"type": "button", "action_id": "b", "text": text(1)});
    let cases = [
        (
            json!({"type": "section", "text": text(3_001)}),
            "must be less than 3001 characters [json-pointer:/blocks/0/text/text]",
        ),
        (
            json!({"type": "section", "text": text(0)}),
            "must be more than 0 characters [json-pointer:/blocks/0/text/text]",
        ),
        (json!({"type": "section"}), "missing required field: text [json-pointer:/blocks/0]"),
        (
            json!({"type": "section", "fields": vec![text(1); 11]}),
            "no more than 10 items allowed [json-pointer:/blocks/0/fields]",
        ),
        (
            json!({"type": "section", "fields": [text(2_001)]}),
            "must be less than 2001 characters [json-pointer:/blocks/0/fields/0/text]",
        ),
        (
            json!({"type": "section", "text": text(1), "colour": "red"}),
            "invalid additional property: colour [json-pointer:/blocks/0]",
        ),
        (
            json!({"type": "header", "text": text(151)}),
            "must be less than 151 characters [json-pointer:/blocks/0/text/text]",
        ),
        (
            json!({"type": "header", "text": {"type": "mrkdwn", "text": "x"}}),
            "must be one of plain_text [json-pointer:/blocks/0/text/type]",
        ),
        (json!({"type": "banner"}), "unsupported type: banner [json-pointer:/blocks/0/type]"),
        (
            json!({"type": "context", "elements": [button]}),
            "unsupported type: button [json-pointer:/blocks/0/elements/0/type]",
        ),
        (
            json!({"type": "actions", "elements": []}),
            "no fewer than 1 items allowed [json-pointer:/blocks/0/elements]",
        ),
        (
            json!({"type": "actions", "elements": [button, button]}),
            "action_id \"b\" already exists [json-pointer:/blocks/0/elements/1/action_id]",
        ),
        (
            json!({"type": "actions", "elements": [{"type": "static_select", "action_id": "s", "options": options(101)}]}),
            "no more than 100 items allowed [json-pointer:/blocks/0/elements/0/options]",
        ),
        (
            json!({"type": "actions", "elements": [{"type": "overflow", "action_id": "s", "options": options(6)}]}),
            "no more than 5 items allowed [json-pointer:/blocks/0/elements/0/options]",
        ),
        (
            json!({"type": "actions", "elements": [{"type": "static_select", "action_id": "s", "options": options(2), "initial_option": option(9)}]}),
            "initial_option must be one of the options [json-pointer:/blocks/0/elements/0/initial_option]",
        ),
        (
            json!({"type": "image", "alt_text": "a"}),
            "must provide exactly one of image_url and slack_file [json-pointer:/blocks/0]",
        ),
        (
            json!({"type": "divider", "block_id": "b".repeat(256)}),
            "must be less than 256 characters [json-pointer:/blocks/0/block_id]",
        ),
    ];
    for (block, expected) in cases {
        let got = refusals(&world, json!({"blocks": [block]})).await;
        assert_eq!(got, [format!("[ERROR] {expected}")], "{block}");
    }
    let twice = json!([{"type": "divider", "block_id": "a"}, {"type": "divider", "block_id": "a"}]);
    let got = refusals(&world, json!({"blocks": twice})).await;
    assert_eq!(got, ["[ERROR] block_id \"a\" already exists [json-pointer:/blocks/1/block_id]"]);
    let got = refusals(&world, json!({"blocks": vec![json!({"type": "divider"}); 51]})).await;
    assert_eq!(got, ["[ERROR] no more than 50 items allowed [json-pointer:/blocks]"]);
    let answer = world
        .json("chat.postMessage", json!({"channel": "#ops", "text": "x", "blocks": [{"type": "x"}]}))
        .await;
    assert_eq!(answer["error"], "invalid_blocks");
}

#[tokio::test]
async fn modals_have_rules_of_their_own() {
    let world = World::new().await;
    let text = |t: &str| json!({"type": "plain_text", "text": t});
    let input = json!({"type": "input", "label": text("L"), "element": {"type": "plain_text_input", "action_id": "a"}});
    let modal = |extra: Value| {
        let mut view = json!({"type": "modal", "title": text("T"), "blocks": []});
        view.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        json!({"view": view})
    };
    let cases = [
        (modal(json!({"blocks": [input]})), "missing required field: submit [json-pointer:/view]"),
        (
            modal(json!({"title": text(&"t".repeat(25))})),
            "must be less than 25 characters [json-pointer:/view/title/text]",
        ),
        (
            modal(json!({"private_metadata": "m".repeat(3_001)})),
            "must be less than 3001 characters [json-pointer:/view/private_metadata]",
        ),
        (modal(json!({"colour": 1})), "invalid additional property: colour [json-pointer:/view]"),
        (
            modal(json!({"blocks": [{"type": "markdown", "text": "x"}]})),
            "unsupported type: markdown [json-pointer:/view/blocks/0/type]",
        ),
    ];
    for (args, expected) in cases {
        assert_eq!(refusals(&world, args.clone()).await, [format!("[ERROR] {expected}")], "{args}");
    }
    assert!(refusals(&world, modal(json!({"blocks": [input], "submit": text("Go")}))).await.is_empty());
}

/// A message is judged by its blocks, a view as a whole.
fn judged(document: Value) -> Value {
    if document.get("type").is_some() {
        json!({"view": document})
    } else {
        json!({"blocks": document["blocks"]})
    }
}

/// Made by changing good blocks at random and keeping what Slack's own Python or TypeScript types refuse.
#[tokio::test]
async fn what_slacks_own_libraries_refuse_is_refused() {
    let world = World::new().await;
    let refused: Vec<Value> =
        serde_json::from_str(include_str!("../fixtures/sim/refused_by_outside_judges.json")).unwrap();
    for document in refused {
        assert!(!refusals(&world, judged(document.clone())).await.is_empty(), "{document}");
    }
    let good: Vec<Value> = serde_json::from_str(include_str!("../fixtures/sim/good_blocks.json")).unwrap();
    assert!(good.len() > 50);
    for document in good {
        assert_eq!(refusals(&world, judged(document.clone())).await, Vec::<String>::new(), "{document}");
    }
}
