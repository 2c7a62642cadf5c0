//! From a file to tests that can be run: read it, read its config, check every name of one in the other.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::expect::GroupCheck;
use super::format::{Place, Post, Test, TestFile};
use super::kinds;
use crate::config::{Config, Loader, Need};
use crate::limits;
use crate::yaml::{Kind as _, Reading, Report, SourceFile, Sources, Span, ThisMachine, Within, parse};

/// A test file as it was read.
pub struct Loaded {
    /// As it was named.
    pub name: String,
    /// There if nothing is wrong with it or its config.
    pub trial: Option<Trial>,
    /// What is wrong with the file.
    pub report: Report,
    /// What is wrong with its config.
    pub config_report: Report,
}

/// Tests and what they test.
pub struct Trial {
    pub config: Arc<Config>,
    pub tests: Vec<Test>,
    sources: Sources,
}

impl Trial {
    /// The line on which something stands, from 1.
    pub fn line(&self, span: Span) -> usize {
        let text = self.sources.get(span).map(|file| file.text.as_bytes()).unwrap_or_default();
        1 + text.iter().take(span.start).filter(|byte| **byte == b'\n').count()
    }
}

/// The test file is not where it was said to be.
#[derive(Debug, thiserror::Error)]
#[error("the test file {0} cannot be read: {1}")]
pub struct Unreadable(pub String, pub String);

/// Reads a test file and its config; `config` goes before what the file names.
pub async fn load(path: &Path, config: &[String], now_ms: i64) -> Result<Loaded, Unreadable> {
    let name = path.display().to_string();
    let unreadable = |why: String| Unreadable(name.clone(), why);
    let len = std::fs::metadata(path).map_err(|e| unreadable(e.to_string()))?.len();
    if len > limits::CONFIG_BYTES {
        return Err(unreadable(format!("it is {len} bytes long; {} are allowed", limits::CONFIG_BYTES)));
    }
    let text = std::fs::read_to_string(path).map_err(|e| unreadable(e.to_string()))?;
    let folder = path.parent().map(Path::to_path_buf).unwrap_or_default();
    let sources = Sources(vec![SourceFile { name: name.clone(), text, folder: folder.clone() }]);

    let mut reading = Reading::new(&sources, &ThisMachine, false);
    let file = read(&mut reading, &sources);
    let (mut found, mut config_report) = (None, Report::default());
    if let Some(file) = &file {
        match places(file, config, &folder) {
            None => reading.error(
                "no-config",
                first_key(),
                "no config is named",
                Some("write `config: firebell.yaml` here, or give --config".to_owned()),
            ),
            Some(places) => match read_config(&places, now_ms).await {
                Ok((config, report)) => (found, config_report) = (config, report),
                Err(why) => reading.error("config", file.config_span.unwrap_or(first_key()), why, None),
            },
        }
    }
    let tests = file.map(|mut file| {
        if let Some(config) = &found {
            check_names(&mut reading, &file.tests, config);
        }
        let posts = file.tests.iter_mut().flat_map(|test| &mut test.posts);
        posts.for_each(|post| read_body(&mut reading, post, &folder));
        file.tests
    });
    let (report, _) = reading.finish();
    let trial = match (tests, found) {
        (Some(tests), Some(config)) if report.is_fine() => Some(Trial { config, tests, sources }),
        _ => None,
    };
    Ok(Loaded { name, trial, report, config_report })
}

fn read(reading: &mut Reading<'_>, sources: &Sources) -> Option<TestFile> {
    let parsed = parse::parse(sources.0.first().map(|file| file.text.as_str()).unwrap_or_default(), 0);
    reading.syntax(parsed.errors, parsed.patched);
    let mut root = parsed.root;
    reading.expand(&mut root);
    Within::<TestFile>::new().read(reading, &root)
}

fn first_key() -> Span {
    Span { source: 0, start: 0, end: 1 }
}

