//! A headless Chromium of our own, ended with the test whatever becomes of it.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use tempfile::TempDir;

/// Two slow cores that compile at the same time.
const START_GUARD: Duration = Duration::from_secs(40);
const END_GUARD: Duration = Duration::from_secs(5);

const FLAGS: &[&str] = &[
    "--headless=new",
    "--remote-debugging-port=0",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--disable-extensions",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-breakpad",
    "--disable-features=Translate,OptimizationHints,MediaRouter,DialMediaRouteProvider",
    "--no-first-run",
    "--no-default-browser-check",
    "--no-pings",
    "--hide-scrollbars",
    "--mute-audio",
    "--lang=en-US",
    "about:blank",
];

pub(crate) struct Chromium {
    child: Child,
    stderr_ended: Receiver<()>,
    /// Where the DevTools protocol is spoken.
    pub(crate) endpoint: String,
    profile: TempDir,
}

impl Chromium {
    /// `None` where there is no Chromium.
    pub(crate) fn start() -> Option<Self> {
        let program = program()?;
        let profile = TempDir::new().expect("a folder for the browser's profile");
        let mut child = Command::new(&program)
            .args(FLAGS)
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start {}: {error}", program.display()));
        let stderr = BufReader::new(child.stderr.take().expect("it was asked for"));
        let (found, endpoint) = channel();
        let (ended, stderr_ended) = channel();
        std::thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                if let Some((_, url)) = line.split_once("DevTools listening on ") {
                    _ = found.send(url.trim().to_owned());
                }
            }
            _ = ended.send(());
        });
        let mut chromium = Self { child, stderr_ended, endpoint: String::new(), profile };
        chromium.endpoint =
            endpoint.recv_timeout(START_GUARD).expect("Chromium says where its DevTools listen, in time");
        Some(chromium)
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
        // Its helpers hold the same pipe: once it is closed nobody writes into the profile any more.
        _ = self.stderr_ended.recv_timeout(END_GUARD);
        _ = std::fs::remove_dir_all(self.profile.path());
    }
}

/// `CHROMIUM=` is none at all.
fn program() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("CHROMIUM") {
        return (!named.is_empty()).then(|| PathBuf::from(named));
    }
    let usual = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
    usual.into_iter().map(Path::new).find(|path| path.exists()).map(Path::to_owned)
}
