//! The incident's channel: made, furnished, kept, archived; and what is told when a step of it fails.

use std::sync::atomic::{AtomicU64, Ordering};

use firebell::app::rules::rules;
use firebell::domain::actor::{Actor, Via};
use firebell::domain::incident::{Incident, Summary};
use firebell::engine::Work;
use firebell::engine::deeds::By;
use firebell::engine::incident::{self, Declared, Done, Wish};
use firebell::random::SeededRandom;
use firebell::sim::{Fault, FaultRule, Manifest, User};
use firebell::store::{StoreError, events, groups, incidents, people};
use serde_json::{Value, json};

use crate::harness::{Setup, Span, World, scenario};

fn announced() -> Setup {
    Setup::default().channels(&["incidents"]).more("incidents: {announce: [{channel: '#incidents'}]}")
}

/// Somebody does something to incidents, as a command would.
async fn deed<T: Send + 'static>(
    world: &World,
    user: &str,
    run: impl Fn(&mut Work<'_>, &By) -> Result<T, StoreError> + Send + Sync + 'static,
) -> T {
    let rules = rules(&world.running()[0].config.current());
    let id = world.as_user(user).id();
    let by = By { actor: Actor::Person(id.clone()), via: Via::Command };
    let name = world.sim.read(|state| state.users[&id].display_name.clone());
    // Keys of rows are drawn from it: no two deeds may draw the same.
    static SEED: AtomicU64 = AtomicU64::new(1_000_000);
    let (now, seed) = (world.now(), SEED.fetch_add(1, Ordering::Relaxed));
    let done = world
        .write(move |tx| {
            let random = SeededRandom::new(seed);
            people::put_member(tx, &id, &name, now)?;
            run(&mut Work::new(tx, &rules, now, &random), &by)
        })
        .await;
    world.settle().await;
    done
}

fn wish(title: &str) -> Wish {
    Wish { title: title.to_owned(), ..Wish::default() }
}

async fn declare(world: &World, user: &str, wish: Wish) -> Incident {
    let declared = deed(world, user, move |work, by| incident::declare(work, wish.clone(), by)).await;
    world.advance(1.minutes()).await;
    match declared {
        Declared::New(incident) => known(world, incident.id).await,
        other => panic!("{other:?}"),
    }
}

async fn known(world: &World, id: i64) -> Incident {
    world.read(move |tx| incidents::by_id(tx, id)).await.unwrap()
}

/// By its number: ids have gaps where a transaction was tried twice.
async fn numbered(world: &World, number: i64) -> Incident {
    world.read(move |tx| incidents::by_number(tx, number)).await.unwrap()
}

async fn kinds(world: &World, id: i64) -> Vec<String> {
    let subject = format!("incident:{id}");
    let all = world.read(move |tx| events::list_by_subject(tx, &subject, 0, 1_000)).await;
    all.into_iter().map(|event| event.kind).collect()
}

/// The bot loses scopes, or has them all again.
fn scopes(world: &World, lost: &[&str]) {
    let mut manifest = Manifest::everything("Firebell", &["/firebell"]).value().clone();
    let all = manifest["oauth_config"]["scopes"]["bot"].as_array_mut().unwrap();
    all.retain(|scope| !lost.contains(&scope.as_str().unwrap()));
    let socket = world.is_socket();
    manifest["settings"]["socket_mode_enabled"] = json!(socket);
    world.sim.change(|state| state.app.manifest = Manifest::from_value(manifest));
}

fn members(world: &World, channel: &str) -> Vec<String> {
    world.sim.read(|state| {
        let channel = state.channel(channel).unwrap();
        let name = |id: &String| state.users.get(id).map(|user| user.name.clone()).unwrap_or_default();
        let mut names: Vec<String> =
            channel.members.iter().filter(|id| **id != state.app.bot_user).map(name).collect();
        names.sort();
        names
    })
}

