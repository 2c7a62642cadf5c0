//! What people are shown without asking: the way to a new channel, where it stands for who comes later, updates for
//! those outside, a call that wants an answer.

use firebell::domain::incident::State;
use firebell::store::incidents;
use serde_json::json;

use crate::harness::{Span, World, scenario};
use crate::incident_mirror::declared;

async fn name_of(world: &World, number: i64) -> String {
    world.read(move |tx| incidents::by_number(tx, number)).await.unwrap().channel_name.unwrap()
}

scenario! {
    in Setup::default().channels(&["incidents", "status"]).more(
        "incidents: {announce: [{channel: '#incidents'}, {channel: '#status', broadcast: []}]}"
    );
    /// An edit rings nobody: updates and the end stand in the thread, of a bad one in the channel, too.
    async fn those_outside_hear_of_updates(world) {
        let ann = world.as_user("ann");
        ann.command("/firebell declare SEV2 Nobody can pay").await;
        ann.sees("is declared as SEV2").await;
        world.advance(1.minutes()).await;
        let name = name_of(world, 1).await;
        let told = world.channel("#incidents").expect("Nobody can pay").await;
        let quiet = world.channel("#status").expect("Nobody can pay").await;
        let shown = |channel: &str, text: &str| {
            world.sim.read(|state| {
                let channel = state.channel(channel).unwrap();
                let found = channel.messages.values().find(|one| one.text.contains(text)).expect("it was told");
                (found.thread_ts.is_some(), found.subtype.as_deref() == Some("thread_broadcast"))
            })
        };
        ann.command_in(&name, "/firebell update We roll it back").await;
        ann.sees("told in its channel").await;
        told.expect_update("We roll it back").await;
        told.thread().expect("*Update* by *Ann*: We roll it back").await;
        quiet.thread().expect("We roll it back").await;
        assert_eq!((shown("#incidents", "We roll it back"), shown("#status", "We roll it back")), ((true, true), (true, false)));
        ann.command_in(&name, "/firebell severity SEV3").await;
        ann.sees("is SEV3 now").await;
        told.thread().expect("SEV3").await;
        quiet.thread().expect("SEV3").await;
        ann.command_in(&name, "/firebell status identified").await;
        ann.sees("is identified now").await;
        told.expect_update("identified").await;
        ann.command_in(&name, "/firebell resolve a restart").await;
        ann.sees("is resolved").await;
        told.thread().expect("*Resolved* by").await.expect_now("a restart").await;
        quiet.thread().expect("*Resolved* by").await;
        assert_eq!(shown("#incidents", "*Resolved*"), (true, false), "it is only a SEV3 now");
        world.advance(6.minutes()).await;
        world.channel(&name).claim_all();
    }
}

scenario! {
    async fn whoever_comes_later_is_told_alone(world) {
        world.allow_refusals();
        let (made, channel) = declared(world, &["ann"]).await;
        let ann = world.as_user("ann");
        for typed in ["severity SEV1", "role commander", "update We roll it back", "task add ask the provider"] {
            ann.command_in(&channel, &format!("/firebell {typed}")).await;
        }
        ann.sees_all();
        let said = ann.say(&channel, "it is the database").await;
        let gone = ann.say(&channel, "a slip of the tongue").await;
        for ts in [&said, &gone] {
            world.sim.actor("ann").unwrap().react(&channel, ts, "pushpin").unwrap();
        }
        world.sim.actor("ann").unwrap().delete(&channel, &gone).unwrap();
        world.advance(1.minutes()).await;
        world.sim.actor("bob").unwrap().join(&channel).unwrap();
        world.settle().await;
        let told = world.as_user("bob").sees("Where it stands").await;
        let lead = format!("*Commander:* <@{}>", ann.id());
        for part in ["SEV1", "investigating", &lead, "We roll it back", "it is the database", "ask the provider"] {
            assert!(told.contains(part), "{part}: {told}");
        }
        assert!(!told.contains("slip"), "{told}");
        let _ = made;
        ann.direct().claim_all();
        world.channel(&channel).claim_all();
    }
}

scenario! {
    async fn whoever_declares_is_shown_the_way(world) {
        let ann = world.as_user("ann");
        ann.command("/firebell declare SEV2 Nobody can pay").await;
        ann.sees("is declared as SEV2").await;
        world.advance(1.minutes()).await;
        let id = world.read(|tx| incidents::by_number(tx, 1)).await.unwrap().channel_id.unwrap();
        let told = ann.sees(": its channel is").await;
        assert!(told.contains(&format!("<#{id}>")), "{told}");
        // By the form there is no answer: a direct message leads there.
        ann.command("/firebell declare").await;
        ann.modal("What burns?").await.fill("inc_title", "Cannot log in").submit().await;
        world.advance(1.minutes()).await;
        ann.direct().expect(": its channel is").await;
        // In the channel of one, another one is declared knowingly.
        let name = name_of(world, 1).await;
        ann.command_in(&name, "/firebell declare SEV1 The site is slow").await;
        let form = ann.modal("You are about to declare *another* one").await;
        form.close().await;
        ann.mention(&name, "declare SEV1 The site is slow").await;
        ann.sees("which is open").await;
        assert_eq!(world.read(incidents::count).await, 2);
        for number in [1, 2] {
            world.channel(&name_of(world, number).await).claim_all();
        }
    }
}

