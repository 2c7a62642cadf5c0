//! The one message of an alert group: what burns, since when, who has it, and what the next tap is.

use serde_json::Value;
use slack_morphism::blocks::{SlackActionBlockElement, SlackBlock};

use super::words::{self, at, counts, emoji, span, time, who};
use crate::domain::alert::Kind;
use crate::domain::group::{Group, State};
use crate::domain::label::Labels;
use crate::domain::particulars::{common, particulars};
use crate::domain::picture::{AlertPicture, GroupPicture};
use crate::domain::priority::Priority;
use crate::domain::say::Importance;
use crate::limits::{CARD_DESCRIPTION_CHARS, CARD_LINE_CHARS, CARD_SUMMARY_CHARS, CARD_VALUES_MAX};
use crate::slack::blocks::{
    Choice, Message, Mrkdwn, SlackButtonStyle, actions, button, context, link_button, overflow, section,
    static_select, truncate,
};

/// The message: a headline that is the phone's notification too, and the details at a coloured edge.
pub fn card(picture: &GroupPicture) -> Value {
    let group = &picture.group;
    let mut blocks = Vec::new();
    if group.attached_to.is_none() {
        blocks.extend(told(picture));
        blocks.extend(listed(picture));
    }
    blocks.extend(context(lines(picture)));
    blocks.extend(buttons(picture));
    blocks.extend(links(picture));
    Message::new(headline(picture)).attachment(color(picture), blocks).to_value()
}

/// "[P1] #24 DiskFull (db1) — 5 firing"
pub fn headline(picture: &GroupPicture) -> Mrkdwn {
    let group = &picture.group;
    let mark = match group.state {
        State::Firing if only_kind(picture) == Kind::Test => ":test_tube:",
        _ => emoji(group),
    };
    let mut text = Mrkdwn::markup(format!("{mark} *[{}] #{}* ", group.priority, group.number));
    text = text.bold(&group.title);
    text = text.raw(" — ").raw(&state_words(picture));
    if let Some(mention) = picture.mention.as_deref().filter(|_| group.needs_somebody()) {
        text = mentioned(text.raw(" "), mention);
    }
    text
}

/// Who is to be woken stands in the config: a user, a user group, `@here`, `@channel`.
fn mentioned(mut text: Mrkdwn, mention: &str) -> Mrkdwn {
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
        (State::Resolved, _) => "resolved".to_owned(),
        (_, Some(_)) => "attached".to_owned(),
        (State::Firing, _) if group.is_open_and_calm() => "open, nothing fires".to_owned(),
        (State::Firing, _) => match only_kind(picture) {
            Kind::Normal => counts(group),
            Kind::NoData => "no data".to_owned(),
            Kind::Error => "the query failed".to_owned(),
            Kind::Test => "only a test".to_owned(),
        },
        (state, _) => format!("{}, {}", state.as_str(), counts(group)),
    }
}

/// What all firing alerts of it are, if they are one thing.
fn only_kind(picture: &GroupPicture) -> Kind {
    picture.kind_firing()
}

/// What is said of the whole: when nothing fires any more, only that it was a test.
fn told_kind(picture: &GroupPicture) -> Kind {
    if picture.alerts.iter().any(|one| one.firing) {
        return only_kind(picture);
    }
    match Kind::of_all(picture.alerts.iter().map(|one| one.alert.kind)) {
        Kind::Test => Kind::Test,
        Kind::Normal | Kind::NoData | Kind::Error => Kind::Normal,
    }
}

fn color(picture: &GroupPicture) -> &str {
    let group = &picture.group;
    match (group.state, group.attached_to) {
        (State::Resolved, _) => "#2eb886",
        (_, Some(_)) | (State::Silenced, _) => "#dddddd",
        (State::Acknowledged, _) => "#daa038",
        (State::Firing, _) if group.is_open_and_calm() || group.facts.hushed.is_some() => "#dddddd",
        (State::Firing, _) if only_kind(picture) == Kind::Test => "#3b6fb6",
        (State::Firing, _) => match (&picture.color, group.priority) {
            (Some(color), _) => color,
            (None, Priority::P1 | Priority::P2) => "#a30200",
            (None, Priority::P3) => "#d64000",
            (None, Priority::P4 | Priority::P5) => "#3b6fb6",
        },
    }
}

