//! The one message of an alert group: what burns, since when, who has it, and what the next tap is.

mod alerts;
mod buttons;
mod lines;

use serde_json::Value;
use slack_morphism::blocks::SlackActionBlockElement;

use super::words::{counts, emoji, one_line};
use crate::domain::alert::Kind;
use crate::domain::group::State;
use crate::domain::picture::GroupPicture;
use crate::domain::priority::Priority;
use crate::limits::{NOTICE_SUMMARY_CHARS, NOTICE_TITLE_CHARS};
use crate::slack::blocks::{
    Message, Modal, Mrkdwn, SlackBlock, actions, button, context, section, section_with,
};

/// The message: a headline, and the details at a coloured edge. Its text is what a lock screen shows.
pub fn card(picture: &GroupPicture) -> Value {
    let group = &picture.group;
    let message = Message::new(notice(picture)).blocks([section(headline(picture))]);
    if group.state == State::Resolved && group.attached_to.is_none() {
        return message.attachment(color(picture), folded(picture)).to_value();
    }
    let mut blocks = Vec::new();
    if group.attached_to.is_none() {
        blocks.extend(alerts::told(picture));
        blocks.extend(alerts::listed(picture));
    }
    blocks.extend(context(lines::lines(picture)));
    blocks.extend(buttons::row(picture));
    blocks.extend(buttons::links(picture));
    message.attachment(color(picture), blocks).to_value()
}

/// What a resolved group's message keeps: how it ended, and its links in a line. The rest is behind "Show details".
fn folded(picture: &GroupPicture) -> Vec<SlackBlock> {
    let state = lines::via(lines::state_line(picture).unwrap_or_default(), picture);
    let small = lines::incident(picture);
    let (small, beside) = match links_line(picture) {
        Some(links) => (small.into_iter().chain([state]).collect::<Vec<_>>(), links),
        None => (small.into_iter().collect(), state),
    };
    let menu = section_with(&buttons::block_id(picture), beside, buttons::of_resolved(picture));
    context(small).into_iter().chain([menu]).collect()
}

/// "Runbook · Dashboard", each a link.
fn links_line(picture: &GroupPicture) -> Option<Mrkdwn> {
    let mut text = Mrkdwn::new();
    for link in &picture.links {
        text = if text.is_blank() { text } else { text.raw("  ·  ") };
        text = text.link(&link.url, &link.name);
    }
    (!text.is_blank()).then_some(text)
}

/// Everything that a message may have folded away, for the one who asks.
pub fn details(picture: &GroupPicture) -> Value {
    let mut blocks = vec![section(headline(&GroupPicture { mention: None, ..picture.clone() }))];
    blocks.extend(alerts::told(picture));
    blocks.extend(alerts::listed(picture));
    blocks.extend(context(lines::lines(picture)));
    blocks.extend(buttons::links(picture));
    let id = picture.group.id.to_string();
    let why = button("timeline_why", "Why here?", &id);
    let row: [SlackActionBlockElement; 1] = [why.into()];
    blocks.extend(actions("details", row));
    Modal::new("details", &format!("Alert #{}", picture.group.number), blocks).close("Close").to_value()
}

/// What a lock screen shows: what is broken first, "DiskFull (db1): /var is 98 % full · P1 #24, 5 firing".
pub fn notice(picture: &GroupPicture) -> Mrkdwn {
    let group = &picture.group;
    let mut text = Mrkdwn::new();
    if is_test(picture) {
        text = text.raw("Test: ");
    }
    text = text.text(&one_line(&group.title, NOTICE_TITLE_CHARS));
    if let Some(summary) = picture.first_summary().filter(|summary| *summary != group.title) {
        text = text.raw(": ").text(&one_line(summary, NOTICE_SUMMARY_CHARS));
    }
    let text = text.raw(&format!(" · {} #{}, ", group.priority, group.number));
    mentioning(text.raw(&state_words(picture)), picture)
}

/// "[P1] #24 DiskFull (db1) — 5 firing"
pub fn headline(picture: &GroupPicture) -> Mrkdwn {
    let group = &picture.group;
    let mark = match group.state {
        State::Firing if is_test(picture) => ":test_tube:",
        State::Resolved if group.firing > 0 => ":warning:",
        _ => emoji(group),
    };
    let mut text = Mrkdwn::markup(format!("{mark} *[{}] #{}* ", group.priority, group.number));
    text = text.bold(&group.title);
    text = text.raw(" — ").raw(&state_words(picture));
    mentioning(text, picture)
}

