//! What a tired person reads and taps: lock screens, double taps, what fires again, what is over.

use serde_json::{Value, json};

use crate::harness::{Span, scenario};

scenario! {
    /// What stands where Acknowledge was does nothing by itself, and Resolve asks while something fires.
    async fn two_quick_taps_do_one_thing(world) {
        world.fire("DiskFull", &["db1", "db2"]).await;
        let message = world.channel("#ops").expect("DiskFull").await;
        let first = message.buttons();
        assert_eq!(first[..2], ["Acknowledge", "Resolve"]);
        assert_eq!(
            message.question("Resolve"),
            "2 alerts still fire. Resolved by hand, it says nothing more until they end and fire anew."
        );
        message.click("Acknowledge").await;
        message.thread().expect("Acknowledged by").await;
        message.expect_update("has it since").await;
        let second = message.buttons();
        assert_eq!(second[..2], ["Add responders", "Resolve"]);
        assert!(message.question("Resolve").starts_with("2 alerts still fire"));
        // The second tap opens a form; nothing is changed by it.
        message.click(&second[0]).await;
        world.as_user("ann").modal("Responders").await.close().await;
        message.expect_now("has it since").await;
        assert!(message.menu().contains(&"Unacknowledge".to_owned()), "{:?}", message.menu());
        message.choose("Silence", "for 1 h").await;
        message.thread().expect("Silenced by").await;
        assert!(message.question("Resolve").starts_with("2 alerts still fire"));
    }
}

scenario! {
    /// Nothing fires any more: there is nothing to ask.
    async fn resolve_asks_only_while_something_fires(world) {
        world.fire("DiskFull", &["db1"]).await;
        let message = world.channel("#ops").expect("DiskFull").await;
        world.end("DiskFull", &["db1"]).await;
        message.thread().expect("Resolved by the source").await;
        message.click("Unresolve").await;
        message.thread().expect("Unresolved by").await;
        message.expect_update("open, nothing fires").await;
        assert_eq!(message.question("Resolve"), "");
    }
}

scenario! {
    in Setup::default()
        .receiver("loud", "{channel: \"#ops\", mention: [\"@here\"]}")
        .route("{receiver: loud}");
    async fn a_lock_screen_says_what_is_broken_first(world) {
        world.fire_with("DiskFull", &["db1"], &[("severity", "critical")]).await;
        let message = world.channel("#ops").expect("DiskFull").await;
        assert_eq!(message.notice(), "DiskFull: DiskFull on db1 · P1 #1, 1 firing  <!here>");
        message.expect_now("*[P1] #1* *DiskFull* — 1 firing  <!here>").await;
        let ann = world.as_user("ann");
        ann.command(&format!("/firebell call #1 <@{}>", world.as_user("bob").id())).await;
        ann.sees_all();
        message.thread().expect("Inviting").await;
        let page = world.as_user("bob").direct().expect("asks you to look").await;
        assert!(page.notice().starts_with("DiskFull: DiskFull on db1 · P1 #1, 1 firing — "), "{}", page.notice());
    }
}

scenario! {
    in Setup::default()
        .receiver("loud", "{channel: \"#ops\", mention: [\"@here\"]}")
        .route("{receiver: loud}");
    /// An edited message and a reply in a thread ring nobody.
    async fn what_fires_again_notifies_the_channel_again(world) {
        world.fire("DiskFull", &["db1"]).await;
        let message = world.channel("#ops").expect("DiskFull").await;
        world.end("DiskFull", &["db1"]).await;
        message.thread().expect("Resolved by the source").await;
        world.advance(6.minutes()).await;
        world.fire("DiskFull", &["db1"]).await;
        let again = message.thread().expect("*DiskFull* [P3] #1  :repeat: *Fires again*").await;
        assert!(again.is_broadcast());
        again.expect_now("DiskFull on db1").await.expect_now("<!here>").await;
        // Somebody has it now: they are asked, and the channel has peace.
        message.expect_update("1 firing").await;
        message.click("Acknowledge").await;
        message.thread().expect("Acknowledged by").await;
        world.end("DiskFull", &["db1"]).await;
        message.thread().expect("Resolved by the source").await;
        world.advance(6.minutes()).await;
        world.fire("DiskFull", &["db1"]).await;
        let again = message.thread().expect("Last with <@").await;
        assert!(!again.is_broadcast());
    }
}

