//! `kill -9` again and again in a storm, at random moments, also while the bot is starting. Whatever was accepted is
//! told once: no message twice, no note twice, nothing lost, no number twice.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use firebell::args;
use firebell::clock::{Clock as _, SystemClock};
use firebell::random::{Random as _, SeededRandom};
use firebell::sim::{Call, Fault, FaultRule, Message, Sim};
use firebell::store::{StoreError, Tx};
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::bot::Bot;
use crate::postgres::on_postgres;
use crate::slack::Slack;
use crate::{PATIENCE, until};

const KILLS: u64 = 12;

/// The longest a bot lives between two of them; its start takes some of it.
const LIFE_MS: u64 = 1_000;

const SENDERS: usize = 6;

/// How long a sender waits for its answer; Prometheus waits ten seconds.
const ANSWER: Duration = Duration::from_secs(10);

/// Each has two alerts.
const GROUPS: usize = 150;

/// Webhooks of one group: one fires, another joins, and one more.
const ACTS: usize = 3;

/// What its sender says of a group at last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    BothFire,
    OneEnded,
    Over,
}

fn end_of(group: usize) -> End {
    [End::BothFire, End::OneEnded, End::Over][group % 3]
}

fn name_of(group: usize) -> String {
    format!("Storm{group:03}")
}

fn body(group: usize, act: usize) -> Value {
    let name = name_of(group);
    let over = |instance: usize| match (act, end_of(group)) {
        (2, End::Over) => true,
        (2, End::OneEnded) => instance == 0,
        _ => false,
    };
    let alerts: Vec<Value> = (0..=act.min(1))
        .map(|instance| {
            json!({
                "status": if over(instance) { "resolved" } else { "firing" },
                "labels": {"alertname": name, "instance": format!("host-{instance}")},
                "annotations": {"summary": format!("{name} burns on host-{instance}")},
                "startsAt": "2026-11-21T00:00:00Z",
                "endsAt": if over(instance) { "2026-11-21T00:05:00Z" } else { "0001-01-01T00:00:00Z" },
                "generatorURL": "",
                "fingerprint": format!("{:016x}", group * 2 + instance),
            })
        })
        .collect();
    let all_over = (0..alerts.len()).all(over);
    json!({
        "receiver": "firebell", "status": if all_over { "resolved" } else { "firing" }, "alerts": alerts,
        "groupLabels": {"alertname": name}, "commonLabels": {"alertname": name}, "commonAnnotations": {},
        "externalURL": "", "version": "4", "groupKey": format!("{{}}:{{alertname=\"{name}\"}}"), "truncatedAlerts": 0,
    })
}

/// A good sender: tries again until it is told that it was understood.
async fn send(http: &reqwest::Client, url: &str, body: &Value) {
    loop {
        // Its client loses a request now and then whose connection was cut before it was used.
        match http.post(url).json(body).timeout(ANSWER).send().await {
            Ok(answer) if answer.status().is_success() => return,
            _ => SystemClock.wait_ms(20).await,
        }
    }
}

/// Its groups one by one, one act after the other, as fast as `allowed` says. Nothing ends before it was told: what fires
/// and ends in one breath is never told, as in Alertmanager.
async fn storm(sender: usize, url: String, allowed: Arc<Semaphore>, sim: Sim) {
    let http = reqwest::Client::new();
    for act in 0..ACTS {
        for group in (sender..GROUPS).step_by(SENDERS) {
            allowed.acquire().await.unwrap().forget();
            if act == ACTS - 1 {
                let title = format!("*{}*", name_of(group));
                let told = |message: &Message| message.by_app && message.visible_text().contains(&title);
                sim.wait_for(|state| {
                    state.channel("#ops")?.messages.values().find(|one| told(one)).map(drop)
                })
                .await;
            }
            send(&http, &url, &body(group, act)).await;
        }
    }
}

/// What is wrong with what Slack shows; empty once everything was told.
fn complaints(slack: &Slack) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut cards: BTreeMap<usize, (String, Vec<String>)> = BTreeMap::new();
    for (text, notes) in slack.threads() {
        match (0..GROUPS).find(|group| text.contains(&format!("*{}*", name_of(*group)))) {
            Some(group) => {
                if cards.insert(group, (text, notes)).is_some() {
                    wrong.push(format!("TWICE: two messages of {}", name_of(group)));
                }
            }
            None => wrong.push(format!("a message about nothing: {text}")),
        }
    }
    for group in 0..GROUPS {
        let name = name_of(group);
        let Some((card, notes)) = cards.get(&group) else {
            wrong.push(format!("no message of {name}"));
            continue;
        };
        // A message of what is over is folded: its alerts stand behind a button.
        let parts: &[&str] = match end_of(group) {
            End::BothFire => &["2 firing", "burns on host-0", "burns on host-1"],
            End::OneEnded => &["1 firing, 1 resolved", "burns on host-0", "burns on host-1"],
            End::Over => &["— resolved"],
        };
        for part in parts {
            if !card.contains(part) {
                wrong.push(format!("{name} does not say {part:?}: {card}"));
            }
        }
        let told = |words: &str| notes.iter().filter(|note| note.contains(words)).count();
        let (joined, ended, over) = (told("1 joined: host-1"), told("1 ended: host-0"), told("Resolved by"));
        let at_most = [joined, ended, over].iter().all(|count| *count <= 1);
        let others = notes.len()
            - notes
                .iter()
                .filter(|n| n.contains("joined") || n.contains("ended") || n.contains("Resolved by"))
                .count();
        if !at_most || others > 0 {
            wrong.push(format!("TWICE: {name} has in its thread {notes:#?}"));
        }
        if (over == 1) != (end_of(group) == End::Over) {
            wrong.push(format!("{name} has in its thread {notes:?}"));
        }
        if end_of(group) == End::OneEnded && ended != 1 {
            wrong.push(format!("{name} does not tell of its end: {notes:?}"));
        }
    }
    wrong
}

