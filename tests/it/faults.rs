//! Slack on a bad day, and a program that ends in the middle: nothing lost, nothing twice.

use firebell::args;
use firebell::cli::Exit;
use firebell::limits::ASK_MESSAGES_MAX;
use firebell::sim::{Author, Draft, Fault, FaultRule};
use firebell::store::Tx;

use crate::harness::{Span, scenario};

scenario! {
    async fn slack_says_too_fast_and_is_obeyed(world) {
        world.allow_rate_limits();
        world.fault(FaultRule::new(Fault::RateLimited { retry_after_s: 30 }).method("chat.postMessage").times(2));
        world.fire("DiskFull", &["db1"]).await;
        world.channel("#ops").expect_nothing().await;
        world.advance(29.seconds()).await;
        assert_eq!(world.sim.calls_of("chat.postMessage").len(), 1, "it waits as long as it is told to");
        world.advance(1.seconds()).await;
        assert_eq!(world.sim.calls_of("chat.postMessage").len(), 2);
        world.advance(30.seconds()).await;
        world.channel("#ops").expect_now("DiskFull").await;
    }
}

scenario! {
    async fn a_server_error_is_asked_about_and_tried_again(world) {
        world.fault(FaultRule::new(Fault::Status { status: 503 }).method("chat.postMessage").times(3));
        world.fire("DiskFull", &["db1"]).await;
        world.channel("#ops").expect("DiskFull").await;
    }
}

scenario! {
    async fn slack_did_it_but_answers_with_an_error(world) {
        world.fault(FaultRule::new(Fault::InternalErrorAfter).method("chat.postMessage").times(1));
        world.fire("DiskFull", &["db1"]).await;
        world.channel("#ops").expect_now("DiskFull").await;
        world.advance(10.minutes()).await;
        assert_eq!(world.channel("#ops").roots().len(), 1);
    }
}

scenario! {
    async fn the_answer_is_lost_after_the_message_was_posted(world) {
        world.fault(FaultRule::new(Fault::ResetAfter).method("chat.postMessage").times(1));
        world.fire("DiskFull", &["db1"]).await;
        let message = world.channel("#ops").expect("DiskFull").await;
        world.advance(1.minutes()).await;
        // It knows where its message stands: it is updated in place.
        message.click("Acknowledge").await;
        message.expect_update("has it").await;
        message.thread().expect("Acknowledged by").await;
        assert_eq!(world.channel("#ops").roots().len(), 1);
    }
}

scenario! {
    async fn the_request_is_lost_before_anything_was_done(world) {
        world.fault(FaultRule::new(Fault::ResetBefore).method("chat.postMessage").times(2));
        world.fire("DiskFull", &["db1"]).await;
        world.channel("#ops").expect("DiskFull").await;
    }
}

scenario! {
    async fn no_answer_in_time_with_the_work_done_and_undone(world) {
        world.fault(FaultRule::new(Fault::TimeoutAfter { after_ms: 20_000 }).method("chat.postMessage").times(1));
        world.fault(FaultRule::new(Fault::TimeoutBefore { after_ms: 20_000 }).method("chat.postMessage").times(1));
        world.fire("DiskFull", &["db1"]).await;
        world.fire("HighLoad", &["web1"]).await;
        world.advance(2.minutes()).await;
        world.channel("#ops").expect_now("DiskFull").await;
        world.channel("#ops").expect_now("HighLoad").await;
        assert_eq!(world.channel("#ops").roots().len(), 2);
    }
}

scenario! {
    /// The answer of the post is lost, and so is every answer to the question whether it arrived.
    async fn it_is_asked_until_there_is_an_answer(world) {
        world.fault(FaultRule::new(Fault::ResetAfter).method("chat.postMessage").times(1));
        world.fault(FaultRule::new(Fault::Status { status: 500 }).method("conversations.history").times(4));
        world.fire("DiskFull", &["db1"]).await;
        world.advance(10.minutes()).await;
        world.channel("#ops").expect_now("DiskFull").await;
        assert_eq!(world.channel("#ops").roots().len(), 1);
        assert!(world.sim.calls_of("conversations.history").len() >= 5);
    }
}

