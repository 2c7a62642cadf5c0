//! The help: what can be said here, a topic in full, or one word with all its ways; and what is useful now.

use serde_json::Value;
use slack_morphism::blocks::SlackActionBlockElement;

use super::answer::{choices, next, word_buttons};
use super::home::{incident, row, row_text};
use crate::domain::picture::HomePicture;
use crate::domain::rules::{Rules, SlackSettings};
use crate::slack::blocks::{Message, Mrkdwn, actions, button, context, section, section_with, whole};

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
pub struct Topic {
    /// As it is asked for: `help silences`.
    pub name: &'static str,
    pub title: &'static str,
    /// Words are said of incidents here.
    pub of_incidents: bool,
    pub words: &'static [&'static str],
}

/// Every topic; each word stands in one of them, and those that alerts and incidents share in two.
pub const TOPICS: &[Topic] = &[
    Topic {
        name: "alerts",
        title: "Alerts",
        of_incidents: false,
        words: &["alerts", "show", "ack", "unack", "resolve", "unresolve", "call", "note", "timeline", "why"],
    },
    Topic {
        name: "silences",
        title: "Silences",
        of_incidents: false,
        words: &["silence", "silences", "unsilence"],
    },
    Topic {
        name: "incidents",
        title: "Incidents",
        of_incidents: true,
        words: &[
            "declare",
            "incidents",
            "status",
            "severity",
            "update",
            "role",
            "task",
            "invite",
            "note",
            "resolve",
        ],
    },
    Topic {
        name: "more",
        title: "More about incidents",
        of_incidents: true,
        words: &[
            "show", "timeline", "title", "link", "attach", "detach", "merge", "reopen", "cancel", "adopt",
            "redact", "help",
        ],
    },
];

/// Where somebody asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// In the thread of an alert, by its name.
    Alert(Mrkdwn),
    /// In the channel of an incident, by its name.
    Incident(Mrkdwn),
    /// Elsewhere; through a command that is about incidents.
    Elsewhere { incidents_first: bool },
}

const IN_THREAD: &[(&str, &str)] = &[
    ("ack", "you have it"),
    ("resolve what fixed it", "it is over"),
    ("silence 2h", "quiet for a while"),
    ("note text", "keep it in the timeline"),
    ("call @ann", "ask somebody in"),
    ("why", "why it is here"),
    ("declare SEV2", "make it an incident"),
];

const IN_CHANNEL: &[(&str, &str)] = &[
    ("status identified", "how far it is"),
    ("update what it means", "tell those outside"),
    ("severity SEV1", "how bad it is"),
    ("role commander @ann", "who leads"),
    ("task add text @bob", "what is to be done"),
    ("invite @sre", "call people in"),
    ("note 14:05 text", "keep it in the timeline"),
    ("resolve", "it is over"),
];

const ALERTS: &[(&str, &str)] = &[
    ("alerts", "what is open"),
    ("ack 5", "you have it"),
    ("resolve 5 what fixed it", "it is over"),
    ("silence 5 2h", "quiet for a while"),
    ("ack all", "several, after a look at them"),
    ("silence severity=warning 2h", "also what comes"),
];

const INCIDENTS: &[(&str, &str)] =
    &[("incidents", "what is open"), ("declare SEV2 what is wrong", "begin one, with its channel")];

/// What is said most, for the place where somebody is; the rest is one tap away.
pub fn short(place: &Place, slack: &SlackSettings) -> Value {
    let command = &slack.command;
    let text = match place {
        Place::Alert(name) => {
            lines(name.clone().line().raw("Here no number is needed. Mention me, then:"), IN_THREAD)
        }
        Place::Incident(name) => lines(name.clone().line().raw("Here no number is needed:"), IN_CHANNEL),
        Place::Elsewhere { incidents_first } => {
            let (first, second) = if *incidents_first { (INCIDENTS, ALERTS) } else { (ALERTS, INCIDENTS) };
            lines(
                lines(Mrkdwn::markup(format!("Behind `{command}`, or behind a mention of me:")), first),
                second,
            )
        }
    };
    let hint = next(Mrkdwn::markup("One word in full: "), command, "help silence");
    let hint = if slack.aliases.is_empty() {
        hint
    } else {
        hint.raw(". The same as ").code(command).raw(": ").text(&slack.aliases.join(", "))
    };
    let topics: Vec<(String, String)> =
        TOPICS.iter().map(|topic| (topic.title.to_owned(), format!("help {}", topic.name))).collect();
    Message::new(text.clone())
        .blocks([whole(text)])
        .blocks(word_buttons(&topics))
        .blocks(context([hint]))
        .to_value()
}

