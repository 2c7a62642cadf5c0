//! The proxies on the way to Slack: those of the environment (`HTTPS_PROXY`, `ALL_PROXY`, `NO_PROXY` …, as curl reads
//! them), for the calls and for the websockets alike, and none on the way to this machine.

use anyhow::Context as _;
use axum::http::Uri;
use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use url::Url;

use crate::net::is_loopback;

/// Which proxies there are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Proxies {
    /// Those of the environment.
    #[default]
    OfEnvironment,
    /// This one for everything, whatever the environment says.
    Only(String),
}

impl Proxies {
    /// Sets a client for calls of `base` up.
    pub(super) fn set_up(
        &self,
        client: reqwest::ClientBuilder,
        base: &Url,
    ) -> anyhow::Result<reqwest::ClientBuilder> {
        Ok(match self {
            _ if is_loopback(base) => client.no_proxy(),
            Self::OfEnvironment => client,
            Self::Only(url) => client.proxy(reqwest::Proxy::all(url).context("this is no proxy's address")?),
        })
    }

    /// The proxy on the way to a websocket's address.
    pub(in crate::slack) fn on_the_way_to(&self, url: &Url) -> Option<Intercept> {
        if is_loopback(url) {
            return None;
        }
        let matcher = match self {
            Self::OfEnvironment => Matcher::from_env(),
            Self::Only(url) => Matcher::builder().all(url.as_str()).build(),
        };
        // Proxies are set for what the web calls the same way.
        let scheme = if url.scheme() == "wss" { "https" } else { "http" };
        let uri: Uri = format!("{scheme}://{}/", url.authority()).parse().ok()?;
        matcher.intercept(&uri)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn websockets_go_as_calls_do_and_never_by_a_proxy_to_ourselves() {
        let proxies = Proxies::Only("http://user:geheim@proxy.example:3128".to_owned());
        let way = |url: &str| {
            let way = proxies.on_the_way_to(&Url::parse(url).unwrap());
            way.map(|way| (way.uri().to_string(), way.basic_auth().is_some()))
        };
        let proxy = Some(("http://proxy.example:3128/".to_owned(), true));
        assert_eq!(way("wss://wss-primary.slack.com/link/?ticket=1"), proxy);
        assert_eq!(way("ws://slack.example:81/link"), proxy);
        assert_eq!(way("ws://127.0.0.1:3330/link"), None);
        assert_eq!(way("ws://localhost:3330/link"), None);
    }
}
