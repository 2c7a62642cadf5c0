//! The demo's played incident: the team's clicks and words reach the record.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use firebell::clock::SystemClock;
use firebell::demo::{Demo, DemoParts};
use firebell::random::SystemRandom;
use firebell::sim::File;
use tempfile::TempDir;

/// It takes a second or two on an idle machine.
const GUARD: Duration = Duration::from_secs(90);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_team_plays_an_incident_to_its_record() {
    let dir = TempDir::new().unwrap();
    let parts = DemoParts {
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        bot_listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        hosts: Vec::new(),
        dir: dir.path(),
        clock: Arc::new(SystemClock),
        random: Arc::new(SystemRandom),
        story: false,
        pauses: false,
    };
    let demo = Demo::start(parts).await.unwrap();
    let told = demo.sim.press_panel("incident").await.unwrap();
    assert!(told.contains("#oncall"), "{told}");
    let again = demo.sim.press_panel("incident").await;
    assert!(again.is_err(), "{again:?}");
    let recorded = demo.sim.wait_for(|state| {
        let is_record = |file: &&File| file.name.starts_with("INC-4-") && !file.bytes.is_empty();
        let file = state.files.values().find(is_record)?;
        Some(String::from_utf8(file.bytes.to_vec()).unwrap())
    });
    let record = tokio::time::timeout(GUARD, recorded).await.expect("the record");
    for part in [
        "| Commander | Ben |",
        "| Investigator | Chie |",
        "Rolled the deploy back",
        "pool to 5 connections",
        "## Follow-ups",
    ] {
        assert!(record.contains(part), "{part}\n{record}");
    }
    let (alike, unread) = demo.sim.read(|state| {
        let of =
            |channel: &str| state.messages(channel).iter().map(|one| one.visible_text()).collect::<String>();
        let incident = state.channels.values().find(|one| one.name.starts_with("inc-4")).unwrap();
        (of(&incident.id), of("incidents"))
    });
    // Past ones taught something, and nobody is told of them anew.
    assert!(alike.contains("INC-2") && alike.contains("Cancelled the migration"), "{alike}");
    assert!(unread.contains("INC-4") && !unread.contains("INC-2"), "{unread}");
    demo.stop().await;
}
