//! The database's shape, step by step.
//!
//! To add a step: write `migrations/NNNN_name.sql`, add its line to [`MIGRATIONS`], add sample data for it to
//! `tests/it/store/samples.rs` (a step without is a failing test). A step that was released is never
//! edited: its checksum stands in people's databases.
//!
//! One file serves both engines. What differs is a token:
//!
//! | token | SQLite | PostgreSQL |
//! |---|---|---|
//! | `{id}` | `INTEGER PRIMARY KEY AUTOINCREMENT` | `BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY` (both count up, never reuse) |
//! | `{int}` | `INTEGER` | `BIGINT` |
//! | `{real}` | `REAL` | `DOUBLE PRECISION` |
//! | `{text}` | `TEXT` | `TEXT COLLATE "C"` (both sort by bytes) |
//! | `{blob}` | `BLOB` | `BYTEA` |
//! | `{strict}` (after the closing bracket of a table) | `STRICT` | |
//!
//! Where tokens do not suffice, a line `-- sqlite only` or `-- postgres only` starts a section for one engine,
//! `-- both` ends it. No deferred constraints: a shared commit must not fail because of one write in it.

use sha2::{Digest, Sha256};

use super::{Dialect, OpenError};

/// One step.
#[derive(Clone, Copy, Debug)]
pub struct Migration {
    /// From 1, without gaps.
    pub version: i64,
    pub name: &'static str,
    /// The file's text, with tokens.
    pub sql: &'static str,
}

macro_rules! migration {
    ($version:literal, $name:literal) => {
        Migration {
            version: $version,
            name: $name,
            sql: include_str!(concat!("../../migrations/", $name, ".sql")),
        }
    };
}

/// Every step, in order.
pub const MIGRATIONS: &[Migration] = &[
    migration!(1, "0001_base"),
    migration!(2, "0002_flow"),
    migration!(3, "0003_alerts"),
    migration!(4, "0004_inhibit"),
    migration!(5, "0005_incidents"),
    migration!(6, "0006_webhooks"),
    migration!(7, "0007_growth"),
    migration!(8, "0008_redaction"),
    migration!(9, "0009_storms"),
    migration!(10, "0010_replicas"),
    migration!(11, "0011_standing"),
];

/// Where the steps that were made are written down. The runner's own table, so not a migration.
pub(super) const VERSION_TABLE: &str = "CREATE TABLE IF NOT EXISTS schema_migration (
  version {int} PRIMARY KEY,
  name {text} NOT NULL,
  checksum {text} NOT NULL,
  applied_at_ms {int} NOT NULL
) {strict}";

pub(super) const APPLIED: &str = "SELECT version, name, checksum FROM schema_migration ORDER BY version";
pub(super) const RECORD: &str =
    "INSERT INTO schema_migration (version, name, checksum, applied_at_ms) VALUES (?1, ?2, ?3, ?4)";

/// A step found in the database.
#[derive(Clone, Debug)]
pub(super) struct Applied {
    pub(super) version: i64,
    pub(super) name: String,
    pub(super) checksum: String,
}

impl Migration {
    pub(super) fn checksum(&self) -> String {
        let text = self.sql.replace("\r\n", "\n");
        Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
    }

    pub(super) fn failed(&self, reason: impl ToString) -> OpenError {
        OpenError::Migration { version: self.version, name: self.name.to_owned(), reason: reason.to_string() }
    }
}

/// The steps that are still to be made; an error if database and program do not belong together.
pub(super) fn plan<'m>(applied: &[Applied], known: &'m [Migration]) -> Result<&'m [Migration], OpenError> {
    let newest = known.last().map_or(0, |m| m.version);
    if let Some(last) = applied.last().filter(|last| last.version > newest) {
        return Err(OpenError::Newer { found: last.version, known: newest });
    }
    for (step, migration) in applied.iter().zip(known) {
        if step.version != migration.version || step.checksum != migration.checksum() {
            return Err(OpenError::Changed { version: step.version, name: step.name.clone() });
        }
    }
    Ok(&known[applied.len().min(known.len())..])
}

