//! The deeds on a database of their own, without Slack: what is kept, what is said, who may.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::domain::actor::Via;
use crate::domain::group::{Group, State as GroupState};
use crate::domain::incident::news::{Page, TaskNews};
use crate::domain::incident::settings::{Announcement, Filter};
use crate::domain::incident::{Settings, State, Summary};
use crate::domain::inhibit::InhibitRules;
use crate::domain::matcher::Mode;
use crate::domain::priority::{Priority, PriorityRules};
use crate::domain::rights::{Standing, Who};
use crate::domain::route::{BuildOptions, RouteSpec, RouteTree};
use crate::domain::rules::{GroupSettings, Rules as Config, SlackSettings};
use crate::domain::time::Timestamp;
use crate::domain::time_interval::TimeIntervals;
use crate::random::SeededRandom;
use crate::store::people::Person;
use crate::store::{Store, StoreOptions, Tx, due, events, groups};

const NOW: Timestamp = Timestamp::from_ms(1_763_700_000_000);
const ANN: &str = "U0ANN";
const BOB: &str = "U0BOB";
const GUEST: &str = "U0GUEST";

struct World {
    store: Store,
    rules: Arc<Config>,
    random: Arc<SeededRandom>,
    _folder: tempfile::TempDir,
}

pub(super) fn rules(change: impl FnOnce(&mut Config)) -> Config {
    let root = RouteSpec { receiver: Some("ops".to_owned()), ..RouteSpec::default() };
    let incidents = Settings {
        announce: vec![
            Announcement { channel: "#incidents".to_owned(), filter: Filter::default(), broadcast: None },
            Announcement {
                channel: "#all".to_owned(),
                filter: Filter { severities: vec!["sev1".to_owned()], ..Filter::default() },
                broadcast: None,
            },
        ],
        ..Settings::default()
    };
    let mut rules = Config {
        version: "c0ffee".to_owned(),
        tree: Arc::new(RouteTree::build(&root, BuildOptions::default()).unwrap()),
        inhibit: InhibitRules::build(&[], Mode::default()).unwrap(),
        priorities: PriorityRules::default(),
        receivers: BTreeMap::new(),
        time_intervals: TimeIntervals::default(),
        links: Vec::new(),
        groups: GroupSettings::default(),
        slack: SlackSettings::default(),
        incidents,
        rights: Rights::default(),
    };
    change(&mut rules);
    rules
}

impl World {
    async fn new() -> Self {
        Self::with(|_| {}).await
    }

