//! Events in any order, some of them twice: what is known in the end is the same.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::read::{Ask, Failure, Page};
use super::{Us, deaf, heard::heard, lost, rate_limited, read};
use crate::domain::actor::{Actor, Via};
use crate::domain::incident::{Facts, Incident, State};
use crate::domain::label::Labels;
use crate::domain::rules::Rules;
use crate::domain::time::Timestamp;
use crate::domain::timeline::{Message, ts_of};
use crate::engine::Work;
use crate::engine::incident::tests::rules;
use crate::random::{Random as _, SeededRandom};
use crate::store::{Store, StoreError, StoreOptions, incidents, messages, mirror};

const START: Timestamp = Timestamp::from_ms(1_763_700_000_000);
const CHANNEL: &str = "C0INC";

struct World {
    store: Store,
    rules: Arc<Rules>,
    random: Arc<SeededRandom>,
    incident: i64,
    _folder: tempfile::TempDir,
}

fn us() -> Us {
    Us { user_id: "U0BOT".to_owned(), bot_id: Some("B0BOT".to_owned()), app_id: Some("A0BOT".to_owned()) }
}

fn at(seconds: u64) -> Timestamp {
    START + Duration::from_secs(seconds)
}

fn ts(seconds: u64) -> String {
    ts_of(at(seconds))
}

impl World {
    async fn new(change: impl FnOnce(&mut Rules)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("firebell.db").display());
        let store = Store::open(StoreOptions::new(url)).await.unwrap();
        let incident = store
            .write(|tx| {
                let new = Incident {
                    id: 0,
                    number: 0,
                    title: "The shop is down".to_owned(),
                    severity: "SEV1".to_owned(),
                    status: "investigating".to_owned(),
                    state: State::Open,
                    private: false,
                    drill: false,
                    labels: Labels::default(),
                    group_key: None,
                    channel_id: Some(CHANNEL.to_owned()),
                    channel_name: Some("inc-1".to_owned()),
                    facts: Facts::new(Actor::Firebell, Via::Timer, START),
                    created_at: START,
                    updated_at: START,
                    ended_at: None,
                };
                let incident = incidents::add(tx, &new, "a key")?;
                mirror::start(tx, CHANNEL, incident.id, START)?;
                Ok::<_, StoreError>(incident.id)
            })
            .await
            .unwrap();
        let world = Self {
            store,
            // So that more can be compared: what is deleted is kept.
            rules: Arc::new(rules(|rules| {
                rules.incidents.redact_deleted = false;
                change(rules);
            })),
            random: Arc::new(SeededRandom::new(1)),
            incident,
            _folder: folder,
        };
        world.read_all(1, &[]).await;
        world
    }

    async fn work<T: Send + 'static>(
        &self,
        now: Timestamp,
        job: impl Fn(&mut Work<'_>) -> Result<T, StoreError> + Send + Sync + 'static,
    ) -> T {
        let (rules, random) = (Arc::clone(&self.rules), Arc::clone(&self.random));
        self.store.write(move |tx| job(&mut Work::new(tx, &rules, now, random.as_ref()))).await.unwrap()
    }

    async fn hear(&self, seconds: u64, event: &Value) {
        let event = event.clone();
        assert!(self.work(at(seconds), move |work| heard(work, &event, &us())).await);
    }

    /// Reads the channel, which shows these messages (the newest first), without threads.
    async fn read_all(&self, seconds: u64, shown: &[Value]) {
        let shown = shown.to_vec();
        self.work(at(seconds), |work| mirror::want(work.tx, CHANNEL, true, "the test", work.now)).await;
        let ask = self.work(at(seconds), |work| read::next(work, "us")).await.unwrap();
        assert!(matches!(ask, Ask::History { .. }));
        let page = Page { messages: shown, ..Page::default() };
        self.work(at(seconds), move |work| read::answered(work, &ask, &us(), &page)).await;
        while let Some(ask) = self.work(at(seconds), |work| read::next(work, "us")).await {
            assert!(matches!(ask, Ask::Replies { .. }), "{ask:?}");
            self.work(at(seconds), move |work| read::failed(work, &ask, &Failure::NoThread)).await;
        }
    }

    async fn known(&self) -> Vec<Message> {
        let incident = self.incident;
        self.store.read(move |tx| messages::in_order(tx, incident, "", 1_000)).await.unwrap()
    }

    async fn gaps(&self) -> Vec<(Timestamp, Timestamp, String)> {
        let incident = self.incident;
        let gaps = self.store.read(move |tx| mirror::gaps(tx, incident)).await.unwrap();
        gaps.into_iter().map(|gap| (gap.from, gap.to, gap.reason)).collect()
    }

    /// What there is to know, without when it became known.
    async fn essence(&self) -> Vec<Value> {
        let mut all = Vec::new();
        for one in self.known().await {
            let id = one.id;
            let versions = self.store.read(move |tx| messages::versions(tx, id)).await.unwrap();
            let users: BTreeSet<String> = one
                .reactions
                .iter()
                .flat_map(|(name, users)| users.iter().map(move |user| format!("{name} {user}")))
                .collect();
            all.push(json!({
                "ts": one.ts, "thread": one.thread_ts, "text": one.text, "plain": one.plain, "user": one.user_id,
                "edited": one.edited_ts, "deleted": one.deleted_at.map(Timestamp::as_ms), "count": one.versions,
                "versions": versions.iter().map(|one| (one.edited_ts.clone(), one.text.clone())).collect::<Vec<_>>(),
                "reactions": users, "pinned": one.pinned, "key": one.key_at.is_some(),
            }));
        }
        all
    }
}

