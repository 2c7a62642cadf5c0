//! An incident and its alerts lead to each other: bookmarks, the opening message, the alert's message and thread.

use firebell::store::incidents;

use crate::harness::{Span, World, scenario};

fn bookmarks(world: &World, channel: &str) -> Vec<String> {
    world
        .sim
        .read(|state| state.channel(channel).unwrap().bookmarks.iter().map(|one| one.title.clone()).collect())
}

/// The address of a message as Slack makes it.
fn address(channel_id: &str, ts: &str) -> String {
    format!("/archives/{channel_id}/p{}", ts.replace('.', ""))
}

scenario! {
    async fn alerts_that_come_later_have_their_bookmarks_as_long_as_they_belong_to_it(world) {
        let ann = world.as_user("ann");
        ann.command("/firebell declare SEV2 Nobody can pay").await;
        ann.sees("is declared as SEV2").await;
        world.advance(1.minutes()).await;
        let name = world.read(|tx| incidents::by_number(tx, 1)).await.unwrap().channel_name.unwrap();
        let channel = world.channel(&name);
        channel.expect("Declared by *Ann*").await;
        let card = channel.expect("Nobody can pay").await;
        assert!(bookmarks(world, &name).is_empty());

        let runbook = [("runbook_url", "https://wiki.example.com/disk")];
        world.fire_with("DiskFull", &["db1"], &runbook).await;
        world.fire_with("DiskSlow", &["db2"], &runbook).await;
        let first = world.channel("#ops").expect("DiskFull").await;
        let second = world.channel("#ops").expect("DiskSlow").await;
        for number in [1, 2] {
            ann.command_in(&name, &format!("/firebell attach #{number}")).await;
            ann.sees("is part of *INC-1*").await;
            channel.expect("Attached").await;
        }
        world.advance(1.minutes()).await;
        card.expect_update(&address(&first.channel, &first.ts)).await;
        first.thread().expect("INC-1").await;
        second.thread().expect("INC-1").await;
        let both = bookmarks(world, &name);
        assert_eq!(both.iter().filter(|one| one.starts_with("Alert #")).count(), 2, "{both:?}");

        ann.command_in(&name, "/firebell link https://example.com/doc the document").await;
        ann.sees("the document").await;
        channel.expect("the document").await;
        ann.command_in(&name, "/firebell detach #1").await;
        ann.sees("#1").await;
        channel.expect("Detached").await;
        world.advance(1.minutes()).await;
        let one = bookmarks(world, &name);
        assert!(!one.contains(&"Alert #1".to_owned()), "{one:?}");
        assert!(one.contains(&"Alert #2".to_owned()) && one.contains(&"the document".to_owned()), "{one:?}");
        // Whatever leads on from both of them stays until the second one goes, too.
        let shared: Vec<&String> = both.iter().filter(|title| !title.starts_with("Alert")).collect();
        assert!(!shared.is_empty() && shared.iter().all(|title| one.contains(title)), "{both:?} {one:?}");
        ann.command_in(&name, "/firebell detach #2").await;
        ann.sees("#2").await;
        channel.expect("Detached").await;
        world.advance(1.minutes()).await;
        assert_eq!(bookmarks(world, &name), ["the document"]);

        // And it may come again.
        ann.command_in(&name, "/firebell attach #1").await;
        ann.sees("is part of *INC-1*").await;
        channel.expect("Attached").await;
        first.thread().expect("INC-1").await;
        world.advance(1.minutes()).await;
        assert!(bookmarks(world, &name).contains(&"Alert #1".to_owned()));
    }
}

scenario! {
    async fn the_opening_leads_to_the_alert_and_the_alert_to_the_channel(world) {
        world.fire("DiskFull", &["db1"]).await;
        let alert = world.channel("#ops").expect("DiskFull").await;
        alert.choose("group_more", "Declare incident").await;
        world.as_user("ann").modal("What burns?").await.submit().await;
        world.advance(1.minutes()).await;
        let one = world.read(|tx| incidents::by_number(tx, 1)).await.unwrap();
        let channel = world.channel(&one.channel_name.unwrap());
        let opening = channel.expect("Declared by *Ann*").await;
        let link = address(&alert.channel, &alert.ts);
        assert!(opening.text().contains(&link), "{}", opening.text());
        let card = channel.expect("DiskFull").await;
        assert!(card.text().contains(&link), "{}", card.text());
        let there = format!("<#{}>", one.channel_id.unwrap());
        alert.expect_update(&there).await;
        alert.thread().expect(&there).await;
    }
}

scenario! {
    in Setup::default().route("{receiver: ops, routes: [{receiver: oncall, matchers: ['severity=\"critical\"'], declare: SEV1}]}");
    /// The incident begins before its alert's message stands in Slack: what leads there comes after.
    async fn a_rules_incident_leads_to_its_alert_too(world) {
        use firebell::sim::{Fault, FaultRule};
        world.fault(FaultRule::new(Fault::RateLimited { retry_after_s: 60 }).method("chat.postMessage").times(1));
        world.allow_rate_limits();
        world.fire_with("DiskFull", &["db1"], &[("severity", "critical")]).await;
        world.advance(5.minutes()).await;
        let alert = world.channel("#oncall").expect("DiskFull").await;
        let one = world.read(|tx| incidents::by_number(tx, 1)).await.unwrap();
        let name = one.channel_name.unwrap();
        let channel = world.channel(&name);
        let opening = channel.expect("Declared by the source").await;
        channel.expect("DiskFull").await;
        let link = address(&alert.channel, &alert.ts);
        opening.expect_now(&link).await;
        let there = format!("<#{}>", one.channel_id.unwrap());
        alert.expect_now(&there).await;
        alert.thread().expect(&there).await;
        assert!(bookmarks(world, &name).contains(&"Alert #1".to_owned()));
    }
}

scenario! {
    /// Somebody deleted the alert's message, and it was posted anew: the bookmark leads to the new one.
    async fn a_bookmark_follows_its_message(world) {
        world.allow_refusals();
        world.fire("DiskFull", &["db1"]).await;
        let alert = world.channel("#ops").expect("DiskFull").await;
        alert.choose("group_more", "Declare incident").await;
        world.as_user("ann").modal("What burns?").await.submit().await;
        world.advance(1.minutes()).await;
        let one = world.read(|tx| incidents::by_number(tx, 1)).await.unwrap();
        let name = one.channel_name.unwrap();
        world.channel(&name).claim_all();
        let links = || {
            world.sim.read(|state| {
                let all = state.channel(&name).unwrap().bookmarks.iter();
                all.filter(|one| one.title == "Alert #1").map(|one| one.link.clone()).collect::<Vec<_>>()
            })
        };
        let before = links();
        assert!(before.len() == 1 && before[0].ends_with(&address(&alert.channel, &alert.ts)), "{before:?}");
        world.sim.change(|state| state.delete(&alert.channel, &alert.ts).unwrap());
        world.fire("DiskFull", &["db1", "db2"]).await;
        world.advance(10.minutes()).await;
        let anew = world.channel("#ops").expect_now("2 firing").await;
        let after = links();
        assert!(after.len() == 1 && after[0].ends_with(&address(&anew.channel, &anew.ts)), "{after:?}");
        world.claim_dead().await;
        world.channel("#ops").claim_all();
    }
}
