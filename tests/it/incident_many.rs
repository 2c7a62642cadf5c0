//! Many incidents at once, and many replicas at one: Slack's limits only delay, and nothing is done twice.

use std::collections::BTreeMap;

use firebell::domain::incident::Incident;
use firebell::engine::incident::{self, Wish};
use firebell::sim::{Fault, FaultRule};
use firebell::store::incidents;

use crate::harness::{Engine, Setup, Span, Transport, World, run, scenario};
use crate::incident_judge::compare;
use crate::incident_mirror::{declared, deed};

const MANY: i64 = 20;

fn announced() -> Setup {
    Setup::default()
        .channels(&["incidents"])
        .more("incidents: {announce: [{channel: '#incidents'}], invite: [{who: [bob@example.com, chie@example.com]}]}")
}

/// What is not as it should be in an incident's channel.
fn unfinished(world: &World, made: &Incident) -> Vec<String> {
    let Some(id) = &made.channel_id else { return vec![format!("INC-{} has no channel", made.number)] };
    world.sim.read(|state| {
        let channel = state.channel(id).unwrap();
        let said = |text: &str| {
            channel.messages.values().filter(|m| m.by_app && m.visible_text().contains(text)).count()
        };
        let links = channel.bookmarks.len();
        let announced = state.channel("#incidents").unwrap().messages.values();
        let announced = announced.filter(|m| m.visible_text().contains(&format!("<#{id}>"))).count();
        let people = channel.members.len();
        let counts = [
            ("a topic", usize::from(!channel.topic.value.is_empty()), 1),
            ("a purpose", usize::from(!channel.purpose.value.is_empty()), 1),
            ("a pinned card", channel.pins.len(), 1),
            ("bookmarks", links, 1),
            ("a card and an opening", said("Declared by"), 2),
            ("an announcement", announced, 1),
            ("ann, bob, chie and the bot", people, 4),
        ];
        let wrong = counts.into_iter().filter(|(_, is, should)| is != should);
        wrong.map(|(what, is, should)| format!("INC-{}: {what}: {is} of {should}", made.number)).collect()
    })
}

/// Twenty at once, while Slack may refuse calls for speed; and alerts go on meanwhile.
async fn twenty_at_once(world: &World) {
    world.channel("#incidents").claim_all();
    world.fire("DiskFull", &["db1"]).await;
    world.channel("#ops").expect("DiskFull").await;
    for n in 0..MANY {
        let wish = Wish {
            title: format!("Trouble {n}"),
            labels: [("service", "shop")].into_iter().collect(),
            ..Wish::default()
        };
        deed(world, "ann", move |work, by| {
            let made = incident::declare(work, wish.clone(), by)?;
            if let incident::Declared::New(made) = made {
                incident::link(work, made.id, by, "https://runbook.example/1", "Runbook")?;
            }
            Ok(())
        })
        .await;
    }
    // In the midst of it something burns, and somebody is called.
    world.fire_with("DatabaseDown", &["db2"], &[("severity", "critical")]).await;
    world.advance(3.seconds()).await;
    let message = world.channel("#ops").expect_now("DatabaseDown").await;
    message.choose("group_more", "Add responders").await;
    let ann = world.as_user("ann");
    let bob = world.as_user("bob");
    let modal = ann.modal("Responders").await;
    modal.fill("people", serde_json::json!([bob.id()])).fill("importance", "important").submit().await;
    world.advance(3.seconds()).await;
    bob.direct().expect_now("needs you here now").await;
    message.thread().expect(&format!("Inviting <@{}>", bob.id())).await;
    let began = world.now();
    let mut left = Vec::new();
    for _ in 0..10 {
        world.advance(1.minutes()).await;
        let made = world.read(|tx| incidents::newest(tx, 0, MANY)).await;
        left = made.iter().flat_map(|made| unfinished(world, made)).collect();
        if left.is_empty() {
            break;
        }
    }
    assert!(left.is_empty(), "{:?} after they were declared:\n{}", world.now().since(began), left.join("\n"));
    let made = world.read(|tx| incidents::newest(tx, 0, MANY)).await;
    for one in &made {
        let channel = world.channel(one.channel_id.as_deref().unwrap());
        channel.claim_all();
        assert!(channel.roots().iter().all(|text| !text.contains(":warning:")), "{:#?}", channel.roots());
    }
    let mut names: BTreeMap<&str, usize> = BTreeMap::new();
    made.iter().for_each(|one| *names.entry(one.channel_name.as_deref().unwrap()).or_default() += 1);
    assert_eq!(names.len(), 20);
}