fn message(ts: &str, text: &str, edited: Option<&str>, root: Option<&str>) -> Value {
    let mut message = json!({ "type": "message", "user": "U0ANN", "text": text, "ts": ts });
    if let Some(edited) = edited {
        message["edited"] = json!({ "user": "U0ANN", "ts": edited });
    }
    if let Some(root) = root {
        message["thread_ts"] = json!(root);
    }
    message
}

fn said(message: &Value) -> Value {
    let mut event = message.clone();
    event["channel"] = json!(CHANNEL);
    event["event_ts"] = event["ts"].clone();
    event
}

fn changed(before: &Value, after: &Value, event_ts: &str) -> Value {
    json!({ "type": "message", "subtype": "message_changed", "channel": CHANNEL, "ts": event_ts, "event_ts": event_ts,
            "message": after, "previous_message": before })
}

fn deleted(before: &Value, event_ts: &str) -> Value {
    json!({ "type": "message", "subtype": "message_deleted", "channel": CHANNEL, "ts": event_ts, "event_ts": event_ts,
            "deleted_ts": before["ts"], "previous_message": before })
}

fn reacted(kind: &str, user: &str, name: &str, ts: &str, event_ts: &str) -> Value {
    json!({ "type": kind, "user": user, "reaction": name, "event_ts": event_ts,
            "item": { "type": "message", "channel": CHANNEL, "ts": ts } })
}

/// A history with everything in it, in its true order.
fn story() -> Vec<Value> {
    let root = message(&ts(100), "look", None, None);
    let edited_once = message(&ts(100), "look here", Some(&ts(130)), None);
    let edited_twice = message(&ts(100), "look there", Some(&ts(140)), None);
    let reply = message(&ts(110), "why", None, Some(&ts(100)));
    let oops = message(&ts(120), "oops", None, None);
    let oops_edited = message(&ts(120), "oops!", Some(&ts(125)), None);
    vec![
        said(&root),
        said(&reply),
        said(&oops),
        changed(&oops, &oops_edited, &ts(125)),
        changed(&root, &edited_once, &ts(130)),
        deleted(&oops_edited, &ts(135)),
        changed(&edited_once, &edited_twice, &ts(140)),
        reacted("reaction_added", "U0BOB", "pushpin", &ts(110), &ts(150)),
        reacted("reaction_added", "U0BOB", "eyes", &ts(110), &ts(151)),
        reacted("reaction_removed", "U0BOB", "pushpin", &ts(110), &ts(152)),
        reacted("reaction_added", "U0ANN", "robot_face", &ts(100), &ts(153)),
    ]
}

#[tokio::test]
async fn order_and_repetition_change_nothing() {
    let story = story();
    let straight = World::new(|_| {}).await;
    for event in &story {
        straight.hear(200, event).await;
    }
    let expected = straight.essence().await;
    assert_eq!(expected.len(), 3);
    assert_eq!(straight.gaps().await, []);
    assert_eq!(expected[0]["versions"], json!([[null, "look"], [ts(130), "look here"]]));
    assert!(expected[1]["key"] == false && expected[0]["key"] == true);
    let random = SeededRandom::new(3);
    for _ in 0..20 {
        let mut events: Vec<&Value> = story.iter().chain(story.iter().step_by(2)).collect();
        for at in (1..events.len()).rev() {
            events.swap(at, usize::try_from(random.below(at as u64 + 1)).unwrap());
        }
        let world = World::new(|_| {}).await;
        for event in &events {
            world.hear(200, event).await;
        }
        assert_eq!(world.essence().await, expected, "{events:#?}");
        assert_eq!(world.gaps().await, [], "all was told in the end");
    }
}