scenario! {
    /// So much is written in the channel that ours is not on the first page, nor on the next ten.
    async fn a_message_is_found_among_thousands_and_not_posted_again(world) {
        world.fault(FaultRule::new(Fault::ResetAfter).method("chat.postMessage").times(1));
        world.fire("DiskFull", &["db1"]).await;
        world.settle().await;
        let pages = 60;
        world.sim.set_up(|state| {
            let bob = state.user("bob").unwrap().id.clone();
            for nth in 0..pages * ASK_MESSAGES_MAX {
                state.post("ops", &Author::User(bob.clone()), Draft::text(format!("{nth}"))).unwrap();
            }
        });
        world.advance(2.minutes()).await;
        let ops = world.channel("#ops");
        let message = ops.expect_now("DiskFull").await;
        message.click("Acknowledge").await;
        message.expect_update("has it").await;
        message.thread().expect("Acknowledged by").await;
        assert_eq!(ops.roots().len(), 1);
        let asked = world.sim.calls_of("conversations.history").len();
        assert_eq!(asked, pages as usize + 1, "each page is read once, and at Slack's pace");
    }
}

scenario! {
    /// An update that was queued while its message was still on its way to Slack is limited as an update.
    async fn a_limit_to_updates_does_not_stop_posts(world) {
        world.allow_rate_limits();
        world.fault(FaultRule::new(Fault::Slow { by_ms: 3_000 }).method("chat.postMessage").times(1));
        world.fault(FaultRule::new(Fault::RateLimited { retry_after_s: 60 }).method("chat.update").times(1));
        world.fire("DiskFull", &["db1"]).await;
        world.settle().await;
        world.fire("DiskFull", &["db1", "db2"]).await;
        world.advance(std::time::Duration::from_millis(1_500)).await;
        let queued = world.read(|tx: &mut dyn Tx| {
            let sql = "SELECT method FROM outbox WHERE state = 'waiting' AND merge_key IS NOT NULL";
            tx.query_one(sql, args![])?.map(|row| row.get::<String>(0)).transpose()
        });
        assert_eq!(queued.await.as_deref(), Some("chat.postMessage"));
        world.advance(5.seconds()).await;
        assert_eq!(world.sim.calls_of("chat.update").len(), 1);
        let message = world.channel("#ops").expect_now("DiskFull").await;
        message.expect_not("2 firing");
        world.fire("HighLoad", &["web1"]).await;
        world.advance(2.seconds()).await;
        world.channel("#ops").expect_now("HighLoad").await;
        world.advance(1.minutes()).await;
        message.expect_now("2 firing").await;
        message.thread().expect("1 joined").await;
    }
}

scenario! {
    async fn lost_answers_in_a_thread(world) {
        world.fire("DiskFull", &["db1"]).await;
        let message = world.channel("#ops").expect("DiskFull").await;
        world.fault(FaultRule::new(Fault::ResetAfter).method("chat.*").times(2));
        message.click("Acknowledge").await;
        message.thread().expect("Acknowledged by").await;
        message.expect_update("has it").await;
        world.advance(5.minutes()).await;
        message.thread().expect_nothing().await;
    }
}

scenario! {
    async fn an_outage_of_an_hour(world) {
        world.fire("DiskFull", &["db1"]).await;
        let known = world.channel("#ops").expect("DiskFull").await;
        world.sim.outage(3_600_000);
        for minute in (0..50_u32).step_by(2) {
            let all: Vec<String> = (0..=minute % 7).map(|n| format!("db{}", n + 1)).collect();
            let all: Vec<&str> = all.iter().map(String::as_str).collect();
            world.fire("DiskFull", &all).await;
            if minute == 10 {
                world.fire("HighLoad", &["web1"]).await;
            }
            if minute == 20 {
                world.fire("PodDown", &["pod1"]).await;
            }
            if minute == 30 {
                world.end("PodDown", &["pod1"]).await;
            }
            world.advance(2.minutes()).await;
        }
        world.sim.clear_calls();
        world.advance(10.minutes()).await;
        world.advance(90.seconds()).await;
        let ops = world.channel("#ops");
        ops.expect_now("HighLoad").await;
        // What began and ended meanwhile is told as it stands: once, as over.
        let over = ops.expect_now("PodDown").await;
        over.expect_now("resolved").await;
        over.thread().expect("Resolved by the source").await;
        known.expect_now("7 firing").await;
        known.thread().expect("joined").await;
        while let Some(more) = known.thread().next().await {
            assert!(more.text().contains("joined"), "{}", more.text());
        }
        assert_eq!(ops.roots().len(), 3);
        let updates = world.sim.calls_of("chat.update").iter().filter(|call| call.ok()).count();
        assert!(updates <= 3, "no flood of stale updates: {updates}");
    }
}

