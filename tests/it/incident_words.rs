//! An incident worked on by typed words alone, and who may do what.

use firebell::domain::incident::State;
use firebell::sim::{Choice, Manifest, User};
use firebell::store::incidents;
use serde_json::json;

use crate::harness::{Channel, Setup, Span, World, scenario};

fn announced() -> Setup {
    Setup::default().channels(&["incidents"]).more("incidents: {announce: [{channel: '#incidents'}]}")
}

/// The channel of an incident, once it is made, and its name.
async fn channel_of(world: &World, number: i64) -> (Channel<'_>, String) {
    world.advance(1.minutes()).await;
    let one = world.read(move |tx| incidents::by_number(tx, number)).await.unwrap();
    let name = one.channel_name.unwrap();
    (world.channel(&name), name)
}

scenario! {
    in announced();
    async fn from_the_first_word_to_the_last(world) {
        let (ann, bob) = (world.as_user("ann"), world.as_user("bob"));
        ann.command("/firebell declare SEV2 Nobody can pay").await;
        ann.sees("*INC-1* Nobody can pay is declared as SEV2").await;
        let (channel, name) = channel_of(world, 1).await;
        let card = channel.expect("Nobody can pay").await;
        channel.claim_all();
        let outside = world.channel("#incidents").expect("Nobody can pay").await;

        ann.command_in(&name, "/firebell severity 1").await;
        ann.sees("is SEV1 now").await;
        channel.expect(", was SEV2").await;
        card.expect_update("SEV1").await;
        outside.expect_update("SEV1").await;

        ann.command_in(&name, "/firebell status identified").await;
        ann.sees("is identified now").await;
        channel.expect("Status: identified").await;

        ann.command_in(&name, &format!("/firebell role commander <@{}|bob>", bob.id())).await;
        ann.sees("Commander is now").await;
        channel.expect("is now").await;
        bob.direct().expect("You are").await;
        card.expect_update(&format!("*Commander:* <@{}>", bob.id())).await;

        bob.command_in(&name, &format!("/firebell task add ask the provider <@{}|ann>", ann.id())).await;
        bob.sees("task 1 is on the list").await;
        channel.expect("ask the provider").await;
        ann.direct().expect("ask the provider").await;
        ann.command_in(&name, "/firebell task done 1").await;
        ann.sees("Nothing is left to do.").await;
        channel.expect("done").await;

        ann.command_in(&name, "/firebell update We roll it back").await;
        ann.sees("told in its channel and where it is announced").await;
        channel.expect("We roll it back").await;
        outside.expect_update("We roll it back").await;

        // Bob's clock is that of New York.
        bob.command_in(&name, "/firebell note 01:05 failover began").await;
        let told = bob.sees("noted for").await;
        assert!(!told.contains("UTC:"), "{told}");
        channel.expect("failover began").await;

        let chie = world.as_user("chie");
        ann.command_in(&name, &format!("/firebell invite <@{}|chie>", chie.id())).await;
        ann.sees("called in").await;
        channel.expect("Inviting").await;
        chie.direct().expect("INC-1").await;

        ann.command_in(&name, "/firebell title Nobody can pay by card").await;
        ann.sees("Nobody can pay by card").await;
        channel.expect("by card").await;
        ann.command_in(&name, "/firebell link https://example.com/doc the document").await;
        ann.sees("the document").await;
        channel.expect("the document").await;

        world.fire("DiskFull", &["db1"]).await;
        let alert = world.channel("#ops").expect("DiskFull").await;
        ann.command_in(&name, "/firebell attach #1").await;
        ann.sees("#1 is part of *INC-1*").await;
        channel.expect("DiskFull").await;
        alert.expect_update("INC-1").await;
        alert.thread().expect("INC-1").await;

        // In the alert's thread the alert is meant, in the channel the incident.
        ann.mention_in_thread(&alert, "note the disk is full").await;
        ann.sees("*#1* DiskFull").await;
        alert.thread().expect("the disk is full").await;

        ann.command_in(&name, "/firebell resolve rolled it back").await;
        let (asked, _) = ann.sees_message("One of its alert groups still fires").await;
        ann.act(&asked, Choice::button("Resolve anyway")).await;
        channel.expect("rolled it back").await;
        channel.expect("The record of").await;
        outside.expect_update("resolved after").await;
        let one = world.read(|tx| incidents::by_number(tx, 1)).await.unwrap();
        assert_eq!((one.state, one.facts.summary.fix.as_str()), (State::Resolved, "rolled it back"));
        ann.command_in(&name, "/firebell severity SEV3").await;
        ann.sees("`/firebell reopen INC-1`").await;

        bob.command("/firebell reopen INC-1").await;
        bob.sees("is open again").await;
        channel.expect("Reopened").await;
        bob.command("/firebell cancel INC-1 a test").await;
        bob.sees("is cancelled").await;
        channel.expect("a test").await;
        ann.command("/firebell incidents provider").await;
        ann.sees("1 incident").await;
        ann.command("/firebell incidents zebra").await;
        ann.sees("No incidents").await;
        ann.command("/firebell incidents card").await;
        ann.sees("INC-1").await;
        world.advance(1.minutes()).await;
        channel.claim_all();
        world.channel("#ops").claim_all();
        world.channel("#incidents").claim_all();
    }
}

