//! A config that lives at a URL, and the copy of it that a restart uses while the URL is down.

use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use sha2::{Digest, Sha256};
use url::Url;

use crate::net::is_loopback;
use crate::{files, limits};

/// Whether a config may come from there: https, or http from this machine.
pub(super) fn is_allowed(url: &Url) -> bool {
    url.scheme() == "https" && url.has_host() || url.scheme() == "http" && is_loopback(url)
}

/// Whether a config may come from where another address sends us: never less encrypted than what was asked for, even to
/// this machine, where somebody else may listen.
fn may_follow(before: &[Url], to: &Url) -> bool {
    let encrypted = before.iter().any(|url| url.scheme() == "https");
    before.len() <= REDIRECTS_MAX && is_allowed(to) && (!encrypted || to.scheme() == "https")
}

/// Redirects that are followed: a moved file and a login page behind it are fewer.
const REDIRECTS_MAX: usize = 5;

/// Reads the text at the URL.
pub(super) async fn fetch(url: &Url) -> anyhow::Result<String> {
    // Fails only if it was done already, which is as good.
    _ = rustls::crypto::ring::default_provider().install_default();
    let redirects = reqwest::redirect::Policy::custom(|attempt| {
        if may_follow(attempt.previous(), attempt.url()) { attempt.follow() } else { attempt.stop() }
    });
    let mut client = reqwest::Client::builder();
    if is_loopback(url) {
        client = client.no_proxy();
    }
    let client = client
        .timeout(Duration::from_millis(limits::CONFIG_URL_TIMEOUT_MS))
        .redirect(redirects)
        .user_agent(concat!("firebell/", env!("CARGO_PKG_VERSION")))
        .build()
        .context("no HTTP client could be made")?;
    // reqwest's errors repeat the URL, which may hold a password.
    let mut response = client.get(url.clone()).send().await.map_err(reqwest::Error::without_url)?;
    if response.status().is_redirection() {
        bail!("the server redirects to where no config may come from: only https:// is followed");
    }
    ensure!(response.status().is_success(), "the server answered {}", response.status());
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(reqwest::Error::without_url)? {
        body.extend_from_slice(&chunk);
        if body.len() as u64 > limits::CONFIG_URL_BYTES {
            bail!("it is longer than {} bytes", limits::CONFIG_URL_BYTES);
        }
    }
    String::from_utf8(body).context("it is not UTF-8 text")
}

/// The file in `folder` that keeps the last good text of this URL.
pub(super) fn copy_path(folder: &Path, url: &Url) -> PathBuf {
    let hash: String = Sha256::digest(url.as_str()).iter().take(6).map(|b| format!("{b:02x}")).collect();
    folder.join(format!("firebell-config-{hash}.copy"))
}

/// Reads a copy that nobody but us can have put there.
pub(super) fn read_copy(path: &Path) -> io::Result<String> {
    files::check_own_folder(path.parent().unwrap_or(Path::new(".")))?;
    let mut text = String::new();
    files::open_own(path)?.take(limits::CONFIG_URL_BYTES).read_to_string(&mut text)?;
    Ok(text)
}

/// Keeps a text as the last good one: readable by its owner only, and either the whole of it or the one before. It lies
/// in a folder of its own, so that nobody else can have put something in its place.
pub(super) fn keep_copy(path: &Path, text: &str) -> io::Result<()> {
    if read_copy(path).is_ok_and(|have| have == text) {
        return Ok(());
    }
    let folder = path.parent().unwrap_or(Path::new("."));
    files::create_folder(folder)?;
    files::check_own_folder(folder)?;
    // A new name that nobody can foresee, made for us alone.
    let mut new = tempfile::NamedTempFile::new_in(folder)?;
    new.write_all(text.as_bytes())?;
    new.as_file().sync_all()?;
    new.persist(path)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redirect_is_never_less_encrypted() {
        let url = |text: &str| Url::parse(text).unwrap();
        for (before, to, followed) in [
            (&["https://a.example/f"][..], "https://b.example/f", true),
            (&["https://a.example/f"], "http://127.0.0.1/f", false),
            (&["https://a.example/f"], "http://b.example/f", false),
            (&["http://localhost/f"], "http://127.0.0.1/f", true),
            (&["http://localhost/f"], "https://b.example/f", true),
            (&["http://localhost/f", "https://b.example/f"], "http://localhost/g", false),
            (&["http://localhost/f"; 6], "http://localhost/g", false),
        ] {
            let before: Vec<Url> = before.iter().map(|text| url(text)).collect();
            assert_eq!(may_follow(&before, &url(to)), followed, "{before:?} → {to}");
        }
    }

    #[test]
    fn a_copy_is_ours_alone_or_not_used() {
        let dir = tempfile::tempdir().unwrap();
        let path = copy_path(&dir.path().join("config"), &Url::parse("https://a.example/f").unwrap());
        keep_copy(&path, "a: 1").unwrap();
        keep_copy(&path, "a: 2").unwrap();
        assert_eq!(read_copy(&path).unwrap(), "a: 2");
        assert_eq!(
            std::fs::read_dir(dir.path().join("config")).unwrap().count(),
            1,
            "nothing is left beside it"
        );
        let foreign = dir.path().join("foreign");
        std::fs::write(&foreign, "evil: 1").unwrap();
        std::fs::remove_file(&path).unwrap();
        std::os::unix::fs::symlink(&foreign, &path).unwrap();
        assert!(read_copy(&path).is_err(), "a link is not followed");
        keep_copy(&path, "a: 3").unwrap();
        assert_eq!(std::fs::read_to_string(&foreign).unwrap(), "evil: 1", "nor is it written through");
        assert_eq!(read_copy(&path).unwrap(), "a: 3");
    }

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
