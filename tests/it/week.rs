//! A week in the life of a team, drawn from a seed: alerts come and go, people click, Slack fails, the program crashes.
//! Beside it an auditor keeps its own simple model of what must be true, and compares.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use firebell::domain::time::Timestamp;
use firebell::random::{Random, SeededRandom};
use firebell::sim::{Fault, FaultRule};

use crate::harness::{Engine, Setup, Span, Transport, World, run};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Firing,
    Acknowledged,
    Silenced,
    Resolved,
}

/// A group as the auditor believes it to be.
#[derive(Clone, Debug)]
struct Group {
    number: usize,
    name: String,
    firing: BTreeSet<String>,
    state: State,
    silenced_until: Option<Timestamp>,
    resolved_at: Timestamp,
    /// How often its thread must have said what.
    said: BTreeMap<&'static str, usize>,
}

const PHRASES: [&str; 7] = [
    "Acknowledged by",
    "Unacknowledged by",
    "Resolved by",
    "Unresolved by",
    "Silenced by",
    "Unsilenced by",
    "Fires again",
];
const SILENCE_OVER: &str = "The silence is over";
const REOPEN: Duration = Duration::from_secs(600);

impl Group {
    fn say(&mut self, phrase: &'static str) {
        *self.said.entry(phrase).or_default() += 1;
    }

    fn come_back(&mut self, now: Timestamp) {
        self.silenced_until = self.silenced_until.filter(|until| *until > now);
        self.state = if self.silenced_until.is_some() { State::Silenced } else { State::Firing };
    }

    /// What its headline says after the dash.
    fn headline(&self) -> String {
        let firing = self.firing.len();
        match self.state {
            State::Resolved => "— resolved".to_owned(),
            // Unresolved by hand though nothing fires: open, so that what comes joins it.
            _ if firing == 0 => "— ".to_owned(),
            State::Firing => format!("— {firing} firing"),
            State::Acknowledged => format!("— acknowledged, {firing} firing"),
            State::Silenced => format!("— silenced, {firing} firing"),
        }
    }
}

/// What must be true.
#[derive(Debug, Default)]
struct Auditor {
    groups: Vec<Group>,
}

impl Auditor {
    fn newest(&mut self, name: &str) -> Option<&mut Group> {
        self.groups.iter_mut().rev().find(|group| group.name == name)
    }

    fn fires(&mut self, name: &str, instances: &BTreeSet<String>, now: Timestamp) {
        let mut back = None;
        for instance in instances {
            let number = self.groups.len() + 1;
            let new = Group {
                number,
                name: name.to_owned(),
                firing: BTreeSet::from([instance.clone()]),
                state: State::Firing,
                silenced_until: None,
                resolved_at: now,
                said: BTreeMap::new(),
            };
            match self.newest(name) {
                Some(group) if group.state != State::Resolved => {
                    group.firing.insert(instance.clone());
                }
                // Resolved by hand while it fires: a repeat is no news.
                Some(group) if group.firing.contains(instance) => {}
                Some(group) if now.since(group.resolved_at) <= REOPEN => {
                    group.firing.insert(instance.clone());
                    group.come_back(now);
                    back = Some(group.number);
                }
                _ => self.groups.push(new),
            }
        }
        if let Some(group) = back.and_then(|number| self.groups.get_mut(number - 1))
            && group.state == State::Firing
        {
            group.say("Fires again");
        }
    }

    fn ends(&mut self, name: &str, instance: &str, now: Timestamp) {
        for group in self.groups.iter_mut().filter(|group| group.name == name) {
            if group.firing.remove(instance) && group.firing.is_empty() && group.state != State::Resolved {
                if group.state != State::Silenced {
                    group.say("Resolved by");
                }
                group.state = State::Resolved;
                group.resolved_at = now;
            }
        }
    }