fn lines(text: Mrkdwn, said: &[(&str, &str)]) -> Mrkdwn {
    said.iter().fold(text, |text, (way, help)| text.line().code(way).raw(&format!("  {help}")))
}

/// A topic: every word of it with its line.
pub fn topic(topic: &Topic, entries: &[Entry]) -> Value {
    let mut said = Vec::new();
    for word in topic.words {
        let Some(entry) = entries.iter().find(|entry| entry.word == *word) else { continue };
        said.push(match entry.about {
            About::Both(way, help) if topic.of_incidents => (way, help),
            _ => (entry.usage.first().copied().unwrap_or(entry.word), entry.help),
        });
    }
    let title = Mrkdwn::new().bold(topic.title);
    let title = if topic.of_incidents {
        title.raw(": in the channel of one, or with its name, as in ").code("status INC-12")
    } else {
        title
    };
    let text = lines(title, &said);
    let back = [("‹ Help".to_owned(), "help".to_owned())];
    Message::new(text.clone()).blocks([whole(text)]).blocks(word_buttons(&back)).to_value()
}

/// How many alerts and incidents the answer to the bare command shows: it is for a phone.
const NOW_ALERTS: usize = 5;
const NOW_INCIDENTS: usize = 3;

/// The bare command: what is theirs, what nobody has, what burns, and the next taps.
pub fn now(picture: &HomePicture, rules: &Rules, incidents_first: bool) -> Value {
    let (mine, waiting) = (picture.mine.len(), picture.waiting.len());
    let open = mine + waiting + picture.others.len();
    let more = if picture.more > 0 { "+" } else { "" };
    let incidents = picture.incidents.len() + picture.more_incidents;
    let head = match open {
        0 => Mrkdwn::markup(":large_green_circle: *No open alerts*"),
        1 => Mrkdwn::markup(":bell: *1 open alert*"),
        open => Mrkdwn::markup(format!(":bell: *{open}{more} open alerts*")),
    };
    let head = if waiting > 0 { head.raw(&format!(", {waiting}{more} nobody has")) } else { head };
    let head = if mine > 0 { head.raw(&format!(", {mine} yours")) } else { head };
    let head = match incidents {
        0 => head.raw(". No incident is open."),
        1 => head.raw(". *1 open incident.*"),
        count => head.raw(&format!(". *{count} open incidents.*")),
    };
    let mut said = head.clone();
    let mut blocks = vec![section(head)];
    let mut burning = Vec::new();
    for one in picture.incidents.iter().take(NOW_INCIDENTS) {
        let text = incident(picture, one, rules);
        said = said.line().append(&text);
        let join = button("incident_join", "Join", &one.id.to_string());
        burning.push(section_with(&format!("now_incident_{}", one.id), text, join));
    }
    let mut alerts = Vec::new();
    for group in picture.waiting.iter().chain(&picture.mine).take(NOW_ALERTS) {
        let listed = picture.listed.get(&group.id);
        said = said.line().append(&row_text(group, listed));
        alerts.push(row(group, listed, "now"));
    }
    let (first, second) = if incidents_first { (burning, alerts) } else { (alerts, burning) };
    blocks.extend(first);
    blocks.extend(second);
    let mut more = Vec::new();
    if open > 0 {
        more.push(("All alerts".to_owned(), "alerts".to_owned()));
    }
    if waiting > 1 {
        more.push(("Acknowledge all…".to_owned(), "ack all".to_owned()));
    }
    if incidents > 0 {
        more.push(("Incidents".to_owned(), "incidents".to_owned()));
    }
    more.push(("Help".to_owned(), "help".to_owned()));
    let declare: [SlackActionBlockElement; 1] = [button("incident_declare", "Declare incident", "").into()];
    Message::new(said)
        .blocks(blocks)
        .blocks(word_buttons(&more))
        .blocks(actions("now_declare", declare))
        .to_value()
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

/// A word nobody knows; `meant` is how the whole line may have been meant.
pub fn unknown(typed: &str, meant: Option<&str>, command: &str) -> Value {
    let text = Mrkdwn::markup("I do not know ").code(typed).raw(".");
    let (text, buttons) = match meant {
        Some(words) => {
            let text = text.raw(" Did you mean ").code(&format!("{command} {words}")).raw("?");
            (text, vec![(words.to_owned(), words.to_owned())])
        }
        None => (text, Vec::new()),
    };
    let help = ("Help".to_owned(), "help".to_owned());
    choices(text, &[buttons, vec![help]].concat())
}