scenario! {
    in announced();
    async fn a_new_incident_has_a_furnished_channel(world) {
        world.fire("DiskFull", &["db1"]).await;
        let alert = world.channel("#ops").expect("DiskFull").await;
        let group = world.read(|tx| groups::by_number(tx, 1)).await.unwrap().id;
        let one = declare(world, "ann", Wish {
            severity: Some("sev1".to_owned()),
            description: "Nobody can pay".to_owned(),
            groups: vec![group],
            ..wish("The shop is down: 停電")
        }).await;
        let name = one.channel_name.clone().unwrap();
        assert_eq!(name, "inc-1-the-shop-is-down-ting-dian");
        let channel = world.channel(&name);
        assert_eq!(members(world, &name), ["ann"]);
        let card = channel.expect("The shop is down").await;
        channel.expect("Declared by").await;
        channel.expect_nothing().await;
        world.sim.read(|state| {
            let channel = state.channel(&name).unwrap();
            assert_eq!(channel.creator, state.app.bot_user);
            assert!(channel.topic.value.contains("SEV1 · investigating"), "{}", channel.topic.value);
            assert_eq!(channel.purpose.value, "Incident INC-1 · Nobody can pay");
            assert_eq!(channel.pins.len(), 1);
            assert_eq!(channel.pins[0].ts, card.ts);
            let titles: Vec<&str> = channel.bookmarks.iter().map(|one| one.title.as_str()).collect();
            assert_eq!(titles, ["Alert #1", "Source"]);
            assert!(channel.bookmarks[0].link.contains("/archives/"), "{}", channel.bookmarks[0].link);
        });
        let told = world.channel("#incidents").expect("The shop is down").await;
        assert!(told.text().contains(&format!("<#{}>", one.channel_id.clone().unwrap())), "{}", told.text());
        alert.thread().expect("Incident").await;
        assert_eq!(kinds(world, one.id).await, ["declared", "attached", "channel"]);

        // Its state is told everywhere, and the topic is not set anew for what it does not show.
        let id = one.id;
        let topics = world.sim.calls_of("conversations.setTopic").len();
        deed(world, "ann", move |work, by| incident::add_task(work, id, by, "look", None, false)).await;
        world.advance(1.minutes()).await;
        channel.expect("look").await;
        assert_eq!(world.sim.calls_of("conversations.setTopic").len(), topics);
        deed(world, "ann", move |work, by| incident::status(work, id, by, "identified")).await;
        world.advance(1.minutes()).await;
        channel.expect("Status: identified").await;
        card.expect_update("identified").await;
        told.expect_update("identified").await;
        world.sim.read(|state| {
            assert!(state.channel(&name).unwrap().topic.value.contains("identified"));
        });
        // Its alerts are over: asked, not decided.
        world.end("DiskFull", &["db1"]).await;
        alert.thread().expect("Resolved by the source").await;
        channel.expect("All its alerts are resolved").await;
        let done = deed(world, "ann", move |work, by| incident::resolve(work, id, by, Summary::default())).await;
        assert!(matches!(done, Done::Yes(_)));
        world.advance(1.minutes()).await;
        channel.expect("Resolved").await;
        channel.expect("The record of").await;
        told.expect_update("esolved").await;
        told.thread().expect("*Resolved* by").await;
    }
}

scenario! {
    async fn a_name_that_is_taken_gets_a_suffix(world) {
        world.sim.set_up(|state| {
            state.add_channel("inc-1-the-shop-is-down", false, &["bob"]).unwrap();
            state.add_channel("inc-1-the-shop-is-down-2", false, &["bob"]).unwrap();
        });
        world.allow_refusals();
        let one = declare(world, "ann", wish("The shop is down")).await;
        assert_eq!(one.channel_name.as_deref(), Some("inc-1-the-shop-is-down-3"));
        let channel = world.channel("#inc-1-the-shop-is-down-3");
        channel.expect("The shop is down").await;
        channel.expect("Declared by").await;
        assert_eq!(kinds(world, one.id).await, ["declared", "channel"], "that is no trouble to tell of");
    }
}

scenario! {
    /// Slack made it, and nobody knows: it is looked for by its name and maker.
    async fn an_unclear_channel_is_made_once(world) {
        world.fault(
            FaultRule::new(Fault::TimeoutAfter { after_ms: 60_000 }).method("conversations.create").times(1),
        );
        world.allow_refusals();
        deed(world, "ann", |work, by| incident::declare(work, wish("The shop is down"), by)).await;
        world.crash().await;
        world.advance(5.minutes()).await;
        let channel = world.channel("#inc-1-the-shop-is-down");
        channel.expect("The shop is down").await;
        channel.expect("Declared by").await;
        let ours = world.sim.read(|state| {
            state.channels.values().filter(|one| one.name.starts_with("inc-")).count()
        });
        assert_eq!(ours, 1);
    }
}

