//! A fresh database on either engine, in memory where the machine has a place for that.

use std::path::Path;

use tempfile::TempDir;

use super::set_up::Engine;
use crate::store::engines;

pub(super) struct Database {
    pub(super) url: String,
    pub(super) folder: TempDir,
}

fn folder() -> TempDir {
    let memory = Path::new("/dev/shm");
    let made = if memory.is_dir() { TempDir::new_in(memory) } else { TempDir::new() };
    made.or_else(|_| TempDir::new()).unwrap()
}

/// Runs `test` on a new database; not at all where there is no PostgreSQL, loudly.
pub(super) async fn with_database(engine: Engine, test: impl AsyncFn(Database)) {
    match engine {
        Engine::Sqlite => {
            let folder = folder();
            let url = format!("sqlite://{}", folder.path().join("firebell.db").display());
            test(Database { url, folder }).await;
        }
        Engine::Postgres => {
            engines::on_postgres(async |db| test(Database { url: db.url.clone(), folder: folder() }).await)
                .await;
        }
    }
}
