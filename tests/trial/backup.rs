//! `firebell backup`

use firebell::cli::Exit;
use firebell::store::{Store, StoreError, StoreOptions, counters};
use tempfile::TempDir;

use crate::firebell;

/// A folder with a config whose database stands in it.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let config = format!(
        "store: {{url: 'sqlite://{}/firebell.db'}}\nroute: {{receiver: a}}\nreceivers: [{{name: a}}]\n",
        folder.path().display()
    );
    std::fs::write(folder.path().join("firebell.yaml"), config).unwrap();
    folder
}

fn path(folder: &TempDir, name: &str) -> String {
    folder.path().join(name).display().to_string()
}

async fn count_on(store: &Store) -> i64 {
    store.write::<_, StoreError>(|tx| counters::next(tx, "test")).await.unwrap()
}

#[test]
fn a_copy_while_it_runs_and_another_over_it() {
    let folder = folder();
    let (config, copy) = (path(&folder, "firebell.yaml"), path(&folder, "copy.db"));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let url = format!("sqlite://{}", path(&folder, "firebell.db"));
    let store = runtime.block_on(Store::open(StoreOptions::new(url))).unwrap();
    assert_eq!(runtime.block_on(count_on(&store)), 1);

    let ran = firebell(&["backup", &copy, "--config", &config]);
    assert_eq!(ran.exit, Exit::Fine, "{}", ran.err);
    assert!(ran.out.contains("KiB copied to") && ran.out.contains("copy.db"), "{}", ran.out);

    assert_eq!(runtime.block_on(count_on(&store)), 2);
    let ran = firebell(&["backup", &copy, "--config", &config]);
    assert_eq!(ran.exit, Exit::Usage);
    assert!(ran.err.contains("exists already; give another name, or --force"), "{}", ran.err);
    assert_eq!(firebell(&["backup", &copy, "--force", "-c", &config]).exit, Exit::Fine);

    let copied = runtime.block_on(Store::open(StoreOptions::new(format!("sqlite://{copy}")))).unwrap();
    assert_eq!(runtime.block_on(count_on(&copied)), 3, "the copy goes on where the second backup was made");
}

#[test]
fn into_a_folder_but_not_onto_itself() {
    let folder = folder();
    let (config, database) = (path(&folder, "firebell.yaml"), path(&folder, "firebell.db"));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let store = runtime.block_on(Store::open(StoreOptions::new(format!("sqlite://{database}")))).unwrap();
    runtime.block_on(store.close());
    std::fs::create_dir(folder.path().join("copies")).unwrap();
    let ran = firebell(&["backup", &path(&folder, "copies"), "--config", &config]);
    assert_eq!(ran.exit, Exit::Fine, "{}", ran.err);
    assert!(folder.path().join("copies/firebell.db").exists());
    let own_folder = folder.path().display().to_string();
    for itself in [&database, &own_folder] {
        let ran = firebell(&["backup", itself, "--force", "--config", &config]);
        assert_eq!(ran.exit, Exit::Usage);
        assert!(ran.err.contains("is the database itself"), "{}", ran.err);
    }
}

#[test]
fn where_there_is_nothing_to_copy() {
    let folder = folder();
    let config = path(&folder, "firebell.yaml");
    let ran = firebell(&["backup", &path(&folder, "copy.db"), "--config", &config]);
    assert_eq!(ran.exit, Exit::Wrong);
    assert!(ran.err.contains("there is no database at"), "{}", ran.err);
    assert!(!folder.path().join("copy.db").exists());

    let postgres = "store: {url: 'postgres://u:s3cret@db.example.com/firebell'}\nroute: {receiver: a}\nreceivers: [{name: a}]\n";
    std::fs::write(folder.path().join("firebell.yaml"), postgres).unwrap();
    let ran = firebell(&["backup", "copy.dump", "--config", &config]);
    assert_eq!(ran.exit, Exit::Wrong);
    assert!(ran.err.contains("pg_dump --format=custom --file=copy.dump"), "{}", ran.err);
    assert!(!ran.err.contains("s3cret"), "{}", ran.err);
}
