//! `slack_configs` of a pasted Alertmanager file: sent with the bot's token. What does not carry over is named.
//!
//! Keys: prometheus.io/docs/alerting/latest/configuration/#slack_config.

use super::kinds;
use super::receivers::SlackReceiver;
use crate::domain::template::{FromGo, Template, from_go};
use crate::yaml::{Fields, Flag, Section, Text};

/// One entry of `slack_configs`, as far as it carries over.
pub(super) struct SlackConfigEntry {
    channel: Option<String>,
    send_resolved: bool,
    title: Option<Template>,
    text: Option<Template>,
}

/// What an entry may say and Firebell does otherwise, with what to do instead.
const OTHERWISE: [(&str, &str); 24] = [
    ("actions", "the message has Firebell's own buttons; give the receiver `links` for more"),
    ("api_url", "the bot's token is used instead of a webhook address"),
    ("api_url_file", "the bot's token is used instead of a webhook address"),
    ("app_token", "`slack.bot_token` is used"),
    ("app_token_file", "`slack.bot_token` is used"),
    ("app_url", "`slack.bot_token` is used"),
    ("callback_id", "Firebell's own buttons are used"),
    ("color", "the bar's colour follows state and priority; `slack.color` sets one for firing"),
    ("fallback", "notifications show Firebell's own line; `slack.summary` sets another"),
    ("fields", "labels and values are listed per alert; put more into `text`"),
    ("footer", "put it into `text`"),
    ("http_config", "the proxy comes from HTTPS_PROXY, the certificates from the system"),
    ("icon_emoji", "the app's own icon is shown"),
    ("icon_url", "the app's own icon is shown"),
    ("image_url", "put the address into `text`"),
    ("link_names", "Slack notifies by id only: use `slack.mention`"),
    ("message_text", "put it into `text`"),
    ("mrkdwn_in", "title and text are always formatted"),
    ("pretext", "put it into `text`"),
    ("short_fields", "labels and values are listed per alert"),
    ("thumb_url", "put the address into `text`"),
    ("timeout", "Firebell has its own time-outs, and tries again"),
    ("title_link", "give the receiver `links: [{name: …, url: …}]`, which become buttons"),
    ("update_message", "the message is always updated in place"),
];

impl Section for SlackConfigEntry {
    const NAME: &'static str = "slack_config";
    const ABOUT: &'static str = "Alertmanager's Slack destination, sent with the bot's token. `slack` says the same in Firebell's words.";

    fn read(f: &mut Fields<'_, '_>) -> Option<Self> {
        let channel = f.optional("channel", "The channel: #name or id.", &Text);
        let send_resolved = f.or(
            "send_resolved",
            "Say in the thread that it is resolved; the message itself always shows it.",
            &Flag,
            "false",
        );
        let title = f.optional("title", "Alertmanager's (Go) template of the title.", &Text);
        let text = f.optional("text", "Alertmanager's (Go) template of the text below it.", &Text);
        f.ignored("username", "the bot posts under its own name");
        for (key, why) in OTHERWISE {
            f.ignored(key, why);
        }
        Some(Self {
            channel: channel?.and_then(|name| read_channel(f, &name)),
            send_resolved: send_resolved?,
            title: title?.and_then(|source| translated(f, "title", &source)),
            text: text?.and_then(|source| translated(f, "text", &source)),
        })
    }
}

/// The channel, if it is one; else a warning says that nothing goes there.
fn read_channel(f: &mut Fields<'_, '_>, name: &str) -> Option<String> {
    let problem = match (kinds::channel().parse)(name) {
        Ok(channel) => return Some(channel),
        Err(_) if name.contains("{{") => {
            "a channel from a template is not supported: nothing is sent there".to_owned()
        }
        Err(problem) => format!("{}: nothing is sent there", problem.message),
    };
    let hint = "write a fixed channel; several routes with a receiver each replace a template";
    f.warn_at("channel", "not-translated", &problem, Some(hint.to_owned()));
    None
}

/// A template of ours for Alertmanager's; None where Firebell's own text is shown.
fn translated(f: &mut Fields<'_, '_>, key: &str, source: &str) -> Option<Template> {
    let refused = match from_go(source) {
        Ok(FromGo::BuiltIn) => return None,
        Ok(FromGo::Template(ours)) => match Template::compile(&ours) {
            Ok(template) => return Some(template),
            Err(error) => error.what,
        },
        Err(error) => error.to_string(),
    };
    let message = format!("this template does not carry over ({refused}): Firebell's own {key} is shown");
    let hint = format!("write `slack: {{channel: …, {key}: …}}` with a template in Firebell's words");
    f.warn_at(key, "not-translated", &message, Some(hint));
    None
}

/// One destination of several entries. A receiver has one title and one text here: the first ones count.
pub(super) fn destination(f: &mut Fields<'_, '_>, entries: Vec<SlackConfigEntry>) -> Option<SlackReceiver> {
    let mut all = SlackReceiver {
        channels: Vec::new(),
        mention: Vec::new(),
        title: None,
        text: None,
        summary: None,
        color: None,
        resolved_quietly: Vec::new(),
    };
    let mut differing = false;
    let mut first = true;
    for entry in entries {
        let Some(channel) = entry.channel else { continue };
        if all.channels.contains(&channel) {
            continue;
        }
        if first {
            (all.title, all.text) = (entry.title, entry.text);
        } else {
            differing |= all.title != entry.title || all.text != entry.text;
        }
        first = false;
        if !entry.send_resolved {
            all.resolved_quietly.push(channel.clone());
        }
        all.channels.push(channel);
    }
    if differing {
        f.warn_at(
            "slack_configs",
            "not-translated",
            "these entries differ in title or text: the first one's are used for all",
            Some(
                "give each channel a receiver of its own, reached by routes with `continue: true`".to_owned(),
            ),
        );
    }
    if all.channels.is_empty() {
        let hint = "add `channel: \"#name\"`: a webhook's own channel is not known to the bot";
        f.warn_at(
            "slack_configs",
            "not-translated",
            "no channel is given: nothing is sent",
            Some(hint.to_owned()),
        );
        return None;
    }
    Some(all)
}
