//! PostgreSQL: for several replicas on one database. A pool; each transaction runs its closure on a blocking
//! thread, SERIALIZABLE, and again when it collided with another.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use deadpool_postgres::{Manager, ManagerConfig, Object, Pool, PoolError, RecyclingMethod, Runtime};
use tokio::runtime::Handle;
use tokio::sync::Mutex;
use tokio::task::AbortHandle;
use tokio_postgres::types::ToSql;

use super::changes::Changes;
use super::postgres_error::{Cause, Fault, while_committing};
use super::postgres_sql::Translations;
use super::postgres_tls::{Tls, TlsOptions};
use super::stats::StoreStats;
use super::{Arg, Dialect, OpenError, Row, StoreError, StoreOptions, Tx, Value};
use super::{postgres_listen, postgres_migrate};
use crate::clock::{Clock, Stopwatch, SystemClock};
use crate::limits::{
    STORE_ATTEMPTS, STORE_ATTEMPTS_FREE, STORE_ATTEMPTS_LOST, STORE_CONNECT_MS, STORE_POOL, STORE_RETRY_MS,
};
use crate::random::SharedRandom;

/// What a transaction is begun with. A read sees one moment, and is never run again for others' sake.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Read,
    Write,
}

/// A PostgreSQL database.
pub(super) struct Postgres {
    pool: Pool,
    shared: Arc<Shared>,
    random: SharedRandom,
    /// Held by the one transaction that is tried again and again.
    turn: Mutex<()>,
    read_only: bool,
    listener: AbortHandle,
}

/// What the blocking threads need.
struct Shared {
    translations: Translations,
    stats: Arc<StoreStats>,
    changes: Arc<Changes>,
    /// Where replicas of this schema wake each other.
    channel: String,
    /// This process, so that it does not wake itself twice.
    replica: String,
}

impl Postgres {
    pub(super) async fn open(
        options: &StoreOptions,
        stats: Arc<StoreStats>,
        changes: Arc<Changes>,
    ) -> Result<Self, OpenError> {
        let (config, tls) = config(&options.url)?;
        let pool = pool(config.clone(), tls.clone())?;
        let conn = pool.get().await.map_err(|error| OpenError::Unreachable(pool_words(&error)))?;
        let schema = postgres_migrate::run(conn, options).await?;
        let channel = format!("firebell:{schema}");
        let replica = format!("{:016x}", options.random.next_u64());
        let listening =
            postgres_listen::listen(config, tls, channel.clone(), replica.clone(), Arc::clone(&changes));
        Ok(Self {
            pool,
            shared: Arc::new(Shared {
                translations: Translations::default(),
                stats,
                changes,
                channel,
                replica,
            }),
            random: Arc::clone(&options.random),
            turn: Mutex::default(),
            read_only: options.read_only,
            listener: tokio::spawn(listening).abort_handle(),
        })
    }

    pub(super) async fn read<T, E>(
        &self,
        f: impl Fn(&mut dyn Tx) -> Result<T, E> + Send + Sync + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        self.run(Kind::Read, Arc::new(f)).await
    }

    pub(super) async fn write<T, E>(
        &self,
        f: impl Fn(&mut dyn Tx) -> Result<T, E> + Send + Sync + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        if self.read_only {
            return Err(StoreError::ReadOnly.into());
        }
        let watch = Stopwatch::start();
        let outcome = self.run(Kind::Write, Arc::new(f)).await;
        let stats = &self.shared.stats;
        stats.write_us.fetch_add(u64::try_from(watch.elapsed().as_micros()).unwrap_or(0), Relaxed);
        StoreStats::add(if outcome.is_ok() { &stats.writes } else { &stats.failed_writes }, 1);
        if outcome.is_ok() {
            StoreStats::add(&stats.commits, 1);
            stats.largest_batch.fetch_max(1, Relaxed);
        }
        outcome
    }

    async fn run<T, E, F>(&self, kind: Kind, f: Arc<F>) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: Fn(&mut dyn Tx) -> Result<T, E> + Send + Sync + 'static,
    {
        let mut attempt = 0;
        let mut turn = None;
        loop {
            attempt += 1;
            let conn = match self.pool.get().await {
                Ok(conn) => conn,
                Err(_) if self.pool.is_closed() => return Err(StoreError::Closed.into()),
                Err(error) => return Err(StoreError::Unavailable(pool_words(&error)).into()),
            };
            let (f, shared, handle) = (Arc::clone(&f), Arc::clone(&self.shared), Handle::current());
            let once = tokio::task::spawn_blocking(move || Attempt { conn, handle, shared }.run(kind, &*f));
            let fault = match once.await {
                Ok(Outcome::Done(outcome)) => return outcome,
                Ok(Outcome::Again(fault)) => fault,
                Err(gone) => return Err(StoreError::Unavailable(gone.to_string()).into()),
            };
            let lost = fault.cause == Cause::Lost;
            if attempt >= if lost { STORE_ATTEMPTS_LOST } else { STORE_ATTEMPTS } {
                return Err(fault.given_up(attempt).into());
            }
            let stats = &self.shared.stats;
            StoreStats::add(if lost { &stats.reconnects } else { &stats.retries }, 1);
            // Of all that collide one gets through, so those that had no luck queue up: of this process, only the first
            // of them and newcomers collide from now on.
            if attempt >= STORE_ATTEMPTS_FREE && turn.is_none() {
                turn = Some(self.turn.lock().await);
            } else {
                self.wait_before_attempt(attempt).await;
            }
        }
    }

