//! From the configuration to what the engine is given.

use std::sync::Arc;

use crate::config::{self, Config, SilencePreset};
use crate::domain::incident::Settings;
use crate::domain::rights::Rights;
use crate::domain::rules::{AckReminder, GroupSettings, Link, Receiver, Rules, SlackSettings};

pub fn rules(config: &Config) -> Rules {
    let receivers = config.receivers.iter().map(|one| (one.name.clone(), receiver(one))).collect();
    Rules {
        version: config.version.clone(),
        tree: Arc::clone(&config.routes),
        inhibit: config.inhibit_rules.clone(),
        priorities: config.priorities.clone(),
        receivers,
        time_intervals: config.time_intervals.clone(),
        links: config.links.iter().map(link).collect(),
        groups: GroupSettings {
            reopen_within: config.alert_groups.reopen_within,
            auto_resolve_after: config.alert_groups.auto_resolve_after,
            ack_reminder: config
                .alert_groups
                .ack_reminder
                .as_ref()
                .map(|ask| AckReminder { every: ask.every, unack_after: ask.unack_after }),
            silence_presets: config
                .alert_groups
                .silence_presets
                .iter()
                .map(|preset| match preset {
                    SilencePreset::For(span) => Some(*span),
                    SilencePreset::Forever => None,
                })
                .collect(),
        },
        slack: config.slack.as_ref().map_or_else(SlackSettings::default, |slack| SlackSettings {
            command: slack.command.clone(),
            aliases: slack.aliases.clone(),
            reactions: slack.reactions,
            team_id: slack.team_id.clone(),
        }),
        incidents: Settings::default(),
        rights: Rights::default(),
    }
}

fn receiver(one: &config::Receiver) -> Receiver {
    let links = one.links.iter().map(link).collect();
    match &one.slack {
        Some(slack) => Receiver {
            name: one.name.clone(),
            channels: slack.channels.clone(),
            title: slack.title.clone(),
            summary: slack.summary.clone(),
            text: slack.text.clone(),
            mention: slack.mention.clone(),
            color: slack.color.clone(),
            links,
        },
        None => Receiver { name: one.name.clone(), links, ..Receiver::default() },
    }
}

fn link(one: &config::Link) -> Link {
    Link { name: one.name.clone(), url: one.url.clone(), when: one.when.clone() }
}
