//! What people do to alert groups: by button, reaction, form and shortcut.

use crate::harness::{Span, scenario};

scenario! {
    async fn acknowledging_says_who_has_it(world) {
        world.fire("DiskFull", &["db1"]).await;
        let message = world.channel("#ops").expect("DiskFull").await;
        message.click("Acknowledge").await;
        let ann = world.as_user("ann").id();
        message.expect_update(&format!("<@{ann}> has it")).await;
        // Named, and not rung for what she did herself.
        message.thread().expect("Acknowledged by *Ann*").await.expect_not(&ann);
        assert_eq!(message.buttons(), ["Add responders", "Resolve", "Silence", "group_more", "Source"]);
        message.click_as("bob", "Unacknowledge").await;
        message.expect_update("Nobody has it").await;
        message.thread().expect("Unacknowledged by").await;
    }
}

scenario! {
    async fn resolving_by_hand_and_taking_it_back(world) {
        world.fire("DiskFull", &["db1"]).await;
        let message = world.channel("#ops").expect("DiskFull").await;
        message.click("Resolve").await;
        message.expect_update("Resolved by").await;
        message.thread().expect("Resolved by").await;
        message.click("Unresolve").await;
        message.expect_update("1 firing").await;
        message.thread().expect("Unresolved by").await;
    }
}

scenario! {
    /// A person may know better than the source; the message must not say that something burns.
    async fn an_unresolve_when_nothing_fires_says_so(world) {
        world.fire("DiskFull", &["db1"]).await;
        let message = world.channel("#ops").expect("DiskFull").await;
        world.end("DiskFull", &["db1"]).await;
        message.thread().expect("Resolved by the source").await;
        message.click("Unresolve").await;
        message.thread().expect("Nothing of it fires now").await;
        let ann = world.as_user("ann").id();
        message.expect_update("open, nothing fires").await.expect_update(&format!("Reopened by <@{ann}>")).await;
        message.expect_not("red_circle").expect_not("Nobody has it");
        world.advance(9.hours()).await;
        // The source says once more that it is over: no news.
        world.end("DiskFull", &["db1"]).await;
        message.thread().expect_nothing().await;
        message.expect_now("open, nothing fires").await;
        world.fire("DiskFull", &["db1"]).await;
        message.expect_update("1 firing").await.expect_update("Nobody has it yet").await;
        message.thread().expect("1 joined").await;
        world.advance(4.hours()).await;
        message.thread().expect("Still firing (1)").await;
        world.end("DiskFull", &["db1"]).await;
        message.thread().expect("Resolved by the source").await;
    }
}

scenario! {
    /// Somebody resolved it while its source still sends it: that is no new alert.
    async fn a_resolve_by_hand_is_not_undone_by_repeats(world) {
        world.fire("DiskFull", &["db1"]).await;
        let message = world.channel("#ops").expect("DiskFull").await;
        message.click("Resolve").await;
        message.thread().expect("Resolved by").await;
        for _ in 0..24 {
            world.advance(1.hours()).await;
            world.fire("DiskFull", &["db1"]).await;
        }
        world.channel("#ops").expect_nothing().await;
        message.thread().expect_nothing().await;
        world.end("DiskFull", &["db1"]).await;
        world.advance(1.minutes()).await;
        message.thread().expect_nothing().await;
        world.fire("DiskFull", &["db1"]).await;
        world.channel("#ops").expect("#2").await;
    }
}

scenario! {
    async fn silencing_for_a_while_and_lifting_it(world) {
        world.fire("DiskFull", &["db1"]).await;
        let message = world.channel("#ops").expect("DiskFull").await;
        message.choose("Silence", "for 1 h").await;
        message.expect_update("Silenced by").await;
        message.thread().expect("Silenced by").await;
        message.click("Unsilence").await;
        message.expect_update("Nobody has it").await;
        message.thread().expect("Unsilenced by").await;
    }
}

