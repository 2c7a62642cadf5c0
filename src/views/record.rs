//! What happened to a group, and how it came to be: for an answer in words.

use serde_json::Value;

use super::answer::name;
use super::words::{at, span, time, who};
use crate::domain::group::Group;
use crate::domain::picture::Happened;
use crate::limits::{CARD_LINE_CHARS, TIMELINE_SHOWN};
use crate::slack::blocks::{Mrkdwn, truncate};

/// The newest happenings, oldest of them first, a line each.
pub fn timeline(group: &Group, happened: &[Happened]) -> Mrkdwn {
    let left_out = happened.len().saturating_sub(TIMELINE_SHOWN);
    let mut text = name(group).raw(": what happened");
    if left_out > 0 {
        text = text.raw(&format!(" (the last {TIMELINE_SHOWN} of {})", happened.len()));
    }
    for one in happened.iter().skip(left_out) {
        text = line(text.line().raw("• "), one);
    }
    text
}

fn line(text: Mrkdwn, one: &Happened) -> Mrkdwn {
    let text = time(text, one.at).raw("  ");
    let text = who(text, &one.actor).raw(" ");
    let data = &one.data;
    let word = |key: &str| data.get(key).and_then(Value::as_str).unwrap_or_default();
    match one.kind.as_str() {
        "created" => text.raw("sent the first alert"),
        "notified" => text.raw("posted the message"),
        "alerts" => {
            let count = |key: &str| data.pointer(key).and_then(Value::as_u64).unwrap_or_default();
            text.raw(&format!(
                "told of {} joined, {} ended; {} firing",
                count("/joined/count"),
                count("/ended/count"),
                count("/firing")
            ))
        }
        "note" => text.raw("noted: ").text(&truncate(word("text"), CARD_LINE_CHARS)),
        "resolved" => match word("note") {
            "" => text.raw("resolved it"),
            fix => text.raw("resolved it; fixed by: ").text(&truncate(fix, CARD_LINE_CHARS)),
        },
        "called" => {
            let users = data.get("users").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
            users
                .iter()
                .filter_map(Value::as_str)
                .fold(text.raw("called "), |text, user| text.user(user).raw(" "))
        }
        "uncalled" => text.raw("let go ").user(word("user")),
        "hushed" => text.raw("kept it quiet: ").text(&one.reason),
        "reminded" => text.raw("reminded: nobody has it"),
        "fires_again" => text.raw("sent it again: it fires again"),
        kind => {
            let text = text.text(&kind.replace('_', " "));
            if one.reason.is_empty() { text } else { text.raw(": ").text(&one.reason) }
        }
    }
}

/// Why this group is here: integration, path through the routes, grouping, timers, config; and what keeps it quiet.
pub fn why(group: &Group, created: Option<&Happened>) -> Mrkdwn {
    let text = name(group).raw(": why here?");
    let Some(created) = created else {
        return text.raw(" Its first event is not kept any more.");
    };
    let data = &created.data;
    let word = |key: &str| data.get(key).and_then(Value::as_str).unwrap_or_default();
    let text = at(text.line().raw("• came from ").bold(word("integration")).raw(", "), created.at);
    let mut text = text.line().raw("• route: ");
    let path = data.get("path").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    for (nth, node) in path.iter().enumerate() {
        let matchers = node.get("matchers").and_then(Value::as_str).unwrap_or_default();
        let shown = if matches!(matchers, "" | "{}") { "(all)" } else { matchers };
        text = if nth > 0 { text.raw(" → ") } else { text };
        text = text.code(&truncate(shown, CARD_LINE_CHARS));
    }
    text = text.raw(" → receiver ").bold(word("receiver"));
    text = text.line().raw("• grouped by ").text(word("grouping"));
    if !group.group_labels.is_empty() {
        text = text.raw(": ").code(&truncate(&group.group_labels.to_string(), CARD_LINE_CHARS));
    }
    let length = |key: &str| {
        let ms = data.get(key).and_then(Value::as_u64).unwrap_or_default();
        if ms == 0 { "none".to_owned() } else { span(std::time::Duration::from_millis(ms)) }
    };
    text = text.line().raw(&format!(
        "• timers: first message after {}, news every {}, reminder every {}",
        length("group_wait_ms"),
        length("group_interval_ms"),
        length("repeat_interval_ms")
    ));
    text = match &group.facts.hushed {
        Some(reason) => text.line().raw("• quiet now: ").text(reason),
        None => text.line().raw("• nothing keeps it quiet: no silence, inhibition or muted time"),
    };
    text.line().raw("• config ").code(word("config"))
}
