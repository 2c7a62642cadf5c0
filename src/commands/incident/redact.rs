//! `redact`: words are taken out for good. First it is shown what would go; a button does it.

use super::super::reply::{private, usage};
use super::super::{Command, Said, typed};
use super::which;
use crate::actions::Answer;
use crate::domain::incident::Incident;
use crate::engine::Work;
use crate::engine::incident::redact as texts;
use crate::engine::sight::Viewer;
use crate::limits::{REDACT_TEXTS_MAX, REDACT_WORDS_CHARS_MIN};
use crate::slack::blocks::Mrkdwn;
use crate::store::{StoreError, incidents, messages};
use crate::views::help::{About, Entry};
use crate::views::incident::answer::{denied, name};
use crate::views::incident::redact as view;

pub(in crate::commands) const REDACT: Command = Command {
    entry: Entry {
        word: "redact",
        aliases: &[],
        usage: &[
            "redact words",
            "redact INC-12 words",
            "redact https://…slack.com/archives/… (a message's link)",
        ],
        help: "take a password or the like out of timeline, search and record, for good",
        about: About::Incidents,
    },
    run: redact,
};

fn redact(work: &mut Work<'_>, said: &Said<'_>, rest: &str) -> Result<Answer, StoreError> {
    if let Some((channel, ts)) = message_link(rest) {
        return message(work, said.user, said.channel, &channel, &ts);
    }
    let (one, words) = match which::incident(work, said, &REDACT, rest)? {
        Ok(found) => found,
        Err(answer) => return Ok(answer),
    };
    let words = typed::plain(words);
    let words = words.trim();
    if words.is_empty() {
        return Ok(usage(work, "redact"));
    }
    if words.chars().count() < REDACT_WORDS_CHARS_MIN {
        let text =
            format!(": at least {REDACT_WORDS_CHARS_MIN} letters, please; fewer stand in too many texts.");
        return Ok(private(name(&one).raw(&text)));
    }
    let found = texts::find(work.tx, &one, words)?;
    preview(work, said.user, &one, found)
}

/// A message was pointed at, by its link or by the shortcut on it.
pub fn message(
    work: &mut Work<'_>,
    user: &str,
    asked_in: &str,
    channel: &str,
    ts: &str,
) -> Result<Answer, StoreError> {
    let nothing = || {
        let text = "That message is in no incident's timeline, so there is nothing to redact. In Slack it can be deleted.";
        Ok(private(Mrkdwn::markup(text)))
    };
    let Some(known) = messages::at(work.tx, channel, ts)? else { return nothing() };
    let Some(one) = incidents::by_id(work.tx, known.incident_id)? else { return nothing() };
    let now = work.now;
    if !Viewer::of(work.tx, user, asked_in, now)?.sees_incident(work.tx, &one)? {
        return nothing();
    }
    let found = texts::find_message(work.tx, &one, &known)?;
    preview(work, user, &one, found)
}

fn preview(
    work: &mut Work<'_>,
    user: &str,
    one: &Incident,
    found: Option<Vec<texts::Target>>,
) -> Result<Answer, StoreError> {
    let Some(targets) = found else {
        let text = format!(": more than {REDACT_TEXTS_MAX} texts hold these words. Type more of them.");
        return Ok(private(name(one).raw(&text)));
    };
    let actor = crate::domain::actor::Actor::Person(user.to_owned());
    if let Err(why) = texts::may(work, &actor, &targets)? {
        return Ok(private(denied(&why)));
    }
    let places = texts::describe(work.tx, &targets)?;
    if places.is_empty() {
        let text = ": none of its texts holds these words, or they are redacted already.";
        return Ok(private(name(one).raw(text)));
    }
    let targets: Vec<String> = targets.iter().map(ToString::to_string).collect();
    Ok(Answer::PrivateMessage(view::preview(one, &places, &targets.join(","))))
}

/// The channel and timestamp of a link to a message: `https://acme.slack.com/archives/C1/p1700000000000100`.
fn message_link(text: &str) -> Option<(String, String)> {
    let (url, _) = typed::url(text);
    let (_, rest) = url.strip_prefix("https://")?.split_once("/archives/")?;
    let (channel, rest) = rest.split_once("/p")?;
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    let at = digits.len().checked_sub(6).filter(|at| *at > 0)?;
    Some((channel.to_owned(), format!("{}.{}", &digits[..at], &digits[at..])))
}

#[cfg(test)]
mod tests {
    use super::message_link;

    #[test]
    fn links_of_messages_are_known() {
        for (text, found) in [
            ("<https://acme.slack.com/archives/C1/p1700000000000100>", Some(("C1", "1700000000.000100"))),
            (
                "https://a.slack.com/archives/G2/p1700000000000100?thread_ts=1&cid=C1",
                Some(("G2", "1700000000.000100")),
            ),
            ("https://a.slack.com/archives/C1", None),
            ("https://a.slack.com/archives/C1/p12", None),
            ("hunter2", None),
        ] {
            let found = found.map(|(channel, ts)| (channel.to_owned(), ts.to_owned()));
            assert_eq!(message_link(text), found, "{text}");
        }
    }
}
