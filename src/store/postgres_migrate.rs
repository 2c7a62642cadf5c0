//! Migrations on PostgreSQL: one replica at a time makes them, the others wait and find them made.

use deadpool_postgres::Object;
use tokio_postgres::Client;

use super::migrate::{self, Applied, Migration};
use super::postgres_error::Fault;
use super::postgres_sql::translate;
use super::{Dialect, OpenError, StoreError, StoreOptions, postgres_upgrade};

/// Brings the schema up to date (or only checks it); the name of the schema.
pub(super) async fn run(conn: Object, options: &StoreOptions) -> Result<String, OpenError> {
    // A connection of its own, closed at the end: whatever happens, its lock is free then.
    let client = Object::take(conn);
    let row =
        client.query_one("SELECT current_schema(), to_regclass('schema_migration') IS NOT NULL", &[]).await;
    let row = row.map_err(failed)?;
    let schema: Option<String> = row.try_get(0).map_err(failed)?;
    let schema =
        schema.ok_or_else(|| StoreError::Unavailable("the user's search_path names no schema".into()))?;
    if options.read_only || options.beside {
        let known = options.migrations.last().map_or(0, |m| m.version);
        let applied = if row.try_get(1).map_err(failed)? { applied(&client).await? } else { Vec::new() };
        let todo = migrate::plan(&applied, options.migrations)?;
        if !todo.is_empty() {
            return Err(OpenError::Older { found: applied.last().map_or(0, |a| a.version), known });
        }
        return Ok(schema);
    }
    let lock = "SELECT pg_advisory_lock(hashtextextended('firebell migrate ' || current_schema(), 0))";
    client.execute(lock, &[]).await.map_err(failed)?;
    let table = migrate::render(migrate::VERSION_TABLE, Dialect::Postgres);
    client.batch_execute(&table).await.map_err(failed)?;
    let todo = migrate::plan(&applied(&client).await?, options.migrations)?;
    if let Some(last) = todo.last() {
        postgres_upgrade::wait_for_older(&client, last.version, options).await?;
    }
    for migration in todo {
        apply(&client, migration, options.clock.now_ms()).await?;
        tracing::info!(version = migration.version, name = migration.name, "migrated the database");
    }
    Ok(schema)
}

async fn applied(client: &Client) -> Result<Vec<Applied>, OpenError> {
    let rows = client.query(migrate::APPLIED, &[]).await.map_err(failed)?;
    let read = |row: &tokio_postgres::Row| {
        Ok(Applied { version: row.try_get(0)?, name: row.try_get(1)?, checksum: row.try_get(2)? })
    };
    rows.iter().map(read).collect::<Result<_, _>>().map_err(failed)
}

async fn apply(client: &Client, migration: &Migration, now_ms: i64) -> Result<(), OpenError> {
    let wrong = |error: tokio_postgres::Error| migration.failed(Fault::new(&error, migration.name).error);
    client.batch_execute("BEGIN").await.map_err(wrong)?;
    client.batch_execute(&migrate::render(migration.sql, Dialect::Postgres)).await.map_err(wrong)?;
    let record = translate(migrate::RECORD);
    let checksum = migration.checksum();
    client
        .execute(&record, &[&migration.version, &migration.name, &checksum, &now_ms])
        .await
        .map_err(wrong)?;
    client.batch_execute("COMMIT").await.map_err(wrong)
}

fn failed(error: tokio_postgres::Error) -> OpenError {
    Fault::new(&error, "schema_migration").error.into()
}
