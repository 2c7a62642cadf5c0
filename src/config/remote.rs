//! A config that lives at a URL, and the copy of it that a restart uses while the URL is down.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use sha2::{Digest, Sha256};
use url::{Host, Url};

use crate::limits;

/// Whether a config may come from there: https, or http from this machine.
pub(super) fn is_allowed(url: &Url) -> bool {
    let loopback = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    };
    url.scheme() == "https" && url.has_host() || url.scheme() == "http" && loopback
}

/// Reads the text at the URL.
pub(super) async fn fetch(url: &Url) -> anyhow::Result<String> {
    // Fails only if it was done already, which is as good.
    _ = rustls::crypto::ring::default_provider().install_default();
    let redirects = reqwest::redirect::Policy::custom(|attempt| {
        if attempt.previous().len() > 5 || !is_allowed(attempt.url()) {
            attempt.stop()
        } else {
            attempt.follow()
        }
    });
    let client = reqwest::Client::builder()
        .timeout(Duration::from_millis(limits::CONFIG_URL_TIMEOUT_MS))
        .redirect(redirects)
        .user_agent(concat!("firebell/", env!("CARGO_PKG_VERSION")))
        .build()
        .context("no HTTP client could be made")?;
    // reqwest's errors repeat the URL, which may hold a password.
    let mut response = client.get(url.clone()).send().await.map_err(reqwest::Error::without_url)?;
    ensure!(response.status().is_success(), "the server answered {}", response.status());
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(reqwest::Error::without_url)? {
        body.extend_from_slice(&chunk);
        if body.len() as u64 > limits::CONFIG_BYTES {
            bail!("it is longer than {} bytes", limits::CONFIG_BYTES);
        }
    }
    String::from_utf8(body).context("it is not UTF-8 text")
}

/// The file in `folder` that keeps the last good text of this URL.
pub(super) fn copy_path(folder: &Path, url: &Url) -> PathBuf {
    let hash: String = Sha256::digest(url.as_str()).iter().take(6).map(|b| format!("{b:02x}")).collect();
    folder.join(format!("firebell-config-{hash}.copy"))
}

/// Keeps a text as the last good one: readable by its owner only, and either the whole of it or the one before.
pub(super) fn keep_copy(path: &Path, text: &str) -> std::io::Result<()> {
    if std::fs::read_to_string(path).is_ok_and(|have| have == text) {
        return Ok(());
    }
    let new = path.with_extension("copy.new");
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&new)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    std::fs::rename(new, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_https_or_this_machine() {
        for (url, allowed) in [
            ("https://example.com/f.yaml", true),
            ("http://127.0.0.1:1/f", true),
            ("http://localhost/f", true),
            ("http://[::1]/f", true),
            ("http://example.com/f", false),
            ("http://127.0.0.1.example.com/f", false),
            ("file:///etc/passwd", false),
        ] {
            assert_eq!(is_allowed(&Url::parse(url).unwrap()), allowed, "{url}");
        }
    }
}
