//! The status card, pinned in the incident's channel: what burns, who leads, what is to be done, what the next tap is.

use serde_json::Value;
use slack_morphism::blocks::{SlackActionBlockElement, SlackBlock};

use super::{color, group_line, headline, holders, state};
use crate::domain::incident::{State, Summary};
use crate::domain::picture::incident::IncidentPicture;
use crate::limits::{
    CARD_DESCRIPTION_CHARS, CARD_LINE_CHARS, CARD_SUMMARY_CHARS, DAY_TOLD_AFTER, INCIDENT_CARD_GROUPS,
    INCIDENT_CARD_TASKS,
};
use crate::slack::blocks::{Message, Mrkdwn, SlackButtonStyle, actions, button, context, section, truncate};
use crate::views::words::{at, span, time, who};

pub fn card(picture: &IncidentPicture) -> Value {
    let mut blocks = Vec::new();
    blocks.extend(elsewhere(picture));
    blocks.extend(about(picture));
    blocks.extend(alerts(picture));
    blocks.extend(roles(picture));
    blocks.extend(tasks(picture));
    blocks.extend(context(lines(picture)));
    blocks.extend(buttons(picture));
    let text = headline(picture).raw(" — ").text(&state(picture));
    Message::new(text).attachment(color(picture), blocks).to_value()
}

/// Of one that was merged, the way to where it goes on.
fn elsewhere(picture: &IncidentPicture) -> Option<SlackBlock> {
    let other = picture.merged_into.as_ref()?;
    let channel = other.channel_id.as_ref()?;
    Some(section(Mrkdwn::markup(format!("It goes on in *INC-{}* → ", other.number)).channel(channel)))
}

/// What is known: at its end the summary, before that the last update and the description.
fn about(picture: &IncidentPicture) -> Vec<SlackBlock> {
    let facts = &picture.incident.facts;
    if !picture.incident.is_open() && !facts.summary.is_empty() {
        return vec![section(summary(&facts.summary))];
    }
    let mut blocks = Vec::new();
    if let Some(last) = &facts.last_update {
        let head = at(who(Mrkdwn::markup("*Last update* by "), &last.by).raw(" "), last.at);
        blocks.push(section(head.line().text(&truncate(&last.text, CARD_DESCRIPTION_CHARS))));
    }
    if !facts.description.is_empty() {
        blocks.push(section(Mrkdwn::new().text(&truncate(&facts.description, CARD_DESCRIPTION_CHARS))));
    }
    blocks
}

/// What happened, cause, what fixed it.
pub(super) fn summary(summary: &Summary) -> Mrkdwn {
    let mut text = Mrkdwn::new();
    for (name, words) in
        [("What happened", &summary.happened), ("Cause", &summary.cause), ("Fixed by", &summary.fix)]
    {
        if !words.is_empty() {
            text = if text.is_blank() { text } else { text.line() };
            text = text.raw(&format!("*{name}:* ")).text(&truncate(words, CARD_DESCRIPTION_CHARS));
        }
    }
    text
}

fn alerts(picture: &IncidentPicture) -> Option<SlackBlock> {
    let mut text = Mrkdwn::new();
    for group in picture.groups.iter().take(INCIDENT_CARD_GROUPS) {
        text = if text.is_blank() { text } else { text.line() };
        text = group_line(text, picture, group);
    }
    if picture.groups.len() > INCIDENT_CARD_GROUPS {
        let more = picture.groups.len() - INCIDENT_CARD_GROUPS;
        text = text.line().raw(&format!("_and {more} more alert groups_"));
    }
    (!text.is_blank()).then(|| section(text))
}

/// Each role that somebody has; the first, who leads, also when nobody has it.
fn roles(picture: &IncidentPicture) -> Option<SlackBlock> {
    let mut text = Mrkdwn::new();
    let known = picture.known_roles.iter().map(|role| role.name.as_str());
    let old = picture.roles.iter().map(|one| one.role.as_str());
    let mut names: Vec<&str> = Vec::new();
    for name in known.chain(old) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    for (nth, name) in names.into_iter().enumerate() {
        let who = holders(picture, name);
        if who.is_empty() && (nth > 0 || !picture.incident.is_open()) {
            continue;
        }
        text = if text.is_blank() { text } else { text.raw("   ") };
        text = text.raw("*").text(name).raw(":*");
        if who.is_empty() {
            text = text.raw(" :bust_in_silhouette: _nobody yet_");
        }
        for user in who {
            text = text.raw(" ").user(user);
        }
    }
    (!text.is_blank()).then(|| section(text))
}

