//! What a person hears of their own wish: what was done and what is next, or who was faster.

use std::time::Duration;

use serde_json::Value;
use slack_morphism::blocks::{SlackActionBlockElement, SlackBlock};

use super::words::{at, reason, span, who};
use crate::domain::group::{Group, Refusal, State, Unattachable};
use crate::domain::time::Timestamp;
use crate::limits::{CARD_LINE_CHARS, SLACK_BUTTON_VALUE_CHARS};
use crate::slack::blocks::{Message, Mrkdwn, actions, button, section, truncate, width};

/// "*#24* DiskFull (db1)"
pub fn name(group: &Group) -> Mrkdwn {
    Mrkdwn::markup(format!("*#{}* ", group.number)).text(&truncate(&group.title, CARD_LINE_CHARS))
}

/// The group is not in the database any more.
pub const GONE: &str = "This alert group is gone: it is older than what Firebell keeps (`store.retention`).";

/// Why a wish was not granted: who was faster, since when, and what is possible instead. `root` is the number of the group
/// it is attached to.
pub fn refused(group: &Group, refusal: &Refusal, root: Option<i64>, user: &str, command: &str) -> Mrkdwn {
    let number = group.number;
    let text = name(group);
    match refusal {
        Refusal::AlreadyAcknowledged(taken) if taken.by.slack_id() == Some(user) => {
            at(text.raw(": you have it already, since "), taken.at).raw(".")
        }
        Refusal::AlreadyAcknowledged(taken) => {
            let text = at(who(text.raw(": "), &taken.by).raw(" has it already, since "), taken.at);
            next(text.raw(". To take it over: "), command, &format!("unack {number}")).raw(", then ack.")
        }
        Refusal::AlreadyResolved(resolved) => {
            let text = at(who(text.raw(": already resolved by "), &resolved.by).raw(", "), resolved.at);
            next(text.raw(". If it is not over: "), command, &format!("unresolve {number}"))
        }
        Refusal::AlreadySilenced(silenced) => {
            let text = who(text.raw(": already silenced by "), &silenced.by);
            let text = until(text, silenced.until);
            next(text.raw(". To lift it: "), command, &format!("unsilence {number}"))
        }
        Refusal::Not(wanted) => not(text, group, *wanted, command),
        Refusal::SilenceInThePast => text.raw(": a silence must end in the future, as in 30m or 2h."),
        Refusal::Attached(_) => {
            let root = root.map_or_else(|| "another alert".to_owned(), |number| format!("#{number}"));
            text.raw(&format!(": it is attached to {root} and follows that one. "))
                .raw("Act on that one, or detach this one first (button below its message).")
        }
        Refusal::Unattachable(why) => unattachable(text.raw(": not attached; "), *why),
    }
}

fn unattachable(text: Mrkdwn, why: Unattachable) -> Mrkdwn {
    text.raw(&match why {
        Unattachable::ToItself => "it cannot be attached to itself.".to_owned(),
        Unattachable::Resolved { number } => format!("#{number} is resolved."),
        Unattachable::RootIsAttached { number } => {
            format!("#{number} is attached to another one itself: attach it to that one.")
        }
        Unattachable::HasOthers { number } => {
            format!("#{number} is attached to it. Detach what is attached to it first.")
        }
    })
}

/// It is not in the state that was to be ended: say in which it is.
fn not(text: Mrkdwn, group: &Group, wanted: State, command: &str) -> Mrkdwn {
    let text = text.raw(&format!(": it is not {}; ", wanted.as_str()));
    let text = state(text.raw("it is "), group);
    next(text.raw(". See "), command, &format!("show {}", group.number))
}

/// "acknowledged by @ann since 14:02"
pub fn state(text: Mrkdwn, group: &Group) -> Mrkdwn {
    let facts = &group.facts;
    match group.state {
        State::Firing if group.is_open_and_calm() => match &facts.reopened_by {
            Some(taken) => at(who(text.raw("open, reopened by "), &taken.by).raw(" "), taken.at),
            None => text.raw("open"),
        },
        State::Firing if facts.hushed.is_some() => {
            reason(text.raw("quiet: "), facts.hushed.as_deref().unwrap_or_default())
        }
        State::Firing => at(text.raw("firing since "), group.created_at),
        State::Acknowledged => match &facts.acknowledged {
            Some(taken) => at(who(text.raw("acknowledged by "), &taken.by).raw(" since "), taken.at),
            None => text.raw("acknowledged"),
        },
        State::Silenced => match &facts.silenced {
            Some(silenced) => until(who(text.raw("silenced by "), &silenced.by), silenced.until),
            None => text.raw("silenced"),
        },
        State::Resolved => match &facts.resolved {
            Some(resolved) => at(who(text.raw("resolved by "), &resolved.by).raw(", "), resolved.at),
            None => text.raw("resolved"),
        },
    }
}

/// Its own silence is lifted, and something else keeps it quiet: `rule` is the silence by matchers that had silenced it.
pub fn still_quiet(group: &Group, told: &str, rule: Option<i64>, command: &str) -> Mrkdwn {
    let text = reason(name(group).raw(" still keeps quiet: "), told);
    match rule {
        Some(id) => {
            next(text.raw(". To end that silence for all it covers: "), command, &format!("unsilence S{id}"))
        }
        None => next(text.raw(". Why: "), command, &format!("why {}", group.number)),
    }
}

/// " until 16:00" or " until it is lifted"
pub fn until(text: Mrkdwn, moment: Option<Timestamp>) -> Mrkdwn {
    match moment {
        Some(moment) => at(text.raw(" until "), moment),
        None => text.raw(" until it is lifted"),
    }
}

/// What can be typed next, ready to be copied.
pub fn next(text: Mrkdwn, command: &str, words: &str) -> Mrkdwn {
    text.code(&format!("{command} {words}"))
}

/// A question, or what else there is to see, with buttons that say these words for whoever presses them: the label, and the
/// words without the root command.
pub fn choices(text: Mrkdwn, buttons: &[(String, String)]) -> Value {
    Message::new(text.clone()).blocks([section(text)]).blocks(word_buttons(buttons)).to_value()
}

/// Buttons that say words; those too long for a button are left out, for the text names them.
pub fn word_buttons(buttons: &[(String, String)]) -> Option<SlackBlock> {
    let row = buttons.iter().enumerate().filter(|(_, (_, words))| width(words) <= SLACK_BUTTON_VALUE_CHARS);
    let row = row.map(|(nth, (label, words))| -> SlackActionBlockElement {
        button(&format!("{WORDS}{nth}"), label, words).into()
    });
    actions("words", row)
}

/// The ways to the pages beside this one of what these words list.
pub fn pages(page: usize, pages: usize, words: &str) -> Option<SlackBlock> {
    let to = |page: usize| format!("{} page {page}", words.trim());
    let mut buttons = Vec::new();
    if page > 1 {
        buttons.push((format!("‹ Page {}", page - 1), to(page - 1)));
    }
    if page < pages {
        buttons.push((format!("Page {} ›", page + 1), to(page + 1)));
    }
    word_buttons(&buttons)
}

/// How the action ids of buttons begin whose value is what they say.
pub const WORDS: &str = "words_";

/// "2 h 5 min"
pub fn how_long(length: Duration) -> String {
    span(length)
}