scenario! {
    /// What flaps rings now and then, and is not forgotten in between.
    async fn what_flaps_notifies_the_channel_now_and_then(world) {
        world.fire_with("DiskFull", &["db1"], &[("severity", "critical")]).await;
        let message = world.channel("#ops").expect("DiskFull").await;
        world.advance(1.minutes()).await;
        for _ in 0..2 {
            world.end("DiskFull", &["db1"]).await;
            message.thread().expect("Resolved by the source").await;
            world.advance(1.minutes()).await;
            world.fire_with("DiskFull", &["db1"], &[("severity", "critical")]).await;
            assert!(!message.thread().expect("Fires again").await.is_broadcast());
        }
        world.advance(2.minutes()).await;
        let again = message.thread().expect("Still firing (1)").await;
        assert!(again.is_broadcast());
        world.advance(1.hours()).await;
        message.thread().expect_nothing().await;
    }
}

scenario! {
    in Setup::default().more("alert_groups: {notify_again: never}");
    async fn notifying_again_can_be_switched_off(world) {
        world.fire_with("DiskFull", &["db1"], &[("severity", "critical")]).await;
        let message = world.channel("#ops").expect("DiskFull").await;
        world.end("DiskFull", &["db1"]).await;
        message.thread().expect("Resolved by the source").await;
        world.advance(6.minutes()).await;
        world.fire_with("DiskFull", &["db1"], &[("severity", "critical")]).await;
        assert!(!message.thread().expect("Fires again").await.is_broadcast());
        world.advance(4.hours()).await;
        assert!(!message.thread().expect("Still firing (1)").await.is_broadcast());
    }
}

scenario! {
    /// Everything else that leaves a fire to nobody, or makes it worse.
    async fn what_becomes_worse_or_nobodys_notifies_the_channel(world) {
        world.fire_with("DiskFull", &["db1"], &[("severity", "warning")]).await;
        let message = world.channel("#ops").expect("[P3] #1").await;
        world.fire_with("DiskFull", &["db2"], &[("severity", "critical")]).await;
        let worse = message.thread().expect("Now *P1*; it was P3").await;
        assert!(worse.is_broadcast());
        message.thread().expect("1 joined").await;
        message.choose("Silence", "for 1 h").await;
        message.thread().expect("Silenced by").await;
        world.advance(1.hours()).await;
        let over = message.thread().expect("The silence is over, and it still fires").await;
        assert!(over.is_broadcast());
        over.expect_now("*DiskFull* [P1] #1").await;
        world.advance(4.hours()).await;
        assert!(message.thread().expect("Still firing (2)").await.is_broadcast());
    }
}

scenario! {
    /// Two lines and a menu; what was folded away is a tap away.
    async fn a_resolved_card_is_folded(world) {
        world.fire("DiskFull", &["db1", "db2"]).await;
        let message = world.channel("#ops").expect("DiskFull").await;
        world.end("DiskFull", &["db1", "db2"]).await;
        message.thread().expect("Resolved by the source").await;
        message.expect_update("Resolved by the source <!date").await.expect_now("· via am").await.expect_not("db1");
        assert!(message.buttons().is_empty(), "{:?}", message.buttons());
        message.expect_now("<http://prom.example.org/graph?g0.expr=up|Source>").await;
        assert_eq!(
            message.menu(),
            ["Show details", "What fixed it?", "Unresolve", "Add note", "Timeline, why here?"]
        );
        message.choose("group_more", "Show details").await;
        let ann = world.as_user("ann");
        let details = ann.modal("Alert #1").await;
        for said in ["DiskFull on db1", "db2", "ended"] {
            assert!(details.text().contains(said), "{said:?} is not in {}", details.text());
        }
        details.close().await;
    }
}

scenario! {
    async fn what_was_resolved_by_hand_says_that_it_still_fires(world) {
        world.fire("DiskFull", &["db1"]).await;
        let message = world.channel("#ops").expect("DiskFull").await;
        message.click("Resolve").await;
        let told = message.thread().expect("Resolved by *Ann*").await;
        told.expect_now("Still firing at the source (1)").await;
        message.expect_update("resolved by hand, 1 still firing at the source").await;
        message.expect_now("*Still firing at the source*").await;
        world.advance(1.minutes()).await;
        world.end("DiskFull", &["db1"]).await;
        message.expect_update("— resolved\n").await.expect_not("till firing");
        // What fixed it is asked where the resolve was told.
        told.click("What fixed it?").await;
        world.as_user("ann").modal("#1").await.fill("note", "more disk").submit().await;
        message.thread().expect("more disk").await;
    }
}

fn fixture(name: &str) -> Value {
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/payloads").join(name);
    let fixture: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    fixture["body"].clone()
}

