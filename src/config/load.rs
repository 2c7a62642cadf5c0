//! From what `--config` names to a checked [`Config`].

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use sha2::{Digest, Sha256};
use url::Url;

use super::remote;
use super::root::{Config, Root};
use super::server::{self, without_password};
use crate::limits;
use crate::yaml::{
    Kind, Node, Reading, Report, SourceFile, Sources, Span, Surroundings, ThisMachine, Value, Within, env,
    merge, parse,
};

/// What the config is wanted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// The rules only (`route`, `test`): secrets that are not there do not matter.
    Rules,
    /// All that stands there must be right; what is not there is not asked for (`check`).
    Check,
    /// Everything a running bot needs.
    Serve,
}

/// A config could not be looked at, because it is not where it was said to be.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    #[error("no config: there is neither {}\nGive one with --config FILE, or try `firebell demo`", .0.iter().map(|p| p.display().to_string()).collect::<Vec<_>>().join(" nor "))]
    NoConfig(Vec<PathBuf>),
    #[error("the config {0} cannot be read: {1}")]
    Unreadable(String, String),
    #[error("the folder {0} has no *.yaml or *.yml in it")]
    EmptyFolder(String),
    #[error("the config {0}: only https:// is taken (http:// from this machine)")]
    ForbiddenUrl(String),
}

/// Where a config is looked for if none is named.
const DEFAULT_PLACES: [&str; 2] = ["./firebell.yaml", "/etc/firebell/firebell.yaml"];

enum Input {
    Path(PathBuf),
    Url(Url),
}

/// A URL's text as last read.
struct Remembered {
    text: String,
    at_ms: i64,
    failing: bool,
}

/// Reads a config from its places, again and again.
pub struct Loader {
    inputs: Vec<Input>,
    need: Need,
    surroundings: Arc<dyn Surroundings>,
    remembered: Mutex<BTreeMap<Url, Remembered>>,
}

/// What was read: a config if nothing is wrong, and what was found in any case.
pub struct Loaded {
    pub config: Option<Arc<Config>>,
    pub report: Report,
    /// Keys that `serve` needs and that are not there.
    pub serve_lacks: Vec<&'static str>,
    /// What the config was read from, for people.
    pub names: Vec<String>,
    pub(super) contents: Contents,
}

impl Loaded {
    /// The config with its warnings, or what is wrong.
    pub fn into_result(self) -> Result<(Arc<Config>, Report), Report> {
        match self.config {
            Some(config) => Ok((config, self.report)),
            None => Err(self.report),
        }
    }
}

/// All that a config was made of, to see whether it changed.
#[derive(Clone, Default, PartialEq, Eq)]
pub(super) struct Contents {
    pub(super) sources: Vec<u8>,
    pub(super) secret_files: Vec<PathBuf>,
    pub(super) secrets: Vec<u8>,
}

impl Loader {
    /// `places`: files, folders and URLs. With none, the usual places are looked at.
    pub fn new(places: &[String], need: Need) -> Result<Self, LoadError> {
        let mut inputs = Vec::new();
        for place in places {
            inputs.push(match Url::parse(place) {
                Ok(url) if place.contains("://") => {
                    if !remote::is_allowed(&url) {
                        return Err(LoadError::ForbiddenUrl(without_password(place)));
                    }
                    Input::Url(url)
                }
                _ => Input::Path(PathBuf::from(place)),
            });
        }
        if inputs.is_empty() {
            let found = DEFAULT_PLACES.iter().map(PathBuf::from).find(|path| path.exists());
            let none = || LoadError::NoConfig(DEFAULT_PLACES.iter().map(PathBuf::from).collect());
            inputs.push(Input::Path(found.ok_or_else(none)?));
        }
        Ok(Self { inputs, need, surroundings: Arc::new(ThisMachine), remembered: Mutex::default() })
    }

    /// Takes variables and secret files from elsewhere.
    #[must_use]
    pub fn with_surroundings(mut self, surroundings: Arc<dyn Surroundings>) -> Self {
        self.surroundings = surroundings;
        self
    }

    /// Reads everything. `now_ms` decides whether a URL is asked again.
    pub async fn load(&self, now_ms: i64) -> Result<Loaded, LoadError> {
        let sources = self.gather(now_ms).await?;
        let loaded = build(&sources, self.need, &*self.surroundings);
        if loaded.config.is_some() {
            self.keep_copies(&sources);
        }
        Ok(loaded)
    }

