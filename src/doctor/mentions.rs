//! Whether those who are to be woken, and the groups that have rights, are somebody.

use std::collections::BTreeSet;

use super::Checks;
use crate::config::{Config, Who};
use crate::slack::api::{SlackApi, UserGroup};

pub(super) async fn examine(config: &Config, api: &SlackApi, checks: &mut Checks) {
    let wanted = wanted(config);
    if wanted.is_empty() {
        return;
    }
    let groups = match api.usergroups_list().await {
        Ok(groups) => groups,
        Err(error) if error.is_slack(&["plan_upgrade_required", "paid_teams_only"]) => {
            let names: Vec<&str> = wanted.iter().map(String::as_str).collect();
            let found = format!("this workspace's plan has none, and the config names {}", names.join(", "));
            return checks.wrong("user groups", found, &["name people instead"]);
        }
        Err(error) => return checks.unanswered("user groups", &error),
    };
    for name in wanted {
        let what = format!("user group {name}");
        let handle = name.trim_start_matches('@');
        let found = groups.iter().find(|group| group.id == handle || group.handle == handle);
        match found {
            None => {
                let handles: Vec<String> = groups.iter().map(|group| format!("@{}", group.handle)).collect();
                let there = if handles.is_empty() {
                    "there are none".to_owned()
                } else {
                    format!("there are {}", handles.join(", "))
                };
                checks.wrong(
                    what,
                    format!("Slack has none; {there}"),
                    &["mend the name in the config, or make the group"],
                );
            }
            Some(group) if group.users.is_empty() => {
                checks.doubtful(what, shown(group), &["nobody is in it: add people in Slack"]);
            }
            Some(group) => checks.good(what, shown(group)),
        }
    }
}

fn shown(group: &UserGroup) -> String {
    let people = group.users.len();
    format!("@{} ({}), {people} {}", group.handle, group.id, if people == 1 { "person" } else { "people" })
}

/// User groups the config names. A name from `users` is a person.
fn wanted(config: &Config) -> BTreeSet<String> {
    let mut wanted = BTreeSet::new();
    let is_user = |name: &str| config.users.iter().any(|user| user.name == name);
    let rights = &config.rights;
    let lists = [&rights.declare, &rights.resolve, &rights.private, &rights.admin];
    for who in lists.into_iter().flatten().flatten().chain(config.incidents.invited()) {
        match who {
            Who::SlackGroup(id) => {
                wanted.insert(id.clone());
            }
            Who::Named(name) if !is_user(name) => {
                wanted.insert(format!("@{name}"));
            }
            _ => {}
        }
    }
    for mention in
        config.receivers.iter().filter_map(|one| one.slack.as_ref()).flat_map(|slack| &slack.mention)
    {
        let bare = mention.trim_start_matches(['<', '@', '!']).trim_end_matches('>');
        let bare = bare.split_once('|').map_or(bare, |(id, _)| id);
        let bare = bare.strip_prefix("subteam^").unwrap_or(bare);
        if bare.starts_with('S') {
            wanted.insert(bare.to_owned());
        }
    }
    wanted
}
