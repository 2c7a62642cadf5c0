//! The page of the local Slack: plain HTML, CSS and JavaScript modules, shipped in the binary.
//!
//! There is no build step and no request to another host; a file in this folder is one line
//! in [`ASSETS`] and is served under `/ui/NAME`, [`index`] under `/`.

/// One file of the page.
#[derive(Debug)]
pub struct Asset {
    /// Its name under `/ui/`.
    pub name: &'static str,
    /// Its `Content-Type`.
    pub content_type: &'static str,
    /// Its text.
    pub body: &'static str,
}

impl Asset {
    /// A strong `ETag` (quotes included): the same text has the same tag.
    #[must_use]
    pub fn etag(&self) -> String {
        // FNV-1a, 64 bit: it tells versions of our own files apart, nothing more.
        let hash = self.body.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        format!("\"{hash:016x}\"")
    }

    /// Whether the browser's `If-None-Match` already names this version.
    #[must_use]
    pub fn is_known(&self, if_none_match: &str) -> bool {
        let tag = self.etag();
        if_none_match.split(',').any(|known| known.trim().trim_start_matches("W/") == tag)
    }
}

/// The browser asks each time and gets 304: a new binary never meets an old page.
pub const CACHE_CONTROL: &str = "no-cache";

/// Scripts, styles and the socket of this host only. Images of other hosts are allowed because
/// a message may show one; the page loads them only when a person asks for it.
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    img-src 'self' data: https: http:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const JS: &str = "text/javascript; charset=utf-8";

macro_rules! assets {
    ($($name:literal: $content_type:expr,)*) => {
        &[$(Asset { name: $name, content_type: $content_type, body: include_str!($name) },)*]
    };
}

/// Every file of the page; the first is the page itself.
pub const ASSETS: &[Asset] = assets! {
    "index.html": HTML,
    "style.css": CSS,
    "blocks.css": CSS,
    "actions.js": JS,
    "app.js": JS,
    "blocks.js": JS,
    "composer.js": JS,
    "dialogs.js": JS,
    "dom.js": JS,
    "elements.js": JS,
    "emoji.js": JS,
    "files.js": JS,
    "header.js": JS,
    "list.js": JS,
    "markdown.js": JS,
    "message.js": JS,
    "modal.js": JS,
    "mrkdwn.js": JS,
    "overlay.js": JS,
    "panel.js": JS,
    "richtext.js": JS,
    "select.js": JS,
    "sidebar.js": JS,
    "socket.js": JS,
    "state.js": JS,
    "surface.js": JS,
    "time.js": JS,
    "toast.js": JS,
    "values.js": JS,
};

/// The asset served as `/ui/{name}`.
#[must_use]
pub fn find(name: &str) -> Option<&'static Asset> {
    ASSETS.iter().find(|asset| asset.name == name)
}

/// The page itself, served as `/`.
#[must_use]
pub fn index() -> &'static Asset {
    &ASSETS[0]
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn scripts() -> impl Iterator<Item = &'static Asset> {
        ASSETS.iter().filter(|asset| asset.name.ends_with(".js"))
    }

    #[test]
    fn every_file_of_the_folder_is_shipped() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/sim/page");
        let on_disk: BTreeSet<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name != "mod.rs")
            .collect();
        let listed: BTreeSet<String> = ASSETS.iter().map(|asset| asset.name.to_owned()).collect();
        assert_eq!(on_disk, listed);
    }

    #[test]
    fn every_import_and_link_is_shipped() {
        for script in scripts() {
            for part in script.body.split(" from \"").skip(1) {
                let target = part.split('"').next().unwrap();
                let name = target.strip_prefix("./").unwrap_or_else(|| {
                    panic!("{}: imports {target}, which is not of this page", script.name)
                });
                assert!(find(name).is_some(), "{} imports {name}, which is not shipped", script.name);
            }
        }
        for part in index().body.split("/ui/").skip(1) {
            let name = part.split('"').next().unwrap();
            assert!(find(name).is_some(), "index.html wants {name}, which is not shipped");
        }
    }

    #[test]
    fn text_never_becomes_markup_and_nothing_is_asked_outside() {
        for script in scripts() {
            for never in [
                "innerHTML =",
                "outerHTML",
                "insertAdjacentHTML",
                "document.write",
                "eval(",
                "new Function",
                "fetch(",
                "XMLHttpRequest",
                "import(",
            ] {
                assert!(!script.body.contains(never), "{} uses {never}", script.name);
            }
        }
        for asset in ASSETS.iter().filter(|asset| asset.name.ends_with(".css")) {
            assert!(
                !asset.body.contains("url(") && !asset.body.contains("@import"),
                "{} loads something",
                asset.name
            );
        }
        assert!(!index().body.contains("src=\"http") && !index().body.contains("href=\"http"));
    }

    #[test]
    fn the_page_stays_small() {
        let bytes: usize = ASSETS.iter().map(|asset| asset.body.len()).sum();
        assert!(bytes < 250_000, "the page is {bytes} bytes");
    }

    #[test]
    fn a_known_version_is_recognised() {
        let tag = index().etag();
        assert!(index().is_known(&tag));
        assert!(index().is_known(&format!("\"other\", W/{tag}")));
        assert!(!index().is_known("\"other\""));
        assert_ne!(tag, find("app.js").map(Asset::etag).unwrap_or_default());
    }
}