scenario! {
    in announced();
    /// Whatever call's answer is lost, and the program with it: everything is there, and once.
    async fn crashes_between_the_steps(world) {
        world.fire("DiskFull", &["db1"]).await;
        world.channel("#ops").claim_all();
        world.channel("#incidents").claim_all();
        world.channel("#ops").expect("DiskFull").await;
        let group = world.read(|tx| groups::by_number(tx, 1)).await.unwrap().id;
        world.allow_refusals();
        let methods = [
            "conversations.create", "chat.postMessage", "pins.add", "conversations.setTopic",
            "conversations.setPurpose", "bookmarks.add", "conversations.invite",
        ];
        for method in methods {
            for fault in [Fault::TimeoutAfter { after_ms: 60_000 }, Fault::TimeoutBefore { after_ms: 60_000 }] {
                world.fault(FaultRule::new(fault).method(method).times(1));
                let title = format!("Lost {method} {fault:?}");
                let declared = deed(world, "ann", move |work, by| {
                    let wish = Wish { groups: vec![group], ..wish(&title) };
                    incident::declare(work, wish, by)
                }).await;
                let Declared::New(one) = declared else { panic!("{declared:?}") };
                world.crash().await;
                world.advance(4.minutes()).await;
                let one = known(world, one.id).await;
                let name = one.channel_name.unwrap_or_else(|| panic!("{method}: no channel"));
                let channel = world.channel(&name);
                channel.claim_all();
                assert_eq!(channel.roots().len(), 2, "{method} {fault:?}: {:#?}", channel.roots());
                assert_eq!(members(world, &name), ["ann"], "{method}");
                world.sim.read(|state| {
                    let channel = state.channel(&name).unwrap();
                    assert!(!channel.topic.value.is_empty() && !channel.purpose.value.is_empty(), "{method}");
                    assert_eq!((channel.pins.len(), channel.bookmarks.len()), (1, 2), "{method} {fault:?}");
                    let made = state.channels.values().filter(|one| one.name.starts_with("inc-")).count();
                    assert_eq!(made as i64, one.number, "{method} {fault:?}");
                });
            }
        }
    }
}

scenario! {
    in announced();
    /// Without the scope there is no channel; whoever declared it hears why, once; what was said waits.
    async fn a_missing_scope_is_told_and_mended(world) {
        world.allow_refusals();
        scopes(world, &["channels:manage"]);
        let one = declare(world, "ann", wish("The shop is down")).await;
        let id = one.id;
        assert_eq!(one.channel_id, None);
        let direct = world.as_user("ann").direct();
        direct.expect("channels:manage").await;
        let told = world.channel("#incidents").expect("The shop is down").await;
        deed(world, "ann", move |work, by| incident::update(work, id, by, "We look into it")).await;
        world.advance(30.minutes()).await;
        direct.expect_nothing().await;
        told.expect_update("We look into it").await;
        told.thread().expect("We look into it").await;
        assert_eq!(world.counted("incident_steps_failed"), 1);
        world.crash().await;
        scopes(world, &[]);
        world.advance(6.minutes()).await;
        let channel = world.channel("#inc-1-the-shop-is-down");
        let roots = channel.roots();
        assert!(roots[1].contains("Declared by"), "{roots:#?}");
        assert!(roots[2].contains("We look into it"), "{roots:#?}");
        channel.claim_all();
        told.expect_update(&format!("<#{}>", known(world, id).await.channel_id.unwrap())).await;
        assert_eq!(
            kinds(world, id).await,
            ["declared", "step_failed", "update", "channel"],
        );
    }
}

