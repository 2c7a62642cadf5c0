//! Incidents are found by what was said about them, by those who may know of them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use firebell::domain::actor::{Actor, Via};
use firebell::domain::incident::{Settings, Summary};
use firebell::domain::inhibit::InhibitRules;
use firebell::domain::label::Labels;
use firebell::domain::matcher::Mode;
use firebell::domain::priority::PriorityRules;
use firebell::domain::rights::Rights;
use firebell::domain::route::{BuildOptions, RouteSpec, RouteTree};
use firebell::domain::rules::{GroupSettings, Rules, SlackSettings};
use firebell::domain::search::parse;
use firebell::domain::time::Timestamp;
use firebell::domain::time_interval::TimeIntervals;
use firebell::engine::Work;
use firebell::engine::deeds::By;
use firebell::engine::incident::alike::alike;
use firebell::engine::incident::mirror::Us;
use firebell::engine::incident::mirror::heard::heard;
use firebell::engine::incident::search::{Results, search};
use firebell::engine::incident::{self, Declared, Wish};
use firebell::engine::sight::Viewer;
use firebell::random::SeededRandom;
use firebell::store::{Store, StoreError, incidents, mirror, people, words};
use serde_json::{Value, json};

use crate::harness::{Span, World, scenario};
use crate::store::engines::on_each_engine;

const NOW: Timestamp = Timestamp::from_ms(1_763_700_000_000);
const ANN: &str = "U0ANN";
const BOB: &str = "U0BOB";

struct Desk {
    store: Store,
    rules: Arc<Rules>,
    random: Arc<SeededRandom>,
}

impl Desk {
    async fn at(store: Store, redact_deleted: bool) -> Self {
        let root = RouteSpec { receiver: Some("ops".to_owned()), ..RouteSpec::default() };
        let rules = Rules {
            version: "c0ffee".to_owned(),
            tree: Arc::new(RouteTree::build(&root, BuildOptions::default()).unwrap()),
            inhibit: InhibitRules::build(&[], Mode::default()).unwrap(),
            priorities: PriorityRules::default(),
            receivers: BTreeMap::new(),
            time_intervals: TimeIntervals::default(),
            links: Vec::new(),
            groups: GroupSettings::default(),
            slack: SlackSettings::default(),
            incidents: Settings { redact_deleted, ..Settings::default() },
            rights: Rights::default(),
        };
        Self { store, rules: Arc::new(rules), random: Arc::new(SeededRandom::new(3)) }
    }

    async fn does<T: Send + 'static>(
        &self,
        run: impl Fn(&mut Work<'_>, &By) -> Result<T, StoreError> + Send + Sync + 'static,
    ) -> T {
        let (rules, random) = (Arc::clone(&self.rules), Arc::clone(&self.random));
        let by = By { actor: Actor::Person(ANN.to_owned()), via: Via::Command };
        let write = self.store.write(move |tx| {
            for user in [ANN, BOB] {
                people::put_member(tx, user, user, NOW)?;
                people::put_channels(tx, user, &BTreeSet::new(), NOW)?;
            }
            run(&mut Work::new(tx, &rules, NOW, random.as_ref()), &by)
        });
        write.await.unwrap()
    }

    /// A new incident with the channel `C` and its number.
    async fn declares(&self, wish: Wish) -> i64 {
        self.does(move |work, by| {
            let Declared::New(mut made) = incident::declare(work, wish.clone(), by)? else {
                panic!("it is new")
            };
            let channel = format!("C{}", made.number);
            made.channel_id = Some(channel.clone());
            incidents::save(work.tx, &made)?;
            mirror::start(work.tx, &channel, made.id, work.now)?;
            Ok(made.id)
        })
        .await
    }

    async fn titled(&self, title: &str) -> i64 {
        self.declares(Wish { title: title.to_owned(), ..Wish::default() }).await
    }

