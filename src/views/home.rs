//! Somebody's App Home: what they have, what nobody has, and the rest.

use serde_json::Value;
use slack_morphism::blocks::SlackActionBlockElement;

use super::answer::state;
use super::words::{at, counts, emoji};
use crate::domain::alert::Kind;
use crate::domain::group::{Group, State};
use crate::domain::incident::Incident;
use crate::domain::picture::{HomePicture, Listed};
use crate::domain::rules::Rules;
use crate::limits::CARD_LINE_CHARS;
use crate::slack::blocks::{
    Choice, Home, Mrkdwn, SlackBlock, SlackButtonStyle, actions, button, context, divider, header, input,
    multi_static_select, section, section_with, truncate,
};

/// The view for views.publish.
pub fn home(picture: &HomePicture, rules: &Rules) -> Value {
    let command = &rules.slack.command;
    let mut blocks = Vec::new();
    blocks.extend(declare());
    blocks.extend(incidents(picture, rules));
    let is_empty = picture.mine.is_empty() && picture.waiting.is_empty() && picture.others.is_empty();
    if is_empty {
        blocks.push(header("All quiet"));
        blocks.push(section(Mrkdwn::markup(
            ":large_green_circle: No alert is open. What fires will be listed here, yours first.",
        )));
    }
    for (title, groups) in [
        ("Yours", &picture.mine),
        ("Nobody has these yet", &picture.waiting),
        ("Others have these, or they are quiet", &picture.others),
    ] {
        if !groups.is_empty() {
            blocks.push(header(&format!("{title} ({})", groups.len())));
            blocks.extend(groups.iter().map(|group| row(group, picture.listed.get(&group.id), "home")));
        }
    }
    blocks.extend(several(picture));
    if picture.more > 0 {
        let text = Mrkdwn::markup(format!("{} more: ", picture.more)).code(&format!("{command} alerts"));
        blocks.push(section(text));
    }
    blocks.push(divider());
    blocks.extend(context([silences(picture.silences, command), usage(command)]));
    Home::new(blocks).to_value()
}

/// The one button that is needed when no alert tells it.
fn declare() -> Option<SlackBlock> {
    let declare = button("incident_declare", "Declare incident", "").with_style(SlackButtonStyle::Danger);
    let row: [SlackActionBlockElement; 1] = [declare.into()];
    actions("home_declare", row)
}

/// The menu in which several alerts are chosen; its action id.
pub const SEVERAL: &str = "home_several";

/// Several alerts at once: a menu, and what is done to those that are chosen in it.
fn several(picture: &HomePicture) -> Vec<SlackBlock> {
    let all: Vec<&Group> = picture.waiting.iter().chain(&picture.mine).chain(&picture.others).collect();
    if all.len() < 2 {
        return Vec::new();
    }
    let choices: Vec<Choice> = all
        .iter()
        .map(|group| Choice::new(format!("#{} {}", group.number, group.title), group.id.to_string()))
        .collect();
    // A menu keeps what was chosen for as long as its block keeps its name; after a change it begins anew.
    let changed = all.iter().map(|group| group.updated_at.as_ms()).max().unwrap_or_default();
    let menu = multi_static_select(SEVERAL, "Choose alerts", &choices, &[]);
    let menu = input(&format!("{SEVERAL}_{changed}"), "Several at once", menu).with_optional(true);
    let mut blocks = vec![divider(), menu.into()];
    let row: [SlackActionBlockElement; 3] = [
        button("home_ack", "Acknowledge…", "ack").into(),
        button("home_resolve", "Resolve…", "resolve").into(),
        button("home_silence", "Silence…", "silence").into(),
    ];
    blocks.extend(actions("home_several_do", row));
    blocks
}

/// Open incidents, then what is mine in them.
fn incidents(picture: &HomePicture, rules: &Rules) -> Vec<SlackBlock> {
    let mut blocks = Vec::new();
    let total = picture.incidents.len() + picture.more_incidents;
    if total > 0 {
        blocks.push(header(&format!("Open incidents ({total})")));
    }
    for one in &picture.incidents {
        let join = button("incident_join", "Join", &one.id.to_string());
        blocks.push(section_with(&format!("home_incident_{}", one.id), incident(picture, one, rules), join));
    }
    if picture.more_incidents > 0 {
        let text = Mrkdwn::markup(format!("{} more: ", picture.more_incidents));
        blocks.push(section(text.code(&format!("{} incidents", rules.slack.command))));
    }
    if !picture.my_roles.is_empty() {
        let text = Mrkdwn::markup(":bust_in_silhouette: *You are* ");
        let text = picture.my_roles.iter().enumerate().fold(text, |text, (nth, (number, role))| {
            let text = if nth == 0 { text } else { text.raw(", ") };
            text.bold(role).raw(&format!(" of INC-{number}"))
        });
        blocks.push(section(text));
    }
    if !picture.my_tasks.is_empty() {
        blocks.push(header("Your tasks"));
    }
    for (number, task) in &picture.my_tasks {
        let kind = if task.follow_up { "follow-up" } else { "task" };
        let text = Mrkdwn::markup(format!("☐ *INC-{number}*, {kind} {}: ", task.number)).text(&task.text);
        let done = button("incident_task_done", "Done", &format!("{}:{}:1", task.incident_id, task.number));
        blocks.push(section_with(&format!("home_task_{}", task.id), text, done));
    }
    blocks
}