    /// Asks URLs again at the next load, however short ago they were asked.
    pub fn forget_urls(&self) {
        let mut remembered = self.remembered.lock().unwrap_or_else(PoisonError::into_inner);
        remembered.values_mut().for_each(|r| r.at_ms = i64::MIN);
    }

    pub(super) fn secrets(&self, files: &[PathBuf]) -> Vec<u8> {
        secrets_hash(files, &*self.surroundings)
    }

    pub(super) async fn gather(&self, now_ms: i64) -> Result<Sources, LoadError> {
        let mut texts: Vec<Option<SourceFile>> = Vec::new();
        let mut urls = Vec::new();
        for input in &self.inputs {
            match input {
                Input::Path(path) => texts.extend(read_path(path)?.into_iter().map(Some)),
                Input::Url(url) => {
                    urls.push((texts.len(), url));
                    texts.push(None);
                }
            }
        }
        if !urls.is_empty() {
            let folder = self.copies_folder(texts.iter().flatten());
            for (at, url) in urls {
                let text = self.read_url(url, folder.as_deref(), now_ms).await?;
                let name = without_password(url.as_str());
                texts[at] = Some(SourceFile { name, text, folder: PathBuf::new() });
            }
        }
        Ok(Sources(texts.into_iter().flatten().collect()))
    }

    async fn read_url(&self, url: &Url, folder: Option<&Path>, now_ms: i64) -> Result<String, LoadError> {
        let recent = |r: &&Remembered| now_ms.saturating_sub(r.at_ms) < limits::CONFIG_URL_REFRESH_MS;
        {
            let remembered = self.remembered.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(have) = remembered.get(url).filter(recent) {
                return Ok(have.text.clone());
            }
        }
        let name = without_password(url.as_str());
        let fetched = remote::fetch(url).await;
        let mut remembered = self.remembered.lock().unwrap_or_else(PoisonError::into_inner);
        match fetched {
            Ok(text) => {
                remembered
                    .insert(url.clone(), Remembered { text: text.clone(), at_ms: now_ms, failing: false });
                Ok(text)
            }
            Err(error) => {
                if let Some(have) = remembered.get_mut(url) {
                    if !have.failing {
                        tracing::warn!(
                            url = name,
                            error = format!("{error:#}"),
                            "the config's URL cannot be read; what was read before stays"
                        );
                    }
                    (have.at_ms, have.failing) = (now_ms, true);
                    return Ok(have.text.clone());
                }
                let Some(folder) = folder else {
                    let reason = format!("{error:#}; and there is no folder for a copy of it");
                    return Err(LoadError::Unreadable(name, reason));
                };
                let path = remote::copy_path(folder, url);
                let text = remote::read_copy(&path).map_err(|no_copy| {
                    let reason =
                        format!("{error:#}; and its copy {} cannot be used: {no_copy}", path.display());
                    LoadError::Unreadable(name.clone(), reason)
                })?;
                tracing::warn!(url = name, copy = %path.display(), error = format!("{error:#}"), "the config's URL cannot be read; its last good copy is used");
                remembered
                    .insert(url.clone(), Remembered { text: text.clone(), at_ms: now_ms, failing: true });
                Ok(text)
            }
        }
    }

