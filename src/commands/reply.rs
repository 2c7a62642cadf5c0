//! Answers that several words share.

use super::{Said, find as find_word, incident, which};
use crate::actions::{Answer, GONE, may_work, refused};
use crate::domain::actor::{Actor, Via};
use crate::domain::group::Group;
use crate::domain::say::{Say, Urgency, View};
use crate::engine::deeds::{By, Done};
use crate::engine::{Work, find, say};
use crate::limits::PREVIEW_GROUPS_SHOWN;
use crate::slack::blocks::Mrkdwn;
use crate::store::StoreError;
use crate::views::incident::answer::{denied, name as incident_name};
use crate::views::{answer, help};

/// The one who said it.
pub(super) fn by(said: &Said<'_>) -> By {
    let via = if said.mention { Via::Mention } else { Via::Command };
    By { actor: Actor::Person(said.user.to_owned()), via }
}

pub(super) fn private(text: Mrkdwn) -> Answer {
    Answer::Private(text.into_string())
}

/// What came of a wish, in the words of `yes` where it was granted.
pub(super) fn done(
    work: &mut Work<'_>,
    said: &Said<'_>,
    done: Done,
    yes: impl FnOnce(&Group, &str) -> Mrkdwn,
) -> Result<Answer, StoreError> {
    Ok(private(match done {
        Done::Yes(group) => yes(&group, &work.rules.slack.command),
        Done::No(group, refusal) => refused(work, said.user, &group, &refusal)?,
        Done::Denied(why) => denied(&why),
        Done::Unknown => Mrkdwn::markup(GONE),
    }))
}

pub(super) fn no_such_group(work: &Work<'_>, number: i64) -> Answer {
    let text = Mrkdwn::markup(format!("There is no alert #{number}. The open ones: "));
    private(answer::next(text, &work.rules.slack.command, "alerts"))
}

/// No number and no thread: say which there are.
pub(super) fn which(work: &mut Work<'_>, said: &Said<'_>, word: &str) -> Result<Answer, StoreError> {
    let viewer = which::viewer(work, said)?;
    let seen_by = if viewer.is_member()? { None } else { Some(viewer) };
    let filter = find::Filter { seen_by, ..find::Filter::default() };
    let open = find::page(work.tx, &filter, 1, PREVIEW_GROUPS_SHOWN)?.groups;
    let command = &work.rules.slack.command;
    let number = open.first().map_or(24, |group| group.number);
    let text = Mrkdwn::markup("Which alert? Write its number, as in ");
    let mut text = answer::next(text, command, &format!("{word} #{number}"));
    for (nth, group) in open.iter().enumerate() {
        text = if nth == 0 { text.raw(". Open now: ") } else { text.raw(", ") };
        text = text.append(&answer::name(group));
    }
    if let Some(one) = incident::newest_open(work, said)?
        && find_word(word).is_some_and(|command| command.is_shared())
    {
        let text = text.line().raw("For the incident ").append(&incident_name(&one)).raw(": ");
        return Ok(private(answer::next(
            text,
            &work.rules.slack.command,
            &format!("{word} INC-{}", one.number),
        )));
    }
    Ok(private(text))
}

/// How a word is used.
pub(super) fn usage(work: &Work<'_>, word: &str) -> Answer {
    let command = &work.rules.slack.command;
    match find_word(word) {
        Some(found) => private(help::one(&found.entry, command)),
        None => private(help::unknown(word, None, command)),
    }
}

/// Opens a dialogue where that is possible; a mention gets told how to say it in words.
pub(super) fn dialogue(
    work: &mut Work<'_>,
    said: &Said<'_>,
    view: View,
    word: &str,
) -> Result<Answer, StoreError> {
    if let Err(denied) = may_work(work, said.user)? {
        return Ok(denied);
    }
    let Some(trigger_id) = said.trigger_id else { return Ok(usage(work, word)) };
    say::say(work, &Say::OpenView { trigger_id: trigger_id.to_owned(), view }, Urgency::Answer)?;
    Ok(Answer::Nothing)
}
