//! Incidents made by hand, as the views are given them.

use std::collections::BTreeMap;

use firebell::domain::actor::{Actor, Via};
use firebell::domain::group::State as GroupState;
use firebell::domain::incident::settings::{Role, Settings, Severity};
use firebell::domain::incident::{Facts, Incident, Link, Mark, RoleHolder, State, Summary, Task, Update};
use firebell::domain::picture::Named;
use firebell::domain::picture::incident::{
    Alike, DeclareForm, IncidentDialogue, IncidentPicture, Line, LineKind, Merged,
};
use firebell::domain::priority::Priority;
use firebell::domain::say::IncidentForm;

use crate::pictures::{START, after, group, labels, person};

pub(crate) fn incident() -> Incident {
    Incident {
        id: 3,
        number: 12,
        title: "Nobody can pay".to_owned(),
        severity: "SEV1".to_owned(),
        status: "investigating".to_owned(),
        state: State::Open,
        private: false,
        drill: false,
        labels: labels(&[]),
        group_key: None,
        channel_id: Some("C0INC".to_owned()),
        channel_name: Some("inc-12-nobody-can-pay".to_owned()),
        facts: Facts { detected_at: Some(START), ..Facts::new(person("U2"), Via::Button, after(6)) },
        created_at: after(6),
        updated_at: after(6),
        ended_at: None,
    }
}

fn severity(settings: &Settings, name: &str) -> (usize, Severity) {
    let rank = settings.severities.iter().position(|one| one.name == name).unwrap();
    (rank, settings.severities[rank].clone())
}

/// Just declared from one alert; nobody has a role.
pub(crate) fn fresh() -> IncidentPicture {
    let settings = Settings::default();
    let incident = incident();
    let (severity_rank, severity) = severity(&settings, &incident.severity);
    IncidentPicture {
        incident,
        severity,
        severity_rank,
        roles: Vec::new(),
        known_roles: settings.roles,
        tasks: Vec::new(),
        groups: vec![group(GroupState::Firing)],
        links: Vec::new(),
        merged_into: None,
        alike: Vec::new(),
        alert_links: BTreeMap::new(),
        names: BTreeMap::new(),
        rename_to: None,
        command: "/firebell".to_owned(),
        now: after(7),
    }
}

pub(crate) fn holder(role: &str, user: &str) -> RoleHolder {
    RoleHolder { role: role.to_owned(), user_id: user.to_owned(), given_by: person(user), since: after(8) }
}

pub(crate) fn task(number: i64, text: &str, assignee: Option<&str>) -> Task {
    Task {
        id: 40 + number,
        incident_id: 3,
        number,
        text: text.to_owned(),
        assignee: assignee.map(str::to_owned),
        follow_up: false,
        created_by: person("U2"),
        created_at: after(9),
        done: None,
    }
}

/// In full work: everything that a card can show at once.
pub(crate) fn busy() -> IncidentPicture {
    let mut picture = fresh();
    let one = &mut picture.incident;
    one.status = "identified".to_owned();
    one.drill = true;
    one.labels = labels(&[("team", "shop"), ("region", "eu")]);
    one.facts.description = "Checkout answers 502 since the deploy.\nApple Pay works.".to_owned();
    one.facts.last_update =
        Some(Update { text: "Rolling back; ten more minutes.".to_owned(), by: person("U3"), at: after(20) });
    one.updated_at = after(21);
    let mut second = group(GroupState::Acknowledged);
    (second.id, second.number, second.title) = (8, 25, "HighLoad (db1)".to_owned());
    let mut third = group(GroupState::Resolved);
    (third.id, third.number, third.title) = (9, 26, "PgDown (eu-1)".to_owned());
    picture.groups.extend([second, third]);
    picture.roles =
        vec![holder("Commander", "U2"), holder("Investigator", "U3"), holder("Investigator", "U4")];
    let done =
        Task { done: Some(Mark { by: person("U3"), at: after(15) }), ..task(1, "Stop the deploys", None) };
    let later = Task { follow_up: true, ..task(4, "Alert on 502s of the checkout", None) };
    picture.tasks = vec![done, task(2, "Ask the provider", Some("U4")), task(3, "Tell support", None), later];
    picture.links = vec![Link {
        url: "https://status.example.com/1?a=b&c=d".to_owned(),
        title: "Status page".to_owned(),
        added_by: person("U3"),
        added_at: after(12),
    }];
    picture.alike = vec![alike(9, "restarted pgbouncer"), alike(4, "")];
    picture.now = after(22);
    picture
}