/// Rings whom the receiver names, while somebody is needed.
fn mentioning(text: Mrkdwn, picture: &GroupPicture) -> Mrkdwn {
    match picture.mention.as_deref().filter(|_| picture.group.needs_somebody()) {
        Some(mention) => mentioned(text.raw(" "), mention),
        None => text,
    }
}

/// Who is to be woken stands in the config: a user, a user group, `@here`, `@channel`.
pub(super) fn mentioned(mut text: Mrkdwn, mention: &str) -> Mrkdwn {
    for one in mention.split_whitespace() {
        let bare = one.trim_start_matches(['<', '@', '!']).trim_end_matches('>');
        // As Slack writes a mention: `<!subteam^S1|@oncall>`.
        let bare = bare.split_once('|').map_or(bare, |(id, _)| id);
        let bare = bare.strip_prefix("subteam^").unwrap_or(bare);
        text = match bare {
            "here" | "channel" | "everyone" => text.raw(" <!").raw(bare).raw(">"),
            id if is_id(id, 'S') => text.raw(" ").user_group(id),
            id if is_id(id, 'U') || is_id(id, 'W') => text.raw(" ").user(id),
            name => text.raw(" ").text(&format!("@{name}")),
        };
    }
    text
}

/// Ids are capitals and digits; the names of people and user groups are small letters.
fn is_id(text: &str, kind: char) -> bool {
    text.starts_with(kind) && text.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit())
}

fn state_words(picture: &GroupPicture) -> String {
    let group = &picture.group;
    match (group.state, group.attached_to) {
        (State::Resolved, _) if group.firing > 0 => {
            format!("resolved by hand, {} still firing at the source", group.firing)
        }
        (State::Resolved, _) => "resolved".to_owned(),
        (_, Some(_)) => "attached".to_owned(),
        (State::Firing, _) if group.is_open_and_calm() => "open, nothing fires".to_owned(),
        (State::Firing, _) => match only_kind(picture) {
            Kind::Normal => counts(group),
            Kind::NoData => "no data".to_owned(),
            Kind::Error => "the query failed".to_owned(),
            Kind::Test => "only a test".to_owned(),
            Kind::Unrecognised => "not recognised".to_owned(),
        },
        (state, _) => format!("{}, {}", state.as_str(), counts(group)),
    }
}

/// What all firing alerts of it are, if they are one thing.
fn only_kind(picture: &GroupPicture) -> Kind {
    picture.kind_firing()
}

/// What is said of the whole: when nothing fires any more, only what holds for ever: a test, an unknown body.
fn told_kind(picture: &GroupPicture) -> Kind {
    if picture.alerts.iter().any(|one| one.firing) {
        return only_kind(picture);
    }
    match Kind::of_all(picture.alerts.iter().map(|one| one.alert.kind)) {
        kind @ (Kind::Test | Kind::Unrecognised) => kind,
        Kind::Normal | Kind::NoData | Kind::Error => Kind::Normal,
    }
}

/// Whether somebody only tried whether messages arrive.
fn is_test(picture: &GroupPicture) -> bool {
    told_kind(picture) == Kind::Test
}

fn color(picture: &GroupPicture) -> &str {
    let group = &picture.group;
    match (group.state, group.attached_to) {
        (State::Resolved, _) if group.firing > 0 => "#daa038",
        (State::Resolved, _) => "#2eb886",
        (_, Some(_)) | (State::Silenced, _) => "#dddddd",
        (State::Acknowledged, _) => "#daa038",
        (State::Firing, _) if group.is_open_and_calm() || group.facts.hushed.is_some() => "#dddddd",
        (State::Firing, _) if is_test(picture) => "#3b6fb6",
        (State::Firing, _) => match (&picture.color, group.priority) {
            (Some(color), _) => color,
            (None, Priority::P1 | Priority::P2) => "#a30200",
            (None, Priority::P3) => "#d64000",
            (None, Priority::P4 | Priority::P5) => "#3b6fb6",
        },
    }
}
