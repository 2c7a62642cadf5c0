//! Words and turns that several messages share.

use std::time::Duration;

use crate::domain::actor::Actor;
use crate::domain::duration;
use crate::domain::group::{Group, State};
use crate::domain::time::Timestamp;
use crate::slack::blocks::{Mrkdwn, truncate};

/// Of a stranger's text, so much as fits on one line.
pub(super) fn one_line(text: &str, chars: usize) -> String {
    truncate(&text.split_whitespace().collect::<Vec<_>>().join(" "), chars)
}

/// A mention of a person; the name of anybody else.
pub(super) fn who(text: Mrkdwn, actor: &Actor) -> Mrkdwn {
    match actor {
        Actor::Person(id) => text.user(id),
        Actor::Integration(name) => text.raw("the source (").text(name).raw(")"),
        Actor::Api(name) => text.raw("API token ").text(name),
        Actor::Firebell => text.raw("Firebell"),
    }
}

/// Whose deed it is, by their name: a mention would ring them for what they did themselves. Where the name is not known,
/// by a mention.
pub(super) fn doer(text: Mrkdwn, by: &Actor, name: Option<&str>) -> Mrkdwn {
    match name {
        Some(name) => text.bold(name),
        None => who(text, by),
    }
}

/// A moment in the reader's own time zone.
pub(super) fn at(text: Mrkdwn, moment: Timestamp) -> Mrkdwn {
    text.date(moment.as_s(), "{date_short_pretty} {time}", &utc(moment))
}

/// Why something keeps quiet, as the rules tell it: a moment at its end is shown in the reader's own time zone.
pub(super) fn reason(text: Mrkdwn, told: &str) -> Mrkdwn {
    match told.rsplit_once(" until ").and_then(|(why, end)| Some((why, Timestamp::parse(end)?))) {
        Some((why, end)) => at(text.text(why).raw(" until "), end),
        None => text.text(told),
    }
}

/// Only the time of day, for what is recent.
pub(super) fn time(text: Mrkdwn, moment: Timestamp) -> Mrkdwn {
    text.date(moment.as_s(), "{time}", &utc(moment))
}

/// What clients show that cannot: the zone is named.
fn utc(moment: Timestamp) -> String {
    moment.to_string().replace('T', " ").replace('Z', " UTC")
}

/// "2 h 5 min", to the two largest units: nobody needs the seconds of a day.
pub(super) fn span(length: Duration) -> String {
    let s = length.as_secs();
    let coarse = match s {
        0..60 => s,
        60..86_400 => s / 60 * 60,
        _ => s / 3_600 * 3_600,
    };
    duration::human(Duration::from_secs(coarse.max(1)))
}

pub(super) fn emoji(group: &Group) -> &'static str {
    match (group.state, group.attached_to) {
        (State::Resolved, _) => ":large_green_circle:",
        (_, Some(_)) => ":link:",
        (State::Firing, _) if group.is_open_and_calm() => ":white_circle:",
        (State::Firing, _) if group.facts.hushed.is_some() => ":mute:",
        (State::Firing, _) => ":red_circle:",
        (State::Acknowledged, _) => ":large_orange_circle:",
        (State::Silenced, _) => ":no_bell:",
    }
}

/// "5 firing, 2 resolved"
pub(super) fn counts(group: &Group) -> String {
    match (group.firing, group.resolved) {
        (0, _) => "nothing fires".to_owned(),
        (firing, 0) => format!("{firing} firing"),
        (firing, resolved) => format!("{firing} firing, {resolved} resolved"),
    }
}
