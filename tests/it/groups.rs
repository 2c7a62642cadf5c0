//! From a webhook to a message: who joins, who ends, what the channel sees.

use serde_json::json;

use crate::harness::{Span, alert, alertmanager, scenario};

scenario! {
    async fn a_webhook_becomes_a_message_in_the_same_instant(world) {
        world.fire("DiskFull", &["db1"]).await;
        let message = world.channel("#ops").expect_now("DiskFull").await;
        message.expect_now("DiskFull on db1").await.expect_now("#1").await;
        assert_eq!(message.buttons(), ["Acknowledge", "Resolve", "Silence", "group_more", "Source"]);
    }
}

scenario! {
    async fn alerts_that_join_update_the_message_and_are_told_once_in_its_thread(world) {
        world.fire("DiskFull", &["db1"]).await;
        let message = world.channel("#ops").expect("DiskFull").await;
        world.fire("DiskFull", &["db1", "db2"]).await;
        world.fire("DiskFull", &["db1", "db2", "db3"]).await;
        message.expect_update("3 firing").await;
        message.thread().expect("2 joined").await;
        world.advance(1.hours()).await;
    }
}

scenario! {
    async fn alerts_that_end_are_told_and_counted(world) {
        world.fire("DiskFull", &["db1", "db2", "db3"]).await;
        let message = world.channel("#ops").expect("3 firing").await;
        world.advance(1.minutes()).await;
        world.tell("DiskFull", &["db1"], &["db2", "db3"], &[]).await;
        message.expect_update("1 firing, 2 resolved").await;
        message.thread().expect("2 ended: db2, db3").await;
    }
}

scenario! {
    async fn the_end_of_all_alerts_resolves_the_message_in_place(world) {
        world.fire("DiskFull", &["db1"]).await;
        let message = world.channel("#ops").expect("DiskFull").await;
        world.advance(5.minutes()).await;
        world.end("DiskFull", &["db1"]).await;
        message.expect_update("resolved").await;
        message.thread().expect("Resolved by the source (am) after 5 min").await;
        world.advance(1.days()).await;
    }
}

scenario! {
    async fn repeats_are_not_news(world) {
        world.fire("DiskFull", &["db1"]).await;
        let message = world.channel("#ops").expect("DiskFull").await;
        for _ in 0..30 {
            world.advance(5.minutes()).await;
            world.fire("DiskFull", &["db1"]).await;
        }
        message.thread().expect_nothing().await;
        world.channel("#ops").expect_nothing().await;
    }
}

scenario! {
    /// A sender that does not say since when: each request looks new, and is not.
    async fn repeats_without_a_time_are_not_news(world) {
        let body = json!({"title": "Disk full", "host": "db1", "status": "down"});
        world.send("hook", &body).await;
        let message = world.channel("#ops").expect("Disk full").await;
        let drawn = || message.read(|message| format!("{message:?}"));
        let before = drawn();
        for _ in 0..5 {
            world.advance(5.minutes()).await;
            world.send("hook", &body).await;
        }
        world.advance(1.minutes()).await;
        assert_eq!(drawn(), before, "nothing changed, nothing is drawn anew");
        world.send("hook", &json!({"title": "Disk full", "host": "db1", "status": "up"})).await;
        message.thread().expect("Resolved by the source (hook) after 26 min").await;
    }
}

scenario! {
    /// Prometheus says for 15 minutes that something ended; meanwhile it may have begun anew, as its twin says.
    async fn the_end_of_an_earlier_time_is_not_the_end_of_this_one(world) {
        let body = |start: &str, end: Option<&str>| {
            let mut one = json!({"labels": {"alertname": "Up", "job": "node"}, "startsAt": start});
            if let Some(end) = end {
                one["endsAt"] = json!(end);
            }
            json!([one])
        };
        world.send("prom", &body("2026-03-02T08:50:00Z", None)).await;
        let message = world.channel("#ops").expect("Up").await;
        world.send("prom", &body("2026-03-02T08:50:00Z", Some("2026-03-02T08:55:00Z"))).await;
        message.thread().expect("Resolved by the source").await;
        world.send("prom", &body("2026-03-02T08:58:00Z", None)).await;
        message.thread().expect("Fires again").await;
        world.send("prom", &body("2026-03-02T08:50:00Z", Some("2026-03-02T08:55:00Z"))).await;
        message.thread().expect_nothing().await;
        message.expect_update("1 firing").await;
        world.send("prom", &body("2026-03-02T08:58:00Z", Some("2026-03-02T08:59:00Z"))).await;
        message.thread().expect("Resolved by the source").await;
    }
}