    async fn hears(&self, event: Value) {
        let us = Us { user_id: "U0BELL".to_owned(), bot_id: None, app_id: None };
        self.does(move |work, _| heard(work, &event, &us).map(drop)).await;
    }

    async fn says(&self, channel: &str, ts: &str, text: &str) {
        self.hears(json!({"type": "message", "channel": channel, "user": BOB, "ts": ts, "text": text})).await;
    }

    async fn resolves(&self, id: i64, happened: &str, fix: &str) {
        let summary = Summary { happened: happened.to_owned(), fix: fix.to_owned(), ..Summary::default() };
        self.does(move |work, by| incident::resolve(work, id, by, summary.clone()).map(drop)).await;
    }

    async fn asks(&self, user: &str, channel: &str, typed: &str) -> Results {
        let query = parse(&self.rules.incidents, typed, NOW).unwrap().query;
        let (user, channel) = (user.to_owned(), channel.to_owned());
        let asked = self.store.read(move |tx| {
            let viewer = Viewer::of(tx, &user, &channel, NOW)?;
            search(tx, &query, &viewer, 0, 10)
        });
        let results: Result<Results, StoreError> = asked.await;
        results.unwrap()
    }

    /// The numbers of what Bob finds, the best first.
    async fn finds(&self, typed: &str) -> Vec<i64> {
        numbers(&self.asks(BOB, "D1", typed).await)
    }

    async fn words(&self, id: i64) -> BTreeMap<String, i64> {
        let read: Result<_, StoreError> = self.store.read(move |tx| words::of(tx, id)).await;
        read.unwrap()
    }
}

fn numbers(results: &Results) -> Vec<i64> {
    results.found.iter().map(|one| one.incident.number).collect()
}

fn shown(results: &Results) -> String {
    let Some(snippet) = &results.found[0].snippet else { return String::new() };
    let pieces =
        snippet.pieces.iter().map(|(text, hit)| if *hit { format!("[{text}]") } else { text.clone() });
    pieces.collect()
}

#[tokio::test]
async fn words_are_added_and_taken_off() {
    on_each_engine(async |db| {
        let desk = Desk::at(db.open().await, false).await;
        let id = desk.titled("x").await;
        let change = |words: &[(&str, i64)]| {
            let all: BTreeMap<String, i64> = words.iter().map(|(word, n)| ((*word).to_owned(), *n)).collect();
            desk.does(move |work, _| words::change(work.tx, id, &all))
        };
        let many: Vec<(String, i64)> = (0..100).map(|n| (format!("w{n:03}"), 1)).collect();
        let many: Vec<(&str, i64)> = many.iter().map(|(word, n)| (word.as_str(), *n)).collect();
        change(&many).await;
        change(&[("disk", 3), ("diskfull", 2), ("障害", 1)]).await;
        change(&[("disk", 2), ("diskfull", -2), ("gone", -5), ("w001", -7)]).await;
        let words = desk.words(id).await;
        assert_eq!(words.len(), 102, "{words:?}");
        assert_eq!((words["disk"], words.get("diskfull"), words.get("gone")), (5, None, None));
        change(&[("diskfull", 4)]).await;
        let read: Result<_, StoreError> = desk
            .store
            .read(|tx| {
                Ok((words::with(tx, "disk")?, words::beginning_with(tx, "disk")?, words::spread(tx, "x")?))
            })
            .await;
        let (with, beginning, spread) = read.unwrap();
        assert_eq!((with[0].exact, with[0].all, spread), (5, 5, 1));
        assert_eq!((beginning[0].exact, beginning[0].all, beginning.len()), (5, 9, 1));
    })
    .await;
}