/// Where the config is: as given, or as the file says, from its own folder.
fn places(file: &TestFile, given: &[String], folder: &Path) -> Option<Vec<String>> {
    if !given.is_empty() {
        return Some(given.to_vec());
    }
    let at = |place: &String| match place.contains("://") {
        true => place.clone(),
        false => folder.join(place).display().to_string(),
    };
    (!file.config.is_empty()).then(|| file.config.iter().map(at).collect())
}

async fn read_config(places: &[String], now_ms: i64) -> Result<(Option<Arc<Config>>, Report), String> {
    let loader = Loader::new(places, Need::Rules).map_err(|e| e.to_string())?;
    let loaded = loader.load(now_ms).await.map_err(|e| e.to_string())?;
    Ok((loaded.config, loaded.report))
}

fn read_body(reading: &mut Reading<'_>, post: &mut Post, folder: &Path) {
    let Some(file) = &post.file else { return };
    let path: PathBuf = folder.join(&file.value);
    let read = std::fs::read_to_string(&path).map_err(|e| e.to_string());
    match read.and_then(|text| serde_json::from_str(&text).map_err(|e| format!("it is not JSON: {e}"))) {
        Ok(body) => post.body = Some(body),
        Err(why) => reading.error("bad-file", file.span, format!("{}: {why}", path.display()), None),
    }
}

/// A name that the config does not have would make a check that can never hold, or that holds of nothing.
fn check_names(reading: &mut Reading<'_>, tests: &[Test], config: &Config) {
    let receivers: Vec<&str> = config.receivers.iter().map(|one| one.name.as_str()).collect();
    let integrations: Vec<&str> = config.integrations.iter().map(|one| one.name.as_str()).collect();
    let slack = config.receivers.iter().filter_map(|one| one.slack.as_ref());
    let channels: BTreeSet<String> =
        slack.flat_map(|slack| slack.channels.iter().map(|name| kinds::channel_name(name))).collect();
    let channels: Vec<&str> = channels.iter().map(String::as_str).collect();
    let mut receiver = |name: &Option<Place<String>>| {
        name.iter().for_each(|name| known(reading, "receiver", &name.value, name.span, &receivers));
    };
    for test in tests {
        test.actions.iter().for_each(|action| receiver(&action.receiver));
        let groups = test.expect.iter().flat_map(|m| m.groups.iter().chain(&m.some_groups));
        groups.flat_map(|g| &g.value).for_each(|g: &GroupCheck| receiver(&g.receiver));
    }
    for test in tests {
        let routes = test.routes.iter().chain(test.expect.iter().flat_map(|m| &m.routes));
        for route in routes {
            for name in &route.receivers.value {
                known(reading, "receiver", name, route.receivers.span, &receivers);
            }
        }
        let named = test.alerts.iter().map(|one| &one.integration);
        for name in named.chain(test.posts.iter().map(|one| &one.integration)).flatten() {
            known(reading, "integration", &name.value, name.span, &integrations);
        }
        let messages = test.expect.iter().filter_map(|m| m.messages.as_ref()).flat_map(|m| &m.value);
        for name in messages.filter_map(|message| message.channel.as_ref()) {
            known(reading, "receiver with the channel", &name.value, name.span, &channels);
        }
    }
}

fn known(reading: &mut Reading<'_>, what: &str, name: &str, span: Span, all: &[&str]) {
    if all.contains(&name) {
        return;
    }
    let near = all.iter().min_by_key(|one| strsim::damerau_levenshtein(one, name));
    let near = near.filter(|one| strsim::damerau_levenshtein(one, name) <= (name.chars().count() / 3).max(1));
    let hint = match near {
        Some(near) => format!("did you mean `{near}`?"),
        None if all.is_empty() => "the config has none at all".to_owned(),
        None => format!("there are: {}", all.join(", ")),
    };
    reading.error("unknown-name", span, format!("the config has no {what} `{name}`"), Some(hint));
}
