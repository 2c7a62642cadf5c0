//! PostgreSQL's errors in our words, and which of them are worth another try
//! (<https://www.postgresql.org/docs/current/errcodes-appendix.html>).

use std::error::Error;

use tokio_postgres::error::{DbError, Severity, SqlState};

use super::StoreError;

/// Why a transaction failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cause {
    /// Its own fault: it would fail again.
    Own,
    /// Others changed what it read. Nothing was kept.
    Conflict,
    /// The connection broke before the commit. Nothing was kept.
    Lost,
}

#[derive(Clone, Debug)]
pub(super) struct Fault {
    pub(super) cause: Cause,
    pub(super) error: StoreError,
}

impl Fault {
    pub(super) fn new(error: &tokio_postgres::Error, sql: &str) -> Self {
        match error.as_db_error() {
            Some(db) => Self::of_server(db, sql),
            None if is_lost(error) => Self::lost(error.to_string()),
            None => {
                let detail = error.source().map(ToString::to_string).unwrap_or_default();
                Self { cause: Cause::Own, error: StoreError::sql(format!("{error}: {detail}"), sql) }
            }
        }
    }

    fn of_server(db: &DbError, sql: &str) -> Self {
        let words = db.message().to_owned();
        let own = |error| Self { cause: Cause::Own, error };
        let code = db.code();
        match code.code() {
            "40001" | "40P01" => {
                Self { cause: Cause::Conflict, error: StoreError::Conflict { attempts: 1, message: words } }
            }
            "23505" => own(StoreError::Unique(words)),
            "25006" => own(StoreError::ReadOnly),
            "53100" => own(StoreError::DiskFull(words)),
            "XX001" | "XX002" => own(StoreError::Corrupt(words)),
            "57P01" | "57P02" | "57P03" | "53300" | "25P03" => Self::lost(words),
            other if other.starts_with("08") => Self::lost(words),
            other if other.starts_with("23") => own(StoreError::Constraint(words)),
            // Another replica migrated a table under a prepared statement: a new connection prepares it anew.
            _ if *code == SqlState::FEATURE_NOT_SUPPORTED && words.contains("cached plan") => {
                Self::lost(words)
            }
            _ => own(StoreError::sql(words, sql)),
        }
    }

    fn lost(words: String) -> Self {
        Self { cause: Cause::Lost, error: StoreError::Unavailable(words) }
    }

    /// The error for the caller, after the last attempt.
    pub(super) fn given_up(self, attempts: u32) -> StoreError {
        match self.error {
            StoreError::Conflict { message, .. } => StoreError::Conflict { attempts, message },
            error => error,
        }
    }
}

/// A commit that failed: the server says that it did not happen, or nobody knows.
pub(super) fn while_committing(error: &tokio_postgres::Error) -> Fault {
    match error.as_db_error() {
        Some(db) if db.parsed_severity() == Some(Severity::Error) => Fault::of_server(db, "COMMIT"),
        _ => {
            let what = format!("the connection broke during the commit: {error}");
            Fault { cause: Cause::Own, error: StoreError::CommitUnknown(what) }
        }
    }
}

fn is_lost(error: &tokio_postgres::Error) -> bool {
    error.is_closed() || error.source().is_some_and(|source| source.is::<std::io::Error>())
}
