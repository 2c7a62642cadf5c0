//! The help: every word with its one line, or one word with its ways.

use serde_json::Value;

use crate::domain::rules::SlackSettings;
use crate::slack::blocks::{Message, Mrkdwn, context, section};

/// A word as the help shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    pub word: &'static str,
    pub aliases: &'static [&'static str],
    /// Ways to say it, without the root command.
    pub usage: &'static [&'static str],
    pub help: &'static str,
}

/// All words; for no words at all it begins with how many alerts are open.
pub fn all(entries: &[Entry], slack: &SlackSettings, open: Option<u32>) -> Value {
    let command = &slack.command;
    let mut blocks = Vec::new();
    let mut said = Mrkdwn::new();
    if let Some(open) = open {
        said = match open {
            0 => said.raw(":large_green_circle: *No open alerts.*"),
            1 => said.raw(":bell: *1 open alert.* See ").code(&format!("{command} alerts")),
            open => {
                said.raw(&format!(":bell: *{open} open alerts.* See ")).code(&format!("{command} alerts"))
            }
        };
        blocks.push(section(said.clone()));
        said = said.line();
    }
    let mut list = Mrkdwn::new();
    for entry in entries {
        let first = entry.usage.first().copied().unwrap_or(entry.word);
        list = if list.is_blank() { list } else { list.line() };
        list = list.code(first).raw(&format!("  {}", entry.help));
    }
    blocks.push(section(list.clone()));
    let hint = hint(slack);
    let message = Message::new(said.append(&list).line().append(&hint));
    message.blocks(blocks).blocks(context([hint])).to_value()
}

fn hint(slack: &SlackSettings) -> Mrkdwn {
    let mut text = Mrkdwn::markup("Type ").code(&format!("{} ack #24", slack.command));
    text = text.raw(", or mention the bot. In an alert's thread the number may be left out. ");
    text = text.code(&format!("{} help silence", slack.command)).raw(" tells more of one word.");
    if !slack.aliases.is_empty() {
        text = text.raw(" Also: ").text(&slack.aliases.join(", "));
    }
    text
}

/// One word: what it does and the ways to say it.
pub fn one(entry: &Entry, command: &str) -> Mrkdwn {
    let mut text = Mrkdwn::markup(format!("*{}*: {}", entry.word, entry.help));
    for way in entry.usage {
        text = text.line().raw("• ").code(&format!("{command} {way}"));
    }
    if !entry.aliases.is_empty() {
        text = text.line().raw(&format!("Also: {}", entry.aliases.join(", ")));
    }
    text
}

/// A word nobody knows.
pub fn unknown(typed: &str, meant: Option<&Entry>, command: &str) -> Mrkdwn {
    let text = Mrkdwn::markup("I do not know ").code(typed).raw(".");
    let text = match meant {
        Some(entry) => text.raw(" Did you mean ").code(&format!("{command} {}", entry.word)).raw("?"),
        None => text,
    };
    text.raw(" Everything I know: ").code(&format!("{command} help"))
}
