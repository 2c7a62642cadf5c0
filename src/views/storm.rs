//! The one message of a storm: how much burns, who has it, and the way to each group.

use serde_json::Value;
use slack_morphism::blocks::SlackActionBlockElement;

use super::group::mentioned;
use super::home::row_text;
use super::words::{at, counts, doer, emoji, one_line};
use crate::domain::actor::Actor;
use crate::domain::group::{Group, State};
use crate::domain::picture::storm::{StormPage, StormPicture, StormRow};
use crate::domain::say::StormNote;
use crate::limits::{NOTICE_TITLE_CHARS, STORM_TITLE_CHARS};
use crate::slack::blocks::{
    Choice, Message, Modal, Mrkdwn, SlackBlock, SlackButtonStyle, actions, button, confirm, context,
    overflow, section, section_with,
};

/// The message; its text is what a lock screen shows.
pub fn card(picture: &StormPicture) -> Value {
    let message = Message::new(notice(picture)).blocks([section(headline(picture))]);
    let id = picture.id.to_string();
    let show = button("storm_list", "Show all", &id);
    let totals = &picture.totals;
    if totals.groups == totals.resolved {
        let text = at(Mrkdwn::markup(":white_check_mark: All are resolved. It began "), picture.began);
        return message.attachment("#2eb886", [section_with(&format!("storm_{id}"), text, show)]).to_value();
    }
    let mut list = Mrkdwn::new();
    for group in &picture.listed {
        list = if list.is_blank() { list } else { list.line() }.append(&line(group));
    }
    let more = usize::try_from(totals.groups).unwrap_or(usize::MAX).saturating_sub(picture.listed.len());
    if more > 0 {
        list = list.line().raw(&format!("_and {more} more_"));
    }
    let mut row: Vec<SlackActionBlockElement> = Vec::new();
    if totals.waiting > 0 {
        let text = Mrkdwn::markup(format!("{} groups that nobody has become yours.", totals.waiting));
        let all = button("storm_ack", "Acknowledge all", &id).with_style(SlackButtonStyle::Primary);
        row.push(all.with_confirm(confirm("Acknowledge all?", text, "Acknowledge", "Cancel")).into());
    }
    row.push(show.into());
    let block_id = format!("storm_{id}_{}", picture.now.as_ms());
    let blocks: Vec<SlackBlock> = [section(list)]
        .into_iter()
        .chain(context([states(picture)]))
        .chain(actions(&block_id, row))
        .collect();
    let color = if totals.waiting == 0 { "#daa038" } else { "#a30200" };
    message.attachment(color, blocks).to_value()
}

/// "Storm: 25 groups, 40 alerts firing"
fn headline(picture: &StormPicture) -> Mrkdwn {
    let totals = &picture.totals;
    let mark = if totals.groups == totals.resolved { ":large_green_circle:" } else { ":tornado:" };
    let over = if picture.over { "*Storm, over:*" } else { "*Storm:*" };
    let text = Mrkdwn::markup(format!("{mark} {over} "));
    mentioning(text.raw(&format!("*{}*", sizes(picture))), picture)
}

fn sizes(picture: &StormPicture) -> String {
    let totals = &picture.totals;
    let groups = if totals.groups == 1 { "1 group".to_owned() } else { format!("{} groups", totals.groups) };
    match totals.firing {
        0 => format!("{groups}, nothing fires"),
        1 => format!("{groups}, 1 alert"),
        firing => format!("{groups}, {firing} alerts"),
    }
}

/// "DiskFull (db1) and 24 more · storm of 25 groups, 40 alerts"
fn notice(picture: &StormPicture) -> Mrkdwn {
    let mut text = Mrkdwn::new();
    if let Some(worst) = picture.listed.first() {
        text = text.text(&one_line(&worst.title, NOTICE_TITLE_CHARS));
        if picture.totals.groups > 1 {
            text = text.raw(&format!(" and {} more", picture.totals.groups - 1));
        }
        text = text.raw(&format!(" · {} · ", worst.priority));
    }
    mentioning(text.raw(&format!("storm of {}", sizes(picture))), picture)
}

