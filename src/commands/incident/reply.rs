//! Answers that the words about incidents share.

use super::super::reply::{private, usage};
use super::super::{Said, find, typed, which as alerts};
use super::which;
use crate::actions::Answer;
use crate::domain::actor::Actor;
use crate::domain::incident::{Incident, Refusal};
use crate::domain::rights::Right;
use crate::domain::say::{IncidentForm, Say, Urgency, View};
use crate::engine::incident::{Done, permit};
use crate::engine::{Work, say};
use crate::limits::{CARD_LINE_CHARS, PREVIEW_GROUPS_SHOWN};
use crate::slack::blocks::{Mrkdwn, truncate};
use crate::store::StoreError;
use crate::views::answer::{choices, next};
use crate::views::incident::answer::{GONE, denied, name, refused};

/// What came of a wish, in the words of `yes` where it was granted.
pub(super) fn done(work: &Work<'_>, done: Done, yes: impl FnOnce(&Incident, &str) -> Mrkdwn) -> Answer {
    let command = &work.rules.slack.command;
    private(match done {
        Done::Yes(incident) => yes(&incident, command),
        Done::No(incident, refusal) => refused(&incident, &refusal, command),
        Done::Denied(why) => denied(&why),
        Done::Unknown => Mrkdwn::markup(GONE),
    })
}

/// What they may not, they hear before a form opens.
pub(super) fn may(
    work: &mut Work<'_>,
    said: &Said<'_>,
    right: Option<Right>,
) -> Result<Result<(), Answer>, StoreError> {
    let may = permit(work, &Actor::Person(said.user.to_owned()), right)?;
    Ok(may.map_err(|why| private(denied(&why))))
}

/// Opens a form about it where that is possible; a mention gets told how to say it in words.
pub(super) fn form(
    work: &mut Work<'_>,
    said: &Said<'_>,
    incident: &Incident,
    form: IncidentForm,
    word: &str,
) -> Result<Answer, StoreError> {
    let right = match form {
        IncidentForm::Resolve | IncidentForm::Cancel => Some(Right::Resolve),
        IncidentForm::Merge => Some(Right::Admin),
        _ => None,
    };
    let looks = matches!(form, IncidentForm::Timeline { .. });
    if !looks && let Err(answer) = may(work, said, right)? {
        return Ok(answer);
    }
    let needs_open = matches!(
        form,
        IncidentForm::Severity
            | IncidentForm::Status
            | IncidentForm::Roles
            | IncidentForm::Cancel
            | IncidentForm::Attach
            | IncidentForm::Merge
    );
    if needs_open && !incident.is_open() {
        let refusal = Refusal::Ended(incident.state);
        return Ok(private(refused(incident, &refusal, &work.rules.slack.command)));
    }
    let Some(trigger_id) = said.trigger_id else { return Ok(usage(work, word)) };
    let view = View::Incident { incident: incident.id, form };
    say::say(work, &Say::OpenView { trigger_id: trigger_id.to_owned(), view }, Urgency::Answer)?;
    Ok(Answer::Nothing)
}

pub(super) fn no_such(work: &mut Work<'_>, said: &Said<'_>, number: i64) -> Result<Answer, StoreError> {
    let text = Mrkdwn::markup(format!("There is no incident INC-{number}."));
    listed(work, said, text, "show", "")
}

/// None was named, and none is to be seen from here.
pub(super) fn which(
    work: &mut Work<'_>,
    said: &Said<'_>,
    word: &str,
    rest: &str,
) -> Result<Answer, StoreError> {
    listed(work, said, Mrkdwn::markup("Which incident?"), word, rest)
}

