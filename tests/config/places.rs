//! Files, folders and URLs.

use std::fs;

use axum::Router;
use axum::routing::get;
use firebell::config::{LoadError, Loader, Need};
use tempfile::tempdir;
use tokio::net::TcpListener;

use super::{RULES, WHOLE};

#[tokio::test]
async fn a_folder_is_read_in_order_and_put_together() {
    let folder = tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    write("10-rules.yaml", "route:\n  receiver: ops\nreceivers: [{name: ops}]\n");
    write(
        "20-more.yml",
        "receivers:\n- name: dev\nroute:\n  routes:\n  - receiver: dev\n    match: {team: dev}\n",
    );
    write("ignored.txt", "{{{");
    write(".hidden.yaml", "{{{");
    let place = folder.path().display().to_string();
    let loaded = Loader::new(std::slice::from_ref(&place), Need::Rules).unwrap().load(0).await.unwrap();
    let config = loaded.config.unwrap_or_else(|| panic!("{}", loaded.report));
    assert_eq!(config.receivers.iter().map(|r| r.name.as_str()).collect::<Vec<_>>(), ["ops", "dev"]);
    assert_eq!(config.routes.routes().len(), 2);

    write("30-again.yaml", "route: {receiver: dev}\n");
    let loaded = Loader::new(&[place], Need::Rules).unwrap().load(0).await.unwrap();
    let finding = &loaded.report.findings[0];
    assert_eq!(finding.code, "set-twice");
    assert!(finding.place.as_ref().unwrap().file.ends_with("30-again.yaml"));
    assert!(finding.other.as_ref().unwrap().1.file.ends_with("10-rules.yaml"));
}

#[tokio::test]
async fn what_is_not_there_is_a_wrong_use() {
    let empty = tempdir().unwrap();
    let load = async |place: &str| Loader::new(&[place.to_owned()], Need::Rules)?.load(0).await;
    assert!(matches!(load("/nowhere/firebell.yaml").await, Err(LoadError::Unreadable(..))));
    assert!(matches!(load(&empty.path().display().to_string()).await, Err(LoadError::EmptyFolder(_))));
    assert!(matches!(load("http://example.com/f.yaml").await, Err(LoadError::ForbiddenUrl(_))));
    assert!(matches!(load("ftp://example.com/f.yaml").await, Err(LoadError::ForbiddenUrl(_))));
    let Err(error) = load("http://user:geheim@example.com/f.yaml").await else { panic!("allowed") };
    assert!(!error.to_string().contains("geheim"));
}

#[tokio::test]
async fn a_secret_file_is_read_beside_the_file_that_names_it() {
    use secrecy::ExposeSecret;
    let folder = tempdir().unwrap();
    fs::write(folder.path().join("bot"), "xoxb-from-file\n").unwrap();
    let main = folder.path().join("f.yaml");
    fs::write(&main, WHOLE.replace("bot_token: \"xoxb-1\"", "bot_token_file: bot")).unwrap();
    let loaded = Loader::new(&[main.display().to_string()], Need::Serve).unwrap().load(0).await.unwrap();
    let config = loaded.config.unwrap_or_else(|| panic!("{}", loaded.report));
    assert_eq!(config.slack.as_ref().unwrap().bot_token.expose_secret(), "xoxb-from-file");
}

#[tokio::test]
async fn while_a_url_is_down_its_copy_is_used() {
    let folder = tempdir().unwrap();
    let local = folder.path().join("local.yaml");
    fs::write(&local, format!("store: {{url: 'sqlite://{}/firebell.db'}}\n", folder.path().display()))
        .unwrap();

    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/rules.yaml", listener.local_addr().unwrap());
    let app = Router::new().route("/rules.yaml", get(|| async { RULES }));
    let server = tokio::spawn(async move { axum::serve(listener, app).await });
    let places = [local.display().to_string(), url];
    let version =
        Loader::new(&places, Need::Rules).unwrap().load(0).await.unwrap().config.unwrap().version.clone();
    server.abort();
    _ = server.await;

    let again = Loader::new(&places, Need::Rules).unwrap().load(0).await.unwrap();
    assert_eq!(again.config.unwrap().version, version, "the copy gives the same config");

    for file in fs::read_dir(folder.path().join("firebell-config")).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_some_and(|e| e == "copy") {
            fs::remove_file(path).unwrap();
        }
    }
    let none = Loader::new(&places, Need::Rules).unwrap().load(0).await;
    assert!(matches!(none, Err(LoadError::Unreadable(..))), "without a copy it says so");
}

#[tokio::test]
async fn a_broken_text_is_not_kept_as_a_copy() {
    let folder = tempdir().unwrap();
    let local = folder.path().join("local.yaml");
    fs::write(&local, format!("store: {{url: 'sqlite://{}/firebell.db'}}\n", folder.path().display()))
        .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/rules.yaml", listener.local_addr().unwrap());
    let app = Router::new().route("/rules.yaml", get(|| async { "route: {" }));
    tokio::spawn(async move { axum::serve(listener, app).await });
    let loaded =
        Loader::new(&[local.display().to_string(), url], Need::Rules).unwrap().load(0).await.unwrap();
    assert!(loaded.config.is_none());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}
