//! Alert groups that were expected, held against those that are there.

use super::act::has;
use super::expect::{GroupCheck, Hushed};
use super::format::Place;
use super::judge::{Detail, Wrong, detail, lines};
use super::kinds::{channel_name, person};
use super::show;
use super::world::{SeenGroup, World};
use crate::config::Config;
use crate::domain::group::State;
use crate::domain::label::Labels;
use crate::domain::rules::Rules;
use crate::limits::TRIAL_SHOWN_MAX;

/// These and no other open groups.
pub(super) fn exactly(
    config: &Config,
    rules: &Rules,
    checks: &Place<Vec<GroupCheck>>,
    world: &World,
) -> Option<Wrong> {
    let (mut details, taken) = missing(config, rules, checks, world, |check, seen| {
        seen.group.state != State::Resolved || check.state == Some(State::Resolved)
    });
    let unexpected: Vec<String> =
        world.open().filter(|seen| !taken.contains(&seen.group.number)).map(show::seen_group).collect();
    details.extend(lines("unexpected", unexpected));
    let what = "the open alert groups are not as expected".to_owned();
    (!details.is_empty()).then_some(Wrong { span: checks.span, what, details })
}

/// These, and maybe others.
pub(super) fn among(
    config: &Config,
    rules: &Rules,
    checks: &Place<Vec<GroupCheck>>,
    world: &World,
) -> Option<Wrong> {
    let (details, _) = missing(config, rules, checks, world, |_, _| true);
    let what = "an alert group is missing".to_owned();
    (!details.is_empty()).then_some(Wrong { span: checks.span, what, details })
}

/// What is told of every check that no group fulfils; and the numbers of the groups that were told of or fulfil one.
fn missing(
    config: &Config,
    rules: &Rules,
    checks: &Place<Vec<GroupCheck>>,
    world: &World,
    may: impl Fn(&GroupCheck, &SeenGroup) -> bool,
) -> (Vec<Detail>, Vec<i64>) {
    let fits = |check: usize, group: usize| match (checks.value.get(check), world.groups.get(group)) {
        (Some(check), Some(seen)) => may(check, seen) && differences(config, check, seen).is_empty(),
        _ => false,
    };
    let matched = pair(checks.value.len(), world.groups.len(), fits);
    let mut taken: Vec<i64> =
        matched.iter().flatten().filter_map(|nth| Some(world.groups.get(*nth)?.group.number)).collect();
    let mut details = Vec::new();
    for (check, group) in checks.value.iter().zip(&matched) {
        if group.is_some() {
            continue;
        }
        details.push(detail("missing", show::group_check(check)));
        // Of what is left, the group with the fewest differences; an open one before a resolved one.
        let left = world.groups.iter().filter(|seen| !taken.contains(&seen.group.number));
        let nearest = left
            .map(|seen| (differences(config, check, seen), seen))
            .min_by_key(|(differences, seen)| (!may(check, seen), differences.len()));
        match nearest {
            Some((differences, seen)) => {
                taken.push(seen.group.number);
                details.extend(tell_nearest(rules, check, seen, &differences));
            }
            None => details.extend(tell_none(rules, check, world)),
        }
    }
    (details, taken)
}

fn tell_nearest(
    rules: &Rules,
    check: &GroupCheck,
    seen: &SeenGroup,
    differences: &[Difference],
) -> Vec<Detail> {
    let mut details = vec![detail("nearest", show::seen_group(seen))];
    for Difference { key, expected, actual } in differences {
        details.push(detail("", format!("{key}: expected {expected}, is {actual}")));
    }
    if differences.is_empty() {
        details.push(detail("", "it is resolved; write `state: resolved` if that is meant"));
    }
    let routed =
        differences.iter().any(|one| matches!(one.key, "receiver" | "labels" | "channels" | "priority"));
    if let Some(labels) = seen.firing.first().filter(|_| routed) {
        details.extend(lines("why", show::why_route(rules, labels)));
    }
    let quiet = differences.iter().any(|one| matches!(one.key, "notified" | "hushed"));
    if quiet
        && check.notified == Some(true)
        && seen.group.notified_at.is_none()
        && seen.group.facts.hushed.is_none()
    {
        details.push(detail("why", "it still waits for company (group_wait)"));
    }
    details
}

/// No group is left: where do the alerts go that fire?
fn tell_none(rules: &Rules, check: &GroupCheck, world: &World) -> Vec<Detail> {
    if world.alerts.is_empty() {
        return vec![detail("actual", "no alert fires at this moment")];
    }
    let wanted: Vec<&Labels> = check.alerts.iter().flatten().chain(&check.labels).collect();
    let meant = world.alerts.iter().find(|alert| wanted.iter().any(|labels| has(&alert.labels, labels)));
    match meant.or(world.alerts.first()) {
        Some(alert) => lines("why", show::why_route(rules, &alert.labels)),
        None => Vec::new(),
    }
}