scenario! {
    /// What only decorates the channel fails without harm, is told once, and done when it can be.
    async fn decorations_that_fail_are_told_and_done_later(world) {
        world.allow_refusals();
        scopes(world, &["pins:write", "bookmarks:write"]);
        world.fire("DiskFull", &["db1"]).await;
        world.channel("#ops").claim_all();
        world.channel("#ops").expect("DiskFull").await;
        let group = world.read(|tx| groups::by_number(tx, 1)).await.unwrap().id;
        let one = declare(world, "ann", Wish { groups: vec![group], ..wish("The shop is down") }).await;
        let name = one.channel_name.clone().unwrap();
        let channel = world.channel(&name);
        channel.expect("The shop is down").await;
        channel.expect("Declared by").await;
        channel.expect("Pinning the status card").await;
        channel.expect("bookmark “Alert #1”").await;
        channel.expect("bookmark “Source”").await;
        assert_eq!(world.counted("incident_steps_failed"), 3);
        world.advance(20.minutes()).await;
        channel.expect_nothing().await;
        assert_eq!(world.counted("incident_steps_failed"), 3, "tried again, and told once");
        scopes(world, &[]);
        world.advance(6.minutes()).await;
        world.sim.read(|state| {
            let channel = state.channel(&name).unwrap();
            assert_eq!((channel.pins.len(), channel.bookmarks.len()), (1, 2));
        });
        channel.expect_nothing().await;
    }
}

scenario! {
    in announced().more("users: [{name: gus, email: gus@example.com}, {name: nobody, email: no@example.com}]")
        .more("rights: {}");
    /// One guest does not keep out the others.
    async fn a_guest_does_not_keep_out_the_others(world) {
        world.sim.set_up(|state| {
            state.add_user(User::person("gus").email("gus@example.com").guest());
            state.add_group("sre", "The SREs", &["bob", "gus", "chie"]);
        });
        world.allow_refusals();
        world.reconfigure(|setup| {
            let more = setup.more.replace(
                "incidents: {announce: [{channel: '#incidents'}]}",
                "incidents: {invite: [{who: ['@sre', gus, nobody], severities: SEV2}, {who: '@no-such', severities: SEV2}]}",
            );
            Setup { more, ..setup }
        }).await;
        let one = declare(world, "ann", wish("The shop is down")).await;
        let name = one.channel_name.clone().unwrap();
        assert_eq!(members(world, &name), ["ann"]);
        let channel = world.channel(&name);
        channel.expect("The shop is down").await;
        channel.expect("Declared by").await;
        let id = one.id;
        deed(world, "ann", move |work, by| incident::severity(work, id, by, "SEV2")).await;
        world.advance(1.minutes()).await;
        assert_eq!(members(world, &name), ["ann", "bob", "chie"]);
        channel.expect("Severity").await;
        channel.expect("guests cannot be invited").await;
        channel.expect("no@example.com").await;
        channel.expect("no such user group").await;
        world.advance(20.minutes()).await;
        channel.expect_nothing().await;
    }
}

scenario! {
    in announced();
    async fn a_private_incident_is_known_to_its_channel_alone(world) {
        world.fire("DiskFull", &["db1"]).await;
        let alert = world.channel("#ops").expect("DiskFull").await;
        let group = world.read(|tx| groups::by_number(tx, 1)).await.unwrap().id;
        deed(world, "ann", move |work, by| {
            let bob = by.actor.slack_id().unwrap_or_default().to_owned();
            firebell::engine::deeds::call(work, group, by, &[bob], Default::default())
        }).await;
        world.as_user("ann").direct().claim_all();
        alert.thread().expect("Inviting").await;
        let one = declare(world, "bob", Wish {
            private: true, groups: vec![group], severity: Some("SEV1".to_owned()), ..wish("A secret leaked")
        }).await;
        let name = one.channel_name.clone().unwrap();
        assert!(!name.contains("secret"), "{name}");
        // An invitation tells nobody else: who was called to its alerts comes in, too.
        assert_eq!(members(world, &name), ["ann", "bob"]);
        let channel = world.channel(&name);
        channel.expect("A secret leaked").await;
        channel.expect("Declared by").await;
        let id = one.id;
        deed(world, "bob", move |work, by| incident::update(work, id, by, "We know who")).await;
        world.advance(1.minutes()).await;
        channel.expect("We know who").await;
        world.channel("#incidents").expect_nothing().await;
        alert.thread().expect_nothing().await;
        world.sim.read(|state| {
            for channel in state.channels.values().filter(|one| one.name != name) {
                for message in channel.messages.values() {
                    let text = message.visible_text();
                    assert!(!text.contains("secret") && !text.contains("know who"), "{text}");
                }
            }
        });
    }
}