fn alike(number: i64, fix: &str) -> Alike {
    Alike {
        number,
        title: "Checkout is slow".to_owned(),
        severity: "SEV2".to_owned(),
        ended_at: START - std::time::Duration::from_secs(number.unsigned_abs() * 86_400),
        fix: fix.to_owned(),
        channel_id: Some("C0OLD".to_owned()),
    }
}

pub(crate) fn ended(state: State) -> IncidentPicture {
    let mut picture = busy();
    let one = &mut picture.incident;
    (one.state, one.ended_at, one.updated_at) = (state, Some(after(65)), after(65));
    one.facts.ended = Some(Mark { by: person("U2"), at: after(65) });
    if state == State::Resolved {
        one.facts.summary = summary();
    }
    if state == State::Merged {
        picture.merged_into = Some(Merged { number: 13, channel_id: Some("C0OTHER".to_owned()) });
    }
    picture.groups = vec![group(GroupState::Resolved)];
    picture.now = after(66);
    picture
}

pub(crate) fn summary() -> Summary {
    Summary {
        happened: "Checkout failed for everybody from 22:13 to 23:18".to_owned(),
        cause: "A migration locked the orders table".to_owned(),
        fix: "Cancelled it, restarted pgbouncer".to_owned(),
    }
}

/// By a route, before its channel was made; private.
pub(crate) fn by_rule() -> IncidentPicture {
    let mut picture = fresh();
    picture.incident.facts = Facts::new(Actor::Firebell, Via::Source, after(6));
    picture.incident.channel_id = None;
    picture.incident.channel_name = None;
    picture.incident.private = true;
    picture.groups.clear();
    picture
}

pub(crate) fn declare() -> DeclareForm {
    let settings = Settings::default();
    DeclareForm {
        group: Some(Named { id: 7, number: 24, title: "DiskFull (eu-1)".to_owned() }),
        title: "DiskFull (eu-1)".to_owned(),
        description: String::new(),
        severities: settings.severities,
        severity: settings.default_severity,
        suggested_by: Some(Priority::P3),
        inside: None,
        open: vec![Named { id: 3, number: 12, title: "Nobody can pay".to_owned() }],
        channel: "C1".to_owned(),
        private: false,
        drill: false,
    }
}

pub(crate) const FORMS: &[IncidentForm] = &[
    IncidentForm::Menu,
    IncidentForm::Severity,
    IncidentForm::Status,
    IncidentForm::Roles,
    IncidentForm::Tasks,
    IncidentForm::Update,
    IncidentForm::Note,
    IncidentForm::Invite,
    IncidentForm::Title,
    IncidentForm::Resolve,
    IncidentForm::Cancel,
    IncidentForm::Attach,
    IncidentForm::Detach,
    IncidentForm::Link,
    IncidentForm::Merge,
    IncidentForm::Timeline { page: 1 },
];

pub(crate) fn dialogue(picture: IncidentPicture, form: IncidentForm) -> IncidentDialogue {
    let settings = Settings::default();
    let line = |minutes, kind, name: &str, text: &str, key| Line {
        at: after(minutes),
        kind,
        name: name.to_owned(),
        text: text.to_owned(),
        key,
    };
    IncidentDialogue {
        picture,
        form,
        severities: settings.severities,
        statuses: settings.statuses,
        usergroups: vec![("S1".to_owned(), "oncall".to_owned())],
        choices: vec![Named { id: 7, number: 24, title: "DiskFull (eu-1)".to_owned() }],
        lines: vec![
            line(6, LineKind::Event, "Ann", "declared it", false),
            line(8, LineKind::Said, "Bob", "rolling back <!here>", true),
            line(9, LineKind::Gap { until: after(11) }, "", "Firebell was not running", false),
        ],
        has_earlier: true,
    }
}

/// A role whose name and description are what a config may hold.
pub(crate) fn odd_role(name: &str) -> Role {
    Role { name: name.to_owned(), description: name.to_owned(), many: true }
}