/// The text of a step for one engine.
pub(super) fn render(sql: &str, dialect: Dialect) -> String {
    let (other, tokens) = match dialect {
        Dialect::Sqlite => ("-- postgres only", &SQLITE),
        Dialect::Postgres => ("-- sqlite only", &POSTGRES),
    };
    let mut skipping = false;
    let mut text = String::with_capacity(sql.len());
    for line in sql.lines() {
        match line.trim() {
            "-- both" | "-- sqlite only" | "-- postgres only" => skipping = line.trim() == other,
            _ if skipping => {}
            _ => {
                text.push_str(line);
                text.push('\n');
            }
        }
    }
    tokens.iter().fold(text, |text, (token, words)| text.replace(token, words))
}

const SQLITE: [(&str, &str); 6] = [
    ("{id}", "INTEGER PRIMARY KEY AUTOINCREMENT"),
    ("{int}", "INTEGER"),
    ("{real}", "REAL"),
    ("{text}", "TEXT"),
    ("{blob}", "BLOB"),
    ("{strict}", "STRICT"),
];

const POSTGRES: [(&str, &str); 6] = [
    ("{id}", "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY"),
    ("{int}", "BIGINT"),
    ("{real}", "DOUBLE PRECISION"),
    ("{text}", "TEXT COLLATE \"C\""),
    ("{blob}", "BYTEA"),
    ("{strict}", ""),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn applied(migrations: &[Migration]) -> Vec<Applied> {
        let row =
            |m: &Migration| Applied { version: m.version, name: m.name.to_owned(), checksum: m.checksum() };
        migrations.iter().map(row).collect()
    }

    const STEPS: &[Migration] =
        &[Migration { version: 1, name: "a", sql: "A" }, Migration { version: 2, name: "b", sql: "B" }];

    #[test]
    fn the_plan_is_what_is_missing() {
        let todo =
            |applied: &[Applied]| plan(applied, STEPS).unwrap().iter().map(|m| m.version).collect::<Vec<_>>();
        assert_eq!(todo(&[]), [1, 2]);
        assert_eq!(todo(&applied(&STEPS[..1])), [2]);
        assert!(todo(&applied(STEPS)).is_empty());
    }

    #[test]
    fn a_newer_database_and_a_changed_step_are_refused() {
        let newer = plan(&applied(STEPS), &STEPS[..1]).unwrap_err();
        assert!(matches!(newer, OpenError::Newer { found: 2, known: 1 }), "{newer}");
        let edited = [STEPS[0], Migration { sql: "B edited", ..STEPS[1] }];
        let changed = plan(&applied(STEPS), &edited).unwrap_err();
        assert!(matches!(changed, OpenError::Changed { version: 2, .. }), "{changed}");
    }

    #[test]
    fn windows_line_ends_are_no_change() {
        let unix = Migration { version: 1, name: "a", sql: "A\nB\n" };
        assert_eq!(unix.checksum(), Migration { sql: "A\r\nB\r\n", ..unix }.checksum());
    }

    #[test]
    fn tokens_and_sections_per_engine() {
        let sql = "A {id} {text} {strict};\n-- sqlite only\nS\n-- postgres only\nP\n-- both\nB '{}'\n";
        assert_eq!(
            render(sql, Dialect::Sqlite),
            "A INTEGER PRIMARY KEY AUTOINCREMENT TEXT STRICT;\nS\nB '{}'\n"
        );
        assert_eq!(
            render(sql, Dialect::Postgres),
            "A BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY TEXT COLLATE \"C\" ;\nP\nB '{}'\n"
        );
    }

    #[test]
    fn the_steps_are_numbered_named_and_without_deferred_constraints() {
        for (index, migration) in MIGRATIONS.iter().enumerate() {
            assert_eq!(migration.version, i64::try_from(index).unwrap() + 1);
            assert!(migration.name.starts_with(&format!("{:04}_", migration.version)), "{}", migration.name);
            assert!(!migration.sql.to_uppercase().contains("DEFER"), "{}", migration.name);
        }
    }
}