scenario! {
    async fn whoever_is_called_answers_with_a_tap(world) {
        world.fire("DiskFull", &["db1"]).await;
        let alert = world.channel("#ops").expect("DiskFull").await;
        let (ann, bob, chie) = (world.as_user("ann"), world.as_user("bob"), world.as_user("chie"));
        ann.command(&format!("/firebell call #1 <@{}|bob> <@{}|chie>", bob.id(), chie.id())).await;
        ann.sees("called").await;
        alert.thread().expect("Inviting").await;
        let (to_bob, to_chie) = (bob.direct().expect("DiskFull").await, chie.direct().expect("DiskFull").await);
        bob.click(&to_bob, "On my way").await;
        bob.sees("you are on the way").await;
        alert.thread().expect("*Bob* is on the way").await;
        chie.click(&to_chie, "Can't").await;
        chie.sees("that you can't come").await;
        let told = alert.thread().expect("*can't come*").await;
        assert!(told.text().contains(&format!("<@{}>, please call somebody else", ann.id())), "{}", told.text());
        chie.click(&to_chie, "On my way").await;
        chie.sees("not called to this any more").await;

        let (_, channel) = declared(world, &["ann"]).await;
        ann.command_in(&channel, &format!("/firebell invite <@{}|bob>", bob.id())).await;
        ann.sees("called in").await;
        let page = bob.direct().expect("asks you to come").await;
        bob.click(&page, "Can't").await;
        bob.sees("that you can't come").await;
        world.channel(&channel).expect("*can't come*").await;
        bob.click(&page, "On my way").await;
        bob.sees("you are on the way").await;
        world.channel(&channel).expect("*Bob* is on the way").await;
        world.channel(&channel).claim_all();
        world.channel("#ops").claim_all();
    }
}

scenario! {
    /// The priority suggests the severity; the title may rename the channel.
    async fn what_is_known_is_suggested(world) {
        world.fire_with("DiskFull", &["db1"], &[("severity", "critical")]).await;
        let alert = world.channel("#ops").expect("DiskFull").await;
        alert.choose("group_more", "Declare incident").await;
        let ann = world.as_user("ann");
        ann.modal("SEV1 is what the alert suggests, which is P1").await.submit().await;
        world.advance(1.minutes()).await;
        let one = world.read(|tx| incidents::by_number(tx, 1)).await.unwrap();
        assert_eq!(one.severity, "SEV1");
        let (id, name) = (one.channel_id.unwrap(), one.channel_name.unwrap());
        ann.command_in(&name, "/firebell title Nobody can pay").await;
        let (at, _) = ann.sees_message("still has the old name").await;
        ann.act(&at, firebell::sim::Choice::button("Rename the channel")).await;
        world.advance(1.minutes()).await;
        let renamed = world.sim.read(|state| state.channels[&id].name.clone());
        assert_eq!(renamed, "inc-1-nobody-can-pay");
        let known = world.read(|tx| incidents::by_number(tx, 1)).await.unwrap().channel_name;
        assert_eq!(known.as_deref(), Some("inc-1-nobody-can-pay"));
        world.channel("#ops").claim_all();
        world.channel(&renamed).claim_all();
    }
}

scenario! {
    async fn typed_words_warn_as_the_form_does(world) {
        world.fire("DiskFull", &["db1"]).await;
        world.channel("#ops").expect("DiskFull").await;
        let ann = world.as_user("ann");
        ann.command("/firebell declare #1 SEV2 Nobody can pay").await;
        ann.sees_all();
        world.advance(1.minutes()).await;
        let name = name_of(world, 1).await;
        let channel = world.channel(&name);
        ann.command_in(&name, "/firebell task add ask the provider").await;
        ann.sees("task 1").await;
        ann.command_in(&name, "/firebell status identified").await;
        ann.sees("One task is still open").await;
        ann.command_in(&name, "/firebell resolve deleted old logs").await;
        let (at, told) = ann.sees_message("is *not* resolved yet").await;
        assert!(told.contains("still fires") && told.contains("One task is still open"), "{told}");
        let state = || world.read(|tx| incidents::by_number(tx, 1));
        assert_eq!(state().await.unwrap().state, State::Open);
        ann.act(&at, firebell::sim::Choice::button("Resolve anyway")).await;
        let ended = state().await.unwrap();
        assert_eq!((ended.state, ended.facts.summary.fix.as_str()), (State::Resolved, "deleted old logs"));
        // Outside nothing is guessed.
        ann.command_in(&name, "/firebell reopen").await;
        ann.sees("is open again").await;
        ann.command("/firebell status").await;
        let asked = ann.sees("Which incident?").await;
        assert!(asked.contains("status INC-1") && asked.contains("status 5"), "{asked}");
        world.advance(6.minutes()).await;
        channel.claim_all();
        world.channel("#ops").claim_all();
    }
}