    fn time_is(&mut self, now: Timestamp) {
        for group in &mut self.groups {
            if group.silenced_until.is_some_and(|until| until <= now) {
                group.silenced_until = None;
                if group.state == State::Silenced {
                    group.state = State::Firing;
                    group.say(SILENCE_OVER);
                }
            }
        }
    }

    fn clicked(&mut self, number: usize, button: &str, now: Timestamp) {
        let group = &mut self.groups[number - 1];
        match (button, group.state) {
            ("Acknowledge", State::Firing | State::Silenced) => {
                group.silenced_until = None;
                group.state = State::Acknowledged;
                group.say("Acknowledged by");
            }
            ("Unacknowledge", State::Acknowledged) => {
                group.state = State::Firing;
                group.say("Unacknowledged by");
            }
            ("Resolve", State::Firing | State::Acknowledged | State::Silenced) => {
                group.state = State::Resolved;
                group.resolved_at = now;
                group.say("Resolved by");
            }
            ("Unresolve", State::Resolved) => {
                group.come_back(now);
                group.say("Unresolved by");
            }
            ("Unsilence", State::Silenced) => {
                group.silenced_until = None;
                group.state = State::Firing;
                group.say("Unsilenced by");
            }
            ("for 1 h", State::Firing | State::Acknowledged | State::Silenced) => {
                let until = now + Duration::from_secs(3_600);
                if group.state == State::Silenced && group.silenced_until == Some(until) {
                    return;
                }
                group.silenced_until = Some(until);
                group.state = State::Silenced;
                group.say("Silenced by");
            }
            _ => {}
        }
    }

    /// Compares, after everything had time to be told.
    fn audit(&self, world: &World) {
        assert!(world.doubles().is_empty(), "{:?}", world.doubles());
        let messages = world.channel("#ops").threads();
        assert_eq!(messages.len(), self.groups.len(), "one message a group");
        for (group, (card, replies)) in self.groups.iter().zip(&messages) {
            let start = format!("#{}* *{}* {}", group.number, group.name, group.headline());
            assert!(card.contains(&start), "the auditor expects {start:?} ({group:?}), but reads:\n{card}");
            for phrase in PHRASES.into_iter().chain([SILENCE_OVER]) {
                // "Unacknowledged by" holds no "Acknowledged by": the case differs.
                let count = replies.iter().filter(|reply| reply.contains(phrase)).count();
                let expected = group.said.get(phrase).copied().unwrap_or(0);
                assert_eq!(
                    count, expected,
                    "{phrase:?} in the thread of {start:?} ({group:?}): {replies:#?}"
                );
            }
        }
    }
}

const NAMES: [&str; 6] = ["DiskFull", "HighLoad", "PodDown", "SlowQuery", "CertExpiry", "QueueFull"];
const INSTANCES: [&str; 3] = ["a", "b", "c"];
const BUTTONS: [&str; 7] =
    ["Acknowledge", "Unacknowledge", "Resolve", "Unresolve", "Unsilence", "for 1 h", "for 1 h"];
const PEOPLE: [&str; 3] = ["ann", "bob", "chie"];

struct Life<'w> {
    world: &'w World,
    chance: SeededRandom,
    auditor: Auditor,
    firing: BTreeMap<&'static str, BTreeSet<String>>,
}