/// "🔴 INC-12 SEV1 The shop is down / identified · since 14:02 · #inc-12-the-shop"
pub(super) fn incident(picture: &HomePicture, one: &Incident, rules: &Rules) -> Mrkdwn {
    let mark = rules.incidents.severity(&one.severity).map_or("rotating_light", |found| found.emoji.as_str());
    let text = Mrkdwn::markup(format!(":{mark}: "));
    let text = if one.drill { text.raw("*DRILL* ") } else { text };
    let text = if one.private { text.raw(":lock: ") } else { text };
    let text = incident_number(text, one, picture.incident_links.get(&one.id)).text(&one.severity).raw(" ");
    let text = text.bold(&truncate(&one.title, CARD_LINE_CHARS)).line().text(&one.status);
    let text = at(text.raw("  ·  since "), one.began_at());
    match &one.channel_id {
        Some(channel) => text.raw("  ·  ").channel(channel),
        None => text,
    }
}

fn silences(count: u32, command: &str) -> Mrkdwn {
    let text = match count {
        0 => return Mrkdwn::new(),
        1 => Mrkdwn::markup(":no_bell: 1 silence by matchers: "),
        count => Mrkdwn::markup(format!(":no_bell: {count} silences by matchers: ")),
    };
    text.code(&format!("{command} silences"))
}

fn usage(command: &str) -> Mrkdwn {
    Mrkdwn::markup("Everywhere: ")
        .code(&format!("{command} alerts"))
        .raw(", ")
        .code(&format!("{command} ack 5"))
        .raw(", ")
        .code(&format!("{command} help"))
        .raw(". In an alert's thread, mention the bot: _ack_, _resolve restarted it_, _silence 2h_.")
}

/// One group of a list, with the one tap that is likeliest at night. `place` keeps the ids of lists apart.
pub(super) fn row(group: &Group, listed: Option<&Listed>, place: &str) -> SlackBlock {
    let text = row_text(group, listed);
    let id = group.id.to_string();
    if group.state == State::Firing && group.attached_to.is_none() && !group.facts.test {
        let ack = button("group_ack", "Acknowledge", &id).with_style(SlackButtonStyle::Primary);
        section_with(&format!("{place}_{id}"), text, ack)
    } else {
        section(text)
    }
}

/// "🔴 [P1] #24 DiskFull (db1) / 5 firing · firing since 14:02 · #oncall"; the title and the channels lead to its messages.
pub(super) fn row_text(group: &Group, listed: Option<&Listed>) -> Mrkdwn {
    let kind = listed.map_or(Kind::Normal, |listed| listed.kind);
    let link = |nth: usize| listed.and_then(|listed| listed.links.get(nth)?.as_deref());
    let is_test = kind == Kind::Test && group.state == State::Firing;
    let mark = if is_test { ":test_tube:" } else { emoji(group) };
    let title = format!("#{} {}", group.number, truncate(&group.title, CARD_LINE_CHARS));
    let text = Mrkdwn::markup(format!("{mark} *[{}]* ", group.priority));
    let text = match (0..group.channels.len()).find_map(link) {
        Some(url) => text.raw("*").link(url, &title).raw("*"),
        None => text.bold(&title),
    };
    let text = match kind {
        Kind::Normal => text,
        Kind::NoData => text.raw(" — _no data_"),
        Kind::Error => text.raw(" — _the query failed_"),
        Kind::Test => text.raw(" — _only a test_"),
        Kind::Unrecognised => text.raw(" — _not recognised_"),
    };
    let text = match listed.and_then(|listed| listed.told_apart.as_deref()) {
        Some(told) => text.line().text(&truncate(told, CARD_LINE_CHARS)),
        None => text,
    };
    let text = state(text.line().raw(&counts(group)).raw("  ·  "), group);
    if group.channels.is_empty() {
        return text.raw("  ·  :mute: its receiver has no channel: nobody is notified");
    }
    group.channels.iter().enumerate().fold(text.raw("  · "), |text, (nth, channel)| {
        let text = text.raw(" ");
        match link(nth) {
            Some(url) if channel.starts_with('#') => text.link(url, channel),
            _ if channel.starts_with('#') => text.text(channel),
            _ => text.channel(channel),
        }
    })
}

/// "*INC-12* ", which leads to its card.
pub(super) fn incident_number(text: Mrkdwn, one: &Incident, link: Option<&String>) -> Mrkdwn {
    let name = format!("INC-{}", one.number);
    match link {
        Some(url) => text.raw("*").link(url, &name).raw("* "),
        None => text.bold(&name).raw(" "),
    }
}
