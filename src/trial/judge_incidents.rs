//! The incidents that were expected, held against those that are open.

use super::expect::IncidentCheck;
use super::format::Place;
use super::judge::{Wrong, detail, lines};
use super::show;
use super::world::{SeenIncident, World};
use crate::domain::rules::Rules;

/// Exactly these are open.
pub(super) fn exactly(rules: &Rules, checks: &Place<Vec<IncidentCheck>>, world: &World) -> Option<Wrong> {
    let mut left: Vec<&SeenIncident> = world.incidents.iter().collect();
    let mut missing = Vec::new();
    for check in &checks.value {
        match left.iter().position(|seen| is_like(check, seen)) {
            Some(at) => drop(left.remove(at)),
            None => missing.push(check),
        }
    }
    if left.is_empty() && missing.is_empty() {
        return None;
    }
    let mut details = lines("missing", missing.iter().map(|check| wanted(check)).collect());
    details.extend(lines("unexpected", left.iter().map(|seen| shown(seen)).collect()));
    for check in missing {
        let said = check.severity.as_ref().map(|severity| severity.value.as_str());
        if let Some(said) = said.filter(|said| rules.incidents.severity(said).is_none()) {
            let known: Vec<&str> = rules.incidents.severities.iter().map(|one| one.name.as_str()).collect();
            details.push(detail("hint", format!("{said} is not a severity; there are {}", known.join(", "))));
        }
    }
    Some(Wrong { span: checks.span, what: "the open incidents are not as expected".to_owned(), details })
}

fn is_like(check: &IncidentCheck, seen: &SeenIncident) -> bool {
    let one = &seen.incident;
    let same = |number: u64, other: i64| i64::try_from(number) == Ok(other);
    check.number.is_none_or(|number| same(number, one.number))
        && check.title.as_ref().is_none_or(|title| *title == one.title)
        && check
            .severity
            .as_ref()
            .is_none_or(|severity| severity.value.to_lowercase() == one.severity.to_lowercase())
        && check.labels.as_ref().is_none_or(|labels| super::act::has(&one.labels, labels))
        && check.groups.as_ref().is_none_or(|groups| {
            groups.len() == seen.groups.len()
                && groups.iter().all(|number| seen.groups.iter().any(|other| same(*number, *other)))
        })
}

fn wanted(check: &IncidentCheck) -> String {
    let mut parts = Vec::new();
    parts.extend(check.number.map(|number| format!("INC-{number}")));
    parts.extend(check.severity.as_ref().map(|severity| severity.value.clone()));
    parts.extend(check.title.clone().map(|title| format!("\u{201c}{title}\u{201d}")));
    parts.extend(check.labels.as_ref().map(ToString::to_string));
    parts.extend(
        check.groups.as_ref().map(|groups| format!("groups: {}", show::list(groups, |n| format!("#{n}")))),
    );
    if parts.is_empty() { "an incident".to_owned() } else { parts.join(" ") }
}

fn shown(seen: &SeenIncident) -> String {
    let one = &seen.incident;
    let groups = show::list(&seen.groups, |number| format!("#{number}"));
    format!(
        "INC-{} {} \u{201c}{}\u{201d} {} groups: {groups}",
        one.number, one.severity, one.title, one.labels
    )
}