/// Summary and description: the receiver's own words, or those of the most important alert.
fn told(picture: &GroupPicture) -> Option<SlackBlock> {
    let (summary, description) = (picture.told_summary(), picture.told_description());
    let mut text = Mrkdwn::new();
    if let Some(kind) = kind_words(told_kind(picture)) {
        text = text.raw(kind);
    }
    if let Some(summary) = summary.filter(|text| text.trim() != picture.group.title) {
        text = line(text).text(truncate(summary.trim(), CARD_SUMMARY_CHARS).as_str());
    }
    if let Some(description) = description.filter(|text| Some(*text) != summary) {
        text = line(text).text(truncate(description.trim(), CARD_DESCRIPTION_CHARS).as_str());
    }
    (!text.is_blank()).then(|| section(text))
}

fn line(text: Mrkdwn) -> Mrkdwn {
    if text.is_blank() { text } else { text.line() }
}

fn kind_words(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::Normal => None,
        Kind::NoData => Some(":grey_question: *No data:* the query gave nothing, so nobody knows how it is."),
        Kind::Error => Some(":warning: *The query failed,* so nobody knows how it is."),
        Kind::Test => Some(":test_tube: *A test notification.* Nothing burns."),
    }
}

/// The most important alerts, a line each.
fn listed(picture: &GroupPicture) -> Option<SlackBlock> {
    let alike = common(picture.alerts.iter().map(|one| &one.alert));
    let alike = (picture.alerts.len() > 1).then_some(&alike);
    let mut text = Mrkdwn::new();
    for one in &picture.alerts {
        text = alert_line(line(text), one, alike, picture);
    }
    let total = picture.group.firing + picture.group.resolved;
    let shown = u32::try_from(picture.alerts.len()).unwrap_or(u32::MAX);
    if total > shown {
        text = line(text).raw(&format!("_and {} more_", total - shown));
    }
    if picture.group.facts.truncated > 0 {
        text =
            line(text).raw(&format!("_and {} more that the sender left out_", picture.group.facts.truncated));
    }
    (!text.is_blank()).then(|| section(text))
}

fn alert_line(text: Mrkdwn, one: &AlertPicture, alike: Option<&Labels>, picture: &GroupPicture) -> Mrkdwn {
    let mark = if one.firing { "• " } else { "✓ " };
    let mut text = text
        .raw(mark)
        .bold(&truncate(&particulars(&one.alert, alike, &picture.group.group_labels), CARD_LINE_CHARS));
    match one.alert.kind {
        Kind::NoData if told_kind(picture) != Kind::NoData => text = text.raw("  _no data_"),
        Kind::Error if told_kind(picture) != Kind::Error => text = text.raw("  _the query failed_"),
        _ => {}
    }
    let values = values(one);
    if !values.is_empty() {
        text = text.raw("  ").code(&values);
    }
    if let Some(said) = said_alone(one, picture) {
        text = text.raw("  ").text(&truncate(said, CARD_LINE_CHARS));
    }
    match one.ended {
        Some(ended) => time(text.raw("  ended "), ended),
        None => at(text.raw("  since "), one.since),
    }
}

/// What this alert says and not all of them: its summary, or else what it has.
fn said_alone<'a>(one: &'a AlertPicture, picture: &GroupPicture) -> Option<&'a str> {
    ["summary", "title", "description", "message"]
        .into_iter()
        .filter(|name| picture.shared(&[name]).is_none())
        .find_map(|name| one.alert.annotations.get(name).lines().map(str::trim).find(|line| !line.is_empty()))
}

fn values(one: &AlertPicture) -> String {
    let shown: Vec<String> = one
        .alert
        .values
        .iter()
        .take(CARD_VALUES_MAX)
        .map(|(name, value)| format!("{name}={}", rounded(*value)))
        .collect();
    shown.join(" ")
}

