//! Before a migration on PostgreSQL: replicas of an older version must not work on the new schema. They are asked to stop,
//! which those do that know of this; while one goes on nevertheless, the migration is refused.

use std::collections::HashMap;

use tokio_postgres::Client;

use super::postgres_error::Fault;
use super::replicas::UPGRADE;
use super::{OpenError, StoreOptions};
use crate::clock::{Clock as _, SystemClock};
use crate::limits::{REPLICA_BEAT, REPLICA_LOOKS};

/// Returns when no replica that knows only an older schema than `to` is at work any more.
pub(super) async fn wait_for_older(
    client: &Client,
    to: i64,
    options: &StoreOptions,
) -> Result<(), OpenError> {
    let clock = &options.clock;
    let tables = client
        .query_one("SELECT to_regclass('lease') IS NOT NULL, to_regclass('replica') IS NOT NULL", &[])
        .await
        .map_err(failed)?;
    let (has_leases, has_replicas): (bool, bool) =
        (tables.try_get(0).map_err(failed)?, tables.try_get(1).map_err(failed)?);
    if !has_leases {
        return Ok(());
    }
    let mut seen = Seen::default();
    let mut asked = false;
    // Real time, whatever clock the program runs on: it is about other processes.
    let give_up_ms = SystemClock.now_ms().saturating_add(options.upgrade_wait_ms);
    loop {
        let older = seen.look(client, has_replicas, to, clock.now_ms()).await?;
        if older.is_empty() {
            break;
        }
        if !asked {
            asked = true;
            ask(client, to, clock.now_ms()).await?;
            tracing::warn!(
                replicas = older.len(),
                "older replicas are at work on this database: they are asked to stop before it is migrated"
            );
        }
        if SystemClock.now_ms() >= give_up_ms {
            client.execute("DELETE FROM meta WHERE key = $1", &[&UPGRADE]).await.map_err(failed)?;
            return Err(OpenError::OlderReplicas { count: older.len(), to });
        }
        SystemClock.wait_ms(i64::try_from(REPLICA_BEAT.as_millis()).unwrap_or(1_000)).await;
    }
    if has_replicas {
        client.execute("DELETE FROM replica WHERE schema_version < $1", &[&to]).await.map_err(failed)?;
    }
    Ok(())
}

async fn ask(client: &Client, to: i64, now_ms: i64) -> Result<(), OpenError> {
    let sql = "INSERT INTO meta (key, value) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = excluded.value";
    client.execute(sql, &[&UPGRADE, &format!("{to}@{now_ms}")]).await.map(drop).map_err(failed)
}

/// How often each replica had spoken, and how often it was looked at since it last did.
#[derive(Default)]
struct Seen(HashMap<String, (i64, u32)>);

impl Seen {
    /// The older replicas that are at work, as far as one can tell.
    async fn look(
        &mut self,
        client: &Client,
        has_replicas: bool,
        to: i64,
        now_ms: i64,
    ) -> Result<Vec<String>, OpenError> {
        // Versions before the table `replica` show only by who drives.
        let driver =
            client.query("SELECT holder FROM lease WHERE until_ms > $1", &[&now_ms]).await.map_err(failed)?;
        let mut older = Vec::new();
        let mut known = Vec::new();
        if has_replicas {
            let rows = client
                .query("SELECT holder, schema_version, beats FROM replica", &[])
                .await
                .map_err(failed)?;
            for row in &rows {
                let (holder, schema, beats): (String, i64, i64) = (
                    row.try_get(0).map_err(failed)?,
                    row.try_get(1).map_err(failed)?,
                    row.try_get(2).map_err(failed)?,
                );
                let looks = match self.0.get(&holder) {
                    Some((before, looks)) if *before == beats => looks + 1,
                    _ => 0,
                };
                self.0.insert(holder.clone(), (beats, looks));
                if schema < to && looks <= REPLICA_LOOKS {
                    older.push(holder.clone());
                }
                known.push(holder);
            }
        }
        for row in &driver {
            let holder: String = row.try_get(0).map_err(failed)?;
            if !known.contains(&holder) {
                older.push(holder);
            }
        }
        Ok(older)
    }
}

fn failed(error: tokio_postgres::Error) -> OpenError {
    Fault::new(&error, "replica").error.into()
}
