use serde_json::json;

use super::chain::Chain;
use super::markdown::Markdown;
use super::*;

/// Seals an entry as it is written: its words are there.
pub(super) fn sealed(at: &str, what: What) -> Entry {
    let salt = chain::salt("a key", at);
    let seal = chain::words_hash(&salt, &what);
    let seal = seal.map(|words_hash| Seal { salt: Some(salt), words_hash, redacted: None });
    Entry { at: at.to_owned(), what, seal }
}

pub(super) fn record() -> (Record, Vec<Entry>) {
    let message = |ts: &str, plain: &str| Message {
        ts: ts.to_owned(),
        thread_ts: None,
        kind: "said".to_owned(),
        user_id: Some("U1".to_owned()),
        author: "Ann".to_owned(),
        ours: false,
        text: plain.to_owned(),
        plain: plain.to_owned(),
        files: Vec::new(),
        reactions: Default::default(),
        versions: Vec::new(),
        deleted_at: None,
        deleted_by: None,
        pinned: false,
        key_at: None,
        key_by: None,
        permalink: Some("https://acme.slack.com/archives/C1/p1".to_owned()),
    };
    let version = |at: &str, plain: &str| Version {
        at: at.to_owned(),
        text: plain.to_owned(),
        plain: plain.to_owned(),
    };
    let edited = Message {
        versions: vec![
            version("2026-03-02T09:02:00Z", "it is the databse"),
            version("2026-03-02T09:02:30.5Z", "it is the *database*"),
        ],
        key_at: Some("2026-03-02T09:02:40Z".to_owned()),
        key_by: Some("U2".to_owned()),
        ..message("1.2", "it is the *database*")
    };
    let deleted =
        Message { deleted_at: Some("2026-03-02T09:09:09Z".to_owned()), ..message("1.3", "oops\n# no") };
    let reply = |ts: &str, plain: &str| Message { thread_ts: Some("1.2".to_owned()), ..message(ts, plain) };
    let joined = Message { kind: "joined".to_owned(), ..message("1.6", "@Ann has joined the channel") };
    let entry = sealed;
    let empty = message("1.7", "");
    // Its words were redacted; their hash stays.
    let redacted = Entry {
        seal: Some(Seal {
            salt: None,
            words_hash: "ab".repeat(32),
            redacted: Some(Redaction {
                at: "2026-03-02T09:30:00Z".to_owned(),
                by: "slack:U2".to_owned(),
                name: "Bob".to_owned(),
            }),
        }),
        ..sealed("2026-03-02T09:06:00Z", What::Message(Box::new(empty)))
    };
    let record = Record {
        format: FORMAT,
        number: 12,
        title: "The shop | is down".to_owned(),
        severity: "SEV1".to_owned(),
        status: "monitoring".to_owned(),
        state: "resolved".to_owned(),
        private: false,
        drill: false,
        description: "Nobody can pay".to_owned(),
        labels: [("team", "shop")].into_iter().collect(),
        channel_id: Some("C1".to_owned()),
        channel_name: Some("inc-12".to_owned()),
        merged_into: None,
        summary: Summary { cause: "a typo".to_owned(), fix: "rolled back".to_owned(), ..Summary::default() },
        times: Times {
            declared: "2026-03-02T09:00:00Z".to_owned(),
            resolved: Some("2026-03-02T10:00:00Z".to_owned()),
            began_to_resolved_s: Some(3_600),
            ..Times::default()
        },
        roles: vec![Role {
            role: "Commander".to_owned(),
            user_id: "U1".to_owned(),
            name: "Ann".to_owned(),
            since: "2026-03-02T09:01:00Z".to_owned(),
        }],
        people: vec![Person { user_id: "U1".to_owned(), name: "Ann".to_owned(), messages: 3 }],
        alert_groups: Vec::new(),
        links: vec![Link { title: "Runbook".to_owned(), url: "https://example.com".to_owned() }],
        tasks: vec![Task {
            number: 1,
            text: "call them".to_owned(),
            assignee: Some("Bob".to_owned()),
            follow_up: false,
            done_at: Some("2026-03-02T09:30:00Z".to_owned()),
        }],
    };
    let timeline = vec![
        entry(
            "2026-03-02T09:00:00Z",
            What::Event(Event {
                id: 1,
                kind: "declared".to_owned(),
                alert_group: None,
                actor: "slack:U1".to_owned(),
                name: "Ann".to_owned(),
                source: "command".to_owned(),
                text: "declared the incident".to_owned(),
                data: json!({}),
            }),
        ),
        entry("2026-03-02T09:02:00Z", What::Message(Box::new(edited))),
        entry("2026-03-02T09:03:00Z", What::Message(Box::new(deleted))),
        entry("2026-03-02T09:04:00Z", What::Message(Box::new(reply("1.4", "on it")))),
        entry("2026-03-02T09:04:10Z", What::Message(Box::new(reply("1.5", "- done\nby hand")))),
        entry("2026-03-02T09:05:00Z", What::Message(Box::new(joined))),
        redacted,
        entry(
            "2026-03-02T09:40:00Z",
            What::Event(Event {
                id: 2,
                kind: "status".to_owned(),
                alert_group: None,
                actor: "slack:U1".to_owned(),
                name: "Ann".to_owned(),
                source: "command".to_owned(),
                text: "changed the status".to_owned(),
                data: json!({}),
            }),
        ),
        entry(
            "2026-03-02T23:10:00Z",
            What::Gap { until: "2026-03-03T00:20:00Z".to_owned(), reason: "the bot was away".to_owned() },
        ),
    ];
    (record, timeline)
}

