//! The app manifest: what somebody pastes into "Create an app from a manifest" (docs.slack.dev/reference/app-manifest).
//!
//! What the app needs is given as lists, so that it can be made from the registries of commands, actions and events.

use serde_json::{Map, Value, json};

/// How Slack reaches us.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Transport {
    Socket,
    /// The public address of this server, without `/slack/…`.
    Http {
        public_url: String,
    },
}

/// A slash command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlashCommand {
    /// With its slash.
    pub command: String,
    pub description: String,
    pub usage_hint: String,
}

/// A shortcut: from a message's menu, or from anywhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shortcut {
    pub name: String,
    pub callback_id: String,
    pub description: String,
    pub on_message: bool,
}

/// What the app is and needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManifestSpec {
    pub name: String,
    pub description: String,
    /// `#rrggbb`, dark enough for white letters.
    pub background_color: String,
    pub commands: Vec<SlashCommand>,
    pub shortcuts: Vec<Shortcut>,
    pub bot_scopes: Vec<String>,
    pub bot_events: Vec<String>,
    pub transport: Transport,
}

impl ManifestSpec {
    /// An app called Firebell with nothing but its command `/firebell`.
    pub fn new(transport: Transport) -> Self {
        Self {
            name: "Firebell".to_owned(),
            description: "Alerts and incidents: who has it, what changed, what is next".to_owned(),
            background_color: "#9e1b1b".to_owned(),
            commands: vec![SlashCommand {
                command: "/firebell".to_owned(),
                description: "Alerts, incidents and silences; try /firebell help".to_owned(),
                usage_hint: "help | alerts | ack 5 | declare …".to_owned(),
            }],
            shortcuts: Vec::new(),
            bot_scopes: Vec::new(),
            bot_events: Vec::new(),
            transport,
        }
    }
}

/// A manifest that Slack will take.
#[derive(Clone, Debug, PartialEq)]
pub struct Manifest(Value);

/// Everything that Slack would refuse, with where it stands.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Slack would refuse this manifest:\n{}", .0.join("\n"))]
pub struct ManifestError(pub Vec<String>);

impl Manifest {
    /// Makes the manifest, or says everything that is wrong with it.
    pub fn new(spec: &ManifestSpec) -> Result<Self, ManifestError> {
        let faults = faults(spec);
        if faults.is_empty() { Ok(Self(build(spec))) } else { Err(ManifestError(faults)) }
    }

    /// As data.
    pub fn as_value(&self) -> &Value {
        &self.0
    }

    /// As JSON text.
    pub fn to_json(&self) -> String {
        format!("{:#}\n", self.0)
    }

    /// As YAML text.
    pub fn to_yaml(&self) -> anyhow::Result<String> {
        Ok(serde_saphyr::to_string(&self.0)?)
    }
}

/// Lists are sorted and without repetitions, so that the text changes only when the app does.
fn sorted(list: &[String]) -> Vec<&str> {
    let mut list: Vec<&str> = list.iter().map(String::as_str).collect();
    list.sort_unstable();
    list.dedup();
    list
}

fn build(spec: &ManifestSpec) -> Value {
    let url = |path: &str| match &spec.transport {
        Transport::Socket => None,
        Transport::Http { public_url } => {
            Some(Value::from(format!("{}{path}", public_url.trim_end_matches('/'))))
        }
    };
    let with = |mut fields: Value, urls: &[(&str, &str)]| {
        if let Value::Object(fields) = &mut fields {
            fields.extend(urls.iter().filter_map(|(name, path)| Some(((*name).to_owned(), url(path)?))));
        }
        fields
    };
    let mut features = Map::new();
    features.insert(
        "app_home".to_owned(),
        json!({"home_tab_enabled": true, "messages_tab_enabled": true, "messages_tab_read_only_enabled": false}),
    );
    features.insert("bot_user".to_owned(), json!({"display_name": spec.name, "always_online": true}));
    if !spec.shortcuts.is_empty() {
        let shortcuts = spec.shortcuts.iter().map(|it| {
            let kind = if it.on_message { "message" } else { "global" };
            json!({"name": it.name, "type": kind, "callback_id": it.callback_id, "description": it.description})
        });
        features.insert("shortcuts".to_owned(), shortcuts.collect());
    }
    if !spec.commands.is_empty() {
        let commands = spec.commands.iter().map(|it| {
            let mut command = json!({"command": it.command, "description": it.description});
            if !it.usage_hint.is_empty() {
                command["usage_hint"] = json!(it.usage_hint);
            }
            // With it a typed @name arrives as <@U123|name>, without it as mere text.
            command["should_escape"] = json!(true);
            with(command, &[("url", "/slack/commands")])
        });
        features.insert("slash_commands".to_owned(), commands.collect());
    }
    let events = json!({"bot_events": sorted(&spec.bot_events)});
    let interactivity =
        [("request_url", "/slack/interactions"), ("message_menu_options_url", "/slack/options")];
    json!({
        "_metadata": {"major_version": 2, "minor_version": 1},
        "display_information": {
            "name": spec.name,
            "description": spec.description,
            "background_color": spec.background_color,
        },
        "features": features,
        "oauth_config": {"scopes": {"bot": sorted(&spec.bot_scopes)}},
        "settings": {
            "event_subscriptions": with(events, &[("request_url", "/slack/events")]),
            "interactivity": with(json!({"is_enabled": true}), &interactivity),
            "org_deploy_enabled": false,
            "socket_mode_enabled": spec.transport == Transport::Socket,
            "token_rotation_enabled": false,
        },
    })
}