/// The open ones, and what to type about one of them.
fn listed(
    work: &mut Work<'_>,
    said: &Said<'_>,
    text: Mrkdwn,
    word: &str,
    rest: &str,
) -> Result<Answer, StoreError> {
    let open = which::open(work, said)?;
    let command = &work.rules.slack.command;
    let Some(first) = open.first() else {
        let text = next(text.raw(" None is open. To declare one: "), command, "declare what is wrong");
        return Ok(private(next(text.raw(". Past ones: "), command, "incidents all")));
    };
    let words = format!("{word} INC-{} {}", first.number, truncate(&typed::plain(rest), CARD_LINE_CHARS));
    let text = next(text.raw(" Name it, as in "), command, words.trim_end());
    let mut text = text.raw(", or type it in its channel.");
    if find(word).is_some_and(|command| command.is_shared()) {
        text = next(text.raw(" An alert: "), command, &format!("{word} 5"));
    }
    text = text.raw(" Open now:");
    for one in open.iter().take(PREVIEW_GROUPS_SHOWN) {
        text = line(text.line().raw("• "), one);
    }
    if open.len() > PREVIEW_GROUPS_SHOWN {
        text = next(text.line().raw("All of them: "), command, "incidents");
    }
    Ok(private(text))
}

/// "*INC-12* The shop is down · SEV1 identified · #inc-12-the-shop"
pub(super) fn line(text: Mrkdwn, one: &Incident) -> Mrkdwn {
    let text = text.append(&name(one)).raw(" · ").text(&one.severity);
    let text = if one.is_open() { text.raw(" ").text(&one.status) } else { text };
    match &one.channel_id {
        Some(channel) => text.raw(" · ").channel(channel),
        None => text,
    }
}

/// A bare number in an incident's channel could be the number of an alert group or the first of free words.
pub(super) fn alert_or_incident(
    work: &Work<'_>,
    word: &str,
    bare: typed::NamedAlert<'_>,
    here: &Incident,
) -> Answer {
    let (number, rest) = (bare.number, bare.rest);
    let about = |words: String| words.trim_end().to_owned();
    let (alert, incident) = (
        about(format!("{word} alert {number} {rest}")),
        about(format!("{word} INC-{} {number} {rest}", here.number)),
    );
    // A number alone is no word worth keeping.
    let incident = if rest.is_empty() { format!("{word} INC-{}", here.number) } else { incident };
    let command = &work.rules.slack.command;
    let text = Mrkdwn::markup(format!("Is {number} an alert? Then: "));
    let text = next(text, command, &typed::plain(&alert));
    let text = next(text.raw(". For the incident: "), command, &typed::plain(&incident));
    let buttons = [(format!("Alert {number}"), alert), (format!("INC-{}", here.number), incident)];
    Answer::PrivateMessage(choices(text, &buttons))
}

/// An alert was named where only incidents can be meant.
pub(super) fn only_incidents(
    work: &mut Work<'_>,
    said: &Said<'_>,
    word: &str,
    number: i64,
    rest: &str,
) -> Result<Answer, StoreError> {
    let Some(group) = alerts::by_number(work, said, number)? else {
        let text =
            Mrkdwn::markup(format!("#{number} would be an alert. Incidents are written INC-{number}."));
        return listed(work, said, text, word, rest);
    };
    let text = Mrkdwn::markup(format!("#{number} is an alert, and `{word}` is about incidents."));
    let Some(of) = which::of_group(work, said, &group)? else {
        return listed(work, said, text, word, rest);
    };
    let words = format!("{word} INC-{} {}", of.number, truncate(&typed::plain(rest), CARD_LINE_CHARS));
    let text = text.raw(" It belongs to ").append(&name(&of)).raw(": ");
    Ok(private(next(text, &work.rules.slack.command, words.trim_end())))
}

/// People as they are mentioned: "@ann, @bob".
pub(super) fn people(text: Mrkdwn, users: &[String]) -> Mrkdwn {
    users.iter().enumerate().fold(text, |text, (nth, user)| {
        let text = if nth == 0 { text } else { text.raw(", ") };
        text.user(user)
    })
}
