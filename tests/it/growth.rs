//! What must stay right and bounded, however much there is: lists, silences over many groups, what is forgotten, exports.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use firebell::app::rules::rules;
use firebell::args;
use firebell::config::{Need, load_str};
use firebell::domain::actor::{Actor, Via};
use firebell::domain::group::{Facts, Group, State, Taken};
use firebell::domain::label::Labels;
use firebell::domain::matcher::Matchers;
use firebell::domain::priority::Priority;
use firebell::domain::record::Shown;
use firebell::domain::record::chain;
use firebell::domain::rules::Rules;
use firebell::domain::time::Timestamp;
use firebell::engine::deeds::By;
use firebell::engine::find::{self, Filter};
use firebell::engine::incident::record::{self, Format};
use firebell::engine::incident::{self, Declared, Wish};
use firebell::engine::{Work, hush, tick};
use firebell::limits::{
    ALERTS_PAGE, EXPORT_PIECE_BYTES, FIND_GROUPS_AT_ONCE, RETENTION_ALERTS, SILENCE_CHANGES_AT_ONCE,
};
use firebell::random::{Random, SeededRandom};
use firebell::store::alerts::AlertRow;
use firebell::store::retention::{self, KINDS, Place};
use firebell::store::{Dialect, Store, StoreError, Tx, alerts, due, groups, lists, mirror, people};
use firebell::yaml::TestSurroundings;

use crate::harness::{Span, scenario};
use crate::store::engines::{Db, on_each_engine};

const NOW: Timestamp = Timestamp::from_ms(1_772_442_000_000);

fn the_rules() -> Arc<Rules> {
    let yaml = "store: {url: 'sqlite::memory:'}\nroute: {receiver: ops}\n\
                receivers: [{name: ops, slack: {channel: '#ops'}}]\n";
    let loaded = load_str(yaml, Need::Rules, &TestSurroundings::default());
    Arc::new(rules(&loaded.config.unwrap()))
}

fn group(title: &str, state: State, priority: u8) -> Group {
    Group {
        id: 0,
        number: 0,
        integration: "am".to_owned(),
        kind: "alertmanager".to_owned(),
        receiver: "ops".to_owned(),
        route: "{}".to_owned(),
        group_key: format!("am/{{}}/{title}"),
        group_labels: Labels::new(),
        channels: vec!["#ops".to_owned()],
        title: title.to_owned(),
        priority: Priority::from_number(priority).unwrap(),
        state,
        facts: Facts::default(),
        firing: 1,
        resolved: 0,
        notified_at: Some(NOW),
        flushed_at: None,
        created_at: NOW,
        updated_at: NOW,
        resolved_at: (state == State::Resolved).then_some(NOW),
        attached_to: None,
    }
}

fn add(tx: &mut dyn Tx, new: &Group, labels: &[&[(&str, &str)]]) -> Result<Group, StoreError> {
    let made = groups::add(tx, new)?;
    for (nth, labels) in labels.iter().enumerate() {
        let labels: Labels = labels.iter().copied().collect();
        let row = AlertRow {
            group_id: made.id,
            fingerprint: format!("{:08}-{nth:05}", made.id),
            integration: "am".to_owned(),
            firing: new.state != State::Resolved,
            priority: u32::from(new.priority.as_number()),
            starts: NOW,
            ended: new.resolved_at,
            expires: None,
            seen: NOW,
            told: String::new(),
            labels: serde_json::to_string(&labels).unwrap(),
            data: "{}".to_owned(),
        };
        alerts::put(tx, &row)?;
    }
    Ok(made)
}

async fn work<T: Send + 'static>(
    store: &Store,
    now: Timestamp,
    job: impl Fn(&mut Work<'_>) -> Result<T, StoreError> + Send + Sync + 'static,
) -> T {
    static CALLS: AtomicU64 = AtomicU64::new(0);
    let (rules, seed) = (the_rules(), CALLS.fetch_add(1, Ordering::Relaxed));
    let done = store.write(move |tx| {
        let random = SeededRandom::new(seed);
        people::put_member(tx, "U_ANN", "Ann", now)?;
        people::put_channels(tx, "U_ANN", &BTreeSet::new(), now)?;
        job(&mut Work::new(tx, &rules, now, &random))
    });
    done.await.unwrap()
}

