//! An incident worked on by taps and forms alone, as on a phone at night.

use firebell::domain::incident::State;
use firebell::store::incidents;
use serde_json::json;

use crate::harness::{Channel, Setup, Span, World, scenario};

fn announced() -> Setup {
    Setup::default().channels(&["incidents"]).more("incidents: {announce: [{channel: '#incidents'}]}")
}

/// Declares from the alert's message; the incident's channel.
async fn declared<'w>(world: &'w World, title: &str, more: &[(&str, serde_json::Value)]) -> Channel<'w> {
    world.fire("DiskFull", &["db1"]).await;
    let alert = world.channel("#ops").expect("DiskFull").await;
    alert.choose("group_more", "Declare incident").await;
    let ann = world.as_user("ann");
    let mut form = ann.modal("What burns?").await.fill("inc_title", title);
    for (field, value) in more {
        form = form.fill(field, value.clone());
    }
    form.submit().await;
    world.advance(1.minutes()).await;
    alert.expect_update("INC-1").await;
    let name = world.read(|tx| incidents::by_number(tx, 1)).await.unwrap().channel_name.unwrap();
    world.channel(&name)
}

scenario! {
    in announced();
    async fn from_an_alert_to_the_summary_by_taps(world) {
        let channel = declared(world, "Nobody can pay", &[("inc_severity", json!("SEV1"))]).await;
        world.channel("#ops").claim_all();
        let ann = world.as_user("ann");
        let card = channel.expect("Nobody can pay").await;
        card.expect_now("nobody yet").await;
        channel.expect("Declared by").await;
        let outside = world.channel("#incidents").expect("Nobody can pay").await;

        card.click("Be Commander").await;
        channel.expect("is now").await;
        ann.direct().expect("You are").await;
        card.expect_update("*Commander:* <@").await;

        card.click("Status").await;
        ann.modal("Status").await.fill("inc_status", "identified").submit().await;
        channel.expect("Status: identified").await;
        outside.expect_update("identified").await;

        card.click("Update").await;
        let empty = ann.modal("Update").await.fill("inc_text", " ").submit_refused().await;
        assert!(empty.contains_key("inc_text"), "{empty:?}");
        ann.modal("Update").await.fill("inc_text", "We roll it back").submit().await;
        channel.expect("We roll it back").await;
        outside.expect_update("We roll it back").await;
        outside.thread().expect("We roll it back").await;

        outside.click_as("bob", "Join").await;
        world.as_user("bob").sees("You are invited").await;

        card.click("More…").await;
        ann.modal("INC-1").await.click("Tasks").await;
        ann.modal("New task").await.fill("inc_task", "Ask the provider").submit().await;
        let task = channel.expect("Ask the provider").await;
        task.click("Done").await;
        channel.expect("done").await;

        world.end("DiskFull", &["db1"]).await;
        world.advance(1.minutes()).await;
        let over = channel.expect("All its alerts are resolved").await;
        over.click("Resolve").await;
        ann.modal("What happened?").await
            .fill("inc_cause", "A full disk")
            .fill("inc_fix", "Deleted old logs")
            .submit().await;
        channel.expect("Deleted old logs").await;
        channel.expect("The record of").await;
        outside.expect_update("resolved after").await;
        outside.thread().expect("*Resolved* by").await;
        card.expect_update("resolved after").await;
        let ended = world.read(|tx| incidents::by_number(tx, 1)).await.unwrap();
        assert_eq!((ended.state, ended.facts.summary.fix.as_str()), (State::Resolved, "Deleted old logs"));
        let record = world.sim.read(|state| {
            let found = state.files.values().find(|file| file.name.starts_with("INC-1-")).expect("the record is a file");
            String::from_utf8(found.bytes.to_vec()).unwrap()
        });
        for part in ["# INC-1 Nobody can pay", "Deleted old logs", "| Commander | Ann |", "told those outside", "1. Ask the provider"] {
            assert!(record.contains(part), "{part}\n{record}");
        }
        card.click("Timeline").await;
        let timeline = ann.modal("Timeline").await;
        assert!(timeline.text().contains("We roll it back"), "{}", timeline.text());
        timeline.close().await;

        card.click("Reopen").await;
        channel.expect("Reopened").await;
        outside.thread().expect("*Reopened* by").await;
        world.channel("#ops").claim_all();
    }
}

scenario! {
    async fn a_form_that_is_wrong_says_so_at_its_field(world) {
        world.fire("DiskFull", &["db1"]).await;
        let alert = world.channel("#ops").expect("DiskFull").await;
        alert.choose("group_more", "Declare incident").await;
        let ann = world.as_user("ann");
        let form = ann.modal("What burns?").await.fill("inc_title", "x").fill("inc_labels", "shop");
        let errors = form.submit_refused().await;
        assert!(errors["inc_labels"].as_str().unwrap().contains("name=value"), "{errors:?}");
        ann.modal("What burns?").await.close().await;
        assert!(world.read(|tx| incidents::newest(tx, 0, 9)).await.is_empty());
    }
}

scenario! {
    async fn an_alert_can_go_into_an_open_incident(world) {
        let channel = declared(world, "Nobody can pay", &[]).await;
        channel.claim_all();
        world.channel("#ops").claim_all();
        world.fire("HighLoad", &["db2"]).await;
        let second = world.channel("#ops").expect("HighLoad").await;
        second.choose("group_more", "Declare incident").await;
        let ann = world.as_user("ann");
        ann.modal("What burns?").await.fill("inc_into", "INC-1 Nobody can pay").submit().await;
        channel.expect("HighLoad").await;
        second.expect_update("INC-1").await;
        world.channel("#ops").claim_all();
        assert_eq!(world.read(|tx| incidents::newest(tx, 0, 9)).await.len(), 1);
    }
}

scenario! {
    async fn any_message_can_become_an_incident(world) {
        let ann = world.as_user("ann");
        let ts = ann.say("#general", "Nobody can log in\nsince ten minutes").await;
        ann.shortcut_on("declare_incident", "#general", &ts).await;
        let form = ann.modal("What burns?").await;
        form.submit().await;
        world.advance(1.minutes()).await;
        let one = world.read(|tx| incidents::by_number(tx, 1)).await.unwrap();
        assert_eq!(one.title, "Nobody can log in");
        assert!(one.facts.description.contains("since ten minutes"), "{}", one.facts.description);
        world.channel(&one.channel_name.unwrap()).claim_all();
    }
}