    async fn with(change: impl FnOnce(&mut Config)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("firebell.db").display());
        let store = Store::open(StoreOptions::new(url)).await.unwrap();
        let random = Arc::new(SeededRandom::new(7));
        let world = Self { store, rules: Arc::new(rules(change)), random, _folder: folder };
        world
            .work(|work| {
                for (id, standing) in
                    [(ANN, Standing::Member), (BOB, Standing::Member), (GUEST, Standing::Guest)]
                {
                    let one = Person {
                        user_id: id.to_owned(),
                        name: id.to_lowercase(),
                        handle: id.to_lowercase(),
                        email: None,
                        standing,
                        zone: None,
                        fetched_at: NOW,
                    };
                    people::put(work.tx, &one)?;
                }
                Ok(())
            })
            .await;
        world
    }

    async fn work<T: Send + 'static>(
        &self,
        run: impl Fn(&mut Work<'_>) -> Result<T, StoreError> + Send + Sync + 'static,
    ) -> T {
        let (rules, random) = (Arc::clone(&self.rules), Arc::clone(&self.random));
        self.store
            .write(move |tx: &mut dyn Tx| run(&mut Work::new(tx, &rules, NOW, random.as_ref())))
            .await
            .unwrap()
    }

    /// What was put into the outbox since the last time, in order; it is taken out.
    async fn said(&self) -> Vec<Say> {
        self.work(|work| {
            let rows = work.tx.query("SELECT say FROM outbox ORDER BY id", &[])?;
            let texts: Result<Vec<String>, StoreError> = rows.iter().map(|row| row.get(0)).collect();
            work.tx.exec("DELETE FROM outbox", &[])?;
            Ok(texts?.iter().map(|text| serde_json::from_str(text).unwrap()).collect())
        })
        .await
    }

    async fn declared(&self, wish: Wish) -> Incident {
        let declared = self.work(move |work| declare(work, wish.clone(), &by(ANN))).await;
        let Declared::New(incident) = declared else { panic!("{declared:?}") };
        // Its channel is there.
        let id = incident.id;
        self.work(move |work| {
            let mut incident = incidents::by_id(work.tx, id)?.unwrap();
            incident.channel_id = Some("C0INC".to_owned());
            incidents::save(work.tx, &incident)?;
            Ok(incident)
        })
        .await
    }

    async fn kinds(&self, id: i64) -> Vec<String> {
        self.work(move |work| events::list_by_subject(work.tx, &format!("incident:{id}"), 0, 100))
            .await
            .into_iter()
            .map(|event| event.kind)
            .collect()
    }

    async fn group(&self, number: i64) -> i64 {
        self.work(move |work| {
            let group = Group {
                id: 0,
                number,
                integration: "grafana".to_owned(),
                kind: "grafana".to_owned(),
                receiver: "ops".to_owned(),
                route: "{}".to_owned(),
                group_key: format!("key-{number}"),
                group_labels: [("team", "shop"), ("n", if number == 1 { "one" } else { "two" })]
                    .into_iter()
                    .collect(),
                channels: vec!["#ops".to_owned()],
                title: "DiskFull".to_owned(),
                priority: Priority::P1,
                state: GroupState::Firing,
                facts: Default::default(),
                firing: 1,
                resolved: 0,
                notified_at: Some(NOW),
                flushed_at: None,
                created_at: NOW - Duration::from_secs(600),
                updated_at: NOW,
                resolved_at: None,
                attached_to: None,
            };
            Ok(groups::add(work.tx, &group)?.id)
        })
        .await
    }
}

fn by(user: &str) -> By {
    By { actor: Actor::Person(user.to_owned()), via: Via::Command }
}

fn wish(title: &str) -> Wish {
    Wish { title: title.to_owned(), ..Wish::default() }
}

fn yes(done: Done) -> Incident {
    match done {
        Done::Yes(incident) => incident,
        other => panic!("not done: {other:?}"),
    }
}

/// What is queued for a new channel: in one lane, in this order.
fn channel_opens(incident: i64, step: Step) -> Vec<Say> {
    vec![
        Say::IncidentStep { incident, step },
        Say::IncidentCard { incident },
        Say::IncidentNote { incident, note: Note::Opening },
        Say::IncidentNote { incident, note: Note::Alike },
    ]
}

#[tokio::test]
async fn declaring_makes_a_channel_and_knows_its_alerts() {
    let world = World::new().await;
    let (one, two) = (world.group(1).await, world.group(2).await);
    let declared = world
        .work(move |work| declare(work, Wish { groups: vec![one, two], ..Wish::default() }, &by(ANN)))
        .await;
    let Declared::New(incident) = declared else { panic!("{declared:?}") };
    assert_eq!((incident.number, incident.title.as_str()), (1, "DiskFull"), "the title is the alert's");
    assert_eq!(incident.severity, "SEV1", "what alerts of P1 suggest");
    assert_eq!(incident.labels.get("team"), "shop");
    assert_eq!(incident.labels.get("n"), "", "only what all alert groups have in common");
    assert_eq!(incident.facts.detected_at, Some(NOW - Duration::from_secs(600)));
    let said = world.said().await;
    assert_eq!(
        said,
        channel_opens(incident.id, Step::CreateChannel),
        "and nothing before the channel is there"
    );
    assert_eq!(world.kinds(incident.id).await, ["declared", "attached", "attached"]);
}

