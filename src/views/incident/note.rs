//! What is said in the incident's channel, one message each.

use serde_json::Value;
use slack_morphism::blocks::SlackActionBlockElement;

use super::{by, group_line, headline, holders, state};
use crate::domain::incident::news::{Note, TaskNews};
use crate::domain::incident::{Change, State};
use crate::domain::picture::incident::IncidentPicture;
use crate::slack::blocks::{Message, Mrkdwn, SlackButtonStyle, actions, button, section};
use crate::views::words::{at, span, who};

/// The message; nothing (null) where there is nothing to say.
pub fn note(picture: &IncidentPicture, note: &Note) -> Value {
    let text = words(picture, note);
    if text.is_blank() {
        return Value::Null;
    }
    let row = buttons(picture, note);
    let message = Message::new(text.clone());
    if row.is_empty() {
        return message.to_value();
    }
    message.blocks([section(text)]).blocks(actions("incident_note", row)).to_value()
}

fn words(picture: &IncidentPicture, note: &Note) -> Mrkdwn {
    let markup = |text: &str| Mrkdwn::markup(text);
    match note {
        Note::Opening => opening(picture),
        Note::Alike => alike(picture),
        Note::Changed { change, by, .. } => changed(picture, change, by),
        Note::RoleTaken { role, user, by: giver } => {
            let text = markup(":bust_in_silhouette: ").user(user).raw(" is now *").text(role).raw("*");
            if giver.slack_id() == Some(user) { text } else { by(text, giver) }
        }
        Note::RoleLeft { role, user, by: taker } => {
            let text = markup(":bust_in_silhouette: ").user(user).raw(" is no longer *").text(role).raw("*");
            if taker.slack_id() == Some(user) { text } else { by(text, taker) }
        }
        Note::Task { task, text: words, change, by } => task_words(*task, words, change, by),
        Note::Update { text, by } => who(markup(":mega: *Update* by "), by).raw(": ").text(text),
        Note::Summary { by: writer } => {
            let text = who(markup(":memo: *Summary* by "), writer);
            text.line().append(&super::card::summary(&picture.incident.facts.summary))
        }
        Note::Words { text, by, at: moment } => {
            let head = markup(":memo: ");
            let head = match moment {
                Some(moment) => at(head, *moment).raw(" — "),
                None => head,
            };
            who(head.text(text).raw("  _(noted by "), by).raw(")_")
        }
        Note::Link { title, url, by: giver } => by(markup(":link: ").link(url, title), giver),
        Note::Invited { users, by: caller } => {
            let text = users.iter().fold(markup(":wave: Inviting"), |text, user| text.raw(" ").user(user));
            by(text, caller)
        }
        Note::GroupAttached { group, by: who } => match picture.groups.iter().find(|one| one.id == *group) {
            Some(group) => by(group_line(markup(":link: Attached: "), group), who),
            None => Mrkdwn::new(),
        },
        Note::GroupDetached { by: who, .. } => by(markup(":link: An alert group was detached"), who),
        Note::AlertsOver => markup(
            ":large_green_circle: *All its alerts are resolved.* Is it over? Watch it a while, or resolve it here.",
        ),
        Note::Trouble { what, reason, mend, again } => trouble(what, reason, mend, *again),
        Note::UpdateDue { since, whom } => {
            let text = match whom {
                Some(user) => markup(":mega: ").user(user).raw(", those outside have heard nothing since "),
                None => markup(":mega: *An update is due.* Those outside have heard nothing since "),
            };
            at(text, *since).raw(".")
        }
        Note::Gap { from, to, reason } => {
            let text = at(markup(":hole: *Gap in the timeline* from "), *from);
            at(text.raw(" to "), *to)
                .raw(": ")
                .text(reason)
                .raw(". Add what is missing with ")
                .code(&format!("{} note 14:05 what happened", picture.command))
        }
        Note::ArchiveSoon { at: moment } => {
            let text = at(markup(":file_cabinet: This channel will be archived "), *moment);
            text.raw(". A bot cannot bring it back; reopen the incident to keep it.")
        }
        Note::TookIn { number, title, by: who } => {
            let text = markup(&format!(":twisted_rightwards_arrows: *INC-{number}* ")).text(title);
            by(text.raw(" goes on here: its alert groups, open tasks and links were moved"), who)
        }
        Note::Adopted { messages, by: who } => {
            let text =
                markup(":fire: This channel is now that of *INC-").raw(&picture.incident.number.to_string());
            let text = text.raw(&format!("*. {messages} earlier messages are in its timeline"));
            by(text, who)
        }
    }
}

fn opening(picture: &IncidentPicture) -> Mrkdwn {
    let one = &picture.incident;
    let text = headline(picture);
    let text = who(text.line().raw("Declared by "), &one.facts.declared.by);
    let text = match one.facts.detected_at {
        Some(detected) => at(text.raw("; it began "), detected),
        None => text,
    };
    let mut text = text.raw(".");
    if !picture.severity.description.is_empty() {
        text = text.raw(" ").text(&one.severity).raw(": ").text(&picture.severity.description).raw(".");
    }
    if !one.facts.description.is_empty() {
        text = text.line().quote(&one.facts.description);
    }
    for group in &picture.groups {
        text = group_line(text.line(), group);
    }
    let command = &picture.command;
    let text =
        text.line().raw("All that is said here is kept in the timeline; :pushpin: marks a key moment. ");
    let text = match picture.known_roles.first().filter(|role| holders(picture, &role.name).is_empty()) {
        Some(lead) => text.raw("First: who is *").text(&lead.name).raw("*? "),
        None => text,
    };
    text.raw("Words: ").code(&format!("{command} help"))
}

