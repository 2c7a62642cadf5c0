//! `unsilence`: an alert, or a silence by matchers, is heard again.

use super::{Command, Said, bulk, reply, silences, typed, which};
use crate::actions::{Answer, may_work};
use crate::domain::bulk::Deed;
use crate::engine::deeds::Done;
use crate::engine::{Work, deeds, hush};
use crate::limits::SILENCES_SHOWN;
use crate::slack::blocks::Mrkdwn;
use crate::store::{StoreError, silences as rows};
use crate::views::answer::{self, name, next};
use crate::views::help::{About, Entry};

pub(super) const UNSILENCE: Command = Command {
    entry: Entry {
        word: "unsilence",
        aliases: &["unmute", "expire"],
        usage: &["unsilence 5", "unsilence S3", "unsilence all", "unsilence mine"],
        help: "end a silence: of an alert, or one by matchers",
        about: About::Alerts,
    },
    run: unsilence,
};

fn unsilence(work: &mut Work<'_>, said: &Said<'_>, rest: &str) -> Result<Answer, StoreError> {
    let (first, _) = typed::first(rest);
    if typed::silence_id(first).is_some() {
        return by_ids(work, said, rest);
    }
    let is_implied = which::of_thread(work, said)?.is_some();
    if let Some(answer) = bulk::asked(work, said, Deed::Unsilence, rest, is_implied)? {
        return Ok(answer);
    }
    if first.is_empty() && which::of_thread(work, said)?.is_none() {
        return silences::list(work, said);
    }
    let (group, words) = match which::group(work, said, "unsilence", rest, false)? {
        Ok(found) => found,
        Err(answer) => return Ok(answer),
    };
    let rule = group.facts.silenced.as_ref().and_then(|silenced| silenced.rule);
    let done = deeds::unsilence(work, group.id, &reply::by(said))?;
    let quiet = match &done {
        Done::Yes(group) => deeds::still_quiet(work, group)?,
        _ => None,
    };
    reply::done_noting(work, said, done, words, |group, command| {
        if let Some(reason) = &quiet {
            return answer::still_quiet(group, reason, rule, command);
        }
        let text = name(group).raw(" is heard again.");
        match rule {
            Some(id) => {
                let text = text.raw(&format!(" Silence S{id} still covers others; to end it: "));
                next(text, command, &format!("unsilence S{id}"))
            }
            None => next(text.raw(" To take it: "), command, &format!("ack {}", group.number)),
        }
    })
}

/// One silence by matchers, or several.
fn by_ids(work: &mut Work<'_>, said: &Said<'_>, rest: &str) -> Result<Answer, StoreError> {
    let words: Vec<&str> = rest.split([' ', ',', '\n', '\t']).filter(|word| !word.is_empty()).collect();
    if let Some(odd) = words.iter().find(|word| typed::silence_id(word).is_none() && **word != "and")
        && let Some(answer) = reply::too_much(work, "unsilence", odd)
    {
        return Ok(answer);
    }
    let mut text = String::new();
    for id in words.iter().take(SILENCES_SHOWN).filter_map(|word| typed::silence_id(word)) {
        let answer = by_id(work, said, id)?;
        let Answer::Private(one) = answer else { return Ok(answer) };
        text = if text.is_empty() { one } else { format!("{text}\n{one}") };
    }
    if words.len() > SILENCES_SHOWN {
        text = format!("{text}\nAt most {SILENCES_SHOWN} at once: please name the others again.");
    }
    Ok(Answer::Private(text))
}

fn by_id(work: &mut Work<'_>, said: &Said<'_>, id: i64) -> Result<Answer, StoreError> {
    let command = &work.rules.slack.command;
    if let Err(denied) = may_work(work, said.user)? {
        return Ok(denied);
    }
    let Some(row) = rows::by_id(work.tx, id)? else {
        let text = Mrkdwn::markup(format!("There is no silence S{id}. All of them: "));
        return Ok(reply::private(next(text, command, "silences")));
    };
    let text = Mrkdwn::markup(format!("Silence *S{id}* ")).code(&row.matchers);
    Ok(reply::private(if hush::unsilence(work, id, &reply::by(said))? {
        text.raw(" is over. What still fires is told again.")
    } else {
        text.raw(" is over already.")
    }))
}