/// As it is written into a file.
pub(super) fn json_of(record: &Record, timeline: &[Entry]) -> Value {
    let mut whole = serde_json::to_value(record).unwrap();
    let mut chain = Chain::begin(record);
    whole["timeline"] = timeline.iter().map(|entry| chain.add(entry)).collect();
    whole["chain"] = chain.closing();
    whole
}

fn markdown_of(record: &Record, timeline: &[Entry]) -> String {
    let mut out = String::new();
    let roots = [("1.2".to_owned(), ("Ann".to_owned(), "2026-03-02T09:02:00Z".to_owned()))];
    let mut markdown = Markdown::begin(&mut out, record, roots.into());
    timeline.iter().for_each(|entry| markdown.key_moment(&mut out, entry));
    markdown.timeline(&mut out);
    timeline.iter().for_each(|entry| markdown.entry(&mut out, entry));
    markdown.end(&mut out, "beef");
    out
}

#[test]
fn the_markdown_reads_well() {
    let (record, timeline) = record();
    let text = markdown_of(&record, &timeline);
    for part in [
        "# INC-12 The shop | is down",
        "| Commander | Ann |",
        "| Resolved | 2026-03-02 10:00:00 UTC (after 1 h) |",
        "| People (messages) | Ann (3) |",
        "## What fixed it\n\nrolled back",
        "- [x] 1. call them — Bob",
        "## Key moments",
        "📌 **Ann**: it is the \\*database\\*",
        "\n### 2026-03-02\n\n- `09:00:00` *Ann declared the incident*\n",
        "\n  - until 09:02:30 it read: it is the databse\n",
        "~~oops # no~~ *(deleted, 09:09:09)*",
        "\n  - ↳ [`09:04:00`](<https://acme.slack.com/archives/C1/p1>) **Ann** (to Ann, 09:02:00): on it\n",
        "\n  - ↳ [`09:04:10`](<https://acme.slack.com/archives/C1/p1>) **Ann**: \\- done  \n    by hand\n",
        " *Ann has joined the channel*\n",
        "**Ann**: *(redacted by Bob, 09:30:00)*\n",
        "- `23:10:00` **Gap until 2026-03-03 00:20:00**: what",
        "The last hash of this record's chain: `beef`",
    ] {
        assert!(text.contains(part), "{part}\n\n{text}");
    }
}

