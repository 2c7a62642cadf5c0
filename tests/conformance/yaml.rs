//! The parts of an Alertmanager file that the rules are made of.

use std::collections::BTreeMap;
use std::time::Duration;

use firebell::domain::duration;
use firebell::domain::inhibit::{InhibitRuleSpec, InhibitRules};
use firebell::domain::matcher::Mode;
use firebell::domain::route::{BuildOptions, RouteSpec, RouteTree, Ungrouped};
use serde::Deserialize;

#[derive(Deserialize)]
pub(crate) struct File {
    pub(crate) route: Route,
    #[serde(default)]
    pub(crate) inhibit_rules: Vec<InhibitRule>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Route {
    receiver: Option<String>,
    #[serde(default)]
    matchers: Vec<String>,
    #[serde(default, rename = "match")]
    match_equal: BTreeMap<String, String>,
    #[serde(default)]
    match_re: BTreeMap<String, String>,
    #[serde(default, rename = "continue")]
    continue_matching: bool,
    group_by: Option<Vec<String>>,
    group_wait: Option<String>,
    group_interval: Option<String>,
    repeat_interval: Option<String>,
    #[serde(default)]
    labels: BTreeMap<String, String>,
    #[serde(default)]
    routes: Vec<Self>,
}

impl From<Route> for RouteSpec {
    fn from(route: Route) -> Self {
        let time =
            |text: Option<String>| -> Option<Duration> { text.map(|text| duration::parse(&text).unwrap()) };
        Self {
            receiver: route.receiver,
            matchers: route.matchers,
            match_equal: route.match_equal,
            match_re: route.match_re,
            continue_matching: route.continue_matching,
            group_by: route.group_by,
            group_wait: time(route.group_wait),
            group_interval: time(route.group_interval),
            repeat_interval: time(route.repeat_interval),
            labels: route.labels,
            routes: route.routes.into_iter().map(Self::from).collect(),
            ..Self::default()
        }
    }
}

impl Route {
    /// The tree as Alertmanager would have it.
    pub(crate) fn tree(self) -> RouteTree {
        let options = BuildOptions { ungrouped: Ungrouped::OneGroup, ..BuildOptions::default() };
        RouteTree::build(&self.into(), options).unwrap()
    }
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct InhibitRule {
    name: Option<String>,
    #[serde(default)]
    source_matchers: Vec<String>,
    #[serde(default)]
    source_match: BTreeMap<String, String>,
    #[serde(default)]
    source_match_re: BTreeMap<String, String>,
    #[serde(default)]
    target_matchers: Vec<String>,
    #[serde(default)]
    target_match: BTreeMap<String, String>,
    #[serde(default)]
    target_match_re: BTreeMap<String, String>,
    #[serde(default)]
    equal: Vec<String>,
}

pub(crate) fn inhibit_rules(rules: Vec<InhibitRule>) -> InhibitRules {
    let specs: Vec<InhibitRuleSpec> = rules
        .into_iter()
        .enumerate()
        .map(|(origin, rule)| InhibitRuleSpec {
            origin,
            name: rule.name,
            source_matchers: rule.source_matchers,
            source_match: rule.source_match,
            source_match_re: rule.source_match_re,
            target_matchers: rule.target_matchers,
            target_match: rule.target_match,
            target_match_re: rule.target_match_re,
            equal: rule.equal,
        })
        .collect();
    InhibitRules::build(&specs, Mode::default()).unwrap()
}
