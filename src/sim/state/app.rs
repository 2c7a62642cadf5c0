//! The one app of the simulated workspace: its manifest, tokens and addresses.

use serde_json::{Value, json};

/// An app manifest, given by the caller as JSON (DOC reference/app-manifest).
#[derive(Clone, Debug, PartialEq)]
pub struct Manifest(Value);

impl Manifest {
    /// Takes a manifest as it is.
    pub fn from_value(manifest: Value) -> Self {
        Self(manifest)
    }

    /// An app that may do and hear everything this simulator knows; for whoever has no manifest at hand.
    pub fn everything(name: &str, commands: &[&str]) -> Self {
        let commands: Vec<Value> =
            commands.iter().map(|c| json!({"command": c, "description": "A command"})).collect();
        Self(json!({
            "display_information": {"name": name},
            "features": {
                "bot_user": {"display_name": name},
                "app_home": {"home_tab_enabled": true, "messages_tab_enabled": true, "messages_tab_read_only_enabled": false},
                "slash_commands": commands,
            },
            "oauth_config": {"scopes": {"bot": ALL_SCOPES}},
            "settings": {
                "socket_mode_enabled": true,
                "interactivity": {"is_enabled": true},
                "event_subscriptions": {"bot_events": ALL_EVENTS},
            },
        }))
    }

    pub fn value(&self) -> &Value {
        &self.0
    }

    fn strings(&self, pointer: &str) -> impl Iterator<Item = &str> {
        self.0.pointer(pointer).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
    }

    /// The bot token's scopes.
    pub fn scopes(&self) -> impl Iterator<Item = &str> {
        self.strings("/oauth_config/scopes/bot")
    }

    pub fn has_scope(&self, scope: &str) -> bool {
        self.scopes().any(|s| s == scope)
    }

    pub fn subscribes_to(&self, event: &str) -> bool {
        self.strings("/settings/event_subscriptions/bot_events").any(|e| e == event)
    }

    pub fn commands(&self) -> &[Value] {
        self.0.pointer("/features/slash_commands").and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    pub fn shortcuts(&self) -> &[Value] {
        self.0.pointer("/features/shortcuts").and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    pub fn command(&self, word: &str) -> Option<&Value> {
        self.commands().iter().find(|c| c["command"] == word)
    }

    pub fn shortcut(&self, callback_id: &str) -> Option<&Value> {
        self.shortcuts().iter().find(|s| s["callback_id"] == callback_id)
    }

    fn flag(&self, pointer: &str) -> bool {
        self.0.pointer(pointer).and_then(Value::as_bool).unwrap_or(false)
    }

    pub fn home_enabled(&self) -> bool {
        self.flag("/features/app_home/home_tab_enabled")
    }

    pub fn messages_tab_enabled(&self) -> bool {
        self.flag("/features/app_home/messages_tab_enabled")
    }

    pub fn socket_mode(&self) -> bool {
        self.flag("/settings/socket_mode_enabled")
    }

    pub fn interactivity(&self) -> bool {
        self.flag("/settings/interactivity/is_enabled")
    }

    pub fn events_url(&self) -> Option<&str> {
        self.0.pointer("/settings/event_subscriptions/request_url").and_then(Value::as_str)
    }

    pub fn interactivity_url(&self) -> Option<&str> {
        self.0.pointer("/settings/interactivity/request_url").and_then(Value::as_str)
    }

    pub fn options_url(&self) -> Option<&str> {
        self.0.pointer("/settings/interactivity/message_menu_options_url").and_then(Value::as_str)
    }
}

/// The app installed in the workspace.
#[derive(Clone, Debug, PartialEq)]
pub struct App {
    pub id: String,
    pub bot_id: String,
    pub bot_user: String,
    pub manifest: Manifest,
    pub bot_token: String,
    pub app_token: String,
    pub signing_secret: String,
    /// Tokens of people (`xoxp-…`) → user id, for clients that act as one.
    pub user_tokens: std::collections::BTreeMap<String, String>,
    /// Revoked: every call answers `token_revoked`.
    pub revoked: bool,
}

impl App {
    pub fn new(manifest: Manifest) -> Self {
        Self {
            id: "A0SIM00001".to_owned(),
            bot_id: "B0SIM00001".to_owned(),
            bot_user: "U0SIMBOT01".to_owned(),
            manifest,
            bot_token: "xoxb-test".to_owned(),
            app_token: "xapp-test".to_owned(),
            signing_secret: "sim-signing-secret".to_owned(),
            user_tokens: std::collections::BTreeMap::new(),
            revoked: false,
        }
    }

    pub fn name(&self) -> String {
        let name = self.manifest.0.pointer("/display_information/name").and_then(Value::as_str);
        name.unwrap_or("App").to_owned()
    }

    pub fn bot_name(&self) -> String {
        let name = self.manifest.0.pointer("/features/bot_user/display_name").and_then(Value::as_str);
        name.map_or_else(|| self.name(), str::to_owned)
    }

    /// The `bot_profile` that messages of the bot carry.
    pub fn bot_profile(&self, team: &str) -> Value {
        json!({"id": self.bot_id, "deleted": false, "name": self.bot_name(), "updated": 0, "app_id": self.id,
               "user_id": self.bot_user, "team_id": team,
               "icons": {"image_36": "", "image_48": "", "image_72": ""}})
    }
}

/// Every bot scope that a method here asks for.
pub(super) const ALL_SCOPES: &[&str] = &[
    "app_mentions:read",
    "bookmarks:read",
    "bookmarks:write",
    "channels:history",
    "channels:join",
    "channels:manage",
    "channels:read",
    "chat:write",
    "chat:write.customize",
    "chat:write.public",
    "commands",
    "files:read",
    "files:write",
    "groups:history",
    "groups:read",
    "groups:write",
    "im:history",
    "im:read",
    "im:write",
    "mpim:history",
    "mpim:read",
    "mpim:write",
    "pins:read",
    "pins:write",
    "reactions:read",
    "reactions:write",
    "team:read",
    "usergroups:read",
    "usergroups:write",
    "users:read",
    "users:read.email",
];

/// Every bot event that can happen here.
pub(super) const ALL_EVENTS: &[&str] = &[
    "app_home_opened",
    "app_mention",
    "channel_archive",
    "channel_created",
    "channel_left",
    "channel_rename",
    "channel_unarchive",
    "file_shared",
    "group_archive",
    "group_left",
    "group_rename",
    "group_unarchive",
    "member_joined_channel",
    "member_left_channel",
    "message.channels",
    "message.groups",
    "message.im",
    "message.mpim",
    "pin_added",
    "pin_removed",
    "reaction_added",
    "reaction_removed",
    "subteam_created",
    "subteam_members_changed",
    "subteam_updated",
    "team_join",
    "user_change",
];