scenario! {
    in announced().channels(&["drills"]).more("rights: {}");
    async fn drills_are_told_where_drills_are_wanted(world) {
        world.reconfigure(|setup| {
            let more = setup.more.replace(
                "[{channel: '#incidents'}]",
                "[{channel: '#incidents'}, {channel: '#drills', drills: only}, {channel: '#general', matchers: ['team=\"db\"']}]",
            );
            Setup { more, ..setup }
        }).await;
        let one = declare(world, "ann", Wish { drill: true, ..wish("Fire drill") }).await;
        world.channel(&one.channel_name.clone().unwrap()).claim_all();
        world.channel("#drills").expect("Fire drill").await;
        let labels = [("team", "db")].into_iter().collect();
        let two = declare(world, "ann", Wish { labels, ..wish("Real trouble") }).await;
        world.channel(&two.channel_name.clone().unwrap()).claim_all();
        world.channel("#incidents").expect("Real trouble").await;
        world.channel("#general").expect("Real trouble").await;
        world.channel("#drills").expect_nothing().await;
    }
}

scenario! {
    in announced().route("{receiver: ops, routes: [{receiver: oncall, matchers: ['severity=\"critical\"'], declare: SEV1}]}");
    /// One open incident per group key: the alert that comes back belongs to it.
    async fn a_route_declares(world) {
        world.fire_with("DiskFull", &["db1"], &[("severity", "critical")]).await;
        world.fire("Harmless", &["db1"]).await;
        world.channel("#ops").expect("Harmless").await;
        world.advance(1.minutes()).await;
        let alert = world.channel("#oncall").expect("DiskFull").await;
        let channel = world.channel("#inc-1-diskfull");
        channel.expect("DiskFull").await;
        channel.expect("Declared by the source").await;
        alert.thread().expect("Incident").await;
        let told = world.channel("#incidents").expect("DiskFull").await;
        world.end("DiskFull", &["db1"]).await;
        alert.thread().expect("Resolved by the source").await;
        channel.expect("All its alerts are resolved").await;
        world.advance(1.hours()).await;
        channel.claim_all();
        world.fire_with("DiskFull", &["db1"], &[("severity", "critical")]).await;
        let second = world.channel("#oncall").expect("DiskFull").await;
        second.thread().expect("Incident").await;
        world.advance(1.minutes()).await;
        let number = world.read(|tx| incidents::newest(tx, 0, 10)).await.len();
        assert_eq!(number, 1, "the later group joined the open incident");
        assert!(channel.roots().iter().any(|text| text.contains("Attached")), "{:#?}", channel.roots());
        // Once it is over, the next one is new.
        let id = numbered(world, 1).await.id;
        deed(world, "ann", move |work, by| incident::resolve(work, id, by, Summary::default())).await;
        world.advance(1.minutes()).await;
        told.expect_update("esolved").await;
        told.thread().expect("*Resolved* by").await;
        world.end("DiskFull", &["db1"]).await;
        second.thread().expect("Resolved by the source").await;
        world.advance(1.hours()).await;
        world.fire_with("DiskFull", &["db1"], &[("severity", "critical")]).await;
        world.advance(1.minutes()).await;
        world.channel("#oncall").claim_all();
        world.channel("#inc-2-diskfull").claim_all();
        world.channel("#incidents").expect("DiskFull").await;
    }
}

