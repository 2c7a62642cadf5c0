//! What happened to a group, and how it came to be: for an answer in words, in the words of the dialogues.

use super::answer::{name, next};
use super::modal::{timeline, why};
use crate::domain::group::Group;
use crate::domain::picture::{Happened, WhyHere};
use crate::limits::{ANSWER_CHARS, TIMELINE_LINE_CHARS};
use crate::slack::blocks::{Mrkdwn, width};

/// The newest happenings, oldest of them first, a line each; `earlier` when there are more than these.
pub fn timeline(group: &Group, happened: &[Happened], earlier: bool, command: &str) -> Mrkdwn {
    // From the newest on, as many as fit.
    let mut lines: Vec<Mrkdwn> = Vec::new();
    let mut room = ANSWER_CHARS;
    for one in happened.iter().rev() {
        let line = Mrkdwn::markup("• ").append(&timeline::line(one)).truncated(TIMELINE_LINE_CHARS);
        let Some(left) = room.checked_sub(width(line.as_str()) + 1) else { break };
        room = left;
        lines.push(line);
    }
    let all = lines.len() == happened.len() && !earlier;
    let text = name(group).raw(": what happened");
    let text = if all { text } else { text.raw(&format!(" (the last {})", lines.len())) };
    let text = lines.iter().rev().fold(text, |text, line| text.line().append(line));
    if all {
        return text;
    }
    let text = text.line().raw("All of it: ⋯, _Timeline_, at its message, or at ");
    next(text, command, &format!("show {}", group.number))
}

/// Why this group is here: integration, path through the routes, group key, timers, config; and what keeps it quiet.
pub fn why(here: &WhyHere) -> Mrkdwn {
    let lines = why::came(here).into_iter().chain(why::now(here));
    let text = lines.fold(name(&here.group).raw(": why here?"), |text, line| {
        text.line().raw("• ").append(&line.truncated(TIMELINE_LINE_CHARS))
    });
    text.truncated(ANSWER_CHARS)
}