scenario! {
    in announced();
    async fn twenty_incidents_at_once_have_all_their_steps(world) {
        // The bot keeps to Slack's tiers by itself: at the end of the scenario, a 429 is a failure.
        twenty_at_once(world).await;
    }
}

scenario! {
    in announced();
    async fn twenty_incidents_at_once_while_slack_is_strict(world) {
        world.allow_rate_limits();
        for method in ["conversations.*", "pins.add", "bookmarks.add", "usergroups.users.list"] {
            world.fault(FaultRule::new(Fault::RateLimited { retry_after_s: 7 }).method(method).probability(0.3));
        }
        twenty_at_once(world).await;
        world.sim.clear_faults();
    }
}

/// Two replicas were both away while much was said. One reads it, the other takes over when that one dies midway.
#[tokio::test]
async fn one_replica_reads_and_another_takes_over() {
    let setup = Setup::default().replicas(2).on(Engine::Postgres, Transport::Socket);
    run(setup, |world| Box::pin(taken_over(world))).await;
}

async fn taken_over(world: &World) {
    let (made, channel) = declared(world, &["ann", "bob"]).await;
    let (ann, bob) = (world.sim.actor("ann").unwrap(), world.sim.actor("bob").unwrap());
    let first = ann.post(&channel, "heard by both").unwrap();
    world.advance(1.minutes()).await;
    let (kept, _) = compare(world, made.number, &channel).await;
    assert!(kept.gaps.is_empty(), "{:?}", kept.gaps);

    let away = world.now().as_ms() - 60_000;
    world.kill(0).await;
    world.kill(1).await;
    for n in 0..650 {
        let said = ann.post(&channel, &format!("unheard {n}")).unwrap();
        if n % 100 == 0 {
            bob.reply(&channel, &said, "indeed").unwrap();
        }
    }
    ann.edit(&channel, &first, "edited unheard").unwrap();
    world.advance(30.minutes()).await;

    // Each page takes its time, so that it can be seen who reads.
    world.sim.clear_calls();
    world.fault(FaultRule::new(Fault::Slow { by_ms: 10_000 }).method("conversations.history"));
    world.start_only(0).await;
    world.start_only(1).await;
    world.settle().await;
    assert_eq!(world.sim.rest().calls_held, 1, "one replica reads, and only one");
    world.advance(12.seconds()).await;
    assert_eq!(world.sim.rest().calls_held, 1, "one replica reads, and only one");
    // Whoever reads dies: with the other one, the page goes on.
    let reader = world.reading();
    world.kill(reader).await;
    world.advance(50.seconds()).await;
    assert!(world.sim.rest().calls_held <= 1);
    world.sim.clear_faults();
    world.advance(5.minutes()).await;
    let back = world.now().as_ms();
    let (kept, _) = compare(world, made.number, &channel).await;
    assert_eq!(kept.messages.values().filter(|one| one.text("text").starts_with("unheard")).count(), 650);
    for gap in &kept.gaps {
        assert!(away <= gap.from && gap.to <= back, "{gap:?}");
    }
    assert_eq!(kept.gaps.len(), 1, "{:?}", kept.gaps);
    // Each page was asked for once, but the one at which the reader died, and a reading anew for what was found. The
    // newest page is looked at again and again while the channel is active.
    let mut asked: BTreeMap<String, usize> = BTreeMap::new();
    for call in world.sim.calls_of("conversations.history") {
        if let Some(latest) = call.args["latest"].as_str() {
            *asked.entry(latest.to_owned()).or_default() += 1;
        }
    }
    assert!(asked.len() <= 6 && asked.values().all(|times| *times <= 3), "{asked:?}");
    world.start(reader).await;
    world.advance(5.minutes()).await;
    compare(world, made.number, &channel).await;
}
