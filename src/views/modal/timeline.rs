//! What happened in a group, the newest at the end.

use serde_json::Value;
use slack_morphism::blocks::SlackActionBlockElement;

use super::about;
use crate::domain::actor::Actor;
use crate::domain::group::{Change, Told};
use crate::domain::picture::{Happened, Named};
use crate::limits::{SLACK_SECTION_CHARS, TIMELINE_LINE_CHARS, TIMELINE_PAGES_MAX};
use crate::slack::blocks::{Modal, Mrkdwn, SlackBlock, actions, button, section, whole, width};
use crate::views::words::{at, reason, who};

pub(super) fn draw(group: &Named, page: u32, has_earlier: bool, lines: &[Happened]) -> Value {
    let mut blocks = vec![about(group)];
    if lines.is_empty() {
        blocks.push(section(Mrkdwn::markup("Nothing more happened.")));
    }
    blocks.extend(paragraphs(lines.iter().map(line)));
    let mut turn: Vec<SlackActionBlockElement> = Vec::new();
    if has_earlier && page < TIMELINE_PAGES_MAX {
        turn.push(button("timeline_earlier", "← Earlier", &format!("{}:{}", group.id, page + 1)).into());
    }
    if page > 0 {
        turn.push(button("timeline_later", "Later →", &format!("{}:{}", group.id, page - 1)).into());
    }
    turn.push(button("timeline_why", "Why here?", &group.id.to_string()).into());
    blocks.extend(actions(&format!("page_{page}"), turn));
    Modal::new("timeline", &format!("Timeline of #{}", group.number), blocks).close("Close").to_value()
}

/// Lines packed into as few blocks as hold them.
pub(in crate::views) fn paragraphs(lines: impl Iterator<Item = Mrkdwn>) -> Vec<SlackBlock> {
    let mut blocks = Vec::new();
    let mut text = Mrkdwn::new();
    for line in lines {
        let line = line.truncated(TIMELINE_LINE_CHARS);
        if width(text.as_str()) + width(line.as_str()) + 1 > SLACK_SECTION_CHARS {
            blocks.push(whole(std::mem::take(&mut text)));
        }
        text = if text.is_blank() { line } else { text.line().append(&line) };
    }
    if !text.is_blank() {
        blocks.push(whole(text));
    }
    blocks
}

/// "Nov 21 05:10 PM  @ann acknowledged it (button)"
pub(in crate::views) fn line(one: &Happened) -> Mrkdwn {
    let text = at(Mrkdwn::new(), one.at).raw("  ");
    let told: Option<Told> = serde_json::from_value(one.data.clone()).ok();
    let text = match told {
        Some(told) => changed(text, one, &told.change),
        None => other(text, one),
    };
    match (&one.actor, one.source.as_str()) {
        (Actor::Person(_), "") => text,
        (Actor::Person(_), source) => text.raw(" (").text(source).raw(")"),
        _ => text,
    }
}

fn changed(text: Mrkdwn, one: &Happened, change: &Change) -> Mrkdwn {
    let by = |text: Mrkdwn| who(text, &one.actor);
    match change {
        Change::Acknowledged { lifted: true } => by(text).raw(" acknowledged it and lifted its silence"),
        Change::Acknowledged { lifted: false } => by(text).raw(" acknowledged it"),
        Change::Unacknowledged { timed_out: true } => {
            text.raw("Nobody has it any more: the reminder was not answered")
        }
        Change::Unacknowledged { timed_out: false } => by(text).raw(" unacknowledged it"),
        Change::Resolved { note: Some(note) } => by(text).raw(" resolved it: ").text(note),
        Change::Resolved { note: None } => by(text).raw(" resolved it"),
        Change::Unresolved => by(text).raw(" opened it again"),
        Change::Silenced { until: Some(until), .. } => at(by(text).raw(" silenced it until "), *until),
        Change::Silenced { until: None, .. } => by(text).raw(" silenced it until somebody lifts it"),
        Change::Unsilenced { ran_out: true } => text.raw("The silence ran out"),
        Change::Unsilenced { ran_out: false } => by(text).raw(" lifted the silence"),
        Change::FiresAgain { times, .. } => text.raw(&format!("It fires again ({times} times by now)")),
    }
}

fn other(text: Mrkdwn, one: &Happened) -> Mrkdwn {
    let by = |text: Mrkdwn| who(text, &one.actor);
    let data = &one.data;
    let number = |field: &str| data[field].as_i64().unwrap_or_default();
    let theirs = |field: &str| data[field].as_str().unwrap_or_default();
    match one.kind.as_str() {
        "created" => by(text).raw(" began it: it fired"),
        "notified" => {
            let channels: Vec<&str> =
                data["channels"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            text.raw("Told to ").text(&channels.join(", "))
        }
        "nobody_notified" => reason(text.raw(":warning: Nobody was notified: "), &one.reason),
        "opened" => text.raw("Got a message of its own"),
        "hushed" => reason(text.raw("Kept quiet: "), &one.reason),
        "alerts" => heads(heads(text, "joined", &data["joined"]), "ended", &data["ended"]),
        "reminded" => text.raw("Reminded the channel: nobody has it"),
        "asked_owner" => text.raw("Asked whether it is still theirs"),
        "confirmed" => by(text).raw(" still has it"),
        "note" => by(text).raw(": ").text(theirs("text")),
        "called" => {
            let users = data["users"].as_array().into_iter().flatten().filter_map(Value::as_str);
            let text = users.fold(by(text).raw(" called"), |text, user| text.raw(" ").user(user));
            if theirs("importance") == "important" { text.raw(", as important") } else { text }
        }
        "uncalled" => by(text).raw(" let ").user(theirs("user")).raw(" go"),
        "attached" => by(text).raw(&format!(" attached it to #{}", number("to"))),
        "took_in" => by(text).raw(&format!(" attached #{} to it", number("number"))),
        "detached" => by(text).raw(" detached it"),
        "followed" => text.raw(&format!("Followed #{}: now ", number("root"))).text(theirs("state")),
        kind => {
            let text = by(text).raw(": ").text(&kind.replace('_', " "));
            if one.reason.is_empty() { text } else { text.raw(" — ").text(&one.reason) }
        }
    }
}

/// "2 joined: db1, db2 "
fn heads(text: Mrkdwn, word: &str, heads: &Value) -> Mrkdwn {
    let count = heads["count"].as_i64().unwrap_or_default();
    if count == 0 {
        return text;
    }
    let names: Vec<&str> =
        heads["names"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let more = if usize::try_from(count).is_ok_and(|count| count > names.len()) { ", …  " } else { "  " };
    text.raw(&format!("{count} {word}: ")).text(&names.join(", ")).raw(more)
}
