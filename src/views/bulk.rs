//! One thing for several alert groups: what it would change, and what came of it.

use serde_json::Value;
use slack_morphism::blocks::{SlackActionBlockElement, SlackBlock};

use super::answer::{name, next, state};
use super::lists::name_linked;
use super::modal::timeline::paragraphs;
use super::words::{at, emoji, span};
use crate::domain::bulk::{Deed, Left, Report};
use crate::domain::group::{Group, State};
use crate::domain::picture::ListedGroups;
use crate::domain::time::Timestamp;
use crate::limits::{BULK_GROUPS_MAX, CARD_LINE_CHARS, PREVIEW_GROUPS_SHOWN};
use crate::slack::blocks::{Message, Mrkdwn, SlackButtonStyle, actions, button, context, section, truncate};

/// What would be done.
#[derive(Clone, Debug, PartialEq)]
pub struct Preview<'a> {
    pub what: Deed,
    /// All that would change, the most urgent first.
    pub groups: &'a [Group],
    /// Of those that are shown.
    pub listed: &'a ListedGroups,
    /// The filter as it was understood; empty for `all` and for numbers.
    pub filter: &'a str,
    /// Those that were named and stay as they are, and why.
    pub left: &'a [Left],
    /// Numbers that no alert has.
    pub unknown: &'a [i64],
    /// Others that the filter finds in another state.
    pub others: usize,
    /// More that would change, but are too many at once.
    pub over: usize,
    /// Only so many of the resolved ones were looked at, and there are more.
    pub looked_at: Option<usize>,
    /// How long, and until when; none: until it is lifted.
    pub length: Option<(std::time::Duration, Timestamp)>,
    /// What is kept along with it.
    pub words: &'a str,
    /// What the button sends back.
    pub value: &'a str,
    /// Other ways to read what was typed: the label, and the words.
    pub instead: &'a [(String, String)],
    pub command: &'a str,
}

/// The list and the button that does it. Nothing is done before.
pub fn preview(of: &Preview<'_>) -> Value {
    let count = of.groups.len();
    let head = Mrkdwn::markup(format!("*{} {}*", verb(of.what), alerts(count)));
    let head = if of.filter.is_empty() { head } else { head.raw(" for ").code(of.filter) };
    let head = match (of.what, of.length) {
        (Deed::Silence, Some((length, ends))) => {
            at(head.raw(&format!(" for {}, until ", span(length))), ends)
        }
        (Deed::Silence, None) => head.raw(" until it is lifted"),
        _ => head,
    };
    let head = match (of.what, of.words) {
        (_, "") => head,
        (Deed::Resolve, words) => head.line().raw("Fixed by: ").text(&truncate(words, CARD_LINE_CHARS)),
        (_, words) => head.line().raw("With the note: ").text(&truncate(words, CARD_LINE_CHARS)),
    };
    let mut lines: Vec<Mrkdwn> =
        of.groups.iter().take(PREVIEW_GROUPS_SHOWN).map(|group| line(of, group)).collect();
    if count > PREVIEW_GROUPS_SHOWN {
        let more = Mrkdwn::markup(format!("… and {} more: ", count - PREVIEW_GROUPS_SHOWN));
        lines.push(next(more, of.command, format!("alerts {}", of.filter).trim()));
    }
    lines.extend(warnings(of));
    let said = lines.iter().fold(head.clone(), |text, line| text.line().append(line));
    let said = said.line().raw("Nothing is done yet: the button does it.");
    let mut confirm = button("bulk_confirm", &format!("{} {count}", verb(of.what)), of.value);
    confirm = confirm.with_style(match of.what {
        Deed::Resolve => SlackButtonStyle::Danger,
        _ => SlackButtonStyle::Primary,
    });
    let row: Vec<SlackActionBlockElement> = vec![confirm.into()];
    Message::new(said)
        .blocks([section(head)])
        .blocks(paragraphs(lines.into_iter()))
        .blocks(actions("bulk_preview", row))
        .blocks(super::answer::word_buttons(of.instead))
        .blocks(context([Mrkdwn::markup("Nothing is done until you press the button.")]))
        .to_value()
}

/// Nothing that was meant can be changed so.
pub fn nothing(of: &Preview<'_>) -> Mrkdwn {
    let text = Mrkdwn::markup(format!("Nothing to {}", of.what.as_str()));
    let text = if of.filter.is_empty() { text } else { text.raw(" for ").code(of.filter) };
    let text = warnings(of).iter().fold(text.raw("."), |text, line| text.line().append(line));
    next(text.line().raw("All open alerts: "), of.command, "alerts")
}