impl Life<'_> {
    fn pick<T: Copy>(&self, from: &[T]) -> T {
        from[usize::try_from(self.chance.below(from.len() as u64)).unwrap()]
    }

    async fn pass(&mut self, time: Duration) {
        // The auditor sees each end of a silence when it happens: before whatever comes next.
        self.world.advance(time).await;
        self.auditor.time_is(self.world.now());
    }

    async fn alert(&mut self) {
        let (name, instance) = (self.pick(&NAMES), self.pick(&INSTANCES));
        let firing = self.firing.entry(name).or_default();
        let now = self.world.now();
        if firing.contains(instance) && self.chance.below(3) > 0 {
            firing.remove(instance);
            self.world.end(name, &[instance]).await;
            self.auditor.ends(name, instance, now);
        } else {
            firing.insert(instance.to_owned());
            let all = firing.clone();
            let listed: Vec<&str> = all.iter().map(String::as_str).collect();
            self.world.fire(name, &listed).await;
            self.auditor.fires(name, &all, now);
        }
    }

    async fn click(&mut self) {
        if self.auditor.groups.is_empty() || self.world.sim.is_out() {
            return;
        }
        let newest = self.auditor.groups.len();
        let number = newest - usize::try_from(self.chance.below(newest.min(8) as u64)).unwrap();
        let (button, who) = (self.pick(&BUTTONS), self.pick(&PEOPLE));
        self.world.settle().await;
        let now = self.world.now();
        let clicked = self.world.channel("#ops").try_click(who, &format!("#{number}*"), button).await;
        if clicked {
            self.auditor.clicked(number, button, now);
        }
    }

    async fn trouble(&mut self) {
        match self.chance.below(5) {
            0 => self.world.restart().await,
            1 | 2 => {
                self.world.kill(0).await;
                self.world.start_only(0).await;
            }
            3 => self.world.sim.outage(i64::try_from(self.chance.below(600_000)).unwrap()),
            _ => self.world.sim.drop_sockets(),
        }
    }

    async fn quiet(&mut self) {
        self.pass(15.minutes()).await;
    }

    async fn live(&mut self, until: Timestamp) {
        let mut step = 0_u32;
        while self.world.now() < until {
            match self.chance.below(10) {
                0..=4 => self.alert().await,
                5..=8 => self.click().await,
                _ => self.trouble().await,
            }
            let most_ms = self.pick(&[1, 5_000, 900_000, 12_000_000]);
            let time = Duration::from_millis(self.chance.below(most_ms));
            self.pass(time).await;
            step += 1;
            if step.is_multiple_of(40) {
                self.quiet().await;
                self.auditor.audit(self.world);
            }
        }
        self.world.sim.clear_faults();
        self.quiet().await;
        self.auditor.audit(self.world);
    }
}

async fn week(world: &World) {
    world.allow_rate_limits();
    world.channel("#ops").claim_all();
    for fault in [
        Fault::ResetAfter,
        Fault::ResetBefore,
        Fault::Status { status: 502 },
        Fault::InternalErrorAfter,
        Fault::TimeoutAfter { after_ms: 9_000 },
        Fault::RateLimited { retry_after_s: 3 },
    ] {
        world.fault(FaultRule::new(fault).method("chat.*").probability(0.02));
    }
    let chance = SeededRandom::new(world.setup.borrow().seed);
    let mut life = Life { world, chance, auditor: Auditor::default(), firing: BTreeMap::new() };
    let until = world.now() + 7.days();
    life.live(until).await;
    assert!(life.auditor.groups.len() > 20, "a dull week: {}", life.auditor.groups.len());
    let happened = |phrase: &&&str| life.auditor.groups.iter().any(|group| group.said.contains_key(**phrase));
    let kinds = PHRASES.iter().filter(happened).count();
    assert!(kinds + 1 >= PHRASES.len(), "a week in which little happened: {kinds} of {}", PHRASES.len());
}

/// A setup whose groups never remind: the auditor counts what people and sources did.
fn setup(seed: u64) -> Setup {
    Setup::default().route("{receiver: ops, repeat_interval: 52w}").seed(seed)
}

#[tokio::test]
async fn a_week_on_sqlite_over_sockets() {
    for seed in 1..=2 {
        run(setup(seed).on(Engine::Sqlite, Transport::Socket), |world| Box::pin(week(world))).await;
    }
}

#[tokio::test]
async fn a_week_on_sqlite_over_http() {
    run(setup(11).on(Engine::Sqlite, Transport::Http), |world| Box::pin(week(world))).await;
}

#[tokio::test]
async fn a_week_on_postgres() {
    run(setup(21).on(Engine::Postgres, Transport::Socket), |world| Box::pin(week(world))).await;
}