#[tokio::test]
async fn a_wish_that_cannot_be_is_told_at_its_field() {
    let world = World::new().await;
    for (wish, field) in [
        (wish("  \n "), "title"),
        (wish(&"x".repeat(151)), "title"),
        (Wish { description: "x".repeat(3_000), ..wish("x") }, "description"),
    ] {
        let declared = world.work(move |work| declare(work, wish.clone(), &by(ANN))).await;
        assert!(
            matches!(&declared, Declared::No(Refusal::Text { field: at, .. }) if *at == field),
            "{declared:?}"
        );
    }
    let odd = Wish { severity: Some("huge".to_owned()), ..wish("x") };
    let declared = world.work(move |work| declare(work, odd.clone(), &by(ANN))).await;
    assert!(matches!(declared, Declared::No(Refusal::Unknown { what: "severity", .. })));
    assert!(world.said().await.is_empty());
    assert!(world.work(|work| incidents::newest(work.tx, 0, 10)).await.is_empty());
}

#[tokio::test]
async fn one_open_incident_for_a_group_key() {
    let world = World::new().await;
    let (one, two) = (world.group(1).await, world.group(2).await);
    let keyed = |group| Wish { groups: vec![group], group_key: Some("k".to_owned()), ..Wish::default() };
    let rule = By { actor: Actor::Firebell, via: Via::Source };
    let first = {
        let (wish, rule) = (keyed(one), rule.clone());
        world.work(move |work| declare(work, wish.clone(), &rule)).await
    };
    let Declared::New(first) = first else { panic!("{first:?}") };
    let second = {
        let (wish, rule) = (keyed(two), rule.clone());
        world.work(move |work| declare(work, wish.clone(), &rule)).await
    };
    assert!(matches!(&second, Declared::Attached(same) if same.id == first.id), "{second:?}");
    assert_eq!(world.work(move |work| incidents::groups_of(work.tx, first.id)).await, [one, two]);
    let id = first.id;
    yes(world.work(move |work| resolve(work, id, &by(ANN), Summary::default())).await);
    let third = world.work(move |work| declare(work, keyed(two), &rule)).await;
    assert!(matches!(third, Declared::New(_)), "the first has ended: {third:?}");
}

