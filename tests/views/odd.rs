//! What senders really send, and worse: none of it breaks a message, wakes anybody, or is left out in silence.

use firebell::domain::alert::{Alert, Kind};
use firebell::domain::group::State;
use firebell::domain::label::Labels;
use firebell::domain::picture::{Button, Fix, GroupPicture};
use firebell::domain::say::{GroupNote, Heads, Importance};
use firebell::views::group::card;
use firebell::views::note::note;
use firebell::views::page::page;
use proptest::collection::vec;
use proptest::prelude::*;

use crate::judge::{mentions, takes_message};
use crate::pictures::{START, busy, disks, ended, firing, labels, person};

/// Longer than any limit of Slack's for one message.
const HUGE: usize = 40_000;

pub(crate) fn odd_text() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => any::<String>(),
        1 => Just(String::new()),
        1 => Just("<!channel> <@U1> <https://evil.example|ok> @here &amp; &".to_owned()),
        1 => Just("*bold _it ~st `code ```block\n> quote\n&gt; x".to_owned()),
        1 => Just("مرحبا \u{202e}abc\u{202c} שלום".to_owned()),
        1 => Just("ディスクがいっぱいです 🔥👩‍👩‍👧‍👦🇩🇪".to_owned()),
        1 => Just("\r\n\t\u{0}\u{7}\u{feff}\u{200b}\u{2028}".to_owned()),
        1 => Just("x".repeat(HUGE)),
        1 => Just("🔥".repeat(HUGE / 4)),
        1 => Just("<".repeat(HUGE / 4)),
        1 => Just("word\n".repeat(HUGE / 5)),
    ]
}

fn odd_labels(most: usize) -> impl Strategy<Value = Labels> {
    vec((odd_text(), odd_text()), 0..most).prop_map(|pairs| pairs.into_iter().collect())
}

fn odd_alert() -> impl Strategy<Value = Alert> {
    let usual =
        prop_oneof![Just("summary"), Just("description"), Just("message"), Just("title"), Just("Error")];
    let told = vec((usual, odd_text()), 0..4);
    let kind = prop_oneof![Just(Kind::Normal), Just(Kind::NoData), Just(Kind::Error), Just(Kind::Test)];
    (odd_labels(6), told, vec((odd_text(), any::<f64>()), 0..4), kind).prop_map(
        |(own, told, values, kind)| {
            let annotations: Labels = told.into_iter().map(|(name, text)| (name.to_owned(), text)).collect();
            let values = values.into_iter().filter(|(_, value)| value.is_finite());
            let values = values.map(|(name, value)| (name.into(), value)).collect();
            Alert { annotations, values, kind, ..Alert::new(own, START) }
        },
    )
}

fn state() -> impl Strategy<Value = State> {
    prop_oneof![Just(State::Firing), Just(State::Acknowledged), Just(State::Silenced), Just(State::Resolved)]
}

fn odd_picture() -> impl Strategy<Value = GroupPicture> {
    let links = vec((odd_text(), odd_text()), 0..5);
    let texts = (odd_text(), proptest::option::of(odd_text()), proptest::option::of(odd_text()));
    (state(), vec(odd_alert(), 0..4), links, texts, odd_labels(4), odd_text()).prop_map(
        |(state, alerts, links, (title, summary, text), group_labels, fix)| {
            let mut picture = GroupPicture { summary, text, ..disks(state) };
            picture.group.title = title.clone();
            picture.group.group_labels = group_labels;
            picture.group.facts.hushed = Some(title);
            picture.history = busy().history;
            picture.history.fix = Some(Fix { number: 1, note: fix });
            picture.links = links.into_iter().map(|(name, url)| Button { name, url }).collect();
            picture.alerts = alerts
                .into_iter()
                .enumerate()
                .map(|(nth, alert)| if nth % 2 == 0 { firing(alert) } else { ended(alert, START) })
                .collect();
            picture
        },
    )
}

/// People that the pictures themselves name.
fn wakes_nobody_else(message: &serde_json::Value) {
    let ours = ["<@U2>", "<@U3>", "<@U4>"];
    let others: Vec<_> = mentions(message).into_iter().filter(|one| !ours.contains(&one.as_str())).collect();
    assert_eq!(others, Vec::<String>::new(), "{message:#}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn no_card_breaks(picture in odd_picture()) {
        let message = card(&picture);
        takes_message(&message);
        wakes_nobody_else(&message);
        let first_line = message["text"].as_str().unwrap();
        prop_assert!(!first_line.contains('\n'), "a notification has one line: {first_line}");
        prop_assert!(first_line.contains("#24"));
    }

    #[test]
    fn no_page_breaks(picture in odd_picture(), link in odd_text()) {
        let message = page(&picture, &person("U2"), Importance::Default, Some(&link));
        takes_message(&message);
        wakes_nobody_else(&message);
    }

    #[test]
    fn no_note_breaks(text in odd_text(), names in vec(odd_text(), 0..10)) {
        let group = crate::pictures::group(State::Firing);
        let heads = Heads { count: u32::try_from(names.len()).unwrap() + 3, names };
        for one in [
            GroupNote::Words { by: person("U2"), via: firebell::domain::actor::Via::Form, text: text.clone() },
            GroupNote::Attached { number: 1, title: text.clone(), by: person("U2") },
            GroupNote::Alerts { joined: heads.clone(), ended: heads, firing: 4 },
        ] {
            let message = note(&group, &one, None);
            takes_message(&message);
            wakes_nobody_else(&message);
        }
    }
}

#[test]
fn two_hundred_labels_leave_room_for_the_buttons() {
    let many: Vec<(String, String)> =
        (0..200).map(|n| (format!("label_{n:03}"), format!("value {n}"))).collect();
    let many: Vec<(&str, &str)> = many.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let mut picture = disks(State::Firing);
    picture.alerts = vec![firing(Alert::new(labels(&many), START))];
    let message = card(&picture);
    takes_message(&message);
    assert!(message.to_string().contains("group_ack"), "the buttons are gone");
    assert!(message.to_string().len() < 8_000, "a phone shows one screen: {}", message.to_string().len());
}

#[test]
fn forty_kilobytes_are_cut_where_one_can_see_it() {
    let mut picture = disks(State::Firing);
    let long = labels(&[("summary", &"s".repeat(HUGE)), ("description", &"d ".repeat(HUGE / 2))]);
    picture.alerts.truncate(1);
    picture.alerts[0].alert.annotations = long;
    let message = card(&picture);
    takes_message(&message);
    let text = message["attachments"][0]["blocks"][0]["text"]["text"].as_str().unwrap();
    assert_eq!(text.matches('…').count(), 2, "{text}");
}
