//! The SQLite file: who may open it, and what is said when it cannot be used.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

use firebell::args;
use firebell::store::{OpenError, Store, StoreError, StoreOptions, Tx};

use super::engines::{Db, on_postgres};

fn fill(tx: &mut dyn Tx, from: i64, count: i64) -> Result<(), StoreError> {
    for n in from..from + count {
        tx.exec("INSERT INTO meta (key, value) VALUES (?1, ?2)", args![&n.to_string(), &"x".repeat(900)])?;
    }
    Ok(())
}

async fn count(store: &Store) -> i64 {
    store.read(|tx| tx.query_i64("SELECT count(*) FROM meta", args![])).await.unwrap()
}

async fn error_of(url: &str) -> OpenError {
    Store::open(StoreOptions::new(url)).await.unwrap_err()
}

#[tokio::test]
async fn commits_reach_the_disk_and_references_hold() {
    let db = Db::sqlite();
    let store = db.open().await;
    let settings = store.write(|tx| {
        let mut get = |name: &str| tx.query_one(&format!("PRAGMA {name}"), args![]).map(|row| row.unwrap());
        let mode = get("journal_mode")?.get::<String>(0)?;
        Ok::<_, StoreError>((mode, get("synchronous")?.get::<i64>(0)?, get("foreign_keys")?.get::<i64>(0)?))
    });
    // NORMAL: the store syncs the log itself, see the next test.
    assert_eq!(settings.await, Ok(("wal".to_owned(), 1, 1)));
    store.close().await;
}

/// How often the log was synced.
fn syncs(store: &Store) -> u64 {
    store.stats().syncs.load(Relaxed)
}

/// Whether the log was synced between the commit of this write and its answer.
async fn synced(store: &Store, n: i64) -> bool {
    let committing = Arc::new(AtomicU64::new(0));
    let (at, of) = (Arc::clone(&committing), store.clone());
    let write = store.write(move |tx| {
        at.store(syncs(&of), Relaxed);
        fill(tx, n, 1)
    });
    write.await.unwrap();
    syncs(store) > committing.load(Relaxed)
}

#[tokio::test]
async fn a_lazy_commit_does_not_wait_for_the_disk_and_the_next_one_does() {
    let db = Db::sqlite();
    let store = db.open().await;
    store.write_lazily(|tx| fill(tx, 0, 1)).await.unwrap();
    store.write_in_rounds(|tx| fill(tx, 1, 1)).await.unwrap();
    assert_eq!(
        store.write(|tx| fill(tx, 2, 1).and(Err(StoreError::Closed))).await,
        Err::<(), _>(StoreError::Closed)
    );
    assert_eq!(syncs(&store), 0, "nobody has to know that any of this is on the disk");
    assert!(synced(&store, 2).await);
    assert_eq!(syncs(&store), 1);
    // Both kinds wait at the same time, in every order.
    for round in 0..20 {
        let n = 3 + 4 * round;
        let (a, b, c, d) = tokio::join!(
            store.write_lazily(move |tx| fill(tx, n, 1)),
            synced(&store, n + 1),
            synced(&store, n + 2),
            store.write_in_rounds(move |tx| fill(tx, n + 3, 1)),
        );
        assert_eq!((a, b, c, d), (Ok(()), true, true, Ok(())));
    }
    assert_eq!(count(&store).await, 83);
    store.close().await;
    let again = db.open().await;
    assert_eq!(count(&again).await, 83);
    again.close().await;
}

/// While one sync is under way others write, and no answer comes before a sync that began after its commit.
#[tokio::test(flavor = "multi_thread")]
async fn many_at_once_share_syncs_and_none_is_told_too_early() {
    let db = Db::sqlite();
    let store = db.open().await;
    let many = (0..16).map(|writer| {
        let store = store.clone();
        tokio::spawn(async move {
            for n in 0..25 {
                assert!(synced(&store, writer * 1_000 + n).await);
            }
        })
    });
    for one in many.collect::<Vec<_>>() {
        one.await.unwrap();
    }
    assert!(syncs(&store) <= store.stats().commits.load(Relaxed));
    store.close().await;
    let again = db.open().await;
    assert_eq!(count(&again).await, 400);
    again.close().await;
}

