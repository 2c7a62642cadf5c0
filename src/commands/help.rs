//! `help`, and what is answered when nothing or something unknown was typed.

use super::{COMMANDS, Command, Said, find, reply, typed};
use crate::actions::Answer;
use crate::engine::Work;
use crate::store::{StoreError, groups};
use crate::views::help::{self, Entry};

pub(super) const HELP: Command = Command {
    entry: Entry {
        word: "help",
        aliases: &["?", "commands"],
        usage: &["help [word]"],
        help: "this list, or one word in full",
    },
    run,
};

/// Words that differ by more than this many letters are not what was meant.
const LETTERS_OFF: usize = 2;

fn run(work: &mut Work<'_>, _said: &Said<'_>, rest: &str) -> Result<Answer, StoreError> {
    let (first, _) = typed::first(rest);
    let word = typed::plain(first).to_lowercase();
    if word.is_empty() {
        return Ok(Answer::PrivateMessage(help::all(&entries(), &work.rules.slack, None)));
    }
    Ok(match find(&word) {
        Some(command) => reply::private(help::one(&command.entry, &work.rules.slack.command)),
        None => unknown(work, &word),
    })
}

fn entries() -> Vec<Entry> {
    COMMANDS.iter().map(|command| command.entry).collect()
}

/// Only the root command: how many alerts are open, and the help.
pub(super) fn nothing_said(work: &mut Work<'_>) -> Result<Answer, StoreError> {
    let open: i64 = groups::count_by_state(work.tx)?.iter().map(|(_, count)| count).sum();
    let open = u32::try_from(open).unwrap_or(u32::MAX);
    Ok(Answer::PrivateMessage(help::all(&entries(), &work.rules.slack, Some(open))))
}

pub(super) fn unknown(work: &Work<'_>, word: &str) -> Answer {
    let meant = COMMANDS
        .iter()
        .flat_map(|command| {
            let names = command.entry.aliases.iter().chain([&command.entry.word]);
            names.map(|name| (strsim::damerau_levenshtein(word, name), &command.entry))
        })
        .filter(|(off, entry)| *off <= LETTERS_OFF && *off < entry.word.len())
        .min_by_key(|(off, _)| *off)
        .map(|(_, entry)| entry);
    reply::private(help::unknown(word, meant, &work.rules.slack.command))
}