fn mentioning(text: Mrkdwn, picture: &StormPicture) -> Mrkdwn {
    match picture.mention.as_deref().filter(|_| picture.totals.waiting > 0) {
        Some(mention) => mentioned(text.raw(" "), mention),
        None => text,
    }
}

/// "🔴 [P1] #24 DiskFull (db1) — 5 firing"
fn line(group: &Group) -> Mrkdwn {
    let text = Mrkdwn::markup(format!("{} [{}] *#{}* ", emoji(group), group.priority, group.number));
    let text = text.text(&one_line(&group.title, STORM_TITLE_CHARS));
    match group.state {
        State::Resolved => text.raw(" — resolved"),
        _ => text.raw(" — ").raw(&counts(group)),
    }
}

/// "Nobody has 20 of them · 3 acknowledged · 2 resolved"
fn states(picture: &StormPicture) -> Mrkdwn {
    let totals = &picture.totals;
    let mut parts = Vec::new();
    if totals.waiting > 0 {
        parts.push(format!("*Nobody has {} of them*", totals.waiting));
    }
    for (count, word) in
        [(totals.acknowledged, "acknowledged"), (totals.silenced, "silenced"), (totals.resolved, "resolved")]
    {
        if count > 0 {
            parts.push(format!("{count} {word}"));
        }
    }
    let text = at(Mrkdwn::markup(":bust_in_silhouette: Since "), picture.began);
    parts.iter().fold(text, |text, part| text.raw(" · ").raw(part))
}

/// A reply in the storm's thread.
pub fn note(picture: &StormPicture, note: &StormNote, name: Option<&str>) -> Value {
    let text = match note {
        StormNote::Joined { count, names } => {
            let mut text = Mrkdwn::markup(format!(":tornado: *{count} more, and nobody has them:* "));
            for (nth, (number, title)) in names.iter().enumerate() {
                text = if nth > 0 { text.raw(", ") } else { text };
                text = text.raw(&format!("#{number} ")).text(&one_line(title, STORM_TITLE_CHARS));
            }
            let named = u32::try_from(names.len()).unwrap_or(*count);
            if *count > named {
                text = text.raw(&format!(" and {} more", count - named));
            }
            mentioning(text, picture)
        }
        StormNote::AcknowledgedAll { by, count } => doer(
            Mrkdwn::markup(format!(":eyes: All {count} that nobody had were acknowledged by ")),
            by,
            name,
        ),
    };
    Message::new(text).to_value()
}

/// All groups of a storm, a page at a time, each with what can be done about it.
pub fn list(page: &StormPage) -> Value {
    let mut blocks = vec![section(Mrkdwn::markup(format!("*{}*", sizes(&page.storm))))];
    for StormRow { group, has_message } in &page.rows {
        let mut entries = Vec::new();
        let value = |verb: &str| format!("{verb}:{}:{}:{}", group.id, page.storm.id, page.page);
        if group.needs_somebody() && group.attached_to.is_none() {
            entries.push(Choice::new("Acknowledge", value("ack")));
        }
        if !has_message {
            entries.push(Choice::new("Post its message here", value("open")));
        }
        entries.push(Choice::new("Details", value("details")));
        let id = format!("storm_group_{}_{}", group.id, group.updated_at.as_ms());
        blocks.push(section_with(&id, row_text(group, None), overflow("storm_group", &entries)));
    }
    let mut turn: Vec<SlackActionBlockElement> = Vec::new();
    let value = |page_no: u32| format!("{}:{page_no}", page.storm.id);
    if page.page > 0 {
        turn.push(button("storm_earlier", "← Back", &value(page.page - 1)).into());
    }
    if page.has_more {
        turn.push(button("storm_later", "More →", &value(page.page + 1)).into());
    }
    blocks.extend(actions(&format!("page_{}", page.page), turn));
    Modal::new("storm", "Storm", blocks).close("Close").to_value()
}

/// Whose deed a note tells of.
pub fn doer_of(note: &StormNote) -> Option<&Actor> {
    match note {
        StormNote::AcknowledgedAll { by, .. } => Some(by),
        StormNote::Joined { .. } => None,
    }
}