/// However many write without a pause, a round finds its turn.
#[tokio::test(flavor = "multi_thread")]
async fn rounds_do_not_wait_for_a_pause() {
    const WRITERS: i64 = 8;
    const WRITES: i64 = 400;
    let db = Db::sqlite();
    let store = db.open().await;
    let written = Arc::new(AtomicU64::new(0));
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| {
            let (store, written) = (store.clone(), Arc::clone(&written));
            tokio::spawn(async move {
                for n in 0..WRITES {
                    store.write(move |tx| fill(tx, writer * 1_000 + n, 1)).await.unwrap();
                    written.fetch_add(1, Relaxed);
                }
            })
        })
        .collect();
    for _ in 0..3 {
        store.write_in_rounds(|tx| tx.query_i64("SELECT count(*) FROM meta", args![])).await.unwrap();
    }
    let before = written.load(Relaxed);
    assert!(before < (WRITERS * WRITES * 3 / 4) as u64, "the rounds came after {before} writes");
    for writer in writers {
        writer.await.unwrap();
    }
    store.close().await;
}

/// SQLite names the log after the file a link leads to.
#[cfg(unix)]
#[tokio::test]
async fn the_database_may_be_a_link() {
    let db = Db::sqlite();
    db.open().await.close().await;
    let link = db.folder.path().join("link.db");
    std::os::unix::fs::symlink(db.path(), &link).unwrap();
    let store = Store::open(StoreOptions::new(format!("sqlite://{}", link.display()))).await.unwrap();
    assert!(synced(&store, 0).await);
    store.close().await;
}

