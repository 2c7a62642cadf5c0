//! Whether every channel of the config exists and can be posted into.

use std::collections::BTreeMap;

use serde_json::json;

use super::Checks;
use super::slack::Bot;
use crate::config::Config;
use crate::limits::SLACK_LIST_ITEMS;
use crate::slack::api::{ApiError, Channel, SlackApi};

pub(super) async fn examine(config: &Config, api: &SlackApi, bot: &Bot, checks: &mut Checks) {
    for receiver in config.receivers_without_channel() {
        let what = format!("receiver {}", receiver.name);
        let fix = ["add `slack: {channel: \"#name\"}`, or `notify: false` if that is on purpose"];
        checks.wrong(what, "it has no channel: alerts routed to it notify nobody", &fix);
    }
    let mut wanted: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for receiver in &config.receivers {
        for channel in receiver.slack.iter().flat_map(|slack| &slack.channels) {
            wanted.entry(channel).or_default().push(&receiver.name);
        }
    }
    for channel in config.incidents.announced_in() {
        wanted.entry(channel).or_default().push("incidents.announce");
    }
    if wanted.is_empty() {
        let mend = ["give a receiver `slack: {channel: \"#name\"}`"];
        return checks.wrong("channels", "no receiver has a Slack channel: nobody is told anything", &mend);
    }
    let by_name = wanted.keys().any(|channel| channel.starts_with('#'));
    let all = if by_name { list(api, checks).await } else { Some(Vec::new()) };
    let may_post_anywhere =
        bot.scopes.as_ref().is_none_or(|scopes| scopes.iter().any(|scope| scope == "chat:write.public"));
    for (channel, receivers) in wanted {
        let what = format!("channel {channel}");
        let found = match channel.strip_prefix('#') {
            None => match api.conversations_info(channel).await {
                Ok(found) => Ok(Some(found)),
                Err(error) if error.is_slack(&["channel_not_found"]) => Ok(None),
                Err(error) => Err(error),
            },
            Some(name) => match &all {
                Some(all) => Ok(newest(all, name)),
                None => continue,
            },
        };
        match found {
            Err(error) => checks.unanswered(what, &error),
            Ok(None) => {
                let near = all.as_deref().and_then(|all| nearest(all, channel));
                missing(&what, channel, &receivers, near, &bot.name, checks);
            }
            Ok(Some(found)) => judge(&what, channel, &found, may_post_anywhere, &bot.name, checks),
        }
    }
}

/// Every channel the bot can see, archived ones, too: "it is archived" helps more than "there is none".
async fn list(api: &SlackApi, checks: &mut Checks) -> Option<Vec<Channel>> {
    let mut types = "public_channel,private_channel";
    loop {
        let arguments = json!({"types": types, "exclude_archived": false, "limit": SLACK_LIST_ITEMS});
        match api.all_pages("conversations.list", arguments, "channels").await {
            Ok(listing) => {
                if listing.truncated {
                    checks.doubtful(
                        "channels",
                        "there are too many to look through; use ids (C…) in the config",
                        &[],
                    );
                }
                return Some(listing.items.iter().filter_map(Channel::from_value).collect());
            }
            // Without groups:read, the public ones can still be seen; the missing scope is told elsewhere.
            Err(ApiError::Slack { error, .. }) if error == "missing_scope" && types.contains(',') => {
                types = "public_channel";
            }
            Err(error) => {
                checks.unanswered("channels", &error);
                return None;
            }
        }
    }
}

/// A name may have been used before by a channel that is archived now.
fn newest(all: &[Channel], name: &str) -> Option<Channel> {
    let mut named: Vec<&Channel> = all.iter().filter(|channel| channel.name == name).collect();
    named.sort_by_key(|channel| channel.is_archived);
    named.first().map(|channel| (*channel).clone())
}

fn nearest(all: &[Channel], wanted: &str) -> Option<String> {
    let wanted = wanted.trim_start_matches('#');
    let far = (wanted.chars().count() / 3).max(1);
    all.iter()
        .filter(|channel| !channel.is_archived)
        .map(|channel| (strsim::damerau_levenshtein(&channel.name, wanted), &channel.name))
        .filter(|(distance, _)| *distance <= far)
        .min()
        .map(|(_, name)| name.clone())
}

fn missing(
    what: &str,
    channel: &str,
    receivers: &[&str],
    near: Option<String>,
    bot: &str,
    checks: &mut Checks,
) {
    let found = format!("there is none that the bot can see (named by {})", receivers.join(", "));
    let mut mend = vec![
        format!("if it is private, invite the bot in it: /invite @{bot} in {channel}"),
        "else create it, or mend the name in the config".to_owned(),
    ];
    if let Some(near) = near {
        mend.insert(0, format!("there is #{near}: is that meant?"));
    }
    checks.wrong(what, found, &mend.iter().map(String::as_str).collect::<Vec<_>>());
}

fn judge(
    what: &str,
    channel: &str,
    found: &Channel,
    may_post_anywhere: bool,
    bot: &str,
    checks: &mut Checks,
) {
    let shown = if found.name.is_empty() { channel.to_owned() } else { format!("#{}", found.name) };
    let invite = format!("invite the bot: /invite @{bot} in {shown}");
    let kind = if found.is_private { "private" } else { "public" };
    if found.is_archived {
        let mend = format!("unarchive {shown}, or name another channel in the config");
        return checks.wrong(what, "it is archived: nothing can be posted there", &[&mend]);
    }
    match (found.is_member, !found.is_private && may_post_anywhere) {
        (true, _) => checks.good(what, format!("{} ({kind}), the bot is in it", found.id)),
        (false, true) => checks.doubtful(
            what,
            "the bot is not in it: it can post there, but sees no threads and no reactions",
            &[&invite],
        ),
        (false, false) => checks.wrong(what, "the bot is not in it and cannot post there", &[&invite]),
    }
}
