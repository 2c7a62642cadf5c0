//! Every click and every form on a database of its own, with groups that came in as alerts do.

mod clicks;
mod dialogues;
mod forms;
mod others;
mod rights;

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::{Answer, handle};
use crate::domain::alert::{Alert, Intake};
use crate::domain::group::Group;
use crate::domain::inhibit::{InhibitRuleSpec, InhibitRules};
use crate::domain::matcher::Mode;
use crate::domain::priority::PriorityRules;
use crate::domain::route::{BuildOptions, RouteSpec, RouteTree};
use crate::domain::rules::{GroupSettings, Receiver, Rules, SlackSettings};
use crate::domain::say::{GroupNote, Say, View};
use crate::domain::time::Timestamp;
use crate::domain::time_interval::TimeIntervals;
use crate::engine::intake::{Batch, Origin};
use crate::engine::{Work, look, say};
use crate::random::SeededRandom;
use crate::slack::types::Inbound;
use crate::store::outbox::{self, Place};
use crate::store::{Store, StoreError, StoreOptions, Tx, groups, people};
use crate::views::modal;

const NOW: Timestamp = Timestamp::from_ms(1_763_700_000_000);
const CHANNEL: &str = "C1";

fn rules() -> Rules {
    let names = ["#ops"];
    let page = RouteSpec {
        matchers: vec!["severity=\"page\"".to_owned()],
        receiver: Some("pager".to_owned()),
        ..RouteSpec::default()
    };
    let root = RouteSpec {
        receiver: Some("ops".to_owned()),
        group_by: Some(vec!["alertname".to_owned(), "instance".to_owned()]),
        group_wait: Some(Duration::ZERO),
        routes: vec![page],
        ..RouteSpec::default()
    };
    let receiver = |name: &str| Receiver {
        name: name.to_owned(),
        channels: names.map(str::to_owned).to_vec(),
        ..Receiver::default()
    };
    let inhibit = InhibitRuleSpec {
        source_matchers: vec!["alertname=\"ClusterDown\"".to_owned()],
        target_matchers: vec!["severity=\"page\"".to_owned()],
        ..InhibitRuleSpec::default()
    };
    Rules {
        version: "c0ffee".to_owned(),
        tree: Arc::new(RouteTree::build(&root, BuildOptions::default()).unwrap()),
        inhibit: InhibitRules::build(&[inhibit], Mode::default()).unwrap(),
        priorities: PriorityRules::default(),
        receivers: ["ops", "pager"].map(|name| (name.to_owned(), receiver(name))).into(),
        time_intervals: TimeIntervals::default(),
        links: Vec::new(),
        groups: GroupSettings::default(),
        slack: SlackSettings { reactions: true, ..SlackSettings::default() },
        incidents: Default::default(),
        rights: Default::default(),
    }
}

struct World {
    store: Store,
    rules: Arc<Rules>,
    random: Arc<SeededRandom>,
    now: Timestamp,
    _folder: tempfile::TempDir,
}

