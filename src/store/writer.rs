//! The SQLite writer: one thread, one connection, and group commit.
//!
//! Writes that wait at the same time share one transaction, and so one fsync; nobody waits for company. Each caller is
//! answered after the commit. A closure that fails or panics undoes only itself: then all of the transaction are run
//! again, a savepoint each. If the commit fails, all of them get the error and nothing is there; if the disk does not
//! take it, all who have to know get [`StoreError::CommitUnknown`].
//!
//! Writes that would be done again after a power failure do not wait for the disk: their commit reaches it with the
//! next one, for the write-ahead log is synced whole. Those that work through what gathers rest between two rounds.
//!
//! The writer itself waits for the disk only when it has nothing else to do; see [`super::disk`].

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::time::Duration;

use rusqlite::Connection;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot, watch};

use super::changes::Changes;
use super::disk::{Disk, Syncer};
use super::sqlite::{SqliteTx, run_cached};
use super::stats::StoreStats;
use super::{StoreError, Tx};
use crate::clock::Stopwatch;
use crate::limits::{
    STORE_BATCH_MS, STORE_BATCH_WRITES, STORE_IDLE_MS, STORE_QUEUE_WRITES, STORE_ROUND_REST_MS,
};

/// When a commit has to be on the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Durable {
    /// Before anyone is told of it.
    Now,
    /// With the next commit that has to be there: see [`super::Store::write_lazily`].
    WithTheNext,
    /// The same, and not right after another one of this kind: see [`super::Store::write_in_rounds`].
    InRounds,
}

/// The way to the writer's thread.
pub(super) struct Writer {
    jobs: Sender<Message>,
    /// Room in the queue. First come, first served, so taking all of it waits for everyone before.
    room: Arc<Semaphore>,
    ended: watch::Receiver<()>,
}

enum Message {
    Job(Box<dyn Job>),
    Stop,
}

/// A write of any type, as the threads see it.
pub(super) trait Job: Send {
    /// Runs the closure; whether its work is to be kept.
    fn run(&mut self, tx: &mut SqliteTx<'_>) -> bool;
    fn durable(&self) -> Durable;
    /// Tells the caller; `fate` is what became of the transaction.
    fn answer(self: Box<Self>, fate: Result<(), StoreError>);
}

struct Write<T, E, F> {
    f: F,
    durable: Durable,
    outcome: Option<Result<T, E>>,
    reply: oneshot::Sender<Result<T, E>>,
    _room: OwnedSemaphorePermit,
}

impl<T, E, F> Job for Write<T, E, F>
where
    T: Send,
    E: From<StoreError> + Send,
    F: Fn(&mut dyn Tx) -> Result<T, E> + Send,
{
    fn run(&mut self, tx: &mut SqliteTx<'_>) -> bool {
        self.outcome.insert(tx.run(&self.f)).is_ok()
    }

    fn durable(&self) -> Durable {
        self.durable
    }

    fn answer(self: Box<Self>, fate: Result<(), StoreError>) {
        let answer = match (self.outcome, fate) {
            (Some(Err(own)), _) => Err(own),
            (Some(Ok(value)), Ok(())) => Ok(value),
            (_, Err(error)) => Err(error.into()),
            (None, Ok(())) => Err(StoreError::Closed.into()),
        };
        // A caller that went away does not need to know.
        let _ = self.reply.send(answer);
    }
}

impl Writer {
    /// `disk`: the log of `conn`, twice; none if nothing waits for it.
    pub(super) fn start(
        conn: Connection,
        disk: Option<(Disk, Disk)>,
        stats: Arc<StoreStats>,
        changes: Arc<Changes>,
    ) -> io::Result<Self> {
        let (jobs, queue) = mpsc::channel();
        let (end, ended) = watch::channel(());
        let disk = disk.map(|(own, other)| Ok::<_, io::Error>((own, Syncer::start(other)?))).transpose()?;
        let (ahead, rounds, round_ended) = (None, VecDeque::new(), None);
        let thread = Thread { conn, queue, ahead, rounds, round_ended, disk, stats, changes };
        std::thread::Builder::new().name("store-writer".to_owned()).spawn(move || {
            thread.run();
            drop(end);
        })?;
        Ok(Self { jobs, room: Arc::new(Semaphore::new(STORE_QUEUE_WRITES as usize)), ended })
    }

    pub(super) async fn write<T, E>(
        &self,
        f: impl Fn(&mut dyn Tx) -> Result<T, E> + Send + Sync + 'static,
        durable: Durable,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let closed = || Err(StoreError::Closed.into());
        let Ok(room) = Arc::clone(&self.room).acquire_owned().await else { return closed() };
        let (reply, answer) = oneshot::channel();
        let job = Write { f, durable, outcome: None, reply, _room: room };
        if self.jobs.send(Message::Job(Box::new(job))).is_err() {
            return closed();
        }
        answer.await.unwrap_or_else(|_| closed())
    }

