//! `help`, and what is answered when nothing or something unknown was typed.

use super::{COMMANDS, Command, Said, find, reply, show, typed, which};
use crate::actions::Answer;
use crate::engine::{Work, listed};
use crate::slack::blocks::Mrkdwn;
use crate::store::{StoreError, incidents};
use crate::views::answer::{self, next};
use crate::views::help::{self, About, Entry, Place};
use crate::views::incident::answer::name as incident_name;

pub(super) const HELP: Command = Command {
    entry: Entry {
        word: "help",
        aliases: &["?", "commands"],
        usage: &["help [word]", "help alerts", "help silences", "help incidents", "help more"],
        help: "what can be said here, or one word in full",
        about: About::Alerts,
    },
    run,
};

/// Words that differ by more than this many letters, or by half of them, are not what was meant.
const LETTERS_OFF: usize = 2;

fn run(work: &mut Work<'_>, said: &Said<'_>, rest: &str) -> Result<Answer, StoreError> {
    let (first, _) = typed::first(rest);
    let word = typed::plain(first).to_lowercase();
    if word.is_empty() {
        let place = place(work, said)?;
        return Ok(Answer::PrivateMessage(help::short(&place, &work.rules.slack)));
    }
    if let Some(topic) = help::TOPICS.iter().find(|topic| topic.name == word) {
        return Ok(Answer::PrivateMessage(help::topic(topic, &entries())));
    }
    Ok(match find(&word) {
        Some(command) => reply::private(help::one(&command.entry, &work.rules.slack.command)),
        None => {
            let meant = meant(&word).map(|entry| format!("help {}", entry.word));
            Answer::PrivateMessage(help::unknown(&word, meant.as_deref(), &work.rules.slack.command))
        }
    })
}

/// What the place is about.
fn place(work: &mut Work<'_>, said: &Said<'_>) -> Result<Place, StoreError> {
    if let Some(group) = which::of_thread(work, said)? {
        return Ok(Place::Alert(answer::name(&group)));
    }
    if let Some(one) = incidents::by_channel(work.tx, said.channel)? {
        return Ok(Place::Incident(incident_name(&one)));
    }
    Ok(Place::Elsewhere { incidents_first: said.is_about_incidents() })
}

fn entries() -> Vec<Entry> {
    COMMANDS.iter().map(|command| command.entry).collect()
}

/// Only the root command: the alert or the incident of the place, with its buttons; elsewhere what burns.
pub(super) fn nothing_said(work: &mut Work<'_>, said: &Said<'_>) -> Result<Answer, StoreError> {
    if !matches!(place(work, said)?, Place::Elsewhere { .. }) {
        return show::show(work, said, "");
    }
    which::viewer(work, said)?.is_ready()?;
    let picture = listed::home(work.tx, work.rules, said.user, work.now)?;
    Ok(Answer::PrivateMessage(help::now(&picture, work.rules, said.is_about_incidents())))
}

/// `/incident the shop is down` is nearly a declaration.
pub(super) fn unknown_said(
    work: &mut Work<'_>,
    said: &Said<'_>,
    word: &str,
    text: &str,
) -> Result<Answer, StoreError> {
    if !said.is_about_incidents() || text == word || meant(word).is_some() {
        return Ok(unknown(work, word, text));
    }
    let answer = Mrkdwn::markup("I do not know ").code(word).raw(". To declare an incident: ");
    let words = format!("declare {}", typed::plain(text));
    let answer = next(answer, &work.rules.slack.command, &words);
    Ok(reply::private(next(answer.raw(". Everything I know: "), &work.rules.slack.command, "help")))
}

fn meant(word: &str) -> Option<&'static Entry> {
    COMMANDS
        .iter()
        .flat_map(|command| {
            let names = command.entry.aliases.iter().chain([&command.entry.word]);
            names.map(|name| (strsim::damerau_levenshtein(word, name), *name, &command.entry))
        })
        .filter(|(off, name, _)| *off <= LETTERS_OFF && *off * 2 < name.len())
        .min_by_key(|(off, _, _)| *off)
        .map(|(_, _, entry)| entry)
}

/// The answer to a line whose first word nobody knows.
fn unknown(work: &Work<'_>, word: &str, text: &str) -> Answer {
    let meant = meant(word).map(|entry| {
        let (_, rest) = typed::first(text);
        format!("{} {rest}", entry.word).trim().to_owned()
    });
    Answer::PrivateMessage(help::unknown(word, meant.as_deref(), &work.rules.slack.command))
}
