//! `silence`: an alert for a while, or everything that matches, after a look at what that would hush.

use std::time::Duration;

use serde_json::json;

use super::{Command, Said, bulk, reply, typed, which};
use crate::actions::{Answer, may_work};
use crate::domain::duration;
use crate::domain::group::Group;
use crate::domain::matcher::Matchers;
use crate::domain::say::View;
use crate::domain::silence::Silence;
use crate::engine::find::{self, Covered};
use crate::engine::{Work, deeds, suppress};
use crate::limits::{SHOWN_VALUE_CHARS, SILENCE_MAX, SLACK_BUTTON_VALUE_CHARS};
use crate::slack::blocks::{Mrkdwn, truncate, width};
use crate::store::StoreError;
use crate::views::answer::{how_long, name, next, until};
use crate::views::help::{About, Entry};
use crate::views::lists::{self, Preview};

pub(super) const SILENCE: Command = Command {
    entry: Entry {
        word: "silence",
        aliases: &["mute", "snooze"],
        usage: &[
            "silence 5 2h",
            "silence 5 forever",
            "silence all 1h",
            "silence 5 6 7 2h deploy",
            "silence severity=warning 2h deploy",
            "silence {team=~\"db|web\", env!=prod} 1d moving house",
        ],
        help: "an alert, or what matches; you see first what it hushes",
        about: About::Alerts,
    },
    run: silence,
};

fn silence(work: &mut Work<'_>, said: &Said<'_>, rest: &str) -> Result<Answer, StoreError> {
    if let Some(answer) = which::instead_of_channel(work, said, "silence", rest, None)? {
        return Ok(answer);
    }
    let text = typed::plain(rest);
    let tokens = typed::tokens(&text);
    let is_length = length_of(&tokens).is_some();
    if let Some(group) = which::of_thread(work, said)?
        && (tokens.is_empty() || is_length)
    {
        return one(work, said, &group, &tokens);
    }
    if let Some(answer) = several(work, said, &tokens)? {
        return Ok(answer);
    }
    match tokens.first() {
        None => Ok(reply::usage(work, "silence")),
        Some(_) if is_length || typed::alert(&text).is_some() => {
            match which::group(work, said, "silence", &text, false)? {
                Ok((group, after)) => one(work, said, &group, &typed::tokens(after)),
                Err(answer) => Ok(answer),
            }
        }
        Some(_) => by_matchers(work, said, &tokens),
    }
}

/// `silence all 2h`, `silence 5 6 7 2h`, `silence P4 forever deploy`: each of these alerts, and nothing that comes later.
fn several(work: &mut Work<'_>, said: &Said<'_>, tokens: &[String]) -> Result<Option<Answer>, StoreError> {
    let found = (1..tokens.len()).find_map(|at| Some((at, length_of(tokens.get(at..)?)?)));
    let Some((at, length)) = found else { return Ok(None) };
    let chosen = &tokens[..at];
    let only_matchers = chosen.iter().all(|token| typed::is_matcher(token));
    let is_one = typed::alert(&chosen.join(" ")).is_some_and(|named| named.rest.is_empty());
    if only_matchers || is_one || !(bulk::selects(&chosen[0]) || typed::alert(&chosen.join(" ")).is_some()) {
        return Ok(None);
    }
    if length.is_some_and(|length| length > SILENCE_MAX) {
        return Ok(Some(reply::private(too_long())));
    }
    bulk::silence(work, said, chosen, length, &words_after(&tokens[at..])).map(Some)
}

/// What stands behind a length.
fn words_after(tokens: &[String]) -> String {
    let taken = match tokens.first().map(|word| word.to_lowercase()).as_deref() {
        Some("forever") => 1,
        // "until I lift it"
        Some("until")
            if tokens.get(1..4).is_some_and(|rest| rest.join(" ").eq_ignore_ascii_case("i lift it")) =>
        {
            4
        }
        Some("until") => 1,
        _ => typed::length(tokens).map_or(0, |(_, taken)| taken),
    };
    tokens.get(taken..).unwrap_or_default().join(" ")
}

/// How long; `None` inside is "until I lift it".
fn length_of(tokens: &[String]) -> Option<Option<Duration>> {
    if tokens.first().is_some_and(|word| matches!(word.to_lowercase().as_str(), "forever" | "until")) {
        return Some(None);
    }
    typed::length(tokens).map(|(length, _)| Some(length))
}