scenario! {
    async fn an_end_of_something_unknown_says_nothing(world) {
        world.end("DiskFull", &["db1"]).await;
        world.advance(1.hours()).await;
        world.channel("#ops").expect_nothing().await;
    }
}

scenario! {
    async fn what_fires_again_soon_comes_back_under_its_number(world) {
        world.fire("DiskFull", &["db1"]).await;
        let message = world.channel("#ops").expect("#1").await;
        world.advance(5.minutes()).await;
        world.end("DiskFull", &["db1"]).await;
        message.thread().expect("Resolved by the source").await;
        world.advance(9.minutes()).await;
        world.fire("DiskFull", &["db1"]).await;
        message.expect_update("1 firing").await.expect_update("fired again once").await;
        message.thread().expect("Fires again").await;
        world.channel("#ops").expect_nothing().await;
    }
}

scenario! {
    async fn what_fires_again_later_is_a_new_group_that_knows_the_old(world) {
        world.fire("DiskFull", &["db1"]).await;
        let first = world.channel("#ops").expect("#1").await;
        world.end("DiskFull", &["db1"]).await;
        first.thread().expect("Resolved by the source").await;
        world.advance(11.minutes()).await;
        world.fire("DiskFull", &["db1"]).await;
        let second = world.channel("#ops").expect("#2").await;
        second.expect_now("Seen once before in 30 days; last #1, <!date^").await;
        second.expect_now("^{ago}|11 min ago>").await;
        first.expect_not("1 firing");
    }
}

scenario! {
    async fn different_groups_of_the_sender_are_different_messages(world) {
        world.fire("DiskFull", &["db1"]).await;
        world.fire("HighLoad", &["db1"]).await;
        let ops = world.channel("#ops");
        ops.expect_now("DiskFull").await.expect_not("HighLoad");
        ops.expect_now("HighLoad").await;
        assert_eq!(ops.roots().len(), 2);
    }
}

