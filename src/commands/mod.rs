//! The words people type. One file a word, one line in [`COMMANDS`].

mod ack;
mod alerts;
pub mod bulk;
mod call;
mod flags;
mod help;
mod incident;
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
use crate::domain::matcher::Matchers;
use crate::domain::rules::is_about_incidents;
use crate::engine::Work;
use crate::limits::{TYPED_CHARS, TYPED_REGEXES_MAX_BYTES};
use crate::store::StoreError;
use crate::views::help::{About, Entry};

pub use incident::redact_message;

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
    /// The slash command that was used, which may be an alias: through `/incident` words are about incidents.
    pub command: &'a str,
    /// Where later answers can be sent, for half an hour.
    pub response_url: Option<&'a str>,
    /// The channel's name, where Slack tells it.
    pub channel_name: Option<&'a str>,
}

impl Said<'_> {
    /// Through a command that is named so.
    fn is_about_incidents(&self) -> bool {
        is_about_incidents(self.command)
    }
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
    incident::DECLARE,
    incident::INCIDENTS,
    incident::STATUS,
    incident::SEVERITY,
    incident::ROLE,
    incident::TASK,
    incident::UPDATE,
    incident::INVITE,
    incident::ATTACH,
    incident::DETACH,
    incident::LINK,
    incident::TITLE,
    incident::REOPEN,
    incident::CANCEL,
    incident::MERGE,
    incident::ADOPT,
    incident::REDACT,
    help::HELP,
];

impl Command {
    fn is_called(&self, word: &str) -> bool {
        self.entry.word == word || self.entry.aliases.contains(&word)
    }

    /// Runs it with what was typed behind it, unless there is a flag in it that it does not know.
    fn say(&self, work: &mut Work<'_>, said: &Said<'_>, rest: &str) -> Result<Answer, StoreError> {
        let word = self.entry.word;
        match flags::read(word, rest) {
            Ok(_) if flags::has_any(word) => (self.run)(work, said, rest),
            Ok(typed) => (self.run)(work, said, &typed.text),
            Err(flag) => Ok(reply::private(flags::refused(self, &flag, &work.rules.slack.command))),
        }
    }

    /// Whether alerts and incidents both have it.
    fn is_shared(&self) -> bool {
        matches!(self.entry.about, About::Both(..))
            || self.entry.usage.iter().any(|way| way.contains(" INC-"))
    }
}

/// The command of a word or of one of its other names.
fn find(word: &str) -> Option<&'static Command> {
    COMMANDS.iter().find(|command| command.is_called(word))
}

/// Words that change nothing, or mostly do not ("silence severity=warning 2h" shows first what it would do).
const ASKS: [&str; 9] =
    ["alerts", "show", "silence", "silences", "timeline", "why", "incidents", "status", "help"];

/// Whether these words most likely only ask for something.
pub fn only_asks(text: &str) -> bool {
    let (first, rest) = typed::first(text.trim());
    let is_number = typed::number(first).is_some() || typed::incident_number(first).is_some();
    let word = if is_number { typed::first(rest).0 } else { first };
    let word = typed::plain(word).trim_end_matches([':', ',', '!', '?', '.']).to_lowercase();
    find(&word).is_none_or(|command| ASKS.contains(&command.entry.word))
}

/// Compiles the regular expressions in a text before a transaction waits for it; what is wrong with them is said there.
pub fn prepare(text: &str) {
    let end = text.char_indices().nth(TYPED_CHARS).map_or(text.len(), |(at, _)| at);
    let text = typed::plain(text.get(..end).unwrap_or_default());
    let tokens = typed::tokens(&text);
    let mut bytes = 0;
    for token in tokens.iter().filter(|token| token.contains('~') && typed::is_matcher(token)) {
        // What is wrong is wrong there, too, and ends it; one that is written with blanks is read again.
        let Ok(matchers) = Matchers::typed(token.trim_end_matches(',')) else { return };
        bytes += matchers.typed_bytes();
        if bytes > TYPED_REGEXES_MAX_BYTES {
            return;
        }
    }
}

/// Runs the word.
pub fn run(work: &mut Work<'_>, said: &Said<'_>) -> Result<Answer, StoreError> {
    work.here = Some(said.channel.to_owned());
    let end = said.text.char_indices().nth(TYPED_CHARS).map_or(said.text.len(), |(at, _)| at);
    let text = said.text.get(..end).unwrap_or_default().trim();
    if text.is_empty() {
        return help::nothing_said(work, said);
    }
    let (first, rest) = typed::first(text);
    if let Some(named) = typed::alert(text) {
        // "5 ack" means what "ack 5" means; "5" alone shows it.
        let (word, after) = typed::first(named.rest);
        let command = find(&typed::plain(word).to_lowercase()).unwrap_or(&show::SHOW);
        return command.say(work, said, &format!("#{} {after}", named.number));
    }
    if let Some(meant) = typed::numbers_for_channels(text) {
        let (word, after) = typed::alert(&meant).map_or(("", ""), |named| typed::first(named.rest));
        let command = find(&typed::plain(word).to_lowercase()).unwrap_or(&show::SHOW);
        let words = format!("{first} {after}");
        if let Some(answer) = which::instead_of_channel(work, said, command.entry.word, &words, None)? {
            return Ok(answer);
        }
    }
    if typed::incident_number(first).is_some() {
        // "INC-12 severity SEV1" means what "severity INC-12 SEV1" means; "INC-12" alone shows it.
        let (word, after) = typed::first(rest);
        let command = find(&typed::plain(word).to_lowercase()).unwrap_or(&show::SHOW);
        return command.say(work, said, &format!("{first} {after}"));
    }
    let word = typed::plain(first).trim_end_matches([':', ',', '!', '?', '.']).to_lowercase();
    match find(&word) {
        Some(found) if found.entry.word == alerts::ALERTS.entry.word && alerts::is_any_list(&word) => {
            let command =
                if incident::is_incidents_place(work, said)? { &incident::INCIDENTS } else { found };
            command.say(work, said, rest)
        }
        Some(command) => command.say(work, said, rest),
        None => help::unknown_said(work, said, &word, text),
    }
}
