//! A fresh database on each engine.

use std::io::Write;
use std::panic::{AssertUnwindSafe, resume_unwind};
use std::path::PathBuf;
use std::sync::Once;
use std::sync::atomic::{AtomicU32, Ordering};

use firebell::store::{Dialect, Store, StoreOptions};
use futures_util::FutureExt;
use tempfile::TempDir;

/// The URL of a server, with the rights to make databases.
const POSTGRES: &str = "FIREBELL_TEST_POSTGRES";

/// An empty database of its own.
pub(crate) struct Db {
    pub(crate) url: String,
    pub(crate) dialect: Dialect,
    pub(crate) folder: TempDir,
}

impl Db {
    pub(crate) fn sqlite() -> Self {
        let folder = TempDir::new().unwrap();
        let url = format!("sqlite://{}", folder.path().join("firebell.db").display());
        Self { url, dialect: Dialect::Sqlite, folder }
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("firebell.db")
    }

    pub(crate) fn options(&self) -> StoreOptions {
        StoreOptions::new(&self.url)
    }

    pub(crate) async fn open(&self) -> Store {
        Store::open(self.options()).await.unwrap()
    }
}

/// Runs the test on SQLite, then on PostgreSQL.
pub(crate) async fn on_each_engine(test: impl AsyncFn(&Db)) {
    test(&Db::sqlite()).await;
    on_postgres(test).await;
}

/// Runs the test on a new PostgreSQL database, or says loudly that it cannot.
pub(crate) async fn on_postgres(test: impl AsyncFn(&Db)) {
    static SAY: Once = Once::new();
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let Ok(server) = std::env::var(POSTGRES) else {
        // Not by a macro: the test harness would swallow it.
        SAY.call_once(|| {
            let words = format!("\n!!! {POSTGRES} is not set: NOTHING is tested on PostgreSQL !!!\n");
            std::io::stderr().write_all(words.as_bytes()).unwrap();
        });
        return;
    };
    let name = format!("firebell_test_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    let admin = admin(&server).await;
    admin.batch_execute(&format!("CREATE DATABASE {name}")).await.unwrap();
    let mut url = url::Url::parse(&server).unwrap();
    url.set_path(&name);
    let db = Db { url: url.to_string(), dialect: Dialect::Postgres, folder: TempDir::new().unwrap() };
    let outcome = AssertUnwindSafe(test(&db)).catch_unwind().await;
    admin.batch_execute(&format!("DROP DATABASE {name} WITH (FORCE)")).await.unwrap();
    if let Err(panic) = outcome {
        resume_unwind(panic);
    }
}

/// A plain connection, beside the store.
pub(crate) async fn admin(url: &str) -> tokio_postgres::Client {
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}