#[tokio::test]
async fn a_severity_tells_more_channels_and_when_the_next_word_is_due() {
    let world = World::new().await;
    let incident = world.declared(wish("The shop is down")).await;
    world.said().await;
    let id = incident.id;
    let due_at = move |work: &mut Work<'_>| due::at(work.tx, timers::UPDATE_DUE, &id.to_string());
    assert_eq!(world.work(due_at).await, None, "SEV3 wants no words");
    yes(world.work(move |work| severity(work, id, &by(ANN), "1")).await);
    assert_eq!(world.work(due_at).await, Some(NOW + Duration::from_secs(30 * 60)));
    let said = world.said().await;
    let told: Vec<&str> = said
        .iter()
        .filter_map(|say| match say {
            Say::Announcement { channel, .. } => Some(channel.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(told, ["#all", "#incidents"]);
    assert!(said.contains(&Say::IncidentCard { incident: id }));
    let again = world.work(move |work| severity(work, id, &by(ANN), "sev1")).await;
    assert!(matches!(again, Done::No(_, Refusal::Same(_))));
    assert!(world.said().await.is_empty(), "nothing changed, nothing is said");
}

#[tokio::test]
async fn private_ones_are_announced_nowhere() {
    let world = World::new().await;
    let group = world.group(1).await;
    let private = Wish { private: true, groups: vec![group], ..wish("Somebody leaked a key") };
    let incident = world.declared(private).await;
    let id = incident.id;
    yes(world.work(move |work| severity(work, id, &by(ANN), "2")).await);
    yes(world.work(move |work| update(work, id, &by(ANN), "we look")).await);
    for say in world.said().await {
        let text = serde_json::to_string(&say).unwrap();
        assert!(!text.contains("announcement") && !text.contains("leaked"), "{text}");
    }
    let told =
        world.work(move |work| events::list_by_subject(work.tx, &format!("group:{group}"), 0, 9)).await;
    assert!(told.iter().all(|event| !event.data.contains("leaked")), "{told:?}");
}

#[tokio::test]
async fn roles_are_handed_over() {
    let world = World::new().await;
    let incident = world.declared(wish("The shop is down")).await;
    let id = incident.id;
    world.said().await;
    yes(world.work(move |work| take_role(work, id, &by(ANN), "commander", ANN)).await);
    let said = world.said().await;
    assert!(said.iter().any(|say| matches!(say, Say::IncidentPage { page: Page::RoleTaken { .. }, .. })));
    yes(world.work(move |work| take_role(work, id, &by(BOB), "comma", BOB)).await);
    yes(world.work(move |work| take_role(work, id, &by(BOB), "inv", BOB)).await);
    yes(world.work(move |work| take_role(work, id, &by(ANN), "inv", ANN)).await);
    let roles = world.work(move |work| incidents::roles(work.tx, id)).await;
    let mut held: Vec<(&str, &str)> =
        roles.iter().map(|role| (role.role.as_str(), role.user_id.as_str())).collect();
    held.sort_unstable();
    assert_eq!(held, [("Commander", BOB), ("Investigator", ANN), ("Investigator", BOB)]);
    let again = world.work(move |work| take_role(work, id, &by(BOB), "commander", BOB)).await;
    assert!(matches!(again, Done::No(_, Refusal::Same(_))));
    let odd = world.work(move |work| take_role(work, id, &by(BOB), "comm", BOB)).await;
    assert!(matches!(odd, Done::No(_, Refusal::Unknown { what: "role", .. })));
    yes(world.work(move |work| leave_role(work, id, &by(BOB), "Commander", BOB)).await);
    assert_eq!(
        world.kinds(id).await,
        ["declared", "role_taken", "role_left", "role_taken", "role_taken", "role_taken", "role_left"]
    );
    let known = world.work(move |work| incidents::by_id(work.tx, id)).await.unwrap();
    assert_eq!(known.facts.acknowledged.map(|mark| mark.by), Some(Actor::Person(ANN.to_owned())));
}

#[tokio::test]
async fn tasks_have_numbers_of_their_own() {
    let world = World::new().await;
    let id = world.declared(wish("The shop is down")).await.id;
    world.said().await;
    for text in ["call\nthe provider", "tell support"] {
        let (done, task) = world.work(move |work| add_task(work, id, &by(ANN), text, Some(BOB), false)).await;
        yes(done);
        assert_eq!(task.unwrap().text, text.replace('\n', " "));
    }
    let pages: Vec<Say> = world
        .said()
        .await
        .into_iter()
        .filter(|say| matches!(say, Say::IncidentPage { page: Page::TaskAssigned { .. }, .. }))
        .collect();
    assert_eq!(pages.len(), 2);
    yes(world.work(move |work| task_done(work, id, &by(BOB), 2, true)).await);
    let said = world.said().await;
    assert!(said.iter().any(|say| matches!(
        say,
        Say::IncidentNote { note: Note::Task { task: 2, change: TaskNews::Done, .. }, .. }
    )));
    let twice = world.work(move |work| task_done(work, id, &by(BOB), 2, true)).await;
    assert!(matches!(twice, Done::No(_, Refusal::Same(_))));
    let odd = world.work(move |work| assign_task(work, id, &by(BOB), 9, None)).await;
    assert!(matches!(odd, Done::No(_, Refusal::Unknown { what: "task", .. })));
    let mine = world.work(|work| incidents::tasks_of_user(work.tx, BOB, 10)).await;
    assert_eq!(mine.iter().map(|task| task.number).collect::<Vec<_>>(), [1]);
}

#[tokio::test]
async fn its_alerts_are_over_once() {
    let world = World::new().await;
    let (one, two) = (world.group(1).await, world.group(2).await);
    let id = world.declared(Wish { groups: vec![one, two], ..Wish::default() }).await.id;
    world.said().await;
    let set = |group: i64, state: GroupState| {
        move |work: &mut Work<'_>| {
            let mut group = groups::by_id(work.tx, group)?.unwrap();
            group.state = state;
            groups::save(work.tx, &group)?;
            groups_changed(work, &group)
        }
    };
    let over = |said: Vec<Say>| {
        said.iter().filter(|say| matches!(say, Say::IncidentNote { note: Note::AlertsOver, .. })).count()
    };
    world.work(set(one, GroupState::Resolved)).await;
    assert_eq!(over(world.said().await), 0);
    world.work(set(two, GroupState::Resolved)).await;
    assert_eq!(over(world.said().await), 1);
    world.work(set(two, GroupState::Resolved)).await;
    assert_eq!(over(world.said().await), 0, "told once");
    world.work(set(one, GroupState::Firing)).await;
    world.work(set(one, GroupState::Resolved)).await;
    assert_eq!(over(world.said().await), 1, "it fired again in between");
    let known = world.work(move |work| incidents::by_id(work.tx, id)).await.unwrap();
    assert!(known.is_open(), "only people resolve incidents");
}

#[tokio::test]
async fn merging_moves_what_goes_on() {
    let world = World::new().await;
    let group = world.group(1).await;
    let from = world.declared(Wish { groups: vec![group], ..wish("The shop is slow") }).await.id;
    world.work(move |work| add_task(work, from, &by(ANN), "look", None, false)).await;
    yes(world.work(move |work| link(work, from, &by(ANN), "https://example.com/a", "")).await);
    let into = world.declared(wish("Everything is down")).await.id;
    world.work(move |work| add_task(work, into, &by(ANN), "first", None, false)).await;
    let done = yes(world.work(move |work| merge(work, from, &by(ANN), into)).await);
    assert_eq!((done.state, done.facts.merged_into), (State::Merged, Some(into)));
    let tasks = world.work(move |work| incidents::tasks(work.tx, into)).await;
    assert_eq!(
        tasks.iter().map(|task| (task.number, task.text.as_str())).collect::<Vec<_>>(),
        [(1, "first"), (2, "look")]
    );
    assert_eq!(world.work(move |work| incidents::groups_of(work.tx, into)).await, [group]);
    assert_eq!(world.work(move |work| incidents::groups_of(work.tx, from)).await, Vec::<i64>::new());
    assert_eq!(world.work(move |work| incidents::links(work.tx, into)).await.len(), 1);
    let back = world.work(move |work| merge(work, into, &by(ANN), from)).await;
    assert!(matches!(back, Done::No(_, Refusal::CannotMerge(_))), "{back:?}");
}

#[tokio::test]
async fn who_may_not_is_told_so_and_nothing_happens() {
    let only_bob = |rules: &mut Config| {
        rules.rights.0.insert(Right::Resolve, vec![Who::User(BOB.to_owned())]);
    };
    let world = World::with(only_bob).await;
    let id = world.declared(wish("The shop is down")).await.id;
    world.said().await;
    let no = world.work(move |work| resolve(work, id, &by(ANN), Summary::default())).await;
    assert!(matches!(no, Done::Denied(Denied::Only(Right::Resolve, _))), "{no:?}");
    let no = world.work(move |work| status(work, id, &by(GUEST), "identified")).await;
    assert!(matches!(no, Done::Denied(Denied::NoMember(Standing::Guest))), "{no:?}");
    let no = world.work(|work| declare(work, wish("x"), &by(GUEST))).await;
    assert!(matches!(no, Declared::Denied(Denied::NoMember(Standing::Guest))), "{no:?}");
    assert!(world.said().await.is_empty());
    yes(world.work(move |work| resolve(work, id, &by(BOB), Summary::default())).await);
    assert!(world.said().await.contains(&Say::IncidentRecord { incident: id }));
}

#[tokio::test]
async fn a_channel_is_adopted_once() {
    let world = World::new().await;
    let adopted = world.work(|work| adopt(work, wish("Old trouble"), "C0OLD", &by(ANN))).await;
    let Declared::New(incident) = adopted else { panic!("{adopted:?}") };
    assert!(incident.facts.adopted);
    assert_eq!(world.said().await, channel_opens(incident.id, Step::Join));
    let again = world.work(|work| adopt(work, wish("Again"), "C0OLD", &by(ANN))).await;
    assert!(matches!(again, Declared::No(Refusal::Text { field: "channel", .. })), "{again:?}");
}
