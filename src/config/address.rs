//! Where senders reach an integration.

use secrecy::ExposeSecret as _;

use super::integrations::Integration;
use super::root::Config;

impl Config {
    /// The address of an integration, its token included: what is pasted into the sender.
    pub fn address_of(&self, integration: &Integration) -> String {
        self.address_with(integration, integration.token.expose_secret())
    }

    /// The same for logs: whoever knows the token may send alerts.
    pub fn masked_address_of(&self, integration: &Integration) -> String {
        self.address_with(integration, "TOKEN")
    }

    fn address_with(&self, integration: &Integration, token: &str) -> String {
        format!("{}/integrations/v1/{}/{token}/", self.base_url(), integration.kind)
    }

    /// Whether senders on other machines have no way to reach the integrations, as far as the config tells.
    pub fn reached_from_here_only(&self) -> bool {
        self.server.public_url.is_none() && self.server.listen.ip().is_loopback()
    }

    /// `server.public_url`, else this machine at the port it listens at.
    fn base_url(&self) -> String {
        if let Some(url) = &self.server.public_url {
            return url.as_str().trim_end_matches('/').to_owned();
        }
        let listen = self.server.listen;
        if listen.ip().is_unspecified() {
            let name = rustix::system::uname().nodename().to_string_lossy().into_owned();
            return format!("http://{name}:{}", listen.port());
        }
        format!("http://{listen}")
    }
}
