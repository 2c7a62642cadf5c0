//! Groups made by hand, as the views are given them.

use std::time::Duration;

use firebell::domain::actor::Actor;
use firebell::domain::alert::Alert;
use firebell::domain::group::{Facts, Group, Resolved, Silenced, State, Taken};
use firebell::domain::label::Labels;
use firebell::domain::picture::{AlertPicture, Button, Called, Earlier, Fix, GroupPicture, History, Named};
use firebell::domain::priority::Priority;
use firebell::domain::rules::GroupSettings;
use firebell::domain::say::Importance;
use firebell::domain::time::Timestamp;

/// 2023-11-14 22:13:20 UTC.
pub(crate) const START: Timestamp = Timestamp::from_ms(1_700_000_000_000);

pub(crate) fn after(minutes: u64) -> Timestamp {
    START + Duration::from_secs(minutes * 60)
}

pub(crate) fn person(id: &str) -> Actor {
    Actor::Person(id.to_owned())
}

pub(crate) fn labels(pairs: &[(&str, &str)]) -> Labels {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

pub(crate) fn alert(pairs: &[(&str, &str)], annotations: &[(&str, &str)]) -> Alert {
    Alert { annotations: labels(annotations), ..Alert::new(labels(pairs), START) }
}

pub(crate) fn firing(alert: Alert) -> AlertPicture {
    AlertPicture { since: alert.starts_at, firing: true, ended: None, alert }
}

pub(crate) fn ended(alert: Alert, at: Timestamp) -> AlertPicture {
    AlertPicture { since: alert.starts_at, firing: false, ended: Some(at), alert }
}

pub(crate) fn group(state: State) -> Group {
    let mut group = Group {
        id: 7,
        number: 24,
        integration: "grafana".to_owned(),
        kind: "grafana".to_owned(),
        receiver: "ops".to_owned(),
        route: "0/1".to_owned(),
        group_key: "{}:{alertname=\"DiskFull\"}".to_owned(),
        group_labels: labels(&[("alertname", "DiskFull"), ("cluster", "eu-1")]),
        channels: vec!["#ops".to_owned()],
        title: "DiskFull (eu-1)".to_owned(),
        priority: Priority::P1,
        state,
        facts: Facts::default(),
        firing: 2,
        resolved: 1,
        notified_at: Some(START),
        flushed_at: Some(START),
        created_at: START,
        updated_at: START,
        resolved_at: None,
        attached_to: None,
    };
    match state {
        State::Firing => {}
        State::Acknowledged => group.facts.acknowledged = Some(Taken { by: person("U2"), at: after(4) }),
        State::Silenced => {
            let until = Some(after(120));
            group.facts.silenced = Some(Silenced { by: person("U2"), at: after(4), until, rule: None });
        }
        State::Resolved => {
            (group.firing, group.resolved) = (0, 3);
            let note = Some("grew the volume to 200 GB".to_owned());
            group.facts.resolved = Some(Resolved { by: person("U2"), at: after(38), note });
            group.resolved_at = Some(after(38));
        }
    }
    group
}

/// Two disks full, one well again.
pub(crate) fn disks(state: State) -> GroupPicture {
    let disk = |instance: &str, mountpoint: &str, free: f64| {
        let shared =
            [("alertname", "DiskFull"), ("cluster", "eu-1"), ("severity", "critical"), ("team", "db")];
        let own = [("instance", instance), ("mountpoint", mountpoint)];
        let pairs: Vec<_> = shared.into_iter().chain(own).collect();
        let summary = format!("{mountpoint} on {instance} is almost full");
        let told = [("summary", summary.as_str()), ("description", "Under 5% are free; writes fail at 0%.")];
        Alert { values: vec![("A".into(), free)], ..alert(&pairs, &told) }
    };
    let alerts =
        [disk("db1:9100", "/var", 4.126), disk("db2:9100", "/var", 3.9), disk("db1:9100", "/", 12.0)];
    let [first, second, third] = alerts;
    let over = state == State::Resolved;
    let one = |alert| if over { ended(alert, after(38)) } else { firing(alert) };
    GroupPicture {
        group: group(state),
        alerts: vec![one(first), one(second), ended(third, after(9))],
        responders: Vec::new(),
        history: History::default(),
        links: vec![
            Button { name: "Runbook".to_owned(), url: "https://wiki.example.com/disk".to_owned() },
            Button {
                name: "Dashboard".to_owned(),
                url: "https://grafana.example.com/d/1?a=b&c=d".to_owned(),
            },
        ],
        summary: None,
        text: None,
        mention: None,
        color: None,
        attached: Vec::new(),
        root: None,
        incident: None,
        silence_presets: GroupSettings::default().silence_presets,
        now: after(40),
    }
}

/// Everything that a card can show at once.
pub(crate) fn busy() -> GroupPicture {
    let mut picture = disks(State::Firing);
    picture.group.facts.reopened = 2;
    picture.group.facts.truncated = 12;
    picture.group.firing = 47;
    picture.responders = vec![
        Called { user_id: "U3".to_owned(), importance: Importance::Important },
        Called { user_id: "U4".to_owned(), importance: Importance::Default },
    ];
    picture.history = History {
        count: 4,
        last: Some(Earlier { number: 12, at: START - Duration::from_secs(3 * 86_400) }),
        fix: Some(Fix { number: 9, note: "restarted pgbouncer".to_owned() }),
    };
    picture.attached = vec![Named { id: 8, number: 25, title: "PgDown (eu-1)".to_owned() }];
    picture.mention = Some("<!subteam^S1> @here U5".to_owned());
    picture
}