/// Four digits say what one needs at night.
fn rounded(value: f64) -> String {
    if value == 0.0 || (value.fract() == 0.0 && value.abs() < 1e15) {
        return format!("{value}");
    }
    let digits = (3 - value.abs().log10().floor() as i32).clamp(0, 9);
    let text = format!("{value:.*}", usize::try_from(digits).unwrap_or(0));
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// Who has it, what hushes it, what happened before: the small grey lines.
fn lines(picture: &GroupPicture) -> Vec<Mrkdwn> {
    let mut lines = Vec::new();
    lines.extend(incident(picture));
    lines.extend(state_line(picture));
    if !picture.responders.is_empty() {
        let called = picture.responders.iter().fold(Mrkdwn::markup(":wave: Called:"), |text, one| {
            let text = text.raw(" ").user(&one.user_id);
            if one.importance == Importance::Important { text.raw(" (important)") } else { text }
        });
        lines.push(called);
    }
    if let Some(reason) =
        picture.group.facts.hushed.as_deref().filter(|_| picture.group.state == State::Firing)
    {
        lines.push(words::reason(Mrkdwn::markup(":mute: Quiet: "), reason));
    }
    if !picture.attached.is_empty() {
        let all = picture.attached.iter().fold(Mrkdwn::markup(":link: Attached: "), |text, one| {
            text.raw(&format!("#{} ", one.number)).text(&truncate(&one.title, CARD_LINE_CHARS)).raw("  ")
        });
        lines.push(all);
    }
    lines.extend(history(picture));
    lines
}

/// ":rotating_light: Incident INC-12 SEV1 The shop is down → #inc-12"
fn incident(picture: &GroupPicture) -> Option<Mrkdwn> {
    let one = picture.incident.as_ref()?;
    let mark = if one.is_open { ":rotating_light:" } else { ":white_check_mark:" };
    let text = Mrkdwn::markup(format!("{mark} Incident *INC-{}* ", one.number)).text(&one.severity).raw(" ");
    let text = text.text(&truncate(&one.title, CARD_LINE_CHARS));
    Some(match &one.channel_id {
        Some(channel) => text.raw(" → ").channel(channel),
        None => text,
    })
}

fn state_line(picture: &GroupPicture) -> Option<Mrkdwn> {
    let facts = &picture.group.facts;
    if let Some(root) = &picture.root {
        return Some(Mrkdwn::markup(format!("Attached to *#{}* ", root.number)).text(&root.title));
    }
    match picture.group.state {
        State::Firing if picture.group.is_open_and_calm() => Some(reopened(&picture.group)),
        State::Firing if picture.group.facts.hushed.is_some() => None,
        State::Firing => {
            let again = match facts.reopened {
                0 => String::new(),
                1 => "  ·  fired again once".to_owned(),
                times => format!("  ·  fired again {times} times"),
            };
            Some(
                at(
                    Mrkdwn::markup(":bust_in_silhouette: *Nobody has it yet.* Since "),
                    picture.group.created_at,
                )
                .raw(&again),
            )
        }
        State::Acknowledged => facts
            .acknowledged
            .as_ref()
            .map(|taken| at(who(Mrkdwn::markup(":eyes: "), &taken.by).raw(" has it since "), taken.at)),
        State::Silenced => facts.silenced.as_ref().map(|silenced| {
            let text = who(Mrkdwn::markup(":no_bell: Silenced by "), &silenced.by);
            match silenced.until {
                Some(until) => at(text.raw(" until "), until),
                None => text.raw(" until it is lifted"),
            }
        }),
        State::Resolved => facts.resolved.as_ref().map(|resolved| {
            let lasted = span(resolved.at.since(picture.group.created_at));
            let text = who(Mrkdwn::markup(":white_check_mark: Resolved by "), &resolved.by);
            let text = at(text.raw(" "), resolved.at).raw(&format!(" after {lasted}"));
            match &resolved.note {
                Some(note) => text.raw(". Fixed by: ").text(&truncate(note, CARD_SUMMARY_CHARS)),
                None => text,
            }
        }),
    }
}

/// Open without a fire: who says so.
fn reopened(group: &Group) -> Mrkdwn {
    let text = Mrkdwn::markup(":leftwards_arrow_with_hook: ");
    let text = match &group.facts.reopened_by {
        Some(taken) => {
            at(who(text.raw("Reopened by "), &taken.by).raw(" "), taken.at).raw("; nothing of it fires")
        }
        None => text.raw("Open, though nothing of it fires"),
    };
    text.raw(". Resolve it when it is over.")
}

/// "Seen 4 times in 30 days; last #12, 3 d ago. Fixed by: restarted pgbouncer (#12)"
fn history(picture: &GroupPicture) -> Option<Mrkdwn> {
    let history = &picture.history;
    let last = history.last.as_ref()?;
    let times = match history.count {
        1 => "Seen once before in 30 days".to_owned(),
        count => format!("Seen {count} times before in 30 days"),
    };
    // Slack counts on while the card stands as it is.
    let ago = format!("{} ago", span(picture.now.since(last.at)));
    let mut text = Mrkdwn::markup(format!(":repeat: {times}; last #{}, ", last.number)).date(
        last.at.as_s(),
        "{ago}",
        &ago,
    );
    if let Some(fix) = &history.fix {
        text = text.raw(". Fixed by: ").text(&truncate(&fix.note, CARD_SUMMARY_CHARS));
        if fix.number != last.number {
            text = text.raw(&format!(" (#{})", fix.number));
        }
    }
    Some(text)
}

/// The buttons that make sense in this state, the likeliest first.
fn buttons(picture: &GroupPicture) -> Option<SlackBlock> {
    let group = &picture.group;
    let id = group.id.to_string();
    // A menu keeps what somebody chose in it for as long as its block keeps its name (bolt-js#2766), and choosing
    // that again would do nothing: after a change the block has another name.
    let block_id = format!("group_{id}_{}", group.updated_at.as_ms());
    let plain = |action: &str, text: &str| -> SlackActionBlockElement { button(action, text, &id).into() };
    let primary = |action: &str, text: &str| -> SlackActionBlockElement {
        button(action, text, &id).with_style(SlackButtonStyle::Primary).into()
    };
    let mut row: Vec<SlackActionBlockElement> = Vec::new();
    if group.attached_to.is_some() {
        row.push(plain("group_detach", "Detach"));
        row.push(more(&id, &[("timeline", "Timeline"), ("why", "Why here?")]));
        return actions(&block_id, row);
    }
    let open = [
        ("responders", "Add responders"),
        ("note", "Add note"),
        ("declare", "Declare incident"),
        ("attach", "Attach to another"),
        ("timeline", "Timeline, why here?"),
    ];
    match group.state {
        State::Firing => {
            row.push(primary("group_ack", "Acknowledge"));
            row.push(plain("group_resolve", "Resolve"));
            row.push(silence(picture, &id));
            row.push(more(&id, &open));
        }
        State::Acknowledged => {
            row.push(primary("group_resolve", "Resolve"));
            row.push(plain("group_unack", "Unacknowledge"));
            row.push(silence(picture, &id));
            row.push(more(&id, &open));
        }
        State::Silenced => {
            row.push(plain("group_unsilence", "Unsilence"));
            row.push(plain("group_ack", "Acknowledge"));
            row.push(plain("group_resolve", "Resolve"));
            row.push(more(&id, &open));
        }
        State::Resolved => {
            let has_note = group.facts.resolved.as_ref().is_some_and(|resolved| resolved.note.is_some());
            row.push(plain("group_fix", if has_note { "Change what fixed it" } else { "What fixed it?" }));
            row.push(plain("group_unresolve", "Unresolve"));
            row.push(more(&id, &[("note", "Add note"), ("timeline", "Timeline"), ("why", "Why here?")]));
        }
    }
    actions(&block_id, row)
}

fn silence(picture: &GroupPicture, id: &str) -> SlackActionBlockElement {
    let mut choices: Vec<Choice> = picture
        .silence_presets
        .iter()
        .map(|preset| match preset {
            Some(length) => {
                Choice::new(format!("for {}", span(*length)), format!("{id}:{}", length.as_secs()))
            }
            None => Choice::new("until I lift it", format!("{id}:forever")),
        })
        .collect();
    choices.push(Choice::new("Other…", format!("{id}:custom")));
    static_select("group_silence", "Silence", &choices, None).into()
}

fn more(id: &str, entries: &[(&str, &str)]) -> SlackActionBlockElement {
    let choices: Vec<Choice> =
        entries.iter().map(|(verb, text)| Choice::new(*text, format!("{verb}:{id}"))).collect();
    overflow("group_more", &choices).into()
}

fn links(picture: &GroupPicture) -> Option<SlackBlock> {
    let row = picture.links.iter().enumerate().filter_map(|(nth, link)| {
        link_button(&format!("link_{nth}"), &link.name, &link.url).map(SlackActionBlockElement::from)
    });
    actions(&format!("links_{}", picture.group.id), row)
}
