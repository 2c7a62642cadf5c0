//! Who did something: a person, the source of the alerts, or Firebell itself.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Written `slack:U123`, `integration:grafana`, `api:deploy` or `firebell` in rows and exports.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Actor {
    /// A person, by Slack's user id.
    Person(String),
    /// The integration whose sender said so.
    Integration(String),
    /// The holder of a named API token.
    Api(String),
    /// A rule, a timer, a start-up.
    Firebell,
}

impl Actor {
    /// The Slack user id, if a person did it.
    pub fn slack_id(&self) -> Option<&str> {
        match self {
            Self::Person(id) => Some(id),
            _ => None,
        }
    }

    pub fn parse(text: &str) -> Self {
        match text.split_once(':') {
            Some(("slack", id)) => Self::Person(id.to_owned()),
            Some(("integration", name)) => Self::Integration(name.to_owned()),
            Some(("api", name)) => Self::Api(name.to_owned()),
            _ => Self::Firebell,
        }
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Person(id) => write!(f, "slack:{id}"),
            Self::Integration(name) => write!(f, "integration:{name}"),
            Self::Api(name) => write!(f, "api:{name}"),
            Self::Firebell => f.write_str("firebell"),
        }
    }
}

impl Serialize for Actor {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Actor {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self::parse(&text))
    }
}

/// From where a person did it, told in the thread ("from the button", "by command").
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Via {
    Button,
    Command,
    Mention,
    Reaction,
    Shortcut,
    Form,
    Api,
    Source,
    Timer,
}

impl Via {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Button => "button",
            Self::Command => "command",
            Self::Mention => "mention",
            Self::Reaction => "reaction",
            Self::Shortcut => "shortcut",
            Self::Form => "form",
            Self::Api => "api",
            Self::Source => "source",
            Self::Timer => "timer",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_actor_survives_its_row() {
        for actor in [
            Actor::Person("U1".to_owned()),
            Actor::Integration("grafana:eu".to_owned()),
            Actor::Api("deploy".to_owned()),
            Actor::Firebell,
        ] {
            assert_eq!(Actor::parse(&actor.to_string()), actor);
        }
    }
}
