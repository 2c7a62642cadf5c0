//! The words people type. One file a word, one line in [`COMMANDS`].

mod ack;
mod alerts;
mod call;
mod help;
mod note;
mod reply;
mod resolve;
mod show;
mod silence;
mod silences;
mod timeline;
mod typed;
mod unsilence;
mod which;
mod why;

#[cfg(test)]
mod tests;

use crate::actions::Answer;
use crate::engine::Work;
use crate::limits::TYPED_CHARS;
use crate::store::StoreError;
use crate::views::help::Entry;

/// Where and by whom a word was said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Said<'a> {
    pub user: &'a str,
    pub channel: &'a str,
    /// The thread it was said in: in an alert's thread its number may be left out.
    pub thread_ts: Option<&'a str>,
    /// Opens dialogues; a mention has none.
    pub trigger_id: Option<&'a str>,
    /// Everything after the root command or the mention, as Slack sent it: escaped, references in angle brackets.
    pub text: &'a str,
    /// A mention of the bot instead of the slash command.
    pub mention: bool,
}

/// A word: how it is said, what the help tells of it, and what it does with the rest of the line.
#[derive(Debug)]
pub struct Command {
    pub entry: Entry,
    run: fn(&mut Work<'_>, &Said<'_>, &str) -> Result<Answer, StoreError>,
}

/// All words, in the order of the help.
pub const COMMANDS: &[Command] = &[
    alerts::ALERTS,
    show::SHOW,
    ack::ACK,
    ack::UNACK,
    resolve::RESOLVE,
    resolve::UNRESOLVE,
    silence::SILENCE,
    silences::SILENCES,
    unsilence::UNSILENCE,
    call::CALL,
    note::NOTE,
    timeline::TIMELINE,
    why::WHY,
    help::HELP,
];

impl Command {
    fn is_called(&self, word: &str) -> bool {
        self.entry.word == word || self.entry.aliases.contains(&word)
    }
}

/// The command of a word or of one of its other names.
fn find(word: &str) -> Option<&'static Command> {
    COMMANDS.iter().find(|command| command.is_called(word))
}

/// Runs the word.
pub fn run(work: &mut Work<'_>, said: &Said<'_>) -> Result<Answer, StoreError> {
    let end = said.text.char_indices().nth(TYPED_CHARS).map_or(said.text.len(), |(at, _)| at);
    let text = said.text.get(..end).unwrap_or_default().trim();
    if text.is_empty() {
        return help::nothing_said(work);
    }
    let (first, rest) = typed::first(text);
    if let Some(number) = typed::number(first) {
        // "#24 ack" means what "ack #24" means; "#24" alone shows it.
        let (word, after) = typed::first(rest);
        let command = find(&typed::plain(word).to_lowercase()).unwrap_or(&show::SHOW);
        return (command.run)(work, said, &format!("#{number} {after}"));
    }
    let word = typed::plain(first).trim_end_matches([':', ',', '!', '?', '.']).to_lowercase();
    match find(&word) {
        Some(command) => (command.run)(work, said, rest),
        None => Ok(help::unknown(work, &word)),
    }
}
