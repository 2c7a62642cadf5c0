//! What the Slack app must be allowed, from what is used: methods, events, shortcuts, commands. A test compares the
//! tables here with the code.

mod scopes;

use serde_json::Value;

pub use scopes::{SCOPES, Scope};

use crate::domain::rules::is_about_incidents;
use crate::slack::manifest::{Manifest, ManifestSpec, Shortcut, SlashCommand, Transport};

/// A method of Slack's Web API and the bot scopes it needs (docs.slack.dev/reference/methods).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Method {
    pub name: &'static str,
    pub scopes: &'static [&'static str],
}

const fn method(name: &'static str, scopes: &'static [&'static str]) -> Method {
    Method { name, scopes }
}

/// Every method that is called. Those without scopes work with any token.
pub const METHODS: &[Method] = &[
    method("apps.connections.open", &[]), // the app-level token's `connections:write`, not a bot scope
    method("auth.test", &[]),
    method("bookmarks.add", &["bookmarks:write"]),
    // After an unclear end we look whether the bookmark is there.
    method("bookmarks.list", &["bookmarks:read"]),
    // An alert group that is detached takes its bookmarks along.
    method("bookmarks.remove", &["bookmarks:write"]),
    // `public`: an alert must not be lost because nobody invited the bot. Private channels still need the invitation.
    method("chat.postMessage", &["chat:write", "chat:write.public"]),
    method("chat.postEphemeral", &["chat:write"]),
    method("chat.update", &["chat:write"]),
    method("conversations.archive", &["channels:manage", "groups:write"]),
    method("conversations.create", &["channels:manage", "groups:write"]),
    // After an unclear end we look whether a message arrived: public and private channels, direct messages.
    method("conversations.history", &["channels:history", "groups:history", "im:history"]),
    method("conversations.replies", &["channels:history", "groups:history", "im:history"]),
    method("conversations.info", &["channels:read", "groups:read"]),
    method("conversations.invite", &["channels:manage", "groups:write"]),
    // Adopting a public channel; into a private one somebody invites the bot.
    method("conversations.join", &["channels:join"]),
    method("conversations.list", &["channels:read", "groups:read"]),
    method("conversations.open", &["im:write"]),
    // A new title may give its channel a new name.
    method("conversations.rename", &["channels:manage", "groups:write"]),
    method("conversations.setPurpose", &["channels:manage", "groups:write"]),
    method("conversations.setTopic", &["channels:manage", "groups:write"]),
    method("files.completeUploadExternal", &["files:write"]),
    // A record that holds words which were redacted goes.
    method("files.delete", &["files:write"]),
    method("pins.add", &["pins:write"]),
    method("reactions.add", &["reactions:write"]),
    method("reactions.remove", &["reactions:write"]),
    method("usergroups.list", &["usergroups:read"]),
    method("usergroups.users.list", &["usergroups:read"]),
    // Guests are shown what the channels they are in show.
    method("users.conversations", &["channels:read", "groups:read"]),
    method("users.info", &["users:read"]),
    method("users.list", &["users:read"]),
    method("users.lookupByEmail", &["users:read", "users:read.email"]),
    method("views.open", &[]),
    method("views.publish", &[]),
    method("views.update", &[]),
];

/// An event that is listened to and the scope it needs, if any (docs.slack.dev/reference/events).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listened {
    pub event: &'static str,
    pub scope: Option<&'static str>,
}

/// Every event that something is done about.
pub const EVENTS: &[Listened] = &[
    Listened { event: "app_home_opened", scope: None },
    Listened { event: "app_mention", scope: Some("app_mentions:read") },
    // What is said and done in the channels of incidents, so that their timelines are whole.
    Listened { event: "channel_archive", scope: Some("channels:read") },
    Listened { event: "channel_left", scope: Some("channels:read") },
    Listened { event: "channel_rename", scope: Some("channels:read") },
    Listened { event: "channel_unarchive", scope: Some("channels:read") },
    Listened { event: "group_archive", scope: Some("groups:read") },
    Listened { event: "group_left", scope: Some("groups:read") },
    Listened { event: "group_rename", scope: Some("groups:read") },
    Listened { event: "group_unarchive", scope: Some("groups:read") },
    Listened { event: "member_joined_channel", scope: Some("channels:read") },
    Listened { event: "message.channels", scope: Some("channels:history") },
    Listened { event: "message.groups", scope: Some("groups:history") },
    // Words typed to the bot alone: whoever is called by a direct message answers there.
    Listened { event: "message.im", scope: Some("im:history") },
    Listened { event: "pin_added", scope: Some("pins:read") },
    Listened { event: "pin_removed", scope: Some("pins:read") },
    Listened { event: "reaction_added", scope: Some("reactions:read") },
    Listened { event: "reaction_removed", scope: Some("reactions:read") },
];

/// Shortcuts in the menu of a message: callback id, name, description.
pub const SHORTCUTS: &[(&str, &str, &str)] = &[
    ("add_note", "Add as note", "Keep this message as a note in the timeline of its alert"),
    ("declare_incident", "Declare incident", "Make an incident of what this message tells"),
    (
        "redact_message",
        "Redact",
        "Take this message out of its incident's timeline, search and record for good",
    ),
];

/// The aliases of the shipped manifest: the words that people who were on call elsewhere try first.
pub const ALIASES: [&str; 2] = ["/incident", "/oncall"];

/// The scope of slash commands.
const COMMANDS_SCOPE: &str = "commands";

/// What the app is and needs under this root command and its aliases.
pub fn spec(command: &str, aliases: &[String], transport: Transport) -> ManifestSpec {
    let mut names: Vec<&str> = vec![command];
    for alias in aliases {
        if !names.contains(&alias.as_str()) {
            names.push(alias);
        }
    }
    let commands = names.into_iter().map(slash_command).collect();
    let scopes = METHODS
        .iter()
        .flat_map(|method| method.scopes.iter().copied())
        .chain(EVENTS.iter().filter_map(|listened| listened.scope))
        .chain([COMMANDS_SCOPE]);
    let shortcuts = SHORTCUTS.iter().map(|(callback_id, name, description)| Shortcut {
        name: (*name).to_owned(),
        callback_id: (*callback_id).to_owned(),
        description: (*description).to_owned(),
        on_message: true,
    });
    ManifestSpec {
        commands,
        shortcuts: shortcuts.collect(),
        bot_scopes: scopes.map(str::to_owned).collect(),
        bot_events: EVENTS.iter().map(|listened| listened.event.to_owned()).collect(),
        ..ManifestSpec::new(transport)
    }
}

/// A command as Slack offers it to whoever types its beginning: what it is for, and how it goes on.
fn slash_command(name: &str) -> SlashCommand {
    let (description, usage_hint) = if is_about_incidents(name) {
        let hint = "declare SEV2 what is wrong | status identified | resolve | help";
        ("Incidents: declare one, say how far it is", hint)
    } else {
        let hint = "alerts | ack 5 | ack all | resolve 5 | silence 5 2h | help";
        ("Alerts and incidents: who has it, what is next", hint)
    };
    SlashCommand {
        command: name.to_owned(),
        description: format!("{description}; try {name} help"),
        usage_hint: usage_hint.to_owned(),
    }
}

/// The manifest of an app over Socket Mode, as data: for the demo's Slack.
pub fn socket(command: &str, aliases: &[String]) -> anyhow::Result<Value> {
    Ok(Manifest::new(&spec(command, aliases, Transport::Socket))?.as_value().clone())
}

#[cfg(test)]
mod tests;
