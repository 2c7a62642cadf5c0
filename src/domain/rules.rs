//! Everything of the configuration that decides about alerts, as one value: what the engine is given.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::again::NotifyAgain;
use super::incident;
use super::inhibit::InhibitRules;
use super::label::Labels;
use super::priority::PriorityRules;
use super::rights::Rights;
use super::route::RouteTree;
use super::storm::StormSettings;
use super::template::Template;
use super::time_interval::TimeIntervals;

#[derive(Clone, Debug)]
pub struct Rules {
    /// Short hash of the configuration, so that "why?" can name it.
    pub version: String,
    pub tree: Arc<RouteTree>,
    pub inhibit: InhibitRules,
    pub priorities: PriorityRules,
    pub receivers: BTreeMap<String, Receiver>,
    pub time_intervals: TimeIntervals,
    /// Buttons under every alert group.
    pub links: Vec<Link>,
    pub groups: GroupSettings,
    pub slack: SlackSettings,
    pub incidents: incident::Settings,
    pub rights: Rights,
}

/// How people talk to the bot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlackSettings {
    /// The root command, with its slash.
    pub command: String,
    /// Other commands that mean the same.
    pub aliases: Vec<String>,
    /// Whether 👀 acknowledges and ✅ resolves.
    pub reactions: bool,
    /// The only workspace that is served, if it is named.
    pub team_id: Option<String>,
}

/// Whether words said through a command of this name are about incidents.
pub fn is_about_incidents(command: &str) -> bool {
    let name = command.trim_start_matches('/').to_lowercase();
    name.contains("incident") || name == "inc"
}

impl Default for SlackSettings {
    fn default() -> Self {
        Self { command: "/firebell".to_owned(), aliases: Vec::new(), reactions: false, team_id: None }
    }
}

/// Where alert groups go and how they look there.
#[derive(Clone, Debug, Default)]
pub struct Receiver {
    pub name: String,
    /// Slack channels, as configured (`#ops` or an id).
    pub channels: Vec<String>,
    pub title: Option<Template>,
    pub summary: Option<Template>,
    pub text: Option<Template>,
    /// Who is mentioned with the first message (`@oncall`, `<!here>`, a user).
    pub mention: Vec<String>,
    /// Instead of the colour of the state.
    pub color: Option<String>,
    pub links: Vec<Link>,
    /// Those of `channels` whose threads are not told that a group is resolved.
    pub resolved_quietly: Vec<String>,
    /// Nobody is notified, on purpose.
    pub silent: bool,
}

/// A button that leads somewhere.
#[derive(Clone, Debug)]
pub struct Link {
    pub name: String,
    pub url: Template,
    /// Only where this renders to something true.
    pub when: Option<Template>,
}

/// How alert groups live.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupSettings {
    /// A group that fires again this soon after its resolve comes back under its number.
    pub reopen_within: Duration,
    /// A group of which nothing was heard this long is resolved.
    pub auto_resolve_after: Option<Duration>,
    pub ack_reminder: Option<AckReminder>,
    /// Which groups notify their channels again, besides the first message.
    pub notify_again: NotifyAgain,
    /// When many groups are told in one message; `None`: never.
    pub storm: Option<StormSettings>,
    /// `None` is "until I lift it".
    pub silence_presets: Vec<Option<Duration>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AckReminder {
    pub every: Duration,
    /// Without an answer for this long, nobody has it any more.
    pub unack_after: Option<Duration>,
}

impl Default for GroupSettings {
    fn default() -> Self {
        let minutes = |n: u64| Duration::from_secs(n * 60);
        Self {
            reopen_within: minutes(10),
            auto_resolve_after: None,
            ack_reminder: None,
            notify_again: NotifyAgain::default(),
            storm: Some(StormSettings::default()),
            silence_presets: vec![
                Some(minutes(30)),
                Some(minutes(60)),
                Some(minutes(4 * 60)),
                Some(minutes(12 * 60)),
                Some(minutes(24 * 60)),
                None,
            ],
        }
    }
}

impl Rules {
    pub fn receiver(&self, name: &str) -> Option<&Receiver> {
        self.receivers.get(name)
    }

    /// A group's title, from what its alerts have in common: the alert's name, then what tells this group from
    /// its siblings.
    pub fn plain_title(alert_name: &str, group_labels: &Labels) -> String {
        let others: Vec<&str> = group_labels
            .iter()
            .filter(|(name, value)| !matches!(*name, "alertname" | "grafana_folder") && !value.is_empty())
            .map(|(_, value)| value)
            .collect();
        match (alert_name, others.is_empty()) {
            ("", true) => "Alert without a name".to_owned(),
            ("", false) => others.join(", "),
            (name, true) => name.to_owned(),
            (name, false) => format!("{name} ({})", others.join(", ")),
        }
    }
}
