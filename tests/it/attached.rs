//! Alert groups attached to another one: they follow it, and nothing that burns is forgotten below it.

use firebell::domain::time::Timestamp;
use firebell::store::groups;

use crate::harness::{Msg, Span, World, alert, alertmanager, scenario};

/// DiskFull on db1 is #1, the root; HighLoad on db1 is #2, attached to it.
async fn attached(world: &World) -> (Msg<'_>, Msg<'_>) {
    world.fire("DiskFull", &["db1"]).await;
    world.fire("HighLoad", &["db1"]).await;
    let root = world.channel("#ops").expect("DiskFull").await;
    let child = world.channel("#ops").expect("HighLoad").await;
    child.choose("group_more", "Attach to another").await;
    world.as_user("ann").modal("Attach").await.fill("root", "#1 DiskFull").submit().await;
    child.expect_update("Attached to").await;
    root.expect_update("Attached: #2").await;
    root.thread().expect("was attached by").await;
    child.thread().expect("to *#1* DiskFull: it follows that one from now on").await;
    (root, child)
}

scenario! {
    /// The root's source says it is over; the other still burns, and speaks.
    async fn a_root_that_ended_lets_go_of_what_still_fires(world) {
        let (root, child) = attached(world).await;
        world.advance(5.minutes()).await;
        world.end("DiskFull", &["db1"]).await;
        root.thread().expect("Resolved by the source").await;
        root.expect_not("Attached: #2");
        child.thread().expect("*#1* is resolved, and this still fires").await;
        child.expect_update("Nobody has it yet").await.expect_not("Attached to");
        // And is reminded of, like any other.
        world.advance(4.hours()).await;
        child.thread().expect("Still firing (1)").await;
    }
}

scenario! {
    async fn what_somebody_has_stays_theirs_when_it_comes_loose(world) {
        let (root, child) = attached(world).await;
        root.click("Acknowledge").await;
        root.thread().expect("Acknowledged by").await;
        world.end("DiskFull", &["db1"]).await;
        root.thread().expect("Resolved by the source").await;
        child.thread().expect("it stands for itself again").await.expect_not("Nobody has it");
        child.expect_update("has it since").await;
    }
}

scenario! {
    async fn what_ended_below_its_root_is_over_and_loose(world) {
        let (root, child) = attached(world).await;
        world.end("HighLoad", &["db1"]).await;
        child.thread().expect("Resolved by the source").await;
        child.expect_update("resolved").await.expect_not("Attached to");
        root.expect_update("1 firing").await.expect_not("Attached: #2");
        root.click("Acknowledge").await;
        root.thread().expect("Acknowledged by").await;
        child.expect_now("resolved").await;
        world.fire("HighLoad", &["db1"]).await;
        child.thread().expect("Fires again").await;
        child.expect_update("1 firing").await;
    }
}

scenario! {
    /// One request ends both: neither is resolved twice, nothing comes loose.
    async fn both_end_at_once(world) {
        let (root, child) = attached(world).await;
        let ended = |name| {
            alert(&[("alertname", name), ("instance", "db1")], &[], "2026-03-02T09:00:00Z", Some("2026-03-02T09:01:00Z"))
        };
        world.advance(1.minutes()).await;
        world.send("am", &alertmanager("{}:{}", &[], &[ended("DiskFull"), ended("HighLoad")])).await;
        root.thread().expect("Resolved by the source").await;
        child.expect_update("resolved").await;
        child.expect_not("Attached to");
        // It went with its root, or by itself: told at most once.
        let told = child.thread().next().await.map(|reply| reply.text());
        assert!(told.is_none_or(|text| text.contains("Resolved by the source")));
        child.thread().expect_nothing().await;
    }
}