    /// Copies of URLs are kept in a folder of their own beside the database file that the local files name; else where
    /// this user's programs keep their state.
    fn copies_folder<'s>(&self, local: impl Iterator<Item = &'s SourceFile>) -> Option<PathBuf> {
        let mut folder = None;
        for file in local {
            let root = parse::parse(&file.text, 0).root;
            let url =
                root.entry("store").and_then(|store| store.node.entry("url")).map(|entry| &entry.node.value);
            let Some(Value::Scalar(scalar)) = url else { continue };
            let expanded = env::substitute(&scalar.written, |name| self.surroundings.variable(name));
            let url = expanded.ok().flatten().map_or_else(|| scalar.written.clone(), |s| s.text);
            let path = server::sqlite_path(&url);
            folder = path.and_then(|p| p.parent().map(Path::to_path_buf)).or(folder);
        }
        let set = |name: &str| self.surroundings.variable(name).filter(|value| value.starts_with('/'));
        // systemd's StateDirectory=, then the XDG Base Directory Specification.
        let state = || {
            let of_firebell = |folder: PathBuf| folder.join("firebell");
            set("STATE_DIRECTORY")
                .and_then(|folders| folders.split(':').next().map(PathBuf::from))
                .or_else(|| set("XDG_STATE_HOME").map(PathBuf::from).map(of_firebell))
                .or_else(|| set("HOME").map(|home| PathBuf::from(home).join(".local/state")).map(of_firebell))
        };
        folder.or_else(state).map(|folder| folder.join("firebell-config"))
    }

    fn keep_copies(&self, sources: &Sources) {
        let urls = self.inputs.iter().filter_map(|input| match input {
            Input::Url(url) => Some(url),
            Input::Path(_) => None,
        });
        let remembered = self.remembered.lock().unwrap_or_else(PoisonError::into_inner);
        let names: Vec<String> = remembered.keys().map(|url| without_password(url.as_str())).collect();
        let folder = self.copies_folder(sources.0.iter().filter(|file| !names.contains(&file.name)));
        for url in urls {
            let Some(have) = remembered.get(url).filter(|r| !r.failing) else { continue };
            let Some(folder) = &folder else {
                tracing::warn!("there is no folder for a copy of the config: a restart needs its URL");
                return;
            };
            let path = remote::copy_path(folder, url);
            if let Err(error) = remote::keep_copy(&path, &have.text) {
                tracing::warn!(copy = %path.display(), %error, "the copy of the config cannot be kept: a restart needs its URL");
            }
        }
    }
}

fn read_path(path: &Path) -> Result<Vec<SourceFile>, LoadError> {
    let unreadable = |path: &Path, why: String| LoadError::Unreadable(path.display().to_string(), why);
    let metadata = std::fs::metadata(path).map_err(|e| unreadable(path, e.to_string()))?;
    let files = if metadata.is_dir() {
        let mut files = Vec::new();
        for entry in std::fs::read_dir(path).map_err(|e| unreadable(path, e.to_string()))? {
            let file = entry.map_err(|e| unreadable(path, e.to_string()))?.path();
            let yaml = file.extension().is_some_and(|e| e == "yaml" || e == "yml");
            let hidden = file.file_name().is_some_and(|n| n.to_string_lossy().starts_with('.'));
            if yaml && !hidden && file.is_file() {
                files.push(file);
            }
        }
        files.sort();
        if files.is_empty() {
            return Err(LoadError::EmptyFolder(path.display().to_string()));
        }
        files
    } else {
        vec![path.to_path_buf()]
    };
    files
        .into_iter()
        .map(|file| {
            let len = std::fs::metadata(&file).map_err(|e| unreadable(&file, e.to_string()))?.len();
            if len > limits::CONFIG_BYTES {
                return Err(unreadable(
                    &file,
                    format!("it is {len} bytes long; {} are allowed", limits::CONFIG_BYTES),
                ));
            }
            let text = std::fs::read_to_string(&file).map_err(|e| unreadable(&file, e.to_string()))?;
            let folder = file.parent().map(Path::to_path_buf).unwrap_or_default();
            Ok(SourceFile { name: file.display().to_string(), text, folder })
        })
        .collect()
}

/// Reads a config from a string: for the demo and for tests. Variables and secret files come from `surroundings`.
pub fn load_str(yaml: &str, need: Need, surroundings: &dyn Surroundings) -> Loaded {
    let file = SourceFile { name: "config".to_owned(), text: yaml.to_owned(), folder: PathBuf::new() };
    build(&Sources(vec![file]), need, surroundings)
}

