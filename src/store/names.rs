//! Names of people, as Slack last told them: to name somebody without ringing them.

use super::{StoreError, Tx};
use crate::args;

/// Slack has told somebody's name.
pub fn learn(tx: &mut dyn Tx, user: &str, name: &str) -> Result<(), StoreError> {
    tx.exec(
        "INSERT INTO person_name (user_id, name) VALUES (?1, ?2) \
         ON CONFLICT (user_id) DO UPDATE SET name = excluded.name WHERE person_name.name <> excluded.name",
        args![user, name],
    )?;
    Ok(())
}

pub fn name(tx: &mut dyn Tx, user: &str) -> Result<Option<String>, StoreError> {
    tx.query_one("SELECT name FROM person_name WHERE user_id = ?1", args![user])?
        .map(|row| row.get(0))
        .transpose()
}
