//! Dialogues about incidents, and App Home.

use std::sync::Arc;

use firebell::domain::group::State as GroupState;
use firebell::domain::incident::State;
use firebell::domain::inhibit::InhibitRules;
use firebell::domain::matcher::Mode;
use firebell::domain::picture::incident::{DeclareForm, IncidentPicture};
use firebell::domain::picture::{Dialogue, HomePicture};
use firebell::domain::priority::PriorityRules;
use firebell::domain::route::{BuildOptions, RouteSpec, RouteTree};
use firebell::domain::rules::{GroupSettings, Rules, SlackSettings};
use firebell::domain::say::IncidentForm;
use firebell::domain::time_interval::TimeIntervals;
use firebell::views::home::home;
use firebell::views::modal::draw;
use serde_json::Value;

use crate::incident_pictures::{FORMS, busy, declare, dialogue, ended, fresh, incident, task};
use crate::judge::takes_view;
use crate::pictures::group;

fn seen(name: &str, view: &Value) {
    takes_view(view);
    insta::assert_json_snapshot!(name, view);
}

pub(crate) fn form(picture: IncidentPicture, form: IncidentForm) -> Value {
    draw(&Dialogue::Incident(Box::new(dialogue(picture, form))))
}

pub(crate) fn declaring(form: DeclareForm) -> Value {
    draw(&Dialogue::Declare(Box::new(form)))
}

#[test]
fn every_form() {
    for one in FORMS {
        let json = serde_json::to_value(one).unwrap();
        let name = json.as_str().unwrap_or("timeline").to_owned();
        seen(&format!("incident_form_{name}"), &form(busy(), *one));
        takes_view(&form(fresh(), *one));
        takes_view(&form(ended(State::Cancelled), *one));
    }
    seen("incident_form_menu_ended", &form(ended(State::Resolved), IncidentForm::Menu));
    seen("incident_form_summary", &form(ended(State::Resolved), IncidentForm::Resolve));
}

#[test]
fn declaring_from_an_alert_and_from_nothing() {
    seen("incident_declare_alert", &declaring(declare()));
    let empty = DeclareForm { group: None, title: String::new(), open: Vec::new(), ..declare() };
    seen("incident_declare_empty", &declaring(empty));
}

pub(crate) fn rules() -> Rules {
    let root = RouteSpec { receiver: Some("ops".to_owned()), ..RouteSpec::default() };
    Rules {
        version: "c0ffee".to_owned(),
        tree: Arc::new(RouteTree::build(&root, BuildOptions::default()).unwrap()),
        inhibit: InhibitRules::build(&[], Mode::default()).unwrap(),
        priorities: PriorityRules::default(),
        receivers: Default::default(),
        time_intervals: TimeIntervals::default(),
        links: Vec::new(),
        groups: GroupSettings::default(),
        slack: SlackSettings::default(),
        incidents: Default::default(),
        rights: Default::default(),
    }
}

#[test]
fn app_home() {
    let quiet = HomePicture { user: "U2".to_owned(), ..HomePicture::default() };
    seen("home_quiet", &home(&quiet, &rules()));
    let mut second = incident();
    (second.id, second.number, second.title) = (4, 13, "Cannot <!here> log in".to_owned());
    (second.severity, second.private, second.drill) = ("SEV9".to_owned(), true, true);
    second.channel_id = None;
    let mut follow_up = task(1, "Write the post-mortem", Some("U2"));
    (follow_up.id, follow_up.follow_up) = (77, true);
    let full = HomePicture {
        mine: vec![group(GroupState::Acknowledged)],
        waiting: vec![firebell::domain::group::Group { id: 8, number: 25, ..group(GroupState::Firing) }],
        more: 1,
        silences: 2,
        incidents: vec![incident(), second],
        more_incidents: 3,
        my_roles: vec![(12, "Commander".to_owned()), (13, "Scribe".to_owned())],
        my_tasks: vec![(12, task(2, "Ask the *provider*", Some("U2"))), (9, follow_up)],
        ..quiet
    };
    seen("home_full", &home(&full, &rules()));
}