scenario! {
    in Setup::default().route(r#"
  receiver: ops
  routes:
    - {matchers: ['team="db"'], receiver: oncall, continue: true}
    - {matchers: ['severity="critical"'], receiver: ops}
"#);
    async fn continue_makes_two_groups(world) {
        world.fire_with("DiskFull", &["db1"], &[("team", "db"), ("severity", "critical")]).await;
        let first = world.channel("#oncall").expect_now("#1").await;
        let second = world.channel("#ops").expect_now("#2").await;
        world.advance(1.minutes()).await;
        world.end("DiskFull", &["db1"]).await;
        for message in [first, second] {
            message.expect_update("resolved").await;
            message.thread().expect("Resolved by the source").await;
        }
    }
}

scenario! {
    in Setup::default().route("{receiver: both}");
    async fn one_group_stands_in_every_channel_of_its_receiver(world) {
        world.fire("DiskFull", &["db1"]).await;
        let here = world.channel("#ops").expect_now("#1").await;
        let there = world.channel("#oncall").expect_now("#1").await;
        world.advance(1.minutes()).await;
        here.click("Acknowledge").await;
        for message in [here, there] {
            message.expect_update("acknowledged").await;
            message.thread().expect("Acknowledged by").await;
        }
    }
}

scenario! {
    async fn a_malformed_alert_does_not_cost_the_others(world) {
        let good = alert(&[("alertname", "DiskFull"), ("instance", "db1")], &[], "2026-03-02T09:00:00Z", None);
        let bad = serde_json::json!({"status": "firing", "labels": "none", "startsAt": 7});
        let body = alertmanager("{}:{}", &[("alertname", "DiskFull")], &[bad, good]);
        assert_eq!(world.post("am", body.to_string()).await, 200);
        world.channel("#ops").expect_now("DiskFull").await;
    }
}

scenario! {
    async fn what_is_no_webhook_is_refused_and_leaves_nothing(world) {
        assert_eq!(world.post("am", "{not json").await, 400);
        assert_eq!(world.post("am", "").await, 400);
        assert_eq!(world.post("am", "[]").await, 400);
        world.channel("#ops").expect_nothing().await;
    }
}

scenario! {
    in Setup::default().route(r#"{receiver: ops, group_by: [alertname], group_wait: 30s, group_interval: 5m}"#);
    async fn group_wait_gathers_the_first_message_and_group_interval_the_news(world) {
        world.fire("DiskFull", &["db1"]).await;
        world.channel("#ops").expect_nothing().await;
        world.advance(20.seconds()).await;
        world.fire("DiskFull", &["db1", "db2"]).await;
        world.advance(9.seconds()).await;
        world.channel("#ops").expect_nothing().await;
        world.advance(1.seconds()).await;
        let message = world.channel("#ops").expect_now("2 firing").await;
        world.advance(1.minutes()).await;
        world.fire("DiskFull", &["db1", "db2", "db3"]).await;
        message.expect_update("3 firing").await;
        world.advance(3.minutes()).await;
        message.thread().expect_nothing().await;
        world.advance(1.minutes()).await;
        message.thread().expect("1 joined: db3").await;
    }
}

scenario! {
    in Setup::default().route(r#"{receiver: ops, group_by: [alertname], group_wait: 30s}"#);
    async fn an_alert_that_ends_within_group_wait_says_nothing(world) {
        world.fire("DiskFull", &["db1"]).await;
        world.advance(20.seconds()).await;
        world.end("DiskFull", &["db1"]).await;
        world.advance(1.hours()).await;
        world.channel("#ops").expect_nothing().await;
    }
}

scenario! {
    in Setup::default().route(r#"{receiver: ops, repeat_interval: 1h}"#);
    async fn nobody_has_it_and_it_is_said_again_at_repeat_interval(world) {
        world.fire("DiskFull", &["db1"]).await;
        let message = world.channel("#ops").expect("DiskFull").await;
        world.advance(59.minutes()).await;
        message.thread().expect_nothing().await;
        world.advance(1.minutes()).await;
        message.thread().expect("Still firing (1)").await;
        world.advance(1.hours()).await;
        message.thread().expect("Still firing (1)").await;
        message.click("Acknowledge").await;
        message.thread().expect("Acknowledged by").await;
        world.advance(3.hours()).await;
        message.thread().expect_nothing().await;
    }
}

scenario! {
    in Setup::default().more("alert_groups: {auto_resolve_after: 2h}");
    async fn a_group_nobody_heard_of_is_resolved(world) {
        world.fire("DiskFull", &["db1"]).await;
        let message = world.channel("#ops").expect("DiskFull").await;
        world.advance(1.hours()).await;
        world.fire("DiskFull", &["db1"]).await;
        world.advance(119.minutes()).await;
        message.expect_not("Resolved by Firebell");
        world.advance(1.minutes()).await;
        message.expect_update("Resolved by Firebell").await.expect_not("till firing");
        message.thread().expect("Resolved by Firebell").await;
    }
}

scenario! {
    in Setup::default().more("alert_groups: {auto_resolve_after: 2h}");
    /// Its alerts ended with it: the sender's next word is not a repeat.
    async fn what_is_heard_of_again_after_a_quiet_time_is_told(world) {
        world.fire("DiskFull", &["db1"]).await;
        let first = world.channel("#ops").expect("#1").await;
        world.advance(2.hours()).await;
        first.thread().expect("Resolved by Firebell").await;
        world.advance(5.minutes()).await;
        world.fire("DiskFull", &["db1"]).await;
        first.expect_update("1 firing").await;
        first.thread().expect("Fires again").await;
        world.advance(2.hours()).await;
        first.thread().expect("Resolved by Firebell").await;
        world.advance(1.hours()).await;
        world.fire("DiskFull", &["db1"]).await;
        world.channel("#ops").expect("#2").await.expect_now("1 firing").await;
    }
}

scenario! {
    in Setup::default().more("alert_groups: {auto_resolve_after: 2h}");
    /// Taken back or heard of no more: what a person does does not make it stay for ever.
    async fn after_an_unresolve_a_group_that_nobody_hears_of_still_ends(world) {
        world.fire("DiskFull", &["db1"]).await;
        let message = world.channel("#ops").expect("DiskFull").await;
        message.click("Resolve").await;
        message.thread().expect("Resolved by").await;
        message.click("Unresolve").await;
        message.thread().expect("Unresolved by").await;
        world.advance(2.hours()).await;
        message.thread().expect("Resolved by Firebell").await;
        // Also the alerts of one that a person resolved: they are over without a word.
        world.advance(1.days()).await;
        world.fire("HighLoad", &["db1"]).await;
        let other = world.channel("#ops").expect("HighLoad").await;
        other.click("Resolve").await;
        other.thread().expect("Resolved by").await;
        world.advance(3.hours()).await;
        other.expect_now("— resolved\n").await.expect_not("till firing");
        world.fire("HighLoad", &["db1"]).await;
        world.channel("#ops").expect("#3").await;
    }
}

scenario! {
    in Setup::default()
        .more("alert_groups: {auto_resolve_after: 2h}")
        .more("inhibit_rules: [{source_matchers: ['severity=\"critical\"'], target_matchers: ['severity=\"warning\"']}]");
    async fn what_nobody_heard_of_hushes_nobody(world) {
        world.fire_with("ClusterDown", &["eu"], &[("severity", "critical")]).await;
        let source = world.channel("#ops").expect("ClusterDown").await;
        for _ in 0..4 {
            world.fire_with("NodeDown", &["n1"], &[("severity", "warning")]).await;
            world.channel("#ops").expect_nothing().await;
            world.advance(30.minutes()).await;
        }
        source.thread().expect("Resolved by Firebell").await;
        world.advance(5.minutes()).await;
        world.channel("#ops").expect("NodeDown").await;
    }
}

scenario! {
    async fn alerts_of_prometheus_end_when_nobody_repeats_them(world) {
        let body = r#"[{"labels": {"alertname": "Up", "job": "node"}, "annotations": {"summary": "node is down"},
            "startsAt": "2026-03-02T08:59:00Z", "generatorURL": "http://prom.example.org"}]"#;
        for _ in 0..4 {
            assert_eq!(world.post("prom", body).await, 200);
            world.advance(4.minutes()).await;
        }
        let message = world.channel("#ops").expect("node is down").await;
        message.thread().expect_nothing().await;
        world.advance(2.minutes()).await;
        message.expect_update("resolved").await;
        message.thread().expect("Resolved by").await;
    }
}

scenario! {
    /// The routes changed while it fired: it stands in the old group and in a new one, and each repeat is for both.
    async fn an_alert_in_two_groups_is_repeated_in_both(world) {
        let body = r#"[{"labels": {"alertname": "Up", "job": "node"}, "annotations": {"summary": "node is down"},
            "startsAt": "2026-03-02T08:59:00Z", "generatorURL": "http://prom.example.org"}]"#;
        assert_eq!(world.post("prom", body).await, 200);
        let old = world.channel("#ops").expect("node is down").await;
        world.reconfigure(|setup| setup.route("{receiver: oncall}")).await;
        assert_eq!(world.post("prom", body).await, 200);
        let new = world.channel("#oncall").expect("node is down").await;
        for _ in 0..4 {
            world.advance(4.minutes()).await;
            assert_eq!(world.post("prom", body).await, 200);
        }
        for message in [&old, &new] {
            message.thread().expect_nothing().await;
            message.expect_now("1 firing").await;
        }
        world.advance(6.minutes()).await;
        for message in [&old, &new] {
            message.expect_update("resolved").await;
            message.thread().expect("Resolved by").await;
        }
    }
}