/// What stays as it is, what is not there, and what goes on burning.
fn warnings(of: &Preview<'_>) -> Vec<Mrkdwn> {
    let mut lines: Vec<Mrkdwn> = of
        .left
        .iter()
        .map(|left| Mrkdwn::markup(format!(":heavy_minus_sign: *#{}* stays: ", left.number)).text(&left.why))
        .collect();
    if !of.unknown.is_empty() {
        let numbers: Vec<String> = of.unknown.iter().map(i64::to_string).collect();
        lines.push(Mrkdwn::markup(format!(":heavy_minus_sign: No such alert: {}", numbers.join(", "))));
    }
    if of.others > 0 {
        let stay = if of.others == 1 { "other stays as it is" } else { "others stay as they are" };
        let why = match of.what {
            Deed::Ack | Deed::Silence => "taken, silenced, attached, or not yet announced",
            _ => "in another state, or not yet announced",
        };
        lines.push(Mrkdwn::markup(format!(":heavy_minus_sign: {} {stay} ({why})", of.others)));
    }
    if of.over > 0 {
        let waits = if of.over == 1 { "waits" } else { "wait" };
        let text = format!(
            ":warning: *{} more {waits}:* at most {BULK_GROUPS_MAX} at once; say it again for the rest.",
            of.over
        );
        lines.push(Mrkdwn::markup(text));
    }
    if let Some(count) = of.looked_at {
        let text = format!(":heavy_minus_sign: Among the last {count} resolved; older ones by their number.");
        lines.push(Mrkdwn::markup(text));
    }
    let burning = of.groups.iter().filter(|group| group.firing > 0).count();
    if of.what == Deed::Resolve && burning > 0 {
        let text = format!(":warning: *{} still at the source.*", fire(burning));
        lines.push(Mrkdwn::markup(text));
    }
    lines
}

fn fire(count: usize) -> String {
    if count == 1 { "1 of them fires".to_owned() } else { format!("{count} of them fire") }
}

fn line(of: &Preview<'_>, group: &Group) -> Mrkdwn {
    let text = Mrkdwn::markup(format!("{} ", emoji(group)));
    let text = name_linked(text, group, of.listed.get(&group.id));
    match group.state {
        State::Firing => text,
        _ => state(text.raw(" — "), group),
    }
}

/// "Acknowledge", as on a button.
pub fn verb(what: Deed) -> &'static str {
    match what {
        Deed::Ack => "Acknowledge",
        Deed::Unack => "Unacknowledge",
        Deed::Resolve => "Resolve",
        Deed::Unresolve => "Unresolve",
        Deed::Silence => "Silence",
        Deed::Unsilence => "Unsilence",
    }
}

fn past(what: Deed) -> &'static str {
    match what {
        Deed::Ack => "acknowledged",
        Deed::Unack => "unacknowledged",
        Deed::Resolve => "resolved",
        Deed::Unresolve => "unresolved",
        Deed::Silence => "silenced",
        Deed::Unsilence => "unsilenced",
    }
}

fn alerts(count: usize) -> String {
    if count == 1 { "1 alert".to_owned() } else { format!("{count} alerts") }
}

/// What came of it.
pub fn report(report: &Report, command: &str) -> Mrkdwn {
    let count = usize::try_from(report.done).unwrap_or(usize::MAX);
    let mark = if count > 0 { ":white_check_mark:" } else { ":heavy_minus_sign:" };
    let text = Mrkdwn::markup(format!("{mark} {} {}.", alerts(count), past(report.what)));
    let text = if report.pending > 0 {
        text.raw(&format!(" The other {} follow now; this says so when all is done.", report.pending))
    } else {
        text
    };
    let mut text = report
        .left
        .iter()
        .fold(text, |text, left| text.line().raw(&format!("*#{}* stays: ", left.number)).text(&left.why));
    let more = report.refused.saturating_sub(u32::try_from(report.left.len()).unwrap_or(u32::MAX));
    if more > 0 {
        text = text.line().raw(&format!("{more} more stay as they are."));
    }
    if report.words_lost > 0 {
        text = text.line().raw("Your note was not kept: guests cannot add notes.");
    }
    let back = match report.what {
        Deed::Ack => "unack",
        Deed::Silence => "unsilence",
        _ => return text,
    };
    if count == 0 { text } else { next(text.line().raw("To undo it: "), command, &format!("{back} mine")) }
}

/// The names of those that a dialogue is about.
pub fn named(groups: &[Group]) -> Vec<SlackBlock> {
    let shown = groups.iter().map(|group| {
        let text = Mrkdwn::markup(format!("{} ", emoji(group))).append(&name(group));
        if group.state == State::Firing { text } else { state(text.raw(" — "), group) }
    });
    paragraphs(shown)
}