impl World {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("firebell.db").display());
        let store = Store::open(StoreOptions::new(url)).await.unwrap();
        let world = Self {
            store,
            rules: Arc::new(rules()),
            random: Arc::new(SeededRandom::new(7)),
            now: NOW,
            _folder: folder,
        };
        world
            .work(|work| {
                ["U1", "U2", "U3", "U4", "U5"]
                    .iter()
                    .try_for_each(|id| people::put_member(work.tx, id, id, NOW))
            })
            .await;
        world
    }

    /// A world with one group, told to the channel.
    async fn with_group() -> (Self, Group) {
        let world = Self::new().await;
        let group = world.fire("DiskFull", "db1").await;
        (world, group)
    }

    async fn work<T: Send + 'static>(
        &self,
        run: impl Fn(&mut Work<'_>) -> Result<T, StoreError> + Send + Sync + 'static,
    ) -> T {
        let (rules, random, now) = (Arc::clone(&self.rules), Arc::clone(&self.random), self.now);
        self.store
            .write(move |tx: &mut dyn Tx| run(&mut Work::new(tx, &rules, now, random.as_ref())))
            .await
            .unwrap()
    }

    async fn fire(&self, name: &str, instance: &str) -> Group {
        let labels =
            [("alertname", name), ("instance", instance), ("severity", "page")].into_iter().collect();
        let alert = Alert::new(labels, self.now);
        let group = self
            .work(move |work| {
                let origin = Origin { integration: "grafana".to_owned(), kind: "grafana".to_owned() };
                let mut batch = Batch::default();
                batch.take(work, &origin, &Intake { alerts: vec![alert.clone()], ..Intake::default() })?;
                batch.settle(work)?;
                Ok(groups::open(work.tx, 1_000)?.into_iter().max_by_key(|group| group.id).unwrap())
            })
            .await;
        let (id, ts) = (group.id, format!("17.{}", group.id));
        self.work(move |work| {
            let place = Place { channel_id: CHANNEL.to_owned(), ts: ts.clone() };
            outbox::set_place(work.tx, &say::card_name(id, "#ops"), &place, work.now)
        })
        .await;
        self.forget().await;
        group
    }

    async fn forget(&self) {
        self.work(|work| work.tx.exec("DELETE FROM outbox", &[]).map(drop)).await;
    }

    /// What is to be said since, oldest first.
    async fn said(&self) -> Vec<Say> {
        self.work(|work| {
            work.tx
                .query("SELECT say FROM outbox ORDER BY id", &[])?
                .iter()
                .map(|row| Ok(serde_json::from_str(&row.get::<String>(0)?).unwrap()))
                .collect()
        })
        .await
    }

    async fn notes(&self) -> Vec<GroupNote> {
        let said = self.said().await;
        said.into_iter()
            .filter_map(|say| match say {
                Say::GroupNote { note, .. } => Some(note),
                _ => None,
            })
            .collect()
    }

    async fn group(&self, id: i64) -> Group {
        self.work(move |work| Ok(groups::by_id(work.tx, id)?.unwrap())).await
    }

    async fn handle(&self, inbound: Inbound) -> Option<Answer> {
        self.work(move |work| handle(work, &inbound)).await
    }

    async fn click(&self, user: &str, action_id: &str, value: &str) -> Answer {
        self.interaction(click(user, action_id, value)).await.unwrap()
    }

    async fn interaction(&self, raw: Value) -> Option<Answer> {
        self.handle(Inbound::from_interaction(raw)).await
    }

    async fn send(&self, user: &str, callback_id: &str, metadata: &str, values: Value) -> Answer {
        let raw = json!({
            "type": "view_submission", "user": {"id": user}, "trigger_id": "1.2.form",
            "view": {"id": "V1", "callback_id": callback_id, "private_metadata": metadata,
                     "state": {"values": values}},
        });
        self.interaction(raw).await.unwrap()
    }

    /// The dialogue that was opened or updated, drawn from what is known now.
    async fn opened(&self) -> Value {
        let view = self
            .said()
            .await
            .into_iter()
            .find_map(|say| match say {
                Say::OpenView { view, .. } | Say::UpdateView { view, .. } => Some(view),
                _ => None,
            })
            .unwrap();
        self.drawn(view).await
    }

    async fn drawn(&self, view: View) -> Value {
        self.work(move |work| {
            let dialogue = look::dialogue(work.tx, work.rules, &view, work.now)?;
            Ok(modal::draw(&dialogue.unwrap()))
        })
        .await
    }
}

fn click(user: &str, action_id: &str, value: &str) -> Value {
    json!({
        "type": "block_actions", "user": {"id": user}, "trigger_id": "1.2.click",
        "channel": {"id": CHANNEL}, "container": {"type": "message", "message_ts": "17.1", "channel_id": CHANNEL},
        "actions": [{"type": "button", "action_id": action_id, "value": value, "action_ts": "1.0"}],
    })
}

/// A field of a form as Slack sends it.
fn typed(field: &str, text: &str) -> Value {
    json!({field: {field: {"type": "plain_text_input", "value": text}}})
}

fn private(answer: &Answer) -> &str {
    match answer {
        Answer::Private(text) => text,
        other => panic!("{other:?}"),
    }
}

fn error_of<'a>(answer: &'a Answer, field: &str) -> &'a str {
    match answer {
        Answer::Errors(errors) => &errors[field],
        other => panic!("{other:?}"),
    }
}
