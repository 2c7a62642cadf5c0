//! The record as a file in the incident's channel: there once, whatever happens while it is uploaded.

use firebell::domain::incident::{Incident, Summary};
use firebell::engine::incident;
use firebell::sim::{Fault, FaultRule};
use firebell::store::events;
use serde_json::Value;

use crate::harness::{Span, World, scenario};
use crate::incident_judge::{export, in_markdown};
use crate::incident_mirror::{declared, deed};

const STEPS: [&str; 3] = ["files.getUploadURLExternal", "upload", "files.completeUploadExternal"];

async fn resolve(world: &World, id: i64) {
    let summary = Summary { fix: "restarted it".to_owned(), ..Summary::default() };
    deed(world, "ann", move |work, by| incident::resolve(work, id, by, summary.clone())).await;
}

/// The file stands in the channel once, the event tells of that one, and it holds all that was said until it was made.
async fn is_there_once(world: &World, made: &Incident, channel: &str, told: &str) {
    let files = world.sim.read(|state| {
        let shown = state.files.values().filter(|file| file.shares.iter().any(|(at, _)| at == channel));
        shown.map(|file| (file.id.clone(), file.title.clone(), file.bytes.clone())).collect::<Vec<_>>()
    });
    assert_eq!(files.len(), 1, "{told}: {files:?}");
    let (file, title, text) = &files[0];
    let subject = format!("incident:{}", made.id);
    let all = world.read(move |tx| events::list_by_subject(tx, &subject, 0, 1_000)).await;
    let recorded: Vec<Value> = all
        .iter()
        .filter(|event| event.kind == "recorded")
        .map(|event| serde_json::from_str(&event.data).unwrap())
        .collect();
    assert_eq!(recorded.len(), 1, "{told}: {recorded:?}");
    assert_eq!(recorded[0]["file"], **file, "{told}");
    let short = title.rsplit(' ').next().unwrap();
    assert!(recorded[0]["hash"].as_str().unwrap().starts_with(short), "{told}: {} {title}", recorded[0]);
    let text = String::from_utf8(text.to_vec()).unwrap();
    assert!(text.contains(short), "{told}");
    let mut kept = export(world, made.number).await;
    let whole = kept.whole["timeline"].as_array_mut().unwrap();
    whole.retain(|entry| !entry["text"].as_str().unwrap_or_default().starts_with("late"));
    let mut wrong = Vec::new();
    in_markdown(&kept, &text, &mut wrong);
    assert!(wrong.is_empty(), "{told}: {}", wrong.join("\n"));
}

scenario! {
    async fn it_is_there_once_when_slack_answers_badly(world) {
        for (nth, step) in STEPS.iter().enumerate() {
            for fault in [Fault::ResetBefore, Fault::ResetAfter, Fault::Status { status: 503 }] {
                let told = format!("{fault:?} of {step}");
                let (made, channel) = declared(world, &["ann", "bob"]).await;
                let bob = world.sim.actor("bob").unwrap();
                bob.post(&channel, "before the end").unwrap();
                world.fault(FaultRule::new(fault).method(step).times(1 + u32::from(nth == 1)));
                resolve(world, made.id).await;
                // The record is another one by the time it is asked for.
                bob.post(&channel, "late words").unwrap();
                world.advance(5.minutes()).await;
                assert!(world.sim.faults().is_empty(), "{told}: it did not strike");
                is_there_once(world, &made, &channel, &told).await;
            }
        }
    }
}

scenario! {
    async fn it_is_there_once_when_the_bot_dies_on_the_way(world) {
        for step in STEPS {
            for fault in [Fault::TimeoutBefore { after_ms: 20_000 }, Fault::TimeoutAfter { after_ms: 20_000 }] {
                let told = format!("killed in {step}, {fault:?}");
                let (made, channel) = declared(world, &["ann", "bob"]).await;
                let bob = world.sim.actor("bob").unwrap();
                bob.post(&channel, "before the end").unwrap();
                world.fault(FaultRule::new(fault).method(step).times(1));
                resolve(world, made.id).await;
                assert_eq!(world.sim.rest().calls_held, 1, "{told}: it did not strike");
                world.kill(0).await;
                bob.post(&channel, "late words").unwrap();
                world.clock.advance_ms(30_000);
                world.start(0).await;
                world.advance(5.minutes()).await;
                is_there_once(world, &made, &channel, &told).await;
            }
        }
    }
}

scenario! {
    /// What was said while the bot was dead is in the file, though it was made right after the bot came back.
    async fn it_waits_until_the_channel_is_read(world) {
        let (made, channel) = declared(world, &["ann", "bob"]).await;
        let bob = world.sim.actor("bob").unwrap();
        world.kill(0).await;
        let mut root = String::new();
        for n in 0..250 {
            root = bob.post(&channel, &format!("unheard {n}")).unwrap();
        }
        bob.reply(&channel, &root, "unheard in a thread").unwrap();
        world.advance(20.minutes()).await;
        world.start_only(0).await;
        resolve(world, made.id).await;
        world.advance(2.minutes()).await;
        is_there_once(world, &made, &channel, "after a restart").await;
        let kept = export(world, made.number).await;
        let unheard = kept.messages.values().filter(|one| one.text("text").starts_with("unheard"));
        assert_eq!(unheard.count(), 251);
    }
}
