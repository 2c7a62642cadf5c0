//! A new config takes effect as a whole; a broken one does not.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use firebell::clock::ManualClock;
use firebell::config::{ConfigWatch, Loader, Need, Polled};
use tempfile::tempdir;

use super::{RULES, WHOLE};

async fn watch(path: &Path) -> ConfigWatch {
    let loader = Loader::new(&[path.display().to_string()], Need::Check).unwrap();
    let loaded = loader.load(0).await.unwrap();
    ConfigWatch::new(loader, loaded, Arc::new(ManualClock::new(1_000))).unwrap()
}

#[tokio::test]
async fn a_broken_config_is_told_once_and_the_old_one_stays() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("f.yaml");
    fs::write(&path, RULES).unwrap();
    let watch = watch(&path).await;
    let version = watch.current().version.clone();
    assert!(matches!(watch.poll().await, Polled::Unchanged));

    fs::write(&path, "route: {receiver: nobody}").unwrap();
    let Polled::Refused(report) = watch.poll().await else { panic!("taken") };
    assert_eq!(report.errors(), 1, "{report}");
    assert!(matches!(watch.poll().await, Polled::Unchanged), "told once");
    assert_eq!(watch.current().version, version);
    let state = watch.state();
    assert_eq!((state.applied, state.refused, state.broken.as_deref()), (0, 1, Some("1 error")));

    fs::remove_file(&path).unwrap();
    assert!(matches!(watch.poll().await, Polled::Unreadable(_)));
    assert!(matches!(watch.poll().await, Polled::Unchanged), "told once");

    let mut changes = watch.subscribe();
    fs::write(&path, RULES.replace("ops", "dev")).unwrap();
    let Polled::Applied { config, restart_needed_for } = watch.poll().await else { panic!("not taken") };
    assert!(restart_needed_for.is_empty());
    assert_eq!(config.receivers[0].name, "dev");
    assert!(changes.has_changed().unwrap());
    assert_eq!(changes.borrow_and_update().version, config.version);
    assert_eq!(watch.state().broken, None);
}

#[tokio::test]
async fn what_needs_a_restart_is_told() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("f.yaml");
    fs::write(&path, RULES).unwrap();
    let watch = watch(&path).await;
    fs::write(&path, format!("{RULES}store: {{url: 'sqlite://b.db'}}\nserver: {{listen: '127.0.0.1:1'}}"))
        .unwrap();
    let Polled::Applied { restart_needed_for, .. } = watch.reload().await else { panic!("not taken") };
    assert_eq!(restart_needed_for, ["store.url", "server.listen"]);
    assert_eq!(watch.state().restart_needed_for, ["store.url", "server.listen"]);
}

#[tokio::test]
async fn a_secret_file_that_changes_is_read_again() {
    use secrecy::ExposeSecret;
    let folder = tempdir().unwrap();
    let (path, secret) = (folder.path().join("f.yaml"), folder.path().join("bot"));
    fs::write(&secret, "xoxb-one\n").unwrap();
    fs::write(&path, WHOLE.replace("bot_token: \"xoxb-1\"", "bot_token_file: bot")).unwrap();
    let watch = watch(&path).await;
    let token = || watch.current().slack.as_ref().unwrap().bot_token.expose_secret().to_owned();
    assert_eq!(token(), "xoxb-one");
    fs::write(&secret, "xoxb-two\n").unwrap();
    assert!(matches!(watch.poll().await, Polled::Applied { .. }));
    assert_eq!(token(), "xoxb-two");
    fs::remove_file(&secret).unwrap();
    assert!(matches!(watch.poll().await, Polled::Refused(_)));
    assert_eq!(token(), "xoxb-two", "the old one stays");
}