#[tokio::test]
async fn a_second_writer_is_refused_and_a_reader_is_not() {
    let db = Db::sqlite();
    let store = db.open().await;
    store.write(|tx| fill(tx, 0, 3)).await.unwrap();
    let second = Store::open(db.options()).await.unwrap_err();
    assert!(matches!(second, OpenError::InUse { .. }), "{second}");
    assert!(second.to_string().contains(&format!("process {}", std::process::id())), "{second}");

    let reader = Store::open(StoreOptions { read_only: true, ..db.options() }).await.unwrap();
    assert_eq!(count(&reader).await, 3);
    store.write(|tx| fill(tx, 3, 1)).await.unwrap();
    assert_eq!(count(&reader).await, 4);
    assert_eq!(reader.write(|tx| fill(tx, 9, 1)).await, Err(StoreError::ReadOnly));
    reader.close().await;

    store.close().await;
    drop(store);
    db.open().await.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_made_while_it_is_written_to_is_whole() {
    let db = Db::sqlite();
    let store = db.open().await;
    store.write(|tx| fill(tx, 0, 10)).await.unwrap();
    let writer = tokio::spawn({
        let store = store.clone();
        async move {
            for round in 1..60 {
                store.write(move |tx| fill(tx, round * 10, 10)).await.unwrap();
            }
        }
    });
    let reader = Store::open(StoreOptions { read_only: true, ..db.options() }).await.unwrap();
    for (name, from) in [("a", &store), ("b", &reader), ("c", &store)] {
        let copy = db.folder.path().join(name);
        let bytes = from.backup(&copy).await.unwrap();
        assert_eq!(bytes, fs::metadata(&copy).unwrap().len());
        let copied = Store::open(StoreOptions::new(format!("sqlite://{}", copy.display()))).await.unwrap();
        let rows = count(&copied).await;
        assert!(rows >= 10 && rows % 10 == 0, "half a write in the copy: {rows}");
        copied.close().await;
    }
    writer.await.unwrap();
    let again = store.backup(&db.folder.path().join("a")).await.unwrap_err();
    assert!(again.to_string().contains("exists already"), "{again}");
    let nowhere = store.backup(&db.folder.path().join("no/where")).await.unwrap_err();
    assert!(matches!(nowhere, StoreError::Backup(_)), "{nowhere}");
    reader.close().await;
    store.close().await;
}

#[tokio::test]
async fn postgres_says_how_to_copy_it() {
    on_postgres(async |db| {
        let store = db.open().await;
        let error = store.backup(&db.path()).await.unwrap_err();
        assert!(error.to_string().contains("pg_dump"), "{error}");
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_file_that_cannot_be_used_is_explained() {
    let folder = tempfile::TempDir::new().unwrap();
    let at = |name: &str| format!("sqlite://{}", folder.path().join(name).display());

    let missing = error_of(&at("nowhere/firebell.db")).await;
    assert!(matches!(&missing, OpenError::MissingFolder(_)), "{missing}");
    let absent = Store::open(StoreOptions { read_only: true, ..StoreOptions::new(at("absent.db")) })
        .await
        .unwrap_err();
    assert!(matches!(absent, OpenError::MissingFile(_)), "{absent}");

    fs::write(folder.path().join("text.db"), "not a database, ".repeat(500)).unwrap();
    let text = error_of(&at("text.db")).await;
    assert!(matches!(text, OpenError::Foreign { .. }), "{text}");

    let other = rusqlite::Connection::open(folder.path().join("other.db")).unwrap();
    other.execute_batch("CREATE TABLE recipes (id INTEGER)").unwrap();
    let other = error_of(&at("other.db")).await;
    assert!(other.to_string().contains("recipes"), "{other}");

    fs::create_dir(folder.path().join("folder.db")).unwrap();
    let directory = error_of(&at("folder.db")).await;
    assert!(matches!(directory, OpenError::Permission { .. }), "{directory}");

    for url in [
        "mysql://x",
        "sqlite://",
        "sqlite://a.db?mode=rwc",
        "postgres://u:s3cret@h:port/d",
        "postgres://u:s3cret@h/d?x=1",
    ] {
        let error = error_of(url).await;
        assert!(
            matches!(error, OpenError::Url(_)) && !error.to_string().contains("s3cret"),
            "{url}: {error}"
        );
    }
    let unreachable = error_of("postgres://u:s3cret@127.0.0.1:1/d").await;
    assert!(matches!(unreachable, OpenError::Unreachable(_)), "{unreachable}");
    assert!(
        unreachable.to_string().contains("refused") && !unreachable.to_string().contains("s3cret"),
        "{unreachable}"
    );
    assert!(!format!("{:?}", StoreOptions::new("postgres://u:s3cret@h/d")).contains("s3cret"));
}

#[tokio::test]
async fn a_damaged_database_is_named_so() {
    let db = Db::sqlite();
    let store = db.open().await;
    store.write(|tx| fill(tx, 0, 200)).await.unwrap();
    store.close().await;
    drop(store);
    let mut bytes = fs::read(db.path()).unwrap();
    bytes[4096..].fill(0x5A);
    fs::write(db.path(), bytes).unwrap();
    let error = error_of(&db.url).await;
    assert!(error.to_string().contains("damaged") && error.to_string().contains("backup"), "{error}");
}

#[tokio::test]
async fn a_full_disk_is_said_and_survived() {
    let db = Db::sqlite();
    let store = db.open().await;
    store.write(|tx| fill(tx, 0, 10)).await.unwrap();
    let limit = |pages: i64| {
        let store = store.clone();
        async move { store.write(move |tx| tx.query(&format!("PRAGMA max_page_count = {pages}"), args![])).await }
    };
    limit(30).await.unwrap();
    let full = store.write(|tx| fill(tx, 100, 5_000)).await.unwrap_err();
    assert!(matches!(full, StoreError::DiskFull(_)), "{full}");
    assert_eq!(count(&store).await, 10);
    limit(100_000).await.unwrap();
    store.write(|tx| fill(tx, 100, 500)).await.unwrap();
    assert_eq!(count(&store).await, 510);
    store.close().await;
}

#[tokio::test]
async fn a_throw_away_database_leaves_nothing() {
    let store = Store::open(StoreOptions::new("sqlite::memory:")).await.unwrap();
    let other = Store::open(StoreOptions::new("sqlite::memory:")).await.unwrap();
    store.write(|tx| fill(tx, 0, 1)).await.unwrap();
    assert_eq!((count(&store).await, count(&other).await), (1, 0));
    let file = store.read(|tx| tx.query_one("SELECT file FROM pragma_database_list", args![])).await.unwrap();
    let file = std::path::PathBuf::from(file.unwrap().get::<String>(0).unwrap());
    assert!(file.exists());
    store.close().await;
    drop(store);
    assert!(!file.parent().unwrap().exists());
    other.close().await;
}

fn mode(path: &std::path::Path) -> u32 {
    use std::os::unix::fs::PermissionsExt as _;
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

/// What was said in private channels lies in these files.
#[tokio::test]
async fn nobody_else_may_read_the_database_or_a_copy_of_it() {
    use std::os::unix::fs::PermissionsExt as _;
    let db = Db::sqlite();
    let copy = db.folder.path().join("copy.db");
    let store = db.open().await;
    store.write(|tx| fill(tx, 0, 10)).await.unwrap();
    store.backup(&copy).await.unwrap();
    let mut seen = 0;
    for entry in fs::read_dir(db.folder.path()).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
        seen += 1;
    }
    assert!(seen >= 5, "the database, its log, its index, its lock and the copy: {seen}");
    store.close().await;

    // Of an earlier version, which left it to the umask.
    let database = db.folder.path().join("firebell.db");
    let old_copy = db.folder.path().join("firebell.db.before-v2.backup");
    fs::copy(&copy, &old_copy).unwrap();
    for path in [&database, &old_copy] {
        fs::set_permissions(path, fs::Permissions::from_mode(0o644)).unwrap();
    }
    let store = db.open().await;
    assert_eq!((mode(&database), mode(&old_copy)), (0o600, 0o600));
    store.close().await;

    // A group that was let in on purpose stays in.
    fs::set_permissions(&database, fs::Permissions::from_mode(0o640)).unwrap();
    let store = db.open().await;
    assert_eq!(mode(&database), 0o640);
    store.close().await;
}
