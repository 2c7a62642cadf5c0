//! Replies in a group's thread.

use firebell::domain::actor::{Actor, Via};
use firebell::domain::group::{Change, State, Told};
use firebell::domain::say::{GroupNote, Heads, Importance};
use firebell::views::note::note;

use crate::judge::takes_message;
use crate::pictures::{after, group, person};

fn heads(names: &[&str], count: u32) -> Heads {
    Heads { names: names.iter().map(|name| (*name).to_owned()).collect(), count }
}

fn all() -> Vec<GroupNote> {
    let told = |change, by, via| GroupNote::Changed(Told { change, by, via, at: after(38) });
    let ann = || person("U2");
    vec![
        told(Change::Acknowledged { lifted: false }, ann(), Via::Button),
        told(Change::Acknowledged { lifted: true }, ann(), Via::Reaction),
        told(Change::Unacknowledged { timed_out: false }, ann(), Via::Command),
        told(Change::Unacknowledged { timed_out: true }, Actor::Firebell, Via::Timer),
        told(Change::Resolved { note: None }, Actor::Integration("grafana".to_owned()), Via::Source),
        told(Change::Resolved { note: Some("grew *the* volume".to_owned()) }, ann(), Via::Form),
        told(Change::Unresolved, ann(), Via::Button),
        told(Change::Silenced { until: Some(after(98)), had_it: Some(person("U9")) }, ann(), Via::Button),
        told(Change::Silenced { until: None, had_it: None }, ann(), Via::Command),
        told(Change::Unsilenced { ran_out: true }, Actor::Firebell, Via::Timer),
        told(Change::Unsilenced { ran_out: false }, ann(), Via::Api),
        told(Change::FiresAgain { times: 1, had_it: None }, Actor::Firebell, Via::Source),
        told(Change::FiresAgain { times: 3, had_it: Some(ann()) }, Actor::Firebell, Via::Source),
        GroupNote::Alerts { joined: heads(&["a", "b", "c"], 3), ended: heads(&["d"], 1), firing: 5 },
        GroupNote::Alerts { joined: heads(&["a", "b"], 40), ended: Heads::default(), firing: 45 },
        GroupNote::Words { by: ann(), via: Via::Shortcut, text: "the disk\nis <!channel> *old*".to_owned() },
        GroupNote::Called {
            users: vec!["U3".to_owned(), "U4".to_owned()],
            importance: Importance::Important,
            by: ann(),
        },
        GroupNote::Called { users: vec!["U3".to_owned()], importance: Importance::Default, by: ann() },
        GroupNote::Uncalled { user: "U3".to_owned(), by: ann() },
        GroupNote::StillFiring { since: after(0), firing: 5 },
        GroupNote::StillYours { user: "U2".to_owned(), since: after(4), unack_at: Some(after(64)) },
        GroupNote::StillYours { user: "U2".to_owned(), since: after(4), unack_at: None },
        GroupNote::Confirmed { by: ann() },
        GroupNote::Attached { number: 25, title: "PgDown (eu-1)".to_owned(), by: ann() },
        GroupNote::Detached { number: 25, by: ann() },
        GroupNote::AttachedTo { number: 25, title: "PgDown (eu-1)".to_owned(), by: ann() },
        GroupNote::DetachedFrom { number: 25, by: ann() },
        GroupNote::Fixed { by: ann(), text: "restarted *pgbouncer*".to_owned() },
        GroupNote::Incident {
            number: 12,
            title: "Nobody *can* pay".to_owned(),
            severity: "SEV1".to_owned(),
            channel_id: Some("C0INC".to_owned()),
            by: ann(),
        },
        GroupNote::Incident {
            number: 12,
            title: "DiskFull (eu-1)".to_owned(),
            severity: "SEV2".to_owned(),
            channel_id: None,
            by: Actor::Firebell,
        },
        GroupNote::CameLoose { root: 24, nobody: true },
        GroupNote::CameLoose { root: 24, nobody: false },
        GroupNote::MoreUrgent { from: 3, to: 1 },
    ]
}

#[test]
fn every_note_reads_well() {
    let group = group(State::Firing);
    let mut texts = Vec::new();
    for one in all() {
        let message = note(&group, &one, None);
        takes_message(&message);
        texts.push(message["text"].as_str().unwrap().to_owned());
    }
    insta::assert_snapshot!("notes", texts.join("\n---\n"));
}

/// Slack rings whoever is mentioned: nobody wants to be rung for what they did themselves.
#[test]
fn who_did_it_is_named_and_not_rung() {
    for one in all() {
        let of_a_person = one.by().is_some_and(|by| by.slack_id().is_some());
        let message = note(&group(State::Firing), &one, of_a_person.then_some("ann <!here>"));
        takes_message(&message);
        let text = message["text"].as_str().unwrap();
        assert!(!of_a_person || (!text.contains("<@U2>") && text.contains("ann")), "{text}");
        assert!(!text.contains("<!here>"), "{text}");
    }
}

#[test]
fn the_owner_is_asked_with_buttons() {
    let ask = GroupNote::StillYours { user: "U2".to_owned(), since: after(4), unack_at: Some(after(64)) };
    insta::assert_json_snapshot!("note_still_yours", note(&group(State::Acknowledged), &ask, None));
}
