//! Answers that several words share.

use super::{Said, find as find_word, incident, typed, which};
use crate::actions::{Answer, GONE, may_work, refused};
use crate::domain::actor::{Actor, Via};
use crate::domain::group::Group;
use crate::domain::say::{Say, Urgency, View};
use crate::engine::deeds::{By, Done};
use crate::engine::{Work, deeds, find, say};
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

/// The same where words may follow that are worth keeping: they become a note, and the answer says what became of them.
pub(super) fn done_noting(
    work: &mut Work<'_>,
    said: &Said<'_>,
    wished: Done,
    words: &str,
    yes: impl FnOnce(&Group, &str) -> Mrkdwn,
) -> Result<Answer, StoreError> {
    let words = typed::plain(words).trim().to_owned();
    let is_kept = match &wished {
        Done::Yes(group) if !words.is_empty() => {
            matches!(deeds::add_note(work, group.id, &by(said), &words)?, Done::Yes(_))
        }
        _ => false,
    };
    let answer = done(work, said, wished, yes)?;
    let Answer::Private(text) = answer else { return Ok(answer) };
    let text = Mrkdwn::markup(text);
    Ok(private(match (words.is_empty(), is_kept) {
        (true, _) => text,
        (false, true) => text.line().raw(":memo: Noted: ").text(&words),
        (false, false) => text.line().raw("Not kept: ").text(&words),
    }))
}

/// Words that nothing can be done about: nothing is done at all, so that nothing is dropped unseen.
pub(super) fn too_much(work: &Work<'_>, word: &str, extra: &str) -> Option<Answer> {
    let extra = typed::plain(extra);
    let extra = extra.trim();
    if extra.is_empty() {
        return None;
    }
    let text = Mrkdwn::markup("I do not know what ").code(extra).raw(" means here, so nothing was done. ");
    Some(match usage(work, word) {
        Answer::Private(usage) => private(text.raw(&usage)),
        other => other,
    })
}

pub(super) fn no_such_group(work: &Work<'_>, number: i64) -> Answer {
    let text = Mrkdwn::markup(format!("There is no alert #{number}. The open ones: "));
    private(answer::next(text, &work.rules.slack.command, "alerts"))
}

/// Slack made a channel of a number: was this alert meant? `other` is what else it may be, and how that is said.
pub(super) fn is_it(
    work: &Work<'_>,
    channel: &str,
    group: &Group,
    words: &str,
    other: Option<(String, String)>,
) -> Answer {
    let text = Mrkdwn::markup("Slack made the channel ").channel(channel).raw(" of it. Did you mean alert ");
    let text = text.append(&answer::name(group)).raw("? Without the # Slack leaves it alone: ");
    let text = answer::next(text, &work.rules.slack.command, &typed::plain(words));
    let mut buttons = vec![(format!("Yes: {}", typed::plain(words)), words.to_owned())];
    buttons.extend(other.map(|(about, words)| (format!("No, a word for {about}"), words)));
    Answer::PrivateMessage(answer::choices(text, &buttons))
}

/// A channel stands where a number should, and its name gives no hint.
pub(super) fn not_a_channel(
    work: &mut Work<'_>,
    said: &Said<'_>,
    word: &str,
    channel: &str,
) -> Result<Answer, StoreError> {
    let text = Mrkdwn::new().channel(channel).raw(" is a channel. Numbers are typed without the #. ");
    Ok(match which(work, said, word)? {
        Answer::Private(list) => private(text.raw(&list)),
        other => other,
    })
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
    let mut text = answer::next(text, command, &format!("{word} {number}"));
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
        None => Answer::PrivateMessage(help::unknown(word, None, command)),
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
