//! What was expected, held against what was seen.

use std::time::Duration;

use serde::Serialize;

use super::expect::{Moment, RouteCheck};
use super::format::{Place, Test};
use super::judge_groups;
use super::judge_incidents;
use super::judge_messages;
use super::load::Trial;
use super::show;
use super::world::{Record, SeenAlert, World};
use crate::config::Config;
use crate::domain::label::Labels;
use crate::domain::rules::Rules;
use crate::limits::TRIAL_SHOWN_MAX;
use crate::yaml::Span;

/// Something is not as expected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// The moment, as the test file writes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// The line of the test file that expects it.
    pub line: usize,
    pub what: String,
    pub details: Vec<Detail>,
}

/// A line under a failure: what it is, and the text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Detail {
    pub label: &'static str,
    pub text: String,
}

pub(super) fn detail(label: &'static str, text: impl Into<String>) -> Detail {
    Detail { label, text: text.into() }
}

/// The first of these lines under their label, the others under nothing.
pub(super) fn lines(label: &'static str, all: Vec<String>) -> Vec<Detail> {
    let shown = all.len().min(TRIAL_SHOWN_MAX);
    let more = all.len() - shown;
    let mut details: Vec<Detail> = all
        .into_iter()
        .take(shown)
        .enumerate()
        .map(|(nth, text)| detail(if nth == 0 { label } else { "" }, text))
        .collect();
    if more > 0 {
        details.push(detail("", format!("… and {more} more")));
    }
    details
}

/// Found by one check: where in the file, what, and more about it.
pub(super) struct Wrong {
    pub(super) span: Span,
    pub(super) what: String,
    pub(super) details: Vec<Detail>,
}

/// Everything that is not as a test expects.
pub(super) fn judge(trial: &Trial, rules: &Rules, test: &Test, record: &Record) -> Vec<Failure> {
    let mut failures = Vec::new();
    let mut add = |at: Option<Duration>, wrong: Wrong| {
        let Wrong { span, what, details } = wrong;
        failures.push(Failure { at: at.map(show::time), line: trial.line(span), what, details });
    };
    for trouble in &record.troubles {
        let details = lines("groups", trouble.more.clone());
        add(Some(trouble.at), Wrong { span: trouble.span, what: trouble.what.clone(), details });
    }
    for check in &test.routes {
        route(&trial.config, rules, check).into_iter().for_each(|wrong| add(None, wrong));
    }
    let mut before = None;
    for (moment, world) in test.expect.iter().zip(&record.seen) {
        let said =
            record.said.iter().filter(|one| one.at <= moment.at && before.is_none_or(|at| one.at > at));
        let mut found = look(&trial.config, rules, moment, world);
        if let Some(checks) = &moment.messages {
            let people = &trial.config.users;
            found.extend(judge_messages::messages(people, checks, &said.collect::<Vec<_>>()));
        }
        found.into_iter().for_each(|wrong| add(Some(moment.at), wrong));
        before = Some(moment.at);
    }
    failures
}

fn look(config: &Config, rules: &Rules, moment: &Moment, world: &World) -> Vec<Wrong> {
    let mut found = Vec::new();
    if let Some(checks) = &moment.groups {
        found.extend(judge_groups::exactly(config, rules, checks, world));
    }
    if let Some(checks) = &moment.incidents {
        found.extend(judge_incidents::exactly(rules, checks, world));
    }
    if let Some(checks) = &moment.some_groups {
        found.extend(judge_groups::among(config, rules, checks, world));
    }
    found.extend(moment.routes.iter().filter_map(|check| route(config, rules, check)));
    let why = |alert: &SeenAlert| show::why_not_inhibited(rules, &alert.labels);
    if let Some(checks) = &moment.inhibited {
        found.extend(hushed("inhibited", checks, world, |alert| alert.inhibited.as_deref(), why));
    }
    if let Some(checks) = &moment.silenced {
        let why = |_: &SeenAlert| vec!["no silence that holds now matches it".to_owned()];
        found.extend(hushed("silenced", checks, world, |alert| alert.silenced.as_deref(), why));
    }
    if let Some(checks) = &moment.muted {
        let why = |alert: &SeenAlert| show::why_route(rules, &alert.labels);
        found.extend(hushed("muted", checks, world, |alert| alert.muted.as_deref(), why));
    }
    found
}

/// Exactly these alerts are hushed in this way.
fn hushed<'w>(
    word: &str,
    checks: &Place<Vec<Labels>>,
    world: &'w World,
    reason: impl Fn(&'w SeenAlert) -> Option<&'w str>,
    why_not: impl Fn(&SeenAlert) -> Vec<String>,
) -> Vec<Wrong> {
    let mut details = Vec::new();
    for check in &checks.value {
        let meant: Vec<&SeenAlert> =
            world.alerts.iter().filter(|alert| super::act::has(&alert.labels, check)).collect();
        if meant.is_empty() {
            details.push(detail("missing", format!("no alert with {check} fires")));
        }
        for alert in meant.into_iter().filter(|alert| reason(alert).is_none()) {
            details.push(detail("missing", format!("{} is not {word}", alert.labels)));
            details.extend(lines("why", why_not(alert)));
        }
    }
    for alert in &world.alerts {
        let expected = checks.value.iter().any(|check| super::act::has(&alert.labels, check));
        if let Some(reason) = reason(alert).filter(|_| !expected) {
            details.push(detail("unexpected", format!("{}: {reason}", alert.labels)));
        }
    }
    let what = format!("the {word} alerts are not as expected");
    if details.is_empty() { Vec::new() } else { vec![Wrong { span: checks.span, what, details }] }
}

/// Where an alert would go.
fn route(config: &Config, rules: &Rules, check: &RouteCheck) -> Option<Wrong> {
    let labels = check.labels.without_empty();
    let taken = config.routes.matching(&labels);
    let receivers: Vec<&str> = taken.iter().map(|route| route.receiver.as_str()).collect();
    let priority =
        taken.first().and_then(|route| route.priority).unwrap_or_else(|| config.priorities.decide(&labels).0);
    let mut details = Vec::new();
    if receivers != check.receivers.value {
        details.push(detail(
            "expected",
            format!("receivers: {}", show::list(&check.receivers.value, Clone::clone)),
        ));
        details.push(detail(
            "actual",
            format!("receivers: {}", show::list(&receivers, |name| (*name).to_owned())),
        ));
    }
    if let Some(expected) = check.priority.filter(|expected| *expected != priority) {
        details.push(detail("expected", format!("priority: {expected}")));
        details.push(detail("actual", format!("priority: {priority}")));
    }
    if details.is_empty() {
        return None;
    }
    details.extend(lines("why", show::why_route(rules, &labels)));
    Some(Wrong { span: check.span, what: format!("{labels} goes elsewhere"), details })
}
