//! The config: YAML files, `${VAR}` and secret files become one checked [`Config`], or every mistake is told at once.
//!
//! - One file a section. A section names each key once, with kind, default and sentence (see [`crate::yaml`]); the
//!   JSON Schema comes from the same lines.
//! - [`Loader`] reads files, folders and URLs; [`ConfigWatch`] looks for changes and swaps atomically: a broken new
//!   config is told, and the old one stays in force.
//! - Secrets are [`secrecy::SecretString`]s and are never shown: not in Debug, not in a finding, not in the schema.
//!
//! A new section: a file with a struct that implements [`crate::yaml::Section`], one line in `root.rs`.

mod address;
mod alert_groups;
mod alertmanager;
mod api;
mod incidents;
mod inhibit;
mod integrations;
mod kinds;
mod load;
mod people;
mod receivers;
mod remarks;
mod remote;
mod root;
mod routing;
mod server;
mod slack;
mod slack_configs;
mod time_intervals;
mod watch;

pub use alert_groups::{AckReminder, AlertGroupsConfig, SilencePreset};
pub use api::{ApiConfig, ApiToken};
pub use incidents::IncidentsConfig;
pub use integrations::{Integration, RateLimit};
pub use load::{LoadError, Loaded, Loader, Need, load_str};
pub use people::{Rights, User, Who};
pub use receivers::{Link, Receiver, SlackReceiver};
pub use root::Config;
pub use server::{DEFAULT_STORE_URL, ServerConfig, StoreConfig};
pub use slack::{SlackConfig, SlackMode, SlackRate};
pub use watch::{ConfigWatch, Polled, ReloadState};

/// The JSON Schema of the config, for editors.
pub fn json_schema() -> serde_json::Value {
    crate::yaml::schema::document::<root::Root>("Firebell's config")
}
