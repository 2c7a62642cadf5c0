//! Why something is not said: silences by matchers, inhibition, muted times.

use firebell::domain::inhibit::{InhibitRuleSpec, InhibitRules};
use firebell::domain::matcher::Mode;
use firebell::domain::time::Timestamp;
use firebell::store::inhibitors;

use crate::harness::{Span, alert, alertmanager, scenario};

scenario! {
    async fn a_silence_by_matchers_is_previewed_confirmed_and_lifted(world) {
        world.fire_with("DiskFull", &["db1"], &[("env", "test")]).await;
        world.fire_with("HighLoad", &["db1"], &[("env", "prod")]).await;
        let hushed = world.channel("#ops").expect("DiskFull").await;
        let loud = world.channel("#ops").expect("HighLoad").await;
        let ann = world.as_user("ann");
        ann.command(r#"/firebell silence env="test" 2h the migration"#).await;
        let (at, preview) = ann.sees_message("#1").await;
        assert!(!preview.contains("#2"), "{preview}");
        hushed.expect_now("1 firing").await.expect_not("ilenced");
        ann.act(&at, firebell::sim::Choice::button("silence_confirm")).await;
        hushed.expect_update("Silenced by").await;
        hushed.thread().expect("Silenced by").await;
        loud.expect_now("Nobody has it").await;
        world.fire_with("NewThing", &["db1"], &[("env", "test")]).await;
        world.channel("#ops").expect_nothing().await;
        world.advance(2.hours()).await;
        hushed.thread().expect("The silence is over").await;
        world.channel("#ops").expect("NewThing").await;
    }
}

scenario! {
    async fn a_silence_by_matchers_outlives_the_end_of_what_it_hushed(world) {
        world.fire_with("DiskFull", &["db1"], &[("env", "test")]).await;
        let message = world.channel("#ops").expect("DiskFull").await;
        let ann = world.as_user("ann");
        ann.command(r#"/firebell silence env="test" 2h"#).await;
        let (at, _) = ann.sees_message("#1").await;
        ann.act(&at, firebell::sim::Choice::button("silence_confirm")).await;
        message.thread().expect("Silenced by").await;
        world.end("DiskFull", &["db1"]).await;
        message.expect_update("resolved").await;
        world.advance(20.minutes()).await;
        world.fire_with("DiskFull", &["db1"], &[("env", "test")]).await;
        world.advance(1.hours()).await;
        world.channel("#ops").expect_nothing().await;
        ann.command("/firebell silences").await;
        ann.sees("env=").await;
        ann.command("/firebell unsilence S1").await;
        ann.sees("S1").await;
        world.channel("#ops").expect("#2").await;
    }
}

scenario! {
    /// Lifted while what it had silenced was over: what fires again then is told at once.
    async fn a_silence_that_was_lifted_meanwhile_silences_nothing(world) {
        world.fire_with("DiskFull", &["db1"], &[("env", "test")]).await;
        let message = world.channel("#ops").expect("DiskFull").await;
        let ann = world.as_user("ann");
        ann.command(r#"/firebell silence env="test" 4h"#).await;
        let (at, _) = ann.sees_message("#1").await;
        ann.act(&at, firebell::sim::Choice::button("silence_confirm")).await;
        message.thread().expect("Silenced by").await;
        world.end("DiskFull", &["db1"]).await;
        message.expect_update("resolved").await;
        ann.command("/firebell unsilence S1").await;
        ann.sees("S1").await;
        world.advance(10.seconds()).await;
        world.fire_with("DiskFull", &["db1"], &[("env", "test")]).await;
        world.advance(2.seconds()).await;
        message.expect_now("Nobody has it").await;
        message.thread().expect("Fires again").await;
    }
}

scenario! {
    /// The same for what a person reopens.
    async fn what_is_reopened_after_its_silence_was_lifted_is_not_silenced(world) {
        world.fire_with("DiskFull", &["db1"], &[("env", "test")]).await;
        let message = world.channel("#ops").expect("DiskFull").await;
        let ann = world.as_user("ann");
        ann.command(r#"/firebell silence env="test" 4h"#).await;
        let (at, _) = ann.sees_message("#1").await;
        ann.act(&at, firebell::sim::Choice::button("silence_confirm")).await;
        message.thread().expect("Silenced by").await;
        ann.command("/firebell resolve #1").await;
        ann.sees("is resolved").await;
        message.thread().expect("Resolved by").await;
        ann.command("/firebell unsilence S1").await;
        ann.sees("S1").await;
        ann.command("/firebell unresolve #1").await;
        ann.sees("#1").await;
        message.thread().expect("Unresolved by").await;
        message.expect_update("Nobody has it").await;
    }
}

scenario! {
    in Setup::default().more(r#"
inhibit_rules:
  - {source_matchers: ['severity="critical"'], target_matchers: ['severity="warning"'], equal: [cluster]}
"#);
    async fn a_source_hushes_its_targets_until_it_ends(world) {
        world.fire_with("ClusterDown", &["eu"], &[("severity", "critical"), ("cluster", "eu")]).await;
        let source = world.channel("#ops").expect("ClusterDown").await;
        world.fire_with("NodeDown", &["n1"], &[("severity", "warning"), ("cluster", "eu")]).await;
        world.fire_with("PodDown", &["p1"], &[("severity", "warning"), ("cluster", "us")]).await;
        world.channel("#ops").expect("PodDown").await;
        world.advance(30.minutes()).await;
        world.channel("#ops").expect_nothing().await;
        world.end("ClusterDown", &["eu"]).await;
        source.thread().expect("Resolved by the source").await;
        world.advance(5.minutes()).await;
        world.channel("#ops").expect("NodeDown").await;
    }
}

scenario! {
    in Setup::default().more(r#"
inhibit_rules:
  - {source_matchers: ['severity="critical"'], target_matchers: ['severity="warning"'], equal: [cluster]}
"#);
    async fn what_was_told_before_its_source_came_is_shown_as_quiet(world) {
        world.fire_with("NodeDown", &["n1"], &[("severity", "warning"), ("cluster", "eu")]).await;
        let target = world.channel("#ops").expect("NodeDown").await;
        world.advance(1.minutes()).await;
        world.fire_with("ClusterDown", &["eu"], &[("severity", "critical"), ("cluster", "eu")]).await;
        let source = world.channel("#ops").expect("ClusterDown").await;
        world.advance(10.hours()).await;
        target.thread().expect_nothing().await;
        target.expect_now("Quiet: inhibited by #2 ClusterDown").await;
        source.thread().expect("Still firing").await;
        source.thread().expect("Still firing").await;
        world.end("ClusterDown", &["eu"]).await;
        source.thread().expect("Resolved by").await;
        world.advance(5.minutes()).await;
        target.expect_now("Nobody has it").await.expect_not("Quiet");
    }
}

scenario! {
    in Setup::default()
        .route("{receiver: ops, routes: [{matchers: ['team=\"db\"'], receiver: ops, mute_time_intervals: [night]}]}")
        .more(r#"
time_intervals:
  - {name: night, time_intervals: [{times: [{start_time: "09:00", end_time: "10:00"}]}]}
"#);
    async fn a_muted_route_speaks_when_the_interval_ends(world) {
        world.fire_with("DiskFull", &["db1"], &[("team", "db")]).await;
        world.fire("HighLoad", &["web1"]).await;
        world.channel("#ops").expect_now("HighLoad").await;
        world.advance(59.minutes()).await;
        world.channel("#ops").expect_nothing().await;
        world.advance(1.minutes()).await;
        world.channel("#ops").expect_now("DiskFull").await;
    }
}

scenario! {
    in Setup::default()
        .route("{receiver: ops, routes: [{matchers: ['team=\"db\"'], receiver: ops, active_time_intervals: [office]}]}")
        .more(r#"
time_intervals:
  - name: office
    time_intervals: [{weekdays: ["monday:friday"], times: [{start_time: "09:00", end_time: "17:00"}], location: America/New_York}]
"#);
    async fn an_active_interval_in_its_own_time_zone(world) {
        world.fire_with("DiskFull", &["db1"], &[("team", "db")]).await;
        world.advance(4.hours()).await;
        world.channel("#ops").expect_nothing().await;
        // 09:00 in New York is 14:00 UTC in winter.
        world.advance(1.hours()).await;
        world.channel("#ops").expect_now("DiskFull").await;
    }
}

scenario! {
    in Setup::default()
        .route("{receiver: ops, routes: [{receiver: ops, mute_time_intervals: [first_hour]}]}")
        .more(r#"
time_intervals:
  - {name: first_hour, time_intervals: [{times: [{start_time: "09:00", end_time: "10:00"}]}]}
"#);
    async fn what_ends_while_it_is_muted_is_never_told(world) {
        world.fire("DiskFull", &["db1"]).await;
        world.advance(30.minutes()).await;
        world.end("DiskFull", &["db1"]).await;
        world.advance(2.hours()).await;
        world.channel("#ops").expect_nothing().await;
    }
}

/// Two alerts that hush others alike, under one rule with no `equal`.
const TWO_SOURCES: &str = r#"
inhibit_rules:
  - {source_matchers: ['severity="critical"'], target_matchers: ['severity="warning"']}
"#;

scenario! {
    in Setup::default().more(TWO_SOURCES);
    /// As in Alertmanager: the source last heard of counts; when it ends, the other counts once it is sent again.
    async fn of_two_sources_the_one_last_heard_of_counts_over_a_restart(world) {
        let critical = [("severity", "critical")];
        world.fire_with("First", &["a"], &critical).await;
        let first = world.channel("#ops").expect("First").await;
        world.fire_with("Second", &["a"], &critical).await;
        let second = world.channel("#ops").expect("Second").await;
        world.fire_with("NodeDown", &["n1"], &[("severity", "warning")]).await;
        world.restart().await;
        world.advance(30.minutes()).await;
        world.channel("#ops").expect_nothing().await;
        world.fire_with("First", &["a"], &critical).await;
        world.end("Second", &["a"]).await;
        second.thread().expect("Resolved by").await;
        world.restart().await;
        world.advance(30.minutes()).await;
        world.channel("#ops").expect_nothing().await;
        world.fire_with("Second", &["b"], &critical).await;
        let second = world.channel("#ops").expect("Second").await;
        world.end("Second", &["b"]).await;
        second.thread().expect("Resolved by").await;
        world.restart().await;
        world.advance(1.hours()).await;
        // The first still fires, but was not heard of since.
        world.channel("#ops").expect("NodeDown").await;
        first.expect_now("1 firing").await;
    }
}

scenario! {
    /// An alert that comes in between a new config and the look at all others must not hide them.
    async fn sources_of_a_new_rule_are_all_found(world) {
        let rule = r#"
inhibit_rules:
  - {source_matchers: ['severity="critical"'], target_matchers: ['severity="warning"'], equal: [cluster]}
"#;
        for cluster in ["eu", "us"] {
            world.fire_with(&format!("Down{cluster}"), &["c"], &[("severity", "critical"), ("cluster", cluster)]).await;
            world.channel("#ops").expect(&format!("Down{cluster}")).await;
        }
        // As if one of them had been heard of again before the others were looked through.
        let spec = InhibitRuleSpec {
            source_matchers: vec![r#"severity="critical""#.to_owned()],
            target_matchers: vec![r#"severity="warning""#.to_owned()],
            equal: vec!["cluster".to_owned()],
            ..InhibitRuleSpec::default()
        };
        let built = InhibitRules::build(&[spec], Mode::default()).unwrap();
        let row = built.source_rows(&[("severity", "critical"), ("cluster", "eu")].into_iter().collect()).remove(0);
        world.write(move |tx| inhibitors::heard(tx, &row, "am", "f", Timestamp::from_ms(0))).await;
        world.reconfigure(|setup| setup.more(rule)).await;
        for cluster in ["eu", "us"] {
            world.fire_with(&format!("Slow{cluster}"), &["n"], &[("severity", "warning"), ("cluster", cluster)]).await;
        }
        world.advance(30.minutes()).await;
        world.channel("#ops").expect_nothing().await;
    }
}

scenario! {
    /// Its own silence is lifted and the one by matchers still covers it: that is told, and when that ends it is heard.
    async fn what_is_still_covered_says_so_until_the_end_of_that(world) {
        world.fire_with("DiskFull", &["db1"], &[("env", "test")]).await;
        let message = world.channel("#ops").expect("DiskFull").await;
        let ann = world.as_user("ann");
        ann.command(r#"/firebell silence env="test" 2h"#).await;
        let (at, _) = ann.sees_message("#1").await;
        ann.act(&at, firebell::sim::Choice::button("silence_confirm")).await;
        message.thread().expect("Silenced by").await;
        ann.command("/firebell unsilence #1").await;
        ann.sees("still keeps quiet: silenced by").await;
        message.thread().expect("Unsilenced by").await;
        world.advance(10.minutes()).await;
        message.expect_now("Quiet: silenced by").await;
        ann.command("/firebell unsilence S1").await;
        ann.sees("is over").await;
        message.expect_update("Nobody has it yet").await.expect_not("Quiet");
    }
}

scenario! {
    async fn what_people_type_has_small_bounds(world) {
        let ann = world.as_user("ann");
        let large: String = (0..60).map(|n| format!(r#"a{n}=~"\pL{{1000}}" "#)).collect();
        for typed in [format!("alerts {large}"), format!("incidents {large}"), format!("silence {large} 2h")] {
            ann.command(&format!("/firebell {typed}")).await;
            ann.sees("too large").await;
        }
        let many: String = (0..17).map(|n| format!("a{n}=b ")).collect();
        ann.command(&format!("/firebell silence {many} 2h")).await;
        ann.sees("17 matchers are more than 16").await;
        ann.command(r#"/firebell silence a=~"x|y.*" 2h"#).await;
        ann.sees_all();
    }
}

scenario! {
    async fn there_are_only_so_many_silences(world) {
        let now = world.now();
        world.write(move |tx| {
            for n in 0..firebell::limits::SILENCES_MAX {
                let row = firebell::store::silences::SilenceRow {
                    id: 0,
                    matchers: format!("{{env=\"e{n}\"}}"),
                    starts: now,
                    ends: now + 2.hours(),
                    created_by: "firebell".to_owned(),
                    comment: String::new(),
                    created: now,
                };
                firebell::store::silences::add(tx, &row)?;
            }
            Ok(())
        }).await;
        let ann = world.as_user("ann");
        ann.command(r#"/firebell silence env="test" 2h"#).await;
        ann.sees("There are 1000 silences already").await;
        // Those there are still hold, each found by its label.
        world.fire_with("DiskFull", &["db1"], &[("env", "e999")]).await;
        world.fire_with("HighLoad", &["db1"], &[("env", "test")]).await;
        world.channel("#ops").expect_now("HighLoad").await;
        world.channel("#ops").expect_nothing().await;
    }
}

scenario! {
    in Setup::default().route("{receiver: ops, group_by: [alertname]}");
    /// One transaction looks at two thousand alerts; the rest wait for the next, and one that no silence covers is found.
    async fn a_silenced_storm_is_looked_at_in_steps(world) {
        let ann = world.as_user("ann");
        world.fire_with("Storm", &["first"], &[("env", "test")]).await;
        let message = world.channel("#ops").expect("Storm").await;
        ann.command(r#"/firebell silence env="test" 10h"#).await;
        let (at, _) = ann.sees_message("#1").await;
        ann.act(&at, firebell::sim::Choice::button("silence_confirm")).await;
        message.thread().expect("Silenced by").await;
        message.expect_update("Silenced by").await;
        let start = world.now().to_string();
        let one = |n: usize, env: &str| {
            let instance = format!("i{n}");
            alert(&[("alertname", "Storm"), ("instance", &instance), ("env", env)], &[], &start, None)
        };
        let many: Vec<_> = (0..4_500).map(|n| one(n, "test")).collect();
        for some in many.chunks(1_500) {
            world.send("am", &alertmanager("storm", &[("alertname", "Storm")], some)).await;
        }
        world.advance(30.minutes()).await;
        message.expect_now("Silenced").await;
        message.thread().expect_nothing().await;
        world.send("am", &alertmanager("storm", &[("alertname", "Storm")], &[one(9_999, "prod")])).await;
        world.advance(6.minutes()).await;
        message.thread().expect("Unsilenced by").await;
        message.thread().expect("4501 joined").await;
        message.expect_now("Nobody has it").await;
    }
}
