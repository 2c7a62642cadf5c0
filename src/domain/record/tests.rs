use serde_json::json;

use super::*;
use crate::domain::time::Timestamp;

fn record() -> Record {
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
        key_by: None,
        permalink: Some("https://acme.slack.com/archives/C1/p1".to_owned()),
    };
    let version = |version, plain: &str| Version {
        version,
        text: plain.to_owned(),
        plain: plain.to_owned(),
        edited_ts: None,
        seen_at: Timestamp::from_ms(0),
    };
    let edited = Message {
        versions: vec![version(1, "it is the databse"), version(2, "it is the *database*")],
        key_by: Some("U2".to_owned()),
        ..message("1.2", "it is the *database*")
    };
    let deleted =
        Message { deleted_at: Some("2026-03-02T09:09:09Z".to_owned()), ..message("1.3", "oops\n# no") };
    let entry = |at: &str, what| Entry { at: at.to_owned(), what };
    Record {
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
        timeline: vec![
            entry(
                "2026-03-02T09:00:00Z",
                What::Event(Event {
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
            entry(
                "2026-03-02T09:10:00Z",
                What::Gap { until: "2026-03-02T09:20:00Z".to_owned(), reason: "the bot was away".to_owned() },
            ),
        ],
    }
}

#[test]
fn the_markdown_reads_well() {
    let text = markdown::render(&record());
    for part in [
        "# INC-12 The shop | is down",
        "| Commander | Ann |",
        "| Resolved | 2026-03-02 10:00:00 UTC (after 1 h) |",
        "## What fixed it\n\nrolled back",
        "- [x] 1. call them — Bob",
        "## Key moments",
        "📌 **Ann**: it is the \\*database\\*",
        "before it was edited: it is the databse",
        "~~oops \\# no~~ (deleted 2026-03-02 09:09:09)",
        "**Gap until 2026-03-02 09:20:00: the bot was away**",
        &chain::last(&record()),
    ] {
        assert!(text.contains(part), "{part}\n\n{text}");
    }
}

#[test]
fn every_change_of_the_json_shows_and_where() {
    let whole = chain::json(&record());
    let text = serde_json::to_string_pretty(&whole).unwrap();
    assert_eq!(chain::verify(&text), Ok(chain::last(&record())));
    let at = |nth: usize| whole["timeline"][nth]["at"].as_str().unwrap().to_owned();
    for (from, to, broken) in [
        ("rolled back", "prayed", chain::Broken::Head),
        ("it is the databse", "it is the database", chain::Broken::Entry { number: 2, at: at(1) }),
        ("the bot was away", "nothing", chain::Broken::Entry { number: 4, at: at(3) }),
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
    assert!(matches!(chain::verify("{}"), Err(chain::Broken::NoRecord(_))));
    assert!(matches!(chain::verify("no"), Err(chain::Broken::NoRecord(_))));
}