scenario! {
    async fn a_silence_runs_out(world) {
        world.fire("DiskFull", &["db1"]).await;
        let message = world.channel("#ops").expect("DiskFull").await;
        message.choose("Silence", "for 1 h").await;
        message.thread().expect("Silenced by").await;
        world.advance(59.minutes()).await;
        message.thread().expect_nothing().await;
        world.advance(1.minutes()).await;
        message.expect_update("Nobody has it").await;
        message.thread().expect("The silence is over, and it still fires").await;
    }
}

scenario! {
    async fn a_silence_outlives_flapping(world) {
        world.fire("DiskFull", &["db1"]).await;
        let message = world.channel("#ops").expect("DiskFull").await;
        message.choose("Silence", "for 1 h").await;
        message.thread().expect("Silenced by").await;
        for _ in 0..3 {
            world.advance(2.minutes()).await;
            world.end("DiskFull", &["db1"]).await;
            message.expect_update("resolved").await;
            world.advance(2.minutes()).await;
            world.fire("DiskFull", &["db1"]).await;
            message.expect_update("silenced").await;
        }
        message.thread().expect_nothing().await;
        world.advance(1.hours()).await;
        message.thread().expect("The silence is over").await;
    }
}

scenario! {
    /// Also when it comes and goes so slowly that it would be a new group each time.
    async fn a_silence_outlives_slow_flapping(world) {
        world.fire("DiskFull", &["db1"]).await;
        let message = world.channel("#ops").expect("DiskFull").await;
        message.choose("Silence", "for 4 h").await;
        message.thread().expect("Silenced by").await;
        for _ in 0..3 {
            world.advance(30.minutes()).await;
            world.end("DiskFull", &["db1"]).await;
            message.expect_update("resolved").await;
            world.advance(30.minutes()).await;
            world.fire("DiskFull", &["db1"]).await;
            message.expect_update("silenced").await;
        }
        message.thread().expect_nothing().await;
        world.advance(1.hours()).await;
        message.thread().expect("The silence is over").await;
        // It held for what it was said for, and no longer.
        world.end("DiskFull", &["db1"]).await;
        message.thread().expect("Resolved by the source").await;
        world.advance(30.minutes()).await;
        world.fire("DiskFull", &["db1"]).await;
        world.channel("#ops").expect("#2").await;
    }
}

scenario! {
    /// Who resolves it has done with the silence, too: what fires an hour later is news.
    async fn a_silence_ends_with_a_resolve_by_hand(world) {
        world.fire("DiskFull", &["db1"]).await;
        let message = world.channel("#ops").expect("DiskFull").await;
        message.choose("Silence", "for 4 h").await;
        message.thread().expect("Silenced by").await;
        message.click("Resolve").await;
        message.thread().expect("Resolved by").await;
        world.end("DiskFull", &["db1"]).await;
        world.advance(1.hours()).await;
        world.fire("DiskFull", &["db1"]).await;
        world.channel("#ops").expect("#2").await;
    }
}

scenario! {
    async fn a_silence_until_somebody_lifts_it_outlives_a_day_of_quiet_but_not_more(world) {
        world.fire("DiskFull", &["db1"]).await;
        let message = world.channel("#ops").expect("DiskFull").await;
        message.choose("Silence", "until I lift it").await;
        message.thread().expect("until it is lifted").await;
        world.advance(1.hours()).await;
        world.end("DiskFull", &["db1"]).await;
        message.expect_update("resolved").await;
        world.advance(23.hours()).await;
        world.fire("DiskFull", &["db1"]).await;
        message.expect_update("silenced").await;
        world.end("DiskFull", &["db1"]).await;
        message.expect_update("resolved").await;
        world.advance(25.hours()).await;
        world.fire("DiskFull", &["db1"]).await;
        world.channel("#ops").expect("#2").await;
    }
}

scenario! {
    async fn a_silence_until_somebody_lifts_it(world) {
        world.fire("DiskFull", &["db1"]).await;
        let message = world.channel("#ops").expect("DiskFull").await;
        message.choose("Silence", "until I lift it").await;
        message.expect_update("until it is lifted").await;
        message.thread().expect("until it is lifted").await;
        world.advance(30.days()).await;
        message.expect_now("silenced").await;
    }
}

