//! How groups, alerts, checks and routes are written in a report: as they would stand in the test file.

use super::expect::{GroupCheck, Hushed, MessageCheck};
use super::kinds::GroupRef;
use super::world::{Said, SeenGroup};
use crate::domain::group::Group;
use crate::domain::label::Labels;
use crate::domain::route::{GroupBy, Verdict};
use crate::domain::rules::Rules;

/// `#1 "DiskFull (db1)" → ops, firing`
pub(super) fn group_line(group: &Group) -> String {
    format!("#{} {:?} → {}, {}", group.number, group.title, group.receiver, group.state.as_str())
}

pub(super) fn group_ref(wanted: &GroupRef) -> String {
    match wanted {
        GroupRef::Number(number) => format!("#{number}"),
        GroupRef::Title(title) => format!("with the title {title:?}"),
        GroupRef::Labels(labels) => format!("with the labels {labels}"),
    }
}

pub(super) fn list<T>(items: &[T], show: impl Fn(&T) -> String) -> String {
    format!("[{}]", items.iter().map(show).collect::<Vec<_>>().join(", "))
}

/// What a check asks for, key by key.
pub(super) fn group_check(check: &GroupCheck) -> String {
    let mut parts: Vec<String> = Vec::new();
    let mut add = |key: &str, value: Option<String>| {
        parts.extend(value.map(|value| format!("{key}: {value}")));
    };
    add("receiver", check.receiver.as_ref().map(|name| name.value.clone()));
    add("labels", check.labels.as_ref().map(ToString::to_string));
    add("alerts", check.alerts.as_ref().map(|alerts| list(alerts, ToString::to_string)));
    add("firing", check.firing.map(|n| n.to_string()));
    add("resolved", check.resolved.map(|n| n.to_string()));
    add("state", check.state.map(|state| state.as_str().to_owned()));
    add("number", check.number.map(|n| n.to_string()));
    add("title", check.title.as_ref().map(|title| format!("{title:?}")));
    add("priority", check.priority.map(|priority| priority.to_string()));
    add("channels", check.channels.as_ref().map(|channels| list(channels, Clone::clone)));
    add("notified", check.notified.map(|yes| yes.to_string()));
    add("hushed", check.hushed.as_ref().map(hushed));
    add("acknowledged_by", check.acknowledged_by.clone());
    add("responders", check.responders.as_ref().map(|all| list(all, Clone::clone)));
    add("reopened", check.reopened.map(|n| n.to_string()));
    format!("{{{}}}", parts.join(", "))
}

pub(super) fn hushed(check: &Hushed) -> String {
    match check {
        Hushed::No => "false".to_owned(),
        Hushed::Because(words) => format!("{words:?}"),
    }
}

/// A group as a check could describe it.
pub(super) fn seen_group(seen: &SeenGroup) -> String {
    let group = &seen.group;
    let mut text = format!(
        "#{} {:?} {{receiver: {}, labels: {}, state: {}, alerts: {}",
        group.number,
        group.title,
        group.receiver,
        group.group_labels,
        group.state.as_str(),
        list(&seen.firing, ToString::to_string)
    );
    if let Some(why) = &group.facts.hushed {
        text.push_str(&format!(", hushed: {why:?}"));
    }
    text.push('}');
    text
}

pub(super) fn message_check(check: &MessageCheck) -> String {
    let mut parts: Vec<String> = Vec::new();
    let mut add = |key: &str, value: Option<String>| {
        parts.extend(value.map(|value| format!("{key}: {value}")));
    };
    let words = |words: &[String]| (!words.is_empty()).then(|| list(words, |word| format!("{word:?}")));
    add("channel", check.channel.as_ref().map(|name| format!("{:?}", name.value)));
    add("to", check.to.clone());
    add("kind", check.kind.map(|kind| kind.word().to_owned()));
    add("contains", words(&check.contains));
    add("lacks", words(&check.lacks));
    add("equals", check.equals.as_ref().map(|text| format!("{text:?}")));
    format!("{{{}}}", parts.join(", "))
}

/// `30s #alerts message: Disk full`
pub(super) fn said(said: &Said) -> String {
    let first = said.text.lines().next().unwrap_or("(no text)");
    format!("{} {} {}: {first}", time(said.at), place(said), said.kind.word())
}

pub(super) fn place(said: &Said) -> String {
    match (&said.channel, &said.to) {
        (Some(channel), _) => channel.clone(),
        (None, Some(person)) => format!("@{person}"),
        (None, None) => String::new(),
    }
}

pub(super) fn time(at: std::time::Duration) -> String {
    match at {
        std::time::Duration::ZERO => "0s".to_owned(),
        at => crate::domain::duration::canonical(at),
    }
}

/// Why an alert goes where it goes, route by route.
pub(super) fn why_route(rules: &Rules, labels: &Labels) -> Vec<String> {
    let receivers: Vec<&str> =
        rules.tree.matching(labels).iter().map(|route| route.receiver.as_str()).collect();
    let mut lines = vec![format!("{labels} goes to {}", receivers.join(", "))];
    for visit in rules.tree.explain(labels).visits {
        let matchers = visit.matchers.join(", ");
        let at = if matchers.is_empty() { visit.path } else { format!("{} {{{matchers}}}", visit.path) };
        lines.push(match visit.verdict {
            Verdict::Passed => format!("{at} matches; one below it takes the alert"),
            Verdict::Taken => format!("{at} takes it → {}{}", visit.receiver, grouping(rules, visit.index)),
            Verdict::Failed { failed } => match failed.value {
                Some(value) => format!("{at} does not match: {} and the alert has {value:?}", failed.matcher),
                None => format!("{at} does not match: {} and the alert has no such label", failed.matcher),
            },
            Verdict::Skipped => format!("{at} is not looked at: one before it took the alert"),
        });
    }
    lines
}

fn grouping(rules: &Rules, index: usize) -> String {
    match rules.tree.routes().get(index).map(|route| &route.group_by) {
        Some(GroupBy::Labels(names)) => format!(", grouped by [{}]", names.join(", ")),
        Some(GroupBy::All) => ", grouped by all labels".to_owned(),
        Some(GroupBy::Sender) => ", grouped as its sender does".to_owned(),
        None => String::new(),
    }
}

/// Why an alert is not inhibited.
pub(super) fn why_not_inhibited(rules: &Rules, labels: &Labels) -> Vec<String> {
    let questions = rules.inhibit.questions(labels);
    if questions.is_empty() {
        return vec![format!("no inhibit rule has {labels} among its targets")];
    }
    questions
        .iter()
        .map(|question| {
            let rule = question.rule;
            let equal = match rule.equal.is_empty() {
                true => String::new(),
                false => {
                    let same: Vec<String> =
                        rule.equal.iter().map(|name| format!("{name}={:?}", labels.get(name))).collect();
                    format!(" with the same {}", same.join(", "))
                }
            };
            format!("it is a target of a rule, but no {}{equal} fires", rule.source)
        })
        .collect()
}
