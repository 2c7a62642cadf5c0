//! Every word, on a database of its own, with alerts that came in as alerts do.

mod bulk;
mod incidents;

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::{COMMANDS, Said, find, run};
use crate::actions::Answer;
use crate::domain::alert::{Alert, Intake};
use crate::domain::group::{Group, State};
use crate::domain::inhibit::InhibitRules;
use crate::domain::matcher::{Matchers, Mode};
use crate::domain::priority::PriorityRules;
use crate::domain::route::{BuildOptions, RouteSpec, RouteTree};
use crate::domain::rules::{GroupSettings, Receiver, Rules, SlackSettings};
use crate::domain::say::{Say, View};
use crate::domain::time::Timestamp;
use crate::domain::time_interval::TimeIntervals;
use crate::engine::deeds::By;
use crate::engine::intake::{Batch, Origin};
use crate::engine::{Work, hush, look, say};
use crate::random::SeededRandom;
use crate::store::outbox::{self, Place};
use crate::store::{Store, StoreError, StoreOptions, Tx, groups, people};
use crate::views;
use crate::views::help::{About, TOPICS};

const NOW: Timestamp = Timestamp::from_ms(1_763_700_000_000);
const ANN: &str = "U0ANN";
const BOB: &str = "U0BOB";

fn rules() -> Rules {
    let root = RouteSpec {
        receiver: Some("ops".to_owned()),
        group_by: Some(vec!["alertname".to_owned(), "instance".to_owned()]),
        group_wait: Some(Duration::ZERO),
        ..RouteSpec::default()
    };
    let receiver =
        Receiver { name: "ops".to_owned(), channels: vec!["#ops".to_owned()], ..Receiver::default() };
    Rules {
        version: "c0ffee".to_owned(),
        tree: Arc::new(RouteTree::build(&root, BuildOptions::default()).unwrap()),
        inhibit: InhibitRules::build(&[], Mode::default()).unwrap(),
        priorities: PriorityRules::default(),
        receivers: [("ops".to_owned(), receiver)].into(),
        time_intervals: TimeIntervals::default(),
        links: Vec::new(),
        groups: GroupSettings::default(),
        slack: SlackSettings::default(),
        incidents: Default::default(),
        rights: Default::default(),
    }
}

struct World {
    store: Store,
    rules: Arc<Rules>,
    random: Arc<SeededRandom>,
    _folder: tempfile::TempDir,
}

impl World {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("firebell.db").display());
        let store = Store::open(StoreOptions::new(url)).await.unwrap();
        let world =
            Self { store, rules: Arc::new(rules()), random: Arc::new(SeededRandom::new(7)), _folder: folder };
        world
            .work(|work| [ANN, BOB].iter().try_for_each(|id| people::put_member(work.tx, id, id, NOW)))
            .await;
        world
    }

    /// #1 DiskFull db1 (critical), #2 DiskFull db2 (warning), #3 SlowQueries db1 (warning).
    async fn with_three() -> Self {
        let world = Self::new().await;
        world.fire("DiskFull", "db1", "critical").await;
        world.fire("DiskFull", "db2", "warning").await;
        world.fire("SlowQueries", "db1", "warning").await;
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

    /// The alert stands in the channel under the ts `17.NUMBER`.
    async fn fire(&self, name: &'static str, instance: &'static str, severity: &'static str) {
        self.work(move |work| {
            let labels =
                [("alertname", name), ("instance", instance), ("severity", severity)].into_iter().collect();
            let origin = Origin { integration: "grafana".to_owned(), kind: "grafana".to_owned() };
            let mut batch = Batch::default();
            let alerts = vec![Alert::new(labels, work.now)];
            batch.take(work, &origin, &Intake { alerts, ..Intake::default() })?;
            batch.settle(work)?;
            let Some(group) = groups::open(work.tx, 100)?.into_iter().max_by_key(|group| group.id) else {
                return Ok(());
            };
            let place = Place { channel_id: "C1".to_owned(), ts: format!("17.{}", group.number) };
            outbox::set_place(work.tx, &say::card_name(group.id, "#ops"), &place, work.now)
        })
        .await;
    }

    async fn answer(&self, said: Said<'static>) -> Answer {
        self.work(move |work| run(work, &said)).await
    }

    /// What ann is answered to the slash command.
    async fn says(&self, text: &'static str) -> String {
        words(&self.answer(Said { user: ANN, channel: "C1", text, ..Said::default() }).await)
    }

    /// What bob is answered to a mention in the thread of alert #2.
    async fn in_thread(&self, text: &'static str) -> String {
        let said = Said {
            user: BOB,
            channel: "C1",
            thread_ts: Some("17.2"),
            text,
            mention: true,
            ..Said::default()
        };
        words(&self.answer(said).await)
    }

    async fn group(&self, number: i64) -> Group {
        self.work(move |work| Ok(groups::by_number(work.tx, number)?.unwrap())).await
    }

    async fn said(&self) -> Vec<Say> {
        self.work(|work| {
            let rows = work.tx.query("SELECT say FROM outbox ORDER BY id", &[])?;
            rows.iter().map(|row| Ok(serde_json::from_str(&row.get::<String>(0)?).unwrap())).collect()
        })
        .await
    }

    /// A silence by matchers that bob made.
    async fn hush(&self, matchers: &'static str) -> i64 {
        self.work(move |work| {
            let by = By {
                actor: crate::domain::actor::Actor::Person(BOB.to_owned()),
                via: crate::domain::actor::Via::Button,
            };
            let ends = work.now + Duration::from_secs(3_600);
            let matchers = Matchers::parse(matchers).unwrap();
            let now = work.now;
            hush::silence(work, &matchers, now, ends, "deploy", &by)
        })
        .await
    }
}

