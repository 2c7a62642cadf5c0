//! Storms: many groups at once, with random crashes. Nothing lost, nothing twice, no number reused, order kept, and
//! one team's storm does not delay another's first message.

use std::collections::{BTreeMap, BTreeSet};

use firebell::random::{Random, SeededRandom};
use firebell::sim::{Fault, FaultRule};
use firebell::store::{StoreError, Tx};

use crate::harness::{Engine, Setup, Span, Transport, World, run, scenario};

/// Here each group has a message of its own; `storm_message` looks at the one that tells of all.
const SINGLY: &str = "alert_groups: {storm: {groups: 0}}";

/// The number in a message's headline (`#24`).
fn number(text: &str) -> Option<u64> {
    let digits = text.split_once("*[P")?.1.split_once('#')?.1;
    digits.chars().take_while(char::is_ascii_digit).collect::<String>().parse().ok()
}

/// What must be true of a channel after a storm of these groups, all of which fire.
async fn audit(world: &World, channel: &str, names: &BTreeSet<String>) {
    let roots = world.channel(channel).roots();
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut numbers = BTreeSet::new();
    for text in &roots {
        let name = names.iter().find(|name| text.contains(&format!("*{name}*")));
        let name = name.unwrap_or_else(|| panic!("a message about nothing: {text}"));
        *seen.entry(name.clone()).or_default() += 1;
        let number = number(text).unwrap_or_else(|| panic!("a message without a number: {text}"));
        assert!(numbers.insert(number), "number {number} stands on two messages");
    }
    let twice: Vec<_> = seen.iter().filter(|(_, count)| **count > 1).collect();
    assert!(twice.is_empty(), "said twice: {twice:?}");
    let lost: Vec<_> = names.iter().filter(|name| !seen.contains_key(*name)).collect();
    assert!(lost.is_empty(), "never said: {lost:?}");
    let groups = world.read(|tx: &mut dyn Tx| {
        let rows = tx.query("SELECT number FROM alert_group ORDER BY number", firebell::args![])?;
        rows.iter().map(|row| row.get(0)).collect::<Result<Vec<i64>, StoreError>>()
    });
    let groups = groups.await;
    let expected: Vec<i64> = (1..=groups.len() as i64).collect();
    assert_eq!(groups, expected, "numbers are given once and without gaps");
    assert!(world.doubles().is_empty(), "{:?}", world.doubles());
}

scenario! {
    in Setup::default()
        .more(SINGLY)
        .route("{receiver: ops, routes: [{matchers: ['team=\"web\"'], receiver: oncall}]}");
    async fn a_storm_of_one_team_does_not_delay_another(world) {
        world.channel("#ops").claim_all();
        for n in 0..60 {
            world.fire(&format!("Storm{n:03}"), &["a"]).await;
        }
        world.advance(5.seconds()).await;
        world.fire_with("WebDown", &["w1"], &[("team", "web")]).await;
        world.channel("#oncall").expect_now("WebDown").await;
        assert!(world.channel("#ops").roots().len() < 60, "the storm is still being told");
        world.advance(2.minutes()).await;
        assert_eq!(world.channel("#ops").roots().len(), 60);
    }
}

scenario! {
    in Setup::default().more(SINGLY);
    async fn in_a_storm_the_urgent_go_first(world) {
        world.channel("#ops").claim_all();
        for n in 0..30 {
            world.fire(&format!("Storm{n:03}"), &["a"]).await;
        }
        world.settle().await;
        world.fire_with("DatabaseDown", &["db"], &[("severity", "critical")]).await;
        world.advance(2.seconds()).await;
        let roots = world.channel("#ops").roots();
        assert!(roots.len() < 10 && roots.iter().any(|text| text.contains("DatabaseDown")), "{}", roots.len());
        world.advance(1.minutes()).await;
        assert_eq!(world.channel("#ops").roots().len(), 31);
    }
}