scenario! {
    async fn notes_have_a_time_that_can_be(world) {
        world.advance(9.hours()).await;
        let (made, channel) = declared(world, &["ann", "bob"]).await;
        let ann = world.as_user("ann");
        ann.command_in(&channel, "/firebell note 99:99 failover").await;
        ann.sees("`99:99` is no time of day").await;
        ann.command_in(&channel, "/firebell note 18:30 UTC failover").await;
        ann.sees("nothing is noted").await;
        ann.command_in(&channel, "/firebell note 17:30 UTC a deploy").await;
        ann.sees("noted for").await;
        world.channel(&channel).expect("a deploy").await;
        // A message of the channel becomes a note at its own time.
        let said = world.as_user("bob").say(&channel, "failover done").await;
        world.advance(20.minutes()).await;
        ann.shortcut_on("add_note", &channel, &said).await;
        ann.sees("noted, at the time it was said").await;
        world.channel(&channel).expect("Bob: failover done").await;
        let _ = made;
        world.channel(&channel).claim_all();
    }
}

scenario! {
    async fn what_belongs_to_it_is_chosen_in_forms(world) {
        let (one, channel) = declared(world, &["ann"]).await;
        let (two, other) = declared(world, &["ann"]).await;
        world.fire("DiskFull", &["db1"]).await;
        let alert = world.channel("#ops").expect("DiskFull").await;
        let ann = world.as_user("ann");
        ann.command_in(&channel, "/firebell attach").await;
        ann.modal("Attach alerts").await.fill("inc_groups", json!(["1"])).submit().await;
        world.channel(&channel).expect("Attached").await;
        alert.thread().expect("INC-1").await;
        ann.command_in(&channel, "/firebell detach").await;
        ann.modal("Detach alerts").await.fill("inc_groups", json!(["1"])).submit().await;
        world.channel(&channel).expect("Detached").await;
        ann.command_in(&channel, "/firebell link").await;
        let form = ann.modal("Add a link").await.fill("inc_url", "example.com");
        let errors = form.submit_refused().await;
        assert!(errors.contains_key("inc_url"), "{errors:?}");
        ann.modal("Add a link").await.fill("inc_url", "https://example.com/d").fill("inc_link_title", "The doc").submit().await;
        world.channel(&channel).expect("The doc").await;
        ann.command_in(&channel, "/firebell merge").await;
        ann.modal("Merge").await.fill("inc_into", two.id.to_string()).submit().await;
        world.channel(&channel).expect("Merged into INC-2").await;
        assert_eq!(world.read(|tx| incidents::by_number(tx, 1)).await.unwrap().state, State::Merged);
        let _ = one;
        for name in [channel.as_str(), other.as_str(), "#ops"] {
            world.channel(name).claim_all();
        }
    }
}

scenario! {
    /// Nobody leads: whoever declared it is asked, and told why.
    async fn an_update_that_is_due_reaches_somebody(world) {
        let ann = world.as_user("ann");
        ann.command("/firebell declare SEV1 Nobody can pay").await;
        ann.sees("is declared as SEV1").await;
        world.advance(31.minutes()).await;
        let page = ann.direct().expect("have heard nothing since").await;
        assert!(page.text().contains("nobody is *Commander* yet"), "{}", page.text());
        let name = name_of(world, 1).await;
        let note = world.channel(&name).expect("have heard nothing since").await;
        note.click("Be Commander").await;
        world.channel(&name).expect("is now").await;
        ann.direct().expect("You are *Commander*").await;
        world.channel(&name).claim_all();
    }
}

scenario! {
    in Setup::default().route("{receiver: ops, declare: SEV1}");
    /// A rule declared it and nobody has a part in it: the channel is rung.
    async fn where_nobody_is_the_channel_is_rung(world) {
        world.fire("DiskFull", &["db1"]).await;
        world.advance(32.minutes()).await;
        let name = name_of(world, 1).await;
        let note = world.channel(&name).expect("An update is due").await;
        assert!(note.text().contains("<!here>"), "{}", note.text());
        world.channel(&name).claim_all();
        world.channel("#ops").claim_all();
    }
}
