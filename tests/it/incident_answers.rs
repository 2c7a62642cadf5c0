//! What is typed or tapped is answered, where it belongs, and rings nobody twice.

use firebell::sim::{Fault, FaultRule, User};
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

scenario! {
    in Setup::default().channels(&["incidents", "outage"]).more("incidents: {announce: [{channel: '#incidents'}]}");
    /// What asks for it does not always say what kind of channel it is: nothing is told before Slack said so.
    async fn an_adopted_channel_is_as_private_as_it_was(world) {
        world.sim.set_up(|state| {
            let bot = state.app.bot_user.clone();
            let id = state.add_channel("secret-room", true, &["ann", "bob"]).unwrap();
            state.join(&id, &bot, None).unwrap();
        });
        world.fault(FaultRule::new(Fault::InternalError).method("conversations.join").times(2));
        world.allow_refusals();
        let ann = world.as_user("ann");
        ann.mention("#secret-room", "adopt a secret leaked").await;
        ann.sees("from now on").await;
        let bob = world.as_user("bob");
        bob.command_in("#secret-room", "/firebell severity SEV1").await;
        bob.sees("is SEV1 now").await;
        bob.command("/firebell incidents").await;
        let listed = bob.sees("incident").await;
        assert!(!listed.contains("secret"), "{listed}");
        world.advance(10.minutes()).await;
        let one = world.read(|tx| incidents::by_number(tx, 1)).await.unwrap();
        assert!(one.private);
        world.channel("#secret-room").expect("Severity").await;
        world.channel("#secret-room").claim_all();
        world.channel("#incidents").expect_nothing().await;

        ann.mention("#outage", "adopt the shop is down").await;
        ann.sees("from now on").await;
        world.advance(1.minutes()).await;
        let two = world.read(|tx| incidents::by_number(tx, 2)).await.unwrap();
        assert!(!two.private);
        world.channel("#incidents").expect("the shop is down").await;
        world.channel("#outage").expect("Declared by *Ann*").await;
        world.channel("#outage").claim_all();
    }
}

scenario! {
    in Setup::default().more("incidents: {invite: [{who: bob@example.com, severities: SEV1}], invite_to_private: false}");
    async fn into_private_ones_only_who_has_a_part_if_the_config_says_so(world) {
        let ann = world.as_user("ann");
        ann.command("/firebell declare").await;
        let form = ann.modal("What burns?").await.fill("inc_title", "A secret leaked");
        let form = form.fill("inc_severity", "SEV1").fill("inc_flags", serde_json::json!(["private"]));
        form.submit().await;
        world.advance(1.minutes()).await;
        let one = world.read(|tx| incidents::by_number(tx, 1)).await.unwrap();
        assert!(one.private);
        let id = one.channel_id.unwrap();
        let is_in = |user: &str| {
            let user = world.as_user(user).id();
            world.sim.read(|state| state.channels[&id].members.contains(&user))
        };
        assert!(is_in("ann") && !is_in("bob"));
        world.channel(&one.channel_name.clone().unwrap()).claim_all();
        world.reconfigure(|setup| Setup { more: setup.more.replace("false", "true"), ..setup }).await;
        ann.command_in(&one.channel_name.unwrap(), "/firebell severity SEV2").await;
        ann.sees("is SEV2 now").await;
        ann.command("/firebell severity INC-1 SEV1").await;
        ann.sees("is SEV1 now").await;
        world.advance(1.minutes()).await;
        world.channel("#inc-1-2026-03-02").claim_all();
        assert!(is_in("bob"));
        world.channel("#general").expect_nothing().await;
    }
}

scenario! {
    /// Who was called to an alert comes with it.
    async fn the_people_of_an_alert_come_with_it(world) {
        let (channel, name) = begun(world, "Nobody can pay").await;
        world.fire("DiskFull", &["db1"]).await;
        let alert = world.channel("#ops").expect("DiskFull").await;
        alert.click_as("chie", "Acknowledge").await;
        alert.thread().expect("Acknowledged by").await;
        let ann = world.as_user("ann");
        ann.command_in(&name, "/firebell attach #1").await;
        ann.sees("is part of *INC-1*").await;
        channel.expect("Attached").await;
        alert.thread().expect("INC-1").await;
        world.advance(1.minutes()).await;
        let chie = world.as_user("chie").id();
        assert!(world.sim.read(|state| state.channel(&name).unwrap().members.contains(&chie)));
    }
}