#[tokio::test]
async fn what_is_said_is_found_until_it_is_taken_back() {
    on_each_engine(async |db| {
        let desk = Desk::at(db.open().await, true).await;
        let shop = desk.titled("Checkout is down").await;
        desk.titled("Disk full on db1").await;
        for (typed, found) in [
            ("checkout", vec![1]),
            ("check", vec![1]),
            ("full disk", vec![2]),
            ("is down", vec![1]),
            ("nothing", vec![]),
            ("checkout disk", vec![]),
            ("\"down checkout\"", vec![]),
            ("\"CHECKOUT is down\"", vec![1]),
            ("", vec![2, 1]),
        ] {
            assert_eq!(desk.finds(typed).await, found, "{typed}");
        }

        // Messages: said, edited, deleted with redaction; the bot's own and joins are not looked into.
        desk.says("C1", "1763700001.000100", "It was the Pool: 100% of connections_max").await;
        let found = desk.asks(BOB, "D1", "pool").await;
        assert_eq!((numbers(&found), shown(&found)), (vec![1], "It was the [Pool]: 100% of connections_max".into()));
        assert_eq!(desk.finds("\"100% of\"").await, [1]);
        assert_eq!(desk.finds("\"100x of\"").await, Vec::<i64>::new());
        let changed = json!({"type": "message", "subtype": "message_changed", "channel": "C1", "event_ts": "1763700003.0",
            "message": {"user": BOB, "ts": "1763700001.000100", "text": "It was the lake",
                        "edited": {"user": BOB, "ts": "1763700002.000000"}},
            "previous_message": {"user": BOB, "ts": "1763700001.000100", "text": "It was the Pool: 100% of connections_max"}});
        desk.hears(changed.clone()).await;
        let once = desk.words(shop).await;
        desk.hears(changed).await;
        assert_eq!(desk.words(shop).await, once, "told twice changes nothing");
        assert_eq!((desk.finds("pool").await, desk.finds("lake").await), (vec![], vec![1]));
        desk.hears(json!({"type": "message", "subtype": "message_deleted", "channel": "C1",
            "deleted_ts": "1763700001.000100", "event_ts": "1763700004.0",
            "previous_message": {"user": BOB, "ts": "1763700001.000100", "text": "It was the lake"}}))
            .await;
        assert_eq!(desk.finds("lake").await, Vec::<i64>::new());
        desk.hears(json!({"type": "message", "channel": "C1", "user": "U0BELL", "ts": "1763700005.000100",
            "text": "volcano"})).await;
        desk.hears(json!({"type": "message", "subtype": "channel_join", "channel": "C1", "user": BOB,
            "ts": "1763700006.000100", "text": "volcano"})).await;
        assert_eq!(desk.finds("volcano").await, Vec::<i64>::new());

        // Title, notes, updates, tasks, summary.
        desk.does(move |work, by| {
            incident::title(work, shop, by, "支払い障害 Zahlung unmöglich")?;
            incident::note(work, shop, by, "failover of gateway7 began", None)?;
            incident::update(work, shop, by, "We roll back the canary")?;
            incident::add_task(work, shop, by, "call the acquirer", None, true).map(drop)
        })
        .await;
        for (typed, found) in [
            ("checkout", vec![]),
            ("障害", vec![1]),
            ("障", vec![1]),
            ("UNMOGLICH", vec![1]),
            ("gateway7", vec![1]),
            ("canary", vec![1]),
            ("acquirer", vec![1]),
        ] {
            assert_eq!(desk.finds(typed).await, found, "{typed}");
        }
        assert_eq!(shown(&desk.asks(BOB, "D1", "canary").await), "We roll back the [canary]");
        desk.resolves(shop, "the certificate expired", "renewed it").await;
        assert_eq!((desk.finds("certificate").await, desk.finds("certificate state:open").await), (vec![1], vec![]));
        let summary = Summary { happened: "a typhoon".to_owned(), ..Summary::default() };
        desk.does(move |work, by| incident::summarize(work, shop, by, summary.clone()).map(drop)).await;
        assert_eq!((desk.finds("certificate").await, desk.finds("typhoon").await), (vec![], vec![1]));
    })
    .await;
}

