//! From a webhook to a message: who joins, who ends, what the channel sees.

use crate::harness::{Span, scenario};

scenario! {
    async fn a_webhook_becomes_a_message_in_the_same_instant(world) {
        world.fire("DiskFull", &["db1"]).await;
        let message = world.channel("#ops").expect_now("DiskFull").await;
        message.expect_now("DiskFull on db1").await;
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
    async fn the_end_of_all_alerts_resolves_the_message_in_place(world) {
        world.fire("DiskFull", &["db1"]).await;
        let message = world.channel("#ops").expect("DiskFull").await;
        world.advance(5.minutes()).await;
        world.end("DiskFull", &["db1"]).await;
        message.expect_update("resolved").await;
        message.thread().expect("Resolved by the source").await;
    }
}
