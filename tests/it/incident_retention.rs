//! Incidents are kept for ever: `store.retention` takes nothing that their record shows.

use firebell::domain::time::Timestamp;
use firebell::engine::incident::timeline;
use firebell::engine::say::{card_name, incident_card_name};
use firebell::store::{groups, incidents, outbox};

use crate::harness::{Span, World, scenario};

/// What the record is made of, as text.
async fn timeline_of(world: &World, number: i64) -> String {
    world
        .read(move |tx| {
            let id = incidents::by_number(tx, number)?.unwrap().id;
            let marks = timeline::index(tx, id)?;
            timeline::load(tx, id, &marks).map(|all| format!("{all:#?}"))
        })
        .await
}

scenario! {
    async fn the_retention_takes_nothing_of_an_incident(world) {
        world.fire("DiskFull", &["db1"]).await;
        let alert = world.channel("#ops").expect("DiskFull").await;
        let ann = world.as_user("ann");
        alert.choose("group_more", "Declare incident").await;
        ann.modal("What burns?").await.submit().await;
        world.advance(1.minutes()).await;
        alert.thread().expect("INC-1").await;
        let name = world.read(|tx| incidents::by_number(tx, 1)).await.unwrap().channel_name.unwrap();
        let channel = world.channel(&name);
        channel.expect("Declared by").await;
        channel.expect("DiskFull").await;
        ann.say(&name, "I look into it").await;
        alert.click_as("bob", "Acknowledge").await;
        alert.thread().expect("Acknowledged by").await;
        world.fire("HighLoad", &["db2"]).await;
        let plain = world.channel("#ops").expect("HighLoad").await;
        world.fire("OnceAttached", &["db3"]).await;
        let once = world.channel("#ops").expect("OnceAttached").await;
        for word in ["attach", "detach"] {
            ann.command_in(&name, &format!("/firebell {word} #3")).await;
            ann.sees("#3").await;
            channel.expect("tached").await;
        }
        once.thread().expect("INC-1").await;
        ann.command_in(&name, "/firebell resolve a bigger disk").await;
        let (asked, _) = ann.sees_message("still fires").await;
        ann.act(&asked, firebell::sim::Choice::button("Resolve anyway")).await;
        channel.expect("*Resolved* by").await;
        channel.expect("The record of").await;
        world.end("DiskFull", &["db1"]).await;
        world.end("HighLoad", &["db2"]).await;
        world.end("OnceAttached", &["db3"]).await;
        for one in [&alert, &plain, &once] {
            one.thread().expect("Resolved by the source").await;
        }
        world.advance(1.hours()).await;

        let before = timeline_of(world, 1).await;
        assert!(before.contains("I look into it") && before.contains("acknowledged"), "{before}");
        crate::growth::forget(&world.running()[0].store, Timestamp::MAX).await;
        assert_eq!(timeline_of(world, 1).await, before);
        let group = world.read(|tx| groups::by_number(tx, 1)).await.expect("it belongs to an incident");
        assert!(world.read(|tx| groups::by_number(tx, 3)).await.is_some(), "it did belong to one");
        assert!(world.read(|tx| groups::by_number(tx, 2)).await.is_none());
        let incident = world.read(|tx| incidents::by_number(tx, 1)).await.unwrap().id;
        for name in [card_name(group.id, "#ops"), incident_card_name(incident)] {
            let of = name.clone();
            assert!(world.read(move |tx| outbox::place(tx, &of)).await.is_some(), "{name}");
        }
    }
}
