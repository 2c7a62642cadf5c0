//! What is said about an incident: in its channel, to other channels, to one person.

mod announcement;
pub mod answer;
pub mod ask;
mod bar;
mod brief;
mod card;
pub mod list;
mod note;
mod page;
pub mod redact;

use super::words::{doer, span};
use crate::domain::actor::Actor;
use crate::domain::group::Group;
use crate::domain::incident::{State, one_line};
use crate::domain::picture::incident::{IncidentPicture, Line, LineKind};
use crate::domain::time::Timestamp;
use crate::limits::{CARD_LINE_CHARS, DAY_TOLD_AFTER};
use crate::slack::blocks::{Mrkdwn, truncate};

pub use announcement::{announcement, withdrawn};
pub use bar::{purpose, topic};
pub use brief::{brief, way};
pub use card::card;
pub use note::{note, outside};
pub use page::page;

/// ":red_circle: *INC-12* SEV1 *The shop is down*"
pub fn headline(picture: &IncidentPicture) -> Mrkdwn {
    let one = &picture.incident;
    let text = Mrkdwn::markup(format!(":{}: ", mark(one.state, &picture.severity.emoji)));
    let text = if one.drill { text.raw("*DRILL* ") } else { text };
    text.raw(&format!("*INC-{}* ", one.number)).text(&one.severity).raw(" ").bold(&one.title)
}

/// Before it is resolved: how many of its alert groups still fire.
pub fn still_firing(count: usize) -> String {
    match count {
        1 => ":warning: One of its alert groups still fires.".to_owned(),
        more => format!(":warning: {more} of its alert groups still fire."),
    }
}

/// Before it is resolved: how many tasks are not done, follow-ups aside.
pub fn open_tasks(count: usize) -> String {
    match count {
        1 => ":black_square_button: One task is still open.".to_owned(),
        more => format!(":black_square_button: {more} tasks are still open."),
    }
}

/// What is left of a message of the bot's that said words which were redacted.
pub const RETRACTED: &str = ":no_entry_sign: _Redacted_";

/// The emoji before it: that of its severity (`emoji`) while it is open.
pub fn mark(state: State, emoji: &str) -> &str {
    match state {
        State::Open => emoji,
        State::Resolved => "large_green_circle",
        State::Cancelled => "white_circle",
        State::Merged => "twisted_rightwards_arrows",
    }
}

/// "identified", "resolved after 2 h 5 min"
fn state(picture: &IncidentPicture) -> String {
    let one = &picture.incident;
    let lasted = |word: &str| match one.ended_at {
        Some(ended) => format!("{word} after {}", span(ended.since(one.began_at()))),
        None => word.to_owned(),
    };
    match (one.state, &picture.merged_into) {
        (State::Open, _) => one.status.clone(),
        (State::Resolved, _) => lasted("resolved"),
        (State::Cancelled, _) => "cancelled".to_owned(),
        (State::Merged, Some(other)) => format!("merged into INC-{}", other.number),
        (State::Merged, None) => "merged".to_owned(),
    }
}

/// The colour at its edge: of the severity while it is open.
const fn color(picture: &IncidentPicture) -> &'static str {
    match (picture.incident.state, picture.severity_rank) {
        (State::Resolved, _) => "#2eb886",
        (State::Cancelled | State::Merged, _) => "#dddddd",
        (State::Open, 0) => "#a30200",
        (State::Open, 1) => "#d64000",
        (State::Open, 2) => "#daa038",
        (State::Open, _) => "#3b6fb6",
    }
}

/// Who has a role, nobody if none.
fn holders<'a>(picture: &'a IncidentPicture, role: &str) -> Vec<&'a str> {
    picture.roles.iter().filter(|one| one.role == role).map(|one| one.user_id.as_str()).collect()
}

/// "#24 DiskFull — 5 firing"; the number leads to its message.
fn group_line(text: Mrkdwn, picture: &IncidentPicture, group: &Group) -> Mrkdwn {
    let mark = super::words::emoji(group);
    let number = format!("#{}", group.number);
    let title = truncate(&one_line(&group.title), CARD_LINE_CHARS);
    let text = text.raw(mark).raw(" *");
    let text = match picture.alert_links.get(&group.id) {
        Some(url) => text.link(url, &number),
        None => text.raw(&number),
    };
    let text = text.raw("* ").text(&title).raw(" — ");
    match group.state {
        crate::domain::group::State::Resolved => text.raw("resolved"),
        _ => text.raw(&super::words::counts(group)),
    }
}

/// The deed's doer as the end of a sentence: " (by ann)"; nothing for Firebell itself.
fn by(text: Mrkdwn, actor: &Actor, name: Option<&str>) -> Mrkdwn {
    match actor {
        Actor::Firebell => text,
        actor => doer(text.raw(" (by "), actor, name).raw(")"),
    }
}

/// Lines of the timeline, oldest first.
pub fn lines(lines: &[Line]) -> impl Iterator<Item = Mrkdwn> {
    lines.iter().enumerate().map(|(nth, line)| {
        let before = nth.checked_sub(1).and_then(|before| lines.get(before));
        one(line, before.map(|before| before.at))
    })
}

/// ":pushpin: 14:05  *Ann:* we roll it back"; the day stands where much time has passed since the line `before`.
fn one(line: &Line, before: Option<Timestamp>) -> Mrkdwn {
    let text = if line.key { Mrkdwn::markup(":pushpin: ") } else { Mrkdwn::new() };
    let text = match before {
        Some(before) if line.at.since(before) < DAY_TOLD_AFTER => super::words::time(text, line.at),
        _ => super::words::at(text, line.at),
    };
    let text = text.raw("  ");
    match line.kind {
        LineKind::Event => text.text(&line.name).raw(" ").italic(&line.text),
        LineKind::Said => text.bold(&line.name).raw(": ").text(&line.text),
        LineKind::Gap { until } => {
            super::words::time(text.raw(":hole: *Gap until* "), until).raw(": ").text(&line.text)
        }
    }
}