fn tasks(picture: &IncidentPicture) -> Option<SlackBlock> {
    let open: Vec<_> = picture.tasks.iter().filter(|task| task.done.is_none()).collect();
    if open.is_empty() {
        return None;
    }
    let done = picture.tasks.len() - open.len();
    let mut text = Mrkdwn::markup(format!("*{} to do*", open.len()));
    if done > 0 {
        text = text.raw(&format!(", {done} done"));
    }
    for task in open.iter().take(INCIDENT_CARD_TASKS) {
        text = text.line().raw(&format!("☐ {}  ", task.number)).text(&truncate(&task.text, CARD_LINE_CHARS));
        text = match &task.assignee {
            Some(user) => text.raw("  ").user(user),
            None => text,
        };
    }
    if open.len() > INCIDENT_CARD_TASKS {
        text = text.line().raw(&format!("_and {} more_", open.len() - INCIDENT_CARD_TASKS));
    }
    Some(section(text))
}

/// The small grey lines: since when, what is due, links.
fn lines(picture: &IncidentPicture) -> Vec<Mrkdwn> {
    let one = &picture.incident;
    let declared = &one.facts.declared;
    let text = at(who(Mrkdwn::markup("Declared by "), &declared.by).raw(" "), declared.at);
    let text = match one.facts.detected_at {
        // The day need not be told twice.
        Some(detected) if declared.at.since(detected) < DAY_TOLD_AFTER => {
            time(text.raw(", first alert "), detected)
        }
        Some(detected) => at(text.raw(", first alert "), detected),
        None => text,
    };
    let mut lines = vec![text];
    if let Some(ended) = &one.facts.ended {
        let word = match one.state {
            State::Cancelled => ":no_entry_sign: Cancelled",
            State::Merged => ":twisted_rightwards_arrows: Merged",
            State::Open | State::Resolved => ":white_check_mark: Resolved",
        };
        let text = who(Mrkdwn::markup(format!("{word} by ")), &ended.by);
        lines.push(
            at(text.raw(" "), ended.at).raw(&format!(" after {}", span(ended.at.since(one.began_at())))),
        );
    }
    let every = picture.severity.update_every.filter(|_| one.is_open());
    if let Some(every) = every {
        let last = one.facts.last_update.as_ref().map_or(declared.at, |last| last.at);
        lines.push(at(Mrkdwn::markup(":mega: Next update due "), last + every));
    }
    if one.private {
        lines.push(Mrkdwn::markup(":lock: Private: only this channel knows"));
    }
    if !one.labels.is_empty() {
        let text = one.labels.iter().fold(Mrkdwn::markup(":label:"), |text, (name, value)| {
            text.raw(" ").text(name).raw("=").text(&truncate(value, CARD_LINE_CHARS))
        });
        lines.push(text.truncated(CARD_SUMMARY_CHARS));
    }
    if !picture.links.is_empty() {
        let text = picture.links.iter().take(8).fold(Mrkdwn::markup(":link:"), |text, link| {
            text.raw(" ").link(&link.url, &truncate(&link.title, CARD_LINE_CHARS))
        });
        lines.push(text);
    }
    lines
}

/// The likeliest tap first.
fn buttons(picture: &IncidentPicture) -> Option<SlackBlock> {
    let one = &picture.incident;
    let id = one.id.to_string();
    let form = |name: &str, text: &str| -> SlackActionBlockElement {
        button(&format!("incident_form_{name}"), text, &format!("{id}:{name}")).into()
    };
    let mut row: Vec<SlackActionBlockElement> = Vec::new();
    if one.is_open() {
        if let Some(lead) = picture.known_roles.first().filter(|role| holders(picture, &role.name).is_empty())
        {
            let take = button("incident_take", &format!("Be {}", lead.name), &format!("{id}:{}", lead.name));
            row.push(take.with_style(SlackButtonStyle::Primary).into());
        }
        row.push(form("status", "Status"));
        row.push(form("update", "Update"));
        row.push(form("resolve", "Resolve"));
    } else {
        row.push(form("resolve", "Summary"));
        row.push(button("incident_reopen", "Reopen", &id).into());
        row.push(form("timeline", "Timeline"));
    }
    row.push(form("menu", "More…"));
    actions(&format!("incident_{id}_{}", one.updated_at.as_ms()), row)
}