#[tokio::test]
async fn a_reading_finds_what_was_not_told_and_late_events_close_the_gap() {
    let world = World::new(|_| {}).await;
    let (a, b) = (message(&ts(100), "a", None, None), message(&ts(120), "b", None, None));
    world.hear(100, &said(&a)).await;
    world.read_all(110, std::slice::from_ref(&a)).await;
    assert_eq!(world.gaps().await, []);
    // b was lost, and a deleted without a word.
    world.read_all(300, std::slice::from_ref(&b)).await;
    let known = world.known().await;
    assert_eq!(known[0].deleted_by, "inferred");
    assert_eq!(known[1].text, "b");
    let silent = "Slack did not tell of everything that happened".to_owned();
    assert_eq!(world.gaps().await, [(at(110), at(300), silent)]);
    // The events were only late.
    world.hear(310, &deleted(&a, &ts(130))).await;
    assert_eq!(world.gaps().await.len(), 1);
    world.hear(311, &said(&b)).await;
    assert_eq!(world.gaps().await, []);
    let known = world.known().await;
    assert_eq!((known[0].deleted_by.as_str(), known[0].deleted_at), ("event", Some(at(130))));
}

#[tokio::test]
async fn what_was_deleted_by_mistake_comes_back() {
    let world = World::new(|_| {}).await;
    let a = message(&ts(100), "a", None, None);
    world.hear(100, &said(&a)).await;
    world.read_all(200, &[]).await;
    assert!(world.known().await[0].deleted_at.is_some());
    world.read_all(300, &[a]).await;
    assert!(world.known().await[0].deleted_at.is_none());
    assert_eq!(world.gaps().await, []);
}

#[tokio::test]
async fn spans_without_events_are_gaps_if_they_were_long() {
    let world = World::new(|_| {}).await;
    world.work(at(1_000), |work| deaf(work, at(900), at(1_000), lost::NOT_CONNECTED)).await;
    assert_eq!(world.gaps().await, [], "Slack tells it again");
    world.work(at(5_000), |work| deaf(work, at(2_000), at(5_000), lost::NOT_RUNNING)).await;
    world.work(at(9_000), |work| rate_limited(work, at(8_900))).await;
    let gaps = world.gaps().await;
    assert_eq!(gaps.len(), 2);
    assert_eq!((gaps[0].0, gaps[0].1, gaps[0].2.as_str()), (at(2_000), at(5_000), lost::NOT_RUNNING));
    assert_eq!((gaps[1].0, gaps[1].1), (at(8_900), at(8_960)));
}

#[tokio::test]
async fn words_of_deleted_messages_may_be_forgotten() {
    let world = World::new(|rules| rules.incidents.redact_deleted = true).await;
    let a = message(&ts(100), "the password is", None, None);
    let edited = message(&ts(100), "the password is 123", Some(&ts(110)), None);
    for event in [said(&a), changed(&a, &edited, &ts(110)), deleted(&edited, &ts(120)), said(&a)] {
        world.hear(130, &event).await;
    }
    let [one] = &world.essence().await[..] else { panic!() };
    assert!(!one.to_string().contains("password"), "{one}");
    assert!(one["deleted"].is_i64());
}

#[tokio::test]
async fn unfurled_links_and_counters_are_no_edits() {
    let world = World::new(|_| {}).await;
    let a = message(&ts(100), "<https://a.example>", None, None);
    let mut unfurled = a.clone();
    unfurled["attachments"] = json!([{ "title": "A", "fallback": "A" }]);
    world.hear(100, &said(&a)).await;
    world.hear(101, &changed(&a, &unfurled, &ts(101))).await;
    let known = world.known().await;
    assert_eq!((known[0].versions, known[0].text.as_str()), (1, "<https://a.example>"));
}

#[tokio::test]
async fn our_own_messages_are_known_as_such() {
    let world = World::new(|_| {}).await;
    let mut own = message(&ts(100), "status", None, None);
    (own["user"], own["bot_id"], own["app_id"]) = (json!("U0BOT"), json!("B0BOT"), json!("A0BOT"));
    let mut later = own.clone();
    (later["text"], later["edited"]) = (json!("status 2"), json!({ "user": "B0BOT", "ts": ts(110) }));
    world.hear(100, &said(&own)).await;
    world.hear(110, &changed(&own, &later, &ts(110))).await;
    world.hear(120, &reacted("reaction_added", "U0BOT", "pushpin", &ts(100), &ts(120))).await;
    let known = world.known().await;
    assert!(known[0].ours && known[0].key_at.is_none() && known[0].reactions.is_empty());
    assert_eq!((known[0].text.as_str(), known[0].versions), ("status 2", 1));
}
