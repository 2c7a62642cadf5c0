//! `unsilence`: an alert, or a silence by matchers, is heard again.

use super::{Command, Said, reply, silences, typed, which};
use crate::actions::{Answer, may_work};
use crate::engine::deeds::Done;
use crate::engine::{Work, deeds, hush};
use crate::slack::blocks::Mrkdwn;
use crate::store::{StoreError, silences as rows};
use crate::views::answer::{self, name, next};
use crate::views::help::{About, Entry};

pub(super) const UNSILENCE: Command = Command {
    entry: Entry {
        word: "unsilence",
        aliases: &["unmute", "expire"],
        usage: &["unsilence #24", "unsilence S3"],
        help: "end a silence: of an alert, or one by matchers",
        about: About::Alerts,
    },
    run: unsilence,
};

fn unsilence(work: &mut Work<'_>, said: &Said<'_>, rest: &str) -> Result<Answer, StoreError> {
    let (first, _) = typed::first(rest);
    if let Some(id) = typed::silence_id(first) {
        return by_id(work, said, id);
    }
    if first.is_empty() && which::of_thread(work, said)?.is_none() {
        return silences::list(work, said);
    }
    let (group, _) = match which::group(work, said, "unsilence", rest, false)? {
        Ok(found) => found,
        Err(answer) => return Ok(answer),
    };
    let rule = group.facts.silenced.as_ref().and_then(|silenced| silenced.rule);
    let done = deeds::unsilence(work, group.id, &reply::by(said))?;
    let quiet = match &done {
        Done::Yes(group) => deeds::still_quiet(work, group)?,
        _ => None,
    };
    reply::done(work, said, done, |group, command| {
        if let Some(reason) = &quiet {
            return answer::still_quiet(group, reason, rule, command);
        }
        let text = name(group).raw(" is heard again.");
        match rule {
            Some(id) => {
                let text = text.raw(&format!(" Silence S{id} still covers others; to end it: "));
                next(text, command, &format!("unsilence S{id}"))
            }
            None => next(text.raw(" To take it: "), command, &format!("ack #{}", group.number)),
        }
    })
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
