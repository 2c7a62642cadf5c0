//! The one message of a group, and the direct message to a responder.

use firebell::domain::alert::Kind;
use firebell::domain::group::State;
use firebell::domain::picture::{AlertPicture, GroupPicture, Named};
use firebell::domain::say::Importance;
use firebell::views::group::{card, details};
use firebell::views::page::page;
use serde_json::Value;

use crate::judge::{mentions, takes_message};
use crate::pictures::{after, alert, busy, disks, ended, firing, person};

fn seen(name: &str, message: &Value) {
    takes_message(message);
    insta::assert_json_snapshot!(name, message);
}

#[test]
fn a_card_in_every_state() {
    for (name, state) in [
        ("card_firing", State::Firing),
        ("card_acknowledged", State::Acknowledged),
        ("card_silenced", State::Silenced),
        ("card_resolved", State::Resolved),
    ] {
        seen(name, &card(&disks(state)));
    }
}

#[test]
fn a_card_with_everything() {
    let message = card(&busy());
    seen("card_busy", &message);
    let woken = ["<!here>", "<!subteam^S1>", "<@U5>"];
    for mention in woken {
        assert!(mentions(&message).contains(mention), "{mention} is not mentioned");
    }
}

#[test]
fn a_quiet_card_says_why() {
    let mut picture = disks(State::Firing);
    picture.group.facts.hushed = Some("inhibited by #12 <ClusterDown> (rule *cluster*)".to_owned());
    seen("card_hushed", &card(&picture));
}

#[test]
fn an_attached_card_points_at_its_root() {
    let mut picture = disks(State::Acknowledged);
    picture.group.attached_to = Some(3);
    picture.root = Some(Named { id: 3, number: 20, title: "ClusterDown (eu-1)".to_owned() });
    seen("card_attached", &card(&picture));
}

#[test]
fn no_data_an_error_and_a_test_are_shown_as_what_they_are() {
    for (name, kind) in
        [("card_no_data", Kind::NoData), ("card_error", Kind::Error), ("card_test", Kind::Test)]
    {
        let mut one = alert(
            &[("alertname", "DatasourceNoData"), ("rulename", "DiskFull"), ("ref_id", "A")],
            &[("Error", "dial tcp: connection refused")],
        );
        one.kind = kind;
        let mut picture = GroupPicture { alerts: vec![firing(one)], ..disks(State::Firing) };
        (picture.group.firing, picture.group.resolved) = (1, 0);
        seen(name, &card(&picture));
    }
}

/// "Nobody knows how it is" is not said of a group in which something surely burns.
#[test]
fn no_data_of_one_alert_is_not_said_of_the_others() {
    let burns = firing(alert(&[("alertname", "DiskFull"), ("instance", "db1")], &[]));
    let mut unknown = firing(alert(&[("alertname", "DiskFull"), ("instance", "db2")], &[]));
    unknown.alert.kind = Kind::NoData;
    let of = |alerts: Vec<AlertPicture>, state| {
        let picture = GroupPicture { alerts, ..disks(state) };
        serde_json::to_string(&card(&picture)).unwrap()
    };
    let mixed = of(vec![unknown.clone(), burns], State::Firing);
    assert!(!mixed.contains("nobody knows") && mixed.contains("*db2*  _no data_"), "{mixed}");
    assert!(!mixed.contains("*db1*  _no data_"), "{mixed}");
    let alone = of(vec![unknown.clone()], State::Firing);
    assert!(alone.contains("nobody knows") && !alone.contains("_no data_"), "{alone}");
    // Once it is over, it is known.
    let alerts = vec![ended(unknown.alert, after(5))];
    let over = details(&GroupPicture { alerts, ..disks(State::Resolved) }).to_string();
    assert!(!over.contains("nobody knows") && over.contains("_no data_"), "{over}");
}

#[test]
fn a_page_has_the_way_there_and_the_next_tap() {
    let link = Some("https://acme.slack.com/archives/C1/p1700000000000100");
    seen("page_important", &page(&busy(), &person("U2"), Importance::Important, link));
    seen("page_default", &page(&disks(State::Acknowledged), &person("U2"), Importance::Default, None));
}

#[test]
fn the_receivers_colour_shows_while_it_fires() {
    let edge = |state| {
        let picture = GroupPicture { color: Some("#123456".to_owned()), ..disks(state) };
        card(&picture)["attachments"][0]["color"].as_str().unwrap().to_owned()
    };
    assert_eq!(edge(State::Firing), "#123456");
    assert_eq!(edge(State::Acknowledged), "#daa038");
}

#[test]
fn a_menu_that_was_used_is_a_new_one_after_the_change() {
    let before = disks(State::Firing);
    let mut changed = before.clone();
    changed.group.updated_at = after(1);
    let id = |picture: &GroupPicture| {
        let card = card(picture);
        let blocks = card["attachments"][0]["blocks"].as_array().unwrap().clone();
        let row = blocks.iter().find(|block| block["type"] == "actions").unwrap();
        row["block_id"].as_str().unwrap().to_owned()
    };
    assert_eq!(id(&before), id(&before.clone()));
    assert_ne!(id(&before), id(&changed));
}

#[test]
fn each_alert_says_what_only_it_says() {
    let named = |name: &str, annotations: &[(&str, &str)]| {
        firing(alert(&[("alertname", name), ("cluster", "eu-1"), ("instance", "db1")], annotations))
    };
    let mut picture = disks(State::Firing);
    picture.group.title = "Cluster eu-1".to_owned();
    picture.group.group_labels = crate::pictures::labels(&[("cluster", "eu-1")]);
    picture.alerts = vec![
        named(
            "DiskFull",
            &[("summary", "Something burns"), ("description", "\n/var has 2% left\nmore of it")],
        ),
        named("LinkDown", &[("summary", "Something burns"), ("message", "eth0 has no carrier")]),
    ];
    let text = card(&picture).to_string();
    for said in ["• *DiskFull*  /var has 2% left  since", "• *LinkDown*  eth0 has no carrier  since"] {
        assert!(text.contains(said), "{said:?} is not in {text}");
    }
    picture.alerts[0].alert.annotations = crate::pictures::labels(&[("summary", "Cluster eu-1")]);
    picture.alerts.truncate(1);
    assert_eq!(
        card(&picture).to_string().matches("Cluster eu-1").count(),
        2,
        "the notice and the headline say it"
    );
}