scenario! {
    async fn a_title_opens_the_form_with_it(world) {
        let ann = world.as_user("ann");
        ann.command("/firebell declare Nobody can log in").await;
        ann.modal("What burns?").await.fill("inc_severity", "SEV1").submit().await;
        let (channel, _) = channel_of(world, 1).await;
        channel.expect("Nobody can log in").await;
        channel.claim_all();
        let one = world.read(|tx| incidents::by_number(tx, 1)).await.unwrap();
        assert_eq!((one.title.as_str(), one.severity.as_str()), ("Nobody can log in", "SEV1"));
    }
}

scenario! {
    /// Two people in the thread of an alert, at the same time: one incident.
    async fn a_mention_in_an_alerts_thread_declares_once(world) {
        world.fire("DiskFull", &["db1"]).await;
        let alert = world.channel("#ops").expect("DiskFull").await;
        let (ann, bob) = (world.as_user("ann"), world.as_user("bob"));
        ann.mention_in_thread(&alert, "declare").await;
        ann.sees("is declared as SEV3").await;
        bob.mention_in_thread(&alert, "declare SEV1").await;
        bob.sees("belongs to an open incident already").await;
        let (channel, _) = channel_of(world, 1).await;
        channel.expect("DiskFull").await;
        bob.mention_in_thread(&alert, "severity SEV1").await;
        bob.sees("is SEV1 now").await;
        world.advance(1.minutes()).await;
        channel.claim_all();
        world.channel("#ops").claim_all();
        assert_eq!(world.read(|tx| incidents::newest(tx, 0, 9)).await.len(), 1);
    }
}

scenario! {
    in Setup::default().slack("aliases: [/incident]");
    async fn through_another_command_words_are_about_incidents(world) {
        let mut manifest = Manifest::everything("Firebell", &["/firebell", "/incident"]).value().clone();
        manifest["settings"]["socket_mode_enabled"] = json!(world.is_socket());
        world.sim.change(|state| state.app.manifest = Manifest::from_value(manifest));
        let ann = world.as_user("ann");
        ann.command("/incident declare SEV4 Mail is slow").await;
        ann.sees("*INC-1* Mail is slow is declared").await;
        let (channel, name) = channel_of(world, 1).await;
        channel.claim_all();
        ann.command("/incident list").await;
        ann.sees("*1 open incident*").await;
        ann.command("/incident resolve it is quick again").await;
        ann.sees("Which incident? Name it, as in `/firebell resolve INC-1 it is quick again`").await;
        ann.command_in(&name, "/incident resolve").await;
        ann.modal("What happened?").await.fill("inc_fix", "Restarted it").submit().await;
        channel.expect("Restarted it").await;
        world.advance(1.minutes()).await;
        channel.claim_all();
    }
}