scenario! {
    in Setup::default().more("alert_groups: {reopen_within: 0s}");
    async fn reopening_can_be_switched_off(world) {
        world.fire("DiskFull", &["db1"]).await;
        let first = world.channel("#ops").expect("#1").await;
        world.end("DiskFull", &["db1"]).await;
        first.thread().expect("Resolved by the source").await;
        world.advance(1.minutes()).await;
        world.fire("DiskFull", &["db1"]).await;
        world.channel("#ops").expect("#2").await;
    }
}

scenario! {
    in Setup::default().route("{receiver: ops, group_by: [alertname], group_wait: 30s}");
    async fn what_ended_before_its_first_word_and_fires_again_is_told(world) {
        world.fire("DiskFull", &["db1"]).await;
        world.advance(20.seconds()).await;
        world.end("DiskFull", &["db1"]).await;
        world.advance(1.minutes()).await;
        world.fire("DiskFull", &["db1"]).await;
        world.advance(29.seconds()).await;
        world.channel("#ops").expect_nothing().await;
        world.advance(1.seconds()).await;
        world.channel("#ops").expect_now("DiskFull").await;
    }
}

scenario! {
    async fn a_more_urgent_alert_raises_the_group_it_joins(world) {
        world.fire_with("DiskFull", &["db1"], &[("severity", "warning")]).await;
        let message = world.channel("#ops").expect("[P3] #1").await;
        message.click("Acknowledge").await;
        message.thread().expect("Acknowledged by").await;
        world.fire_with("DiskFull", &["db2"], &[("severity", "critical")]).await;
        message.expect_update("[P1] #1").await;
        let ann = world.as_user("ann").id();
        message.thread().expect(&format!("Now *P1*; it was P3. It is with <@{ann}>")).await;
        message.thread().expect("1 joined").await;
        // Not less urgent when it ends, and not said twice.
        world.tell("DiskFull", &["db1"], &["db2"], &[]).await;
        world.fire_with("DiskFull", &["db3"], &[("severity", "critical")]).await;
        message.thread().expect("1 joined").await;
        message.expect_now("[P1] #1").await;
    }
}