/// Gives each check a group of its own if that is possible (Kuhn's algorithm): the group of each check.
fn pair(checks: usize, groups: usize, fits: impl Fn(usize, usize) -> bool) -> Vec<Option<usize>> {
    fn place(
        check: usize,
        groups: usize,
        fits: &impl Fn(usize, usize) -> bool,
        owner: &mut [Option<usize>],
        seen: &mut [bool],
    ) -> bool {
        for group in 0..groups {
            if seen.get(group) == Some(&false) && fits(check, group) {
                seen[group] = true;
                let free = match owner[group] {
                    None => true,
                    Some(other) => place(other, groups, fits, owner, seen),
                };
                if free {
                    owner[group] = Some(check);
                    return true;
                }
            }
        }
        false
    }
    let mut owner = vec![None; groups];
    for check in 0..checks {
        place(check, groups, &fits, &mut owner, &mut vec![false; groups]);
    }
    let mut matched = vec![None; checks];
    for (group, check) in owner.iter().enumerate() {
        if let Some(check) = check {
            matched[*check] = Some(group);
        }
    }
    matched
}

struct Difference {
    key: &'static str,
    expected: String,
    actual: String,
}

/// Where a group is not as a check wants it.
fn differences(config: &Config, check: &GroupCheck, seen: &SeenGroup) -> Vec<Difference> {
    let group = &seen.group;
    let mut all = Vec::new();
    let mut add = |key: &'static str, expected: Option<String>, actual: String| {
        if let Some(expected) = expected.filter(|expected| *expected != actual) {
            all.push(Difference { key, expected, actual });
        }
    };
    // People are called by their names in the config, where they have one.
    let id = |name: &str| {
        let known = config.users.iter().map(|user| (user.name.clone(), user.slack_id.clone()));
        person(name, known).slack_id().unwrap_or_default().to_owned()
    };
    let name = |id: &str| {
        let user = config.users.iter().find(|user| user.slack_id.as_deref() == Some(id));
        user.map_or_else(|| id.to_owned(), |user| user.name.clone())
    };
    let sorted = |mut names: Vec<String>| {
        names.sort();
        show::list(&names, Clone::clone)
    };
    let count = |n: Option<u64>| n.map(|n| n.to_string());
    add("receiver", check.receiver.as_ref().map(|name| name.value.clone()), group.receiver.clone());
    add("labels", check.labels.as_ref().map(ToString::to_string), group.group_labels.to_string());
    add("firing", count(check.firing), group.firing.to_string());
    add("resolved", count(check.resolved), group.resolved.to_string());
    add("state", check.state.map(|state| state.as_str().to_owned()), group.state.as_str().to_owned());
    add("number", count(check.number), group.number.to_string());
    add("title", check.title.clone(), group.title.clone());
    add("priority", check.priority.map(|one| one.to_string()), group.priority.to_string());
    let channels = group.channels.iter().map(|name| channel_name(name)).collect();
    add("channels", check.channels.clone().map(sorted), sorted(channels));
    add("notified", check.notified.map(|yes| yes.to_string()), group.notified_at.is_some().to_string());
    let has_it = group.facts.acknowledged.as_ref().filter(|_| group.state == State::Acknowledged);
    let has_it = has_it.and_then(|taken| taken.by.slack_id()).map_or_else(|| "nobody".to_owned(), name);
    add("acknowledged_by", check.acknowledged_by.as_deref().map(|one| name(&id(one))), has_it);
    let responders =
        check.responders.as_ref().map(|all| sorted(all.iter().map(|one| name(&id(one))).collect()));
    add("responders", responders, sorted(seen.responders.iter().map(|id| name(id)).collect()));
    add("reopened", count(check.reopened), group.facts.reopened.to_string());
    if let Some(alerts) = &check.alerts {
        let fits = |one: usize, alert: usize| match (alerts.get(one), seen.firing.get(alert)) {
            (Some(wanted), Some(labels)) => has(labels, wanted),
            _ => false,
        };
        let matched = pair(alerts.len(), seen.firing.len(), fits);
        if alerts.len() != seen.firing.len() || matched.iter().any(Option::is_none) {
            let expected = show::list(alerts, ToString::to_string);
            all.push(Difference { key: "alerts", expected, actual: shown_alerts(&seen.firing) });
        }
    }
    if let Some(wanted) = &check.hushed {
        let reason = group.facts.hushed.as_deref();
        let holds = match wanted {
            Hushed::No => reason.is_none(),
            Hushed::Because(words) => reason.is_some_and(|reason| reason.contains(words.as_str())),
        };
        if !holds {
            let actual = reason.map_or_else(|| "false".to_owned(), |reason| format!("{reason:?}"));
            all.push(Difference { key: "hushed", expected: show::hushed(wanted), actual });
        }
    }
    all
}

fn shown_alerts(alerts: &[Labels]) -> String {
    let shown = alerts.get(..TRIAL_SHOWN_MAX).unwrap_or(alerts);
    let more = alerts.len() - shown.len();
    let list = show::list(shown, ToString::to_string);
    if more > 0 { format!("{list} and {more} more") } else { list }
}

#[cfg(test)]
mod tests {
    use super::pair;

    #[test]
    fn every_check_finds_its_group_if_there_is_a_way() {
        // The first check fits both groups, the second only the first one.
        let fits = |check: usize, group: usize| check == 0 || group == 0;
        assert_eq!(pair(2, 2, fits), [Some(1), Some(0)]);
        assert_eq!(pair(3, 2, fits).iter().flatten().count(), 2);
        assert_eq!(pair(2, 0, fits), [None, None]);
        assert_eq!(pair(0, 2, fits), [None; 0]);
    }
}
