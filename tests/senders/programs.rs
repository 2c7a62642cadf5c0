//! A program of somebody's that runs beside the test and ends with it, whatever becomes of it.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};

use crate::until;

/// Lines of its log that are shown when the test fails.
const LINES_SHOWN: usize = 60;

pub(crate) struct Program {
    name: &'static str,
    child: Child,
    log: Arc<Mutex<Vec<String>>>,
}

impl Program {
    pub(crate) fn start(name: &'static str, command: &mut Command) -> Self {
        let started = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn();
        let mut child = started.unwrap_or_else(|error| panic!("cannot start {name}: {error}"));
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let log: Arc<Mutex<Vec<String>>> = Arc::default();
        std::thread::spawn({
            let log = Arc::clone(&log);
            move || stderr.lines().map_while(Result::ok).for_each(|line| log.lock().unwrap().push(line))
        });
        Self { name, child, log }
    }

    /// Where it listens, as its log says in a line with `words`.
    pub(crate) async fn address(&mut self, words: &str) -> SocketAddr {
        until(&format!("{} says where it listens", self.name), async || {
            if let Some(status) = self.child.try_wait().unwrap() {
                panic!("{} ended with {status}:\n{}", self.name, self.last_words());
            }
            self.address_said(words)
        })
        .await
    }

    /// The same, if it has said so already.
    pub(crate) fn address_said(&self, words: &str) -> Option<SocketAddr> {
        let log = self.log.lock().unwrap();
        let line = log.iter().find(|line| line.contains(words))?;
        let (_, rest) = line.split_once("address=")?;
        rest.split_whitespace().next()?.parse().ok()
    }

    /// `kill -9`.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn kill(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
    }

    /// SIGTERM; how it ended.
    pub(crate) async fn stop(mut self) -> ExitStatus {
        let told = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap();
        assert!(told.success(), "{} is gone already:\n{}", self.name, self.last_words());
        until(&format!("{} stops", self.name), async || self.child.try_wait().unwrap()).await
    }

    fn last_words(&self) -> String {
        let log = self.log.lock().unwrap();
        log[log.len().saturating_sub(LINES_SHOWN)..].join("\n")
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.kill();
        if std::thread::panicking() {
            eprintln!("── the log of {} ends:\n{}", self.name, self.last_words());
        }
    }
}

/// A sender's program; `None`, and loudly, where it is missing. `VARIABLE=` is none at all.
pub(crate) fn sender(variable: &str, usual: &[&str]) -> Option<PathBuf> {
    let found = match std::env::var_os(variable) {
        Some(named) => (!named.is_empty()).then(|| PathBuf::from(named)),
        None => usual.iter().map(PathBuf::from).find(|path| path.exists()),
    };
    if found.is_none() {
        // Not by eprintln!: the words of a test that passes are kept from people.
        let loud = format!(
            "\n!!! NO {variable} HERE: ITS REAL ALERTS WERE NOT TESTED !!! (install it, or name one: {variable}=PATH)\n"
        );
        _ = std::io::stderr().write_all(loud.as_bytes());
    }
    found
}