scenario! {
    async fn two_click_at_once_and_one_wins(world) {
        world.fire("DiskFull", &["db1"]).await;
        let message = world.channel("#ops").expect("DiskFull").await;
        let (ann, bob) = (world.as_user("ann"), world.as_user("bob"));
        let (one, two) = tokio::join!(ann.click_only(&message, "Acknowledge"), bob.click_only(&message, "Acknowledge"));
        one.unwrap();
        two.unwrap();
        let told = message.thread().expect("Acknowledged by").await.text();
        let loser = if told.contains("*Ann*") { &bob } else { &ann };
        loser.sees("has it already, since").await;
        message.thread().expect_nothing().await;
    }
}

scenario! {
    in Setup::default().slack("reactions: true");
    async fn acknowledging_twice_is_told_in_private(world) {
        world.fire("DiskFull", &["db1"]).await;
        let message = world.channel("#ops").expect("DiskFull").await;
        let stale = world.as_user("ann");
        message.click_as("bob", "Acknowledge").await;
        message.thread().expect("Acknowledged by").await;
        world.advance(10.minutes()).await;
        message.react("eyes").await;
        stale.sees("has it already, since").await;
    }
}

scenario! {
    in Setup::default().slack("reactions: true");
    async fn reactions_acknowledge_and_resolve(world) {
        world.fire("DiskFull", &["db1"]).await;
        let message = world.channel("#ops").expect("DiskFull").await;
        message.react("eyes").await;
        message.expect_update("has it").await;
        message.thread().expect("Acknowledged by").await;
        message.react("tada").await;
        message.react("white_check_mark").await;
        message.expect_update("resolved").await;
        message.thread().expect("Resolved by").await;
    }
}

scenario! {
    async fn reactions_do_nothing_unless_they_are_switched_on(world) {
        world.fire("DiskFull", &["db1"]).await;
        let message = world.channel("#ops").expect("DiskFull").await;
        message.react("eyes").await.react("white_check_mark").await;
        message.expect_now("Nobody has it").await;
    }
}

scenario! {
    async fn what_fixed_it_is_remembered(world) {
        world.fire("DiskFull", &["db1"]).await;
        let message = world.channel("#ops").expect("DiskFull").await;
        message.click("Resolve").await;
        message.thread().expect("Resolved by").await;
        message.click("What fixed it?").await;
        let ann = world.as_user("ann");
        ann.modal("#1").await.fill("note", "restarted pgbouncer").submit().await;
        message.expect_update("Fixed by: restarted pgbouncer").await;
        message.thread().expect("restarted pgbouncer").await;
        world.end("DiskFull", &["db1"]).await;
        world.advance(3.days()).await;
        world.fire("DiskFull", &["db1"]).await;
        let again = world.channel("#ops").expect("#2").await;
        again.expect_now("^{ago}|3 d ago>. Fixed by: restarted pgbouncer").await;
    }
}

scenario! {
    async fn responders_are_mentioned_paged_and_let_go(world) {
        world.fire("DiskFull", &["db1"]).await;
        let message = world.channel("#ops").expect("DiskFull").await;
        message.choose("group_more", "Add responders").await;
        let (ann, bob) = (world.as_user("ann"), world.as_user("bob"));
        let modal = ann.modal("Responders").await;
        modal.fill("people", serde_json::json!([bob.id()])).fill("importance", "important").submit().await;
        message.thread().expect(&format!("Inviting <@{}>", bob.id())).await;
        message.expect_update(&format!("Called: <@{}>", bob.id())).await;
        let page = bob.direct().expect("needs you here now").await;
        page.click_as("bob", "Acknowledge").await;
        message.thread().expect("Acknowledged by *Bob*").await;
        message.click("Add responders").await;
        ann.modal("Responders").await.click("Remove").await;
        message.thread().expect("no longer needs to look at this").await;
        message.expect_not("Called:");
        page.expect_update("You need not look any more").await;
        ann.modal("Responders").await.close().await;
    }
}