scenario! {
    async fn updates_of_a_storm_are_merged(world) {
        world.fire("DiskFull", &["n000"]).await;
        let message = world.channel("#ops").expect("DiskFull").await;
        world.sim.clear_calls();
        let names: Vec<String> = (0..200).map(|n| format!("n{n:03}")).collect();
        for upto in 2..=200 {
            let firing: Vec<&str> = names[..upto].iter().map(String::as_str).collect();
            if upto % 10 == 0 {
                world.fire("DiskFull", &firing).await;
            }
        }
        message.expect_update("200 firing").await.expect_update("and 190 more").await;
        message.thread().expect("199 joined").await;
        let updates = world.sim.calls_of("chat.update").len();
        assert!(updates <= 4, "{updates} updates");
    }
}

/// A storm of groups while the program is ended again and again, at random moments, and Slack fails now and then.
async fn crash_loop(world: &World, groups: u64, crashes: u64) {
    world.allow_rate_limits();
    world.channel("#ops").claim_all();
    let chance = SeededRandom::new(world.setup.borrow().seed);
    let faults = [
        Fault::ResetAfter,
        Fault::ResetBefore,
        Fault::Status { status: 502 },
        Fault::InternalErrorAfter,
        Fault::TimeoutAfter { after_ms: 9_000 },
        Fault::TimeoutBefore { after_ms: 9_000 },
        Fault::RateLimited { retry_after_s: 3 },
    ];
    for fault in faults {
        world.fault(FaultRule::new(fault).method("chat.*").probability(0.03));
    }
    let mut names = BTreeSet::new();
    let mut crashes_left = crashes;
    for n in 0..groups {
        let name = format!("Storm{n:04}");
        world.fire(&name, &["a"]).await;
        names.insert(name);
        // Sometimes it is in the middle of something, sometimes at rest, sometimes between two calls.
        for _ in 0..chance.below(20) {
            tokio::task::yield_now().await;
        }
        if chance.below(4) == 0 {
            world.advance(std::time::Duration::from_millis(chance.below(3_000))).await;
        }
        if crashes_left > 0 && chance.below(groups / crashes) == 0 {
            crashes_left -= 1;
            world.kill(0).await;
            world.clock.advance_ms(chance.below(5_000) as i64);
            world.start_only(0).await;
        }
    }
    world.sim.clear_faults();
    for _ in 0..3 {
        world.crash().await;
        world.advance(5.minutes()).await;
    }
    audit(world, "#ops", &names).await;
}

#[tokio::test]
async fn crashes_in_a_storm_sqlite() {
    for seed in 1..=3 {
        let setup = Setup::default().more(SINGLY).seed(seed).on(Engine::Sqlite, Transport::Socket);
        run(setup, |world| Box::pin(crash_loop(world, 100, 12))).await;
    }
}

#[tokio::test]
async fn crashes_in_a_storm_postgres() {
    let setup = Setup::default().more(SINGLY).seed(7).on(Engine::Postgres, Transport::Http);
    run(setup, |world| Box::pin(crash_loop(world, 60, 8))).await;
}

/// Two replicas on one database: nothing is said twice, and the death of one delays by seconds.
#[tokio::test]
async fn two_replicas_on_one_database() {
    let setup = Setup::default().more(SINGLY).replicas(2).on(Engine::Postgres, Transport::Socket);
    run(setup, |world| {
        Box::pin(async move {
            world.channel("#ops").claim_all();
            let mut names = BTreeSet::new();
            for n in 0..40 {
                let name = format!("Storm{n:04}");
                world.fire(&name, &["a"]).await;
                names.insert(name);
            }
            world.advance(2.minutes()).await;
            audit(world, "#ops", &names).await;
            for round in 0..4 {
                world.kill(round % 2).await;
                let name = format!("After{round}");
                world.fire(&name, &["a"]).await;
                names.insert(name.clone());
                world.advance(45.seconds()).await;
                let roots = world.channel("#ops").roots();
                assert!(roots.iter().any(|text| text.contains(&name)), "{name} waits for a dead replica");
                world.start(round % 2).await;
            }
            audit(world, "#ops", &names).await;
        })
    })
    .await;
}
