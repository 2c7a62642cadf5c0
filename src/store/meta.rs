//! What the database knows of itself.

use super::{StoreError, Tx};
use crate::args;
use crate::domain::time::Timestamp;

/// Writes a small row, to see whether the database takes it.
pub fn probe(tx: &mut dyn Tx, now: Timestamp) -> Result<(), StoreError> {
    let value = now.as_ms().to_string();
    tx.exec(
        "INSERT INTO meta (key, value) VALUES ('probe', ?1) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        args![&value],
    )?;
    Ok(())
}
