//! The one message of a storm, its notes and its list.

use firebell::domain::group::State;
use firebell::domain::picture::storm::{StormPage, StormPicture, StormRow, StormTotals};
use firebell::domain::say::StormNote;
use firebell::views::storm::{card, list, note};
use serde_json::Value;

use crate::judge::{mentions, takes_message, takes_view};
use crate::pictures::{START, after, group, person};

fn storm(totals: StormTotals) -> StormPicture {
    let mut listed = vec![group(State::Firing), group(State::Acknowledged), group(State::Resolved)];
    listed[1].number = 25;
    listed[2].number = 26;
    StormPicture {
        id: 3,
        began: START,
        over: false,
        totals,
        listed,
        mention: Some("@here".to_owned()),
        now: after(3),
    }
}

fn raging() -> StormPicture {
    let totals =
        StormTotals { groups: 25, firing: 40, waiting: 20, acknowledged: 3, silenced: 1, resolved: 1 };
    storm(totals)
}

fn seen(name: &str, message: &Value) {
    takes_message(message);
    insta::assert_json_snapshot!(name, message);
}

#[test]
fn a_storm_from_its_begin_to_its_end() {
    let message = card(&raging());
    seen("storm_raging", &message);
    assert_eq!(mentions(&message).into_iter().collect::<Vec<_>>(), ["<!here>"]);
    let taken = StormTotals { groups: 25, firing: 40, acknowledged: 25, ..StormTotals::default() };
    let message = card(&storm(taken));
    assert!(mentions(&message).is_empty() && !message.to_string().contains("storm_ack"), "{message}");
    let over = StormTotals { groups: 25, resolved: 25, ..StormTotals::default() };
    seen("storm_over", &card(&StormPicture { over: true, ..storm(over) }));
}

#[test]
fn its_notes_and_its_list() {
    let names = vec![(31, "DiskFull <!channel>".to_owned()), (32, "x\ny".to_owned())];
    let joined = note(&raging(), &StormNote::Joined { count: 7, names }, None);
    takes_message(&joined);
    let text = joined["text"].as_str().unwrap();
    assert_eq!(
        text,
        ":tornado: *7 more, and nobody has them:* #31 DiskFull &lt;!channel&gt;, #32 x y and 5 more  <!here>"
    );
    let all = StormNote::AcknowledgedAll { by: person("U2"), count: 25 };
    let text = note(&raging(), &all, Some("Ann"))["text"].to_string();
    assert!(text.contains("All 25 that nobody had were acknowledged by *Ann*"), "{text}");
    let mut rows =
        [State::Firing, State::Silenced].map(|state| StormRow { group: group(state), has_message: false });
    rows[1].group.id = 8;
    let view = list(&StormPage { storm: raging(), page: 1, has_more: true, rows: rows.to_vec() });
    takes_view(&view);
    insta::assert_json_snapshot!("storm_list", view);
}
