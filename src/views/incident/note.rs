//! What is said in the incident's channel, one message each.

use std::time::Duration;

use serde_json::Value;
use slack_morphism::blocks::SlackActionBlockElement;

use super::{group_line, headline, holders};
use crate::domain::actor::Actor;
use crate::domain::incident::Change;
use crate::domain::incident::news::{Note, TaskNews};
use crate::domain::picture::incident::IncidentPicture;
use crate::slack::blocks::{Message, Mrkdwn, SlackButtonStyle, actions, button, section};
use crate::views::words::{self, at, span};

/// Slack's ids of people are that long or longer; no name in capitals is.
const USER_ID_CHARS_MIN: usize = 9;

/// The message; nothing (null) where there is nothing to say. `name` is that of the one whose deed it tells of: they are
/// named by it, because a mention would ring them for what they did themselves.
pub fn note(picture: &IncidentPicture, note: &Note, name: Option<&str>) -> Value {
    let text = Teller { picture, name }.words(note);
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

/// The same for those outside, in the thread of the announcement: it stands alone where it shows in the channel.
pub fn outside(picture: &IncidentPicture, note: &Note, name: Option<&str>) -> Value {
    let one = &picture.incident;
    let text = Mrkdwn::markup(format!("*INC-{}* ", one.number)).text(&one.title).line();
    Message::new(text.append(&Teller { picture, name }.words(note))).to_value()
}

/// The words of a note, with what they all need.
struct Teller<'a> {
    picture: &'a IncidentPicture,
    name: Option<&'a str>,
}

fn markup(text: &str) -> Mrkdwn {
    Mrkdwn::markup(text)
}

