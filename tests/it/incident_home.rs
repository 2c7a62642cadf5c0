//! Where somebody begins: App Home, and mentions of the bot.

use firebell::sim::Choice;
use firebell::store::incidents;

use crate::harness::{Span, World, scenario};

/// The name of an incident's channel, once it is made.
async fn channel_of(world: &World, number: i64) -> String {
    world.advance(1.minutes()).await;
    world.read(move |tx| incidents::by_number(tx, number)).await.unwrap().channel_name.unwrap()
}

scenario! {
    async fn from_app_home_to_the_last_task(world) {
        let (ann, bob) = (world.as_user("ann"), world.as_user("bob"));
        ann.open_home().await;
        assert!(ann.home().contains("No alert is open"), "{}", ann.home());
        ann.click_home("Declare incident").await;
        ann.modal("What burns?").await.fill("inc_title", "Nobody can pay").submit().await;
        let name = channel_of(world, 1).await;
        let channel = world.channel(&name);
        channel.claim_all();
        ann.command_in(&name, "/firebell role commander").await;
        ann.command_in(&name, &format!("/firebell task add ask the provider <@{}|ann>", ann.id())).await;
        ann.sees_all();
        channel.claim_all();
        ann.direct().claim_all();

        ann.open_home().await;
        let home = ann.home();
        for part in ["Open incidents (1)", "Nobody can pay", "*Commander* of INC-1", "ask the provider"] {
            assert!(home.contains(part), "{part} is missing: {home}");
        }
        // What was tapped shows at once.
        ann.click_home("Done").await;
        assert!(!ann.home().contains("ask the provider"), "{}", ann.home());
        channel.expect("*done*").await;

        bob.open_home().await;
        assert!(bob.home().contains("Nobody can pay") && !bob.home().contains("You are"), "{}", bob.home());
        bob.click_home("Join").await;
        bob.direct().expect("You are invited").await;
    }
}

scenario! {
    async fn a_private_incident_is_in_the_home_of_those_who_have_a_part_in_it(world) {
        let (ann, bob) = (world.as_user("ann"), world.as_user("bob"));
        ann.open_home().await;
        ann.click_home("Declare incident").await;
        ann.modal("What burns?").await
            .fill("inc_title", "A key leaked")
            .fill("inc_flags", "private")
            .submit().await;
        let name = channel_of(world, 1).await;
        world.channel(&name).claim_all();
        ann.open_home().await;
        bob.open_home().await;
        assert!(ann.home().contains("A key leaked"), "{}", ann.home());
        assert!(!bob.home().contains("A key leaked") && !bob.home().contains("INC-1"), "{}", bob.home());
    }
}

scenario! {
    async fn an_answer_to_a_mention_keeps_its_buttons(world) {
        world.fire("DiskFull", &["db1"]).await;
        let alert = world.channel("#ops").expect("DiskFull").await;
        let bob = world.as_user("bob");
        bob.mention("#ops", "alerts").await;
        let (at, _) = bob.sees_message("DiskFull").await;
        bob.act(&at, Choice::button("Acknowledge")).await;
        alert.expect_update("acknowledged").await;
        alert.thread().expect("Acknowledged by").await;

        bob.mention("#ops", "silence instance=db1 2h moving house").await;
        let (at, _) = bob.sees_message("Silence").await;
        bob.act(&at, Choice::button("Silence")).await;
        bob.command("/firebell silences").await;
        bob.sees("moving house").await;
        bob.sees_all();
        world.channel("#ops").claim_all();
    }
}