/// The text of an answer.
fn words(answer: &Answer) -> String {
    match answer {
        Answer::Private(text) => text.clone(),
        Answer::PrivateMessage(message) => message["text"].as_str().unwrap().to_owned(),
        other => format!("{other:?}"),
    }
}

#[tokio::test]
async fn what_is_typed_and_what_is_answered() {
    let world = World::with_three().await;
    for (typed, answered) in [
        ("", "*3 open alerts*, 3 nobody has. No incident is open."),
        ("help", "`ack 5`"),
        ("help silence", "`/firebell silence severity=warning 2h deploy`"),
        ("help zzzzzz", "I do not know `zzzzzz`"),
        ("akc #1", "Did you mean `/firebell ack #1`?"),
        ("silnce", "Did you mean `/firebell silence`?"),
        ("xyzzy", "I do not know `xyzzy`."),
        ("alerts", "*3 open alerts*"),
        ("alerts severity=warning", "*2 open alerts* for `severity=warning`"),
        ("alerts {severity=“warning”, instance=~\"db1|x\"}", "*1 open alert*"),
        ("alerts diskfull", "*2 open alerts* for `diskfull`"),
        ("alerts mine", "No open alerts for `mine`."),
        ("alerts acknowledged", "No open alerts for `acknowledged`."),
        ("alerts resolved", "No alerts for `resolved`."),
        ("alerts a=~\"(\"", "I cannot read"),
        ("show #1", "DiskFull (db1)"),
        ("#1", "DiskFull (db1)"),
        ("show #99", "There is no alert #99."),
        ("ack", "Which alert? Write its number, as in `/firebell ack 1`. Open now:"),
        ("ack #1", "is yours now. When it is fixed: `/firebell resolve 1 what fixed it`"),
        ("ACK 1", "you have it already, since"),
        ("alerts mine", "*1 open alert* for `mine`"),
        ("unack #1", "is nobody's now"),
        ("unack #1", "it is not acknowledged; it is firing since"),
        ("#1 ack", "is yours now"),
        ("resolve #1 restarted &amp; waited", "What fixed it will be shown when it happens again."),
        ("resolve #1", "already resolved by <@U0ANN>"),
        ("alerts resolved", "*1 alert* for `resolved`"),
        ("alerts resolved mine diskfull", "*1 alert* for `resolved mine diskfull`"),
        ("alerts resolved severity=info", "No alerts for `resolved severity=info`."),
        ("alerts", "*2 open alerts*"),
        ("unresolve 1", "is open again and nobody has it."),
        ("silence #1 2 hours", "is silenced until"),
        ("silence #1", "• `/firebell silence 5 2h`"),
        ("silence #1 5q", "For how long?"),
        ("silence #1 900d", "longer than a year"),
        ("silences", "*#1* DiskFull (db1) until <!date^1763707200^"),
        ("unsilence #1", "is heard again."),
        ("silence 2h", "Which alert?"),
        ("silence", "• `/firebell silence 5 2h`"),
        ("silence severity=warning", "For how long? As in"),
        ("silence severity=warning 2hh", "`2hh`:"),
        ("silence {} 2h", "needs at least one matcher"),
        ("silence a=~\".*\" 2h", "at least one matcher must not match the empty string"),
        ("silence a=~\"(\" 2h", "I cannot read `a=~\"(\"`:"),
        ("silence severity=warning 2h deploy", "*Falls silent now (2):*"),
        ("silences", "No silences. To make one:"),
        ("unsilence", "No silences. To make one:"),
        ("unsilence S9", "There is no silence S9."),
        ("note #1 it’s the <#C1|ops> disk", "noted."),
        ("call #1 ann", "I do not know who `ann` is."),
        ("call #1 <@U0BOB|bob> important", "called <@U0BOB> in the thread"),
        ("call #1 <@U0BOB|bob> important", "Called before: <@U0BOB>"),
        ("timeline #1", "<@U0ANN>: it's the #ops disk"),
        ("why #1", "*Receiver:* ops"),
    ] {
        let answer = world.says(typed).await;
        assert!(answer.contains(answered), "{typed:?} is answered {answer:?}, wanted {answered:?}");
        assert!(answer.chars().count() < 3_000, "{typed}: too long for a phone");
    }
    let fixed = world.group(1).await;
    assert_eq!(fixed.state, State::Firing);
}

