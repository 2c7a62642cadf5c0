//! `store` and `server`: what this process stands on. Both are read at the start only.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::kinds;
use crate::yaml::{Fields, Problem, Section};

/// Where the state is kept.
#[derive(Clone)]
pub struct StoreConfig {
    /// `sqlite://…` or `postgres://…`; secret, because it may hold a password.
    pub url: SecretString,
    /// How long resolved alert groups and their events are kept.
    pub retention: Duration,
}

/// The database when none is named: a file in the working directory.
pub const DEFAULT_STORE_URL: &str = "sqlite://firebell.db";

impl StoreConfig {
    /// The database file, if it is SQLite.
    pub fn sqlite_path(&self) -> Option<PathBuf> {
        sqlite_path(self.url.expose_secret())
    }

    /// The address without its password, for people.
    pub fn shown_url(&self) -> String {
        without_password(self.url.expose_secret())
    }
}

impl fmt::Debug for StoreConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoreConfig")
            .field("url", &self.shown_url())
            .field("retention", &self.retention)
            .finish()
    }
}

pub(super) fn sqlite_path(url: &str) -> Option<PathBuf> {
    let path = url.strip_prefix("sqlite://").or_else(|| url.strip_prefix("sqlite:"))?;
    Some(PathBuf::from(path.split('?').next().unwrap_or(path)))
}

/// Scheme, host and path of an address: neither its user nor what follows `?`.
pub(super) fn without_password(url: &str) -> String {
    let url = url.split(['?', '#']).next().unwrap_or(url);
    match url.split_once("://") {
        Some((scheme, rest)) => {
            format!("{scheme}://{}", rest.rsplit_once('@').map_or(rest, |(_, host)| host))
        }
        None => url.to_owned(),
    }
}

fn store_url(url: &str) -> Result<(), Problem> {
    let hint = "write sqlite://firebell.db or postgres://user@host/database";
    if url.starts_with("postgres://") || url.starts_with("postgresql://") {
        return match Url::parse(url) {
            Ok(url) if !url.has_host() && url.path().len() <= 1 => {
                Err(Problem::new("it names neither a host nor a database").hint(hint))
            }
            Ok(_) => Ok(()),
            Err(error) => Err(Problem::new(error.to_string()).hint(hint)),
        };
    }
    match sqlite_path(url) {
        Some(path) if !path.as_os_str().is_empty() => Ok(()),
        Some(_) => Err(Problem::new("it names no file").hint(hint)),
        None => Err(Problem::new("it begins neither with sqlite:// nor with postgres://").hint(hint)),
    }
}

impl Section for StoreConfig {
    const NAME: &'static str = "store";
    const ABOUT: &'static str = "Where the state is kept. A change needs a restart.";

    fn read(f: &mut Fields<'_, '_>) -> Option<Self> {
        let url = f.secret(
            "url",
            "sqlite://FILE (default sqlite://firebell.db) or postgres://… for several replicas on one database.",
            store_url,
        );
        let retention = f.or(
            "retention",
            "How long resolved alert groups and what happened to them are kept. Incidents are never deleted, nor are their messages, timelines and alert groups: they are what one looks up years later.",
            &kinds::longer_span(),
            "180d",
        );
        Some(Self {
            url: url?.unwrap_or_else(|| SecretString::from(DEFAULT_STORE_URL)),
            retention: retention?,
        })
    }
}

/// The web server.
#[derive(Clone, Debug)]
pub struct ServerConfig {
    pub listen: SocketAddr,
    /// How others reach it, for links in messages; nothing needs it in Socket Mode.
    pub public_url: Option<Url>,
    pub max_body_bytes: u64,
}

impl Section for ServerConfig {
    const NAME: &'static str = "server";
    const ABOUT: &'static str = "The web server that takes alerts in.";

    fn read(f: &mut Fields<'_, '_>) -> Option<Self> {
        let listen = f.or(
            "listen",
            "IP and port to listen at. A change needs a restart.",
            &kinds::listen(),
            "127.0.0.1:8080",
        );
        let public_url = f.optional(
            "public_url",
            "How others reach this server, for links in messages.",
            &kinds::web_url(),
        );
        let max_body = f.or("max_body", "The longest request body that is taken.", &kinds::bytes(), "10MiB");
        Some(Self { listen: listen?, public_url: public_url?, max_body_bytes: max_body? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        for (url, path) in [
            ("sqlite://firebell.db", Some("firebell.db")),
            ("sqlite:///var/lib/f.db?mode=rwc", Some("/var/lib/f.db")),
            ("sqlite:f.db", Some("f.db")),
            ("postgres://u:p@h/db", None),
        ] {
            assert!(store_url(url).is_ok(), "{url}");
            assert_eq!(sqlite_path(url), path.map(PathBuf::from), "{url}");
        }
        for url in ["firebell.db", "sqlite://", "mysql://h/db", "postgres://"] {
            assert!(store_url(url).is_err(), "{url}");
        }
        assert_eq!(without_password("postgres://u:p@h:5432/db?sslmode=x&password=y"), "postgres://h:5432/db");
    }
}