fn alike(picture: &IncidentPicture) -> Mrkdwn {
    let mut text = Mrkdwn::new();
    for one in &picture.alike {
        text = if text.is_blank() {
            text.raw(":repeat: *Looks like something that was here before:*")
        } else {
            text
        };
        let ago = span(picture.now.since(one.ended_at));
        text = text
            .line()
            .raw(&format!("• *INC-{}* ", one.number))
            .text(&one.title)
            .raw(&format!(" ({ago} ago)"));
        if let Some(channel) = &one.channel_id {
            text = text.raw(" ").channel(channel);
        }
        text = if one.fix.is_empty() {
            text.raw(" — nobody wrote down what fixed it")
        } else {
            text.raw(" — fixed by: ").text(&one.fix)
        };
    }
    text
}

fn changed(picture: &IncidentPicture, change: &Change, actor: &crate::domain::actor::Actor) -> Mrkdwn {
    let markup = |text: &str| Mrkdwn::markup(text);
    match change {
        Change::Severity { from, to } => {
            let text = markup(&format!(":{}: *Severity ", picture.severity.emoji)).text(to);
            by(text.raw("* (was ").text(from).raw(")"), actor)
        }
        Change::Status { from, to } => {
            by(markup(":arrow_right: *Status: ").text(to).raw("* (was ").text(from).raw(")"), actor)
        }
        Change::Title { from, to } => {
            by(markup(":pencil2: New title: *").text(to).raw("* (was ").text(from).raw(")"), actor)
        }
        Change::Resolved { summary } => {
            let text =
                who(markup(":white_check_mark: *Resolved* by "), actor).raw(", ").text(&state(picture));
            if summary.is_empty() {
                return text.line().raw(
                    "What fixed it is not written down yet: the button *Summary* of the card takes it.",
                );
            }
            text.line().append(&super::card::summary(summary))
        }
        Change::Reopened { from } => {
            let word = match from {
                State::Cancelled => "cancelled",
                State::Merged => "merged",
                State::Open | State::Resolved => "resolved",
            };
            who(markup(":rotating_light: *Reopened* by "), actor).raw(&format!("; it was {word}"))
        }
        Change::Cancelled { reason } => {
            let text = who(markup(":no_entry_sign: *Cancelled* by "), actor);
            if reason.is_empty() { text } else { text.raw(": ").text(reason) }
        }
        Change::Merged { into } => {
            let text =
                who(markup(&format!(":twisted_rightwards_arrows: *Merged into INC-{into}* by ")), actor);
            text.raw(". Please go on there.")
        }
    }
}

fn task_words(number: i64, words: &str, change: &TaskNews, actor: &crate::domain::actor::Actor) -> Mrkdwn {
    let mark =
        if matches!(change, TaskNews::Done) { ":ballot_box_with_check:" } else { ":black_square_button:" };
    let text = Mrkdwn::markup(format!("{mark} Task {number}: ")).text(words);
    match change {
        TaskNews::Added { assignee: Some(user) } => by(text.raw(" → ").user(user), actor),
        TaskNews::Added { assignee: None } => by(text, actor),
        TaskNews::Assigned { to: Some(user) } => by(text.raw(" → ").user(user), actor),
        TaskNews::Assigned { to: None } => by(text.raw(" → nobody"), actor),
        TaskNews::Done => by(text.raw(" — *done*"), actor),
        TaskNews::Reopened => by(text.raw(" — not done after all"), actor),
    }
}

/// "Inviting @x failed: they are a guest. …"
pub(super) fn trouble(what: &str, reason: &str, mend: &str, again: bool) -> Mrkdwn {
    let text = Mrkdwn::markup(":warning: ").text(what).raw(" failed: ").text(reason).raw(". ").text(mend);
    if again { text.raw(" It is tried again every few minutes.") } else { text }
}

fn buttons(picture: &IncidentPicture, note: &Note) -> Vec<SlackActionBlockElement> {
    let one = &picture.incident;
    let form = |name: &str, text: &str| {
        button(&format!("incident_form_{name}"), text, &format!("{}:{name}", one.id))
    };
    let primary = |name: &str, text: &str| -> SlackActionBlockElement {
        form(name, text).with_style(SlackButtonStyle::Primary).into()
    };
    match note {
        Note::AlertsOver => vec![primary("resolve", "Resolve"), form("status", "Status").into()],
        Note::UpdateDue { .. } => vec![primary("update", "Write an update")],
        Note::Changed { change: Change::Resolved { summary }, .. } if summary.is_empty() => {
            vec![form("resolve", "Write the summary").into()]
        }
        Note::ArchiveSoon { .. } => vec![button("incident_reopen", "Reopen", &one.id.to_string()).into()],
        Note::Task { task, change: TaskNews::Added { .. } | TaskNews::Assigned { .. }, .. } => {
            let done = button("incident_task_done", "Done", &format!("{}:{task}:1", one.id));
            vec![done.into()]
        }
        _ => Vec::new(),
    }
}
