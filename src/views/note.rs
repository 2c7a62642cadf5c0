//! Replies in a group's thread: one line where it can be one.

use serde_json::Value;
use slack_morphism::blocks::SlackActionBlockElement;

use super::group::mentioned;
use super::words::{self, at, one_line, span, who};
use crate::domain::actor::{Actor, Via};
use crate::domain::group::{Change, Group, State, Told};
use crate::domain::picture::GroupPicture;
use crate::domain::say::{GroupNote, Heads, Importance};
use crate::limits::{NOTICE_SUMMARY_CHARS, NOTICE_TITLE_CHARS};
use crate::slack::blocks::{Message, Mrkdwn, SlackButtonStyle, actions, button, section};

/// A reply that shows in the channel, too: which group it is about, and whom the receiver names.
pub fn to_channel(picture: &GroupPicture, note: &GroupNote, name: Option<&str>) -> Value {
    let group = &picture.group;
    let text = Mrkdwn::new().bold(&one_line(&group.title, NOTICE_TITLE_CHARS));
    let text =
        text.raw(&format!(" [{}] #{}  ", group.priority, group.number)).append(&words(group, note, name));
    let text = match picture.first_summary() {
        Some(summary) => text.line().text(&one_line(summary, NOTICE_SUMMARY_CHARS)),
        None => text,
    };
    let text = match picture.mention.as_deref().filter(|_| group.needs_somebody()) {
        Some(mention) => mentioned(text.raw(" "), mention),
        None => text,
    };
    Message::new(text).to_value()
}

/// The reply. `name` is that of the one whose deed it tells of: they are named by it, because a mention would ring them
/// for what they did themselves; where it is not known, by a mention.
pub fn note(group: &Group, note: &GroupNote, name: Option<&str>) -> Value {
    let text = words(group, note, name);
    match note {
        GroupNote::StillYours { .. } => {
            let id = group.id.to_string();
            let row: [SlackActionBlockElement; 2] = [
                button("group_confirm", "Yes, still mine", &id).with_style(SlackButtonStyle::Primary).into(),
                button("group_unack", "Unacknowledge", &id).into(),
            ];
            Message::new(text.clone()).blocks([section(text)]).blocks(actions("still_yours", row)).to_value()
        }
        GroupNote::Changed(Told {
            change: Change::Resolved { note: None }, by: Actor::Person(_), ..
        }) => {
            let row: [SlackActionBlockElement; 1] =
                [button("group_fix", "What fixed it?", &group.id.to_string()).into()];
            Message::new(text.clone()).blocks([section(text)]).blocks(actions("fix", row)).to_value()
        }
        _ => Message::new(text).to_value(),
    }
}

fn words(group: &Group, note: &GroupNote, name: Option<&str>) -> Mrkdwn {
    let doer = |text: Mrkdwn, by: &Actor| words::doer(text, by, name);
    match note {
        GroupNote::Changed(told) => changed(group, told, name),
        GroupNote::Alerts { joined, ended, firing } => alerts(joined, ended, *firing),
        GroupNote::Words { by, via, text } => {
            let text = doer(Mrkdwn::markup(":memo: "), by).raw(": ").text(text);
            if *via == Via::Shortcut { text.raw(" _(from a message)_") } else { text }
        }
        GroupNote::Called { users, importance, by } => {
            let mut text = Mrkdwn::markup(match importance {
                Importance::Default => ":wave: Inviting ",
                Importance::Important => ":rotating_light: Inviting ",
            });
            for user in users {
                text = text.user(user).raw(" ");
            }
            let text = text.raw("to look at this");
            let text = if *importance == Importance::Important { text.raw(" — *important*") } else { text };
            doer(text.raw(" (by "), by).raw(")")
        }
        GroupNote::Uncalled { user, by } => {
            doer(Mrkdwn::new().user(user).raw(" no longer needs to look at this (by "), by).raw(")")
        }
        GroupNote::CallAnswered { by, coming: true, .. } => {
            doer(Mrkdwn::markup(":runner: "), by).raw(" is on the way")
        }
        GroupNote::CallAnswered { by, coming: false, caller } => {
            let text = doer(Mrkdwn::markup(":no_entry: "), by).raw(" *can't come*.");
            match caller.as_deref().filter(|caller| by.slack_id() != Some(caller)) {
                Some(caller) => text.raw(" ").user(caller).raw(", please call somebody else."),
                None => text.raw(" Please call somebody else."),
            }
        }
        GroupNote::StillFiring { since, firing } => {
            let text = at(Mrkdwn::markup(format!(":hourglass: Still firing ({firing}) since ")), *since);
            text.raw(", and *nobody has it*. The buttons are at the top of the thread.")
        }
        GroupNote::StillYours { user, since, unack_at } => {
            let text = at(Mrkdwn::new().user(user).raw(", is this still yours? You have it since "), *since);
            match unack_at {
                Some(moment) => at(text.raw(". Without an answer it is nobody's at "), *moment),
                None => text,
            }
        }
        GroupNote::Confirmed { by } => doer(Mrkdwn::markup(":eyes: "), by).raw(" still has it"),
        GroupNote::Attached { number, title, by } => {
            let text = Mrkdwn::markup(format!(":link: *#{number}* ")).text(title);
            doer(text.raw(" was attached by "), by)
        }
        GroupNote::Detached { number, by } => {
            doer(Mrkdwn::markup(format!(":link: *#{number}* stands for itself again (by ")), by).raw(")")
        }
        GroupNote::AttachedTo { number, title, by } => {
            let text = doer(Mrkdwn::markup(":link: Attached by "), by);
            text.raw(&format!(" to *#{number}* ")).text(title).raw(": it follows that one from now on")
        }
        GroupNote::DetachedFrom { number, by } => {
            let text = Mrkdwn::markup(format!(
                ":link: No longer attached to *#{number}*: it stands for itself again (by "
            ));
            doer(text, by).raw(")")
        }
        GroupNote::Fixed { by, text } => doer(Mrkdwn::markup(":memo: "), by).raw(": Fixed by: ").text(text),
        GroupNote::Incident { number, title, severity, channel_id, by } => {
            let text = Mrkdwn::markup(format!(":rotating_light: Incident *INC-{number}* "));
            let text = text.text(severity).raw(" ").text(title);
            let text = match by {
                Actor::Firebell => text,
                by => doer(text.raw(" (by "), by).raw(")"),
            };
            match channel_id {
                Some(channel) => text.raw(". It goes on in ").channel(channel),
                None => text,
            }
        }
        GroupNote::CameLoose { root, nobody } => {
            let text = Mrkdwn::markup(format!(
                ":link: *#{root}* is resolved, and this still fires: it stands for itself again."
            ));
            if *nobody { text.raw(" *Nobody has it.*") } else { text }
        }
        GroupNote::MoreUrgent { from, to } => {
            let text = Mrkdwn::markup(format!(":arrow_up: Now *P{to}*; it was P{from}"));
            match group.facts.acknowledged.as_ref().filter(|_| group.state == State::Acknowledged) {
                // Whoever has it wants to know.
                Some(taken) => who(text.raw(". It is with "), &taken.by),
                None => text,
            }
        }
    }
}

