//! Messages that were expected, held against those that were sent.

use super::expect::MessageCheck;
use super::format::Place;
use super::judge::{Detail, Wrong, detail, lines};
use super::kinds::{channel_name, person};
use super::show;
use super::world::Said;
use crate::config::User;

/// What is not as expected among the messages since the moment before.
pub(super) fn messages(people: &[User], checks: &Place<Vec<MessageCheck>>, said: &[&Said]) -> Vec<Wrong> {
    if checks.value.is_empty() {
        let what = "nothing was to be said".to_owned();
        let details = all(said);
        return if said.is_empty() { Vec::new() } else { vec![Wrong { span: checks.span, what, details }] };
    }
    checks.value.iter().filter_map(|check| one(people, check, said)).collect()
}

fn one(people: &[User], check: &MessageCheck, said: &[&Said]) -> Option<Wrong> {
    let fitting = said.iter().filter(|one| lacks(people, check, one).is_empty()).count() as u64;
    if check.count.map_or(fitting > 0, |count| count == fitting) {
        return None;
    }
    let expected = check.count.map_or_else(|| "at least one message".to_owned(), count);
    let mut details = vec![detail("expected", format!("{expected} {}", show::message_check(check)))];
    details.push(detail("actual", count(fitting)));
    if check.count.is_none_or(|count| count > fitting) {
        let others =
            said.iter().map(|one| (lacks(people, check, one), one)).filter(|(lacks, _)| !lacks.is_empty());
        if let Some((lacks, nearest)) = others.min_by_key(|(lacks, _)| lacks.len()) {
            details.push(detail("nearest", show::said(nearest)));
            details.extend(lacks.into_iter().map(|text| detail("", text)));
            if !(check.contains.is_empty() && check.lacks.is_empty() && check.equals.is_none()) {
                details.extend(lines("its text", nearest.text.lines().map(str::to_owned).collect()));
            }
        }
    }
    details.extend(all(said));
    Some(Wrong { span: check.span, what: "the messages are not as expected".to_owned(), details })
}

fn count(n: u64) -> String {
    format!("{n} message{}", if n == 1 { "" } else { "s" })
}

fn all(said: &[&Said]) -> Vec<Detail> {
    if said.is_empty() {
        return vec![detail("said", "nothing")];
    }
    lines("said", said.iter().map(|one| show::said(one)).collect())
}

/// What a message lacks to be one that a check wants.
fn lacks(people: &[User], check: &MessageCheck, said: &Said) -> Vec<String> {
    let mut all = Vec::new();
    if let Some(channel) = &check.channel
        && said.channel.as_deref().map(channel_name).as_deref() != Some(&channel.value)
    {
        all.push(format!("it is in {}", show::place(said)));
    }
    if let Some(name) = &check.to {
        let known = people.iter().map(|user| (user.name.clone(), user.slack_id.clone()));
        if said.to.as_deref() != person(name, known).slack_id() {
            all.push(format!("it goes to {}", show::place(said)));
        }
    }
    if let Some(kind) = check.kind.filter(|kind| *kind != said.kind) {
        all.push(format!("it is no {}", kind.word()));
    }
    all.extend(
        check
            .contains
            .iter()
            .filter(|words| !said.text.contains(words.as_str()))
            .map(|words| format!("it does not contain {words:?}")),
    );
    all.extend(
        check
            .lacks
            .iter()
            .filter(|words| said.text.contains(words.as_str()))
            .map(|words| format!("it contains {words:?}")),
    );
    let trimmed = |text: &str| {
        text.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
    };
    if let Some(text) = &check.equals
        && trimmed(text) != said.text
    {
        all.push("its text is another".to_owned());
    }
    all
}
