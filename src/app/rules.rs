//! From the configuration to what the engine is given.

use std::sync::Arc;

use crate::config::{self, Config, SilencePreset};
use crate::domain::rights::{Right, Rights, Who};
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
            notify_again: config.alert_groups.notify_again,
            storm: config.alert_groups.storm,
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
        incidents: config.incidents.settings(&config.users),
        rights: rights(config),
    }
}

/// Who may what, with the people of `users` in the place of their names.
fn rights(config: &Config) -> Rights {
    let given = &config.rights;
    let lists = [
        (Right::Declare, &given.declare),
        (Right::Resolve, &given.resolve),
        (Right::Private, &given.private),
        (Right::Admin, &given.admin),
    ];
    let named = lists.into_iter().filter_map(|(right, list)| {
        let who = list.as_ref()?.iter().map(|one| who(one, &config.users));
        Some((right, who.collect()))
    });
    Rights(named.collect())
}

fn who(one: &config::Who, users: &[config::User]) -> Who {
    match one {
        config::Who::SlackUser(id) => Who::User(id.clone()),
        config::Who::SlackGroup(id) => Who::Group(id.clone()),
        config::Who::Email(email) => Who::Email(email.clone()),
        config::Who::Named(name) => {
            let user = users.iter().find(|user| user.name == *name);
            match user.map(|user| (&user.slack_id, &user.email)) {
                Some((Some(id), _)) => Who::User(id.clone()),
                Some((None, Some(email))) => Who::Email(email.clone()),
                _ => Who::Handle(name.clone()),
            }
        }
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
            resolved_quietly: slack.resolved_quietly.clone(),
            silent: false,
        },
        None => Receiver { name: one.name.clone(), links, silent: !one.notify, ..Receiver::default() },
    }
}

fn link(one: &config::Link) -> Link {
    Link { name: one.name.clone(), url: one.url.clone(), when: one.when.clone() }
}
