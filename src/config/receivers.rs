//! `receivers` and `links`: where a group's message goes and how it looks there.

use super::kinds;
use super::slack_configs::{SlackConfigEntry, destination};
use crate::domain::template::Template;
use crate::yaml::{Fields, Flag, ListOf, Name, OneOrMany, Section, Text, Within};

/// A named destination.
#[derive(Clone, Debug)]
pub struct Receiver {
    pub name: String,
    /// None: alerts that go here are kept and listed, and nobody is notified.
    pub slack: Option<SlackReceiver>,
    /// Whether that is a mistake: `notify: false` says that nobody shall be notified.
    pub notify: bool,
    pub links: Vec<Link>,
}

/// What Alertmanager's receivers have and Firebell does not send to.
const ALERTMANAGER_ONLY: [&str; 18] = [
    "discord_configs",
    "email_configs",
    "incidentio_configs",
    "jira_configs",
    "mattermost_configs",
    "msteams_configs",
    "msteamsv2_configs",
    "opsgenie_configs",
    "pagerduty_configs",
    "pushover_configs",
    "rocketchat_configs",
    "sns_configs",
    "telegram_configs",
    "victorops_configs",
    "webex_configs",
    "webhook_configs",
    "wechat_configs",
    "zenduty_configs",
];

impl Section for Receiver {
    const NAME: &'static str = "receiver";
    const ABOUT: &'static str = "A named destination.";

    fn read(f: &mut Fields<'_, '_>) -> Option<Self> {
        let name = f.required("name", "The name routes refer to.", &Name("receiver"));
        let slack = f.optional("slack", "The Slack channels it goes to.", &Within::new());
        let entries = f.optional(
            "slack_configs",
            "Alertmanager's Slack destinations, sent with the bot's token.",
            &ListOf(Within::<SlackConfigEntry>::new()),
        );
        let notify = f.or(
            "notify",
            "false: alerts that go here are listed, and nobody is notified, on purpose.",
            &Flag,
            "true",
        );
        let links = f.list("links", "Links for what goes here, besides the ones at the top.", &Within::new());
        for key in ALERTMANAGER_ONLY {
            f.ignored(key, "it is Alertmanager's; Firebell sends to Slack: give the receiver `slack: {channel: \"#name\"}`");
        }
        let given = slack?;
        let pasted = entries?.filter(|_| given.is_none()).and_then(|entries| destination(f, entries));
        if given.is_some() && f.has("slack_configs") {
            let hint = "leave one of them out";
            f.warn_at("slack_configs", "ignored", "`slack` is used instead", Some(hint.to_owned()));
        }
        Some(Self { name: name?, slack: given.or(pasted), notify: notify?, links: links? })
    }
}

/// Slack channels and how a message looks there.
#[derive(Clone, Debug)]
pub struct SlackReceiver {
    /// `#name` or an id; at least one.
    pub channels: Vec<String>,
    /// Whom a first message rings: `@here`, `@channel`, a user's or user group's id.
    pub mention: Vec<String>,
    pub title: Option<Template>,
    pub text: Option<Template>,
    pub summary: Option<Template>,
    pub color: Option<String>,
    /// Those of the channels whose threads are not told that a group is resolved (Alertmanager's `send_resolved: false`).
    pub resolved_quietly: Vec<String>,
}

impl Section for SlackReceiver {
    const NAME: &'static str = "slack_receiver";
    const ABOUT: &'static str = "Slack channels and how a message looks there.";

    fn read(f: &mut Fields<'_, '_>) -> Option<Self> {
        let template = kinds::template();
        let channel = f.optional("channel", "The channel: #name or id.", &kinds::channel());
        let channels =
            f.optional("channels", "Several channels: each gets its message.", &ListOf(kinds::channel()));
        let exclusive = f.exclusive(&["channel", "channels"]);
        let mention = f.optional(
            "mention",
            "Whom the first message rings: @here, @channel, a user's id (U…) or a user group's (S…).",
            &OneOrMany(kinds::mention()),
        );
        let title = f.optional("title", "Template of the title.", &template);
        let text = f.optional("text", "Template of the text below it.", &template);
        let summary = f.optional("summary", "Template of the one line that notifications show.", &template);
        let color = f.optional(
            "color",
            "The bar's colour while firing; by default it follows the priority.",
            &kinds::colour(),
        );
        let none = matches!((&channel, &channels), (Some(None), Some(None)));
        let empty = matches!((&channel, &channels), (Some(None), Some(Some(list))) if list.is_empty());
        if none || empty {
            f.missing(
                "no channel is given",
                Some("write channel: \"#name\" (in quotes, or YAML takes it for a comment)".to_owned()),
            );
            return None;
        }
        exclusive?;
        let mut all: Vec<String> = Vec::new();
        for name in channel?.into_iter().chain(channels?.unwrap_or_default()) {
            if !all.contains(&name) {
                all.push(name);
            }
        }
        Some(Self {
            channels: all,
            mention: mention?.unwrap_or_default(),
            title: title?,
            text: text?,
            summary: summary?,
            color: color?,
            resolved_quietly: Vec::new(),
        })
    }
}

/// A link at a message: runbook, dashboard, logs, trace.
#[derive(Clone, Debug)]
pub struct Link {
    pub name: String,
    pub url: Template,
    /// Shown only if it renders true, 1 or ok.
    pub when: Option<Template>,
}

impl Section for Link {
    const NAME: &'static str = "link";
    const ABOUT: &'static str = "A link at a message: runbook, dashboard, logs, trace.";

    fn read(f: &mut Fields<'_, '_>) -> Option<Self> {
        let name = f.required("name", "What the button says.", &Text);
        let url = f.required(
            "url",
            "Template of the address; no link if it renders to nothing.",
            &kinds::template(),
        );
        let when = f.optional(
            "when",
            "Template; the link is shown if it renders true, 1 or ok.",
            &kinds::template(),
        );
        Some(Self { name: name?, url: url?, when: when? })
    }
}
