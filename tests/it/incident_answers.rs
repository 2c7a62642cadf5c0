//! What is typed or tapped is answered, where it belongs, and rings nobody twice.

use firebell::sim::User;
use firebell::store::{events, incidents};

use crate::harness::{Channel, Span, World, scenario};

/// Declares INC-1; its channel and the channel's name.
async fn begun<'w>(world: &'w World, title: &str) -> (Channel<'w>, String) {
    world.as_user("ann").command(&format!("/firebell declare SEV2 {title}")).await;
    world.as_user("ann").sees("is declared as SEV2").await;
    world.advance(1.minutes()).await;
    let name = world.read(|tx| incidents::by_number(tx, 1)).await.unwrap().channel_name.unwrap();
    let channel = world.channel(&name);
    channel.expect("Declared by *Ann*").await;
    channel.expect(title).await;
    (channel, name)
}

scenario! {
    async fn a_severity_alone_opens_the_form_with_it(world) {
        let ann = world.as_user("ann");
        ann.command("/firebell declare sev1").await;
        ann.modal("What burns?").await.fill("inc_title", "Nobody can pay").submit().await;
        world.advance(1.minutes()).await;
        let one = world.read(|tx| incidents::by_number(tx, 1)).await.unwrap();
        assert_eq!((one.title.as_str(), one.severity.as_str()), ("Nobody can pay", "SEV1"));
        world.channel(&one.channel_name.unwrap()).claim_all();
        // Without a form, the severity that was typed stands in the example.
        ann.mention("#ops", "declare SEV1").await;
        ann.sees("declare SEV1 nobody can pay").await;
    }
}

scenario! {
    async fn resolve_with_words_writes_the_summary_of_what_is_over(world) {
        let (channel, name) = begun(world, "Nobody can pay").await;
        let ann = world.as_user("ann");
        ann.command_in(&name, "/firebell resolve").await;
        ann.modal("What happened?").await.fill("inc_cause", "A full disk").submit().await;
        channel.expect("*Resolved* by").await;
        channel.expect("The record of").await;
        ann.command_in(&name, "/firebell resolve deleted old logs").await;
        ann.sees("is resolved already. What fixed it is written into its summary now").await;
        channel.expect("*Summary* by").await.expect_now("deleted old logs").await;
        channel.expect("The record of").await;
        ann.command("/firebell resolve INC-1 a bigger disk").await;
        ann.sees("written anew in its summary (it was: deleted old logs)").await;
        channel.expect("a bigger disk").await;
        channel.expect("The record of").await;
        let one = world.read(|tx| incidents::by_number(tx, 1)).await.unwrap();
        let summary = one.facts.summary;
        assert_eq!((summary.cause.as_str(), summary.fix.as_str()), ("A full disk", "a bigger disk"));
    }
}

scenario! {
    /// A direct message rings; the channel tells the others by their name.
    async fn nobody_is_rung_twice(world) {
        let (channel, name) = begun(world, "Nobody can pay").await;
        let (ann, bob, chie) = (world.as_user("ann"), world.as_user("bob"), world.as_user("chie"));
        let mention = |user: &str| format!("<@{user}>");

        ann.command_in(&name, &format!("/firebell role commander <@{}|bob>", bob.id())).await;
        ann.sees("Commander is now").await;
        bob.direct().expect("You are").await;
        let told = channel.expect("*Bob* is now *Commander*").await;
        assert!(!told.text().contains(&mention(&bob.id())), "{}", told.text());

        ann.command_in(&name, &format!("/firebell task add ask the provider <@{}|chie>", chie.id())).await;
        ann.sees("task 1 is on the list").await;
        chie.direct().expect("Task 1 is yours").await;
        let told = channel.expect("ask the provider → *Chie*").await;
        assert!(!told.text().contains(&mention(&chie.id())), "{}", told.text());

        // In a form, somebody whom nobody mentioned before.
        world.sim.set_up(|state| { state.add_user(User::person("dora").email("dora@example.com")); });
        let dora = world.as_user("dora");
        ann.command_in(&name, "/firebell invite").await;
        ann.modal("Invite").await.fill("inc_people", serde_json::json!([dora.id()])).submit().await;
        dora.direct().expect("asks you to come").await;
        let told = channel.expect("Inviting *Dora*").await;
        assert!(!told.text().contains(&mention(&dora.id())), "{}", told.text());

        // Whoever takes a role gets what it does; the channel does not ring them for it.
        ann.command_in(&name, "/firebell role scribe").await;
        ann.sees("you are Scribe now").await;
        ann.direct().expect("Writes down").await;
        channel.expect("*Ann* is now *Scribe*").await;
    }
}

scenario! {
    /// Who was called in stands in the channel, also where only a group was named.
    async fn an_invited_group_is_told(world) {
        world.sim.set_up(|state| { state.add_group("dba", "The DBAs", &["bob", "chie"]); });
        let (channel, name) = begun(world, "Nobody can pay").await;
        let ann = world.as_user("ann");
        let group = world.sim.read(|state| state.groups.values().next().unwrap().id.clone());
        ann.command_in(&name, &format!("/firebell invite <!subteam^{group}|@dba>")).await;
        ann.sees("called in").await;
        let told = channel.expect(":wave: Inviting").await;
        assert!(told.text().contains(&group), "{}", told.text());
        let id = world.read(|tx| incidents::by_number(tx, 1)).await.unwrap().id;
        let subject = format!("incident:{id}");
        let events = world.read(move |tx| events::list_by_subject(tx, &subject, 0, 100)).await;
        assert!(events.iter().any(|one| one.kind == "invited" && one.data.contains(&group)), "{events:#?}");
    }
}

scenario! {
    /// What did not work is told once where the bot tries by itself, and each time somebody asks for it.
    async fn every_attempt_to_invite_is_answered(world) {
        world.sim.set_up(|state| { state.add_user(User::person("gus").email("gus@example.com").guest()); });
        world.allow_refusals();
        let (channel, name) = begun(world, "Nobody can pay").await;
        let ann = world.as_user("ann");
        let gus = world.as_user("gus");
        for _ in 0..2 {
            ann.command_in(&name, &format!("/firebell invite <@{}|gus>", gus.id())).await;
            ann.sees("called in").await;
            channel.expect("Inviting").await;
            channel.expect("guests cannot be invited").await;
            gus.direct().expect("asks you to come").await;
        }
        for _ in 0..2 {
            ann.command_in(&name, "/firebell invite <!subteam^S0NOBODY99|@gone>").await;
            ann.sees("called in").await;
            channel.expect("Inviting").await;
            channel.expect("no such user group").await;
        }
        world.advance(30.minutes()).await;
        channel.expect_nothing().await;
    }
}