scenario! {
    in Setup::default().route("{receiver: ops, priority: P4}");
    async fn a_priority_of_the_route_stays(world) {
        world.fire_with("DiskFull", &["db1"], &[("severity", "warning")]).await;
        let message = world.channel("#ops").expect("[P4] #1").await;
        world.fire_with("DiskFull", &["db2"], &[("severity", "critical")]).await;
        message.thread().expect("1 joined").await;
        message.expect_now("[P4] #1").await;
    }
}

scenario! {
    async fn the_first_word_is_as_urgent_as_its_most_urgent_alert(world) {
        let one = |instance, severity| {
            alert(&[("alertname", "DiskFull"), ("instance", instance), ("severity", severity)], &[], "2026-03-02T09:00:00Z", None)
        };
        let both = [one("db1", "warning"), one("db2", "critical")];
        world.send("am", &alertmanager("{}:{}", &[("alertname", "DiskFull")], &both)).await;
        world.channel("#ops").expect_now("[P1] #1").await;
    }
}

scenario! {
    in Setup::default().more("inhibit_rules: [{source_matchers: ['alertname=\"Down\"'], target_matchers: ['severity=\"critical\"']}]");
    /// An alert that is hushed makes nothing urgent before it may be spoken of.
    async fn a_hushed_alert_raises_its_group_only_when_it_may_be_told(world) {
        world.fire("Down", &["eu"]).await;
        let source = world.channel("#ops").expect("Down").await;
        world.fire_with("DiskFull", &["db1"], &[("severity", "warning")]).await;
        let message = world.channel("#ops").expect("[P3] #2").await;
        world.fire_with("DiskFull", &["db2"], &[("severity", "critical")]).await;
        message.thread().expect("1 joined").await;
        message.expect_now("[P3] #2").await;
        world.end("Down", &["eu"]).await;
        source.thread().expect("Resolved by").await;
        world.advance(5.minutes()).await;
        message.expect_update("[P1] #2").await;
        message.thread().expect("Now *P1*; it was P3").await;
    }
}