scenario! {
    in Setup::default()
        .receiver("loud", "{channel: \"#ops\", mention: [\"@here\"]}")
        .route("{receiver: loud, declare: SEV3, repeat_interval: 5m}");
    /// Somebody tried the contact point: it arrived, and that is all.
    async fn a_test_notification_asks_nothing_and_closes_by_itself(world) {
        world.send("grafana", &fixture("grafana-test-contact-point.json")).await;
        let message = world.channel("#ops").expect("only a test").await;
        message.expect_now("It arrived; there is nothing to do").await.expect_now("Closes by itself").await;
        message.expect_not("<!here>").expect_not("Nobody has it");
        assert!(message.notice().starts_with("Test: "), "{}", message.notice());
        assert_eq!(message.buttons()[..2], ["Close", "group_more"], "{:?}", message.buttons());
        assert_eq!(message.question("Close"), "");
        world.as_user("ann").open_home().await;
        assert!(!world.as_user("ann").home().contains("Acknowledge"), "{}", world.as_user("ann").home());
        world.advance(9.minutes()).await;
        message.thread().expect_nothing().await;
        world.advance(1.minutes()).await;
        message.expect_update("— resolved").await;
        message.thread().expect("Resolved by the source").await;
    }
}

scenario! {
    /// It may be anything, so people are told as of any alert: what came, how it becomes a real one, and when it ends.
    async fn a_body_that_is_not_recognised_shows_itself_and_ends(world) {
        let bodies = [("hello", "```\nhello\n```"), (r#"{"foo":1}"#, "```\n{\"foo\":1}\n```")];
        for (nth, (body, excerpt)) in bodies.into_iter().enumerate() {
            assert_eq!(world.post("hook", body).await, 200);
            let message = world.channel("#ops").expect("Not recognised").await;
            message.expect_now(excerpt).await.expect_now("`hook`").await.expect_now("mapping: {").await;
            message.expect_now("Nobody has it yet").await.expect_now("Closes by itself").await;
            assert!(message.notice().contains(&format!("#{}, not recognised", nth + 1)), "{}", message.notice());
            world.advance(23.hours()).await;
            while message.thread().next().await.is_some() {}
            message.expect_now("not recognised").await;
            world.advance(1.hours()).await;
            message.expect_update("— resolved").await;
            message.thread().expect("Resolved by the source").await;
            while message.thread().next().await.is_some() {}
        }
        let known = json!({"title": "Disk full", "id": 7});
        world.send("hook", &known).await;
        world.channel("#ops").expect("Disk full").await.expect_not("Closes by itself");
        let metrics = world.running()[0].metrics.render();
        assert!(metrics.contains("what=\"alerts_unrecognised\"} 2"), "{metrics}");
    }
}

scenario! {
    async fn what_lifts_a_silence_or_takes_it_from_somebody_says_so(world) {
        world.fire("DiskFull", &["db1"]).await;
        let message = world.channel("#ops").expect("DiskFull").await;
        message.click("Acknowledge").await;
        message.thread().expect("Acknowledged by *Ann*").await.expect_not("silence");
        world.as_user("bob").command("/firebell silence #1 2h").await;
        world.as_user("bob").sees_all();
        let ann = world.as_user("ann").id();
        message.thread().expect(&format!("It was with <@{ann}>, who no longer has it")).await;
        message.click("Acknowledge").await;
        message.thread().expect("Acknowledged by *Ann* (button). Its silence is lifted.").await;
        world.as_user("bob").command("/firebell silence #1 2h").await;
        world.as_user("bob").sees_all();
        message.thread().expect("who no longer has it").await;
        world.as_user("bob").command("/firebell ack #1").await;
        world.as_user("bob").sees("is yours now, and its silence is lifted").await;
        message.thread().expect("Its silence is lifted").await;
    }
}

scenario! {
    async fn a_responders_message_tells_how_the_group_stands(world) {
        world.fire("DiskFull", &["db1"]).await;
        let message = world.channel("#ops").expect("DiskFull").await;
        let (ann, bob, chie) = (world.as_user("ann"), world.as_user("bob"), world.as_user("chie"));
        ann.command(&format!("/firebell call #1 <@{}> <@{}>", bob.id(), chie.id())).await;
        ann.sees_all();
        message.thread().expect("Inviting").await;
        let (page, other) = (bob.direct().expect("#1").await, chie.direct().expect("#1").await);
        assert_eq!(page.buttons()[0], "Acknowledge");
        message.click("Acknowledge").await;
        message.thread().expect("Acknowledged by").await;
        page.expect_update("acknowledged, 1 firing").await;
        assert!(!page.buttons().contains(&"Acknowledge".to_owned()), "{:?}", page.buttons());
        message.choose("group_more", "Unacknowledge").await;
        message.thread().expect("Unacknowledged by").await;
        page.expect_update("— 1 firing").await;
        assert_eq!(page.buttons()[0], "Acknowledge");
        world.advance(1.minutes()).await;
        world.end("DiskFull", &["db1"]).await;
        message.thread().expect("Resolved by the source").await;
        for one in [&page, &other] {
            one.expect_update("It is over").await.expect_update("— resolved").await;
            assert!(!one.buttons().contains(&"Acknowledge".to_owned()), "{:?}", one.buttons());
        }
        bob.direct().expect_nothing().await;
    }
}
