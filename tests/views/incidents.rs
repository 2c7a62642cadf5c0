//! What is said about an incident: its card, the messages in its channel, outside, and to one person.

use firebell::domain::actor::{Actor, Via};
use firebell::domain::incident::news::{Note, Page, TaskNews};
use firebell::domain::incident::{Change, State, Summary};
use firebell::domain::picture::incident::IncidentPicture;
use firebell::views::incident::{announcement, card, note, page};
use serde_json::Value;

use crate::incident_pictures::{busy, by_rule, ended, fresh, summary};
use crate::judge::{mentions, takes_message};
use crate::pictures::{after, person};

fn seen(name: &str, message: &Value) {
    takes_message(message);
    insta::assert_json_snapshot!(name, message);
}

fn pictures() -> [(&'static str, IncidentPicture); 6] {
    [
        ("fresh", fresh()),
        ("busy", busy()),
        ("by_rule", by_rule()),
        ("resolved", ended(State::Resolved)),
        ("cancelled", ended(State::Cancelled)),
        ("merged", ended(State::Merged)),
    ]
}

#[test]
fn a_card_at_every_time_of_its_life() {
    for (name, picture) in pictures() {
        seen(&format!("incident_card_{name}"), &card(&picture));
    }
}

#[test]
fn an_announcement_at_every_time_of_its_life() {
    for (name, picture) in pictures().into_iter().filter(|(_, picture)| !picture.incident.private) {
        seen(&format!("incident_announcement_{name}"), &announcement(&picture));
    }
}

/// The likeliest tap stands first, and there are few.
#[test]
fn a_card_offers_what_can_be_done_now() {
    let buttons = |picture: &IncidentPicture| -> Vec<String> {
        let card = card(picture);
        let blocks = card["attachments"][0]["blocks"].as_array().unwrap().clone();
        let row = blocks.into_iter().find(|block| block["type"] == "actions").unwrap();
        let texts = row["elements"].as_array().unwrap().iter();
        texts.map(|one| one["text"]["text"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(buttons(&fresh()), ["Be Commander", "Status", "Update", "Resolve", "More…"]);
    assert_eq!(buttons(&busy()), ["Status", "Update", "Resolve", "More…"]);
    assert_eq!(buttons(&ended(State::Resolved)), ["Summary", "Reopen", "Timeline", "More…"]);
}

pub(crate) fn notes() -> Vec<Note> {
    let ann = || person("U2");
    let user = |id: &str| id.to_owned();
    let changed = |change| Note::Changed { change, by: person("U2"), via: Via::Button };
    let task =
        |task, change| Note::Task { task, text: "Ask the *provider*".to_owned(), change, by: person("U2") };
    let words = |text: &str| text.to_owned();
    vec![
        Note::Opening,
        Note::Alike,
        changed(Change::Severity { from: words("SEV2"), to: words("SEV1") }),
        changed(Change::Status { from: words("investigating"), to: words("identified") }),
        changed(Change::Title { from: words("DiskFull <!here>"), to: words("Nobody *can* pay") }),
        changed(Change::Resolved { summary: Summary::default() }),
        changed(Change::Resolved { summary: summary() }),
        changed(Change::Reopened { from: State::Resolved }),
        changed(Change::Cancelled { reason: String::new() }),
        changed(Change::Cancelled { reason: words("a test that looked real") }),
        changed(Change::Merged { into: 13 }),
        Note::RoleTaken { role: words("Commander"), user: user("U2"), by: ann() },
        Note::RoleTaken { role: words("Scribe"), user: user("U5"), by: ann() },
        Note::RoleLeft { role: words("Commander"), user: user("U2"), by: ann() },
        Note::RoleLeft { role: words("Scribe"), user: user("U5"), by: ann() },
        task(2, TaskNews::Added { assignee: None }),
        task(2, TaskNews::Added { assignee: Some(user("U4")) }),
        task(2, TaskNews::Assigned { to: Some(user("U2")) }),
        task(2, TaskNews::Assigned { to: None }),
        task(2, TaskNews::Done),
        task(2, TaskNews::Reopened),
        task(4, TaskNews::Added { assignee: None }),
        Note::Summary { by: ann() },
        Note::Update { text: words("We roll it back.\nTen more minutes."), by: ann() },
        Note::Words { text: words("failover <!channel> began"), by: ann(), at: None },
        Note::Words { text: words("failover began"), by: ann(), at: Some(after(3)) },
        Note::Link { title: words("Status page"), url: words("https://status.example.com/1"), by: ann() },
        Note::Invited { users: vec![user("U5"), user("U6")], usergroups: Vec::new(), by: ann() },
        Note::GroupAttached { group: 7, by: ann() },
        Note::GroupAttached { group: 999, by: ann() },
        Note::GroupDetached { number: 24, title: words("DiskFull (eu-1)"), by: ann() },
        Note::AlertsOver,
        Note::Trouble {
            what: words("Inviting"),
            reason: words("gus is a guest"),
            mend: words("Add them by hand."),
            again: false,
        },
        Note::Trouble {
            what: words("Setting the topic"),
            reason: words("the app lacks the scope channels:manage"),
            mend: words("Install the app anew with the manifest."),
            again: true,
        },
        Note::UpdateDue { since: after(20), whom: Some(user("U3")) },
        Note::UpdateDue { since: after(20), whom: None },
        Note::Gap { from: after(10), to: after(12), reason: words("Slack no longer has the messages") },
        Note::ArchiveSoon { at: after(2_000) },
        Note::TookIn { number: 11, title: words("Cannot log in"), by: ann() },
        Note::Adopted { messages: 0, by: ann() },
        Note::Adopted { messages: 1, by: ann() },
        Note::Adopted { messages: 214, by: Actor::Api("deploy".to_owned()) },
        Note::CallAnswered { by: ann(), coming: true, caller: Some(user("U5")) },
        Note::CallAnswered { by: ann(), coming: false, caller: Some(user("U5")) },
        Note::CallAnswered { by: ann(), coming: false, caller: None },
        Note::Redacted { texts: 1, by: ann() },
        Note::Redacted { texts: 3, by: ann() },
    ]
}

fn told(picture: &IncidentPicture, name: Option<&str>) -> Vec<(Note, Value)> {
    let said = notes().into_iter().map(|one| {
        let message = note(picture, &one, name);
        (one, message)
    });
    said.filter(|(_, message)| !message.is_null()).collect()
}

fn text(message: &Value) -> &str {
    message["text"].as_str().unwrap()
}

#[test]
fn every_note_reads_well() {
    let mut texts = Vec::new();
    for (_, message) in told(&busy(), Some("ann")) {
        takes_message(&message);
        let mut said = text(&message).to_owned();
        for block in message["blocks"].as_array().unwrap().iter().filter(|block| block["type"] == "actions") {
            for one in block["elements"].as_array().unwrap() {
                said.push_str(&format!("\n[{}]", one["text"]["text"].as_str().unwrap()));
            }
        }
        texts.push(said);
    }
    insta::assert_snapshot!("incident_notes", texts.join("\n---\n"));
    let merged = note(&ended(State::Merged), &notes()[10], Some("ann"));
    assert!(text(&merged).contains("<#C0OTHER>"), "{merged}");
}

/// Slack rings whoever is mentioned: nobody wants to be rung for what they did themselves.
#[test]
fn who_did_it_is_named_and_not_rung() {
    for (one, message) in told(&busy(), Some("ann <!here>")) {
        assert!(!mentions(&message).contains("<@U2>"), "{one:?}: {message}");
        let rings_all = matches!(one, Note::UpdateDue { whom: None, .. });
        assert!(rings_all || !text(&message).contains("<!here>"), "{one:?}: {message}");
    }
    for (one, message) in told(&busy(), None) {
        let by_ann = one.by().is_some_and(|by| by.slack_id() == Some("U2"));
        assert!(!by_ann || mentions(&message).contains("<@U2>"), "{one:?}: {message}");
    }
}

/// Whom it concerns is rung.
#[test]
fn whom_it_concerns_is_mentioned() {
    for (one, message) in told(&busy(), Some("ann")) {
        let concerned: &[&str] = match &one {
            Note::RoleTaken { user, .. } | Note::RoleLeft { user, .. } if user == "U5" => &["<@U5>"],
            Note::Task { change: TaskNews::Added { assignee: Some(_) }, .. } => &["<@U4>"],
            Note::Invited { .. } => &["<@U5>", "<@U6>"],
            Note::CallAnswered { coming: false, caller: Some(_), .. } => &["<@U5>"],
            Note::UpdateDue { whom: Some(_), .. } => &["<@U3>"],
            // Nobody leads it: those who are in the channel.
            Note::UpdateDue { whom: None, .. } => &["<!here>"],
            _ => &[],
        };
        let rung = mentions(&message);
        assert!(concerned.iter().all(|one| rung.contains(*one)), "{one:?} rings {rung:?}");
        assert_eq!(rung.len(), concerned.len(), "{one:?} rings {rung:?}");
    }
}

/// A direct message rings them: the channel names them, once their name is known.
#[test]
fn who_is_told_directly_is_named_and_not_rung() {
    let picture = busy();
    let names = ["U2", "U3", "U4", "U5", "U6"].map(|id| (id.to_owned(), format!("name of {id} <!here>")));
    let picture = IncidentPicture { names: names.into(), ..picture };
    for (one, message) in told(&picture, Some("ann")) {
        let direct = one.told_directly();
        if direct.is_empty() {
            continue;
        }
        assert_eq!(mentions(&message).len(), 0, "{one:?}: {message}");
        let named = |user: &str| text(&message).contains(&format!("name of {user} &lt;!here&gt;"));
        let own = |user: &str| user == "U2" && text(&message).contains("ann");
        assert!(direct.iter().all(|user| named(user) || own(user)), "{one:?}: {message}");
    }
}

#[test]
fn invited_user_groups_are_told() {
    let one = Note::Invited { users: Vec::new(), usergroups: vec!["S0DBA".to_owned()], by: person("U2") };
    let message = note(&busy(), &one, Some("ann"));
    takes_message(&message);
    assert!(text(&message).contains("Inviting <!subteam^S0DBA>"), "{message}");
}

pub(crate) fn pages() -> Vec<Page> {
    let bob = || person("U3");
    vec![
        Page::RoleTaken { role: "Commander".to_owned(), by: person("U2") },
        Page::RoleTaken { role: "Commander".to_owned(), by: bob() },
        Page::TaskAssigned { task: 2, text: "Ask the *provider*".to_owned(), by: bob() },
        Page::Called { by: bob() },
        Page::UpdateDue { since: after(20) },
        Page::Trouble {
            what: "Making the channel".to_owned(),
            reason: "the app lacks the scope channels:manage".to_owned(),
            mend: "Install the app anew with the manifest.".to_owned(),
            again: true,
        },
    ]
}

#[test]
fn every_page_says_which_incident_and_where() {
    let mut texts = Vec::new();
    for one in pages() {
        let message = page(&busy(), &one);
        takes_message(&message);
        assert!(text(&message).contains("INC-12") && text(&message).contains("<#C0INC>"), "{message}");
        texts.push(text(&message).to_owned());
        takes_message(&page(&by_rule(), &one));
    }
    insta::assert_snapshot!("incident_pages", texts.join("\n---\n"));
}