/// Silences one alert group.
fn one(work: &mut Work<'_>, said: &Said<'_>, group: &Group, tokens: &[String]) -> Result<Answer, StoreError> {
    if tokens.is_empty() {
        return reply::dialogue(work, said, View::Silence { group: group.id }, "silence");
    }
    let Some(length) = length_of(tokens) else {
        return Ok(reply::private(no_length(tokens, &work.rules.slack.command)));
    };
    if length.is_some_and(|length| length > SILENCE_MAX) {
        return Ok(reply::private(too_long()));
    }
    let ends = length.map(|length| work.now + length);
    let done = deeds::silence(work, group.id, &reply::by(said), ends)?;
    reply::done_noting(work, said, done, &words_after(tokens), |group, command| {
        let text = until(name(group).raw(" is silenced"), ends);
        let text = match length {
            Some(length) => text.raw(&format!(" ({})", how_long(length))),
            None => text,
        };
        next(text.raw(". To lift it: "), command, &format!("unsilence {}", group.number))
    })
}

/// Shows what a silence by matchers would hush; a button makes it.
fn by_matchers(work: &mut Work<'_>, said: &Said<'_>, tokens: &[String]) -> Result<Answer, StoreError> {
    if let Err(denied) = may_work(work, said.user)? {
        return Ok(denied);
    }
    let command = &work.rules.slack.command;
    // A token alone may be `{…}2h`: a brace that closes ends the matchers.
    let tokens = apart(tokens);
    let found = (1..tokens.len()).find_map(|at| Some((at, typed::length(tokens.get(at..)?)?)));
    let Some((at, (length, taken))) = found else {
        return Ok(reply::private(no_length(&tokens, command)));
    };
    if length > SILENCE_MAX {
        return Ok(reply::private(too_long()));
    }
    let typed_matchers = typed::matchers(&tokens[..at]);
    let comment = tokens[at + taken..].join(" ");
    let matchers = match Matchers::typed(&typed_matchers) {
        Ok(matchers) => matchers,
        Err(error) => {
            let text = Mrkdwn::markup("I cannot read ")
                .code(&truncate(&typed_matchers, SHOWN_VALUE_CHARS))
                .raw(": ")
                .text(&error.what);
            let text = match &error.hint {
                Some(hint) => text.raw(". ").text(hint),
                None => text,
            };
            return Ok(reply::private(next(text.raw(". As in "), command, "silence severity=warning 2h")));
        }
    };
    let wish = Silence {
        id: String::new(),
        matchers: matchers.clone(),
        starts_at: work.now,
        ends_at: work.now + length,
        created_by: said.user.to_owned(),
        comment: comment.clone(),
    };
    if let Err(error) = wish.validate() {
        return Ok(reply::private(Mrkdwn::new().text(&error.to_string())));
    }
    let shown = matchers.to_string();
    let value = json!({ "m": shown, "s": length.as_secs(), "c": comment }).to_string();
    if width(&value) > SLACK_BUTTON_VALUE_CHARS {
        let text = "That is too long for a button of Slack's: shorten the comment, or use fewer matchers.";
        return Ok(reply::private(Mrkdwn::markup(text)));
    }
    if let Some(problem) = suppress::no_room_for(work, &matchers)? {
        return Ok(reply::private(Mrkdwn::markup(problem)));
    }
    // What somebody has or has silenced already stays as it is.
    let Covered { whole, stay, partly } = find::covered(work.tx, &matchers)?;
    Ok(Answer::PrivateMessage(lists::preview(&Preview {
        matchers: &shown,
        length,
        ends: wish.ends_at,
        comment: &comment,
        whole: (&whole.first, whole.count),
        stay: (&stay.first, stay.count),
        partly: (&partly.first, partly.count),
        value: &value,
    })))
}

/// `{a=b}2h` is two tokens.
fn apart(tokens: &[String]) -> Vec<String> {
    let mut out = Vec::new();
    for token in tokens {
        match token.rfind('}').filter(|_| token.starts_with('{')) {
            Some(end) if end + 1 < token.len() => {
                out.push(token[..=end].to_owned());
                out.push(token[end + 1..].to_owned());
            }
            _ => out.push(token.clone()),
        }
    }
    out
}

/// Says what a length looks like, and what was nearly one.
fn no_length(tokens: &[String], command: &str) -> Mrkdwn {
    let nearly = tokens.iter().find(|token| token.starts_with(|c: char| c.is_ascii_digit()));
    let text = Mrkdwn::markup("For how long?");
    let text = match nearly.and_then(|token| duration::parse(token).err().map(|error| (token, error))) {
        Some((token, error)) => text.raw(" ").code(token).raw(": ").text(&error.hint).raw("."),
        None => text,
    };
    let example = if tokens.first().is_some_and(|token| typed::is_matcher(token)) {
        "silence severity=warning 2h deploy"
    } else {
        "silence 5 2h"
    };
    next(text.raw(" As in "), command, example)
}

fn too_long() -> Mrkdwn {
    Mrkdwn::markup("That is longer than a year. Such alerts are better muted in the config: ")
        .code("mute_time_intervals")
        .raw(", or a route to a receiver without channels.")
}
