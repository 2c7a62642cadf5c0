//! The words people type, in a command and in a mention.

use firebell::sim::User;

use crate::harness::{Span, scenario};

scenario! {
    async fn a_command_does_what_the_button_does(world) {
        world.fire("DiskFull", &["db1"]).await;
        let message = world.channel("#ops").expect("DiskFull").await;
        let ann = world.as_user("ann");
        ann.command("/firebell ack 1").await;
        ann.sees("#1").await;
        message.expect_update("has it").await;
        message.thread().expect("Acknowledged by").await;
        ann.command("/firebell unack #1").await;
        ann.sees("#1").await;
        message.thread().expect("Unacknowledged by").await;
        ann.command("/firebell silence #1 2h").await;
        ann.sees("#1").await;
        message.thread().expect("Silenced by").await;
        ann.command("/firebell unsilence #1").await;
        ann.sees("#1").await;
        message.thread().expect("Unsilenced by").await;
        ann.command("/firebell resolve 1 restarted it").await;
        ann.sees("#1").await;
        message.expect_update("Fixed by: restarted it").await;
        message.thread().expect("Resolved by").await;
        ann.command("/firebell unresolve 1").await;
        ann.sees("#1").await;
        message.thread().expect("Unresolved by").await;
    }
}

scenario! {
    async fn in_the_thread_of_an_alert_its_number_may_be_left_out(world) {
        world.fire("DiskFull", &["db1"]).await;
        let message = world.channel("#ops").expect("DiskFull").await;
        let bob = world.as_user("bob");
        bob.mention_in_thread(&message, "ack").await;
        bob.sees("#1").await;
        message.expect_update(&format!("<@{}> has it", bob.id())).await;
        message.thread().expect("Acknowledged by").await;
        bob.mention_in_thread(&message, &format!("resolve <@{}> mended it", world.as_user("ann").id())).await;
        bob.sees("is resolved").await;
        message.thread().expect("Fixed by: @Ann mended it").await;
    }
}

scenario! {
    async fn lists_and_help_are_for_the_one_who_asks(world) {
        world.fire("DiskFull", &["db1"]).await;
        world.channel("#ops").expect("DiskFull").await;
        let ann = world.as_user("ann");
        ann.command("/firebell alerts").await;
        ann.sees("DiskFull").await;
        ann.command("/firebell show 1").await;
        ann.sees("DiskFull").await;
        ann.command("/firebell why 1").await;
        ann.sees("am").await;
        ann.command("/firebell help").await;
        ann.sees("silence").await;
        ann.command("/firebell akc 1").await;
        ann.sees("ack").await;
        ann.command("/firebell ack 7").await;
        ann.sees("7").await;
        world.advance(1.minutes()).await;
    }
}

scenario! {
    async fn a_list_leads_to_the_messages_and_marks_what_nobody_can_know(world) {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/payloads");
        let kept = std::fs::read_to_string(folder.join("grafana-nodata.json")).unwrap();
        let kept: serde_json::Value = serde_json::from_str(&kept).unwrap();
        let status = world.post("grafana", kept["raw"].as_str().unwrap()).await;
        assert_eq!(status, 200);
        let message = world.channel("#ops").expect("no data").await;
        let ann = world.as_user("ann");
        ann.command("/firebell alerts").await;
        let list = ann.sees("1 open alert").await;
        assert!(list.contains("_no data_"), "{list}");
        let address = format!("/archives/{}/p{}|#1 ", message.channel, message.ts.replace('.', ""));
        assert!(list.contains(&address), "{address} is missing: {list}");
        ann.command("/firebell").await;
        assert!(ann.sees("nobody has").await.contains(&address));
    }
}

scenario! {
    async fn words_that_mean_nothing_are_answered_kindly(world) {
        let ann = world.as_user("ann");
        for words in ["ack", "ack abc", "silence", "silence x", "silence {a=\"b\" 1h", "unsilence 99", "show #0", "ack #99999999999999999999", "💥"] {
            ann.command(&format!("/firebell {words}")).await;
            ann.sees("").await;
        }
        ann.mention("#ops", "tell me a joke").await;
        ann.sees("").await;
    }
}

scenario! {
    /// Whoever is called by a direct message answers where they read it.
    async fn words_to_the_bot_alone_are_heard(world) {
        world.fire("DiskFull", &["db1"]).await;
        let message = world.channel("#ops").expect("DiskFull").await;
        let (ann, bob) = (world.as_user("ann"), world.as_user("bob"));
        ann.command(&format!("/firebell call #1 <@{}>", bob.id())).await;
        ann.sees("called").await;
        message.thread().expect("Inviting").await;
        let page = bob.direct().expect("asks you to look at this").await;
        bob.reply(&page, "ack");
        world.settle().await;
        page.thread().expect("#1").await;
        message.expect_update(&format!("<@{}> has it", bob.id())).await;
        message.thread().expect("Acknowledged by").await;
        bob.say(&bob.direct().id, "unack 1").await;
        bob.direct().expect("nobody's now").await;
        message.expect_update("Nobody has it").await;
        message.thread().expect("Unacknowledged by").await;
        bob.mention(&bob.direct().id, "alerts").await;
        bob.direct().expect("DiskFull").await;
        // Who it is, is asked first: a guest may no more than elsewhere.
        world.sim.set_up(|state| {
            state.add_user(User::person("gus").email("gus@example.com").guest());
        });
        let gus = world.as_user("gus");
        gus.say(&gus.direct().id, "resolve 1").await;
        gus.direct().expect("There is no alert #1").await;
    }
}

scenario! {
    async fn the_bot_may_be_mentioned_anywhere_in_a_sentence(world) {
        world.fire("DiskFull", &["db1"]).await;
        let message = world.channel("#ops").expect("DiskFull").await;
        let bob = world.as_user("bob");
        let bot = world.sim.read(|state| state.app.bot_user.clone());
        bob.say("#ops", &format!("hey <@{bot}> ack #1")).await;
        bob.sees("is yours now").await;
        message.expect_update("has it").await;
        message.thread().expect("Acknowledged by").await;
    }
}

scenario! {
    /// A title of any length or without anything to see: one line that says something, in the message and in every list.
    async fn odd_titles_are_told_on_one_line(world) {
        for (name, shown) in [("\u{200b}\u{200d}", "Alert without a name"), ("Disk\nfull", "Disk full")] {
            world.fire(name, &["db1"]).await;
            world.channel("#ops").expect(shown).await;
        }
        world.fire(&"N".repeat(3_000), &["db1"]).await;
        world.channel("#ops").expect("NNN…").await;
        let ann = world.as_user("ann");
        ann.command("/firebell unack #2").await;
        ann.sees("*#2* Disk full").await;
    }
}
