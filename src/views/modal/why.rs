//! Why is this here? Every decision that led to it.

use std::time::Duration;

use serde_json::Value;

use super::about;
use super::timeline::{line, paragraphs};
use crate::domain::picture::{Named, WhyHere};
use crate::domain::priority::Priority;
use crate::slack::blocks::{Modal, Mrkdwn, divider, section};
use crate::views::words::{at, reason, span, who};

pub(super) fn draw(why: &WhyHere) -> Value {
    let group = &why.group;
    let name = Named { id: group.id, number: group.number, title: group.title.clone() };
    let mut blocks = vec![about(&name)];
    blocks.extend(paragraphs(came(why).into_iter()));
    blocks.push(divider());
    if !why.decided.is_empty() {
        blocks.push(section(Mrkdwn::markup("*What was decided since*")));
        blocks.extend(paragraphs(why.decided.iter().map(line)));
    }
    blocks.push(section(Mrkdwn::markup("*Now*")));
    blocks.extend(paragraphs(now(why).into_iter()));
    Modal::new("why", &format!("Why is #{} here?", group.number), blocks).close("Close").to_value()
}

/// How it came to be, as it was written down then.
pub(in crate::views) fn came(why: &WhyHere) -> Vec<Mrkdwn> {
    let group = &why.group;
    let title = |name: &str| Mrkdwn::markup(format!("*{name}:* "));
    let mut lines = vec![title("Integration").text(&group.integration).raw(" (").text(&group.kind).raw(")")];
    let Some(created) = &why.created else {
        lines.push(Mrkdwn::markup("How it was made is older than what is kept."));
        return lines;
    };
    let data = &created.data;
    lines.push(at(title("Made"), created.at).raw(": ").text(&created.reason));
    for (depth, node) in data["path"].as_array().into_iter().flatten().enumerate() {
        let text = |field: &str| node[field].as_str().unwrap_or_default();
        let held = match text("matchers") {
            "" | "{}" => Mrkdwn::markup("takes everything"),
            matchers => Mrkdwn::new().code(matchers).raw(" held"),
        };
        let line = title(if depth == 0 { "Route" } else { "Then" }).code(text("path")).raw(" ");
        lines.push(line.append(&held).raw(" → ").text(text("receiver")));
    }
    let channels = group.channels.join(", ");
    let channels = if channels.is_empty() { "no channel" } else { &channels };
    lines.push(title("Receiver").text(&group.receiver).raw(" → ").text(channels));
    let text = |field: &str| data[field].as_str().unwrap_or_default();
    let grouped = title("Grouped by").text(text("grouping"));
    lines.push(if group.group_labels.is_empty() {
        grouped
    } else {
        grouped.raw(" ").code(&group.group_labels.to_string())
    });
    if !text("sender_group").is_empty() {
        lines.push(title("Sender's group").code(text("sender_group")));
    }
    lines.push(title("Group key").code(&group.group_key));
    let timer = |field: &str| match data[field].as_u64() {
        Some(0) => "none".to_owned(),
        Some(ms) => span(Duration::from_millis(ms)),
        None => "?".to_owned(),
    };
    lines.push(title("Timers").raw(&format!(
        "group_wait {}, group_interval {}, repeat_interval {}",
        timer("group_wait_ms"),
        timer("group_interval_ms"),
        timer("repeat_interval_ms")
    )));
    let first: Option<Priority> = serde_json::from_value(data["priority"].clone()).ok();
    let line = title("Priority").raw(&group.priority.to_string());
    lines.push(match first.filter(|first| *first != group.priority) {
        Some(first) => line.raw(&format!(" (at first {first})")),
        None => line,
    });
    let line = title("Configuration").code(text("config"));
    lines.push(if text("config") == why.config { line } else { line.raw("; it is now ").code(&why.config) });
    lines
}

pub(in crate::views) fn now(why: &WhyHere) -> Vec<Mrkdwn> {
    let mut lines: Vec<Mrkdwn> =
        why.quiet.iter().map(|told| reason(Mrkdwn::markup(":mute: "), told)).collect();
    if let Some(silenced) = &why.group.facts.silenced {
        let line = who(Mrkdwn::markup(":no_bell: silenced by "), &silenced.by);
        lines.push(match silenced.until {
            Some(until) => at(line.raw(" until "), until),
            None => line.raw(" until somebody lifts it"),
        });
    }
    if lines.is_empty() {
        lines.push(Mrkdwn::markup("No mute time, no inhibition and no silence keeps it quiet."));
    }
    lines
}