scenario! {
    in Setup::default().route("{receiver: ops, routes: [{receiver: oncall, matchers: ['severity=\"critical\"'], declare: SEV1}]}");
    /// An outage breaks many things at once: five incidents are led, what comes on top joins the last of them, and a
    /// minute later the next may be one again.
    async fn routes_declare_only_so_many_at_once(world) {
        world.channel("#oncall").claim_all();
        for n in 0..8 {
            world.fire_with(&format!("Broken{n}"), &["db1"], &[("severity", "critical")]).await;
        }
        world.advance(10.seconds()).await;
        let all = world.read(|tx| incidents::newest(tx, 0, 20)).await;
        assert_eq!(all.len(), 5, "{all:#?}");
        let last = all[0].id;
        let groups = world.read(move |tx| incidents::groups_of(tx, last)).await;
        assert_eq!(groups.len(), 4, "its own and the three on top");
        for n in 0..5 {
            let channel = world.channel(&format!("#inc-{}-broken{n}", n + 1));
            if n == 4 {
                assert_eq!(channel.roots().iter().filter(|text| text.contains("Attached")).count(), 3);
            }
            channel.claim_all();
        }
        world.advance(2.minutes()).await;
        world.fire_with("BrokenLater", &["db1"], &[("severity", "critical")]).await;
        world.advance(10.seconds()).await;
        assert_eq!(world.read(|tx| incidents::newest(tx, 0, 20)).await.len(), 6);
        world.channel("#inc-6-brokenlater").claim_all();
        world.channel("#oncall").claim_all();
    }
}

scenario! {
    in Setup::default().more("incidents: {archive_after: 10d}");
    async fn a_channel_is_archived_after_its_rest_and_never_silently(world) {
        let one = declare(world, "ann", wish("The shop is down")).await;
        let (id, name) = (one.id, one.channel_name.clone().unwrap());
        let channel = world.channel(&name);
        deed(world, "ann", move |work, by| incident::resolve(work, id, by, Summary::default())).await;
        world.advance(8.days()).await;
        channel.expect("The shop is down").await;
        channel.expect("Declared by").await;
        channel.expect("Resolved").await;
        channel.expect("The record of").await;
        channel.expect_nothing().await;
        world.advance(25.hours()).await;
        channel.expect("will be archived").await;
        assert!(!world.sim.read(|state| state.channel(&name).unwrap().archived));
        world.advance(25.hours()).await;
        assert!(world.sim.read(|state| state.channel(&name).unwrap().archived));
        assert_eq!(
            kinds(world, id).await,
            ["declared", "channel", "resolved", "recorded", "archiving", "archived"]
        );
        // A bot cannot bring it back: it goes on in a new one.
        world.allow_refusals();
        deed(world, "ann", move |work, by| incident::reopen(work, id, by)).await;
        world.advance(1.minutes()).await;
        let again = known(world, id).await;
        assert_eq!(again.channel_name.as_deref(), Some("inc-1-the-shop-is-down-2"));
        let channel = world.channel("#inc-1-the-shop-is-down-2");
        channel.expect("The shop is down").await;
        channel.expect("Declared by").await;
        channel.expect("Reopened").await;
        assert_eq!(members(world, "#inc-1-the-shop-is-down-2"), ["ann"]);
    }
}

scenario! {
    async fn those_outside_are_not_forgotten(world) {
        let one = declare(world, "ann", Wish { severity: Some("SEV1".to_owned()), ..wish("The shop is down") }).await;
        let id = one.id;
        deed(world, "ann", move |work, by| {
            let me = by.actor.slack_id().unwrap_or_default().to_owned();
            incident::take_role(work, id, by, "Commander", &me)
        }).await;
        let direct = world.as_user("ann").direct();
        direct.expect("Commander").await;
        let channel = world.channel(&one.channel_name.clone().unwrap());
        channel.expect("The shop is down").await;
        channel.expect("Declared by").await;
        channel.expect("Commander").await;
        world.advance(20.minutes()).await;
        channel.expect_nothing().await;
        world.advance(12.minutes()).await;
        // The direct message rings; the channel names.
        channel.expect("*Ann*, those outside have heard nothing").await;
        direct.expect("update").await;
        deed(world, "ann", move |work, by| incident::update(work, id, by, "Half of it works")).await;
        channel.expect("Half of it works").await;
        world.advance(25.minutes()).await;
        channel.expect_nothing().await;
        world.advance(6.minutes()).await;
        channel.expect("those outside have heard nothing").await;
        direct.expect("update").await;
        deed(world, "ann", move |work, by| incident::resolve(work, id, by, Summary::default())).await;
        channel.expect("Resolved").await;
        channel.expect("The record of").await;
        world.advance(5.hours()).await;
        channel.expect_nothing().await;
    }
}