scenario! {
    in Setup::default().slack("reactions: true");
    /// Whoever sees a fire may say that they have it; for the rest there are members.
    async fn guests_look_and_acknowledge(world) {
        world.sim.set_up(|state| {
            let guest = User::person("gus").email("gus@example.com").guest();
            let id = state.add_user(guest);
            let ops = state.channel("ops").unwrap().id.clone();
            assert!(state.join(&ops, &id, None).is_ok());
        });
        world.fire("DiskFull", &["db1"]).await;
        let alert = world.channel("#ops").expect("DiskFull").await;
        let gus = world.as_user("gus");
        alert.click_as("gus", "Acknowledge").await;
        alert.expect_update("has it").await;
        alert.thread().expect("Acknowledged by").await;
        alert.click_as("gus", "Unacknowledge").await;
        alert.thread().expect("Unacknowledged by").await;
        alert.click_as("gus", "Resolve").await;
        gus.sees("Guests of this workspace may look and acknowledge").await;
        gus.command("/firebell silence #1 2h").await;
        gus.sees("Guests of this workspace").await;
        gus.command("/firebell declare").await;
        gus.sees("Guests of this workspace").await;
        gus.command("/firebell alerts").await;
        gus.sees("DiskFull").await;
        alert.thread().expect_nothing().await;
    }
}

scenario! {
    /// Every word that people are promised, in the channel, as far as other scenarios do not say it.
    async fn the_other_words(world) {
        let (ann, bob) = (world.as_user("ann"), world.as_user("bob"));
        ann.command("/firebell declare SEV2 Nobody can pay").await;
        ann.sees("is declared").await;
        let (channel, name) = channel_of(world, 1).await;
        channel.expect("Declared by *Ann*").await;
        let card = channel.expect("Nobody can pay").await;

        ann.command_in(&name, "/firebell task ask the provider").await;
        ann.sees("task 1 is on the list").await;
        channel.expect("Task 1: ask the provider").await;
        ann.command_in(&name, &format!("/firebell task assign 1 <@{}|bob>", bob.id())).await;
        ann.sees("task 1").await;
        channel.expect("→ *Bob*").await;
        bob.direct().expect("Task 1 is yours").await;
        bob.command_in(&name, "/firebell task list").await;
        bob.sees("ask the provider").await;
        bob.command_in(&name, "/firebell task reopen 1").await;
        bob.sees_all();
        bob.command_in(&name, "/firebell task done 1").await;
        bob.sees("Nothing is left to do").await;
        channel.expect("*done*").await;

        // What is so, without a form.
        ann.mention(&name, "status").await;
        ann.sees("investigating").await;
        ann.command_in(&name, "/firebell list").await;
        ann.sees("1 open incident").await;
        ann.command_in(&name, "/firebell help").await;
        ann.sees("Here no number is needed").await;
        let mut help = String::new();
        for topic in ["incidents", "more"] {
            ann.command_in(&name, &format!("/firebell help {topic}")).await;
            help.push_str(&ann.sees("in the channel of one").await);
        }
        for word in [
            "declare", "severity", "status", "role", "task", "update", "note", "invite", "title", "link", "attach",
            "detach", "resolve", "reopen", "cancel", "merge", "adopt", "timeline", "incidents", "help",
        ] {
            assert!(help.contains(word), "{word}: {help}");
        }
        for word in ["severity", "role", "task", "update", "merge", "timeline", "adopt"] {
            ann.command_in(&name, &format!("/firebell help {word}")).await;
            ann.sees(&format!("/firebell {word}")).await;
        }

        // Each form there is, from the menu on the card.
        for (item, title) in [
            ("Severity", "Severity"), ("Roles", "Role"), ("Note", "Note"), ("Invite people", "Invite"), ("Title", "Title"),
            ("Cancel incident", "Cancel"),
        ] {
            card.click("More…").await;
            ann.modal("INC-1").await.click(item).await;
            ann.modal(title).await.close().await;
        }
        card.click("More…").await;
        ann.modal("INC-1").await.close().await;

        ann.command("/firebell declare SEV3 Cards are refused").await;
        ann.sees("*INC-2* Cards are refused is declared").await;
        let (second, second_name) = channel_of(world, 2).await;
        second.expect("Declared by *Ann*").await;
        let gone = second.expect("Cards are refused").await;
        ann.command_in(&second_name, "/firebell task add refund them").await;
        ann.sees("task 1").await;
        second.expect("Task 1: refund them").await;
        ann.command_in(&second_name, "/firebell merge INC-1").await;
        ann.sees("goes on in INC-1").await;
        second.expect("*Merged into INC-1*").await;
        gone.expect_update("merged into INC-1").await;
        channel.expect("*INC-2* Cards are refused goes on here").await;
        card.expect_update("refund them").await;
    }
}