#[tokio::test]
async fn in_an_alerts_thread_its_number_may_be_left_out() {
    let world = World::with_three().await;
    for (typed, answered, state) in [
        ("ack", "*#2* DiskFull (db2) is yours now", State::Acknowledged),
        ("ack: #3", "*#3* SlowQueries", State::Acknowledged),
        ("silence 1h 30m", "is silenced until", State::Silenced),
        ("unsilence", "is heard again", State::Firing),
        ("silence forever", "is silenced until it is lifted", State::Silenced),
        ("resolve 3 disks replaced", "is resolved", State::Resolved),
        ("unresolve", "is open again, and still silenced by <@U0BOB> until it is lifted", State::Silenced),
        ("unsilence", "is heard again", State::Firing),
        ("note 24 restarts seen", "*#2* DiskFull (db2): noted", State::Firing),
        ("call <@U0ANN>", "called <@U0ANN>", State::Firing),
        ("why", "*#2* DiskFull (db2): why here?", State::Firing),
        ("show", "DiskFull (db2)", State::Firing),
    ] {
        let answer = world.in_thread(typed).await;
        assert!(answer.contains(answered), "{typed:?} is answered {answer:?}, wanted {answered:?}");
        assert_eq!(world.group(2).await.state, state, "{typed}");
    }
    let timeline = world.in_thread("timeline").await;
    assert!(timeline.contains("resolved it: 3 disks replaced"), "{timeline}");
}

#[tokio::test]
async fn who_was_faster_is_told() {
    let world = World::with_three().await;
    world.says("ack #2").await;
    let late = world.in_thread("ack").await;
    assert!(late.contains("<@U0ANN> has it already, since <!date^"), "{late}");
    assert_eq!(world.group(2).await.facts.acknowledged.unwrap().by.slack_id(), Some(ANN));
}

#[tokio::test]
async fn a_silence_by_matchers_is_made_by_the_button_of_its_preview() {
    let world = World::with_three().await;
    let text = "silence {severity=“warning”, instance=~\"db1|&lt;x&gt;\"} 2h moving “house”";
    let answer = world.answer(Said { user: ANN, channel: "C1", text, ..Said::default() }).await;
    let Answer::PrivateMessage(message) = &answer else { panic!("{answer:?}") };
    let button = message.pointer("/blocks/1/elements/0").unwrap();
    assert_eq!(button["action_id"], "silence_confirm");
    let value: Value = serde_json::from_str(button["value"].as_str().unwrap()).unwrap();
    assert_eq!(
        value,
        serde_json::json!({
            "m": "{instance=~\"db1|<x>\",severity=\"warning\"}", "s": 7_200, "c": "moving \"house\"",
        })
    );
    assert!(Matchers::parse(value["m"].as_str().unwrap()).is_ok());
    let text = words(&answer);
    assert!(text.contains("*#3* SlowQueries (db1)") && !text.contains("#2"), "{text}");
    assert!(world.says("silences").await.contains("No silences"), "a preview changes nothing");
}