scenario! {
    async fn the_sockets_flap(world) {
        if !world.is_socket() {
            return;
        }
        world.fire("DiskFull", &["db1"]).await;
        let message = world.channel("#ops").expect("DiskFull").await;
        for round in 0..5 {
            if round % 2 == 0 { world.sim.drop_sockets() } else { world.sim.refresh_sockets(true) }
            world.reconnected().await;
            let button = if round % 2 == 0 { "Acknowledge" } else { "Unacknowledge" };
            message.click(button).await;
            message.thread().expect("cknowledged by").await;
        }
    }
}

scenario! {
    async fn events_that_come_twice_count_once(world) {
        world.fire("DiskFull", &["db1"]).await;
        let message = world.channel("#ops").expect("DiskFull").await;
        world.fault(FaultRule::new(Fault::DuplicateEvent));
        let bob = world.as_user("bob");
        bob.mention_in_thread(&message, "note it was the backup").await;
        message.thread().expect("it was the backup").await;
        bob.mention_in_thread(&message, "ack").await;
        message.thread().expect("Acknowledged by").await;
        world.advance(10.minutes()).await;
        message.thread().expect_nothing().await;
        bob.sees_all();
    }
}

scenario! {
    async fn a_channel_that_does_not_exist_is_a_dead_letter_until_it_does(world) {
        world.reconfigure(|setup| setup.receiver("lost", r##"{channel: "#nowhere"}"##).route("{receiver: lost}")).await;
        world.fire("DiskFull", &["db1"]).await;
        let reasons = world.claim_dead().await;
        assert!(reasons.iter().any(|reason| reason.contains("channel_not_found")), "{reasons:?}");
        world.allow_refusals();
        world.sim.change(|state| {
            let bot = state.app.bot_user.clone();
            state.add_channel("nowhere", false, &["ann", &bot]).unwrap();
        });
        world.advance(6.minutes()).await;
        world.channel("#nowhere").expect_now("DiskFull").await;
    }
}

scenario! {
    /// `firebell outbox` beside the running bot.
    async fn a_dead_letter_is_sent_again_when_somebody_says_so(world) {
        world.reconfigure(|setup| setup.receiver("lost", r##"{channel: "#nowhere"}"##).route("{receiver: lost}")).await;
        world.fire("DiskFull", &["db1"]).await;
        world.settle().await;
        world.allow_refusals();
        let (exit, listed) = world.cli(&["outbox", "list"]).await;
        assert_eq!(exit, Exit::Fine, "{listed}");
        let letter = listed.lines().next().unwrap();
        let words = ["given up", "2026-03-02T09:00:00Z", "chat.postMessage group:1@#nowhere", "channel_not_found"];
        assert!(words.iter().all(|words| letter.contains(words)), "{listed}");
        assert!(listed.contains("0 waiting, 0 on their way or unclear, 1 given up"), "{listed}");
        let (exit, told) = world.cli(&["outbox", "retry", "4711"]).await;
        assert_eq!(exit, Exit::Usage);
        assert!(told.contains("not given up: 4711; `firebell outbox list`"), "{told}");
        world.sim.change(|state| {
            let bot = state.app.bot_user.clone();
            state.add_channel("nowhere", false, &["ann", &bot]).unwrap();
        });
        let (exit, told) = world.cli(&["outbox", "retry", letter.split_whitespace().next().unwrap()]).await;
        assert_eq!(exit, Exit::Fine, "{told}");
        assert!(told.contains("1 to be sent again"), "{told}");
        world.channel("#nowhere").expect_now("DiskFull").await;
        let (_, told) = world.cli(&["outbox", "retry", "--all-dead"]).await;
        assert!(told.contains("0 to be sent again"), "{told}");
    }
}

scenario! {
    async fn a_message_that_somebody_deleted_is_posted_anew(world) {
        world.allow_refusals();
        world.fire("DiskFull", &["db1"]).await;
        let message = world.channel("#ops").expect("DiskFull").await;
        world.sim.change(|state| state.delete(&message.channel, &message.ts).unwrap());
        world.fire("DiskFull", &["db1", "db2"]).await;
        world.advance(10.minutes()).await;
        let anew = world.channel("#ops").expect_now("2 firing").await;
        anew.click("Acknowledge").await;
        anew.thread().expect("Acknowledged by").await;
        world.claim_dead().await;
        world.channel("#ops").claim_all();
    }
}

scenario! {
    async fn a_crash_between_send_and_record_says_nothing_twice(world) {
        world.fault(FaultRule::new(Fault::TimeoutAfter { after_ms: 60_000 }).method("chat.postMessage").times(1));
        world.fire("DiskFull", &["db1"]).await;
        world.settle().await;
        assert_eq!(world.channel("#ops").roots().len(), 1, "it is posted, and nobody knows");
        world.crash().await;
        world.advance(2.minutes()).await;
        let message = world.channel("#ops").expect_now("DiskFull").await;
        message.click("Acknowledge").await;
        message.expect_update("has it").await;
        message.thread().expect("Acknowledged by").await;
        assert_eq!(world.channel("#ops").roots().len(), 1);
    }
}

scenario! {
    async fn a_crash_before_anything_was_sent_loses_nothing(world) {
        world.fault(FaultRule::new(Fault::TimeoutBefore { after_ms: 60_000 }).method("chat.postMessage").times(1));
        world.fire("DiskFull", &["db1"]).await;
        world.settle().await;
        world.crash().await;
        world.advance(2.minutes()).await;
        world.channel("#ops").expect_now("DiskFull").await;
    }
}

scenario! {
    async fn restarts_and_crashes_at_every_step(world) {
        world.fire("DiskFull", &["db1"]).await;
        world.crash().await;
        let message = world.channel("#ops").expect("DiskFull").await;
        world.restart().await;
        world.fire("DiskFull", &["db1", "db2"]).await;
        world.crash().await;
        message.expect_update("2 firing").await;
        message.thread().expect("1 joined").await;
        message.choose("Silence", "for 1 h").await;
        world.restart().await;
        message.thread().expect("Silenced by").await;
        world.stop().await;
        world.clock.advance_ms(2 * 3_600_000);
        world.start(0).await;
        message.thread().expect("The silence is over").await;
        message.click("Acknowledge").await;
        world.crash().await;
        message.expect_update("has it").await;
        message.thread().expect("Acknowledged by").await;
        world.end("DiskFull", &["db1", "db2"]).await;
        world.crash().await;
        message.expect_update("resolved").await;
        message.thread().expect("Resolved by the source").await;
    }
}

scenario! {
    async fn what_was_said_while_it_was_down_is_heard_when_it_is_back(world) {
        if !world.is_socket() {
            return;
        }
        world.fire("DiskFull", &["db1"]).await;
        let message = world.channel("#ops").expect("DiskFull").await;
        world.stop().await;
        let bob = world.as_user("bob");
        let bot = world.sim.read(|state| state.app.bot_user.clone());
        bob.reply(&message, &format!("<@{bot}> ack"));
        world.clock.advance_ms(1_000);
        world.start(0).await;
        message.thread().expect("Acknowledged by").await;
        bob.sees("#1").await;
    }
}

scenario! {
    async fn a_foreign_workspace_is_not_served(world) {
        world.fire("DiskFull", &["db1"]).await;
        let message = world.channel("#ops").expect("DiskFull").await;
        world.sim.set_up(|state| state.workspace.id = "T0FOREIGN1".to_owned());
        world.as_user("ann").click_only(&message, "Acknowledge").await.unwrap();
        world.advance(1.minutes()).await;
        message.expect_now("Nobody has it").await;
    }
}

scenario! {
    /// Whose bot we were is known before Slack says whose we are; until then a stranger is not served, nor sent away.
    async fn a_foreign_workspace_is_not_served_after_a_restart_either(world) {
        world.fire("DiskFull", &["db1"]).await;
        let message = world.channel("#ops").expect("DiskFull").await;
        world.kill(0).await;
        world.fault(FaultRule::new(Fault::Status { status: 503 }).method("auth.test"));
        world.start_only(0).await;
        if world.is_socket() {
            world.reconnected().await;
        }
        let ours = world.sim.read(|state| state.workspace.id.clone());
        world.sim.set_up(|state| state.workspace.id = "T0FOREIGN1".to_owned());
        // Slack gets no acknowledgement, and after a while says so to the person.
        let ann = world.as_user("ann");
        let (clicked, ()) = tokio::join!(ann.click_only(&message, "Acknowledge"), world.advance(1.minutes()));
        assert!(clicked.is_err(), "it was acknowledged");
        world.sim.set_up(|state| {
            state.workspace.id = ours;
            state.toasts.clear();
        });
        message.expect_now("Nobody has it").await;
        world.sim.clear_faults();
        world.advance(1.minutes()).await;
        message.expect_now("Nobody has it").await;
        message.click("Acknowledge").await;
        message.thread().expect("Acknowledged by").await;
    }
}