/// The rules of github.com/slackapi/manifest-schema that what we fill in can break.
fn faults(spec: &ManifestSpec) -> Vec<String> {
    let mut faults = Vec::new();
    let mut text = |place: String, text: &str, min: usize, max: usize| {
        let length = text.chars().count();
        if length < min || length > max {
            faults.push(format!("{place}: {length} characters, allowed are {min} to {max}"));
        }
    };
    text("name".to_owned(), &spec.name, 1, 35);
    text("description".to_owned(), &spec.description, 1, 140);
    for it in &spec.commands {
        text(format!("command {}", it.command), &it.command, 2, 32);
        text(format!("command {}: description", it.command), &it.description, 1, 2_000);
        text(format!("command {}: usage hint", it.command), &it.usage_hint, 0, 1_000);
    }
    for it in &spec.shortcuts {
        text(format!("shortcut {:?}: name", it.name), &it.name, 1, 24);
        text(format!("shortcut {:?}: callback_id", it.name), &it.callback_id, 1, 255);
        text(format!("shortcut {:?}: description", it.name), &it.description, 1, 150);
    }
    for it in &spec.bot_scopes {
        text(format!("scope {it}"), it, 1, 50);
    }
    for it in &spec.bot_events {
        text(format!("event {it}"), it, 1, 50);
    }
    for it in &spec.commands {
        let word = it.command.strip_prefix('/').unwrap_or("");
        let allowed = |c: char| c.is_lowercase() || c.is_numeric() || matches!(c, '-' | '_');
        if word.is_empty() || !word.chars().all(allowed) {
            let rule = "a slash and then small letters, digits, - or _";
            faults.push(format!("command {}: must be {rule}, like /firebell", it.command));
        }
    }
    let mut many = |place: &str, count: usize, max: usize| {
        if count > max {
            faults.push(format!("{place}: {count}, at most {max} are allowed"));
        }
    };
    many("commands", spec.commands.len(), 50);
    many("shortcuts", spec.shortcuts.len(), 10);
    many("scopes", sorted(&spec.bot_scopes).len(), 255);
    many("events", sorted(&spec.bot_events).len(), 100);
    let digits = spec.background_color.strip_prefix('#').unwrap_or("");
    if !matches!(digits.len(), 3 | 6) || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        faults.push(format!("background colour {:?}: must be like #9e1b1b", spec.background_color));
    }
    if let Transport::Http { public_url } = &spec.transport {
        let is_web = url::Url::parse(public_url).is_ok_and(|url| {
            let here = matches!(url.host_str(), Some("localhost" | "127.0.0.1"));
            let encrypted = url.scheme() == "https" || (url.scheme() == "http" && here);
            encrypted && url.has_host() && url.query().is_none() && !url.path().contains("/slack/")
        });
        if !is_web || public_url.len() > 2_900 {
            faults.push(format!(
                "public URL {public_url:?}: must be like https://firebell.example.com, without /slack/…"
            ));
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    fn full(transport: Transport) -> ManifestSpec {
        let list = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        ManifestSpec {
            shortcuts: vec![Shortcut {
                name: "Add as note".to_owned(),
                callback_id: "add_note".to_owned(),
                description: "Put this message into the timeline".to_owned(),
                on_message: true,
            }],
            bot_scopes: list(&["commands", "chat:write", "chat:write"]),
            bot_events: list(&["message.channels", "app_mention"]),
            ..ManifestSpec::new(transport)
        }
    }

    #[test]
    fn over_the_socket_there_is_no_address() {
        let manifest = Manifest::new(&full(Transport::Socket)).unwrap();
        let settings = &manifest.as_value()["settings"];
        assert_eq!(settings["socket_mode_enabled"], true);
        assert_eq!(
            settings["event_subscriptions"],
            json!({"bot_events": ["app_mention", "message.channels"]})
        );
        assert_eq!(manifest.as_value()["oauth_config"]["scopes"]["bot"], json!(["chat:write", "commands"]));
        assert!(!manifest.to_json().contains("url"));
    }

    #[test]
    fn over_http_every_part_has_its_address() {
        let transport = Transport::Http { public_url: "https://bell.example.com/".to_owned() };
        let manifest = Manifest::new(&full(transport)).unwrap();
        let at = |pointer: &str| manifest.as_value().pointer(pointer).and_then(Value::as_str).unwrap_or("");
        for (pointer, path) in [
            ("/settings/event_subscriptions/request_url", "events"),
            ("/settings/interactivity/request_url", "interactions"),
            ("/settings/interactivity/message_menu_options_url", "options"),
            ("/features/slash_commands/0/url", "commands"),
        ] {
            assert_eq!(at(pointer), format!("https://bell.example.com/slack/{path}"));
        }
        assert_eq!(manifest.as_value()["settings"]["socket_mode_enabled"], false);
    }

    #[test]
    fn yaml_says_the_same_as_json() {
        for spec in [full(Transport::Socket), ManifestSpec::new(Transport::Socket)] {
            let manifest = Manifest::new(&spec).unwrap();
            let yaml: Value = serde_saphyr::from_str(&manifest.to_yaml().unwrap()).unwrap();
            let json: Value = serde_json::from_str(&manifest.to_json()).unwrap();
            assert_eq!((&yaml, &json), (manifest.as_value(), manifest.as_value()));
        }
    }

    #[test]
    fn everything_that_slack_would_refuse_is_said_at_once() {
        let mut spec = full(Transport::Http { public_url: "bell.example.com".to_owned() });
        spec.name = "x".repeat(36);
        spec.background_color = "red".to_owned();
        spec.commands[0].command = "firebell me".to_owned();
        spec.shortcuts[0].name = "x".repeat(25);
        spec.shortcuts[0].description = String::new();
        let error = Manifest::new(&spec).unwrap_err();
        assert_eq!(error.0.len(), 6, "{error}");
        assert!(error.to_string().contains("like /firebell"));
    }
}