    /// Twice as long each time, and by chance not together with those one collided with. Real time, whatever
    /// clock the program runs on: it is about the server's work, and nothing is decided by it.
    async fn wait_before_attempt(&self, attempt: u32) {
        let most_ms = (1_u64 << attempt.min(10)).min(STORE_RETRY_MS);
        let wait_ms = most_ms / 2 + self.random.below(most_ms);
        SystemClock.wait_ms(i64::try_from(wait_ms).unwrap_or(0)).await;
    }

    pub(super) fn close(&self) {
        self.listener.abort();
        self.pool.close();
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.listener.abort();
    }
}

/// An error with its causes (the driver's own words are only `db error`), each said once.
fn words(error: &dyn std::error::Error) -> String {
    let mut words = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_words = cause.to_string();
        if !words.ends_with(&cause_words) {
            words = format!("{words}: {cause_words}");
        }
        source = cause.source();
    }
    words
}

/// Without the pool's own words around what the server or the network said.
fn pool_words(error: &PoolError) -> String {
    match error {
        PoolError::Backend(error) => words(error),
        PoolError::Timeout(_) => "no connection was free or made in time".to_owned(),
        other => words(other),
    }
}

fn config(url: &str) -> Result<(tokio_postgres::Config, Tls), OpenError> {
    let (url, tls) = TlsOptions::split(url)?;
    let mut config: tokio_postgres::Config = url.parse().map_err(|error| OpenError::Url(words(&error)))?;
    config.ssl_mode(tls.mode);
    if config.get_application_name().is_none() {
        config.application_name("firebell");
    }
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(Duration::from_millis(STORE_CONNECT_MS));
    }
    // A server that vanished without a word is noticed within a minute, not within two hours.
    config.keepalives_idle(Duration::from_secs(30)).keepalives_interval(Duration::from_secs(10));
    config.keepalives_retries(3).tcp_user_timeout(Duration::from_secs(60));
    // A replica that froze inside a transaction must not hold its locks for ever.
    let options =
        format!("{} -c idle_in_transaction_session_timeout=60s", config.get_options().unwrap_or(""));
    config.options(options.trim());
    Ok((config, tls.connector()?))
}

fn pool(config: tokio_postgres::Config, tls: Tls) -> Result<Pool, OpenError> {
    let manager =
        Manager::from_config(config, tls, ManagerConfig { recycling_method: RecyclingMethod::Fast });
    let limit = Some(Duration::from_millis(STORE_CONNECT_MS));
    let pool = Pool::builder(manager).max_size(STORE_POOL).runtime(Runtime::Tokio1);
    let pool = pool.wait_timeout(limit).create_timeout(limit).recycle_timeout(limit).build();
    pool.map_err(|error| OpenError::Unreachable(error.to_string()))
}

enum Outcome<T, E> {
    Done(Result<T, E>),
    /// Nothing was kept; the same may succeed now.
    Again(Fault),
}

/// One try at a transaction, on a blocking thread.
struct Attempt {
    conn: Object,
    handle: Handle,
    shared: Arc<Shared>,
}

impl Attempt {
    fn run<T, E: From<StoreError>>(
        self,
        kind: Kind,
        f: &impl Fn(&mut dyn Tx) -> Result<T, E>,
    ) -> Outcome<T, E> {
        let begin = match kind {
            Kind::Read => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
            Kind::Write => "BEGIN ISOLATION LEVEL SERIALIZABLE",
        };
        if let Err(error) = self.batch(begin) {
            return self.failed(Fault::new(&error, begin), |error| Err(error.into()));
        }
        let mut tx = PgTx { on: &self, fault: None, wakes: Vec::new() };
        let result = catch_unwind(AssertUnwindSafe(|| f(&mut tx)))
            .unwrap_or_else(|payload| Err(StoreError::panicked(payload.as_ref()).into()));
        if result.is_ok() {
            tx.notify();
        }
        let PgTx { fault, wakes, .. } = tx;
        match (result, fault) {
            (Ok(value), None) => self.commit(kind, value, &wakes),
            (Ok(_), Some(fault)) => self.failed(fault, |error| Err(error.into())),
            (Err(own), Some(fault)) => self.failed(fault, |_| Err(own)),
            (Err(own), None) => {
                self.undo();
                Outcome::Done(Err(own))
            }
        }
    }