scenario! {
    /// A person means all of it; taking it back takes all of it back.
    async fn a_person_resolves_the_root_and_takes_it_back(world) {
        let (root, child) = attached(world).await;
        root.click("Resolve").await;
        root.thread().expect("Resolved by").await;
        child.expect_update("resolved").await;
        world.advance(1.days()).await;
        world.fire("HighLoad", &["db1"]).await;
        child.thread().expect_nothing().await;
        root.click("Unresolve").await;
        root.thread().expect("Unresolved by").await;
        child.expect_update("— attached").await;
        root.click("Acknowledge").await;
        root.thread().expect("Acknowledged by").await;
        child.expect_now("Attached to").await;
        child.click("Detach").await;
        child.thread().expect("No longer attached to").await;
        root.thread().expect("stands for itself again").await;
        child.expect_update("has it since").await;
    }
}

scenario! {
    async fn detached_from_a_resolved_root_what_fires_is_open_again(world) {
        let (root, child) = attached(world).await;
        root.click("Resolve").await;
        root.thread().expect("Resolved by").await;
        child.expect_update("resolved").await;
        child.click("Detach").await;
        child.thread().expect("No longer attached to").await;
        child.thread().expect("Unresolved by").await;
        child.expect_update("Nobody has it yet").await;
        root.thread().expect("stands for itself again").await;
        root.expect_now("resolved").await;
        world.advance(4.hours()).await;
        child.thread().expect("Still firing (1)").await;
    }
}

scenario! {
    async fn what_was_resolved_with_its_root_and_fires_anew_speaks_for_itself(world) {
        let (root, child) = attached(world).await;
        root.click("Resolve").await;
        root.thread().expect("Resolved by").await;
        child.expect_update("resolved").await;
        world.fire("HighLoad", &["db1", "db2"]).await;
        child.thread().expect("Fires again").await;
        child.expect_update("2 firing").await.expect_not("Attached to");
        root.expect_now("resolved").await.expect_not("Attached: #2");
    }
}

scenario! {
    async fn what_is_resolved_or_reopened_by_name_comes_loose(world) {
        let (root, child) = attached(world).await;
        let ann = world.as_user("ann");
        ann.command("/firebell resolve 2 was a test").await;
        ann.sees("is resolved").await;
        child.thread().expect("Resolved by").await;
        child.expect_update("resolved").await;
        root.expect_not("Attached: #2");
        root.click("Acknowledge").await;
        root.thread().expect("Acknowledged by").await;
        child.expect_now("resolved").await;
    }
}

scenario! {
    /// The retention must not leave anything attached to what is gone.
    async fn a_root_that_is_forgotten_lets_go(world) {
        let (root, child) = attached(world).await;
        root.click("Resolve").await;
        root.thread().expect("Resolved by").await;
        child.expect_update("resolved").await;
        world.end("DiskFull", &["db1"]).await;
        world.advance(1.minutes()).await;
        crate::growth::forget(&world.running()[0].store, Timestamp::MAX).await;
        let left = world.read(|tx| groups::by_number(tx, 2)).await.unwrap();
        assert_eq!((left.attached_to, left.firing), (None, 1));
        assert!(world.read(|tx| groups::by_number(tx, 1)).await.is_none());
    }
}

scenario! {
    /// The silence of a root covers what is attached, and lifting it frees both, each as it is now.
    async fn a_silence_by_matchers_on_a_root_is_lifted_from_both(world) {
        let (root, child) = attached(world).await;
        let ann = world.as_user("ann");
        ann.command(r#"/firebell silence alertname="DiskFull" 2h"#).await;
        let (at, _) = ann.sees_message("#1").await;
        ann.act(&at, firebell::sim::Choice::button("silence_confirm")).await;
        root.thread().expect("Silenced by").await;
        world.advance(2.hours()).await;
        root.thread().expect("The silence is over").await;
        child.click("Detach").await;
        child.thread().expect("No longer attached to").await;
        root.thread().expect("stands for itself again").await;
        child.expect_update("Nobody has it yet").await;
    }
}

scenario! {
    async fn a_root_that_fires_again_takes_back_what_still_fires(world) {
        let (root, child) = attached(world).await;
        root.click("Resolve").await;
        root.thread().expect("Resolved by").await;
        child.expect_update("resolved").await;
        world.fire("DiskFull", &["db1", "db2"]).await;
        root.thread().expect("Fires again").await;
        root.expect_update("Attached: #2").await;
        child.expect_update("— attached").await;
    }
}