/// All that is due now, as the driver does it.
async fn tick_all(store: &Store, now: Timestamp) {
    while store.read(tick::next_at).await.unwrap().is_some_and(|at| at <= now) {
        work(store, now, tick::tick).await;
    }
}

/// What the list is to hold, the plain way.
struct Expected {
    id: i64,
    state: State,
    priority: u8,
    title: String,
    team: &'static str,
    mine: bool,
}

async fn fill(store: &Store, count: usize) -> Vec<Expected> {
    let mut all = Vec::new();
    for some in 0..count.div_ceil(200) {
        let made = store.write(move |tx| {
            let random = SeededRandom::new(some as u64);
            let mut made = Vec::new();
            for nth in some * 200..count.min(some * 200 + 200) {
                let states = [State::Firing, State::Acknowledged, State::Silenced, State::Resolved];
                let state = states[random.below(4) as usize];
                let priority = random.below(5) as u8 + 1;
                let title =
                    ["Disk 100% full", "Größe der Queue", "GRÖSSER", "load_high"][random.below(4) as usize];
                let team = ["db", "web"][random.below(2) as usize];
                let mine = random.below(3) == 0;
                let mut new = group(&format!("{title} {nth}"), state, priority);
                if mine {
                    let by = Actor::Person("U_ME%".to_owned());
                    new.facts.acknowledged = Some(Taken { by, at: NOW });
                }
                let one = add(tx, &new, &[&[("team", team), ("n", "a\"b")]])?;
                made.push((one.id, state, priority, new.title, team, mine));
            }
            Ok::<_, StoreError>(made)
        });
        all.extend(made.await.unwrap().into_iter().map(|(id, state, priority, title, team, mine)| {
            Expected { id, state, priority, title, team, mine }
        }));
    }
    all
}