    fn commit<T, E: From<StoreError>>(self, kind: Kind, value: T, wakes: &[&'static str]) -> Outcome<T, E> {
        match self.batch("COMMIT") {
            Ok(()) => {
                wakes.iter().for_each(|topic| self.shared.changes.ring(topic));
                Outcome::Done(Ok(value))
            }
            // Nothing depends on how a read ended.
            Err(_) if kind == Kind::Read => {
                discard(self.conn);
                Outcome::Done(Ok(value))
            }
            Err(error) => {
                let fault = while_committing(&error);
                StoreStats::add(&self.shared.stats.failed_commits, 1);
                let unknown = matches!(fault.error, StoreError::CommitUnknown(_));
                StoreStats::add(&self.shared.stats.unknown_commits, usize::from(unknown));
                // There is nothing to undo: COMMIT ends a transaction, whatever comes of it.
                if unknown || fault.cause == Cause::Lost || self.conn.is_closed() {
                    discard(self.conn);
                }
                outcome(fault, |error| Err(error.into()))
            }
        }
    }

    /// Ends a transaction in which a statement failed.
    fn failed<T, E>(self, fault: Fault, answer: impl FnOnce(StoreError) -> Result<T, E>) -> Outcome<T, E> {
        if fault.cause == Cause::Lost || self.conn.is_closed() {
            discard(self.conn);
        } else {
            self.undo();
        }
        outcome(fault, answer)
    }

    fn undo(self) {
        if self.batch("ROLLBACK").is_err() {
            discard(self.conn);
        }
    }

    fn batch(&self, sql: &str) -> Result<(), tokio_postgres::Error> {
        self.handle.block_on(self.conn.batch_execute(sql))
    }
}

fn outcome<T, E>(fault: Fault, answer: impl FnOnce(StoreError) -> Result<T, E>) -> Outcome<T, E> {
    match fault.cause {
        Cause::Own => Outcome::Done(answer(fault.error)),
        Cause::Conflict | Cause::Lost => Outcome::Again(fault),
    }
}

/// Closes a connection instead of giving it back to the pool.
fn discard(conn: Object) {
    drop(Object::take(conn));
}

struct PgTx<'a> {
    on: &'a Attempt,
    /// The first statement that failed; the transaction is over then.
    fault: Option<Fault>,
    wakes: Vec<&'static str>,
}

impl PgTx<'_> {
    fn rows(&mut self, sql: &str, args: &[Arg<'_>]) -> Result<Vec<tokio_postgres::Row>, StoreError> {
        self.statement(sql, args, async |conn, statement, params| conn.query(statement, params).await)
    }

    fn statement<T>(
        &mut self,
        sql: &str,
        args: &[Arg<'_>],
        run: impl AsyncFnOnce(
            &Object,
            &tokio_postgres::Statement,
            &[&(dyn ToSql + Sync)],
        ) -> Result<T, tokio_postgres::Error>,
    ) -> Result<T, StoreError> {
        if let Some(fault) = &self.fault {
            return Err(fault.error.clone());
        }
        let translated = self.on.shared.translations.get(sql);
        let params: Vec<&(dyn ToSql + Sync)> = args.iter().map(|arg| arg as _).collect();
        let conn = &self.on.conn;
        let outcome = self.on.handle.block_on(async {
            let statement =
                conn.prepare_cached(&translated).await.map_err(|error| Fault::new(&error, sql))?;
            let wanted = statement.params().len();
            if wanted != params.len() {
                let words = format!("it has {wanted} placeholders and was given {} arguments", params.len());
                return Err(Fault { cause: Cause::Own, error: StoreError::sql(words, sql) });
            }
            run(conn, &statement, &params).await.map_err(|error| Fault::new(&error, sql))
        });
        outcome.map_err(|fault| self.fault.insert(fault).error.clone())
    }

    /// Inside the transaction, so that the others hear of it exactly when it is there.
    fn notify(&mut self) {
        for topic in self.wakes.clone() {
            let (channel, message) = (&self.on.shared.channel, format!("{} {topic}", self.on.shared.replica));
            if self.rows("SELECT pg_notify(?1, ?2)", &[channel.into(), (&message).into()]).is_err() {
                return;
            }
        }
    }
}

impl Tx for PgTx<'_> {
    fn dialect(&self) -> Dialect {
        Dialect::Postgres
    }

    fn exec(&mut self, sql: &str, args: &[Arg<'_>]) -> Result<u64, StoreError> {
        self.statement(sql, args, async |conn, statement, params| conn.execute(statement, params).await)
    }

    fn query(&mut self, sql: &str, args: &[Arg<'_>]) -> Result<Vec<Row>, StoreError> {
        let rows = self.rows(sql, args)?;
        let read = |row: &tokio_postgres::Row| {
            let values = (0..row.len()).map(|index| row.try_get::<_, Value>(index)).collect::<Result<_, _>>();
            values.map(Row).map_err(|error| StoreError::sql(words(&error), sql))
        };
        rows.iter().map(read).collect()
    }

    fn wake(&mut self, topic: &'static str) {
        if !self.wakes.contains(&topic) {
            self.wakes.push(topic);
        }
    }
}