#[tokio::test]
async fn letters_of_all_scripts_are_found_in_either_case() {
    on_each_engine(async |db| {
        let desk = Desk::at(db.open().await, false).await;
        desk.titled("x").await;
        desk.says("C1", "1763700001.000100", "Die ÜBERGABE läuft schief, сервер УПАЛ опять").await;
        for number in 2..30 {
            desk.says(
                "C1",
                &format!("17637000{number:02}.000100"),
                "nothing of the kind: ябеда läuft weiter",
            )
            .await;
        }
        for (typed, found) in [
            ("\"die übergabe LÄUFT\"", vec![1]),
            ("\"СЕРВЕР упал\"", vec![1]),
            ("\"сервер упал опять!\"", vec![]),
            ("\"übergabe schief\"", vec![]),
            ("übergabe", vec![1]),
        ] {
            assert_eq!(desk.finds(typed).await, found, "{typed}");
        }
        assert_eq!(
            shown(&desk.asks(BOB, "D1", "\"сервер упал\"").await),
            "Die ÜBERGABE läuft schief, [сервер] [УПАЛ] опять"
        );
    })
    .await;
}

#[tokio::test]
async fn the_best_come_first_and_filters_hold() {
    on_each_engine(async |db| {
        let desk = Desk::at(db.open().await, false).await;
        let label = |team: &str| {
            let mut labels = Labels::default();
            labels.insert("team", team);
            labels
        };
        desk.declares(Wish { title: "Search is slow".into(), labels: label("web"), ..Wish::default() }).await;
        desk.declares(Wish {
            title: "Kafka lags".into(),
            severity: Some("SEV1".into()),
            labels: label("data"),
            ..Wish::default()
        })
        .await;
        desk.says("C1", "1763700001.000100", "maybe kafka again?").await;
        desk.titled("Kafkaesque forms").await;
        for (typed, found) in [
            ("kafka", vec![2, 3, 1]),
            ("kafka lags", vec![2]),
            ("kafka team=web", vec![1]),
            ("label:team=~\"web|data\"", vec![2, 1]),
            ("kafka severity:sev1", vec![2]),
            ("web", vec![1]),
            ("kafka since:1h", vec![2, 3, 1]),
            ("kafka until:1h", vec![]),
        ] {
            assert_eq!(desk.finds(typed).await, found, "{typed}");
        }
        let query = parse(&desk.rules.incidents, "all", NOW).unwrap().query;
        let page: Result<Results, StoreError> = desk
            .store
            .read(move |tx| {
                let viewer = Viewer::of(tx, BOB, "", NOW)?;
                search(tx, &query, &viewer, 1, 1)
            })
            .await;
        let page = page.unwrap();
        assert_eq!((numbers(&page), page.total), (vec![2], 3));
    })
    .await;
}

#[tokio::test]
async fn what_is_private_is_found_by_those_who_have_a_part_in_it() {
    on_each_engine(async |db| {
        let desk = Desk::at(db.open().await, false).await;
        let id = desk.declares(Wish { title: "Leak of keys".into(), private: true, ..Wish::default() }).await;
        desk.says("C1", "1763700001.000100", "the vault was open").await;
        desk.titled("Leak in the cellar").await;
        for typed in ["leak", "vault", "\"the vault\"", "all"] {
            let theirs = desk.asks(BOB, "D1", typed).await;
            assert!(!numbers(&theirs).contains(&1) && theirs.total < 2, "{typed}");
            assert!(numbers(&desk.asks(ANN, "D2", typed).await).contains(&1), "its declarer: {typed}");
            assert!(numbers(&desk.asks(BOB, "C1", typed).await).contains(&1), "its channel: {typed}");
            assert!(!numbers(&desk.asks(BOB, "C2", typed).await).contains(&1), "another channel: {typed}");
        }
        let sees = |user: &'static str, channel: &'static str| {
            desk.does(move |work, _| {
                let one = incidents::by_id(work.tx, id)?.unwrap();
                Viewer::of(work.tx, user, channel, work.now)?.sees_incident(work.tx, &one)
            })
        };
        assert!(!sees(BOB, "").await && sees(ANN, "").await && sees(BOB, "C1").await);
        desk.does(move |work, by| incident::take_role(work, id, by, "Scribe", BOB).map(drop)).await;
        assert!(sees(BOB, "").await);
        assert_eq!(numbers(&desk.asks(BOB, "D1", "vault").await), [1]);
        desk.does(move |work, by| incident::leave_role(work, id, by, "Scribe", BOB).map(drop)).await;
        assert_eq!(desk.finds("vault").await, Vec::<i64>::new());
        desk.does(move |work, by| incident::add_task(work, id, by, "rotate", Some(BOB), false).map(drop))
            .await;
        assert_eq!((desk.finds("vault").await, desk.finds("mine").await), (vec![1], vec![1]));
    })
    .await;
}