#[test]
fn every_change_of_the_json_shows_and_where() {
    let (record, timeline) = record();
    let whole = json_of(&record, &timeline);
    let text = serde_json::to_string_pretty(&whole).unwrap();
    let verified = chain::verify(&text).unwrap();
    assert_eq!(Some(verified.last.as_str()), whole["chain"]["last"].as_str());
    let at = |nth: usize| whole["timeline"][nth]["at"].as_str().unwrap().to_owned();
    for (from, to, broken) in [
        ("rolled back", "prayed", chain::Broken::Head),
        ("it is the databse", "it is the database", chain::Broken::Entry { number: 2, at: at(1) }),
        ("the bot was away", "nothing", chain::Broken::Entry { number: 9, at: at(8) }),
    ] {
        assert!(text.contains(from), "{from}");
        assert_eq!(chain::verify(&text.replacen(from, to, 1)), Err(broken), "{from}");
    }
    let mut shorter = whole.clone();
    shorter["timeline"].as_array_mut().unwrap().pop();
    assert_eq!(chain::verify(&shorter.to_string()), Err(chain::Broken::End));
    let mut without = whole.clone();
    without["timeline"].as_array_mut().unwrap().remove(1);
    assert!(matches!(chain::verify(&without.to_string()), Err(chain::Broken::Entry { number: 2, .. })));
    let mut sorted: Vec<_> = whole.as_object().unwrap().clone().into_iter().collect();
    sorted.sort_by(|(a, _), (b, _)| b.cmp(a));
    let sorted: serde_json::Map<_, _> = sorted.into_iter().collect();
    assert!(chain::verify(&Value::Object(sorted).to_string()).is_ok(), "the order of keys is no content");
    let twice = text.replacen("\"timeline\"", "\"timeline\": [], \"timeline\"", 1);
    assert!(matches!(chain::verify(&twice), Err(chain::Broken::NoRecord(_))));
    assert!(matches!(chain::verify("{}"), Err(chain::Broken::NoRecord(_))));
    assert!(matches!(chain::verify("no"), Err(chain::Broken::NoRecord(_))));
}

/// Words that are taken out leave their hash: every hash before and behind them stays what it was.
#[test]
fn a_redaction_breaks_no_chain() {
    let (record, mut timeline) = record();
    let before = json_of(&record, &timeline);
    let entry = &mut timeline[1];
    if let What::Message(message) = &mut entry.what {
        message.text.clear();
        message.plain.clear();
        message.versions.clear();
    }
    let redaction = Redaction {
        at: "2026-03-02T09:50:00Z".to_owned(),
        by: "slack:U2".to_owned(),
        name: "Bob".to_owned(),
    };
    let seal = entry.seal.as_mut().unwrap();
    (seal.salt, seal.redacted) = (None, Some(redaction));
    let after = json_of(&record, &timeline);
    chain::verify(&after.to_string()).unwrap();
    assert!(!after.to_string().contains("database"), "{after}");
    let hashes = |whole: &Value| -> Vec<Value> {
        whole["timeline"].as_array().unwrap().iter().map(|entry| entry["hash"].clone()).collect()
    };
    assert_eq!(hashes(&after), hashes(&before));
    assert_ne!(after["chain"]["last"], before["chain"]["last"], "that it was redacted is covered, too");
    // Nobody can put words into the place of those that were taken out.
    let mut forged = after.clone();
    forged["timeline"][1]["text"] = json!("it was Ann");
    assert!(matches!(chain::verify(&forged.to_string()), Err(chain::Broken::Entry { number: 2, .. })));
}

/// What an earlier version wrote, whose chain covers the words themselves.
#[test]
fn files_of_the_first_format_still_verify() {
    let old = include_str!("../../../tests/fixtures/records/format-1.json");
    let found = chain::verify(old).unwrap();
    assert_eq!((found.entries, found.last.len()), (2, 64));
    let (before, timeline) = old.split_once("\"timeline\"").unwrap();
    let changed = timeline.replacen("The provider lost", "We lost", 1);
    assert_ne!(changed, timeline);
    let changed = chain::verify(&format!("{before}\"timeline\"{changed}"));
    assert!(matches!(changed, Err(chain::Broken::Entry { .. })), "{changed:?}");
}

#[test]
fn no_byte_of_it_can_be_another() {
    let (record, timeline) = record();
    let whole = json_of(&record, &timeline).to_string();
    assert!(chain::verify(&whole).is_ok());
    for at in 0..whole.len() {
        for other in [b'0', b'z'] {
            let mut bytes = whole.clone().into_bytes();
            if bytes[at] == other {
                continue;
            }
            bytes[at] = other;
            let Ok(changed) = String::from_utf8(bytes) else { continue };
            assert!(chain::verify(&changed).is_err(), "byte {at} may be {}: {changed}", char::from(other));
        }
    }
}
