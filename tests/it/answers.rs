//! Answers reach the person who asked, where they look; what cannot be delivered is told another way.

use firebell::sim::{Fault, FaultRule};

use crate::harness::{Span, scenario};

scenario! {
    /// In a channel at the level of the question, in a thread within it, in a direct message as an ordinary one.
    async fn an_answer_stands_where_the_question_was_asked(world) {
        world.fire("DiskFull", &["db1"]).await;
        let message = world.channel("#ops").expect("DiskFull").await;
        let bob = world.as_user("bob");
        bob.mention("#general", "alerts").await;
        let level = || world.sim.read(|state| {
            state.ephemerals(&bob.id()).last().map(|(channel, one)| (channel.name.clone(), one.message.thread_ts.clone()))
        });
        bob.sees("DiskFull").await;
        assert_eq!(level(), Some(("general".to_owned(), None)));
        bob.mention_in_thread(&message, "show").await;
        bob.sees("DiskFull").await;
        assert_eq!(level(), Some(("ops".to_owned(), Some(message.ts.clone()))));
        bob.say(&bob.direct().id, "alerts").await;
        bob.direct().expect("DiskFull").await;
    }
}

scenario! {
    /// Slack counts the escaped text: five characters an ampersand.
    async fn an_answer_is_cut_as_slack_counts(world) {
        let bob = world.as_user("bob");
        bob.mention("#ops", &"&".repeat(1_500)).await;
        let seen = bob.sees("I do not know").await;
        assert!(seen.contains('…'), "{seen}");
        bob.command(&format!("/firebell {}", "&".repeat(1_500))).await;
        let seen = bob.sees("I do not know").await;
        assert!(seen.contains('…'), "{seen}");
    }
}

scenario! {
    /// An answer that Slack does not take in the channel comes as a direct message.
    async fn who_left_the_channel_is_answered_directly(world) {
        world.allow_rate_limits();
        world.allow_refusals();
        world.fault(FaultRule::new(Fault::RateLimited { retry_after_s: 5 }).method("chat.postEphemeral").times(1));
        let bob = world.as_user("bob");
        bob.mention("#general", "alerts").await;
        world.sim.set_up(|state| {
            let general = state.channels.values_mut().find(|channel| channel.name == "general").unwrap();
            general.members.remove(&bob.id());
        });
        world.advance(10.seconds()).await;
        bob.direct().expect("No open alerts").await;
        assert!(world.claim_dead().await[0].contains("user_not_in_channel"));
    }
}

scenario! {
    /// Slack is too busy for longer than an answer is of use: it comes directly, and says what it answers.
    async fn an_answer_that_comes_too_late_says_so(world) {
        world.allow_rate_limits();
        world.fault(FaultRule::new(Fault::RateLimited { retry_after_s: 900 }).method("chat.postEphemeral").times(1));
        let bob = world.as_user("bob");
        bob.mention("#general", "alerts").await;
        bob.direct().expect("Slack did not take this in time").await;
    }
}

scenario! {
    /// A form is tried at once; when Slack says that it is too much, whoever waits for it learns so.
    async fn a_form_that_does_not_open_is_told(world) {
        world.fire("DiskFull", &["db1"]).await;
        world.channel("#ops").expect("DiskFull").await;
        world.allow_rate_limits();
        world.fault(FaultRule::new(Fault::RateLimited { retry_after_s: 30 }).method("views.open").times(1));
        let (ann, bob) = (world.as_user("ann"), world.as_user("bob"));
        let start = world.now();
        ann.command("/firebell call #1").await;
        ann.sees("The form did not open").await;
        bob.command("/firebell call #1").await;
        bob.sees("The form did not open").await;
        assert_eq!(world.now(), start, "both are told at once, not when Slack would take it");
        world.advance(31.seconds()).await;
        ann.command("/firebell call #1").await;
        ann.modal("").await;
    }
}

scenario! {
    /// More forms than half a minute of Slack's tier, all at once.
    async fn forms_are_not_paced(world) {
        world.fire("DiskFull", &["db1"]).await;
        world.channel("#ops").expect("DiskFull").await;
        let (ann, start) = (world.as_user("ann"), world.now());
        for _ in 0..70 {
            ann.command("/firebell call #1").await;
            ann.modal("").await.close().await;
        }
        assert_eq!(world.now(), start);
        assert_eq!(world.sim.calls_of("views.open").iter().filter(|call| call.ok()).count(), 70);
    }
}