scenario! {
    async fn notes_by_menu_and_by_shortcut(world) {
        world.fire("DiskFull", &["db1"]).await;
        let message = world.channel("#ops").expect("DiskFull").await;
        message.choose("group_more", "Add note").await;
        let ann = world.as_user("ann");
        ann.modal("Note on").await.fill("note", "it is the *backup* <!channel>").submit().await;
        let note = message.thread().expect("it is the").await;
        note.expect_not("<!channel>");
        let said = ann.reply(&message, "I saw this on Friday too");
        ann.shortcut_on("add_note", "#ops", &said).await;
        message.thread().expect("I saw this on Friday too").await;
    }
}

scenario! {
    async fn the_root_of_an_attachment_leads(world) {
        world.fire("DiskFull", &["db1"]).await;
        world.fire("HighLoad", &["db1"]).await;
        let root = world.channel("#ops").expect("DiskFull").await;
        let child = world.channel("#ops").expect("HighLoad").await;
        child.choose("group_more", "Attach to another").await;
        let ann = world.as_user("ann");
        ann.modal("Attach").await.fill("root", "#1 DiskFull").submit().await;
        child.expect_update("Attached to").await;
        root.expect_update("Attached: #2").await;
        root.thread().expect("was attached by").await;
        child.thread().expect("Attached by").await;
        root.click("Acknowledge").await;
        root.thread().expect("Acknowledged by").await;
        child.click("Detach").await;
        child.thread().expect("No longer attached to *#1*").await;
        child.expect_update("has it").await;
        root.thread().expect("stands for itself again").await;
        root.click("Resolve").await;
        root.thread().expect("Resolved by").await;
        child.expect_now("acknowledged").await;
    }
}

scenario! {
    in Setup::default().more("alert_groups: {ack_reminder: {every: 2h, unack_after: 30m}}");
    async fn somebody_who_has_it_for_long_is_asked(world) {
        world.fire("DiskFull", &["db1"]).await;
        let message = world.channel("#ops").expect("DiskFull").await;
        message.click("Acknowledge").await;
        message.thread().expect("Acknowledged by").await;
        world.advance(2.hours()).await;
        let asked = message.thread().expect("is this still yours").await;
        asked.click("Yes, still mine").await;
        message.thread().expect("still has it").await;
        world.advance(2.hours()).await;
        message.thread().expect("is this still yours").await;
        world.advance(30.minutes()).await;
        message.thread().expect("nobody has it any more").await;
        message.expect_update("Nobody has it yet").await;
    }
}

scenario! {
    async fn the_timeline_and_the_reasons_can_be_read(world) {
        world.fire("DiskFull", &["db1"]).await;
        let message = world.channel("#ops").expect("DiskFull").await;
        message.click("Acknowledge").await;
        message.thread().expect("Acknowledged by").await;
        let ann = world.as_user("ann");
        message.choose("group_more", "Timeline, why here?").await;
        let timeline = ann.modal("Timeline").await;
        assert!(timeline.text().contains("cknowledged"), "{}", timeline.text());
        timeline.click("Why here?").await;
        let why = ann.modal("Why").await;
        for part in ["am", "ops", "sender's own group"] {
            assert!(why.text().contains(part), "{part}: {}", why.text());
        }
        why.close().await;
    }
}

scenario! {
    async fn the_home_shows_mine_first(world) {
        world.fire("DiskFull", &["db1"]).await;
        world.fire("HighLoad", &["db1"]).await;
        let disk = world.channel("#ops").expect("DiskFull").await;
        world.channel("#ops").expect("HighLoad").await;
        disk.click("Acknowledge").await;
        disk.thread().expect("Acknowledged by").await;
        let ann = world.as_user("ann");
        ann.open_home().await;
        let home = ann.home();
        assert!(home.find("DiskFull").is_some() && home.find("DiskFull") < home.find("HighLoad"), "{home}");
    }
}