    /// Finishes what was queued before, empties the log, and ends the thread.
    pub(super) async fn close(&self) {
        if let Ok(_all) = self.room.acquire_many(STORE_QUEUE_WRITES).await {
            self.room.close();
            let _ = self.jobs.send(Message::Stop);
        }
        let mut ended = self.ended.clone();
        while ended.changed().await.is_ok() {}
    }
}

struct Thread {
    conn: Connection,
    queue: Receiver<Message>,
    /// The queue's first, already taken out of it.
    ahead: Option<Message>,
    /// Rounds that wait for the end of the rest after the last one.
    rounds: VecDeque<Box<dyn Job>>,
    round_ended: Option<Stopwatch>,
    /// A throw-away database has none.
    disk: Option<(Disk, Syncer)>,
    stats: Arc<StoreStats>,
    changes: Arc<Changes>,
}

impl Thread {
    fn run(mut self) {
        let mut log_is_empty = true;
        loop {
            match self.next(log_is_empty) {
                Ok(Message::Job(job)) if self.must_rest(job.as_ref()) => self.rounds.push_back(job),
                Ok(Message::Job(job)) => {
                    log_is_empty = false;
                    if self.batch(job) {
                        break;
                    }
                }
                Err(RecvTimeoutError::Timeout) if !self.rounds.is_empty() => {}
                Err(RecvTimeoutError::Timeout) => {
                    self.empty_the_log();
                    log_is_empty = !self.in_doubt();
                }
                Ok(Message::Stop) | Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        if let Some((_, syncer)) = self.disk.take() {
            syncer.end();
        }
        self.empty_the_log();
    }

    fn next(&mut self, log_is_empty: bool) -> Result<Message, RecvTimeoutError> {
        let rest = self.rest_left();
        // Before those who wait in the queue, who join it: else a round would wait for as long as somebody writes.
        if rest.is_none()
            && let Some(round) = self.rounds.pop_front()
        {
            return Ok(Message::Job(round));
        }
        if let Some(message) = self.ahead.take() {
            return Ok(message);
        }
        if !self.rounds.is_empty() {
            return self.queue.recv_timeout(rest.unwrap_or_default());
        }
        if log_is_empty {
            return self.queue.recv().map_err(|_| RecvTimeoutError::Disconnected);
        }
        self.queue.recv_timeout(Duration::from_millis(STORE_IDLE_MS))
    }

    /// How long until a round may begin. A throw-away database is in no hurry to gather anything.
    fn rest_left(&self) -> Option<Duration> {
        let since = self.round_ended.as_ref().filter(|_| self.disk.is_some())?.elapsed();
        Duration::from_millis(STORE_ROUND_REST_MS).checked_sub(since).filter(|left| !left.is_zero())
    }

    fn must_rest(&self, job: &dyn Job) -> bool {
        job.durable() == Durable::InRounds && self.rest_left().is_some()
    }

    /// One shared transaction, from `first` on; whether it is time to stop.
    fn batch(&mut self, first: Box<dyn Job>) -> bool {
        let watch = Stopwatch::start();
        let mut stop = false;
        let mut batch = Batch::default();
        let mut next = Some(first);
        if self.in_doubt() {
            self.empty_the_log();
        }
        let there = self.disk.as_ref().map_or(Ok(()), |(disk, _)| disk.is_there());
        if let Err(error) = there.and_then(|()| run_cached(&self.conn, BEGIN)) {
            batch.lost = Some(error);
        }
        while let Some(job) = next.take() {
            batch.add(&self.conn, job);
            let full = batch.jobs.len() >= STORE_BATCH_WRITES
                || batch.failed
                || batch.lost.is_some()
                || watch.elapsed() >= Duration::from_millis(STORE_BATCH_MS);
            if !full {
                next = self.joins(&mut stop);
            }
        }
        if batch.failed && batch.jobs.len() > 1 {
            batch.one_by_one(&self.conn);
        }
        let fate = self.end(&batch);
        if batch.jobs.iter().any(|job| job.durable() == Durable::InRounds) {
            self.round_ended = Some(Stopwatch::start());
        }
        self.count(&batch, &fate, &watch);
        // What is committed can be worked on; nothing of it gets out before a write that has to be on the disk.
        if fate.is_ok() {
            batch.wakes.iter().for_each(|topic| self.changes.ring(topic));
        }
        self.answer(batch, fate);
        stop
    }

    /// Who else waits now.
    fn joins(&mut self, stop: &mut bool) -> Option<Box<dyn Job>> {
        self.look_ahead();
        match self.ahead.take()? {
            Message::Job(job) => Some(job),
            Message::Stop => {
                *stop = true;
                None
            }
        }
    }

    /// Takes the queue's first out of it, if there is one whose time has come.
    fn look_ahead(&mut self) -> bool {
        while self.ahead.is_none() {
            match self.queue.try_recv() {
                Ok(Message::Job(job)) if self.must_rest(job.as_ref()) => self.rounds.push_back(job),
                Ok(message) => self.ahead = Some(message),
                Err(_) => return false,
            }
        }
        true
    }

    /// Tells the callers: at once, or when their commit is on the disk.
    fn answer(&mut self, batch: Batch, mut fate: Result<(), StoreError>) {
        let unwritten = fate.is_err() || batch.kept == 0;
        let (waiting, done): (Vec<_>, Vec<_>) =
            batch.jobs.into_iter().partition(|job| !unwritten && job.durable() == Durable::Now);
        done.into_iter().for_each(|job| job.answer(fate.clone()));
        if waiting.is_empty() {
            return;
        }
        let busy = self.look_ahead();
        if let Some((disk, syncer)) = &self.disk {
            if busy {
                return syncer.answer_later(waiting);
            }
            fate = disk.sync();
        }
        waiting.into_iter().for_each(|job| job.answer(fate.clone()));
    }

    fn end(&self, batch: &Batch) -> Result<(), StoreError> {
        let fate = match &batch.lost {
            Some(error) => Err(error.clone()),
            None if batch.kept == 0 && self.conn.is_autocommit() => Ok(()),
            None if batch.kept == 0 => run_cached(&self.conn, "ROLLBACK"),
            None => run_cached(&self.conn, "COMMIT"),
        };
        if !self.conn.is_autocommit()
            && let Err(error) = run_cached(&self.conn, "ROLLBACK")
        {
            tracing::error!(%error, "a failed transaction could not be undone");
        }
        fate
    }

    fn count(&self, batch: &Batch, fate: &Result<(), StoreError>, watch: &Stopwatch) {
        use std::sync::atomic::Ordering::Relaxed;
        let stats = &self.stats;
        let kept = if fate.is_ok() { batch.kept } else { 0 };
        StoreStats::add(&stats.writes, kept);
        StoreStats::add(&stats.failed_writes, batch.jobs.len() - kept);
        StoreStats::add(&stats.commits, usize::from(kept > 0));
        StoreStats::add(&stats.failed_commits, usize::from(fate.is_err()));
        stats.largest_batch.fetch_max(kept as u64, Relaxed);
        stats.write_us.fetch_add(u64::try_from(watch.elapsed().as_micros()).unwrap_or(0), Relaxed);
    }

    fn in_doubt(&self) -> bool {
        self.disk.as_ref().is_some_and(|(disk, _)| disk.in_doubt())
    }

    /// Moves the log into the database file, syncs that, and cuts the log to nothing. A reader in the way is no harm: next
    /// time. After a sync that failed this mends it, for what is in the database file needs no log.
    fn empty_the_log(&self) {
        let in_the_way =
            self.conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, bool>(0));
        match (in_the_way, &self.disk) {
            (Ok(false), Some((disk, _))) if disk.in_doubt() => {
                tracing::info!("the database's log is on the disk again");
                disk.is_mended();
            }
            (Ok(_), _) => {}
            (Err(error), _) => tracing::warn!(%error, "the write-ahead log could not be emptied"),
        }
    }
}

const BEGIN: &str = "BEGIN IMMEDIATE";

/// The writes of one transaction.
#[derive(Default)]
struct Batch {
    jobs: Vec<Box<dyn Job>>,
    kept: usize,
    wakes: Vec<&'static str>,
    /// One of them failed, so none of this attempt may stay.
    failed: bool,
    /// The whole transaction failed, before its end.
    lost: Option<StoreError>,
}

impl Batch {
    /// Without a savepoint, whose price is a copy of every page that is written: failures are rare.
    fn add(&mut self, conn: &Connection, mut job: Box<dyn Job>) {
        if self.lost.is_none() {
            let mut tx = SqliteTx::new(conn);
            if job.run(&mut tx) {
                self.kept += 1;
                self.wakes.extend(tx.into_parts().0);
            } else {
                self.failed = true;
                self.kept = 0;
            }
        }
        self.jobs.push(job);
    }

