//! `firebell outbox` where there is no bot to ask: `tests/it/faults.rs` runs it beside one.

use firebell::cli::Exit;

use crate::firebell;

#[test]
fn it_makes_no_database_and_wants_to_know_what_to_retry() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("firebell.yaml");
    let database = folder.path().join("firebell.db");
    let text = format!(
        "store: {{url: 'sqlite://{}'}}\nroute: {{receiver: a}}\nreceivers: [{{name: a}}]\n",
        database.display()
    );
    std::fs::write(&config, text).unwrap();
    let config = config.display().to_string();
    for args in [&["list"] as &[&str], &["retry", "--all-dead"], &["retry", "7"]] {
        let args: Vec<&str> = ["outbox"].iter().chain(args).chain(&["--config", &config]).copied().collect();
        let ran = firebell(&args);
        assert_eq!(ran.exit, Exit::Wrong, "{args:?}");
        assert!(ran.err.contains("there is no database at"), "{}", ran.err);
        assert!(!database.exists());
    }
    for args in [&["outbox", "retry"] as &[&str], &["outbox"], &["outbox", "retry", "7", "--all-dead"]] {
        assert_eq!(firebell(args).exit, Exit::Usage, "{args:?}");
    }
}