#[tokio::test]
async fn silences_by_matchers_are_listed_and_lifted() {
    let world = World::with_three().await;
    let id = world.hush("{instance=\"db1\"}").await;
    let list = world.says("silences").await;
    for part in ["*S1* `{instance=\"db1\"}` until", "by <@U0BOB>: deploy", "`/firebell unsilence S1`"] {
        assert!(list.contains(part), "{list}");
    }
    assert_eq!(id, 1);
    assert!(world.says("unsilence s1").await.contains("is over. What still fires is told again."));
    assert!(world.says("unsilence S1").await.contains("is over already."));
}

#[tokio::test]
async fn where_words_are_missing_a_dialogue_opens() {
    let world = World::with_three().await;
    for (text, wanted) in [
        ("silence #1", View::Silence { group: 1 }),
        ("note #1", View::Note { group: 1 }),
        ("call #1", View::Responders { group: 1 }),
    ] {
        let said = Said { user: ANN, channel: "C1", trigger_id: Some("1.2.x"), text, ..Said::default() };
        assert_eq!(world.answer(said).await, Answer::Nothing);
        let opened = Say::OpenView { trigger_id: "1.2.x".to_owned(), view: wanted };
        assert!(world.said().await.contains(&opened), "{text}");
    }
}

#[tokio::test]
async fn many_alerts_come_by_pages() {
    const NAMES: [&str; 12] = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"];
    let world = World::new().await;
    for instance in NAMES {
        world.fire("DiskFull", instance, "warning").await;
    }
    let first = world.says("alerts").await;
    assert!(first.contains("*12 open alerts*, page 1 of 2"), "{first}");
    let second = world.says("alerts page 2").await;
    assert_eq!(second.matches("DiskFull").count(), 2, "{second}");
    assert!(world.says("alerts page 99").await.contains("page 2 of 2"));
    let answer = world.answer(Said { user: ANN, text: "alerts diskfull", ..Said::default() }).await;
    let Answer::PrivateMessage(message) = answer else { panic!("no message") };
    let blocks = message["blocks"].as_array().unwrap();
    assert_eq!(blocks[1]["accessory"]["action_id"], "group_ack");
    let foot = blocks.last().unwrap().to_string();
    assert!(foot.contains("alerts diskfull page 2"), "{foot}");
}

#[tokio::test]
async fn every_word_is_in_the_help_and_called_by_one_name_only() {
    let world = World::new().await;
    let mut topics = String::new();
    for topic in TOPICS {
        let text = Box::leak(format!("help {}", topic.name).into_boxed_str());
        topics.push_str(&world.says(text).await);
        for word in topic.words {
            assert!(find(word).is_some(), "help {} names {word}, which nobody knows", topic.name);
        }
    }
    let mut names = Vec::new();
    for command in COMMANDS {
        let entry = &command.entry;
        assert!(topics.contains(entry.help), "{} stands in no topic of views::help", entry.word);
        if let About::Both(_, help) = entry.about {
            assert!(topics.contains(help), "{} stands in no topic about incidents", entry.word);
        }
        assert!(entry.usage.iter().all(|way| way.starts_with(entry.word)));
        assert!(
            entry.usage.iter().all(|way| !way.contains('#')),
            "Slack makes channels of #5: {}",
            entry.word
        );
        names.push(entry.word);
        names.extend(entry.aliases);
    }
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count);
}

#[tokio::test]
async fn home_lists_and_help_as_they_are_sent() {
    let world = World::with_three().await;
    world.says("ack #1").await;
    world.says("silence #3 1h").await;
    world.hush("team=db").await;
    let home = |user: &'static str| {
        world.work(move |work| Ok(views::home::home(&look::home(work.tx, user, work.now)?, work.rules)))
    };
    insta::assert_json_snapshot!("home", home(ANN).await);
    let empty = views::home::home(&crate::domain::picture::HomePicture::default(), &rules());
    insta::assert_json_snapshot!("home_empty", empty);
    for (name, text) in [
        ("alerts", "alerts"),
        ("nothing", ""),
        ("preview", "silence severity=warning 2h deploy"),
        ("no_alerts", "alerts nothing-like-it"),
    ] {
        let answer = world.answer(Said { user: ANN, channel: "C1", text, ..Said::default() }).await;
        let Answer::PrivateMessage(message) = answer else { panic!("{name}: no message") };
        insta::assert_json_snapshot!(name, message);
    }
    for (name, text) in [("silences", "silences"), ("help_silence", "help silence"), ("why", "why #1")] {
        insta::assert_snapshot!(name, world.says(text).await);
    }
}
