//! A database of one's own on the PostgreSQL that `FIREBELL_TEST_POSTGRES` names.

use std::io::Write as _;
use std::panic::{AssertUnwindSafe, resume_unwind};

use futures_util::FutureExt as _;

const SERVER: &str = "FIREBELL_TEST_POSTGRES";

/// Runs the test on a new database, or says loudly that it cannot.
pub(crate) async fn on_postgres(test: impl AsyncFn(&str)) {
    let Ok(server) = std::env::var(SERVER) else {
        // Not by eprintln!: the words of a test that passes are kept from people.
        let loud = format!("\n!!! {SERVER} is not set: kill -9 was NOT tested on PostgreSQL !!!\n");
        _ = std::io::stderr().write_all(loud.as_bytes());
        return;
    };
    let name = format!("firebell_killed_{}", std::process::id());
    let (admin, connection) = tokio_postgres::connect(&server, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    admin.batch_execute(&format!("CREATE DATABASE {name}")).await.unwrap();
    let mut url = url::Url::parse(&server).unwrap();
    url.set_path(&name);
    let outcome = AssertUnwindSafe(test(url.as_str())).catch_unwind().await;
    admin.batch_execute(&format!("DROP DATABASE {name} WITH (FORCE)")).await.unwrap();
    if let Err(panic) = outcome {
        resume_unwind(panic);
    }
}
