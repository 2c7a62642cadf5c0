//! Whatever people type into an incident: no message of it breaks, and none wakes somebody it should not.

use firebell::domain::group::State as GroupState;
use firebell::domain::incident::news::{Note, Page, TaskNews};
use firebell::domain::incident::{Change, State, Summary, Task, one_line};
use firebell::domain::picture::incident::{DeclareForm, IncidentPicture};
use firebell::domain::picture::{HomePicture, Named};
use firebell::views::home::home;
use firebell::views::incident::{announcement, card, note, page, purpose, topic};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::Value;

use crate::incident_forms::{declaring, form, rules};
use crate::incident_pictures::{FORMS, busy, declare, ended, holder, odd_role, task};
use crate::judge::{mentions, takes_message, takes_view};
use crate::odd::odd_text;
use crate::pictures::{after, group, person};

fn state() -> impl Strategy<Value = State> {
    prop_oneof![Just(State::Open), Just(State::Resolved), Just(State::Cancelled), Just(State::Merged)]
}

/// Every text of it is odd, and there may be very much of everything.
fn odd_picture() -> impl Strategy<Value = IncidentPicture> {
    (state(), vec(odd_text(), 12), 0..130_usize).prop_map(|(state, texts, many)| {
        let mut picture = if state == State::Open { busy() } else { ended(state) };
        let mut texts = texts.into_iter().cycle();
        let mut next = || texts.next().unwrap();
        // What the config names is one line and short.
        let word = |text: String| one_line(&text).chars().take(60).collect::<String>();
        let one = &mut picture.incident;
        one.title = one_line(&next());
        one.severity = word(next());
        one.status = word(next());
        one.facts.description = next();
        one.facts.summary = Summary { happened: next(), cause: next(), fix: next() };
        one.labels = (0..many % 60).map(|nth| (format!("{}{nth}", next()), next())).collect();
        if let Some(last) = &mut one.facts.last_update {
            last.text = next();
        }
        picture.severity.description = next();
        picture.known_roles =
            (0..=many % 12).map(|nth| odd_role(&word(format!("{nth}{}", next())))).collect();
        picture.roles = (0..many % 40).map(|_| holder(&word(next()), "U2")).collect();
        picture.tasks =
            (1..=many).map(|nth| Task { text: next(), ..task(nth as i64, "", Some("U2")) }).collect();
        picture.groups = (0..many % 90)
            .map(|nth| {
                let mut group = group(GroupState::Firing);
                (group.id, group.title) = (nth as i64 + 1, next());
                group
            })
            .collect();
        for link in &mut picture.links {
            (link.title, link.url) = (next(), next());
        }
        for alike in &mut picture.alike {
            (alike.title, alike.fix) = (next(), next());
        }
        picture
    })
}

fn all_notes(text: &str) -> Vec<Note> {
    let text = || text.to_owned();
    let changed =
        |change| Note::Changed { change, by: person("U2"), via: firebell::domain::actor::Via::Form };
    vec![
        Note::Opening,
        Note::Alike,
        changed(Change::Severity { from: text(), to: text() }),
        changed(Change::Status { from: text(), to: text() }),
        changed(Change::Title { from: text(), to: text() }),
        changed(Change::Resolved { summary: Summary { happened: text(), cause: text(), fix: text() } }),
        changed(Change::Cancelled { reason: text() }),
        Note::RoleTaken { role: text(), user: "U2".to_owned(), by: person("U3") },
        Note::Task { task: 2, text: text(), change: TaskNews::Added { assignee: None }, by: person("U2") },
        Note::Summary { by: person("U2") },
        Note::Update { text: text(), by: person("U2") },
        Note::Words { text: text(), by: person("U2"), at: Some(after(1)) },
        Note::Link { title: text(), url: text(), by: person("U2") },
        Note::GroupAttached { group: 1, by: person("U2") },
        Note::GroupDetached { number: 1, title: text(), by: person("U2") },
        Note::Trouble { what: text(), reason: text(), mend: text(), again: true },
        Note::Gap { from: after(1), to: after(2), reason: text() },
        Note::TookIn { number: 1, title: text(), by: person("U2") },
    ]
}

/// People that the pictures themselves name.
fn wakes_nobody_else(message: &Value) {
    let ours = ["<@U2>", "<@U3>", "<@U4>"];
    let others: Vec<_> = mentions(message).into_iter().filter(|one| !ours.contains(&one.as_str())).collect();
    assert_eq!(others, Vec::<String>::new(), "{message:#}");
}

fn notification(message: &Value) -> &str {
    message["text"].as_str().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn no_card_or_announcement_breaks(picture in odd_picture()) {
        for message in [card(&picture), announcement(&picture)] {
            takes_message(&message);
            wakes_nobody_else(&message);
            let first = notification(&message);
            prop_assert!(!first.contains('\n'), "a notification has one line: {first}");
            prop_assert!(first.contains("INC-12"));
            prop_assert!(message.to_string().len() < 40_000, "{}", message.to_string().len());
        }
        let card = card(&picture).to_string();
        prop_assert!(card.contains("incident_form_menu"), "the buttons are gone");
    }

    #[test]
    fn no_note_or_page_breaks(picture in odd_picture(), text in odd_text()) {
        for one in all_notes(&text) {
            let message = note(&picture, &one, Some(&text));
            if !message.is_null() {
                takes_message(&message);
                wakes_nobody_else(&message);
            }
        }
        for one in [
            Page::RoleTaken { role: text.clone(), by: person("U3") },
            Page::TaskAssigned { task: 1, text: text.clone(), by: person("U3") },
            Page::Trouble { what: text.clone(), reason: text.clone(), mend: text.clone(), again: false },
        ] {
            let message = page(&picture, &one);
            takes_message(&message);
            wakes_nobody_else(&message);
        }
    }

    #[test]
    fn no_form_breaks(picture in odd_picture(), text in odd_text()) {
        for one in FORMS {
            takes_view(&form(picture.clone(), *one));
        }
        let named = Named { id: 1, number: 1, title: text.clone() };
        takes_view(&declaring(DeclareForm {
            group: Some(named.clone()),
            title: text.clone(),
            description: text.clone(),
            open: vec![named],
            channel: text,
            ..declare()
        }));
    }

    #[test]
    fn no_home_breaks(picture in odd_picture(), role in odd_text()) {
        let full = HomePicture {
            user: "U2".to_owned(),
            incidents: vec![picture.incident],
            my_tasks: picture.tasks.into_iter().take(10).map(|task| (12, task)).collect(),
            my_roles: vec![(12, role); 30],
            waiting: picture.groups,
            ..HomePicture::default()
        };
        takes_view(&home(&full, &rules()));
    }

    #[test]
    fn topic_and_purpose_fit(picture in odd_picture(), name in odd_text()) {
        let leads = [("Commander".to_owned(), name)];
        for text in [topic(&picture.incident, &picture.severity, &leads), purpose(&picture.incident)] {
            prop_assert!(text.chars().count() <= 250, "{text}");
        }
    }
}