scenario! {
    /// Somebody archives the channel by hand: nothing more is tried there.
    async fn a_channel_that_a_person_archived_is_left_alone(world) {
        let one = declare(world, "ann", wish("The shop is down")).await;
        let (id, name) = (one.id, one.channel_name.clone().unwrap());
        world.channel(&name).claim_all();
        let ann = world.as_user("ann").id();
        world.sim.change(|state| {
            let channel = state.channel(&name).unwrap().id.clone();
            state.archive(&channel, &ann).unwrap();
        });
        world.allow_refusals();
        for text in ["one", "two"] {
            deed(world, "ann", move |work, by| incident::note(work, id, by, text, None)).await;
            world.advance(1.minutes()).await;
        }
        let mut happened = kinds(world, id).await;
        // Slack's event and the refused note tell of it, whichever comes first.
        happened.sort();
        assert_eq!(happened, ["archived", "channel", "declared", "note", "note"]);
        assert!(known(world, id).await.facts.archived_at.is_some());
    }
}

mod api {
    use super::*;
    use crate::harness::{Engine, Setup, Transport, World, run};

    async fn post(world: &World, token: &str, body: &str) -> (u16, Value) {
        let url = format!("{}/api/v1/incidents", world.running()[0].base);
        let request = reqwest::Client::new().post(url).bearer_auth(token).body(body.to_owned());
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        (status, serde_json::from_str(&answer.text().await.unwrap()).unwrap_or_default())
    }

    async fn programs_declare(engine: Engine) {
        let set_up = Setup::default()
            .more("api: {declares_per_minute: 8, tokens: [{name: ci, token: 0123456789abcdef}, {name: other, token: fedcba9876543210}]}")
            .on(engine, Transport::Socket);
        run(set_up, |world| Box::pin(async move {
            world.fire("DiskFull", &["db1"]).await;
            world.channel("#ops").expect("DiskFull").await;
            world.channel("#ops").claim_all();
            let (status, answer) = post(world, "wrong-token-0000", "{}").await;
            assert_eq!((status, answer["error"]["field"].as_str()), (401, Some("authorization")));
            for (body, field) in [
                ("not json", "body"),
                ("{}", "body"),
                (r#"{"title": "x", "sverity": "SEV1"}"#, "body"),
                (r#"{"title": " "}"#, "title"),
                (r#"{"title": "x", "severity": "huge"}"#, "severity"),
                (r#"{"title": "x", "alert_groups": [7]}"#, "alert_groups"),
            ] {
                let (status, answer) = post(world, "0123456789abcdef", body).await;
                assert_eq!((status, answer["error"]["field"].as_str()), (400, Some(field)), "{body}: {answer}");
            }
            let whole = json!({
                "title": "The deploy broke the shop", "severity": "sev2", "description": "v1.2.3", "drill": true,
                "labels": {"service": "shop"}, "alert_groups": [1], "key": "deploy-77",
            }).to_string();
            let (status, answer) = post(world, "0123456789abcdef", &whole).await;
            assert_eq!((status, answer["number"].as_i64()), (201, Some(1)), "{answer}");
            assert_eq!(answer["severity"], "SEV2");
            let (status, answer) = post(world, "0123456789abcdef", &whole).await;
            assert_eq!((status, answer["number"].as_i64()), (200, Some(1)), "the same key: {answer}");
            let (status, answer) = post(world, "0123456789abcdef", &whole).await;
            assert_eq!((status, answer["error"]["field"].as_str()), (429, Some("rate")));
            let (status, answer) = post(world, "fedcba9876543210", &whole).await;
            assert_eq!((status, answer["number"].as_i64()), (201, Some(2)), "another's key is another's");
            world.advance(1.minutes()).await;
            let one = numbered(world, 1).await;
            assert_eq!(one.facts.declared.by, Actor::Api("ci".to_owned()));
            assert_eq!(one.labels.get("service"), "shop");
            for name in [one.channel_name, numbered(world, 2).await.channel_name] {
                world.channel(&name.unwrap()).claim_all();
            }
        })).await;
    }

    #[tokio::test]
    async fn sqlite() {
        programs_declare(Engine::Sqlite).await;
    }

    #[tokio::test]
    async fn postgres() {
        programs_declare(Engine::Postgres).await;
    }
}
