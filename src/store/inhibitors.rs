//! Which firing alert hushes others, by rule and the values of its equal labels: one for each, as in Alertmanager
//! (`domain::inhibit::Choice::LastHeard`).

use super::{StoreError, Tx};
use crate::args;
use crate::domain::inhibit::SourceRow;
use crate::domain::time::Timestamp;

/// The firing source that counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inhibitor {
    pub integration: String,
    pub fingerprint: String,
    /// It matches the rule's target side too; such a source does not hush an alert that is like it.
    pub both: bool,
}

/// The alert was heard of firing, and fires until then if nothing more is heard of it: it counts from now on, unless one
/// counts that fires longer.
pub fn heard(
    tx: &mut dyn Tx,
    row: &SourceRow,
    integration: &str,
    fingerprint: &str,
    until: Timestamp,
) -> Result<(), StoreError> {
    tx.exec(
        "INSERT INTO inhibit_source (rule, equal_key, integration, fingerprint, both_sides, until_ms) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6) \
         ON CONFLICT (rule, equal_key) DO UPDATE SET integration = excluded.integration, \
         fingerprint = excluded.fingerprint, both_sides = excluded.both_sides, until_ms = excluded.until_ms \
         WHERE inhibit_source.until_ms <= excluded.until_ms \
         OR (inhibit_source.integration = excluded.integration AND inhibit_source.fingerprint = excluded.fingerprint)",
        args![&row.rule_key, &row.equal_key, integration, fingerprint, row.is_target, until],
    )?;
    Ok(())
}

/// The source that counts for this rule and these values.
pub fn of(tx: &mut dyn Tx, rule: &str, equal_key: &str) -> Result<Option<Inhibitor>, StoreError> {
    tx.query_one(
        "SELECT integration, fingerprint, both_sides FROM inhibit_source WHERE rule = ?1 AND equal_key = ?2",
        args![rule, equal_key],
    )?
    .map(|row| Ok(Inhibitor { integration: row.get(0)?, fingerprint: row.get(1)?, both: row.get(2)? }))
    .transpose()
}

/// The alert ended: it hushes nobody any more, and nobody takes its place before the next is heard of.
pub fn remove(tx: &mut dyn Tx, integration: &str, fingerprint: &str) -> Result<(), StoreError> {
    tx.exec(
        "DELETE FROM inhibit_source WHERE integration = ?1 AND fingerprint = ?2",
        args![integration, fingerprint],
    )?;
    Ok(())
}

/// The same for every alert that fires nowhere any more.
pub fn remove_ended(tx: &mut dyn Tx) -> Result<(), StoreError> {
    tx.exec(
        "DELETE FROM inhibit_source WHERE NOT EXISTS (SELECT 1 FROM alert a WHERE a.status = 'firing' \
         AND a.integration = inhibit_source.integration AND a.fingerprint = inhibit_source.fingerprint)",
        &[],
    )?;
    Ok(())
}

/// Which rules have sources.
pub fn rules(tx: &mut dyn Tx) -> Result<Vec<String>, StoreError> {
    tx.query("SELECT DISTINCT rule FROM inhibit_source ORDER BY rule", &[])?
        .iter()
        .map(|row| row.get(0))
        .collect()
}

pub fn forget_rule(tx: &mut dyn Tx, rule: &str) -> Result<(), StoreError> {
    tx.exec("DELETE FROM inhibit_source WHERE rule = ?1", args![rule])?;
    Ok(())
}

/// In `meta`: the keys of the rules of which all firing alerts were looked through.
const LOOKED_UP: &str = "inhibit_rules_looked_up";

/// The rules of which all firing alerts were looked through. Having sources does not tell: an alert that comes in after
/// a new config and before the others were looked through leaves a row, too.
pub fn looked_up(tx: &mut dyn Tx) -> Result<Vec<String>, StoreError> {
    let Some(row) = tx.query_one("SELECT value FROM meta WHERE key = ?1", args![LOOKED_UP])? else {
        return Ok(Vec::new());
    };
    let text: String = row.get(0)?;
    // What cannot be read is looked up again.
    Ok(serde_json::from_str(&text).unwrap_or_default())
}

pub fn set_looked_up(tx: &mut dyn Tx, rules: &[String]) -> Result<(), StoreError> {
    let text = serde_json::to_string(rules).map_err(|error| StoreError::Inconsistent(error.to_string()))?;
    tx.exec(
        "INSERT INTO meta (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        args![LOOKED_UP, &text],
    )?;
    Ok(())
}