#[tokio::test]
async fn lists_are_whole_filtered_and_paged_whatever_decides() {
    on_each_engine(async |db| {
        let store = db.open().await;
        let mut all = fill(&store, FIND_GROUPS_AT_ONCE as usize * 2 + 77).await;
        let is_open = |one: &Expected| one.state != State::Resolved;
        let matchers = |text: &str| Some(Matchers::parse(text).unwrap());
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        type Holds = Box<dyn Fn(&Expected) -> bool>;
        let table: Vec<(&str, Filter, Holds)> = vec![
            ("all open", Filter::default(), Box::new(is_open)),
            (
                "firing P1 and P2",
                Filter {
                    states: vec![State::Firing],
                    priorities: vec![Priority::P1, Priority::P2],
                    ..Filter::default()
                },
                Box::new(|one| one.state == State::Firing && one.priority <= 2),
            ),
            (
                "a word with LIKE's own signs",
                Filter { words: words(&["100% f"]), ..Filter::default() },
                Box::new(move |one| is_open(one) && one.title.contains("100% f")),
            ),
            (
                "an underscore is no wildcard",
                Filter { words: words(&["d_h"]), ..Filter::default() },
                Box::new(move |one| is_open(one) && one.title.contains("d_h")),
            ),
            (
                "letters beyond ASCII in either case",
                Filter { words: words(&["größ", "queue"]), ..Filter::default() },
                Box::new(move |one| is_open(one) && one.title.contains("Größe der Queue")),
            ),
            ("a channel", Filter { words: words(&["ops"]), ..Filter::default() }, Box::new(is_open)),
            (
                "mine, resolved or acknowledged",
                Filter {
                    states: vec![State::Acknowledged, State::Resolved],
                    user: Some("U_ME%".to_owned()),
                    ..Filter::default()
                },
                Box::new(|one| one.mine && matches!(one.state, State::Acknowledged | State::Resolved)),
            ),
            ("nobody's", Filter { user: Some("UXME%".to_owned()), ..Filter::default() }, Box::new(|_| false)),
            (
                "labels",
                Filter { matchers: matchers(r#"team="db", n="a\"b""#), ..Filter::default() },
                Box::new(move |one| is_open(one) && one.team == "db"),
            ),
            (
                "a pattern, in what was resolved",
                Filter {
                    states: vec![State::Resolved],
                    matchers: matchers(r#"team=~"we.""#),
                    ..Filter::default()
                },
                Box::new(|one| one.state == State::Resolved && one.team == "web"),
            ),
        ];
        // Open ones by urgency, the newest first; then the resolved ones, the last one first.
        all.sort_by_key(|one| {
            let resolved = one.state == State::Resolved;
            (resolved, if resolved { 0 } else { one.priority }, -one.id)
        });
        for (what, filter, holds) in table {
            let expected: Vec<i64> = all.iter().filter(|one| holds(one)).map(|one| one.id).collect();
            for page in [1, 2, expected.len().div_ceil(ALERTS_PAGE).max(1)] {
                let filter = filter.clone();
                let one = store.read(move |tx| find::page(tx, &filter, page, ALERTS_PAGE)).await.unwrap();
                assert_eq!((one.total, one.looked_at), (expected.len(), None), "{what}");
                let ids: Vec<i64> = one.groups.iter().map(|group| group.id).collect();
                let of_page = expected.chunks(ALERTS_PAGE).nth(one.page - 1).unwrap_or_default();
                assert_eq!(ids, of_page, "{what}, page {page}");
            }
            let filter = filter.clone();
            let last = store.read(move |tx| find::page(tx, &filter, 9_999, ALERTS_PAGE)).await.unwrap();
            assert_eq!(last.page, last.pages, "{what}");
        }
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_row_that_is_not_understood_hides_no_other() {
    on_each_engine(async |db| {
        let store = db.open().await;
        let made = store.write(|tx| {
            let known = add(tx, &group("Known", State::Firing, 2), &[&[("a", "b")]])?;
            let odd = add(tx, &group("Of a newer version", State::Firing, 3), &[&[("a", "b")]])?;
            let broken = add(tx, &group("Broken", State::Firing, 1), &[])?;
            tx.exec("UPDATE alert_group SET state = 'snoozed', priority = 9 WHERE id = ?1", args![odd.id])?;
            tx.exec("UPDATE alert_group SET facts = 'not JSON' WHERE id = ?1", args![broken.id])?;
            Ok::<_, StoreError>((known.id, odd.id))
        });
        let (known, odd) = made.await.unwrap();
        let found = store.read(|tx| find::page(tx, &Filter::default(), 1, 10)).await.unwrap();
        let shown: Vec<_> = found.groups.iter().map(|one| (one.id, one.state, one.priority)).collect();
        // Taken for the worse, and one that cannot be read at all is counted and named in the log.
        assert_eq!(shown, [(known, State::Firing, Priority::P2), (odd, State::Firing, Priority::P1)]);
        assert_eq!(found.total, 3);
        assert_eq!(store.read(|tx| groups::open(tx, 10)).await.unwrap().len(), 2);
        store.close().await;
    })
    .await;
}

/// Who makes and ends silences.
fn ann() -> By {
    By { actor: Actor::Person("U_ANN".to_owned()), via: Via::Command }
}

#[tokio::test]
async fn a_silence_takes_and_frees_every_group_some_at_a_time() {
    on_each_engine(async |db| {
        let store = db.open().await;
        let many = SILENCE_CHANGES_AT_ONCE * 2 + 30;
        store
            .write(move |tx| {
                for nth in 0..many {
                    add(tx, &group(&format!("Db {nth}"), State::Firing, 2), &[&[("team", "db")]])?;
                    if nth % 3 == 0 {
                        add(tx, &group(&format!("Web {nth}"), State::Firing, 2), &[&[("team", "web")]])?;
                    }
                    if nth % 50 == 0 {
                        let both: [&[(&str, &str)]; 2] = [&[("team", "db")], &[("team", "web")]];
                        add(tx, &Group { firing: 2, ..group(&format!("Both {nth}"), State::Firing, 2) }, &both)?;
                        add(tx, &group(&format!("Taken {nth}"), State::Acknowledged, 2), &[&[("team", "db")]])?;
                    }
                }
                Ok::<_, StoreError>(())
            })
            .await
            .unwrap();
        let matchers = Matchers::parse("team=db").unwrap();
        let preview = matchers.clone();
        let covered = store.read(move |tx| find::covered(tx, &preview)).await.unwrap();
        let some = many.cast_unsigned().div_ceil(50) as usize;
        assert_eq!(covered.whole.count, many as usize);
        assert_eq!((covered.stay.count, covered.partly.count), (some, some));

        let states = |of: &'static str| {
            store.read(move |tx| {
                let like = format!("{of} %");
                let sql = "SELECT state, COUNT(*) FROM alert_group WHERE title LIKE ?1 GROUP BY state ORDER BY state";
                let rows = tx.query(sql, args![&like])?;
                rows.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect::<Result<Vec<(String, i64)>, StoreError>>()
            })
        };
        let is = |state: &str, count: i64| vec![(state.to_owned(), count)];
        let ends = NOW + 2.hours();
        let id = work(&store, NOW, move |work| hush::silence(work, &matchers, NOW, ends, "", &ann())).await;
        let first = states("Db").await.unwrap();
        assert!(first.contains(&("silenced".to_owned(), SILENCE_CHANGES_AT_ONCE)), "one transaction: {first:?}");
        tick_all(&store, NOW).await;
        assert_eq!(states("Db").await.unwrap(), is("silenced", many));
        assert_eq!(states("Taken").await.unwrap(), is("acknowledged", some as i64));
        for untouched in ["Web", "Both"] {
            assert_eq!(states(untouched).await.unwrap()[0].0, "firing");
        }
        // One is over meanwhile, and one keeps quiet without being silenced.
        let (over, waiting) = store
            .write(|tx| {
                let silenced = lists::of_silence(tx, 1, 0, 1)?;
                let mut over = groups::by_id(tx, silenced[0])?.unwrap();
                let _ = over.resolve(&Actor::Firebell, None, NOW);
                groups::save(tx, &over)?;
                let waiting = Group { notified_at: None, ..group("Waits", State::Firing, 2) };
                Ok::<_, StoreError>((over.id, add(tx, &waiting, &[&[("team", "db")]])?.id))
            })
            .await
            .unwrap();
        assert!(work(&store, NOW, move |work| hush::unsilence(work, id, &ann())).await);
        let later = NOW + 1.seconds();
        // Only what lifting does itself: the groups look for themselves later.
        while let Some(one) = store
            .read(move |tx| Ok::<_, StoreError>(due::list(tx, later, 1_000)?.into_iter().find(|one| one.kind == "silence_ends")))
            .await
            .unwrap()
        {
            work(&store, NOW, move |work| tick::tick_one(work, &tick::One::Due(one.clone()))).await;
        }
        let left = store.read(move |tx| lists::of_silence(tx, id, 0, 1)).await.unwrap();
        assert_eq!(left, Vec::<i64>::new(), "none of them is held any more");
        assert_eq!(states("Db").await.unwrap(), [("firing".to_owned(), many - 1), ("resolved".to_owned(), 1)]);
        let over = store.read(move |tx| groups::by_id(tx, over)).await.unwrap().unwrap();
        assert_eq!(over.facts.silenced, None, "fires it again, it is told");
        let waits = store.read(move |tx| due::at(tx, "group_flush", &waiting.to_string())).await.unwrap();
        assert!(waits.is_some_and(|at| at <= NOW), "{waits:?}");
        store.close().await;
    })
    .await;
}

/// Everything that is old enough, as the app forgets it, without its rests.
pub(crate) async fn forget(store: &Store, before: Timestamp) -> BTreeMap<&'static str, u64> {
    let mut counts = BTreeMap::new();
    for kind in KINDS {
        let mut after = Place::default();
        loop {
            let from = after.clone();
            let Some(old) = store.read(move |tx| retention::list(tx, kind, before, &from, 7)).await.unwrap()
            else {
                break;
            };
            after = old.end.clone();
            let mut more = true;
            while more {
                let old = old.clone();
                let removed = store.write(move |tx| retention::remove(tx, kind, before, &old)).await.unwrap();
                *counts.entry(kind.table()).or_default() += removed.rows;
                more = removed.more;
            }
        }
    }
    counts
}

async fn rows(store: &Store, table: &str) -> i64 {
    let sql = format!("SELECT COUNT(*) FROM {table}");
    store.read(move |tx| tx.query_i64(&sql, args![])).await.unwrap()
}

fn event(tx: &mut dyn Tx, subject: &str) -> Result<(), StoreError> {
    tx.exec(
        "INSERT INTO event (at_ms, subject, kind, actor, source, reason, data) VALUES (?1, ?2, 'k', 'a', 's', '', '{}')",
        args![NOW, subject],
    )?;
    Ok(())
}

#[tokio::test]
async fn what_is_old_goes_and_the_file_gets_smaller() {
    on_each_engine(async |db| {
        let store = db.open().await;
        let rules = the_rules();
        let kept = store
            .write(move |tx| {
                let random = SeededRandom::new(1);
                let mut kept = Vec::new();
                for nth in 0..120 {
                    let state = if nth % 20 == 0 { State::Firing } else { State::Resolved };
                    let one = add(
                        tx,
                        &group(&format!("Old {nth} {}", "x".repeat(900)), state, 2),
                        &[&[("a", "b")]],
                    )?;
                    event(tx, &format!("group:{}", one.id))?;
                    let name = format!("group:{}@#ops", one.id);
                    let sql =
                        "INSERT INTO message_ref (name, channel_id, ts, posted_ms) VALUES (?1, 'C1', ?2, ?3)";
                    tx.exec(sql, args![&name, &format!("{nth}.1"), NOW])?;
                    if state == State::Firing {
                        kept.push(one.id);
                    }
                }
                let many = (RETENTION_ALERTS * 2 + 3) as usize;
                let labels: Vec<&[(&str, &str)]> = vec![&[("a", "b")]; many];
                let big = Group { firing: 0, resolved: many as u32, ..group("Big", State::Resolved, 2) };
                add(tx, &big, &labels)?;
                let of_incident = add(tx, &group("Of an incident", State::Resolved, 2), &[&[("a", "b")]])?;
                event(tx, &format!("group:{}", of_incident.id))?;
                people::put_member(tx, "U_ANN", "Ann", NOW)?;
                let mut work = Work::new(tx, &rules, NOW, &random);
                let wish =
                    Wish { title: "It burns".to_owned(), groups: vec![of_incident.id], ..Wish::default() };
                let Declared::New(_) = incident::declare(&mut work, wish, &ann())? else {
                    panic!("none was made")
                };
                kept.push(of_incident.id);
                Ok::<_, StoreError>(kept)
            })
            .await
            .unwrap();
        let pages = |store: Store| async move {
            match store.dialect() {
                Dialect::Sqlite => store.read(|tx| tx.query_i64("PRAGMA page_count", args![])).await.unwrap(),
                Dialect::Postgres => 0,
            }
        };
        let incident_events = store
            .read(|tx| tx.query_i64("SELECT COUNT(*) FROM event WHERE subject LIKE 'incident:%'", args![]))
            .await
            .unwrap();
        let before = pages(store.clone()).await;
        let counts = forget(&store, NOW + 1.seconds()).await;
        assert!(counts["alert_group"] > 114, "{counts:?}");
        let mut left: Vec<i64> = store
            .read(|tx| {
                let rows = tx.query("SELECT id FROM alert_group ORDER BY id", args![])?;
                rows.iter().map(|row| row.get(0)).collect::<Result<_, StoreError>>()
            })
            .await
            .unwrap();
        left.sort_unstable();
        assert_eq!(left, kept, "open ones stay, and those of incidents");
        assert_eq!(rows(&store, "alert").await, kept.len() as i64);
        assert_eq!(rows(&store, "message_ref").await, 6, "an open group knows where its message is");
        let events = store
            .read(|tx| tx.query_i64("SELECT COUNT(*) FROM event WHERE subject LIKE 'incident:%'", args![]))
            .await
            .unwrap();
        assert_eq!(events, incident_events);
        let last = kept.last().copied().unwrap();
        let of_group = format!("group:{last}");
        let its_own =
            store.read(move |tx| firebell::store::events::count_by_subject(tx, &of_group, Timestamp::MAX));
        assert!(its_own.await.unwrap() > 0, "what an incident's record shows stays");
        assert_eq!(
            forget(&store, NOW + 1.seconds()).await.values().sum::<u64>(),
            0,
            "nothing is left to forget"
        );

        // A little is kept for what comes; this much was never empty, so make it so.
        if store.dialect() == Dialect::Sqlite {
            store
                .write(|tx| {
                    for nth in 0..6_000 {
                        let sql = "INSERT INTO meta (key, value) VALUES (?1, ?2)";
                        tx.exec(sql, args![&format!("fill {nth}"), &"x".repeat(3_000)])?;
                    }
                    tx.exec("DELETE FROM meta WHERE key LIKE 'fill %'", args![])
                })
                .await
                .unwrap();
            let full = pages(store.clone()).await;
            while store.write(|tx| retention::give_back(tx, 500)).await.unwrap() > 0 {}
            let small = pages(store.clone()).await;
            assert!(small < full - 3_000, "{before} {full} {small}");
        }
        store.close().await;
    })
    .await;
}

/// A file that was made before files could get smaller.
#[tokio::test]
async fn an_old_file_is_written_anew_once() {
    let db = Db::sqlite();
    let open = async |steps: usize| {
        let migrations = &firebell::store::MIGRATIONS[..steps];
        Store::open(firebell::store::StoreOptions { migrations, ..db.options() }).await.unwrap()
    };
    let all = firebell::store::MIGRATIONS.len();
    let store = open(all - 1).await;
    crate::store::samples::fill(&store, 1).await;
    store.close().await;
    let plain = rusqlite::Connection::open(db.path()).unwrap();
    plain.execute_batch("PRAGMA auto_vacuum = 0; VACUUM").unwrap();
    drop(plain);
    let store = open(all).await;
    let mode = store.read(|tx| tx.query_i64("PRAGMA auto_vacuum", args![])).await.unwrap();
    assert_eq!(mode, 2, "incremental");
    assert!(rows(&store, "event").await > 0);
    store.close().await;
}

#[tokio::test]
async fn a_long_record_is_written_in_pieces() {
    on_each_engine(async |db| {
        let store = db.open().await;
        let notes = 1_500_u64;
        work(&store, NOW - 1.hours(), |work| {
            let wish = Wish { title: "It burns".to_owned(), ..Wish::default() };
            incident::declare(work, wish, &ann()).map(drop)
        })
        .await;
        work(&store, NOW, move |work| {
            for nth in 0..notes {
                // Some of them were written down late, so the order of ids is not that of time.
                let at = (nth % 10 == 0).then_some(NOW - (1 + nth).seconds());
                incident::note(work, 1, &ann(), &format!("step {nth}"), at)?;
            }
            Ok(())
        })
        .await;
        for format in [Format::Json, Format::Markdown] {
            let (text, largest, pieces, last) = store
                .read(move |tx| {
                    let incident = firebell::store::incidents::by_number(tx, 1)?.unwrap();
                    let (mut text, mut largest, mut pieces) = (String::new(), 0, 0);
                    let chain =
                        record::write(tx, &incident, format, Shown::PUBLISHED, &|_, _| None, &mut |piece| {
                            (largest, pieces) = (largest.max(piece.len()), pieces + 1);
                            text.push_str(piece);
                            Ok::<_, StoreError>(())
                        })?;
                    Ok::<_, StoreError>((text, largest, pieces, chain.last()))
                })
                .await
                .unwrap();
            assert!(largest < EXPORT_PIECE_BYTES + 4_096 && pieces > 1, "{largest} in {pieces}");
            match format {
                Format::Json => {
                    assert_eq!(chain::verify(&text).map(|found| found.last), Ok(last));
                    let whole: serde_json::Value = serde_json::from_str(&text).unwrap();
                    let pretty = serde_json::to_string_pretty(&whole).unwrap() + "\n";
                    assert_eq!(text, pretty, "it is written as one value would be");
                    let times: Vec<&str> = whole["timeline"]
                        .as_array()
                        .unwrap()
                        .iter()
                        .map(|one| one["at"].as_str().unwrap())
                        .collect();
                    assert!(times.is_sorted(), "in the order of time");
                    assert!(times.len() > notes as usize);
                }
                Format::Markdown => {
                    assert!(text.contains(&last) && text.contains("step 1499"));
                    assert_eq!(text.matches("step 7*").count(), 2, "as a key moment, and in its place");
                }
            }
        }
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn the_channels_that_matter_are_read_first() {
    on_each_engine(async |db| {
        let store = db.open().await;
        work(&store, NOW, |work| {
            for (channel, quiet_h) in
                [("C_OLD", 100_u64), ("C_RECENT", 1), ("C_DOUBT", 200), ("C_LONG_WAIT", 90)]
            {
                let wish = Wish { title: channel.to_owned(), ..Wish::default() };
                let Declared::New(made) = incident::declare(work, wish, &ann())? else {
                    panic!("none was made")
                };
                mirror::start(work.tx, channel, made.id, NOW)?;
                let waits_since = if channel == "C_LONG_WAIT" { NOW - 1.hours() } else { NOW };
                work.tx.exec(
                    "UPDATE mirror SET active_ms = ?2, wanted_ms = ?3 WHERE channel_id = ?1",
                    args![channel, NOW - quiet_h.hours(), waits_since],
                )?;
            }
            mirror::put_early(work.tx, "C_DOUBT", "1.2", "1.3", "{}", NOW)
        })
        .await;
        let mut order = Vec::new();
        while let Some(next) = store.write(|tx| mirror::wanted(tx, NOW)).await.unwrap() {
            let channel = next.channel_id.clone();
            order.push(next.channel_id);
            let done = "UPDATE mirror SET wanted_ms = NULL WHERE channel_id = ?1";
            store.write(move |tx| tx.exec(done, args![&channel])).await.unwrap();
        }
        assert_eq!(order, ["C_LONG_WAIT", "C_DOUBT", "C_RECENT", "C_OLD"], "waiting makes up for the rest");
        store.close().await;
    })
    .await;
}

scenario! {
    async fn questions_and_deeds_are_told_apart(world) {
        world.fire("DiskFull", &["db1"]).await;
        let message = world.channel("#ops").expect("DiskFull").await;
        let ann = world.as_user("ann");
        ann.command("/firebell alerts").await;
        ann.sees("1 open alert").await;
        ann.command("/firebell #1 why").await;
        ann.sees("DiskFull").await;
        ann.command("/firebell silence alertname=DiskFull 2h").await;
        ann.sees("Falls silent now (1)").await;
        // The same word, but it changes something: it is tried on a reader and done by the writer.
        ann.command("/firebell silence #1 2h").await;
        ann.sees("is silenced").await;
        message.expect_update("Silenced by").await;
        message.thread().expect("Silenced by").await;
        ann.command("/firebell silences").await;
        ann.sees("To lift one").await;
    }
}