    /// All of them anew, a savepoint each: who fails undoes only itself.
    fn one_by_one(&mut self, conn: &Connection) {
        self.failed = false;
        self.wakes.clear();
        if !conn.is_autocommit()
            && let Err(error) = run_cached(conn, "ROLLBACK")
        {
            self.lost = Some(error);
            return;
        }
        if let Err(error) = run_cached(conn, BEGIN) {
            self.lost = Some(error);
            return;
        }
        for at in 0..self.jobs.len() {
            if let Err(error) = self.run_alone(conn, at) {
                self.lost = Some(error);
                return;
            }
        }
    }

    fn run_alone(&mut self, conn: &Connection, at: usize) -> Result<(), StoreError> {
        run_cached(conn, "SAVEPOINT one")?;
        let mut tx = SqliteTx::new(conn);
        let keep = self.jobs[at].run(&mut tx);
        let (wakes, error) = tx.into_parts();
        if keep {
            self.kept += 1;
            self.wakes.extend(wakes);
        } else if conn.is_autocommit() {
            // SQLite gave up the whole transaction (a full disk, a failing one), and the others with it.
            return Err(error.unwrap_or_else(|| StoreError::Io("SQLite rolled the transaction back".into())));
        } else {
            run_cached(conn, "ROLLBACK TO one")?;
        }
        run_cached(conn, "RELEASE one")
    }
}
