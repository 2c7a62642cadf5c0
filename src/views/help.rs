//! The help: every word with its one line, or one word with its ways.

use serde_json::Value;

use crate::domain::rules::SlackSettings;
use crate::slack::blocks::{Message, Mrkdwn, context, section, whole};

/// A word as the help shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    pub word: &'static str,
    pub aliases: &'static [&'static str],
    /// Ways to say it, without the root command.
    pub usage: &'static [&'static str],
    pub help: &'static str,
    pub about: About,
}

/// What a word is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    Alerts,
    Incidents,
    /// Of both; how it is said of incidents, and what it does there.
    Both(&'static str, &'static str),
}

/// A part of the help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    Alerts,
    Incidents,
}

/// What is open now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Open {
    pub alerts: u32,
    pub incidents: u32,
}

/// All words of these sections; for no words at all it begins with what is open.
pub fn all(entries: &[Entry], sections: &[Section], slack: &SlackSettings, open: Option<Open>) -> Value {
    let mut blocks = Vec::new();
    let mut said = Mrkdwn::new();
    if let Some(open) = open {
        said = now(open, &slack.command);
        blocks.push(section(said.clone()));
        said = said.line();
    }
    for (nth, part) in sections.iter().enumerate() {
        let list = list(entries, *part);
        blocks.push(whole(list.clone()));
        said = if nth == 0 { said } else { said.line() };
        said = said.append(&list);
    }
    let hint = hint(slack);
    let message = Message::new(said.line().append(&hint));
    message.blocks(blocks).blocks(context([hint])).to_value()
}

/// Every word of a section with its line.
fn list(entries: &[Entry], part: Section) -> Mrkdwn {
    let title = match part {
        Section::Alerts => "*Alerts*",
        Section::Incidents => "*Incidents*, in the channel of one or with its name, as in `status INC-12`",
    };
    // What only incidents have comes first: it begins with how one begins.
    let mut lines: Vec<(&str, &str)> = Vec::new();
    let mut shared: Vec<(&str, &str)> = Vec::new();
    for entry in entries {
        let first = entry.usage.first().copied().unwrap_or(entry.word);
        match (part, entry.about) {
            (Section::Alerts, About::Alerts | About::Both(..)) | (Section::Incidents, About::Incidents) => {
                lines.push((first, entry.help));
            }
            (Section::Incidents, About::Both(way, help)) => shared.push((way, help)),
            (Section::Alerts, About::Incidents) | (Section::Incidents, About::Alerts) => {}
        }
    }
    let lines = lines.into_iter().chain(shared);
    lines.fold(Mrkdwn::markup(title), |text, (way, help)| text.line().code(way).raw(&format!("  {help}")))
}

fn now(open: Open, command: &str) -> Mrkdwn {
    let text = match open.alerts {
        0 => Mrkdwn::markup(":large_green_circle: *No open alerts.*"),
        1 => Mrkdwn::markup(":bell: *1 open alert.* See ").code(&format!("{command} alerts")),
        count => {
            Mrkdwn::markup(format!(":bell: *{count} open alerts.* See ")).code(&format!("{command} alerts"))
        }
    };
    let words = format!("{command} incidents");
    match open.incidents {
        0 => text,
        1 => text.line().raw(":rotating_light: *1 open incident.* See ").code(&words),
        count => text.line().raw(&format!(":rotating_light: *{count} open incidents.* See ")).code(&words),
    }
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
