//! `help`, and what is answered when nothing or something unknown was typed.

use super::{COMMANDS, Command, Said, find, incident, reply, typed, which};
use crate::actions::Answer;
use crate::engine::{Work, find as alerts};
use crate::slack::blocks::Mrkdwn;
use crate::store::{StoreError, groups};
use crate::views::answer::next;
use crate::views::help::{self, About, Entry, Open, Section};

pub(super) const HELP: Command = Command {
    entry: Entry {
        word: "help",
        aliases: &["?", "commands"],
        usage: &["help [word]", "help alerts", "help incidents"],
        help: "this list, or one word in full",
        about: About::Alerts,
    },
    run,
};

/// Words that differ by more than this many letters, or by half of them, are not what was meant.
const LETTERS_OFF: usize = 2;

fn run(work: &mut Work<'_>, said: &Said<'_>, rest: &str) -> Result<Answer, StoreError> {
    let (first, after) = typed::first(rest);
    let word = typed::plain(first).to_lowercase();
    let sections = match word.as_str() {
        "" => sections(work, said)?,
        "alerts" if after.is_empty() => vec![Section::Alerts],
        "incidents" if after.is_empty() => vec![Section::Incidents],
        _ => Vec::new(),
    };
    if !sections.is_empty() {
        let text = help::all(&entries(), &sections, &work.rules.slack, None);
        return Ok(Answer::PrivateMessage(text));
    }
    Ok(match find(&word) {
        Some(command) => reply::private(help::one(&command.entry, &work.rules.slack.command)),
        None => unknown(work, &word),
    })
}

/// What one is about comes first.
fn sections(work: &mut Work<'_>, said: &Said<'_>) -> Result<Vec<Section>, StoreError> {
    Ok(if incident::is_incidents_place(work, said)? {
        vec![Section::Incidents, Section::Alerts]
    } else {
        vec![Section::Alerts, Section::Incidents]
    })
}

fn entries() -> Vec<Entry> {
    COMMANDS.iter().map(|command| command.entry).collect()
}

/// Only the root command: how many alerts and incidents are open, and the help.
pub(super) fn nothing_said(work: &mut Work<'_>, said: &Said<'_>) -> Result<Answer, StoreError> {
    let viewer = which::viewer(work, said)?;
    let alerts: i64 = if viewer.is_member()? {
        groups::count_by_state(work.tx)?.iter().map(|(_, count)| count).sum()
    } else {
        let filter = alerts::Filter { seen_by: Some(viewer), ..alerts::Filter::default() };
        i64::try_from(alerts::page(work.tx, &filter, 1, 1)?.total).unwrap_or(i64::MAX)
    };
    let incidents = incident::open(work, said)?.len();
    let open = Open {
        alerts: u32::try_from(alerts).unwrap_or(u32::MAX),
        incidents: u32::try_from(incidents).unwrap_or(u32::MAX),
    };
    let sections = sections(work, said)?;
    Ok(Answer::PrivateMessage(help::all(&entries(), &sections, &work.rules.slack, Some(open))))
}

/// `/incident the shop is down` is nearly a declaration.
pub(super) fn unknown_said(
    work: &mut Work<'_>,
    said: &Said<'_>,
    word: &str,
    text: &str,
) -> Result<Answer, StoreError> {
    if !said.is_about_incidents() || text == word || meant(word).is_some() {
        return Ok(unknown(work, word));
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

pub(super) fn unknown(work: &Work<'_>, word: &str) -> Answer {
    reply::private(help::unknown(word, meant(word), &work.rules.slack.command))
}