fn changed(group: &Group, told: &Told, name: Option<&str>) -> Mrkdwn {
    let by = |text: &str| words::doer(Mrkdwn::markup(text), &told.by, name);
    let from = |text: Mrkdwn| match told.via {
        Via::Source | Via::Timer => text,
        via => text.raw(" (").raw(via.as_str()).raw(")"),
    };
    match &told.change {
        Change::Acknowledged { lifted } => {
            let text = from(by(":eyes: Acknowledged by "));
            if *lifted { text.raw(". Its silence is lifted.") } else { text }
        }
        Change::Unacknowledged { timed_out: true } => {
            let text = Mrkdwn::markup(":bust_in_silhouette: No answer: *nobody has it any more.*");
            if group.firing > 0 { text.raw(" It still fires.") } else { text }
        }
        Change::Unacknowledged { timed_out: false } => from(by(":bust_in_silhouette: Unacknowledged by ")),
        Change::Resolved { note } => {
            let lasted = span(told.at.since(group.created_at));
            let text = from(by(":white_check_mark: Resolved by ")).raw(&format!(" after {lasted}"));
            let text = match (group.state, group.firing) {
                (State::Resolved, firing) if firing > 0 => text.raw(&format!(
                    ". Still firing at the source ({firing}): it says nothing more until that ends"
                )),
                _ => text,
            };
            match note {
                Some(note) => text.raw(". Fixed by: ").text(note),
                None => text,
            }
        }
        Change::Unresolved => {
            let text = from(by(":leftwards_arrow_with_hook: Unresolved by "));
            if group.is_open_and_calm() { text.raw(". Nothing of it fires now.") } else { text }
        }
        Change::Silenced { until, had_it } => {
            let text = from(by(":no_bell: Silenced by "));
            let text = match until {
                Some(until) => at(text.raw(" until "), *until),
                None => text.raw(" until it is lifted"),
            };
            match had_it {
                Some(actor) => who(text.raw(". It was with "), actor).raw(", who no longer has it"),
                None => text,
            }
        }
        Change::Unsilenced { ran_out: true } if group.firing == 0 => {
            Mrkdwn::markup(":bell: The silence is over. Nothing fires.")
        }
        Change::Unsilenced { ran_out: true } => {
            Mrkdwn::markup(":bell: The silence is over, and it still fires. *Nobody has it.*")
        }
        Change::Unsilenced { ran_out: false } => from(by(":bell: Unsilenced by ")),
        Change::FiresAgain { times, had_it } => {
            let text = Mrkdwn::markup(":repeat: *Fires again*");
            let text = if *times > 1 { text.raw(&format!(" ({times} times by now)")) } else { text };
            match had_it {
                Some(actor) => who(text.raw(". Last with "), actor),
                None => text,
            }
        }
    }
}

/// "3 joined: a, b, c · 1 ended: d · 5 firing"
fn alerts(joined: &Heads, ended: &Heads, firing: u32) -> Mrkdwn {
    let mut text = Mrkdwn::new();
    for (mark, word, heads) in
        [(":small_red_triangle:", "joined", joined), (":white_check_mark:", "ended", ended)]
    {
        if heads.count == 0 {
            continue;
        }
        if !text.is_blank() {
            text = text.line();
        }
        text = text.raw(&format!("{mark} {} {word}: ", heads.count)).text(&heads.names.join(", "));
        let more = heads.count - u32::try_from(heads.names.len()).unwrap_or(heads.count).min(heads.count);
        if more > 0 {
            text = text.raw(&format!(" and {more} more"));
        }
    }
    text.raw(&format!("  ·  {firing} firing"))
}