/// Texts to config.
pub(super) fn build(sources: &Sources, need: Need, surroundings: &dyn Surroundings) -> Loaded {
    let mut reading = Reading::new(sources, surroundings, need == Need::Rules);
    let mut root = Node { value: Value::Null, span: Span { source: 0, start: 0, end: 0 } };
    let mut conflicts = Vec::new();
    for (source, file) in sources.0.iter().enumerate() {
        let parsed = parse::parse(&file.text, source);
        reading.syntax(parsed.errors, parsed.patched);
        match parsed.root.value {
            Value::Map(_) | Value::Null => merge::merge(&mut root, parsed.root, &mut conflicts),
            _ => reading.wrong_kind(&parsed.root, "a map of keys such as `route:` and `receivers:`"),
        }
    }
    reading.conflicts(conflicts);
    if root.is_null() {
        root = Node::empty_map(root.span);
    }
    reading.expand(&mut root);
    let tests = root.entry("tests").filter(|_| root.entry("route").is_none());
    let config = match tests {
        Some(tests) => {
            let hint =
                "run it with `firebell test FILE`; `check` looks at the config that its `config:` names";
            let message = "this is a file of tests, not a config";
            reading.error("test-file", tests.key_span, message, Some(hint.to_owned()));
            None
        }
        None => Within::<Root>::new().read(&mut reading, &root),
    };
    let lacks = |key: &&str| root.entry(key).is_none_or(|e| e.node.is_null());
    let serve_lacks: Vec<&'static str> = ["slack", "integrations"].into_iter().filter(lacks).collect();
    if need == Need::Serve {
        for key in &serve_lacks {
            let hint =
                format!("`firebell serve` needs it; see examples/firebell.yaml for what `{key}` looks like");
            reading.missing(Span { end: 1, ..root.span }, format!("the key `{key}` is missing"), Some(hint));
        }
    }
    if let Some(Root(config)) = &config
        && !lacks(&"slack")
    {
        tell_receivers_without_channel(config, &root, need, &mut reading);
    }
    let version = version(&root, &reading);
    let (report, secret_files) = reading.finish();
    let config =
        config.filter(|_| report.is_fine()).map(|Root(config)| Arc::new(Config { version, ..config }));
    let secrets = secrets_hash(&secret_files, surroundings);
    Loaded {
        config,
        report,
        serve_lacks,
        names: sources.0.iter().map(|file| file.name.clone()).collect(),
        contents: Contents { sources: sources_hash(sources), secret_files, secrets },
    }
}

/// Tells which receivers would take alerts and notify nobody. A running bot goes on with such a config: the other receivers
/// must not fall silent for one.
fn tell_receivers_without_channel(config: &Config, root: &Node, need: Need, reading: &mut Reading<'_>) {
    for receiver in config.receivers_without_channel() {
        let Some(at) = config.receivers.iter().position(|one| one.name == receiver.name) else { continue };
        let Some(node) = root.at_path(&format!("receivers[{at}]")) else { continue };
        let span = reading.first_key(node);
        let message =
            format!("receiver `{}` has no channel: alerts routed to it notify nobody", receiver.name);
        let hint = "add `slack: {channel: \"#name\"}`, or `notify: false` if that is on purpose".to_owned();
        if need == Need::Check {
            reading.error("no-channel", span, message, Some(hint));
        } else {
            reading.warning("no-channel", span, message, Some(hint));
        }
    }
}

pub(super) fn sources_hash(sources: &Sources) -> Vec<u8> {
    let mut hash = Sha256::new();
    for file in &sources.0 {
        hash.update(file.name.len().to_le_bytes());
        hash.update(&file.name);
        hash.update(file.text.len().to_le_bytes());
        hash.update(&file.text);
    }
    hash.finalize().to_vec()
}

fn secrets_hash(files: &[PathBuf], surroundings: &dyn Surroundings) -> Vec<u8> {
    let mut hash = Sha256::new();
    for file in files {
        match surroundings.secret_file(file) {
            Ok(text) => {
                hash.update([1]);
                hash.update(text.len().to_le_bytes());
                hash.update(text);
            }
            Err(_) => hash.update([0]),
        }
    }
    hash.finalize().to_vec()
}

/// A short name for what is in force. Secrets are not part of it, so that it may stand anywhere.
fn version(root: &Node, reading: &Reading<'_>) -> String {
    fn feed(hash: &mut Sha256, node: &Node, reading: &Reading<'_>) {
        match &node.value {
            Value::Null => hash.update(b"n"),
            Value::Scalar(_) if reading.is_secret(node.span) => hash.update(b"x"),
            Value::Scalar(scalar) => {
                hash.update(b"s");
                hash.update(scalar.text.len().to_le_bytes());
                hash.update(&scalar.text);
            }
            Value::List(items) => {
                hash.update(b"[");
                items.iter().for_each(|item| feed(hash, item, reading));
                hash.update(b"]");
            }
            Value::Map(entries) => {
                hash.update(b"{");
                for entry in entries {
                    hash.update(entry.key.len().to_le_bytes());
                    hash.update(&entry.key);
                    feed(hash, &entry.node, reading);
                }
                hash.update(b"}");
            }
        }
    }
    let mut hash = Sha256::new();
    feed(&mut hash, root, reading);
    hash.finalize().iter().take(6).map(|b| format!("{b:02x}")).collect()
}
