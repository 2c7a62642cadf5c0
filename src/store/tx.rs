//! The transaction as everyone above sees it.

use super::{Arg, Row, StoreError};

/// Which engine runs. Code above the store should not need it; statements are written once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    Sqlite,
    Postgres,
}

/// One transaction, given to the closure of [`Store::read`](super::Store::read) and
/// [`Store::write`](super::Store::write).
///
/// Statements are written in the subset both engines know, with `?1`, `?2` … as placeholders.
/// `/*skip locked*/` and `/*for update*/` become row locks on PostgreSQL and stay comments on SQLite.
/// `RETURNING` gives rows in any order: sort them. NULLs: write `NULLS LAST`. After a statement failed, the
/// transaction is over on both engines: nothing more runs in it, and the closure's `Ok` does not commit.
pub trait Tx {
    fn dialect(&self) -> Dialect;

    /// Runs a statement; the number of rows it changed.
    fn exec(&mut self, sql: &str, args: &[Arg<'_>]) -> Result<u64, StoreError>;

    /// Runs a statement; the rows it gives.
    fn query(&mut self, sql: &str, args: &[Arg<'_>]) -> Result<Vec<Row>, StoreError>;

    /// Wakes whoever waits for `topic` ([`Store::changes`](super::Store::changes)), here and in the other
    /// replicas, once this transaction is committed, and not if it fails.
    fn wake(&mut self, topic: &'static str);

    /// The first row, if there is one.
    fn query_one(&mut self, sql: &str, args: &[Arg<'_>]) -> Result<Option<Row>, StoreError> {
        Ok(self.query(sql, args)?.into_iter().next())
    }

    /// The number in the first column of the first row (`count(*)`, `RETURNING id`, …): an error if there is none.
    fn query_i64(&mut self, sql: &str, args: &[Arg<'_>]) -> Result<i64, StoreError> {
        match self.query_one(sql, args)? {
            Some(row) => row.get(0),
            None => Err(StoreError::sql("no row, where one was expected", sql)),
        }
    }
}