#[tokio::test]
async fn past_ones_that_look_alike() {
    on_each_engine(async |db| {
        let desk = Desk::at(db.open().await, false).await;
        let labelled = |title: &str, team: &str| {
            let mut labels = Labels::default();
            labels.insert("team", team);
            Wish { title: title.to_owned(), labels, ..Wish::default() }
        };
        let full = desk.declares(labelled("Disk full on db1", "db")).await;
        desk.resolves(full, "logs grew", "rotated the logs").await;
        let slow = desk.declares(labelled("Search is slow", "web")).await;
        desk.resolves(slow, "the index was cold", "warmed it").await;
        let hidden = desk.declares(Wish { private: true, ..labelled("Disk full of secrets", "db") }).await;
        desk.resolves(hidden, "", "moved them").await;
        let drill = desk.declares(Wish { drill: true, ..labelled("Disk full on db2", "db") }).await;
        desk.resolves(drill, "", "an exercise").await;
        desk.declares(labelled("Disk full on db7", "db")).await; // Still open.
        for (title, team, found) in [
            ("Disk full on db9", "db", vec![1]),
            ("DiskFull", "shop", vec![1]),
            ("Logs eat the disk", "web", vec![1]),
            ("The index of the search is cold", "web", vec![2]),
            ("Nobody can pay", "shop", vec![]),
        ] {
            let new = desk.declares(labelled(title, team)).await;
            let told = desk
                .does(move |work, _| {
                    let one = incidents::by_id(work.tx, new)?.unwrap();
                    alike(work.tx, &one, 3)
                })
                .await;
            let numbers: Vec<i64> = told.iter().map(|one| one.number).collect();
            assert_eq!(numbers, found, "{title}");
            if found == [1] {
                assert_eq!(told[0].fix, "rotated the logs");
            }
        }
    })
    .await;
}

/// The channel of the incident with this number, once it is made.
async fn channel_of(world: &World, number: i64) -> String {
    world.advance(1.minutes()).await;
    world.read(move |tx| incidents::by_number(tx, number)).await.unwrap().channel_name.unwrap()
}

scenario! {
    async fn a_new_incident_is_told_what_fixed_the_last_one(world) {
        let (ann, bob) = (world.as_user("ann"), world.as_user("bob"));
        ann.command("/firebell declare SEV2 Checkout cannot reach the database").await;
        ann.sees("is declared as SEV2").await;
        let first = channel_of(world, 1).await;
        ann.say(&first, "the pool has *no* connections left").await;
        bob.command("/firebell incidents pool conn").await;
        bob.sees("the *pool* has no *connections* left").await;
        ann.command_in(&first, "/firebell resolve raised max_connections").await;
        ann.sees("is resolved").await;
        world.advance(1.minutes()).await;
        ann.command("/firebell declare SEV2 Checkout lost the database").await;
        ann.sees("is declared as SEV2").await;
        let second = channel_of(world, 2).await;
        world.channel(&second).expect("raised max_connections").await;
        bob.command("/firebell incidents severity:nothing").await;
        bob.sees("there is no such severity").await;
        world.channel(&first).claim_all();
        world.channel(&second).claim_all();
    }
}