impl Teller<'_> {
    /// Whose deed it is.
    fn who(&self, text: Mrkdwn, actor: &Actor) -> Mrkdwn {
        words::doer(text, actor, self.name)
    }

    /// " (by ann)"
    fn by(&self, text: Mrkdwn, actor: &Actor) -> Mrkdwn {
        super::by(text, actor, self.name)
    }

    /// Somebody whom it concerns: by their name if a direct message tells them, else they are rung here.
    fn whom(&self, text: Mrkdwn, user: &str) -> Mrkdwn {
        match self.picture.names.get(user) {
            Some(name) => text.bold(name),
            None => text.user(user),
        }
    }

    fn words(&self, note: &Note) -> Mrkdwn {
        let picture = self.picture;
        match note {
            Note::Opening => self.opening(),
            Note::Alike => alike(picture),
            Note::Changed { change, by, .. } => self.changed(change, by),
            Note::RoleTaken { role, user, by } => self.role(user, by, |text| text.raw(" is now ").bold(role)),
            Note::RoleLeft { role, user, by } => {
                self.role(user, by, |text| text.raw(" is no longer ").bold(role))
            }
            Note::Task { task, text, change, by } => self.task(*task, text, change, by),
            Note::Update { text, by } => self.who(markup(":mega: *Update* by "), by).raw(": ").text(text),
            Note::Summary { by } => {
                let text = self.who(markup(":memo: *Summary* by "), by);
                text.line().append(&super::card::summary(&picture.incident.facts.summary))
            }
            Note::Words { text, by, at: moment } => {
                let head = markup(":memo: ");
                let head = match moment {
                    Some(moment) => at(head, *moment).raw(" — "),
                    None => head,
                };
                self.who(head.text(text).raw("  (noted by "), by).raw(")")
            }
            Note::Link { title, url, by } => self.by(markup(":link: ").link(url, title), by),
            Note::Invited { users, usergroups, by } => {
                let text = markup(":wave: Inviting");
                let text = users.iter().fold(text, |text, user| self.whom(text.raw(" "), user));
                let text = usergroups.iter().fold(text, |text, group| text.raw(" ").user_group(group));
                self.by(text, by)
            }
            Note::GroupAttached { group, by } => match picture.groups.iter().find(|one| one.id == *group) {
                Some(group) => self.by(group_line(markup(":link: Attached: "), picture, group), by),
                None => Mrkdwn::new(),
            },
            Note::GroupDetached { number, title, by } => {
                let text = markup(&format!(":link: Detached: *#{number}* ")).text(title);
                self.by(text.raw(" is no part of this any more"), by)
            }
            Note::AlertsOver => markup(
                ":large_green_circle: *All its alerts are resolved.* Is it over? Watch it a while, or resolve it here.",
            ),
            Note::Trouble { what, reason, mend, again } => trouble(what, reason, mend, *again),
            Note::UpdateDue { since, whom } => {
                let text = match whom {
                    Some(user) => {
                        self.whom(markup(":mega: "), user).raw(", those outside have heard nothing since ")
                    }
                    None => {
                        markup(":mega: <!here> *An update is due.* Those outside have heard nothing since ")
                    }
                };
                let text = at(text, *since).raw(".");
                match self.picture.without_lead() {
                    Some(lead) => text.raw(" Nobody is *").text(lead).raw("* yet."),
                    None => text,
                }
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
            Note::TookIn { number, title, by } => {
                let text = markup(&format!(":twisted_rightwards_arrows: *INC-{number}* ")).text(title);
                self.by(text.raw(" goes on here: its alert groups, open tasks and links were moved"), by)
            }
            Note::CallAnswered { by, coming: true, .. } => {
                self.who(markup(":runner: "), by).raw(" is on the way")
            }
            Note::CallAnswered { by, coming: false, caller } => {
                let text = self.who(markup(":no_entry: "), by).raw(" *can't come*.");
                match caller.as_deref().filter(|caller| by.slack_id() != Some(caller)) {
                    Some(caller) => text.raw(" ").user(caller).raw(", please call somebody else."),
                    None => text.raw(" Please call somebody else."),
                }
            }
            Note::Redacted { texts, by } => {
                let text = match texts {
                    1 => markup(":no_entry_sign: A text was *redacted*"),
                    more => markup(&format!(":no_entry_sign: {more} texts were *redacted*")),
                };
                self.by(text, by).raw(". Slack still shows what people wrote: delete it there, too.")
            }
            Note::Adopted { messages, by } => {
                let number = picture.incident.number;
                let text = markup(&format!(":fire: This channel is now that of *INC-{number}*"));
                let text = match messages {
                    0 => text.raw(". What is said here is kept in its timeline from now on"),
                    1 => text.raw(". One earlier message is in its timeline"),
                    more => text.raw(&format!(". {more} earlier messages are in its timeline")),
                };
                self.by(text, by)
            }
        }
    }

    /// Whoever took it or left it themselves is named; whom others gave it to or took it from should hear of it.
    fn role(&self, user: &str, by: &Actor, says: impl FnOnce(Mrkdwn) -> Mrkdwn) -> Mrkdwn {
        let text = markup(":bust_in_silhouette: ");
        if by.slack_id() == Some(user) {
            says(self.who(text, by))
        } else {
            self.by(says(self.whom(text, user)), by)
        }
    }

    fn opening(&self) -> Mrkdwn {
        let picture = self.picture;
        let one = &picture.incident;
        let text = self.who(headline(picture).line().raw("Declared by "), &one.facts.declared.by);
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
            text = group_line(text.line(), picture, group);
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

    fn changed(&self, change: &Change, actor: &Actor) -> Mrkdwn {
        let picture = self.picture;
        match change {
            Change::Severity { from, to } => {
                let text = markup(&format!(":{}: *Severity ", picture.severity.emoji)).text(to);
                self.by(text.raw("*, was ").text(from), actor)
            }
            Change::Status { from, to } => {
                let text = markup(":arrow_right: *Status: ").text(to);
                self.by(text.raw("*, was ").text(from), actor)
            }
            Change::Title { from, to } => {
                self.by(markup(":pencil2: New title: ").bold(to).raw(", was ").text(from), actor)
            }
            Change::Resolved { summary } => {
                let text = self.who(markup(":white_check_mark: *Resolved* by "), actor);
                let text = match picture.incident.ended_at {
                    Some(ended) => {
                        let lasted = ended.since(picture.incident.began_at());
                        text.raw(&format!(" after {}", span(lasted)))
                    }
                    None => text,
                };
                if summary.is_empty() {
                    return text.line().raw("What fixed it is not written down yet.");
                }
                text.line().append(&super::card::summary(summary))
            }
            Change::Reopened { from } => {
                let text = self.who(markup(":rotating_light: *Reopened* by "), actor);
                text.raw(&format!("; it was {}", from.as_str()))
            }
            Change::Cancelled { reason } => {
                let text = self.who(markup(":no_entry_sign: *Cancelled* by "), actor);
                if reason.is_empty() { text } else { text.raw(": ").text(reason) }
            }
            Change::Merged { into } => {
                let text = markup(&format!(":twisted_rightwards_arrows: *Merged into INC-{into}* by "));
                let text = self.who(text, actor).raw(". Please go on ");
                match picture.merged_into.as_ref().and_then(|other| other.channel_id.as_deref()) {
                    Some(channel) => text.raw("in ").channel(channel).raw("."),
                    None => text.raw("there."),
                }
            }
        }
    }

    fn task(&self, number: i64, said: &str, change: &TaskNews, actor: &Actor) -> Mrkdwn {
        let later = self.picture.tasks.iter().any(|task| task.number == number && task.follow_up);
        let kind = if later { "Follow-up" } else { "Task" };
        let done = matches!(change, TaskNews::Done);
        let mark = if done { ":ballot_box_with_check:" } else { ":black_square_button:" };
        let text = markup(&format!("{mark} {kind} {number}: ")).text(said);
        let text = match change {
            TaskNews::Added { assignee: Some(user) } | TaskNews::Assigned { to: Some(user) } => {
                if actor.slack_id() == Some(user) {
                    return self.who(text.raw(" → "), actor);
                }
                self.whom(text.raw(" → "), user)
            }
            TaskNews::Added { assignee: None } => text,
            TaskNews::Assigned { to: None } => text.raw(" → nobody"),
            TaskNews::Done => text.raw(" — *done*"),
            TaskNews::Reopened => text.raw(" — not done after all"),
        };
        self.by(text, actor)
    }
}

fn alike(picture: &IncidentPicture) -> Mrkdwn {
    let mut text = Mrkdwn::new();
    for one in &picture.alike {
        text = if text.is_blank() {
            text.raw(":repeat: *Looks like something that was here before:*")
        } else {
            text
        };
        let ago = long_ago(picture.now.since(one.ended_at));
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

/// "3 h 5 min", "12 days": after two days nobody asks for hours.
fn long_ago(length: Duration) -> String {
    let hours = length.as_secs() / 3_600;
    if hours < 48 { span(length) } else { format!("{} days", (hours + 12) / 24) }
}

/// "Inviting @x failed: they are a guest. …"
pub(super) fn trouble(what: &str, reason: &str, mend: &str, again: bool) -> Mrkdwn {
    // Whose name is not known is named by Slack.
    let text = what.split(' ').enumerate().fold(Mrkdwn::markup(":warning: "), |text, (nth, word)| {
        let text = if nth == 0 { text } else { text.raw(" ") };
        let (id, comma) = word.strip_suffix(',').map_or((word, ""), |id| (id, ","));
        if is_user_id(id) { text.user(id).raw(comma) } else { text.text(word) }
    });
    let text = text.raw(" failed: ").text(reason).raw(". ").text(mend);
    if again { text.raw(" It is tried again every few minutes.") } else { text }
}

fn is_user_id(word: &str) -> bool {
    word.starts_with(['U', 'W'])
        && word.len() >= USER_ID_CHARS_MIN
        && word.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit())
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
        Note::UpdateDue { .. } => {
            let take = picture.without_lead().map(|lead| {
                button("incident_take", &format!("Be {lead}"), &format!("{}:{lead}", one.id)).into()
            });
            std::iter::once(primary("update", "Write an update")).chain(take).collect()
        }
        Note::Changed { change: Change::Resolved { summary }, .. } if summary.is_empty() => {
            vec![form("resolve", "Write the summary").into()]
        }
        Note::Changed { change: Change::Title { .. }, .. } if picture.rename_to.is_some() => {
            vec![button("incident_rename", "Rename the channel", &one.id.to_string()).into()]
        }
        Note::CallAnswered { coming: false, .. } => vec![form("invite", "Invite people").into()],
        Note::ArchiveSoon { .. } => vec![button("incident_reopen", "Reopen", &one.id.to_string()).into()],
        Note::Task { task, change: TaskNews::Added { .. } | TaskNews::Assigned { .. }, .. } => {
            let done = button("incident_task_done", "Done", &format!("{}:{task}:1", one.id));
            vec![done.into()]
        }
        _ => Vec::new(),
    }
}