/// Messages that Slack took with one key: each is to be there once.
fn doubles(slack: &Slack) -> Vec<String> {
    let posted = slack.sim.calls_of("chat.postMessage").into_iter().filter(Call::ok);
    let key = |call: Call| call.args["metadata"]["event_payload"]["key"].as_str().map(str::to_owned);
    let keys: Vec<String> = posted.filter_map(key).collect();
    assert!(keys.len() >= GROUPS, "messages carry no keys");
    let mut seen = BTreeSet::new();
    keys.into_iter().filter(|key| !seen.insert(key.clone())).collect()
}

async fn crash_loop(store_url: Option<&str>, seed: u64) {
    let chance = SeededRandom::new(seed);
    let slack = Slack::start().await;
    // So that many a kill hits a call on its way.
    slack.sim.fault(FaultRule::new(Fault::Slow { by_ms: 40 }).method("chat.*").probability(0.5));
    let mut bot = Bot::new(&slack, store_url).await;
    let url = format!("http://{}/integrations/v1/alertmanager/alertmanager-token/", bot.relay.address);
    let allowed = Arc::new(Semaphore::new(0));
    let mut senders = JoinSet::new();
    for sender in 0..SENDERS {
        senders.spawn(storm(sender, url.clone(), Arc::clone(&allowed), slack.sim.clone()));
    }
    let mut hit_while_it_ran = 0;
    for _ in 0..KILLS {
        allowed.add_permits(GROUPS * ACTS / KILLS as usize);
        bot.launch();
        let dies_at = SystemClock.now_ms() + chance.below(LIFE_MS) as i64 + 1;
        while SystemClock.now_ms() < dies_at && !bot.open_if_it_runs() {
            SystemClock.wait_ms(2).await;
        }
        SystemClock.wait_until_ms(dies_at).await;
        hit_while_it_ran += u32::from(bot.open_if_it_runs());
        bot.kill();
    }
    assert!(
        hit_while_it_ran >= 3,
        "only {hit_while_it_ran} of {KILLS} bots came to listen before they were killed"
    );
    bot.start().await;
    allowed.add_permits(GROUPS * ACTS);
    if tokio::time::timeout(PATIENCE, senders.join_all()).await.is_err() {
        let untold =
            complaints(&slack).into_iter().filter(|one| one.starts_with("no message")).collect::<Vec<_>>();
        panic!("seed {seed}: the senders are not done; {untold:?}; {:#?}", bot.metrics().await);
    }

    let mut changes = slack.sim.changes();
    let told = async {
        loop {
            changes.mark_unchanged();
            let wrong = complaints(&slack);
            if wrong.is_empty() || wrong.iter().any(|one| one.starts_with("TWICE")) {
                return;
            }
            _ = tokio::time::timeout(Duration::from_secs(1), changes.changed()).await;
        }
    };
    _ = tokio::time::timeout(PATIENCE, told).await;
    until("nothing is left to say", async || {
        let left = bot.metrics().await;
        let waiting = |row: &str| left.get(&format!("firebell_rows{{{row}}}")).copied();
        let rows = [
            r#"table="webhook",state="new""#,
            r#"table="inbox",state="new""#,
            r#"table="outbox",state="waiting""#,
            r#"table="outbox",state="sending""#,
            r#"table="outbox",state="uncertain""#,
        ];
        rows.iter().all(|row| waiting(row) == Some(0.0)).then_some(())
    })
    .await;
    bot.stop().await;

    let wrong = complaints(&slack);
    assert!(
        wrong.is_empty(),
        "seed {seed}, {} of them:\n{}",
        wrong.len(),
        wrong[..wrong.len().min(5)].join("\n")
    );
    assert_eq!(doubles(&slack), Vec::<String>::new(), "one key, two messages");
    let database = bot.database().await;
    let rows = database.read(|tx: &mut dyn Tx| {
        let numbers = tx.query("SELECT number FROM alert_group ORDER BY number", args![])?;
        let numbers = numbers.iter().map(|row| row.get(0)).collect::<Result<Vec<i64>, StoreError>>()?;
        let left = tx.query_i64(
            "SELECT (SELECT COUNT(*) FROM outbox) + (SELECT COUNT(*) FROM inbox WHERE state <> 'done') \
             + (SELECT COUNT(*) FROM webhook)",
            args![],
        )?;
        Ok::<_, StoreError>((numbers, left))
    });
    let (numbers, left) = rows.await.unwrap();
    assert_eq!(numbers, (1..=GROUPS as i64).collect::<Vec<_>>(), "numbers are given once and without gaps");
    assert_eq!(left, 0, "rows are left in inbox or outbox");
    database.close().await;
    slack.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_in_a_storm_on_sqlite() {
    crash_loop(None, 20_261_121).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_in_a_storm_on_postgres() {
    on_postgres(async |url| crash_loop(Some(url), 42).await).await;
}
